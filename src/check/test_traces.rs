//! Traces made by hand: a world of two revisions with everything in it, and the steps that runs are put together from.

mod flows;

use crate::check::{Judge, Verdict};
use crate::message::{ExchangeId, Leg, Name, NodeId};
use crate::trace::fact::RptObtained;
use crate::trace::fact::*;
use crate::trace::note::*;
use crate::trace::truth::{NodeTruth, ResourceTruth, RoleKind};
use crate::trace::{Event, Fact, Note, Record, Truth};
use crate::wire::oauth::*;
use crate::wire::page::Form;
use crate::wire::registration::RegisteredResource;
use crate::wire::text::scope_set;
use crate::wire::token::kind;
use crate::wire::*;
use std::collections::BTreeMap;

/// When refresh tokens of RPTs end that nobody uses.
pub(super) const REFRESH_ENDS: u64 = 3000;
pub(super) const ALICE: NodeId = NodeId(0);
pub(super) const BOB: NodeId = NodeId(1);
pub(super) const CAROL: NodeId = NodeId(2);
pub(super) const CLIENT: NodeId = NodeId(3);
pub(super) const OTHER: NodeId = NodeId(4);
pub(super) const RS: NodeId = NodeId(5);
pub(super) const RS2: NodeId = NodeId(6);
pub(super) const AS: NodeId = NodeId(7);
pub(super) const IDP: NodeId = NodeId(8);
pub(super) const AS2: NodeId = NodeId(9);
const NAMES: [&str; 10] = ["alice", "bob", "carol", "client", "other", "rs", "rs2", "as", "idp", "as2"];
pub(super) const PAT_SCOPE: [&str; 2] = ["uma_protection", "http://docs.kantarainitiative.org/uma/scopes/prot.json"];
const AAT_SCOPE: &str = "http://docs.kantarainitiative.org/uma/scopes/authz.json";

pub(super) fn uri(node: NodeId, path: &str) -> Uri {
    Uri::new(format!("https://{}.example{path}", NAMES[usize::from(node.0)]))
}

pub(super) fn hash<K: TokenKind>(name: &str) -> TokenHash<K> {
    Token::<K>::new(name).hashed()
}

fn role(node: NodeId) -> RoleKind {
    match node {
        ALICE | BOB | CAROL => RoleKind::Person,
        CLIENT | OTHER => RoleKind::Client,
        RS | RS2 => RoleKind::ResourceServer,
        IDP => RoleKind::IdentityProvider,
        _ => RoleKind::AuthorizationServer,
    }
}

fn node(revision: Revision, at: NodeId) -> NodeTruth {
    let person = role(at) == RoleKind::Person;
    let name: Text = NAMES[usize::from(at.0)].into();
    let account = |at: NodeId| (Text::from(uri(at, "").as_str()), PersonId::new(name.clone()));
    NodeTruth {
        role: role(at),
        origin: (!person).then(|| uri(at, "")),
        revision: (!person && at != IDP).then_some(revision),
        beside: None,
        spoken_at: Default::default(),
        honest: true,
        accounts: if person { [AS, RS, RS2, IDP, AS2].map(account).into() } else { BTreeMap::new() },
        rules_off: Vec::new(),
        trusts: if role(at) == RoleKind::AuthorizationServer { vec![uri(IDP, "")] } else { Vec::new() },
        name,
    }
}

fn resource(server: NodeId) -> ResourceTruth {
    ResourceTruth {
        server,
        path: "/a".into(),
        owner: ALICE,
        authorization_server: AS,
        content: format!("content of {}", server.0).into(),
        need: [("GET".into(), scope_set(["read"])), ("PUT".into(), scope_set(["write"]))].into(),
    }
}

/// A trace that grows.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) revision: Revision,
    pub(super) truth: Truth,
    pub(super) records: Vec<Record>,
    pub(super) now: u64,
    pub(super) root: u32,
    pub(super) next: u64,
}

pub(super) fn key(server: NodeId) -> ResourceKey {
    ResourceKey { owner: "alice".into(), resource_server: id(server), id: rid(server) }
}

pub(super) fn rid(server: NodeId) -> ResourceId {
    ResourceId::new(format!("r{}", server.0))
}

