//! Requests and answers of the owners' API.

use super::account;
use super::policy::policy;
use super::words::{client_id, etag, text};
use crate::wire::owner::Precondition;
use crate::wire::{OwnerAnswer, OwnerCall, Policy, PolicyCondition, PolicyId, Response};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Any request.
pub fn call() -> impl Strategy<Value = OwnerCall> {
    prop_oneof![
        Just(OwnerCall::ListResources),
        Just(OwnerCall::ListPolicies),
        Just(OwnerCall::ListShares),
        Just(OwnerCall::ListRequests),
        Just(OwnerCall::ListClients),
        Just(OwnerCall::ReadHistory),
        text().prop_map(|id| OwnerCall::ReadPolicy { id: PolicyId::new(id) }),
        (travelling(), option::of(precondition()))
            .prop_map(|(policy, only_if)| OwnerCall::SetPolicy { policy, only_if }),
        (text(), option::of(etag()))
            .prop_map(|(id, if_match)| OwnerCall::WithdrawPolicy { id: PolicyId::new(id), if_match }),
        (text(), any::<bool>()).prop_map(|(id, approve)| OwnerCall::AnswerRequest { id, approve }),
        client_id().prop_map(|client_id| OwnerCall::WithdrawApproval { client_id }),
    ]
}

fn precondition() -> impl Strategy<Value = Precondition> {
    prop_oneof![etag().prop_map(Precondition::Current), Just(Precondition::Absent)]
}

// Times travel as whole seconds.
fn travelling() -> impl Strategy<Value = Policy> {
    policy().prop_map(|policy| Policy { condition: whole(policy.condition), ..policy })
}

fn whole(condition: PolicyCondition) -> PolicyCondition {
    match condition {
        PolicyCondition::All(parts) => PolicyCondition::All(parts.into_iter().map(whole).collect()),
        PolicyCondition::Any(parts) => PolicyCondition::Any(parts.into_iter().map(whole).collect()),
        PolicyCondition::Between { from, until } => {
            PolicyCondition::Between { from: from.whole_secs(), until: until.whole_secs() }
        }
        other => other,
    }
}

/// An answer to this request.
pub fn answer(asked: &OwnerCall) -> BoxedStrategy<Response> {
    let versioned = || (travelling(), etag());
    let wanted = match asked {
        OwnerCall::ListResources => vec(account::resource(), 0..3).prop_map(OwnerAnswer::Resources).boxed(),
        OwnerCall::ListPolicies => vec(versioned(), 0..3).prop_map(OwnerAnswer::Policies).boxed(),
        OwnerCall::ReadPolicy { .. } => {
            versioned().prop_map(|(policy, etag)| OwnerAnswer::Policy(policy, etag)).boxed()
        }
        OwnerCall::SetPolicy { .. } => (versioned(), any::<bool>())
            .prop_map(|((policy, etag), created)| OwnerAnswer::PolicySet { policy, etag, created })
            .boxed(),
        OwnerCall::ListShares => vec(account::share(), 0..3).prop_map(OwnerAnswer::Shares).boxed(),
        OwnerCall::ListRequests => vec(account::request(), 0..3).prop_map(OwnerAnswer::Requests).boxed(),
        OwnerCall::ListClients => vec(account::client(), 0..3).prop_map(OwnerAnswer::Clients).boxed(),
        OwnerCall::ReadHistory => vec(account::entry(), 0..3).prop_map(OwnerAnswer::History).boxed(),
        OwnerCall::WithdrawPolicy { .. } | OwnerCall::AnswerRequest { .. } | OwnerCall::WithdrawApproval { .. } => {
            Just(OwnerAnswer::Done).boxed()
        }
    };
    wanted.prop_map(Response::Owner).boxed()
}
