//! The owners' API: what a program asks an authorization server on behalf of a resource owner, and what it is told. The
//! texts leave the management of policies open (Grant §1.3 "policy conditions"); all of this is ours. It says what the
//! owner's own page says ([`crate::wire::page::AccountPage`]), without a browser.

use crate::wire::page::{ApprovedClient, HistoryEntry, OwnedResource, PendingRequest, Share};
use crate::wire::{ClientId, ETag, Policy, PolicyId, Text};
use serde::{Deserialize, Serialize};

/// The scope of an owner's token. It stands alone: a token with any other scope beside it is none.
pub const OWNER_SCOPE: &str = "umaverse_owner";

/// One request at the owners' API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OwnerCall {
    /// `GET resources`: what the owner owns.
    ListResources,
    /// `GET policies`.
    ListPolicies,
    /// `GET policies/{id}`.
    ReadPolicy {
        /// Which.
        id: PolicyId,
    },
    /// `PUT policies/{id}`: sets or replaces a policy; the same again changes nothing.
    SetPolicy {
        /// The policy.
        policy: Policy,
        /// When it is to be set.
        only_if: Option<Precondition>,
    },
    /// `DELETE policies/{id}`: withdraws it, and what rests on it.
    WithdrawPolicy {
        /// Which.
        id: PolicyId,
        /// `If-Match`: only this version of it.
        if_match: Option<ETag>,
    },
    /// `GET shares`: who has access now.
    ListShares,
    /// `GET requests`: what waits for the owner.
    ListRequests,
    /// `PUT requests/{id}`: decides it; the same decision again changes nothing.
    AnswerRequest {
        /// Which.
        id: Text,
        /// Yes or no.
        approve: bool,
    },
    /// `GET clients`: which clients the owner approved.
    ListClients,
    /// `DELETE clients/{id}`: withdraws the approval of a client; its tokens for the owner die.
    WithdrawApproval {
        /// Which.
        client_id: ClientId,
    },
    /// `GET history`: what happened, the newest first.
    ReadHistory,
}

/// What must hold for a policy to be set (RFC 9110 §13.1), so that nobody overwrites what they have not seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Precondition {
    /// `If-Match`: this is its current version.
    Current(ETag),
    /// `If-None-Match: *`: there is none of that name yet.
    Absent,
}

/// One answer of the owners' API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OwnerAnswer {
    /// Resources.
    Resources(Vec<OwnedResource>),
    /// Policies, each with its version.
    Policies(Vec<(Policy, ETag)>),
    /// One policy with its version.
    Policy(Policy, ETag),
    /// It is set, and this is its version.
    PolicySet {
        /// As it is set.
        policy: Policy,
        /// Its version.
        etag: ETag,
        /// True when there was none of that name.
        created: bool,
    },
    /// Shares.
    Shares(Vec<Share>),
    /// Requests.
    Requests(Vec<PendingRequest>),
    /// Clients.
    Clients(Vec<ApprovedClient>),
    /// History.
    History(Vec<HistoryEntry>),
    /// It is withdrawn or decided.
    Done,
}

impl OwnerCall {
    /// A short word for it, used in causal names and diagrams.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::ListResources => "owner-resources",
            Self::ListPolicies | Self::ReadPolicy { .. } => "owner-policies",
            Self::SetPolicy { .. } => "owner-set",
            Self::WithdrawPolicy { .. } => "owner-withdraw",
            Self::ListShares => "owner-shares",
            Self::ListRequests => "owner-requests",
            Self::AnswerRequest { .. } => "owner-answer",
            Self::ListClients => "owner-clients",
            Self::WithdrawApproval { .. } => "owner-disapprove",
            Self::ReadHistory => "owner-history",
        }
    }
}

impl OwnerAnswer {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::PolicySet { created: true, .. } => 201,
            Self::Done => 204,
            Self::Resources(_)
            | Self::Policies(_)
            | Self::Policy(..)
            | Self::PolicySet { created: false, .. }
            | Self::Shares(_)
            | Self::Requests(_)
            | Self::Clients(_)
            | Self::History(_) => 200,
        }
    }
}
