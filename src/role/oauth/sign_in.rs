//! Signing in: a page, a password, and back to what the browser wanted. What it wanted travels in the form, so that
//! nothing is lost when the server restarts meanwhile.

use crate::message::{Arrival, ExchangeId};
use crate::role::oauth::attempts::{self, Who};
use crate::role::oauth::{OAuth, OAuthServer, accounts, forms, sessions};
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::{SessionHash, SignIn};
use crate::wire::claims::{ACR_MULTI_FACTOR, ACR_PASSWORD};
use crate::wire::page::{Form, Page};
use crate::wire::token::Password;
use crate::wire::{Answer, PersonId, Request, Response, SessionCookie, Text, Uri};
use std::collections::BTreeMap;

/// Asks who is there, and opens a session to ask in when the browser has none.
pub fn ask<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    cookie: Option<&SessionCookie>,
    resume: Request,
    resume_at: Uri,
) {
    let (session, set_cookie) = sessions::current_or_open(server, cx, cookie);
    let message = page(server, cx, session.hash, resume, resume_at, false);
    cx.reply(exchange, Answer { set_cookie, message });
}

/// Takes [`Form::SignIn`]; the answer follows when the password is checked.
pub fn submit<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, arrival: &Arrival, form: &Form) {
    let Form::SignIn { form, username, password, second_factor, resume, resume_at } = form else {
        return cx.reply(arrival.exchange, forms::stale());
    };
    if arrival.cookie.is_none() || !leads_back(server, resume, resume_at) {
        return cx.reply(arrival.exchange, forms::stale());
    }
    let session = sessions::current(server, cx, arrival.cookie.as_ref());
    let Some(session) = session.filter(|session| forms::redeem(server, cx, session.hash, form, false).is_ok()) else {
        // Nothing has happened yet: a page from before a restart is simply shown again.
        return ask(server, cx, arrival.exchange, arrival.cookie.as_ref(), (**resume).clone(), resume_at.clone());
    };
    let Ok(who) = attempts::begin_sign_in(server, cx, arrival, username) else {
        let text = "Too many attempts. Wait a while before you try again.";
        return cx.reply(arrival.exchange, Response::Page(Page::Notice { status: 429, text: text.into() }));
    };
    // An unknown name costs the same check as a known one, so that time does not tell them apart.
    let account = accounts::named(server, username);
    let verifier = account.or_else(|| accounts::any(server)).map(|account| account.verifier.clone());
    let second = wants_second_factor(resume).then(|| SecondFactor {
        verifier: account.and_then(|account| account.second_factor.clone()),
        given: second_factor.clone(),
    });
    let check = Check {
        session: session.hash,
        person: account.map(|account| account.person.clone()),
        second,
        acr: None,
        resume: (**resume).clone(),
        resume_at: resume_at.clone(),
        who,
    };
    server.oauth_mut().open.checks.waiting.insert(arrival.exchange, check);
    // Named after the exchange, which no later incarnation of this server uses again.
    cx.check_password(arrival.exchange.0, verifier.unwrap_or_else(|| Text::from("")), password.clone());
}

/// Takes the outcome of a password check; where a second factor is asked for, its check follows.
pub fn checked<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, check: u64, correct: bool) {
    let exchange = ExchangeId(check);
    let Some(mut waiting) = server.oauth_mut().open.checks.waiting.remove(&exchange) else { return };
    if waiting.acr.is_some() {
        let right = cx.require(Rule::SecondFactorCorrect, correct).is_ok();
        return checked_all(server, cx, exchange, waiting, right);
    }
    let right = cx.require(Rule::PasswordCorrect, correct && waiting.person.is_some()).is_ok();
    let Some(second) = waiting.second.take().filter(|_| right) else {
        return checked_all(server, cx, exchange, waiting, right);
    };
    match second {
        SecondFactor { verifier: Some(verifier), given: Some(given) } => {
            waiting.acr = Some(ACR_MULTI_FACTOR.into());
            server.oauth_mut().open.checks.waiting.insert(exchange, waiting);
            cx.check_password(exchange.0, verifier, given);
        }
        SecondFactor { .. } => {
            let right = cx.require(Rule::SecondFactorCorrect, false).is_ok();
            waiting.acr = Some(ACR_MULTI_FACTOR.into());
            checked_all(server, cx, exchange, waiting, right);
        }
    }
}

