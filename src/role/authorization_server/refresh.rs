//! Refreshing RPTs (Grant §3.6): no assessment, never more than there was, and nothing after the owner took it back.

use super::AuthorizationServer;
use super::issuance::{Content, NewRpt, issue};
use super::upgrade::{Carried, end_refresh, refreshed};
use crate::message::Arrival;
use crate::role::{Context, Rule};
use crate::trace::fact::{RefreshHash, RevocationCause, RptOrigin};
use crate::wire::oauth::TokenResponse;
use crate::wire::{ClientId, ErrorCode, Failure, Response, ScopeSet};

/// Answers a refresh request of an authenticated client. False when the token is not an RPT's refresh token: then
/// nothing was done.
pub(super) fn refresh_rpt(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    client: &ClientId,
    refresh: RefreshHash,
    scope: &ScopeSet,
) -> bool {
    if server.rpts.refresh(&refresh).is_none() {
        return false;
    }
    match renew(server, cx, client, refresh, scope) {
        Ok(tokens) => cx.reply(arrival.exchange, Response::Token(tokens)),
        Err(code) => cx.reply(arrival.exchange, Failure::body(400, code)),
    }
    true
}

fn renew(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    client: &ClientId,
    refresh: RefreshHash,
    scope: &ScopeSet,
) -> Result<TokenResponse, ErrorCode> {
    let known = server.rpts.refresh(&refresh).ok_or(ErrorCode::InvalidGrant)?;
    let old = server.rpts.get(&known.rpt).ok_or(ErrorCode::InvalidGrant)?.clone();
    cx.require(Rule::RefreshBoundToClient, old.client == *client).map_err(|_| ErrorCode::InvalidGrant)?;
    cx.require(Rule::RefreshFresh, cx.at < known.expires_at).map_err(|_| ErrorCode::InvalidGrant)?;
    cx.require(Rule::RefreshUnrevoked, !known.revoked).map_err(|_| ErrorCode::InvalidGrant)?;
    if old.permissions.is_empty() {
        return Err(ErrorCode::InvalidGrant);
    }
    let carried: Carried = refreshed(server, cx, known.rpt, scope).ok_or(ErrorCode::InvalidScope)?;
    // Grant §3.6 is silent on whether a refreshed permission lives longer than the one it renews.
    cx.our_choice("refresh-renews-permissions");
    let new = NewRpt {
        client: old.client,
        subjects: old.subjects,
        owner: old.owner,
        resource_server: old.resource_server,
        content: Content::Renewed(carried),
        origin: RptOrigin::Refresh { refresh, of: known.rpt },
    };
    let issued = issue(server, cx, new);
    end_refresh(server, cx, refresh, RevocationCause::Replaced);
    Ok(issued.into_response(None, false))
}
