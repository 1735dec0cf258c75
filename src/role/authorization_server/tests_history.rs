//! The history of an owner: what was asked, granted and refused in each revision, and that it outlives what it tells of.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::Bench;
use super::testing_uma::*;
use super::{AuthorizationServer, AuthorizationServerConfig, Upgrade, drafts, v1_0_1};
use crate::role::Machine;
use crate::trace::Fact;
use crate::wire::oauth::{TokenRequest, UmaTicketGrant};
use crate::wire::owner::{OWNER_SCOPE, OwnerAnswer, OwnerCall};
use crate::wire::page::{AccountView, DenialReason, HistoryEntry, HistoryOutcome, Page};
use crate::wire::request::TicketPresentation;
use crate::wire::text::scope_set;
use crate::wire::{
    Bearer, Duration, PermissionTicket, Policy, PolicyCondition, PolicyTarget, Request, Response, Revision, Rpt,
    ScopeSet, Served, Timestamp, Uri,
};

/// A server with a resource of which `view` is for everybody, `edit` for whom Alice lets, and `print` for another client.
struct World {
    bench: Bench,
    revision: Revision,
}

const SECOND: Duration = Duration::from_secs(1);

/// Each revision, also beside another.
fn worlds() -> Vec<World> {
    let alone = Revision::ALL.into_iter().map(|revision| World::new(revision, |_| {}));
    let beside = [Revision::V1_0_1, Revision::V2_0].map(|revision| World::new(revision, side_by_side));
    alone.chain(beside).collect()
}

fn side_by_side(config: &mut AuthorizationServerConfig) {
    config.served = Served::SideBySide;
}

impl World {
    fn new(revision: Revision, change: impl FnOnce(&mut AuthorizationServerConfig)) -> Self {
        let mut bench = bench_with(revision, |config| {
            config.partial_grants = false;
            change(config);
        });
        resource(&mut bench, "photo", &["view", "edit", "print", "delete"]);
        let mut world = Self { bench, revision };
        world.policy("everybody", "view", PolicyCondition::Anyone);
        world.policy("asked", "edit", PolicyCondition::OwnerApproves);
        world.policy("printers", "print", PolicyCondition::Client("other".into()));
        world
    }

    fn policy(&mut self, id: &str, scope: &str, condition: PolicyCondition) {
        let (target, scopes) = (PolicyTarget::AllResources, scope_set([scope]));
        let policy = Policy { id: id.into(), target, scopes, condition };
        self.owner(OwnerCall::SetPolicy { policy, only_if: None });
    }

    fn owner(&mut self, call: OwnerCall) -> OwnerAnswer {
        self.bench.access_token("alice's", Some("alice"), "terminal", scope_set([OWNER_SCOPE]));
        match self.bench.with_bearer("alice's", Request::Owner(call)) {
            Response::Owner(answer) => answer,
            other => panic!("not answered: {other:?}"),
        }
    }

    fn answer_request(&mut self, approve: bool) {
        let OwnerAnswer::Requests(waiting) = self.owner(OwnerCall::ListRequests) else { panic!("no requests") };
        let [request] = &waiting[..] else { panic!("not one request: {waiting:?}") };
        self.owner(OwnerCall::AnswerRequest { id: request.id.clone(), approve });
    }

    // By the API and as the page, which tell the same.
    fn history(&mut self) -> Vec<HistoryEntry> {
        let OwnerAnswer::History(told) = self.owner(OwnerCall::ReadHistory) else { panic!("no history") };
        self.bench.session("alice's browser", "alice");
        let uri = Uri::from("https://as.example").with_path(&format!("/account{}", AccountView::History.below()));
        match self.bench.browse_at("alice's browser", uri, Request::GetAccount) {
            Response::Page(Page::Account(page)) => assert_eq!(page.history, told, "{}", self.revision),
            other => panic!("no page: {other:?}"),
        }
        told
    }

    fn ask_for(&mut self, person: &str, scope: &str) -> Response {
        let ticket = ticket(&mut self.bench, &[("photo", &[scope])]);
        self.present(person, &ticket, None)
    }

    fn present(&mut self, person: &str, ticket: &PermissionTicket, rpt: Option<Bearer>) -> Response {
        self.bench.now = self.bench.now + SECOND;
        match self.revision {
            Revision::Draft05 | Revision::Draft06 => self.fill(person, ticket),
            Revision::V1_0_1 => {
                let aat = self.aat(person, v1_0_1::AAT_SCOPE);
                let asked = TicketPresentation { ticket: ticket.clone(), rpt, claim_tokens: Vec::new() };
                self.bench.with_bearer(&aat, Request::RequestRptForTicket(asked))
            }
            Revision::V2_0 => self.push(person, ticket, rpt),
        }
    }

