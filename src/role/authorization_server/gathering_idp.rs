//! The authorization server as a relying party of an identity provider (OpenID Connect Core §3.1; D6 §3.5.1.1): sends a
//! person there, and learns from an ID token who they are.

use super::AuthorizationServer;
use super::claim_tokens::{Examined, MeantFor, examine};
use super::gathering::{Interaction, Waiting, identified, notice, refuse};
use super::oauth_calls;
use crate::message::{Arrival, ExchangeId};
use crate::role::link::Ready;
use crate::role::oauth::pkce;
use crate::role::{Context, Rule};
use crate::trace::Note;
use crate::wire::configuration::openid_well_known;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, AuthorizationRequest, AuthorizationReturn, ClientMetadata,
    TokenRequest,
};
use crate::wire::text::scope_set;
use crate::wire::{
    Answer, AuthorizationCode, Call, ClaimToken, ClientId, CodeVerifier, DecodeError, Endpoint, ErrorCode, Request,
    Response, SessionCookie, State, Text, Uri,
};

/// A person who is at the identity provider.
#[derive(Clone, Debug)]
pub(super) struct Away {
    /// What for.
    pub(super) interaction: Interaction,
    /// Where.
    idp: Uri,
    /// Own identifier there.
    client: ClientId,
    verifier: CodeVerifier,
    nonce: Text,
}

/// A person who came back, while the ID token is fetched.
#[derive(Clone, Debug)]
pub(super) struct AtIdp {
    /// What for.
    pub(super) interaction: Interaction,
    /// The browser's exchange.
    pub(super) exchange: ExchangeId,
    idp: Uri,
    client: ClientId,
    nonce: Text,
}

/// What is needed to talk to the identity provider, or `None` while it is being asked for.
pub(super) fn ready(server: &mut AuthorizationServer, cx: &mut Context<'_>, idp: &Uri) -> Option<Ready> {
    let metadata = ClientMetadata {
        name: Some(server.config.issuer.as_str().into()),
        redirect_uris: vec![return_uri(server)],
        claims_redirect_uris: Vec::new(),
        scope: scope_set(["openid"]),
        grant_types: vec![AUTHORIZATION_CODE_GRANT.into()],
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    };
    server.links.ready(cx, idp, &openid_well_known(idp), &metadata)
}

fn return_uri(server: &AuthorizationServer) -> Uri {
    let path = server.routes.path(Endpoint::AuthorizationRedirect).unwrap_or_default();
    server.config.issuer.with_path(path)
}

/// Sends a person to the identity provider.
pub(super) fn send_away(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    set_cookie: Option<SessionCookie>,
    ready: Ready,
    interaction: Interaction,
) {
    let Some(to) = ready.configuration.authorization_endpoint.clone() else {
        return refuse(server, cx, exchange, &interaction, ErrorCode::TemporarilyUnavailable);
    };
    let (state, verifier, client): (State, CodeVerifier, _) =
        (cx.mint(), cx.mint(), ready.credentials.client_id().clone());
    let nonce = Text::from(cx.mint_id("nonce"));
    let message = Request::Authorize(AuthorizationRequest {
        response_type: Some("code".into()),
        client_id: Some(client.clone()),
        redirect_uri: Some(return_uri(server)),
        scope: scope_set(["openid"]),
        state: Some(state.clone()),
        code_challenge: Some(pkce::challenge(&verifier)),
        nonce: Some(nonce.clone()),
        acr_values: Vec::new(),
    });
    cx.note(Note::PersonSentAway { session: interaction.session, state: state.hashed(), to: to.clone() });
    let idp = ready.configuration.issuer.clone();
    server.gathering.send_away(state.hashed(), Away { interaction, idp, client, verifier, nonce });
    cx.reply(exchange, Answer { set_cookie, message: Response::Redirect { to, message: Box::new(message) } });
}

/// A person comes back from the identity provider.
pub(super) fn returned(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    came: &AuthorizationReturn,
) {
    match accept(server, cx, arrival, came) {
        None => cx.reply(arrival.exchange, notice(400, "nobody is waiting for this")),
        Some(away) => match &came.outcome {
            Ok(code) => fetch_token(server, cx, arrival.exchange, away, code.clone()),
            Err(_) => refuse(server, cx, arrival.exchange, &away.interaction, ErrorCode::AccessDenied),
        },
    }
}

// RFC 6749 §10.12: once, and only in the browser session that was sent away.
fn accept(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    came: &AuthorizationReturn,
) -> Option<Away> {
    let state = came.state.as_ref()?.hashed();
    let away = server.gathering.away.get(&state)?.clone();
    let session = oauth_calls::session(server, cx, arrival.cookie.as_ref()).map(|browser| browser.session);
    cx.require(Rule::StateMatches, session == Some(away.interaction.session)).ok()?;
    // RFC 9207 §2.4.
    let from_idp = came.issuer.as_ref().is_none_or(|issuer| *issuer == away.idp);
    cx.require(Rule::ResponseIssuerMatches, from_idp).ok()?;
    if cx.at >= away.interaction.until {
        return None;
    }
    server.gathering.away.remove(&state);
    cx.note(Note::ReturnAccepted { session, state: Some(state) });
    Some(away)
}

fn fetch_token(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    away: Away,
    code: AuthorizationCode,
) {
    let Away { interaction, idp, client, verifier, nonce } = away;
    let Some(ready) = ready(server, cx, &idp) else {
        return refuse(server, cx, exchange, &interaction, ErrorCode::TemporarilyUnavailable);
    };
    let request =
        TokenRequest::AuthorizationCode { code, redirect_uri: Some(return_uri(server)), code_verifier: Some(verifier) };
    let credentials = ready.proven(cx);
    let sent = cx.send(Call {
        to: ready.configuration.token_endpoint.clone(),
        credentials,
        cookie: None,
        message: Request::Token(request),
    });
    server.gathering.at_idp.insert(sent, AtIdp { interaction, exchange, idp, client, nonce });
}

/// The identity provider answered the token request.
pub(super) fn token_came(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    at_idp: AtIdp,
    answer: Result<Answer, DecodeError>,
) {
    let token = match answer.map(|answer| answer.message) {
        Ok(Response::Token(tokens)) => tokens.id_token,
        Ok(_) | Err(_) => None,
    };
    match token {
        Some(token) => identify(server, cx, at_idp, &token, true),
        None => refuse(server, cx, at_idp.exchange, &at_idp.interaction, ErrorCode::TemporarilyUnavailable),
    }
}

/// Learns from an ID token who the person is; `may_wait` is false when no keys will come.
pub(super) fn identify(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    at_idp: AtIdp,
    token: &ClaimToken,
    may_wait: bool,
) {
    let meant_for = MeantFor::Relying { issuer: &at_idp.idp, client: &at_idp.client, nonce: &at_idp.nonce };
    match examine(server, cx, token, meant_for) {
        Examined::Good(statement) => {
            let AtIdp { interaction, exchange, .. } = at_idp;
            identified(server, cx, exchange, interaction, statement.subject, statement.claims);
        }
        Examined::AwaitsKeys(issuer) if may_wait => {
            server.gathering.wait(issuer, Waiting::Identity(at_idp, token.clone()));
        }
        Examined::AwaitsKeys(_) | Examined::Bad => {
            refuse(server, cx, at_idp.exchange, &at_idp.interaction, ErrorCode::ServerError);
        }
    }
}
