//! The examples of core draft 06 (27 December 2012).

use crate::support::{bearer, call, failure, read_response, request, response};
use umaverse::wire::codec::Routes;
use umaverse::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Challenge, ChallengeReason, Configuration, Credentials, Endpoint, ErrorCode, Failure, Permission,
    PermissionRequest, Request, Response, Revision, Timestamp, Token,
};

const D6: Revision = Revision::Draft06;
const TICKET: &str = "016f84e8-f9b9-11e0-bd6f-0021cc6004de";
const RPT: &str = "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv";
const AAT: &str = "jwfLG53^sad$#f";
const ID: &str = "112210f47de98100";

fn routes(token_status: Endpoint) -> Routes {
    let paths = [
        (token_status, "/token_status"),
        (Endpoint::Rpt, "/rpt"),
        (Endpoint::Permission, "/host/scope_reg_uri/photoz.example.com"),
    ];
    Routes::new(paths).with_fallback(Endpoint::Resource)
}

fn access() -> Request {
    Request::Access { method: "GET".into() }
}

#[test]
pub(crate) fn core_1_5_configuration() {
    let at = |path: &str| Some(format!("https://as.example.com/{path}").as_str().into());
    let document = Configuration {
        issuer: "https://example.com".into(),
        authorization_endpoint: at("user_uri"),
        token_endpoint: "https://as.example.com/token_uri".into(),
        grant_types: vec!["authorization_code".into()],
        registration_endpoint: at("dyn_client_reg_uri"),
        revocation_endpoint: None,
        jwks_uri: None,
        resource_registration_endpoint: at("rs/rsrc_uri"),
        permission_endpoint: at("rs/perm_uri"),
        introspection_endpoint: at("rs/status_uri"),
        claims_interaction_endpoint: None,
        rpt_endpoint: at("client/rpt_uri"),
        permission_request_endpoint: at("client/perm_uri"),
        code_challenge_methods: Vec::new(),
        token_endpoint_auth_methods: Vec::new(),
        token_endpoint_auth_algorithms: Vec::new(),
        oauth_token_profiles: vec!["bearer".into()],
        uma_token_profiles: vec!["bearer".into()],
        claim_profiles: vec!["openid".into()],
        uma_profiles: Vec::new(),
        per_token: umaverse::wire::configuration::PerToken::default(),
        security_enhanced_claims_endpoint: None,
        multi_permission: None,
    };
    let example = format!(
        "HTTP/1.1 200 OK\n\n{}",
        r#"{
"version":"1.0",
"issuer":"https://example.com",
"dynamic_client_endpoint":"https://as.example.com/dyn_client_reg_uri",
"oauth_token_profiles_supported":[
  "bearer"
],
"uma_token_profiles_supported":[
  "bearer"
],
"oauth_grant_types_supported":[
  "authorization_code"
],
"claim_profiles_supported":[
  "openid"
],
"token_endpoint":"https://as.example.com/token_uri",
"user_endpoint":"https://as.example.com/user_uri",
"resource_set_registration_endpoint":"https://as.example.com/rs/rsrc_uri",
"rpt_status_endpoint":"https://as.example.com/rs/status_uri",
"permission_registration_endpoint":"https://as.example.com/rs/perm_uri",
"rpt_endpoint":"https://as.example.com/client/rpt_uri",
"permission_request_endpoint":"https://as.example.com/client/perm_uri"
}"#
    );
    response(D6, &Request::GetConfiguration, &example, Response::Configuration(Box::new(document)));
}

#[test]
pub(crate) fn core_3_access_without_and_with_an_rpt() {
    let to = "https://photoz.example.com/album/photo.jpg";
    let routes = routes(Endpoint::Introspection);
    request(
        D6,
        &routes,
        r#"GET /album/photo.jpg HTTP/1.1
Host: photoz.example.com
..."#,
        &call(to, Credentials::None, access()),
    );
    request(
        D6,
        &routes,
        r#"GET /album/photo.jpg HTTP/1.1
Authorization: Bearer vF9dft4qmT
Host: photoz.example.com
..."#,
        &call(to, bearer("vF9dft4qmT"), access()),
    );
}

