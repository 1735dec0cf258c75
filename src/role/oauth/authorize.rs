//! The authorization endpoint: from a client's request over the person's consent to a code (RFC 6749 §4.1.1, §4.1.2;
//! RFC 9207).

use crate::message::{Arrival, ExchangeId};
use crate::role::oauth::forms::FormHash;
use crate::role::oauth::{OAuthServer, clients, forms, grantable, sessions, sign_in};
use crate::role::rule::Proof;
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::{CodeIssued, SessionHash, SignIn};
use crate::wire::oauth::{AUTHORIZATION_CODE_GRANT, AuthorizationRequest, AuthorizationReturn};
use crate::wire::page::Page;
use crate::wire::{
    AuthorizationCode, ClientId, ErrorCode, FormKey, PersonId, Request, Response, ScopeSet, State, Text, Uri,
};
use std::collections::BTreeMap;

/// Answers a browser that a client sent for a code.
pub fn start<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, arrival: &Arrival, request: &AuthorizationRequest) {
    // RFC 6749 §4.1.2.1: with a bad client or redirection URI nobody is redirected.
    let destination = match destination(server, cx, request) {
        Ok(destination) => destination,
        Err(text) => {
            return cx.reply(arrival.exchange, Response::Page(Page::Notice { status: 400, text: text.into() }));
        }
    };
    let scope = match scope(server, cx, &destination.client, request) {
        Ok(scope) => scope,
        Err(error) => return send_back(server, cx, arrival.exchange, destination, Err(error)),
    };
    let session = sessions::current(server, cx, arrival.cookie.as_ref());
    let strong = session.filter(|session| sign_in::suffices(session.acr.as_ref(), &request.acr_values));
    let Some((session, person, acr)) = strong.and_then(|it| Some((it.hash, it.person?, it.acr))) else {
        let (resume, resume_at) = (Request::Authorize(request.clone()), arrival.uri.base());
        return sign_in::ask(server, cx, arrival.exchange, arrival.cookie.as_ref(), resume, resume_at);
    };
    let (code_challenge, nonce) = (request.code_challenge.clone(), request.nonce.clone());
    let asked = Asked { destination, scope, code_challenge, nonce, acr };
    match approved(server, cx, &person, &asked) {
        Some(proof) => issue_code(server, cx, arrival.exchange, person, asked, proof),
        None => ask_consent(server, cx, arrival.exchange, session, asked),
    }
}

/// Takes the answer to a consent page. False, and nothing done, when the form is none of its pages.
pub fn decide<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    form: &FormKey,
    approve: bool,
) -> bool {
    if !server.oauth().open.consents.waiting.contains_key(&form.hashed()) {
        return false;
    }
    match redeem(server, cx, arrival, form) {
        Some((person, asked)) if approve => approve_client(server, cx, arrival.exchange, person, asked),
        Some((person, asked)) => {
            let client = asked.destination.client.clone();
            server.record(cx, Fact::ApprovalRefused { person, client });
            send_back(server, cx, arrival.exchange, asked.destination, Err(ErrorCode::AccessDenied));
        }
        None => cx.reply(arrival.exchange, forms::stale()),
    }
    true
}

/// Where the answer goes: only to a client that is known, at a URI that it registered.
#[derive(Clone, Debug)]
struct Destination {
    client: ClientId,
    redirect_uri: Uri,
    state: Option<State>,
}

/// A request that can be granted as soon as the person approves.
#[derive(Clone, Debug)]
struct Asked {
    destination: Destination,
    scope: ScopeSet,
    code_challenge: Option<Text>,
    nonce: Option<Text>,
    /// How the person signed in, if it was more than a password.
    acr: Option<Text>,
}

fn destination<S: OAuthServer>(
    server: &S,
    cx: &mut Context<'_>,
    request: &AuthorizationRequest,
) -> Result<Destination, &'static str> {
    let client = request.client_id.clone().ok_or("The application did not say who it is.")?;
    let known = clients::get(server.oauth(), &client).ok_or("This application is not known here.")?;
    let registered = &known.metadata.redirect_uris;
    let redirect_uri = match (&request.redirect_uri, registered.as_slice()) {
        (Some(uri), _) => uri.clone(),
        // RFC 6749 §3.1.2.3: it may be left out when exactly one is registered.
        (None, [only]) => only.clone(),
        (None, _) => return Err("The application did not say where to return to."),
    };
    cx.require(Rule::RedirectUriRegistered, registered.contains(&redirect_uri))
        .map_err(|_| "The application did not register the address it wants to return to.")?;
    Ok(Destination { client, redirect_uri, state: request.state.clone() })
}

