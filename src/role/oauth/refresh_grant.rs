//! A refresh token for a fresh access token (RFC 6749 §6). Refresh tokens of public clients are good once (RFC 9700
//! §4.14.2); those of confidential clients are bound by the client's secret and stay good. Either ends when it is not used
//! for as long as is configured, and each use begins that time anew.

use crate::role::oauth::clients::AuthenticatedClient;
use crate::role::oauth::token::{Issue, Origin, Refused, issue};
use crate::role::oauth::{OAuthServer, revoke};
use crate::role::{Context, Rule};
use crate::trace::fact::{RefreshHash, RevocationCause};
use crate::wire::oauth::TokenResponse;
use crate::wire::{ErrorCode, PersonId, RefreshToken, ScopeSet, Text};

pub(super) fn refresh<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    client: AuthenticatedClient,
    token: &RefreshToken,
    scope: &ScopeSet,
) -> Result<TokenResponse, Refused> {
    let hash = token.hashed();
    if server.oauth().access_tokens.refresh_token(&hash).is_none() {
        return Err(Refused::NotMine(client));
    }
    let Renewed { person, acr, scope } = renewed(server, cx, &client, &hash, scope)?;
    let rotate = client.is_public();
    let from = Origin::Refresh(hash);
    let tokens = issue(server, cx, Issue { client: client.id(), person, acr, scope, from, renewable: rotate });
    if rotate {
        revoke::refresh_token(server, cx, hash, RevocationCause::Replaced);
    }
    Ok(tokens)
}

/// What the fresh token is about.
struct Renewed {
    person: Option<PersonId>,
    acr: Option<Text>,
    scope: ScopeSet,
}

fn renewed<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    client: &AuthenticatedClient,
    hash: &RefreshHash,
    scope: &ScopeSet,
) -> Result<Renewed, ErrorCode> {
    let (token, family) = server.oauth().access_tokens.refresh_token(hash).ok_or(ErrorCode::InvalidGrant)?;
    cx.require(Rule::RefreshBoundToClient, family.client == *client.id()).map_err(|_| ErrorCode::InvalidGrant)?;
    cx.require(Rule::RefreshFresh, cx.at < token.expires_at).map_err(|_| ErrorCode::InvalidGrant)?;
    if cx.require(Rule::RefreshUnrevoked, !token.revoked).is_err() {
        // RFC 9700 §4.14.2: a replaced token that comes again has leaked, so its successors end.
        let family = token.family;
        revoke::family(server, cx, family, RevocationCause::Replay);
        return Err(ErrorCode::InvalidGrant);
    }
    // RFC 6749 §6: narrower, never wider.
    if !scope.is_subset(&token.scope) {
        return Err(ErrorCode::InvalidScope);
    }
    let scope = if scope.is_empty() { token.scope.clone() } else { scope.clone() };
    Ok(Renewed { person: family.person.clone(), acr: family.acr.clone(), scope })
}