pub(super) fn id(node: NodeId) -> ClientId {
    ClientId::new(format!("id-{}", NAMES[usize::from(node.0)]))
}

pub(super) fn subject(person: &str) -> Subject {
    Subject { issuer: uri(AS, ""), person: person.into() }
}

pub(super) fn policy(scopes: &[&str], condition: PolicyCondition) -> Policy {
    let target = PolicyTarget::AllResources;
    Policy { id: "p".into(), target, scopes: scope_set(scopes.iter().copied()), condition }
}

pub(super) fn only_bob() -> PolicyCondition {
    PolicyCondition::RequestingParty { issuer: uri(AS, ""), subject: "bob".into() }
}

pub(super) fn email() -> Claim {
    Claim { name: "email".into(), value: "bob@example".into(), issuer: uri(AS, "") }
}

impl Run {
    pub(super) fn new(revision: Revision) -> Self {
        let nodes = (0..10).map(|at| node(revision, NodeId(at))).collect();
        let truth = Truth {
            nodes,
            resources: vec![resource(RS), resource(RS2)],
            request_max: Duration::from_secs(5),
            ..Truth::default()
        };
        let mut run = Self { revision, truth, records: Vec::new(), now: 1000, root: 0, next: 0 };
        run.set_up();
        run
    }

    pub(super) fn v2(&self) -> bool {
        self.revision == Revision::V2_0
    }

