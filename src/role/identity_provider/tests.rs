use super::*;
use crate::role::Effect;
use crate::role::bench::{Bench, Browser};
use crate::role::crypto::{Crypto, StandInCrypto};
use crate::role::oauth::accounts::Account;
use crate::role::oauth::pkce;
use crate::role::operation::{NewAccount, OnClients, OnIssuers, OnPeople};
use crate::wire::jws::read_id_token;
use crate::wire::oauth::{AuthorizationRequest, ClientInformation, ClientMetadata, TokenResponse};
use crate::wire::page::Page;
use crate::wire::text::scope_set;
use crate::wire::token::Password;
use crate::wire::{
    ClientAuthentication, CodeVerifier, Credentials, DecodeError, PasswordVerifier, ScopeSet, Timestamp,
};
use std::collections::BTreeMap;

const RETURN: &str = "https://as.example/return";

fn provider() -> IdentityProvider {
    let claims = BTreeMap::from([("email".into(), "bob@example".into())]);
    let account = Account { person: "b-1".into(), verifier: "pw".into(), second_factor: None, claims };
    IdentityProvider::new(IdentityProviderConfig {
        issuer: "https://idp.example".into(),
        accounts: BTreeMap::from([("bob".into(), account)]),
        key: SigningKey { kid: "k1".into(), secret: [7; 32] },
        next_key: None,
        retiring_keys: vec![SigningKey { kid: "k0".into(), secret: [6; 32] }],
        id_token_lifetime: Duration::from_secs(300),
        assertion_recipients: BTreeMap::from([("https://as.example".into(), "https://as.example/token".into())]),
        assertion_lifetime: Duration::from_secs(120),
        code_lifetime: Duration::from_secs(60),
        session_lifetime: Duration::from_secs(3600),
    })
}

fn registered(bench: &mut Bench<IdentityProvider>) -> ClientInformation {
    let metadata = ClientMetadata {
        name: None,
        redirect_uris: vec![RETURN.into()],
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: Vec::new(),
        authentication: AuthenticationMethod::SecretPost,
        keys: None,
    };
    match bench.call(Credentials::None, "https://idp.example/register", Request::RegisterClient(metadata)) {
        Response::ClientRegistered(information) => information,
        other => unreachable!("{other:?}"),
    }
}

/// Follows pages as bob until something else comes.
fn log_in(bench: &mut Bench<IdentityProvider>, request: AuthorizationRequest) -> Response {
    let mut browser = Browser::default();
    let mut seen = bench.browse(&mut browser, "https://idp.example/authorize", Request::Authorize(request));
    loop {
        let (to, message) = match seen {
            Response::Page(Page::SignIn { form, resume, resume_at, .. }) => {
                let (username, password) = ("bob".into(), Password::new("pw"));
                let form = Form::SignIn { form, username, password, second_factor: None, resume, resume_at };
                ("https://idp.example/form".into(), Request::Form(form))
            }
            Response::Page(Page::Consent { form, .. }) => {
                ("https://idp.example/form".into(), Request::Form(Form::Consent { form, approve: true }))
            }
            Response::Redirect { to, message } if to.origin() == "https://idp.example" => (to, *message),
            other => return other,
        };
        seen = bench.browse(&mut browser, to.as_str(), message);
    }
}

