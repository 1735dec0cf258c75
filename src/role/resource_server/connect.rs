//! An owner connects the resource server with an authorization server (FedAuthz §1.3; D6 §2.1): an authorization code
//! (RFC 6749 §4.1) with PKCE, bound to the browser session, turned into a PAT; then the owner's resources are
//! registered.

use crate::message::{Arrival, ExchangeId};
use crate::role::link::{Moved, Ready};
use crate::role::oauth::pkce;
use crate::role::resource_server::access::Answering;
use crate::role::resource_server::pats::{self, NotReady, PatKey};
use crate::role::resource_server::people::{self, notice};
use crate::role::resource_server::trouble::Trouble;
use crate::role::resource_server::{Pending, ResourceServer, assertions, dialect, registration};
use crate::role::{Context, Rule};
use crate::trace::Note;
use crate::trace::fact::SessionHash;
use crate::trace::note::{session_of, state_of};
use crate::wire::oauth::{AuthorizationRequest, AuthorizationReturn, TokenRequest};
use crate::wire::text::scope_set;
use crate::wire::{Answer, AuthorizationCode, Call, CodeVerifier, Request, Response, State, Uri};
use std::collections::BTreeMap;

/// What is open between owners and authorization servers; a crash forgets it, and the owner begins again.
#[derive(Clone, Debug, Default)]
pub(super) struct Connects {
    waiting: BTreeMap<ExchangeId, Connect>,
    /// In order of departure.
    away: Vec<Departure>,
}

/// An owner whose browser waits.
#[derive(Clone, Debug)]
struct Connect {
    key: PatKey,
    session: SessionHash,
    state: Waiting,
}

/// What an owner waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "a state says what it waits for")]
enum Waiting {
    /// The link to the authorization server.
    AwaitingLink,
    /// A PAT by the server's own credentials.
    AwaitingPat,
    /// A PAT by the owner's code.
    AwaitingCode,
    /// The registration of the resources.
    AwaitingRegistration,
}

/// An owner who was sent to an authorization server.
#[derive(Clone, Debug)]
struct Departure {
    key: PatKey,
    session: SessionHash,
    state: State,
    verifier: CodeVerifier,
    /// What the server that the owner was sent to published then: nothing that comes later goes elsewhere.
    link: Ready,
}

/// How many owners can be away at a time; whoever left first begins again.
const AWAY_MAX: usize = 1024;

// ---- to the authorization server

/// Takes the wish of an owner.
pub(super) fn on_connect(server: &mut ResourceServer, cx: &mut Context<'_>, arrival: &Arrival, as_uri: &Uri) {
    let resume = Request::Connect { as_uri: as_uri.clone() };
    let Some((session, owner)) = people::signed_in(server, cx, arrival, &resume) else { return };
    let key = PatKey { owner, as_uri: as_uri.clone() };
    // A server that nobody configured is not even asked who it is.
    if !server.config.resources.values().any(|it| it.owner == key.owner && it.as_uri == key.as_uri) {
        return cx.reply(arrival.exchange, notice(404, "Nothing of yours is to be protected there."));
    }
    let connect = Connect { key, session, state: Waiting::AwaitingLink };
    server.open.connects.waiting.insert(arrival.exchange, connect);
    go_on(server, cx, arrival.exchange);
}

fn go_on(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId) {
    let Some(connect) = server.open.connects.waiting.get(&exchange).cloned() else { return };
    if pats::has_own_credentials_for(server, &connect.key) {
        return connect_without_owner(server, cx, exchange, &connect);
    }
    let Some(mut link) = server.link(cx, &connect.key.as_uri) else { return };
    if let Some(provider) = server.config.assertions_from.clone() {
        let Some(at_provider) = assertions::link(server, cx, &provider) else { return };
        link = at_provider;
    }
    server.open.connects.waiting.remove(&exchange);
    match link.configuration.authorization_endpoint.clone() {
        Some(endpoint) => send_away(server, cx, exchange, connect, link, endpoint),
        None => cx.reply(exchange, notice(502, "That server has no place for people.")),
    }
}

