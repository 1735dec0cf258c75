//! GRT-7: the answer to a ticket fits its cause, and errors have the status that the text gives them.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret};
use crate::check::safety::{honest, name, named};
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Record, Truth};
use crate::wire::{Duration, ErrorCode, Failure, Response, Revision};

/// By how much an instant may be off that a server keeps in whole seconds.
const ROUNDING: Duration = Duration::from_secs(1);

/// Watches answers to tickets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors;

impl Family for Errors {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        let Event::Answered { from, exchange, status, answer, .. } = &record.event else { return };
        let server = truth.get(*from).is_some_and(|node| node.role == RoleKind::AuthorizationServer);
        let Some(question) = ledger.exchanges.get(*exchange).filter(|_| server && honest(truth, *from)) else { return };
        let Some(revision) = ledger.revision_asked_in(truth, *from, question) else { return };
        let Some(ticket) = question.ask.presented() else { return };
        // Only the drafts have an endpoint for requests for authorization data, and only 1.0.1 one that takes a ticket alone.
        let elsewhere = match question.ask {
            Ask::AuthorizationData { .. } => !revision.is_draft(),
            Ask::RptForTicket { .. } => revision != Revision::V1_0_1,
            _ => false,
        };
        if elsewhere {
            return;
        }
        if *status >= 500 || is_about_the_client(&answer.message) {
            return;
        }
        let guarded = matches!(question.ask, Ask::AuthorizationData { .. } | Ask::RptForTicket { .. });
        if guarded && question.bearer.is_none() {
            let told = is_bare_challenge(&answer.message);
            tally.check(Id::Grt7, told, || {
                format!(
                    "{} answered a request without an AAT with {} {status}",
                    name(truth, *from),
                    answer.message.word()
                )
            });
            return;
        }
        if let (Ask::RptForTicket { .. }, Some(bearer)) = (&question.ask, question.bearer)
            && !ledger.tokens.access.contains_key(&bearer)
        {
            // V1 §1.3.2, §4.1: an AAT that is none is answered by OAuth, whatever the ticket is.
            tally.check(Id::Grt7, !is_about_the_ticket(&answer.message), || {
                format!("{} answered an AAT that is none with {} {status}", name(truth, *from), answer.message.word())
            });
            return;
        }
        let cause = if question.arrivals > 1 { Cause::Unclear } else { cause(ledger, (question, revision), ticket) };
        let fits = fits(revision, cause, &answer.message) && status_fits(revision, *status, &answer.message);
        tally.check(Id::Grt7, fits, || {
            format!(
                "{} answered {} ({cause:?}) with {} {status}",
                name(truth, *from),
                named("ticket", ticket),
                answer.message.word()
            )
        });
    }
}

// Who asks is checked before what they bring, and a revision without the grant refuses it whatever comes with it.
fn is_about_the_client(message: &Response) -> bool {
    let Response::Failure(failure) = message else { return false };
    matches!(failure.code, Some(ErrorCode::InvalidClient | ErrorCode::UnsupportedGrantType))
}

// What only an assessment, or a look at the ticket, leads to.
fn is_about_the_ticket(message: &Response) -> bool {
    use ErrorCode::{ExpiredTicket, InvalidTicket, NotAuthorized};
    match message {
        Response::RptGranted(_) | Response::InfoNeeded(_) | Response::RequestSubmitted { .. } => true,
        Response::Failure(failure) => matches!(failure.code, Some(InvalidTicket | ExpiredTicket | NotAuthorized)),
        _ => false,
    }
}

// RFC 6750 §3.1: who shows no token is told that one is needed, and no error code.
fn is_bare_challenge(message: &Response) -> bool {
    matches!(message, Response::Failure(failure) if failure.status == 401 && failure.code.is_none())
}

/// What is wrong with a ticket, by the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Unknown,
    Expired,
    Spent,
    AnotherClient,
    /// It goes on in the other revision of a server of two.
    AnotherRevision,
    /// It is for polling, and the interval is not over.
    TooEarly,
    /// Nothing is wrong with it as such, or the ledger cannot tell.
    Unclear,
}

fn cause(ledger: &Ledger, (question, revision): (&Exchange, Revision), secret: Secret) -> Cause {
    let Some(ticket) = ledger.tokens.tickets.get(&secret) else {
        return if ledger.tokens.issued.contains(&secret) { Cause::Unclear } else { Cause::Unknown };
    };
    let since = question.since();
    if question.arrived.is_some_and(|arrived| arrived.node_time >= ticket.expires_at) {
        Cause::Expired
    } else if ticket.spent.is_some_and(|spent| spent < since) {
        Cause::Spent
    } else if let Some((decided, step)) = ledger.process_of(secret).and_then(|process| process.decided)
        && decided != revision
        && step < since
    {
        Cause::AnotherRevision
    } else if let (Some(process), Some(client)) = (ledger.process_of(secret), &question.client)
        && process.client.as_ref().is_some_and(|first| first != client)
    {
        Cause::AnotherClient
    } else if let (Some(poll), Some(arrived)) = (ticket.poll, question.arrived)
        && arrived.node_time + ROUNDING < poll.earliest
    {
        Cause::TooEarly
    } else {
        Cause::Unclear
    }
}

