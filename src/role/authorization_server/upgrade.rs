//! What an RPT hands on to its successor: by upgrade (Grant §3.3.5.1) or by refresh (Grant §3.6). Only what the owner
//! granted and has not taken back is handed on; nothing here adds to it.

use super::rpts::RptRecord;
use super::tickets::TicketRecord;
use super::{AuthorizationServer, Upgrade};
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{GrantedPermission, RevocationCause, RptHash, Subject, TokenWhat};
use crate::wire::{Bearer, ClientId, ScopeSet};

/// Permissions that an earlier RPT carried and that its successor may carry. Only this file makes them.
#[derive(Debug)]
pub(super) struct Carried {
    from: RptHash,
    permissions: Vec<GrantedPermission>,
}

impl Carried {
    /// The RPT they come from.
    pub(super) fn from(&self) -> RptHash {
        self.from
    }

    /// True when nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.permissions.is_empty()
    }

    /// Uses them up.
    pub(super) fn into_inner(self) -> Vec<GrantedPermission> {
        self.permissions
    }
}

/// What the RPT that a client submitted hands on to the one it is about to get. `None` when there is no upgrade: the
/// client simply gets a new RPT, and may keep the old one.
pub(super) fn carried(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    rpt: Option<&Bearer>,
    client: &ClientId,
    record: &TicketRecord,
) -> Option<Carried> {
    match server.config.upgrade {
        Upgrade::NewString => {}
        Upgrade::Never => return None,
    }
    let from: RptHash = rpt?.hashed().as_kind();
    let old = server.rpts.get(&from)?;
    cx.require(Rule::UpgradeOfClient, old.client == *client).ok()?;
    let subjects = server.claims.subjects(record.process);
    cx.require(Rule::UpgradeOfSameParties, is_of_same_parties(old, &subjects, record)).ok()?;
    let mut permissions = live(server, cx, old);
    let all_live = permissions.len() == old.permissions.len() && old.is_live(cx.at);
    // Grant §3.3.1 lets an expired RPT be submitted; what is dead in it stays dead (GRT-8).
    if cx.require(Rule::UpgradeCarriesLive, all_live).is_ok() && !all_live {
        permissions = renewed(server, cx, old.permissions.clone());
    }
    let carried = Carried { from, permissions };
    (!carried.is_empty()).then_some(carried)
}

// Grant §3.3.5.1 with reading A8: the RPT of another owner is not extended.
fn is_of_same_parties(old: &RptRecord, subjects: &[Subject], record: &TicketRecord) -> bool {
    let same_person = match (old.subjects.is_empty(), subjects.is_empty()) {
        (true, true) => true,
        (false, false) => old.subjects.iter().any(|subject| subjects.contains(subject)),
        (true, false) | (false, true) => false,
    };
    same_person
        && old.owner.as_ref() == Some(&record.owner)
        && old.resource_server.as_ref() == Some(&record.resource_server)
}

fn live(server: &AuthorizationServer, cx: &Context<'_>, old: &RptRecord) -> Vec<GrantedPermission> {
    if !old.is_live(cx.at) {
        return Vec::new();
    }
    let unexpired = |granted: &GrantedPermission| granted.permission.expires_at.is_none_or(|end| cx.at < end);
    let mut permissions: Vec<_> = old.permissions.iter().filter(|granted| unexpired(granted)).cloned().collect();
    for granted in &mut permissions {
        // No later expiry than in the RPT it comes from, whose own end counts too.
        granted.permission.expires_at =
            granted.permission.expires_at.map_or(Some(old.expires_at), |end| Some(end.min(old.expires_at)));
    }
    still_registered(server, permissions)
}

fn still_registered(server: &AuthorizationServer, permissions: Vec<GrantedPermission>) -> Vec<GrantedPermission> {
    let registered = |granted: &GrantedPermission| {
        let found = server.resources.get(&granted.resource);
        found.is_some_and(|found| granted.permission.scopes.is_subset(&found.description.scopes))
    };
    permissions.into_iter().filter(registered).collect()
}

fn renewed(
    server: &AuthorizationServer,
    cx: &Context<'_>,
    mut permissions: Vec<GrantedPermission>,
) -> Vec<GrantedPermission> {
    let lifetime = server.config.permission_lifetime.min(server.config.rpt_lifetime);
    for granted in &mut permissions {
        granted.permission.expires_at = Some((cx.at + lifetime).whole_secs());
    }
    permissions
}

/// What an RPT hands on when it is refreshed: what it has and what is still registered, narrowed to `scope` if one is
/// given, for a new period.
pub(super) fn refreshed(
    server: &AuthorizationServer,
    cx: &Context<'_>,
    from: RptHash,
    scope: &ScopeSet,
) -> Option<Carried> {
    let old = server.rpts.get(&from)?;
    let mut permissions = renewed(server, cx, old.permissions.clone());
    for granted in &mut permissions {
        let Some(found) = server.resources.get(&granted.resource) else {
            granted.permission.scopes.clear();
            continue;
        };
        let keeps = |asked: &crate::wire::Scope| scope.is_empty() || scope.contains(asked);
        let registered = &found.description.scopes;
        granted.permission.scopes.retain(|scope| keeps(scope) && registered.contains(scope));
    }
    permissions.retain(|granted| !granted.permission.scopes.is_empty());
    (!permissions.is_empty()).then_some(Carried { from, permissions })
}

/// Ends an RPT that a new one takes the place of, with its refresh token.
pub(super) fn replace(server: &mut AuthorizationServer, cx: &mut Context<'_>, old: RptHash) {
    end(server, cx, old, RevocationCause::Replaced);
}

/// Ends an RPT and its refresh token, as far as they are not ended already.
pub(super) fn end(server: &mut AuthorizationServer, cx: &mut Context<'_>, rpt: RptHash, why: RevocationCause) {
    let Some(record) = server.rpts.get(&rpt) else { return };
    let (revoked, refresh) = (record.revoked, record.refresh);
    if !revoked {
        server.record(cx, Fact::TokenRevoked { token: rpt.as_kind(), what: TokenWhat::Rpt, why });
    }
    if let Some(refresh) = refresh {
        end_refresh(server, cx, refresh, why);
    }
}

/// Ends a refresh token of an RPT, if it is not ended already.
pub(super) fn end_refresh(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    refresh: crate::trace::fact::RefreshHash,
    why: RevocationCause,
) {
    if server.rpts.refresh(&refresh).is_some_and(|known| !known.revoked) {
        server.record(cx, Fact::TokenRevoked { token: refresh.as_kind(), what: TokenWhat::RefreshToken, why });
    }
}
