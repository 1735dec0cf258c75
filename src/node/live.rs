//! The real surroundings of a node: a clock that goes by itself, timers, an HTTP client, the operating system's
//! randomness, and a door at which requests arrive.

use super::clock::Clock;
use super::passwords::Passwords;
use super::watch::{Seen, Watch};
use super::{Close, Deliver, Node, Reopen, StopAt, Stopped, Surroundings};
use crate::message::{Arrival, ExchangeId, FailureReason, Leg, Name};
use crate::role::operation::{Operation, Report};
use crate::role::{Act, Crypto, Effect, Entropy, Input, Timer};
use crate::trace::Fact;
use crate::transport::http::front::lamport_of;
use crate::transport::http::{Client, Inbox, NoAnswer, Parcel};
use crate::transport::journal::Position;
use crate::wire::codec::{self, HttpRequest, HttpResponse, Routes};
use crate::wire::configuration::OPENID_DOCUMENT;
use crate::wire::{Answer, Call, Duration, Request, Revision, Text, Timestamp, Uri};
use actix::Addr;
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// What real surroundings are made of.
pub struct Setting {
    /// The clock.
    pub clock: Clock,
    /// The client for outgoing requests.
    pub client: Client,
    /// The revision that the node speaks with servers that are not in `peers`.
    pub revision: Revision,
    /// The revisions of other servers, by origin.
    pub peers: BTreeMap<Text, Revision>,
    /// The paths of those servers of several revisions where the node keeps to none, by origin: each path has its own.
    pub by_path: BTreeMap<Text, Routes>,
    /// Signing and verifying.
    pub crypto: Rc<dyn Crypto>,
    /// How passwords are checked.
    pub passwords: Rc<dyn Passwords>,
    /// Who looks on.
    pub watch: Rc<dyn Watch>,
    /// Who takes what resource servers hand out; without anybody the role gets it as text.
    pub inbox: Option<Rc<dyn Inbox>>,
}

impl Setting {
    /// In which revision something is asked there, and its answer read.
    pub(crate) fn spoken(&self, to: &Uri) -> Revision {
        let own = self.by_path.get(to.origin()).and_then(|routes| routes.revision(to));
        // An identity provider that is trusted since the node runs is among no peers, and is known by what is asked of it.
        let usual = if to.path().ends_with(OPENID_DOCUMENT) { Revision::V2_0 } else { self.revision };
        own.or_else(|| self.peers.get(to.origin()).copied()).unwrap_or(usual)
    }
}

/// See the module. Clones are the same surroundings.
#[derive(Clone)]
pub struct Live {
    inner: Rc<Inner>,
}

struct Inner {
    setting: Setting,
    high_water: Cell<Timestamp>,
    node: RefCell<Option<Addr<Node>>>,
    timers: RefCell<FxHashMap<Timer, JoinHandle<()>>>,
    calls: RefCell<FxHashMap<ExchangeId, JoinHandle<()>>>,
    orders: RefCell<FxHashMap<u64, oneshot::Sender<Report>>>,
    ordered: Cell<u64>,
}

impl Live {
    /// Surroundings without a node yet.
    pub fn new(setting: Setting) -> Self {
        let inner = Inner {
            setting,
            high_water: Cell::default(),
            node: RefCell::default(),
            timers: RefCell::default(),
            calls: RefCell::default(),
            orders: RefCell::default(),
            ordered: Cell::default(),
        };
        Self { inner: Rc::new(inner) }
    }

    /// Puts the node into its surroundings and tells it that it is back. From now on requests at the door reach it.
    pub fn inhabit(&self, node: Addr<Node>, door: Option<mpsc::UnboundedReceiver<Parcel>>) {
        self.inner.node.replace(Some(node));
        if let Some(door) = door {
            actix_rt::spawn(self.clone().serve(door));
        }
    }

    /// Ends the node and everything that it has begun.
    pub fn leave(&self) {
        self.abandon();
        if let Some(node) = self.inner.node.take() {
            node.do_send(Close);
        }
    }

    /// Hands the node an input.
    pub fn deliver(&self, cause: Name, input: Input) {
        self.send(Deliver { cause, input, answer: None });
    }

