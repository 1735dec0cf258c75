//! GRT-7: the answer fits its cause. First the token that guards an endpoint is looked at, or the client that asks, then
//! the ticket; what a revision has no request for is refused. Which answers a revision has for a cause stands in
//! `answers.rs`.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret};
use crate::check::ledger::places::Established;
use crate::check::ledger::tokens::AccessToken;
use crate::check::safety::answers::{self, Cause, TokenCause};
use crate::check::safety::{honest, name, named};
use crate::message::NodeId;
use crate::trace::fact::ClaimsSource;
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Record, Truth};
use crate::wire::{Duration, ErrorCode, Response, Revision, Timestamp};

/// By how much an instant may be off that a server keeps in whole seconds.
const ROUNDING: Duration = Duration::from_secs(1);

/// Watches the answers of authorization servers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors;

impl Family for Errors {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        let Event::Answered { from, exchange, status, answer, .. } = &record.event else { return };
        let server = truth.get(*from).is_some_and(|node| node.role == RoleKind::AuthorizationServer);
        let Some(question) = ledger.exchanges.get(*exchange).filter(|_| server && honest(truth, *from)) else { return };
        let Some(revision) = ledger.revision_asked_in(truth, *from, question) else { return };
        // What the server cannot do now, and what did not come over TLS, says nothing about a token or a ticket.
        if *status >= 500 || *status == 429 || !question.uri.is_https() {
            return;
        }
        let (status, message, now) = (*status, &answer.message, record.node_time);
        let see = See { ledger, server: *from, revision, question, status, message, now };
        if let Some((holds, cause)) = see.judge() {
            tally.check(Id::Grt7, holds, || {
                format!("{} answered {cause} with {} {status}", name(truth, *from), answer.message.word())
            });
        }
    }
}

struct See<'a> {
    ledger: &'a Ledger,
    server: NodeId,
    revision: Revision,
    question: &'a Exchange,
    status: u16,
    message: &'a Response,
    /// When it answers, by its own clock: what waits for keys is looked at again then.
    now: Timestamp,
}

// There is nothing at that path: a thief tries it where another server has an endpoint, and no token is looked at.
fn is_nothing(message: &Response) -> bool {
    matches!(message, Response::Refused { status: 404 })
}

