//! A node's clock: real time, and how far it was set forward. Whoever waits for a time is woken when it was stepped to.

use crate::wire::{Duration, Timestamp};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;
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
    stepped: Notify,
}

impl Clock {
    /// A clock that shows `base` now.
    pub fn starting_at(base: Timestamp) -> Self {
        let inner = Inner { started: Instant::now(), base, ahead: Cell::default(), stepped: Notify::new() };
        Self { inner: Rc::new(inner) }
    }

    /// What it shows.
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
