//! The UMA grant at the token endpoint (Grant §3.3.1) and the errors that only it has (Grant §3.3.6).

use crate::wire::codec::claim_hints::{read_claim, write_claim};
use crate::wire::codec::credentials;
use crate::wire::codec::failure::Style;
use crate::wire::codec::http::HttpResponse;
use crate::wire::codec::json::{Members, Object, missing};
use crate::wire::codec::oauth::token;
use crate::wire::codec::parameters::Parameters;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::{PushedClaimToken, TokenRequest, UmaTicketGrant};
use crate::wire::{Credentials, Response, Token};
use serde_json::Value;

pub(super) fn write(grant: &UmaTicketGrant, credentials: &Credentials) -> String {
    let pushed = grant.claim_token.as_ref();
    let pairs = token::write_request(&TokenRequest::UmaTicket(grant.clone()))
        .put("ticket", grant.ticket.expose())
        .token("claim_token", pushed.map(|pushed| &pushed.token))
        .maybe("claim_token_format", pushed.map(|pushed| &*pushed.format))
        .token("pct", grant.pct.as_ref())
        .token("rpt", grant.rpt.as_ref())
        .scopes(&grant.scope);
    credentials::in_form(pairs, credentials).finish()
}

pub(super) fn read(form: &Parameters<'_>) -> Result<UmaTicketGrant, Kind> {
    Ok(UmaTicketGrant {
        ticket: form.required_token("ticket")?,
        claim_token: read_pushed(form)?,
        pct: form.token("pct")?,
        rpt: form.token("rpt")?,
        scope: form.scopes()?,
    })
}

// Grant §3.3.1: "If this parameter is used, it MUST be accompanied by the claim_token_format parameter", and back.
fn read_pushed(form: &Parameters<'_>) -> Result<Option<PushedClaimToken>, Kind> {
    match (form.text("claim_token")?, form.text("claim_token_format")?) {
        (Some(token), Some(format)) => Ok(Some(PushedClaimToken { token: Token::new(token), format: format.into() })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing("claim_token_format")),
        (None, Some(_)) => Err(missing("claim_token")),
    }
}

/// `need_info` or `request_submitted` as an answer.
pub(super) fn write_error(style: Style, message: &Response) -> HttpResponse {
    let members = match message {
        Response::NeedInfo { ticket, required_claims, redirect_user } => {
            let claims: Vec<Value> = required_claims.iter().map(write_claim).collect();
            style
                .members("need_info")
                .token("ticket", ticket.as_ref())
                .maybe("required_claims", (!claims.is_empty()).then_some(claims))
                .uri("redirect_user", redirect_user.as_ref())
        }
        Response::RequestSubmitted { ticket, interval_secs } => {
            style.members("request_submitted").token("ticket", ticket.as_ref()).maybe("interval", *interval_secs)
        }
        _ => Members::default(),
    };
    style.answer(403, members)
}

/// The answer for an error code that only this grant has; none for any other.
pub(super) fn read_error(code: &str, body: &Value) -> Option<Result<Response, Kind>> {
    match code {
        "need_info" => Some(read_need_info(body)),
        "request_submitted" => Some(read_submitted(body)),
        _ => None,
    }
}

fn read_need_info(body: &Value) -> Result<Response, Kind> {
    let object = Object::of(body)?;
    let claims = object.array("required_claims")?.unwrap_or_default();
    Ok(Response::NeedInfo {
        ticket: Some(object.required_token("ticket")?),
        required_claims: claims.iter().map(read_claim).collect::<Result<_, Kind>>()?,
        redirect_user: object.word("redirect_user")?,
    })
}

fn read_submitted(body: &Value) -> Result<Response, Kind> {
    let object = Object::of(body)?;
    let interval_secs = object.number("interval")?;
    Ok(Response::RequestSubmitted { ticket: Some(object.required_token("ticket")?), interval_secs })
}
