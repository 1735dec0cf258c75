//! Draft 06 on the wire: the core with resource set registration draft 00 (27 December 2012). What it calls otherwise than
//! draft 05; everything else is in [`super::drafts`].

use super::challenge;
use super::description::Vocabulary;
use super::drafts::{DynamicRegistration, Names};
use super::http::JSON;

pub(super) const NAMES: Names = Names {
    // D6 §1.5: none is stated.
    configuration: JSON,
    dynamic_registration: DynamicRegistration::Endpoint,
    registration_endpoint_required: false,
    // D6 §3.1.1, §3.1.2.
    challenge: challenge::Names { as_uri: "as_uri", insufficient: Some("insufficient_scope") },
    // RSR draft-00 §2.1, §2.2, §2.3.1: the media types kept the `intro-` of an older name.
    scope: "application/intro-scope+json",
    resource_set: "application/intro-resource-set+json",
    registration_status: "application/intro-status+json",
    // RSR draft-00 §2.2.
    description: Vocabulary {
        scopes: "scopes",
        name_required: true,
        named: &["scopes", "name", "type", "icon_uri", "_id", "_rev", "policy_uri", "status"],
    },
    // D6 §3.2.
    requested_permission: JSON,
    // D6 §3.3.1.
    rpt_status: JSON,
    // D6 §3.4.2: none is shown.
    rpt_request: None,
};
