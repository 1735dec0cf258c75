//! What nodes that are left to themselves share: the trace, the names of steps, and the count of what still moves.

use crate::message::{ExchangeId, Leg, Name, NodeId};
use crate::node::Stopped;
use crate::node::clock::Clock;
use crate::node::live::LIVE;
use crate::node::watch::{Seen, Watch};
use crate::role::{Effect, Entropy, Timer};
use crate::sim::entropy::{EntropyKey, KeyedEntropy};
use crate::sim::oracle::root_key;
use crate::sim::run::Finished;
use crate::sim::scheduler::Recorder;
use crate::trace::{Event, Truth};
use crate::transport::http::front::EXCHANGE;
use crate::wire::response::status_of;
use crate::wire::{Text, Timestamp};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::Notify;

pub(super) struct Book {
    truth: Truth,
    clock: Clock,
    seed: u64,
    recorder: RefCell<Recorder>,
    counts: RefCell<FxHashMap<(u32, &'static str, Leg), u32>>,
    exchanges: RefCell<FxHashMap<ExchangeId, Open>>,
    timers: RefCell<BTreeMap<(Timestamp, NodeId, Timer), ()>>,
    next_exchange: Cell<u64>,
    // Messages on their way, inputs not yet handled, password checks: what has yet to lead to something by itself.
    moving: Cell<i64>,
    deliveries: Cell<u64>,
    still: Notify,
}

#[derive(Clone, Copy)]
struct Open {
    name: Name,
    from: NodeId,
    arrived: bool,
    answered: bool,
}

impl Book {
    pub(super) fn new(truth: Truth, recorder: Recorder, clock: Clock, seed: u64) -> Self {
        Self {
            truth,
            clock,
            seed,
            recorder: RefCell::new(recorder),
            counts: RefCell::default(),
            exchanges: RefCell::default(),
            timers: RefCell::default(),
            next_exchange: Cell::new(1),
            moving: Cell::new(0),
            deliveries: Cell::new(0),
            still: Notify::new(),
        }
    }

    /// Waits until nothing moves by itself.
    pub(super) async fn quiet(&self) {
        loop {
            let still = self.still.notified();
            if self.moving.get() <= 0 {
                return;
            }
            still.await;
        }
    }

    /// How many exchanges are open.
    pub(super) fn open(&self) -> usize {
        self.exchanges.borrow().len()
    }

    pub(super) fn next_timer(&self) -> Option<Timestamp> {
        self.timers.borrow().keys().next().map(|(at, _, _)| *at)
    }

    pub(super) fn what_moves(&self) -> String {
        format!("{} things move, {} exchanges are open", self.moving.get(), self.open())
    }

    /// Somebody does something.
    pub(super) fn acts(&self, node: NodeId, cause: Name) {
        let act = self.truth.roots.get(cause.root as usize).cloned().unwrap_or_default();
        self.emit(node, cause, Event::Acted { node, act });
        self.moves(1);
    }

    pub(super) fn finished(&self) -> Finished {
        let open_exchanges = u32::try_from(self.open()).unwrap_or(u32::MAX);
        let world = Name { word: "world", ..LIVE };
        self.emit(NodeId(0), world, Event::Ended { open_exchanges, cut_off: false });
        let mut recorder = self.recorder.borrow().clone();
        recorder.finish(&self.truth);
        let digest = recorder.digest();
        let (judge, records) = recorder.into_parts();
        Finished {
            digest,
            deliveries: self.deliveries.get(),
            judge,
            taken: Vec::new(),
            records,
            truth: self.truth.clone(),
        }
    }

    fn emit(&self, node: NodeId, cause: Name, event: Event) {
        let _ = node;
        let now = self.clock.now();
        self.recorder.borrow_mut().emit(&self.truth, now, now, cause, event);
    }

    fn moves(&self, by: i64) {
        self.moving.set(self.moving.get() + by);
        if self.moving.get() <= 0 {
            self.still.notify_waiters();
        }
    }

    fn name(&self, root: u32, word: &'static str, leg: Leg) -> Name {
        let mut counts = self.counts.borrow_mut();
        let nth = counts.entry((root, word, leg)).or_default();
        *nth += 1;
        Name { root, word, nth: *nth, leg, copy: 0 }
    }
}

/// One node's place in the book.
pub(super) struct Place {
    book: Rc<Book>,
    node: NodeId,
    // What stands at the node's door. It is recorded when the node takes it up: two inputs may wait there at once.
    waiting: RefCell<Vec<(Name, Event)>>,
}

impl Place {
    pub(super) const fn new(book: Rc<Book>, node: NodeId) -> Self {
        Self { book, node, waiting: RefCell::new(Vec::new()) }
    }

    fn waits(&self, cause: Name, event: Event) -> Name {
        self.waiting.borrow_mut().push((cause, event));
        cause
    }

    fn taken_up(&self, cause: Name) {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(at) = waiting.iter().position(|(waits, _)| *waits == cause) {
            let (cause, event) = waiting.remove(at);
            self.emit(cause, event);
        }
    }

    fn emit(&self, cause: Name, event: Event) -> Name {
        self.book.emit(self.node, cause, event);
        cause
    }

    fn sent(&self, cause: Name, exchange: ExchangeId, call: &crate::wire::Call) -> Name {
        let name = self.book.name(cause.root, call.message.word(), Leg::Request);
        let open = Open { name, from: self.node, arrived: false, answered: false };
        self.book.exchanges.borrow_mut().insert(exchange, open);
        self.book.moves(1);
        let to = self.book.truth.at_origin(call.to.origin());
        self.emit(name, Event::Sent { from: self.node, to, exchange, call: Box::new(call.clone()) })
    }

