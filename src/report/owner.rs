//! The owners' API in words.

use super::reader::ClientNames;
use super::words::scopes;
use crate::wire::{OwnerAnswer, OwnerCall};

/// A request.
pub(super) fn asked(call: &OwnerCall, clients: &ClientNames) -> String {
    match call {
        OwnerCall::ListResources => "owner: list resources".into(),
        OwnerCall::ListPolicies => "owner: list policies".into(),
        OwnerCall::ReadPolicy { id } => format!("owner: read policy {id}"),
        OwnerCall::SetPolicy { policy, .. } => format!("owner: set policy {}, {}", policy.id, scopes(&policy.scopes)),
        OwnerCall::WithdrawPolicy { id, .. } => format!("owner: withdraw policy {id}"),
        OwnerCall::ListShares => "owner: list shares".into(),
        OwnerCall::ListRequests => "owner: list requests".into(),
        OwnerCall::AnswerRequest { approve: true, .. } => "owner: approve a request".into(),
        OwnerCall::AnswerRequest { approve: false, .. } => "owner: deny a request".into(),
        OwnerCall::ListClients => "owner: list approved clients".into(),
        OwnerCall::WithdrawApproval { client_id } => {
            format!("owner: withdraw the approval of {}", clients.of(client_id))
        }
        OwnerCall::ReadHistory => "owner: read history".into(),
    }
}

/// An answer.
pub(super) fn answered(answer: &OwnerAnswer) -> String {
    let count = |count: usize, what: &str| format!("{count} {what}");
    match answer {
        OwnerAnswer::Resources(all) => count(all.len(), "resources"),
        OwnerAnswer::Policies(all) => count(all.len(), "policies"),
        OwnerAnswer::Policy(policy, etag) => format!("policy {}, version {etag}", policy.id),
        OwnerAnswer::PolicySet { policy, etag, .. } => format!("policy {} set, version {etag}", policy.id),
        OwnerAnswer::Shares(all) => count(all.len(), "shares"),
        OwnerAnswer::Requests(all) => count(all.len(), "requests"),
        OwnerAnswer::Clients(all) => count(all.len(), "approved clients"),
        OwnerAnswer::History(all) => count(all.len(), "entries of history"),
        OwnerAnswer::Done => "done".into(),
    }
}
