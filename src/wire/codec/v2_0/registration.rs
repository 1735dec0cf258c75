//! Resource registration (FedAuthz §3.2): `rreguri/` and `rreguri/{_id}`.

use crate::wire::codec::description::{self, Vocabulary};
use crate::wire::codec::http::{HttpRequest, HttpResponse, JSON, check_media_type};
use crate::wire::codec::json::{Members, Object, malformed, missing, parse, words};
use crate::wire::codec::{Routes, path};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::registration::RegisteredResource;
use crate::wire::{Call, Endpoint, Request, ResourceDescription, ResourceId};
use serde_json::Value;

const VOCABULARY: Vocabulary = Vocabulary {
    scopes: "resource_scopes",
    name_required: false,
    named: &["resource_scopes", "name", "type", "description", "icon_uri", "_id", "user_access_policy_uri"],
};

pub(super) fn encode_request(call: &Call) -> HttpRequest {
    let at = |method: &str, id: &ResourceId| HttpRequest::open(call, method, path::below(&call.to, id.as_str()));
    let base = |method: &str| HttpRequest::open(call, method, path::below(&call.to, ""));
    match &call.message {
        Request::CreateResource { description, .. } => base("POST").json(JSON, &write_description(description)),
        Request::ReadResource { id } => at("GET", id),
        Request::UpdateResource { id, description, .. } => at("PUT", id).json(JSON, &write_description(description)),
        Request::DeleteResource { id, .. } => at("DELETE", id),
        _ => base("GET"),
    }
}

fn write_description(description: &ResourceDescription) -> Value {
    description::write(&VOCABULARY, description, Members::default()).into_value()
}

pub(super) fn read_request(routes: &Routes, request: &HttpRequest) -> Result<Request, Kind> {
    let segment = routes.below(Endpoint::ResourceRegistration, &request.uri);
    match (&*request.method, path::identifier(segment, &request.uri)?) {
        ("POST", None) => Ok(Request::CreateResource { id: None, description: read_description(request)? }),
        ("GET", None) => Ok(Request::ListResources),
        ("GET", Some(id)) => Ok(Request::ReadResource { id }),
        ("PUT", Some(id)) => {
            Ok(Request::UpdateResource { id, if_match: None, description: read_description(request)? })
        }
        ("DELETE", Some(id)) => Ok(Request::DeleteResource { id, if_match: None }),
        // FedAuthz §6: `unsupported_method_type`.
        _ => Err(Kind::MethodNotAllowed(request.method.clone())),
    }
}

fn read_description(request: &HttpRequest) -> Result<ResourceDescription, Kind> {
    check_media_type(&request.headers, &[JSON])?;
    let body = parse(&request.body)?;
    description::read(&VOCABULARY, Object::of(&body)?)
}

/// 201 with `Location`: the identifier as a reference relative to `rreguri/` (RFC 9110 §10.2.2).
pub(super) fn write_created(resource: &RegisteredResource) -> HttpResponse {
    let location = format!("./{}", path::segment(resource.id.as_str()));
    HttpResponse::new(201).json(JSON, &write_resource(resource)).with("Location", location)
}

pub(super) fn write_resource(resource: &RegisteredResource) -> Value {
    let members = match &resource.description {
        Some(description) => description::write(&VOCABULARY, description, Members::default()),
        None => Members::default(),
    };
    members.put("_id", resource.id.as_str()).uri("user_access_policy_uri", resource.policy_uri.as_ref()).into_value()
}

pub(super) fn read_resource(body: &Value) -> Result<RegisteredResource, Kind> {
    let object = Object::of(body)?;
    Ok(RegisteredResource {
        id: object.required("_id")?.into(),
        etag: None,
        description: description::read_if_any(&VOCABULARY, object)?,
        policy_uri: object.word("user_access_policy_uri")?,
    })
}

/// FedAuthz §3.2.2: the answer to a read has the whole description.
pub(super) fn read_full(body: &Value) -> Result<RegisteredResource, Kind> {
    let resource = read_resource(body)?;
    if resource.description.is_some() { Ok(resource) } else { Err(missing(VOCABULARY.scopes)) }
}

pub(super) fn write_list(ids: &[ResourceId]) -> Value {
    ids.iter().map(ResourceId::as_str).collect()
}

pub(super) fn read_list(body: &Value) -> Result<Vec<ResourceId>, Kind> {
    words("list", body.as_array().ok_or_else(|| malformed("list"))?)
}
