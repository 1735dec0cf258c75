//! The RPT status endpoint (D5 §3.3.1; D6 §3.3.1): a JSON question, and an array of permissions or `rpt_status` as the answer.

use super::Names;
use crate::wire::codec::http::{HttpResponse, JSON};
use crate::wire::codec::http::{cache_control, cache_secs};
use crate::wire::codec::json::{Members, Object, malformed, missing};
use crate::wire::codec::shared::json_of;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
use crate::wire::{Permission, Response, Scope};
use serde_json::Value;

pub(super) fn write_request(question: &IntrospectionRequest) -> Value {
    Members::default()
        .put("rpt", question.token.expose())
        .maybe("resource_set_id", question.resource_id.as_ref().map(|id| id.as_str()))
        .maybe("host_id", question.host_id.as_deref())
        .into_value()
}

pub(super) fn read_request(body: &Value) -> Result<IntrospectionRequest, Kind> {
    let object = Object::of(body)?;
    Ok(IntrospectionRequest {
        token: object.required_token("rpt")?,
        resource_id: object.word("resource_set_id")?,
        host_id: object.word("host_id")?,
    })
}

pub(super) fn write_response(names: &Names, found: &IntrospectionResponse) -> HttpResponse {
    match found {
        IntrospectionResponse::Inactive => HttpResponse::new(200)
            .secret_json(names.rpt_status, &Members::default().put("rpt_status", "invalid").into_value()),
        IntrospectionResponse::Active(token) => HttpResponse::new(200)
            .json(names.rpt_status, &token.permissions.iter().map(write_permission).collect())
            .with("Cache-Control", cache_control(token.cache_secs)),
    }
}

fn write_permission(permission: &Permission) -> Value {
    Members::default()
        .put("resource_set_id", permission.resource_id.as_str())
        .texts("scopes", permission.scopes.iter().map(Scope::as_str))
        .time("exp", permission.expires_at)
        .into_value()
}

pub(super) fn read_response(names: &Names, response: &HttpResponse) -> Result<Response, Kind> {
    let body = json_of(response, &[names.rpt_status, JSON])?;
    let found = match body.as_array() {
        Some(permissions) => IntrospectionResponse::Active(ActiveToken {
            permissions: permissions.iter().map(read_permission).collect::<Result<_, Kind>>()?,
            cache_secs: cache_secs(&response.headers),
            ..ActiveToken::default()
        }),
        None => read_status(Object::of(&body)?)?,
    };
    Ok(Response::Introspection(found))
}

fn read_status(object: Object<'_>) -> Result<IntrospectionResponse, Kind> {
    match object.required("rpt_status")? {
        "invalid" => Ok(IntrospectionResponse::Inactive),
        _ => Err(malformed("rpt_status")),
    }
}

// D5 §3.3.1, D6 §3.3.1: all three members are REQUIRED.
fn read_permission(permission: &Value) -> Result<Permission, Kind> {
    let object = Object::of(permission)?;
    Ok(Permission {
        resource_id: object.required("resource_set_id")?.into(),
        scopes: object.required_words("scopes")?,
        expires_at: Some(object.time("exp")?.ok_or_else(|| missing("exp"))?),
        issued_at: None,
        not_before: None,
    })
}
