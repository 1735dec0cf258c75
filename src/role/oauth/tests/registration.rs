//! How clients become known and prove who they are.

use super::*;
use crate::role::Effect;
use crate::trace::Note;
use crate::wire::DecodeError;
use crate::wire::error::{DecodeErrorKind, FailureCarrier};
use crate::wire::{Credentials as Claimed, Endpoint};

fn register(bench: &mut Bench<TestServer>, metadata: ClientMetadata) -> Response {
    bench.call(Credentials::None, "https://server.example/register", Request::RegisterClient(metadata))
}

fn own_token(bench: &mut Bench<TestServer>, credentials: Claimed) -> Response {
    let request = Request::Token(TokenRequest::ClientCredentials { scope: ScopeSet::new() });
    bench.call(credentials, "https://server.example/token", request)
}

#[test]
fn a_client_registers_and_uses_its_secret() {
    let mut bench = bench();
    let Response::ClientRegistered(information) = register(&mut bench, metadata()) else { unreachable!() };
    assert_eq!(information.metadata, metadata());
    granted(own_token(&mut bench, credentials(&information)));
    let public = ClientMetadata { authentication: AuthenticationMethod::None, ..metadata() };
    let Response::ClientRegistered(information) = register(&mut bench, public) else { unreachable!() };
    assert_eq!(information.client_secret, None);
    assert!(clients::get(&bench.role.oauth, &information.client_id).is_some_and(|known| known.is_public()));
}

#[test]
fn a_registration_is_refused_when_it_is_closed_or_wrong() {
    let mut bench = bench();
    for uri in [
        "javascript:alert(1)//a://b",
        "javascript://b/%0aalert(1)",
        "x?to=https://a",
        "return",
        "https://client.example/return#part",
        "https://",
        "://client.example",
    ] {
        let wrong = ClientMetadata { redirect_uris: vec![uri.into()], ..metadata() };
        assert!(failed(&register(&mut bench, wrong), 400, ErrorCode::InvalidRedirectUri), "{uri}");
        let wrong = ClientMetadata { claims_redirect_uris: vec![uri.into()], ..metadata() };
        assert!(failed(&register(&mut bench, wrong), 400, ErrorCode::InvalidRedirectUri), "{uri}");
    }
    let wrong = ClientMetadata { grant_types: vec!["password".into()], ..metadata() };
    assert!(failed(&register(&mut bench, wrong), 400, ErrorCode::InvalidClientMetadata));
    bench.role.dynamic_registration = false;
    assert!(failed(&register(&mut bench, metadata()), 403, ErrorCode::AccessDenied));
}

#[test]
fn a_client_uses_only_the_grant_types_it_named() {
    let mut bench = bench();
    let grant_types = vec![AUTHORIZATION_CODE_GRANT.into(), "password".into()];
    let Response::ClientRegistered(information) = register(&mut bench, ClientMetadata { grant_types, ..metadata() })
    else {
        unreachable!()
    };
    assert_eq!(information.metadata.grant_types, [AUTHORIZATION_CODE_GRANT.into()]);
    let answer = own_token(&mut bench, credentials(&information));
    assert!(failed(&answer, 400, ErrorCode::UnauthorizedClient));
}

#[test]
fn a_client_with_a_wrong_secret_is_not_that_client() {
    let wrong = |id: &str| ClientAuthentication::Basic(id.into(), ClientSecret::new("wrong"));
    let post = ClientAuthentication::Post("confidential".into(), ClientSecret::new("wrong"));
    let cases = [
        (Credentials::Client(wrong("confidential")), FailureCarrier::BasicChallenge),
        (Credentials::Client(wrong("unknown")), FailureCarrier::BasicChallenge),
        (Credentials::Client(post), FailureCarrier::Body),
        (Credentials::Client(ClientAuthentication::Public("confidential".into())), FailureCarrier::Body),
        (Credentials::Client(wrong("public")), FailureCarrier::BasicChallenge),
        (Credentials::None, FailureCarrier::Body),
    ];
    for (credentials, carrier) in cases {
        let answer = own_token(&mut bench(), credentials);
        let expected = Failure { carrier, ..Failure::body(401, ErrorCode::InvalidClient) };
        assert_eq!(answer, Response::Failure(expected));
    }
    let mut mutant = bench();
    mutant.without(Rule::ClientAuthenticated);
    granted(own_token(&mut mutant, Credentials::Client(wrong("confidential"))));
    assert_eq!(mutant.ruled(Rule::ClientAuthenticated), Some(false));
}

#[test]
fn bytes_that_are_no_message_are_answered_by_kind_and_endpoint() {
    let answer = |endpoint, kind| {
        let answer = bench().arrive(Credentials::None, None, ISSUER, Err(DecodeError { endpoint, kind }));
        answer.map_or(Response::Revoked, |answer| answer.message)
    };
    let unknown = answer(Endpoint::Unknown, DecodeErrorKind::UnknownPath("https://server.example/x".into()));
    assert_eq!(unknown, Response::Refused { status: 404 });
    let method = |endpoint| answer(endpoint, DecodeErrorKind::MethodNotAllowed("PATCH".into()));
    assert_eq!(method(Endpoint::Token), Response::Refused { status: 405 });
    assert!(failed(&method(Endpoint::ResourceRegistration), 405, ErrorCode::UnsupportedMethodType));
    let missing = |endpoint| answer(endpoint, DecodeErrorKind::Missing("code".into()));
    assert!(failed(&missing(Endpoint::Token), 400, ErrorCode::InvalidRequest));
    assert!(failed(&missing(Endpoint::ClientRegistration), 400, ErrorCode::InvalidClientMetadata));
    assert!(noticed(&missing(Endpoint::Authorization), 400));
}

#[test]
fn who_asks_for_no_scope_that_there_is_gets_what_it_registered() {
    let ask = |registered: &[&str], asked: &[&str]| {
        let mut bench = bench();
        let metadata = ClientMetadata { scope: scope_set(registered.iter().copied()), ..metadata() };
        let Response::ClientRegistered(information) = register(&mut bench, metadata) else { unreachable!() };
        let scope = scope_set(asked.iter().copied());
        let request = Request::Token(TokenRequest::ClientCredentials { scope });
        let answer = bench.call(credentials(&information), "https://server.example/token", request);
        let chosen = bench
            .last
            .out
            .iter()
            .any(|effect| matches!(effect, Effect::Note(Note::OurChoice("registered-scope-is-the-default"))));
        match answer {
            Response::Token(tokens) => Some((tokens.scope.unwrap_or_default(), chosen)),
            _ => None,
        }
    };
    assert_eq!(ask(&["b", "z"], &["openid"]), Some((scope_set(["b"]), true)), "as far as it is there");
    assert_eq!(ask(&["b"], &["a", "openid"]), Some((scope_set(["a"]), false)), "what is asked for comes first");
    assert_eq!(ask(&["b"], &[]), Some((scope_set(["a"]), false)), "and so does the server's own default");
    assert_eq!(ask(&["z"], &["openid"]), None);
    assert_eq!(ask(&[], &["openid"]), None);
}
