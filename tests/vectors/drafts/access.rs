//! The examples of §3 of the core, which the two drafts write alike.

use super::Draft;
use crate::support::{bearer, call, failure};
use umaverse::wire::codec::Routes;
use umaverse::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Challenge, ChallengeReason, Credentials, Endpoint, ErrorCode, Failure, Permission, PermissionRequest, Request,
    Response, Timestamp, Token,
};

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

pub(super) fn access_without_and_with_an_rpt(draft: &Draft) {
    let to = "https://photoz.example.com/album/photo.jpg";
    let routes = routes(Endpoint::Introspection);
    draft.request(
        &routes,
        r#"GET /album/photo.jpg HTTP/1.1
Host: photoz.example.com
..."#,
        &call(to, Credentials::None, access()),
    );
    draft.request(
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

pub(super) fn challenge_without_a_ticket(draft: &Draft) {
    draft.response(
        &access(),
        r#"HTTP/1.1 401 Unauthorized
   WWW-Authenticate: UMA realm="example",
    host_id="photoz.example.com",
    @as_uri@="http://am.example.com"
   ..."#,
        challenge(ChallengeReason::RptNeeded),
    );
}

pub(super) fn challenge_with_the_ticket_in_the_body(draft: &Draft) {
    let needed = ChallengeReason::AuthorizationDataNeeded(Token::new(TICKET));
    draft.response(
        &access(),
        r#"HTTP/1.1 403 Forbidden
WWW-Authenticate: UMA realm="example",
  host_id="photoz.example.com",
  @as_uri@="http://am.example.com"@insufficient@

{
"ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#,
        challenge(needed),
    );
}

pub(super) fn content(draft: &Draft) {
    // The media type of content is its host's business; only that it is read matters here.
    let found = draft.read_response(
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

pub(super) fn permission_registration_without_its_pat(draft: &Draft) {
    let to = "https://am.example.com/host/scope_reg_uri/photoz.example.com";
    draft.request(
        &routes(Endpoint::Introspection),
        r#"POST /host/scope_reg_uri/photoz.example.com HTTP/1.1
Content-Type: @permission@
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

pub(super) fn ticket(draft: &Draft) {
    let location = "https://am.example.com/permreg/host/photoz.example.com/5454345rdsaa4543";
    let ticket = Response::PermissionTicket { ticket: Token::new(TICKET), location: Some(location.into()) };
    draft.response(
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

pub(super) fn status_request(draft: &Draft) {
    let call = call("https://am.example.com/token_status", bearer("vF9dft4qmT"), status());
    draft.request(
        &routes(Endpoint::Introspection),
        r#"POST /token_status HTTP/1.1
Host: am.example.com
Authorization: Bearer vF9dft4qmT
@json@...

{
  "rpt": "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
  "resource_set_id": "112210f47de98100",
  "host_id": "photoz.example.com"
}"#,
        &call,
    );
}

pub(super) fn valid_rpt(draft: &Draft) {
    let permission = Permission {
        resource_id: ID.into(),
        scopes: scopes(),
        expires_at: Some(Timestamp::from_secs(1_300_819_380)),
        issued_at: None,
        not_before: None,
    };
    let active = ActiveToken { permissions: vec![permission], ..ActiveToken::default() };
    let valid = Response::Introspection(IntrospectionResponse::Active(active));
    draft.response(
        &status(),
        r#"HTTP/1.1 200 OK
Content-Type: @rpt_status@
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

pub(super) fn invalid_rpt(draft: &Draft) {
    let invalid = Response::Introspection(IntrospectionResponse::Inactive);
    draft.response(
        &status(),
        r#"HTTP/1.1 200 OK
Content-Type: @rpt_status@
...

{
  "rpt_status": "invalid"
}"#,
        invalid,
    );
}

pub(super) fn rpt(draft: &Draft) {
    let call = call("https://am.example.com/rpt", bearer(AAT), Request::RequestRpt);
    draft.request(
        &routes(Endpoint::Introspection),
        r#"POST /rpt HTTP/1.1
Host: am.example.com
Authorization: Bearer jwfLG53^sad$#f
@json@..."#,
        &call,
    );
    draft.response(
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

pub(super) fn expired_aat_at_the_rpt_endpoint(draft: &Draft) {
    draft.response(
        &Request::RequestRpt,
        r#"HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="example",
  error="invalid_token",
  error_description="The access token expired""#,
        expired_token(),
    );
}

pub(super) fn permission_request_at_the_path_of_another_endpoint(draft: &Draft) {
    let call = call("https://am.example.com/token_status", bearer(AAT), ask());
    draft.request(
        &routes(Endpoint::AuthorizationData),
        r#"POST /token_status HTTP/1.1
Host: am.example.com
Authorization: Bearer jwfLG53^sad$#f
@json@...

{
 "rpt": "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
 "ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#,
        &call,
    );
}

pub(super) fn expired_aat(draft: &Draft) {
    draft.response(
        &ask(),
        r#"HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="example",
  error="invalid_token",
  error_description="The access token expired""#,
        expired_token(),
    );
}

pub(super) fn expired_ticket(draft: &Draft) {
    draft.response(
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
