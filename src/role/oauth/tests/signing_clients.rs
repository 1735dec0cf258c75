//! Clients that sign what they authenticate with (RFC 7523 §2.2, §3).

use super::*;
use crate::role::SigningKey;
use crate::role::crypto::{Crypto, STAND_IN_ALGORITHM, StandInCrypto};
use crate::wire::client_assertion::{ClientAssertionClaims, write};
use crate::wire::oauth::{ClientKeys, KeySource, RevocationRequest};
use crate::wire::{ClientAssertion, Text};
use std::collections::BTreeSet;

const NOW: u64 = 10_000;
const ENDPOINT: &str = "https://server.example/token";

fn key(kid: &str, byte: u8) -> SigningKey {
    SigningKey { kid: kid.into(), secret: [byte; 32] }
}

fn keys(of: &[SigningKey]) -> Box<ClientKeys> {
    let source = KeySource::Here(of.iter().map(|key| StandInCrypto.public(key)).collect());
    Box::new(ClientKeys { source, algorithm: None })
}

fn signing_with(keys: Box<ClientKeys>) -> ClientInformation {
    let metadata =
        ClientMetadata { authentication: AuthenticationMethod::PrivateKeyJwt, keys: Some(keys), ..metadata() };
    ClientInformation { client_id: "signing".into(), client_secret: None, metadata }
}

fn knowing(clients: &[ClientInformation]) -> Bench<TestServer> {
    let mut bench = Bench::new(TestServer { oauth: OAuth::with_clients(clients), ..TestServer::new() });
    bench.at = Timestamp::from_secs(NOW);
    bench
}

fn server() -> Bench<TestServer> {
    knowing(&[signing_with(keys(&[key("k", 1)])), confidential()])
}

fn claims() -> ClientAssertionClaims {
    ClientAssertionClaims {
        issuer: "signing".into(),
        subject: "signing".into(),
        audience: BTreeSet::from([ISSUER.into()]),
        expires_at: Timestamp::from_secs(NOW + 60),
        issued_at: Some(Timestamp::from_secs(NOW)),
        not_before: None,
        id: Some("1".into()),
    }
}

fn signed_by(key: &SigningKey, claims: &ClientAssertionClaims) -> ClientAssertion {
    write(&StandInCrypto.public(key), claims, |input| StandInCrypto.sign(key, input))
}

fn signed(claims: &ClientAssertionClaims) -> ClientAssertion {
    signed_by(&key("k", 1), claims)
}

fn proof(assertion: &ClientAssertion) -> Credentials {
    Credentials::Client(ClientAuthentication::Assertion("signing".into(), assertion.clone()))
}

fn present(bench: &mut Bench<TestServer>, assertion: &ClientAssertion) -> Response {
    let request = Request::Token(TokenRequest::ClientCredentials { scope: ScopeSet::new() });
    bench.call(proof(assertion), ENDPOINT, request)
}

fn refused_by(rule: Rule, assertion: &ClientAssertion) {
    let mut bench = server();
    let answer = present(&mut bench, assertion);
    assert!(failed(&answer, 401, ErrorCode::InvalidClient), "{rule}: {answer:?}");
    assert_eq!(bench.ruled(rule), Some(false), "{rule} is not what refused it");
    assert!(!bench.facts.iter().any(|fact| matches!(fact, Fact::ClientAssertionUsed { .. })));
    let mut mutant = server();
    mutant.without(rule);
    assert!(matches!(present(&mut mutant, assertion), Response::Token(_)), "without {rule} it is taken");
}

#[test]
fn what_keeps_every_rule_proves_who_the_client_is() {
    let mut bench = server();
    let tokens = granted(present(&mut bench, &signed(&claims())));
    assert!(is_good(&mut bench, &tokens.access_token));
    let used = |fact: &&Fact| matches!(fact, Fact::ClientAssertionUsed { id, .. } if &**id == "1");
    assert_eq!(bench.facts.iter().filter(used).count(), 1);
    let both: BTreeSet<Text> = BTreeSet::from([ISSUER.into(), ENDPOINT.into()]);
    for audience in [BTreeSet::from([ENDPOINT.into()]), both] {
        let assertion = signed(&ClientAssertionClaims { audience, ..claims() });
        assert!(matches!(present(&mut server(), &assertion), Response::Token(_)));
    }
}

