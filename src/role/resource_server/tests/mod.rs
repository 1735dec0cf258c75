//! A resource server whose outgoing calls are answered by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

mod accessing;
mod connecting;
mod evidence;
mod operator;
mod refusing;
mod registering;
mod storm;

use super::*;
use crate::message::FailureReason;
use crate::role::bench::NextByte;
use crate::role::context::{Effect, Effects};
use crate::role::crypto::StandInCrypto;
use crate::role::oauth::accounts::Account;
use crate::role::{Rule, RuleSet};
use crate::trace::Note;
use crate::trace::note::AccessDecision;
use crate::wire::oauth::{ActiveToken, IntrospectionResponse, TokenResponse};
use crate::wire::registration::RegisteredResource;
use crate::wire::text::scope_set;
use crate::wire::{
    Bearer, Call, ChallengeReason, ClientId, ClientSecret, Configuration, Credentials, ETag, ErrorCode, Failure, Pat,
    Permission, PermissionRequest, PermissionTicket, RefreshToken, ResourceId, SessionCookie, Timestamp,
};

pub(super) const AS: &str = "https://as.example";
pub(super) const OTHER_AS: &str = "https://other-as.example";
pub(super) const PHOTO: &str = "/alice/photo";
pub(super) const ALBUM: &str = "/alice/album";
pub(super) const LETTER: &str = "/bob/letter";
pub(super) const NOW: u64 = 1000;

pub(super) struct Bench {
    pub server: ResourceServer,
    pub at: Timestamp,
    pub facts: Vec<Fact>,
    pub calls: Vec<(ExchangeId, Call)>,
    pub replies: Vec<(ExchangeId, crate::wire::Answer)>,
    pub notes: Vec<Note>,
    pub ruled: Vec<(Rule, bool)>,
    pub timers: Vec<(Timer, Duration)>,
    pub checks: Vec<u64>,
    pub reports: Vec<crate::role::operation::Report>,
    rules_off: RuleSet,
    entropy: NextByte,
    next_exchange: u64,
    next_arrival: u64,
}

fn resource(owner: &str, as_uri: &str, name: &str) -> ServedResource {
    ServedResource {
        owner: PersonId::from(owner),
        as_uri: Uri::from(as_uri),
        name: name.into(),
        type_: None,
        content: format!("content of {name}").into(),
        need: BTreeMap::from([
            ("GET".into(), scope_set(["view"])),
            ("PUT".into(), scope_set(["view", "edit"])),
            ("HEAD".into(), ScopeSet::new()),
        ]),
        exists: true,
    }
}

pub(super) fn config(revision: Revision) -> ResourceServerConfig {
    let account = |person: &str| Account {
        person: PersonId::from(person),
        verifier: "v".into(),
        second_factor: None,
        claims: BTreeMap::new(),
    };
    ResourceServerConfig {
        origin: Uri::from("https://rs.example"),
        name: "photos".into(),
        revision,
        accounts: BTreeMap::from([("alice".into(), account("alice")), ("bob".into(), account("bob"))]),
        resources: BTreeMap::from([
            (PHOTO.into(), resource("alice", AS, "photo")),
            (ALBUM.into(), resource("alice", AS, "album")),
            (LETTER.into(), resource("bob", OTHER_AS, "letter")),
        ]),
        scope_descriptions: BTreeMap::new(),
        key: None,
        credentials: [AS, OTHER_AS]
            .map(|uri| (Uri::from(uri), ClientAuthentication::Basic(ClientId::from("rs"), ClientSecret::new("secret"))))
            .into(),
        assertions_from: None,
        client_credentials_owners: BTreeMap::new(),
        cache_entries_max: 4,
        cache_lifetime: Duration::ZERO,
        leeway: Duration::ZERO,
        session_lifetime: Duration::from_secs(3600),
    }
}

pub(super) fn key(owner: &str, as_uri: &str) -> PatKey {
    PatKey { owner: PersonId::from(owner), as_uri: Uri::from(as_uri) }
}

pub(super) fn configuration(issuer: &Uri) -> Configuration {
    let at = |path: &str| Some(issuer.join(path));
    Configuration {
        authorization_endpoint: at("authorize"),
        registration_endpoint: at("register"),
        jwks_uri: at("jwks"),
        resource_registration_endpoint: at("rreg/"),
        permission_endpoint: at("permission"),
        introspection_endpoint: at("introspect"),
        ..Configuration::of(issuer.clone(), issuer.join("token"))
    }
}

impl Bench {
    pub(super) fn new(revision: Revision) -> Self {
        Self::with(config(revision), &[])
    }

