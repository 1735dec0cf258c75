//! Token introspection, what both revisions do alike (FedAuthz §5; D6 §3.3.1): whether an RPT is good, and which of its
//! permissions are live. For whom it is good stands in [`super::draft06`] and [`super::v2_0`].

use super::AuthorizationServer;
use super::oauth_side::PatHolder;
use super::rpts::RptRecord;
use crate::role::{Context, Rule};
use crate::trace::fact::GrantedPermission;
use crate::wire::{Bearer, Permission, Timestamp};

/// The RPT, if it is one and good. `of_server` says whether it is for the resource server that asks.
pub(super) fn good<'a>(
    server: &'a AuthorizationServer,
    cx: &mut Context<'_>,
    token: &Bearer,
    of_server: impl FnOnce(&RptRecord) -> bool,
) -> Option<&'a RptRecord> {
    // RFC 7662 §2.2: a token that is no RPT (a PAT, an AAT, anything) is not active here, and nothing more is said.
    let record = server.rpts.get(&token.hashed().as_kind())?;
    cx.require(Rule::RptUnrevoked, !record.revoked).ok()?;
    cx.require(Rule::RptFresh, cx.at < record.expires_at).ok()?;
    cx.require(Rule::RptOfServer, of_server(record)).ok()?;
    Some(record)
}

/// The permissions of an RPT that are in force and the PAT holder's business.
pub(super) fn live(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    record: &RptRecord,
) -> Vec<Permission> {
    record.permissions.iter().filter_map(|granted| live_permission(server, cx, pat, granted)).collect()
}

fn live_permission(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    granted: &GrantedPermission,
) -> Option<Permission> {
    // FedAuthz §1.3; AT-49: equal identifiers of other owners and servers must not be taken for the asking party's own.
    cx.require(Rule::RptOfServer, granted.resource.resource_server == pat.resource_server).ok()?;
    cx.require(Rule::ResourceOfPatOwner, granted.resource.owner == pat.owner).ok()?;
    let fresh = granted.permission.expires_at.is_none_or(|expiry| cx.at < expiry);
    cx.require(Rule::PermissionFresh, fresh).ok()?;
    still_registered(server, cx, granted).map(in_whole_seconds)
}

// FedAuthz §5.1.1: resource and scopes are ones that were registered, as the registration stands now.
fn still_registered(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    granted: &GrantedPermission,
) -> Option<Permission> {
    let permission = &granted.permission;
    let registered = server.resources.get(&granted.resource).map(|registered| &registered.description.scopes);
    let holds = registered.is_some_and(|scopes| permission.scopes.is_subset(scopes));
    if cx.require(Rule::PermissionStillRegistered, holds).is_ok() {
        return Some(permission.clone());
    }
    let scopes = &permission.scopes & registered?;
    (!scopes.is_empty()).then(|| Permission { scopes, ..permission.clone() })
}

fn in_whole_seconds(permission: Permission) -> Permission {
    let whole = |instant: Option<Timestamp>| instant.map(Timestamp::whole_secs);
    Permission {
        expires_at: whole(permission.expires_at),
        issued_at: whole(permission.issued_at),
        not_before: whole(permission.not_before),
        ..permission
    }
}
