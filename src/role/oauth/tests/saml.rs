use super::*;
use crate::role::SigningKey;
use crate::role::crypto::{Crypto, StandInCrypto};
use crate::wire::SamlAssertion;
use crate::wire::saml::{Assertion, Envelope};
use std::collections::BTreeSet;

const IDP: &str = "https://idp.example";
const ENDPOINT: &str = "https://server.example/token";
const NOW: u64 = 10_000;

fn key(byte: u8) -> SigningKey {
    SigningKey { kid: "k".into(), secret: [byte; 32] }
}

fn taking() -> Bench<TestServer> {
    let saml = Some((vec![IDP.into()], ENDPOINT.into()));
    let issuer_keys = vec![StandInCrypto.public(&key(1))];
    let mut bench = Bench::new(TestServer { saml, issuer_keys, ..TestServer::new() });
    bench.at = Timestamp::from_secs(NOW);
    bench
}

fn assertion() -> Assertion {
    Assertion {
        id: "a-1".into(),
        issuer: IDP.into(),
        issued_at: Timestamp::from_secs(NOW),
        subject: "alice".into(),
        recipient: Some(ENDPOINT.into()),
        confirmed_until: Some(Timestamp::from_secs(NOW + 60)),
        audience: BTreeSet::from([ISSUER.into()]),
        not_before: Some(Timestamp::from_secs(NOW)),
        not_on_or_after: Some(Timestamp::from_secs(NOW + 60)),
    }
}

fn present(bench: &mut Bench<TestServer>, assertion: &SamlAssertion) -> Response {
    let request = TokenRequest::Saml2Bearer { assertion: assertion.clone(), scope: ScopeSet::new() };
    token(bench, &confidential(), request)
}

fn signed(assertion: &Assertion) -> SamlAssertion {
    StandInCrypto.sign_assertion(&key(1), assertion)
}

/// Refused by a server that obeys all rules, by this one, and taken by a server that does not obey it.
fn refused_by(rule: Rule, assertion: &SamlAssertion) {
    let mut bench = taking();
    let answer = present(&mut bench, assertion);
    assert!(failed(&answer, 400, ErrorCode::InvalidGrant), "{rule}: {answer:?}");
    assert_eq!(bench.ruled(rule), Some(false), "{rule} is not what refused it");
    let mut mutant = taking();
    mutant.without(rule);
    assert!(matches!(present(&mut mutant, assertion), Response::Token(_)), "without {rule} it is taken");
}

#[test]
fn an_assertion_that_keeps_every_rule_is_a_grant_for_its_person() {
    let mut bench = taking();
    let tokens = granted(present(&mut bench, &signed(&assertion())));
    assert!(is_good(&mut bench, &tokens.access_token));
    let issued = bench.facts.iter().find_map(|fact| match fact {
        Fact::AccessTokenIssued { person, client, .. } => Some((person.clone(), client.clone())),
        _ => None,
    });
    assert_eq!(issued, Some((Some("alice".into()), "confidential".into())));
    let endpoint_as_audience = Assertion { audience: BTreeSet::from([ENDPOINT.into()]), ..assertion() };
    assert!(matches!(present(&mut taking(), &signed(&endpoint_as_audience)), Response::Token(_)));
}

#[test]
fn each_rule_refuses_what_breaks_it_and_only_it() {
    let later = |secs| Some(Timestamp::from_secs(NOW + secs));
    for (rule, broken) in [
        (Rule::AssertionIssuerTrusted, Assertion { issuer: "https://other.example".into(), ..assertion() }),
        (Rule::AssertionAudience, Assertion { audience: BTreeSet::from(["https://x.example".into()]), ..assertion() }),
        (Rule::AssertionAudience, Assertion { audience: BTreeSet::new(), ..assertion() }),
        (Rule::AssertionRecipient, Assertion { recipient: Some("https://x.example/token".into()), ..assertion() }),
        (Rule::AssertionRecipient, Assertion { recipient: None, ..assertion() }),
        (Rule::AssertionBegun, Assertion { not_before: later(6), ..assertion() }),
        (Rule::AssertionFresh, Assertion { not_on_or_after: later(0), ..assertion() }),
        (Rule::AssertionFresh, Assertion { confirmed_until: later(0), ..assertion() }),
        (Rule::AssertionFresh, Assertion { confirmed_until: None, not_on_or_after: None, ..assertion() }),
        (Rule::AssertionSubjectKnown, Assertion { subject: "nobody".into(), ..assertion() }),
    ] {
        refused_by(rule, &signed(&broken));
    }
    refused_by(Rule::AssertionSigned, &StandInCrypto.sign_assertion(&key(2), &assertion()));
    let wrapped = Envelope::decode(&signed(&assertion())).map(|envelope| envelope.wrapped().encode());
    refused_by(Rule::AssertionCovered, &wrapped.unwrap_or_else(|| SamlAssertion::new("")));
}