fn tokens(bench: &mut Bench<IdentityProvider>, client: &ClientInformation, scope: ScopeSet) -> TokenResponse {
    let verifier = CodeVerifier::new("verifier");
    let request = AuthorizationRequest {
        response_type: Some("code".into()),
        client_id: Some(client.client_id.clone()),
        redirect_uri: Some(RETURN.into()),
        scope,
        state: None,
        code_challenge: Some(pkce::challenge(&verifier)),
        nonce: Some("n".into()),
        acr_values: Vec::new(),
    };
    let Response::Redirect { message, .. } = log_in(bench, request) else { unreachable!() };
    let Request::AuthorizationReturn(back) = *message else { unreachable!() };
    let Ok(code) = back.outcome else { unreachable!() };
    let request =
        TokenRequest::AuthorizationCode { code, redirect_uri: Some(RETURN.into()), code_verifier: Some(verifier) };
    let Some(secret) = client.client_secret.clone() else { unreachable!() };
    let credentials = Credentials::Client(ClientAuthentication::Post(client.client_id.clone(), secret));
    match bench.call(credentials, "https://idp.example/token", Request::Token(request)) {
        Response::Token(tokens) => tokens,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_login_gives_a_signed_statement_about_the_person_for_the_client() {
    let mut bench = Bench::new(provider());
    bench.at = Timestamp(5_700_000);
    let client = registered(&mut bench);
    let token = tokens(&mut bench, &client, ScopeSet::new()).id_token;
    let Some(read) = token.as_ref().and_then(read_id_token) else { unreachable!() };
    let Response::Jwks(keys) = bench.call(Credentials::None, "https://idp.example/jwks", Request::GetJwks) else {
        unreachable!()
    };
    assert!(StandInCrypto.verify(&keys[0], read.signing_input.as_bytes(), &read.signature));
    assert_eq!(read.kid, keys[0].kid);
    let expected = IdTokenClaims {
        issuer: "https://idp.example".into(),
        subject: "b-1".into(),
        audience: BTreeSet::from([client.client_id.as_str().into()]),
        authorized_party: Some(client.client_id.clone()),
        expires_at: Timestamp::from_secs(305),
        issued_at: Timestamp::from_secs(5),
        nonce: Some("n".into()),
        acr: None,
        id: read.claims.id.clone(),
        claims: BTreeMap::from([("email".into(), "bob@example".into())]),
    };
    assert_eq!(read.claims, expected);
    let again = tokens(&mut bench, &client, ScopeSet::new()).id_token;
    assert_ne!(token, again, "each of two logins in one second has its own");
    let issued = bench.facts.iter().any(|fact| {
        matches!(fact, Fact::IdTokenIssued { token: hash, expires_at, .. }
            if Some(*hash) == token.as_ref().map(|token| token.hashed()) && *expires_at == Timestamp::from_secs(305))
    });
    assert!(issued);
}

#[test]
fn without_openid_there_is_no_id_token() {
    let mut bench = Bench::new(provider());
    let client = registered(&mut bench);
    assert_eq!(tokens(&mut bench, &client, scope_set(["email"])).id_token, None);
}

#[test]
fn the_configuration_names_what_is_served() {
    let mut bench = Bench::new(provider());
    let answer = bench.call(Credentials::None, "https://idp.example", Request::GetConfiguration);
    let Response::Configuration(configuration) = answer else { unreachable!() };
    let routes = bench.role.routes();
    assert_eq!(routes.endpoint(&configuration.token_endpoint), Endpoint::Token);
    assert_eq!(configuration.jwks_uri.map(|uri| routes.endpoint(&uri)), Some(Endpoint::Jwks));
    let well_known = crate::wire::configuration::openid_well_known(&configuration.issuer);
    assert_eq!(routes.endpoint(&well_known), Endpoint::Configuration);
}

#[test]
fn what_is_not_its_business_is_not_found() {
    let mut bench = Bench::new(provider());
    let refused = bench.call(Credentials::None, "https://idp.example/rpt", Request::RequestRpt);
    assert_eq!(refused, Response::Refused { status: 404 });
    let stray = Form::RemovePolicy { form: crate::wire::FormKey::new("x"), policy: "p".into() };
    let answer = bench.call(Credentials::None, "https://idp.example/form", Request::Form(stray));
    assert!(matches!(answer, Response::Page(Page::Notice { status: 403, .. })));
    let kind = crate::wire::error::DecodeErrorKind::UnknownPath("https://idp.example/x".into());
    let unknown = bench.arrive(
        Credentials::None,
        None,
        "https://idp.example/x",
        Err(DecodeError { endpoint: Endpoint::Unknown, kind }),
    );
    assert_eq!(unknown.map(|answer| answer.message), Some(Response::Refused { status: 404 }));
    bench.input(Input::Restarted);
    assert!(bench.last.out.is_empty());
}

#[test]
fn facts_alone_bring_a_login_back() {
    let mut bench = Bench::new(provider());
    let client = registered(&mut bench);
    tokens(&mut bench, &client, ScopeSet::new());
    let mut rebuilt = Bench::new(provider());
    for fact in &bench.facts {
        rebuilt.role.apply(fact);
    }
    bench.role.forget();
    assert_eq!(format!("{:?}", rebuilt.role), format!("{:?}", bench.role));
    assert!(tokens(&mut rebuilt, &client, ScopeSet::new()).id_token.is_some());
}

fn exchanged(
    bench: &mut Bench<IdentityProvider>,
    client: &ClientInformation,
    subject_token: crate::wire::Bearer,
    audience: &str,
) -> Response {
    let Some(secret) = client.client_secret.clone() else { unreachable!() };
    let credentials = Credentials::Client(ClientAuthentication::Post(client.client_id.clone(), secret));
    let request = TokenRequest::ExchangeForAssertion { subject_token, audience: audience.into() };
    bench.call(credentials, "https://idp.example/token", Request::Token(request))
}

fn failed(response: &Response, code: &str) -> bool {
    matches!(response, Response::Failure(failure) if failure.code.as_ref().is_some_and(|it| it.as_str() == code))
}

#[test]
fn an_access_token_of_a_sign_in_becomes_an_assertion_for_a_known_server() {
    let mut bench = Bench::new(provider());
    bench.at = Timestamp(5_700_000);
    let client = registered(&mut bench);
    let token = tokens(&mut bench, &client, ScopeSet::new()).access_token;
    let answer = exchanged(&mut bench, &client, token.clone(), "https://as.example");
    let Response::AssertionIssued(issued) = answer else { unreachable!("{answer:?}") };
    let key = StandInCrypto.public(&SigningKey { kid: "k1".into(), secret: [7; 32] });
    let Some(read) = StandInCrypto.read_assertion(&[key], &issued.assertion) else { unreachable!() };
    assert!(read.signed && read.covered);
    assert_eq!(read.assertion.subject.as_str(), "b-1");
    assert_eq!(read.assertion.recipient, Some("https://as.example/token".into()));
    assert_eq!(read.assertion.audience, BTreeSet::from(["https://as.example".into()]));
    assert_eq!(read.assertion.ends_at(), Some(Timestamp::from_secs(125)));
    let again = exchanged(&mut bench, &client, token.clone(), "https://as.example");
    let Response::AssertionIssued(again) = again else { unreachable!("{again:?}") };
    assert_ne!(again.assertion, issued.assertion, "no identifier is used twice");
    assert!(failed(&exchanged(&mut bench, &client, token, "https://unknown.example"), "invalid_target"));
}

#[test]
fn an_access_token_is_exchanged_only_by_its_client_and_while_it_is_good() {
    let mut bench = Bench::new(provider());
    let client = registered(&mut bench);
    let other = registered(&mut bench);
    let token = tokens(&mut bench, &client, ScopeSet::new()).access_token;
    assert!(failed(&exchanged(&mut bench, &other, token.clone(), "https://as.example"), "invalid_request"));
    assert_eq!(bench.ruled(crate::role::Rule::SubjectTokenOfClient), Some(false));
    assert!(failed(
        &exchanged(&mut bench, &client, crate::wire::Bearer::new("x"), "https://as.example"),
        "invalid_request"
    ));
    let unspecific = tokens(&mut bench, &client, scope_set(["profile"])).access_token;
    assert!(failed(&exchanged(&mut bench, &client, unspecific, "https://as.example"), "invalid_request"));
    bench.without(crate::role::Rule::SubjectTokenOfClient);
    let mutant = exchanged(&mut bench, &other, token.clone(), "https://as.example");
    assert!(matches!(mutant, Response::AssertionIssued(_)));
    bench.at = bench.at + Duration::from_secs(300);
    assert!(failed(&exchanged(&mut bench, &client, token, "https://as.example"), "invalid_request"));
}

#[test]
fn a_provider_that_nobody_takes_assertions_of_exchanges_nothing() {
    let mut provider = provider();
    provider.config.assertion_recipients.clear();
    let mut bench = Bench::new(provider);
    let client = registered(&mut bench);
    let token = tokens(&mut bench, &client, ScopeSet::new()).access_token;
    assert!(failed(&exchanged(&mut bench, &client, token, "https://as.example"), "unsupported_grant_type"));
}

#[test]
fn people_whom_an_operator_registers_have_claims_and_lose_them() {
    let mut config = provider().config;
    config.accounts.clear();
    let mut bench = Bench::new(IdentityProvider::new(config));
    let order = |bench: &mut Bench<IdentityProvider>, operation: Operation| {
        bench.input(Input::Act(Act::Operate { order: 1, operation }));
        let report = |effect: &Effect| match effect {
            Effect::Report { report, .. } => Some((**report).clone()),
            _ => None,
        };
        bench.last.out.iter().find_map(report)
    };
    let claims = BTreeMap::from([("email".into(), "bob@work".into())]);
    let bob = NewAccount { name: "bob".into(), verifier: PasswordVerifier::new("pw"), second_factor: None, claims };
    assert_eq!(order(&mut bench, Operation::People(OnPeople::Put(bob))), Some(Report::Done { created: true }));
    let client = registered(&mut bench);
    let token = tokens(&mut bench, &client, ScopeSet::new());
    let Some(read) = token.id_token.as_ref().and_then(read_id_token) else { unreachable!() };
    assert_eq!((read.claims.subject.as_str(), read.claims.claims.len()), ("bob", 1));
    let removed = order(&mut bench, Operation::People(OnPeople::Remove("bob".into())));
    assert_eq!(removed, Some(Report::Done { created: false }));
    let revoked = |fact: &Fact| matches!(fact, Fact::TokenRevoked { .. });
    assert!(bench.last.facts.iter().any(revoked));
    for elsewhere in [Operation::Issuers(OnIssuers::List), Operation::Clients(OnClients::List)] {
        assert_eq!(order(&mut bench, elsewhere), Some(Report::NotHere));
    }
}
