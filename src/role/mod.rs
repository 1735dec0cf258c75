//! The roles of the ecosystem as state machines without IO.
//!
//! **Architecture invariant:** a role reads no clock, no socket, no environment and no ambient randomness. Time,
//! entropy, crypto and input are arguments ([`Context`], [`Input`]); sends, replies, timers and facts are data
//! ([`Effects`]). Protocol outcomes (`need_info`, `request_denied`, ...) are messages, never Rust errors.
//!
//! **Architecture invariant:** what must survive a crash changes only in [`Machine::apply`], from a [`Fact`] that is
//! journalled before anything leaves that depends on it.

pub mod act;
pub mod authorization_server;
#[cfg(test)]
pub(crate) mod bench;
pub mod client;
pub mod context;
pub mod crypto;
pub mod identity_provider;
mod index;
pub mod link;
pub mod manager;
pub mod oauth;
pub mod operation;
pub mod person;
pub mod replayer;
pub mod resource_server;
pub mod rule;

pub use act::Act;
pub use authorization_server::{AuthorizationServer, AuthorizationServerConfig};
pub use client::{Client, ClientConfig};
pub use context::{Context, Effect, Effects, Entropy};
pub use crypto::{Crypto, SigningKey};
pub use identity_provider::{IdentityProvider, IdentityProviderConfig};
pub use manager::{Manager, ManagerConfig};
pub use person::{PagesAt, Person, PersonConfig};
pub use replayer::{Replayer, ReplayerConfig};
pub use resource_server::{ResourceServer, ResourceServerConfig};
pub use rule::{Rule, RuleSet};

use crate::message::{Arrival, ExchangeId, FailureReason};
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::{Answer, DecodeError, Timestamp};

/// What reaches a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A request, to be answered with [`Context::reply`] now or later.
    Request(Arrival),
    /// The answer to an own request.
    Response {
        /// Which request.
        exchange: ExchangeId,
        /// The answer, or why its bytes are none.
        answer: Result<Answer, DecodeError>,
    },
    /// No answer to an own request will come.
    Failed {
        /// Which request.
        exchange: ExchangeId,
        /// Why.
        reason: FailureReason,
    },
    /// A timer that the role set.
    Timer(Timer),
    /// A person or operator does something.
    Act(Act),
    /// The outcome of [`Effect::CheckPassword`].
    PasswordChecked {
        /// Which check.
        check: u64,
        /// Whether it is the right one.
        correct: bool,
    },
    /// The node is back after a crash; the durable state is in place, everything else is as new.
    Restarted,
}

/// A timer of a role: what it is for, and for which of its things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    /// What it is for, used in causal names.
    pub word: &'static str,
    /// For which of the role's things.
    pub id: u64,
}

/// A state machine without IO.
pub trait Machine {
    /// Takes one input. Everything it does comes out through `cx`.
    fn handle(&mut self, cx: &mut Context<'_>, input: Input);

    /// Changes the durable state by a fact: while it happens, and again when a node is rebuilt from its journal. Must
    /// depend on nothing but the durable state and the fact.
    fn apply(&mut self, fact: &Fact);

    /// Forgets everything that is not durable, as a crash does.
    fn forget(&mut self);

    /// Whether the durable state still rests on a fact that led to it. A snapshot is the facts that do: applying them
    /// alone, in their order, must lead to the same state. What is not known to be of no use is needed.
    fn needs(&self, _fact: &Fact) -> bool {
        true
    }

    /// Drops from the durable state what has ended so long ago that no answer depends on it.
    fn forget_ended(&mut self, _now: Timestamp) {}

    /// Makes a fact durable: applies it, and hands it to the journal.
    fn record(&mut self, cx: &mut Context<'_>, fact: Fact) {
        self.apply(&fact);
        cx.journal(fact);
    }
}

/// Any role, so that hosts and worlds hold them in one list.
#[derive(Clone, Debug)]
pub enum Role {
    /// An authorization server.
    AuthorizationServer(Box<AuthorizationServer>),
    /// A resource server.
    ResourceServer(Box<ResourceServer>),
    /// A client.
    Client(Box<Client>),
    /// A program by which owners manage their policies.
    Manager(Box<Manager>),
    /// A person with a browser.
    Person(Box<Person>),
    /// An identity provider.
    IdentityProvider(Box<IdentityProvider>),
    /// A party that replays what it received.
    Replayer(Box<Replayer>),
}

impl Role {
    fn look(&self) -> &dyn Machine {
        match self {
            Self::AuthorizationServer(role) => &**role,
            Self::ResourceServer(role) => &**role,
            Self::Client(role) => &**role,
            Self::Manager(role) => &**role,
            Self::Person(role) => &**role,
            Self::IdentityProvider(role) => &**role,
            Self::Replayer(role) => &**role,
        }
    }

    fn machine(&mut self) -> &mut dyn Machine {
        match self {
            Self::AuthorizationServer(role) => &mut **role,
            Self::ResourceServer(role) => &mut **role,
            Self::Client(role) => &mut **role,
            Self::Manager(role) => &mut **role,
            Self::Person(role) => &mut **role,
            Self::IdentityProvider(role) => &mut **role,
            Self::Replayer(role) => &mut **role,
        }
    }

    /// The paths that this role serves.
    pub fn routes(&self) -> Routes {
        match self {
            Self::AuthorizationServer(role) => role.routes(),
            Self::ResourceServer(role) => role.routes(),
            Self::Client(role) => role.routes(),
            Self::Manager(role) => role.routes(),
            Self::Person(_) => Routes::default(),
            Self::IdentityProvider(role) => role.routes(),
            Self::Replayer(role) => role.routes(),
        }
    }
}

impl Machine for Role {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        self.machine().handle(cx, input);
    }

    fn apply(&mut self, fact: &Fact) {
        self.machine().apply(fact);
    }

    fn forget(&mut self) {
        self.machine().forget();
    }

    fn needs(&self, fact: &Fact) -> bool {
        self.look().needs(fact)
    }

    fn forget_ended(&mut self, now: Timestamp) {
        self.machine().forget_ended(now);
    }
}
