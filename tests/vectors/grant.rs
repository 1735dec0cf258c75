//! The examples of the UMA 2.0 Grant (7 January 2018).

use crate::support::{bearer, call, failure, parse_request, read_response, request, response, routes};
use umaverse::wire::codec::decode_request;
use umaverse::wire::error::DecodeErrorKind;
use umaverse::wire::oauth::{PushedClaimToken, TokenRequest, TokenResponse, UmaTicketGrant};
use umaverse::wire::request::{ClaimsInteraction, ClaimsReturn};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Challenge, ChallengeReason, ClientAuthentication, Credentials, Request, RequiredClaim, Response, Revision, Token,
    claims::ID_TOKEN_FORMAT,
};

const V2_0: Revision = Revision::V2_0;
const TICKET: &str = "016f84e8-f9b9-11e0-bd6f-0021cc6004de";
const NEXT_TICKET: &str = "ZXJyb3JfZGV0YWlscw==";
const RPT: &str = "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv";

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
pub(crate) fn grant_3_1_resource_request_without_a_token() {
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
pub(crate) fn grant_3_2_1_challenge_with_a_ticket() {
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
pub(crate) fn grant_3_2_2_authorization_server_unreachable() {
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
pub(crate) fn grant_3_3_1_token_request_repaired_basic_credentials() {
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
pub(crate) fn grant_3_3_1_token_request_with_everything_repaired_basic_credentials() {
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
pub(crate) fn grant_3_3_2_claims_interaction() {
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
pub(crate) fn grant_3_3_3_claims_return() {
    let answer = ClaimsReturn {
        ticket: Some(Token::new("cHJpdmFjeSBpcyBjb250ZXh0LCBjb250cm9s")),
        state: Some(Token::new("abc")),
        error: None,
        authorization_state: None,
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
pub(crate) fn grant_3_3_5_rpt() {
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
pub(crate) fn grant_3_3_5_rpt_and_pct() {
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
pub(crate) fn grant_3_3_5_upgraded_rpt() {
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
pub(crate) fn grant_3_3_6_invalid_grant() {
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
pub(crate) fn grant_3_3_6_need_info_with_required_claims() {
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
pub(crate) fn grant_3_3_6_need_info_with_redirect_user() {
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
pub(crate) fn grant_3_3_6_request_denied() {
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
pub(crate) fn grant_3_3_6_request_submitted_repaired_quotation_marks() {
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
pub(crate) fn grant_3_4_resource_request_with_an_rpt() {
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

#[test]
pub(crate) fn a_challenge_without_a_ticket_is_none_of_2_0() {
    // It is one of the drafts, and said to be.
    let example = "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: UMA as_uri=\"https://as.example.com\"\n";
    let found = read_response(V2_0, &access(), example).map_err(|error| error.kind);
    let other = DecodeErrorKind::OtherRevision { expected: V2_0, came: umaverse::wire::Revision::Draft06, or: None };
    assert_eq!(found, Err(other));
}
