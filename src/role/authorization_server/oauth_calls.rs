//! The few things that the UMA side asks of the OAuth side: who a client is, whose an AAT is, which browser it is.

use super::AuthorizationServer;
use crate::message::{Arrival, ExchangeId};
use crate::role::Context;
use crate::role::oauth::clients::AuthenticatedClient;
use crate::role::oauth::{accounts, clients, forms, revoke, sessions, sign_in};
use crate::trace::fact::SessionHash;
use crate::wire::{
    Bearer, ClaimName, ClientId, Failure, FormKey, PersonId, Request, ScopeSet, SessionCookie, Text, Uri,
};

/// A browser.
#[derive(Clone, Debug)]
pub(super) struct Browser {
    /// Its session.
    pub(super) session: SessionHash,
    /// Who is signed in.
    pub(super) person: Option<PersonId>,
    /// Its new cookie, when it had no session before.
    pub(super) set_cookie: Option<SessionCookie>,
}

/// The client that sent the request.
///
/// # Errors
/// `invalid_client`.
pub(super) fn authenticate(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
) -> Result<ClientId, Failure> {
    authenticate_for(server, cx, arrival).map(|client| client.id().clone())
}

/// The same as the proof that what comes after it needs: what a client signs counts once.
///
/// # Errors
/// `invalid_client`.
pub(super) fn authenticate_for(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
) -> Result<AuthenticatedClient, Failure> {
    clients::authenticate(server, cx, &arrival.credentials)
}

/// The scopes a client is pre-registered for (Grant §3.3.1).
pub(super) fn registered_scopes(server: &AuthorizationServer, client: &ClientId) -> ScopeSet {
    clients::get(&server.oauth, client).map(|known| known.metadata.scope.clone()).unwrap_or_default()
}

/// What a client calls itself.
pub(super) fn client_name(server: &AuthorizationServer, client: &ClientId) -> Option<Text> {
    clients::get(&server.oauth, client)?.metadata.name.clone()
}

/// Where a client may be sent back to with claims.
pub(super) fn claims_redirect_uris(server: &AuthorizationServer, client: &ClientId) -> Option<Vec<Uri>> {
    let metadata = &clients::get(&server.oauth, client)?.metadata;
    let mut uris = metadata.claims_redirect_uris.clone();
    if server.dialect().codes_and_claims_share_addresses() {
        uris.extend(metadata.redirect_uris.iter().cloned());
    }
    Some(uris)
}

/// The session of the browser that sent the request, if it has one.
pub(super) fn session(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    cookie: Option<&SessionCookie>,
) -> Option<Browser> {
    let current = sessions::current(server, cx, cookie)?;
    Some(Browser { session: current.hash, person: current.person, set_cookie: None })
}

/// The browser that sent the request; a new session when it has none.
pub(super) fn browser(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    cookie: Option<&SessionCookie>,
) -> Browser {
    let (current, set_cookie) = sessions::current_or_open(server, cx, cookie);
    Browser { session: current.hash, person: current.person, set_cookie }
}

/// Has the person sign in, and come back with `resume`.
pub(super) fn ask_to_sign_in(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    exchange: ExchangeId,
    cookie: Option<&SessionCookie>,
    resume: Request,
    resume_at: Uri,
) {
    sign_in::ask(server, cx, exchange, cookie, resume, resume_at);
}

/// The anti-forgery key of a page in this session.
pub(super) fn form_key(server: &mut AuthorizationServer, cx: &mut Context<'_>, session: SessionHash) -> FormKey {
    forms::issue(server, cx, session)
}

/// True when the form comes from a page in this session; it counts once.
pub(super) fn is_form_of(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    session: SessionHash,
    form: &FormKey,
) -> bool {
    forms::redeem(server, cx, session, form, false).is_ok()
}

/// What the own accounts say about a person.
pub(super) fn account_claims(server: &AuthorizationServer, person: &PersonId) -> Vec<(ClaimName, Text)> {
    let account = accounts::of(server, person);
    account.into_iter().flat_map(|account| &account.claims).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Revokes a token that is no RPT, no refresh token of one, and no PCT. An unknown one is as good as revoked (RFC 7009
/// §2.2).
///
/// # Errors
/// When the token is another client's.
pub(super) fn revoke_other(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    client: &AuthenticatedClient,
    token: &Bearer,
) -> Result<(), Failure> {
    revoke::access_or_refresh(server, cx, client, token).map(|_| ())
}
