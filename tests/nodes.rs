//! Nodes and their front: what a front refuses alone, what waits for the journal, what becomes of a node whose journal
//! refuses or whose role panics, and what servers do when their story is over.

#![cfg(feature = "node")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use umaverse::message::{Arrival, ExchangeId, Leg, Name};
use umaverse::node::{Config, Node, StopAt, Stopped, Surroundings};
use umaverse::role::crypto::StandInCrypto;
use umaverse::role::{Crypto, Effect, Entropy, Input, Role, RuleSet};
use umaverse::sim::run::Options;
use umaverse::sim::scheduler::Seat;
use umaverse::sim::script::{self, Source};
use umaverse::sim::world::World;
use umaverse::trace::Fact;
use umaverse::transport::http::{Client, Front, InProcess, Limits, Names, Parcel};
use umaverse::transport::journal::memory::{MemoryJournal, MemoryStore};
use umaverse::transport::journal::{
    Done, Entry, Extent, Journal, JournalError, Mark, Position, Realm, Refusal, Retention,
};
use umaverse::trial::Standing;
use umaverse::wire::codec::{HttpRequest, Routes};
use umaverse::wire::oauth::{AuthenticationMethod, ClientMetadata};
use umaverse::wire::*;

const STEP: Name = Name { root: 0, word: "test", nth: 1, leg: Leg::Request, copy: 0 };

fn world(story: &str) -> World {
    let path = format!("{}/simulations/{story}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let source = Source { file: &path, text: &text };
    World::build(&script::parse(&source).unwrap(), &source).unwrap()
}

// ---- the front

fn request(target: &str, headers: &[(&str, String)], body: Vec<u8>) -> HttpRequest {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), value.as_str().into())).collect();
    HttpRequest { method: "POST".into(), uri: Uri::new(format!("https://as.example{target}")), headers, body }
}

// What a front with these limits answers, and whether the request came to the door.
fn asked(limits: Limits, request: HttpRequest, door_open: bool) -> (u16, bool) {
    actix_rt::System::new().block_on(async move {
        let (open, mut door) = mpsc::unbounded_channel::<Parcel>();
        let front = Front::new("https://as.example".into(), Routes::default(), Revision::V2_0, limits, open);
        let service = InProcess::new(front).await.unwrap();
        if !door_open {
            door.close();
        }
        let answering = actix_rt::spawn(async move {
            let Some(parcel) = door.recv().await else { return false };
            parcel.answer.send(Answer::from(Response::Refused { status: 404 })).is_ok()
        });
        let status = service.exchange(request).await.unwrap().status;
        drop(service);
        (status, answering.await.unwrap())
    })
}

#[test]
fn a_front_refuses_alone_for_size_and_when_it_is_busy_and_for_nothing_else() {
    let limits = Limits { target_bytes: 100, header_bytes: 100, body_bytes: 100, ..Limits::default() };
    let long = "x".repeat(101);
    let plain = || request("/nowhere", &[], vec![b'x'; 100]);
    assert_eq!(asked(limits, plain(), true), (404, true));
    assert_eq!(
        asked(limits, request("/%2e%2e//?=&&%ff", &[("Content-Type", "?".to_owned())], vec![0]), true),
        (404, true)
    );
    assert_eq!(asked(limits, request(&format!("/{long}"), &[], vec![]), true), (414, false));
    assert_eq!(asked(limits, request("/", &[("X-Long", long)], vec![]), true), (431, false));
    assert_eq!(asked(limits, request("/", &[], vec![b'x'; 101]), true), (413, false));
    assert_eq!(asked(Limits { open_exchanges: 0, ..limits }, plain(), true), (503, false));
    assert_eq!(asked(limits, plain(), false), (503, false));
}

// ---- the node

/// Surroundings that write down what happens.
#[derive(Default)]
struct Notebook {
    lines: RefCell<Vec<String>>,
    next: Cell<u64>,
    panics: Cell<bool>,
    stop: Cell<Option<StopAt>>,
}

struct Draws {
    panics: bool,
}

impl Entropy for Draws {
    fn fill(&mut self, _purpose: &'static str, bytes: &mut [u8]) {
        assert!(!self.panics, "told to");
        bytes.fill(7);
    }
}

impl Notebook {
    fn write(&self, line: impl Into<String>) {
        self.lines.borrow_mut().push(line.into());
    }

    fn taken(&self) -> Vec<String> {
        self.lines.take()
    }
}

