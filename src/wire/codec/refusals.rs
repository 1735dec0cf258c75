//! What is no message says why it is none, and whose credentials came with it.

use super::{HttpRequest, HttpResponse, decode_request, decode_response, encode_response};
use crate::arbitrary::message::routes;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{
    Answer, Challenge, ChallengeReason, Credentials, Endpoint, Received, Request, Response, Revision, Text, Token,
};

fn read(revision: Revision, method: &str, target: &str, media_type: &str, body: &str) -> Received {
    let mut headers: Vec<(Text, Text)> = vec![("Authorization".into(), "Bearer pat".into())];
    if !media_type.is_empty() {
        headers.push(("Content-Type".into(), media_type.into()));
    }
    let uri = crate::wire::Uri::new(format!("https://as.example{target}"));
    decode_request(revision, &routes(), &HttpRequest { method: method.into(), uri, headers, body: body.into() })
}

fn why(method: &str, target: &str, media_type: &str, body: &str) -> Option<(Endpoint, Kind)> {
    let read = read(Revision::V2_0, method, target, media_type, body);
    assert_eq!(read.credentials, Credentials::Bearer(Token::new("pat")), "the bearer survives");
    read.message.err().map(|error| (error.endpoint, error.kind))
}

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const JSON: &str = "Application/JSON";

#[test]
fn a_path_that_no_endpoint_has_is_named_without_its_query() {
    let unknown = |path: &str| Kind::UnknownPath(format!("https://as.example{path}").as_str().into());
    assert_eq!(why("GET", "/nowhere?ticket=t", "", ""), Some((Endpoint::Unknown, unknown("/nowhere"))));
    assert_eq!(why("POST", "/rpt", "", ""), Some((Endpoint::Rpt, unknown("/rpt"))), "2.0 has no RPT endpoint");
    assert_eq!(read(Revision::Draft06, "POST", "/rpt", "", "").message, Ok(Request::RequestRpt));
}

#[test]
fn a_method_that_is_not_served_is_named() {
    let refused = |endpoint, method: &str| Some((endpoint, Kind::MethodNotAllowed(method.into())));
    assert_eq!(why("GET", "/token", "", ""), refused(Endpoint::Token, "GET"));
    assert_eq!(why("POST", "/authorize", FORM, "client_id=c"), refused(Endpoint::Authorization, "POST"));
    assert_eq!(why("PATCH", "/resource_set/1", JSON, "{}"), refused(Endpoint::ResourceRegistration, "PATCH"));
    assert_eq!(why("POST", "/resource_set/1", JSON, "{}"), refused(Endpoint::ResourceRegistration, "POST"));
    let draft06 = read(Revision::Draft06, "POST", "/resource_set/", JSON, "{}").message;
    assert_eq!(draft06.map_err(|error| error.kind), Err(Kind::MethodNotAllowed("POST".into())));
}

#[test]
fn a_media_type_that_is_not_taken_is_named() {
    let other =
        |expected: &str, came: &str| Kind::UnsupportedMediaType { expected: expected.into(), came: came.into() };
    let found = why("POST", "/token", JSON, "{}");
    assert_eq!(found, Some((Endpoint::Token, other("application/x-www-form-urlencoded", JSON))));
    let found = why("POST", "/permission", "text/plain", "{}");
    assert_eq!(found, Some((Endpoint::Permission, other("application/json", "text/plain"))));
    let draft06 = read(Revision::Draft06, "POST", "/rpt", "text/xml", "<rpt/>").message.map_err(|error| error.kind);
    assert_eq!(draft06, Err(other("application/json", "text/xml")));
}