    fn arrived(&self, exchange: ExchangeId, undecodable: Option<crate::wire::DecodeError>) -> Name {
        let Some(open) = self.change(exchange, |open| open.arrived = true) else { return LIVE };
        self.waits(open.name, Event::Arrived { from: open.from, to: self.node, exchange, undecodable, copy_of: None })
    }

    fn answered(&self, exchange: ExchangeId, answer: &crate::wire::Answer) -> Name {
        let Some(open) = self.change(exchange, |open| open.answered = true) else { return LIVE };
        self.book.moves(1);
        let (status, answer) = (status_of(&answer.message), Box::new(answer.clone()));
        let name = Name { leg: Leg::Answer, ..open.name };
        self.emit(name, Event::Answered { from: self.node, to: open.from, exchange, status, answer })
    }

    fn change(&self, exchange: ExchangeId, how: impl FnOnce(&mut Open)) -> Option<Open> {
        let mut exchanges = self.book.exchanges.borrow_mut();
        let open = exchanges.get_mut(&exchange)?;
        how(open);
        Some(*open)
    }

    // What was travelling becomes an input; what was parked at the server begins to move.
    fn ended(&self, exchange: ExchangeId, leg: Leg, event: Event) -> Name {
        let Some(open) = self.book.exchanges.borrow_mut().remove(&exchange) else { return LIVE };
        if open.arrived && !open.answered {
            self.book.moves(1);
        }
        self.waits(Name { leg, ..open.name }, event)
    }

    fn timer_set(&self, cause: Name, timer: Timer, at: Timestamp) -> Name {
        self.timer_gone(timer);
        self.book.timers.borrow_mut().insert((at, self.node, timer), ());
        self.book.name(cause.root, timer.word, Leg::Timer)
    }

    fn timer_gone(&self, timer: Timer) {
        self.book.timers.borrow_mut().retain(|(_, node, other), ()| (*node, *other) != (self.node, timer));
    }

    fn said(&self, cause: Name, said: Effect) -> Name {
        let node = self.node;
        match said {
            Effect::Note(note) => self.emit(cause, Event::Noted { node, note }),
            Effect::Ruled { rule, holds, enforced } => {
                self.emit(cause, Event::Ruled { node, rule: rule.name(), holds, enforced })
            }
            Effect::Send { .. }
            | Effect::Reply { .. }
            | Effect::SetTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::CheckPassword { .. }
            | Effect::Report { .. } => cause,
        }
    }

    fn stopped(&self, cause: Name, why: Stopped) -> Name {
        let node = self.node;
        self.book.timers.borrow_mut().retain(|(_, other, _), ()| *other != node);
        self.book.moves(1);
        match why {
            Stopped::Made => {}
            Stopped::WriteRefused => {
                self.emit(cause, Event::WriteRefused { node });
            }
            Stopped::Panicked(message) => {
                self.emit(cause, Event::Panicked { node, message });
            }
        }
        self.emit(cause, Event::Crashed { node })
    }
}

impl Watch for Place {
    fn seen(&self, cause: Name, what: Seen<'_>) -> Name {
        let node = self.node;
        self.taken_up(cause);
        match what {
            Seen::Sent { exchange, call } => self.sent(cause, exchange, call),
            Seen::Arrived { exchange, received, .. } => {
                self.arrived(exchange, received.message.as_ref().err().cloned())
            }
            Seen::Answered { exchange, answer } => self.answered(exchange, answer),
            Seen::Returned { exchange, .. } => {
                self.ended(exchange, Leg::Answer, Event::Returned { to: node, exchange })
            }
            Seen::Failed { exchange, reason } => {
                self.ended(exchange, Leg::Failure, Event::Failed { node, exchange, reason })
            }
            Seen::TimerSet { timer, at } => self.timer_set(cause, timer, at),
            Seen::TimerCancelled { timer } => {
                self.timer_gone(timer);
                cause
            }
            Seen::TimerFired { timer } => {
                self.timer_gone(timer);
                self.book.moves(1);
                self.waits(cause, Event::TimerFired { node })
            }
            Seen::PasswordAsked => {
                self.book.moves(1);
                self.book.name(cause.root, "password", Leg::Timer)
            }
            Seen::PasswordChecked => cause,
            Seen::Durable { facts, .. } => {
                facts.into_iter().for_each(|fact| {
                    self.emit(cause, Event::Fact { node, fact });
                });
                cause
            }
            Seen::Writing { .. } => cause,
            Seen::Said(said) => self.said(cause, said),
            Seen::Handled => {
                self.book.deliveries.set(self.book.deliveries.get() + 1);
                self.book.moves(-1);
                cause
            }
            Seen::Stopped(why) => self.stopped(cause, why),
            Seen::Reopened => self.emit(cause, Event::Restarted { node }),
        }
    }

    fn next_exchange(&self) -> u64 {
        self.book.next_exchange.get()
    }

    fn use_exchanges(&self, next: u64) {
        self.book.next_exchange.set(next);
    }

    // Among nodes of one world the sender's number is the number.
    fn exchange(&self, named: Option<u64>) -> ExchangeId {
        ExchangeId(named.unwrap_or_else(|| {
            let next = self.book.next_exchange.get();
            self.book.next_exchange.set(next + 1);
            next
        }))
    }

    fn headers(&self, exchange: ExchangeId) -> Vec<(Text, Text)> {
        vec![(EXCHANGE.into(), exchange.0.to_string().into())]
    }

    fn entropy(&self, cause: Name) -> Box<dyn Entropy> {
        let root = self.book.truth.roots.get(cause.root as usize).map_or(0, |root| root_key(root));
        Box::new(KeyedEntropy::new(EntropyKey::new(self.book.seed, self.node, 0, root, &cause)))
    }
}
