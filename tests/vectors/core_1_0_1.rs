//! The examples of UMA Core 1.0.1 (28 December 2015) and of its two extensions.

use crate::support::{bearer, call, failure, read_response, request, response};
use umaverse::wire::claims::RequiredClaim;
use umaverse::wire::codec::Routes;
use umaverse::wire::configuration::PerToken;
use umaverse::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse, PushedClaimToken};
use umaverse::wire::request::{AuthorizationState, ClaimsInteraction, ClaimsReturn, TicketPresentation};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Challenge, ChallengeReason, Configuration, Credentials, Endpoint, ErrorDetails, Permission, PermissionRequest,
    Request, RequestingPartyClaims, Response, Revision, Timestamp, Token,
};

const V1: Revision = Revision::V1_0_1;
const TICKET: &str = "016f84e8-f9b9-11e0-bd6f-0021cc6004de";
const RPT: &str = "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv";
const AAT: &str = "jwfLG53^sad$#f";

fn routes() -> Routes {
    let paths = [
        (Endpoint::Permission, "/host/rsrc_uri"),
        (Endpoint::Rpt, "/rpt_uri"),
        (Endpoint::ClaimsInteraction, "/rqp_claims"),
        (Endpoint::ClaimsRedirect, "/redirect_claims"),
        (Endpoint::Introspection, "/introspect"),
    ];
    Routes::new(paths).with_fallback(Endpoint::Resource)
}

fn access() -> Request {
    Request::Access { method: "GET".into() }
}

fn ask() -> Request {
    Request::RequestRptForTicket(presentation())
}

fn presentation() -> TicketPresentation {
    TicketPresentation { ticket: Token::new(TICKET), rpt: Some(Token::new(RPT)), claim_tokens: Vec::new() }
}

fn permissions(asked: &[(&str, &[&str])], array: bool) -> Request {
    let one = |(id, scopes): &(&str, &[&str])| PermissionRequest {
        resource_id: (*id).into(),
        scopes: scopes.iter().map(|scope| umaverse::wire::Scope::from(*scope)).collect(),
    };
    Request::RequestPermissions { permissions: asked.iter().map(one).collect(), array }
}

/// The configuration of the example.
pub(crate) fn configuration() -> Configuration {
    let at = |path: &str| Some(format!("https://as.example.com/{path}").as_str().into());
    Configuration {
        authorization_endpoint: at("authz_uri"),
        registration_endpoint: at("dyn_client_reg_uri"),
        resource_registration_endpoint: at("rs/rsrc_uri"),
        permission_endpoint: at("rs/perm_uri"),
        introspection_endpoint: at("rs/status_uri"),
        claims_interaction_endpoint: at("rqp_claims_uri"),
        rpt_endpoint: at("client/rpt_uri"),
        uma_token_profiles: vec![umaverse::wire::configuration::UMA_BEARER_PROFILE.into()],
        claim_profiles: vec!["https://example.com/claims/formats/token1".into()],
        per_token: PerToken {
            pat_profiles: vec!["bearer".into()],
            aat_profiles: vec!["bearer".into()],
            pat_grant_types: vec!["authorization_code".into()],
            aat_grant_types: vec!["authorization_code".into()],
        },
        ..Configuration::of("https://example.com".into(), "https://as.example.com/token_uri".into())
    }
}

#[test]
pub(crate) fn core_1_4_configuration() {
    let example = format!(
        "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}",
        r#"{
"version":"1.0",
"issuer":"https://example.com",
"pat_profiles_supported":["bearer"],
"aat_profiles_supported":["bearer"],
"rpt_profiles_supported":
["https://docs.kantarainitiative.org/uma/profiles/uma-token-bearer-1.0"],
"pat_grant_types_supported":["authorization_code"],
"aat_grant_types_supported":["authorization_code"],
"claim_token_profiles_supported":["https://example.com/claims/formats/token1"],
"dynamic_client_endpoint":"https://as.example.com/dyn_client_reg_uri",
"token_endpoint":"https://as.example.com/token_uri",
"authorization_endpoint":"https://as.example.com/authz_uri",
"requesting_party_claims_endpoint":"https://as.example.com/rqp_claims_uri",
"resource_set_registration_endpoint":"https://as.example.com/rs/rsrc_uri",
"introspection_endpoint":"https://as.example.com/rs/status_uri",
"permission_registration_endpoint":"https://as.example.com/rs/perm_uri",
"rpt_endpoint":"https://as.example.com/client/rpt_uri"
}"#
    );
    response(V1, &Request::GetConfiguration, &example, Response::Configuration(Box::new(configuration())));
}