#[test]
fn a_parameter_that_is_missing_repeated_or_misshapen_is_named() {
    let token = |body: &str| why("POST", "/token", FORM, body).map(|(_, kind)| kind);
    let missing = |name: &str| Some(Kind::Missing(name.into()));
    let uma = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Auma-ticket";
    assert_eq!(token(""), missing("grant_type"));
    assert_eq!(token("grant_type=authorization_code&code="), missing("code"));
    assert_eq!(token(uma), missing("ticket"));
    assert_eq!(token(&format!("{uma}&ticket=t&claim_token=x")), missing("claim_token_format"));
    assert_eq!(token(&format!("{uma}&ticket=t&claim_token_format=x")), missing("claim_token"));
    assert_eq!(token(&format!("{uma}&ticket=t&ticket=u")), Some(Kind::Repeated("ticket".into())));
    let permission = |body: &str| why("POST", "/permission", JSON, body).map(|(_, kind)| kind);
    assert_eq!(permission("{\"resource_id\":\"1\"}"), missing("resource_scopes"));
    assert_eq!(permission("[]"), Some(Kind::Malformed("permissions".into())));
    for broken in ["[1", "", "{\"a\":1}{}", &"[".repeat(100_000)] {
        assert_eq!(permission(broken), Some(Kind::Malformed("JSON body".into())), "{}", broken.len());
    }
    let twice = ["{\"resource_id\":\"1\",\"resource_id\":\"2\",\"resource_scopes\":[]}", "[{\"a\":{\"b\":1,\"b\":1}}]"];
    assert!(twice.iter().all(|body| permission(body) == Some(Kind::Malformed("JSON body".into()))));
}

