//! The two drafts on the wire. They write alike but for names, media types and a few members: those stand in a table per
//! draft ([`super::draft05`], [`super::draft06`]), everything else here.

mod authorization;
mod configuration;
mod introspection;
mod permission;
mod registration;

pub(super) use configuration::DynamicRegistration;

use super::description::Vocabulary;
use super::failure::{self, Style};
use super::front_channel::{self, CLAIMS_REDIRECT_URIS};
use super::http::{HttpRequest, HttpResponse, JSON, check_media_type};
use super::json::Object;
use super::shared;
use super::{Routes, challenge, scope};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Answer, Call, ChallengeReason, DecodeError, Endpoint, ErrorCode, Received, Request, Response};
use serde_json::Value;

// D5 §3.5.1, D6 §3.5.1: "MUST pass a redirect URI", whose parameter has no name; OpenID Connect's is taken (our choice).
const FRONT_CHANNEL: front_channel::Names =
    front_channel::Names { claims_redirect_uri: "redirect_uri", claims_redirect_uris: CLAIMS_REDIRECT_URIS };
// D5 §4.2, D6 §4.2: by the examples, also those of D5 §3.4.5 and D6 §3.4.3. The text of draft-05 has `application/json`.
const STATUS: &str = "application/uma-status+json";

/// What one draft calls things that the other calls otherwise.
pub(super) struct Names {
    /// The media type of the discovery document.
    pub(super) configuration: &'static str,
    /// How the discovery document says where clients register.
    pub(super) dynamic_registration: DynamicRegistration,
    /// Whether `resource_set_registration_endpoint` is REQUIRED there.
    pub(super) registration_endpoint_required: bool,
    /// The parameters of the challenge.
    pub(super) challenge: challenge::Names,
    /// The media type of a scope description.
    pub(super) scope: &'static str,
    /// The media type of a resource set description.
    pub(super) resource_set: &'static str,
    /// The media type of the answer to create and update.
    pub(super) registration_status: &'static str,
    /// The members of a resource set description.
    pub(super) description: Vocabulary,
    /// The media type of a permission that is registered.
    pub(super) requested_permission: &'static str,
    /// The media type of an RPT's status.
    pub(super) rpt_status: &'static str,
    /// The media type that a request for an RPT shows, if any.
    pub(super) rpt_request: Option<&'static str>,
}

