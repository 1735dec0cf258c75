//! The permission registration endpoint (D5 §3.2; D6 §3.2).

use crate::wire::codec::http::{HttpResponse, JSON};
use crate::wire::codec::json::{Members, Object};
use crate::wire::codec::shared::json_of;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{PermissionRequest, PermissionTicket, Request, Response, Scope, Uri};
use serde_json::Value;

const TICKET: &str = "application/uma-permission-ticket+json";

// D5 §3.2 and D6 §3.2 ask for one permission at a time; whoever sends several gets `invalid_request`.
pub(super) fn write_request(permissions: &[PermissionRequest], array: bool) -> Value {
    match permissions {
        [one] if !array => write_one(one),
        several => several.iter().map(write_one).collect(),
    }
}

fn write_one(permission: &PermissionRequest) -> Value {
    Members::default()
        .put("resource_set_id", permission.resource_id.as_str())
        .texts("scopes", permission.scopes.iter().map(Scope::as_str))
        .into_value()
}

pub(super) fn read_request(body: &Value) -> Result<Request, Kind> {
    let object = Object::of(body)?;
    let permission = PermissionRequest {
        resource_id: object.required("resource_set_id")?.into(),
        scopes: object.required_words("scopes")?,
    };
    Ok(Request::RequestPermissions { permissions: vec![permission], array: false })
}

pub(super) fn write_ticket(ticket: &PermissionTicket, location: Option<&Uri>) -> HttpResponse {
    let body = Members::default().put("ticket", ticket.expose()).into_value();
    let response = HttpResponse::new(201).secret_json(TICKET, &body);
    match location {
        Some(location) => response.with("Location", location.as_str()),
        None => response,
    }
}

pub(super) fn read_ticket(response: &HttpResponse) -> Result<Response, Kind> {
    let body = json_of(response, &[TICKET, JSON])?;
    let location = crate::wire::codec::http::header(&response.headers, "Location").map(Uri::from);
    Ok(Response::PermissionTicket { ticket: Object::of(&body)?.required_token("ticket")?, location })
}
