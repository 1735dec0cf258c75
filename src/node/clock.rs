//! A node's clock: real time, and how far it was set forward. Whoever waits for a time is woken when it was stepped to.
//! What it shows to a role may be corrected while it runs, as clocks of machines are; how long somebody waits may not.

use crate::wire::{Duration, Timestamp};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;

/// A clock that several nodes of one thread can share.
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    started: Instant,
    base: Timestamp,
    ahead: Cell<Duration>,
    /// True when it shows what the clock of the machine shows.
    machine: bool,
    stepped: Notify,
}

impl Clock {
    /// A clock that shows `base` now.
    pub fn starting_at(base: Timestamp) -> Self {
        Self::new(base, false)
    }

    /// The clock of the machine.
    pub fn of_machine() -> Self {
        Self::new(machine_time(), true)
    }

    fn new(base: Timestamp, machine: bool) -> Self {
        let (started, ahead, stepped) = (Instant::now(), Cell::default(), Notify::new());
        Self { inner: Rc::new(Inner { started, base, ahead, machine, stepped }) }
    }

    /// What it shows to a role.
    pub fn shown(&self) -> Timestamp {
        if self.inner.machine { machine_time() } else { self.now() }
    }

    /// What it shows to whoever waits: never corrected.
    pub fn now(&self) -> Timestamp {
        let passed = u64::try_from(self.inner.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.inner.base + Duration(passed) + self.inner.ahead.get()
    }

    /// Sets it forward to a time; it never goes back.
    pub fn step_to(&self, at: Timestamp) {
        let by = at.since(self.now());
        self.inner.ahead.set(Duration(self.inner.ahead.get().0.saturating_add(by.0)));
        self.inner.stepped.notify_waiters();
    }

    /// Waits until it shows a time.
    pub async fn until(&self, at: Timestamp) {
        loop {
            let stepped = self.inner.stepped.notified();
            let left = at.since(self.now());
            if left == Duration::ZERO {
                return;
            }
            // A timer of the runtime may fire a little early; then the loop waits for the rest.
            tokio::select! {
                () = tokio::time::sleep(std::time::Duration::from_micros(left.0)) => {}
                () = stepped => {}
            }
        }
    }
}

/// What the clock of the machine shows.
pub(super) fn machine_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
