//! The steps of 2.0: the sections of the Grant and of Federated Authorization.

use super::{Branch, alike, part};
use crate::report::reader::{Asked, Purpose};
use crate::trace::truth::RoleKind;
use crate::wire::oauth::TokenRequest;
use crate::wire::page::{Form, Page};
use crate::wire::{ErrorCode, Failure, Request, Response};

pub(super) const BRANCHES: &[Branch] = &[
    part(None, "configuration", "Grant §2", "the authorization server publishes its metadata"),
    part(None, "protection", "FedAuthz §1.2", "the resource owner has resources protected"),
    part(Some("protection"), "rs-registration", "FedAuthz §1.5", "the resource server gets client credentials"),
    part(Some("protection"), "pat", "FedAuthz §1.3", "the resource server obtains a PAT from the resource owner"),
    part(Some("pat"), "pat-approval", "FedAuthz §1.3", "the resource owner approves"),
    part(Some("pat"), "pat-issued", "FedAuthz §1.3", "the token endpoint issues a PAT"),
    part(Some("pat"), "pat-refused", "FedAuthz §1.3", "no PAT is issued"),
    part(Some("protection"), "resource", "FedAuthz §3", "the resource server registers resources"),
    part(Some("resource"), "create", "FedAuthz §3.2.1", "a resource is created"),
    part(Some("resource"), "update", "FedAuthz §3.2.3", "a resource is updated"),
    part(Some("resource"), "delete", "FedAuthz §3.2.4", "a resource is deleted"),
    part(Some("resource"), "list", "FedAuthz §3.2.5", "the resources are listed"),
    part(Some("resource"), "resource-error", "FedAuthz §6", "a registration request is refused"),
    part(None, "tokenless", "Grant §3.1", "the client requests a resource without an access token"),
    part(Some("tokenless"), "permission", "FedAuthz §4.1", "the resource server requests permissions"),
    part(Some("permission"), "permission-ticket", "FedAuthz §4.2", "the authorization server answers with a ticket"),
    part(Some("permission"), "permission-error", "FedAuthz §4.3", "the permission request is refused"),
    part(Some("tokenless"), "ticket-given", "Grant §3.2.1", "401 with the authorization server and a ticket"),
    part(Some("tokenless"), "no-ticket", "Grant §3.2.2", "403 with a warning: no ticket could be had"),
    part(None, "seek-rpt", "Grant §3.3", "the client seeks an RPT on the requesting party's behalf"),
    part(Some("seek-rpt"), "client-registration", "Grant §3.3", "the client gets client credentials"),
    part(Some("seek-rpt"), "rpt-request", "Grant §3.3.1", "the client presents the ticket at the token endpoint"),
    part(Some("rpt-request"), "push-claims", "Grant §3.3.1", "the client pushes a claim token"),
    part(Some("rpt-request"), "present-pct", "Grant §3.3.1", "the client presents a PCT"),
    part(Some("seek-rpt"), "claims", "Grant §3.3.2", "claims are gathered from the requesting party"),
    part(
        Some("claims"),
        "claims-redirect",
        "Grant §3.3.2",
        "the client sends the requesting party to the authorization server",
    ),
    part(Some("claims"), "claims-asked", "Grant §5.7", "the authorization server asks the requesting party for claims"),
    part(Some("claims"), "claims-return", "Grant §3.3.3", "the requesting party comes back with a new ticket"),
    part(Some("claims"), "claims-refused", "Grant §3.3.3", "no claims are given; no ticket"),
    part(Some("seek-rpt"), "result", "Grant §3.3.4", "the authorization server assesses the request"),
    part(Some("result"), "rpt-issued", "Grant §3.3.5", "an RPT is issued"),
    part(Some("result"), "rpt-upgraded", "Grant §3.3.5.1", "the RPT is upgraded"),
    part(Some("result"), "need-info", "Grant §3.3.6", "need_info: claims are needed, with a new ticket"),
    part(
        Some("result"),
        "request-submitted",
        "Grant §3.3.6",
        "request_submitted: the owner has to decide, with a new ticket",
    ),
    part(Some("result"), "request-denied", "Grant §3.3.6", "request_denied: policy says no"),
    part(Some("result"), "invalid-grant", "Grant §3.3.6", "invalid_grant: the ticket is not good"),
    part(Some("result"), "invalid-scope", "Grant §3.3.6", "invalid_scope: a scope is not available"),
    part(Some("result"), "rpt-error", "Grant §3.3.6", "the request is refused for another reason"),
    part(None, "with-rpt", "Grant §3.4", "the client requests the resource with an RPT"),
    part(Some("with-rpt"), "introspection", "FedAuthz §5.1", "the resource server introspects the RPT"),
    part(Some("introspection"), "status-valid", "FedAuthz §5.1.1", "the RPT is active; its permissions are listed"),
    part(Some("introspection"), "status-invalid", "FedAuthz §5.1.1", "the RPT is inactive"),
    part(Some("with-rpt"), "released", "Grant §3.5", "the RPT suffices: the resource"),
    part(Some("with-rpt"), "insufficient", "Grant §3.5", "the RPT does not suffice: 401 with a new ticket"),
    part(Some("with-rpt"), "with-rpt-no-ticket", "Grant §3.5", "the RPT does not suffice and no ticket could be had"),
    part(Some("with-rpt"), "own-rules", "FedAuthz §1.4", "the resource server refuses by its own rules"),
    part(None, "refresh", "Grant §3.6", "the client refreshes an RPT"),
    part(Some("refresh"), "refreshed", "Grant §3.6", "a new RPT without a new assessment"),
    part(Some("refresh"), "refresh-refused", "Grant §3.6", "the refresh token is not good"),
    part(None, "revocation", "Grant §3.7", "the client revokes a token"),
];

