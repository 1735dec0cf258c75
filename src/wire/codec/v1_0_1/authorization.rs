//! The authorization API: the RPT endpoint, which takes the ticket (Core 1.0.1 §3.5).

use crate::wire::codec::claim_hints::{read_claim, write_claim};
use crate::wire::codec::failure::Style;
use crate::wire::codec::http::{HttpResponse, JSON};
use crate::wire::codec::json::{Members, Object, missing};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::PushedClaimToken;
use crate::wire::request::TicketPresentation;
use crate::wire::{ErrorDetails, Request, RequestingPartyClaims, Response, Rpt};
use serde_json::Value;

pub(super) fn write_request(presented: &TicketPresentation) -> Value {
    let pushed: Vec<Value> = presented.claim_tokens.iter().map(write_pushed).collect();
    Members::default()
        .put("ticket", presented.ticket.expose())
        .token("rpt", presented.rpt.as_ref())
        .maybe("claim_tokens", (!pushed.is_empty()).then_some(pushed))
        .into_value()
}

fn write_pushed(pushed: &PushedClaimToken) -> Value {
    Members::default().put("format", &*pushed.format).put("token", pushed.token.expose()).into_value()
}

pub(super) fn read_request(body: &Value) -> Result<Request, Kind> {
    let object = Object::of(body)?;
    let pushed = object.array("claim_tokens")?.unwrap_or_default();
    Ok(Request::RequestRptForTicket(TicketPresentation {
        ticket: object.required_token("ticket")?,
        rpt: object.token("rpt")?,
        claim_tokens: pushed.iter().map(read_pushed).collect::<Result<_, Kind>>()?,
    }))
}

// Core 1.0.1 §3.6.2: both members are REQUIRED.
fn read_pushed(pushed: &Value) -> Result<PushedClaimToken, Kind> {
    let object = Object::of(pushed)?;
    Ok(PushedClaimToken { token: object.required_token("token")?, format: object.required("format")?.into() })
}

pub(super) fn write_rpt(rpt: &Rpt) -> HttpResponse {
    HttpResponse::new(200).secret_json(JSON, &Members::default().put("rpt", rpt.expose()).into_value())
}

pub(super) fn read_rpt(body: &Value) -> Result<Response, Kind> {
    Object::of(body)?.required_token("rpt").map(Response::RptGranted)
}

pub(super) fn write_need_info(style: Style, details: &ErrorDetails) -> HttpResponse {
    let acr = details.required_acr.iter().map(|acr| &**acr);
    let context = Members::default().texts("required_acr", acr).into_value();
    let members = Members::default()
        .maybe("authentication_context", (!details.required_acr.is_empty()).then_some(context))
        .maybe("requesting_party_claims", details.requesting_party_claims.as_ref().map(write_claims));
    // Core 1.0.1 §3.5.4: the object is optional, and has one or more members when it is there.
    let any = !details.required_acr.is_empty() || details.requesting_party_claims.is_some();
    style.answer(403, style.members("need_info").maybe("error_details", any.then(|| members.into_value())))
}

fn write_claims(claims: &RequestingPartyClaims) -> Value {
    let hints: Vec<Value> = claims.required_claims.iter().map(write_claim).collect();
    // Core 1.0.1 §3.5.4.2: at least one of the two has to be there.
    Members::default()
        .maybe("required_claims", (!hints.is_empty()).then_some(hints))
        .put("redirect_user", claims.redirect_user)
        .token("ticket", claims.ticket.as_ref())
        .into_value()
}

/// The owner has to decide. The text gives no status; 403 is what 2.0 says (our choice).
pub(super) fn write_submitted(style: Style) -> HttpResponse {
    style.answer(403, style.members("request_submitted"))
}

/// The answer for an error code that only this endpoint has; none for any other.
pub(super) fn read_error(code: &str, body: &Value) -> Option<Result<Response, Kind>> {
    match code {
        "need_info" => Some(read_need_info(body).map(Response::InfoNeeded)),
        "request_submitted" => Some(Ok(Response::RequestSubmitted { ticket: None, interval_secs: None })),
        _ => None,
    }
}

fn read_need_info(body: &Value) -> Result<ErrorDetails, Kind> {
    let Some(details) = Object::of(body)?.get("error_details") else { return Ok(ErrorDetails::default()) };
    let details = Object::of(details)?;
    Ok(ErrorDetails {
        required_acr: match details.get("authentication_context") {
            Some(context) => Object::of(context)?.required_words("required_acr")?,
            None => Vec::new(),
        },
        requesting_party_claims: details.get("requesting_party_claims").map(read_claims).transpose()?,
    })
}

fn read_claims(claims: &Value) -> Result<RequestingPartyClaims, Kind> {
    let object = Object::of(claims)?;
    let (hints, redirect_user) = (object.array("required_claims")?, object.flag("redirect_user")?);
    if hints.is_none() && redirect_user.is_none() {
        return Err(missing("required_claims"));
    }
    Ok(RequestingPartyClaims {
        required_claims: hints.unwrap_or_default().iter().map(read_claim).collect::<Result<_, Kind>>()?,
        redirect_user: redirect_user.unwrap_or_default(),
        ticket: object.token("ticket")?,
    })
}
