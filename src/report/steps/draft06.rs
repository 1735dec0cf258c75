//! The steps of draft-06: §3 numbers them 1.A, 1.B.1 to 1.B.3, 2, 3 and 3.A; what they embed has sections of its own.

use super::Branch;
use crate::report::reader::{Asked, Purpose};
use crate::trace::truth::RoleKind;
use crate::wire::oauth::TokenRequest;
use crate::wire::page::{Form, Page};
use crate::wire::{ChallengeReason, ErrorCode, Request, Response};

const fn part(parent: Option<&'static str>, id: &'static str, place: &'static str, sentence: &'static str) -> Branch {
    Branch { id, parent, place, sentence }
}

pub(super) const BRANCHES: &[Branch] = &[
    part(None, "configuration", "§1.5", "the authorization server publishes its configuration"),
    part(None, "phase-1", "§2", "the resource owner has resources protected"),
    part(Some("phase-1"), "rs-registration", "§2", "the resource server gets client credentials"),
    part(Some("phase-1"), "pat", "§2.1", "the resource server obtains a PAT from the resource owner"),
    part(Some("pat"), "pat-approval", "§2.1", "the resource owner approves at the user endpoint"),
    part(Some("pat"), "pat-issued", "§2.1", "the token endpoint issues a PAT"),
    part(Some("pat"), "pat-refused", "§2.1", "no PAT is issued"),
    part(Some("phase-1"), "resource-set", "§2.2", "the resource server registers resource sets"),
    part(Some("resource-set"), "create", "RSR §2.3.1", "a resource set is created"),
    part(Some("resource-set"), "read", "RSR §2.3.2", "a resource set is read"),
    part(Some("resource-set"), "update", "RSR §2.3.3", "a resource set is updated"),
    part(Some("resource-set"), "delete", "RSR §2.3.4", "a resource set is deleted"),
    part(Some("resource-set"), "list", "RSR §2.3.5", "the resource sets are listed"),
    part(Some("resource-set"), "resource-set-error", "RSR §3", "a registration request is refused"),
    part(None, "1", "§3 1", "the client attempts access at a protected resource"),
    part(Some("1"), "1.A", "§3 1.A", "no RPT: 401 and where to get one"),
    part(Some("1"), "1.B", "§3 1.B", "an RPT: the resource server checks its status"),
    part(Some("1.B"), "status", "§3.3", "the RPT status is asked for"),
    part(Some("status"), "status-valid", "§3.3.1", "the RPT is valid; its permissions are listed"),
    part(Some("status"), "status-invalid", "§3.3.1", "the RPT is invalid"),
    part(Some("1.B"), "1.B.1", "§3 1.B.1", "the RPT is invalid: 401 and where to get one"),
    part(Some("1.B"), "1.B.2", "§3 1.B.2", "insufficient authorization data: 403 and a permission ticket"),
    part(Some("1.B.2"), "permission", "§3.2", "the resource server registers a permission"),
    part(Some("permission"), "permission-ticket", "§3.2", "the authorization server answers with a permission ticket"),
    part(Some("permission"), "permission-error", "§3.2", "the permission is refused"),
    part(Some("1.B"), "1.B.3", "§3 1.B.3", "sufficient authorization data: 200 and the resource"),
    part(
        Some("1"),
        "1.unreachable",
        "§3.1 (our choice)",
        "the authorization server cannot be asked: nothing is released",
    ),
    part(Some("1"), "1.own-rules", "§3.1", "the resource server refuses by its own rules"),
    part(None, "2", "§3 2", "the client requests an RPT"),
    part(Some("2"), "2.issued", "§3.4.2", "an RPT without authorization data is issued"),
    part(Some("2"), "2.error", "§3.4.2", "the RPT request is refused"),
    part(None, "3", "§3 3", "the client asks for authorization data with the ticket"),
    part(Some("3"), "client-registration", "§3.4", "the client gets client credentials"),
    part(Some("3"), "3.A", "§3 3.A", "the client first obtains an AAT"),
    part(Some("3.A"), "aat-approval", "§3.4.1", "the requesting party approves at the user endpoint"),
    part(Some("3.A"), "aat-issued", "§3.4.1", "the token endpoint issues an AAT"),
    part(Some("3.A"), "aat-refused", "§3.4.1", "no AAT is issued"),
    part(Some("3"), "3.granted", "§3.4.3", "the RPT now carries the authorization data"),
    part(Some("3"), "3.need-claims", "§3.4.3", "need_claims: the authorization server needs claims"),
    part(Some("3"), "3.submitted", "§3.4.3 (our choice)", "the resource owner has to decide first"),
    part(Some("3"), "3.not-authorized", "§3.4.3", "not_authorized_permission: policy says no"),
    part(Some("3"), "3.invalid-ticket", "§3.4.3", "invalid_requester_ticket: the ticket is unknown"),
    part(Some("3"), "3.expired-ticket", "§3.4.3", "expired_requester_ticket: the ticket is too old"),
    part(Some("3"), "3.error", "§3.4.3", "the request is refused for another reason"),
    part(Some("3"), "claims", "§3.5", "claims are gathered from the requesting party"),
    part(
        Some("claims"),
        "claims-redirect",
        "§3.5.1",
        "the client sends the requesting party to the authorization server",
    ),
    part(Some("claims"), "claims-asked", "§3.5.1", "the authorization server asks the requesting party for claims"),
    part(Some("claims"), "claims-return", "§3.5.1", "the requesting party comes back to the client"),
    part(Some("claims"), "claims-refused", "§3.5.1", "no claims are given"),
];