    fn aat(&mut self, person: &str, scope: &str) -> String {
        let aat = format!("aat of {person}");
        self.bench.access_token(&aat, Some(person), "app", scope_set([scope]));
        aat
    }

    fn fill(&mut self, person: &str, ticket: &PermissionTicket) -> Response {
        let aat = self.aat(person, drafts::AAT_SCOPES[usize::from(self.revision == Revision::Draft06)]);
        let Response::RptIssued(rpt) = self.bench.with_bearer(&aat, Request::RequestRpt) else { panic!("no RPT") };
        let request = Request::RequestAuthorizationData { rpt: rpt.as_kind(), ticket: ticket.clone() };
        self.bench.with_bearer(&aat, request)
    }

    fn push(&mut self, person: &str, ticket: &PermissionTicket, rpt: Option<Bearer>) -> Response {
        let now = self.bench.now;
        let token = id_token(|it| {
            (it.issued_at, it.expires_at) = (now, now + Duration::from_secs(300));
            it.subject = person.into();
        });
        let request = Request::Token(TokenRequest::UmaTicket(UmaTicketGrant { rpt, ..pushing(ticket, token) }));
        self.bench.begin(credentials("app"), None, Ok(request));
        serve_idp(&mut self.bench, None);
        answer(&self.bench)
    }

    // Asks for what Alice has a say in, has her say it, and comes again.
    fn ask_alice(&mut self, person: &str, approve: bool) -> Response {
        let ticket = ticket(&mut self.bench, &[("photo", &["edit"])]);
        let Response::RequestSubmitted { ticket: next, .. } = self.present(person, &ticket, None) else {
            panic!("not submitted")
        };
        self.bench.now = self.bench.now + SECOND;
        self.answer_request(approve);
        self.bench.now = self.bench.now + Duration::from_secs(10);
        self.present(person, &next.unwrap_or(ticket), None)
    }

    /// The server as it is after a snapshot and a restart.
    fn restarted(&self) -> AuthorizationServer {
        let (config, now) = (&self.bench.server.config, self.bench.now);
        let mut swept = self.bench.rebuilt();
        swept.forget_ended(now);
        let mut server = AuthorizationServer::new(config.clone());
        self.bench.facts.iter().filter(|fact| swept.needs(fact)).for_each(|fact| server.apply(fact));
        server.forget_ended(now);
        server
    }
}

fn is_granted(response: &Response) -> bool {
    matches!(response, Response::AuthorizationDataAdded | Response::RptGranted(_) | Response::Token(_))
}

// Who, with which client, what, and how it came out; the newest first.
fn in_short(history: &[HistoryEntry]) -> Vec<(String, String, HistoryOutcome)> {
    let short = |entry: &HistoryEntry| {
        assert_eq!((entry.resource_server.as_str(), entry.resource_id.as_str()), ("rs1", "photo"));
        assert_eq!(entry.client_id, Some("app".into()));
        let parties: Vec<&str> = entry.requesting_parties.iter().map(|party| &**party).collect();
        let scopes: Vec<&str> = entry.scopes.iter().map(crate::wire::Scope::as_str).collect();
        (parties.join(" "), scopes.join(" "), entry.outcome)
    };
    history.iter().map(short).collect()
}

fn expected(told: &[(&str, &str, HistoryOutcome)]) -> Vec<(String, String, HistoryOutcome)> {
    told.iter().map(|(who, what, outcome)| ((*who).into(), (*what).into(), *outcome)).collect()
}

fn denied(why: DenialReason) -> HistoryOutcome {
    HistoryOutcome::Denied(Some(why))
}

// Bob and Carol get and do not get things, and Alice takes something back from both.
fn much_happens(world: &mut World) {
    assert!(is_granted(&world.ask_for("bob", "view")), "{}", world.revision);
    assert!(is_granted(&world.ask_for("carol", "view")));
    assert!(!is_granted(&world.ask_for("bob", "print")));
    assert!(!is_granted(&world.ask_for("carol", "delete")));
    assert!(is_granted(&world.ask_alice("bob", true)));
    assert!(!is_granted(&world.ask_alice("carol", false)));
    world.owner(OwnerCall::WithdrawPolicy { id: "everybody".into(), if_match: None });
}

