//! The oracle: who may reach what, from policies, claims and time. Written from the texts (Grant §3.3.4, §5.6; D6
//! §3.4.3) and never from a role; default deny.

use crate::trace::fact::{ResourceKey, Subject};
use crate::wire::claims::ACR_PASSWORD;
use crate::wire::{Claim, ClientId, Duration, Policy, PolicyCondition, PolicyId, PolicyTarget, Scope, Text, Timestamp};
use std::collections::BTreeSet;

/// The resource of a question: its key, and the type it was registered with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    /// Which resource.
    pub(crate) key: &'a ResourceKey,
    /// Its `type`.
    pub(crate) type_: Option<&'a Text>,
}

/// Claims about one subject, with the instant from which their age counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// About whom.
    pub(crate) subject: &'a Subject,
    /// Which claims.
    pub(crate) claims: &'a [Claim],
    /// Since when.
    pub(crate) since: Timestamp,
}

/// How a requesting party has signed in for the AATs of a client: with a password at least.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignIns<'a> {
    /// What was more than a password.
    pub(crate) stronger: Option<&'a BTreeSet<Text>>,
}

impl SignIns<'_> {
    fn had(&self, acr: &Text) -> bool {
        &**acr == ACR_PASSWORD || self.stronger.is_some_and(|stronger| stronger.contains(acr))
    }
}

/// Who asks, what is known of them in this process, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Party<'a> {
    /// The client.
    pub(crate) client: &'a ClientId,
    /// What was established in this process.
    pub(crate) known: &'a [Known<'a>],
    /// How the requesting party signed in for the AAT, where there is one of a person.
    pub(crate) sign_ins: Option<SignIns<'a>>,
    /// True when the owner agreed to this resource and scope in this process.
    pub(crate) owner_approved: bool,
    /// Now, by the authorization server's clock.
    pub(crate) now: Timestamp,
}

/// The policies among `policies`, all of the resource's owner, that permit `scope` on `target` to `party`.
pub(crate) fn permitting<'a>(
    policies: impl Iterator<Item = (&'a Policy, u64)>,
    target: Target<'_>,
    scope: &Scope,
    party: &Party<'_>,
) -> Vec<(PolicyId, u64)> {
    policies
        .filter(|(policy, _)| speaks_about(policy, target, scope) && holds(&policy.condition, party))
        .map(|(policy, version)| (policy.id.clone(), version))
        .collect()
}

/// True when a policy names this resource and scope, whatever its condition.
pub(crate) fn speaks_about(policy: &Policy, target: Target<'_>, scope: &Scope) -> bool {
    policy.scopes.contains(scope) && names(&policy.target, target)
}

fn names(named: &PolicyTarget, target: Target<'_>) -> bool {
    match named {
        PolicyTarget::Resources(ids) => ids.contains(&target.key.id),
        PolicyTarget::Type(type_) => target.type_ == Some(type_),
        PolicyTarget::AllResources => true,
    }
}

/// True when the condition can permit somebody at all: an empty conjunction or alternative is no rule (Grant §5.6).
pub(crate) fn explicit(condition: &PolicyCondition) -> bool {
    match condition {
        PolicyCondition::All(parts) => !parts.is_empty() && parts.iter().all(explicit),
        PolicyCondition::Any(parts) => parts.iter().any(explicit),
        PolicyCondition::Anyone
        | PolicyCondition::RequestingParty { .. }
        | PolicyCondition::Client(_)
        | PolicyCondition::Claim { .. }
        | PolicyCondition::Between { .. }
        | PolicyCondition::SignedInWith(_)
        | PolicyCondition::OwnerApproves => true,
    }
}

fn holds(condition: &PolicyCondition, party: &Party<'_>) -> bool {
    match condition {
        PolicyCondition::Anyone => true,
        // Grant §5.6: nothing said is nothing permitted.
        PolicyCondition::All(parts) => !parts.is_empty() && parts.iter().all(|part| holds(part, party)),
        PolicyCondition::Any(parts) => parts.iter().any(|part| holds(part, party)),
        PolicyCondition::RequestingParty { issuer, subject } => {
            party.known.iter().any(|known| known.subject.issuer == *issuer && known.subject.person == *subject)
        }
        PolicyCondition::Client(client) => party.client == client,
        PolicyCondition::Claim { name, value, issuer, max_age_secs } => party.known.iter().any(|known| {
            let young = max_age_secs.is_none_or(|secs| party.now.since(known.since) <= Duration::from_secs(secs));
            young
                && known.claims.iter().any(|claim| {
                    claim.name == *name
                        && claim.value == *value
                        && issuer.as_ref().is_none_or(|vouching| claim.issuer == *vouching)
                })
        }),
        PolicyCondition::Between { from, until } => *from <= party.now && party.now < *until,
        PolicyCondition::SignedInWith(accepted) => {
            party.sign_ins.is_some_and(|sign_ins| accepted.iter().any(|acr| sign_ins.had(acr)))
        }
        PolicyCondition::OwnerApproves => party.owner_approved,
    }
}

/// Whether a party could satisfy a condition by what it can prove: `provable` answers for identities, clients and claims.
/// Waiting for an owner counts as not satisfiable, and so does a window of time that does not cover `over`.
pub(crate) fn satisfiable(
    condition: &PolicyCondition,
    over: (Timestamp, Timestamp),
    provable: &dyn Fn(&PolicyCondition) -> bool,
) -> bool {
    let part = |part: &PolicyCondition| satisfiable(part, over, provable);
    match condition {
        PolicyCondition::Anyone => true,
        PolicyCondition::All(parts) => !parts.is_empty() && parts.iter().all(part),
        PolicyCondition::Any(parts) => parts.iter().any(part),
        PolicyCondition::RequestingParty { .. }
        | PolicyCondition::Claim { .. }
        | PolicyCondition::SignedInWith(_)
        | PolicyCondition::Client(_) => provable(condition),
        PolicyCondition::Between { from, until } => *from <= over.0 && over.1 < *until,
        PolicyCondition::OwnerApproves => false,
    }
}

/// The shortest age that a condition allows a claim, in seconds; `None` when it allows any.
pub(crate) fn shortest_age(condition: &PolicyCondition) -> Option<u64> {
    match condition {
        PolicyCondition::Claim { max_age_secs, .. } => *max_age_secs,
        PolicyCondition::All(parts) | PolicyCondition::Any(parts) => parts.iter().filter_map(shortest_age).min(),
        PolicyCondition::Anyone
        | PolicyCondition::RequestingParty { .. }
        | PolicyCondition::Client(_)
        | PolicyCondition::Between { .. }
        | PolicyCondition::SignedInWith(_)
        | PolicyCondition::OwnerApproves => None,
    }
}
