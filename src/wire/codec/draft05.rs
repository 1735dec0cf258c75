//! Draft 05 on the wire (1 October 2012): what it calls otherwise than draft 06. Everything else is in [`super::drafts`].

use super::challenge;
use super::description::Vocabulary;
use super::drafts::{DynamicRegistration, Names};
use super::http::JSON;

pub(super) const NAMES: Names = Names {
    // D5 §1.5.
    configuration: "application/uma-configuration+json",
    dynamic_registration: DynamicRegistration::YesOrNo,
    registration_endpoint_required: true,
    // D5 §3.1.1, §3.1.2: the challenge has no `error`.
    challenge: challenge::Names { as_uri: "am_uri", insufficient: None },
    // D5 §2.4.1.
    scope: "application/uma-scope+json",
    // D5 §2.4.2.
    resource_set: "application/uma-resource-set+json",
    // D5 §2.4.3.1.
    registration_status: "application/uma-status+json",
    // D5 §2.4.2: there is no `type`.
    description: Vocabulary {
        scopes: "scopes",
        name_required: true,
        named: &["scopes", "name", "icon_uri", "_id", "_rev", "policy_uri", "status"],
    },
    // D5 §3.2.
    requested_permission: "application/uma-requested-permission+json",
    // D5 §3.3.1.
    rpt_status: "application/uma-rpt-status+json",
    // D5 §3.4.4.
    rpt_request: Some(JSON),
};