fn connect_without_owner(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId, connect: &Connect) {
    match pats::ready(server, cx, &connect.key) {
        Ok(_) => register(server, cx, exchange, &connect.key),
        Err(NotReady::AwaitingLink) => {}
        Err(NotReady::AwaitingPat) => wait(server, exchange, Waiting::AwaitingPat),
        Err(NotReady::NoPat) => not_connected(server, cx, exchange),
    }
}

fn send_away(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    connect: Connect,
    link: Ready,
    to: Uri,
) {
    let (state, verifier): (State, CodeVerifier) = (cx.mint(), cx.mint());
    let Connect { key, session, .. } = connect;
    let request = AuthorizationRequest {
        response_type: Some("code".into()),
        client_id: Some(link.credentials.client_id().clone()),
        redirect_uri: Some(server.redirect_uri()),
        scope: match server.config.assertions_from {
            Some(_) => scope_set(["openid"]),
            None => dialect::of(server.config.revision).pat_scope(),
        },
        state: Some(state.clone()),
        code_challenge: Some(pkce::challenge(&verifier)),
        nonce: None,
        acr_values: Vec::new(),
    };
    cx.note(Note::PersonSentAway { session, state: state_of(&state), to: to.clone() });
    let away = &mut server.open.connects.away;
    if away.len() >= AWAY_MAX {
        away.remove(0);
    }
    away.push(Departure { key, session, state, verifier, link });
    cx.reply(exchange, Response::Redirect { to, message: Box::new(Request::Authorize(request)) });
}

// ---- back from the authorization server

/// Takes an owner's return.
pub(super) fn on_return(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    returned: &AuthorizationReturn,
) {
    let exchange = arrival.exchange;
    // A request that is delivered twice is answered once.
    if server.open.connects.waiting.contains_key(&exchange) {
        return;
    }
    let session = people::session(server, cx, arrival);
    let Some(departure) = accept(server, cx, session, returned) else {
        return cx.reply(exchange, notice(400, "You were not sent away from here with this."));
    };
    cx.note(Note::ReturnAccepted {
        session: arrival.cookie.as_ref().map(session_of),
        state: returned.state.as_ref().map(state_of),
    });
    match &returned.outcome {
        Ok(code) => redeem(server, cx, exchange, departure, code),
        Err(_) => cx.reply(exchange, notice(403, "Not connected: it was not approved.")),
    }
}

// RFC 6749 §10.12: a return counts in the session that was sent away with its `state`, once. RFC 9207 §2.4: and when it
// comes from the server that was asked.
fn accept(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    session: Option<SessionHash>,
    returned: &AuthorizationReturn,
) -> Option<Departure> {
    let away = &server.open.connects.away;
    let with_state = away.iter().rposition(|departure| Some(&departure.state) == returned.state.as_ref());
    // A node that does not obey the rule takes any return for the latest departure.
    let in_session = || away.iter().rposition(|departure| Some(departure.session) == session);
    let at = with_state.or_else(in_session).or(away.len().checked_sub(1))?;
    let departure = away.get(at)?;
    let asked = server.config.assertions_from.clone().unwrap_or_else(|| departure.key.as_uri.clone());
    let matches = with_state.is_some() && Some(departure.session) == session;
    let answers = returned.issuer.as_ref().is_none_or(|issuer| *issuer == asked);
    cx.require(Rule::StateMatches, matches).ok()?;
    cx.require(Rule::ResponseIssuerMatches, answers).ok()?;
    Some(server.open.connects.away.remove(at))
}

fn redeem(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    departure: Departure,
    code: &AuthorizationCode,
) {
    let Departure { key, session, verifier, link, .. } = departure;
    let grant = TokenRequest::AuthorizationCode {
        code: code.clone(),
        redirect_uri: Some(server.redirect_uri()),
        code_verifier: Some(verifier),
    };
    let call = Call {
        to: link.configuration.token_endpoint.clone(),
        credentials: link.proven(cx),
        cookie: None,
        message: Request::Token(grant),
    };
    let connect = Connect { key, session, state: Waiting::AwaitingCode };
    server.open.connects.waiting.insert(exchange, connect);
    pats::send(server, cx, call, || Pending::AwaitingCode { connect: exchange });
}

