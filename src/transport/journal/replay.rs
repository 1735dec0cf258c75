//! From a journal to the state of a role.

use super::{Journal, JournalError, Position};
use crate::role::Machine;
use crate::wire::Timestamp;

/// How many entries are read at a time.
const PAGE: usize = 1024;

/// How far a role has been brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Where the stream ended: the position of the next append.
    pub end: Position,
    /// The clock of the last entry, which the node's clock must not fall behind.
    pub at: Timestamp,
    /// How many facts were applied.
    pub facts: u64,
}

/// Brings a blank role to what its journal says: the snapshot, then every entry since.
///
/// # Errors
/// When the journal cannot be read.
pub fn replay(journal: &dyn Journal, role: &mut dyn Machine) -> Result<Replayed, JournalError> {
    let mut done = Replayed { end: Position(0), at: Timestamp(0), facts: 0 };
    let mark = journal.read_snapshot(&mut |fact| {
        role.apply(&fact);
        done.facts += 1;
    })?;
    if let Some(mark) = mark {
        // What a snapshot tells of what had ended by then is for what outlives it.
        role.forget_ended(mark.at);
        (done.end, done.at) = (mark.position, mark.at);
    }
    loop {
        let page = journal.read(done.end, PAGE)?;
        for entry in &page {
            entry.facts.iter().for_each(|fact| role.apply(fact));
            done.facts += entry.facts.len() as u64;
            done.at = done.at.max(entry.at);
        }
        done.end = done.end.after(page.len() as u64);
        if page.len() < PAGE {
            return Ok(done);
        }
    }
}
