//! Token introspection (FedAuthz §5; Core 1.0.1 §3.4.2; D6 §3.3.1): whether an RPT is good, and which of its permissions
//! are live. What the drafts answer stands in [`super::drafts`].

use super::AuthorizationServer;
use super::oauth_side::PatHolder;
use super::rpts::RptRecord;
use crate::role::{Context, Rule};
use crate::trace::fact::GrantedPermission;
use crate::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
use crate::wire::{Bearer, Failure, Permission, Response, Timestamp};

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

/// Answers a resource server of 1.0.1 or 2.0, whichever revision the RPT is of.
///
/// # Errors
/// None: what is not good is inactive.
pub(super) fn answer(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    asked: &IntrospectionRequest,
) -> Result<Response, Failure> {
    // Core 1.0.1 §1.3: an RPT is for one resource server, and may carry permissions of several owners. Grant §1.3: it is
    // unique to one owner and resource server, and so is the PAT.
    let of_holder = |record: &RptRecord| {
        record.resource_server.as_ref() == Some(&pat.resource_server)
            && record.owner.as_ref().is_none_or(|owner| *owner == pat.owner)
    };
    let Some(record) = good(server, cx, &asked.token, of_holder) else {
        return Ok(Response::Introspection(IntrospectionResponse::Inactive));
    };
    if record.owner.is_none() {
        cx.our_choice("introspection-shows-the-pats-owner-only");
    }
    Ok(Response::Introspection(IntrospectionResponse::Active(described(server, cx, pat, record))))
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

/// What is said of a good RPT that has times of its own (FedAuthz §5.1.1; Core 1.0.1 §3.4.2).
fn described(server: &AuthorizationServer, cx: &mut Context<'_>, pat: &PatHolder, record: &RptRecord) -> ActiveToken {
    ActiveToken {
        permissions: live(server, cx, pat, record),
        expires_at: Some(record.expires_at.whole_secs()),
        issued_at: record.permissions.iter().map(|granted| granted.granted_at).max().map(Timestamp::whole_secs),
        not_before: None,
        cache_secs: server.config.introspection_cache_secs,
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::super::testing::Bench;
    use super::*;
    use crate::trace::Fact;
    use crate::trace::fact::{ProcessId, ResourceKey, RevocationCause, RptOrigin, TokenWhat};
    use crate::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
    use crate::wire::text::scope_set;
    use crate::wire::{Aat, ClientId, Duration, PermissionTicket, Request, ResourceId, Response, Revision, Rpt};

    fn bench(revision: Revision) -> Bench {
        let mut bench = Bench::new(revision);
        for (pat, owner, server) in [("alice@1", "alice", "rs1"), ("alice@2", "alice", "rs2"), ("bob@1", "bob", "rs1")]
        {
            bench.pat(pat, owner, server);
        }
        bench
    }

    fn granted(
        owner: &str,
        server: &str,
        id: &ResourceId,
        scopes: &[&str],
        expires_at: Timestamp,
    ) -> GrantedPermission {
        GrantedPermission {
            resource: ResourceKey { owner: owner.into(), resource_server: server.into(), id: id.clone() },
            permission: Permission {
                resource_id: id.clone(),
                scopes: scope_set(scopes.iter().copied()),
                expires_at: Some(expires_at),
                issued_at: None,
                not_before: None,
            },
            process: ProcessId(0),
            granted_at: Timestamp::from_secs(1000) + Duration::from_millis(400),
            policies: vec![("p".into(), 1)],
            subjects: Vec::new(),
        }
    }

    fn rpt(bench: &mut Bench, server: Option<&str>, permissions: Vec<GrantedPermission>) {
        let ticket = PermissionTicket::new("t").hashed();
        let (owner, origin) = match bench.server.config.served.newest() {
            Revision::Draft05 | Revision::Draft06 | Revision::V1_0_1 => {
                (None, RptOrigin::Aat(Aat::new("aat").hashed()))
            }
            Revision::V2_0 => {
                let origin = RptOrigin::Ticket { ticket, process: ProcessId(0), upgraded_from: None };
                (Some("alice".into()), origin)
            }
        };
        bench.given(Fact::RptIssued {
            rpt: Rpt::new("rpt").hashed(),
            client: "app".into(),
            subjects: Vec::new(),
            owner,
            resource_server: server.map(ClientId::from),
            permissions: Vec::new(),
            expires_at: Timestamp::from_secs(2000),
            origin,
            refresh: None,
            refresh_expires_at: None,
        });
        if let Some(server) = server {
            let (rpt, resource_server) = (Rpt::new("rpt").hashed(), ClientId::from(server));
            bench.given(Fact::AuthorizationDataAdded { rpt, ticket, resource_server, permissions });
        }
    }

    fn ask(bench: &mut Bench, pat: &str, token: &str) -> Option<ActiveToken> {
        let asked = IntrospectionRequest { token: Bearer::new(token), resource_id: None, host_id: None };
        match bench.with_bearer(pat, Request::Introspect(asked)) {
            Response::Introspection(IntrospectionResponse::Active(active)) => Some(active),
            Response::Introspection(IntrospectionResponse::Inactive) => None,
            other => panic!("no answer: {other:?}"),
        }
    }

    fn shown(bench: &mut Bench, pat: &str) -> Option<Vec<(ResourceId, usize)>> {
        let active = ask(bench, pat, "rpt")?;
        Some(active.permissions.into_iter().map(|it| (it.resource_id, it.scopes.len())).collect())
    }

    /// A bench with an RPT that carries `view` and `edit` on one resource of alice at rs1.
    fn with_rpt(revision: Revision) -> (Bench, ResourceId) {
        let mut bench = bench(revision);
        let id = bench.register("alice@1", "photo", &["view", "edit"]);
        let permission = granted("alice", "rs1", &id, &["view", "edit"], Timestamp::from_secs(1500));
        rpt(&mut bench, Some("rs1"), vec![permission]);
        (bench, id)
    }

    #[test]
    fn a_good_rpt_shows_its_permissions_in_whole_seconds() {
        let (mut bench, id) = with_rpt(Revision::V2_0);
        bench.server.config.introspection_cache_secs = Some(9);
        let active = ask(&mut bench, "alice@1", "rpt").unwrap_or_default();
        assert_eq!(active.expires_at, Some(Timestamp::from_secs(2000)));
        assert_eq!(active.issued_at, Some(Timestamp::from_secs(1000)));
        assert_eq!((active.permissions.len(), active.cache_secs), (1, Some(9)));
        assert_eq!(active.permissions[0].resource_id, id);
        let (mut bench, _) = with_rpt(Revision::Draft06);
        let active = ask(&mut bench, "alice@1", "rpt").unwrap_or_default();
        assert_eq!((active.permissions.len(), active.expires_at, active.issued_at), (1, None, None));
    }

    #[test]
    fn what_is_no_rpt_is_not_active() {
        for revision in Revision::ALL {
            let (mut bench, _) = with_rpt(revision);
            assert_eq!(ask(&mut bench, "alice@1", "nonsense"), None);
            assert_eq!(ask(&mut bench, "alice@1", "alice@1"), None);
        }
    }

    #[test]
    fn a_revoked_or_expired_rpt_is_not_active() {
        for revision in Revision::ALL {
            let (mut bench, _) = with_rpt(revision);
            bench.now = Timestamp::from_secs(2000) - Duration(1);
            assert!(ask(&mut bench, "alice@1", "rpt").is_some());
            bench.now = Timestamp::from_secs(2000);
            assert_eq!(ask(&mut bench, "alice@1", "rpt"), None);
            assert!(bench.ruled(Rule::RptFresh, false));
            let mut mutant = bench.without(&[Rule::RptFresh, Rule::RptUnrevoked]);
            assert!(ask(&mut mutant, "alice@1", "rpt").is_some());
            let token = Bearer::new("rpt").hashed();
            mutant.given(Fact::TokenRevoked { token, what: TokenWhat::Rpt, why: RevocationCause::Asked });
            assert!(ask(&mut mutant, "alice@1", "rpt").is_some());
            let mut bench = mutant.without(&[]);
            bench.now = Timestamp::from_secs(1000);
            assert_eq!(ask(&mut bench, "alice@1", "rpt"), None);
            assert!(bench.ruled(Rule::RptUnrevoked, false));
        }
    }

    #[test]
    fn an_rpt_is_active_only_where_it_belongs() {
        for revision in Revision::ALL {
            let (mut bench, _) = with_rpt(revision);
            assert_eq!(shown(&mut bench, "alice@2"), None);
            assert!(bench.ruled(Rule::RptOfServer, false));
            let mut mutant = bench.without(&[Rule::RptOfServer]);
            assert_eq!(shown(&mut mutant, "alice@2").map(|it| it.len()), Some(1));
        }
        let (mut bench, _) = with_rpt(Revision::V2_0);
        assert_eq!(shown(&mut bench, "bob@1"), None);
        // D6: bound to the resource server, not to an owner, but other owners' permissions stay theirs.
        let (mut bench, _) = with_rpt(Revision::Draft06);
        assert_eq!(shown(&mut bench, "bob@1"), Some(Vec::new()));
        assert!(bench.ruled(Rule::ResourceOfPatOwner, false));
    }

    #[test]
    fn equal_identifiers_of_two_owners_are_kept_apart() {
        let mut bench = bench(Revision::Draft06);
        let id = bench.register("alice@1", "photo", &["view", "edit"]);
        assert_eq!(bench.register("bob@1", "photo", &["view"]), id);
        let expiry = Timestamp::from_secs(1500);
        let of_alice = granted("alice", "rs1", &id, &["view", "edit"], expiry);
        rpt(&mut bench, Some("rs1"), vec![of_alice, granted("bob", "rs1", &id, &["view"], expiry)]);
        assert_eq!(shown(&mut bench, "alice@1"), Some(vec![(id.clone(), 2)]));
        assert_eq!(shown(&mut bench, "bob@1"), Some(vec![(id, 1)]));
    }

    #[test]
    fn an_unbound_rpt_is_active_everywhere_and_carries_nothing() {
        let mut bench = bench(Revision::Draft06);
        rpt(&mut bench, None, Vec::new());
        for pat in ["alice@1", "alice@2", "bob@1"] {
            assert_eq!(shown(&mut bench, pat), Some(Vec::new()));
        }
    }

    #[test]
    fn an_expired_permission_is_not_shown() {
        for revision in Revision::ALL {
            let (mut bench, _) = with_rpt(revision);
            bench.now = Timestamp::from_secs(1500) - Duration(1);
            assert_eq!(shown(&mut bench, "alice@1").map(|it| it.len()), Some(1));
            bench.now = Timestamp::from_secs(1500);
            assert_eq!(shown(&mut bench, "alice@1"), Some(Vec::new()));
            let mut mutant = bench.without(&[Rule::PermissionFresh]);
            assert_eq!(shown(&mut mutant, "alice@1").map(|it| it.len()), Some(1));
        }
    }

    #[test]
    fn a_permission_follows_the_registration() {
        for revision in Revision::ALL {
            let (mut bench, id) = with_rpt(revision);
            let resource = ResourceKey { owner: "alice".into(), resource_server: "rs1".into(), id: id.clone() };
            let description = super::super::testing::described(&["view"]);
            bench.given(Fact::ResourceUpdated { resource: resource.clone(), description, etag: None });
            assert_eq!(shown(&mut bench, "alice@1"), Some(vec![(id.clone(), 1)]));
            let description = super::super::testing::described(&["print"]);
            bench.given(Fact::ResourceUpdated { resource: resource.clone(), description, etag: None });
            assert_eq!(shown(&mut bench, "alice@1"), Some(Vec::new()));
            bench.given(Fact::ResourceDeregistered { resource });
            assert_eq!(shown(&mut bench, "alice@1"), Some(Vec::new()));
            assert!(bench.ruled(Rule::PermissionStillRegistered, false));
            let mut mutant = bench.without(&[Rule::PermissionStillRegistered]);
            assert_eq!(shown(&mut mutant, "alice@1"), Some(vec![(id, 2)]));
        }
    }

    #[test]
    fn a_permission_without_scopes_is_shown_where_the_text_allows_it() {
        for (revision, entries) in [(Revision::V2_0, 1), (Revision::Draft06, 0)] {
            let mut bench = bench(revision);
            let id = bench.register("alice@1", "photo", &["view"]);
            rpt(&mut bench, Some("rs1"), vec![granted("alice", "rs1", &id, &[], Timestamp::from_secs(1500))]);
            assert_eq!(shown(&mut bench, "alice@1").map(|it| it.len()), Some(entries));
        }
    }
}
