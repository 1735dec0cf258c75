//! What nobody knows is ignored, and names and values are compared with their case.

use super::{HttpRequest, HttpResponse, decode_request, decode_response, encode_request, encode_response};
use crate::arbitrary::message::{Exchange, exchange, routes};
use crate::wire::oauth::{IntrospectionRequest, TokenRequest, UmaTicketGrant};
use crate::wire::{Call, Credentials, DecodeError, Received, Request, Response, Revision, ScopeSet, Text, Token, Uri};
use proptest::prelude::*;
use serde_json::{Value, json};

const UNKNOWN: &str = "x_nobody_knows";

// A resource description keeps members that it does not know (RSR draft-00 §2.2: extensions), which is more than ignoring;
// a policy with a member that nobody knows could mean less than its owner thinks, and is refused.
fn has_description(request: &Request) -> bool {
    matches!(
        request,
        Request::CreateResource { .. }
            | Request::UpdateResource { .. }
            | Request::ReadResource { .. }
            | Request::Owner(_)
    )
}

fn with_member(body: &[u8]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    value.as_object_mut()?.insert(UNKNOWN.to_owned(), json!({"a": [1, null]}));
    Some(value.to_string().into_bytes())
}

// Every server reads its own query, and content has a host's.
fn with_parameter(request: &HttpRequest, message: &Request) -> Option<HttpRequest> {
    let form = super::http::header(&request.headers, "Content-Type") == Some(super::http::FORM);
    let mut changed = request.clone();
    match message {
        Request::ClaimsReturn(_) | Request::AuthorizationReturn(_) | Request::Authorize(_)
            if request.uri.query().is_some() =>
        {
            changed.uri = Uri::new(format!("{}&{UNKNOWN}=1", request.uri.as_str()));
        }
        Request::Token(_) | Request::Revoke(_) | Request::Introspect(_) if form => {
            changed.body.extend(format!("&{UNKNOWN}=1").bytes());
        }
        _ => return None,
    }
    Some(changed)
}

