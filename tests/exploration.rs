//! What exploring reaches in each revision by itself: every invariant of error level is put to the test, and every
//! situation comes about that can.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use umaverse::check::Level;
use umaverse::sim::explore::{Alone, Campaign, Seen, explore};
use umaverse::sim::plan::Plan;
use umaverse::wire::Revision;

/// So many runs have to be enough for one revision.
const RUNS: u64 = 800;
/// How often each invariant of error level is put to the test at least.
const PREMISES_MIN: u64 = 3;

fn explored(revision: Revision, plan: Plan, runs: u64) -> Seen {
    let plan = Plan { revisions: vec![revision.name().to_owned()], ..plan };
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    explore(&Campaign { plan, seed: 1, runs, jobs, keep_going: true, repeat_every: 0 }, &|_| true)
}

fn holes(revision: Revision, alone: &Alone) -> Vec<String> {
    let silent = alone.invariants.iter().filter(|(_, tally)| tally.level == Level::Error);
    let silent = silent.filter(|(_, tally)| tally.premises < PREMISES_MIN);
    let silent = silent.map(|(id, tally)| format!("{revision}: {id} has {} premises", tally.premises));
    silent.chain(alone.never_reached().into_iter().map(|id| format!("{revision}: {id} is never reached"))).collect()
}

fn looks_into_every_corner(revision: Revision) {
    let seen = explored(revision, Plan::default(), RUNS);
    let broken: Vec<_> = seen.findings.iter().map(|finding| (&finding.invariant, finding.seed)).collect();
    assert!(broken.is_empty(), "{revision}: {broken:?}");
    let alone = &seen.alone[&revision];
    assert_eq!(alone.runs, RUNS);
    let holes = holes(revision, alone);
    assert!(holes.is_empty(), "in {RUNS} runs\n{}", holes.join("\n"));
}

#[test]
fn draft_05_alone() {
    looks_into_every_corner(Revision::Draft05);
}

#[test]
fn draft_06_alone() {
    looks_into_every_corner(Revision::Draft06);
}

#[test]
fn uma_1_0_1_alone() {
    looks_into_every_corner(Revision::V1_0_1);
}

#[test]
fn uma_2_0_alone() {
    looks_into_every_corner(Revision::V2_0);
}

#[test]
fn a_hole_is_seen() {
    let quiet = Plan { operation: 0, fault_family: 0, replayer: 0, scenes: 0, ..Plan::default() };
    let seen = explored(Revision::V1_0_1, quiet, 3);
    let alone = &seen.alone[&Revision::V1_0_1];
    assert!(alone.not_exercised().contains(&"LIV-6"), "{:?}", alone.not_exercised());
    assert!(alone.never_reached().contains(&"revoked-rpt-presented"));
    assert!(!alone.never_reached().contains(&"pct-used"), "there are no PCTs in 1.0.1");
    assert!(!alone.invariants.contains_key("TKT-1"), "tickets of 1.0.1 are not single-use");
}
