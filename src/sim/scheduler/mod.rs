//! The scheduler: it owns time, every pending message and timer, the journals and the clocks, and decides nothing that
//! an oracle or a role should decide. It does no IO: a host asks [`Scheduler::next`] what to do, does it with the role
//! machines it holds, and tells the outcome to [`Scheduler::complete`].

mod carry;
mod complete;
mod deliver;
mod exchange;
mod node;
mod queue;
mod recorder;
mod stepwise;

pub use carry::{Carrying, Returning, Site};
pub use recorder::Recorder;
pub use stepwise::{Fate, Stop};

use crate::message::{ExchangeId, FailureReason, Leg, Name, NodeId};
use crate::role::context::DEADLINE;
use crate::role::{Act, Effects, Input, RuleSet, Timer};
use crate::sim::entropy::EntropyKey;
use crate::sim::oracle::{Oracle, root_key};
use crate::trace::{Event as Happened, Fact, Truth};
use crate::wire::codec::Routes;
use crate::wire::{Answer, Duration, Revision, Text, Timestamp};
use exchange::Exchange;
use node::Node;
use queue::Queue;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeSet, VecDeque};

/// Whether messages are turned into bytes on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WireMode {
    /// Typed messages are handed over as they are.
    #[default]
    Typed,
    /// Every message is made into bytes and parsed again at every hop.
    Encoded,
    /// The same, by the host: what it makes of a request goes to [`Scheduler::arrived`], of an answer to
    /// [`Scheduler::returned`].
    Carried,
}

/// Limits and constants of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Keys entropy; the oracle has a seed of its own.
    pub seed: u64,
    /// Whether messages are turned into bytes.
    pub wire: WireMode,
    /// How long every message takes.
    pub latency: Duration,
    /// How long a crashed node stays down.
    pub downtime: Duration,
    /// Virtual time at the start.
    pub start: Timestamp,
    /// The run is cut off after so many deliveries.
    pub deliveries_max: u64,
    /// The run is cut off so long after the last action.
    pub settle_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            wire: WireMode::Typed,
            latency: Duration::from_millis(10),
            downtime: Duration::from_secs(2),
            start: Timestamp::from_secs(1_700_000_000),
            deliveries_max: 200_000,
            settle_max: Duration::from_secs(4 * 3600),
        }
    }
}

/// One thing that is done to the world, with the name that roots everything it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its name, unique in the run: `bob.fetch#1`.
    pub name: Text,
    /// What the script says about it, for people; empty when nothing.
    pub note: Text,
    /// When.
    pub when: When,
    /// What.
    pub what: Deed,
}

/// When an action is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// As soon as everything before it has come to rest.
    AtRest,
    /// So long after the start.
    After(Duration),
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A person or operator acts.
    Act(NodeId, Act),
    /// Time passes.
    Wait(Duration),
    /// A node stops and comes back after a while.
    Crash(NodeId, Duration),
    /// A link is cut in one direction.
    Cut(NodeId, NodeId),
    /// A link is no longer TLS, in one direction.
    StripTls(NodeId, NodeId),
    /// A link is mended: whole again, and TLS.
    Mend(NodeId, NodeId),
    /// A clock is set forward or back, in microseconds.
    StepClock(NodeId, i64),
    /// Faults end: links are mended, clocks set right, nothing more goes wrong.
    Heal,
}

/// How a node takes part, besides its role.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The paths it serves.
    pub routes: Routes,
    /// The revision whose codec its server side speaks.
    pub revision: Revision,
    /// The rules it does not obey.
    pub rules_off: RuleSet,
    /// By how much its clock is wrong at the start, in microseconds.
    pub clock_offset_micros: i64,
}

/// What a host does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Hands an input to a role and brings back its effects.
    Handle(Box<Handle>),
    /// Builds a role anew from its journal.
    Rebuild {
        /// Which.
        node: NodeId,
        /// Its durable facts, in order.
        facts: Vec<Fact>,
    },
    /// Carries a request to its server ([`WireMode::Carried`]).
    Carry(Box<Carrying>),
    /// Carries an answer back to whoever asked ([`WireMode::Carried`]).
    Return(Box<Returning>),
    /// A slow write of a node that journals itself is through ([`Scheduler::hold`]).
    Written {
        /// Whose.
        node: NodeId,
        /// Which.
        number: u64,
    },
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// To whom.
    pub node: NodeId,
    /// What the node's clock shows.
    pub at: Timestamp,
    /// What.
    pub input: Input,
    /// The step that it is.
    pub cause: Name,
    /// The key of its entropy.
    pub entropy: EntropyKey,
    /// The first free number for exchanges.
    pub next_exchange: u64,
    /// Empty; what comes of it is put here.
    pub effects: Effects,
}

