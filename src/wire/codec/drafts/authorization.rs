//! The authorization API: the RPT endpoint (D5 §3.4.4; D6 §3.4.2) and the permission request endpoint (D5 §3.4.5;
//! D6 §3.4.3). Both drafts write the same but for a header field.

use super::{Names, STATUS};
use crate::wire::codec::failure::Style;
use crate::wire::codec::http::{HttpRequest, HttpResponse, JSON, check_media_type};
use crate::wire::codec::json::{Members, Object};
use crate::wire::codec::shared::{json_of, only};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Bearer, Call, PermissionTicket, Request, Response, Rpt};
use serde_json::Value;

const RPT: &str = "application/uma-rpt+json";

/// A request for an RPT. Neither draft shows a body, draft-05 shows the media type of one (D5 §3.4.4).
pub(super) fn write_rpt_request(names: &Names, call: &Call) -> HttpRequest {
    let request = HttpRequest::open(call, "POST", call.to.clone());
    match names.rpt_request {
        Some(media_type) => request.with("Content-Type", media_type),
        None => request,
    }
}

// D5 §3.4.4, D6 §3.4.2: to an unknown Content-Type the server "MUST" answer with an HTTP error.
pub(super) fn read_rpt_request(request: &HttpRequest) -> Result<Request, Kind> {
    only("POST", request)?;
    check_media_type(&request.headers, &[JSON, RPT])?;
    Ok(Request::RequestRpt)
}

pub(super) fn write_rpt(rpt: &Rpt) -> HttpResponse {
    HttpResponse::new(201).secret_json(RPT, &Members::default().put("rpt", rpt.expose()).into_value())
}

pub(super) fn read_rpt(response: &HttpResponse) -> Result<Response, Kind> {
    let body = json_of(response, &[RPT, JSON])?;
    Object::of(&body)?.required_token("rpt").map(Response::RptIssued)
}

pub(super) fn write_request(rpt: &Bearer, ticket: &PermissionTicket) -> Value {
    Members::default().put("rpt", rpt.expose()).put("ticket", ticket.expose()).into_value()
}

pub(super) fn read_request(body: &Value) -> Result<Request, Kind> {
    let object = Object::of(body)?;
    Ok(Request::RequestAuthorizationData {
        rpt: object.required_token("rpt")?,
        ticket: object.required_token("ticket")?,
    })
}

/// The success that the draft does not specify (our choice).
pub(super) fn write_added() -> HttpResponse {
    HttpResponse::new(200).secret_json(STATUS, &Members::default().put("status", "ok").into_value())
}

pub(super) fn write_need_claims(style: Style) -> HttpResponse {
    style.answer(403, style.members("need_claims"))
}

/// The owner has to decide: a code of 2.0 in the body of a draft (our choice).
pub(super) fn write_submitted(style: Style, interval_secs: Option<u64>) -> HttpResponse {
    style.answer(403, style.members("request_submitted").maybe("interval", interval_secs))
}

/// The answer for an error code that only this endpoint has; none for any other.
pub(super) fn read_error(code: &str, body: &Value) -> Option<Result<Response, Kind>> {
    match code {
        "need_claims" => {
            Some(Ok(Response::NeedInfo { ticket: None, required_claims: Vec::new(), redirect_user: None }))
        }
        "request_submitted" => Some(read_submitted(body)),
        _ => None,
    }
}

fn read_submitted(body: &Value) -> Result<Response, Kind> {
    Ok(Response::RequestSubmitted { ticket: None, interval_secs: Object::of(body)?.number("interval")? })
}
