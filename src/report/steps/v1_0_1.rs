//! The steps of 1.0.1: the sections of Core §3, with Resource Set Registration, and the AAT of §1.3.2 before them.

use super::{Branch, alike, part};
use crate::report::reader::{Asked, Purpose};
use crate::trace::truth::RoleKind;
use crate::wire::oauth::TokenRequest;
use crate::wire::page::{Form, Page};
use crate::wire::request::AuthorizationState;
use crate::wire::{ErrorCode, Request, Response};

pub(super) const BRANCHES: &[Branch] = &[
    part(None, "configuration", "§1.4", "the authorization server publishes its configuration data"),
    part(None, "phase-1", "§2", "the resource owner has resource sets protected"),
    part(Some("phase-1"), "rs-registration", "§1.4", "the resource server gets client credentials"),
    part(Some("phase-1"), "pat", "§1.3.1", "the resource server obtains a PAT from the resource owner"),
    part(Some("pat"), "pat-approval", "§1.3.1", "the resource owner approves at the authorization endpoint"),
    part(Some("pat"), "pat-issued", "§1.3.1", "the token endpoint issues a PAT"),
    part(Some("pat"), "pat-refused", "§1.3.1", "no PAT is issued"),
    part(Some("phase-1"), "resource-set", "§2", "the resource server registers resource sets"),
    part(Some("resource-set"), "create", "RSR §2.2.1", "a resource set is created"),
    part(Some("resource-set"), "update", "RSR §2.2.3", "a resource set is updated"),
    part(Some("resource-set"), "delete", "RSR §2.2.4", "a resource set is deleted"),
    part(Some("resource-set"), "list", "RSR §2.2.5", "the resource sets are listed"),
    part(Some("resource-set"), "resource-set-error", "RSR §3", "a registration request is refused"),
    part(Some("resource-set"), "scope", "RSR §2.1.2", "the authorization server asks what a scope is called"),
    part(Some("scope"), "scope-described", "RSR §2.1.1", "the scope is described"),
    part(None, "attempt", "§3.1", "the client attempts access"),
    part(Some("attempt"), "tokenless", "§3.1.1", "the attempt has no RPT"),
    part(Some("attempt"), "with-rpt", "§3.1.2", "the attempt has an RPT"),
    part(Some("with-rpt"), "introspection", "§3.4.2", "the resource server introspects the RPT"),
    part(Some("introspection"), "status-valid", "§3.4.2", "the RPT is active; its permissions are listed"),
    part(Some("introspection"), "status-invalid", "§3.4.2", "the RPT is not active"),
    part(None, "permission", "§3.2", "the resource server registers a requested permission"),
    part(
        Some("permission"),
        "permission-ticket",
        "§3.2.3",
        "the authorization server answers with a permission ticket",
    ),
    part(Some("permission"), "permission-error", "§3.2.4", "the registration is refused"),
    part(None, "response", "§3.3", "the resource server responds to the client"),
    part(Some("response"), "ticket-given", "§3.3.1", "no RPT: the authorization server and the ticket"),
    part(Some("response"), "rpt-invalid", "§3.3.1", "an invalid RPT: 401 with a ticket"),
    part(Some("response"), "rpt-insufficient", "§3.3.1", "an RPT that is not enough: 403 with a ticket"),
    part(Some("response"), "no-ticket", "§3.3.2", "a warning: no ticket could be had"),
    part(Some("response"), "released", "§3.3.3", "the RPT suffices: the resource"),
    part(Some("response"), "own-rules", "§3.3.3", "the resource server refuses by its own rules"),
    part(None, "seek", "§3.5", "the client seeks authorization"),
    part(Some("seek"), "client-registration", "§3.5", "the client gets client credentials"),
    part(Some("seek"), "aat", "§1.3.2", "the client obtains an AAT"),
    part(Some("aat"), "aat-approval", "§1.3.2", "the requesting party approves at the authorization endpoint"),
    part(Some("aat"), "aat-issued", "§1.3.2", "the token endpoint issues an AAT"),
    part(Some("aat"), "aat-refused", "§1.3.2", "no AAT is issued"),
    part(Some("seek"), "rpt-request", "§3.5.1", "the client presents the ticket at the RPT endpoint"),
    part(Some("rpt-request"), "with-old-rpt", "§3.5.1", "the RPT of the failed attempt goes along"),
    part(Some("rpt-request"), "push-claims", "§3.6.2", "the client pushes claim tokens"),
    part(Some("seek"), "assessment", "§3.5.2", "the authorization server assesses the request"),
    part(Some("assessment"), "rpt-granted", "§3.5.3", "200 with the RPT"),
    part(Some("assessment"), "need-info", "§3.5.4", "need_info: something more is needed"),
    part(Some("need-info"), "need-acr", "§3.5.4.1", "hints about a stronger sign-in"),
    part(Some("need-info"), "need-claims", "§3.5.4.2", "hints about claims"),
    part(Some("assessment"), "request-submitted", "§3.5.4", "request_submitted: the resource owner has to decide"),
    part(Some("assessment"), "not-authorized", "§3.5.4", "not_authorized: policy says no"),
    part(Some("assessment"), "invalid-ticket", "§3.5.4", "invalid_ticket: the ticket is unknown or was granted on"),
    part(Some("assessment"), "expired-ticket", "§3.5.4", "expired_ticket: the ticket is too old"),
    part(Some("assessment"), "aat-error", "§1.3.2", "the AAT is missing, invalid or not meant for this"),
    part(Some("assessment"), "rpt-error", "§4.2", "the request is refused for another reason"),
    part(None, "more", "§3.6", "the client responds to the request for more information"),
    part(Some("more"), "step-up", "§3.6.1", "the requesting party signs in more strongly"),
    part(Some("more"), "claims", "§3.6.3", "claims are gathered from the requesting party"),
    part(
        Some("claims"),
        "claims-redirect",
        "§3.6.3",
        "the client sends the requesting party to the authorization server",
    ),
    part(Some("claims"), "claims-asked", "§3.6.3", "the authorization server asks the requesting party for claims"),
    part(Some("claims"), "claims-return", "§3.6.3", "the requesting party comes back: claims_submitted"),
    part(Some("claims"), "claims-not-authorized", "§3.6.3", "the requesting party comes back: not_authorized"),
    part(Some("claims"), "claims-need-info", "§3.6.3", "the requesting party comes back: need_info, with the ticket"),
    part(Some("claims"), "claims-submitted-to-owner", "§3.6.3", "the requesting party comes back: request_submitted"),
    part(Some("claims"), "claims-refused", "§3.6.3", "no claims are given"),
];

