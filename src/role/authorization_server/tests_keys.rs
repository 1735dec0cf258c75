//! Keys of others that are fetched again when something is signed with one that is not at hand: those of who issues SAML
//! assertions, and those of clients of which whoever runs the server says that they are elsewhere.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, failed};
use super::testing_uma::*;
use super::{drafts, v1_0_1};
use crate::role::crypto::{Crypto, StandInCrypto};
use crate::role::operation::{OnClients, Operation};
use crate::role::{Act, Input, Machine, Rule, SigningKey};
use crate::wire::client_assertion::{ClientAssertionClaims, write};
use crate::wire::jws::Jwk;
use crate::wire::oauth::{
    AuthenticationMethod, ClientInformation, ClientKeys, ClientMetadata, KeySource, RevocationRequest, TokenRequest,
};
use crate::wire::saml::Assertion;
use crate::wire::text::scope_set;
use crate::wire::{
    Bearer, ClientAssertion, ClientAuthentication, Credentials, ErrorCode, PolicyCondition, Request, Response,
    Revision, SamlAssertion, Timestamp, Uri,
};
use std::collections::BTreeSet;

const IDP: &str = "https://idp.example";
const KEYS: &str = "https://app.example/own/keys";

fn key(kid: &str) -> SigningKey {
    SigningKey { kid: kid.into(), secret: [kid.len() as u8; 32] }
}

fn published(kids: &[&str]) -> Vec<Jwk> {
    kids.iter().map(|kid| StandInCrypto.public(&key(kid))).collect()
}

// ---- who issues assertions

fn believing() -> Bench {
    protected_with(Revision::V1_0_1, PolicyCondition::Anyone, |config| config.assertion_issuers = vec![IDP.into()])
}

fn assertion(bench: &Bench, id: &str, kid: &str) -> SamlAssertion {
    let end = Some(Timestamp::from_secs(bench.now.secs() + 60));
    let assertion = Assertion {
        id: id.into(),
        issuer: IDP.into(),
        issued_at: bench.now,
        subject: "bob".into(),
        recipient: Some("https://as.example/token".into()),
        confirmed_until: end,
        audience: BTreeSet::from(["https://as.example".into()]),
        not_before: Some(bench.now),
        not_on_or_after: end,
    };
    StandInCrypto.sign_assertion(&key(kid), &assertion)
}

/// Presents an assertion; whoever is asked publishes keys of these names. Back comes the answer, and how often the key set
/// was asked for.
fn present(bench: &mut Bench, id: &str, kid: &str, publishes: &[&str]) -> (Response, usize) {
    let assertion = assertion(bench, id, kid);
    let scope = scope_set([v1_0_1::AAT_SCOPE]);
    bench.begin(credentials("app"), None, Ok(Request::Token(TokenRequest::Saml2Bearer { assertion, scope })));
    let asked = publish(bench, publishes);
    (answer(bench), asked)
}

fn publish(bench: &mut Bench, kids: &[&str]) -> usize {
    let mut asked = 0;
    while let Some((exchange, call)) = sent(bench) {
        let answer = match call.message {
            Request::GetJwks => {
                asked += 1;
                Response::Jwks(published(kids))
            }
            other => idp_answer(&other, None),
        };
        bench.run(|server, cx| server.handle(cx, Input::Response { exchange, answer: Ok(answer.into()) }));
    }
    asked
}

fn is_token(answer: &Response) -> bool {
    matches!(answer, Response::Token(_))
}

