//! Snapshots of a node's journal, written beside the node while it goes on, so that neither the file nor the start of the
//! node grows with what has ended.
//!
//! A snapshot is due when since the last one as many entries were written as that one holds facts, and no fewer than a
//! policy says. So what snapshots cost is a constant part of what appends cost, and a start reads what lives, as many
//! entries again, and what comes while a snapshot is written. An end of the process at any moment leaves the snapshot
//! before in force, as the journal promises.

use super::clock::machine_time;
use crate::role::Role;
use crate::transport::journal::snapshot::{self, Written};
use crate::transport::journal::{Journal, JournalError, Position, Retention};
use crate::wire::{Duration, Timestamp};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// When a snapshot is due, and what becomes of what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// At least so many entries lie between two snapshots.
    pub every: u64,
    /// For how long entries stay as an archive that a snapshot stands for; `None`: for ever.
    pub keep: Option<Duration>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { every: 10_000, keep: Some(Duration::ZERO) }
    }
}

impl Policy {
    /// Whether a snapshot is due after so many entries since one of so many facts.
    const fn is_due(self, since: u64, held: u64) -> bool {
        since >= self.every && since >= held && since > 0
    }

    fn retention(self, now: Timestamp) -> Retention {
        match self.keep {
            None => Retention::Forever,
            Some(Duration::ZERO) => Retention::None,
            Some(keep) => Retention::Since(now - keep),
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The snapshot.
    pub written: Written,
    /// How many entries went.
    pub gone: u64,
    /// How long it took.
    pub took: std::time::Duration,
}

/// Told of each snapshot.
pub type Told = Box<dyn Fn(&Done) + Send>;

/// How often it looks whether a snapshot is due.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(500);
/// How long it waits after a snapshot that could not be written.
const AGAIN_AFTER: std::time::Duration = std::time::Duration::from_secs(60);

/// The thread that writes them. It ends when this is dropped, without finishing what it is at.
#[derive(Debug)]
pub struct Keeper {
    over: Arc<AtomicBool>,
    wake: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts it on a handle of its own to the journal of a node, whose role is `blank` before anything happened.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(journal: Box<dyn Journal>, blank: Role, policy: Policy, told: Told) -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let (wake, woken) = mpsc::channel();
        let mut work = Work { journal, blank, policy, held: None, over: Arc::clone(&over) };
        let thread = thread::Builder::new().name("snapshots".to_owned()).spawn(move || work.run(&woken, &told))?;
        Ok(Self { over, wake: Some(wake), thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        self.wake = None;
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

struct Work {
    journal: Box<dyn Journal>,
    blank: Role,
    policy: Policy,
    /// How many facts the snapshot in force holds, once that is known.
    held: Option<u64>,
    over: Arc<AtomicBool>,
}

impl Work {
    fn run(&mut self, woken: &mpsc::Receiver<()>, told: &Told) {
        let mut pause = std::time::Duration::ZERO;
        while matches!(woken.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
            pause = LOOK_EVERY;
            match self.look() {
                Ok(None) => {}
                Ok(Some(done)) => {
                    let Done { written, gone, took } = done;
                    let (position, facts, millis) = (written.mark.position.0, written.facts, took.as_millis());
                    tracing::info!(position, facts, gone, millis, "snapshot written");
                    told(&done);
                }
                Err(_) if self.over.load(Ordering::SeqCst) => return,
                Err(error) => {
                    tracing::warn!(%error, "no snapshot could be written; the one before stays in force");
                    pause = AGAIN_AFTER;
                }
            }
        }
    }

    fn look(&mut self) -> Result<Option<Done>, JournalError> {
        let extent = self.journal.extent()?;
        let from = extent.snapshot.map_or(Position(0), |mark| mark.position);
        let since = extent.end.0.saturating_sub(from.0);
        if since < self.policy.every || !self.policy.is_due(since, self.held()?) {
            return Ok(None);
        }
        let (begun, now) = (Instant::now(), machine_time());
        let goes_on = || !self.over.load(Ordering::SeqCst);
        let written = snapshot::write_while(&*self.journal, self.blank.clone(), now, &goes_on)?;
        self.held = Some(written.facts);
        let gone = self.journal.compact(self.policy.retention(now))?;
        Ok(Some(Done { written, gone, took: begun.elapsed() }))
    }

    fn held(&mut self) -> Result<u64, JournalError> {
        if let Some(held) = self.held {
            return Ok(held);
        }
        let mut held = 0;
        self.journal.read_snapshot(&mut |_| held += 1)?;
        self.held = Some(held);
        Ok(held)
    }
}
