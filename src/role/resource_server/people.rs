//! Owners at the resource server's own pages: who is signed in, and signing in.

use crate::message::Arrival;
use crate::role::Context;
use crate::role::oauth::{OAuth, OAuthServer, OAuthSettings, accounts, sessions, sign_in};
use crate::role::operation::{Operation, Report};
use crate::role::resource_server::ResourceServer;
use crate::trace::fact::SessionHash;
use crate::wire::page::{Form, Page};
use crate::wire::{Duration, PersonId, Request, Response};

impl OAuthServer for ResourceServer {
    fn oauth(&self) -> &OAuth {
        &self.oauth
    }

    fn oauth_mut(&mut self) -> &mut OAuth {
        &mut self.oauth
    }

    fn settings(&self) -> OAuthSettings<'_> {
        OAuthSettings {
            issuer: &self.config.origin,
            accounts: &self.config.accounts,
            dynamic_registration: false,
            saml: None,
            grant_types: &[],
            refresh_tokens: false,
            scopes: &[],
            default_scope: &[],
            access_token_lifetime: Duration::ZERO,
            refresh_token_lifetime: Duration::ZERO,
            code_lifetime: Duration::ZERO,
            session_lifetime: self.config.session_lifetime,
        }
    }
}

/// The browser session of a request, and who is signed in there; asks who it is when nobody is, and resumes the request
/// afterwards.
pub(super) fn signed_in(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    resume: &Request,
) -> Option<(SessionHash, PersonId)> {
    let cookie = arrival.cookie.as_ref();
    if let Some(session) = sessions::current(server, cx, cookie)
        && let Some(person) = session.person
    {
        return Some((session.hash, person));
    }
    sign_in::ask(server, cx, arrival.exchange, cookie, resume.clone(), arrival.uri.base());
    None
}

/// The browser session of a request.
pub(super) fn session(server: &ResourceServer, cx: &mut Context<'_>, arrival: &Arrival) -> Option<SessionHash> {
    sessions::current(server, cx, arrival.cookie.as_ref()).map(|session| session.hash)
}

/// Takes a form.
pub(super) fn on_form(server: &mut ResourceServer, cx: &mut Context<'_>, arrival: &Arrival, form: &Form) {
    match form {
        Form::SignIn { .. } => sign_in::submit(server, cx, arrival, form),
        Form::Consent { .. }
        | Form::GiveClaims { .. }
        | Form::SetPolicy { .. }
        | Form::RemovePolicy { .. }
        | Form::AnswerRequest { .. }
        | Form::WithdrawApproval { .. }
        | Form::SignOut { .. } => cx.reply(arrival.exchange, Response::Refused { status: 404 }),
    }
}

/// Takes the outcome of a password check.
pub(super) fn on_password_checked(server: &mut ResourceServer, cx: &mut Context<'_>, check: u64, correct: bool) {
    sign_in::checked(server, cx, check, correct);
}

/// Does what an operator wants.
pub(super) fn operate(server: &mut ResourceServer, cx: &mut Context<'_>, order: u64, operation: &Operation) {
    let report = match operation {
        Operation::People(wanted) => accounts::operate(server, cx, wanted),
        Operation::Issuers(_) | Operation::Clients(_) => Report::NotHere,
    };
    cx.report(order, report);
}

/// A sentence for a person.
pub(super) fn notice(status: u16, text: &str) -> Response {
    Response::Page(Page::Notice { status, text: text.into() })
}
