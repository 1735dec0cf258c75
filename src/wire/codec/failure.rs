//! Error answers: a JSON body with `error` (RFC 6749 §5.2), or a bearer challenge (RFC 6750 §3).

use super::challenge::{AuthParameters, REALM, written};
use super::http::HttpResponse;
use super::json::Members;
use crate::wire::error::FailureCarrier;
use crate::wire::{ErrorCode, Failure, Request, Response, Text};
use serde_json::Value;

/// How a revision writes an error body at one of its endpoints.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// The media type.
    pub(super) media_type: &'static str,
    /// Whether `"status":"error"` stands in the body (D6 §4.2).
    pub(super) status_member: bool,
}

impl Style {
    /// The members that every error body of this style starts with.
    pub(super) fn members(self, code: &str) -> Members {
        Members::default().maybe("status", self.status_member.then_some("error")).put("error", code)
    }

    /// An error body as an answer (Grant §3.3.6; RFC 6749 §5.2: "Cache-Control: no-store").
    pub(super) fn answer(self, status: u16, members: Members) -> HttpResponse {
        HttpResponse::new(status).secret_json(self.media_type, &members.into_value())
    }
}

pub(super) fn write(style: Style, failure: &Failure) -> HttpResponse {
    let code = failure.code.as_ref().map(ErrorCode::as_str);
    let body = || style.members(code.unwrap_or_default()).maybe("error_description", failure.description.as_deref());
    match failure.carrier {
        FailureCarrier::Body => style.answer(failure.status, body()),
        FailureCarrier::BasicChallenge => {
            style.answer(failure.status, body()).with("WWW-Authenticate", written("Basic", &[("realm", Some(REALM))]))
        }
        FailureCarrier::BearerChallenge => {
            let description = ("error_description", failure.description.as_deref());
            let parameters = [("realm", Some(REALM)), ("error", code), description];
            HttpResponse::new(failure.status).with("WWW-Authenticate", written("Bearer", &parameters))
        }
    }
}

/// The error code in a body, with the body.
pub(super) fn body(response: &HttpResponse) -> Option<(ErrorCode, Value)> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    let code = ErrorCode::parse(body.get("error")?.as_str()?);
    Some((code, body))
}

/// An answer with an error status, as far as it says anything. `body` is what [`body`] has found.
pub(super) fn read(asked: &Request, response: &HttpResponse, body: Option<(ErrorCode, Value)>) -> Response {
    let status = response.status;
    if let Some(bearer) = AuthParameters::find(&response.headers, "Bearer") {
        let code = bearer.get("error").map(ErrorCode::parse);
        let description = bearer.get("error_description").map(Text::from);
        return Response::Failure(Failure { status, code, description, carrier: FailureCarrier::BearerChallenge });
    }
    if let Some((code, body)) = body {
        let basic = AuthParameters::find(&response.headers, "Basic").is_some();
        let carrier = if basic { FailureCarrier::BasicChallenge } else { FailureCarrier::Body };
        let description = body.get("error_description").and_then(Value::as_str).map(Text::from);
        return Response::Failure(Failure { status, code: Some(code), description, carrier });
    }
    match (asked, status) {
        (_, status) if is_unreachable_warning(response) => {
            Response::AuthorizationServerUnreachable { status, warning: true }
        }
        // A resource server that has no other reason to be unavailable (our choice for draft-06).
        (Request::Access { .. }, 502..=504) => Response::AuthorizationServerUnreachable { status, warning: false },
        _ => Response::Refused { status },
    }
}

/// Grant §3.2.2.
const WARNING: &str = "199 - \"UMA Authorization Server Unreachable\"";

pub(super) fn write_unreachable(status: u16, warning: bool) -> HttpResponse {
    let response = HttpResponse::new(status);
    if warning { response.with("Warning", WARNING) } else { response }
}

fn is_unreachable_warning(response: &HttpResponse) -> bool {
    let mut warnings = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Warning"));
    warnings.any(|(_, value)| value.trim_start().starts_with("199 "))
}
