//! Revocation of RPTs, their refresh tokens and PCTs (RFC 7009; Grant §3.7). What OAuth alone knows is left to it.

use super::upgrade::{end, end_refresh};
use super::{AuthorizationServer, oauth_calls};
use crate::message::Arrival;
use crate::role::oauth::clients::AuthenticatedClient;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{RefreshHash, RevocationCause, RptHash, TokenWhat};
use crate::wire::oauth::RevocationRequest;
use crate::wire::{Bearer, ClientId, ErrorCode, Failure, Response};

/// Answers a request at the revocation endpoint.
pub(super) fn revoke(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    request: &RevocationRequest,
) {
    let outcome = oauth_calls::authenticate_for(server, cx, arrival)
        .and_then(|client| end_for(server, cx, &client, &request.token));
    match outcome {
        Ok(()) => cx.reply(arrival.exchange, Response::Revoked),
        Err(failure) => cx.reply(arrival.exchange, failure),
    }
}

// The hint only says where to look first (RFC 7009 §2.1); every table is looked at.
fn end_for(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    proven: &AuthenticatedClient,
    token: &Bearer,
) -> Result<(), Failure> {
    let (hash, client) = (token.hashed(), proven.id());
    if let Some(record) = server.rpts.get(&hash.as_kind()) {
        let of = record.client.clone();
        by_holder(cx, client, &of)?;
        end_with_derived(server, cx, hash.as_kind());
    } else if let Some(refresh) = server.rpts.refresh(&hash.as_kind()) {
        let of = server.rpts.get(&refresh.rpt).map(|record| record.client.clone());
        by_holder(cx, client, &of.unwrap_or_else(|| client.clone()))?;
        end_refresh_with_derived(server, cx, hash.as_kind(), refresh.rpt);
    } else if let Some(pct) = server.pcts.get(&hash.as_kind()) {
        let (of, revoked) = (pct.client.clone(), pct.revoked);
        by_holder(cx, client, &of)?;
        if !revoked {
            let why = RevocationCause::Asked;
            server.record(cx, Fact::TokenRevoked { token: hash, what: TokenWhat::Pct, why });
        }
    } else {
        return oauth_calls::revoke_other(server, cx, proven, token);
    }
    Ok(())
}

// RFC 7009 §2.1: the client is told, and nothing happens.
fn by_holder(cx: &mut Context<'_>, client: &ClientId, of: &ClientId) -> Result<(), Failure> {
    let refused = Failure::body(400, ErrorCode::UnauthorizedClient);
    cx.require(Rule::RevocationByHolder, client == of).map(|_| ()).map_err(|_| refused)
}

fn end_with_derived(server: &mut AuthorizationServer, cx: &mut Context<'_>, rpt: RptHash) {
    let derived = server.rpts.descendants(&rpt);
    end(server, cx, rpt, RevocationCause::Asked);
    end_all(server, cx, &derived);
}

// RFC 7009 §2.1: with a refresh token end all tokens of the same grant, also those before it in the line of refreshes.
fn end_refresh_with_derived(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    refresh: RefreshHash,
    rpt: RptHash,
) {
    let start = server.rpts.start_of_refreshes(rpt);
    let derived: Vec<RptHash> = std::iter::once(start).chain(server.rpts.descendants(&start)).collect();
    end_refresh(server, cx, refresh, RevocationCause::Asked);
    end_all(server, cx, &derived);
}

fn end_all(server: &mut AuthorizationServer, cx: &mut Context<'_>, derived: &[RptHash]) {
    let now = cx.at;
    let none_lives = !derived.iter().any(|rpt| server.rpts.get(rpt).is_some_and(|record| record.is_live(now)));
    let none_renews = !derived.iter().any(|rpt| has_refresh(server, rpt));
    if cx.require(Rule::RevocationReachesDerived, none_lives && none_renews).is_err() {
        for rpt in derived {
            end(server, cx, *rpt, RevocationCause::ParentRevoked);
        }
    }
}

fn has_refresh(server: &AuthorizationServer, rpt: &RptHash) -> bool {
    let refresh = server.rpts.get(rpt).and_then(|record| record.refresh);
    refresh.and_then(|refresh| server.rpts.refresh(&refresh)).is_some_and(|known| !known.revoked)
}
