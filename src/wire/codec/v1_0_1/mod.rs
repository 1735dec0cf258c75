//! UMA 1.0.1 on the wire: Core and Resource Set Registration (28 December 2015), the claims-security and the
//! multi-permission extension, with the OAuth messages around them.

mod authorization;
mod configuration;

use super::description::Vocabulary;
use super::failure::{self, Style};
use super::front_channel::{CLAIMS_REDIRECT_URI, Names};
use super::http::{HttpRequest, HttpResponse, JSON};
use super::protection::{self, Terms};
use super::shared;
use super::{Routes, challenge, scope};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{
    Answer, Call, ChallengeReason, DecodeError, Endpoint, ErrorCode, Received, Request, Response, Token,
};

const NAMES: Names = Names { claims_redirect_uri: "claims_redirect_uri", claims_redirect_uris: CLAIMS_REDIRECT_URI };
const TERMS: Terms = Terms {
    resource: "resource_set_id",
    scopes: "scopes",
    description: Vocabulary {
        scopes: "scopes",
        name_required: true,
        named: &["scopes", "name", "type", "icon_uri", "_id", "user_access_policy_uri"],
    },
    collection: Some("resource_set"),
};
// Core 1.0.1 §4.2.
const ERRORS: Style = Style { media_type: JSON, status_member: false };

/// Writes a request.
pub fn encode_request(call: &Call) -> HttpRequest {
    match &call.message {
        Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::DeleteResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::Introspect(_) => protection::encode_request(&TERMS, call),
        Request::RequestRptForTicket(presented) => {
            HttpRequest::open(call, "POST", call.to.clone()).json(JSON, &authorization::write_request(presented))
        }
        Request::GetConfiguration
        | Request::GetJwks
        | Request::GetScopeDescription
        | Request::RegisterClient(_)
        | Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::Token(_)
        | Request::Revoke(_)
        | Request::RequestRpt
        | Request::RequestAuthorizationData { .. }
        | Request::ClaimsInteraction(_)
        | Request::ClaimsReturn(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Connect { .. }
        | Request::Fetch { .. }
        | Request::Access { .. } => shared::encode_request(&NAMES, call),
    }
}

/// Reads a request that reached a server with these routes.
pub fn decode_request(routes: &Routes, request: &HttpRequest) -> Received {
    shared::received(routes, request, |endpoint| read_request(routes, endpoint, request))
}

fn read_request(routes: &Routes, endpoint: Endpoint, request: &HttpRequest) -> Result<Request, Kind> {
    match endpoint {
        Endpoint::Owner => super::owner::read_request(routes, request),
        Endpoint::ResourceRegistration | Endpoint::Permission | Endpoint::Introspection => {
            protection::read_request(&TERMS, routes, endpoint, request)
        }
        Endpoint::Rpt => authorization::read_request(&shared::posted_json(request)?),
        Endpoint::Configuration
        | Endpoint::Jwks
        | Endpoint::ScopeDescription
        | Endpoint::ClientRegistration
        | Endpoint::Authorization
        | Endpoint::AuthorizationRedirect
        | Endpoint::Token
        | Endpoint::Revocation
        | Endpoint::AuthorizationData
        | Endpoint::ClaimsInteraction
        | Endpoint::ClaimsRedirect
        | Endpoint::Form
        | Endpoint::Account
        | Endpoint::Description
        | Endpoint::Connect
        | Endpoint::Fetch
        | Endpoint::Resource
        | Endpoint::Unknown => shared::read_request(endpoint, request),
    }
}

/// Writes an answer of an endpoint.
pub fn encode_response(_asked: Endpoint, answer: &Answer) -> HttpResponse {
    let response = match &answer.message {
        Response::Configuration(document) => HttpResponse::new(200).json(JSON, &configuration::write(document)),
        Response::ResourceCreated(_)
        | Response::Resource(_)
        | Response::ResourceUpdated(_)
        | Response::ResourceList(_)
        | Response::PermissionTicket { .. }
        | Response::Introspection(_) => protection::encode_response(&TERMS, &answer.message),
        Response::ScopeDescription(description) => scope::write(JSON, description),
        Response::RptGranted(rpt) => authorization::write_rpt(rpt),
        Response::InfoNeeded(details) => authorization::write_need_info(ERRORS, details),
        Response::RequestSubmitted { .. } => authorization::write_submitted(ERRORS),
        Response::Failure(failure) => failure::write(ERRORS, failure),
        Response::Jwks(_)
        | Response::ClientRegistered(_)
        | Response::Redirect { .. }
        | Response::Owner(_)
        | Response::Description(_)
        | Response::Page(_)
        | Response::Token(_)
        | Response::AssertionIssued(_)
        | Response::Revoked
        | Response::ResourceDeleted
        | Response::RptIssued(_)
        | Response::AuthorizationDataAdded
        | Response::NeedInfo { .. }
        | Response::Content { .. }
        | Response::Challenge(_)
        | Response::AuthorizationServerUnreachable { .. }
        | Response::Refused { .. } => shared::encode_response(&NAMES, &answer.message),
    };
    shared::with_cookie(answer, response)
}

/// Reads the answer to `asked`.
///
/// # Errors
/// When the bytes are no answer that 1.0.1 allows to this request.
pub fn decode_response(asked: &Request, response: &HttpResponse) -> Result<Answer, DecodeError> {
    shared::read_answer(asked, response, read_success, read_error)
}

fn read_success(asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    let body = || shared::json_of(response, &[JSON]);
    match asked {
        Request::GetConfiguration => configuration::read(&body()?),
        Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::Introspect(_) => protection::read_success(&TERMS, asked, response),
        Request::RequestRptForTicket(_) => authorization::read_rpt(&body()?),
        Request::GetScopeDescription => scope::read(JSON, response),
        Request::GetJwks
        | Request::RegisterClient(_)
        | Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::Token(_)
        | Request::Revoke(_)
        | Request::DeleteResource { .. }
        | Request::RequestRpt
        | Request::RequestAuthorizationData { .. }
        | Request::ClaimsInteraction(_)
        | Request::ClaimsReturn(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Connect { .. }
        | Request::Fetch { .. }
        | Request::Access { .. } => shared::read_success(asked, response),
    }
}

fn read_error(asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    if let Some(parameters) = challenge::AuthParameters::find(&response.headers, "UMA") {
        return challenge::read(&challenge::USUAL, &parameters, read_reason(&parameters, response)?)
            .map(Response::Challenge);
    }
    let body = failure::body(response);
    match (asked, &body) {
        (Request::RequestRptForTicket(_), Some((ErrorCode::Other(code), body))) => {
            authorization::read_error(code, body)
                .unwrap_or_else(|| Ok(failure::read(asked, response, failure::body(response))))
        }
        _ => Ok(failure::read(asked, response, body)),
    }
}

// Core 1.0.1 §3.3.1: the ticket is part of the challenge; its repetition in the body is deprecated.
fn read_reason(parameters: &challenge::AuthParameters, response: &HttpResponse) -> Result<ChallengeReason, Kind> {
    let ticket = Token::new(parameters.get("ticket").ok_or_else(|| super::json::missing("ticket"))?);
    Ok(if response.status == 403 { ChallengeReason::MoreNeeded(ticket) } else { ChallengeReason::TicketGiven(ticket) })
}