#[test]
fn each_revision_tells_who_got_what_when_and_who_did_not_and_why() {
    for mut world in worlds() {
        much_happens(&mut world);
        let history = world.history();
        // In the drafts Bob's second RPT took the place of the first, so of that there was nothing left to take back.
        let drafts = matches!(world.revision, Revision::Draft05 | Revision::Draft06);
        let of_bob = if drafts { HistoryOutcome::Granted } else { HistoryOutcome::GrantedAndWithdrawn };
        let told = expected(&[
            ("carol", "edit", denied(DenialReason::OwnerRefused)),
            ("carol", "edit", HistoryOutcome::OwnerRefused),
            ("bob", "edit", HistoryOutcome::Granted),
            ("bob", "edit", HistoryOutcome::OwnerApproved),
            ("carol", "delete", denied(DenialReason::NoPolicy)),
            ("bob", "print", denied(DenialReason::ConditionsNotMet)),
            ("carol", "view", HistoryOutcome::GrantedAndWithdrawn),
            ("bob", "view", of_bob),
        ]);
        assert_eq!(in_short(&history), told, "{}", world.revision);
        let at: Vec<u64> = history.iter().filter_map(|entry| entry.at.map(Timestamp::secs)).collect();
        assert_eq!(at, [1030, 1019, 1017, 1006, 1004, 1003, 1002, 1001], "{}", world.revision);
    }
}

#[test]
fn a_history_outlives_what_it_tells_of_and_a_restart() {
    for mut world in worlds() {
        much_happens(&mut world);
        let before = world.history();
        assert_eq!(world.restarted().history, world.bench.server.history, "{}, at once", world.revision);
        world.bench.now = world.bench.now + Duration::from_secs(365 * 24 * 3600);
        let restarted = world.restarted();
        assert_eq!(restarted.history, world.bench.server.history, "{}, a year later", world.revision);
        let nothing: [bool; 3] = [
            restarted.rpts.all(|_| true).is_empty(),
            restarted.owner_requests.is_empty(),
            restarted.tickets.is_empty(),
        ];
        assert_eq!(nothing, [true; 3], "{}: the entries are all that is left of it", world.revision);
        world.bench.server = restarted;
        assert_eq!(world.history(), before);
    }
}

#[test]
fn what_is_taken_back_from_one_party_is_not_taken_back_from_another() {
    for mut world in worlds() {
        assert!(is_granted(&world.ask_alice("bob", true)));
        assert!(is_granted(&world.ask_for("carol", "view")));
        world.owner(OwnerCall::WithdrawPolicy { id: "asked".into(), if_match: None });
        let outcomes: Vec<_> = world.history().into_iter().map(|entry| entry.outcome).collect();
        use HistoryOutcome::{Granted, GrantedAndWithdrawn, OwnerApproved};
        assert_eq!(outcomes, [Granted, GrantedAndWithdrawn, OwnerApproved], "{}", world.revision);
    }
}

#[test]
fn an_upgrade_and_a_refresh_tell_nothing_twice() {
    for upgrade in [Upgrade::NewString, Upgrade::SameString] {
        for revision in [Revision::V1_0_1, Revision::V2_0] {
            let mut world = World::new(revision, |config| config.upgrade = upgrade);
            world.policy("deleting", "delete", PolicyCondition::Anyone);
            let (rpt, refresh) = match world.ask_for("bob", "view") {
                Response::RptGranted(rpt) => (rpt, None),
                Response::Token(tokens) => (Rpt::new(tokens.access_token.expose()), tokens.refresh_token),
                other => panic!("no RPT: {other:?}"),
            };
            let ticket = ticket(&mut world.bench, &[("photo", &["delete"])]);
            assert!(is_granted(&world.present("bob", &ticket, Some(rpt.as_kind()))));
            let granted = HistoryOutcome::Granted;
            let told = expected(&[("bob", "delete", granted), ("bob", "view", granted)]);
            assert_eq!(in_short(&world.history()), told, "{revision}, {upgrade:?}");
            let Some(_) = refresh else { continue };
            let Response::Token(new) = world.ask_for("bob", "view") else { panic!("no RPT") };
            let Some(refresh_token) = new.refresh_token else { panic!("no refresh token") };
            let before = world.history();
            let renewal = Request::Token(TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() });
            assert!(is_granted(&world.bench.ask(credentials("app"), None, renewal).message));
            assert_eq!(world.history(), before);
        }
    }
}

#[test]
fn a_denial_of_an_older_journal_has_the_client_of_its_process() {
    let mut world = World::new(Revision::V2_0, |_| {});
    assert!(!is_granted(&world.ask_for("bob", "print")));
    for fact in &mut world.bench.facts {
        if let Fact::RequestDenied { client, subjects, .. } = fact {
            (*client, *subjects) = (None, Vec::new());
        }
    }
    world.bench.server = world.bench.rebuilt();
    let why = denied(DenialReason::ConditionsNotMet);
    assert_eq!(in_short(&world.history()), expected(&[("", "print", why)]));
}
