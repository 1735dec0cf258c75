//! A node: one role on a network, with a journal under it.
//!
//! A [`Node`] does what the scheduler of a simulation does for a role, for one role and in earnest: the facts of an
//! input are journalled together, and nothing leaves before every fact that was applied before it is durable. It decides
//! nothing else. What it needs of the outside is a trait, [`Surroundings`]: [`live`] is the real one, and a trial of
//! nodes puts a clock that can be stepped and faults in its place.

mod actor;
pub mod clock;
pub mod figures;
pub mod live;

mod machine;
pub mod orders;
pub mod passwords;
pub mod process;
pub mod snapshots;
pub mod trace_file;
pub mod trace_key;
pub mod trace_tail;
pub mod traced;
pub mod watch;

pub use actor::{Close, Deliver, Reopen, Written};
pub use machine::{Config, Node};

use crate::message::{ExchangeId, Name};
use crate::role::{Crypto, Effect, Entropy};
use crate::trace::Fact;
use crate::transport::journal::Position;
use crate::wire::codec::Routes;
use crate::wire::{Answer, Revision, Text, Timestamp, Uri};

/// Where a server is and what it speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The origin by which others know it.
    pub origin: Uri,
    /// The paths it serves.
    pub routes: Routes,
    /// The revision whose codec it speaks.
    pub revision: Revision,
}

/// Where a node can be made to stop while it handles one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopAt {
    /// Before its facts go to the journal.
    BeforeWrite,
    /// When they are durable, before anything leaves.
    AfterWrite,
    /// When everything has left.
    AfterSend,
}

/// Why a node has stopped. Everything that was not durable is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It was made to ([`Surroundings::stops_at`]).
    Made,
    /// Its journal refused a write.
    WriteRefused,
    /// Its role panicked.
    Panicked(Text),
}

/// What a node needs of the outside. Every call says which step it belongs to.
pub trait Surroundings {
    /// What the node's clock shows; never less than before.
    fn clock(&self) -> Timestamp;

    /// The source of random bytes for one input.
    fn entropy(&self, cause: Name) -> Box<dyn Entropy>;

    /// Signing and verifying.
    fn crypto(&self) -> &dyn Crypto;

    /// The first number for exchanges that is free.
    fn next_exchange(&self) -> u64;

    /// Takes numbers out of use up to the first that is still free.
    fn use_exchanges(&self, next: u64);

    /// Where the node is made to stop while it handles this input; nowhere, outside of trials.
    fn stops_at(&self, cause: Name, writes: bool) -> Option<StopAt>;

    /// An input is handled; what it led to may still wait for the journal.
    fn handled(&self, _cause: Name) {}

    /// The role says something.
    fn said(&self, cause: Name, said: Effect);

    /// Facts are about to be written as an entry of the journal.
    fn writes(&self, _cause: Name, _entry: Position) {}

    /// The facts of an entry are durable.
    fn durable(&self, cause: Name, entry: Position, facts: Vec<Fact>);

    /// Something is to be done that is no answer.
    fn perform(&self, cause: Name, effect: Effect);

    /// An answer leaves; true when somebody still waits for it.
    fn answers(&self, cause: Name, exchange: ExchangeId, answer: &Answer) -> bool;

    /// The node has stopped; whoever it belongs to has it reopened ([`Reopen`]).
    fn stopped(&self, cause: Name, why: Stopped);
}
