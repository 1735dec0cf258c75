//! Descriptions of protected resources (FedAuthz §3.1; RSR draft-00 §2.2 "resource set").

use crate::wire::{ETag, ResourceId, ScopeSet, Text, Uri};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a resource server tells an authorization server about one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResourceDescription {
    /// A name for people: REQUIRED in draft-06, OPTIONAL in 2.0.
    pub name: Option<Text>,
    /// REQUIRED. Every scope that can be asked for on this resource.
    pub scopes: ScopeSet,
    /// OPTIONAL. A type that policies can target.
    pub type_: Option<Text>,
    /// OPTIONAL, 2.0 only: a longer text for people.
    pub description: Option<Text>,
    /// OPTIONAL. An icon.
    pub icon_uri: Option<Uri>,
    /// Members that no text names, kept as canonical JSON by member name (`name#de`, `resource_set_type`, ...).
    pub extra: BTreeMap<Text, Text>,
}

/// What the URI of a scope leads to: its name for people (D5 §2.4.1; RSR draft-00 §2.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScopeDescription {
    /// REQUIRED. A name for people.
    pub name: Text,
    /// OPTIONAL. An icon.
    pub icon_uri: Option<Uri>,
    /// For how many seconds it may be kept (`Cache-Control`).
    pub cache_secs: Option<u64>,
}

/// A registered resource as the authorization server returns it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegisteredResource {
    /// `_id`.
    pub id: ResourceId,
    /// `_rev` and `ETag`, draft-06 only.
    pub etag: Option<ETag>,
    /// The description; absent in the short answers to create and update.
    pub description: Option<ResourceDescription>,
    /// Where the owner can see and change the policies of this resource.
    pub policy_uri: Option<Uri>,
}
