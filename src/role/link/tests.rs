//! Links, answered by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use super::*;
use crate::role::bench::{self, NoEntropy};
use crate::role::context::Effects;
use crate::role::crypto::{Crypto, StandInCrypto};
use crate::role::rule::RuleSet;
use crate::wire::oauth::{AuthenticationMethod, ClientInformation};
use crate::wire::{ErrorCode, Failure, Revision, ScopeSet, Timestamp};

const AS: &str = "https://as.example";

#[derive(Default)]
struct Bench {
    at: Timestamp,
    links: Links,
    rules_off: RuleSet,
    next_exchange: u64,
    sent: Vec<(ExchangeId, Call)>,
}

impl Bench {
    fn with<T>(&mut self, act: impl FnOnce(&mut Links, &mut Context<'_>) -> T) -> T {
        let (mut effects, mut entropy) = (Effects::default(), NoEntropy);
        let mut cx =
            Context::new(self.at, &mut entropy, &StandInCrypto, &self.rules_off, &mut effects, &mut self.next_exchange);
        let result = act(&mut self.links, &mut cx);
        self.sent.extend(bench::sent(&effects));
        result
    }

    fn ready(&mut self) -> Option<Ready> {
        let well_known = Uri::from("https://as.example/.well-known/uma2-configuration");
        self.with(|links, cx| links.ready(cx, &Uri::from(AS), &well_known, &metadata()))
    }

    fn keys(&mut self) -> Option<Vec<Jwk>> {
        self.keys_from(&KeysFrom::Discovery, None)
    }

    fn keys_from(&mut self, from: &KeysFrom, kid: Option<&str>) -> Option<Vec<Jwk>> {
        let document = Uri::from("https://as.example/.well-known/openid-configuration");
        self.with(|links, cx| {
            links.keys(cx, &Uri::from(AS), Wanted { from, document: &document, key: kid.map_or(Key::Any, Key::Named) })
        })
    }

    fn answer(&mut self, word: &str, response: Response) -> Option<Moved> {
        let (exchange, call) = self.sent.pop().unwrap();
        assert_eq!(call.message.word(), word);
        self.with(|links, cx| links.on_response(cx, exchange, Ok(response.into())))
    }
}

fn metadata() -> ClientMetadata {
    ClientMetadata {
        name: None,
        redirect_uris: Vec::new(),
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: Vec::new(),
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    }
}

fn document(issuer: &str, registers: bool, has_keys: bool) -> Response {
    let issuer = Uri::from(issuer);
    Response::Configuration(Box::new(Configuration {
        registration_endpoint: registers.then(|| issuer.join("register")),
        jwks_uri: has_keys.then(|| issuer.join("jwks")),
        ..Configuration::of(issuer.clone(), issuer.join("token"))
    }))
}

#[test]
fn registration_by_openid_connect_is_refused_with_the_reason() {
    let Response::Configuration(mut openid) = document(AS, true, true) else { panic!("no document") };
    openid.registration_endpoint = Some(Uri::from("openid"));
    let openid = Response::Configuration(openid);
    let mut bench = Bench::default();
    bench.keys();
    assert_eq!(bench.answer("configuration", openid.clone()), forward());
    // The document is here, for the keys; nothing goes to an endpoint by the name of `openid`.
    bench.ready();
    let Some(Moved::Stuck(_, why)) = bench.answer("configuration", openid) else { panic!("not stuck") };
    assert!(why.contains("OpenID Connect") || why.contains("RFC 7591"), "{why}");
    assert!(bench.sent.is_empty());
}

fn forward() -> Option<Moved> {
    Some(Moved::Forward(Uri::from(AS)))
}

fn is_stuck(moved: Option<&Moved>) -> bool {
    matches!(moved, Some(Moved::Stuck(issuer, _)) if *issuer == Uri::from(AS))
}

fn registered() -> Response {
    let (client_id, client_secret) = (ClientId::from("me"), Some(ClientSecret::new("s")));
    Response::ClientRegistered(ClientInformation { client_id, client_secret, metadata: metadata() })
}

#[test]
fn a_link_that_finds_no_document_looks_whose_document_there_is() {
    let mut bench = Bench::default();
    assert!(bench.ready().is_none());
    let moved = bench.answer("configuration", Response::Refused { status: 404 });
    assert_eq!(moved, Some(Moved::Asking(Uri::from(AS))));
    let (exchange, call) = bench.sent.pop().unwrap();
    assert_eq!(call.to, Uri::from("https://as.example/.well-known/uma-configuration"));
    let kind = DecodeErrorKind::OtherRevision { expected: Revision::V2_0, came: Revision::Draft06, or: None };
    let error = DecodeError { endpoint: Endpoint::Configuration, kind };
    let moved = bench.with(|links, cx| links.on_response(cx, exchange, Err(error)));
    let Some(Moved::OtherRevision(_, why)) = moved else { panic!("{moved:?}") };
    assert_eq!(&*why, "the authorization server speaks draft-06, and 2.0 is spoken here");
    // Nothing at the other place, or something that the own reader takes: both end here.
    for second in [Response::Refused { status: 404 }, document(AS, true, true)] {
        assert!(bench.ready().is_none());
        bench.answer("configuration", Response::Refused { status: 404 });
        assert!(is_stuck(bench.answer("configuration", second).as_ref()));
        assert!(bench.links.at_hand(&Uri::from(AS)).is_none());
    }
    // Identity providers have one place.
    assert!(bench.keys().is_none());
    assert!(is_stuck(bench.answer("configuration", Response::Refused { status: 404 }).as_ref()));
}

#[test]
fn a_link_discovers_and_registers() {
    let mut bench = Bench::default();
    assert!(bench.ready().is_none() && bench.ready().is_none());
    assert_eq!(bench.sent.len(), 1, "one request at a time");
    assert_eq!(bench.answer("configuration", document(AS, true, true)), forward());
    assert!(bench.ready().is_none());
    assert_eq!(bench.sent[0].1.to, Uri::from("https://as.example/register"));
    let moved = bench.answer("register", registered()).unwrap();
    let fact = moved.fact().unwrap();
    assert!(bench.ready().is_none(), "not before the credentials are durable");
    bench.sent.clear();
    bench.links.forget();
    bench.links.apply(&fact);
    assert!(bench.ready().is_none());
    bench.answer("configuration", document(AS, false, false));
    let ready = bench.ready().unwrap();
    assert_eq!(ready.credentials, ClientAuthentication::Basic(ClientId::from("me"), ClientSecret::new("s")));
}

#[test]
fn configured_credentials_need_no_registration() {
    let credentials = ClientAuthentication::Public(ClientId::from("me"));
    let configured = BTreeMap::from([(Uri::from(AS), credentials.clone())]);
    let mut bench = Bench { links: Links::configured(&configured, None), ..Bench::default() };
    assert!(bench.ready().is_none());
    bench.answer("configuration", document(AS, false, false));
    assert_eq!(bench.ready().map(|ready| ready.credentials), Some(credentials.clone()));
    bench.links.forget();
    assert_eq!(bench.links.credentials(&Uri::from(AS)), Some(&credentials));
}

#[test]
fn a_document_of_another_issuer_is_not_accepted() {
    let mut bench = Bench::default();
    bench.ready();
    assert!(is_stuck(bench.answer("configuration", document("https://evil.example", true, true)).as_ref()));
    let mut bench = Bench { rules_off: [Rule::IssuerMatches].into_iter().collect(), ..Bench::default() };
    bench.ready();
    assert_eq!(bench.answer("configuration", document("https://evil.example", true, true)), forward());
}

#[test]
fn a_failure_starts_over() {
    let mut bench = Bench::default();
    bench.ready();
    let (exchange, _) = bench.sent.pop().unwrap();
    assert!(is_stuck(bench.links.on_failure(exchange).as_ref()));
    assert_eq!(bench.links.on_failure(exchange), None);
    bench.ready();
    bench.answer("configuration", document(AS, true, true));
    bench.ready();
    let refusal = Response::Failure(Failure::body(400, ErrorCode::InvalidClientMetadata));
    assert!(is_stuck(bench.answer("register", refusal).as_ref()));
    bench.ready();
    assert!(is_stuck(bench.answer("configuration", document(AS, false, true)).as_ref()), "nowhere to register");
    bench.ready();
    assert_eq!(bench.sent[0].1.message.word(), "configuration");
}

#[test]
fn keys_come_after_discovery() {
    let mut bench = Bench::default();
    let keys = vec![Jwk::ed25519("k", "EdDSA", "x")];
    assert!(bench.keys().is_none());
    assert_eq!(bench.answer("configuration", document(AS, true, true)), forward());
    assert!(bench.keys().is_none());
    assert_eq!(bench.answer("jwks", Response::Jwks(keys.clone())), forward());
    assert_eq!(bench.keys(), Some(keys));
    bench.links.start_over(&Uri::from(AS));
    assert!(bench.keys().is_none());
    assert!(is_stuck(bench.answer("configuration", document(AS, true, false)).as_ref()));
}

#[test]
fn keys_are_fetched_again_for_one_that_is_not_known_but_not_all_the_time() {
    let mut bench = Bench::default();
    let [old, new] = ["old", "new"].map(|kid| Jwk::ed25519(kid, "EdDSA", "x"));
    let at = KeysFrom::At("https://as.example/own/keys".into());
    let wanted = |bench: &mut Bench, kid| bench.keys_from(&at, Some(kid));
    assert!(wanted(&mut bench, "old").is_none());
    assert_eq!(bench.sent[0].1.to, Uri::from("https://as.example/own/keys"), "no discovery");
    bench.answer("jwks", Response::Jwks(vec![old.clone()]));
    assert_eq!(wanted(&mut bench, "old"), Some(vec![old.clone()]));
    assert_eq!(wanted(&mut bench, "new"), Some(vec![old.clone()]), "they were fetched just now");
    bench.at = Timestamp::from_secs(60);
    assert!(wanted(&mut bench, "new").is_none() && bench.sent.len() == 1);
    assert_eq!(wanted(&mut bench, "old"), Some(vec![old.clone()]), "meanwhile");
    bench.answer("jwks", Response::Jwks(vec![new.clone(), old.clone()]));
    assert_eq!(wanted(&mut bench, "new"), Some(vec![new.clone(), old.clone()]));
    bench.at = Timestamp::from_secs(119);
    assert!(wanted(&mut bench, "forged").is_some() && bench.sent.is_empty());
    bench.at = Timestamp::from_secs(120);
    assert!(wanted(&mut bench, "forged").is_none());
    let (exchange, _) = bench.sent.pop().unwrap();
    bench.links.on_failure(exchange);
    assert_eq!(wanted(&mut bench, "new"), Some(vec![new, old]), "what is here stays good");
}

#[test]
fn keys_are_fetched_again_for_what_names_none_and_none_verifies() {
    let mut bench = Bench::default();
    let at = KeysFrom::At("https://as.example/own/keys".into());
    let document = Uri::from("https://as.example/.well-known/openid-configuration");
    let another = |bench: &mut Bench| {
        let wanted = Wanted { from: &at, document: &document, key: Key::Another };
        bench.with(|links, cx| links.keys(cx, &Uri::from(AS), wanted))
    };
    assert!(another(&mut bench).is_none());
    bench.answer("jwks", Response::Jwks(Vec::new()));
    assert!(another(&mut bench).is_some() && bench.sent.is_empty(), "they were fetched just now");
    bench.at = Timestamp::from_secs(60);
    assert!(another(&mut bench).is_none() && bench.sent.len() == 1);
}

#[test]
fn keys_that_are_here_are_never_fetched() {
    let mut bench = Bench::default();
    let keys = vec![Jwk::ed25519("k", "EdDSA", "x")];
    assert_eq!(bench.keys_from(&KeysFrom::Here(keys.clone()), Some("other")), Some(keys));
    assert!(bench.sent.is_empty());
}

#[test]
fn a_node_with_a_key_registers_it_and_signs() {
    let key = SigningKey { kid: "k".into(), secret: [1; 32] };
    let mut bench = Bench { links: Links::configured(&BTreeMap::new(), Some(key.clone())), ..Bench::default() };
    bench.ready();
    bench.answer("configuration", document(AS, true, true));
    bench.ready();
    let Request::RegisterClient(asked) = bench.sent[0].1.message.clone() else { panic!("no registration") };
    assert_eq!(asked.authentication, AuthenticationMethod::PrivateKeyJwt);
    let known = ClientInformation { client_id: "me".into(), client_secret: None, metadata: asked };
    let moved = bench.answer("register", Response::ClientRegistered(known)).unwrap();
    bench.links.apply(&moved.fact().unwrap());
    let ready = bench.ready().unwrap();
    let Credentials::Client(ClientAuthentication::Assertion(client, assertion)) = bench.with(|_, cx| ready.proven(cx))
    else {
        panic!("no assertion")
    };
    let read = crate::wire::client_assertion::read(&assertion).unwrap();
    assert!(StandInCrypto.verify(&StandInCrypto.public(&key), read.signing_input.as_bytes(), &read.signature));
    assert_eq!((client, read.claims.audience), ("me".into(), [Text::from(AS)].into()));
    assert_eq!(read.claims.expires_at, Timestamp::from_secs(60));
}

#[test]
fn an_exchange_of_somebody_else_is_left_alone() {
    let mut bench = Bench::default();
    bench.ready();
    let moved = bench.with(|links, cx| links.on_response(cx, ExchangeId(99), Ok(Response::Revoked.into())));
    assert_eq!(moved, None);
}
