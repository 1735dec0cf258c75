//! Exploring: many seeds of one plan, on all cores, until something breaks or enough has been seen.

use crate::check::{Judge, Level, reachable};
use crate::sim::generate::{Drawn, draw};
use crate::sim::plan::Plan;
use crate::sim::run::{Finished, Host, Options, run};
use crate::sim::scheduler::WireMode;
use crate::sim::script::Source;
use crate::sim::script::format::ScriptFile;
use crate::sim::shrink::{Shrunk, Target, explicit, shrink};
use crate::sim::world::World;
use crate::wire::Revision;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What is explored.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The distribution.
    pub plan: Plan,
    /// The first seed; the runs use the seeds after it.
    pub seed: u64,
    /// How many runs.
    pub runs: u64,
    /// On how many threads.
    pub jobs: usize,
    /// Whether to go on after a violation.
    pub keep_going: bool,
    /// Every so many runs one is repeated on the actor host and with encoded messages, and the digests compared; 0 for
    /// never.
    pub repeat_every: u64,
}

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Runs.
    pub runs: u64,
    /// Inputs delivered.
    pub deliveries: u64,
    /// Per invariant: how often its premise was true, and how often it was violated.
    pub invariants: BTreeMap<&'static str, Tally>,
    /// Per Sometimes property: in how many runs it was reached.
    pub sometimes: BTreeMap<&'static str, u64>,
    /// The same for the worlds of one revision alone.
    pub alone: BTreeMap<Revision, Alone>,
    /// What broke.
    pub findings: Vec<Finding>,
    /// Seeds whose repetition gave another digest.
    pub unequal: Vec<u64>,
    /// How many runs were repeated.
    pub repeated: u64,
}

/// What was seen of one invariant.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// How much it weighs.
    pub level: Level,
    /// How often its premise was true.
    pub premises: u64,
    /// How often it was violated.
    pub violations: u64,
}

/// What was seen in worlds where everybody speaks one revision.
#[derive(Clone, Debug, Default)]
pub struct Alone {
    /// How many there were.
    pub runs: u64,
    /// Per invariant that applies: how often its premise was true, and how often it was violated.
    pub invariants: BTreeMap<&'static str, Tally>,
    /// Per Sometimes property that can be reached: in how many runs it was.
    pub sometimes: BTreeMap<&'static str, u64>,
}

impl Alone {
    /// Invariants of error level that were never put to the test.
    pub fn not_exercised(&self) -> Vec<&'static str> {
        let silent = |(_, tally): &(&&'static str, &Tally)| tally.level == Level::Error && tally.premises == 0;
        self.invariants.iter().filter(silent).map(|(id, _)| *id).collect()
    }

    /// Properties that were never reached.
    pub fn never_reached(&self) -> Vec<&'static str> {
        self.sometimes.iter().filter(|(_, runs)| **runs == 0).map(|(id, _)| *id).collect()
    }
}

/// A run that broke an error-level invariant.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The invariant.
    pub invariant: String,
    /// The seed.
    pub seed: u64,
    /// What happened.
    pub message: String,
    /// The run as a script that needs no seed.
    pub script: ScriptFile,
}

impl Finding {
    /// A smaller script that breaks the same invariant.
    pub fn shrink(&self, executions_max: u32) -> Shrunk {
        shrink(&self.script, &Target { invariant: self.invariant.clone() }, executions_max)
    }
}

/// Runs a campaign. `progress` is called after every run with what was seen, from any thread, and says whether to go on.
pub fn explore(campaign: &Campaign, progress: &(dyn Fn(&Seen) -> bool + Sync)) -> Seen {
    let seen = Mutex::new(Seen::default());
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..campaign.jobs.max(1) {
            scope.spawn(|| worker(campaign, &next, &stop, &seen, progress));
        }
    });
    let mut seen = seen.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    seen.findings.sort_by_key(|finding| finding.seed);
    seen.unequal.sort_unstable();
    seen
}

