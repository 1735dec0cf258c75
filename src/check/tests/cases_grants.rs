//! Runs for GRT and REV.

use super::super::test_traces::*;
use super::Case;
use crate::trace::Fact;
use crate::trace::fact::*;
use crate::wire::Revision::{Draft05, Draft06, V1_0_1, V2_0};
use crate::wire::oauth::*;
use crate::wire::text::scope_set;
use crate::wire::*;

fn plain(_: &mut Run) {}

/// One more process, up to the grant, with what is granted changed.
fn grant_with(run: &mut Run, change: fn(&mut GrantedPermission)) {
    let held = (!run.v2()).then_some("rpt1");
    run.challenged("t8", 8, held);
    let ask = run.present(CLIENT, "t8", None);
    run.redeemed("t8", 8, true);
    run.fact(AS, Run::claims_fact(8, "bob", ClaimsSource::Gathered(hash("none"))));
    let mut given = run.granted(RS, 8);
    change(&mut given);
    if run.v2() {
        let issued = run.rpt_fact("rpt8", Run::of_ticket("t8", 8, None), vec![given]);
        run.fact(AS, issued);
        run.answer(AS, CLIENT, ask, 200, Run::tokens("rpt8", false));
    } else {
        let (rpt, ticket, permissions) = (hash("rpt1"), hash("t8"), vec![given]);
        run.fact(AS, Fact::AuthorizationDataAdded { rpt, ticket, resource_server: id(RS), permissions });
    }
}

fn nobody_permitted(run: &mut Run) {
    run.set_policy(policy(&["read"], PolicyCondition::Client(id(OTHER))), 2);
    grant_with(run, |_| {});
}

fn empty_policy(run: &mut Run) {
    run.set_policy(policy(&["read"], PolicyCondition::All(Vec::new())), 2);
    grant_with(run, |_| {});
}

pub(super) fn wider(given: &mut GrantedPermission) {
    given.permission.scopes.insert("write".into());
}

fn foreign_scope(given: &mut GrantedPermission) {
    given.permission.scopes.insert("delete".into());
}

fn nothing_granted(run: &mut Run) {
    run.challenged("t8", 8, None);
    let ask = run.present(CLIENT, "t8", None);
    run.redeemed("t8", 8, true);
    let issued = run.rpt_fact("rpt8", Run::of_ticket("t8", 8, None), Vec::new());
    run.fact(AS, issued);
    run.answer(AS, CLIENT, ask, 200, Run::tokens("rpt8", false));
}

fn added_nothing(run: &mut Run) {
    run.challenged("t8", 8, Some("rpt1"));
    let ask = run.present(CLIENT, "t8", None);
    run.answer(AS, CLIENT, ask, 200, Response::AuthorizationDataAdded);
}

fn unknown_ticket(run: &mut Run, status: u16) {
    let ask = run.present(CLIENT, "no-ticket", None);
    let code = if run.v2() { ErrorCode::InvalidGrant } else { ErrorCode::InvalidRequesterTicket };
    run.refused(ask, CLIENT, status, code);
}

fn without_aat(run: &mut Run, code: Option<ErrorCode>) {
    let message = Request::RequestAuthorizationData { rpt: Bearer::new("rpt1"), ticket: PermissionTicket::new("t1") };
    let ask = run.send(CLIENT, uri(AS, "/permission_request"), Credentials::None, message);
    run.answer(AS, CLIENT, ask, 401, Response::Failure(Failure::bearer(401, code)));
}

fn unknown_ticket_denied(run: &mut Run) {
    let ask = run.present(CLIENT, "no-ticket", None);
    run.refused(ask, CLIENT, 403, ErrorCode::RequestDenied);
}

/// An upgrade; `end` says whether the old RPT ends.
pub(super) fn upgrade(run: &mut Run, end: bool, change: fn(&mut GrantedPermission)) {
    run.challenged("t8", 8, None);
    let ask = run.present(CLIENT, "t8", Some("rpt1"));
    run.redeemed("t8", 8, true);
    run.fact(AS, Run::claims_fact(8, "bob", ClaimsSource::Gathered(hash("none"))));
    let mut carried = run.granted(RS, 1);
    change(&mut carried);
    let given = run.granted(RS, 8);
    let issued = run.rpt_fact("rpt8", Run::of_ticket("t8", 8, Some("rpt1")), vec![carried, given]);
    run.fact(AS, issued);
    if end {
        run.revoke("rpt1", TokenWhat::Rpt, RevocationCause::Replaced);
    }
    run.answer(AS, CLIENT, ask, 200, Run::tokens("rpt8", true));
}

