//! The examples of the UMA 2.0 Grant and of Federated Authorization for UMA 2.0 (7 January 2018).

use crate::support::{bearer, call, failure, parse_request, read_response, request, response, routes};
use umaverse::wire::codec::decode_request;
use umaverse::wire::error::DecodeErrorKind;
use umaverse::wire::oauth::{
    ActiveToken, IntrospectionRequest, IntrospectionResponse, PushedClaimToken, TokenRequest, TokenResponse,
    UmaTicketGrant,
};
use umaverse::wire::registration::RegisteredResource;
use umaverse::wire::request::{ClaimsInteraction, ClaimsReturn};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Challenge, ChallengeReason, ClientAuthentication, Credentials, Permission, PermissionRequest, Request,
    RequiredClaim, ResourceDescription, Response, Revision, Timestamp, Token, claims::ID_TOKEN_FORMAT,
};

const V2_0: Revision = Revision::V2_0;
const TICKET: &str = "016f84e8-f9b9-11e0-bd6f-0021cc6004de";
const NEXT_TICKET: &str = "ZXJyb3JfZGV0YWlscw==";
const RPT: &str = "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv";
const PAT: &str = "204c69636b6c69";

fn access() -> Request {
    Request::Access { method: "GET".into() }
}

fn grant() -> UmaTicketGrant {
    UmaTicketGrant { ticket: Token::new(TICKET), claim_token: None, pct: None, rpt: None, scope: scope_set([]) }
}

fn ask(grant: UmaTicketGrant) -> Request {
    Request::Token(TokenRequest::UmaTicket(grant))
}

#[test]
fn grant_3_1_resource_request_without_a_token() {
    let call = call("https://photoz.example.com/users/alice/album/photo.jpg", Credentials::None, access());
    request(
        V2_0,
        &routes(),
        r#"GET /users/alice/album/photo.jpg HTTP/1.1
Host: photoz.example.com
..."#,
        &call,
    );
}

#[test]
fn grant_3_2_1_challenge_with_a_ticket() {
    let challenge = Challenge {
        realm: Some("example".into()),
        host_id: None,
        as_uri: "https://as.example.com".into(),
        reason: ChallengeReason::TicketGiven(Token::new(TICKET)),
    };
    response(
        V2_0,
        &access(),
        r#"HTTP/1.1 401 Unauthorized
WWW-Authenticate: UMA realm="example",
  as_uri="https://as.example.com",
  ticket="016f84e8-f9b9-11e0-bd6f-0021cc6004de"
..."#,
        Response::Challenge(challenge),
    );
}

#[test]
fn grant_3_2_2_authorization_server_unreachable() {
    let unreachable = Response::AuthorizationServerUnreachable { status: 403, warning: true };
    response(
        V2_0,
        &access(),
        r#"HTTP/1.1 403 Forbidden
Warning: 199 - "UMA Authorization Server Unreachable"
..."#,
        unreachable,
    );
}

// Grant §3.3.1: what follows `Basic` in the examples is no base64, so it reads as no credentials at all, and the same
// credentials cannot be written.
fn token_example(example: &str, grant: UmaTicketGrant) {
    let read = decode_request(V2_0, &routes(), &parse_request(example));
    assert_eq!((read.credentials, read.message), (Credentials::None, Ok(ask(grant.clone()))));
    let client = ClientAuthentication::Basic("app".into(), Token::new("x"));
    let repaired = example.replace("jwfLG53^sad$#f", "YXBwOng=");
    request(V2_0, &routes(), &repaired, &call("https://as.example.com/token", Credentials::Client(client), ask(grant)));
}

#[test]
fn grant_3_3_1_token_request_repaired_basic_credentials() {
    token_example(
        r#"POST /token HTTP/1.1
Host: as.example.com
Authorization: Basic jwfLG53^sad$#f
...
grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Auma-ticket
&ticket=016f84e8-f9b9-11e0-bd6f-0021cc6004de"#,
        grant(),
    );
}

#[test]
fn grant_3_3_1_token_request_with_everything_repaired_basic_credentials() {
    let pushed = PushedClaimToken { token: Token::new("eyj0..."), format: ID_TOKEN_FORMAT.into() };
    let everything = UmaTicketGrant {
        claim_token: Some(pushed),
        pct: Some(Token::new("c2F2ZWRjb25zZW50")),
        rpt: Some(Token::new(RPT)),
        scope: scope_set(["read"]),
        ..grant()
    };
    token_example(
        r#"POST /token HTTP/1.1
Host: as.example.com
Authorization: Basic jwfLG53^sad$#f
...
grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Auma-ticket
&ticket=016f84e8-f9b9-11e0-bd6f-0021cc6004de
&claim_token=eyj0...
&claim_token_format=http%3A%2F%2Fopenid.net%2Fspecs%2Fopenid-connect-core-1_0.html%23IDToken
&pct=c2F2ZWRjb25zZW50
&rpt=sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv
&scope=read"#,
        everything,
    );
}

