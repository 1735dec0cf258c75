//! Envelopes: who sends what to whom, and the names by which a run speaks of nodes and messages.

use crate::wire::{Credentials, DecodeError, Received, Request, SessionCookie, Text, Uri};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A node of a world: an index into its list of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u16);

/// One request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExchangeId(pub u64);

/// A request as it reaches a server: what HTTP shows and no more. The true sender is not among it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Arrival {
    /// Names the exchange in the answer.
    pub exchange: ExchangeId,
    /// The URI that was asked for.
    pub uri: Uri,
    /// `Authorization`, or a client's credentials in the body, as far as they could be decoded.
    pub credentials: Credentials,
    /// The session cookie.
    pub cookie: Option<SessionCookie>,
    /// Where the connection comes from, as far as the host sees it: a network address without its port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Text>,
    /// True when the link is TLS.
    pub tls: bool,
    /// The message, or why it is none.
    pub message: Result<Request, DecodeError>,
}

impl Arrival {
    /// What a codec has read, as part of an exchange.
    pub fn new(exchange: ExchangeId, tls: bool, received: Received) -> Self {
        let Received { uri, credentials, cookie, message } = received;
        Self { exchange, uri, credentials, cookie, peer: None, tls, message }
    }

    /// The same from a peer.
    #[must_use]
    pub fn from_peer(self, peer: Option<Text>) -> Self {
        Self { peer, ..self }
    }
}

/// Why an exchange brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureReason {
    /// The deadline passed.
    TimedOut,
    /// No connection: the name is unknown, the node is down, or the link is cut.
    Unreachable,
}

/// The causal name of a message, a timer or a flush: what started the chain, the kind of step, and the how-manieth of
/// its kind in that chain. Names do not depend on what else happens in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Name {
    /// The action at the root, an index into the run's list of actions.
    pub root: u32,
    /// What kind of step: the word of a request, or of a timer.
    pub word: &'static str,
    /// The how-manieth of that word under that root, from 1.
    pub nth: u32,
    /// Which part of it.
    pub leg: Leg,
    /// 0 for the message itself, 1 for its first duplicate.
    pub copy: u8,
}

/// The parts of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leg {
    /// The action itself.
    Act,
    /// A request on its way.
    Request,
    /// The answer on its way back.
    Answer,
    /// The news that no answer comes.
    Failure,
    /// A timer.
    Timer,
    /// A journal write.
    Flush,
    /// A node comes back.
    Restart,
}

impl Leg {
    /// Every leg.
    pub const ALL: [Self; 7] =
        [Self::Act, Self::Request, Self::Answer, Self::Failure, Self::Timer, Self::Flush, Self::Restart];

    /// The leg of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|leg| leg.to_string() == name)
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Act => "act",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Failure => "failure",
            Self::Timer => "timer",
            Self::Flush => "flush",
            Self::Restart => "restart",
        })
    }
}
