//! For hosts whose nodes journal and perform their effects themselves: instead of [`Scheduler::complete`] they ask what
//! is to go wrong, and tell each thing as it happens.

use super::{Event, Scheduler};
use crate::message::{Name, NodeId};
use crate::role::Effect;
use crate::sim::oracle::{ChoiceKind, CrashPoint};
use crate::trace::{Event as Happened, Fact};
use crate::wire::{Duration, Text};

/// What goes wrong at a node while it handles one input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// Where it stops, if it does.
    pub crash: Option<CrashPoint>,
    /// Whether its journal refuses the write.
    pub refuse_write: bool,
    /// How long the write takes.
    pub write_takes: Duration,
}

/// Why a node stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It was made to; it stays down for a while.
    Crash,
    /// Its journal refused a write.
    WriteRefused,
    /// Its role panicked.
    Panicked(Text),
}

impl Scheduler {
    /// What goes wrong while the input of the last [`super::Job::Handle`] is settled. `writes`: whether there are facts.
    pub fn fate(&mut self, cause: Name, writes: bool) -> Fate {
        let chosen = self.choices_at_node(&cause, writes);
        Fate {
            crash: CrashPoint::of(chosen.get(ChoiceKind::Crash)),
            refuse_write: chosen.get(ChoiceKind::RefuseWrite) == 1 && writes,
            write_takes: chosen.delay(ChoiceKind::Flush),
        }
    }

    /// The first number for exchanges that is free.
    pub const fn next_exchange(&self) -> u64 {
        self.next_exchange
    }

    /// Takes numbers for exchanges out of use up to the first that is still free.
    pub const fn use_exchanges(&mut self, next: u64) {
        self.next_exchange = next;
    }

    /// A node says something ([`Effect::only_speaks`]).
    pub fn said(&mut self, node: NodeId, cause: Name, said: Effect) {
        self.hear(node, cause, said);
    }

    /// Facts of a node are durable.
    pub fn durable(&mut self, node: NodeId, cause: Name, mut facts: Vec<Fact>) {
        self.write(node, cause, &mut facts);
    }

    /// A node does something, after all facts before it are durable.
    pub fn performed(&mut self, node: NodeId, cause: Name, effect: Effect) {
        self.perform(node, cause, effect);
    }

    /// A write of a node is slow: [`super::Job::Written`] says when it is through.
    pub fn hold(&mut self, node: NodeId, number: u64, takes: Duration) {
        let incarnation = self.node(node).incarnation;
        self.push_moving(self.now + takes, Event::Written { node, incarnation, number });
    }

    /// A node has stopped. [`super::Job::Rebuild`] says when it comes back.
    pub fn stopped(&mut self, node: NodeId, cause: Name, why: Stop) {
        let down_for = match why {
            Stop::Crash => self.settings.downtime,
            Stop::WriteRefused => {
                self.emit(node, cause, Happened::WriteRefused { node });
                Duration::ZERO
            }
            Stop::Panicked(message) => {
                self.emit(node, cause, Happened::Panicked { node, message });
                Duration::ZERO
            }
        };
        self.crash(node, cause, down_for);
    }
}