#[test]
fn keys_of_an_issuer_of_assertions_are_fetched_again_for_a_new_one_once_a_minute() {
    let mut bench = believing();
    let (first, asked) = present(&mut bench, "1", "old", &["old"]);
    assert!(is_token(&first) && asked == 1, "{first:?}");
    let (again, asked) = present(&mut bench, "2", "old", &[]);
    assert!(is_token(&again) && asked == 0, "{again:?}");
    let (early, asked) = present(&mut bench, "3", "newer", &["newer", "old"]);
    assert_eq!((failed(&early), asked), ((400, Some(ErrorCode::InvalidGrant)), 0), "they were fetched just now");
    assert!(bench.ruled(Rule::AssertionSigned, false));
    bench.now = Timestamp::from_secs(bench.now.secs() + 60);
    let (rotated, asked) = present(&mut bench, "4", "newer", &["newer", "old"]);
    assert!(is_token(&rotated) && asked == 1, "{rotated:?}");
    let (old, asked) = present(&mut bench, "5", "old", &[]);
    assert!(is_token(&old) && asked == 0);
    bench.now = Timestamp::from_secs(bench.now.secs() + 60);
    let (forged, asked) = present(&mut bench, "6", "forged", &["newer"]);
    assert_eq!((failed(&forged), asked), ((400, Some(ErrorCode::InvalidGrant)), 1));
    // Whom nobody trusts is asked nothing.
    let mut bench = protected_with(Revision::V1_0_1, PolicyCondition::Anyone, |config| {
        config.assertion_issuers = vec!["https://another.example".into()];
    });
    assert_eq!(present(&mut bench, "1", "old", &["old"]).1, 0);
}

// ---- clients

fn signing(place: Option<&str>) -> ClientInformation {
    let source = place.map_or(KeySource::Here(published(&["old"])), |place| KeySource::At(place.into()));
    let metadata = ClientMetadata {
        name: None,
        redirect_uris: Vec::new(),
        claims_redirect_uris: Vec::new(),
        scope: scope_set([drafts::AAT_SCOPES[1], v1_0_1::AAT_SCOPE]),
        grant_types: Vec::new(),
        authentication: AuthenticationMethod::PrivateKeyJwt,
        keys: Some(Box::new(ClientKeys { source, algorithm: None })),
    };
    ClientInformation { client_id: "signing".into(), client_secret: None, metadata }
}

fn knowing(place: Option<&str>) -> Bench {
    protected_with(Revision::V1_0_1, PolicyCondition::Anyone, |config| config.clients.push(signing(place)))
}

// The bench takes any signature of a key that it knows by name.
fn proof(bench: &Bench, id: &str, kid: &str) -> Credentials {
    let claims = ClientAssertionClaims {
        issuer: "signing".into(),
        subject: "signing".into(),
        audience: BTreeSet::from(["https://as.example".into()]),
        expires_at: Timestamp::from_secs(bench.now.secs() + 60),
        issued_at: None,
        not_before: None,
        id: Some(id.into()),
    };
    let assertion: ClientAssertion = write(&StandInCrypto.public(&key(kid)), &claims, |_| b"signed".to_vec());
    Credentials::Client(ClientAuthentication::Assertion("signing".into(), assertion))
}

fn ask(bench: &mut Bench, id: &str, kid: &str, message: Request, publishes: &[&str]) -> (Response, Vec<Uri>) {
    let proof = proof(bench, id, kid);
    bench.begin(proof, None, Ok(message));
    let mut asked = Vec::new();
    while let Some((exchange, call)) = sent(bench) {
        asked.push(call.to);
        let answer = Response::Jwks(published(publishes));
        bench.run(|server, cx| server.handle(cx, Input::Response { exchange, answer: Ok(answer.into()) }));
    }
    (answer(bench), asked)
}

fn own_token() -> Request {
    Request::Token(TokenRequest::ClientCredentials { scope: scope_set([v1_0_1::AAT_SCOPE]) })
}

