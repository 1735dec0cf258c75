//! What several revisions call alike.

use crate::report::reader::{Asked, Purpose};
use crate::trace::truth::RoleKind;
use crate::wire::oauth::IntrospectionResponse;
use crate::wire::{Request, Response};

// A client and a resource server register alike; the texts speak of them in different sections.
pub(super) fn registration(asked: &Asked<'_>) -> &'static str {
    if asked.asker == Some(RoleKind::ResourceServer) { "rs-registration" } else { "client-registration" }
}

/// What a person approves, before 2.0.
pub(super) fn approval(purpose: Option<Purpose>) -> Option<&'static str> {
    match purpose? {
        Purpose::Pat => Some("pat-approval"),
        Purpose::Aat => Some("aat-approval"),
        Purpose::Rpt | Purpose::Owner | Purpose::OpenId | Purpose::Other => None,
    }
}

/// The answer to a token request, before 2.0; `None` when the token is for nothing of UMA.
pub(super) fn token_answer(asked: &Asked<'_>, response: &Response, purpose: Option<Purpose>) -> Option<&'static str> {
    let issued = matches!(response, Response::Token(_));
    match (purpose.or(asked.purpose)?, issued) {
        (Purpose::Pat, true) => Some("pat-issued"),
        (Purpose::Pat, false) => Some("pat-refused"),
        (Purpose::Aat, true) => Some("aat-issued"),
        (Purpose::Aat, false) => Some("aat-refused"),
        (Purpose::Rpt | Purpose::Owner | Purpose::OpenId | Purpose::Other, _) => None,
    }
}

/// An answer of the protection API; `bad_registration` is what a refused registration is called.
pub(super) fn protection_answer(
    asked: &Asked<'_>,
    response: &Response,
    bad_registration: &'static str,
) -> Option<&'static str> {
    match (&asked.call.message, response) {
        (Request::Introspect(_), Response::Introspection(status)) => Some(by_activity(status)),
        (Request::RequestPermissions { .. }, Response::PermissionTicket { .. }) => Some("permission-ticket"),
        (Request::RequestPermissions { .. }, _) => Some("permission-error"),
        (
            Request::CreateResource { .. }
            | Request::ReadResource { .. }
            | Request::UpdateResource { .. }
            | Request::DeleteResource { .. }
            | Request::ListResources,
            Response::Failure(_),
        ) => Some(bad_registration),
        _ => None,
    }
}

const fn by_activity(status: &IntrospectionResponse) -> &'static str {
    match status {
        IntrospectionResponse::Active(_) => "status-valid",
        IntrospectionResponse::Inactive => "status-invalid",
    }
}

/// Where a redirect takes a person, with or without claims; `approval` is what they are asked on another way.
pub(super) fn redirect(message: &Request, approval: Option<&'static str>) -> Option<&'static str> {
    match message {
        Request::Authorize(_) | Request::AuthorizationReturn(_) => approval,
        Request::ClaimsInteraction(_) => Some("claims-redirect"),
        Request::ClaimsReturn(back) if back.error.is_some() => Some("claims-refused"),
        Request::ClaimsReturn(_) => Some("claims-return"),
        _ => None,
    }
}
