//! Small hand-made traces for the tests of the views: one access in 2.0 and one in draft-06.

use crate::message::{ExchangeId, Leg, Name, NodeId};
use crate::trace::fact::{GrantedPermission, ProcessId, ResourceKey, RptOrigin, Subject, TicketReason};
use crate::trace::note::{AccessDecision, Assessed, AssessedResource, Evidence};
use crate::trace::truth::{NodeTruth, ResourceTruth, RoleKind};
use crate::trace::{Event, Fact, Note, Record, Truth};
use crate::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse};
use crate::wire::oauth::{TokenRequest, TokenResponse, UmaTicketGrant};
use crate::wire::text::scope_set;
use crate::wire::*;
use std::collections::BTreeMap;

const BOB: NodeId = NodeId(0);
const APP: NodeId = NodeId(1);
const RS: NodeId = NodeId(2);
const AS: NodeId = NodeId(3);

/// Values that must appear in no view.
pub(crate) const SECRETS: [&str; 6] =
    ["pat-value-1", "ticket-value-1", "ticket-value-2", "rpt-value-1", "aat-value-1", "session-value-1"];

/// A trace in the making.
pub(crate) struct Sample {
    pub(crate) truth: Truth,
    pub(crate) records: Vec<Record>,
    at: u64,
}

impl Sample {
    fn new(revision: Revision) -> Self {
        Self { truth: truth(revision), records: Vec::new(), at: 1_000_000_000_000 }
    }

    pub(crate) fn add(&mut self, event: Event) {
        let step = self.records.len() as u64;
        let cause = Name { root: 0, word: "fetch", nth: 1, leg: Leg::Request, copy: 0 };
        let at = Timestamp(self.at);
        self.records.push(Record { step, at, node_time: at, cause, event });
    }

    fn wait(&mut self, millis: u64) {
        self.at += millis * 1000;
    }

    fn sent(&mut self, exchange: u64, from: NodeId, to: NodeId, call: Call) {
        self.wait(5);
        self.add(Event::Sent { from, to: Some(to), exchange: ExchangeId(exchange), call: Box::new(call) });
    }

    fn answered(&mut self, exchange: u64, from: NodeId, to: NodeId, status: u16, message: Response) {
        self.wait(5);
        let answer = Box::new(Answer::from(message));
        self.add(Event::Answered { from, to, exchange: ExchangeId(exchange), status, answer });
    }

    fn fact(&mut self, node: NodeId, fact: Fact) {
        self.add(Event::Fact { node, fact });
    }

    fn note(&mut self, node: NodeId, note: Note) {
        self.add(Event::Noted { node, note });
    }
}

fn call(to: &str, bearer: Option<&str>, message: Request) -> Call {
    let credentials = bearer.map_or(Credentials::None, |token| Credentials::Bearer(Bearer::new(token)));
    Call { to: Uri::from(to), credentials, cookie: None, message }
}

fn truth(revision: Revision) -> Truth {
    let node = |name: &str, role, origin: Option<&str>| NodeTruth {
        name: name.into(),
        role,
        origin: origin.map(Uri::from),
        revision: (role != RoleKind::Person).then_some(revision),
        beside: None,
        spoken_at: Default::default(),
        honest: true,
        accounts: BTreeMap::new(),
        rules_off: Vec::new(),
        trusts: Vec::new(),
    };
    Truth {
        nodes: vec![
            node("bob", RoleKind::Person, None),
            node("app", RoleKind::Client, Some("https://app.example")),
            node("rs", RoleKind::ResourceServer, Some("https://rs.example")),
            node("as", RoleKind::AuthorizationServer, Some("https://as.example")),
            node("alice", RoleKind::Person, None),
        ],
        roots: vec!["bob.fetch#1".into()],
        resources: vec![ResourceTruth {
            server: RS,
            path: "/album".into(),
            owner: NodeId(4),
            authorization_server: AS,
            content: "album".into(),
            need: BTreeMap::from([("GET".into(), scope_set(["view"]))]),
        }],
        ..Truth::default()
    }
}

fn key() -> ResourceKey {
    ResourceKey { owner: "alice".into(), resource_server: "rs-client".into(), id: "r-1".into() }
}

fn permission() -> Permission {
    Permission {
        resource_id: "r-1".into(),
        scopes: scope_set(["view"]),
        expires_at: None,
        issued_at: None,
        not_before: None,
    }
}

fn subject() -> Subject {
    Subject { issuer: Uri::from("https://as.example"), person: "bob".into() }
}

fn granted() -> GrantedPermission {
    GrantedPermission {
        resource: key(),
        permission: permission(),
        process: ProcessId(7),
        granted_at: Timestamp(0),
        policies: vec![("friends".into(), 1)],
        subjects: vec![subject()],
    }
}

