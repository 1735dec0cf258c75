//! What a server answers to bytes that are no message (RFC 6749 §5.2; FedAuthz §6). People get a page, programs get
//! an error.

use crate::wire::error::DecodeErrorKind;
use crate::wire::page::Page;
use crate::wire::{Answer, DecodeError, Endpoint, ErrorCode, Failure, Response};

/// The answer. Guarded endpoints check the bearer token before they give it.
pub fn answer(error: &DecodeError) -> Answer {
    match &error.kind {
        DecodeErrorKind::UnknownPath(_) => Response::Refused { status: 404 }.into(),
        DecodeErrorKind::MethodNotAllowed(_) => method_not_allowed(error.endpoint),
        // Names of parameters are nobody's secret; what came in them may be.
        DecodeErrorKind::Missing(_) | DecodeErrorKind::Repeated(_) => malformed(error, Some(error.kind.to_string())),
        DecodeErrorKind::UnsupportedMediaType { .. }
        | DecodeErrorKind::OtherRevision { .. }
        | DecodeErrorKind::Malformed(_) => malformed(error, None),
    }
}

fn method_not_allowed(endpoint: Endpoint) -> Answer {
    if endpoint == Endpoint::ResourceRegistration {
        Failure::body(405, ErrorCode::UnsupportedMethodType).into()
    } else {
        Response::Refused { status: 405 }.into()
    }
}

fn malformed(error: &DecodeError, why: Option<String>) -> Answer {
    if meets_people(error.endpoint) {
        let text = "This link or form is broken.".into();
        return Response::Page(Page::Notice { status: 400, text }).into();
    }
    let code = match error.endpoint {
        Endpoint::ClientRegistration => ErrorCode::InvalidClientMetadata,
        _ => ErrorCode::InvalidRequest,
    };
    let failure = Failure::body(400, code);
    why.map_or(failure.clone(), |why| failure.because(why)).into()
}

/// True for endpoints that a browser is sent to.
pub fn meets_people(endpoint: Endpoint) -> bool {
    match endpoint {
        Endpoint::Authorization
        | Endpoint::AuthorizationRedirect
        | Endpoint::ClaimsInteraction
        | Endpoint::ClaimsRedirect
        | Endpoint::Form
        | Endpoint::Account
        | Endpoint::Connect
        | Endpoint::Fetch => true,
        Endpoint::Configuration
        | Endpoint::Jwks
        | Endpoint::ClientRegistration
        | Endpoint::Token
        | Endpoint::Revocation
        | Endpoint::ResourceRegistration
        | Endpoint::Permission
        | Endpoint::Introspection
        | Endpoint::Rpt
        | Endpoint::AuthorizationData
        | Endpoint::Owner
        | Endpoint::Description
        | Endpoint::ScopeDescription
        | Endpoint::Resource
        | Endpoint::Unknown => false,
    }
}