fn unknown_is_ignored(exchange: Exchange) -> Result<(), TestCaseError> {
    let Exchange { revision, call, answer } = exchange;
    let asked = call.message.clone();
    let http = encode_request(revision, &call);
    let json = with_member(&http.body).filter(|_| !has_description(&asked));
    let json = json.map(|body| HttpRequest { body, ..http.clone() });
    for changed in json.into_iter().chain(with_parameter(&http, &asked)) {
        let read = decode_request(revision, &routes(), &changed).message;
        prop_assert_eq!(read.as_ref(), Ok(&asked), "{}", changed.to_text());
    }
    let http = encode_response(revision, &asked, &answer);
    if let Some(body) = with_member(&http.body).filter(|_| !has_description(&asked)) {
        let changed = HttpResponse { body, ..http };
        // A key set and a page carry members of other texts, which they keep or refuse; a description is kept as it is.
        if !matches!(answer.message, Response::Jwks(_) | Response::Page(_) | Response::Description(_)) {
            prop_assert_eq!(decode_response(revision, &asked, &changed), Ok(answer), "{}", changed.to_text());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn draft05_ignores_what_nobody_knows(exchange in exchange(Revision::Draft05)) {
        unknown_is_ignored(exchange)?;
    }

    #[test]
    fn draft06_ignores_what_nobody_knows(exchange in exchange(Revision::Draft06)) {
        unknown_is_ignored(exchange)?;
    }

    #[test]
    fn v2_0_ignores_what_nobody_knows(exchange in exchange(Revision::V2_0)) {
        unknown_is_ignored(exchange)?;
    }
}

fn post(revision: Revision, path: &str, media_type: &str, body: &str) -> Received {
    let headers: Vec<(Text, Text)> = vec![("Content-Type".into(), media_type.into())];
    let uri = Uri::new(format!("https://as.example{path}"));
    decode_request(revision, &routes(), &HttpRequest { method: "POST".into(), uri, headers, body: body.into() })
}

fn posted(revision: Revision, path: &str, body: &str) -> Result<Request, DecodeError> {
    post(revision, path, "application/json", body).message
}

fn answered(revision: Revision, asked: &Request, status: u16, body: &str) -> Result<Response, DecodeError> {
    let headers: Vec<(Text, Text)> = vec![("Content-Type".into(), "application/json".into())];
    let response = HttpResponse { status, headers, body: body.into() };
    decode_response(revision, asked, &response).map(|answer| answer.message)
}

fn status_question() -> Request {
    Request::Introspect(IntrospectionRequest { token: Token::new("r"), resource_id: None, host_id: None })
}

#[test]
fn draft06_compares_names_and_values_with_their_case() {
    a_draft_compares_with_case(Revision::Draft06);
}

#[test]
fn draft05_compares_names_and_values_with_their_case() {
    a_draft_compares_with_case(Revision::Draft05);
}

fn a_draft_compares_with_case(d6: Revision) {
    let asked = Request::RequestAuthorizationData { rpt: Token::new("r"), ticket: Token::new("t") };
    let ask = |body: &str| posted(d6, "/permission_request", body);
    assert_eq!(ask(r#"{"ticket":"t","rpt":"r"}"#), Ok(asked.clone()));
    assert!(ask(r#"{"Ticket":"t","RPT":"r"}"#).is_err());
    let permission = |body: &str| posted(d6, "/permission", body);
    assert!(permission(r#"{"resource_set_id":"1","scopes":["a"]}"#).is_ok());
    assert!(permission(r#"{"Resource_Set_Id":"1","scopes":["a"]}"#).is_err());

    let status = |body: &str| answered(d6, &status_question(), 200, body);
    assert!(status(r#"{"rpt_status":"invalid"}"#).is_ok());
    assert!(status(r#"{"RPT_STATUS":"invalid"}"#).is_err());
    assert!(status(r#"{"rpt_status":"INVALID"}"#).is_err());
    assert!(status(r#"[{"resource_set_id":"1","scopes":["a"],"exp":1}]"#).is_ok());
    assert!(status(r#"[{"resource_set_id":"1","Scopes":["a"],"exp":1}]"#).is_err());

    let refused = |code: &str| answered(d6, &asked, 403, &json!({"status": "error", "error": code}).to_string());
    assert!(matches!(refused("need_claims"), Ok(Response::NeedInfo { .. })));
    assert!(matches!(refused("Need_Claims"), Ok(Response::Failure(_))));
}

#[test]
fn v2_0_compares_names_and_values_with_their_case() {
    let v2 = Revision::V2_0;
    let token = |body: &str| post(v2, "/token", "application/x-www-form-urlencoded", body).message;
    assert!(token("grant_type=urn:ietf:params:oauth:grant-type:uma-ticket&ticket=t").is_ok());
    assert!(!matches!(
        token("grant_type=URN:IETF:PARAMS:OAUTH:GRANT-TYPE:UMA-TICKET&ticket=t"),
        Ok(Request::Token(TokenRequest::UmaTicket(_)))
    ));
    assert!(token("grant_type=urn:ietf:params:oauth:grant-type:uma-ticket&Ticket=t").is_err());

    let permission = |body: &str| posted(v2, "/permission", body);
    assert!(permission(r#"{"resource_id":"1","resource_scopes":["a"]}"#).is_ok());
    assert!(permission(r#"{"Resource_Id":"1","resource_scopes":["a"]}"#).is_err());
    let create = |body: &str| match posted(v2, "/resource_set/", body) {
        Ok(Request::CreateResource { description, .. }) => Some(description.scopes.len()),
        _ => None,
    };
    assert_eq!(create(r#"{"resource_scopes":["a"]}"#), Some(1));
    assert_ne!(create(r#"{"Resource_Scopes":["a"]}"#), Some(1));

    let grant =
        UmaTicketGrant { ticket: Token::new("t"), claim_token: None, pct: None, rpt: None, scope: ScopeSet::new() };
    let asked = Request::Token(TokenRequest::UmaTicket(grant));
    let refused = |code: &str| {
        let body = json!({"error": code, "ticket": "t2", "required_claims": [{"name": "email"}]}).to_string();
        answered(v2, &asked, 403, &body)
    };
    assert!(matches!(refused("need_info"), Ok(Response::NeedInfo { .. })));
    assert!(!matches!(refused("NEED_INFO"), Ok(Response::NeedInfo { .. })));
}

#[test]
fn a_return_with_an_unknown_parameter_is_read() {
    let back = |query: &str| {
        let uri = Uri::new(format!("https://c.example/claims-return?{query}"));
        let request = HttpRequest { method: "GET".into(), uri, headers: Vec::new(), body: Vec::new() };
        let received = decode_request(Revision::V2_0, &routes(), &request);
        assert_eq!(received.credentials, Credentials::None);
        received.message
    };
    assert_eq!(back("ticket=t&state=s&utm_source=mail"), back("ticket=t&state=s"));
    assert!(matches!(back("ticket=t&state=s&utm_source=mail"), Ok(Request::ClaimsReturn(_))));
    assert_ne!(back("Ticket=t&state=s"), back("ticket=t&state=s"));
}

fn written(credentials: Credentials) -> Option<String> {
    let to = "https://rs.example/r/photo".into();
    let call = Call { to, credentials, cookie: None, message: Request::Access { method: "GET".into() } };
    let request = encode_request(Revision::Draft06, &call);
    super::http::header(&request.headers, "Authorization").map(str::to_owned)
}

#[test]
fn an_attempt_without_an_rpt_has_no_authorization() {
    assert_eq!(written(Credentials::None), None);
    // Planted: an RPT that is none.
    assert_eq!(written(Credentials::Bearer(Token::new(""))).as_deref(), Some("Bearer "));
}

#[test]
fn tokens_are_had_by_oauth_only() {
    let d6 = Revision::Draft06;
    let form = "application/x-www-form-urlencoded";
    let oauth = post(d6, "/token", form, "grant_type=authorization_code&code=c").message;
    assert!(matches!(oauth, Ok(Request::Token(TokenRequest::AuthorizationCode { .. }))));
    // Planted: a login of the client's own making, in JSON and as a form.
    assert!(post(d6, "/token", "application/json", r#"{"user":"bob","password":"x"}"#).message.is_err());
    assert!(post(d6, "/token", form, "user=bob&password=x").message.is_err());
}

#[test]
fn claims_are_asked_for_with_403_and_need_claims() {
    let asked = Request::RequestAuthorizationData { rpt: Token::new("r"), ticket: Token::new("t") };
    let needed = Response::NeedInfo { ticket: None, required_claims: Vec::new(), redirect_user: None };
    let written = encode_response(Revision::Draft06, &asked, &needed.clone().into());
    assert_eq!(written.status, 403);
    let read =
        |changed: &HttpResponse| decode_response(Revision::Draft06, &asked, changed).map(|answer| answer.message);
    assert_eq!(read(&written), Ok(needed.clone()));
    // Planted: the code of 2.0, and a redirect to a page for claims.
    let body = String::from_utf8_lossy(&written.body).replace("need_claims", "need_info").into_bytes();
    assert_ne!(read(&HttpResponse { body, ..written.clone() }), Ok(needed.clone()));
    assert_ne!(read(&HttpResponse { status: 302, ..written }), Ok(needed));
}

fn sent_away(change: impl Fn(&str) -> String) -> Option<Request> {
    let interaction = crate::wire::request::ClaimsInteraction {
        client_id: Some("c".into()),
        ticket: Some(Token::new("t")),
        redirect_uri: Some("https://c.example/claims-return".into()),
        state: Some(Token::new("s")),
    };
    let message = Request::ClaimsInteraction(interaction);
    let call = Call { to: "https://as.example/claims".into(), credentials: Credentials::None, cookie: None, message };
    let written = encode_request(Revision::Draft06, &call);
    let uri = Uri::new(change(written.uri.as_str()));
    decode_request(Revision::Draft06, &routes(), &HttpRequest { uri, ..written }).message.ok()
}

#[test]
fn the_claims_redirect_names_ticket_and_return() {
    let read = |from: &str, to: &str| match sent_away(|uri| uri.replace(from, to)) {
        Some(Request::ClaimsInteraction(read)) => {
            (read.ticket.is_some(), read.redirect_uri.is_some(), read.state.is_some())
        }
        _ => (false, false, false),
    };
    assert_eq!(read("", ""), (true, true, true));
    // Planted: other names, and none.
    assert!(!read("ticket=", "permission_ticket=").0);
    assert!(!read("redirect_uri=", "callback=").1);
    assert!(!read("state=", "nonce=").2);
}

// RFC 7009 §2.2 lets clients ignore the body; simple-oauth2 parses it.
#[test]
fn a_revocation_is_answered_with_json() {
    let asked = Request::Revoke(crate::wire::oauth::RevocationRequest { token: Token::new("t"), hint: None });
    for revision in Revision::ALL {
        let written = encode_response(revision, &asked, &Response::Revoked.into());
        assert_eq!(super::http::header(&written.headers, "Content-Type"), Some("application/json"));
        assert_eq!((written.status, written.body.as_slice()), (200, b"{}".as_slice()));
        let empty = HttpResponse { headers: Vec::new(), body: Vec::new(), ..written };
        let read = decode_response(revision, &asked, &empty).map(|answer| answer.message);
        assert_eq!(read, Ok(Response::Revoked), "of other makes");
    }
}
