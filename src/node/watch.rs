//! Who looks on at a node, and what there is to see. A watcher changes nothing; where a world of nodes is on trial, it
//! also hands out the numbers and names that all of them share.

use super::Stopped;
use crate::message::{ExchangeId, FailureReason, Name};
use crate::role::{Effect, Entropy, Timer};
use crate::trace::Fact;
use crate::transport::http::Stamps;
use crate::transport::journal::Position;
use crate::wire::{Answer, Call, DecodeError, Received, Text, Timestamp};
use std::cell::Cell;

/// One thing that happens at a node.
#[derive(Debug)]
#[expect(missing_docs, reason = "the members are what they are called")]
pub enum Seen<'a> {
    /// A request leaves.
    Sent { exchange: ExchangeId, call: &'a Call },
    /// A request is at the door.
    Arrived { exchange: ExchangeId, named: Option<u64>, received: &'a Received, request: Option<Text> },
    /// An answer leaves.
    Answered { exchange: ExchangeId, answer: &'a Answer },
    /// An answer has come.
    Returned { exchange: ExchangeId, answer: &'a Result<Answer, DecodeError> },
    /// No answer will come.
    Failed { exchange: ExchangeId, reason: FailureReason },
    /// A timer is set.
    TimerSet { timer: Timer, at: Timestamp },
    /// A timer is taken back.
    TimerCancelled { timer: Timer },
    /// A timer fires.
    TimerFired { timer: Timer },
    /// A password check begins.
    PasswordAsked,
    /// A password check is over.
    PasswordChecked,
    /// Facts are about to be written.
    Writing { entry: Position },
    /// The facts of an entry are durable.
    Durable { entry: Position, facts: Vec<Fact> },
    /// The role says something.
    Said(Effect),
    /// An input is handled.
    Handled,
    /// The node has stopped.
    Stopped(Stopped),
    /// The node is built anew.
    Reopened,
}

/// Who looks on.
pub trait Watch {
    /// Something happens; `cause` is the step it belongs to. Returns the step that it begins.
    fn seen(&self, cause: Name, what: Seen<'_>) -> Name;

    /// The first number for exchanges that is free.
    fn next_exchange(&self) -> u64;

    /// Takes numbers out of use up to the first that is still free.
    fn use_exchanges(&self, next: u64);

    /// The number of an exchange that arrives. `named`: what its sender says; no proof of anything.
    fn exchange(&self, named: Option<u64>) -> ExchangeId;

    /// What an outgoing request carries besides.
    fn headers(&self, exchange: ExchangeId) -> Vec<(Text, Text)>;

    /// A request brings Lamport stamps, before it is seen to have arrived.
    fn stamps(&self, _exchange: ExchangeId, _stamps: Stamps) {}

    /// An answer brings a Lamport stamp, before it is seen to have come.
    fn hears(&self, _lamport: u64) {}

    /// The source of random bytes for an input.
    fn entropy(&self, cause: Name) -> Box<dyn Entropy>;
}

/// Who does nothing but look; all else is as with [`Nobody`].
pub trait Onlooker {
    /// Something happens.
    fn sees(&self, what: &Seen<'_>);

    /// Who hands out the numbers.
    fn numbers(&self) -> &Nobody;
}

impl<O: Onlooker> Watch for O {
    fn seen(&self, cause: Name, what: Seen<'_>) -> Name {
        self.sees(&what);
        self.numbers().seen(cause, what)
    }

    fn next_exchange(&self) -> u64 {
        self.numbers().next_exchange()
    }

    fn use_exchanges(&self, next: u64) {
        self.numbers().use_exchanges(next);
    }

    fn exchange(&self, named: Option<u64>) -> ExchangeId {
        self.numbers().exchange(named)
    }

    fn headers(&self, exchange: ExchangeId) -> Vec<(Text, Text)> {
        self.numbers().headers(exchange)
    }

    fn entropy(&self, cause: Name) -> Box<dyn Entropy> {
        self.numbers().entropy(cause)
    }
}

/// Nobody: numbers are the node's own, randomness the operating system's.
#[derive(Debug)]
pub struct Nobody {
    next: Cell<u64>,
}

impl Default for Nobody {
    fn default() -> Self {
        Self::numbering_from(1)
    }
}

impl Nobody {
    /// The first number for exchanges is this one.
    pub const fn numbering_from(first: u64) -> Self {
        Self { next: Cell::new(first) }
    }

    /// The first number is drawn, so that numbers are unique among all nodes for as long as anybody reads their traces.
    pub fn numbering_from_anywhere() -> Self {
        let mut bytes = [0; 8];
        SystemEntropy.fill("numbers of exchanges", &mut bytes);
        // Room for more numbers than a node has exchanges.
        Self::numbering_from(u64::from_be_bytes(bytes) >> 1)
    }
}

impl Watch for Nobody {
    fn seen(&self, cause: Name, what: Seen<'_>) -> Name {
        match what {
            Seen::Stopped(why) => tracing::error!(?why, "the node has stopped"),
            Seen::Failed { exchange, reason } => tracing::debug!(exchange = exchange.0, ?reason, "no answer"),
            _ => {}
        }
        cause
    }

    fn next_exchange(&self) -> u64 {
        self.next.get()
    }

    fn use_exchanges(&self, next: u64) {
        self.next.set(next);
    }

    fn exchange(&self, _named: Option<u64>) -> ExchangeId {
        let exchange = self.next.get();
        self.next.set(exchange + 1);
        ExchangeId(exchange)
    }

    fn headers(&self, _exchange: ExchangeId) -> Vec<(Text, Text)> {
        Vec::new()
    }

    fn entropy(&self, _cause: Name) -> Box<dyn Entropy> {
        Box::new(SystemEntropy)
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, _purpose: &'static str, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // A secret that can be guessed is worse than a node that is gone.
            std::process::abort();
        }
    }
}
