//! Policies of owners.

use crate::wire::{ClaimName, PersonId, Policy, PolicyCondition, PolicyId, PolicyTarget, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::words::{client_id, resource_id, scope_set, text, uri};

/// Any policy.
pub fn policy() -> impl Strategy<Value = Policy> {
    (text(), target(), scope_set(), condition()).prop_map(|(id, target, scopes, condition)| Policy {
        id: PolicyId::new(id),
        target,
        scopes,
        condition,
    })
}

/// What a policy speaks about.
pub fn target() -> impl Strategy<Value = PolicyTarget> {
    prop_oneof![
        vec(resource_id(), 0..3).prop_map(PolicyTarget::Resources),
        text().prop_map(PolicyTarget::Type),
        Just(PolicyTarget::AllResources),
    ]
}

/// When a policy permits: conditions in conditions, to a depth of three.
pub fn condition() -> impl Strategy<Value = PolicyCondition> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(PolicyCondition::All),
            vec(inner, 0..3).prop_map(PolicyCondition::Any),
        ]
    })
}

fn leaf() -> impl Strategy<Value = PolicyCondition> {
    prop_oneof![
        Just(PolicyCondition::Anyone),
        Just(PolicyCondition::OwnerApproves),
        vec(text(), 0..3).prop_map(PolicyCondition::SignedInWith),
        (uri(), text())
            .prop_map(|(issuer, subject)| PolicyCondition::RequestingParty { issuer, subject: PersonId::new(subject) }),
        client_id().prop_map(PolicyCondition::Client),
        claim(),
        (any::<u64>(), any::<u64>())
            .prop_map(|(a, b)| PolicyCondition::Between { from: Timestamp(a.min(b)), until: Timestamp(a.max(b)) }),
    ]
}

fn claim() -> impl Strategy<Value = PolicyCondition> {
    (text(), text(), option::of(uri()), option::of(any::<u64>())).prop_map(|(name, value, issuer, max_age_secs)| {
        PolicyCondition::Claim { name: ClaimName::new(name), value, issuer, max_age_secs }
    })
}
