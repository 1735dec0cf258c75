//! What a release rests on (Grant §3.5; D6 §3). Only a verified answer of the protecting authorization server makes
//! [`IntrospectedPermissions`], and only [`Grounds`] open a resource: this file is the one place that decides.

use crate::role::resource_server::pats::PatKey;
use crate::role::resource_server::protection::Standing;
use crate::role::rule::{Broken, Proof};
use crate::role::{Context, Rule};
use crate::trace::note::Evidence;
use crate::wire::{Duration, Permission, ResourceId, ScopeSet, Timestamp};

/// What an attempt needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needed<'a> {
    /// Whose resource it is, and who protects it.
    pub protector: &'a PatKey,
    /// Its identifier there.
    pub resource_id: &'a ResourceId,
    /// The scopes of the operation; none for a documented scope-less one.
    pub scopes: &'a ScopeSet,
    /// By how much an expiry may pass.
    pub leeway: Duration,
}

/// An answer about exactly the presented RPT.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    /// Who was asked, with whose PAT.
    pub key: PatKey,
    /// What was said.
    pub evidence: Evidence,
}

/// Permissions of an RPT that cover an attempt, by an answer that was checked.
#[derive(Clone, Debug)]
pub(super) struct IntrospectedPermissions {
    resource_id: ResourceId,
    evidence: Evidence,
}

/// How an RPT falls short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortfall {
    /// The authorization server calls it void, or is not the one to say.
    Inactive,
    /// It is good, but not for this.
    Insufficient,
}

impl IntrospectedPermissions {
    /// Checks an answer against an attempt.
    pub(super) fn verify(cx: &mut Context<'_>, needed: Needed<'_>, answered: Answered) -> Result<Self, Shortfall> {
        let Answered { key, evidence } = answered;
        let inactive = |_: Broken| Shortfall::Inactive;
        let protector = key == *needed.protector && evidence.as_uri == needed.protector.as_uri;
        cx.require(Rule::EvidenceOfProtector, protector).map_err(inactive)?;
        cx.require(Rule::RptActive, evidence.active).map_err(inactive)?;
        cover(cx, needed, &evidence).map_err(|_: Broken| Shortfall::Insufficient)?;
        Ok(Self { resource_id: needed.resource_id.clone(), evidence })
    }
}

// Grant §3.5: the permission has to be for this resource with these scopes. All of it stands in one entry: the resource
// of one entry and the scopes of another give nothing.
fn cover(cx: &mut Context<'_>, needed: Needed<'_>, evidence: &Evidence) -> Result<Proof, Broken> {
    let named = narrowed(evidence.permissions.iter().collect(), |entry| entry.resource_id == *needed.resource_id);
    cx.require(Rule::PermissionNamesResource, named.held)?;
    let scoped = narrowed(named.entries, |entry| needed.scopes.is_subset(&entry.scopes));
    cx.require(Rule::PermissionHasScopes, scoped.held)?;
    let at = cx.at;
    let timely = narrowed(scoped.entries, |entry| in_time(entry, evidence.expires_at, at, needed.leeway));
    cx.require(Rule::EvidenceUnexpired, timely.held)
}

struct Narrowed<'a> {
    entries: Vec<&'a Permission>,
    held: bool,
}

// Entries that fulfil a condition; all of them when none does, which matters only to a node without the rule.
fn narrowed<'a>(entries: Vec<&'a Permission>, holds: impl Fn(&Permission) -> bool) -> Narrowed<'a> {
    let fulfilling: Vec<&Permission> = entries.iter().copied().filter(|entry| holds(entry)).collect();
    if fulfilling.is_empty() {
        return Narrowed { entries, held: false };
    }
    Narrowed { entries: fulfilling, held: true }
}

// FedAuthz §5.1.1: the earlier expiry and the later beginning count. D6 §3.3.1: not good at `exp`; a small leeway.
fn in_time(entry: &Permission, token_expires_at: Option<Timestamp>, at: Timestamp, leeway: Duration) -> bool {
    let ends = [entry.expires_at, token_expires_at].into_iter().flatten().min();
    let unexpired = ends.is_none_or(|end| at < end + leeway);
    unexpired && entry.not_before.is_none_or(|begins| begins <= at + leeway)
}

/// Why a resource may be handed out.
#[derive(Clone, Debug)]
pub(super) struct Grounds {
    resource_id: Option<ResourceId>,
    evidence: Option<Evidence>,
    opened: bool,
}

impl Grounds {
    /// Nothing protects it any more: its owner opened it.
    pub(super) fn opened(standing: Option<&Standing>) -> Option<Self> {
        match standing? {
            Standing::Open => Some(Self { resource_id: None, evidence: None, opened: true }),
            Standing::Mapped(_) | Standing::Gone => None,
        }
    }

    /// A node that does not obey [`Rule::FailClosed`] or [`Rule::PathCanonical`] hands out what it could not decide.
    pub(super) fn undecided(proof: Proof) -> Option<Self> {
        let undecided = matches!(proof.rule(), Rule::FailClosed | Rule::PathCanonical);
        undecided.then_some(Self { resource_id: None, evidence: None, opened: false })
    }

    /// The resource's identifier at the authorization server; none for what is not protected.
    pub(super) fn resource_id(&self) -> Option<&ResourceId> {
        self.resource_id.as_ref()
    }

    /// True when the owner opened the resource to everybody.
    pub(super) fn are_the_owners_will(&self) -> bool {
        self.opened
    }

    /// What they rest on.
    pub(super) fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }
}

impl From<IntrospectedPermissions> for Grounds {
    fn from(permissions: IntrospectedPermissions) -> Self {
        Self { resource_id: Some(permissions.resource_id), evidence: Some(permissions.evidence), opened: false }
    }
}