pub(super) fn of_request(asked: &Asked<'_>) -> Option<&'static str> {
    match &asked.call.message {
        Request::GetConfiguration => Some("configuration"),
        Request::RegisterClient(_) => Some(alike::registration(asked)),
        Request::Authorize(_) | Request::AuthorizationReturn(_) => approval(asked.purpose),
        Request::Token(request) => token_request(asked, request),
        Request::Revoke(_) => Some("revocation"),
        Request::CreateResource { .. } => Some("create"),
        // Our resource server keeps what it registered and never reads it back.
        Request::ReadResource { .. } => Some("resource"),
        Request::UpdateResource { .. } => Some("update"),
        Request::DeleteResource { .. } => Some("delete"),
        Request::ListResources => Some("list"),
        Request::RequestPermissions { .. } => Some("permission"),
        Request::Introspect(_) => Some("introspection"),
        Request::ClaimsInteraction(_) => Some("claims-redirect"),
        Request::ClaimsReturn(back) if back.error.is_some() => Some("claims-refused"),
        Request::ClaimsReturn(_) => Some("claims-return"),
        Request::Form(Form::GiveClaims { .. }) => Some("claims-asked"),
        Request::Access { .. } => Some(if asked.bearer.is_some() { "with-rpt" } else { "tokenless" }),
        Request::GetJwks
        | Request::GetScopeDescription
        | Request::RequestRpt
        | Request::RequestRptForTicket(_)
        | Request::RequestAuthorizationData { .. }
        | Request::Form(_)
        | Request::GetAccount
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Connect { .. }
        | Request::Fetch { .. } => None,
    }
}

fn approval(purpose: Option<Purpose>) -> Option<&'static str> {
    (purpose? == Purpose::Pat).then_some("pat-approval")
}