#[test]
pub(crate) fn core_3_1_access_without_and_with_an_rpt() {
    let to = "https://photoz.example.com/users/alice/album/photo.jpg";
    let without = r#"GET /users/alice/album/photo.jpg HTTP/1.1
Host: photoz.example.com
..."#;
    request(V1, &routes(), without, &call(to, Credentials::None, access()));
    let with = r#"GET /users/alice/album/photo.jpg HTTP/1.1
Authorization: Bearer vF9dft4qmT
Host: photoz.example.com
..."#;
    request(V1, &routes(), with, &call(to, bearer("vF9dft4qmT"), access()));
}

#[test]
pub(crate) fn core_3_2_1_permission_registration() {
    let example = r#"POST /host/rsrc_uri HTTP/1.1
Content-Type: application/json
Host: as.example.com
Authorization: Bearer 204c69636b6c69

{
  "resource_set_id": "112210f47de98100",
  "scopes": [
      "view",
      "http://photoz.example.com/dev/actions/print"
  ]
}"#;
    let scopes: &[&str] = &["view", "http://photoz.example.com/dev/actions/print"];
    let message = permissions(&[("112210f47de98100", scopes)], false);
    request(
        V1,
        &routes(),
        example,
        &call("https://as.example.com/host/rsrc_uri", bearer("204c69636b6c69"), message.clone()),
    );
    let answer = r#"HTTP/1.1 201 Created
Content-Type: application/json
...

{
"ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#;
    response(V1, &message, answer, Response::PermissionTicket { ticket: Token::new(TICKET), location: None });
}

#[test]
pub(crate) fn multi_permission_2_3_arrays_of_one_and_three() {
    let send = |body: &str, message: Request| {
        let head = "POST /host/rsrc_uri HTTP/1.1\nContent-Type: application/json\nHost: as.example.com\n";
        let example = format!("{head}Authorization: Bearer 426561726572\n\n{body}");
        request(
            V1,
            &routes(),
            &example,
            &call("https://as.example.com/host/rsrc_uri", bearer("426561726572"), message),
        );
    };
    let one = r#"[
{ "resource_set_id": "7b727369647d",
  "scopes": [ "view", "print" ]
}
]"#;
    send(one, permissions(&[("7b727369647d", &["view", "print"])], true));
    let three = r#"[
{ "resource_set_id": "7b727369647d",
  "scopes": [ "view", "crop", "lightbox" ]
},
{ "resource_set_id": "7b72736964327d",
  "scopes": [ "view", "layout", "print" ]
},
{ "resource_set_id": "7b72736964337d",
  "scopes": [
      "http://www.example.com/scopes/all"
  ]
}
]"#;
    let asked: [(&str, &[&str]); 3] = [
        ("7b727369647d", &["view", "crop", "lightbox"]),
        ("7b72736964327d", &["view", "layout", "print"]),
        ("7b72736964337d", &["http://www.example.com/scopes/all"]),
    ];
    send(three, permissions(&asked, true));
}