pub(super) fn of_request(asked: &Asked<'_>) -> Option<&'static str> {
    match &asked.call.message {
        Request::GetConfiguration => Some("configuration"),
        Request::RegisterClient(_) => Some(alike::registration(asked)),
        Request::Authorize(request) if !request.acr_values.is_empty() => Some("step-up"),
        Request::Authorize(_) | Request::AuthorizationReturn(_) => alike::approval(asked.purpose),
        Request::Token(request) => token_request(asked, request),
        Request::CreateResource { .. } => Some("create"),
        // Our resource server keeps what it registered and never reads it back.
        Request::ReadResource { .. } => Some("resource-set"),
        Request::UpdateResource { .. } => Some("update"),
        Request::DeleteResource { .. } => Some("delete"),
        Request::ListResources => Some("list"),
        Request::GetScopeDescription => Some("scope"),
        Request::RequestPermissions { .. } => Some("permission"),
        Request::Introspect(_) => Some("introspection"),
        Request::RequestRptForTicket(presented) if !presented.claim_tokens.is_empty() => Some("push-claims"),
        Request::RequestRptForTicket(presented) if presented.rpt.is_some() => Some("with-old-rpt"),
        Request::RequestRptForTicket(_) => Some("rpt-request"),
        Request::ClaimsInteraction(_) => Some("claims-redirect"),
        Request::ClaimsReturn(back) if back.error.is_some() => Some("claims-refused"),
        Request::ClaimsReturn(back) => Some(returned(back.authorization_state)),
        Request::Form(Form::GiveClaims { .. }) => Some("claims-asked"),
        Request::Access { .. } => Some(if asked.bearer.is_some() { "with-rpt" } else { "tokenless" }),
        Request::GetJwks
        | Request::RequestRpt
        | Request::RequestAuthorizationData { .. }
        | Request::Revoke(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Connect { .. }
        | Request::Fetch { .. } => None,
    }
}

const fn returned(state: Option<AuthorizationState>) -> &'static str {
    match state {
        Some(AuthorizationState::NotAuthorized) => "claims-not-authorized",
        Some(AuthorizationState::NeedInfo) => "claims-need-info",
        Some(AuthorizationState::RequestSubmitted) => "claims-submitted-to-owner",
        Some(AuthorizationState::ClaimsSubmitted) | None => "claims-return",
    }
}

fn token_request(asked: &Asked<'_>, request: &TokenRequest) -> Option<&'static str> {
    match (asked.purpose, request) {
        (Some(Purpose::Pat), _) => Some("pat"),
        (Some(Purpose::Aat), _) => Some("aat"),
        // Only resource servers hold PATs, only clients AATs.
        (_, TokenRequest::Refresh { .. }) if asked.asker == Some(RoleKind::ResourceServer) => Some("pat"),
        (_, TokenRequest::Refresh { .. }) => Some("aat"),
        (_, _) => None,
    }
}

pub(super) fn of_answer(asked: &Asked<'_>, response: &Response, purpose: Option<Purpose>) -> Option<&'static str> {
    match (&asked.call.message, response) {
        (Request::Access { .. }, _) => access_answer(asked, response),
        (Request::RequestRptForTicket(_), _) => Some(assessment(response)),
        // The grant of 2.0 is none here: RPTs come from the RPT endpoint alone.
        (Request::Token(TokenRequest::UmaTicket(_)), _) => Some("rpt-error"),
        (Request::Token(_), _) => alike::token_answer(asked, response, purpose).or_else(|| of_request(asked)),
        (Request::GetScopeDescription, Response::ScopeDescription(_)) => Some("scope-described"),
        (_, Response::Redirect { message, .. }) => redirect(message, purpose),
        (_, Response::Page(Page::GiveClaims { .. })) => Some("claims-asked"),
        _ => alike::protection_answer(asked, response, "resource-set-error").or_else(|| of_request(asked)),
    }
}

fn access_answer(asked: &Asked<'_>, response: &Response) -> Option<&'static str> {
    use crate::wire::ChallengeReason::MoreNeeded;
    let with_rpt = asked.bearer.is_some();
    match response {
        Response::Challenge(challenge) => Some(match &challenge.reason {
            MoreNeeded(_) => "rpt-insufficient",
            _ if with_rpt => "rpt-invalid",
            _ => "ticket-given",
        }),
        Response::AuthorizationServerUnreachable { .. } => Some("no-ticket"),
        // A resource that is not protected is answered without an RPT: no step of the protocol.
        Response::Content { .. } => with_rpt.then_some("released"),
        Response::Refused { .. } | Response::Failure(_) => Some("own-rules"),
        _ => None,
    }
}

fn assessment(response: &Response) -> &'static str {
    match response {
        Response::RptGranted(_) => "rpt-granted",
        Response::InfoNeeded(details) if !details.required_acr.is_empty() => "need-acr",
        Response::InfoNeeded(details) if details.requesting_party_claims.is_some() => "need-claims",
        Response::InfoNeeded(_) => "need-info",
        Response::RequestSubmitted { .. } => "request-submitted",
        Response::Failure(failure) => match (&failure.code, failure.status) {
            (Some(ErrorCode::NotAuthorized), _) => "not-authorized",
            (Some(ErrorCode::InvalidTicket), _) => "invalid-ticket",
            (Some(ErrorCode::ExpiredTicket), _) => "expired-ticket",
            (Some(ErrorCode::InvalidToken | ErrorCode::InsufficientScope), _) | (None, 401) => "aat-error",
            (_, _) => "rpt-error",
        },
        _ => "rpt-error",
    }
}

fn redirect(message: &Request, purpose: Option<Purpose>) -> Option<&'static str> {
    match message {
        Request::Authorize(request) if !request.acr_values.is_empty() => Some("step-up"),
        Request::Authorize(_) | Request::AuthorizationReturn(_) => alike::approval(purpose),
        Request::ClaimsInteraction(_) => Some("claims-redirect"),
        Request::ClaimsReturn(back) if back.error.is_some() => Some("claims-refused"),
        Request::ClaimsReturn(back) => Some(returned(back.authorization_state)),
        _ => None,
    }
}
