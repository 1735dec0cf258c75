//! The end of an access attempt: the resource, or the refusal that its revision has for the case. Every decision is
//! said, every release recorded before it leaves.

use crate::message::ExchangeId;
use crate::role::resource_server::ResourceServer;
use crate::role::resource_server::access::Attempt;
use crate::role::resource_server::grounds::Grounds;
use crate::role::{Context, Machine, Rule};
use crate::trace::fact::RptHash;
use crate::trace::note::{AccessDecision, Evidence};
use crate::trace::{Fact, Note};
use crate::wire::{Challenge, ChallengeReason, PermissionTicket, Response, Text};

/// An attempt as far as notes tell.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The exchange to answer.
    pub exchange: ExchangeId,
    /// The canonical path.
    pub path: Text,
    /// The HTTP method.
    pub method: Text,
    /// The RPT that came along.
    pub rpt: Option<RptHash>,
}

/// Refuses by the server's own rules.
pub(super) fn refuse(cx: &mut Context<'_>, asked: &Asked, status: u16) {
    decided(cx, asked, None, AccessDecision::Refused);
    cx.reply(asked.exchange, Response::Refused { status });
}

/// Hands the resource out.
pub(super) fn release(server: &mut ResourceServer, cx: &mut Context<'_>, asked: &Asked, grounds: &Grounds) {
    let Some(resource) = server.config.resources.get(&asked.path) else { return refuse(cx, asked, 404) };
    let content = resource.content.clone();
    let resource_id = grounds.resource_id().cloned();
    decided(cx, asked, grounds.evidence().cloned(), AccessDecision::Released { resource_id });
    let fact = Fact::ResourceReleased {
        exchange: asked.exchange,
        path: asked.path.clone(),
        method: asked.method.clone(),
        rpt: asked.rpt.filter(|_| !grounds.are_the_owners_will()),
        evidence: grounds.evidence().cloned(),
    };
    server.record(cx, fact);
    cx.reply(asked.exchange, Response::Content { content });
}

/// Hands out what could not be decided, on a node that does so.
pub(super) fn release_undecided(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    asked: &Asked,
    grounds: Option<Grounds>,
) {
    match grounds {
        Some(grounds) => release(server, cx, asked, &grounds),
        None => refuse(cx, asked, 404),
    }
}

/// Ends an attempt that cannot be decided.
pub(super) fn fail_closed(server: &mut ResourceServer, cx: &mut Context<'_>, attempt: &Attempt) {
    server.open.attempts.remove(&attempt.asked.exchange);
    // Grant §3.5 and §3.2.2: no answer is no permission.
    if let Ok(proof) = cx.require(Rule::FailClosed, false) {
        return release_undecided(server, cx, &attempt.asked, Grounds::undecided(proof));
    }
    decided(cx, &attempt.asked, attempt.evidence.clone(), AccessDecision::Unreachable);
    let response = server.dialect().unreachable(cx);
    cx.reply(attempt.asked.exchange, response);
}

/// Sends the client to get an RPT.
pub(super) fn challenge_for_rpt(server: &mut ResourceServer, cx: &mut Context<'_>, attempt: &Attempt) {
    decided(cx, &attempt.asked, attempt.evidence.clone(), AccessDecision::ChallengedForRpt);
    challenge(server, cx, attempt, ChallengeReason::RptNeeded);
}

/// Sends the client to the authorization server with a ticket.
pub(super) fn challenge_with_ticket(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    attempt: &Attempt,
    ticket: PermissionTicket,
) {
    let decision = AccessDecision::ChallengedWithTicket(ticket.hashed());
    decided(cx, &attempt.asked, attempt.evidence.clone(), decision);
    let insufficient = attempt.evidence.as_ref().is_some_and(|evidence| evidence.active);
    let reason = server.dialect().with_ticket(cx, ticket, insufficient);
    challenge(server, cx, attempt, reason);
}

fn challenge(server: &mut ResourceServer, cx: &mut Context<'_>, attempt: &Attempt, reason: ChallengeReason) {
    server.open.attempts.remove(&attempt.asked.exchange);
    let challenge = Challenge {
        realm: Some(server.config.name.clone()),
        host_id: server.dialect().host_id(&server.config),
        as_uri: attempt.protector.as_uri.clone(),
        reason,
    };
    cx.reply(attempt.asked.exchange, Response::Challenge(challenge));
}

fn decided(cx: &mut Context<'_>, asked: &Asked, evidence: Option<Evidence>, decision: AccessDecision) {
    let Asked { exchange, path, method, rpt } = asked.clone();
    let evidence = evidence.map(Box::new);
    cx.note(Note::AccessDecided { exchange, path, method, rpt, evidence, decision });
}