#[test]
pub(crate) fn core_3_3_1_challenge_with_401_and_403() {
    let challenge = |reason| {
        let realm = Some("example".into());
        Response::Challenge(Challenge { realm, host_id: None, as_uri: "https://as.example.com".into(), reason })
    };
    let unauthorized = r#"HTTP/1.1 401 Unauthorized
WWW-Authenticate: UMA realm="example",
  as_uri="https://as.example.com",
  ticket="016f84e8-f9b9-11e0-bd6f-0021cc6004de"
   ..."#;
    response(V1, &access(), unauthorized, challenge(ChallengeReason::TicketGiven(Token::new(TICKET))));
    let forbidden = r#"HTTP/1.1 403 Forbidden
WWW-Authenticate: UMA realm="example",
  as_uri="https://as.example.com",
  error="insufficient_scope",
  ticket="016f84e8-f9b9-11e0-bd6f-0021cc6004de"

{
"ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#;
    // The deprecated ticket in the body is read over, and not written.
    let expected = challenge(ChallengeReason::MoreNeeded(Token::new(TICKET)));
    assert_eq!(read_response(V1, &access(), forbidden), Ok(expected.clone()));
    let written = r#"HTTP/1.1 403 Forbidden
WWW-Authenticate: UMA realm="example", as_uri="https://as.example.com", ticket="016f84e8-f9b9-11e0-bd6f-0021cc6004de", error="insufficient_scope"
..."#;
    response(V1, &access(), written, expected);
}

#[test]
pub(crate) fn core_3_3_2_no_ticket_could_be_had() {
    let example = r#"HTTP/1.1 403 Forbidden
Warning: 199 - "UMA Authorization Server Unreachable"

..."#;
    let warning = Response::AuthorizationServerUnreachable { status: 403, warning: true };
    assert_eq!(read_response(V1, &access(), example), Ok(warning.clone()));
    response(
        V1,
        &access(),
        "HTTP/1.1 403 Forbidden\nWarning: 199 - \"UMA Authorization Server Unreachable\"\n",
        warning,
    );
}

#[test]
pub(crate) fn core_3_4_2_introspection() {
    let asked = Request::Introspect(IntrospectionRequest { token: Token::new(RPT), resource_id: None, host_id: None });
    let permission = Permission {
        resource_id: "112210f47de98100".into(),
        scopes: scope_set(["view", "http://photoz.example.com/dev/actions/print"]),
        expires_at: Some(Timestamp::from_secs(1_256_953_732)),
        issued_at: None,
        not_before: None,
    };
    let token = ActiveToken {
        permissions: vec![permission],
        expires_at: Some(Timestamp::from_secs(1_256_953_732)),
        issued_at: Some(Timestamp::from_secs(1_256_912_345)),
        ..ActiveToken::default()
    };
    let example = r#"HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: no-store

   {
    "active": true,
    "exp": 1256953732,
    "iat": 1256912345,
    "permissions": [
      {
        "resource_set_id": "112210f47de98100",
        "scopes": [
          "view",
          "http://photoz.example.com/dev/actions/print"
         ],
        "exp" : 1256953732
      }
    ]
   }"#;
    response(V1, &asked, example, Response::Introspection(IntrospectionResponse::Active(token)));
}

#[test]
pub(crate) fn core_3_5_1_rpt_request_with_the_ticket() {
    let example = r#"POST /rpt_uri HTTP/1.1
Host: as.example.com
Authorization: Bearer jwfLG53^sad$#f
Content-Type: application/json

{
 "rpt": "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
 "ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
}"#;
    request(V1, &routes(), example, &call("https://as.example.com/rpt_uri", bearer(AAT), ask()));
}

#[test]
pub(crate) fn core_3_5_3_rpt_granted() {
    let example = r#"HTTP/1.1 200 OK
Content-Type: application/json

{
  "rpt": "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv"
}"#;
    response(V1, &ask(), example, Response::RptGranted(Token::new(RPT)));
}

#[test]
pub(crate) fn core_3_5_4_expired_ticket() {
    let example = r#"HTTP/1.1 400 Bad Request
Content-Type: application/json
Cache-Control: no-store
...

{
  "error": "expired_ticket"
}"#;
    response(V1, &ask(), example, failure(400, "expired_ticket"));
}

#[test]
pub(crate) fn core_3_5_4_need_info_with_every_hint() {
    let claim = RequiredClaim {
        name: Some("email23423453ou453".into()),
        friendly_name: Some("email".into()),
        claim_type: Some("urn:oid:0.9.2342.19200300.100.1.3".into()),
        claim_token_format: vec!["http://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken".into()],
        issuer: vec!["https://example.com/idp".into()],
    };
    let details = ErrorDetails {
        required_acr: vec!["https://example.com/acrs/LOA3.14159".into()],
        requesting_party_claims: Some(RequestingPartyClaims {
            required_claims: vec![claim],
            redirect_user: true,
            ticket: Some(Token::new(TICKET)),
        }),
    };
    let example = r#"HTTP/1.1 403 Forbidden
Content-Type: application/json
Cache-Control: no-store
...

{
 "error": "need_info",
 "error_details": {
   "authentication_context": {
     "required_acr": ["https://example.com/acrs/LOA3.14159"]
   },
   "requesting_party_claims": {
     "required_claims": [
       {
         "name": "email23423453ou453",
         "friendly_name": "email",
         "claim_type": "urn:oid:0.9.2342.19200300.100.1.3",
         "claim_token_format": 
["http://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken"],
         "issuer": ["https://example.com/idp"]
       }
     ],
     "redirect_user": true,
     "ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de"
   }
 }
}"#;
    response(V1, &ask(), example, Response::InfoNeeded(details));
}

#[test]
pub(crate) fn core_3_6_2_pushed_claims() {
    // The path and the host are another server's in this example.
    let example = r#"POST /rpt_authorization HTTP/1.1
Host: www.example.com
Authorization: Bearer jwfLG53^sad$#f
Content-Type: application/json

{
    "rpt": "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv",
    "ticket": "016f84e8-f9b9-11e0-bd6f-0021cc6004de",
    "claim_tokens": [
      {
        "format":
"http://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken",
        "token": "..."
      }
    ]
}"#;
    let format = "http://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken".into();
    let pushed = PushedClaimToken { token: Token::new("..."), format };
    let presented = TicketPresentation { claim_tokens: vec![pushed], ..presentation() };
    let message = Request::RequestRptForTicket(presented);
    let routes = Routes::new([(Endpoint::Rpt, "/rpt_authorization")]);
    request(V1, &routes, example, &call("https://www.example.com/rpt_authorization", bearer(AAT), message));
}

#[test]
pub(crate) fn core_3_6_3_claims_gathering_there_and_back() {
    let there = r#"GET /rqp_claims?client_id=some_client_id&state=abc
&ticket=016f84e8-f9b9-11e0-bd6f-0021cc6004de
&claims_redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fredirect_claims HTTP/1.1
Host: as.example.com"#;
    let interaction = ClaimsInteraction {
        client_id: Some("some_client_id".into()),
        ticket: Some(Token::new(TICKET)),
        redirect_uri: Some("https://client.example.com/redirect_claims".into()),
        state: Some(Token::new("abc")),
    };
    let message = Request::ClaimsInteraction(interaction);
    request(V1, &routes(), there, &call("https://as.example.com/rqp_claims", Credentials::None, message));
    let back = r#"GET /redirect_claims?state=abc
&authorization_state=claims_submitted HTTP/1.1
Host: client.example.com"#;
    let message = Request::ClaimsReturn(ClaimsReturn {
        ticket: None,
        state: Some(Token::new("abc")),
        error: None,
        authorization_state: Some(AuthorizationState::ClaimsSubmitted),
    });
    request(V1, &routes(), back, &call("https://client.example.com/redirect_claims", Credentials::None, message));
}

#[test]
pub(crate) fn core_4_2_error() {
    let example = r#"HTTP/1.1 400 Bad Request
Content-Type: application/json
Cache-Control: no-store
...

{
  "error": "invalid_request",
  "error_description": "Request is missing a required parameter.",
  "error_uri": "https://as.example.com/errors/bad_uma_request"
}"#;
    let refused = umaverse::wire::Failure::body(400, umaverse::wire::ErrorCode::InvalidRequest)
        .because("Request is missing a required parameter.");
    response(V1, &ask(), example, Response::Failure(refused));
}
