//! The servers: an authorization server whose state is in memory or on disk, and an empty handler.

use crate::child::{JOURNAL, LIFETIME, SIZE};
use crate::state::{Facts, OWNERS, config, cpu_micros, resident_bytes};
use actix_web::{App, HttpResponse, HttpServer, web};
use std::collections::BTreeMap;
use std::io::BufRead;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc;
use umaverse::node::Site;
use umaverse::node::figures::{Figures, Observer};
use umaverse::node::passwords::Blocking;
use umaverse::node::process::{Process, Setup};
use umaverse::role::{AuthorizationServer, Role, Rule};
use umaverse::trace::Fact;
use umaverse::transport::crypto::NodeCrypto;
use umaverse::transport::http::{Client, Limits, Names};
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::journal::memory::MemoryStore;
use umaverse::transport::journal::{Entry, Journal, Position, Realm};
use umaverse::transport::passwords;
use umaverse::wire::{Duration, Revision, Timestamp, Uri};

const FACTS_PER_ENTRY: usize = 50;

/// Serves until it is killed.
pub(crate) fn run(kind: &str) {
    match kind {
        "empty" => actix_web::rt::System::new().block_on(empty()),
        "memory" => {
            let journal = Box::new(MemoryStore::new().journal(&Realm::new("as")));
            fill(&*journal);
            actix::System::new().block_on(serve(journal, None));
        }
        "disk" => {
            let store = EmbeddedStore::open(&PathBuf::from(std::env::var_os(JOURNAL).unwrap())).unwrap();
            let journal = Box::new(store.journal(&Realm::new("as")));
            if journal.extent().unwrap().end == Position(0) {
                fill(&*journal);
            }
            actix::System::new().block_on(serve(journal, Some(store)));
        }
        other => unreachable!("no server is called {other}"),
    }
}

// What a handler costs that decides nothing: JSON in, JSON out.
async fn empty() {
    let handler = |_asked: web::Json<serde_json::Value>| async {
        HttpResponse::Ok().json(serde_json::json!({ "active": true, "permissions": [{ "resource_scopes": ["view"] }] }))
    };
    let app = move || App::new().default_service(web::to(handler));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = HttpServer::new(app).workers(1).listen(listener).unwrap().run();
    tell(address, None);
    server.await.unwrap();
}

async fn serve(journal: Box<dyn Journal>, store: Option<EmbeddedStore>) {
    // A port that is free now; nobody else takes ports here in between.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let issuer = Uri::new(format!("http://{address}"));
    let mut config = config(issuer.clone());
    if let Ok(secs) = std::env::var(LIFETIME) {
        let lifetime = Duration::from_secs(secs.parse().unwrap());
        (config.ticket_lifetime, config.rpt_lifetime, config.permission_lifetime) = (lifetime, lifetime, lifetime);
        (config.refresh_token_lifetime, config.pct_lifetime) = (lifetime + lifetime, lifetime);
    }
    let role = Role::AuthorizationServer(Box::new(AuthorizationServer::new(config)));
    let figures = Figures::default();
    let setup = Setup {
        site: Site { origin: issuer, routes: role.routes(), revision: Revision::V2_0 },
        role,
        rules_off: [Rule::LinkIsTls].into_iter().collect(),
        listen: address,
        tls: None,
        limits: Limits::default(),
        stop_within_secs: 1,
        journal,
        client: Client::new(Names::new()),
        peers: BTreeMap::new(),
        crypto: Rc::new(NodeCrypto),
        passwords: Rc::new(Blocking(passwords::check)),
        watch: Rc::new(Observer::new(figures.clone())),
        contents: None,
        inbox: None,
        counts: Some(std::sync::Arc::new(figures)),
    };
    let _process = Process::start(setup).unwrap();
    tell(address, store);
    std::future::pending::<()>().await;
}

// Says where it listens, and from then on how it stands, whenever it is asked.
fn tell(address: SocketAddr, store: Option<EmbeddedStore>) {
    println!("{address}");
    std::thread::spawn(move || {
        for _ in std::io::stdin().lock().lines() {
            let written = store.as_ref().map(EmbeddedStore::figures).unwrap_or_default();
            let (resident, cpu) = (resident_bytes().unwrap_or_default(), cpu_micros().unwrap_or_default());
            println!("{} {} {resident} {cpu}", written.flushes, written.facts);
        }
    });
}

fn fill(journal: &dyn Journal) {
    let size = std::env::var(SIZE).unwrap().parse().unwrap();
    let now = Timestamp::from_secs(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs());
    let facts = Facts::new(now, now + Duration::from_secs(24 * 3600));
    let owners = (0..OWNERS).flat_map(|number| [facts.pat(number), facts.policy(number)]);
    let owned = (0..size).flat_map(|number| [facts.resource(number), facts.rpt(number), facts.ticket(number)]);
    let mut all = facts.parties().into_iter().chain(owners).chain(owned);
    let (told, hear) = mpsc::channel();
    for number in 0.. {
        let some: Vec<Fact> = all.by_ref().take(FACTS_PER_ENTRY).collect();
        if some.is_empty() {
            break;
        }
        let told = told.clone();
        let done = Box::new(move |outcome: Result<_, _>| told.send(outcome.is_ok()).unwrap());
        journal.append(Position(number), Entry { at: now, facts: some }, done);
    }
    drop(told);
    assert!(hear.iter().all(|written| written));
}
