//! A program by which owners manage their policies: it gets an owner's token by the owner's approval in a browser
//! (RFC 6749 §4.1 with PKCE, RFC 8252) and asks the owners' API with it. Configuration and dispatch. Whoever signed in
//! last at an authorization server is whom it speaks for there.

mod calls;
mod sign_in;
mod sign_out;
#[cfg(test)]
mod tests;

use crate::message::{Arrival, ExchangeId};
use crate::role::link::Links;
use crate::role::{Act, Context, Input, Machine};
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::error::DecodeErrorKind;
use crate::wire::page::Page;
use crate::wire::{
    Answer, Bearer, ClientAuthentication, DecodeError, Endpoint, Request, Response, Revision, Text, Timestamp, Uri,
};
use calls::Calls;
use sign_in::SignIns;
use sign_out::SignOuts;
use std::collections::BTreeMap;

/// How such a program is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagerConfig {
    /// Its origin: where browsers come to and come back.
    pub origin: Uri,
    /// The name it registers with.
    pub name: Text,
    /// The revision it speaks.
    pub revision: Revision,
    /// Credentials at authorization servers where it is configured instead of registering.
    pub credentials: BTreeMap<Uri, ClientAuthentication>,
}

/// Such a program. Registrations and tokens are durable.
#[derive(Clone, Debug)]
pub struct Manager {
    config: ManagerConfig,
    links: Links,
    tokens: BTreeMap<Uri, Held>,
    sign_ins: SignIns,
    sign_outs: SignOuts,
    calls: Calls,
}

/// An owner's token.
#[derive(Clone, Debug)]
struct Held {
    token: Bearer,
    expires_at: Option<Timestamp>,
}

impl Manager {
    /// A program that has not yet run.
    pub fn new(config: ManagerConfig) -> Self {
        Self {
            links: Links::configured(&config.credentials, None),
            tokens: BTreeMap::new(),
            sign_ins: SignIns::default(),
            sign_outs: SignOuts::default(),
            calls: Calls::default(),
            config,
        }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        Routes::new([(Endpoint::Connect, "/connect"), (Endpoint::AuthorizationRedirect, "/return")])
    }

    fn on_request(&mut self, cx: &mut Context<'_>, arrival: &Arrival) {
        match &arrival.message {
            Ok(Request::Connect { as_uri }) => self.connect(cx, arrival.exchange, as_uri.clone()),
            Ok(Request::AuthorizationReturn(back)) => self.returned(cx, arrival, back),
            Ok(_) => cx.reply(arrival.exchange, Response::Refused { status: 404 }),
            Err(error) => cx.reply(arrival.exchange, undecodable(error)),
        }
    }

    fn on_response(&mut self, cx: &mut Context<'_>, exchange: ExchangeId, answer: Result<Answer, DecodeError>) {
        if let Some(moved) = self.links.on_response(cx, exchange, answer.clone()) {
            self.link_moved(cx, &moved);
        } else if let Some(errand) = self.calls.answered(exchange) {
            self.call_answered(cx, errand, answer.map(|answer| answer.message));
        } else if let Some(as_uri) = self.sign_outs.answered(exchange) {
            self.revocation_answered(cx, as_uri, answer.ok().map(|answer| answer.message));
        } else {
            self.code_exchanged(cx, exchange, answer.ok().map(|answer| answer.message));
        }
    }

    fn on_failure(&mut self, cx: &mut Context<'_>, exchange: ExchangeId) {
        if let Some(moved) = self.links.on_failure(exchange) {
            self.link_moved(cx, &moved);
        } else if let Some(as_uri) = self.sign_outs.answered(exchange) {
            self.revocation_answered(cx, as_uri, None);
        } else if self.calls.answered(exchange).is_none() {
            self.code_exchanged(cx, exchange, None);
        }
    }

    fn on_act(&mut self, cx: &mut Context<'_>, act: Act) {
        match act {
            Act::Manage { as_uri, call } => self.manage(cx, as_uri, call),
            Act::SetPolicy { as_uri, policy } => self.set_policy(cx, as_uri, policy),
            Act::RemovePolicy { as_uri, policy } => self.remove_policy(cx, as_uri, policy),
            Act::AnswerRequests { as_uri, approve } => self.answer_requests(cx, as_uri, approve),
            Act::WithdrawApproval { as_uri, client_name } => self.withdraw_approval(cx, as_uri, client_name),
            Act::SignOut { as_uri } => self.sign_out(cx, as_uri),
            Act::Fetch { .. }
            | Act::Connect { .. }
            | Act::DecideConsents { .. }
            | Act::DecideClaims { .. }
            | Act::GuessPassword { .. }
            | Act::CloseTabs
            | Act::FetchForOrganisation { .. }
            | Act::RefreshRpt { .. }
            | Act::RevokeRpt { .. }
            | Act::ForgetRpts
            | Act::Operate { .. }
            | Act::ContentAppeared { .. }
            | Act::ContentVanished { .. }
            | Act::ScopesChanged { .. }
            | Act::EndProtection { .. }
            | Act::MoveTo { .. }
            | Act::Replay(_) => {}
        }
    }
}

impl Machine for Manager {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        match input {
            Input::Request(arrival) => self.on_request(cx, &arrival),
            Input::Response { exchange, answer } => self.on_response(cx, exchange, answer),
            Input::Failed { exchange, .. } => self.on_failure(cx, exchange),
            Input::Act(act) => self.on_act(cx, act),
            // It sets no timer and checks no password; after a crash the owner begins again.
            Input::Timer(_) | Input::PasswordChecked { .. } | Input::Restarted => {}
        }
    }

    fn apply(&mut self, fact: &Fact) {
        self.links.apply(fact);
        match fact {
            Fact::OwnerTokenObtained { as_uri, token, expires_at } => {
                self.tokens.insert(as_uri.clone(), Held { token: token.clone(), expires_at: *expires_at });
            }
            Fact::OwnerTokenDropped { as_uri } => {
                self.tokens.remove(as_uri);
            }
            _ => {}
        }
    }

    fn forget(&mut self) {
        self.links.forget();
        self.sign_ins = SignIns::default();
        self.sign_outs = SignOuts::default();
        self.calls = Calls::default();
    }

    fn needs(&self, fact: &Fact) -> bool {
        match fact {
            Fact::OwnerTokenObtained { as_uri, token, .. } => {
                self.tokens.get(as_uri).is_some_and(|held| held.token == *token)
            }
            Fact::OwnerTokenDropped { .. } => false,
            _ => true,
        }
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
