//! The permission endpoint (FedAuthz §4).

use crate::wire::codec::http::{HttpResponse, JSON};
use crate::wire::codec::json::{Members, Object, malformed};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{PermissionRequest, PermissionTicket, Request, Response, Scope};
use serde_json::Value;

pub(super) fn write_request(permissions: &[PermissionRequest], array: bool) -> Value {
    match permissions {
        [one] if !array => write_one(one),
        several => several.iter().map(write_one).collect(),
    }
}

fn write_one(permission: &PermissionRequest) -> Value {
    Members::default()
        .put("resource_id", permission.resource_id.as_str())
        .texts("resource_scopes", permission.scopes.iter().map(Scope::as_str))
        .into_value()
}

// FedAuthz §4.1: one object, or an array of one or more of them.
pub(super) fn read_request(body: &Value) -> Result<Request, Kind> {
    let (permissions, array) = match body.as_array() {
        Some(several) => (several.iter().map(read_one).collect::<Result<Vec<_>, Kind>>()?, true),
        None => (vec![read_one(body)?], false),
    };
    if permissions.is_empty() {
        return Err(malformed("permissions"));
    }
    Ok(Request::RequestPermissions { permissions, array })
}

fn read_one(permission: &Value) -> Result<PermissionRequest, Kind> {
    let object = Object::of(permission)?;
    Ok(PermissionRequest {
        resource_id: object.required("resource_id")?.into(),
        scopes: object.required_words("resource_scopes")?,
    })
}

pub(super) fn write_ticket(ticket: &PermissionTicket) -> HttpResponse {
    HttpResponse::new(201).secret_json(JSON, &Members::default().put("ticket", ticket.expose()).into_value())
}

pub(super) fn read_ticket(body: &Value) -> Result<Response, Kind> {
    Ok(Response::PermissionTicket { ticket: Object::of(body)?.required_token("ticket")?, location: None })
}
