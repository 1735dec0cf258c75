//! The permission endpoint (FedAuthz §4; D6 §3.2): which resources and scopes a resource server wants a ticket for.
//! All or nothing (reading A12), and all of one owner.

use super::oauth_side::PatHolder;
use super::{AuthorizationServer, registration, tickets};
use crate::role::{Context, Rule};
use crate::trace::fact::{ResourceKey, TicketReason};
use crate::wire::{ErrorCode, Failure, PermissionRequest, PermissionTicket, ResourceId};
use std::collections::BTreeMap;

/// Issues one ticket for all of it. `unknown` is the revision's code for an unknown resource.
pub(super) fn request(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    permissions: Vec<PermissionRequest>,
    unknown: &ErrorCode,
) -> Result<PermissionTicket, Failure> {
    let mut of: Option<ResourceKey> = None;
    for permission in &permissions {
        let key = registered(server, cx, pat, permission, unknown)?;
        let first = of.get_or_insert_with(|| key.clone());
        if (&first.owner, &first.resource_server) != (&key.owner, &key.resource_server) {
            // FedAuthz §4: one permission request is about the resources of one owner.
            return Err(Failure::body(400, unknown.clone()));
        }
    }
    let Some(ResourceKey { owner, resource_server, .. }) = of else {
        return Err(Failure::body(400, ErrorCode::InvalidRequest));
    };
    let permissions = each_resource_once(cx, permissions);
    let reason = TicketReason::PermissionRequest;
    Ok(tickets::issue(server, cx, permissions, owner, resource_server, None, reason))
}

fn registered(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    permission: &PermissionRequest,
    unknown: &ErrorCode,
) -> Result<ResourceKey, Failure> {
    let invalid_resource = || Failure::body(400, unknown.clone());
    let key = registration::locate(server, cx, pat, &permission.resource_id).map_err(|_| invalid_resource())?;
    let key = key.ok_or_else(invalid_resource)?;
    let registered = server.resources.get(&key).ok_or_else(invalid_resource)?;
    // FedAuthz §4.3, D6 §3.2: one scope that was not registered for this very resource spoils the whole request.
    cx.require(Rule::PermissionScopesRegistered, permission.scopes.is_subset(&registered.description.scopes))
        .map_err(|_| Failure::body(400, ErrorCode::InvalidScope))?;
    Ok(key)
}

// A ticket is a set of (resource, scopes): a resource that is named twice stands for the union.
fn each_resource_once(cx: &mut Context<'_>, permissions: Vec<PermissionRequest>) -> Vec<PermissionRequest> {
    let mut places: BTreeMap<ResourceId, usize> = BTreeMap::new();
    let mut once: Vec<PermissionRequest> = Vec::with_capacity(permissions.len());
    for permission in permissions {
        match places.get(&permission.resource_id).and_then(|place| once.get_mut(*place)) {
            Some(first) => {
                cx.our_choice("resource-twice-in-permission-request");
                first.scopes.extend(permission.scopes);
            }
            None => {
                places.insert(permission.resource_id.clone(), once.len());
                once.push(permission);
            }
        }
    }
    once
}
