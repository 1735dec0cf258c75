//! Resource set registration (D5 §2.4.3; RSR draft-00 §2.3): `{rsreguri}/resource_set/{rsid}` and entity tags.

use super::Names;
use crate::wire::codec::description;
use crate::wire::codec::http::{HttpRequest, HttpResponse, JSON, check_media_type, header};
use crate::wire::codec::json::{Members, Object, malformed, missing, parse, words};
use crate::wire::codec::shared::json_of;
use crate::wire::codec::{Routes, path};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::registration::RegisteredResource;
use crate::wire::{Call, ETag, Request, ResourceDescription, ResourceId, Text, Uri};
use serde_json::Value;

// D5 §2.4.3.3, RSR draft-00 §2.3.3: the form of an update has this name, its example that of a create.
const RESOURCE_SET_OF_THE_FORM: &str = "application/resource-set+json";
const COLLECTION: &str = "resource_set";

pub(super) fn encode_request(names: &Names, call: &Call) -> HttpRequest {
    let at = |method: &str, id: &str| HttpRequest::open(call, method, path::below(&collection(&call.to), id));
    match &call.message {
        Request::CreateResource { id, description } => {
            let id = id.as_ref().map_or("", ResourceId::as_str);
            at("PUT", id).json(names.resource_set, &write_description(names, description))
        }
        Request::ReadResource { id } => at("GET", id.as_str()),
        Request::UpdateResource { id, if_match, description } => {
            with_if_match(at("PUT", id.as_str()), if_match.as_ref())
                .json(names.resource_set, &write_description(names, description))
        }
        Request::DeleteResource { id, if_match } => with_if_match(at("DELETE", id.as_str()), if_match.as_ref()),
        // D5 §2.4.3.5, RSR draft-00 §2.3.5: without a slash behind it.
        _ => HttpRequest::open(call, "GET", Uri::new(collection(&call.to).as_str().trim_end_matches('/'))),
    }
}

// D5 §2.4.3, RSR draft-00 §2.3: the sets lie at `/resource_set` below the endpoint; an endpoint that already ends so is taken as it
// is.
fn collection(endpoint: &Uri) -> Uri {
    if ends_in_collection(endpoint.path()) { endpoint.clone() } else { endpoint.base().join(COLLECTION) }
}

fn ends_in_collection(path: &str) -> bool {
    path.trim_end_matches('/').rsplit('/').next() == Some(COLLECTION)
}

fn with_if_match(request: HttpRequest, etag: Option<&ETag>) -> HttpRequest {
    match etag {
        Some(etag) => request.with("If-Match", quoted(etag)),
        None => request,
    }
}

fn quoted(etag: &ETag) -> String {
    format!("\"{etag}\"")
}

fn etag(headers: &[(Text, Text)], name: &str) -> Option<ETag> {
    let value = header(headers, name)?.trim();
    Some(ETag::from(value.trim_start_matches("W/").trim_matches('"')))
}

fn write_description(names: &Names, description: &ResourceDescription) -> Value {
    description::write(&names.description, description, Members::default()).into_value()
}

pub(super) fn read_request(names: &Names, routes: &Routes, request: &HttpRequest) -> Result<Request, Kind> {
    let if_match = etag(&request.headers, "If-Match");
    match (&*request.method, identifier(routes, &request.uri)?) {
        ("GET", None) => Ok(Request::ListResources),
        ("GET", Some(id)) => Ok(Request::ReadResource { id }),
        // D5 §2.4.3, RSR draft-00 §2.3.1, §2.3.3: the entity tag alone tells an update from a create.
        ("PUT", Some(id)) if if_match.is_some() => {
            Ok(Request::UpdateResource { id, if_match, description: read_description(names, request)? })
        }
        ("PUT", Some(id)) => {
            Ok(Request::CreateResource { id: Some(id), description: read_description(names, request)? })
        }
        ("DELETE", Some(id)) => Ok(Request::DeleteResource { id, if_match }),
        // D5 §2.4.3, RSR draft-00 §3: `unsupported_method_type`.
        _ => Err(Kind::MethodNotAllowed(request.method.clone())),
    }
}

