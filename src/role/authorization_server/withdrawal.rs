//! What an owner withdraws is taken from tokens at once (Grant §6.1; reading A10: from refresh tokens too).

use super::{AuthorizationServer, oauth_side};
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{RevocationCause, RptHash, TokenWhat};
use crate::wire::{ClientId, PersonId, PolicyId};

/// Takes from every RPT what rests on a policy that is gone or has another text now.
pub(super) fn of_policy(server: &mut AuthorizationServer, cx: &mut Context<'_>, owner: &PersonId, policy: &PolicyId) {
    let resting = server.rpts.resting_on(owner, policy);
    // The rule is that nothing rests on a withdrawn policy; where it is obeyed, it is mended here.
    if cx.require(Rule::WithdrawalReachesTokens, resting.is_empty()).is_ok() {
        return;
    }
    for (rpt, resource, scopes) in resting {
        server.record(cx, Fact::PermissionsWithdrawn { rpt, resource, scopes });
        end_refreshing(server, cx, &rpt);
    }
}

/// Withdraws a person's approval of a client: its PATs and AATs die, and with them the RPTs got with those AATs.
pub(super) fn of_approval(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    person: &PersonId,
    client: &ClientId,
) {
    let dead = oauth_side::withdraw_approval(server, cx, person, client);
    let derived: Vec<RptHash> = dead.iter().flat_map(|token| server.rpts.of_aat(&token.as_kind())).collect();
    // RFC 7009 §2.1: what was derived from a revoked token goes with it.
    if cx.require(Rule::RevocationReachesDerived, derived.is_empty()).is_ok() {
        return;
    }
    for rpt in derived {
        revoke(server, cx, rpt);
    }
}

fn revoke(server: &mut AuthorizationServer, cx: &mut Context<'_>, rpt: RptHash) {
    let (what, why) = (TokenWhat::Rpt, RevocationCause::ParentRevoked);
    server.record(cx, Fact::TokenRevoked { token: rpt.as_kind(), what, why });
}

fn end_refreshing(server: &mut AuthorizationServer, cx: &mut Context<'_>, rpt: &RptHash) {
    let Some(refresh) = server.rpts.live_refresh(rpt) else { return };
    let (what, why) = (TokenWhat::RefreshToken, RevocationCause::PolicyWithdrawn);
    server.record(cx, Fact::TokenRevoked { token: refresh.as_kind(), what, why });
}
