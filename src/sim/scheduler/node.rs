//! What the scheduler knows of one node: whether it is up, its clock, its timers, its journal, and what waits for the
//! journal.

use crate::message::{Name, NodeId};
use crate::role::{Effects, RuleSet, Timer};
use crate::sim::scheduler::Seat;
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::{Revision, Timestamp};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) up: bool,
    pub(super) incarnation: u32,
    pub(super) routes: Routes,
    pub(super) revision: Revision,
    pub(super) rules_off: RuleSet,
    pub(super) journal: Vec<Fact>,
    pub(super) batches: VecDeque<Batch>,
    pub(super) next_batch: u64,
    timers: FxHashMap<Timer, u64>,
    next_generation: u64,
    clock_offset_micros: i64,
    high_water: Timestamp,
}

/// What one delivery led to, waiting for the journal.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) number: u64,
    pub(super) cause: Name,
    pub(super) effects: Effects,
    pub(super) written: bool,
    /// Whether the node stops when all of it has left.
    pub(super) stops: bool,
}

impl Node {
    pub(super) fn new(seat: Seat) -> Self {
        Self {
            up: true,
            incarnation: 0,
            routes: seat.routes,
            revision: seat.revision,
            rules_off: seat.rules_off,
            journal: Vec::new(),
            batches: VecDeque::new(),
            next_batch: 0,
            timers: FxHashMap::default(),
            next_generation: 0,
            clock_offset_micros: seat.clock_offset_micros,
            high_water: Timestamp(0),
        }
    }

    /// What its clock shows at a true time.
    pub(super) fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add_signed(self.clock_offset_micros))
    }

    /// The clock as the role sees it: clamped, so that it never goes back.
    pub(super) fn role_clock(&mut self, now: Timestamp) -> Timestamp {
        self.high_water = self.high_water.max(self.clock(now));
        self.high_water
    }

    pub(super) const fn step_clock(&mut self, by_micros: i64) {
        self.clock_offset_micros = self.clock_offset_micros.saturating_add(by_micros);
    }

    pub(super) const fn set_clock_right(&mut self) {
        self.clock_offset_micros = 0;
    }

    pub(super) fn set_timer(&mut self, timer: Timer) -> u64 {
        self.next_generation += 1;
        self.timers.insert(timer, self.next_generation);
        self.next_generation
    }

    pub(super) fn cancel_timer(&mut self, timer: Timer) {
        self.timers.remove(&timer);
    }

    /// True when this setting of the timer is the one in force; it is used up.
    pub(super) fn take_timer(&mut self, timer: Timer, generation: u64) -> bool {
        let current = self.timers.get(&timer) == Some(&generation);
        if current {
            self.timers.remove(&timer);
        }
        current
    }

    /// Whether it is going to stop when something that waits has left: until then nothing later gets that far.
    pub(super) fn is_doomed(&self) -> bool {
        self.batches.iter().any(|batch| batch.stops)
    }

    /// Stops it: what is not in the journal is gone.
    pub(super) fn crash(&mut self) {
        self.up = false;
        self.incarnation += 1;
        self.batches.clear();
        self.timers.clear();
    }
}

/// The index of a node.
pub(super) const fn id(at: usize) -> NodeId {
    NodeId(at as u16)
}
