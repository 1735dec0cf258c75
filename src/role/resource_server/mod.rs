//! The resource server: configuration and dispatch. It holds resources, keeps authorization servers informed about them,
//! and asks those servers before it hands anything out (Grant §1.3, FedAuthz §1.3; D6 §1.2, §3).

mod access;
mod assertions;
mod cache;
mod chores;
mod connect;
mod decision;
mod dialect;
mod draft05;
mod draft06;
mod drafts;
mod grounds;
mod path;
mod pats;
mod people;
mod protection;
mod registration;
mod requests;
mod trouble;
mod v1_0_1;
mod v2_0;

#[cfg(test)]
mod tests;

use crate::message::{Arrival, ExchangeId};
use crate::role::link::{Links, Moved, Ready};
use crate::role::oauth::OAuth;
use crate::role::oauth::accounts::Accounts;
use crate::role::{Act, Context, Input, Machine, SigningKey, Timer};
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::configuration::well_known;
use crate::wire::error::DecodeErrorKind;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, CLIENT_CREDENTIALS_GRANT, ClientMetadata, REFRESH_TOKEN_GRANT,
    SAML2_BEARER_GRANT,
};
use crate::wire::{
    ClientAuthentication, DecodeError, Duration, Endpoint, PersonId, Request, Response, Revision, ScopeDescription,
    ScopeSet, Text, Timestamp, Uri,
};
use access::Answering;
use pats::{PatHash, PatKey};
use requests::AskedAs;
use std::collections::BTreeMap;

/// How a resource server is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceServerConfig {
    /// Its origin.
    pub origin: Uri,
    /// The name it registers with, `realm` and `host_id`.
    pub name: Text,
    /// The revision it speaks with authorization servers and clients.
    pub revision: Revision,
    /// The owners with accounts here.
    pub accounts: Accounts,
    /// What it serves, by canonical path.
    pub resources: BTreeMap<Text, ServedResource>,
    /// What the scopes are called that it describes (D5 §2.4.1; RSR draft-00 §2.1), by path.
    pub scope_descriptions: BTreeMap<Text, ScopeDescription>,
    /// Credentials at authorization servers where it is configured instead of registering itself.
    pub credentials: BTreeMap<Uri, ClientAuthentication>,
    /// With what it signs to prove who it is, where it has no secret (RFC 7523 §2.2).
    pub key: Option<SigningKey>,
    /// Authorization servers where it gets its PAT with its own credentials instead of the owner's approval, and for
    /// which owner.
    pub client_credentials_owners: BTreeMap<Uri, PersonId>,
    /// The identity provider by whose assertions about owners it gets PATs (RFC 7522); without one, by their approval.
    pub assertions_from: Option<Uri>,
    /// How many introspection answers it remembers at most; 0 for none.
    pub cache_entries_max: usize,
    /// For how long it uses an answer again where the authorization server names no cache period.
    pub cache_lifetime: Duration,
    /// By how much it lets an expiry pass (D6 §3.3.1 "small leeway").
    pub leeway: Duration,
    /// How long a browser session is good.
    pub session_lifetime: Duration,
}

/// One resource of a resource server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedResource {
    /// The owner, by account here.
    pub owner: PersonId,
    /// The authorization server that is to protect it; the owner connects it.
    pub as_uri: Uri,
    /// Its name at the authorization server.
    pub name: Text,
    /// Its type there.
    pub type_: Option<Text>,
    /// The label of its content.
    pub content: Text,
    /// Which scopes a method needs; others are answered with 405. No scope: a documented scope-less operation.
    pub need: BTreeMap<Text, ScopeSet>,
    /// False for content that appears later.
    pub exists: bool,
}

/// A resource server.
#[derive(Clone, Debug)]
pub struct ResourceServer {
    config: ResourceServerConfig,
    oauth: OAuth,
    links: Links,
    pats: pats::Pats,
    protection: protection::Protection,
    open: Open,
    /// The revision that it speaks now, where that is another than the configured one.
    moved_to: Option<Revision>,
}

