//! What stands on a person's own page.

use crate::wire::page::AccountView;
use crate::wire::{
    ClientId, ETag, FormKey, PersonId, Policy, PolicyId, ResourceId, Scope, ScopeSet, Text, Timestamp, Uri,
};
use serde::{Deserialize, Serialize};

/// Everything a signed-in person can see and change at an authorization server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountPage {
    /// The anti-forgery key of every form on the page, good as long as the session.
    pub form: Option<FormKey>,
    /// Who is signed in.
    pub person: Option<PersonId>,
    /// The part that was asked for.
    pub view: AccountView,
    /// What the form before it has changed.
    pub changed: Option<AccountChange>,
    /// The resources the person owns.
    pub resources: Vec<OwnedResource>,
    /// What their scopes are called, as far as that is known (drafts).
    pub scopes: Vec<ScopeLabel>,
    /// The person's policies.
    pub policies: Vec<Policy>,
    /// Requests that wait for the person's decision.
    pub requests: Vec<PendingRequest>,
    /// Clients that hold an approval of the person (AATs and PATs).
    pub clients: Vec<ApprovedClient>,
    /// Who has access now; only where the view shows it.
    pub shares: Vec<Share>,
    /// What happened, the newest first; only where the view shows it.
    pub history: Vec<HistoryEntry>,
}

/// What a form changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountChange {
    /// A policy was set.
    PolicySet,
    /// A policy was withdrawn.
    PolicyRemoved,
    /// A request was approved.
    RequestApproved,
    /// A request was denied.
    RequestDenied,
    /// The approval of a client was withdrawn.
    ApprovalWithdrawn,
}

impl AccountChange {
    /// Every change.
    pub const ALL: [Self; 5] =
        [Self::PolicySet, Self::PolicyRemoved, Self::RequestApproved, Self::RequestDenied, Self::ApprovalWithdrawn];

    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PolicySet => "policy-set",
            Self::PolicyRemoved => "policy-removed",
            Self::RequestApproved => "request-approved",
            Self::RequestDenied => "request-denied",
            Self::ApprovalWithdrawn => "approval-withdrawn",
        }
    }

    /// The change of that word.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

/// One resource on the owner's page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OwnedResource {
    /// Its identifier here.
    pub id: ResourceId,
    /// The resource server that registered it, by its client identifier here.
    pub resource_server: ClientId,
    /// What that server calls itself.
    pub resource_server_name: Option<Text>,
    /// Its name.
    pub name: Option<Text>,
    /// Its type.
    pub type_: Option<Text>,
    /// Its scopes.
    pub scopes: ScopeSet,
    /// Its revision, draft-06 only.
    pub etag: Option<ETag>,
}

/// What a scope is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScopeLabel {
    /// The scope.
    pub scope: Scope,
    /// Its name.
    pub name: Text,
    /// Its icon.
    pub icon_uri: Option<Uri>,
}

/// One request that waits for the owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PendingRequest {
    /// Names the request in the owner's answer.
    pub id: Text,
    /// The client.
    pub client_id: ClientId,
    /// What it calls itself.
    pub client_name: Option<Text>,
    /// The requesting party, as far as claims tell.
    pub requesting_party: Option<Text>,
    /// The resource.
    pub resource_id: ResourceId,
    /// What it is called.
    pub resource_name: Option<Text>,
    /// The scopes.
    pub scopes: ScopeSet,
}

/// One client that may act for the person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ApprovedClient {
    /// The client.
    pub client_id: ClientId,
    /// Its name.
    pub name: Option<Text>,
    /// What was approved, or is held.
    pub scope: ScopeSet,
    /// True when nobody was asked: it holds tokens for assertions about the person (RFC 7522).
    #[serde(default, skip_serializing_if = "is_false")]
    pub asserted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// One permission that works now.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Share {
    /// The client that holds it.
    pub client_id: ClientId,
    /// What the client calls itself.
    pub client_name: Option<Text>,
    /// The requesting party, as far as claims told.
    pub requesting_parties: Vec<Text>,
    /// The resource server.
    pub resource_server: ClientId,
    /// The resource.
    pub resource_id: ResourceId,
    /// What it is called.
    pub resource_name: Option<Text>,
    /// The scopes.
    pub scopes: ScopeSet,
    /// Since when.
    pub since: Timestamp,
    /// The first instant at which it ends by itself.
    pub until: Timestamp,
    /// The policies that it rests on.
    pub policies: Vec<PolicyId>,
}

/// Something that happened to a resource of the owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When; unknown for what was recorded before times were.
    pub at: Option<Timestamp>,
    /// The client that asked, as far as it said who it is.
    pub client_id: Option<ClientId>,
    /// What it calls itself.
    pub client_name: Option<Text>,
    /// The requesting party, as far as claims told.
    pub requesting_parties: Vec<Text>,
    /// The resource server.
    pub resource_server: ClientId,
    /// The resource.
    pub resource_id: ResourceId,
    /// What it is called, while it is registered.
    pub resource_name: Option<Text>,
    /// The scopes that it was about.
    pub scopes: ScopeSet,
    /// How it came out.
    pub outcome: HistoryOutcome,
}

/// How something in the history came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HistoryOutcome {
    /// The client got a permission.
    Granted,
    /// It got one, which was withdrawn afterwards.
    GrantedAndWithdrawn,
    /// It got nothing.
    Denied(Option<DenialReason>),
    /// The owner was asked and said yes.
    OwnerApproved,
    /// The owner was asked and said no.
    OwnerRefused,
    /// The owner was asked and said nothing until it was too late.
    OwnerDidNotAnswer,
}

/// Why a process ended without a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DenialReason {
    /// No policy speaks about the resource and what was asked for (Grant §5.6: default deny).
    NoPolicy,
    /// A policy does, and its conditions do not hold.
    ConditionsNotMet,
    /// The owner said no.
    OwnerRefused,
    /// The client asked for a scope that does not exist there (Grant §3.3.6 `invalid_scope`).
    UnknownScope,
    /// The requesting party gave no claims.
    NoClaims,
}
