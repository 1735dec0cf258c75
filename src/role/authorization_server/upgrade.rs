//! What an RPT hands on to its successor: by upgrade (Grant §3.3.5.1) or by refresh (Grant §3.6). Only what the owner
//! granted and has not taken back is handed on; nothing here adds to it.

use super::rpts::RptRecord;
use super::tickets::TicketRecord;
use super::{AuthorizationServer, Upgrade};
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{GrantedPermission, RefreshHash, RevocationCause, RptHash, Subject, TokenWhat};
use crate::wire::{Bearer, ClientId, Scope, ScopeSet};

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
    let subjects = server.claims.subjects(record.process);
    let (from, old) = upgradable(server, cx, rpt, client, |old| is_of_same_parties(old, &subjects, record))?;
    carried_from(server, cx, from, old)
}

/// The RPT that a client submitted, if it may be upgraded: its own, and for the same parties by `of_parties`.
pub(super) fn upgradable<'a>(
    server: &'a AuthorizationServer,
    cx: &mut Context<'_>,
    rpt: Option<&Bearer>,
    client: &ClientId,
    of_parties: impl FnOnce(&RptRecord) -> bool,
) -> Option<(RptHash, &'a RptRecord)> {
    match server.config.upgrade {
        Upgrade::NewString | Upgrade::SameString => {}
        Upgrade::Never => return None,
    }
    let from: RptHash = rpt?.hashed().as_kind();
    let old = server.rpts.get(&from)?;
    cx.require(Rule::UpgradeOfClient, old.client == *client).ok()?;
    cx.require(Rule::UpgradeOfSameParties, of_parties(old)).ok()?;
    Some((from, old))
}

/// What an RPT that may be upgraded hands on; `None` when nothing in it is live.
pub(super) fn carried_from(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    from: RptHash,
    old: &RptRecord,
) -> Option<Carried> {
    let mut permissions = live(server, cx, old);
    let all_live = old.is_live(cx.at) && says_the_same(&permissions, &old.permissions);
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

fn says_the_same(live: &[GrantedPermission], all: &[GrantedPermission]) -> bool {
    live.len() == all.len() && live.iter().zip(all).all(|(one, other)| one.permission.scopes == other.permission.scopes)
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
    narrowed(server, permissions, |_| true)
}

// FedAuthz §5.1.1: only what is registered now, and of that what `keeps` says.
fn narrowed(
    server: &AuthorizationServer,
    permissions: Vec<GrantedPermission>,
    keeps: impl Fn(&Scope) -> bool,
) -> Vec<GrantedPermission> {
    let narrow = |mut granted: GrantedPermission| {
        let registered = &server.resources.get(&granted.resource)?.description.scopes;
        let scopes = &mut granted.permission.scopes;
        let had_none = scopes.is_empty();
        scopes.retain(|scope| keeps(scope) && registered.contains(scope));
        (had_none || !scopes.is_empty()).then_some(granted)
    };
    permissions.into_iter().filter_map(narrow).collect()
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
    let renewed = renewed(server, cx, old.permissions.clone());
    let permissions = narrowed(server, renewed, |asked| scope.is_empty() || scope.contains(asked));
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
    refresh: RefreshHash,
    why: RevocationCause,
) {
    if server.rpts.refresh(&refresh).is_some_and(|known| !known.revoked) {
        server.record(cx, Fact::TokenRevoked { token: refresh.as_kind(), what: TokenWhat::RefreshToken, why });
    }
}
