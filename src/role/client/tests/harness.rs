//! A client between servers that the test plays.

use crate::message::{Arrival, ExchangeId, FailureReason};
use crate::role::bench::NextByte;
use crate::role::client::{Client, ClientConfig};
use crate::role::crypto::StandInCrypto;
use crate::role::{Act, Context, Effect, Effects, Input, Machine, Rule, RuleSet, Timer};
use crate::trace::note::FetchOutcome;
use crate::trace::{Fact, Note};
use crate::wire::oauth::{TokenRequest, TokenResponse, UmaTicketGrant};
use crate::wire::page::Page;
use crate::wire::token::State;
use crate::wire::{
    Answer, Bearer, Call, Challenge, ChallengeReason, ClientAuthentication, Configuration, Credentials, Duration,
    ErrorCode, Failure, PermissionTicket, Request, Response, Revision, SessionCookie, Timestamp, Uri, text::scope_set,
};
use std::collections::{BTreeMap, VecDeque};

pub(super) const AS: &str = "https://as.example";
pub(super) const IDP: &str = "https://idp.example";
pub(super) const PHOTO: &str = "https://rs.example/photo";

pub(super) struct World {
    pub(super) client: Client,
    pub(super) at: Timestamp,
    rules_off: RuleSet,
    entropy: NextByte,
    next_exchange: u64,
    arrivals: u64,
    /// Calls not yet answered, oldest first.
    pub(super) calls: VecDeque<(ExchangeId, Call)>,
    pub(super) replies: Vec<(ExchangeId, Answer)>,
    pub(super) timers: BTreeMap<Timer, Duration>,
    pub(super) facts: Vec<Fact>,
    pub(super) notes: Vec<Note>,
    pub(super) ruled: Vec<(Rule, bool)>,
}

pub(super) fn config(revision: Revision) -> ClientConfig {
    let own = |id: &str| ClientAuthentication::Basic(id.into(), crate::wire::ClientSecret::new("s"));
    ClientConfig {
        origin: Uri::from("https://app.example"),
        name: "app".into(),
        revision,
        key: None,
        credentials: BTreeMap::from([(Uri::from(AS), own("app-at-as")), (Uri::from(IDP), own("app-at-idp"))]),
        registered_scopes: scope_set(["print"]),
        requested_scopes: scope_set(["print"]),
        aat_scopes: crate::wire::ScopeSet::new(),
        push_claims_from: None,
        claim_token: None,
        assertions_from: None,
        assertion: None,
        upgrades: true,
        public: false,
        polls_max: 2,
        attempts_max: 3,
        retry_after: Duration::from_secs(1),
    }
}

impl World {
    pub(super) fn of(revision: Revision) -> Self {
        Self::with(config(revision), [])
    }

    pub(super) fn with(config: ClientConfig, rules_off: impl IntoIterator<Item = Rule>) -> Self {
        Self {
            client: Client::new(config),
            at: Timestamp::from_secs(1_000_000),
            rules_off: rules_off.into_iter().collect(),
            entropy: NextByte::default(),
            next_exchange: 1000,
            arrivals: 0,
            calls: VecDeque::new(),
            replies: Vec::new(),
            timers: BTreeMap::new(),
            facts: Vec::new(),
            notes: Vec::new(),
            ruled: Vec::new(),
        }
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
        self.client.handle(&mut cx, input);
        self.facts.extend(effects.facts);
        for effect in effects.out {
            match effect {
                Effect::Send { exchange, call, .. } => self.calls.push_back((exchange, *call)),
                Effect::Reply { exchange, answer } => self.replies.push((exchange, *answer)),
                Effect::SetTimer { timer, after } => {
                    self.timers.insert(timer, after);
                }
                Effect::CancelTimer { timer } => {
                    self.timers.remove(&timer);
                }
                Effect::Note(note) => self.notes.push(note),
                Effect::Ruled { rule, holds, .. } => self.ruled.push((rule, holds)),
                Effect::CheckPassword { .. } | Effect::Report { .. } => {}
            }
        }
    }

    /// A browser's request.
    pub(super) fn browse(&mut self, cookie: Option<&SessionCookie>, message: Request) -> ExchangeId {
        self.arrivals += 1;
        let exchange = ExchangeId(self.arrivals);
        self.input(Input::Request(Arrival {
            exchange,
            uri: Uri::from("https://app.example/x"),
            credentials: Credentials::None,
            cookie: cookie.cloned(),
            peer: None,
            tls: true,
            message: Ok(message),
        }));
        exchange
    }

    pub(super) fn fetch(&mut self, cookie: Option<&SessionCookie>, resource: &str) -> ExchangeId {
        self.browse(cookie, Request::Fetch { resource: resource.into(), method: "GET".into() })
    }

    pub(super) fn fetch_for_organisation(&mut self, resource: &str) {
        self.input(Input::Act(Act::FetchForOrganisation { resource: resource.into(), method: "GET".into() }));
    }

    /// The oldest open call.
    pub(super) fn call(&self) -> &Call {
        &self.calls.front().expect("an open call").1
    }

