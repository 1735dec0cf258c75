//! Runs for REG, DUR and LIV.

use super::super::test_traces::*;
use super::Case;
use crate::message::*;
use crate::trace::fact::CodeIssued;
use crate::trace::fact::*;
use crate::trace::note::*;
use crate::trace::{Event, Fact};
use crate::wire::Revision::{Draft06, V2_0};
use crate::wire::oauth::*;
use crate::wire::owner::OWNER_SCOPE;
use crate::wire::text::scope_set;
use crate::wire::*;

fn plain(_: &mut Run) {}

fn listed(run: &mut Run, ids: Vec<ResourceId>) {
    let exchange = run.with_pat(RS, Request::ListResources);
    run.answer(AS, RS, exchange, 200, Response::ResourceList(ids));
}

fn registered(run: &mut Run, resource: ResourceKey) {
    let description = Run::description(&["read"]);
    run.fact(AS, Fact::ResourceRegistered { resource, description, etag: Some("9".into()) });
}

fn updated(run: &mut Run, scopes: &[&str]) {
    let (description, etag) = (Run::description(scopes), Some("2".into()));
    run.fact(AS, Fact::ResourceUpdated { resource: key(RS), description, etag });
    run.now += 1;
}

pub(super) fn ticket_after_removal(run: &mut Run, scopes: &[&str]) {
    updated(run, scopes);
    run.challenged("t8", 8, (!run.v2()).then_some("rpt1"));
}

fn introspected_after_removal(run: &mut Run) {
    updated(run, &["write"]);
    let entry = run.entry(RS);
    run.introspect(RS, "rpt1", Some(entry));
}

fn id_again(run: &mut Run) {
    run.fact(AS, Fact::ResourceDeregistered { resource: key(RS) });
    registered(run, key(RS));
}

fn two_paths(run: &mut Run) {
    let (owner, as_uri, scopes) = ("alice".into(), uri(AS, ""), ScopeSet::new());
    run.fact(RS, Fact::ResourceMapped { path: "/b".into(), owner, as_uri, id: Some(rid(RS)), etag: None, scopes });
}

fn policy_by(run: &mut Run, owner: &str) {
    let target = PolicyTarget::Resources(vec![rid(RS)]);
    let policy = Policy { target, ..policy(&["write"], only_bob()) };
    let policy = Policy { id: "q".into(), ..policy };
    run.fact(AS, Fact::PolicySet { owner: owner.into(), policy, version: 5 });
}

fn by_program(run: &mut Run, scope: &str, told: OwnerAnswer) {
    run.fact(
        AS,
        Fact::AccessTokenIssued {
            token: hash("owner's"),
            client: "terminal".into(),
            person: Some("alice".into()),
            scope: scope_set([scope]),
            expires_at: Timestamp::from_secs(9_000_000_000),
            refresh: None,
            code: None,
            refreshed_from: None,
            refresh_expires_at: None,
        },
    );
    let credentials = Credentials::Bearer(Bearer::new("owner's"));
    let ask = run.send(CLIENT, uri(AS, "/owner/"), credentials, Request::Owner(OwnerCall::ListPolicies));
    run.answer(AS, CLIENT, ask, 200, Response::Owner(told));
}

// What nobody has set under the owner's name is somebody else's.
fn another_owners() -> OwnerAnswer {
    OwnerAnswer::Policies(vec![(Policy { id: "another's".into(), ..policy(&["read"], only_bob()) }, "1".into())])
}

fn unregistered(run: &mut Run) {
    let mut issued = run.ticket_fact("t8", 8, None, TicketReason::PermissionRequest);
    if let Fact::TicketIssued { permissions, .. } = &mut issued {
        permissions[0].scopes.insert("fly".into());
    }
    run.fact(AS, issued);
}

fn crash_in_between(run: &mut Run) {
    run.challenged("t8", 8, (!run.v2()).then_some("rpt1"));
    run.present(CLIENT, "t8", None);
    run.redeemed("t8", 8, true);
    run.push(Event::Crashed { node: AS });
}

fn not_durable(run: &mut Run) {
    let permissions = Vec::new();
    let exchange = run.with_pat(RS, Request::RequestPermissions { permissions, array: false });
    let ticket = PermissionTicket::new("t77");
    run.answer(AS, RS, exchange, 201, Response::PermissionTicket { ticket, location: None });
}

