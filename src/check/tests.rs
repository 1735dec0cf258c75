//! Every invariant against a run that keeps it and a run that breaks it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

mod cases_access;
mod cases_errors;
mod cases_grants;
mod cases_parties;
mod cases_side_by_side;
mod cases_state;
mod cases_v1_0_1;
mod planted;
mod planted_1_0_1;
mod planted_2_0;
mod planted_draft05;
mod planted_drafts;

use super::catalogue::ROWS;
use super::test_traces::*;
use crate::wire::Revision;
use std::collections::BTreeMap;

/// A run with two fetches, claims, a grant and accesses.
fn first_grant(revision: Revision) -> Run {
    let mut run = Run::new(revision);
    run.fetch(BOB, 1, RS);
    if !run.v2() {
        run.aat();
    }
    let drafts = revision.is_draft();
    if drafts {
        run.bare_rpt("rpt1", RS);
    }
    let held = drafts.then_some("rpt1");
    run.challenged("t1", 1, held);
    let ask = run.present(CLIENT, "t1", None);
    run.redeemed("t1", 1, false);
    run.successor("t1", "t2", 1, crate::trace::fact::TicketReason::NeedInfo);
    run.need_info(ask, "t2");
    let second = if run.v2() { "t2" } else { "t1" };
    run.gather(BOB, second, "t3", 1);
    let third = if run.v2() { "t3" } else { "t1" };
    let ask = run.present(CLIENT, third, None);
    run.grant(ask, third, 1, "rpt1");
    run.access(RS, "rpt1");
    run.fetched(1, RS, Run::got());
    run
}

fn violations(run: &Run) -> BTreeMap<&'static str, Vec<String>> {
    let of = |verdict: super::Verdict| {
        (verdict.id, verdict.violations.into_iter().map(|violation| violation.message).collect::<Vec<_>>())
    };
    run.judged().into_iter().map(of).filter(|(_, all)| !all.is_empty()).collect()
}

#[test]
fn a_plain_run_breaks_nothing() {
    for revision in Revision::ALL {
        let run = first_grant(revision);
        assert_eq!(violations(&run), BTreeMap::new(), "{revision}");
    }
}

/// One invariant, and what makes its premise true and keeps it, or breaks it, after a plain run.
type Case = (&'static str, Revision, fn(&mut Run), fn(&mut Run));

fn verdict(run: &Run, id: &str) -> super::Verdict {
    run.judged().into_iter().find(|verdict| verdict.id == id).unwrap_or_else(|| panic!("{id} is not judged"))
}

fn all_cases() -> Vec<Case> {
    let families = [cases_access::CASES, cases_errors::CASES, cases_grants::CASES, cases_parties::CASES];
    let of_revisions = [cases_v1_0_1::CASES, cases_side_by_side::CASES].concat();
    [families.concat(), cases_state::CASES.to_vec(), of_revisions].concat()
}

#[test]
fn a_run_that_keeps_an_invariant_has_its_premise_and_no_violation() {
    for (id, revision, good, _) in all_cases() {
        let mut run = first_grant(revision);
        good(&mut run);
        let verdict = verdict(&run, id);
        assert!(verdict.premises > 0, "{id} is not exercised by its good run ({revision})");
        assert_eq!(violations(&run), BTreeMap::new(), "the good run of {id} ({revision})");
    }
}

#[test]
fn a_run_that_breaks_an_invariant_is_noticed() {
    let quiet = |(id, revision, _, bad): &Case| {
        let mut run = first_grant(*revision);
        bad(&mut run);
        verdict(&run, id).violations.is_empty().then_some((*id, *revision))
    };
    let quiet: Vec<_> = all_cases().iter().filter_map(quiet).collect();
    assert!(quiet.is_empty(), "not noticed: {quiet:?}");
}

#[test]
fn every_invariant_of_the_catalogue_has_a_good_and_a_bad_run() {
    let cases = all_cases();
    assert!(cases.len() > 95, "{} cases", cases.len());
    let missing: Vec<&str> =
        ROWS.iter().map(|row| row.id).filter(|id| !cases.iter().any(|(of, ..)| of == id)).collect();
    assert!(missing.is_empty(), "without runs: {missing:?}");
    for (id, revision, ..) in cases {
        let row = ROWS.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("{id} is in no catalogue"));
        assert!(row.level(revision).is_some(), "{id} does not apply to {revision}");
    }
}

