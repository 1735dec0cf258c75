//! UMA 2.0 on the wire: the Grant and Federated Authorization, with the OAuth messages around them. Identity providers
//! speak this codec in every world, since what they say is OAuth alone.

mod configuration;
mod uma_grant;

use super::description::Vocabulary;
use super::failure::{self, Style};
use super::front_channel::{CLAIMS_REDIRECT_URIS, Names};
use super::http::{HttpRequest, HttpResponse, JSON};
use super::protection::{self, Terms};
use super::shared;
use super::{Routes, challenge};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::{TokenRequest, UMA_TICKET_GRANT};
use crate::wire::{
    Answer, Call, ChallengeReason, DecodeError, Endpoint, ErrorCode, Received, Request, Response, Token,
};

pub(super) const NAMES: Names =
    Names { claims_redirect_uri: "claims_redirect_uri", claims_redirect_uris: CLAIMS_REDIRECT_URIS };
const TERMS: Terms = Terms {
    resource: "resource_id",
    scopes: "resource_scopes",
    description: Vocabulary {
        scopes: "resource_scopes",
        name_required: false,
        named: &["resource_scopes", "name", "type", "description", "icon_uri", "_id", "user_access_policy_uri"],
    },
    collection: None,
};
// Grant §3.3.6, FedAuthz §6.
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
        Request::Token(TokenRequest::UmaTicket(grant)) => {
            HttpRequest::open(call, "POST", call.to.clone()).form(uma_grant::write(grant, &call.credentials))
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
        | Request::RequestRptForTicket(_)
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
        Endpoint::Token => read_token_request(request),
        Endpoint::Configuration
        | Endpoint::Jwks
        | Endpoint::ClientRegistration
        | Endpoint::Authorization
        | Endpoint::AuthorizationRedirect
        | Endpoint::Revocation
        | Endpoint::Rpt
        | Endpoint::AuthorizationData
        | Endpoint::ClaimsInteraction
        | Endpoint::ClaimsRedirect
        | Endpoint::Form
        | Endpoint::Account
        | Endpoint::Description
        | Endpoint::Connect
        | Endpoint::Fetch
        | Endpoint::ScopeDescription
        | Endpoint::Resource
        | Endpoint::Unknown => shared::read_request(endpoint, request),
    }
}

fn read_token_request(request: &HttpRequest) -> Result<Request, Kind> {
    match shared::read_request(Endpoint::Token, request)? {
        Request::Token(TokenRequest::Other(grant)) if &*grant == UMA_TICKET_GRANT => {
            uma_grant::read(&shared::posted_form(request)?).map(|grant| Request::Token(TokenRequest::UmaTicket(grant)))
        }
        other => Ok(other),
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
        Response::NeedInfo { .. } | Response::RequestSubmitted { .. } => {
            uma_grant::write_error(ERRORS, &answer.message)
        }
        Response::Failure(failure) => failure::write(ERRORS, failure),
        Response::Jwks(_)
        | Response::ScopeDescription(_)
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
        | Response::RptGranted(_)
        | Response::InfoNeeded(_)
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
/// When the bytes are no answer that 2.0 allows to this request.
pub fn decode_response(asked: &Request, response: &HttpResponse) -> Result<Answer, DecodeError> {
    shared::read_answer(asked, response, read_success, read_error)
}

fn read_success(asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    match asked {
        Request::GetConfiguration => configuration::read(&shared::json_of(response, &[JSON])?),
        Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::Introspect(_) => protection::read_success(&TERMS, asked, response),
        Request::GetJwks
        | Request::GetScopeDescription
        | Request::RegisterClient(_)
        | Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::Token(_)
        | Request::Revoke(_)
        | Request::DeleteResource { .. }
        | Request::RequestRpt
        | Request::RequestRptForTicket(_)
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
        // Grant §3.2.1: the ticket is part of the challenge.
        let ticket = parameters.get("ticket").ok_or_else(|| super::json::missing("ticket"))?;
        let reason = ChallengeReason::TicketGiven(Token::new(ticket));
        return challenge::read(&challenge::USUAL, &parameters, reason).map(Response::Challenge);
    }
    let body = failure::body(response);
    match (asked, &body) {
        (Request::Token(_), Some((ErrorCode::Other(code), body))) => uma_grant::read_error(code, body)
            .unwrap_or_else(|| Ok(failure::read(asked, response, failure::body(response)))),
        _ => Ok(failure::read(asked, response, body)),
    }
}
