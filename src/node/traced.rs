//! A watcher that writes the node's trace, and leaves everything else to another.

use super::clock::Clock;
use super::trace_file::TraceFile;
use super::trace_tail::Before;
use super::watch::{Seen, Watch};
use super::{Stopped, live::LIVE};
use crate::message::{ExchangeId, Name};
use crate::role::{Effect, Entropy};
use crate::trace::told::Told;
use crate::transport::http::Stamps;
use crate::transport::http::front::{EXCHANGE, LAMPORT};
use crate::wire::response::status_of;
use crate::wire::{Answer, Text, Timestamp};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What is written of what is seen, besides when and in which chain: shared by everybody who has a [`TraceFile`].
#[derive(Debug)]
pub struct Scribe {
    file: TraceFile,
    stamps: RefCell<BTreeMap<ExchangeId, Stamps>>,
    asked: RefCell<BTreeSet<ExchangeId>>,
}

impl Scribe {
    /// Writes to a file.
    pub fn new(file: TraceFile) -> Self {
        Self { file, stamps: RefCell::default(), asked: RefCell::default() }
    }

    /// Writes what is seen at a time, in a chain.
    pub fn write(&self, at: Timestamp, chain: u64, what: &Seen<'_>) {
        let told = match what {
            Seen::Writing { entry } => return self.file.tell_writing(at, chain, *entry),
            Seen::Durable { entry, facts } => return self.file.tell_facts(at, chain, *entry, facts.clone()),
            Seen::Handled => return self.file.flush(),
            Seen::Answered { exchange, answer } => return self.answered(at, chain, *exchange, answer),
            Seen::Sent { exchange, call } => {
                self.asked.borrow_mut().insert(*exchange);
                Told::Sent { exchange: *exchange, call: Box::new((*call).clone()) }
            }
            Seen::Arrived { exchange, named, received, request: _ } => {
                Told::Arrived { exchange: *exchange, named: *named, received: Box::new((*received).clone()) }
            }
            Seen::Returned { exchange, answer } => {
                self.asked.borrow_mut().remove(exchange);
                Told::Returned { exchange: *exchange, answer: (*answer).clone().map(Box::new) }
            }
            Seen::Failed { exchange, reason } => {
                self.asked.borrow_mut().remove(exchange);
                Told::Failed { exchange: *exchange, reason: *reason }
            }
            Seen::TimerFired { .. } => Told::TimerFired,
            Seen::Said(said) => match of_said(said) {
                Some(told) => told,
                None => return,
            },
            Seen::Stopped(why) => return self.stopped(at, chain, why),
            Seen::Reopened => Told::Restarted,
            Seen::TimerSet { .. } | Seen::TimerCancelled { .. } | Seen::PasswordAsked | Seen::PasswordChecked => return,
        };
        self.file.tell(at, chain, told);
    }

    /// Writes that a person or operator acts.
    pub fn acts(&self, at: Timestamp, chain: u64, act: Text) {
        self.file.tell(at, chain, Told::Acted { act });
    }

    /// Writes that the node is back, and that it had not ended in order, if it is not its first start in this file.
    pub fn begins(&self, at: Timestamp) {
        let Some(before) = self.file.before() else { return };
        if before == Before::Crashed {
            self.file.tell(at, 0, Told::Crashed);
        }
        self.file.tell(at, 0, Told::Restarted);
        self.file.flush();
    }

    /// Writes that the node ends in order.
    pub fn ends(&self, at: Timestamp) {
        let open = u32::try_from(self.asked.borrow().len()).unwrap_or(u32::MAX);
        self.file.tell(at, 0, Told::Ended { open });
        self.file.flush();
    }

    /// A request brings stamps.
    pub fn stamps(&self, at: Timestamp, exchange: ExchangeId, stamps: Stamps) {
        stamps.came.into_iter().for_each(|stamp| self.file.hears(at, stamp));
        self.stamps.borrow_mut().insert(exchange, stamps);
    }

