//! What a node of a trial takes for the world: the scheduler's clock, timers and network, and its faults.

use super::journal::{Shim, Write};
use super::traces::Traces;
use crate::message::{ExchangeId, Name, NodeId};
use crate::node::watch::Seen;
use crate::node::{StopAt, Stopped, Surroundings};
use crate::role::crypto::StandInCrypto;
use crate::role::{Crypto, Effect, Entropy};
use crate::sim::entropy::{EntropyKey, KeyedEntropy};
use crate::sim::oracle::CrashPoint;
use crate::sim::scheduler::{Scheduler, Stop};
use crate::trace::Fact;
use crate::transport::journal::Position;
use crate::wire::{Answer, Timestamp};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The scheduler, shared by all nodes of one thread, and what it says of the delivery in flight.
pub(super) struct Stage {
    scheduler: RefCell<Scheduler>,
    delivery: Cell<Option<(Timestamp, EntropyKey)>>,
}

impl Stage {
    pub(super) const fn new(scheduler: Scheduler) -> Self {
        Self { scheduler: RefCell::new(scheduler), delivery: Cell::new(None) }
    }

    pub(super) fn with<T>(&self, what: impl FnOnce(&mut Scheduler) -> T) -> T {
        what(&mut self.scheduler.borrow_mut())
    }

    pub(super) fn begin(&self, at: Timestamp, entropy: EntropyKey) {
        self.delivery.set(Some((at, entropy)));
    }

    pub(super) fn into_scheduler(self) -> Scheduler {
        self.scheduler.into_inner()
    }
}

/// The place of one node.
pub(super) struct Seat {
    stage: Rc<Stage>,
    node: NodeId,
    shim: Shim,
    traces: Traces,
}

impl Seat {
    pub(super) const fn new(stage: Rc<Stage>, at: usize, shim: Shim, traces: Traces) -> Self {
        Self { stage, node: NodeId(at as u16), shim, traces }
    }

    fn trace(&self, cause: Name, what: &Seen<'_>) {
        self.traces.write(&self.stage, self.node, cause, what);
    }
}

// Nothing is delivered before the delivery in flight was begun.
struct Nothing;

impl Entropy for Nothing {
    fn fill(&mut self, _purpose: &'static str, _bytes: &mut [u8]) {}
}

impl Surroundings for Seat {
    fn clock(&self) -> Timestamp {
        self.stage.delivery.get().map_or(Timestamp(0), |(at, _)| at)
    }

    fn entropy(&self, _cause: Name) -> Box<dyn Entropy> {
        match self.stage.delivery.get() {
            Some((_, key)) => Box::new(KeyedEntropy::new(key)),
            None => Box::new(Nothing),
        }
    }

    fn crypto(&self) -> &dyn Crypto {
        &StandInCrypto
    }

    fn next_exchange(&self) -> u64 {
        self.stage.with(|scheduler| scheduler.next_exchange())
    }

    fn use_exchanges(&self, next: u64) {
        self.stage.with(|scheduler| scheduler.use_exchanges(next));
    }

    fn stops_at(&self, cause: Name, writes: bool) -> Option<StopAt> {
        let fate = self.stage.with(|scheduler| scheduler.fate(cause, writes));
        let slow = writes && fate.write_takes.0 > 0 && !fate.refuse_write;
        let write = match (fate.refuse_write, slow) {
            (true, _) => Write::Refused,
            (false, true) => Write::Slow,
            (false, false) => Write::AtOnce,
        };
        let number = self.shim.expect(write);
        let stop = match fate.crash {
            Some(CrashPoint::BeforeWrite) => return Some(StopAt::BeforeWrite),
            // A node that is to stop when something earlier has left gets no further than that.
            Some(CrashPoint::AfterWrite) if self.shim.is_doomed() => None,
            Some(CrashPoint::AfterWrite) => {
                // As on every other host, a crash at the write finds it done.
                self.shim.hasten();
                return Some(StopAt::AfterWrite);
            }
            Some(CrashPoint::AfterSend) => {
                self.shim.doom();
                Some(StopAt::AfterSend)
            }
            None => None,
        };
        if slow {
            self.stage.with(|scheduler| scheduler.hold(self.node, number, fate.write_takes));
        }
        stop
    }

    fn said(&self, cause: Name, said: Effect) {
        self.trace(cause, &Seen::Said(said.clone()));
        self.stage.with(|scheduler| scheduler.said(self.node, cause, said));
    }

    fn durable(&self, cause: Name, entry: Position, facts: Vec<Fact>) {
        self.trace(cause, &Seen::Durable { entry, facts: facts.clone() });
        self.stage.with(|scheduler| scheduler.durable(self.node, cause, facts));
    }

    fn perform(&self, cause: Name, effect: Effect) {
        if let Effect::Send { exchange, call, .. } = &effect {
            self.trace(cause, &Seen::Sent { exchange: *exchange, call });
        }
        self.stage.with(|scheduler| scheduler.performed(self.node, cause, effect));
    }

    fn answers(&self, cause: Name, exchange: ExchangeId, answer: &Answer) -> bool {
        let reply = Effect::Reply { exchange, answer: Box::new(answer.clone()) };
        let awaited = self.stage.with(|scheduler| scheduler.is_open(exchange));
        if awaited {
            self.trace(cause, &Seen::Answered { exchange, answer });
        }
        self.stage.with(|scheduler| scheduler.performed(self.node, cause, reply));
        awaited
    }

    fn stopped(&self, cause: Name, why: Stopped) {
        self.shim.stopped();
        self.trace(cause, &Seen::Stopped(why.clone()));
        let why = match why {
            Stopped::Made => Stop::Crash,
            Stopped::WriteRefused => Stop::WriteRefused,
            Stopped::Panicked(message) => Stop::Panicked(message),
        };
        self.stage.with(|scheduler| scheduler.stopped(self.node, cause, why));
    }
}