/// What is going on now; a crash forgets it.
#[derive(Clone, Debug, Default)]
struct Open {
    pending: BTreeMap<ExchangeId, Pending>,
    attempts: BTreeMap<ExchangeId, access::Attempt>,
    connects: connect::Connects,
    registrars: BTreeMap<PatKey, registration::Registrar>,
    renewals: pats::Renewals,
    retries: BTreeMap<u64, PatKey>,
    cache: cache::Cache,
}

/// What an own request waits for.
#[derive(Clone, Debug)]
#[expect(clippy::enum_variant_names, reason = "a state says what it waits for")]
enum Pending {
    /// What is said of an RPT.
    AwaitingIntrospection(AskedAs),
    /// A permission ticket.
    AwaitingTicket(AskedAs),
    /// The answer to a step of registration.
    AwaitingRegistration { key: PatKey, pat: PatHash },
    /// Another PAT.
    AwaitingPat { key: PatKey },
    /// The first PAT, or an access token of the identity provider, for the code that an owner's browser brought.
    AwaitingCode { connect: ExchangeId },
    /// An assertion for that access token.
    AwaitingAssertion { connect: ExchangeId },
    /// The first PAT, for that assertion.
    AwaitingPatForAssertion { connect: ExchangeId },
}

const CONNECT: &str = "/connect";
const RETURN: &str = "/return";
const FORM: &str = "/form";
/// Where descriptions of scopes lie.
pub const SCOPES: &str = "/scopes/";

impl ResourceServer {
    /// A server that has not yet run.
    pub fn new(config: ResourceServerConfig) -> Self {
        Self {
            oauth: OAuth::default(),
            links: Links::configured(&config.credentials, config.key.clone()),
            pats: pats::Pats::default(),
            protection: protection::Protection::default(),
            open: Open::default(),
            moved_to: None,
            config,
        }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        let mut paths =
            vec![(Endpoint::Connect, CONNECT), (Endpoint::AuthorizationRedirect, RETURN), (Endpoint::Form, FORM)];
        if !self.config.scope_descriptions.is_empty() {
            paths.push((Endpoint::ScopeDescription, SCOPES));
        }
        Routes::new(paths).with_fallback(Endpoint::Resource)
    }

    fn on_request(&mut self, cx: &mut Context<'_>, arrival: &Arrival) {
        match &arrival.message {
            Ok(Request::Access { method }) => access::on_attempt(self, cx, arrival, method),
            Ok(Request::Connect { as_uri }) => connect::on_connect(self, cx, arrival, as_uri),
            Ok(Request::AuthorizationReturn(returned)) => connect::on_return(self, cx, arrival, returned),
            Ok(Request::GetScopeDescription) => self.on_scope_asked(cx, arrival),
            Ok(Request::Form(form)) => people::on_form(self, cx, arrival, form),
            Ok(_) => cx.reply(arrival.exchange, Response::Refused { status: 404 }),
            Err(error) => cx.reply(arrival.exchange, undecodable(error)),
        }
    }

    // D5 §2.4.1: "MUST be accessible to AMs through GET calls": by anybody, without a token.
    fn on_scope_asked(&self, cx: &mut Context<'_>, arrival: &Arrival) {
        match self.config.scope_descriptions.get(arrival.uri.path()) {
            Some(description) => cx.reply(arrival.exchange, Response::ScopeDescription(description.clone())),
            None => cx.reply(arrival.exchange, Response::Refused { status: 404 }),
        }
    }

    fn on_answer(&mut self, cx: &mut Context<'_>, exchange: ExchangeId, answer: Answering) {
        match self.open.pending.remove(&exchange) {
            Some(Pending::AwaitingIntrospection(asked_as)) => {
                access::on_introspection(self, cx, &asked_as, exchange, answer);
            }
            Some(Pending::AwaitingTicket(asked_as)) => access::on_ticket(self, cx, &asked_as, answer),
            Some(Pending::AwaitingRegistration { key, pat }) => registration::on_answer(self, cx, &key, pat, answer),
            Some(Pending::AwaitingPat { key }) => pats::on_answer(self, cx, &key, answer),
            Some(Pending::AwaitingCode { connect }) => connect::on_code(self, cx, connect, answer),
            Some(Pending::AwaitingAssertion { connect }) => assertions::on_answer(self, cx, connect, answer),
            Some(Pending::AwaitingPatForAssertion { connect }) => connect::on_pat_answer(self, cx, connect, answer),
            None => self.on_link_answer(cx, exchange, answer),
        }
    }