impl Surroundings for Notebook {
    fn clock(&self) -> Timestamp {
        Timestamp::from_secs(1_700_000_000)
    }

    fn entropy(&self, _cause: Name) -> Box<dyn Entropy> {
        Box::new(Draws { panics: self.panics.get() })
    }

    fn crypto(&self) -> &dyn Crypto {
        &StandInCrypto
    }

    fn next_exchange(&self) -> u64 {
        self.next.get()
    }

    fn use_exchanges(&self, next: u64) {
        self.next.set(next);
    }

    fn stops_at(&self, _cause: Name, _writes: bool) -> Option<StopAt> {
        self.stop.take()
    }

    fn said(&self, _cause: Name, _said: Effect) {}

    fn durable(&self, _cause: Name, _entry: Position, facts: Vec<Fact>) {
        self.write(format!("durable {}", facts.len()));
    }

    fn perform(&self, _cause: Name, _effect: Effect) {
        self.write("perform");
    }

    fn answers(&self, _cause: Name, exchange: ExchangeId, answer: &Answer) -> bool {
        self.write(format!("answer {} {}", exchange.0, answer.message.word()));
        true
    }

    fn stopped(&self, _cause: Name, why: Stopped) {
        self.write(format!("stopped {why:?}"));
    }
}

/// A journal that answers when it is told to, or refuses.
#[derive(Clone, Debug)]
struct Slow {
    inner: Arc<MemoryJournal>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    appends: VecDeque<(Position, Entry, Done)>,
    refusing: bool,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} waiting", self.appends.len())
    }
}

impl Slow {
    fn new() -> Self {
        let inner = MemoryStore::new().journal(&Realm::new("as"));
        Self { inner: Arc::new(inner), waiting: Arc::default() }
    }

    fn answer_all(&self) {
        for (at, entry, done) in std::mem::take(&mut self.waiting.lock().unwrap().appends) {
            self.inner.append(at, entry, done);
        }
    }
}

impl Journal for Slow {
    fn append(&self, expected: Position, entry: Entry, done: Done) {
        let mut waiting = self.waiting.lock().unwrap();
        if waiting.refusing {
            return done(Err(Refusal::Full("the disk is full".to_owned()).into()));
        }
        waiting.appends.push_back((expected, entry, done));
    }