#[test]
fn grant_3_3_2_claims_interaction() {
    let interaction = ClaimsInteraction {
        client_id: Some("some_client_id".into()),
        ticket: Some(Token::new(TICKET)),
        redirect_uri: Some("https://client.example.com/redirect_claims".into()),
        state: Some(Token::new("abc")),
    };
    let message = Request::ClaimsInteraction(interaction);
    request(
        V2_0,
        &routes(),
        r#"GET /rqp_claims?client_id=some_client_id
&ticket=016f84e8-f9b9-11e0-bd6f-0021cc6004de
&claims_redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fredirect_claims
&state=abc HTTP/1.1
Host: as.example.com"#,
        &call("https://as.example.com/rqp_claims", Credentials::None, message),
    );
}

#[test]
fn grant_3_3_3_claims_return() {
    let answer = ClaimsReturn {
        ticket: Some(Token::new("cHJpdmFjeSBpcyBjb250ZXh0LCBjb250cm9s")),
        state: Some(Token::new("abc")),
        error: None,
    };
    let redirect = Response::Redirect {
        to: "https://client.example.com/redirect_claims".into(),
        message: Box::new(Request::ClaimsReturn(answer)),
    };
    response(
        V2_0,
        &Request::GetAccount,
        r#"HTTP/1.1 302 Found
Location: https://client.example.com/redirect_claims?
ticket=cHJpdmFjeSBpcyBjb250ZXh0LCBjb250cm9s&state=abc"#,
        redirect,
    );
}

fn rpt() -> TokenResponse {
    TokenResponse {
        access_token: Token::new(RPT),
        expires_in_secs: None,
        refresh_token: None,
        scope: None,
        id_token: None,
        pct: None,
        upgraded: false,
    }
}

#[test]
fn grant_3_3_5_rpt() {
    response(
        V2_0,
        &ask(grant()),
        r#"HTTP/1.1 200 OK
Content-Type: application/json
...

{
   "access_token":"sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
   "token_type":"Bearer"
}"#,
        Response::Token(rpt()),
    );
}

#[test]
fn grant_3_3_5_rpt_and_pct() {
    let tokens = TokenResponse { pct: Some(Token::new("c2F2ZWRjb25zZW50")), ..rpt() };
    response(
        V2_0,
        &ask(grant()),
        r#"HTTP/1.1 200 OK
Content-Type: application/json
...

{
   "access_token":"sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
   "token_type":"Bearer",
   "pct":"c2F2ZWRjb25zZW50"
}"#,
        Response::Token(tokens),
    );
}

#[test]
fn grant_3_3_5_upgraded_rpt() {
    let tokens = TokenResponse { upgraded: true, ..rpt() };
    response(
        V2_0,
        &ask(grant()),
        r#"HTTP/1.1 200 OK
Content-Type: application/json
...

{
   "access_token":"sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
   "token_type":"Bearer",
   "upgraded":true
}"#,
        Response::Token(tokens),
    );
}

#[test]
fn grant_3_3_6_invalid_grant() {
    response(
        V2_0,
        &ask(grant()),
        r#"HTTP/1.1 400 Bad Request
Content-Type: application/json
Cache-Control: no-store
...

{
   "error":"invalid_grant"
}"#,
        failure(400, "invalid_grant"),
    );
}

#[test]
fn grant_3_3_6_need_info_with_required_claims() {
    let claim = RequiredClaim {
        name: Some("email23423453ou453".into()),
        friendly_name: Some("email".into()),
        claim_type: Some("urn:oid:0.9.2342.19200300.100.1.3".into()),
        claim_token_format: vec![ID_TOKEN_FORMAT.into()],
        issuer: vec!["https://example.com/idp".into()],
    };
    let ticket = Some(Token::new(NEXT_TICKET));
    let need_info = Response::NeedInfo { ticket, required_claims: vec![claim], redirect_user: None };
    response(
        V2_0,
        &ask(grant()),
        r#"HTTP/1.1 403 Forbidden
Content-Type: application/json
Cache-Control: no-store
...

{
   "error":"need_info",
   "ticket":"ZXJyb3JfZGV0YWlscw==",
   "required_claims":[
      {
         "claim_token_format":[
            "http://openid.net/specs/openid-connect-core-1_0.html#IDToken"
         ],
         "claim_type":"urn:oid:0.9.2342.19200300.100.1.3",
         "friendly_name":"email",
         "issuer":[
            "https://example.com/idp"
         ],
         "name":"email23423453ou453"
      }
   ]
}"#,
        need_info,
    );
}

