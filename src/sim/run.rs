//! One run of one world, from beginning to end, on a host of choice.

use crate::check::{Judge, Verdict, Violation};
use crate::role::{Role, RuleSet};
use crate::sim::kernel::{self, Hosted};
use crate::sim::oracle::{Choice, Oracle, Rates};
use crate::sim::scheduler::{Recorder, Scheduler, WireMode};
use crate::sim::world::World;
use crate::trace::{Record, Truth};
use std::io;

/// Which host drives the roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// Plain calls.
    #[default]
    Kernel,
    /// An actix actor per role.
    Actor,
    /// The same, and every message through the actix-web service of its server, without sockets.
    Service,
}

/// How a world is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which host.
    pub host: Host,
    /// Whether messages are turned into bytes.
    pub wire: WireMode,
    /// Draws with this seed at these rates, besides the script's own deviations; first in, first out when absent.
    pub random: Option<(u64, Rates)>,
    /// Whether invariants look on.
    pub judge: bool,
    /// Whether the records are kept.
    pub store: bool,
    /// The invariant at whose first violation the run stops (kernel host only).
    pub stop_at: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self { host: Host::Kernel, wire: WireMode::Typed, random: None, judge: true, store: true, stop_at: None }
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The digest over every record.
    pub digest: String,
    /// How many inputs were delivered.
    pub deliveries: u64,
    /// The judge with its verdicts, when invariants looked on.
    pub judge: Option<Judge>,
    /// The records, when they were kept.
    pub records: Vec<Record>,
    /// The ground truth.
    pub truth: Truth,
    /// Every draw that was not the undisturbed option, with the action at its root and its name in words.
    pub taken: Vec<Taken>,
}

/// One draw that was not the undisturbed option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What was decided where.
    pub choice: Choice,
    /// The step in words, as scripts write it.
    pub at: String,
    /// The value.
    pub value: u32,
}

impl Finished {
    /// The verdicts of all invariants.
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.judge.as_ref().map(Judge::verdicts).unwrap_or_default()
    }

    /// The first violation of an error-level invariant.
    pub fn violation(&self) -> Option<&Violation> {
        self.judge.as_ref().and_then(Judge::violation)
    }
}

/// Runs a world.
///
/// # Errors
/// When the host cannot be started.
pub fn run(world: World, options: &Options) -> io::Result<Finished> {
    let (scheduler, roles) = prepare(world, options);
    let hosted = roles.into_iter().map(|(role, rules_off)| Hosted::new(role, rules_off)).collect();
    drive(scheduler, hosted, options).map(finished)
}

/// The scheduler of a world, and for each node its role and the rules that it does not obey. For hosts.
pub fn prepare(world: World, options: &Options) -> (Scheduler, Vec<(Role, RuleSet)>) {
    let World { mut settings, truth, roles, seats, actions, deviations, .. } = world;
    settings.wire = if options.host == Host::Service { WireMode::Carried } else { options.wire };
    let mut truth = truth;
    let oracle = match options.random {
        Some((seed, rates)) => {
            settings.seed = seed;
            truth.faults |= !rates.only_order();
            Oracle::with_plan(seed, rates, deviations)
        }
        None => Oracle::Script(deviations),
    };
    let roles = roles.into_iter().zip(&seats).map(|(role, seat)| (role, seat.rules_off.clone())).collect();
    let recorder = Recorder::new(&truth, options.judge, options.store);
    (Scheduler::new(settings, truth, seats, actions, oracle, recorder), roles)
}

fn drive(mut scheduler: Scheduler, mut hosted: Vec<Hosted>, options: &Options) -> io::Result<Scheduler> {
    match (options.host, options.stop_at) {
        (Host::Kernel, Some(invariant)) => {
            kernel::run_while(&mut scheduler, &mut hosted, |scheduler| {
                scheduler.recorder().judge().is_none_or(|judge| !judge.is_violated(invariant))
            });
            Ok(scheduler)
        }
        (Host::Kernel, None) => {
            kernel::run(&mut scheduler, &mut hosted);
            Ok(scheduler)
        }
        (Host::Actor, _) => actor(scheduler, hosted),
        (Host::Service, _) => service(scheduler, hosted),
    }
}

#[cfg(feature = "actor")]
fn actor(scheduler: Scheduler, hosted: Vec<Hosted>) -> io::Result<Scheduler> {
    crate::sim::actor::run(scheduler, hosted)
}

#[cfg(not(feature = "actor"))]
fn actor(_scheduler: Scheduler, _hosted: Vec<Hosted>) -> io::Result<Scheduler> {
    Err(io::Error::other("this build has no actor host; build with the feature `actor`"))
}

#[cfg(feature = "node")]
fn service(scheduler: Scheduler, hosted: Vec<Hosted>) -> io::Result<Scheduler> {
    crate::sim::service::run(scheduler, hosted)
}

#[cfg(not(feature = "node"))]
fn service(_scheduler: Scheduler, _hosted: Vec<Hosted>) -> io::Result<Scheduler> {
    Err(io::Error::other("this build has no service host; build with the feature `node`"))
}

/// What came of a run whose end the scheduler has seen. For hosts.
pub fn finished(scheduler: Scheduler) -> Finished {
    let deliveries = scheduler.deliveries();
    let (recorder, oracle, truth) = scheduler.finish();
    let taken = match oracle {
        Oracle::Random { taken, .. } => taken,
        Oracle::Script(_) => Vec::new(),
    };
    let taken = taken.into_iter().map(|(choice, name, value)| {
        let root = truth.roots.get(name.root as usize).map_or("world", |root| &**root);
        Taken { choice, at: crate::sim::world::step_text(root, &name), value }
    });
    let (taken, digest) = (taken.collect(), recorder.digest());
    let (judge, records) = recorder.into_parts();
    Finished { digest, deliveries, taken, judge, records, truth }
}