    pub(super) fn v1(&self) -> bool {
        self.revision == Revision::V1_0_1
    }

    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_secs(self.now)
    }

    pub(super) fn push(&mut self, event: Event) {
        let copy = 0;
        let cause = Name { root: self.root, word: "test", nth: 1, leg: Leg::Act, copy };
        let step = self.records.len() as u64;
        self.records.push(Record { step, at: self.at(), node_time: self.at(), cause, event });
    }

    pub(super) fn fact(&mut self, node: NodeId, fact: Fact) {
        self.push(Event::Fact { node, fact });
    }

    pub(super) fn note(&mut self, node: NodeId, note: Note) {
        self.push(Event::Noted { node, note });
    }

    pub(super) fn act(&mut self, node: NodeId) {
        self.root += 1;
        self.push(Event::Acted { node, act: "acts".into() });
    }

    pub(super) fn send(&mut self, from: NodeId, to: Uri, credentials: Credentials, message: Request) -> ExchangeId {
        self.send_with(from, to, credentials, None, message)
    }

    pub(super) fn send_with(
        &mut self,
        from: NodeId,
        to: Uri,
        credentials: Credentials,
        cookie: Option<&str>,
        message: Request,
    ) -> ExchangeId {
        self.next += 1;
        let exchange = ExchangeId(self.next);
        let server = self.truth.at_origin(to.origin());
        let call = Box::new(Call { to, credentials, cookie: cookie.map(SessionCookie::new), message });
        self.push(Event::Sent { from, to: server, exchange, call });
        if let Some(to) = server {
            self.push(Event::Arrived { from, to, exchange, copy_of: None, undecodable: None });
        }
        exchange
    }

    /// The same request is delivered once more; the exchange in which its server sees it.
    pub(super) fn arrives_again(&mut self, from: NodeId, to: NodeId, original: ExchangeId) -> ExchangeId {
        self.next += 1;
        let exchange = ExchangeId(self.next);
        self.push(Event::Arrived { from, to, exchange, copy_of: Some(original), undecodable: None });
        exchange
    }

    pub(super) fn answer(&mut self, from: NodeId, to: NodeId, exchange: ExchangeId, status: u16, message: Response) {
        self.answer_with(from, to, exchange, status, Answer::from(message));
    }

    pub(super) fn answer_with(&mut self, from: NodeId, to: NodeId, exchange: ExchangeId, status: u16, answer: Answer) {
        self.push(Event::Answered { from, to, exchange, status, answer: Box::new(answer) });
        self.push(Event::Returned { to, exchange });
    }

    pub(super) fn judged(&self) -> Vec<Verdict> {
        let mut judge = Judge::new(&self.truth);
        for record in &self.records {
            judge.observe(&self.truth, record);
        }
        judge.finish(&self.truth);
        judge.verdicts()
    }

    pub(super) fn end(&mut self) {
        self.push(Event::Ended { open_exchanges: 0, cut_off: false });
    }

    // ---- setting up

    fn set_up(&mut self) {
        for person in [ALICE, BOB, CAROL] {
            self.act(person);
        }
        for server in [AS, AS2, IDP] {
            for client in [CLIENT, OTHER, RS, RS2] {
                self.client(server, client);
            }
        }
        for server in [RS, RS2] {
            self.pat(server, "pat");
            self.register(server);
        }
        self.set_policy(policy(&["read"], only_bob()), 1);
    }

    fn client(&mut self, server: NodeId, client: NodeId) {
        let metadata = ClientMetadata {
            name: None,
            redirect_uris: vec![uri(client, "/return")],
            claims_redirect_uris: vec![uri(client, "/claims-return")],
            scope: scope_set(["read"]),
            grant_types: Vec::new(),
            authentication: AuthenticationMethod::SecretBasic,
            keys: None,
        };
        self.fact(
            server,
            Fact::ClientRegistered { client: id(client), metadata, secret: Some(hash("secret")), dynamic: true },
        );
        let stored = Fact::CredentialsStored { as_uri: uri(server, ""), client: id(client), secret: None };
        self.fact(client, stored);
    }

    pub(super) fn pat(&mut self, server: NodeId, name: &str) {
        let pat = format!("{name}{}", server.0);
        self.access_token(&pat, server, "alice", PAT_SCOPE[usize::from(!self.v2() && !self.v1())]);
        let expires_at = None;
        let (owner, as_uri) = ("alice".into(), uri(AS, ""));
        self.fact(server, Fact::PatObtained { owner, as_uri, pat: Pat::new(pat), refresh: None, expires_at });
    }

    pub(super) fn access_token(&mut self, name: &str, client: NodeId, person: &str, scope: &str) {
        let issued = Fact::AccessTokenIssued {
            token: hash(name),
            client: id(client),
            person: Some(person.into()),
            scope: scope_set([scope]),
            expires_at: self.at() + Duration::from_secs(5000),
            refresh: None,
            code: None,
            refreshed_from: None,
            refresh_expires_at: None,
        };
        self.fact(AS, issued);
    }

    pub(super) fn with_pat(&mut self, server: NodeId, message: Request) -> ExchangeId {
        let pat = Credentials::Bearer(Bearer::new(format!("pat{}", server.0)));
        self.send(server, uri(AS, "/api"), pat, message)
    }

    pub(super) fn description(scopes: &[&str]) -> ResourceDescription {
        ResourceDescription { scopes: scope_set(scopes.iter().copied()), ..ResourceDescription::default() }
    }

    pub(super) fn mapped(&mut self, server: NodeId, to: Option<ResourceId>) {
        let (owner, as_uri, scopes) = ("alice".into(), uri(AS, ""), scope_set(["read", "write"]));
        self.fact(server, Fact::ResourceMapped { path: "/a".into(), owner, as_uri, id: to, etag: None, scopes });
    }

    fn register(&mut self, server: NodeId) {
        self.mapped(server, None);
        let description = Self::description(&["read", "write"]);
        let create = Request::CreateResource { id: Some(rid(server)), description: description.clone() };
        let exchange = self.with_pat(server, create);
        let etag = (!self.v2()).then(|| "1".into());
        self.fact(AS, Fact::ResourceRegistered { resource: key(server), description, etag });
        let registered = RegisteredResource { id: rid(server), etag: None, description: None, policy_uri: None };
        self.answer(AS, server, exchange, 201, Response::ResourceCreated(registered));
        self.mapped(server, Some(rid(server)));
    }

    pub(super) fn set_policy(&mut self, policy: Policy, version: u64) {
        self.fact(AS, Fact::PolicySet { owner: "alice".into(), policy, version });
    }

    // ---- tickets

    pub(super) fn ticket_fact(&mut self, ticket: &str, process: u64, old: Option<&str>, reason: TicketReason) -> Fact {
        Fact::TicketIssued {
            ticket: hash(ticket),
            process: ProcessId(process),
            permissions: vec![PermissionRequest { resource_id: rid(RS), scopes: scope_set(["read"]) }],
            owner: "alice".into(),
            resource_server: id(RS),
            expires_at: self.at() + Duration::from_secs(300),
            predecessor: old.map(hash),
            reason,
        }
    }

    /// A client tries, without an RPT or with one, and is sent away with a ticket.
    pub(super) fn challenged(&mut self, ticket: &str, process: u64, rpt: Option<&str>) {
        self.challenged_at(RS, ticket, process, rpt);
    }

    pub(super) fn challenged_at(&mut self, server: NodeId, ticket: &str, process: u64, rpt: Option<&str>) {
        let access = self.try_access(CLIENT, server, rpt);
        let permissions = vec![PermissionRequest { resource_id: rid(server), scopes: scope_set(["read"]) }];
        let exchange =
            self.with_pat(server, Request::RequestPermissions { permissions: permissions.clone(), array: false });
        let mut issued = self.ticket_fact(ticket, process, None, TicketReason::PermissionRequest);
        if let Fact::TicketIssued { permissions: of, resource_server, .. } = &mut issued {
            (*of, *resource_server) = (permissions, id(server));
        }
        self.fact(AS, issued);
        let given = PermissionTicket::new(ticket);
        self.answer(AS, server, exchange, 201, Response::PermissionTicket { ticket: given.clone(), location: None });
        let (status, reason) = match self.revision {
            Revision::Draft05 | Revision::Draft06 => (403, ChallengeReason::AuthorizationDataNeeded(given)),
            Revision::V1_0_1 | Revision::V2_0 => (401, ChallengeReason::TicketGiven(given)),
        };
        self.challenge(server, access, status, reason);
    }

    pub(super) fn challenge(&mut self, server: NodeId, access: ExchangeId, status: u16, reason: ChallengeReason) {
        let challenge = Challenge { realm: None, host_id: None, as_uri: uri(AS, ""), reason };
        self.answer(server, CLIENT, access, status, Response::Challenge(challenge));
    }

    pub(super) fn try_access(&mut self, from: NodeId, server: NodeId, rpt: Option<&str>) -> ExchangeId {
        let credentials = rpt.map_or(Credentials::None, |rpt| Credentials::Bearer(Bearer::new(rpt)));
        self.send(from, uri(server, "/a"), credentials, Request::Access { method: "GET".into() })
    }

    pub(super) fn credentials(client: NodeId) -> Credentials {
        Credentials::Client(ClientAuthentication::Basic(id(client), ClientSecret::new("secret")))
    }

    /// A client presents a ticket.
    pub(super) fn present(&mut self, client: NodeId, ticket: &str, rpt: Option<&str>) -> ExchangeId {
        if self.v2() {
            let grant = UmaTicketGrant {
                ticket: PermissionTicket::new(ticket),
                claim_token: None,
                pct: None,
                rpt: rpt.map(Bearer::new),
                scope: scope_set(["read", "delete"]),
            };
            let message = Request::Token(TokenRequest::UmaTicket(grant));
            return self.send(client, uri(AS, "/token"), Self::credentials(client), message);
        }
        let aat = Credentials::Bearer(Bearer::new("aat"));
        if self.v1() {
            let (ticket, rpt) = (PermissionTicket::new(ticket), rpt.map(Bearer::new));
            let presented = request::TicketPresentation { ticket, rpt, claim_tokens: Vec::new() };
            return self.send(client, uri(AS, "/rpt"), aat, Request::RequestRptForTicket(presented));
        }
        let (rpt, ticket) = (Bearer::new(rpt.unwrap_or("rpt1")), PermissionTicket::new(ticket));
        self.send(client, uri(AS, "/ask"), aat, Request::RequestAuthorizationData { rpt, ticket })
    }

    pub(super) fn redeemed(&mut self, ticket: &str, process: u64, spent: bool) {
        let (at, spent) = (Endpoint::Token, spent || self.v2());
        let (ticket, process) = (hash(ticket), ProcessId(process));
        self.fact(AS, Fact::TicketRedeemed { ticket, process, client: id(CLIENT), at, spent });
    }

    pub(super) fn successor(&mut self, old: &str, new: &str, process: u64, reason: TicketReason) {
        if self.v2() {
            let issued = self.ticket_fact(new, process, Some(old), reason);
            self.fact(AS, issued);
        }
    }

    pub(super) fn need_info(&mut self, exchange: ExchangeId, new: &str) {
        let ticket = self.v2().then(|| PermissionTicket::new(new));
        if self.v1() {
            let claims = RequestingPartyClaims { redirect_user: true, ..RequestingPartyClaims::default() };
            let details = ErrorDetails { requesting_party_claims: Some(claims), ..ErrorDetails::default() };
            return self.answer(AS, CLIENT, exchange, 403, Response::InfoNeeded(details));
        }
        let required_claims = vec![RequiredClaim { name: Some("email".into()), ..RequiredClaim::default() }];
        let required_claims = if self.v2() { required_claims } else { Vec::new() };
        self.answer(AS, CLIENT, exchange, 403, Response::NeedInfo { ticket, required_claims, redirect_user: None });
    }

    pub(super) fn granted(&self, server: NodeId, process: u64) -> GrantedPermission {
        GrantedPermission {
            resource: key(server),
            permission: Permission {
                resource_id: rid(server),
                scopes: scope_set(["read"]),
                expires_at: Some(Timestamp::from_secs(3000)),
                issued_at: None,
                not_before: None,
            },
            process: ProcessId(process),
            granted_at: self.at(),
            policies: vec![("p".into(), 1)],
            subjects: vec![subject("bob")],
        }
    }

    pub(super) fn rpt_fact(&self, rpt: &str, origin: RptOrigin, permissions: Vec<GrantedPermission>) -> Fact {
        Fact::RptIssued {
            rpt: hash(rpt),
            client: id(CLIENT),
            subjects: vec![subject("bob")],
            owner: self.v2().then(|| "alice".into()),
            resource_server: permissions.first().map(|given| given.resource.resource_server.clone()),
            permissions,
            expires_at: Timestamp::from_secs(4000),
            origin,
            refresh: self.v2().then(|| hash(&format!("refresh-{rpt}"))),
            refresh_expires_at: self.v2().then(|| Timestamp::from_secs(REFRESH_ENDS)),
        }
    }

    pub(super) fn of_ticket(ticket: &str, process: u64, old: Option<&str>) -> RptOrigin {
        let upgraded_from = old.map(hash);
        RptOrigin::Ticket { ticket: hash(ticket), process: ProcessId(process), upgraded_from }
    }

    pub(super) fn of_aat_and_ticket(ticket: &str, process: u64, old: Option<&str>) -> RptOrigin {
        let (ticket, process, upgraded_from) = (hash(ticket), ProcessId(process), old.map(hash));
        RptOrigin::AatAndTicket { aat: hash("aat"), ticket, process, upgraded_from }
    }

    pub(super) fn tokens(rpt: &str, upgraded: bool) -> Response {
        Response::Token(TokenResponse {
            access_token: Bearer::new(rpt),
            expires_in_secs: None,
            refresh_token: None,
            scope: None,
            id_token: None,
            pct: None,
            upgraded,
        })
    }

    /// The authorization server grants on a ticket: an RPT (2.0), or authorization data (draft-06).
    pub(super) fn grant(&mut self, exchange: ExchangeId, ticket: &str, process: u64, rpt: &str) {
        self.grant_at(RS, exchange, ticket, process, rpt);
    }

    pub(super) fn grant_at(&mut self, server: NodeId, exchange: ExchangeId, ticket: &str, process: u64, rpt: &str) {
        self.redeemed(ticket, process, true);
        let given = self.granted(server, process);
        if self.v2() {
            let issued = self.rpt_fact(rpt, Self::of_ticket(ticket, process, None), vec![given]);
            self.fact(AS, issued);
            self.answer(AS, CLIENT, exchange, 200, Self::tokens(rpt, false));
            self.obtained(server, rpt);
        } else if self.v1() {
            let origin = Self::of_aat_and_ticket(ticket, process, None);
            let issued = self.rpt_fact(rpt, origin, vec![given]);
            self.fact(AS, issued);
            self.answer(AS, CLIENT, exchange, 200, Response::RptGranted(Rpt::new(rpt)));
            self.obtained(server, rpt);
        } else {
            let (rpt, ticket, resource_server) = (hash(rpt), hash(ticket), id(server));
            self.fact(AS, Fact::AuthorizationDataAdded { rpt, ticket, resource_server, permissions: vec![given] });
            self.answer(AS, CLIENT, exchange, 200, Response::AuthorizationDataAdded);
        }
    }
}
