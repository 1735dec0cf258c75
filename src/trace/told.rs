//! What a node tells of itself: the lines of a `trace-NODE.jsonl`.
//!
//! The first line of every start is a [`Header`], each other a [`Line`]. A node knows its own clock, its own numbers of
//! exchanges and its own chains of cause and effect; what goes together across nodes is found by the names of exchanges
//! that requests carry, and by Lamport stamps. Secrets stand there as references to a hash under the deployment's key.

use crate::message::{ExchangeId, FailureReason};
use crate::trace::truth::NodeTruth;
use crate::trace::word::{Word, word};
use crate::trace::{Fact, Note};
use crate::wire::{Answer, Call, DecodeError, Duration, PersonId, Received, ScopeSet, Text, Timestamp, Uri};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format. Raised whenever a reader of older files would be misled.
pub const FORMAT: u64 = 1;

/// The first line of a start: who writes, and what it may tell of its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: u64,
    /// Names the deployment's key without giving it away.
    pub key: Text,
    /// What the node is, by its own account.
    pub node: NodeTruth,
    /// For a resource server: what it serves.
    pub resources: Vec<ResourceTold>,
    /// How long its decisions may rest on an earlier answer, if it knows a bound.
    pub cache_max: Option<Duration>,
    /// By how much clocks of its deployment may be wrong, if there is a bound.
    pub clock_error_max: Option<Duration>,
    /// The longest that one of its requests may take, if there is a bound.
    pub request_max: Option<Duration>,
    /// True when the node already had facts, and they are not in this file.
    pub resumed: bool,
}

/// One protected resource, as its server tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceTold {
    /// The canonical path.
    pub path: Text,
    /// The owner, by the account at this server.
    pub owner: PersonId,
    /// The issuer that protects it.
    pub as_uri: Uri,
    /// The reference to its content.
    pub content: Text,
    /// Which scopes a method needs.
    pub need: BTreeMap<Text, ScopeSet>,
}

/// One thing that happened at the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What the node's clock showed.
    pub at: Timestamp,
    /// The Lamport stamp: more than that of everything that led here. It follows the clock, in microseconds.
    pub lamport: u64,
    /// Which chain of cause and effect it belongs to; a number of this start of the node.
    pub chain: u64,
    /// Of which entry of the node's journal it tells, by its position there: that it is about to be written, or a fact of
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// What happened.
    pub event: Told,
}

/// What happened, as the node saw it. Exchanges are numbered by the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// A person or operator does something here.
    Acted {
        /// What, in words.
        act: Text,
    },
    /// A request leaves.
    Sent {
        /// Its number, which it carries.
        exchange: ExchangeId,
        /// The request.
        call: Box<Call>,
    },
    /// A request is at the door.
    Arrived {
        /// The number under which it is answered.
        exchange: ExchangeId,
        /// The number that it carries; no proof of anything.
        named: Option<u64>,
        /// What came.
        received: Box<Received>,
    },
    /// An answer leaves.
    Answered {
        /// The exchange.
        exchange: ExchangeId,
        /// The HTTP status.
        status: u16,
        /// The answer.
        answer: Box<Answer>,
    },
    /// An answer has come.
    Returned {
        /// The exchange.
        exchange: ExchangeId,
        /// The answer, or why it is none.
        answer: Result<Box<Answer>, DecodeError>,
    },
    /// No answer will come.
    Failed {
        /// The exchange.
        exchange: ExchangeId,
        /// Why.
        reason: FailureReason,
    },
    /// A timer fires.
    TimerFired,
    /// Facts are about to be written. A crash may leave them durable and untold; the next start tells them.
    Writing,
    /// A fact is durable.
    Fact(Box<Fact>),
    /// The role says something.
    Noted(Box<Note>),
    /// The role checked a rule.
    Ruled {
        /// The rule's name.
        #[serde(deserialize_with = "word")]
        rule: Word,
        /// Whether it held.
        holds: bool,
        /// Whether the node obeys the rule.
        enforced: bool,
    },
    /// The node stops; what was not durable is gone.
    Crashed,
    /// The node is built anew from its journal.
    Restarted,
    /// The role panicked.
    Panicked {
        /// What it said.
        message: Text,
    },
    /// The journal refused to write.
    WriteRefused,
    /// The node ends in order. `open`: how many of its own requests nobody answered yet.
    Ended {
        /// How many.
        open: u32,
    },
}