#[test]
fn grant_3_3_6_need_info_with_redirect_user() {
    let redirect_user = Some("https://as.example.com/rqp_claims?id=2346576421".into());
    let ticket = Some(Token::new(NEXT_TICKET));
    let need_info = Response::NeedInfo { ticket, required_claims: Vec::new(), redirect_user };
    response(
        V2_0,
        &ask(grant()),
        r#"HTTP/1.1 403 Forbidden
Content-Type: application/json
Cache-Control: no-store
...

{
   "error":"need_info",
   "ticket":"ZXJyb3JfZGV0YWlscw==",
   "redirect_user":"https://as.example.com/rqp_claims?id=2346576421"
}"#,
        need_info,
    );
}

#[test]
fn grant_3_3_6_request_denied() {
    response(
        V2_0,
        &ask(grant()),
        r#"HTTP/1.1 403 Forbidden
Content-Type: application/json
Cache-Control: no-store
...

{
   "error":"request_denied"
}"#,
        failure(403, "request_denied"),
    );
}

#[test]
fn grant_3_3_6_request_submitted_repaired_quotation_marks() {
    let example = r#"HTTP/1.1 403 Forbidden
Content-Type: application/json
Cache-Control: no-store
...

{
   "error":"request_submitted",
   "ticket?:?ZXJyb3JfZGV0YWlscw==",
   "interval": 5
}"#;
    // As it stands the body is no JSON: what is left of the answer is its status.
    assert_eq!(read_response(V2_0, &ask(grant()), example), Ok(Response::Refused { status: 403 }));
    let repaired = example.replace("ticket?:?", "ticket\":\"");
    let submitted = Response::RequestSubmitted { ticket: Some(Token::new(NEXT_TICKET)), interval_secs: Some(5) };
    response(V2_0, &ask(grant()), &repaired, submitted);
}

#[test]
fn grant_3_4_resource_request_with_an_rpt() {
    let call = call("https://photoz.example.com/users/alice/album/photo.jpg", bearer(RPT), access());
    request(
        V2_0,
        &routes(),
        r#"GET /users/alice/album/photo.jpg HTTP/1.1
Authorization: Bearer sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv
Host: photoz.example.com
..."#,
        &call,
    );
}

fn tweedl() -> ResourceDescription {
    ResourceDescription {
        name: Some("Tweedl Social Service".into()),
        scopes: scope_set(["read-public", "post-updates", "read-private", "http://www.example.com/scopes/all"]),
        type_: Some("http://www.example.com/rsrcs/socialstream/140-compatible".into()),
        icon_uri: Some("http://www.example.com/icons/sharesocial.png".into()),
        ..ResourceDescription::default()
    }
}

fn album(icon: &str, scopes: [&str; 2]) -> ResourceDescription {
    ResourceDescription {
        name: Some("Photo Album".into()),
        scopes: scope_set(scopes),
        type_: Some("http://www.example.com/rsrcs/photoalbum".into()),
        description: Some("Collection of digital photographs".into()),
        icon_uri: Some(icon.into()),
        ..ResourceDescription::default()
    }
}

fn create() -> Request {
    Request::CreateResource { id: None, description: tweedl() }
}

fn update() -> Request {
    let scopes = ["http://photoz.example.com/dev/scopes/view", "public-read"];
    let description = album("http://www.example.com/icons/sky.png", scopes);
    Request::UpdateResource { id: "9UQU-DUWW".into(), if_match: None, description }
}

fn registered(id: &str) -> RegisteredResource {
    RegisteredResource { id: id.into(), etag: None, description: None, policy_uri: None }
}

fn register(message: Request, pat: &str, example: &str) {
    request(V2_0, &routes(), example, &call("https://as.example.com/rreg/", bearer(pat), message));
}

#[test]
fn fedauthz_3_1_resource_description() {
    let scopes = ["view", "http://photoz.example.com/dev/scopes/print"];
    let description = album("http://www.example.com/icons/flower.png", scopes);
    let body = r#"{
   "resource_scopes":[
      "view",
      "http://photoz.example.com/dev/scopes/print"
   ],
   "description":"Collection of digital photographs",
   "icon_uri":"http://www.example.com/icons/flower.png",
   "name":"Photo Album",
   "type":"http://www.example.com/rsrcs/photoalbum"
}"#;
    let example = format!("POST /rreg/ HTTP/1.1\nAuthorization: Bearer {PAT}\n\n{body}");
    register(Request::CreateResource { id: None, description }, PAT, &example);
}

