//! The UMA grant (Grant §3.3.1, §3.3.4-§3.3.6): a client presents its ticket, with claims if it has some. Everything
//! that a redemption leads to is recorded with it, so that a crash leaves all of it or nothing (DUR-1).

use super::assessment::{Assessment, Question, assess, scopes_available};
use super::claim_tokens::{Examined, Statement, examine_pushed};
use super::claims::{Established, establish};
use super::gathering::Waiting;
use super::tickets::{self, Refusal, TicketRecord};
use super::{AuthorizationServer, history, oauth_calls, side_by_side, v2_results};
use crate::message::{Arrival, ExchangeId};
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, TicketHash};
use crate::wire::oauth::UmaTicketGrant;
use crate::wire::page::DenialReason;
use crate::wire::{Claim, ClientId, Endpoint, ErrorCode, Failure, Pct, Revision};

/// A grant request of a client that proved who it is.
#[derive(Clone, Debug)]
pub(super) struct Presented {
    /// The exchange to answer.
    pub(super) exchange: ExchangeId,
    /// The client.
    pub(super) client: ClientId,
    /// What it asks.
    pub(super) grant: UmaTicketGrant,
}

/// Answers a grant request.
pub(super) fn uma_ticket(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    grant: &UmaTicketGrant,
) {
    tickets::forget_ended(server, cx.at);
    match oauth_calls::authenticate(server, cx, arrival) {
        // Reading A11: a request that fails here was not made by "the client" and does not spend the ticket.
        Err(failure) => cx.reply(arrival.exchange, failure),
        Ok(client) => {
            present(server, cx, Presented { exchange: arrival.exchange, client, grant: grant.clone() }, true);
        }
    }
}

/// Goes on with a request, also with one that waited for keys; `may_wait` is false when none will come.
pub(super) fn present(server: &mut AuthorizationServer, cx: &mut Context<'_>, presented: Presented, may_wait: bool) {
    let ticket = presented.grant.ticket.hashed();
    let record = match tickets::presentable(server, cx, &ticket, &presented.client, Revision::V2_0) {
        Ok(record) => record,
        Err(refusal) => {
            let failure = refused(cx, refusal);
            return cx.reply(presented.exchange, failure);
        }
    };
    let examined = match &presented.grant.claim_token {
        Some(pushed) => examine_pushed(server, cx, &presented.client, pushed),
        None => Examined::Bad,
    };
    let statement = match examined {
        Examined::Good(statement) => Some(statement),
        Examined::AwaitsKeys(issuer) if may_wait => {
            return server.gathering.wait(issuer, Waiting::Grant(presented));
        }
        // Grant §3.3.6: claims that do not count are asked for again, which the assessment does.
        Examined::AwaitsKeys(_) | Examined::Bad => None,
    };
    redeem(server, cx, &presented, &record, statement);
}

// Grant §3.3.6: one code for whatever is wrong with a ticket.
fn refused(cx: &mut Context<'_>, refusal: Refusal) -> Failure {
    let failure = Failure::body(400, ErrorCode::InvalidGrant);
    match refusal {
        Refusal::OtherRevision(decided) => failure.because(side_by_side::crossed(decided, Revision::V2_0)),
        Refusal::Unknown | Refusal::Spent | Refusal::Expired | Refusal::OtherClient => {
            // Grant §5.5 only asks to consider revoking what came of the ticket: a retransmission must not cost an RPT.
            cx.our_choice("replayed-ticket");
            failure
        }
    }
}

fn redeem(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    presented: &Presented,
    record: &TicketRecord,
    statement: Option<Statement>,
) {
    let Presented { exchange, client, grant } = presented;
    let ticket = grant.ticket.hashed();
    let (process, at) = (record.process, Endpoint::Token);
    side_by_side::decide(server, cx, ticket, process, Revision::V2_0);
    server.record(cx, Fact::TicketRedeemed { ticket, process, client: client.clone(), at, spent: true });
    let one = One { ticket, record, client, grant };
    if tickets::comes_too_early(server, cx, record) {
        cx.our_choice("early-poll");
        let answer = v2_results::submitted(server, cx, &one);
        return cx.reply(*exchange, answer);
    }
    if !scopes_available(server, cx, record, &grant.scope) {
        history::deny(server, cx, process, ticket, DenialReason::UnknownScope);
        return cx.reply(*exchange, Failure::body(400, ErrorCode::InvalidScope));
    }
    collect_claims(server, cx, &one, statement);
    let question = Question { ticket, record, client, acr: None, requested_scopes: &grant.scope };
    let assessment: Assessment = assess(server, cx, &question);
    let answer = v2_results::answer(server, cx, &one, assessment);
    cx.reply(*exchange, answer);
}

/// One redemption.
pub(super) struct One<'a> {
    /// The ticket that was presented.
    pub(super) ticket: TicketHash,
    /// Its record.
    pub(super) record: &'a TicketRecord,
    /// The client.
    pub(super) client: &'a ClientId,
    /// What it asked.
    pub(super) grant: &'a UmaTicketGrant,
}

fn collect_claims(server: &mut AuthorizationServer, cx: &mut Context<'_>, one: &One<'_>, statement: Option<Statement>) {
    if let Some(Statement { subject, claims, token }) = statement {
        let new = Established { subject, claims, how: ClaimsSource::Pushed(token), at: cx.at };
        establish(server, cx, one.record.process, one.client, new);
    }
    if let Some(pct) = &one.grant.pct {
        claims_of_pct(server, cx, one, pct);
    }
}

// Grant §3.3.1: a PCT that does not count is ignored; there is no error for it.
fn claims_of_pct(server: &mut AuthorizationServer, cx: &mut Context<'_>, one: &One<'_>, pct: &Pct) {
    let Some(known) = server.pcts.get(&pct.hashed()).cloned() else { return };
    let counts = cx.require(Rule::PctOfClient, known.client == *one.client).is_ok()
        && cx.require(Rule::PctFresh, !known.revoked && cx.at < known.expires_at).is_ok();
    if !counts {
        return;
    }
    for subject in known.subjects {
        let vouched = |claim: &&Claim| claim.issuer == subject.issuer;
        let claims = known.claims.iter().filter(vouched).cloned().collect();
        let new = Established { subject, claims, how: ClaimsSource::Pct(pct.hashed()), at: known.established_at };
        establish(server, cx, one.record.process, one.client, new);
    }
}
