//! ACC-8: a refusal at a resource server sends the client to the right place, with a ticket for this very attempt; and
//! what a client of draft-06 asks for with a ticket, a challenge sent it to ask for.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret, short};
use crate::check::ledger::tokens::{Ticket, dead_before};
use crate::check::safety::{honest, name, named};
use crate::message::{ExchangeId, NodeId};
use crate::trace::truth::{ResourceTruth, RoleKind};
use crate::trace::{Event, Record, Truth};
use crate::wire::{Challenge, ChallengeReason, Request, Response, Revision};

/// Watches challenges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Challenges;

impl Family for Challenges {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        if let Event::Sent { from, call, .. } = &record.event {
            return asked_after_a_challenge(ledger, truth, *from, &call.message, tally);
        }
        let Event::Answered { from, exchange, status, answer, .. } = &record.event else { return };
        let Response::Challenge(challenge) = &answer.message else { return };
        let Some(access) = ledger.exchanges.get(*exchange).filter(|_| honest(truth, *from)) else { return };
        let Some(resource) = truth.resource(*from, access.uri.path()) else { return };
        let wrong = wrong(ledger, truth, (challenge, *status), (access, *exchange), resource);
        tally.check(Id::Acc8, wrong.is_none(), || {
            format!("{} challenged for {}: {}", name(truth, *from), resource.path, wrong.unwrap_or_default())
        });
    }
}

// D6 §3: phase 2 begins with an attempt, and the challenge to it gives the ticket.
fn asked_after_a_challenge(ledger: &Ledger, truth: &Truth, from: NodeId, message: &Request, tally: &mut Tally) {
    let Request::RequestAuthorizationData { ticket, .. } = message else { return };
    let client = truth.get(from).is_some_and(|node| node.role == RoleKind::Client && node.honest);
    let Some(known) = ledger.tokens.tickets.get(&short(ticket)).filter(|_| client) else { return };
    let given = known.challenged.is_some_and(|(_, _, to)| to == from);
    tally.check(Id::Acc8, given, || {
        let ticket = named("ticket", short(ticket));
        format!("{} asks for authorization data with {ticket}, which no challenge gave it", name(truth, from))
    });
}

fn wrong(
    ledger: &Ledger,
    truth: &Truth,
    (challenge, status): (&Challenge, u16),
    (access, id): (&Exchange, ExchangeId),
    resource: &ResourceTruth,
) -> Option<String> {
    let protector = resource.authorization_server;
    // F2 §4: the server that protects this resource, not some default.
    if ledger.names.at(&challenge.as_uri) != Some(protector) {
        return Some(format!("as_uri is {}, not {}", challenge.as_uri, name(truth, protector)));
    }
    let revision = Ledger::revision(truth, resource.server)?;
    match (&challenge.reason, revision) {
        // Core 1.0.1 §3.3.1 shows 401 and allows 403; which one the reason says.
        (ChallengeReason::MoreNeeded(ticket), Revision::V1_0_1) => {
            expect_status(status, 403).or_else(|| wrong_ticket(ledger, short(ticket), (access, id), resource))
        }
        (ChallengeReason::TicketGiven(ticket), Revision::V1_0_1 | Revision::V2_0) => {
            expect_status(status, 401).or_else(|| wrong_ticket(ledger, short(ticket), (access, id), resource))
        }
        (ChallengeReason::RptNeeded, Revision::Draft05 | Revision::Draft06) => expect_status(status, 401),
        (ChallengeReason::AuthorizationDataNeeded(ticket), Revision::Draft05 | Revision::Draft06) => {
            expect_status(status, 403)
                .or_else(|| invalid_rpt(ledger, access, protector))
                .or_else(|| wrong_ticket(ledger, short(ticket), (access, id), resource))
        }
        (
            ChallengeReason::TicketGiven(_)
            | ChallengeReason::MoreNeeded(_)
            | ChallengeReason::RptNeeded
            | ChallengeReason::AuthorizationDataNeeded(_),
            Revision::Draft05 | Revision::Draft06 | Revision::V1_0_1 | Revision::V2_0,
        ) => Some("this form of challenge is another revision's".to_owned()),
    }
}

fn expect_status(came: u16, expected: u16) -> Option<String> {
    (came != expected).then(|| format!("status {came}, not {expected}"))
}

// D6 §3 step 1: an absent or invalid RPT is answered 401, without a ticket.
fn invalid_rpt(ledger: &Ledger, access: &Exchange, protector: NodeId) -> Option<String> {
    let Some(bearer) = access.bearer else { return Some("a ticket although no RPT came along".to_owned()) };
    let rpt = ledger.tokens.rpts.get(&bearer);
    let good = rpt.is_some_and(|rpt| rpt.server == protector && !dead_before(rpt.dead, access.sent.step));
    (!good).then(|| format!("a ticket although {} is not good", named("rpt", bearer)))
}

fn wrong_ticket(
    ledger: &Ledger,
    secret: Secret,
    (access, id): (&Exchange, ExchangeId),
    resource: &ResourceTruth,
) -> Option<String> {
    let Some(ticket) = ledger.tokens.tickets.get(&secret) else {
        return Some(format!("{} was never issued", named("ticket", secret)));
    };
    if ticket.server != resource.authorization_server {
        return Some("the ticket is another server's".to_owned());
    }
    // No two accesses share a ticket.
    if ticket.challenged.is_some_and(|(first, ..)| first != id) {
        return Some(format!("{} was already given for another attempt", named("ticket", secret)));
    }
    insufficient(ledger, ticket, access, resource)
}

fn insufficient(ledger: &Ledger, ticket: &Ticket, access: &Exchange, resource: &ResourceTruth) -> Option<String> {
    let Ask::Access { method } = &access.ask else { return None };
    let mapping = ledger.mappings.by_path.get(&(resource.server, resource.path.clone()))?;
    let (id, need) = (mapping.id.as_ref()?, resource.need.get(method)?);
    let one = ticket.permissions.iter().any(|asked| asked.resource_id == *id && need.is_subset(&asked.scopes));
    (!one).then(|| format!("the ticket does not suffice for {method} on {id}"))
}