fn worker(
    campaign: &Campaign,
    next: &AtomicU64,
    stop: &AtomicBool,
    seen: &Mutex<Seen>,
    progress: &(dyn Fn(&Seen) -> bool + Sync),
) {
    while !stop.load(Ordering::Relaxed) {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= campaign.runs {
            return;
        }
        let seed = campaign.seed.wrapping_add(index);
        let one = explore_one(campaign, seed, index);
        let mut seen = seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let broke = one.finding.is_some() || one.unequal;
        seen.take(one, seed);
        if (broke && !campaign.keep_going) || !progress(&seen) {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

/// One run of a campaign.
struct One {
    finished: Option<Finished>,
    finding: Option<Finding>,
    repeated: bool,
    unequal: bool,
}

fn explore_one(campaign: &Campaign, seed: u64, index: u64) -> One {
    let drawn = draw(&campaign.plan, seed);
    let options = Options { store: false, random: Some((seed, drawn.rates)), ..Options::default() };
    let Some(finished) = run_drawn(&drawn, &options) else {
        return One { finished: None, finding: Some(unbuildable(&drawn, seed)), repeated: false, unequal: false };
    };
    let repeated = campaign.repeat_every > 0 && index.is_multiple_of(campaign.repeat_every);
    let unequal = repeated && !repeats_equal(&drawn, &options, &finished.digest);
    let finding = finished.violation().map(|violation| Finding {
        invariant: violation.invariant.to_owned(),
        seed,
        message: violation.message.clone(),
        script: explicit(&drawn.script, &finished.taken),
    });
    One { finished: Some(finished), finding, repeated, unequal }
}

fn run_drawn(drawn: &Drawn, options: &Options) -> Option<Finished> {
    let world = World::build(&drawn.script, &Source { file: "", text: "" }).ok()?;
    run(world, options).ok()
}

// A generated script that does not build is a fault of the generator and must not pass for a clean run.
fn unbuildable(drawn: &Drawn, seed: u64) -> Finding {
    let error = World::build(&drawn.script, &Source { file: "generated", text: "" }).err();
    Finding {
        invariant: "generator".to_owned(),
        seed,
        message: error.map_or_else(|| "the run could not be started".to_owned(), |error| error.to_string()),
        script: drawn.script.clone(),
    }
}

fn repeats_equal(drawn: &Drawn, options: &Options, digest: &str) -> bool {
    let others = [
        Some(Options { wire: WireMode::Encoded, ..*options }),
        cfg!(feature = "actor").then_some(Options { host: Host::Actor, ..*options }),
        cfg!(feature = "node").then_some(Options { host: Host::Service, ..*options }),
    ];
    let mut others = others.iter().flatten();
    others.all(|other| run_drawn(drawn, other).is_some_and(|finished| finished.digest == digest))
}

impl Seen {
    fn take(&mut self, one: One, seed: u64) {
        self.runs += 1;
        self.repeated += u64::from(one.repeated);
        if one.unequal {
            self.unequal.push(seed);
        }
        self.findings.extend(one.finding);
        let Some(finished) = one.finished else { return };
        self.deliveries += finished.deliveries;
        let Some(judge) = &finished.judge else { return };
        add_verdicts(&mut self.invariants, judge);
        add_reached(&mut self.sometimes, judge, |_| true);
        if let Some(revision) = only_revision(&finished) {
            let alone = self.alone.entry(revision).or_default();
            alone.runs += 1;
            add_verdicts(&mut alone.invariants, judge);
            add_reached(&mut alone.sometimes, judge, |id| reachable(id, revision));
        }
    }

    /// Invariants whose premise was never true, except those that only an expectation asks for.
    pub fn not_exercised(&self) -> Vec<&'static str> {
        let silent = |(_, tally): &(&&'static str, &Tally)| tally.level != Level::Outcome && tally.premises == 0;
        self.invariants.iter().filter(silent).map(|(id, _)| *id).collect()
    }
}

fn only_revision(finished: &Finished) -> Option<Revision> {
    let mut spoken = finished.truth.nodes.iter().filter_map(|node| node.revision);
    let first = spoken.next()?;
    spoken.all(|other| other == first).then_some(first)
}

fn add_verdicts(invariants: &mut BTreeMap<&'static str, Tally>, judge: &Judge) {
    for verdict in judge.verdicts() {
        let none = Tally { level: verdict.level, premises: 0, violations: 0 };
        let tally = invariants.entry(verdict.id).or_insert(none);
        tally.level = tally.level.min(verdict.level);
        tally.premises += verdict.premises;
        tally.violations += verdict.violations.len() as u64;
    }
}

fn add_reached(sometimes: &mut BTreeMap<&'static str, u64>, judge: &Judge, counts: impl Fn(&str) -> bool) {
    for (id, reached) in judge.sometimes().into_iter().filter(|(id, _)| counts(id)) {
        *sometimes.entry(id).or_default() += u64::from(reached > 0);
    }
}