#[test]
fn fedauthz_3_2_1_create_repaired_request_line() {
    register(
        create(),
        "MHg3OUZEQkZBMjcx",
        r#"POST /rreg/ HTTP/1.1 Content-Type: application/json
Authorization: Bearer MHg3OUZEQkZBMjcx
...
{
   "resource_scopes":[
      "read-public",
      "post-updates",
      "read-private",
      "http://www.example.com/scopes/all"
   ],
   "icon_uri":"http://www.example.com/icons/sharesocial.png",
   "name":"Tweedl Social Service",
   "type":"http://www.example.com/rsrcs/socialstream/140-compatible"
}"#,
    );
}

#[test]
fn fedauthz_3_2_1_created() {
    let policy_uri = Some("http://as.example.com/rs/222/resource/KX3A-39WE/policy".into());
    let created = RegisteredResource { policy_uri, ..registered("KX3A-39WE") };
    response(
        V2_0,
        &create(),
        r#"HTTP/1.1 201 Created
Content-Type: application/json
Location: /rreg/KX3A-39WE
...
{
   "_id":"KX3A-39WE",
   "user_access_policy_uri":"http://as.example.com/rs/222/resource/KX3A-39WE/policy"
}"#,
        Response::ResourceCreated(created),
    );
}

#[test]
fn fedauthz_3_2_2_read() {
    let read = Request::ReadResource { id: "KX3A-39WE".into() };
    register(
        read.clone(),
        "MHg3OUZEQkZBMjcx",
        r#"GET /rreg/KX3A-39WE HTTP/1.1
Authorization: Bearer MHg3OUZEQkZBMjcx
..."#,
    );
    let resource = RegisteredResource { description: Some(tweedl()), ..registered("KX3A-39WE") };
    response(
        V2_0,
        &read,
        r#"HTTP/1.1 200 OK
Content-Type: application/json
...
{
   "_id":"KX3A-39WE",
   "resource_scopes":[
      "read-public",
      "post-updates",
      "read-private",
      "http://www.example.com/scopes/all"
   ],
   "icon_uri":"http://www.example.com/icons/sharesocial.png",
   "name":"Tweedl Social Service",
   "type":"http://www.example.com/rsrcs/socialstream/140-compatible"
}"#,
        Response::Resource(resource),
    );
}

#[test]
fn fedauthz_3_2_3_update() {
    register(
        update(),
        PAT,
        r#"PUT /rreg/9UQU-DUWW HTTP/1.1
Content-Type: application/json
Authorization: Bearer 204c69636b6c69
...
{
   "resource_scopes":[
      "http://photoz.example.com/dev/scopes/view",
      "public-read"
   ],
   "description":"Collection of digital photographs",
   "icon_uri":"http://www.example.com/icons/sky.png",
   "name":"Photo Album",
   "type":"http://www.example.com/rsrcs/photoalbum"
}"#,
    );
    response(
        V2_0,
        &update(),
        r#"HTTP/1.1 200 OK
...
{
   "_id":"9UQU-DUWW"
}"#,
        Response::ResourceUpdated(registered("9UQU-DUWW")),
    );
}

#[test]
fn fedauthz_3_2_4_delete() {
    let delete = Request::DeleteResource { id: "9UQU-DUWW".into(), if_match: None };
    register(
        delete.clone(),
        PAT,
        r#"DELETE /rreg/9UQU-DUWW
Authorization: Bearer 204c69636b6c69
..."#,
    );
    response(
        V2_0,
        &delete,
        r#"HTTP/1.1 204 No content
..."#,
        Response::ResourceDeleted,
    );
}

#[test]
fn fedauthz_3_2_5_list() {
    register(
        Request::ListResources,
        PAT,
        r#"GET /rreg/ HTTP/1.1
Authorization: Bearer 204c69636b6c69
..."#,
    );
    let list = Response::ResourceList(vec!["KX3A-39WE".into(), "9UQU-DUWW".into()]);
    response(
        V2_0,
        &Request::ListResources,
        r#"HTTP/1.1 200 OK
...
[
   "KX3A-39WE",
   "9UQU-DUWW"
]"#,
        list,
    );
}

fn permission(id: &str, scopes: &[&str]) -> PermissionRequest {
    PermissionRequest { resource_id: id.into(), scopes: scope_set(scopes.iter().copied()) }
}