fn policy() -> Fact {
    let condition = PolicyCondition::RequestingParty { issuer: Uri::from("https://as.example"), subject: "bob".into() };
    let target = PolicyTarget::AllResources;
    let policy = Policy { id: "friends".into(), target, scopes: scope_set(["view"]), condition };
    Fact::PolicySet { owner: "alice".into(), policy, version: 1 }
}

fn pat_issued() -> Fact {
    Fact::AccessTokenIssued {
        token: Bearer::new("pat-value-1").hashed(),
        client: "rs-client".into(),
        person: Some("alice".into()),
        scope: scope_set(["uma_protection"]),
        expires_at: Timestamp(u64::MAX),
        refresh: None,
        code: None,
        refreshed_from: None,
        refresh_expires_at: None,
    }
}

fn ticket_issued(value: &str, predecessor: Option<&str>, reason: TicketReason) -> Fact {
    Fact::TicketIssued {
        ticket: PermissionTicket::new(value).hashed(),
        process: ProcessId(7),
        permissions: vec![PermissionRequest { resource_id: "r-1".into(), scopes: scope_set(["view"]) }],
        owner: "alice".into(),
        resource_server: "rs-client".into(),
        expires_at: Timestamp(u64::MAX),
        predecessor: predecessor.map(|value| PermissionTicket::new(value).hashed()),
        reason,
    }
}

fn assessed(ticket: &str, result: &'static str, reasons: Vec<Text>) -> Note {
    let passed = reasons.is_empty();
    Note::Assessed(Box::new(Assessed {
        process: ProcessId(7),
        ticket: PermissionTicket::new(ticket).hashed(),
        client: "app-client".into(),
        subjects: if passed { vec![subject()] } else { Vec::new() },
        registered_scopes: scope_set(["view"]),
        requested_scopes: ScopeSet::new(),
        resources: vec![AssessedResource {
            resource: key(),
            requested: scope_set(["view"]),
            candidate_granted: if passed { scope_set(["view"]) } else { ScopeSet::new() },
            policies: vec![("friends".into(), 1)],
            reasons,
        }],
        result,
    }))
}

fn decided(exchange: u64, rpt: Option<&str>, decision: AccessDecision) -> Note {
    let evidence = rpt.map(|_| Evidence {
        as_uri: Uri::from("https://as.example"),
        pat: Pat::new("pat-value-1").hashed(),
        exchange: ExchangeId(6),
        fetched_at: Timestamp(1_000_000_050_000),
        active: true,
        permissions: vec![permission()],
        expires_at: None,
    });
    let evidence = evidence.map(Box::new);
    let rpt = rpt.map(|value| Rpt::new(value).hashed());
    Note::AccessDecided {
        exchange: ExchangeId(exchange),
        path: "/album".into(),
        method: "GET".into(),
        rpt,
        evidence,
        decision,
    }
}

fn get(bearer: Option<&str>) -> Call {
    call("https://rs.example/album", bearer, Request::Access { method: "GET".into() })
}

fn token_request(ticket: &str) -> Call {
    let ticket = PermissionTicket::new(ticket);
    let grant = UmaTicketGrant { ticket, claim_token: None, pct: None, rpt: None, scope: ScopeSet::new() };
    call("https://as.example/token", None, Request::Token(TokenRequest::UmaTicket(grant)))
}

fn permission_request() -> Call {
    let permissions = vec![PermissionRequest { resource_id: "r-1".into(), scopes: scope_set(["view"]) }];
    let message = Request::RequestPermissions { permissions, array: false };
    call("https://as.example/permission", Some("pat-value-1"), message)
}

fn introspect() -> Call {
    let token = Bearer::new("rpt-value-1");
    let message = Request::Introspect(IntrospectionRequest { token, resource_id: None, host_id: None });
    call("https://as.example/introspect", Some("pat-value-1"), message)
}

fn active() -> Response {
    let token = ActiveToken { permissions: vec![permission()], ..ActiveToken::default() };
    Response::Introspection(IntrospectionResponse::Active(token))
}

fn challenge(reason: ChallengeReason) -> Response {
    Response::Challenge(Challenge { realm: None, host_id: None, as_uri: Uri::from("https://as.example"), reason })
}

fn begin(revision: Revision) -> Sample {
    let mut sample = Sample::new(revision);
    sample.fact(AS, policy());
    sample.fact(AS, pat_issued());
    sample.add(Event::Acted { node: BOB, act: "asks app to fetch https://rs.example/album".into() });
    let fetch = Request::Fetch { resource: Uri::from("https://rs.example/album"), method: "GET".into() };
    let mut fetch = call("https://app.example/fetch", None, fetch);
    fetch.cookie = Some(SessionCookie::new("session-value-1"));
    sample.sent(0, BOB, APP, fetch);
    sample.sent(1, APP, RS, get(None));
    sample
}