    /// Hands the node what its operator wants. `tell` gets the report when what it tells of is durable; when the node
    /// stops before, it is dropped.
    pub fn operate(&self, operation: Operation, tell: oneshot::Sender<Report>) {
        let order = self.inner.ordered.get();
        self.inner.ordered.set(order + 1);
        self.inner.orders.borrow_mut().insert(order, tell);
        self.deliver(LIVE, Input::Act(Act::Operate { order, operation }));
    }

    fn report(&self, order: u64, report: Report) {
        if let Some(waiting) = self.inner.orders.borrow_mut().remove(&order) {
            // Whoever asked may have hung up.
            let _hung_up = waiting.send(report);
        }
    }

    fn send(&self, deliver: Deliver) {
        if let Some(node) = &*self.inner.node.borrow() {
            node.do_send(deliver);
        }
    }

    fn watch(&self) -> &dyn Watch {
        &*self.inner.setting.watch
    }

    async fn serve(self, mut door: mpsc::UnboundedReceiver<Parcel>) {
        while let Some(Parcel { received, peer, named, stamps, request, answer }) = door.recv().await {
            let exchange = self.watch().exchange(named);
            self.watch().stamps(exchange, stamps);
            let cause = self.watch().seen(LIVE, Seen::Arrived { exchange, named, received: &received, request });
            let tls = received.uri.is_https();
            let input = Input::Request(Arrival::new(exchange, tls, received).from_peer(peer));
            self.send(Deliver { cause, input, answer: Some(answer) });
        }
    }

    fn ask(&self, cause: Name, exchange: ExchangeId, call: Box<Call>, deadline: Duration) {
        let cause = self.watch().seen(cause, Seen::Sent { exchange, call: &call });
        let live = self.clone();
        let asking = actix_rt::spawn(async move { live.answered(cause, exchange, *call, deadline).await });
        self.inner.calls.borrow_mut().insert(exchange, asking);
    }

    async fn answered(self, cause: Name, exchange: ExchangeId, call: Call, deadline: Duration) {
        let revision = self.inner.setting.spoken(&call.to);
        let mut request = codec::encode_request(revision, &call);
        request.headers.extend(self.watch().headers(exchange));
        let answered = self.asked(request, &call.message, deadline).await;
        self.inner.calls.borrow_mut().remove(&exchange);
        let (cause, input) = match answered {
            Ok(response) => {
                lamport_of(&response.headers).into_iter().for_each(|stamp| self.watch().hears(stamp));
                let answer = codec::decode_response(revision, &call.message, &response);
                let cause = self.watch().seen(cause, Seen::Returned { exchange, answer: &answer });
                (cause, Input::Response { exchange, answer })
            }
            Err(why) => {
                let reason = reason_of(&why);
                (self.watch().seen(cause, Seen::Failed { exchange, reason }), Input::Failed { exchange, reason })
            }
        };
        self.deliver(cause, input);
    }

    async fn asked(&self, written: HttpRequest, asked: &Request, deadline: Duration) -> Result<HttpResponse, NoAnswer> {
        let setting = &self.inner.setting;
        if let (Request::Access { .. }, Some(inbox)) = (asked, &setting.inbox) {
            return setting.client.receive(written, deadline, &**inbox).await;
        }
        let at = setting.clock.now() + deadline;
        tokio::select! {
            answered = setting.client.exchange(written, deadline) => answered,
            () = setting.clock.until(at) => Err(NoAnswer::TimedOut),
        }
    }

    fn set_timer(&self, cause: Name, timer: Timer, after: Duration) {
        let at = self.inner.setting.clock.now() + after;
        let cause = self.watch().seen(cause, Seen::TimerSet { timer, at });
        let live = self.clone();
        let waiting = actix_rt::spawn(async move {
            live.inner.setting.clock.until(at).await;
            live.inner.timers.borrow_mut().remove(&timer);
            live.watch().seen(cause, Seen::TimerFired { timer });
            live.deliver(cause, Input::Timer(timer));
        });
        if let Some(earlier) = self.inner.timers.borrow_mut().insert(timer, waiting) {
            earlier.abort();
        }
    }

