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

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::super::testing::{Bench, described, failed};
    use super::*;
    use crate::trace::Fact;
    use crate::wire::text::scope_set;
    use crate::wire::{Request, Response, Revision};

    fn bench(revision: Revision) -> (Bench, Vec<ResourceId>) {
        let mut bench = Bench::new(revision);
        bench.pat("alice@1", "alice", "rs1");
        bench.pat("alice@2", "alice", "rs2");
        bench.pat("bob@1", "bob", "rs1");
        let ids = vec![
            bench.register("alice@1", "album", &["view", "edit"]),
            bench.register("alice@1", "photo", &["view"]),
            bench.register("bob@1", "bobs", &["view"]),
        ];
        (bench, ids)
    }

    fn want(id: &ResourceId, scopes: &[&str]) -> PermissionRequest {
        PermissionRequest { resource_id: id.clone(), scopes: scope_set(scopes.iter().copied()) }
    }

    fn ask(bench: &mut Bench, pat: &str, permissions: &[PermissionRequest]) -> Response {
        let (permissions, array) = (permissions.to_vec(), permissions.len() != 1);
        bench.with_bearer(pat, Request::RequestPermissions { permissions, array })
    }

    fn ticketed(bench: &Bench) -> Option<(Vec<PermissionRequest>, &str, &str)> {
        match bench.last_facts() {
            [Fact::TicketIssued { permissions, owner, resource_server, .. }] => {
                Some((permissions.clone(), owner.as_str(), resource_server.as_str()))
            }
            _ => None,
        }
    }

    #[test]
    fn a_ticket_stands_for_exactly_what_was_asked() {
        let (mut bench, ids) = bench(Revision::V2_0);
        let wanted = [want(&ids[0], &["view", "edit"]), want(&ids[1], &[])];
        assert!(matches!(ask(&mut bench, "alice@1", &wanted), Response::PermissionTicket { location: None, .. }));
        assert_eq!(ticketed(&bench), Some((wanted.to_vec(), "alice", "rs1")));
        let (mut bench, ids) = self::bench(Revision::Draft06);
        let answer = ask(&mut bench, "alice@1", &[want(&ids[0], &["view"])]);
        let Response::PermissionTicket { ticket, location: Some(location) } = answer else { panic!("no ticket") };
        assert!(location.as_str().starts_with("https://as.example/permission/"));
        assert!(!location.as_str().contains(ticket.expose()));
    }

    #[test]
    fn a_resource_that_is_named_twice_stands_once_in_the_ticket() {
        let (mut bench, ids) = bench(Revision::V2_0);
        let wanted = [want(&ids[0], &["view"]), want(&ids[1], &["view"]), want(&ids[0], &["edit"])];
        ask(&mut bench, "alice@1", &wanted);
        let once = vec![want(&ids[0], &["view", "edit"]), want(&ids[1], &["view"])];
        assert_eq!(ticketed(&bench), Some((once, "alice", "rs1")));
    }

    #[test]
    fn what_is_unknown_or_anothers_spoils_all_of_it() {
        for (revision, code) in
            [(Revision::V2_0, ErrorCode::InvalidResourceId), (Revision::Draft06, ErrorCode::InvalidResourceSetId)]
        {
            let (mut bench, ids) = bench(revision);
            let refused = (400, Some(code));
            assert_eq!(failed(&ask(&mut bench, "alice@1", &[want(&"nope".into(), &["view"])])), refused);
            assert_eq!(failed(&ask(&mut bench, "alice@1", &[want(&ids[2], &["view"])])), refused);
            assert!(bench.ruled(Rule::ResourceOfPatOwner, false) && bench.last_facts().is_empty());
            assert_eq!(failed(&ask(&mut bench, "alice@2", &[want(&ids[0], &["view"])])), refused);
            assert!(bench.ruled(Rule::ResourceOfPatServer, false) && bench.last_facts().is_empty());
        }
        let (mut bench, ids) = bench(Revision::V2_0);
        let half = [want(&ids[0], &["view"]), want(&"nope".into(), &["view"])];
        assert_eq!(failed(&ask(&mut bench, "alice@1", &half)), (400, Some(ErrorCode::InvalidResourceId)));
        assert!(bench.last_facts().is_empty());
    }

    #[test]
    fn without_the_owner_rule_a_ticket_is_for_anothers_resource_but_never_for_two_owners() {
        let (bench, ids) = bench(Revision::V2_0);
        let mut mutant = bench.without(&[Rule::ResourceOfPatOwner]);
        ask(&mut mutant, "alice@1", &[want(&ids[2], &["view"])]);
        assert_eq!(ticketed(&mutant), Some((vec![want(&ids[2], &["view"])], "bob", "rs1")));
        let both = [want(&ids[0], &["view"]), want(&ids[2], &["view"])];
        assert_eq!(failed(&ask(&mut mutant, "alice@1", &both)), (400, Some(ErrorCode::InvalidResourceId)));
    }

    #[test]
    fn a_scope_of_another_resource_is_not_enough() {
        for revision in Revision::ALL {
            let (mut bench, ids) = bench(revision);
            let wrong = [want(&ids[1], &["view", "edit"])];
            assert_eq!(failed(&ask(&mut bench, "alice@1", &wrong)), (400, Some(ErrorCode::InvalidScope)));
            assert!(bench.ruled(Rule::PermissionScopesRegistered, false) && bench.last_facts().is_empty());
            let mut mutant = bench.without(&[Rule::PermissionScopesRegistered]);
            assert!(matches!(ask(&mut mutant, "alice@1", &wrong), Response::PermissionTicket { .. }));
        }
    }

    #[test]
    fn a_scope_that_was_taken_away_is_not_asked_for_again() {
        let (mut bench, ids) = bench(Revision::V2_0);
        let id = ids[0].clone();
        bench.with_bearer("alice@1", Request::UpdateResource { id, if_match: None, description: described(&["view"]) });
        let wrong = [want(&ids[0], &["edit"])];
        assert_eq!(failed(&ask(&mut bench, "alice@1", &wrong)), (400, Some(ErrorCode::InvalidScope)));
    }

    #[test]
    fn the_early_revision_wants_one_resource_and_a_scope() {
        let invalid = (400, Some(ErrorCode::InvalidRequest));
        let (mut bench, ids) = bench(Revision::Draft06);
        assert_eq!(failed(&ask(&mut bench, "alice@1", &[want(&ids[0], &[])])), invalid);
        let two = [want(&ids[0], &["view"]), want(&ids[1], &["view"])];
        assert_eq!(failed(&ask(&mut bench, "alice@1", &two)), invalid);
        let array = Request::RequestPermissions { permissions: vec![want(&ids[0], &["view"])], array: true };
        assert_eq!(failed(&bench.with_bearer("alice@1", array)), invalid);
        let (mut bench, _) = self::bench(Revision::V2_0);
        assert_eq!(failed(&ask(&mut bench, "alice@1", &[])), invalid);
    }
}