    pub(super) fn with(config: ResourceServerConfig, rules_off: &[Rule]) -> Self {
        Self {
            server: ResourceServer::new(config),
            at: Timestamp::from_secs(NOW),
            facts: Vec::new(),
            calls: Vec::new(),
            replies: Vec::new(),
            notes: Vec::new(),
            ruled: Vec::new(),
            timers: Vec::new(),
            checks: Vec::new(),
            reports: Vec::new(),
            rules_off: rules_off.iter().copied().collect(),
            entropy: NextByte::default(),
            next_exchange: 1,
            next_arrival: 1_000_000,
        }
    }

    /// A server that is connected, with the photo and the album as `1` and `2`, and bob's letter at the other
    /// authorization server as `1` too.
    pub(super) fn connected(config: ResourceServerConfig, rules_off: &[Rule]) -> Self {
        let mut bench = Self::with(config, rules_off);
        for (owner, as_uri, pat) in [("alice", AS, "pat-alice"), ("bob", OTHER_AS, "pat-bob")] {
            bench.pat(owner, as_uri, pat, None);
        }
        for (path, owner, as_uri, id) in
            [(PHOTO, "alice", AS, "1"), (ALBUM, "alice", AS, "2"), (LETTER, "bob", OTHER_AS, "1")]
        {
            bench.mapped(path, owner, as_uri, Some(id));
        }
        bench
    }

    pub(super) fn pat(&mut self, owner: &str, as_uri: &str, pat: &str, expires_at: Option<u64>) {
        self.durable(Fact::PatObtained {
            owner: PersonId::from(owner),
            as_uri: Uri::from(as_uri),
            pat: Pat::new(pat),
            refresh: Some(RefreshToken::new(format!("refresh-{pat}"))),
            expires_at: expires_at.map(Timestamp::from_secs),
        });
    }

    pub(super) fn mapped(&mut self, path: &str, owner: &str, as_uri: &str, id: Option<&str>) {
        self.durable(Fact::ResourceMapped {
            path: path.into(),
            owner: PersonId::from(owner),
            as_uri: Uri::from(as_uri),
            id: id.map(ResourceId::from),
            etag: None,
            scopes: scope_set(["view", "edit"]),
        });
    }

    pub(super) fn durable(&mut self, fact: Fact) {
        self.server.apply(&fact);
        self.facts.push(fact);
    }

    pub(super) fn input(&mut self, input: Input) {
        let mut effects = Effects::default();
        let mut cx = Context::new(
            self.at,
            &mut self.entropy,
            &StandInCrypto,
            &self.rules_off,
            &mut effects,
            &mut self.next_exchange,
        );
        self.server.handle(&mut cx, input);
        self.facts.extend(effects.facts);
        for effect in effects.out {
            match effect {
                Effect::Send { exchange, call, .. } => self.calls.push((exchange, *call)),
                Effect::Reply { exchange, answer } => self.replies.push((exchange, *answer)),
                Effect::SetTimer { timer, after } => self.timers.push((timer, after)),
                Effect::CancelTimer { timer } => self.timers.retain(|(set, _)| *set != timer),
                Effect::CheckPassword { check, .. } => self.checks.push(check),
                Effect::Report { report, .. } => self.reports.push(*report),
                Effect::Note(note) => self.notes.push(note),
                Effect::Ruled { rule, holds, .. } => self.ruled.push((rule, holds)),
            }
        }
        self.rebuilt_is_the_same();
    }

    fn rebuilt_is_the_same(&self) {
        let rebuilt = self.rebuilt();
        assert_eq!(rebuilt.protection, self.server.protection);
        assert_eq!(rebuilt.pats, self.server.pats);
    }

    fn rebuilt(&self) -> ResourceServer {
        let mut rebuilt = ResourceServer::new(self.server.config.clone());
        self.facts.iter().for_each(|fact| rebuilt.apply(fact));
        rebuilt
    }

    pub(super) fn restart(&mut self) {
        self.server.forget();
        self.server = self.rebuilt();
        self.calls.clear();
        self.timers.clear();
        self.input(Input::Restarted);
    }

    pub(super) fn ask(
        &mut self,
        uri: &str,
        credentials: Credentials,
        cookie: Option<&str>,
        message: Request,
    ) -> ExchangeId {
        let exchange = ExchangeId(self.next_arrival);
        self.next_arrival += 1;
        let cookie = cookie.map(SessionCookie::new);
        let uri = Uri::from(uri);
        self.input(Input::Request(Arrival {
            exchange,
            uri,
            credentials,
            cookie,
            peer: None,
            tls: true,
            message: Ok(message),
        }));
        exchange
    }

