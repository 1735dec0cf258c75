//! What the drafts serve for themselves (D5, D6, RSR draft-00); their media types stand in a table for each.

use super::shared::get;
use super::v2_0::guarded;
use super::{Content, Guard, JSON, Operation};
use crate::wire::Endpoint;

pub(super) const SCHEMAS: &str = include_str!("schemas/drafts.json");

/// The media types that the drafts call differently.
pub(super) struct MediaTypes {
    configuration: &'static str,
    resource_set: &'static str,
    registration_status: &'static str,
    requested_permission: &'static str,
    rpt_status: &'static str,
}

pub(super) const DRAFT05: MediaTypes = MediaTypes {
    configuration: "application/uma-configuration+json",
    resource_set: "application/uma-resource-set+json",
    registration_status: "application/uma-status+json",
    requested_permission: "application/uma-requested-permission+json",
    rpt_status: "application/uma-rpt-status+json",
};

pub(super) const DRAFT06: MediaTypes = MediaTypes {
    configuration: JSON,
    resource_set: "application/intro-resource-set+json",
    registration_status: "application/intro-status+json",
    requested_permission: JSON,
    rpt_status: JSON,
};

const STATUS: Content = ("application/uma-status+json", "Status");
const BAD: (u16, Option<Content>) = (400, Some(STATUS));

pub(super) fn operations(types: &MediaTypes, endpoint: Endpoint) -> Vec<Operation> {
    match endpoint {
        Endpoint::Configuration => vec![Operation {
            gives: vec![(200, Some((types.configuration, "Configuration")))],
            ..get("getConfiguration", "The configuration document", "Configuration")
        }],
        Endpoint::ResourceRegistration => registration(types),
        Endpoint::Permission => vec![guarded("registerPermission", "A ticket for a permission", |it| Operation {
            takes: Some((types.requested_permission, "PermissionRequest")),
            gives: vec![(201, Some(("application/uma-permission-ticket+json", "PermissionTicket"))), BAD],
            ..it
        })],
        Endpoint::Introspection => vec![guarded("rptStatus", "What is known of an RPT", |it| Operation {
            takes: Some((JSON, "RptStatusRequest")),
            gives: vec![(200, Some((types.rpt_status, "RptStatus"))), BAD],
            ..it
        })],
        Endpoint::Rpt => vec![of_client("requestRpt", "An RPT without authorization data", |it| Operation {
            gives: vec![(201, Some(("application/uma-rpt+json", "Rpt"))), BAD, (415, Some(STATUS))],
            ..it
        })],
        Endpoint::AuthorizationData => {
            vec![of_client("requestAuthorizationData", "Authorization data for a ticket", |it| Operation {
                takes: Some((JSON, "AuthorizationDataRequest")),
                gives: vec![(200, Some(STATUS)), (403, Some(STATUS)), BAD, (415, Some(STATUS))],
                ..it
            })]
        }
        _ => Vec::new(),
    }
}

fn registration(types: &MediaTypes) -> Vec<Operation> {
    // D5 §2.4.3, RSR draft-00 §2.3: `{rsreguri}/resource_set/{rsid}`.
    const ALL: &str = "/resource_set";
    const ONE: &str = "/resource_set/{resource}";
    let (missing, stale) = ((404, Some(STATUS)), (412, Some(STATUS)));
    let described = (200, Some((types.resource_set, "RegisteredResource")));
    let registered = (201, Some((types.registration_status, "RegisteredResource")));
    let at = |method, below, id, summary, gives| guarded(id, summary, |it| Operation { method, below, gives, ..it });
    let put = at(
        "put",
        ONE,
        "putResource",
        "Registers, or with `If-Match` replaces, a resource set",
        vec![registered, missing, stale, BAD],
    );
    let delete =
        at("delete", ONE, "deleteResource", "Deregisters a resource set", vec![(204, None), missing, stale, BAD]);
    vec![
        at("get", ALL, "listResources", "The identifiers", vec![(200, Some((JSON, "ResourceList"))), BAD]),
        at("get", ONE, "readResource", "One description", vec![described, missing, BAD]),
        Operation { takes: Some((types.resource_set, "ResourceDescription")), fields: &["If-Match"], ..put },
        Operation { fields: &["If-Match"], ..delete },
    ]
}

fn of_client(id: &'static str, summary: &'static str, rest: impl FnOnce(Operation) -> Operation) -> Operation {
    guarded(id, summary, |it| rest(Operation { guard: Guard::Token("aat"), ..it }))
}