fn longer(given: &mut GrantedPermission) {
    given.permission.expires_at = Some(Timestamp::from_secs(3500));
}

pub(super) fn old_rpt_used(run: &mut Run) {
    plain_upgrade(run);
    run.now += 1;
    run.try_access(CLIENT, RS, Some("rpt1"));
}

pub(super) fn refresh(run: &mut Run, change: fn(&mut GrantedPermission)) {
    run.now += 10;
    let refresh_token = RefreshToken::new("refresh-rpt1");
    let request = Request::Token(TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() });
    let ask = run.send(CLIENT, uri(AS, "/token"), Run::credentials(CLIENT), request);
    let mut given = run.granted(RS, 1);
    change(&mut given);
    let origin = RptOrigin::Refresh { refresh: hash("refresh-rpt1"), of: hash("rpt1") };
    let issued = run.rpt_fact("rpt9", origin, vec![given]);
    run.fact(AS, issued);
    run.answer(AS, CLIENT, ask, 200, Run::tokens("rpt9", false));
}

fn refresh_after_revocation(run: &mut Run) {
    run.revoke("refresh-rpt1", TokenWhat::RefreshToken, RevocationCause::Asked);
    refresh(run, |_| {});
}

fn reissued(run: &mut Run) {
    run.bare_rpt("rpt2", RS);
}

fn reissued_full(run: &mut Run) {
    let given = run.granted(RS, 1);
    let issued = run.rpt_fact("rpt2", RptOrigin::Aat(hash("aat")), vec![given]);
    run.fact(AS, issued);
}

fn withdrawn_then_released(run: &mut Run, after: u64) {
    run.fact(AS, Fact::PolicyRemoved { owner: "alice".into(), policy: "p".into(), version: 2 });
    run.now += after;
    run.access(RS, "rpt1");
}

fn withdrawn_then_asked(run: &mut Run, shown: bool) {
    run.fact(AS, Fact::PolicyRemoved { owner: "alice".into(), policy: "p".into(), version: 2 });
    run.now += 60;
    let entry = run.entry(RS);
    run.introspect(RS, "rpt1", shown.then_some(entry));
}

fn revoked_then_asked(run: &mut Run, active: bool) {
    let what = if run.v2() { "refresh-rpt1" } else { "aat" };
    run.revoke(what, TokenWhat::RefreshToken, RevocationCause::Asked);
    run.now += 60;
    let entry = run.entry(RS);
    run.introspect(RS, "rpt1", active.then_some(entry));
}

fn dead_rpt(run: &mut Run, active: bool) {
    run.revoke("rpt1", TokenWhat::Rpt, RevocationCause::Replaced);
    run.now += 1;
    let entry = run.entry(RS);
    run.introspect(RS, "rpt1", active.then_some(entry));
}

fn refresh_at(run: &mut Run, now: u64) {
    run.now = now - 10;
    refresh(run, |_| {});
}

// A use begins its time anew, and what it gave does not count for itself.
fn aat_renewed_at(run: &mut Run, times: [u64; 2]) {
    let issued = |token: &str, refresh: Option<&str>, from: Option<&str>, at: u64| Fact::AccessTokenIssued {
        token: hash(token),
        client: id(CLIENT),
        person: Some("bob".into()),
        scope: scope_set(["uma_authorization"]),
        expires_at: Timestamp::from_secs(at + 60),
        refresh: refresh.map(hash),
        code: None,
        refreshed_from: from.map(hash),
        refresh_expires_at: Some(Timestamp::from_secs(at + 100)),
    };
    run.fact(AS, issued("first", Some("renewal"), None, 1500));
    for (now, given) in times.into_iter().zip(["second", "third"]) {
        run.now = now;
        let message = Request::Token(TokenRequest::Refresh {
            refresh_token: RefreshToken::new("renewal"),
            scope: ScopeSet::new(),
        });
        let ask = run.send(CLIENT, uri(AS, "/token"), Run::credentials(CLIENT), message);
        run.fact(AS, issued(given, None, Some("renewal"), now));
        run.answer(AS, CLIENT, ask, 200, Run::tokens(given, false));
    }
}

