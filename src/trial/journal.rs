//! The shim between a node and its journal: a write can be slow, or be refused. What a slow write was to make durable is
//! not yet there when the node stops.

use crate::trace::Fact;
use crate::transport::journal::{Done, Entry, Extent, Journal, JournalError, Mark, Position, Refusal, Retention};
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What becomes of the next write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Write {
    /// It goes to the journal.
    #[default]
    AtOnce,
    /// It goes there when its time has come ([`Shim::through`]).
    Slow,
    /// It is refused.
    Refused,
}

/// A journal with a shim before it.
#[derive(Clone)]
pub(super) struct Shim {
    inner: Arc<dyn Journal>,
    writing: Arc<AtomicU64>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    next: Write,
    number: u64,
    /// Whether the node stops when something that waits has left.
    doomed: bool,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    number: u64,
    through: bool,
    expected: Position,
    entry: Entry,
    done: Done,
}

impl fmt::Debug for Shim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shim({:?})", self.inner)
    }
}

impl Shim {
    pub(super) fn new(inner: Box<dyn Journal>) -> Self {
        Self { inner: inner.into(), writing: Arc::default(), state: Arc::default() }
    }

    /// Says what becomes of the next write, and what number it has.
    pub(super) fn expect(&self, write: Write) -> u64 {
        let mut state = self.lock();
        state.next = write;
        state.number += 1;
        state.number
    }

    /// The next write, and every write that waits before it, goes to the journal at once.
    pub(super) fn hasten(&self) {
        let mut state = self.lock();
        state.next = Write::AtOnce;
        state.waiting.iter_mut().for_each(|waiting| waiting.through = true);
        drop(state);
        self.release();
    }

    /// The time of a slow write has come. Those before it come first, one at a time ([`Self::release_one`]).
    pub(super) fn through(&self, number: u64) {
        if let Some(waiting) = self.lock().waiting.iter_mut().find(|waiting| waiting.number == number) {
            waiting.through = true;
        }
    }

    fn release(&self) {
        while self.release_one() {}
    }

    /// The next write goes to the journal, if its time has come. The node may stop when it is there: so whoever lets time
    /// pass looks what has become of one before the next.
    pub(super) fn release_one(&self) -> bool {
        let next = self.lock().waiting.pop_front_if(|waiting| waiting.through);
        let Some(Waiting { expected, entry, done, .. }) = next else { return false };
        let writing = self.writing.clone();
        writing.fetch_add(1, Ordering::SeqCst);
        let done: Done = Box::new(move |result| {
            done(result);
            writing.fetch_sub(1, Ordering::SeqCst);
        });
        self.inner.append(expected, entry, done);
        true
    }

    /// The node is to stop when the next write, and all that waits for it, has left.
    pub(super) fn doom(&self) {
        self.lock().doomed = true;
    }

    /// Whether it is.
    pub(super) fn is_doomed(&self) -> bool {
        self.lock().doomed
    }

    /// The node has stopped: what waits is lost.
    pub(super) fn stopped(&self) {
        let mut state = self.lock();
        state.doomed = false;
        state.waiting.clear();
    }

    /// True while the journal has not answered everything that went to it.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.load(Ordering::SeqCst) > 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for Shim {
    fn append(&self, expected: Position, entry: Entry, done: Done) {
        let mut state = self.lock();
        let write = std::mem::take(&mut state.next);
        if write == Write::Refused {
            drop(state);
            return done(Err(Refusal::Full("told to refuse".to_owned()).into()));
        }
        let (number, through) = (state.number, write == Write::AtOnce);
        state.waiting.push_back(Waiting { number, through, expected, entry, done });
        drop(state);
        self.release();
    }

    fn resume(&self) -> Result<Position, JournalError> {
        self.stopped();
        self.inner.resume()
    }

    fn extent(&self) -> Result<Extent, JournalError> {
        self.inner.extent()
    }

    fn read(&self, from: Position, at_most: usize) -> Result<Vec<Entry>, JournalError> {
        self.inner.read(from, at_most)
    }

    fn write_snapshot(
        &self,
        mark: Mark,
        facts: &mut dyn Iterator<Item = Result<Fact, JournalError>>,
    ) -> Result<(), JournalError> {
        self.inner.write_snapshot(mark, facts)
    }

    fn read_snapshot(&self, take: &mut dyn FnMut(Fact)) -> Result<Option<Mark>, JournalError> {
        self.inner.read_snapshot(take)
    }

    fn compact(&self, retention: Retention) -> Result<u64, JournalError> {
        self.inner.compact(retention)
    }
}
