//! Draft 06 on the wire: the core with resource set registration draft 00 (27 December 2012).

mod authorization;
mod configuration;
mod introspection;
mod permission;
mod registration;

use super::failure::{self, Style};
use super::front_channel::{CLAIMS_REDIRECT_URIS, Names};
use super::http::{HttpRequest, HttpResponse, JSON};
use super::json::{Object, malformed};
use super::shared::{self, Shape};
use super::{Routes, challenge};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Answer, Call, ChallengeReason, DecodeError, Endpoint, ErrorCode, Received, Request, Response};

// D6 §3.5.1: "MUST pass a redirect URI", whose parameter has no name; OpenID Connect's is taken (our choice).
const NAMES: Names = Names { claims_redirect_uri: "redirect_uri", claims_redirect_uris: CLAIMS_REDIRECT_URIS };
// D6 §4.2, by the examples of §3.4.3 and §4.2.
const STATUS: &str = "application/uma-status+json";

/// Writes a request.
pub fn encode_request(call: &Call) -> HttpRequest {
    let post = || HttpRequest::open(call, "POST", call.to.clone());
    match &call.message {
        Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::DeleteResource { .. }
        | Request::ListResources => registration::encode_request(call),
        Request::RequestPermissions { permissions, array } => {
            post().json(JSON, &permission::write_request(permissions, *array))
        }
        Request::Introspect(question) => post().json(JSON, &introspection::write_request(question)),
        Request::RequestAuthorizationData { rpt, ticket } => {
            post().json(JSON, &authorization::write_request(rpt, ticket))
        }
        Request::GetConfiguration
        | Request::GetJwks
        | Request::RegisterClient(_)
        | Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::Token(_)
        | Request::Revoke(_)
        | Request::RequestRpt
        | Request::RequestRptForTicket(_)
        | Request::ClaimsInteraction(_)
        | Request::ClaimsReturn(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Connect { .. }
        | Request::Fetch { .. }
        | Request::Access { .. } => shared::encode_request(&NAMES, call),
    }
}

/// Reads a request that reached a server with these routes.
pub fn decode_request(routes: &Routes, request: &HttpRequest) -> Received {
    let endpoint = routes.endpoint(&request.uri);
    let uri = match endpoint {
        Endpoint::ResourceRegistration => super::path::published(routes, endpoint, &request.uri),
        _ => shared::address(endpoint, &request.uri),
    };
    shared::received(endpoint, request, uri, read_request(routes, endpoint, request))
}

fn read_request(routes: &Routes, endpoint: Endpoint, request: &HttpRequest) -> Result<Request, Kind> {
    match endpoint {
        Endpoint::ResourceRegistration => registration::read_request(routes, request),
        Endpoint::Permission => permission::read_request(&shared::posted_json(request)?),
        Endpoint::Introspection => introspection::read_request(&shared::posted_json(request)?).map(Request::Introspect),
        Endpoint::Rpt => authorization::read_rpt_request(request),
        Endpoint::AuthorizationData => authorization::read_request(&shared::posted_json(request)?),
        Endpoint::Configuration
        | Endpoint::Jwks
        | Endpoint::ClientRegistration
        | Endpoint::Authorization
        | Endpoint::AuthorizationRedirect
        | Endpoint::Token
        | Endpoint::Revocation
        | Endpoint::ClaimsInteraction
        | Endpoint::ClaimsRedirect
        | Endpoint::Form
        | Endpoint::Account
        | Endpoint::Connect
        | Endpoint::Fetch
        | Endpoint::Resource
        | Endpoint::Unknown => shared::read_request(endpoint, request),
    }
}

/// Writes the answer to `asked`.
pub fn encode_response(asked: &Request, answer: &Answer) -> HttpResponse {
    let response = match &answer.message {
        Response::Configuration(document) => HttpResponse::new(200).json(JSON, &configuration::write(document)),
        Response::ResourceCreated(resource) => registration::write_status("created", resource),
        Response::Resource(resource) => registration::write_resource(resource),
        Response::ResourceUpdated(resource) => registration::write_status("updated", resource),
        Response::ResourceList(ids) => HttpResponse::new(200).json(JSON, &registration::write_list(ids)),
        Response::PermissionTicket { ticket, location } => permission::write_ticket(ticket, location.as_ref()),
        Response::Introspection(found) => introspection::write_response(found),
        Response::RptIssued(rpt) => authorization::write_rpt(rpt),
        Response::AuthorizationDataAdded => authorization::write_added(),
        Response::NeedInfo { .. } => authorization::write_need_claims(errors(asked)),
        Response::RequestSubmitted { interval_secs, .. } => {
            authorization::write_submitted(errors(asked), *interval_secs)
        }
        Response::Failure(failure) => failure::write(errors(asked), failure),
        Response::Jwks(_)
        | Response::ClientRegistered(_)
        | Response::Redirect { .. }
        | Response::Page(_)
        | Response::Token(_)
        | Response::Revoked
        | Response::ResourceDeleted
        | Response::RptGranted(_)
        | Response::InfoNeeded(_)
        | Response::Content { .. }
        | Response::Challenge(_)
        | Response::AuthorizationServerUnreachable { .. }
        | Response::Refused { .. } => shared::encode_response(&NAMES, &answer.message),
    };
    shared::with_cookie(answer, response)
}

// D6 §4.2 speaks of the protection and authorization APIs; the OAuth endpoints answer as OAuth does.
fn errors(asked: &Request) -> Style {
    match asked.endpoint() {
        Endpoint::ResourceRegistration
        | Endpoint::Permission
        | Endpoint::Introspection
        | Endpoint::Rpt
        | Endpoint::AuthorizationData => Style { media_type: STATUS, status_member: true },
        _ => Style { media_type: JSON, status_member: false },
    }
}

/// Reads the answer to `asked`.
///
/// # Errors
/// When the bytes are no answer that draft-06 allows to this request.
pub fn decode_response(asked: &Request, response: &HttpResponse) -> Result<Answer, DecodeError> {
    let message = match shared::shape(response) {
        Shape::Page => super::pages::read(response).map(Response::Page),
        Shape::Redirect => shared::read_redirect(response),
        Shape::Success => read_success(asked, response),
        Shape::Error => read_error(asked, response),
        Shape::Other => Err(malformed("status")),
    };
    shared::answer(asked, response, message)
}

fn read_success(asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    match asked {
        Request::GetConfiguration => configuration::read(&shared::json_of(response, &[JSON])?),
        Request::CreateResource { id, .. } => {
            registration::read_status(id.as_ref(), response).map(Response::ResourceCreated)
        }
        Request::ReadResource { .. } => registration::read_resource(response).map(Response::Resource),
        Request::UpdateResource { id, .. } => {
            registration::read_status(Some(id), response).map(Response::ResourceUpdated)
        }
        Request::ListResources => registration::read_list(response).map(Response::ResourceList),
        Request::RequestPermissions { .. } => permission::read_ticket(response),
        Request::Introspect(_) => introspection::read_response(response),
        Request::RequestRpt => authorization::read_rpt(response),
        // D6 §3.4.3 does not say what success looks like: any 2xx.
        Request::RequestAuthorizationData { .. } => Ok(Response::AuthorizationDataAdded),
        Request::GetJwks
        | Request::RegisterClient(_)
        | Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::Token(_)
        | Request::Revoke(_)
        | Request::DeleteResource { .. }
        | Request::RequestRptForTicket(_)
        | Request::ClaimsInteraction(_)
        | Request::ClaimsReturn(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Connect { .. }
        | Request::Fetch { .. }
        | Request::Access { .. } => shared::read_success(asked, response),
    }
}

fn read_error(asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    if let Some(parameters) = challenge::AuthParameters::find(&response.headers, "UMA") {
        return challenge::read(&parameters, read_reason(&parameters, response)?).map(Response::Challenge);
    }
    let body = failure::body(response);
    match (asked, &body) {
        (Request::RequestAuthorizationData { .. }, Some((ErrorCode::Other(code), members))) => {
            match authorization::read_error(code, members) {
                Some(message) => message,
                None => Ok(failure::read(asked, response, body)),
            }
        }
        _ => Ok(failure::read(asked, response, body)),
    }
}

// D6 §3.1.2: 403 with the ticket in the body; §3.1.1: 401 without one.
fn read_reason(parameters: &challenge::AuthParameters, response: &HttpResponse) -> Result<ChallengeReason, Kind> {
    if response.status != 403 && parameters.get("error").is_none() {
        return Ok(ChallengeReason::RptNeeded);
    }
    let body = super::json::parse(&response.body)?;
    Object::of(&body)?.required_token("ticket").map(ChallengeReason::AuthorizationDataNeeded)
}
