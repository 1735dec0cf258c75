//! A journal in memory: for nodes that may forget, for tests, and to measure the others against.

use super::{AppendError, Done, Entry, Extent, Journal, JournalError, Mark, Position, Realm, Refusal, Retention};
use crate::trace::Fact;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Streams in memory, one per realm.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    realms: Arc<Mutex<BTreeMap<Realm, Arc<Mutex<Stream>>>>>,
}

#[derive(Debug, Default)]
struct Stream {
    first: u64,
    entries: Vec<Entry>,
    snapshot: Option<(Mark, Vec<Fact>)>,
    refusing: bool,
}

/// A handle to one stream.
#[derive(Debug)]
pub struct MemoryJournal {
    stream: Arc<Mutex<Stream>>,
    failed: AtomicBool,
}

impl MemoryStore {
    /// A store without any stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// A handle of its own to the stream of a realm.
    pub fn journal(&self, realm: &Realm) -> MemoryJournal {
        let stream = lock(&self.realms).entry(realm.clone()).or_default().clone();
        MemoryJournal { stream, failed: AtomicBool::new(false) }
    }

    /// From now on every append is refused, or none.
    pub fn refuse(&self, refusing: bool) {
        for stream in lock(&self.realms).values() {
            lock(stream).refusing = refusing;
        }
    }
}

impl Stream {
    fn end(&self) -> Position {
        Position(self.first + self.entries.len() as u64)
    }

    fn append(&mut self, expected: Position, entry: Entry) -> Result<Position, AppendError> {
        if expected != self.end() {
            return Err(AppendError::Conflict { end: self.end() });
        }
        if !entry.facts.is_empty() {
            if self.refusing {
                return Err(Refusal::Full("told to refuse".to_owned()).into());
            }
            self.entries.push(entry);
        }
        Ok(self.end())
    }

    fn extent(&self) -> Extent {
        let snapshot = self.snapshot.as_ref().map(|(mark, _)| *mark);
        Extent { first: Position(self.first), end: self.end(), snapshot }
    }

    fn compact(&mut self, retention: Retention) -> u64 {
        let Some((mark, _)) = &self.snapshot else { return 0 };
        let covered = usize::try_from(mark.position.0.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let covered = &self.entries[..covered.min(self.entries.len())];
        let gone = covered.iter().take_while(|entry| !retention.keeps(entry.at)).count();
        self.entries.drain(..gone);
        self.first += gone as u64;
        gone as u64
    }
}

impl Journal for MemoryJournal {
    fn append(&self, expected: Position, entry: Entry, done: Done) {
        let mut stream = lock(&self.stream);
        let outcome = if self.failed.load(Ordering::Relaxed) {
            Err(AppendError::Conflict { end: stream.end() })
        } else {
            stream.append(expected, entry)
        };
        self.failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
        // Answers leave in the order of the appends, so the lock is held; `done` only passes the news on.
        done(outcome);
    }

    fn resume(&self) -> Result<Position, JournalError> {
        let stream = lock(&self.stream);
        self.failed.store(false, Ordering::Relaxed);
        Ok(stream.end())
    }

    fn extent(&self) -> Result<Extent, JournalError> {
        Ok(lock(&self.stream).extent())
    }

    fn read(&self, from: Position, at_most: usize) -> Result<Vec<Entry>, JournalError> {
        let stream = lock(&self.stream);
        let skip = from.0.checked_sub(stream.first).ok_or(JournalError::Gone { first: Position(stream.first) })?;
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        Ok(stream.entries.iter().skip(skip).take(at_most).cloned().collect())
    }

    fn write_snapshot(
        &self,
        mark: Mark,
        facts: &mut dyn Iterator<Item = Result<Fact, JournalError>>,
    ) -> Result<(), JournalError> {
        let facts = facts.collect::<Result<_, _>>()?;
        let mut stream = lock(&self.stream);
        stream.extent().admit(mark)?;
        stream.snapshot = Some((mark, facts));
        Ok(())
    }

    fn read_snapshot(&self, take: &mut dyn FnMut(Fact)) -> Result<Option<Mark>, JournalError> {
        let Some((mark, facts)) = lock(&self.stream).snapshot.clone() else { return Ok(None) };
        facts.into_iter().for_each(take);
        Ok(Some(mark))
    }

    fn compact(&self, retention: Retention) -> Result<u64, JournalError> {
        Ok(lock(&self.stream).compact(retention))
    }
}

// A panic elsewhere leaves the stream whole: every change of it is one push or one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
