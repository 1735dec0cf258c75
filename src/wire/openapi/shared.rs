//! What every revision serves alike: the endpoints of OAuth, the key set, and this description.

use super::{ERROR, FORM, Guard, JSON, Operation};
use crate::wire::Endpoint;

pub(super) const SCHEMAS: &str = include_str!("schemas/shared.json");

pub(super) fn operations(endpoint: Endpoint) -> Vec<Operation> {
    match endpoint {
        Endpoint::Jwks => vec![get("getKeys", "The signing keys (RFC 7517)", "KeySet")],
        Endpoint::Description => vec![get("getDescription", "This description", "Description")],
        Endpoint::ClientRegistration => vec![Operation {
            method: "post",
            takes: Some((JSON, "ClientMetadata")),
            gives: vec![(201, Some((JSON, "ClientInformation"))), (400, Some(ERROR)), (403, Some(ERROR))],
            ..get("registerClient", "Dynamic client registration (RFC 7591)", "ClientInformation")
        }],
        Endpoint::Token => vec![Operation {
            method: "post",
            guard: Guard::Client,
            takes: Some((FORM, "TokenRequest")),
            gives: vec![
                (200, Some((JSON, "TokenResponse"))),
                (400, Some(ERROR)),
                (401, Some(ERROR)),
                (403, Some((JSON, "TokenRefusal"))),
                (429, Some(ERROR)),
            ],
            ..get("token", "The token endpoint (RFC 6749 §3.2)", "TokenResponse")
        }],
        Endpoint::Revocation => vec![Operation {
            method: "post",
            guard: Guard::Client,
            takes: Some((FORM, "RevocationRequest")),
            gives: vec![(200, Some((JSON, "Revoked"))), (400, Some(ERROR)), (401, Some(ERROR)), (429, Some(ERROR))],
            ..get("revoke", "Revocation of a token (RFC 7009)", "Error")
        }],
        _ => Vec::new(),
    }
}

/// Something that anybody can look at.
pub(super) fn get(id: &'static str, summary: &'static str, schema: &'static str) -> Operation {
    Operation {
        method: "get",
        below: "",
        id,
        summary,
        guard: Guard::Nobody,
        takes: None,
        fields: &[],
        gives: vec![(200, Some((JSON, schema))), (400, Some(ERROR))],
    }
}