#[test]
fn each_rule_refuses_what_breaks_it_and_only_it() {
    let at = |secs: u64| Timestamp::from_secs(secs);
    let elsewhere = || Text::from("https://elsewhere.example");
    for (rule, broken) in [
        (Rule::ClientAssertionNamesClient, ClientAssertionClaims { issuer: "other".into(), ..claims() }),
        (Rule::ClientAssertionNamesClient, ClientAssertionClaims { subject: "other".into(), ..claims() }),
        (Rule::ClientAssertionAudience, ClientAssertionClaims { audience: BTreeSet::new(), ..claims() }),
        (Rule::ClientAssertionAudience, ClientAssertionClaims { audience: [elsewhere()].into(), ..claims() }),
        (
            Rule::ClientAssertionAudience,
            ClientAssertionClaims { audience: [elsewhere(), ISSUER.into()].into(), ..claims() },
        ),
        (Rule::ClientAssertionFresh, ClientAssertionClaims { expires_at: at(NOW), ..claims() }),
        (Rule::ClientAssertionBounded, ClientAssertionClaims { expires_at: at(NOW + 3631), ..claims() }),
        (Rule::ClientAssertionBegun, ClientAssertionClaims { not_before: Some(at(NOW + 31)), ..claims() }),
    ] {
        refused_by(rule, &signed(&broken));
    }
    refused_by(Rule::ClientAuthenticated, &signed_by(&key("k", 2), &claims()));
    let hour = ClientAssertionClaims { expires_at: at(NOW + 3630), not_before: Some(at(NOW + 30)), ..claims() };
    assert!(matches!(present(&mut server(), &signed(&hour)), Response::Token(_)), "libraries make them for an hour");
}

#[test]
fn it_counts_once_also_after_a_restart_and_at_another_endpoint() {
    let mut bench = server();
    let tokens = granted(present(&mut bench, &signed(&claims())));
    assert!(failed(&present(&mut bench, &signed(&claims())), 401, ErrorCode::InvalidClient));
    assert_eq!(bench.ruled(Rule::ClientAssertionUnused), Some(false));
    let revocation = || Request::Revoke(RevocationRequest { token: tokens.access_token.clone(), hint: None });
    let revoke = |bench: &mut Bench<TestServer>, claims: &ClientAssertionClaims| {
        bench.call(proof(&signed(claims)), "https://server.example/revoke", revocation())
    };
    assert!(failed(&revoke(&mut bench, &claims()), 401, ErrorCode::InvalidClient));
    let facts = bench.facts.clone();
    let restarted = |mut bench: Bench<TestServer>| {
        facts.iter().for_each(|fact| bench.role.apply(fact));
        bench
    };
    let mut again = restarted(server());
    assert!(failed(&present(&mut again, &signed(&claims())), 401, ErrorCode::InvalidClient), "it is a fact");
    assert_eq!(revoke(&mut again, &ClientAssertionClaims { id: Some("2".into()), ..claims() }), Response::Revoked);
    let mut mutant = restarted(server());
    mutant.without(Rule::ClientAssertionUnused);
    assert!(matches!(present(&mut mutant, &signed(&claims())), Response::Token(_)));
}

#[test]
fn it_needs_a_name_of_its_own() {
    let nameless = signed(&ClientAssertionClaims { id: None, ..claims() });
    assert!(failed(&present(&mut server(), &nameless), 401, ErrorCode::InvalidClient));
    assert!(failed(&present(&mut server(), &ClientAssertion::new("a.b.c")), 401, ErrorCode::InvalidClient));
}

#[test]
fn a_tombstone_is_needed_until_the_assertion_is_void_and_a_day_more() {
    let mut bench = server();
    granted(present(&mut bench, &signed(&claims())));
    let used = |fact: &&Fact| matches!(fact, Fact::ClientAssertionUsed { .. });
    let Some(tombstone) = bench.facts.iter().find(used).cloned() else { unreachable!("no tombstone") };
    bench.role.oauth.expire(Timestamp::from_secs(NOW + 3700));
    assert!(bench.role.oauth.needs(&tombstone));
    bench.role.oauth.expire(Timestamp::from_secs(NOW + 2 * 24 * 3600));
    assert!(!bench.role.oauth.needs(&tombstone));
}