    /// An answer brings a stamp.
    pub fn hears(&self, at: Timestamp, lamport: u64) {
        self.file.hears(at, lamport);
    }

    /// What an outgoing request carries.
    pub fn headers(&self, exchange: ExchangeId) -> Vec<(Text, Text)> {
        let lamport = self.file.lamport().to_string();
        vec![(EXCHANGE.into(), exchange.0.to_string().into()), (LAMPORT.into(), lamport.into())]
    }

    fn answered(&self, at: Timestamp, chain: u64, exchange: ExchangeId, answer: &Answer) {
        let status = status_of(&answer.message);
        self.file.tell(at, chain, Told::Answered { exchange, status, answer: Box::new(answer.clone()) });
        if let Some(stamps) = self.stamps.borrow_mut().remove(&exchange) {
            stamps.leaves(self.file.lamport());
        }
    }

    // Open exchanges end with the node.
    fn stopped(&self, at: Timestamp, chain: u64, why: &Stopped) {
        self.stamps.borrow_mut().clear();
        self.asked.borrow_mut().clear();
        match why {
            Stopped::Made => {}
            Stopped::WriteRefused => self.file.tell(at, chain, Told::WriteRefused),
            Stopped::Panicked(message) => self.file.tell(at, chain, Told::Panicked { message: message.clone() }),
        }
        self.file.tell(at, chain, Told::Crashed);
        self.file.flush();
    }
}

fn of_said(said: &Effect) -> Option<Told> {
    match said {
        Effect::Note(note) => Some(Told::Noted(Box::new(note.clone()))),
        Effect::Ruled { rule, holds, enforced } => {
            Some(Told::Ruled { rule: rule.name(), holds: *holds, enforced: *enforced })
        }
        Effect::Send { .. }
        | Effect::Reply { .. }
        | Effect::SetTimer { .. }
        | Effect::CancelTimer { .. }
        | Effect::CheckPassword { .. }
        | Effect::Report { .. } => None,
    }
}

/// See the module. The numbers of exchanges are those of the other watcher; they have to be unique in the deployment.
pub struct Traced {
    inner: Rc<dyn Watch>,
    scribe: Rc<Scribe>,
    clock: Clock,
    shown: Cell<Timestamp>,
    chains: Cell<u32>,
}

impl Traced {
    /// Has everything written by `clock`. Whoever ends the node says so to the scribe.
    pub fn new(inner: Rc<dyn Watch>, scribe: Rc<Scribe>, clock: Clock) -> Self {
        Self { inner, scribe, clock, shown: Cell::default(), chains: Cell::new(0) }
    }

    // What the clock shows to the role: never less than before.
    fn now(&self) -> Timestamp {
        let now = self.clock.shown().max(self.shown.get());
        self.shown.set(now);
        now
    }

    // Where nobody names things, every arrival begins a chain of its own.
    fn chain(&self, begun: Name) -> Name {
        if begun != LIVE {
            return begun;
        }
        self.chains.set(self.chains.get().wrapping_add(1));
        Name { root: self.chains.get(), ..LIVE }
    }
}

impl Watch for Traced {
    fn seen(&self, cause: Name, what: Seen<'_>) -> Name {
        let now = self.now();
        // What begins is told in the chain that it begins; everything else in that of its cause.
        if let Seen::Arrived { exchange, named, received, request } = what {
            let begun = self.chain(self.inner.seen(cause, Seen::Arrived { exchange, named, received, request }));
            self.scribe.write(now, u64::from(begun.root), &Seen::Arrived { exchange, named, received, request: None });
            return begun;
        }
        self.scribe.write(now, u64::from(cause.root), &what);
        self.inner.seen(cause, what)
    }

    fn next_exchange(&self) -> u64 {
        self.inner.next_exchange()
    }

    fn use_exchanges(&self, next: u64) {
        self.inner.use_exchanges(next);
    }

