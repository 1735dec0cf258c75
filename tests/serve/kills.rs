//! Kill -9 at random moments under load: nothing acknowledged is lost, and no ticket is redeemed twice.

use crate::audits::audit;
use crate::ecosystem::{Ecosystem, Running};
use crate::whole_flow::share;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration as Span;
use umaverse::trace::Fact;
use umaverse::transport::http::{Client, Names};
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::journal::{Extent, Journal, Position, Realm};
use umaverse::wire::codec;
use umaverse::wire::oauth::{
    AuthenticationMethod, ClientMetadata, IntrospectionRequest, IntrospectionResponse, TokenRequest, UMA_TICKET_GRANT,
    UmaTicketGrant,
};
use umaverse::wire::*;

/// How many requests are open at a time.
const WORKERS: usize = 8;

/// What was acknowledged, and what may have happened.
#[derive(Default)]
struct Book {
    fresh: RefCell<Vec<PermissionTicket>>,
    redeemed: RefCell<Vec<(PermissionTicket, Rpt)>>,
    over: Cell<bool>,
}

struct Party {
    http: Client,
    issuer: Uri,
    pat: Pat,
    resource: ResourceId,
    client: ClientAuthentication,
    book: Book,
}

impl Party {
    async fn ask(&self, path: &str, credentials: Credentials, message: Request) -> Option<Response> {
        let call = Call { to: self.issuer.join(path), credentials, cookie: None, message };
        let request = codec::encode_request(Revision::V2_0, &call);
        let answered = self.http.exchange(request, Duration::from_secs(10)).await.ok()?;
        Some(codec::decode_response(Revision::V2_0, &call.message, &answered).ok()?.message)
    }

    async fn ticket(&self) -> Option<PermissionTicket> {
        let scopes = ScopeSet::from([Scope::from("view")]);
        let permissions = vec![PermissionRequest { resource_id: self.resource.clone(), scopes }];
        let asked = Request::RequestPermissions { permissions, array: false };
        match self.ask("/permission", Credentials::Bearer(self.pat.as_kind()), asked).await? {
            Response::PermissionTicket { ticket, .. } => Some(ticket),
            other => panic!("no ticket but {}", other.word()),
        }
    }

    // `None`: no answer. `Some(None)`: refused.
    async fn redeem(&self, ticket: &PermissionTicket) -> Option<Option<Rpt>> {
        let grant =
            UmaTicketGrant { ticket: ticket.clone(), claim_token: None, pct: None, rpt: None, scope: ScopeSet::new() };
        let asked = Request::Token(TokenRequest::UmaTicket(grant));
        match self.ask("/token", Credentials::Client(self.client.clone()), asked).await? {
            Response::Token(tokens) => Some(Some(tokens.access_token.as_kind())),
            Response::Failure(failure) if failure.status < 500 => Some(None),
            _ => None,
        }
    }

    async fn is_active(&self, rpt: &Rpt) -> bool {
        let asked = IntrospectionRequest { token: rpt.as_kind(), resource_id: None, host_id: None };
        let credentials = Credentials::Bearer(self.pat.as_kind());
        let answered = self.ask("/introspect", credentials, Request::Introspect(asked)).await;
        matches!(answered, Some(Response::Introspection(IntrospectionResponse::Active(_))))
    }

    async fn spend(&self, times: usize) {
        for _ in 0..times {
            let ticket = self.ticket().await.unwrap();
            assert!(matches!(self.redeem(&ticket).await, Some(Some(_))));
        }
    }

    async fn work(&self) {
        while !self.book.over.get() {
            let Some(ticket) = self.ticket().await else { return };
            self.book.fresh.borrow_mut().push(ticket.clone());
            if self.book.fresh.borrow().len().is_multiple_of(3) {
                // Left for after the restart.
                continue;
            }
            self.book.fresh.borrow_mut().retain(|other| *other != ticket);
            let Some(rpt) = self.redeem(&ticket).await else { return };
            self.book.redeemed.borrow_mut().push((ticket, rpt.expect("anyone may")));
        }
    }

