//! A role that comes back from a snapshot and the facts since does what it would have done otherwise.

use crate::sample::append;
use std::path::PathBuf;
use umaverse::sim::generate::draw;
use umaverse::sim::kernel::Hosted;
use umaverse::sim::oracle::{Oracle, Rates};
use umaverse::sim::plan::Plan;
use umaverse::sim::run::{Options, run};
use umaverse::sim::scheduler::{Job, Recorder, Scheduler};
use umaverse::sim::script::{ScriptFile, Source};
use umaverse::sim::world::World;
use umaverse::trace::{Event, Fact};
use umaverse::transport::journal::memory::MemoryStore;
use umaverse::transport::journal::replay::replay;
use umaverse::transport::journal::{Entry, Journal, Position, Realm, Retention, snapshot};
use umaverse::wire::Timestamp;

/// How a role comes back.
#[derive(Clone, Copy, Debug)]
enum Back {
    /// From its facts alone.
    Facts,
    /// From a snapshot of so many of four parts of its facts.
    Snapshot(usize),
    /// From a snapshot of everything without what has ended by now, as a node writes it.
    SweptSnapshot,
}

struct Seen {
    digest: String,
    rebuilt: usize,
    violation: Option<String>,
}

fn drive(world: World, random: (u64, Rates), back: Back) -> Seen {
    let World { mut settings, mut truth, roles, seats, actions, .. } = world;
    settings.seed = random.0;
    // Where nodes stop all the time, somebody may try again for ever.
    settings.deliveries_max = 1_000;
    truth.faults = true;
    let zip = roles.into_iter().zip(&seats);
    let mut hosted: Vec<Hosted> = zip.map(|(role, seat)| Hosted::new(role, seat.rules_off.clone())).collect();
    let recorder = Recorder::new(&truth, true, false);
    let mut scheduler = Scheduler::new(settings, truth, seats, actions, Oracle::random(random.0, random.1), recorder);
    let mut rebuilt = 0;
    let mut job = scheduler.next();
    while let Some(next) = job {
        job = match next {
            Job::Handle(handle) => {
                let outcome = hosted[usize::from(handle.node.0)].handle(*handle);
                scheduler.complete(outcome);
                scheduler.next()
            }
            Job::Rebuild { node, facts } => {
                rebuilt += usize::from(!facts.is_empty());
                let (covered, swept) = match back {
                    Back::Facts => (0, Timestamp(0)),
                    Back::Snapshot(quarters) => (facts.len() * quarters / 4, Timestamp(0)),
                    Back::SweptSnapshot => (facts.len(), scheduler.now()),
                };
                hosted[usize::from(node.0)].rebuild_from(covered, &facts, swept);
                scheduler.rebuilt()
            }
            Job::Carry(_) | Job::Return(_) | Job::Written { .. } => panic!("only messages in process were asked for"),
        };
    }
    let violation = scheduler.recorder().judge().and_then(|judge| judge.violation()).map(|it| format!("{it:?}"));
    Seen { digest: scheduler.recorder().digest(), rebuilt, violation }
}

// Nodes stop all the time, and now and then a write is slow or refused.
fn crashes(rates: Rates) -> Rates {
    Rates { crash: 60_000, flush: rates.flush.max(20_000), ..rates }
}

pub(crate) fn stories() -> Vec<(String, ScriptFile, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("simulations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "toml"));
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let script = umaverse::sim::script::parse(&Source { file: &name, text: &text }).unwrap();
        (name.clone(), script, text)
    };
    files.into_iter().map(read).collect()
}

fn same_either_way(name: &str, world: impl Fn() -> World, random: (u64, Rates)) -> usize {
    let plain = drive(world(), random, Back::Facts);
    for back in [Back::Snapshot(1), Back::Snapshot(3), Back::Snapshot(4)] {
        let other = drive(world(), random, back);
        assert_eq!(other.digest, plain.digest, "{name}, seed {}, {back:?}: another trace", random.0);
    }
    plain.rebuilt
}

#[test]
fn every_story_goes_on_after_a_snapshot_as_without_one() {
    let rates = draw(&Plan::default(), 1).rates;
    let mut rebuilt = 0;
    for (name, script, text) in stories() {
        let world = || World::build(&script, &Source { file: &name, text: &text }).unwrap();
        rebuilt += same_either_way(&name, world, (1, crashes(rates)));
    }
    assert!(rebuilt > 200, "only {rebuilt} nodes came back with facts");
}

#[test]
fn generated_worlds_go_on_after_a_snapshot_as_without_one() {
    let mut rebuilt = 0;
    for seed in 1..=150 {
        let drawn = draw(&Plan::default(), seed);
        let world = || World::build(&drawn.script, &Source { file: "generated", text: "" }).unwrap();
        rebuilt += same_either_way("generated", world, (seed, crashes(drawn.rates)));
    }
    assert!(rebuilt > 500, "only {rebuilt} nodes came back with facts");
}

#[test]
fn nothing_that_a_snapshot_sweeps_away_is_missed() {
    let mut rebuilt = 0;
    for seed in 1..=150 {
        let drawn = draw(&Plan::default(), seed);
        let world = || World::build(&drawn.script, &Source { file: "generated", text: "" }).unwrap();
        let random = (seed, crashes(drawn.rates));
        let plain = drive(world(), random, Back::Facts);
        let swept = drive(world(), random, Back::SweptSnapshot);
        assert_eq!(swept.violation.is_some(), plain.violation.is_some(), "seed {seed}: {:?}", swept.violation);
        rebuilt += swept.rebuilt;
    }
    assert!(rebuilt > 500, "only {rebuilt} nodes came back with facts");
}

/// Through a journal: entries, snapshot, compaction, more entries, replay.
#[test]
fn a_snapshot_in_a_journal_is_the_facts_that_the_role_needs() {
    let mut shorter = 0;
    for (name, script, text) in stories() {
        let world = || World::build(&script, &Source { file: &name, text: &text }).unwrap();
        let finished = run(world(), &Options { judge: false, ..Options::default() }).unwrap();
        for (at, blank) in world().roles.into_iter().enumerate() {
            let own = finished.records.iter().filter_map(|record| match &record.event {
                Event::Fact { node, fact } if usize::from(node.0) == at => Some(fact.clone()),
                _ => None,
            });
            let facts: Vec<Fact> = own.collect();
            let journal = MemoryStore::new().journal(&Realm::new(name.as_str()));
            let half = facts.len() / 2;
            for (position, fact) in facts.iter().enumerate() {
                let entry = Entry { at: Timestamp(position as u64), facts: vec![fact.clone()] };
                append(&journal, position as u64, entry).unwrap();
                if position + 1 == half {
                    let written = snapshot::write(&journal, blank.clone(), Timestamp(0)).unwrap();
                    assert_eq!(written.mark.position, Position(half as u64));
                    journal.compact(Retention::None).unwrap();
                }
            }
            let mut role = blank.clone();
            let replayed = replay(&journal, &mut role).unwrap();
            assert_eq!(replayed.end, Position(facts.len() as u64));
            shorter += facts.len() - usize::try_from(replayed.facts).unwrap();
            // Once more over everything: a snapshot of a snapshot is the same.
            snapshot::write(&journal, blank.clone(), Timestamp(0)).unwrap();
            let mut kept = Vec::new();
            journal.read_snapshot(&mut |fact| kept.push(fact)).unwrap();
            assert_eq!(kept, snapshot::shortened(blank, &facts, Timestamp(0)), "{name}, node {at}");
        }
    }
    assert!(shorter > 50, "snapshots left out only {shorter} facts");
}
