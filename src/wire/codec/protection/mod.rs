//! The protection API as 1.0.1 and 2.0 write it: the same shapes, with other names for some of their members (Core 1.0.1
//! §3.2, §3.4.2, RSR 1.0.1 §2; FedAuthz §3, §4, §5).

mod introspection;
mod permission;
mod registration;

use super::description::Vocabulary;
use super::http::{HttpRequest, HttpResponse, JSON};
use super::{Routes, shared};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Call, Endpoint, Request, Response};

/// What a revision calls things here.
pub(super) struct Terms {
    /// The resource of a permission: `resource_id` or `resource_set_id`.
    pub(super) resource: &'static str,
    /// The scopes of a permission: `resource_scopes` or `scopes`.
    pub(super) scopes: &'static str,
    /// What a description has.
    pub(super) description: Vocabulary,
    /// The path segment below the registration endpoint under which the resources lie.
    pub(super) collection: Option<&'static str>,
}

/// Writes a request of the protection API.
pub(super) fn encode_request(terms: &Terms, call: &Call) -> HttpRequest {
    let post = || HttpRequest::open(call, "POST", call.to.clone());
    match &call.message {
        Request::RequestPermissions { permissions, array } => {
            post().json(JSON, &permission::write_request(terms, permissions, *array))
        }
        Request::Introspect(question) => post().form(introspection::write_request(question)),
        _ => registration::encode_request(terms, call),
    }
}

/// Reads a request at an endpoint of the protection API.
pub(super) fn read_request(
    terms: &Terms,
    routes: &Routes,
    endpoint: Endpoint,
    request: &HttpRequest,
) -> Result<Request, Kind> {
    match endpoint {
        Endpoint::Permission => permission::read_request(terms, &shared::posted_json(request)?),
        Endpoint::Introspection => introspection::read_request(&shared::posted_form(request)?).map(Request::Introspect),
        _ => registration::read_request(terms, routes, request),
    }
}

/// Writes a success of the protection API; of any other answer only its status.
pub(super) fn encode_response(terms: &Terms, message: &Response) -> HttpResponse {
    match message {
        Response::ResourceCreated(resource) => registration::write_created(terms, resource),
        Response::Resource(resource) | Response::ResourceUpdated(resource) => {
            HttpResponse::new(200).json(JSON, &registration::write_resource(terms, resource))
        }
        Response::ResourceList(ids) => HttpResponse::new(200).json(JSON, &registration::write_list(ids)),
        Response::PermissionTicket { ticket, .. } => permission::write_ticket(ticket),
        Response::Introspection(found) => introspection::write_response(terms, found),
        _ => HttpResponse::new(200),
    }
}

/// Reads a success of the protection API.
pub(super) fn read_success(terms: &Terms, asked: &Request, response: &HttpResponse) -> Result<Response, Kind> {
    let body = shared::json_of(response, &[JSON])?;
    match asked {
        Request::CreateResource { .. } => registration::read_resource(terms, &body).map(Response::ResourceCreated),
        Request::ReadResource { .. } => registration::read_full(terms, &body).map(Response::Resource),
        Request::UpdateResource { .. } => registration::read_resource(terms, &body).map(Response::ResourceUpdated),
        Request::ListResources => registration::read_list(&body).map(Response::ResourceList),
        Request::RequestPermissions { .. } => permission::read_ticket(&body),
        Request::Introspect(_) => introspection::read_response(terms, &response.headers, &body),
        _ => shared::read_success(asked, response),
    }
}
