//! The client: configuration and dispatch (Grant §3; D6 §3). It gets resources for people in browsers and for the
//! organisation that runs it. Knows resource servers, authorization servers and identity providers by their URIs, and
//! people by the cookie of their browser session only.

mod aats;
mod assertions;
mod authorization;
mod claims;
mod dialect;
pub mod drafts;
mod fetch;
mod links;
mod operator;
mod polling;
mod processes;
mod sessions;
mod tokens;
mod v1_0_1;
mod v2_0;

#[cfg(test)]
mod tests;

use crate::message::{Arrival, ExchangeId};
use crate::role::link::Links;
use crate::role::operation::Report;
use crate::role::{Act, Context, Input, Machine, SigningKey, Timer};
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::error::DecodeErrorKind;
use crate::wire::page::Page;
use crate::wire::{
    Answer, ClaimToken, ClientAuthentication, DecodeError, Duration, Endpoint, Request, Response, Revision,
    SamlAssertion, ScopeSet, Text, Timestamp, Uri,
};
use dialect::Dialect;
use operator::Operations;
use processes::Processes;
use sessions::Sessions;
use std::collections::BTreeMap;
use tokens::Tokens;

/// How a client is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// Its origin.
    pub origin: Uri,
    /// The name it registers with.
    pub name: Text,
    /// The revision it speaks.
    pub revision: Revision,
    /// Credentials at authorization servers and identity providers where it is configured instead of registering.
    pub credentials: BTreeMap<Uri, ClientAuthentication>,
    /// With what it signs to prove who it is, where it has no secret (RFC 7523 §2.2).
    pub key: Option<SigningKey>,
    /// The scopes it asks to be pre-registered for (2.0).
    pub registered_scopes: ScopeSet,
    /// The scopes it names in a request beyond the ticket's (2.0).
    pub requested_scopes: ScopeSet,
    /// The scopes it asks for with an AAT (drafts).
    pub aat_scopes: ScopeSet,
    /// The identity provider whose ID tokens it pushes when claims are needed (2.0); without one it sends the person
    /// to the authorization server.
    pub push_claims_from: Option<Uri>,
    /// An ID token that it pushes when claims are needed, given to it beforehand (2.0).
    pub claim_token: Option<ClaimToken>,
    /// The identity provider by whose assertions about people it gets AATs (RFC 7522); without one, by their approval.
    pub assertions_from: Option<Uri>,
    /// An assertion about a person by which it gets AATs, given to it beforehand (RFC 7522).
    pub assertion: Option<SamlAssertion>,
    /// True when it submits the RPT it holds for an upgrade (2.0).
    pub upgrades: bool,
    /// True when it is public: no secret, PKCE only.
    pub public: bool,
    /// How often it polls before it gives up.
    pub polls_max: u32,
    /// How often it tries again after an answer was lost, starting over at the resource server.
    pub attempts_max: u32,
    /// How long it waits before it tries again.
    pub retry_after: Duration,
}

/// A client. Sessions and tokens are durable; processes and operations are not.
#[derive(Clone, Debug)]
pub struct Client {
    config: ClientConfig,
    links: Links,
    sessions: Sessions,
    tokens: Tokens,
    processes: Processes,
    operations: Operations,
    /// The revision that it speaks now, where that is another than the configured one.
    moved_to: Option<Revision>,
}

/// Where browsers ask for resources.
const FETCH: &str = "/fetch";

/// The scope that makes an access token an AAT in a revision; none where there are no AATs.
pub(in crate::role) fn own_scopes(revision: Revision) -> ScopeSet {
    crate::wire::text::scope_set(dialect::of(revision).aat_scope())
}

impl Client {
    /// A client that has not yet run.
    pub fn new(config: ClientConfig) -> Self {
        Self {
            links: Links::configured(&config.credentials, config.key.clone()),
            sessions: Sessions::default(),
            tokens: Tokens::default(),
            processes: Processes::default(),
            operations: Operations::default(),
            moved_to: None,
            config,
        }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        Routes::new([
            (Endpoint::Fetch, FETCH),
            (Endpoint::AuthorizationRedirect, "/return"),
            (Endpoint::ClaimsRedirect, "/claims-return"),
        ])
    }

    /// Own credentials at a server, if there are any.
    pub(in crate::role) fn credentials(&self, as_uri: &Uri) -> Option<&ClientAuthentication> {
        self.links.credentials(as_uri)
    }

    fn revision(&self) -> Revision {
        self.moved_to.unwrap_or(self.config.revision)
    }

    // What comes with another version of the program is learned anew, as after a restart.
    fn move_to(&mut self, cx: &mut Context<'_>, revision: Revision) {
        self.record(cx, Fact::RevisionChanged { revision });
        self.forget();
    }