impl See<'_> {
    /// Whether the answer fits, and what it answers; `None` where no cause is known.
    fn judge(&self) -> Option<(bool, String)> {
        match &self.question.ask {
            Ask::UmaTicket { ticket, .. } if self.revision == Revision::V2_0 => self.of_client(*ticket),
            // RFC 6749 §5.2; whoever asks may be refused first.
            Ask::UmaTicket { .. } => Some((self.is_unsupported_grant(), "a grant that it does not have".to_owned())),
            Ask::RptForTicket { ticket, .. } if self.revision == Revision::V1_0_1 => self.of_aat_and_ticket(*ticket),
            Ask::AuthorizationData { ticket, .. } if self.revision.is_draft() => self.of_aat_and_ticket(*ticket),
            // The RPT endpoint of the drafts does not look at the ticket of 1.0.1.
            Ask::RequestRpt | Ask::RptForTicket { .. } if self.revision.is_draft() => self.of_token(|token| token.aat),
            Ask::RequestRpt | Ask::AuthorizationData { .. } | Ask::RptForTicket { .. } => {
                Some((self.is_refused(), "a request that it has no endpoint for".to_owned()))
            }
            // Core 1.0.1 §1.3.1; D6 §2.1; F2 §1.3.
            Ask::Permissions(_) | Ask::Introspect(_) | Ask::Create | Ask::List => self.of_token(|token| token.pat),
            Ask::Read(_) | Ask::Update { .. } | Ask::Delete(_) => self.of_token(|token| token.pat),
            Ask::Access { .. } | Ask::Code { .. } | Ask::Refresh(_) | Ask::Assertion(_) | Ask::Revoke(_) => None,
            Ask::Interaction { .. } | Ask::ClaimsReturn { .. } | Ask::GiveClaims { .. } | Ask::Consent { .. } => None,
            // What owners do by program is no endpoint of any text.
            Ask::Owner(_) | Ask::Fetch(_) | Ask::Configuration | Ask::Other => None,
        }
    }

    fn code(&self) -> Option<&ErrorCode> {
        match self.message {
            Response::Failure(failure) => failure.code.as_ref(),
            _ => None,
        }
    }

    fn is_unsupported_grant(&self) -> bool {
        use ErrorCode::{InvalidClient, UnauthorizedClient, UnsupportedGrantType};
        match self.code() {
            Some(UnsupportedGrantType | UnauthorizedClient) => self.status == 400,
            Some(InvalidClient) => matches!(self.status, 400 | 401),
            _ => false,
        }
    }

    // Nothing is given, and nothing is said about a ticket that nobody looked at.
    fn is_refused(&self) -> bool {
        let refused = matches!(self.message, Response::Failure(_) | Response::Refused { .. });
        refused && (400..500).contains(&self.status) && !answers::is_about_a_ticket(self.message)
    }

    // ---- tokens

    // Core 1.0.1 §1.3.2, §4.1; D6 §3.4.1, §3.4.3: trouble with the AAT comes before the ticket.
    fn of_aat_and_ticket(&self, ticket: Secret) -> Option<(bool, String)> {
        match self.token(|token| token.aat)? {
            TokenCause::Good => Some(self.of_ticket(ticket)),
            TokenCause::Missing | TokenCause::Invalid | TokenCause::OtherScope => self.of_token(|token| token.aat),
        }
    }

    // RFC 6750 §3.1.
    fn of_token(&self, kind: fn(&AccessToken) -> bool) -> Option<(bool, String)> {
        let cause = self.token(kind).filter(|_| !is_nothing(self.message))?;
        Some((answers::fit_token(cause, self.status, self.message), format!("an access token ({cause:?})")))
    }

    /// What is wrong with the bearer token; `None` while that changes.
    fn token(&self, kind: fn(&AccessToken) -> bool) -> Option<TokenCause> {
        let Some(secret) = self.question.bearer else { return Some(TokenCause::Missing) };
        let token = self.ledger.tokens.access.get(&secret).filter(|token| token.server == self.server);
        let Some(token) = token else { return Some(TokenCause::Invalid) };
        let arrived = self.question.arrived?;
        match token.dead {
            Some(death) if death.step >= arrived.step => None,
            Some(_) => Some(TokenCause::Invalid),
            None if arrived.node_time >= token.expires_at => Some(TokenCause::Invalid),
            None if self.now + ROUNDING >= token.expires_at => None,
            None if !kind(token) => Some(TokenCause::OtherScope),
            None => Some(TokenCause::Good),
        }
    }

    fn asker(&self) -> Option<&AccessToken> {
        self.ledger.tokens.access.get(&self.question.bearer?)
    }

    // ---- clients and tickets

    // G2 §3.3.6; RFC 6749 §5.2: who asks is checked before what they bring.
    fn of_client(&self, ticket: Secret) -> Option<(bool, String)> {
        if self.code() != Some(&ErrorCode::InvalidClient) {
            return Some(self.of_ticket(ticket));
        }
        let known = self.question.client.as_ref().map(|client| (self.server, client.clone()));
        let known = known.and_then(|key| self.ledger.registry.clients.get(&key));
        let proved = known.is_some_and(|client| client.secret == self.question.secret);
        Some((!proved && matches!(self.status, 400 | 401), "a client that proves who it is".to_owned()))
    }

    fn of_ticket(&self, ticket: Secret) -> (bool, String) {
        let cause = if self.question.arrivals > 1 { Cause::Unclear } else { self.cause(ticket) };
        let fits = answers::fit(self.revision, cause, self.message)
            && answers::status_fits(self.revision, self.status, self.message);
        (fits, format!("{} ({cause:?})", named("ticket", ticket)))
    }

    fn cause(&self, secret: Secret) -> Cause {
        let known = self.ledger.tokens.tickets.get(&secret);
        let Some(ticket) = known.filter(|ticket| ticket.server == self.server) else {
            let purged = known.is_none() && self.ledger.tokens.issued.contains(&secret);
            return if purged { Cause::Unclear } else { Cause::Unknown };
        };
        let Some(arrived) = self.question.arrived else { return Cause::Unclear };
        if arrived.node_time >= ticket.expires_at {
            Cause::Expired
        } else if ticket.spent.is_some_and(|spent| spent < arrived.step) {
            Cause::Spent
        } else if self.is_of_another_revision(secret, arrived.step) {
            Cause::AnotherRevision
        } else if self.is_of_another_client(secret) {
            Cause::AnotherClient
        } else if ticket.poll.is_some_and(|poll| arrived.node_time + ROUNDING < poll.earliest) {
            Cause::TooEarly
        } else if ticket.spent.is_none() && self.now < ticket.expires_at && self.is_of_this_party(secret) {
            Cause::Good
        } else {
            Cause::Unclear
        }
    }

    fn client(&self) -> Option<&crate::wire::ClientId> {
        self.question.client.as_ref().or_else(|| self.asker().map(|token| &token.client))
    }

    // Of a server of two: the process was decided for the other one before this came.
    fn is_of_another_revision(&self, secret: Secret, arrived: u64) -> bool {
        let decided = self.ledger.process_of(secret).and_then(|process| process.decided);
        decided.is_some_and(|(decided, step)| decided != self.revision && step < arrived)
    }

    fn is_of_another_client(&self, secret: Secret) -> bool {
        let first = self.ledger.process_of(secret).and_then(|process| process.client.as_ref());
        self.client().zip(first).is_some_and(|(client, first)| client != first)
    }

    // With an AAT the process is its requesting party's, and an RPT that comes along in the drafts has to be good too.
    fn is_of_this_party(&self, secret: Secret) -> bool {
        let Some(aat) = self.asker() else { return true };
        let process = self.ledger.process_of(secret);
        let new = process.is_none_or(|process| process.client.is_none() && process.claims.is_empty());
        let by_aat = |claims: &Established| {
            matches!(claims.how, ClaimsSource::Aat(_)) && aat.person.as_ref() == Some(&claims.subject.person)
        };
        let party = new || process.is_some_and(|process| process.claims.iter().any(by_aat));
        match &self.question.ask {
            Ask::AuthorizationData { rpt, .. } => party && self.is_good_and_unbound(*rpt),
            _ => party,
        }
    }

    fn is_good_and_unbound(&self, rpt: Secret) -> bool {
        self.ledger.tokens.rpts.get(&rpt).is_some_and(|rpt| {
            let live = rpt.dead.is_none() && self.now + ROUNDING < rpt.expires_at;
            let of_aat = rpt.origin.aat().map(|aat| aat.short()) == self.question.bearer;
            live && of_aat && rpt.resource_server.is_none()
        })
    }
}