#[test]
fn times_are_kept_to_the_second() {
    let from = |secs| Assertion { not_before: Some(Timestamp::from_secs(NOW + secs)), ..assertion() };
    assert!(matches!(present(&mut taking(), &signed(&from(5))), Response::Token(_)), "a little skew is allowed");
    let mut bench = taking();
    bench.at = Timestamp::from_secs(NOW + 59);
    assert!(matches!(present(&mut bench, &signed(&assertion())), Response::Token(_)));
}

#[test]
fn an_assertion_counts_once_also_after_a_restart() {
    let mut bench = taking();
    granted(present(&mut bench, &signed(&assertion())));
    assert!(failed(&present(&mut bench, &signed(&assertion())), 400, ErrorCode::InvalidGrant));
    assert_eq!(bench.ruled(Rule::AssertionUnused), Some(false));
    let facts = bench.facts.clone();
    let again = |mut bench: Bench<TestServer>| {
        facts.iter().for_each(|fact| bench.role.apply(fact));
        present(&mut bench, &signed(&assertion()))
    };
    assert!(failed(&again(taking()), 400, ErrorCode::InvalidGrant), "the tombstone is a fact");
    let mut mutant = taking();
    mutant.without(Rule::AssertionUnused);
    assert!(matches!(again(mutant), Response::Token(_)));
    let other = Assertion { id: "a-2".into(), ..assertion() };
    assert!(matches!(again_with(&facts, &other), Response::Token(_)));
}

fn again_with(facts: &[Fact], assertion: &Assertion) -> Response {
    let mut bench = taking();
    facts.iter().for_each(|fact| bench.role.apply(fact));
    present(&mut bench, &signed(assertion))
}

#[test]
fn a_tombstone_is_needed_until_the_assertion_is_void_and_a_day_more() {
    let mut bench = taking();
    granted(present(&mut bench, &signed(&assertion())));
    let redeemed = |fact: &&Fact| matches!(fact, Fact::AssertionRedeemed(_));
    let Some(tombstone) = bench.facts.iter().find(redeemed).cloned() else { unreachable!("no tombstone") };
    assert!(bench.role.oauth.needs(&tombstone));
    bench.role.oauth.expire(Timestamp::from_secs(NOW + 3700));
    assert!(bench.role.oauth.needs(&tombstone));
    bench.role.oauth.expire(Timestamp::from_secs(NOW + 2 * 24 * 3600));
    assert!(!bench.role.oauth.needs(&tombstone));
}

#[test]
fn without_a_trusted_issuer_the_grant_does_not_exist() {
    let mut bench = bench();
    assert!(failed(&present(&mut bench, &signed(&assertion())), 400, ErrorCode::UnsupportedGrantType));
    assert!(!bench.role.settings().offers(SAML2_BEARER_GRANT));
    assert!(taking().role.settings().offers(SAML2_BEARER_GRANT));
}

#[test]
fn nonsense_a_foreign_client_and_foreign_scopes_are_refused() {
    let mut bench = taking();
    assert!(failed(&present(&mut bench, &SamlAssertion::new("?")), 400, ErrorCode::InvalidGrant));
    let request = |scope| TokenRequest::Saml2Bearer { assertion: signed(&assertion()), scope };
    let wrong = ClientInformation { client_secret: Some(ClientSecret::new("guessed")), ..confidential() };
    assert!(failed(&token(&mut bench, &wrong, request(ScopeSet::new())), 401, ErrorCode::InvalidClient));
    let scope = scope_set(["z"]);
    assert!(failed(&token(&mut bench, &confidential(), request(scope)), 400, ErrorCode::InvalidScope));
    assert!(!bench.facts.iter().any(|fact| matches!(fact, Fact::AssertionRedeemed(_))));
    let mut keyless = taking();
    keyless.role.issuer_keys.clear();
    assert!(failed(&present(&mut keyless, &signed(&assertion())), 400, ErrorCode::InvalidGrant));
}