/// A code request that arrives twice.
fn twice(run: &mut Run, second: Response) {
    run.approval(true);
    let code = hash("code");
    let issued = Fact::CodeIssued(CodeIssued {
        code,
        client: id(CLIENT),
        person: "bob".into(),
        scope: scope_set(["x"]),
        redirect_uri: uri(CLIENT, "/return"),
        code_challenge: None,
        nonce: None,
        expires_at: run.at() + Duration::from_secs(60),
    });
    run.fact(AS, issued);
    let code = AuthorizationCode::new("code");
    let request = TokenRequest::AuthorizationCode { code, redirect_uri: None, code_verifier: None };
    let ask = run.send(CLIENT, uri(AS, "/token"), Run::credentials(CLIENT), Request::Token(request));
    let copy = run.arrives_again(CLIENT, AS, ask);
    run.access_token("once", CLIENT, "bob", "x");
    run.access_token("again", CLIENT, "bob", "x");
    run.answer(AS, CLIENT, ask, 200, Run::tokens("once", false));
    run.push(Event::Answered {
        from: AS,
        to: CLIENT,
        exchange: copy,
        status: 200,
        answer: Box::new(Answer::from(second)),
    });
    run.push(Event::Lost { exchange: copy, answer: true });
}

fn no_chain(run: &mut Run) {
    run.challenged("t8", 8, None);
    run.gather(BOB, "t8", "t9", 8);
    let mut given = run.granted(RS, 8);
    given.policies = vec![("p".into(), 77)];
    let issued = run.rpt_fact("rpt8", Run::of_ticket("t9", 8, None), vec![given]);
    run.fact(AS, issued);
    run.access(RS, "rpt8");
}

/// A fetch after everything is known, with its end.
fn fetch_ends(run: &mut Run, server: NodeId, outcome: FetchOutcome) {
    run.now += 1;
    run.fetch(BOB, 9, server);
    run.try_access(CLIENT, server, None);
    run.fetched(9, server, outcome);
}

fn fetch_after_loss(run: &mut Run, outcome: FetchOutcome) {
    run.now += 1;
    run.fetch(BOB, 9, RS);
    run.challenged("t8", 8, (!run.v2()).then_some("rpt1"));
    let ask = run.present(CLIENT, "t8", None);
    run.push(Event::Lost { exchange: ask, answer: true });
    if run.v2() {
        let ticket = PermissionTicket::new("t8");
        let scope = ScopeSet::new();
        let again = UmaTicketGrant { ticket, claim_token: None, pct: None, rpt: None, scope };
        run.send(CLIENT, uri(AS, "/token"), Credentials::None, Request::Token(TokenRequest::UmaTicket(again)));
    }
    run.fetched(9, RS, outcome);
}

fn denied() -> FetchOutcome {
    FetchOutcome::Denied
}

fn livelock(run: &mut Run) {
    run.fetch(CAROL, 9, RS);
    for _ in 0..300 {
        run.try_access(CLIENT, RS, None);
    }
    run.fetched(9, RS, denied());
}

fn carol_denied(run: &mut Run) {
    run.fetch(CAROL, 9, RS);
    run.try_access(CLIENT, RS, None);
    run.fetched(9, RS, denied());
}

fn asked_again(run: &mut Run) {
    run.challenged("t7", 7, None);
    let ask = run.present(CLIENT, "t7", None);
    run.redeemed("t7", 7, true);
    run.successor("t7", "t8", 7, TicketReason::NeedInfo);
    run.need_info(ask, "t8");
    run.gather(BOB, "t8", "t9", 7);
    let ask = run.present(CLIENT, "t9", None);
    run.redeemed("t9", 7, true);
    run.successor("t9", "t10", 7, TicketReason::NeedInfo);
    run.need_info(ask, "t10");
}

fn submitted(run: &mut Run, interval_secs: u64) {
    run.challenged("t7", 7, None);
    let ask = run.present(CLIENT, "t7", None);
    run.redeemed("t7", 7, true);
    run.successor("t7", "t8", 7, TicketReason::RequestSubmitted);
    let ticket = Some(PermissionTicket::new("t8"));
    run.answer(AS, CLIENT, ask, 403, Response::RequestSubmitted { ticket, interval_secs: Some(interval_secs) });
}

/// The owner's answer has come, and a client polls five seconds before it may.
fn polled_early(run: &mut Run, told: bool) {
    submitted(run, 10);
    run.now += 5;
    let ask = run.present(CLIENT, "t8", None);
    run.redeemed("t8", 7, true);
    if told {
        let denied = Failure::body(403, ErrorCode::RequestDenied);
        run.answer(AS, CLIENT, ask, 403, Response::Failure(denied));
    } else {
        run.successor("t8", "t9", 7, TicketReason::RequestSubmitted);
        let ticket = Some(PermissionTicket::new("t9"));
        run.answer(AS, CLIENT, ask, 403, Response::RequestSubmitted { ticket, interval_secs: Some(10) });
    }
}

fn still_waiting(run: &mut Run) {
    let held = (!run.v2()).then_some("rpt1");
    run.challenged("t7", 7, held);
    let asked = Fact::OwnerAsked {
        request: "q1".into(),
        process: ProcessId(7),
        owner: "alice".into(),
        client: id(CLIENT),
        subjects: Vec::new(),
        resource: key(RS),
        scopes: scope_set(["read"]),
        at: None,
    };
    run.fact(AS, asked);
    run.fact(AS, Fact::OwnerAnswered { request: "q1".into(), owner: "alice".into(), approved: true, at: None });
    let ask = run.present(CLIENT, "t7", None);
    let submitted = Response::RequestSubmitted { ticket: None, interval_secs: None };
    run.answer(AS, CLIENT, ask, 403, submitted);
}

