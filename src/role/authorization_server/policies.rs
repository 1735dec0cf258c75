//! The policies of owners, with the version at which each was set (Grant §1.3 "policy conditions"). Only their author
//! may write them, and only about own resources. What they permit is decided in [`super::assessment`].

use super::account::Refusal;
use super::{AuthorizationServer, withdrawal};
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::wire::{PersonId, Policy, PolicyId, PolicyTarget, ResourceId};
use std::collections::BTreeMap;

/// The policies of owners, with the version at which each was set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Policies {
    by_owner: BTreeMap<PersonId, BTreeMap<PolicyId, (Policy, u64)>>,
    version: u64,
}

impl Policies {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::PolicySet { owner, policy, version } => {
                self.version = *version;
                let policies = self.by_owner.entry(owner.clone()).or_default();
                policies.insert(policy.id.clone(), (policy.clone(), *version));
            }
            Fact::PolicyRemoved { owner, policy, version } => {
                self.version = *version;
                if let Some(policies) = self.by_owner.get_mut(owner) {
                    policies.remove(policy);
                }
            }
            _ => {}
        }
    }

    /// The policies of an owner, each with the version at which it was set.
    pub(super) fn of_owner(&self, owner: &PersonId) -> impl Iterator<Item = (&Policy, u64)> {
        self.by_owner.get(owner).into_iter().flat_map(BTreeMap::values).map(|(policy, version)| (policy, *version))
    }

    /// One policy of an owner.
    pub(super) fn get(&self, owner: &PersonId, policy: &PolicyId) -> Option<&Policy> {
        self.by_owner.get(owner)?.get(policy).map(|(policy, _)| policy)
    }

    /// The version at which a policy was set.
    pub(super) fn version_of(&self, owner: &PersonId, policy: &PolicyId) -> Option<u64> {
        self.by_owner.get(owner)?.get(policy).map(|(_, version)| *version)
    }

    /// How many policy writes there were.
    pub(super) fn version(&self) -> u64 {
        self.version
    }
}

/// Sets or replaces a policy.
pub(super) fn set(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &PersonId,
    policy: Policy,
) -> Result<(), Refusal> {
    if let PolicyTarget::Resources(ids) = &policy.target {
        for id in ids {
            require_own(server, cx, owner, id)?;
        }
    }
    let replaced = match server.policies.get(owner, &policy.id) {
        Some(same) if *same == policy => return Ok(()),
        replaced => replaced.is_some(),
    };
    let (id, version) = (policy.id.clone(), server.policies.version() + 1);
    server.record(cx, Fact::PolicySet { owner: owner.clone(), policy, version });
    if replaced {
        // Grant §6.1: what rested on the older text is withdrawn, even where the new one would permit it again.
        withdrawal::of_policy(server, cx, owner, &id);
    }
    Ok(())
}

/// Removes a policy.
pub(super) fn remove(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &PersonId,
    policy: PolicyId,
) -> Result<(), Refusal> {
    if server.policies.get(owner, &policy).is_none() {
        return Err(Refusal::Unknown);
    }
    let version = server.policies.version() + 1;
    server.record(cx, Fact::PolicyRemoved { owner: owner.clone(), policy: policy.clone(), version });
    withdrawal::of_policy(server, cx, owner, &policy);
    Ok(())
}

// Grant §1.3: policy conditions are set by the owner of the resource and nobody else.
fn require_own(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &PersonId,
    id: &ResourceId,
) -> Result<(), Refusal> {
    let own = server.resources.find_of_owner(owner, id).next().is_some();
    if !own && server.resources.find(id).next().is_none() {
        return Err(Refusal::Unknown);
    }
    cx.require(Rule::PolicyOfOwner, own)?;
    Ok(())
}