fn fits(revision: Revision, cause: Cause, message: &Response) -> bool {
    let code = match message {
        Response::Failure(failure) => failure.code.as_ref(),
        _ => None,
    };
    use ErrorCode::{
        ExpiredRequesterTicket, ExpiredTicket, InsufficientScope, InvalidClient, InvalidGrant, InvalidRequest,
        InvalidRequesterTicket, InvalidTicket, InvalidToken, UnauthorizedClient,
    };
    match (revision, cause) {
        // G2 §3.3.6: unknown, expired, used, or another client's.
        // V1 §3.5.4; the AAT is looked at first. An expired ticket may have been forgotten.
        (Revision::V1_0_1, Cause::Expired) => {
            matches!(code, Some(ExpiredTicket | InvalidTicket | InvalidToken | InsufficientScope))
        }
        // A ticket that led to an RPT is invalid (§3.2.2), as is one that another client presented before (our choice).
        (Revision::V1_0_1, Cause::Unknown | Cause::Spent | Cause::AnotherClient) => {
            matches!(code, Some(InvalidTicket | InvalidToken | InsufficientScope))
        }
        (Revision::V2_0, Cause::Unknown | Cause::Expired | Cause::Spent | Cause::AnotherClient) => {
            matches!(code, Some(InvalidGrant | InvalidClient | UnauthorizedClient))
        }
        // G2 §3.3.6: what the owner said is not told before the interval is over (our choice `early-poll`).
        (Revision::V2_0, Cause::TooEarly) => {
            matches!(message, Response::RequestSubmitted { .. }) || code == Some(&InvalidGrant)
        }
        // The specified error, with a message that names both revisions; an AAT is looked at first.
        (Revision::V1_0_1, Cause::AnotherRevision) => {
            (code == Some(&InvalidTicket) && names_both(message))
                || matches!(code, Some(InvalidToken | InsufficientScope))
        }
        (Revision::V2_0, Cause::AnotherRevision) => {
            (code == Some(&InvalidGrant) && names_both(message))
                || matches!(code, Some(InvalidClient | UnauthorizedClient))
        }
        (Revision::Draft05 | Revision::Draft06, Cause::AnotherRevision) => true,
        // D6 §3.4.3; who asks is checked first.
        // A ticket on which authorization data was added may be answered as it was (reading A6).
        (Revision::Draft05 | Revision::Draft06, Cause::Spent) => true,
        (Revision::Draft05 | Revision::Draft06, Cause::Unknown) => {
            matches!(code, Some(InvalidRequesterTicket | InvalidToken | InsufficientScope | InvalidRequest))
        }
        (Revision::Draft05 | Revision::Draft06, Cause::Expired) => {
            matches!(code, Some(ExpiredRequesterTicket | InvalidToken | InsufficientScope | InvalidRequesterTicket))
        }
        (Revision::Draft05 | Revision::Draft06, Cause::AnotherClient) => code.is_some(),
        (Revision::Draft05 | Revision::Draft06 | Revision::V1_0_1, Cause::TooEarly)
        | (Revision::Draft05 | Revision::Draft06 | Revision::V1_0_1 | Revision::V2_0, Cause::Unclear) => {
            hints(revision, message)
        }
    }
}

// G2 §3.3.6: `need_info` has a ticket and a hint; a denial has none, which the type of the answer says.
fn names_both(message: &Response) -> bool {
    let Response::Failure(Failure { description: Some(description), .. }) = message else { return false };
    [Revision::V1_0_1, Revision::V2_0].iter().all(|revision| description.contains(revision.name()))
}

fn hints(revision: Revision, message: &Response) -> bool {
    match message {
        Response::NeedInfo { ticket, required_claims, redirect_user } => {
            revision.is_draft() || (ticket.is_some() && !(required_claims.is_empty() && redirect_user.is_none()))
        }
        // V1 §3.5.4.2: at least one of `required_claims` and `redirect_user`.
        Response::InfoNeeded(details) => {
            revision == Revision::V1_0_1
                && details
                    .requesting_party_claims
                    .as_ref()
                    .is_none_or(|claims| claims.redirect_user || !claims.required_claims.is_empty())
        }
        Response::RequestSubmitted { ticket, .. } => revision != Revision::V2_0 || ticket.is_some(),
        _ => true,
    }
}

fn status_fits(revision: Revision, status: u16, message: &Response) -> bool {
    use ErrorCode::{
        ExpiredRequesterTicket, ExpiredTicket, InvalidClient, InvalidGrant, InvalidRequest, InvalidRequesterTicket,
        InvalidScope, InvalidTicket, InvalidToken, NotAuthorized, NotAuthorizedPermission, RequestDenied,
        UnauthorizedClient, UnsupportedGrantType,
    };
    match message {
        Response::NeedInfo { .. } | Response::InfoNeeded(_) | Response::RequestSubmitted { .. } => status == 403,
        Response::RptGranted(_) => status == 200,
        Response::Token(_) | Response::AuthorizationDataAdded => status / 100 == 2,
        Response::Failure(failure) => match (&failure.code, revision) {
            (Some(InvalidGrant | InvalidScope | InvalidRequest | UnauthorizedClient | UnsupportedGrantType), _)
            | (Some(InvalidTicket | ExpiredTicket), Revision::V1_0_1)
            | (Some(InvalidRequesterTicket | ExpiredRequesterTicket), Revision::Draft05 | Revision::Draft06) => {
                status == 400
            }
            (Some(RequestDenied), Revision::V2_0)
            | (Some(NotAuthorized), Revision::V1_0_1)
            | (Some(NotAuthorizedPermission), Revision::Draft05 | Revision::Draft06) => status == 403,
            (Some(InvalidClient), _) => status == 401 || status == 400,
            (Some(InvalidToken), Revision::Draft05 | Revision::Draft06 | Revision::V1_0_1) => status == 401,
            (Some(_) | None, Revision::Draft05 | Revision::Draft06 | Revision::V1_0_1 | Revision::V2_0) => {
                status >= 400
            }
        },
        _ => true,
    }
}