pub(super) fn orphan(run: &mut Run) {
    let description = Run::description(&["read"]);
    let exchange = run.with_pat(RS, Request::CreateResource { id: Some("orphan".into()), description });
    registered(run, ResourceKey { id: "orphan".into(), ..key(RS) });
    let orphan = crate::wire::registration::RegisteredResource {
        id: "orphan".into(),
        etag: None,
        description: None,
        policy_uri: None,
    };
    run.answer(AS, RS, exchange, 201, Response::ResourceCreated(orphan));
    run.end();
}

/// Both servers are wanted; the second fetch ends with `outcome`.
fn both_wanted(run: &mut Run, outcome: FetchOutcome) {
    fetch_ends(run, RS, Run::got());
    fetch_ends(run, RS2, outcome);
}

fn flood(run: &mut Run) {
    for number in 0..100_100 {
        let issued = run.ticket_fact(&format!("flood{number}"), number + 100, None, TicketReason::PermissionRequest);
        run.fact(AS, issued);
    }
}

pub(super) const CASES: &[Case] = &[
    ("REG-1", V2_0, |run| listed(run, vec![rid(RS)]), |run| listed(run, Vec::new())),
    ("REG-1", Draft06, plain, |run| registered(run, key(RS))),
    ("REG-2", V2_0, |run| ticket_after_removal(run, &["read"]), |run| ticket_after_removal(run, &["write"])),
    ("REG-2", Draft06, |run| ticket_after_removal(run, &["read"]), introspected_after_removal),
    ("REG-3", V2_0, plain, id_again),
    ("REG-3", Draft06, plain, two_paths),
    ("REG-4", V2_0, |run| policy_by(run, "alice"), |run| policy_by(run, "carol")),
    (
        "REG-4",
        V2_0,
        |run| by_program(run, OWNER_SCOPE, OwnerAnswer::Policies(Vec::new())),
        |run| by_program(run, "uma_protection", OwnerAnswer::Policies(Vec::new())),
    ),
    (
        "REG-4",
        Draft06,
        |run| by_program(run, OWNER_SCOPE, OwnerAnswer::Done),
        |run| by_program(run, OWNER_SCOPE, another_owners()),
    ),
    ("REG-5", V2_0, plain, unregistered),
    ("REG-5", Draft06, plain, unregistered),
    ("DUR-1", V2_0, plain, crash_in_between),
    ("DUR-1", Draft06, plain, crash_in_between),
    ("DUR-2", V2_0, plain, not_durable),
    ("DUR-3", V2_0, |run| twice(run, Run::tokens("once", false)), |run| twice(run, Run::tokens("again", false))),
    ("DUR-4", V2_0, plain, no_chain),
    ("LIV-1", V2_0, |run| fetch_ends(run, RS, Run::got()), |run| fetch_ends(run, RS, denied())),
    ("LIV-1", Draft06, |run| fetch_ends(run, RS, Run::got()), |run| fetch_ends(run, RS, denied())),
    ("LIV-2", V2_0, carol_denied, livelock),
    ("LIV-3", V2_0, plain, asked_again),
    ("LIV-4", V2_0, |run| submitted(run, 10), |run| submitted(run, 300)),
    ("GRT-7", V2_0, |run| polled_early(run, false), |run| polled_early(run, true)),
    ("LIV-4", Draft06, with_answer, still_waiting),
    ("LIV-5", V2_0, Run::end, orphan),
    ("LIV-5", Draft06, Run::end, orphan),
    ("LIV-6", V2_0, |run| fetch_after_loss(run, Run::got()), |run| fetch_after_loss(run, denied())),
    ("LIV-7", V2_0, |run| both_wanted(run, Run::got()), |run| both_wanted(run, denied())),
    ("LIV-8", V2_0, plain, flood),
];

fn with_answer(run: &mut Run) {
    run.challenged("t7", 7, Some("rpt1"));
    let asked = Fact::OwnerAsked {
        request: "q1".into(),
        process: ProcessId(7),
        owner: "alice".into(),
        client: id(CLIENT),
        subjects: Vec::new(),
        resource: key(RS),
        scopes: scope_set(["read"]),
        at: None,
    };
    run.fact(AS, asked);
    run.fact(AS, Fact::OwnerAnswered { request: "q1".into(), owner: "alice".into(), approved: true, at: None });
    run.gather(BOB, "t7", "t7", 7);
    let ask = run.present(CLIENT, "t7", None);
    run.grant(ask, "t7", 7, "rpt1");
}