fn at_its_expiry(run: &mut Run) {
    run.now = 3000;
    let entry = run.entry(RS);
    run.introspect(RS, "rpt1", Some(entry));
}

pub(super) const CASES: &[Case] = &[
    ("GRT-1", V2_0, plain, nobody_permitted),
    ("GRT-1", Draft06, plain, nobody_permitted),
    ("GRT-2", V2_0, plain, |run| grant_with(run, wider)),
    ("GRT-2", Draft06, plain, |run| grant_with(run, wider)),
    ("GRT-3", V2_0, plain, |run| grant_with(run, foreign_scope)),
    ("GRT-4", V2_0, plain, |run| grant_with(run, foreign_scope)),
    ("GRT-5", V2_0, plain, empty_policy),
    ("GRT-5", Draft06, plain, empty_policy),
    ("GRT-6", V2_0, plain, nothing_granted),
    ("GRT-6", Draft06, plain, added_nothing),
    ("GRT-7", V2_0, |run| unknown_ticket(run, 400), |run| unknown_ticket(run, 403)),
    ("GRT-7", Draft06, |run| unknown_ticket(run, 400), unknown_ticket_denied),
    ("GRT-7", Draft05, |run| without_aat(run, None), |run| without_aat(run, Some(ErrorCode::InvalidToken))),
    ("GRT-8", V2_0, plain_upgrade, |run| upgrade(run, true, longer)),
    ("GRT-8", V2_0, plain_upgrade, |run| upgrade(run, false, |_| {})),
    ("GRT-8", V2_0, plain_upgrade, old_rpt_used),
    ("GRT-9", V2_0, |run| refresh(run, |_| {}), |run| refresh(run, wider)),
    ("GRT-9", V2_0, |run| refresh(run, |_| {}), refresh_after_revocation),
    ("GRT-10", Draft06, reissued, reissued_full),
    ("REV-1", Draft06, |run| withdrawn_then_asked(run, false), |run| withdrawn_then_asked(run, true)),
    ("REV-1", V2_0, |run| withdrawn_then_released(run, 5), |run| withdrawn_then_released(run, 6)),
    ("REV-2", V2_0, |run| revoked_then_asked(run, false), |run| revoked_then_asked(run, true)),
    ("REV-2", Draft06, |run| revoked_then_asked(run, false), |run| revoked_then_asked(run, true)),
    ("REV-3", V2_0, plain, at_its_expiry),
    ("REV-3", Draft06, plain, at_its_expiry),
    ("REV-4", V2_0, |run| dead_rpt(run, false), |run| dead_rpt(run, true)),
    ("REV-4", V2_0, |run| refresh_at(run, REFRESH_ENDS - 1), |run| refresh_at(run, REFRESH_ENDS)),
    ("REV-4", V1_0_1, |run| aat_renewed_at(run, [1599, 1698]), |run| aat_renewed_at(run, [1599, 1699])),
    ("REV-4", Draft06, |run| aat_renewed_at(run, [1599, 1698]), |run| aat_renewed_at(run, [1600, 1601])),
];

/// The upgrade of a process whose claims were gathered properly.
fn plain_upgrade(run: &mut Run) {
    run.challenged("t8", 8, None);
    run.gather(BOB, "t8", "t9", 8);
    let ask = run.present(CLIENT, "t9", Some("rpt1"));
    run.redeemed("t9", 8, true);
    let (carried, given) = (run.granted(RS, 1), run.granted(RS, 8));
    let issued = run.rpt_fact("rpt8", Run::of_ticket("t9", 8, Some("rpt1")), vec![carried, given]);
    run.fact(AS, issued);
    run.revoke("rpt1", TokenWhat::Rpt, RevocationCause::Replaced);
    run.answer(AS, CLIENT, ask, 200, Run::tokens("rpt8", true));
}
