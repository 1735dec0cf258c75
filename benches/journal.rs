//! What the journal on disk does in a second, and how long a node takes to start from it: `cargo bench --bench journal`.
//! Writes below the target folder. Each figure ends as a line `figure NAME VALUE UNIT`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark fails loudly and prints")]

#[path = "support/size.rs"]
mod size;

use size::sized;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use umaverse::role::Role;
use umaverse::sim::script::{Source, parse};
use umaverse::sim::world::World;
use umaverse::trace::Fact;
use umaverse::trace::fact::{ProcessId, TicketHash, TicketReason};
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::journal::replay::replay;
use umaverse::transport::journal::{Entry, Journal, Position, Realm, Retention, snapshot};
use umaverse::wire::{Endpoint, Timestamp};

const MEASURED_FOR: [Duration; 2] = [Duration::from_secs(2), Duration::from_millis(100)];
const FACTS: [u64; 2] = [1_000_000, 2000];
const FACTS_PER_ENTRY: u64 = 2;
/// Of so many tickets one is still good.
const LIVE: u64 = 100;

fn main() {
    for appenders in [1, 16, 256] {
        append_at_once(appenders);
    }
    start();
}

fn figure(name: &str, value: f64, unit: &str) {
    println!("{} journal_{name} {value:.1} {unit}", size::word());
}

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}.journal"));
    let _not_there = std::fs::remove_file(&path);
    path
}

// A ticket that is issued and redeemed: what one grant writes, more or less.
fn entry(number: u64) -> Entry {
    let ticket = TicketHash::of(&number.to_be_bytes());
    let expires_at = Timestamp::from_secs(if number.is_multiple_of(LIVE) { 1_700_000_000 } else { 1_600_000_000 });
    let issued = Fact::TicketIssued {
        ticket,
        process: ProcessId(number),
        permissions: Vec::new(),
        owner: "alice".into(),
        resource_server: "photos".into(),
        expires_at,
        predecessor: None,
        reason: TicketReason::PermissionRequest,
    };
    let redeemed = Fact::TicketRedeemed {
        ticket,
        process: ProcessId(number),
        client: "app".into(),
        at: Endpoint::Token,
        spent: true,
    };
    Entry { at: Timestamp(number), facts: vec![issued, redeemed] }
}

// Requests come at once, one role takes them in turn, and each waits until its facts are durable.
fn append_at_once(appenders: usize) {
    let store = EmbeddedStore::open(&scratch(&format!("append-{appenders}"))).unwrap();
    let journal = Arc::new(store.journal(&Realm::new("as")));
    let (next, stop) = (Mutex::new(0), AtomicBool::new(false));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..appenders {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    append(&*journal, &next).recv().unwrap();
                }
            });
        }
        std::thread::sleep(sized(MEASURED_FOR));
        stop.store(true, Ordering::Relaxed);
    });
    let (took, figures) = (started.elapsed().as_secs_f64(), store.figures());
    figure(&format!("flushes_{appenders}"), figures.flushes as f64 / took, "1/s");
    figure(&format!("facts_per_flush_{appenders}"), figures.facts as f64 / figures.flushes as f64, "facts");
    figure(&format!("appends_{appenders}"), figures.entries as f64 / took, "1/s");
}

fn append(journal: &dyn Journal, next: &Mutex<u64>) -> mpsc::Receiver<()> {
    let (told, hear) = mpsc::channel();
    let mut position = next.lock().unwrap();
    let done = Box::new(move |outcome: Result<_, _>| {
        outcome.unwrap();
        let _gone = told.send(());
    });
    journal.append(Position(*position), entry(*position), done);
    *position += 1;
    hear
}

fn start() {
    let path = scratch("start");
    let realm = Realm::new("as");
    let store = EmbeddedStore::open(&path).unwrap();
    let (journal, next) = (store.journal(&realm), Mutex::new(0));
    let last = (0..sized(FACTS) / FACTS_PER_ENTRY).map(|_| append(&journal, &next)).last();
    last.unwrap().recv().unwrap();
    drop((journal, store));
    figure("file_1m_facts", std::fs::metadata(&path).unwrap().len() as f64 / 1e6, "MB");
    figure("start_1m_facts", started(&path, &realm), "ms");
    let store = EmbeddedStore::open(&path).unwrap();
    let journal = store.journal(&realm);
    let began = Instant::now();
    snapshot::write(&journal, server(), Timestamp::from_secs(1_700_000_000)).unwrap();
    figure("snapshot_1m_facts", began.elapsed().as_secs_f64() * 1e3, "ms");
    journal.compact(Retention::None).unwrap();
    drop((journal, store));
    figure("start_1m_facts_after_snapshot", started(&path, &realm), "ms");
}

fn started(path: &Path, realm: &Realm) -> f64 {
    let began = Instant::now();
    let store = EmbeddedStore::open(path).unwrap();
    let mut role = server();
    replay(&store.journal(realm), &mut role).unwrap();
    began.elapsed().as_secs_f64() * 1e3
}

fn server() -> Role {
    let text = include_str!("../simulations/photo-sharing-2.0.toml");
    let source = Source { file: "photo-sharing-2.0.toml", text };
    let world = World::build(&parse(&source).unwrap(), &source).unwrap();
    world.roles.into_iter().find(|role| matches!(role, Role::AuthorizationServer(_))).unwrap()
}
