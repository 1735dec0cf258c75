//! Token introspection with permissions (FedAuthz §5; Core 1.0.1 §3.4.2; RFC 7662 §2).

use super::Terms;
use crate::wire::codec::http::{HttpResponse, JSON, cache_control, cache_secs};
use crate::wire::codec::json::{Members, Object, malformed, missing};
use crate::wire::codec::parameters::{Pairs, Parameters};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
use crate::wire::{Permission, Response, Scope, Text};
use serde_json::Value;

pub(super) fn write_request(question: &IntrospectionRequest) -> String {
    Pairs::new().put("token", question.token.expose()).finish()
}

pub(super) fn read_request(form: &Parameters<'_>) -> Result<IntrospectionRequest, Kind> {
    Ok(IntrospectionRequest { token: form.required_token("token")?, resource_id: None, host_id: None })
}

pub(super) fn write_response(terms: &Terms, found: &IntrospectionResponse) -> HttpResponse {
    match found {
        IntrospectionResponse::Inactive => {
            HttpResponse::new(200).secret_json(JSON, &Members::default().put("active", false).into_value())
        }
        IntrospectionResponse::Active(token) => HttpResponse::new(200)
            .json(JSON, &active(terms, token))
            .with("Cache-Control", cache_control(token.cache_secs)),
    }
}

fn active(terms: &Terms, token: &ActiveToken) -> Value {
    let permissions = token.permissions.iter().map(|permission| write_permission(terms, permission));
    Members::default()
        .put("active", true)
        .time("exp", token.expires_at)
        .time("iat", token.issued_at)
        .time("nbf", token.not_before)
        .put("permissions", permissions.collect::<Vec<Value>>())
        .into_value()
}

fn write_permission(terms: &Terms, permission: &Permission) -> Value {
    Members::default()
        .put(terms.resource, permission.resource_id.as_str())
        .texts(terms.scopes, permission.scopes.iter().map(Scope::as_str))
        .time("exp", permission.expires_at)
        .time("iat", permission.issued_at)
        .time("nbf", permission.not_before)
        .into_value()
}

pub(super) fn read_response(terms: &Terms, headers: &[(Text, Text)], body: &Value) -> Result<Response, Kind> {
    let object = Object::of(body)?;
    if !object.flag("active")?.ok_or_else(|| missing("active"))? {
        return Ok(Response::Introspection(IntrospectionResponse::Inactive));
    }
    Ok(Response::Introspection(IntrospectionResponse::Active(ActiveToken {
        permissions: read_permissions(terms, object)?,
        expires_at: object.time("exp")?,
        issued_at: object.time("iat")?,
        not_before: object.time("nbf")?,
        cache_secs: cache_secs(headers),
    })))
}

// FedAuthz §5.1.1: a token without `permissions` carries none.
fn read_permissions(terms: &Terms, object: Object<'_>) -> Result<Vec<Permission>, Kind> {
    let permissions = object.array("permissions")?.unwrap_or_default();
    permissions.iter().map(|permission| read_permission(terms, permission).map_err(within)).collect()
}

fn within(kind: Kind) -> Kind {
    if matches!(kind, Kind::Malformed(_)) { malformed("permissions") } else { kind }
}

fn read_permission(terms: &Terms, permission: &Value) -> Result<Permission, Kind> {
    let object = Object::of(permission)?;
    Ok(Permission {
        resource_id: object.required(terms.resource)?.into(),
        scopes: object.required_words(terms.scopes)?,
        expires_at: object.time("exp")?,
        issued_at: object.time("iat")?,
        not_before: object.time("nbf")?,
    })
}
