//! One flush for many appends: a thread takes what has gathered while it wrote the last time, commits it at once, and
//! tells everybody in the order they came.

use super::file::Shared;
use super::tables;
use crate::transport::journal::{AppendError, Done, JournalError, Position, Realm, Refusal};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

/// How many appends one commit takes at most.
const ROUND: usize = 4096;

/// What the writer is asked.
pub(super) enum Command {
    /// To append an entry.
    Append(Append),
    /// To say when everything before this was answered.
    Passed(mpsc::Sender<()>),
}

/// One append on its way.
pub(super) struct Append {
    pub(super) realm: Realm,
    /// Whether an earlier append of the same handle failed.
    pub(super) failed: Arc<AtomicBool>,
    pub(super) expected: Position,
    pub(super) facts: u64,
    /// The encoded entry, empty when there are no facts.
    pub(super) bytes: Result<Vec<u8>, Refusal>,
    pub(super) done: Done,
}

/// How much was written since a file was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Commits, each with one wait for the disk.
    pub flushes: u64,
    /// Entries.
    pub entries: u64,
    /// Facts.
    pub facts: u64,
    /// Appends that the disk refused.
    pub refused: u64,
}

#[derive(Debug, Default)]
struct Counters {
    flushes: AtomicU64,
    entries: AtomicU64,
    facts: AtomicU64,
    refused: AtomicU64,
}

/// The thread that writes. It ends, everything written, when this is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    commands: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    counters: Arc<Counters>,
}

impl Writer {
    pub(super) fn start(shared: Arc<Shared>) -> Result<Self, JournalError> {
        let ends = shared.read(tables::ends)?.into_iter().collect();
        let (commands, queue) = mpsc::channel();
        let counters = Arc::new(Counters::default());
        let mut work = Work { shared, ends, counters: Arc::clone(&counters) };
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || work.run(&queue));
        let thread = thread.map_err(|error| JournalError::Io(error.to_string()))?;
        Ok(Self { commands: Some(commands), thread: Some(thread), counters })
    }

    pub(super) fn send(&self, command: Command) {
        let Some(commands) = &self.commands else { return };
        if let Err(mpsc::SendError(Command::Append(append))) = commands.send(command) {
            (append.done)(Err(Refusal::Closed.into()));
        }
    }

    pub(super) fn figures(&self) -> Figures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { flushes, entries, facts, refused } = &*self.counters;
        Figures { flushes: read(flushes), entries: read(entries), facts: read(facts), refused: read(refused) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.commands = None;
        let Some(thread) = self.thread.take() else { return };
        // The last handle may be dropped by an answer, on the thread itself, which then ends by itself.
        if thread.thread().id() != thread::current().id() {
            let _panicked = thread.join();
        }
    }
}

struct Work {
    shared: Arc<Shared>,
    /// Where each stream ended when that was last durable.
    ends: BTreeMap<Realm, Position>,
    counters: Arc<Counters>,
}

type Outcome = Result<Position, AppendError>;

impl Work {
    fn run(&mut self, queue: &mpsc::Receiver<Command>) {
        while let Ok(first) = queue.recv() {
            let mut round = Vec::new();
            let mut passed = None;
            let mut next = Some(first);
            while let Some(command) = next {
                match command {
                    Command::Append(append) => round.push(append),
                    Command::Passed(waiting) => passed = Some(waiting),
                }
                let full = passed.is_some() || round.len() >= ROUND;
                next = if full { None } else { queue.try_recv().ok() };
            }
            self.flush(round);
            // A snapshot may have met a write error.
            let _later = self.mend();
            // Nobody waits when the handle was dropped meanwhile.
            let _gone = passed.map(|waiting| waiting.send(()));
        }
    }

    fn flush(&mut self, round: Vec<Append>) {
        if round.is_empty() {
            return;
        }
        let outcomes = self.commit(&round).unwrap_or_else(|refusal| {
            self.counters.refused.fetch_add(round.len() as u64, Ordering::Relaxed);
            round.iter().map(|_| Err(refusal.clone().into())).collect()
        });
        for (append, outcome) in round.into_iter().zip(outcomes) {
            append.failed.fetch_or(outcome.is_err(), Ordering::SeqCst);
            // Whoever is told must not take the writer down with them.
            let _panicked = catch_unwind(AssertUnwindSafe(|| (append.done)(outcome)));
        }
    }