    fn dialect(&self) -> &'static dyn Dialect {
        dialect::of(self.revision())
    }

    fn on_request(&mut self, cx: &mut Context<'_>, arrival: Arrival) {
        let Arrival { exchange, cookie, message, .. } = arrival;
        match message {
            Ok(Request::Fetch { resource, method }) => self.fetch_for_person(cx, exchange, cookie, resource, method),
            Ok(Request::AuthorizationReturn(back)) => self.authorization_returned(cx, exchange, cookie, back),
            Ok(Request::ClaimsReturn(back)) => self.claims_returned(cx, exchange, cookie, back),
            Ok(_) => cx.reply(exchange, Response::Refused { status: 404 }),
            Err(error) => cx.reply(exchange, undecodable(&error)),
        }
    }

    fn on_response(&mut self, cx: &mut Context<'_>, exchange: ExchangeId, answer: Result<Answer, DecodeError>) {
        if let Some(moved) = self.links.on_response(cx, exchange, answer.clone()) {
            self.link_moved(cx, moved);
        } else if let Some((process, pending)) = self.processes.answered(exchange) {
            self.process_answered(cx, process, pending, answer);
        } else if let Some(operation) = self.operations.answered(exchange) {
            self.operation_answered(cx, operation, answer);
        }
    }

    fn on_failure(&mut self, cx: &mut Context<'_>, exchange: ExchangeId) {
        if let Some(moved) = self.links.on_failure(exchange) {
            self.link_moved(cx, moved);
        } else if let Some((process, _)) = self.processes.answered(exchange) {
            // Grant §3.5, RFC 9635 §11: what the lost answer carried is unknown, so the way leads back to the resource
            // server.
            self.start_over_later(cx, process, "no answer");
        } else {
            self.operations.answered(exchange);
        }
    }

    fn on_act(&mut self, cx: &mut Context<'_>, act: Act) {
        match act {
            Act::FetchForOrganisation { resource, method } => self.fetch_for_organisation(cx, resource, method),
            Act::RefreshRpt { resource } => self.refresh_rpts(cx, &resource),
            Act::RevokeRpt { resource } => self.revoke_rpts(cx, &resource),
            Act::ForgetRpts => self.forget_rpts(cx),
            Act::MoveTo { revision } => self.move_to(cx, revision),
            Act::Operate { order, .. } => cx.report(order, Report::NotHere),
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
            | Act::ContentAppeared { .. }
            | Act::ContentVanished { .. }
            | Act::ScopesChanged { .. }
            | Act::EndProtection { .. }
            | Act::Replay(_) => {}
        }
    }

    fn on_timer(&mut self, cx: &mut Context<'_>, timer: Timer) {
        match timer.word {
            processes::RETRY => self.retry(cx, timer.id),
            processes::POLL => self.poll(cx, timer.id),
            processes::RETURN => self.nobody_returned(cx, timer.id),
            _ => {}
        }
    }
}

impl Machine for Client {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        match input {
            Input::Request(arrival) => self.on_request(cx, arrival),
            Input::Response { exchange, answer } => self.on_response(cx, exchange, answer),
            Input::Failed { exchange, .. } => self.on_failure(cx, exchange),
            Input::Timer(timer) => self.on_timer(cx, timer),
            Input::Act(act) => self.on_act(cx, act),
            // A client checks no passwords, and its processes do not survive a crash: people come again.
            Input::PasswordChecked { .. } | Input::Restarted => {}
        }
    }

    fn apply(&mut self, fact: &Fact) {
        if let Fact::RevisionChanged { revision } = fact {
            self.moved_to = Some(*revision);
        }
        self.links.apply(fact);
        self.sessions.apply(fact);
        self.tokens.apply(fact);
    }

    fn forget(&mut self) {
        self.links.forget();
        self.processes = Processes::default();
        self.operations = Operations::default();
    }

    fn needs(&self, fact: &Fact) -> bool {
        match fact {
            Fact::SessionOpened { session, .. } => self.sessions.is_known(session),
            _ => self.tokens.needs(fact),
        }
    }

    fn forget_ended(&mut self, now: Timestamp) {
        self.forget_sessions(now);
    }
}

fn undecodable(error: &DecodeError) -> Response {
    match error.kind {
        DecodeErrorKind::UnknownPath(_) => Response::Refused { status: 404 },
        DecodeErrorKind::MethodNotAllowed(_) => Response::Refused { status: 405 },
        DecodeErrorKind::UnsupportedMediaType { .. }
        | DecodeErrorKind::Missing(_)
        | DecodeErrorKind::Repeated(_)
        | DecodeErrorKind::OtherRevision { .. }
        | DecodeErrorKind::Malformed(_) => notice(400, "this request cannot be read"),
    }
}

fn notice(status: u16, text: impl Into<Text>) -> Response {
    Response::Page(Page::Notice { status, text: text.into() })
}