fn scope<S: OAuthServer>(
    server: &S,
    cx: &mut Context<'_>,
    client: &ClientId,
    request: &AuthorizationRequest,
) -> Result<ScopeSet, ErrorCode> {
    match request.response_type.as_deref() {
        Some("code") => {}
        Some(_) => return Err(ErrorCode::UnsupportedResponseType),
        None => return Err(ErrorCode::InvalidRequest),
    }
    let known = clients::get(server.oauth(), client).ok_or(ErrorCode::UnauthorizedClient)?;
    if !known.may_use(AUTHORIZATION_CODE_GRANT) {
        return Err(ErrorCode::UnauthorizedClient);
    }
    // RFC 9700 §2.1.1: public clients must use PKCE.
    if known.is_public() && request.code_challenge.is_none() {
        return Err(ErrorCode::InvalidRequest);
    }
    grantable(server, cx, client, AUTHORIZATION_CODE_GRANT, &request.scope).ok_or(ErrorCode::InvalidScope)
}

fn approved<S: OAuthServer>(server: &S, cx: &mut Context<'_>, person: &PersonId, asked: &Asked) -> Option<Proof> {
    let covered = server.oauth().approvals.cover(person, &asked.destination.client, &asked.scope);
    cx.require(Rule::PersonApproved, covered).ok()
}

fn ask_consent<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    session: SessionHash,
    asked: Asked,
) {
    let form = forms::issue(server, cx, session);
    let client_id = asked.destination.client.clone();
    let client_name = clients::get(server.oauth(), &client_id).and_then(|known| known.metadata.name.clone());
    let (scope, purpose) = (asked.scope.clone(), server.consent_purpose(&asked.scope));
    let page = Page::Consent { form: form.clone(), client_id, client_name, scope, purpose };
    server.oauth_mut().open.consents.waiting.insert(form.hashed(), asked);
    cx.reply(exchange, Response::Page(page));
}

// Who decides is whoever is signed in where the form comes from.
fn redeem<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    form: &FormKey,
) -> Option<(PersonId, Asked)> {
    let session = sessions::current(server, cx, arrival.cookie.as_ref())?;
    let person = session.person?;
    forms::redeem(server, cx, session.hash, form, false).ok()?;
    let asked = server.oauth_mut().open.consents.waiting.remove(&form.hashed())?;
    Some((person, asked))
}

fn approve_client<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    person: PersonId,
    asked: Asked,
) {
    let client = asked.destination.client.clone();
    server.record(cx, Fact::ApprovalGiven { person: person.clone(), client, scope: asked.scope.clone() });
    if let Some(proof) = approved(server, cx, &person, &asked) {
        issue_code(server, cx, exchange, person, asked, proof);
    }
}

fn issue_code<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    person: PersonId,
    asked: Asked,
    _approved: Proof,
) {
    let code: AuthorizationCode = cx.mint();
    let Asked { destination, scope, code_challenge, nonce, acr } = asked;
    let issued = Fact::CodeIssued(CodeIssued {
        code: code.hashed(),
        client: destination.client.clone(),
        person,
        scope,
        redirect_uri: destination.redirect_uri.clone(),
        code_challenge,
        nonce,
        expires_at: cx.at + server.settings().code_lifetime,
    });
    server.record(cx, issued);
    if let Some(acr) = acr {
        server.record(cx, Fact::SignedInWith { of: SignIn::Code(code.hashed()), acr });
    }
    send_back(server, cx, exchange, destination, Ok(code));
}

// RFC 6749 §4.1.2: `state` goes back if and only if it came; RFC 9207 §2: `iss` says who answers.
fn send_back<S: OAuthServer>(
    server: &S,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    destination: Destination,
    outcome: Result<AuthorizationCode, ErrorCode>,
) {
    let Destination { redirect_uri, state, client: _ } = destination;
    let outcome = outcome.map_err(|error| Text::from(error.as_str()));
    let issuer = Some(server.settings().issuer.clone());
    let message = Box::new(Request::AuthorizationReturn(AuthorizationReturn { outcome, state, issuer }));
    cx.reply(exchange, Response::Redirect { to: redirect_uri, message });
}

/// The consent pages that are out.
#[derive(Clone, Debug, Default)]
pub(super) struct Consents {
    waiting: BTreeMap<FormHash, Asked>,
}

impl Consents {
    /// Nobody is asked about a client any more.
    pub(super) fn drop_of(&mut self, client: &ClientId) {
        self.waiting.retain(|_, asked| asked.destination.client != *client);
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&FormHash) -> bool) {
        self.waiting.retain(|form, _| keep(form));
    }
}
