//! The protection API as 1.0.1 and 2.0 write it: the same shapes, with other names for some of their members (Core 1.0.1
//! §3.2, §3.4.2, RSR 1.0.1 §2; FedAuthz §3, §4, §5).

pub(super) mod introspection;
pub(super) mod permission;
pub(super) mod registration;

use super::description::Vocabulary;

/// What a revision calls things here.
pub(super) struct Terms {
    /// The resource of a permission: `resource_id` or `resource_set_id`.
    pub(super) resource: &'static str,
    /// The scopes of a permission: `resource_scopes` or `scopes`.
    pub(super) scopes: &'static str,
    /// What a description has.
    pub(super) description: Vocabulary,
    /// The path segment below the registration endpoint under which the resources lie.
    pub(super) collection: Option<&'static str>,
}