fn identifier(routes: &Routes, uri: &Uri) -> Result<Option<ResourceId>, Kind> {
    let below = routes.below(uri);
    if routes.route(uri).is_some_and(ends_in_collection) {
        return path::identifier(below, uri);
    }
    match below.strip_prefix(COLLECTION) {
        Some("") => Ok(None),
        Some(rest) if rest.starts_with('/') => path::identifier(&rest[1..], uri),
        _ => Err(Kind::UnknownPath(uri.base())),
    }
}

fn read_description(names: &Names, request: &HttpRequest) -> Result<ResourceDescription, Kind> {
    check_media_type(&request.headers, &[names.resource_set, RESOURCE_SET_OF_THE_FORM, JSON])?;
    let body = parse(&request.body)?;
    description::read(&names.description, Object::of(&body)?)
}

/// The short answer to create and update. The form of an update is 204, its example and text are 201: this is the
/// example.
pub(super) fn write_status(names: &Names, status: &str, resource: &RegisteredResource) -> HttpResponse {
    let body = members(names, resource).put("status", status).into_value();
    with_etag(HttpResponse::new(201).json(names.registration_status, &body), resource)
}

pub(super) fn write_resource(names: &Names, resource: &RegisteredResource) -> HttpResponse {
    with_etag(HttpResponse::new(200).json(names.resource_set, &members(names, resource).into_value()), resource)
}

fn members(names: &Names, resource: &RegisteredResource) -> Members {
    let open = match &resource.description {
        Some(description) => description::write(&names.description, description, Members::default()),
        None => Members::default(),
    };
    open.put("_id", resource.id.as_str())
        .maybe("_rev", resource.etag.as_ref().map(ETag::as_str))
        .uri("policy_uri", resource.policy_uri.as_ref())
}

fn with_etag(response: HttpResponse, resource: &RegisteredResource) -> HttpResponse {
    match &resource.etag {
        Some(etag) => response.with("ETag", quoted(etag)),
        None => response,
    }
}

/// The answer to create and update: any 2xx, also the empty 204 of the form, whose identifier is the one asked for.
pub(super) fn read_status(
    names: &Names,
    asked: Option<&ResourceId>,
    response: &HttpResponse,
) -> Result<RegisteredResource, Kind> {
    if response.body.is_empty() {
        let id = asked.cloned().ok_or_else(|| missing("_id"))?;
        return Ok(RegisteredResource {
            id,
            etag: etag(&response.headers, "ETag"),
            description: None,
            policy_uri: None,
        });
    }
    read_members(names, &json_of(response, &[names.registration_status, JSON])?, &response.headers)
}

/// D5 §2.4.3.2, RSR draft-00 §2.3.2: the answer to a read has the whole description.
pub(super) fn read_resource(names: &Names, response: &HttpResponse) -> Result<RegisteredResource, Kind> {
    let body = json_of(response, &[names.resource_set, RESOURCE_SET_OF_THE_FORM, JSON])?;
    let resource = read_members(names, &body, &response.headers)?;
    if resource.description.is_some() { Ok(resource) } else { Err(missing(names.description.scopes)) }
}

fn read_members(names: &Names, body: &Value, headers: &[(Text, Text)]) -> Result<RegisteredResource, Kind> {
    let object = Object::of(body)?;
    Ok(RegisteredResource {
        id: object.required("_id")?.into(),
        etag: object.word("_rev")?.or_else(|| etag(headers, "ETag")),
        description: description::read_if_any(&names.description, object)?,
        policy_uri: object.word("policy_uri")?,
    })
}

pub(super) fn write_list(ids: &[ResourceId]) -> Value {
    ids.iter().map(ResourceId::as_str).collect()
}

pub(super) fn read_list(response: &HttpResponse) -> Result<Vec<ResourceId>, Kind> {
    let body = json_of(response, &[JSON])?;
    words("list", body.as_array().ok_or_else(|| malformed("list"))?)
}
