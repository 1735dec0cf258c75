//! An authorization server with everything around it that its tests need.

use super::{AuthorizationServer, AuthorizationServerConfig, RptFormat, RptReissue, Upgrade};
use crate::message::{Arrival, ExchangeId};
use crate::role::bench::{self, NextByte};
use crate::role::crypto::StandInCrypto;
use crate::role::{Context, Crypto, Effect, Effects, Input, Machine, Rule, RuleSet, SigningKey};
use crate::trace::Fact;
use crate::wire::jws::Jwk;
use crate::wire::saml::{Assertion, ReadAssertion};
use crate::wire::text::scope_set;
use crate::wire::{
    Answer, Bearer, Credentials, DecodeError, Duration, ErrorCode, Request, ResourceDescription, ResourceId, Response,
    Revision, SamlAssertion, ScopeSet, Served, SessionCookie, Timestamp, Uri,
};
use std::collections::BTreeMap;

/// Signs with one word.
struct NoCrypto;

impl Crypto for NoCrypto {
    fn public(&self, key: &SigningKey) -> Jwk {
        Jwk::ed25519(key.kid.clone(), "none", "")
    }
    fn algorithms(&self) -> &'static [&'static str] {
        &["none"]
    }
    fn sign(&self, _key: &SigningKey, _message: &[u8]) -> Vec<u8> {
        b"signed".to_vec()
    }
    fn verify(&self, _key: &Jwk, _message: &[u8], signature: &[u8]) -> bool {
        signature == b"signed"
    }
    fn sign_assertion(&self, key: &SigningKey, assertion: &Assertion) -> SamlAssertion {
        StandInCrypto.sign_assertion(key, assertion)
    }
    fn issuer_of_assertion(&self, encoded: &SamlAssertion) -> Option<Uri> {
        StandInCrypto.issuer_of_assertion(encoded)
    }
    fn read_assertion(&self, keys: &[Jwk], encoded: &SamlAssertion) -> Option<ReadAssertion> {
        StandInCrypto.read_assertion(keys, encoded)
    }
}

/// A server under test, its clock, its rules, and all it has recorded.
pub(super) struct Bench {
    pub(super) server: AuthorizationServer,
    pub(super) now: Timestamp,
    pub(super) facts: Vec<Fact>,
    pub(super) last: Effects,
    /// Whether the links of requests are TLS.
    pub(super) tls: bool,
    rules_off: RuleSet,
    entropy: NextByte,
    exchanges: u64,
}

impl Bench {
    pub(super) fn new(revision: Revision) -> Self {
        Self::with(config(revision))
    }

    pub(super) fn with(config: AuthorizationServerConfig) -> Self {
        Self {
            server: AuthorizationServer::new(config),
            now: Timestamp::from_secs(1000),
            facts: Vec::new(),
            last: Effects::default(),
            tls: true,
            rules_off: RuleSet::default(),
            entropy: NextByte::default(),
            exchanges: 100,
        }
    }

    /// Switches rules off.
    pub(super) fn without(mut self, rules: &[Rule]) -> Self {
        self.rules_off = rules.iter().copied().collect();
        self
    }