fn token_request(asked: &Asked<'_>, request: &TokenRequest) -> Option<&'static str> {
    match request {
        TokenRequest::UmaTicket(grant) if grant.claim_token.is_some() => Some("push-claims"),
        TokenRequest::UmaTicket(grant) if grant.pct.is_some() => Some("present-pct"),
        TokenRequest::UmaTicket(_) => Some("rpt-request"),
        // Only resource servers hold PATs, only clients RPTs.
        TokenRequest::Refresh { .. } if asked.asker == Some(RoleKind::ResourceServer) => Some("pat"),
        TokenRequest::Refresh { .. } => Some("refresh"),
        TokenRequest::AuthorizationCode { .. }
        | TokenRequest::ClientCredentials { .. }
        | TokenRequest::Saml2Bearer { .. }
        | TokenRequest::ExchangeForAssertion { .. }
        | TokenRequest::Other(_) => (asked.purpose? == Purpose::Pat).then_some("pat"),
    }
}

pub(super) fn of_answer(asked: &Asked<'_>, response: &Response, purpose: Option<Purpose>) -> Option<&'static str> {
    match (&asked.call.message, response) {
        (Request::Access { .. }, _) => access_answer(asked, response),
        (Request::Token(request), _) => token_answer(asked, request, response, purpose),
        (_, Response::Redirect { message, .. }) => alike::redirect(message, approval(purpose)),
        (_, Response::Page(Page::GiveClaims { .. })) => Some("claims-asked"),
        _ => alike::protection_answer(asked, response, "resource-error").or_else(|| of_request(asked)),
    }
}

fn access_answer(asked: &Asked<'_>, response: &Response) -> Option<&'static str> {
    let with_rpt = asked.bearer.is_some();
    match response {
        Response::Challenge(_) => Some(if with_rpt { "insufficient" } else { "ticket-given" }),
        Response::AuthorizationServerUnreachable { .. } => {
            Some(if with_rpt { "with-rpt-no-ticket" } else { "no-ticket" })
        }
        // A resource that is not protected is answered without an RPT: no step of the protocol.
        Response::Content { .. } => with_rpt.then_some("released"),
        Response::Refused { .. } | Response::Failure(_) => Some("own-rules"),
        _ => None,
    }
}

fn token_answer(
    asked: &Asked<'_>,
    request: &TokenRequest,
    response: &Response,
    purpose: Option<Purpose>,
) -> Option<&'static str> {
    match request {
        TokenRequest::UmaTicket(_) => Some(assessment(response)),
        _ if purpose.or(asked.purpose) == Some(Purpose::Pat) => Some(by_outcome(response, "pat-issued", "pat-refused")),
        TokenRequest::Refresh { .. } if asked.asker == Some(RoleKind::ResourceServer) => {
            Some(by_outcome(response, "pat-issued", "pat-refused"))
        }
        TokenRequest::Refresh { .. } => Some(by_outcome(response, "refreshed", "refresh-refused")),
        TokenRequest::AuthorizationCode { .. }
        | TokenRequest::ClientCredentials { .. }
        | TokenRequest::Saml2Bearer { .. }
        | TokenRequest::ExchangeForAssertion { .. }
        | TokenRequest::Other(_) => None,
    }
}

const fn by_outcome(response: &Response, good: &'static str, bad: &'static str) -> &'static str {
    if matches!(response, Response::Token(_)) { good } else { bad }
}

fn assessment(response: &Response) -> &'static str {
    match response {
        Response::Token(tokens) if tokens.upgraded => "rpt-upgraded",
        Response::Token(_) => "rpt-issued",
        Response::NeedInfo { .. } => "need-info",
        Response::RequestSubmitted { .. } => "request-submitted",
        Response::Failure(Failure { code: Some(code), .. }) => match code {
            ErrorCode::RequestDenied => "request-denied",
            ErrorCode::InvalidGrant => "invalid-grant",
            ErrorCode::InvalidScope => "invalid-scope",
            _ => "rpt-error",
        },
        _ => "rpt-error",
    }
}