fn need_info() -> Response {
    let required = RequiredClaim { name: Some("email".into()), ..RequiredClaim::default() };
    let ticket = Some(PermissionTicket::new("ticket-value-2"));
    Response::NeedInfo { ticket, required_claims: vec![required], redirect_user: None }
}

fn rpt_issued() -> Fact {
    Fact::RptIssued {
        rpt: Rpt::new("rpt-value-1").hashed(),
        client: "app-client".into(),
        subjects: vec![subject()],
        owner: Some("alice".into()),
        resource_server: Some("rs-client".into()),
        permissions: vec![granted()],
        expires_at: Timestamp(u64::MAX),
        origin: RptOrigin::Ticket {
            ticket: PermissionTicket::new("ticket-value-2").hashed(),
            process: ProcessId(7),
            upgraded_from: None,
        },
        refresh: None,
        refresh_expires_at: None,
    }
}

fn rpt_answer() -> Response {
    Response::Token(TokenResponse {
        access_token: Bearer::new("rpt-value-1"),
        expires_in_secs: Some(3600),
        refresh_token: None,
        scope: None,
        id_token: None,
        pct: None,
        upgraded: false,
    })
}

/// Access in 2.0: challenge, `need_info`, RPT, release.
pub(crate) fn v2_0() -> Sample {
    let mut sample = begin(Revision::V2_0);
    sample.sent(2, RS, AS, permission_request());
    sample.fact(AS, ticket_issued("ticket-value-1", None, TicketReason::PermissionRequest));
    let ticket = PermissionTicket::new("ticket-value-1");
    sample.answered(2, AS, RS, 201, Response::PermissionTicket { ticket: ticket.clone(), location: None });
    sample.note(RS, decided(1, None, AccessDecision::ChallengedWithTicket(ticket.hashed())));
    sample.answered(1, RS, APP, 401, challenge(ChallengeReason::TicketGiven(ticket)));
    sample.sent(3, APP, AS, token_request("ticket-value-1"));
    sample.add(Event::Ruled { node: AS, rule: "policy-permits", holds: false, enforced: true });
    sample.note(AS, assessed("ticket-value-1", "need-info", vec!["friends: no claim says who asks".into()]));
    sample.fact(AS, ticket_issued("ticket-value-2", Some("ticket-value-1"), TicketReason::NeedInfo));
    sample.answered(3, AS, APP, 403, need_info());
    sample.sent(4, APP, AS, token_request("ticket-value-2"));
    sample.note(AS, assessed("ticket-value-2", "granted", Vec::new()));
    sample.fact(AS, rpt_issued());
    sample.answered(4, AS, APP, 200, rpt_answer());
    sample.sent(5, APP, RS, get(Some("rpt-value-1")));
    sample.sent(6, RS, AS, introspect());
    sample.answered(6, AS, RS, 200, active());
    sample.note(RS, decided(5, Some("rpt-value-1"), AccessDecision::Released { resource_id: Some("r-1".into()) }));
    sample.answered(5, RS, APP, 200, Response::Content { content: "album".into() });
    sample.add(Event::Ended { open_exchanges: 1, cut_off: false });
    sample
}

/// Access in draft-06: 401, RPT, 403 with ticket, authorization data, release.
pub(crate) fn draft06() -> Sample {
    let mut sample = begin(Revision::Draft06);
    sample.note(RS, decided(1, None, AccessDecision::ChallengedForRpt));
    sample.answered(1, RS, APP, 401, challenge(ChallengeReason::RptNeeded));
    sample.sent(2, APP, AS, call("https://as.example/rpt", Some("aat-value-1"), Request::RequestRpt));
    sample.answered(2, AS, APP, 201, Response::RptIssued(Rpt::new("rpt-value-1")));
    sample.sent(3, APP, RS, get(Some("rpt-value-1")));
    sample.sent(4, RS, AS, introspect());
    sample.answered(4, AS, RS, 200, Response::Introspection(IntrospectionResponse::Active(ActiveToken::default())));
    sample.sent(5, RS, AS, permission_request());
    let ticket = PermissionTicket::new("ticket-value-1");
    sample.answered(5, AS, RS, 201, Response::PermissionTicket { ticket: ticket.clone(), location: None });
    sample.answered(3, RS, APP, 403, challenge(ChallengeReason::AuthorizationDataNeeded(ticket.clone())));
    let message = Request::RequestAuthorizationData { rpt: Bearer::new("rpt-value-1"), ticket };
    sample.sent(6, APP, AS, call("https://as.example/permission_request", Some("aat-value-1"), message));
    sample.answered(6, AS, APP, 200, Response::AuthorizationDataAdded);
    sample.sent(7, APP, RS, get(Some("rpt-value-1")));
    sample.answered(7, RS, APP, 200, Response::Content { content: "album".into() });
    sample
}