    fn resume(&self) -> Result<Position, JournalError> {
        self.waiting.lock().unwrap().appends.clear();
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

/// An authorization server as a node.
struct Bench {
    node: Node,
    journal: Slow,
    book: Rc<Notebook>,
    routes: Routes,
}

impl Bench {
    fn new() -> Self {
        let World { roles, seats, .. } = world("photo-sharing-2.0");
        let servers = roles.into_iter().zip(seats);
        let mut servers = servers.filter(|(role, _)| matches!(role, Role::AuthorizationServer(_)));
        let (role, Seat { routes, .. }) = servers.next().unwrap();
        let (journal, book) = (Slow::new(), Rc::new(Notebook::default()));
        let (stored, surroundings) = (Box::new(journal.clone()), book.clone());
        let config = Config { role, rules_off: RuleSet::default(), journal: stored, surroundings };
        Self { node: Node::open(config).unwrap(), journal, book, routes }
    }

    fn asks(&mut self, exchange: u64, endpoint: Endpoint, message: Request) -> oneshot::Receiver<Answer> {
        let path = self.routes.path(endpoint).unwrap();
        let uri = Uri::new(format!("https://as.example{path}"));
        let received = Received { uri, credentials: Credentials::None, cookie: None, message: Ok(message) };
        let arrival = Arrival::new(ExchangeId(exchange), true, received);
        let (answer, answered) = oneshot::channel();
        self.node.deliver(STEP, Input::Request(arrival), Some(answer));
        answered
    }

    fn registers(&mut self, exchange: u64) -> oneshot::Receiver<Answer> {
        let metadata = ClientMetadata {
            name: Some("printer".into()),
            redirect_uris: vec!["https://printer.example/back".into()],
            claims_redirect_uris: Vec::new(),
            scope: ScopeSet::default(),
            grant_types: vec!["authorization_code".into()],
            authentication: AuthenticationMethod::SecretBasic,
            keys: None,
        };
        self.asks(exchange, Endpoint::ClientRegistration, Request::RegisterClient(metadata))
    }

    fn reads(&mut self, exchange: u64) -> oneshot::Receiver<Answer> {
        self.asks(exchange, Endpoint::Jwks, Request::GetJwks)
    }
}

#[test]
fn answers_wait_for_every_fact_before_them_also_those_to_mere_reads() {
    let mut bench = Bench::new();
    let mut registered = bench.registers(1);
    let mut read = bench.reads(2);
    assert_eq!(bench.book.taken(), Vec::<String>::new());
    assert!(registered.try_recv().is_err() && read.try_recv().is_err());
    bench.journal.answer_all();
    bench.node.take_written();
    assert_eq!(bench.book.taken(), ["durable 1", "answer 1 registered", "answer 2 keys"]);
    assert!(registered.try_recv().is_ok() && read.try_recv().is_ok());
    assert_eq!(bench.node.rebuild().unwrap(), 1);
}

#[test]
fn a_refused_write_drops_everything_that_waited() {
    let mut bench = Bench::new();
    let mut waiting = bench.registers(1);
    bench.journal.waiting.lock().unwrap().refusing = true;
    let mut refused = bench.registers(2);
    assert_eq!(bench.book.taken(), ["stopped WriteRefused"]);
    let closed = oneshot::error::TryRecvError::Closed;
    assert_eq!(
        (waiting.try_recv().err(), refused.try_recv().err()),
        (Some(closed), Some(oneshot::error::TryRecvError::Closed))
    );
    bench.journal.waiting.lock().unwrap().refusing = false;
    assert_eq!(bench.node.rebuild().unwrap(), 0);
    let _registered = bench.registers(3);
    bench.journal.answer_all();
    bench.node.take_written();
    assert_eq!(bench.book.taken(), ["durable 1", "answer 3 registered"]);
}

#[test]
fn a_panic_ends_the_node_and_not_the_program_and_the_journal_brings_it_back() {
    let mut bench = Bench::new();
    let _registered = bench.registers(1);
    bench.journal.answer_all();
    bench.node.take_written();
    bench.book.panics.set(true);
    let mut broken = bench.registers(2);
    bench.book.panics.set(false);
    assert_eq!(bench.book.taken()[2..], ["stopped Panicked(\"told to\")"]);
    assert!(broken.try_recv().is_err());
    assert_eq!(bench.node.rebuild().unwrap(), 1);
}

#[test]
fn a_node_stops_where_it_is_made_to() {
    let expected: [(StopAt, &[&str], u64); 3] = [
        (StopAt::BeforeWrite, &["stopped Made"], 0),
        (StopAt::AfterWrite, &["durable 1", "stopped Made"], 1),
        (StopAt::AfterSend, &["durable 1", "answer 1 registered", "stopped Made"], 1),
    ];
    for (at, lines, facts) in expected {
        let mut bench = Bench::new();
        bench.book.stop.set(Some(at));
        let _registered = bench.registers(1);
        bench.journal.answer_all();
        bench.node.take_written();
        assert_eq!(bench.book.taken(), lines);
        assert_eq!(bench.node.rebuild().unwrap(), facts, "{at:?}");
    }
}

// ---- after a story

#[test]
fn the_servers_of_a_story_go_on_at_their_ports() {
    actix_rt::System::new().block_on(async {
        let standing = Standing::after(world("photo-sharing-2.0"), &Options::default()).await.unwrap();
        assert!(standing.finished.violation().is_none());
        let server = standing.addresses.iter().find(|address| {
            let node = standing.finished.truth.at_origin(address.origin.origin());
            let role = node.and_then(|node| standing.finished.truth.get(node)).map(|truth| truth.role);
            role == Some(umaverse::trace::truth::RoleKind::AuthorizationServer)
        });
        let url = &server.unwrap().url;
        let client = Client::new(Names::new());
        let get = |path: &str| HttpRequest {
            method: "GET".into(),
            uri: Uri::new(format!("{url}{path}")),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let within = Duration::from_secs(10);
        let found = client.exchange(get("/.well-known/uma2-configuration"), within).await.unwrap();
        assert_eq!(found.status, 200);
        assert!(String::from_utf8(found.body).unwrap().contains("token_endpoint"));
        assert_eq!(client.exchange(get("/nowhere"), within).await.unwrap().status, 404);
        let nobody = HttpRequest { uri: "http://127.0.0.1:1/".into(), ..get("/") };
        assert!(client.exchange(nobody, within).await.is_err());
    });
}