/// Writes a request.
pub(super) fn encode_request(names: &Names, call: &Call) -> HttpRequest {
    let post = || HttpRequest::open(call, "POST", call.to.clone());
    match &call.message {
        Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::DeleteResource { .. }
        | Request::ListResources => registration::encode_request(names, call),
        Request::RequestPermissions { permissions, array } => {
            post().json(names.requested_permission, &permission::write_request(permissions, *array))
        }
        Request::RequestRpt => authorization::write_rpt_request(names, call),
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
        | Request::GetScopeDescription
        | Request::RequestRptForTicket(_)
        | Request::ClaimsInteraction(_)
        | Request::ClaimsReturn(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Connect { .. }
        | Request::Fetch { .. }
        | Request::Access { .. } => shared::encode_request(&FRONT_CHANNEL, call),
    }
}

/// Reads a request that reached a server with these routes.
pub(super) fn decode_request(names: &Names, routes: &Routes, request: &HttpRequest) -> Received {
    shared::received(routes, request, |endpoint| read_request(names, routes, endpoint, request))
}

fn read_request(names: &Names, routes: &Routes, endpoint: Endpoint, request: &HttpRequest) -> Result<Request, Kind> {
    match endpoint {
        Endpoint::Owner => super::owner::read_request(routes, request),
        Endpoint::ResourceRegistration => registration::read_request(names, routes, request),
        Endpoint::Permission => permission::read_request(&read_permission_body(names, request)?),
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
        | Endpoint::Description
        | Endpoint::Connect
        | Endpoint::Fetch
        | Endpoint::ScopeDescription
        | Endpoint::Resource
        | Endpoint::Unknown => shared::read_request(endpoint, request),
    }
}

fn read_permission_body(names: &Names, request: &HttpRequest) -> Result<Value, Kind> {
    shared::only("POST", request)?;
    check_media_type(&request.headers, &[names.requested_permission, JSON])?;
    super::json::parse(&request.body)
}

/// Writes an answer of an endpoint.
pub(super) fn encode_response(names: &Names, asked: Endpoint, answer: &Answer) -> HttpResponse {
    let response = match &answer.message {
        Response::Configuration(document) => {
            HttpResponse::new(200).json(names.configuration, &configuration::write(names, document))
        }
        Response::ScopeDescription(description) => scope::write(names.scope, description),
        Response::ResourceCreated(resource) => registration::write_status(names, "created", resource),
        Response::Resource(resource) => registration::write_resource(names, resource),
        Response::ResourceUpdated(resource) => registration::write_status(names, "updated", resource),
        Response::ResourceList(ids) => HttpResponse::new(200).json(JSON, &registration::write_list(ids)),
        Response::PermissionTicket { ticket, location } => permission::write_ticket(ticket, location.as_ref()),
        Response::Introspection(found) => introspection::write_response(names, found),
        Response::RptIssued(rpt) => authorization::write_rpt(rpt),
        Response::AuthorizationDataAdded => authorization::write_added(),
        Response::NeedInfo { .. } => authorization::write_need_claims(errors(asked)),
        Response::RequestSubmitted { interval_secs, .. } => {
            authorization::write_submitted(errors(asked), *interval_secs)
        }
        Response::Challenge(challenge) => challenge::write(&names.challenge, challenge),
        Response::Failure(failure) => failure::write(errors(asked), failure),
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
        | Response::RptGranted(_)
        | Response::InfoNeeded(_)
        | Response::Content { .. }
        | Response::AuthorizationServerUnreachable { .. }
        | Response::Refused { .. } => shared::encode_response(&FRONT_CHANNEL, &answer.message),
    };
    shared::with_cookie(answer, response)
}

// D5 §4.2 and D6 §4.2 speak of the protection and authorization APIs; the OAuth endpoints answer as OAuth does.
fn errors(asked: Endpoint) -> Style {
    match asked {
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
/// When the bytes are no answer that the draft allows to this request.
pub(super) fn decode_response(names: &Names, asked: &Request, response: &HttpResponse) -> Result<Answer, DecodeError> {
    shared::read_answer(
        asked,
        response,
        |asked, response| read_success(names, asked, response),
        |asked, response| read_error(names, asked, response),
    )
}

fn read_success(names: &Names, asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    match asked {
        Request::GetConfiguration => {
            let body = shared::json_of(response, &[names.configuration, JSON])?;
            configuration::check_whose(names, response, &body)?;
            configuration::read(names, &body)
        }
        Request::CreateResource { id, .. } => {
            registration::read_status(names, id.as_ref(), response).map(Response::ResourceCreated)
        }
        Request::ReadResource { .. } => registration::read_resource(names, response).map(Response::Resource),
        Request::UpdateResource { id, .. } => {
            registration::read_status(names, Some(id), response).map(Response::ResourceUpdated)
        }
        Request::ListResources => registration::read_list(response).map(Response::ResourceList),
        Request::RequestPermissions { .. } => permission::read_ticket(response),
        Request::Introspect(_) => introspection::read_response(names, response),
        Request::RequestRpt => authorization::read_rpt(response),
        Request::GetScopeDescription => scope::read(names.scope, response),
        // D5 §3.4.5 and D6 §3.4.3 do not say what success looks like: any 2xx.
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
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Connect { .. }
        | Request::Fetch { .. }
        | Request::Access { .. } => shared::read_success(asked, response),
    }
}

fn read_error(names: &Names, asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    if let Some(parameters) = challenge::AuthParameters::find(&response.headers, "UMA") {
        return challenge::read(&names.challenge, &parameters, read_reason(&parameters, response)?)
            .map(Response::Challenge);
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

// D5 §3.1.2, D6 §3.1.2: 403 with the ticket in the body; §3.1.1: 401 without one.
fn read_reason(parameters: &challenge::AuthParameters, response: &HttpResponse) -> Result<ChallengeReason, Kind> {
    if response.status != 403 && parameters.get("error").is_none() {
        return Ok(ChallengeReason::RptNeeded);
    }
    let body = super::json::parse(&response.body)?;
    Object::of(&body)?.required_token("ticket").map(ChallengeReason::AuthorizationDataNeeded)
}