fn challenge(reason: ChallengeReason) -> Response {
    Response::Challenge(Challenge {
        realm: Some("example".into()),
        host_id: Some("photoz.example.com".into()),
        as_uri: "http://am.example.com".into(),
        reason,
    })
}

#[test]
pub(crate) fn core_3_1_1_challenge_without_a_ticket() {
    response(
        D6,
        &access(),
        r#"HTTP/1.1 401 Unauthorized
   WWW-Authenticate: UMA realm="example",
    host_id="photoz.example.com",
    as_uri="http://am.example.com"
   ..."#,
        challenge(ChallengeReason::RptNeeded),
    );
}

#[test]
pub(crate) fn core_3_1_2_challenge_with_the_ticket_in_the_body_missing_comma() {
    let needed = ChallengeReason::AuthorizationDataNeeded(Token::new(TICKET));
    response(
        D6,
        &access(),
        r#"HTTP/1.1 403 Forbidden
WWW-Authenticate: UMA realm="example",
  host_id="photoz.example.com",
  as_uri="http://am.example.com"
  error="insufficient_scope"

{
"ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#,
        challenge(needed),
    );
}

#[test]
pub(crate) fn core_3_1_3_content() {
    // The media type of content is its host's business; only that it is read matters here.
    let found = read_response(
        D6,
        &access(),
        r#"HTTP/1.1 200 OK
Content-Type: image/jpeg
...

/9j/4AAQSkZJRgABAgAAZABkAAD/7AARRHVja
3kAAQAEAAAAPAAA/+4ADkFkb2JlAGTAAAAAAf
/bAIQABgQEBAUEBgUFBgkGBQYJCwgGBggLDAo
KCwoKDBAMDAwMDAwQDA4PEA8ODBMTFBQTExwb"#,
    );
    let Ok(Response::Content { content }) = found else { panic!("{found:?}") };
    assert!(content.starts_with("/9j/4AAQSkZJRgABAgAAZABkAAD"));
}

fn scopes() -> umaverse::wire::ScopeSet {
    scope_set(["http://photoz.example.com/dev/actions/view", "http://photoz.example.com/dev/actions/all"])
}

fn permission() -> Request {
    let permission = PermissionRequest { resource_id: ID.into(), scopes: scopes() };
    Request::RequestPermissions { permissions: vec![permission], array: false }
}

#[test]
pub(crate) fn core_3_2_permission_registration_without_its_pat() {
    let to = "https://am.example.com/host/scope_reg_uri/photoz.example.com";
    request(
        D6,
        &routes(Endpoint::Introspection),
        r#"POST /host/scope_reg_uri/photoz.example.com HTTP/1.1
Content-Type: application/json
Host: am.example.com

{
  "resource_set_id": "112210f47de98100",
  "scopes": [
      "http://photoz.example.com/dev/actions/view",
      "http://photoz.example.com/dev/actions/all"
  ]
}"#,
        &call(to, Credentials::None, permission()),
    );
}

#[test]
pub(crate) fn core_3_2_ticket() {
    let location = "https://am.example.com/permreg/host/photoz.example.com/5454345rdsaa4543";
    let ticket = Response::PermissionTicket { ticket: Token::new(TICKET), location: Some(location.into()) };
    response(
        D6,
        &permission(),
        r#"HTTP/1.1 201 Created
Content-Type: application/uma-permission-ticket+json
Location: https://am.example.com/permreg/host/photoz.example.com/5454345rdsaa4543
...

{
"ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#,
        ticket,
    );
}

fn status() -> Request {
    Request::Introspect(IntrospectionRequest {
        token: Token::new(RPT),
        resource_id: Some(ID.into()),
        host_id: Some("photoz.example.com".into()),
    })
}

#[test]
pub(crate) fn core_3_3_1_status_request() {
    let call = call("https://am.example.com/token_status", bearer("vF9dft4qmT"), status());
    request(
        D6,
        &routes(Endpoint::Introspection),
        r#"POST /token_status HTTP/1.1
Host: am.example.com
Authorization: Bearer vF9dft4qmT
...

{
  "rpt": "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
  "resource_set_id": "112210f47de98100",
  "host_id": "photoz.example.com"
}"#,
        &call,
    );
}

#[test]
pub(crate) fn core_3_3_1_valid_rpt() {
    let permission = Permission {
        resource_id: ID.into(),
        scopes: scopes(),
        expires_at: Some(Timestamp::from_secs(1_300_819_380)),
        issued_at: None,
        not_before: None,
    };
    let active = ActiveToken { permissions: vec![permission], ..ActiveToken::default() };
    let valid = Response::Introspection(IntrospectionResponse::Active(active));
    response(
        D6,
        &status(),
        r#"HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: no-store
...

[
  {
    "resource_set_id": "112210f47de98100",
    "scopes": [
      "http://photoz.example.com/dev/actions/view",
      "http://photoz.example.com/dev/actions/all"
    ],
    "exp": 1300819380
  }
]"#,
        valid,
    );
}

#[test]
pub(crate) fn core_3_3_1_invalid_rpt() {
    let invalid = Response::Introspection(IntrospectionResponse::Inactive);
    response(
        D6,
        &status(),
        r#"HTTP/1.1 200 OK
Content-Type: application/json
...

{
  "rpt_status": "invalid"
}"#,
        invalid,
    );
}

#[test]
pub(crate) fn core_3_4_2_rpt() {
    let call = call("https://am.example.com/rpt", bearer(AAT), Request::RequestRpt);
    request(
        D6,
        &routes(Endpoint::Introspection),
        r#"POST /rpt HTTP/1.1
Host: am.example.com
Authorization: Bearer jwfLG53^sad$#f
..."#,
        &call,
    );
    response(
        D6,
        &Request::RequestRpt,
        r#"HTTP/1.1 201 Created
Content-Type: application/uma-rpt+json

{
  "rpt": "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv"
}"#,
        Response::RptIssued(Token::new(RPT)),
    );
}

fn expired_token() -> Response {
    let failure = Failure::bearer(401, Some(ErrorCode::InvalidToken));
    Response::Failure(failure.because("The access token expired"))
}

fn ask() -> Request {
    Request::RequestAuthorizationData { rpt: Token::new(RPT), ticket: Token::new(TICKET) }
}

#[test]
pub(crate) fn core_3_4_2_expired_aat() {
    response(
        D6,
        &Request::RequestRpt,
        r#"HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="example",
  error="invalid_token",
  error_description="The access token expired""#,
        expired_token(),
    );
}

#[test]
pub(crate) fn core_3_4_3_permission_request_at_the_path_of_another_endpoint() {
    let call = call("https://am.example.com/token_status", bearer(AAT), ask());
    request(
        D6,
        &routes(Endpoint::AuthorizationData),
        r#"POST /token_status HTTP/1.1
Host: am.example.com
Authorization: Bearer jwfLG53^sad$#f
...

{
 "rpt": "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
 "ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#,
        &call,
    );
}

#[test]
pub(crate) fn core_3_4_3_expired_aat() {
    response(
        D6,
        &ask(),
        r#"HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="example",
  error="invalid_token",
  error_description="The access token expired""#,
        expired_token(),
    );
}

#[test]
pub(crate) fn core_3_4_3_expired_ticket() {
    response(
        D6,
        &ask(),
        r#"HTTP/1.1 400 Bad Request
Content-Type: application/uma-status+json
Cache-Control: no-store
...

{
  "status": "error",
  "error": "expired_requester_ticket"
}"#,
        failure(400, "expired_requester_ticket"),
    );
}
