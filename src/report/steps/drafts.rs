//! Which step of the drafts a message is: §3 of either numbers them 1.A, 1.B.1 to 1.B.3, 2, 3 and 3.A. What they are
//! called, and where what they embed stands, is in [`super::draft05`] and [`super::draft06`].

use super::alike;
use crate::report::reader::{Asked, Purpose};
use crate::trace::truth::RoleKind;
use crate::wire::oauth::TokenRequest;
use crate::wire::page::{Form, Page};
use crate::wire::{ChallengeReason, ErrorCode, Request, Response};

pub(super) fn of_request(asked: &Asked<'_>) -> Option<&'static str> {
    match &asked.call.message {
        Request::GetConfiguration => Some("configuration"),
        Request::RegisterClient(_) => Some(alike::registration(asked)),
        Request::Authorize(_) | Request::AuthorizationReturn(_) => alike::approval(asked.purpose),
        Request::Token(request) => token_request(asked, request),
        Request::CreateResource { .. } => Some("create"),
        Request::ReadResource { .. } => Some("read"),
        Request::UpdateResource { .. } => Some("update"),
        Request::DeleteResource { .. } => Some("delete"),
        Request::ListResources => Some("list"),
        Request::RequestPermissions { .. } => Some("permission"),
        Request::Introspect(_) => Some("status"),
        Request::RequestRpt => Some("2"),
        Request::RequestAuthorizationData { .. } => Some("3"),
        Request::ClaimsInteraction(_) => Some("claims-redirect"),
        Request::ClaimsReturn(back) if back.error.is_some() => Some("claims-refused"),
        Request::ClaimsReturn(_) => Some("claims-return"),
        Request::Form(Form::GiveClaims { .. }) => Some("claims-asked"),
        Request::Access { .. } => Some(if asked.bearer.is_some() { "1.B" } else { "1" }),
        Request::GetScopeDescription => Some("scope"),
        Request::GetJwks
        | Request::RequestRptForTicket(_)
        | Request::Revoke(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Connect { .. }
        | Request::Fetch { .. } => None,
    }
}

fn token_request(asked: &Asked<'_>, request: &TokenRequest) -> Option<&'static str> {
    match (asked.purpose, request) {
        (Some(Purpose::Pat), _) => Some("pat"),
        (Some(Purpose::Aat), _) => Some("3.A"),
        (_, TokenRequest::Refresh { .. }) => Some(pat_or_aat(asked)),
        (_, _) => None,
    }
}

// Only resource servers hold PATs, only clients AATs.
fn pat_or_aat(asked: &Asked<'_>) -> &'static str {
    if asked.asker == Some(RoleKind::ResourceServer) { "pat" } else { "3.A" }
}

pub(super) fn of_answer(asked: &Asked<'_>, response: &Response, purpose: Option<Purpose>) -> Option<&'static str> {
    match (&asked.call.message, response) {
        (Request::Access { .. }, _) => access_answer(asked, response),
        (Request::RequestAuthorizationData { .. }, _) => Some(authorization_data_answer(response)),
        (Request::Token(_), _) => alike::token_answer(asked, response, purpose).or_else(|| of_request(asked)),
        (Request::RequestRpt, Response::RptIssued(_)) => Some("2.issued"),
        (Request::RequestRpt, _) => Some("2.error"),
        (Request::GetScopeDescription, Response::ScopeDescription(_)) => Some("scope-described"),
        (_, Response::Redirect { message, .. }) => alike::redirect(message, alike::approval(purpose)),
        (_, Response::Page(Page::GiveClaims { .. })) => Some("claims-asked"),
        _ => alike::protection_answer(asked, response, "resource-set-error").or_else(|| of_request(asked)),
    }
}

fn access_answer(asked: &Asked<'_>, response: &Response) -> Option<&'static str> {
    let with_rpt = asked.bearer.is_some();
    match response {
        Response::Challenge(challenge) => match &challenge.reason {
            ChallengeReason::RptNeeded if with_rpt => Some("1.B.1"),
            ChallengeReason::RptNeeded => Some("1.A"),
            ChallengeReason::AuthorizationDataNeeded(_)
            | ChallengeReason::TicketGiven(_)
            | ChallengeReason::MoreNeeded(_) => Some("1.B.2"),
        },
        // A resource that is not protected is answered without an RPT: no step of the protocol.
        Response::Content { .. } => with_rpt.then_some("1.B.3"),
        Response::AuthorizationServerUnreachable { .. } => Some("1.unreachable"),
        Response::Refused { .. } | Response::Failure(_) => Some("1.own-rules"),
        _ => None,
    }
}

fn authorization_data_answer(response: &Response) -> &'static str {
    match response {
        Response::AuthorizationDataAdded => "3.granted",
        Response::NeedInfo { .. } => "3.need-claims",
        Response::RequestSubmitted { .. } => "3.submitted",
        Response::Failure(failure) => match failure.code {
            Some(ErrorCode::NotAuthorizedPermission) => "3.not-authorized",
            Some(ErrorCode::InvalidRequesterTicket) => "3.invalid-ticket",
            Some(ErrorCode::ExpiredRequesterTicket) => "3.expired-ticket",
            _ => "3.error",
        },
        _ => "3.error",
    }
}