pub(super) fn of_request(asked: &Asked<'_>) -> Option<&'static str> {
    match &asked.call.message {
        Request::GetConfiguration => Some("configuration"),
        Request::RegisterClient(_) => Some(registration(asked)),
        Request::Authorize(_) | Request::AuthorizationReturn(_) => approval(asked.purpose),
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
        Request::GetJwks
        | Request::GetScopeDescription
        | Request::RequestRptForTicket(_)
        | Request::Revoke(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Connect { .. }
        | Request::Fetch { .. } => None,
    }
}

// A phase-2 client and a resource server register alike; the text speaks of them in different sections.
fn registration(asked: &Asked<'_>) -> &'static str {
    if asked.asker == Some(RoleKind::ResourceServer) { "rs-registration" } else { "client-registration" }
}

fn approval(purpose: Option<Purpose>) -> Option<&'static str> {
    match purpose? {
        Purpose::Pat => Some("pat-approval"),
        Purpose::Aat => Some("aat-approval"),
        Purpose::Rpt | Purpose::OpenId | Purpose::Other => None,
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
        (Request::Token(_), _) => token_answer(asked, response, purpose),
        (Request::RequestRpt, Response::RptIssued(_)) => Some("2.issued"),
        (Request::RequestRpt, _) => Some("2.error"),
        (Request::Introspect(_), Response::Introspection(status)) => Some(super::v2_0::by_activity(status)),
        (Request::RequestPermissions { .. }, Response::PermissionTicket { .. }) => Some("permission-ticket"),
        (Request::RequestPermissions { .. }, _) => Some("permission-error"),
        (
            Request::CreateResource { .. }
            | Request::ReadResource { .. }
            | Request::UpdateResource { .. }
            | Request::DeleteResource { .. }
            | Request::ListResources,
            Response::Failure(_),
        ) => Some("resource-set-error"),
        (_, Response::Redirect { message, .. }) => redirect(message, purpose),
        (_, Response::Page(Page::GiveClaims { .. })) => Some("claims-asked"),
        _ => of_request(asked),
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

fn token_answer(asked: &Asked<'_>, response: &Response, purpose: Option<Purpose>) -> Option<&'static str> {
    let issued = matches!(response, Response::Token(_));
    match (purpose.or(asked.purpose), issued) {
        (Some(Purpose::Pat), true) => Some("pat-issued"),
        (Some(Purpose::Pat), false) => Some("pat-refused"),
        (Some(Purpose::Aat), true) => Some("aat-issued"),
        (Some(Purpose::Aat), false) => Some("aat-refused"),
        (Some(Purpose::Rpt | Purpose::OpenId | Purpose::Other) | None, _) => of_request(asked),
    }
}

fn redirect(message: &Request, purpose: Option<Purpose>) -> Option<&'static str> {
    match message {
        Request::Authorize(_) | Request::AuthorizationReturn(_) => approval(purpose),
        Request::ClaimsInteraction(_) => Some("claims-redirect"),
        Request::ClaimsReturn(back) if back.error.is_some() => Some("claims-refused"),
        Request::ClaimsReturn(_) => Some("claims-return"),
        _ => None,
    }
}
