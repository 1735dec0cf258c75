//! What 2.0 serves for itself (Grant, FedAuthz).

use super::shared::get;
use super::{Content, ERROR, FORM, Guard, JSON, Operation};
use crate::wire::Endpoint;

pub(super) const SCHEMAS: &str = include_str!("schemas/2.0.json");

pub(super) fn operations(endpoint: Endpoint) -> Vec<Operation> {
    match endpoint {
        Endpoint::Configuration => vec![get("getConfiguration", "The discovery document", "Configuration")],
        Endpoint::ResourceRegistration => registration("", "/{resource}"),
        Endpoint::Permission => vec![guarded("requestPermissions", "A ticket for permissions", |it| Operation {
            takes: Some((JSON, "PermissionRequest")),
            gives: vec![(201, Some((JSON, "PermissionTicket"))), (400, Some(ERROR))],
            ..it
        })],
        Endpoint::Introspection => vec![guarded("introspect", "What is known of an RPT", |it| Operation {
            takes: Some((FORM, "IntrospectionRequest")),
            gives: vec![(200, Some((JSON, "Introspection"))), (400, Some(ERROR))],
            ..it
        })],
        _ => Vec::new(),
    }
}

/// Resource registration with identifiers of the server, as 1.0.1 has it too (RSR 1.0.1 §2.2).
pub(super) fn registration(all: &'static str, one: &'static str) -> Vec<Operation> {
    const MISSING: (u16, Option<Content>) = (404, Some(ERROR));
    const BAD: (u16, Option<Content>) = (400, Some(ERROR));
    let described: (u16, Option<Content>) = (200, Some((JSON, "RegisteredResource")));
    let at = |method, below, id, summary, gives| guarded(id, summary, |it| Operation { method, below, gives, ..it });
    let with = |operation: Operation| Operation { takes: Some((JSON, "ResourceDescription")), ..operation };
    vec![
        with(at("post", all, "createResource", "Registers a resource", vec![(201, described.1), BAD])),
        at("get", all, "listResources", "The identifiers", vec![(200, Some((JSON, "ResourceList"))), BAD]),
        at("get", one, "readResource", "One description", vec![described, MISSING, BAD]),
        with(at("put", one, "updateResource", "Replaces a description", vec![described, MISSING, BAD])),
        at("delete", one, "deleteResource", "Deregisters a resource", vec![(204, None), MISSING, BAD]),
    ]
}

/// A `POST` with a PAT.
pub(super) fn guarded(id: &'static str, summary: &'static str, rest: impl FnOnce(Operation) -> Operation) -> Operation {
    rest(Operation { method: "post", guard: Guard::Token("pat"), ..get(id, summary, "Error") })
}
