//! Resource registration: `rreguri/` and `rreguri/{_id}` (FedAuthz §3.2), in 1.0.1 `{rsreguri}/resource_set` and
//! `{rsreguri}/resource_set/{_id}` (RSR 1.0.1 §2.2).

use super::Terms;
use crate::wire::codec::description;
use crate::wire::codec::http::{HttpRequest, HttpResponse, JSON, check_media_type};
use crate::wire::codec::json::{Members, Object, malformed, missing, parse, words};
use crate::wire::codec::{Routes, path};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::registration::RegisteredResource;
use crate::wire::{Call, Endpoint, Request, ResourceDescription, ResourceId, Uri};
use serde_json::Value;

pub(super) fn encode_request(terms: &Terms, call: &Call) -> HttpRequest {
    let written = |description| write_description(terms, description);
    let at = |method: &str, id: &ResourceId| {
        let base = terms.collection.map_or_else(|| call.to.clone(), |name| call.to.base().join(name));
        HttpRequest::open(call, method, path::below(&base, id.as_str()))
    };
    let base = |method: &str| HttpRequest::open(call, method, all(terms, &call.to));
    match &call.message {
        Request::CreateResource { description, .. } => base("POST").json(JSON, &written(description)),
        Request::ReadResource { id } => at("GET", id),
        Request::UpdateResource { id, description, .. } => at("PUT", id).json(JSON, &written(description)),
        Request::DeleteResource { id, .. } => at("DELETE", id),
        _ => base("GET"),
    }
}

fn all(terms: &Terms, endpoint: &Uri) -> Uri {
    match terms.collection {
        // RSR 1.0.1 §2.2: without a slash behind it.
        Some(name) => endpoint.base().join(name),
        None => path::below(endpoint, ""),
    }
}

fn write_description(terms: &Terms, description: &ResourceDescription) -> Value {
    description::write(&terms.description, description, Members::default()).into_value()
}

pub(super) fn read_request(terms: &Terms, routes: &Routes, request: &HttpRequest) -> Result<Request, Kind> {
    match (&*request.method, identifier(terms, routes, &request.uri)?) {
        ("POST", None) => Ok(Request::CreateResource { id: None, description: read_description(terms, request)? }),
        ("GET", None) => Ok(Request::ListResources),
        ("GET", Some(id)) => Ok(Request::ReadResource { id }),
        ("PUT", Some(id)) => {
            Ok(Request::UpdateResource { id, if_match: None, description: read_description(terms, request)? })
        }
        ("DELETE", Some(id)) => Ok(Request::DeleteResource { id, if_match: None }),
        // FedAuthz §6: `unsupported_method_type`.
        _ => Err(Kind::MethodNotAllowed(request.method.clone())),
    }
}

fn identifier(terms: &Terms, routes: &Routes, uri: &Uri) -> Result<Option<ResourceId>, Kind> {
    let below = routes.below(Endpoint::ResourceRegistration, uri);
    let Some(name) = terms.collection else { return path::identifier(below, uri) };
    match below.strip_prefix(name) {
        Some("") => Ok(None),
        Some(rest) if rest.starts_with('/') => path::identifier(&rest[1..], uri),
        _ => Err(Kind::UnknownPath(uri.base())),
    }
}

fn read_description(terms: &Terms, request: &HttpRequest) -> Result<ResourceDescription, Kind> {
    check_media_type(&request.headers, &[JSON])?;
    let body = parse(&request.body)?;
    description::read(&terms.description, Object::of(&body)?)
}

/// 201 with `Location`: the identifier as a reference relative to the address of the request (RFC 9110 §10.2.2).
pub(super) fn write_created(terms: &Terms, resource: &RegisteredResource) -> HttpResponse {
    let collection = terms.collection.map_or(".", |name| name);
    let location = format!("{collection}/{}", path::segment(resource.id.as_str()));
    HttpResponse::new(201).json(JSON, &write_resource(terms, resource)).with("Location", location)
}

pub(super) fn write_resource(terms: &Terms, resource: &RegisteredResource) -> Value {
    let members = match &resource.description {
        Some(description) => description::write(&terms.description, description, Members::default()),
        None => Members::default(),
    };
    members.put("_id", resource.id.as_str()).uri("user_access_policy_uri", resource.policy_uri.as_ref()).into_value()
}

pub(super) fn read_resource(terms: &Terms, body: &Value) -> Result<RegisteredResource, Kind> {
    let object = Object::of(body)?;
    Ok(RegisteredResource {
        id: object.required("_id")?.into(),
        etag: None,
        description: description::read_if_any(&terms.description, object)?,
        policy_uri: object.word("user_access_policy_uri")?,
    })
}

/// FedAuthz §3.2.2: the answer to a read has the whole description.
pub(super) fn read_full(terms: &Terms, body: &Value) -> Result<RegisteredResource, Kind> {
    let resource = read_resource(terms, body)?;
    if resource.description.is_some() { Ok(resource) } else { Err(missing(terms.description.scopes)) }
}

pub(super) fn write_list(ids: &[ResourceId]) -> Value {
    ids.iter().map(ResourceId::as_str).collect()
}

pub(super) fn read_list(body: &Value) -> Result<Vec<ResourceId>, Kind> {
    words("list", body.as_array().ok_or_else(|| malformed("list"))?)
}