    fn exchange(&self, named: Option<u64>) -> ExchangeId {
        self.inner.exchange(named)
    }

    fn headers(&self, exchange: ExchangeId) -> Vec<(Text, Text)> {
        let mut headers = self.scribe.headers(exchange);
        let also = self.inner.headers(exchange).into_iter();
        let also: Vec<_> = also.filter(|(name, _)| headers.iter().all(|(known, _)| known != name)).collect();
        headers.extend(also);
        headers
    }

    fn stamps(&self, exchange: ExchangeId, stamps: Stamps) {
        self.scribe.stamps(self.now(), exchange, stamps);
    }

    fn hears(&self, lamport: u64) {
        self.scribe.hears(self.now(), lamport);
    }

    fn entropy(&self, cause: Name) -> Box<dyn Entropy> {
        self.inner.entropy(cause)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail loudly")]
mod tests {
    use super::*;
    use crate::node::trace_key::TraceKey;
    use crate::node::watch::Nobody;
    use crate::trace::told::{FORMAT, Header};
    use crate::trace::truth::{NodeTruth, RoleKind};
    use crate::wire::{Call, Credentials, Received, Request, Response, Uri};

    fn scribe(path: &std::path::Path) -> Rc<Scribe> {
        let node = NodeTruth {
            name: "rs".into(),
            role: RoleKind::ResourceServer,
            origin: None,
            revision: None,
            beside: None,
            spoken_at: Default::default(),
            honest: true,
            accounts: Default::default(),
            rules_off: Vec::new(),
            trusts: Vec::new(),
        };
        let (format, key, resources) = (FORMAT, Text::default(), Vec::new());
        let (cache_max, clock_error_max, request_max, resumed) = (None, None, None, false);
        let header = Header { format, key, node, resources, cache_max, clock_error_max, request_max, resumed };
        Rc::new(Scribe::new(TraceFile::open(path, TraceKey::new([1; 32]), header).unwrap()))
    }

    #[test]
    fn every_arrival_begins_a_chain_and_what_leaves_carries_number_and_stamp() {
        let path = std::env::temp_dir().join(format!("umaverse-traced-{}.jsonl", std::process::id()));
        let _none = std::fs::remove_file(&path);
        let nobody = Rc::new(Nobody::numbering_from(41));
        let traced = Traced::new(nobody, scribe(&path), Clock::starting_at(Timestamp(1_000_000)));
        let uri = Uri::new("https://rs.example/a");
        let (credentials, cookie) = (Credentials::None, None);
        let received = Received { uri: uri.clone(), credentials, cookie, message: Ok(Request::GetJwks) };
        let arrives = || {
            let exchange = traced.exchange(Some(7));
            let stamps = Stamps::of_request(Some(2_000_000));
            traced.stamps(exchange, stamps.clone());
            (
                exchange,
                traced.seen(LIVE, Seen::Arrived { exchange, named: Some(7), received: &received, request: None }),
                stamps,
            )
        };
        let ((one, first, stamps), (other, second, _)) = (arrives(), arrives());
        assert_eq!((one, other), (ExchangeId(41), ExchangeId(42)), "a stranger's number is not ours");
        assert_ne!(first.root, second.root);
        let call = Call { to: uri, credentials: Credentials::None, cookie: None, message: Request::GetJwks };
        let asked = traced.seen(first, Seen::Sent { exchange: ExchangeId(43), call: &call });
        assert_eq!(asked.root, first.root);
        let headers = traced.headers(ExchangeId(43));
        assert_eq!(headers[0], (EXCHANGE.into(), "43".into()));
        assert!(headers[1].1.parse::<u64>().unwrap() > 2_000_000, "{headers:?}");
        traced.seen(first, Seen::Answered { exchange: one, answer: &Response::Revoked.into() });
        assert!(stamps.of_answer().is_some_and(|stamp| stamp > 2_000_000));
        std::fs::remove_file(path).unwrap();
    }
}