    fn on_link_answer(&mut self, cx: &mut Context<'_>, exchange: ExchangeId, answer: Answering) {
        let moved = match answer {
            Some(answer) => self.links.on_response(cx, exchange, answer),
            None => self.links.on_failure(exchange),
        };
        // Late and unknown answers are nobody's.
        let Some(moved) = moved else { return };
        if let Some(fact) = moved.fact() {
            self.record(cx, fact);
        }
        if matches!(moved, Moved::Asking(_)) {
            return;
        }
        let good = !matches!(moved, Moved::Stuck(..) | Moved::OtherRevision(..));
        registration::on_link(self, cx, moved.issuer(), good);
        access::on_link(self, cx, moved.issuer(), good);
        connect::on_link(self, cx, &moved);
    }

    fn on_act(&mut self, cx: &mut Context<'_>, act: &Act) {
        match act {
            Act::ContentAppeared { path } => registration::on_appeared(self, cx, path),
            Act::ContentVanished { path } => registration::on_vanished(self, cx, path),
            Act::ScopesChanged { path, scopes } => registration::on_scopes_changed(self, cx, path, scopes),
            Act::EndProtection { path } => registration::on_protection_ended(self, cx, path),
            Act::MoveTo { revision } => self.move_to(cx, *revision),
            Act::Operate { order, operation } => people::operate(self, cx, *order, operation),
            Act::Fetch { .. }
            | Act::Connect { .. }
            | Act::SetPolicy { .. }
            | Act::RemovePolicy { .. }
            | Act::AnswerRequests { .. }
            | Act::WithdrawApproval { .. }
            | Act::SignOut { .. }
            | Act::GuessPassword { .. }
            | Act::Manage { .. }
            | Act::DecideConsents { .. }
            | Act::DecideClaims { .. }
            | Act::CloseTabs
            | Act::FetchForOrganisation { .. }
            | Act::RefreshRpt { .. }
            | Act::RevokeRpt { .. }
            | Act::ForgetRpts
            | Act::Replay(_) => {}
        }
    }

    // ---- what every part needs

    fn revision(&self) -> Revision {
        self.moved_to.unwrap_or(self.config.revision)
    }