#[test]
fn who_signs_is_not_public_and_who_has_a_secret_does_not_sign() {
    let mut bench = server();
    let own = || Request::Token(TokenRequest::ClientCredentials { scope: ScopeSet::new() });
    for silent in [
        ClientAuthentication::Public("signing".into()),
        ClientAuthentication::Basic("signing".into(), ClientSecret::new("")),
    ] {
        let answer = bench.call(Credentials::Client(silent), ENDPOINT, own());
        assert!(failed(&answer, 401, ErrorCode::InvalidClient));
    }
    let claims = ClientAssertionClaims { issuer: "confidential".into(), subject: "confidential".into(), ..claims() };
    let assertion = signed(&claims);
    let claimed = ClientAuthentication::Assertion("confidential".into(), assertion);
    let answer = bench.call(Credentials::Client(claimed), ENDPOINT, own());
    assert!(failed(&answer, 401, ErrorCode::InvalidClient));
}

#[test]
fn the_key_is_found_by_name_and_a_name_may_be_absent_on_either_side() {
    let (old, new) = (key("old", 1), key("new", 2));
    let rotating = || knowing(&[signing_with(keys(&[old.clone(), new.clone()]))]);
    for by in [&old, &new, &key("", 2)] {
        assert!(matches!(present(&mut rotating(), &signed_by(by, &claims())), Response::Token(_)), "{by:?}");
    }
    let misnamed = signed_by(&key("old", 2), &claims());
    assert!(failed(&present(&mut rotating(), &misnamed), 401, ErrorCode::InvalidClient));
    let mut nameless = knowing(&[signing_with(keys(&[key("", 1)]))]);
    assert!(matches!(present(&mut nameless, &signed(&claims())), Response::Token(_)));
}

#[test]
fn only_the_registered_algorithm_counts_where_there_is_one() {
    let with = |algorithm: &str| {
        let only = ClientKeys { algorithm: Some(algorithm.into()), ..*keys(&[key("k", 1)]) };
        present(&mut knowing(&[signing_with(Box::new(only))]), &signed(&claims()))
    };
    assert!(matches!(with(STAND_IN_ALGORITHM), Response::Token(_)));
    assert!(failed(&with("RS256"), 401, ErrorCode::InvalidClient));
}

#[test]
fn a_client_registers_with_its_keys_and_gets_no_secret() {
    let register = |keys: Option<Box<ClientKeys>>| {
        let metadata = ClientMetadata { authentication: AuthenticationMethod::PrivateKeyJwt, keys, ..metadata() };
        bench().call(Credentials::None, "https://server.example/register", Request::RegisterClient(metadata))
    };
    let known = register(Some(keys(&[key("k", 1)])));
    assert!(matches!(known, Response::ClientRegistered(known)
        if known.client_secret.is_none() && known.metadata.keys == Some(keys(&[key("k", 1)]))));
    let foreign = Jwk::ed25519("k", "RS512", "eA");
    let unusable = |source, algorithm: Option<&str>| {
        register(Some(Box::new(ClientKeys { source, algorithm: algorithm.map(Text::from) })))
    };
    let own = || vec![StandInCrypto.public(&key("k", 1))];
    for refused in [
        register(None),
        unusable(KeySource::Here(Vec::new()), None),
        unusable(KeySource::Here(vec![foreign]), None),
        unusable(KeySource::Here(own()), Some("none")),
        unusable(KeySource::At("https://client.example/jwks".into()), None),
    ] {
        assert!(failed(&refused, 400, ErrorCode::InvalidClientMetadata), "{refused:?}");
    }
    // Keys of a client with a secret are for something else.
    let metadata = ClientMetadata { keys: Some(keys(&[key("k", 1)])), ..metadata() };
    let known = bench().call(Credentials::None, "https://server.example/register", Request::RegisterClient(metadata));
    assert!(matches!(known, Response::ClientRegistered(known) if known.metadata.keys.is_none()));
}

#[test]
fn guesses_at_a_key_are_counted_and_good_proofs_are_not() {
    let mut bench = server();
    for at in 0..20 {
        let claims = ClientAssertionClaims { id: Some(format!("{at}").into()), ..claims() };
        assert!(matches!(present(&mut bench, &signed(&claims)), Response::Token(_)));
    }
    let guess = signed_by(&key("k", 2), &claims());
    let answers: Vec<Response> = (0..6).map(|_| present(&mut bench, &guess)).collect();
    assert!(failed(&answers[0], 401, ErrorCode::InvalidClient));
    assert!(failed(&answers[5], 429, ErrorCode::TemporarilyUnavailable));
}