    pub(super) fn access(&mut self, method: &str, path: &str, rpt: Option<&str>) -> ExchangeId {
        let credentials = rpt.map_or(Credentials::None, |rpt| Credentials::Bearer(Bearer::new(rpt)));
        let message = Request::Access { method: method.into() };
        self.ask(&format!("https://rs.example{path}"), credentials, None, message)
    }

    /// The next outgoing call; discovery is answered on the way.
    pub(super) fn next(&mut self) -> (ExchangeId, Call) {
        loop {
            assert!(!self.calls.is_empty(), "no call is out");
            let (exchange, call) = self.calls.remove(0);
            if call.message != Request::GetConfiguration {
                return (exchange, call);
            }
            let document = configuration(&Uri::from(call.to.origin()));
            self.answer(exchange, Response::Configuration(Box::new(document)));
        }
    }

    pub(super) fn answer(&mut self, exchange: ExchangeId, response: Response) {
        self.input(Input::Response { exchange, answer: Ok(response.into()) });
    }

    pub(super) fn fail(&mut self, exchange: ExchangeId) {
        self.input(Input::Failed { exchange, reason: FailureReason::TimedOut });
    }

    /// Answers the next call, which has to have this word, and returns it.
    pub(super) fn reply(&mut self, word: &str, response: Response) -> Call {
        let (exchange, call) = self.next();
        assert_eq!(call.message.word(), word);
        self.answer(exchange, response);
        call
    }

    pub(super) fn lose(&mut self, word: &str) -> Call {
        let (exchange, call) = self.next();
        assert_eq!(call.message.word(), word);
        self.fail(exchange);
        call
    }

    pub(super) fn answered(&self, exchange: ExchangeId) -> Option<&Response> {
        let answers: Vec<&Response> = self
            .replies
            .iter()
            .filter(|(answered, _)| *answered == exchange)
            .map(|(_, answer)| &answer.message)
            .collect();
        assert!(answers.len() < 2, "answered twice");
        answers.first().copied()
    }

    pub(super) fn decision(&self) -> Option<&AccessDecision> {
        self.notes.iter().rev().find_map(|note| match note {
            Note::AccessDecided { decision, .. } => Some(decision),
            _ => None,
        })
    }

    pub(super) fn releases(&self) -> usize {
        self.facts.iter().filter(|fact| matches!(fact, Fact::ResourceReleased { .. })).count()
    }

    pub(super) fn is_content(&self, exchange: ExchangeId) -> bool {
        matches!(self.answered(exchange), Some(Response::Content { .. }))
    }

    pub(super) fn reason(&self, exchange: ExchangeId) -> Option<&ChallengeReason> {
        match self.answered(exchange)? {
            Response::Challenge(challenge) => Some(&challenge.reason),
            _ => None,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.server.open.attempts.is_empty() && self.server.open.pending.is_empty()
    }
}

pub(super) fn permission(id: &str, scopes: &[&str]) -> Permission {
    Permission {
        resource_id: ResourceId::from(id),
        scopes: scope_set(scopes.iter().copied()),
        expires_at: Some(Timestamp::from_secs(NOW + 100)),
        issued_at: None,
        not_before: None,
    }
}

pub(super) fn active(permissions: &[Permission]) -> Response {
    let token = ActiveToken { permissions: permissions.to_vec(), ..ActiveToken::default() };
    Response::Introspection(IntrospectionResponse::Active(token))
}

pub(super) fn inactive() -> Response {
    Response::Introspection(IntrospectionResponse::Inactive)
}

pub(super) fn ticket(value: &str) -> Response {
    Response::PermissionTicket { ticket: PermissionTicket::new(value), location: None }
}

pub(super) fn tokens(access_token: &str) -> Response {
    Response::Token(TokenResponse {
        access_token: Bearer::new(access_token),
        expires_in_secs: Some(500),
        refresh_token: None,
        scope: None,
        id_token: None,
        pct: None,
        upgraded: false,
    })
}

pub(super) fn invalid_token() -> Response {
    Response::Failure(Failure::bearer(401, Some(ErrorCode::InvalidToken)))
}

pub(super) fn registered(id: &str, etag: Option<&str>) -> RegisteredResource {
    let etag = etag.map(ETag::from);
    RegisteredResource { id: ResourceId::from(id), etag, description: None, policy_uri: None }
}

pub(super) fn asked_for(id: &str, scopes: &[&str]) -> Request {
    let scopes = scope_set(scopes.iter().copied());
    let permissions = vec![PermissionRequest { resource_id: ResourceId::from(id), scopes }];
    Request::RequestPermissions { permissions, array: false }
}

pub(super) fn bearer(call: &Call) -> Option<&str> {
    call.credentials.bearer().map(Bearer::expose)
}