#[test]
fn what_an_rpt_request_lacks_is_named() {
    let why = |target: &str, body: &str| {
        read(Revision::V1_0_1, "POST", target, JSON, body).message.map_err(|error| (error.endpoint, error.kind))
    };
    let missing = |name: &str| Err((Endpoint::Rpt, Kind::Missing(name.into())));
    assert_eq!(why("/rpt", "{}"), missing("ticket"));
    assert_eq!(why("/rpt", r#"{"ticket":"t","claim_tokens":[{"token":"x"}]}"#), missing("format"));
    assert_eq!(why("/rpt", r#"{"ticket":"t","claim_tokens":[{"format":"x"}]}"#), missing("token"));
    let permission = |name: &str| Err((Endpoint::Permission, Kind::Missing(name.into())));
    assert_eq!(why("/permission", r#"{"resource_id":"1","resource_scopes":[]}"#), permission("resource_set_id"));
    let uma2 = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Auma-ticket&ticket=t";
    let other = read(Revision::V1_0_1, "POST", "/token", FORM, uma2).message;
    assert!(matches!(other, Ok(Request::Token(crate::wire::oauth::TokenRequest::Other(_)))), "the grant of 2.0");
}

#[test]
fn a_configuration_lacks_no_required_member_of_1_0_1() {
    let required = [
        "version",
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "resource_set_registration_endpoint",
        "permission_registration_endpoint",
        "introspection_endpoint",
        "rpt_endpoint",
        "pat_profiles_supported",
        "aat_profiles_supported",
        "rpt_profiles_supported",
        "pat_grant_types_supported",
        "aat_grant_types_supported",
    ];
    let document = |without: &str| {
        let members = required.iter().filter(|name| **name != without).map(|name| match *name {
            "version" => "\"version\":\"1.0\"".to_owned(),
            name if name.ends_with("supported") => format!("\"{name}\":[]"),
            name => format!("\"{name}\":\"https://as.example/{name}\""),
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    let why = |body: String| {
        let headers = vec![("Content-Type".into(), JSON.into())];
        let http = HttpResponse { status: 200, headers, body: body.into() };
        decode_response(Revision::V1_0_1, &Request::GetConfiguration, &http).map_err(|error| error.kind)
    };
    assert!(why(document("")).is_ok());
    for name in required {
        assert_eq!(why(document(name)).err(), Some(Kind::Missing(name.into())));
    }
    let newer = document("").replace("1.0", "2.0");
    assert_eq!(why(newer).err(), Some(Kind::Malformed("version".into())));
}

#[test]
fn a_message_of_another_revision_says_whose_it_is() {
    for came in Revision::ALL {
        for expected in Revision::ALL.into_iter().filter(|other| *other != came) {
            refuses(expected, came, None, &Request::GetConfiguration, full_document());
        }
    }
}

fn refuses(expected: Revision, came: Revision, or: Option<Revision>, asked: &Request, message: Response) {
    let http = encode_response(came, asked, &Answer::from(message));
    let kind = decode_response(expected, asked, &http).map_err(|error| error.kind);
    assert_eq!(kind, Err(Kind::OtherRevision { expected, came, or }), "{}", http.to_text());
}

#[test]
fn a_challenge_of_another_revision_says_whose_it_is() {
    let access = Request::Access { method: "GET".into() };
    let challenge = |reason| {
        let (realm, host_id) = (None, Some("rs.example".into()));
        Response::Challenge(Challenge { realm, host_id, as_uri: "https://as.example".into(), reason })
    };
    let ticket = || Token::new("t");
    let first = || challenge(ChallengeReason::RptNeeded);
    let more = || challenge(ChallengeReason::AuthorizationDataNeeded(ticket()));
    for (expected, came) in [
        (Revision::Draft05, Revision::Draft06),
        (Revision::Draft06, Revision::Draft05),
        (Revision::V1_0_1, Revision::Draft05),
        (Revision::V1_0_1, Revision::Draft06),
        (Revision::V2_0, Revision::Draft05),
        (Revision::V2_0, Revision::Draft06),
    ] {
        refuses(expected, came, None, &access, first());
        refuses(expected, came, None, &access, more());
    }
    // Core 1.0.1 §3.3.1 and Grant §3.2.1 have the same one: which of the two it is cannot be told.
    let same = challenge(ChallengeReason::TicketGiven(ticket()));
    refuses(Revision::Draft05, Revision::V2_0, Some(Revision::V1_0_1), &access, same);
}

// D5 §1.5: the media type, and a member of its own.
#[test]
fn a_document_of_either_draft_says_whose_it_is() {
    let read = |revision, media_type: Option<&str>, more: &str| {
        let http = encode_response(Revision::Draft06, &Request::GetConfiguration, &Answer::from(full_document()));
        let body = String::from_utf8_lossy(&http.body).replacen('{', &format!("{{{more}"), 1);
        let headers = media_type.map(|media_type| ("Content-Type".into(), media_type.into())).into_iter().collect();
        let http = HttpResponse { status: 200, headers, body: body.into() };
        decode_response(revision, &Request::GetConfiguration, &http).map(|_| ()).map_err(|error| error.kind)
    };
    let (own, plain) = (Some("application/uma-configuration+json"), Some("application/json"));
    let yes_or_no = "\"dynamic_client_registration_supported\":\"no\",";
    let of = |expected, came| Err(Kind::OtherRevision { expected, came, or: None });
    for more in ["", yes_or_no] {
        assert_eq!(read(Revision::Draft05, own, more), Ok(()));
        assert_eq!(read(Revision::Draft06, own, more), of(Revision::Draft06, Revision::Draft05));
        assert_eq!(read(Revision::Draft06, plain, more), Ok(()));
        // Whoever leaves the media type out leaves it to the reader.
        assert_eq!(read(Revision::Draft05, None, more), Ok(()));
    }
    assert_eq!(read(Revision::Draft05, plain, yes_or_no), Ok(()));
    assert_eq!(read(Revision::Draft05, plain, ""), of(Revision::Draft05, Revision::Draft06));
}

#[allow(clippy::panic, reason = "tests fail loudly")]
fn full_document() -> Response {
    let endpoint = |name: &str| format!("\"{name}\":\"https://as.example/{name}\"");
    let endpoints = [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "introspection_endpoint",
        "permission_endpoint",
        "resource_registration_endpoint",
    ];
    let body = format!("{{{}}}", endpoints.map(endpoint).join(","));
    let http = HttpResponse { status: 200, headers: Vec::new(), body: body.into() };
    let read = decode_response(Revision::V2_0, &Request::GetConfiguration, &http).map(|answer| answer.message);
    let Ok(Response::Configuration(mut document)) = read else { panic!("{read:?}") };
    document.rpt_endpoint = Some("https://as.example/rpt".into());
    document.permission_request_endpoint = Some("https://as.example/ask".into());
    Response::Configuration(document)
}

#[test]
fn an_answer_that_is_none_says_why() {
    let why = |asked: &Request, status, body: &str| {
        let http = HttpResponse { status, headers: Vec::new(), body: body.into() };
        decode_response(Revision::V2_0, asked, &http).err().map(|error| (error.endpoint, error.kind))
    };
    let malformed = |endpoint, name: &str| Some((endpoint, Kind::Malformed(name.into())));
    assert_eq!(why(&Request::GetJwks, 200, "["), malformed(Endpoint::Jwks, "JSON body"));
    assert_eq!(why(&Request::GetJwks, 100, ""), malformed(Endpoint::Jwks, "status"));
    let missing = |name: &str| Some((Endpoint::ResourceRegistration, Kind::Missing(name.into())));
    let read = Request::ReadResource { id: "1".into() };
    assert_eq!(why(&read, 200, "{\"_id\":\"1\"}"), missing("resource_scopes"));
    assert_eq!(why(&read, 302, ""), missing("Location"));
    let to = |location: &str| {
        let headers = vec![("Location".into(), location.into())];
        decode_response(Revision::V2_0, &read, &HttpResponse { status: 302, headers, body: Vec::new() })
    };
    assert!(to("https://as.example/account").is_ok());
    for relative in ["/account", "go?to=https://as.example", ""] {
        assert_eq!(to(relative).map_err(|error| error.kind), Err(Kind::Malformed("Location".into())), "{relative}");
    }
}

fn told(asked: &Request, body: &str) -> Result<crate::wire::Response, Kind> {
    let headers = vec![("Content-Type".into(), JSON.into())];
    let http = HttpResponse { status: 200, headers, body: body.into() };
    decode_response(Revision::V1_0_1, asked, &http).map(|answer| answer.message).map_err(|error| error.kind)
}

fn introspect() -> Request {
    let token = Token::new("rpt");
    Request::Introspect(crate::wire::oauth::IntrospectionRequest { token, resource_id: None, host_id: None })
}

#[test]
fn members_of_another_spelling_do_not_count() {
    let missing = |name: &str| Some(Kind::Missing(name.into()));
    let asked = |target: &str, body: &str| {
        read(Revision::V1_0_1, "POST", target, JSON, body).message.err().map(|error| error.kind)
    };
    assert_eq!(asked("/permission", r#"{"Resource_Set_Id":"1","scopes":["a"]}"#), missing("resource_set_id"));
    assert_eq!(asked("/rpt", r#"{"Ticket":"t"}"#), missing("ticket"));
    assert_eq!(asked("/resource_set/resource_set", r#"{"Name":"n","scopes":[]}"#), missing("name"));
    assert_eq!(told(&introspect(), r#"{"Active":true}"#).err(), missing("active"));
    let presented =
        crate::wire::request::TicketPresentation { ticket: Token::new("t"), rpt: None, claim_tokens: Vec::new() };
    assert_eq!(told(&Request::RequestRptForTicket(presented), r#"{"RPT":"x"}"#).err(), missing("rpt"));
}

#[test]
fn members_that_no_text_names_are_ignored() {
    let asked = |target: &str, body: &str| read(Revision::V1_0_1, "POST", target, JSON, body).message.is_ok();
    assert!(asked("/permission", r#"{"resource_set_id":"1","scopes":["a"],"x":{}}"#));
    assert!(asked("/permission", r#"[{"resource_set_id":"1","scopes":["a"],"x":{}}]"#));
    assert!(asked("/rpt", r#"{"ticket":"t","x":[1]}"#));
    assert!(asked("/resource_set/resource_set", r#"{"name":"n","scopes":[],"x":1}"#));
    assert!(told(&introspect(), r#"{"active":true,"permissions":[],"x":null}"#).is_ok());
}
