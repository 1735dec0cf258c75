//! The record of everything that happened: the one thing that invariants, reports and replays read.
//!
//! A [`Record`] says when (true time, and the time the node's own clock showed), where in the causal order, and what.
//! Facts appear when they are durable: nothing that was lost in a crash is ever in the trace as a fact.

pub mod digest;
pub mod fact;
pub mod label;
pub mod note;
pub mod told;
pub mod truth;
pub mod word;

pub use digest::TraceDigest;
pub use fact::Fact;
pub use label::Labels;
pub use note::Note;
pub use truth::Truth;

use crate::message::{ExchangeId, FailureReason, Name, NodeId};
use crate::wire::{Answer, Call, DecodeError, Text, Timestamp};
use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Record {
    /// Its place in the run, from 0.
    pub step: u64,
    /// True time.
    pub at: Timestamp,
    /// What the clock of `event`'s node showed.
    pub node_time: Timestamp,
    /// The step that caused it.
    pub cause: Name,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A person or operator does something.
    Acted {
        /// Who.
        node: NodeId,
        /// What, in words.
        act: Text,
    },
    /// A request leaves.
    Sent {
        /// The sender, by ground truth.
        from: NodeId,
        /// Where the name table leads; `None` when nowhere.
        to: Option<NodeId>,
        /// The exchange, one identifier on both sides of the trace.
        exchange: ExchangeId,
        /// The request.
        call: Box<Call>,
    },
    /// A request reaches its server (also a second time, with `copy` above 0 in its name).
    Arrived {
        /// The sender, by ground truth.
        from: NodeId,
        /// The server.
        to: NodeId,
        /// The exchange as the server sees it, in which it answers.
        exchange: ExchangeId,
        /// For a second delivery the exchange in which the request left.
        #[serde(skip_serializing_if = "Option::is_none")]
        copy_of: Option<ExchangeId>,
        /// Why it is no message, when it is none.
        undecodable: Option<DecodeError>,
    },
    /// An answer leaves, after every fact before it is durable.
    Answered {
        /// The server.
        from: NodeId,
        /// Who asked, by ground truth.
        to: NodeId,
        /// The exchange.
        exchange: ExchangeId,
        /// The HTTP status.
        status: u16,
        /// The answer.
        answer: Box<Answer>,
    },
    /// An answer reaches whoever asked.
    Returned {
        /// Who asked.
        to: NodeId,
        /// The exchange.
        exchange: ExchangeId,
    },
    /// No answer comes, and whoever asked learns it.
    Failed {
        /// Who asked.
        node: NodeId,
        /// The exchange.
        exchange: ExchangeId,
        /// Why.
        reason: FailureReason,
    },
    /// A message is lost on its way.
    Lost {
        /// The exchange.
        exchange: ExchangeId,
        /// True for the answer, false for the request.
        answer: bool,
    },
    /// A timer fires.
    TimerFired {
        /// Whose.
        node: NodeId,
    },
    /// A fact is durable.
    Fact {
        /// Whose.
        node: NodeId,
        /// What.
        fact: Fact,
    },
    /// A role says what it saw or decided; nothing durable.
    Noted {
        /// Who.
        node: NodeId,
        /// What.
        note: Note,
    },
    /// A role checked a rule.
    Ruled {
        /// Who.
        node: NodeId,
        /// The rule's name.
        rule: &'static str,
        /// Whether it held.
        holds: bool,
        /// Whether the node obeys the rule; false where a script switched it off.
        enforced: bool,
    },
    /// A node stops; what was not durable is gone.
    Crashed {
        /// Which.
        node: NodeId,
    },
    /// A node is back, rebuilt from snapshot and durable facts.
    Restarted {
        /// Which.
        node: NodeId,
    },
    /// A role panicked. Always a violation.
    Panicked {
        /// Which.
        node: NodeId,
        /// What it said.
        message: Text,
    },
    /// A journal refused to write; what waited for it is dropped.
    WriteRefused {
        /// Whose.
        node: NodeId,
    },
    /// A link is cut or healed.
    Link {
        /// From.
        from: NodeId,
        /// To.
        to: NodeId,
        /// True when cut.
        cut: bool,
    },
    /// A node's clock is stepped, in microseconds.
    ClockStepped {
        /// Whose.
        node: NodeId,
        /// By how much.
        by_micros: i64,
    },
    /// Faults end here; from now on everything must converge.
    Healed,
    /// The run is over.
    Ended {
        /// Exchanges still open.
        open_exchanges: u32,
        /// Whether the run stopped at its limit of steps or time instead of coming to rest.
        cut_off: bool,
    },
}