/// Takes the answer to the exchange of a code, or `None` when none came.
pub(super) fn on_code(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId, answer: Answering) {
    if server.config.assertions_from.is_none() {
        return on_pat_answer(server, cx, exchange, answer);
    }
    let Some(connect) = server.open.connects.waiting.get(&exchange).cloned() else { return };
    let asked = match answer {
        Some(Ok(Answer { message: Response::Token(tokens), .. })) => {
            assertions::exchange(server, cx, exchange, tokens.access_token, connect.key.as_uri)
        }
        Some(Ok(_) | Err(_)) | None => false,
    };
    if !asked {
        not_connected(server, cx, exchange);
    }
}

/// The authorization server that an owner is being connected with.
pub(super) fn authorization_server_of(server: &ResourceServer, exchange: ExchangeId) -> Option<Uri> {
    server.open.connects.waiting.get(&exchange).map(|connect| connect.key.as_uri.clone())
}

/// Takes the answer to the request of a first PAT, or `None` when none came.
pub(super) fn on_pat_answer(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    answer: Answering,
) {
    let Some(connect) = server.open.connects.waiting.get(&exchange).cloned() else { return };
    let stored = match answer {
        Some(Ok(Answer { message: Response::Token(tokens), .. })) => pats::store(server, cx, &connect.key, &tokens),
        Some(Ok(_) | Err(_)) | None => false,
    };
    if !stored {
        return not_connected(server, cx, exchange);
    }
    register(server, cx, exchange, &connect.key);
    pats::moved(server, cx, &connect.key, true);
}

// ---- the end

fn register(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId, key: &PatKey) {
    wait(server, exchange, Waiting::AwaitingRegistration);
    registration::reconcile(server, cx, key);
}

fn wait(server: &mut ResourceServer, exchange: ExchangeId, state: Waiting) {
    if let Some(connect) = server.open.connects.waiting.get_mut(&exchange) {
        connect.state = state;
    }
}

/// Tells an owner that it did not work.
pub(super) fn not_connected(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId) {
    server.open.connects.waiting.remove(&exchange);
    cx.reply(exchange, notice(502, "Not connected: the authorization server does not answer as it should."));
}

fn waiting(server: &ResourceServer, state: Waiting, key: impl Fn(&PatKey) -> bool) -> Vec<ExchangeId> {
    let all = server.open.connects.waiting.iter();
    all.filter(|(_, connect)| connect.state == state && key(&connect.key)).map(|(exchange, _)| *exchange).collect()
}

/// The link to an authorization server has moved, or cannot be made.
pub(super) fn on_link(server: &mut ResourceServer, cx: &mut Context<'_>, moved: &Moved) {
    let provider = server.config.assertions_from.clone();
    let concerned = |key: &PatKey| key.as_uri == *moved.issuer() || provider.as_ref() == Some(moved.issuer());
    for exchange in waiting(server, Waiting::AwaitingLink, concerned) {
        match moved {
            Moved::Forward(_) | Moved::Registered(..) | Moved::Asking(_) => go_on(server, cx, exchange),
            Moved::Stuck(_, why) | Moved::OtherRevision(_, why) => not_linked(server, cx, exchange, why),
        }
    }
}

fn not_linked(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId, why: &str) {
    server.open.connects.waiting.remove(&exchange);
    cx.reply(exchange, notice(502, &format!("Not connected: {why}.")));
}

/// A PAT has come, or will not.
pub(super) fn on_pat(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, good: bool) {
    for exchange in waiting(server, Waiting::AwaitingPat, |candidate| candidate == key) {
        if good { register(server, cx, exchange, key) } else { not_connected(server, cx, exchange) }
    }
}

/// The registrations for an owner at an authorization server are through, as far as they go now.
pub(super) fn on_registered(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, trouble: Option<Trouble>) {
    let text = trouble.map_or_else(|| "connected".to_owned(), |trouble| trouble.after_connecting(&key.as_uri));
    for exchange in waiting(server, Waiting::AwaitingRegistration, |candidate| candidate == key) {
        server.open.connects.waiting.remove(&exchange);
        cx.reply(exchange, notice(200, &text));
    }
}