    // Nothing acknowledged is lost, and nothing is good a second time.
    async fn check(&self) -> usize {
        let (fresh, redeemed) = (self.book.fresh.take(), self.book.redeemed.take());
        let mut checked = 0;
        for (ticket, rpt) in &redeemed {
            assert!(self.is_active(rpt).await, "an RPT that was handed out is not known");
            assert_eq!(self.redeem(ticket).await, Some(None), "a spent ticket is good again");
            checked += 1;
        }
        for ticket in &fresh {
            assert!(matches!(self.redeem(ticket).await, Some(Some(_))), "a ticket that was handed out is not known");
            assert_eq!(self.redeem(ticket).await, Some(None), "a ticket is good twice");
            checked += 1;
        }
        checked
    }
}

pub(crate) fn facts(ecosystem: &Ecosystem, kind: &str) -> Vec<Fact> {
    let store = EmbeddedStore::open(&ecosystem.file(&format!("{kind}.journal"))).unwrap();
    let journal = store.journal(&Realm::new(kind));
    let end = journal.extent().unwrap().end;
    let entries = journal.read(Position(0), usize::try_from(end.0).unwrap()).unwrap();
    entries.into_iter().flat_map(|entry| entry.facts).collect()
}

fn extent(ecosystem: &Ecosystem, kind: &str) -> Extent {
    let store = EmbeddedStore::open(&ecosystem.file(&format!("{kind}.journal"))).unwrap();
    store.journal(&Realm::new(kind)).extent().unwrap()
}

// What the resource server obtained: its PAT, and what its file is called at the authorization server.
pub(crate) fn obtained(ecosystem: &Ecosystem) -> (Pat, ResourceId) {
    let (mut pat, mut resource) = (None, None);
    for fact in facts(ecosystem, "rs") {
        match fact {
            Fact::PatObtained { pat: obtained, .. } => pat = Some(obtained),
            Fact::ResourceMapped { id: Some(id), .. } => resource = Some(id),
            _ => {}
        }
    }
    (pat.unwrap(), resource.unwrap())
}

async fn register(http: &Client, issuer: &Uri) -> ClientAuthentication {
    let message = Request::RegisterClient(ClientMetadata {
        name: Some("load".into()),
        redirect_uris: Vec::new(),
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: vec![UMA_TICKET_GRANT.into()],
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    });
    let call = Call { to: issuer.join("/register"), credentials: Credentials::None, cookie: None, message };
    let request = codec::encode_request(Revision::V2_0, &call);
    let answered = http.exchange(request, Duration::from_secs(10)).await.unwrap();
    match codec::decode_response(Revision::V2_0, &call.message, &answered).unwrap().message {
        Response::ClientRegistered(known) => ClientAuthentication::Basic(known.client_id, known.client_secret.unwrap()),
        other => panic!("not registered but {}", other.word()),
    }
}

fn random_millis(below: u64) -> u64 {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_ne_bytes(bytes) % below
}

fn kill(times: usize) {
    let ecosystem = Ecosystem::new("2.0");
    // Snapshots are due all the time, and what they stand for stays to be checked at the end.
    ecosystem.add("as", "[snapshots]\nevery = 20\nkeep = \"for-ever\"\n");
    ecosystem.add("as", "[trace]\nfolder = \"traces\"\nclock-error = \"100ms\"\n");
    let mut server = ecosystem.start("as");
    let resource_server = ecosystem.start("rs");
    actix_rt::System::new().block_on(async {
        let party = Rc::new(party(&ecosystem, resource_server).await);
        let mut checked = 0;
        for _ in 0..times {
            server = one_round(&ecosystem, &party, server).await;
            checked += party.check().await;
        }
        assert!(checked > times, "there was no load: {checked} in {times} rounds");
        server.kill();
    });
    each_ticket_is_redeemed_once(&facts(&ecosystem, "as"));
    judged(&ecosystem, times);
    let snapshot = extent(&ecosystem, "as").snapshot.expect("snapshots were due");
    assert!(snapshot.position > Position(20), "{snapshot:?}");
}