#[test]
fn the_first_error_is_told_as_soon_as_it_is_seen_and_warnings_are_not() {
    let mut run = first_grant(Revision::V2_0);
    let mut judge = super::Judge::new(&run.truth);
    run.records.iter().for_each(|record| judge.observe(&run.truth, record));
    assert_eq!(judge.violation(), None);
    let before = run.records.len();
    let again = run.ticket_fact("t1", 9, None, crate::trace::fact::TicketReason::PermissionRequest);
    run.fact(AS, again);
    run.records[before..].iter().for_each(|record| judge.observe(&run.truth, record));
    assert_eq!(judge.violation().map(|violation| violation.invariant), Some("TKT-5"));
}

#[test]
fn in_a_mixed_world_everybody_is_judged_by_their_own_revision() {
    use crate::message::ExchangeId;
    use crate::trace::Event;
    use crate::wire::{Call, Credentials, Request, Response};
    let served_in_the_clear = |revision: Revision| {
        let mut run = first_grant(Revision::V2_0);
        run.truth.nodes[usize::from(AS2.0)].revision = Some(revision);
        let to = uri(AS2, "/api").with_scheme("http");
        let call = Call { to, credentials: Credentials::None, cookie: None, message: Request::ListResources };
        let exchange = ExchangeId(9000);
        run.push(Event::Sent { from: RS, to: Some(AS2), exchange, call: Box::new(call) });
        run.answer(AS2, RS, exchange, 200, Response::ResourceList(Vec::new()));
        verdict(&run, "TLS-1")
    };
    let (late, early) = (served_in_the_clear(Revision::V2_0), served_in_the_clear(Revision::Draft06));
    assert_eq!((late.level, late.violations.len()), (super::Level::Error, 1));
    assert_eq!((early.level, early.violations.len()), (super::Level::Warn, 1));
}

// The ledger forgets an authorization process an hour after its last ticket expired.
#[test]
fn what_a_refreshed_rpt_rests_on_is_known_as_long_as_it_can_be_refreshed() {
    let mut run = first_grant(Revision::V2_0);
    run.now += 4 * 3600;
    for _ in 0..16_384 {
        run.push(crate::trace::Event::TimerFired { node: AS });
    }
    let mut given = run.granted(RS, 1);
    given.permission.expires_at = Some(run.at() + crate::wire::Duration::from_secs(600));
    let origin = crate::trace::fact::RptOrigin::Refresh { refresh: hash("refresh-rpt1"), of: hash("rpt1") };
    let mut issued = run.rpt_fact("rpt2", origin, vec![given]);
    if let crate::trace::Fact::RptIssued { expires_at, .. } = &mut issued {
        *expires_at = run.at() + crate::wire::Duration::from_secs(600);
    }
    run.fact(AS, issued);
    let before = ["ACC-1", "DUR-4"].map(|id| verdict(&run, id).premises);
    run.access(RS, "rpt2");
    let after = ["ACC-1", "DUR-4"].map(|id| verdict(&run, id));
    assert_eq!(after.each_ref().map(|verdict| verdict.premises), before.map(|premises| premises + 1));
    assert!(after.iter().all(|verdict| verdict.violations.is_empty()), "{after:?}");
}

#[test]
fn a_judge_says_which_invariant_is_violated() {
    let mut run = first_grant(Revision::V2_0);
    let again = run.ticket_fact("t1", 9, None, crate::trace::fact::TicketReason::PermissionRequest);
    run.fact(AS, again);
    let mut judge = super::Judge::new(&run.truth);
    run.records.iter().for_each(|record| judge.observe(&run.truth, record));
    assert!(judge.is_violated("TKT-5"));
    assert!(!judge.is_violated("TKT-6") && !judge.is_violated("no invariant"));
}

#[test]
fn what_a_plain_run_reaches_is_counted() {
    let run = first_grant(Revision::V2_0);
    let mut judge = super::Judge::new(&run.truth);
    run.records.iter().for_each(|record| judge.observe(&run.truth, record));
    let reached: Vec<&str> = judge.sometimes().into_iter().filter(|(_, count)| *count > 0).map(|(id, _)| id).collect();
    assert_eq!(reached, ["ticket-rotated", "claims-gathered"]);
}
