//! The permission endpoint (FedAuthz §4; Core 1.0.1 §3.2 with the multi-permission extension).

use super::Terms;
use crate::wire::codec::http::{HttpResponse, JSON};
use crate::wire::codec::json::{Members, Object, malformed};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{PermissionRequest, PermissionTicket, Request, Response, Scope};
use serde_json::Value;

pub(super) fn write_request(terms: &Terms, permissions: &[PermissionRequest], array: bool) -> Value {
    match permissions {
        [one] if !array => write_one(terms, one),
        several => several.iter().map(|one| write_one(terms, one)).collect(),
    }
}

fn write_one(terms: &Terms, permission: &PermissionRequest) -> Value {
    Members::default()
        .put(terms.resource, permission.resource_id.as_str())
        .texts(terms.scopes, permission.scopes.iter().map(Scope::as_str))
        .into_value()
}

// FedAuthz §4.1, UMA multi-permission §2.3: one object, or an array of one or more of them.
pub(super) fn read_request(terms: &Terms, body: &Value) -> Result<Request, Kind> {
    let (permissions, array) = match body.as_array() {
        Some(several) => (several.iter().map(|one| read_one(terms, one)).collect::<Result<Vec<_>, Kind>>()?, true),
        None => (vec![read_one(terms, body)?], false),
    };
    if permissions.is_empty() {
        return Err(malformed("permissions"));
    }
    Ok(Request::RequestPermissions { permissions, array })
}

fn read_one(terms: &Terms, permission: &Value) -> Result<PermissionRequest, Kind> {
    let object = Object::of(permission)?;
    Ok(PermissionRequest {
        resource_id: object.required(terms.resource)?.into(),
        scopes: object.required_words(terms.scopes)?,
    })
}

pub(super) fn write_ticket(ticket: &PermissionTicket) -> HttpResponse {
    HttpResponse::new(201).secret_json(JSON, &Members::default().put("ticket", ticket.expose()).into_value())
}

pub(super) fn read_ticket(body: &Value) -> Result<Response, Kind> {
    Ok(Response::PermissionTicket { ticket: Object::of(body)?.required_token("ticket")?, location: None })
}