#[test]
fn keys_of_a_configured_client_are_fetched_from_their_place_and_again_for_a_new_one() {
    let mut bench = knowing(Some(KEYS));
    let (first, asked) = ask(&mut bench, "1", "old", own_token(), &["old"]);
    assert!(is_token(&first), "{first:?}");
    assert_eq!(asked, [Uri::from(KEYS)], "no discovery");
    let (again, asked) = ask(&mut bench, "2", "old", own_token(), &[]);
    assert!(is_token(&again) && asked.is_empty());
    let (early, asked) = ask(&mut bench, "3", "newer", own_token(), &["newer"]);
    assert_eq!((failed(&early), asked.len()), ((401, Some(ErrorCode::InvalidClient)), 0), "once a minute");
    assert!(bench.ruled(Rule::ClientAuthenticated, false));
    bench.now = Timestamp::from_secs(bench.now.secs() + 60);
    let token = RevocationRequest { token: Bearer::new("any"), hint: None };
    let (revoked, asked) = ask(&mut bench, "4", "newer", Request::Revoke(token), &["newer"]);
    assert_eq!((revoked, asked.len()), (Response::Revoked, 1), "wherever a client proves who it is");
    bench.now = Timestamp::from_secs(bench.now.secs() + 60);
    let (retired, asked) = ask(&mut bench, "5", "old", own_token(), &["newer"]);
    assert_eq!((failed(&retired), asked.len()), ((401, Some(ErrorCode::InvalidClient)), 1), "no longer published");
    // A crash forgets them, and they are fetched anew.
    bench.server.forget();
    let (after, asked) = ask(&mut bench, "6", "newer", own_token(), &["newer"]);
    assert!(is_token(&after) && asked.len() == 1);
}

#[test]
fn keys_of_a_client_that_an_operator_introduced_are_fetched_as_those_of_a_configured_one() {
    let mut bench = protected(Revision::V1_0_1, PolicyCondition::Anyone);
    let ClientInformation { client_id, metadata, .. } = signing(Some(KEYS));
    let operation = Operation::Clients(OnClients::Put(Some(client_id), metadata));
    bench.run(|server, cx| server.handle(cx, Input::Act(Act::Operate { order: 7, operation })));
    assert_eq!(bench.last_facts().len(), 1, "{:?}", bench.last_facts());
    bench.server = bench.rebuilt();
    let (first, asked) = ask(&mut bench, "1", "old", own_token(), &["old"]);
    assert!(is_token(&first), "{first:?}");
    assert_eq!(asked, [Uri::from(KEYS)]);
    let (again, asked) = ask(&mut bench, "2", "old", own_token(), &[]);
    assert!(is_token(&again) && asked.is_empty());
}

#[test]
fn keys_that_cannot_be_had_prove_nothing() {
    let mut bench = knowing(Some(KEYS));
    let proof = proof(&bench, "1", "old");
    bench.begin(proof, None, Ok(own_token()));
    let Some((exchange, _)) = sent(&bench) else { panic!("nothing is asked") };
    let reason = crate::message::FailureReason::TimedOut;
    bench.run(|server, cx| server.handle(cx, Input::Failed { exchange, reason }));
    assert_eq!(failed(&answer(&bench)), (401, Some(ErrorCode::InvalidClient)));
}

#[test]
fn nothing_is_fetched_for_clients_whose_keys_are_here_or_who_registered_themselves() {
    let mut bench = knowing(None);
    let (here, asked) = ask(&mut bench, "1", "old", own_token(), &[]);
    assert!(is_token(&here) && asked.is_empty(), "{here:?}");
    assert!(ask(&mut bench, "2", "newer", own_token(), &["newer"]).1.is_empty());
    // A place that a client named itself, were there one in a journal.
    let mut bench = protected(Revision::V1_0_1, PolicyCondition::Anyone);
    let ClientInformation { client_id, metadata, .. } = signing(Some(KEYS));
    bench.given(crate::trace::Fact::ClientRegistered { client: client_id, metadata, secret: None, dynamic: true });
    let (refused, asked) = ask(&mut bench, "1", "old", own_token(), &["old"]);
    assert_eq!((failed(&refused), asked.len()), ((401, Some(ErrorCode::InvalidClient)), 0));
}
