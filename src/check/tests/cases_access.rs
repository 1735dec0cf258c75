//! Runs for ACC and TKT.

use super::super::test_traces::*;
use super::Case;
use crate::trace::Fact;
use crate::trace::fact::*;
use crate::trace::note::*;
use crate::wire::Revision::{Draft06, V2_0};
use crate::wire::text::scope_set;
use crate::wire::*;

fn plain(_: &mut Run) {}

/// An access whose evidence is changed before the release.
fn with_evidence(run: &mut Run, change: fn(&mut Evidence)) {
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    let entry = run.entry(RS);
    let question = run.introspect(RS, "rpt1", Some(entry));
    let mut evidence = run.evidence(RS, question);
    change(&mut evidence);
    run.release(RS, access, "rpt1", Some(evidence));
}

// Two answers are back before the access comes; it has to rest on the later one.
fn remembered(run: &mut Run, newest: bool) {
    let mut ask = || {
        let entry = run.entry(RS);
        let question = run.introspect(RS, "rpt1", Some(entry));
        run.evidence(RS, question)
    };
    let (first, second) = (ask(), ask());
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    run.release(RS, access, "rpt1", Some(if newest { second } else { first }));
}

fn unknown_rpt(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, Some("forged"));
    let question = run.introspect(RS, "forged", None);
    let evidence = run.evidence(RS, question);
    run.release(RS, access, "forged", Some(evidence));
}

fn unreachable(run: &mut Run, warning: bool) {
    let access = run.try_access(CLIENT, RS, None);
    let (status, warning) = if run.v2() { (403, warning) } else { (503, false) };
    let message = Response::AuthorizationServerUnreachable { status, warning };
    run.answer(RS, CLIENT, access, status, message);
}

fn released_without_evidence(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    run.release(RS, access, "rpt1", None);
}

fn one_ticket_for_two(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    let given = PermissionTicket::new("t1");
    let reason =
        if run.v2() { ChallengeReason::TicketGiven(given) } else { ChallengeReason::AuthorizationDataNeeded(given) };
    let status = if run.v2() { 401 } else { 403 };
    run.challenge(RS, access, status, reason);
}

fn ticket_for_no_rpt(run: &mut Run) {
    run.challenged("t8", 8, None);
}

fn stolen(run: &mut Run) {
    let access = run.try_access(OTHER, RS, Some("rpt1"));
    let entry = run.entry(RS);
    let question = run.introspect(RS, "rpt1", Some(entry));
    let evidence = run.evidence(RS, question);
    run.release(RS, access, "rpt1", Some(evidence));
}

fn introspected_elsewhere(run: &mut Run) {
    let entry = run.entry(RS);
    run.introspect(RS2, "rpt1", Some(entry));
}

pub(super) fn used_again(run: &mut Run) {
    run.redeemed("t3", 1, true);
}

fn granted_twice(run: &mut Run) {
    let ask = run.present(CLIENT, "t1", None);
    run.grant(ask, "t1", 1, "rpt1");
}

fn old_ticket_sent(run: &mut Run) {
    run.present(CLIENT, "t1", None);
}

fn issued_again(run: &mut Run) {
    let again = run.ticket_fact("t1", 9, None, TicketReason::PermissionRequest);
    run.fact(AS, again);
}

fn honoured_late(run: &mut Run) {
    let held = (!run.v2()).then_some("rpt1");
    run.challenged("t8", 8, held);
    run.now += 300;
    run.present(CLIENT, "t8", None);
    run.redeemed("t8", 8, false);
}

fn more_than_asked(run: &mut Run) {
    let permissions = vec![PermissionRequest { resource_id: rid(RS), scopes: scope_set(["write"]) }];
    let exchange = run.with_pat(RS, Request::RequestPermissions { permissions, array: false });
    let issued = run.ticket_fact("t8", 8, None, TicketReason::PermissionRequest);
    run.fact(AS, issued);
    let ticket = PermissionTicket::new("t8");
    run.answer(AS, RS, exchange, 201, Response::PermissionTicket { ticket, location: None });
}

fn another_client(run: &mut Run) {
    let (ticket, process, at) = (hash("t3"), ProcessId(1), Endpoint::Token);
    run.fact(AS, Fact::TicketRedeemed { ticket, process, client: id(OTHER), at, spent: true });
}

fn content_bare(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, None);
    run.content(RS, access);
}

pub(super) const CASES: &[Case] = &[
    ("ACC-1", V2_0, plain, unknown_rpt),
    ("ACC-1", Draft06, plain, unknown_rpt),
    ("ACC-2", V2_0, plain, |run| with_evidence(run, |evidence| evidence.permissions[0].resource_id = rid(RS2))),
    ("ACC-2", Draft06, plain, |run| with_evidence(run, |evidence| evidence.permissions[0].scopes.clear())),
    ("ACC-3", V2_0, plain, content_bare),
    ("ACC-4", V2_0, plain, |run| with_evidence(run, |evidence| evidence.as_uri = uri(AS2, ""))),
    ("ACC-4", Draft06, plain, |run| with_evidence(run, |evidence| evidence.pat = hash("pat6"))),
    ("ACC-5", V2_0, plain, introspected_elsewhere),
    ("ACC-5", Draft06, plain, introspected_elsewhere),
    ("ACC-6", V2_0, plain, |run| with_evidence(run, |it| it.permissions[0].expires_at = Some(it.fetched_at))),
    ("ACC-6", Draft06, plain, |run| with_evidence(run, |it| it.fetched_at = it.fetched_at - Duration::from_secs(9))),
    ("ACC-6", V2_0, |run| remembered(run, true), |run| remembered(run, false)),
    ("ACC-7", V2_0, |run| unreachable(run, true), |run| unreachable(run, false)),
    ("ACC-7", Draft06, |run| unreachable(run, true), released_without_evidence),
    ("ACC-8", V2_0, plain, one_ticket_for_two),
    ("ACC-8", Draft06, plain, ticket_for_no_rpt),
    ("ACC-9", V2_0, plain, stolen),
    ("TKT-1", V2_0, plain, used_again),
    ("TKT-2", Draft06, plain, granted_twice),
    ("TKT-4", V2_0, plain, old_ticket_sent),
    ("TKT-5", V2_0, plain, issued_again),
    ("TKT-5", Draft06, plain, issued_again),
    ("TKT-6", V2_0, plain, honoured_late),
    ("TKT-6", Draft06, plain, honoured_late),
    ("TKT-7", V2_0, plain, more_than_asked),
    ("TKT-8", V2_0, plain, another_client),
];
