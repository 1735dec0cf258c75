//! LIV-3 and LIV-4: hints lead somewhere, and the owner's answer arrives.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::exchanges::{Exchange, Secret, short};
use crate::check::ledger::places::Process;
use crate::check::ledger::{Ledger, required_claims};
use crate::trace::fact::ClaimsSource;
use crate::trace::{Event, Record, Truth};
use crate::wire::{Claim, Duration, PermissionTicket, RequiredClaim, Response};

/// Watches answers to tickets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assessments;

impl Family for Assessments {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        let Event::Answered { from, exchange, answer, .. } = &record.event else { return };
        let Some(question) = ledger.exchanges.get(*exchange) else { return };
        let Some(ticket) = question.ask.presented() else { return };
        if !truth.get(*from).is_some_and(|node| node.honest) {
            return;
        }
        if let Response::RequestSubmitted { ticket: Some(next), interval_secs } = &answer.message {
            outlives_a_poll(ledger, record, next, *interval_secs, tally);
        }
        let Some(process) = ledger.process_of(ticket) else { return };
        // An error about the ticket itself is no assessment.
        if matches!(answer.message, Response::Failure(_)) {
            return;
        }
        hints(ledger, truth, (question, process), &answer.message, tally);
        if !polls_early(ledger, question, ticket) {
            owners_answer(question, process, &answer.message, tally);
        }
    }
}

// G2 §3.3.6: the next `need_info` does not ask for what was just given.
fn hints(
    ledger: &Ledger,
    truth: &Truth,
    (question, process): (&Exchange, &Process),
    message: &Response,
    tally: &mut Tally,
) {
    let (Some(hinted), Some(arrived)) = (process.hinted, question.arrived) else { return };
    if process.hinted_at_change != ledger.registry.changed {
        return;
    }
    let given = || {
        let since = process.claims.iter().filter(|claims| claims.at > hinted.at && claims.at < arrived.at);
        since.filter(|claims| arrived.at.since(claims.at) <= truth.request_max)
    };
    let meets = |hint: &RequiredClaim, claim: &Claim| {
        hint.name.as_ref() == Some(&claim.name) && (hint.issuer.is_empty() || hint.issuer.contains(&claim.issuer))
    };
    let names = |hint: &RequiredClaim| given().any(|claims| claims.claims.iter().any(|claim| meets(hint, claim)));
    let supplied = if process.hints.is_empty() {
        given().any(|claims| matches!(claims.how, ClaimsSource::Gathered(_)))
    } else {
        process.hints.iter().all(names)
    };
    if !supplied {
        return;
    }
    let again = match required_claims(message) {
        Some(hints) if process.hints.is_empty() => hints.is_empty(),
        Some(hints) => hints.iter().any(|claim| process.hints.contains(claim)),
        None => false,
    };
    // A claim that grew too old for a policy meanwhile may be asked for again.
    let oldest = given().map(|claims| arrived.at.since(claims.at)).max().unwrap_or_default();
    let too_old = || {
        let shortest = ledger.registry.shortest_age(question.to.unwrap_or(question.from));
        shortest.is_some_and(|secs| oldest + truth.clock_error_max >= Duration::from_secs(secs))
    };
    if again && too_old() {
        return;
    }
    tally.check(Id::Liv3, !again, || "what need_info hinted at was supplied, and is asked for again".to_owned());
}

// G2 §3.3.6: the ticket outlives the interval.
fn outlives_a_poll(
    ledger: &Ledger,
    record: &Record,
    next: &PermissionTicket,
    interval_secs: Option<u64>,
    tally: &mut Tally,
) {
    let Some(ticket) = ledger.tokens.tickets.get(&short(next)) else { return };
    let poll = record.node_time + Duration::from_secs(interval_secs.unwrap_or_default());
    tally.check(Id::Liv4, poll < ticket.expires_at, || {
        format!("the ticket of request_submitted expires at {}, before a poll at {}", ticket.expires_at.0, poll.0)
    });
}

// Who polls before the interval is over may be told to wait, whatever the owner said (G2 §3.3.6).
fn polls_early(ledger: &Ledger, question: &Exchange, ticket: Secret) -> bool {
    let poll = ledger.tokens.tickets.get(&ticket).and_then(|ticket| ticket.poll);
    let arrived = question.arrived.map(|arrived| arrived.node_time);
    poll.is_some_and(|poll| arrived.is_some_and(|arrived| arrived < poll.latest))
}

// Once the owner answered everything, the process does not wait any more.
fn owners_answer(question: &Exchange, process: &Process, message: &Response, tally: &mut Tally) {
    let before = |answered: Option<(bool, u64)>| answered.is_some_and(|(_, step)| step < question.since());
    if process.asked.is_empty() || !process.asked.iter().all(|asked| before(asked.answered)) {
        return;
    }
    let waits = matches!(message, Response::RequestSubmitted { .. });
    tally.check(Id::Liv4, !waits, || "the owner has answered, and the process still waits for it".to_owned());
}
