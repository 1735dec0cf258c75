//! Snapshots: of the facts that led to a state, those that it still rests on ([`Machine::needs`]).
//!
//! A snapshot is facts and not tables, so it is written and read like everything else in a journal, outlives every
//! change of the tables, and what a role forgets to leave out is kept rather than lost.

use super::replay::{Replayed, replay};
use super::{Journal, JournalError, Mark, Position, Refusal};
use crate::role::Machine;
use crate::trace::Fact;
use crate::wire::Timestamp;

/// How many entries are read at a time.
const PAGE: usize = 1024;

/// Of the facts that led from a blank role to a state, those that the state rests on. What has ended at `now` is left
/// out; with the beginning of time nothing has.
pub fn shortened(mut blank: impl Machine, facts: &[Fact], now: Timestamp) -> Vec<Fact> {
    facts.iter().for_each(|fact| blank.apply(fact));
    blank.forget_ended(now);
    facts.iter().filter(|fact| blank.needs(fact)).cloned().collect()
}

/// A snapshot that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it stands for.
    pub mark: Mark,
    /// How many facts it holds.
    pub facts: u64,
}

/// Writes a snapshot of everything that a journal holds. It builds a role of its own from the journal, so it may run on
/// any thread while the node goes on; for as long as it runs there are two states in memory.
///
/// # Errors
/// When the journal cannot be read or written; the snapshot before stays in force.
pub fn write(journal: &dyn Journal, blank: impl Machine, now: Timestamp) -> Result<Written, JournalError> {
    write_while(journal, blank, now, &|| true)
}

/// The same for as long as `goes_on` says so.
///
/// # Errors
/// As [`write()`], and [`Refusal::Closed`] when it was to end.
pub fn write_while(
    journal: &dyn Journal,
    mut blank: impl Machine,
    now: Timestamp,
    goes_on: &dyn Fn() -> bool,
) -> Result<Written, JournalError> {
    let Replayed { end, at, .. } = replay(journal, &mut blank)?;
    // No clock of the node will ever show less than its last entry, so what had ended by then stays ended.
    blank.forget_ended(now.min(at));
    let mark = Mark { position: end, at };
    let mut kept = Vec::new();
    let before = journal.read_snapshot(&mut |fact| {
        if blank.needs(&fact) {
            kept.push(fact);
        }
    })?;
    let from = before.map_or(Position(0), |mark| mark.position);
    let since = Since { journal, next: from, end, page: Vec::new().into_iter() };
    let needed = |fact: &Result<Fact, JournalError>| fact.as_ref().map_or(true, |fact| blank.needs(fact));
    let mut facts = 0;
    let mut counted = kept.into_iter().map(Ok).chain(since.filter(needed)).map(|fact| {
        facts += 1;
        if goes_on() { fact } else { Err(JournalError::from(Refusal::Closed)) }
    });
    journal.write_snapshot(mark, &mut counted)?;
    Ok(Written { mark, facts })
}

// The facts of the entries between two positions.
struct Since<'a> {
    journal: &'a dyn Journal,
    next: Position,
    end: Position,
    page: std::vec::IntoIter<Fact>,
}

impl Iterator for Since<'_> {
    type Item = Result<Fact, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(fact) = self.page.next() {
                return Some(Ok(fact));
            }
            if self.next >= self.end {
                return None;
            }
            if let Err(error) = self.turn() {
                self.next = self.end;
                return Some(Err(error));
            }
        }
    }
}

impl Since<'_> {
    fn turn(&mut self) -> Result<(), JournalError> {
        let left = usize::try_from(self.end.0 - self.next.0).unwrap_or(usize::MAX);
        let entries = self.journal.read(self.next, left.min(PAGE))?;
        if entries.is_empty() {
            return Err(JournalError::Io(format!("the stream ends at {} and not at {}", self.next, self.end)));
        }
        self.next = self.next.after(entries.len() as u64);
        self.page = entries.into_iter().flat_map(|entry| entry.facts).collect::<Vec<_>>().into_iter();
        Ok(())
    }
}
