//! Permissions asked for and permissions granted (FedAuthz §1.5.1, §4.1, §5.1.1; D6 §3.2, §3.3.1).

use crate::wire::{ResourceId, ScopeSet, Timestamp};
use serde::{Deserialize, Serialize};

/// One permission that a resource server asks a ticket for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PermissionRequest {
    /// REQUIRED. The resource that the client tried to reach.
    pub resource_id: ResourceId,
    /// REQUIRED. The scopes that the attempt needs; 2.0 allows none, draft-06 asks for at least one.
    pub scopes: ScopeSet,
}

/// One permission that an RPT carries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Permission {
    /// REQUIRED. The resource it is for.
    pub resource_id: ResourceId,
    /// REQUIRED. The granted scopes; none means no scoped operation, never "all" (reading A9).
    pub scopes: ScopeSet,
    /// The first instant at which it no longer holds: REQUIRED in draft-06, OPTIONAL in 2.0. Whole seconds.
    pub expires_at: Option<Timestamp>,
    /// OPTIONAL in 2.0: when it was issued. Whole seconds.
    pub issued_at: Option<Timestamp>,
    /// OPTIONAL in 2.0: the first instant at which it holds. Whole seconds.
    pub not_before: Option<Timestamp>,
}
