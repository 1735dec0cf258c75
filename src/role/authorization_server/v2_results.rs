//! The results of an assessment in 2.0 (Grant §3.3.5, §3.3.6): an RPT, or what the client can do to get one, or no.

use super::assessment::{Assessment, Verdict};
use super::claims::Established;
use super::gathering;
use super::issuance::{Content, NewRpt, issue, upgraded_from};
use super::tickets::succeed;
use super::upgrade::{carried, replace};
use super::v2_grant::One;
use super::{AuthorizationServer, history};
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{PctIssued, ResourceKey, RptOrigin, Subject, TicketReason};
use crate::wire::{
    Answer, Claim, Endpoint, ErrorCode, Failure, Pct, RequiredClaim, Response, Revision, ScopeSet, Text, Uri,
};
use std::collections::BTreeSet;

/// What the client is told.
pub(super) fn answer(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    one: &One<'_>,
    assessment: Assessment,
) -> Answer {
    let verdict = assessment.verdict(server.config.partial_grants);
    assessment.note(cx, verdict);
    match verdict {
        Verdict::Granted => grant(server, cx, one, assessment),
        Verdict::NeedInfo => need_info(server, cx, one, assessment.missing),
        Verdict::Submitted => {
            ask_owner(server, cx, one, &assessment.pending, assessment.subjects());
            submitted(server, cx, one)
        }
        Verdict::Denied => {
            let why = history::why(server, one.record.process, one.record);
            history::deny(server, cx, one.record.process, one.ticket, why);
            Failure::body(403, ErrorCode::RequestDenied).into()
        }
    }
}

// Grant §3.3.5.
fn grant(server: &mut AuthorizationServer, cx: &mut Context<'_>, one: &One<'_>, assessment: Assessment) -> Answer {
    let subjects = assessment.subjects().to_vec();
    let carried = carried(server, cx, one.grant.rpt.as_ref(), one.client, one.record);
    let old = upgraded_from(carried.as_ref());
    let new = NewRpt {
        client: one.client.clone(),
        subjects: subjects.clone(),
        owner: Some(one.record.owner.clone()),
        resource_server: Some(one.record.resource_server.clone()),
        content: Content::Granted(assessment.granted, carried),
        origin: RptOrigin::Ticket { ticket: one.ticket, process: one.record.process, upgraded_from: old },
    };
    let issued = issue(server, cx, new);
    if let Some(old) = old {
        // Grant §3.3.5.1: "the authorization server SHOULD revoke the existing RPT".
        replace(server, cx, old);
    }
    let pct = issue_pct(server, cx, one, subjects);
    Response::Token(issued.into_response(pct, old.is_some())).into()
}

// Grant §3.3.5: a PCT stands for the claims of this process; without any there is nothing to persist.
fn issue_pct(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    one: &One<'_>,
    subjects: Vec<Subject>,
) -> Option<Pct> {
    let known = server.claims.of(one.record.process);
    let established_at = known.iter().map(|known| known.at).min().filter(|_| server.config.pcts)?;
    let claims: BTreeSet<Claim> = known.iter().flat_map(|known: &Established| &known.claims).cloned().collect();
    let pct: Pct = cx.mint();
    let fact = Fact::PctIssued(PctIssued {
        pct: pct.hashed(),
        client: one.client.clone(),
        subjects,
        claims: claims.into_iter().collect(),
        established_at,
        expires_at: cx.at + server.config.pct_lifetime,
    });
    server.record(cx, fact);
    Some(pct)
}

// Grant §3.3.6 `need_info`.
fn need_info(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    one: &One<'_>,
    missing: BTreeSet<RequiredClaim>,
) -> Answer {
    let ticket = succeed(server, cx, one.ticket, one.record, TicketReason::NeedInfo);
    let redirect_user = redirect_user(server, &missing);
    Response::NeedInfo { ticket: Some(ticket), required_claims: missing.into_iter().collect(), redirect_user }.into()
}

// Only when the person can give there what is missing.
fn redirect_user(server: &AuthorizationServer, missing: &BTreeSet<RequiredClaim>) -> Option<Uri> {
    gathering::helps(server, missing).then(|| server.places(Revision::V2_0).at(Endpoint::ClaimsInteraction)).flatten()
}

fn ask_owner(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    one: &One<'_>,
    pending: &[(ResourceKey, ScopeSet)],
    subjects: &[Subject],
) {
    ask_owner_once(server, cx, one.record.process, one.client, pending, subjects);
}

/// Puts questions to the owner that were not put yet in this process.
pub(super) fn ask_owner_once(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    process: crate::trace::fact::ProcessId,
    client: &crate::wire::ClientId,
    pending: &[(ResourceKey, ScopeSet)],
    subjects: &[Subject],
) {
    for (resource, scopes) in pending {
        if server.owner_requests.was_asked(process, resource, scopes) {
            continue;
        }
        let fact = Fact::OwnerAsked {
            request: Text::from(cx.mint_id("request")),
            process,
            owner: resource.owner.clone(),
            client: client.clone(),
            subjects: subjects.to_vec(),
            resource: resource.clone(),
            scopes: scopes.clone(),
            at: Some(cx.at),
        };
        server.record(cx, fact);
    }
}

/// `request_submitted` (Grant §3.3.6): come again with this ticket, but not too soon.
pub(super) fn submitted(server: &mut AuthorizationServer, cx: &mut Context<'_>, one: &One<'_>) -> Answer {
    let ticket = succeed(server, cx, one.ticket, one.record, TicketReason::RequestSubmitted);
    let interval_secs = Some(server.config.poll_interval_secs);
    Response::RequestSubmitted { ticket: Some(ticket), interval_secs }.into()
}
