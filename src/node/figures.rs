//! The figures of a node for Prometheus, and the number of each request on its way through several nodes. It counts what
//! it sees; names and values of a role are in none of it.

use super::watch::{Nobody, Seen, Watch};
use crate::message::{ExchangeId, Leg, Name};
use crate::node::snapshots::Done;
use crate::role::{Effect, Entropy};
use crate::trace::note::AccessDecision;
use crate::trace::{Fact, Note};
use crate::transport::http::{Counts, REQUEST_ID};
use crate::transport::journal::embedded::{EmbeddedStore, Figures as Written};
use crate::transport::journal::{Journal, Realm};
use crate::wire::{Endpoint, Request, Text};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type Labels = Vec<(&'static str, String)>;

/// What is counted; clones are the same.
#[derive(Clone)]
pub struct Figures {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram, fn() -> Histogram>,
    tickets: Counter,
    rpts: Counter,
    introspections: Counter,
    cache: Family<Labels, Counter>,
    decisions: Family<Labels, Counter>,
    stops: Counter,
    journal: Family<Labels, Gauge>,
    snapshots: Counter,
    snapshot_seconds: Histogram,
    snapshot_facts: Gauge,
    stopped: AtomicBool,
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Figures")
    }
}

// From half a millisecond to eight seconds.
fn histogram() -> Histogram {
    Histogram::new((0..15).map(|step| 0.0005 * f64::from(1_u32 << step)))
}

impl Default for Figures {
    fn default() -> Self {
        let mut inner = Inner {
            registry: Registry::with_prefix("umaverse"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(histogram as fn() -> Histogram),
            tickets: Counter::default(),
            rpts: Counter::default(),
            introspections: Counter::default(),
            cache: Family::default(),
            decisions: Family::default(),
            stops: Counter::default(),
            journal: Family::default(),
            snapshots: Counter::default(),
            snapshot_seconds: histogram(),
            snapshot_facts: Gauge::default(),
            stopped: AtomicBool::new(false),
        };
        let registry = &mut inner.registry;
        registry.register("requests", "Requests by endpoint and status", inner.requests.clone());
        registry.register("request_seconds", "Time to the answer by endpoint", inner.seconds.clone());
        registry.register("tickets", "Permission tickets issued", inner.tickets.clone());
        registry.register("rpts", "RPTs issued", inner.rpts.clone());
        let help = "Questions asked about RPTs; decisions with an RPT beyond these were answered from the cache";
        registry.register("introspections", help, inner.introspections.clone());
        let help = "Decisions that rest on an answer about the RPT, by whether it was asked for or remembered";
        registry.register("cache", help, inner.cache.clone());
        let help = "Decided access attempts";
        registry.register("access_decisions", help, inner.decisions.clone());
        registry.register("stops", "Times the role was built anew from its journal", inner.stops.clone());
        let help =
            "Flushes, entries, facts and refused appends since the start; entries that are kept, and since a snapshot";
        registry.register("journal", help, inner.journal.clone());
        registry.register("snapshots", "Snapshots of the journal written", inner.snapshots.clone());
        let help = "Time to a snapshot and to what it makes room for";
        registry.register("snapshot_seconds", help, inner.snapshot_seconds.clone());
        registry.register("snapshot_facts", "Facts that the newest snapshot holds", inner.snapshot_facts.clone());
        Self { inner: Arc::new(inner) }
    }
}

impl Figures {
    /// Everything as text for Prometheus.
    pub fn to_text(&self, store: &EmbeddedStore, realm: &Realm) -> String {
        let Written { flushes, entries, facts, refused } = store.figures();
        let written = [("flushes", flushes), ("entries", entries), ("facts", facts), ("refused", refused)];
        written.into_iter().for_each(|(what, value)| self.tell_journal(what, value));
        if let Ok(extent) = store.journal(realm).extent() {
            let from = extent.snapshot.map_or(0, |mark| mark.position.0);
            self.tell_journal("kept", extent.end.0.saturating_sub(extent.first.0));
            self.tell_journal("since-snapshot", extent.end.0.saturating_sub(from));
        }
        let mut text = String::new();
        match encode(&mut text, &self.inner.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }

    fn tell_journal(&self, what: &str, value: u64) {
        let gauge = self.inner.journal.get_or_create(&vec![("what", what.to_owned())]).clone();
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// Counts a snapshot.
    pub fn snapshot_written(&self, done: &Done) {
        self.inner.snapshots.inc();
        self.inner.snapshot_seconds.observe(done.took.as_secs_f64());
        self.inner.snapshot_facts.set(i64::try_from(done.written.facts).unwrap_or(i64::MAX));
    }

    /// False while the role is being built anew.
    pub fn is_ready(&self) -> bool {
        !self.inner.stopped.load(Ordering::SeqCst)
    }

    fn count(&self, what: &Seen<'_>) {
        match what {
            Seen::Durable { facts, .. } => facts.iter().for_each(|fact| self.count_fact(fact)),
            Seen::Sent { call, .. } if matches!(call.message, Request::Introspect(_)) => {
                self.inner.introspections.inc();
            }
            Seen::Said(Effect::Note(Note::AccessDecided { decision, .. })) => {
                let labels = vec![("decision", decision_word(decision).to_owned())];
                self.inner.decisions.get_or_create(&labels).inc();
            }
            Seen::Stopped(_) => {
                self.inner.stops.inc();
                self.inner.stopped.store(true, Ordering::SeqCst);
            }
            Seen::Reopened => self.inner.stopped.store(false, Ordering::SeqCst),
            _ => {}
        }
    }

    fn count_answer(&self, remembered: bool) {
        let what = if remembered { "remembered" } else { "asked" };
        self.inner.cache.get_or_create(&vec![("answer", what.to_owned())]).inc();
    }

    fn count_fact(&self, fact: &Fact) {
        match fact {
            Fact::TicketIssued { .. } => drop(self.inner.tickets.inc()),
            Fact::RptIssued { .. } => drop(self.inner.rpts.inc()),
            _ => {}
        }
    }
}

const fn decision_word(decision: &AccessDecision) -> &'static str {
    match decision {
        AccessDecision::Released { .. } => "released",
        AccessDecision::ChallengedForRpt => "challenged",
        _ => "not-released",
    }
}

impl Counts for Figures {
    fn answered(&self, endpoint: Endpoint, status: u16, took: Duration) {
        let endpoint = format!("{endpoint:?}");
        let labels = vec![("endpoint", endpoint.clone()), ("status", status.to_string())];
        self.inner.requests.get_or_create(&labels).inc();
        self.inner.seconds.get_or_create(&vec![("endpoint", endpoint)]).observe(took.as_secs_f64());
    }
}

/// How many requests are remembered by number, and answers of others: more than may be open, more than are cached.
const REMEMBERED: usize = 20_000;

/// Counts, and hands the number of a request on to whatever the node asks on its behalf.
pub struct Observer {
    figures: Figures,
    numbers: Nobody,
    next_root: Cell<u32>,
    requests: RefCell<BTreeMap<u32, Text>>,
    sent: RefCell<BTreeMap<ExchangeId, u32>>,
    used: RefCell<BTreeSet<ExchangeId>>,
}

impl Observer {
    /// An observer that counts into these figures. Numbers of exchanges are unique in its deployment.
    pub fn new(figures: Figures) -> Self {
        let (requests, sent, used) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { figures, numbers: Nobody::numbering_from_anywhere(), next_root: Cell::new(1), requests, sent, used }
    }

