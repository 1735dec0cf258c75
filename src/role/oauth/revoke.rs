//! Revocation (RFC 7009) of access and refresh tokens that are no RPTs, and of everything of the same family.

use crate::role::oauth::OAuthServer;
use crate::role::oauth::access_tokens::{FamilyId, Live};
use crate::role::oauth::clients::AuthenticatedClient;
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::{BearerHash, RefreshHash, RevocationCause, TokenWhat};
use crate::wire::{Bearer, ErrorCode, Failure};

/// Revokes a token for the client that holds it, and with it its family. `Ok(false)` when the token is unknown here;
/// the caller answers, as RFC 7009 §2.2 says with success in either case.
///
/// # Errors
/// When the token is another client's.
pub fn access_or_refresh<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    client: &AuthenticatedClient,
    token: &Bearer,
) -> Result<bool, Failure> {
    let tokens = &server.oauth().access_tokens;
    let (hash, refresh) = (token.hashed(), token.hashed().as_kind());
    let found = match (tokens.get(&hash), tokens.refresh_token(&refresh)) {
        (Some((token, family)), _) => (&family.client, token.family, Presented::Access(hash)),
        (None, Some((token, family))) => (&family.client, token.family, Presented::Refresh(refresh)),
        (None, None) => return Ok(false),
    };
    let (holder, family, presented) = found;
    // RFC 7009 §2.1: otherwise the request is refused and the client is informed; it names no error for it.
    if cx.require(Rule::RevocationByHolder, holder == client.id()).is_err() {
        cx.our_choice("foreign-revocation-error");
        return Err(Failure::body(400, ErrorCode::InvalidGrant));
    }
    revoke_presented(server, cx, family, presented);
    revoke_derived(server, cx, family);
    Ok(true)
}

enum Presented {
    Access(BearerHash),
    Refresh(RefreshHash),
}

fn revoke_presented<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, family: FamilyId, presented: Presented) {
    let live = server.oauth().access_tokens.live(family, cx.at);
    match presented {
        Presented::Access(token) if live.tokens.contains(&token) => {
            access_token(server, cx, token, RevocationCause::Asked);
        }
        Presented::Refresh(token) if live.refresh_tokens.contains(&token) => {
            refresh_token(server, cx, token, RevocationCause::Asked);
        }
        // It is void already.
        Presented::Access(_) | Presented::Refresh(_) => {}
    }
}

// RFC 7009 §2.1: a refresh token takes the access tokens of its grant along, and an access token its refresh token.
fn revoke_derived<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, id: FamilyId) {
    let reached = server.oauth().access_tokens.live(id, cx.at).is_empty();
    if cx.require(Rule::RevocationReachesDerived, reached).is_err() {
        family(server, cx, id, RevocationCause::ParentRevoked);
    }
}

/// Ends every token of a family that is still good.
pub(super) fn family<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, id: FamilyId, why: RevocationCause) {
    let Live { tokens, refresh_tokens } = server.oauth().access_tokens.live(id, cx.at);
    for token in refresh_tokens {
        refresh_token(server, cx, token, why);
    }
    for token in tokens {
        access_token(server, cx, token, why);
    }
}

fn access_token<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, token: BearerHash, why: RevocationCause) {
    server.record(cx, Fact::TokenRevoked { token, what: TokenWhat::AccessToken, why });
    server.on_token_revoked(cx, token, why);
}

pub(super) fn refresh_token<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    token: RefreshHash,
    why: RevocationCause,
) {
    server.record(cx, Fact::TokenRevoked { token: token.as_kind(), what: TokenWhat::RefreshToken, why });
}