    fn commit(&mut self, round: &[Append]) -> Result<Vec<Outcome>, Refusal> {
        self.mend().map_err(as_refusal)?;
        let Decided { outcomes, entries, facts } = decide(&self.ends, round);
        if entries.is_empty() {
            return Ok(outcomes);
        }
        if let Err(error) = self.write(&entries) {
            // At once, so that the refused can read; if it does not succeed, the next round tries again.
            let _later = self.mend();
            return Err(as_refusal(error));
        }
        let mut written = 0;
        for (realm, (end, bytes)) in entries {
            written += bytes.len() as u64;
            self.ends.insert(realm.clone(), end.after(bytes.len() as u64));
        }
        self.counters.flushes.fetch_add(1, Ordering::Relaxed);
        self.counters.entries.fetch_add(written, Ordering::Relaxed);
        self.counters.facts.fetch_add(facts, Ordering::Relaxed);
        Ok(outcomes)
    }

    fn write(&self, entries: &Gathered<'_>) -> Result<(), JournalError> {
        self.shared.write(|write| {
            for (realm, (end, bytes)) in entries {
                tables::append(write, realm, *end, bytes)?;
            }
            Ok(())
        })
    }

    // What the disk made of a commit that failed is not known. It was refused, so it must not come back.
    fn mend(&mut self) -> Result<(), JournalError> {
        if !self.shared.is_broken() {
            return Ok(());
        }
        self.shared.reopen()?;
        let found = self.shared.read(tables::ends)?;
        let beyond: Vec<(Realm, Position)> = found
            .into_iter()
            .map(|(realm, end)| (self.ends.get(&realm).copied().unwrap_or_default(), realm, end))
            .filter(|(known, _, end)| end > known)
            .map(|(known, realm, _)| (realm, known))
            .collect();
        if !beyond.is_empty() {
            self.shared.write(|write| beyond.iter().try_for_each(|(realm, end)| tables::cut(write, realm, *end)))?;
        }
        self.shared.mended();
        Ok(())
    }
}

/// The entries of one commit: per realm where they begin, and their bytes.
type Gathered<'a> = BTreeMap<&'a Realm, (Position, Vec<&'a [u8]>)>;

struct Decided<'a> {
    outcomes: Vec<Outcome>,
    entries: Gathered<'a>,
    facts: u64,
}

// What each append is answered if the commit succeeds.
fn decide<'a>(ends: &BTreeMap<Realm, Position>, round: &'a [Append]) -> Decided<'a> {
    let mut decided = Decided { outcomes: Vec::with_capacity(round.len()), entries: BTreeMap::new(), facts: 0 };
    let mut failed: Vec<*const AtomicBool> = Vec::new();
    for append in round {
        let begin = ends.get(&append.realm).copied().unwrap_or_default();
        let (_, bytes) = decided.entries.get(&append.realm).map_or((begin, 0), |(at, bytes)| (*at, bytes.len()));
        let end = begin.after(bytes as u64);
        let handle = Arc::as_ptr(&append.failed);
        let broken = append.failed.load(Ordering::SeqCst) || failed.contains(&handle);
        let outcome = match &append.bytes {
            _ if broken || append.expected != end => Err(AppendError::Conflict { end }),
            Err(refusal) => Err(refusal.clone().into()),
            Ok(bytes) if bytes.is_empty() => Ok(end),
            Ok(bytes) => {
                decided.entries.entry(&append.realm).or_insert((begin, Vec::new())).1.push(bytes);
                decided.facts += append.facts;
                Ok(end.after(1))
            }
        };
        if outcome.is_err() {
            failed.push(handle);
        }
        decided.outcomes.push(outcome);
    }
    decided
}

fn as_refusal(error: JournalError) -> Refusal {
    match error {
        JournalError::Refused(refusal) => refusal,
        other => Refusal::Io(other.to_string()),
    }
}