    /// Answers the oldest open call, discovery first of all.
    pub(super) fn answer(&mut self, response: impl Into<Answer>) {
        let (exchange, _) = self.calls.pop_front().expect("an open call");
        self.input(Input::Response { exchange, answer: Ok(response.into()) });
        self.discover();
    }

    pub(super) fn lose(&mut self) {
        let (exchange, _) = self.calls.pop_front().expect("an open call");
        self.input(Input::Failed { exchange, reason: FailureReason::TimedOut });
        self.discover();
    }

    fn discover(&mut self) {
        while let Some((_, call)) = self.calls.front()
            && call.message == Request::GetConfiguration
        {
            let (exchange, call) = self.calls.pop_front().expect("an open call");
            let document = Response::Configuration(Box::new(configuration(call.to.origin())));
            self.input(Input::Response { exchange, answer: Ok(document.into()) });
        }
    }

    pub(super) fn fire(&mut self, word: &'static str) {
        let timer = *self.timers.keys().find(|timer| timer.word == word).expect("a timer");
        self.timers.remove(&timer);
        self.input(Input::Timer(timer));
        self.discover();
    }

    /// The RPT of the oldest open call, an access attempt.
    pub(super) fn sent_rpt(&self) -> Option<Bearer> {
        assert!(matches!(self.call().message, Request::Access { .. }), "{:?}", self.call());
        self.call().credentials.bearer().cloned()
    }

    /// The UMA grant of the oldest open call.
    pub(super) fn grant(&self) -> &UmaTicketGrant {
        let Request::Token(TokenRequest::UmaTicket(grant)) = &self.call().message else {
            panic!("{:?} is no UMA grant", self.call())
        };
        grant
    }

    pub(super) fn last_reply(&self) -> &Response {
        &self.replies.last().expect("a reply").1.message
    }

    pub(super) fn last_status(&self) -> u16 {
        match self.last_reply() {
            Response::Page(Page::Notice { status, .. }) => *status,
            Response::Page(Page::Shown { .. }) => 200,
            Response::Page(page @ Page::Waiting { .. }) => page.status(),
            other => panic!("{other:?} is no end"),
        }
    }

    /// The cookie that was set first.
    pub(super) fn cookie(&self) -> SessionCookie {
        self.replies.iter().find_map(|(_, answer)| answer.set_cookie.clone()).expect("a cookie")
    }

    /// Where the browser was sent last, and the `state` of it.
    pub(super) fn sent_to(&self) -> (Uri, Request, State) {
        let Response::Redirect { to, message } = self.last_reply() else {
            panic!("{:?} is no redirect", self.last_reply())
        };
        let state = match &**message {
            Request::Authorize(request) => request.state.clone(),
            Request::ClaimsInteraction(visit) => visit.state.clone(),
            other => panic!("{other:?} has no state"),
        };
        (to.clone(), (**message).clone(), state.expect("a state"))
    }

    pub(super) fn outcomes(&self) -> Vec<FetchOutcome> {
        let ended = self.notes.iter().filter_map(|note| match note {
            Note::FetchEnded { outcome, .. } => Some(outcome.clone()),
            _ => None,
        });
        ended.collect()
    }

    pub(super) fn started(&self) -> usize {
        self.notes.iter().filter(|note| matches!(note, Note::FetchStarted { .. })).count()
    }
}

pub(super) fn configuration(origin: &str) -> Configuration {
    let at = |path: &str| Some(Uri::from(origin).with_path(path));
    Configuration {
        authorization_endpoint: at("/authorize"),
        registration_endpoint: at("/register"),
        revocation_endpoint: at("/revoke"),
        claims_interaction_endpoint: at("/claims"),
        rpt_endpoint: at("/rpt"),
        permission_request_endpoint: at("/permission_request"),
        ..Configuration::of(Uri::from(origin), Uri::from(origin).with_path("/token"))
    }
}

pub(super) fn challenge(reason: ChallengeReason) -> Response {
    Response::Challenge(Challenge { realm: None, host_id: None, as_uri: AS.into(), reason })
}

pub(super) fn ticket(value: &str) -> PermissionTicket {
    PermissionTicket::new(value)
}

pub(super) fn ticket_given(value: &str) -> Response {
    challenge(ChallengeReason::TicketGiven(ticket(value)))
}

pub(super) fn tokens(access_token: &str) -> TokenResponse {
    TokenResponse {
        access_token: Bearer::new(access_token),
        expires_in_secs: None,
        refresh_token: None,
        scope: None,
        id_token: None,
        pct: None,
        upgraded: false,
    }
}

pub(super) fn rpt(value: &str) -> Response {
    Response::Token(tokens(value))
}

pub(super) fn content() -> Response {
    Response::Content { content: "a photo".into() }
}

pub(super) fn failure(status: u16, code: ErrorCode) -> Response {
    Response::Failure(Failure::body(status, code))
}

pub(super) fn got() -> FetchOutcome {
    FetchOutcome::Got { content: "a photo".into() }
}
