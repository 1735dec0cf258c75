//! What a node must not forget, on a disk or wherever it does not get lost: one ordered stream of facts per realm.
//!
//! A [`Journal`] is a handle to the stream of one realm. What every store promises, and what `promises` in
//! `tests/journal/promises.rs` asks of each of them:
//!
//! - **Order.** Each entry has a [`Position`]: how many entries of the realm came before it. Nothing is ever put
//!   between two entries, and everybody reads the same entry at the same position.
//! - **Atomicity.** An [`Entry`] holds the facts of one input. All of them are read, or none.
//! - **Durability.** When an append is answered with success, its entry survives a kill and a power cut.
//! - **Optimistic append.** An append says at which position it expects to stand. If the stream has grown meanwhile, it
//!   is answered [`AppendError::Conflict`] and nothing was written, so that several nodes can share one stream.
//! - **Pipelining.** A node need not wait for one append before the next. They are answered in the order they were
//!   made. Once one failed, every later append of the same handle is answered with a conflict until
//!   [`Journal::resume`], because it rests on facts that never became durable.
//! - **Refusal.** A full disk or a write error is [`AppendError::Refused`]: nothing of the entry was written, the store
//!   stays up, and an append may succeed again later.
//! - **Waiting in line.** An append of no facts writes nothing. It is answered in its turn, after everything before it
//!   is durable, which is what the answer to a mere read has to wait for.

pub mod codec;
#[cfg(feature = "node")]
pub mod embedded;
pub mod memory;
pub mod replay;
pub mod snapshot;

use crate::trace::Fact;
use crate::wire::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many entries of a realm come before this place in its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position(pub u64);

impl Position {
    /// The place after so many more entries.
    #[must_use]
    pub const fn after(self, entries: u64) -> Self {
        Self(self.0.saturating_add(entries))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a stream: which node it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Realm(String);

impl Realm {
    /// Names a realm.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The facts of one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What the node's clock showed. A node that comes back lets its clock start no earlier.
    pub at: Timestamp,
    /// The facts, in order.
    pub facts: Vec<Fact>,
}

/// Why an append did not happen. Nothing of it was written in either case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The stream ends elsewhere than expected: somebody else appended, or an earlier append of this handle failed.
    #[error("the stream ends at {end}, not where the append was to stand")]
    Conflict {
        /// Where the stream ends.
        end: Position,
    },
    /// The store could not write.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why a store could not write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no room.
    #[error("no room is left to write: {0}")]
    Full(String),
    /// Writing failed.
    #[error("writing failed: {0}")]
    Io(String),
    /// The facts have no encoding, which is a fault of this program.
    #[error("a fact cannot be encoded: {0}")]
    Encoding(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// Why a store could not be opened or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The file was written by another version of this program.
    #[error("{file}: the journal has schema {found}, this program knows {expected}")]
    Schema {
        /// Which file.
        file: String,
        /// The schema of the file.
        found: u64,
        /// The schema that is known.
        expected: u64,
    },
    /// It is no journal, or a part of it cannot be understood.
    #[error("{file}: {what}")]
    Unreadable {
        /// Which file, or which store.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// The entries from there on were compacted away.
    #[error("entries before {first} are gone")]
    Gone {
        /// The first entry that is still there.
        first: Position,
    },
    /// A snapshot can only stand for entries that exist, and for no fewer than the snapshot before it.
    #[error("a snapshot at {mark} cannot stand for what is before {from} or after {end}")]
    Mark {
        /// What it was to stand for.
        mark: Position,
        /// What the snapshot before it stands for.
        from: Position,
        /// Where the stream ends.
        end: Position,
    },
    /// Reading failed.
    #[error("reading failed: {0}")]
    Io(String),
    /// Writing failed.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Told once, when it is known what became of an append: the position after the entry, or why there is none. Runs on
/// whatever thread writes, so it should do no more than pass the news on.
pub type Done = Box<dyn FnOnce(Result<Position, AppendError>) + Send>;

/// What a stream holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The first entry that can be read.
    pub first: Position,
    /// Where the next entry will stand.
    pub end: Position,
    /// The snapshot, if one was written.
    pub snapshot: Option<Mark>,
}

/// What a snapshot stands for: everything before a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The first entry that is not in it.
    pub position: Position,
    /// The clock of the last entry in it.
    pub at: Timestamp,
}

/// What becomes of entries that a snapshot stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// They stay as an archive.
    Forever,
    /// They stay if they are not older than this.
    Since(Timestamp),
    /// They go.
    None,
}

/// A handle to the stream of one realm; see the module for what it promises. Each writer has its own handle.
pub trait Journal: fmt::Debug + Send + Sync {
    /// Appends the facts of one input at a position, and tells `done` when that is durable or known to have failed.
    fn append(&self, expected: Position, entry: Entry, done: Done);

    /// Starts over after a failed append: waits until every append made so far is answered, and says where the stream
    /// ends. The caller reads what it does not know before it appends.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn resume(&self) -> Result<Position, JournalError>;

    /// What the stream holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn extent(&self) -> Result<Extent, JournalError>;

    /// Reads at most so many entries from a position on; fewer only at the end of the stream.
    ///
    /// # Errors
    /// [`JournalError::Gone`] when they were compacted away, or when the store cannot be read.
    fn read(&self, from: Position, at_most: usize) -> Result<Vec<Entry>, JournalError>;

    /// Replaces the snapshot: all of it or nothing, while appends go on. Applying its facts must lead to the state that
    /// the entries before its mark lead to.
    ///
    /// # Errors
    /// When the store cannot write it, or a fact is an error; the snapshot before stays in force.
    fn write_snapshot(
        &self,
        mark: Mark,
        facts: &mut dyn Iterator<Item = Result<Fact, JournalError>>,
    ) -> Result<(), JournalError>;

    /// Hands over the facts of the snapshot in order, and says what it stands for; `None` when there is no snapshot.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn read_snapshot(&self, take: &mut dyn FnMut(Fact)) -> Result<Option<Mark>, JournalError>;

    /// Drops what the snapshot stands for and retention does not keep; returns how many entries that were.
    ///
    /// # Errors
    /// When the store cannot write.
    fn compact(&self, retention: Retention) -> Result<u64, JournalError>;
}

impl Retention {
    /// Whether an entry of that time stays.
    pub fn keeps(self, at: Timestamp) -> bool {
        match self {
            Self::Forever => true,
            Self::Since(start) => at >= start,
            Self::None => false,
        }
    }
}

impl Extent {
    /// Refuses a snapshot that would lose something.
    ///
    /// # Errors
    /// [`JournalError::Mark`] when it stands for entries that do not exist, or for fewer than the one before it.
    pub fn admit(&self, mark: Mark) -> Result<(), JournalError> {
        let from = self.snapshot.map_or(Position(0), |snapshot| snapshot.position);
        if (from..=self.end).contains(&mark.position) {
            return Ok(());
        }
        Err(JournalError::Mark { mark: mark.position, from, end: self.end })
    }
}