    /// Does something with the server and a context.
    pub(super) fn run<T>(&mut self, work: impl FnOnce(&mut AuthorizationServer, &mut Context<'_>) -> T) -> T {
        let mut effects = Effects::default();
        let (entropy, exchanges) = (&mut self.entropy, &mut self.exchanges);
        let mut cx = Context::new(self.now, entropy, &NoCrypto, &self.rules_off, &mut effects, exchanges);
        let outcome = work(&mut self.server, &mut cx);
        self.facts.extend(effects.facts.iter().cloned());
        self.last = effects;
        outcome
    }

    /// Lets the server apply a fact as if it had recorded it.
    pub(super) fn given(&mut self, fact: Fact) {
        self.run(|server, cx| server.record(cx, fact));
    }

    /// Sends a request and returns the answer.
    pub(super) fn ask(&mut self, credentials: Credentials, cookie: Option<&str>, message: Request) -> Answer {
        self.arrive(credentials, cookie, Ok(message))
    }

    /// Sends what is perhaps no request and returns the answer.
    pub(super) fn arrive(
        &mut self,
        credentials: Credentials,
        cookie: Option<&str>,
        message: Result<Request, DecodeError>,
    ) -> Answer {
        self.begin(credentials, cookie, message);
        self.reply_to(ExchangeId(1)).unwrap_or_else(|| Response::Refused { status: 599 }.into())
    }

    /// Asks in a browser session at some address.
    pub(super) fn browse_at(&mut self, cookie: &str, uri: Uri, message: Request) -> Response {
        self.begin_at(uri, Credentials::None, Some(cookie), Ok(message));
        self.reply_to(ExchangeId(1)).map_or(Response::Refused { status: 599 }, |answer| answer.message)
    }

    /// Asks at some address.
    pub(super) fn ask_at(&mut self, uri: Uri, credentials: Credentials, message: Request) -> Response {
        self.begin_at(uri, credentials, None, Ok(message));
        self.reply_to(ExchangeId(1)).map_or(Response::Refused { status: 599 }, |answer| answer.message)
    }

    /// Sends what is perhaps no request; the answer may come later.
    pub(super) fn begin(
        &mut self,
        credentials: Credentials,
        cookie: Option<&str>,
        message: Result<Request, DecodeError>,
    ) {
        self.begin_at(Uri::from("https://as.example/x"), credentials, cookie, message);
    }

    fn begin_at(
        &mut self,
        uri: Uri,
        credentials: Credentials,
        cookie: Option<&str>,
        message: Result<Request, DecodeError>,
    ) {
        let arrival = Arrival {
            exchange: ExchangeId(1),
            uri,
            credentials,
            cookie: cookie.map(SessionCookie::new),
            peer: None,
            tls: self.tls,
            message,
        };
        self.run(|server, cx| server.handle(cx, Input::Request(arrival)));
    }

    /// The answer that the last input led to; there is never more than one.
    pub(super) fn reply_to(&self, exchange: ExchangeId) -> Option<Answer> {
        bench::replied(&self.last, exchange)
    }

    /// Asks with a bearer token.
    pub(super) fn with_bearer(&mut self, token: &str, message: Request) -> Response {
        self.ask(Credentials::Bearer(Bearer::new(token)), None, message).message
    }

    /// Asks in a browser session.
    pub(super) fn browse(&mut self, cookie: &str, message: Request) -> Response {
        self.ask(Credentials::None, Some(cookie), message).message
    }

    /// A PAT of that name, for an owner and a resource server.
    pub(super) fn pat(&mut self, token: &str, owner: &str, resource_server: &str) {
        let scope = self.server.dialect().pat_scope();
        self.access_token(token, Some(owner), resource_server, scope_set([scope]));
    }

    /// An access token of that name.
    pub(super) fn access_token(&mut self, token: &str, person: Option<&str>, client: &str, scope: ScopeSet) {
        let expires_at = self.now + Duration::from_secs(3600);
        self.given(Fact::AccessTokenIssued {
            token: Bearer::new(token).hashed(),
            client: client.into(),
            person: person.map(Into::into),
            scope,
            expires_at,
            refresh: None,
            code: None,
            refreshed_from: None,
            refresh_expires_at: None,
        });
    }

    /// Registers a resource with a PAT; in 2.0 the identifier is the server's.
    pub(super) fn register(&mut self, pat: &str, id: &str, scopes: &[&str]) -> ResourceId {
        let id = match self.server.config.served.newest() {
            Revision::Draft05 | Revision::Draft06 => Some(id.into()),
            Revision::V1_0_1 | Revision::V2_0 => None,
        };
        match self.with_bearer(pat, Request::CreateResource { id, description: described(scopes) }) {
            Response::ResourceCreated(created) => created.id,
            other => ResourceId::from(format!("not created: {other:?}").as_str()),
        }
    }

    /// A browser session of a person.
    pub(super) fn session(&mut self, cookie: &str, person: &str) {
        let expires_at = self.now + Duration::from_secs(3600);
        let session = SessionCookie::new(cookie).hashed();
        self.given(Fact::SessionOpened { session, person: Some(person.into()), expires_at });
    }

    /// True when the last input led to this outcome of a rule.
    pub(super) fn ruled(&self, rule: Rule, held: bool) -> bool {
        let outcome =
            |effect: &Effect| matches!(effect, Effect::Ruled { rule: r, holds, .. } if *r == rule && *holds == held);
        self.last.out.iter().any(outcome)
    }

    /// The facts of the last input.
    pub(super) fn last_facts(&self) -> &[Fact] {
        &self.last.facts
    }

    /// A server rebuilt from the facts alone.
    pub(super) fn rebuilt(&self) -> AuthorizationServer {
        let mut server = AuthorizationServer::new(self.server.config.clone());
        self.facts.iter().for_each(|fact| server.apply(fact));
        server
    }
}

/// A description with a name and these scopes.
pub(super) fn described(scopes: &[&str]) -> ResourceDescription {
    let name = Some("a resource".into());
    ResourceDescription { name, scopes: scope_set(scopes.iter().copied()), ..ResourceDescription::default() }
}

/// The status and the code of a failure; `(0, None)` for anything else.
pub(super) fn failed(response: &Response) -> (u16, Option<ErrorCode>) {
    match response {
        Response::Failure(failure) => (failure.status, failure.code.clone()),
        _ => (0, None),
    }
}

/// A usual configuration.
pub(super) fn config(revision: Revision) -> AuthorizationServerConfig {
    let hour = Duration::from_secs(3600);
    AuthorizationServerConfig {
        issuer: Uri::from("https://as.example"),
        served: Served::One(revision),
        places: super::ChosenPlaces::default(),
        accounts: BTreeMap::new(),
        clients: Vec::new(),
        dynamic_registration: true,
        trusted_issuers: Vec::new(),
        assertion_issuers: Vec::new(),
        claims_from: None,
        key: SigningKey { kid: "k".into(), secret: [7; 32] },
        retiring_keys: Vec::new(),
        ticket_lifetime: Duration::from_secs(300),
        rpt_lifetime: hour,
        permission_lifetime: hour,
        access_token_lifetime: hour,
        refresh_token_lifetime: Duration::from_secs(24 * 3600),
        code_lifetime: Duration::from_secs(60),
        session_lifetime: hour,
        pct_lifetime: hour,
        poll_interval_secs: 5,
        refresh_tokens: true,
        pcts: true,
        rpt_format: RptFormat::Opaque,
        partial_grants: false,
        upgrade: Upgrade::NewString,
        rpt_reissue: RptReissue::PerRs,
        introspection_cache_secs: None,
        v1_0_1: super::V1_0_1Choices::default(),
    }
}