    fn dialect(&self) -> &'static dyn dialect::Dialect {
        dialect::of(self.revision())
    }

    // What comes with another version of the program is learned anew, as after a restart.
    fn move_to(&mut self, cx: &mut Context<'_>, revision: Revision) {
        self.record(cx, Fact::RevisionChanged { revision });
        self.forget();
        registration::on_restarted(self, cx);
    }

    fn link(&mut self, cx: &mut Context<'_>, as_uri: &Uri) -> Option<Ready> {
        if let Some(ready) = self.links.at_hand(as_uri) {
            return Some(ready);
        }
        let metadata = self.metadata(as_uri);
        self.links.ready(cx, as_uri, &well_known(self.revision(), as_uri), &metadata)
    }

    fn metadata(&self, as_uri: &Uri) -> ClientMetadata {
        let own_credentials = self.config.client_credentials_owners.contains_key(as_uri);
        let grants: &[&str] = match (own_credentials, &self.config.assertions_from) {
            (true, _) => &[CLIENT_CREDENTIALS_GRANT],
            (false, Some(_)) => &[SAML2_BEARER_GRANT, REFRESH_TOKEN_GRANT],
            (false, None) => &[AUTHORIZATION_CODE_GRANT, REFRESH_TOKEN_GRANT],
        };
        ClientMetadata {
            name: Some(self.config.name.clone()),
            redirect_uris: vec![self.redirect_uri()],
            claims_redirect_uris: Vec::new(),
            scope: self.dialect().pat_scope(),
            grant_types: grants.iter().copied().map(Text::from).collect(),
            authentication: AuthenticationMethod::SecretBasic,
            keys: None,
        }
    }

    fn redirect_uri(&self) -> Uri {
        self.config.origin.with_path(RETURN)
    }

    fn exists(&self, path: &str) -> bool {
        let Some(resource) = self.config.resources.get(path) else { return false };
        match self.protection.standing(path) {
            Some(protection::Standing::Mapped(_) | protection::Standing::Open) => true,
            Some(protection::Standing::Gone) => false,
            None => resource.exists,
        }
    }

    fn key_of(&self, path: &str) -> Option<PatKey> {
        let resource = self.config.resources.get(path)?;
        Some(PatKey { owner: resource.owner.clone(), as_uri: resource.as_uri.clone() })
    }

    fn configured_scopes(&self, path: &str) -> ScopeSet {
        let resource = self.config.resources.get(path);
        resource.map(|resource| resource.need.values().flatten().cloned().collect()).unwrap_or_default()
    }

    fn retry_timer(&mut self, key: &PatKey) -> u64 {
        let id = registration::timer_id(&self.open.retries, key);
        self.open.retries.insert(id, key.clone());
        id
    }

    fn stop_retrying(&mut self, cx: &mut Context<'_>, key: &PatKey) {
        let known = self.open.retries.iter().find(|(_, candidate)| *candidate == key).map(|(id, _)| *id);
        if let Some(id) = known {
            self.open.retries.remove(&id);
            cx.cancel_timer(Timer { word: registration::RETRY, id });
        }
    }
}

fn undecodable(error: &DecodeError) -> Response {
    let status = match error.kind {
        DecodeErrorKind::UnknownPath(_) => 404,
        DecodeErrorKind::MethodNotAllowed(_) => 405,
        DecodeErrorKind::UnsupportedMediaType { .. } => 415,
        DecodeErrorKind::Missing(_)
        | DecodeErrorKind::Repeated(_)
        | DecodeErrorKind::OtherRevision { .. }
        | DecodeErrorKind::Malformed(_) => 400,
    };
    match error.endpoint {
        Endpoint::Connect | Endpoint::AuthorizationRedirect | Endpoint::Form => {
            people::notice(status, "This request is not understood.")
        }
        _ => Response::Refused { status },
    }
}

impl Machine for ResourceServer {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        match input {
            Input::Request(arrival) => self.on_request(cx, &arrival),
            Input::Response { exchange, answer } => self.on_answer(cx, exchange, Some(answer)),
            Input::Failed { exchange, .. } => self.on_answer(cx, exchange, None),
            Input::Timer(Timer { word: registration::RETRY, id }) => registration::on_timer(self, cx, id),
            Input::Timer(_) => {}
            Input::Act(act) => self.on_act(cx, &act),
            Input::PasswordChecked { check, correct } => people::on_password_checked(self, cx, check, correct),
            Input::Restarted => registration::on_restarted(self, cx),
        }
    }

    fn apply(&mut self, fact: &Fact) {
        if let Fact::RevisionChanged { revision } = fact {
            self.moved_to = Some(*revision);
        }
        self.oauth.apply(fact);
        self.links.apply(fact);
        self.pats.apply(fact);
        self.protection.apply(fact);
    }

    fn forget(&mut self) {
        self.oauth.forget();
        self.links.forget();
        self.open = Open::default();
    }

    fn needs(&self, fact: &Fact) -> bool {
        match fact {
            // Nothing rests on it; the archive remembers it.
            Fact::ResourceReleased { .. } => false,
            Fact::PatObtained { .. } | Fact::PatLost { .. } => self.pats.needs(fact),
            _ => self.oauth.needs(fact),
        }
    }

    fn forget_ended(&mut self, now: Timestamp) {
        self.oauth.expire(now);
    }
}