/// What came of a delivery.
#[derive(Debug)]
pub enum Outcome {
    /// The role has handled it.
    Done {
        /// What it led to.
        effects: Effects,
        /// The first number for exchanges that is still free.
        next_exchange: u64,
    },
    /// The role panicked.
    Panicked(String),
}

/// What is still to happen.
#[derive(Clone, Debug)]
enum Event {
    Act(usize),
    Wake,
    Arrive(ExchangeId),
    Return(ExchangeId, Box<Answer>),
    Fail(ExchangeId, FailureReason),
    Deadline(ExchangeId),
    Timer { node: NodeId, timer: Timer, generation: u64, name: Name },
    Password { node: NodeId, incarnation: u32, check: u64, correct: bool, name: Name },
    Flushed { node: NodeId, incarnation: u32, batch: u64 },
    Written { node: NodeId, incarnation: u32, number: u64 },
    Restart { node: NodeId, name: Name },
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Scheduler {
    settings: Settings,
    truth: Truth,
    actions: Vec<Action>,
    roots: Vec<u64>,
    next_action: usize,
    actions_left: usize,
    last_action_at: Timestamp,
    now: Timestamp,
    nodes: Vec<Node>,
    origins: FxHashMap<Text, NodeId>,
    queue: Queue<Event>,
    moving: usize,
    deadlines: VecDeque<(Timestamp, ExchangeId)>,
    exchanges: FxHashMap<ExchangeId, Exchange>,
    next_exchange: u64,
    counts: FxHashMap<(u32, &'static str, Leg), u32>,
    cut: FxHashSet<(NodeId, NodeId)>,
    plain: FxHashSet<(NodeId, NodeId)>,
    oracle: Oracle,
    recorder: Recorder,
    expiries: BTreeSet<Timestamp>,
    deliveries: u64,
    current: Option<Name>,
    current_node: NodeId,
    // The emptied lists of the last delivery, to be filled again by the next.
    spare: Effects,
    ended: bool,
}

/// The name of what happens before any action.
const WORLD: Name = Name { root: 0, word: "world", nth: 0, leg: Leg::Act, copy: 0 };

impl Scheduler {
    /// A world in which nothing has happened yet. `truth.roots` and `truth.notes` are filled
    /// from the actions.
    pub fn new(
        settings: Settings,
        mut truth: Truth,
        seats: Vec<Seat>,
        actions: Vec<Action>,
        oracle: Oracle,
        recorder: Recorder,
    ) -> Self {
        truth.roots = actions.iter().map(|action| action.name.clone()).collect();
        truth.notes = actions.iter().map(|action| action.note.clone()).collect();
        let origins = truth.nodes.iter().enumerate().filter_map(|(at, node)| {
            let origin = node.origin.as_ref()?;
            Some((Text::from(origin.origin()), NodeId(at as u16)))
        });
        let mut scheduler = Self {
            origins: origins.collect(),
            roots: actions.iter().map(|action| root_key(&action.name)).collect(),
            nodes: seats.into_iter().map(Node::new).collect(),
            next_action: 0,
            actions_left: actions.len(),
            last_action_at: settings.start,
            now: settings.start,
            queue: Queue::new(),
            moving: 0,
            deadlines: VecDeque::new(),
            exchanges: FxHashMap::default(),
            next_exchange: 1,
            counts: FxHashMap::default(),
            cut: FxHashSet::default(),
            plain: FxHashSet::default(),
            expiries: BTreeSet::new(),
            deliveries: 0,
            current: None,
            current_node: NodeId(0),
            spare: Effects::default(),
            ended: false,
            settings,
            truth,
            actions,
            oracle,
            recorder,
        };
        scheduler.queue_timed_actions();
        scheduler
    }

    /// What to do next; `None` when the run is over.
    #[expect(clippy::should_implement_trait, reason = "the outcome of each job has to come back before the next one")]
    pub fn next(&mut self) -> Option<Job> {
        while !self.ended {
            if self.deliveries >= self.settings.deliveries_max {
                self.end(true);
                break;
            }
            if self.at_rest()
                && let Some(index) = self.next_at_rest()
            {
                if let Some(job) = self.act(index) {
                    return Some(job);
                }
                continue;
            }
            let Some((at, event)) = self.pop() else {
                self.end(false);
                break;
            };
            if self.settled(at) {
                let unfinished = self.moving > 0 || !self.exchanges.is_empty();
                self.end(unfinished);
                break;
            }
            self.now = self.now.max(at);
            if let Some(job) = self.happen(event) {
                return Some(job);
            }
        }
        None
    }

    /// The world behind the run.
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// What was recorded so far.
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Gives up the scheduler for what was recorded, the oracle that decided, and the truth.
    pub fn finish(self) -> (Recorder, Oracle, Truth) {
        (self.recorder, self.oracle, self.truth)
    }

    /// How many inputs were delivered so far.
    pub const fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// True time.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    fn queue_timed_actions(&mut self) {
        for (index, action) in self.actions.iter().enumerate() {
            if let When::After(delay) = action.when {
                self.queue.push(self.settings.start + delay, Event::Act(index));
            }
        }
    }

    fn at_rest(&self) -> bool {
        self.moving == 0 && self.exchanges.is_empty()
    }

    // Actions at rest are begun in the order of the script; timed ones come by themselves.
    fn next_at_rest(&mut self) -> Option<usize> {
        while let Some(action) = self.actions.get(self.next_action) {
            self.next_action += 1;
            if action.when == When::AtRest {
                return Some(self.next_action - 1);
            }
        }
        None
    }

    fn settled(&self, at: Timestamp) -> bool {
        self.actions_left == 0 && at.since(self.last_action_at) > self.settings.settle_max
    }

    fn push_moving(&mut self, at: Timestamp, event: Event) {
        self.moving += 1;
        self.queue.push(at, event);
    }

    // Deadlines are nearly all equally long, so they wait in a line of their own instead of the heap.
    fn pop(&mut self) -> Option<(Timestamp, Event)> {
        let deadline = self.deadlines.front().map(|(at, _)| *at);
        match (self.queue.next_at(), deadline) {
            (Some(queued), Some(deadline)) if deadline < queued => self.pop_deadline(),
            (None, Some(_)) => self.pop_deadline(),
            _ => {
                let (at, event) = self.queue.pop()?;
                if is_moving(&event) {
                    self.moving -= 1;
                }
                Some((at, event))
            }
        }
    }

    fn pop_deadline(&mut self) -> Option<(Timestamp, Event)> {
        self.deadlines.pop_front().map(|(at, exchange)| (at, Event::Deadline(exchange)))
    }

    fn set_deadline(&mut self, exchange: ExchangeId, deadline: Duration) {
        if deadline == DEADLINE {
            self.deadlines.push_back((self.now + deadline, exchange));
        } else {
            self.queue.push(self.now + deadline, Event::Deadline(exchange));
        }
    }

    fn end(&mut self, cut_off: bool) {
        self.ended = true;
        let open_exchanges = u32::try_from(self.exchanges.len()).unwrap_or(u32::MAX);
        self.emit(NodeId(0), WORLD, Happened::Ended { open_exchanges, cut_off });
        self.recorder.finish(&self.truth);
    }

    fn emit(&mut self, node: NodeId, cause: Name, event: Happened) -> Happened {
        let node_time = self.nodes.get(usize::from(node.0)).map_or(self.now, |seat| seat.clock(self.now));
        self.recorder.emit(&self.truth, self.now, node_time, cause, event)
    }

    // The next name of a word under a root.
    fn name(&mut self, root: u32, word: &'static str, leg: Leg) -> Name {
        let count = self.counts.entry((root, word, leg)).or_default();
        *count += 1;
        Name { root, word, nth: *count, leg, copy: 0 }
    }

    fn root_key(&self, name: &Name) -> u64 {
        self.roots.get(name.root as usize).copied().unwrap_or_default()
    }

    fn node(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[usize::from(node.0)]
    }
}

const fn is_moving(event: &Event) -> bool {
    match event {
        Event::Timer { .. } | Event::Deadline(_) | Event::Act(_) => false,
        Event::Wake
        | Event::Arrive(_)
        | Event::Return(..)
        | Event::Fail(..)
        | Event::Password { .. }
        | Event::Flushed { .. }
        | Event::Written { .. }
        | Event::Restart { .. } => true,
    }
}
