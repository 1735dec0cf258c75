//! What an owner withdraws is taken from tokens at once (Grant §6.1; reading A10: from refresh tokens too).

use super::pcts::PctHash;
use super::{AuthorizationServer, oauth_side};
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{BearerHash, RefreshHash, RevocationCause, RptHash, Subject, TokenWhat};
use crate::wire::{ClientId, PersonId, PolicyId};

/// Takes from every RPT what rests on a policy that is gone or has another text now.
pub(super) fn of_policy(server: &mut AuthorizationServer, cx: &mut Context<'_>, owner: &PersonId, policy: &PolicyId) {
    let resting = server.rpts.resting_on(owner, policy);
    // The rule is that nothing rests on a withdrawn policy; where it is obeyed, it is mended here.
    if cx.require(Rule::WithdrawalReachesTokens, resting.is_empty()).is_ok() {
        return;
    }
    for (rpt, resource, scopes) in resting {
        server.record(cx, Fact::PermissionsWithdrawn { rpt, resource, scopes });
        end_refreshing(server, cx, &rpt);
    }
}

/// Withdraws a person's approval of a client: its PATs and AATs die, and with them what was got with those AATs.
pub(super) fn of_approval(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    person: &PersonId,
    client: &ClientId,
) {
    oauth_side::withdraw_approval(server, cx, person, client);
    // An AAT that has expired meanwhile does not die once more, but an RPT got with it may outlive it (D6 §3.4.2).
    let derived = server.rpts.of_pair(client, Some(person));
    end_derived(server, cx, derived);
}

/// An access token is void: what was got with it, were it an AAT, is void too.
pub(super) fn of_access_token(server: &mut AuthorizationServer, cx: &mut Context<'_>, token: BearerHash) {
    let derived = server.rpts.of_aat(&token.as_kind());
    end_derived(server, cx, derived);
}

// RFC 7009 §2.1: what was derived from a revoked token goes with it.
fn end_derived(server: &mut AuthorizationServer, cx: &mut Context<'_>, derived: Vec<RptHash>) {
    if cx.require(Rule::RevocationReachesDerived, derived.is_empty()).is_ok() {
        return;
    }
    for rpt in derived {
        revoke(server, cx, rpt);
    }
}

fn revoke(server: &mut AuthorizationServer, cx: &mut Context<'_>, rpt: RptHash) {
    let (what, why) = (TokenWhat::Rpt, RevocationCause::ParentRevoked);
    server.record(cx, Fact::TokenRevoked { token: rpt.as_kind(), what, why });
}

/// Ends what was granted to people as requesting parties: RPTs, their refresh tokens, and PCTs.
pub(super) fn of_people(server: &mut AuthorizationServer, cx: &mut Context<'_>, gone: impl Fn(&Subject) -> bool) {
    let rpts = server.rpts.all(|record| record.subjects.iter().any(&gone));
    let pcts = server.pcts.all(|record| record.subjects.iter().any(&gone));
    end_all(server, cx, rpts, pcts);
}

/// Ends what a client holds: RPTs, their refresh tokens, and PCTs.
pub(super) fn of_client(server: &mut AuthorizationServer, cx: &mut Context<'_>, client: &ClientId) {
    let rpts = server.rpts.all(|record| record.client == *client);
    let pcts = server.pcts.all(|record| record.client == *client);
    end_all(server, cx, rpts, pcts);
}

fn end_all(server: &mut AuthorizationServer, cx: &mut Context<'_>, rpts: Vec<RptHash>, pcts: Vec<PctHash>) {
    let live: Vec<RptHash> = rpts.iter().filter(|rpt| server.rpts.is_live(rpt, cx.at)).copied().collect();
    let renewable: Vec<RefreshHash> = rpts.iter().filter_map(|rpt| server.rpts.live_refresh(rpt)).collect();
    let pcts: Vec<PctHash> = pcts.into_iter().filter(|pct| server.pcts.is_live(pct, cx.at)).collect();
    let reached = live.is_empty() && renewable.is_empty() && pcts.is_empty();
    if cx.require(Rule::WithdrawalReachesTokens, reached).is_ok() {
        return;
    }
    let live = live.iter().map(|rpt| (rpt.as_kind(), TokenWhat::Rpt));
    let renewable = renewable.iter().map(|token| (token.as_kind(), TokenWhat::RefreshToken));
    let pcts = pcts.iter().map(|pct| (pct.as_kind(), TokenWhat::Pct));
    for (token, what) in live.chain(renewable).chain(pcts) {
        server.record(cx, Fact::TokenRevoked { token, what, why: RevocationCause::Operator });
    }
}