// Somebody who has what the resource server had.
async fn party(ecosystem: &Ecosystem, resource_server: Running) -> Party {
    share(ecosystem, PolicyCondition::Anyone).await;
    resource_server.kill();
    let ((pat, resource), issuer) = (obtained(ecosystem), ecosystem.issuer());
    let http = Client::new(Names::new());
    let client = register(&http, &issuer).await;
    Party { http, issuer, pat, resource, client, book: Book::default() }
}

async fn one_round(ecosystem: &Ecosystem, party: &Rc<Party>, server: Running) -> Running {
    party.book.over.set(false);
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let party = party.clone();
            actix_rt::spawn(async move { party.work().await })
        })
        .collect();
    tokio::time::sleep(Span::from_millis(20 + random_millis(150))).await;
    server.kill();
    party.book.over.set(true);
    for worker in workers {
        worker.await.unwrap();
    }
    ecosystem.start("as")
}

// What all starts of the server wrote, judged as a run is. It speaks plain HTTP, which shows as TLS-1.
fn judged(ecosystem: &Ecosystem, times: usize) {
    let audited = audit(ecosystem);
    assert_eq!(audited.violated(), ["TLS-1"], "{}", audited.said);
    for id in ["TKT-1", "TKT-8", "GRT-1", "DUR-1", "DUR-2"] {
        let one = audited.of(id);
        assert!(one["premises"].as_u64().unwrap() > times as u64, "{id} {one}");
        assert!(one.get("needs").is_none(), "{id} {one}");
    }
}

fn each_ticket_is_redeemed_once(facts: &[Fact]) {
    let mut spent = BTreeMap::new();
    let mut issued = BTreeSet::new();
    for fact in facts {
        match fact {
            Fact::TicketIssued { ticket, .. } => assert!(issued.insert(*ticket), "a ticket is issued twice"),
            Fact::TicketRedeemed { ticket, spent: true, .. } => {
                assert!(issued.contains(ticket), "a ticket is redeemed that was never issued");
                *spent.entry(*ticket).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    assert!(!spent.is_empty());
    assert!(spent.values().all(|times| *times == 1), "a ticket is redeemed twice");
}

/// What has ended goes with the next snapshot, and what lives is there after a start from it.
#[test]
fn a_journal_holds_what_lives_and_not_what_was() {
    let ecosystem = Ecosystem::new("2.0");
    ecosystem.add("as", "[snapshots]\nevery = 100\n");
    let config = std::fs::read_to_string(ecosystem.file("as.toml")).unwrap();
    let short = "[authorization-server]\nticket-lifetime = \"1s\"\nrpt-lifetime = \"1s\"\n";
    // A refresh token never ends, nor does what it is for.
    let config = config.replace("refresh-tokens = true\npcts = true\n", "");
    std::fs::write(ecosystem.file("as.toml"), config.replace("[authorization-server]\n", short)).unwrap();
    let (mut server, resource_server) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(async {
        let party = party(&ecosystem, resource_server).await;
        for _ in 0..4 {
            party.spend(100).await;
            tokio::time::sleep(Span::from_millis(3_300)).await;
        }
        let figures = crate::operations::figures(&ecosystem, "as").await;
        assert!(figures.contains("umaverse_snapshots_total ") && !figures.contains("umaverse_snapshots_total 0"));
        server.signal("TERM");
        assert_eq!(server.code(), Some(0));
        let Extent { first, end, snapshot } = extent(&ecosystem, "as");
        assert!(end > Position(800) && end.0 - first.0 < 500, "{first} to {end}");
        let store = EmbeddedStore::open(&ecosystem.file("as.journal")).unwrap();
        let mut held = 0;
        store.journal(&Realm::new("as")).read_snapshot(&mut |_| held += 1).unwrap();
        assert!(held < 500, "{held} facts live of more than 800: {snapshot:?}");
        drop(store);
        let _again = ecosystem.start("as");
        // The connections that it had are gone.
        Party { http: Client::new(Names::new()), ..party }.spend(1).await;
    });
}

#[test]
fn a_killed_authorization_server_has_lost_nothing_and_redeems_nothing_twice() {
    kill(20);
}

/// The same two hundred times, at two servers: `.ci/run` asks for it.
#[test]
#[ignore = "takes minutes; .ci/run calls it"]
fn two_hundred_kills() {
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| kill(100));
        }
    });
}
