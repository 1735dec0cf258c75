//! What 1.0.1 serves for itself (Core 1.0.1, RSR 1.0.1).

use super::shared::get;
use super::v2_0::{guarded, registration};
use super::{ERROR, FORM, Guard, JSON, Operation};
use crate::wire::Endpoint;

pub(super) const SCHEMAS: &str = include_str!("schemas/1.0.1.json");

pub(super) fn operations(endpoint: Endpoint) -> Vec<Operation> {
    match endpoint {
        Endpoint::Configuration => vec![get("getConfiguration", "The configuration document", "Configuration")],
        Endpoint::ResourceRegistration => registration("/resource_set", "/resource_set/{resource}"),
        Endpoint::Permission => vec![guarded("registerPermission", "A ticket for a permission", |it| Operation {
            takes: Some((JSON, "PermissionRequest")),
            gives: vec![(201, Some((JSON, "PermissionTicket"))), (400, Some(ERROR))],
            ..it
        })],
        Endpoint::Introspection => vec![guarded("introspect", "What is known of an RPT", |it| Operation {
            takes: Some((FORM, "IntrospectionRequest")),
            gives: vec![(200, Some((JSON, "Introspection"))), (400, Some(ERROR))],
            ..it
        })],
        Endpoint::Rpt => vec![guarded("requestRpt", "An RPT for a ticket", |it| Operation {
            guard: Guard::Token("aat"),
            takes: Some((JSON, "RptRequest")),
            gives: vec![
                (200, Some((JSON, "Rpt"))),
                (400, Some(ERROR)),
                (403, Some((JSON, "RptRefusal"))),
                (415, Some(ERROR)),
            ],
            ..it
        })],
        _ => Vec::new(),
    }
}