fn end_refreshing(server: &mut AuthorizationServer, cx: &mut Context<'_>, rpt: &RptHash) {
    let Some(refresh) = server.rpts.live_refresh(rpt) else { return };
    let (what, why) = (TokenWhat::RefreshToken, RevocationCause::PolicyWithdrawn);
    server.record(cx, Fact::TokenRevoked { token: refresh.as_kind(), what, why });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::super::testing::Bench;
    use super::*;
    use crate::trace::fact::{GrantedPermission, ProcessId, ResourceKey, RptOrigin};
    use crate::wire::page::{Form, Page};
    use crate::wire::text::scope_set;
    use crate::wire::{
        Aat, FormKey, Permission, Policy, PolicyCondition, PolicyTarget, RefreshToken, Request, Response, Revision,
        Rpt, ScopeSet, Timestamp,
    };

    fn bench() -> Bench {
        let mut bench = Bench::new(Revision::V2_0);
        bench.session("alice's browser", "alice");
        bench
    }

    fn key(bench: &mut Bench) -> FormKey {
        match bench.browse("alice's browser", Request::GetAccount) {
            Response::Page(Page::Account(page)) => page.form.unwrap_or_else(|| FormKey::new("")),
            _ => FormKey::new(""),
        }
    }

    fn send(bench: &mut Bench, form: Form) {
        let answer = bench.browse("alice's browser", Request::Form(form));
        assert!(matches!(answer, Response::Page(Page::Account(_))), "{answer:?}");
    }

    fn set(bench: &mut Bench, id: &str, scope: &str) {
        let (target, condition) = (PolicyTarget::AllResources, PolicyCondition::Anyone);
        let policy = Policy { id: id.into(), target, scopes: scope_set([scope]), condition };
        let form = key(bench);
        send(bench, Form::SetPolicy { form, policy });
    }

    fn granted(owner: &str, id: &str, policies: &[&str]) -> GrantedPermission {
        GrantedPermission {
            resource: ResourceKey { owner: owner.into(), resource_server: "rs1".into(), id: id.into() },
            permission: Permission {
                resource_id: id.into(),
                scopes: scope_set(["view"]),
                expires_at: None,
                issued_at: None,
                not_before: None,
            },
            process: ProcessId(0),
            granted_at: Timestamp::default(),
            policies: policies.iter().map(|policy| (PolicyId::from(*policy), 1)).collect(),
            subjects: Vec::new(),
        }
    }

    fn rpt(bench: &mut Bench, token: &str, permissions: Vec<GrantedPermission>) {
        bench.given(Fact::RptIssued {
            rpt: Rpt::new(token).hashed(),
            client: "app".into(),
            subjects: Vec::new(),
            owner: None,
            resource_server: Some("rs1".into()),
            permissions,
            expires_at: Timestamp::from_secs(9000),
            origin: RptOrigin::Aat(Aat::new("aat").hashed()),
            refresh: Some(RefreshToken::new(format!("refresh of {token}")).hashed()),
            refresh_expires_at: None,
        });
    }

    fn left(bench: &Bench, token: &str) -> usize {
        bench.server.rpts.get(&Rpt::new(token).hashed()).map_or(0, |record| record.permissions.len())
    }

    fn withdrawn(facts: &[Fact]) -> Vec<(ResourceKey, ScopeSet)> {
        let of = |fact: &Fact| match fact {
            Fact::PermissionsWithdrawn { resource, scopes, .. } => Some((resource.clone(), scopes.clone())),
            _ => None,
        };
        facts.iter().filter_map(of).collect()
    }

    fn refresh_tokens_ended(facts: &[Fact]) -> usize {
        let ended = |fact: &&Fact| matches!(fact, Fact::TokenRevoked { what: TokenWhat::RefreshToken, .. });
        facts.iter().filter(ended).count()
    }

    fn policies_and_tokens(mut bench: Bench) -> Bench {
        set(&mut bench, "p", "view");
        set(&mut bench, "q", "view");
        rpt(&mut bench, "1", vec![granted("alice", "a", &["p"]), granted("alice", "b", &["p", "q"])]);
        rpt(&mut bench, "2", vec![granted("alice", "a", &["q"])]);
        rpt(&mut bench, "3", vec![granted("bob", "a", &["p"])]);
        bench
    }

    #[test]
    fn a_removed_policy_is_taken_from_every_token_that_rests_on_it() {
        let mut bench = policies_and_tokens(bench());
        let form = key(&mut bench);
        send(&mut bench, Form::RemovePolicy { form, policy: "p".into() });
        assert_eq!(withdrawn(bench.last_facts()).len(), 2);
        assert_eq!(refresh_tokens_ended(bench.last_facts()), 1, "one refresh token, ended once");
        assert_eq!([left(&bench, "1"), left(&bench, "2"), left(&bench, "3")], [0, 1, 1]);
        assert!(bench.ruled(Rule::WithdrawalReachesTokens, false));
        let rebuilt = bench.rebuilt();
        for token in ["1", "2", "3"] {
            let token = Rpt::new(token).hashed();
            assert_eq!(rebuilt.rpts.get(&token), bench.server.rpts.get(&token));
        }
    }

    #[test]
    fn a_replaced_policy_is_withdrawn_and_the_same_one_is_not() {
        let mut bench = policies_and_tokens(bench());
        set(&mut bench, "p", "view");
        assert!(bench.last_facts().is_empty());
        set(&mut bench, "p", "edit");
        assert_eq!([left(&bench, "1"), left(&bench, "2"), left(&bench, "3")], [0, 1, 1]);
    }

    #[test]
    fn what_nothing_rests_on_is_withdrawn_silently() {
        let mut bench = bench();
        set(&mut bench, "p", "view");
        let form = key(&mut bench);
        send(&mut bench, Form::RemovePolicy { form, policy: "p".into() });
        assert_eq!(bench.last_facts().len(), 1);
        assert!(bench.ruled(Rule::WithdrawalReachesTokens, true));
    }

    #[test]
    fn without_the_rule_tokens_outlive_the_policy() {
        let mut mutant = policies_and_tokens(bench()).without(&[Rule::WithdrawalReachesTokens]);
        let form = key(&mut mutant);
        send(&mut mutant, Form::RemovePolicy { form, policy: "p".into() });
        assert_eq!((left(&mutant, "1"), mutant.last_facts().len()), (2, 1));
    }

    #[test]
    fn a_withdrawn_approval_ends_what_was_got_with_it() {
        let aat_scope = scope_set([super::super::drafts::AAT_SCOPES[0]]);
        let ended = |bench: &Bench| bench.server.rpts.get(&Rpt::new("1").hashed()).is_some_and(|record| record.revoked);
        for (rules_off, reaches) in [(&[][..], true), (&[Rule::RevocationReachesDerived][..], false)] {
            let mut bench = bench().without(rules_off);
            bench.access_token("aat", Some("alice"), "app", aat_scope.clone());
            bench.given(Fact::ApprovalGiven { person: "alice".into(), client: "app".into(), scope: aat_scope.clone() });
            rpt(&mut bench, "1", vec![granted("bob", "a", &["p"])]);
            let form = key(&mut bench);
            send(&mut bench, Form::WithdrawApproval { form, client_id: "app".into() });
            assert_eq!(ended(&bench), reaches);
            let dead = |fact: &&Fact| matches!(fact, Fact::TokenRevoked { what: TokenWhat::AccessToken, .. });
            assert_eq!(bench.last_facts().iter().filter(dead).count(), 1);
        }
    }
}