fn checked_all<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    waiting: Check,
    right: bool,
) {
    let Check { session, person, second: _, acr, resume, resume_at, who } = waiting;
    match person.filter(|_| right) {
        Some(person) => {
            attempts::succeeded(server, &who);
            let cookie = sessions::open(server, cx, Some(person.clone()));
            if let Some(acr) = acr {
                server.record(cx, Fact::SignedInWith { of: SignIn::Session(cookie.hashed()), acr });
            }
            server.on_signed_in(cx, &person);
            let message = Response::Redirect { to: resume_at, message: Box::new(resume) };
            cx.reply(exchange, Answer { set_cookie: Some(cookie), message });
        }
        None => {
            let message = page(server, cx, session, resume, resume_at, true);
            cx.reply(exchange, message);
        }
    }
}

/// Makes every check of a person that runs come to nothing, whatever the password was.
pub(super) fn disown(oauth: &mut OAuth, person: &PersonId) {
    let theirs = |check: &&mut Check| check.person.as_ref() == Some(person);
    oauth.open.checks.waiting.values_mut().filter(theirs).for_each(|check| check.person = None);
}

/// True when a sign-in is as strong as one of these authentication context classes, or as strong as this server can make
/// it (OpenID Connect Core §3.1.2.1: `acr_values` asks, and does not command).
pub(super) fn suffices(acr: Option<&Text>, wanted: &[Text]) -> bool {
    acr.is_some_and(|acr| &**acr == ACR_MULTI_FACTOR) || !wants_more_than_password(wanted)
}

fn wants_more_than_password(wanted: &[Text]) -> bool {
    let names = |acr: &str| wanted.iter().any(|wanted| &**wanted == acr);
    names(ACR_MULTI_FACTOR) && !names(ACR_PASSWORD)
}

fn wants_second_factor(resume: &Request) -> bool {
    matches!(resume, Request::Authorize(asked) if wants_more_than_password(&asked.acr_values))
}

fn page<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    session: SessionHash,
    resume: Request,
    resume_at: Uri,
    wrong_password: bool,
) -> Response {
    let form = forms::issue(server, cx, session);
    let second_factor = wants_second_factor(&resume);
    Response::Page(Page::SignIn { form, resume: Box::new(resume), resume_at, wrong_password, second_factor })
}

// What the form says about where to go on is the browser's word: only pages of this server, and only by GET.
fn leads_back<S: OAuthServer>(server: &S, resume: &Request, resume_at: &Uri) -> bool {
    let followed_by_link = matches!(
        resume,
        Request::Authorize(_)
            | Request::AuthorizationReturn(_)
            | Request::ClaimsInteraction(_)
            | Request::ClaimsReturn(_)
            | Request::GetAccount
            | Request::Connect { .. }
            | Request::Fetch { .. }
    );
    followed_by_link && resume_at.origin() == server.settings().issuer.origin()
}

/// The password checks that run.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks {
    waiting: BTreeMap<ExchangeId, Check>,
}

#[derive(Clone, Debug)]
struct Check {
    session: SessionHash,
    /// `None` for a name that nobody has.
    person: Option<PersonId>,
    /// What is to be checked next.
    second: Option<SecondFactor>,
    /// What the sign-in is worth beyond a password, once the second factor is being checked.
    acr: Option<Text>,
    resume: Request,
    resume_at: Uri,
    /// Whose failure it is, should it be one.
    who: Vec<Who>,
}

/// A second factor as the form gave it, and what it is checked against; either may be missing.
#[derive(Clone, Debug)]
struct SecondFactor {
    verifier: Option<Text>,
    given: Option<Password>,
}