    fn cancel_timer(&self, timer: Timer) {
        if let Some(waiting) = self.inner.timers.borrow_mut().remove(&timer) {
            waiting.abort();
            self.watch().seen(LIVE, Seen::TimerCancelled { timer });
        }
    }

    fn check_password(&self, cause: Name, check: u64, verifier: Text, password: crate::wire::token::Password) {
        let cause = self.watch().seen(cause, Seen::PasswordAsked);
        let live = self.clone();
        let checking = self.inner.setting.passwords.check(verifier, password);
        actix_rt::spawn(async move {
            let correct = checking.await;
            live.watch().seen(cause, Seen::PasswordChecked);
            live.deliver(cause, Input::PasswordChecked { check, correct });
        });
    }

    // Everything that the node had begun ends with it.
    fn abandon(&self) {
        let timers = self.inner.timers.take();
        timers.into_values().for_each(|waiting| waiting.abort());
        let calls = self.inner.calls.take();
        calls.into_values().for_each(|asking| asking.abort());
        self.inner.orders.take();
    }
}

/// The cause of what nobody names.
pub const LIVE: Name = Name { root: 0, word: "live", nth: 0, leg: Leg::Act, copy: 0 };

const fn reason_of(why: &NoAnswer) -> FailureReason {
    match why {
        NoAnswer::TimedOut => FailureReason::TimedOut,
        NoAnswer::Unreachable { .. } | NoAnswer::Unspeakable { .. } => FailureReason::Unreachable,
    }
}

impl Surroundings for Live {
    fn clock(&self) -> Timestamp {
        let shown = self.inner.setting.clock.shown().max(self.inner.high_water.get());
        self.inner.high_water.set(shown);
        shown
    }

    fn entropy(&self, cause: Name) -> Box<dyn Entropy> {
        self.watch().entropy(cause)
    }

    fn crypto(&self) -> &dyn Crypto {
        &*self.inner.setting.crypto
    }

    fn next_exchange(&self) -> u64 {
        self.watch().next_exchange()
    }

    fn use_exchanges(&self, next: u64) {
        self.watch().use_exchanges(next);
    }

    fn stops_at(&self, _cause: Name, _writes: bool) -> Option<StopAt> {
        None
    }

    fn handled(&self, cause: Name) {
        self.watch().seen(cause, Seen::Handled);
    }

    fn said(&self, cause: Name, said: Effect) {
        self.watch().seen(cause, Seen::Said(said));
    }

    fn writes(&self, cause: Name, entry: Position) {
        self.watch().seen(cause, Seen::Writing { entry });
    }

    fn durable(&self, cause: Name, entry: Position, facts: Vec<Fact>) {
        self.watch().seen(cause, Seen::Durable { entry, facts });
    }

    fn perform(&self, cause: Name, effect: Effect) {
        match effect {
            Effect::Send { exchange, call, deadline } => self.ask(cause, exchange, call, deadline),
            Effect::SetTimer { timer, after } => self.set_timer(cause, timer, after),
            Effect::CancelTimer { timer } => self.cancel_timer(timer),
            Effect::CheckPassword { check, verifier, password } => {
                self.check_password(cause, check, verifier, password);
            }
            Effect::Report { order, report } => self.report(order, *report),
            Effect::Reply { .. } | Effect::Note(_) | Effect::Ruled { .. } => {}
        }
    }

    fn answers(&self, cause: Name, exchange: ExchangeId, answer: &Answer) -> bool {
        self.watch().seen(cause, Seen::Answered { exchange, answer });
        true
    }

    fn stopped(&self, cause: Name, why: Stopped) {
        self.abandon();
        self.watch().seen(cause, Seen::Stopped(why));
        let Some(node) = self.inner.node.borrow().clone() else { return };
        let live = self.clone();
        actix_rt::spawn(async move {
            // A journal that cannot be read now may be readable later; until then the node answers nobody.
            while !matches!(node.send(Reopen).await, Ok(Ok(_)) | Err(_)) {
                tokio::time::sleep(REOPEN_AGAIN).await;
            }
            live.watch().seen(cause, Seen::Reopened);
            live.deliver(cause, Input::Restarted);
        });
    }
}

const REOPEN_AGAIN: std::time::Duration = std::time::Duration::from_secs(1);