    // The first decision by an answer asked for it, every later one remembered it.
    fn rests_on(&self, answer: ExchangeId) {
        let mut used = self.used.borrow_mut();
        self.figures.count_answer(!used.insert(answer));
        while used.len() > REMEMBERED {
            used.pop_first();
        }
    }

    fn begun(&self, request: Option<Text>) -> Name {
        let root = self.next_root.get();
        // Zero stays for what nobody asked for.
        self.next_root.set(root.checked_add(1).unwrap_or(1));
        let mut requests = self.requests.borrow_mut();
        if let Some(request) = request {
            requests.insert(root, request);
        }
        while requests.len() > REMEMBERED {
            requests.pop_first();
        }
        Name { root, word: "request", nth: 0, leg: Leg::Request, copy: 0 }
    }
}

impl Watch for Observer {
    fn seen(&self, cause: Name, what: Seen<'_>) -> Name {
        self.figures.count(&what);
        match &what {
            Seen::Arrived { request, .. } => return self.begun(request.clone()),
            Seen::Said(Effect::Note(Note::AccessDecided { evidence: Some(evidence), .. })) => {
                self.rests_on(evidence.exchange);
            }
            Seen::Sent { exchange, .. } => {
                self.sent.borrow_mut().insert(*exchange, cause.root);
            }
            Seen::Returned { exchange, .. } | Seen::Failed { exchange, .. } => {
                self.sent.borrow_mut().remove(exchange);
            }
            _ => {}
        }
        self.numbers.seen(cause, what)
    }

    fn next_exchange(&self) -> u64 {
        self.numbers.next_exchange()
    }

    fn use_exchanges(&self, next: u64) {
        self.numbers.use_exchanges(next);
    }

    fn exchange(&self, named: Option<u64>) -> ExchangeId {
        self.numbers.exchange(named)
    }

    fn headers(&self, exchange: ExchangeId) -> Vec<(Text, Text)> {
        let root = self.sent.borrow().get(&exchange).copied();
        let request = root.and_then(|root| self.requests.borrow().get(&root).cloned());
        request.map(|request| (REQUEST_ID.into(), request)).into_iter().collect()
    }

    fn entropy(&self, cause: Name) -> Box<dyn Entropy> {
        self.numbers.entropy(cause)
    }
}