fn photo_permission() -> Request {
    let one = permission("112210f47de98100", &["view", "http://photoz.example.com/dev/actions/print"]);
    Request::RequestPermissions { permissions: vec![one], array: false }
}

#[test]
fn fedauthz_4_1_one_permission() {
    let call = call("https://as.example.com/perm", bearer(PAT), photo_permission());
    request(
        V2_0,
        &routes(),
        r#"POST /perm HTTP/1.1
Content-Type: application/json
Host: as.example.com
Authorization: Bearer 204c69636b6c69
...

{
   "resource_id":"112210f47de98100",
   "resource_scopes":[
      "view",
      "http://photoz.example.com/dev/actions/print"
   ]
}"#,
        &call,
    );
}

#[test]
fn fedauthz_4_1_several_permissions() {
    let permissions = vec![
        permission("7b727369647d", &["view", "crop", "lightbox"]),
        permission("7b72736964327d", &["view", "layout", "print"]),
        permission("7b72736964337d", &["http://www.example.com/scopes/all"]),
    ];
    let message = Request::RequestPermissions { permissions, array: true };
    request(
        V2_0,
        &routes(),
        r#"POST /perm HTTP/1.1
Content-Type: application/json
Host: as.example.com
Authorization: Bearer 204c69636b6c69
...

[
   {
      "resource_id":"7b727369647d",
      "resource_scopes":[
         "view",
         "crop",
         "lightbox"
      ]
   },
   {
      "resource_id":"7b72736964327d",
      "resource_scopes":[
         "view",
         "layout",
         "print"
      ]
   },
   {
      "resource_id":"7b72736964337d",
      "resource_scopes":[
         "http://www.example.com/scopes/all"
      ]
   }
]"#,
        &call("https://as.example.com/perm", bearer(PAT), message),
    );
}

#[test]
fn fedauthz_4_2_ticket() {
    let ticket = Response::PermissionTicket { ticket: Token::new(TICKET), location: None };
    response(
        V2_0,
        &photo_permission(),
        r#"HTTP/1.1 201 Created
Content-Type: application/json
...

{
   "ticket":"016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#,
        ticket,
    );
}

fn introspect() -> Request {
    Request::Introspect(IntrospectionRequest { token: Token::new(RPT), resource_id: None, host_id: None })
}

#[test]
fn fedauthz_5_1_introspection() {
    let call = call("https://as.example.com/introspect", bearer(PAT), introspect());
    request(
        V2_0,
        &routes(),
        r#"POST /introspect HTTP/1.1
Host: as.example.com
Authorization: Bearer 204c69636b6c69
...
token=sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv"#,
        &call,
    );
}

#[test]
fn fedauthz_5_1_1_active_token() {
    let permission = Permission {
        resource_id: "112210f47de98100".into(),
        scopes: scope_set(["view", "http://photoz.example.com/dev/actions/print"]),
        expires_at: Some(Timestamp::from_secs(1_256_953_732)),
        issued_at: None,
        not_before: None,
    };
    let active = ActiveToken {
        permissions: vec![permission],
        expires_at: Some(Timestamp::from_secs(1_256_953_732)),
        issued_at: Some(Timestamp::from_secs(1_256_912_345)),
        not_before: None,
        cache_secs: None,
    };
    let status = Response::Introspection(IntrospectionResponse::Active(active));
    response(
        V2_0,
        &introspect(),
        r#"HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: no-store
...

{
   "active":true,
   "exp":1256953732,
   "iat":1256912345,
   "permissions":[
      {
         "resource_id":"112210f47de98100",
         "resource_scopes":[
            "view",
            "http://photoz.example.com/dev/actions/print"
         ],
         "exp":1256953732
      }
   ]
}"#,
        status,
    );
}

#[test]
fn fedauthz_6_error() {
    let mut error = failure(400, "invalid_resource_id");
    if let Response::Failure(failure) = &mut error {
        failure.description = Some("Permission request failed with bad resource ID.".into());
    }
    response(
        V2_0,
        &photo_permission(),
        r#"HTTP/1.1 400 Bad Request
Content-Type: application/json
Cache-Control: no-store
...

{
  "error": "invalid_resource_id",
  "error_description": "Permission request failed with bad resource ID.",
  "error_uri": "https://as.example.com/uma_errors/invalid_resource_id"
}"#,
        error,
    );
}

#[test]
fn a_challenge_without_a_ticket_is_none_of_2_0() {
    let example = "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: UMA as_uri=\"https://as.example.com\"\n";
    let found = read_response(V2_0, &access(), example).map_err(|error| error.kind);
    assert_eq!(found, Err(DecodeErrorKind::Missing("ticket".into())));
}
