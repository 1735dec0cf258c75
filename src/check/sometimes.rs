//! What a campaign should have reached: each property that is never true is a hole in the plan, not a fault.

use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange};
use crate::check::ledger::tokens::dead_before;
use crate::message::{ExchangeId, NodeId};
use crate::trace::fact::{ClaimsSource, RptOrigin, TicketReason};
use crate::trace::note::AccessDecision;
use crate::trace::{Event, Fact, Note, Record};
use crate::wire::{Answer, Challenge, ChallengeReason, Response, Revision, Timestamp};

macro_rules! sometimes {
    ($($variant:ident = $id:literal in $($where:ident)*;)*) => {
        #[derive(Clone, Copy, Debug)]
        enum Property { $($variant,)* }

        const IDS: &[&str] = &[$($id,)*];

        /// Per property, the revisions in which it can be reached.
        const WHERE: &[&[Revision]] = &[$(&[$(Revision::$where),*],)*];
    };
}

sometimes! {
    RptUpgraded = "rpt-upgraded" in V1_0_1 V2_0;
    OwnerApprovalUnblocksPolling = "owner-approval-unblocks-polling" in Draft05 Draft06 V1_0_1 V2_0;
    TicketRotated = "ticket-rotated" in V1_0_1 V2_0;
    ClaimsPushed = "claims-pushed" in V1_0_1 V2_0;
    ClaimsGathered = "claims-gathered" in Draft05 Draft06 V1_0_1 V2_0;
    PctUsed = "pct-used" in V2_0;
    RptRefreshed = "rpt-refreshed" in V2_0;
    RptReissued = "rpt-reissued" in Draft05 Draft06;
    PolicyWithdrawnWhileRptHeld = "policy-withdrawn-while-rpt-held" in Draft05 Draft06 V1_0_1 V2_0;
    TicketExpiredPresented = "ticket-expired-presented" in Draft05 Draft06 V1_0_1 V2_0;
    RptOfOtherServerPresented = "rpt-of-other-server-presented" in Draft05 Draft06 V1_0_1 V2_0;
    AsUnreachableRefused = "as-unreachable-refused" in Draft05 Draft06 V1_0_1 V2_0;
    CrashBetweenRedemptionAndAnswer = "crash-between-redemption-and-answer" in Draft05 Draft06 V1_0_1 V2_0;
    LostAnswerThenRestart = "lost-answer-then-restart" in Draft05 Draft06 V1_0_1 V2_0;
    DuplicateTokenRequest = "duplicate-delivery-of-a-token-request" in Draft05 Draft06 V1_0_1 V2_0;
    AccessGranted = "access-granted" in Draft05 Draft06 V1_0_1 V2_0;
    AccessDenied = "access-denied" in Draft05 Draft06 V1_0_1 V2_0;
    AatRefused = "aat-refused" in Draft05 Draft06 V1_0_1;
    ReplayedTicketRefused = "replayed-ticket-refused" in Draft05 Draft06 V1_0_1 V2_0;
    RevokedRptPresented = "revoked-rpt-presented" in Draft05 Draft06 V1_0_1 V2_0;
    BoundaryExpiry = "boundary-expiry" in Draft05 Draft06 V1_0_1 V2_0;
    GoesOnInEarlyOfTwo = "ticket-goes-on-in-1.0.1-beside-2.0" in;
    GoesOnInLateOfTwo = "ticket-goes-on-in-2.0-beside-1.0.1" in;
}

/// Whether a property can be reached in a world of that revision; false for what is no property.
pub fn reachable(id: &str, revision: Revision) -> bool {
    IDS.iter().zip(WHERE).any(|(known, revisions)| *known == id && revisions.contains(&revision))
}

/// How often each property was true.
#[derive(Clone, Debug)]
pub(crate) struct Sometimes {
    reached: Vec<u64>,
    lost_answer: bool,
    /// Who wrote down that a ticket is spent, and has not answered since.
    redeemed: Option<NodeId>,
}

impl Default for Sometimes {
    fn default() -> Self {
        Self { reached: vec![0; IDS.len()], lost_answer: false, redeemed: None }
    }
}

impl Sometimes {
    /// Each property with how often it was true.
    pub(crate) fn reached(&self) -> Vec<(&'static str, u64)> {
        IDS.iter().copied().zip(self.reached.iter().copied()).collect()
    }

    fn reach(&mut self, property: Property, holds: bool) {
        self.reached[property as usize] += u64::from(holds);
    }

    /// Looks at one record; the ledger does not yet hold it.
    pub(crate) fn observe(&mut self, ledger: &Ledger, record: &Record) {
        match &record.event {
            Event::Arrived { exchange, copy_of, .. } => self.arrived(ledger, copy_of.unwrap_or(*exchange), record),
            Event::Answered { exchange, answer, .. } => {
                // What was written down leaves before anything else is written.
                self.redeemed = None;
                self.answered(ledger, *exchange, answer);
            }
            Event::Fact { node, fact } => self.fact(ledger, *node, fact),
            Event::Noted { note: Note::AccessDecided { decision, rpt, .. }, .. } => {
                self.reach(Property::AsUnreachableRefused, matches!(decision, AccessDecision::Unreachable));
                let released = matches!(decision, AccessDecision::Released { resource_id: Some(_) });
                self.reach(Property::AccessGranted, released && rpt.is_some());
            }
            Event::Lost { exchange, answer: true } => {
                let ask = ledger.exchanges.awaited(*exchange).map(|question| &question.ask);
                self.lost_answer |= ask.is_some_and(|ask| ask.presented().is_some());
            }
            Event::Crashed { node } => {
                let pending = self.redeemed.take_if(|who| who == node).is_some();
                self.reach(Property::CrashBetweenRedemptionAndAnswer, pending);
            }
            _ => {}
        }
    }

    fn arrived(&mut self, ledger: &Ledger, id: ExchangeId, record: &Record) {
        let Some(question) = ledger.exchanges.get(id) else { return };
        match &question.ask {
            Ask::UmaTicket { ticket, .. }
            | Ask::AuthorizationData { ticket, .. }
            | Ask::RptForTicket { ticket, .. } => {
                self.reach(Property::DuplicateTokenRequest, record.cause.copy > 0 || question.arrivals > 0);
                let Some(ticket) = ledger.tokens.tickets.get(ticket) else { return };
                self.reach(Property::TicketExpiredPresented, record.node_time >= ticket.expires_at);
                self.boundary(ticket.expires_at, record.node_time);
            }
            Ask::Introspect(token) => {
                let Some(rpt) = ledger.tokens.rpts.get(token) else { return };
                self.boundary(rpt.expires_at, record.node_time);
                self.reach(Property::RevokedRptPresented, dead_before(rpt.dead, record.step));
                let asker = question.bearer.and_then(|pat| ledger.tokens.access.get(&pat));
                let other = asker.is_some_and(|pat| rpt.resource_server.as_ref().is_some_and(|at| *at != pat.client));
                self.reach(Property::RptOfOtherServerPresented, other);
            }
            _ => {}
        }
    }

    // Within a second around an expiry.
    fn boundary(&mut self, expires_at: Timestamp, now: Timestamp) {
        let apart = expires_at.since(now).0.max(now.since(expires_at).0);
        self.reach(Property::BoundaryExpiry, apart <= 1_000_000);
    }

    fn answered(&mut self, ledger: &Ledger, id: ExchangeId, answer: &Answer) {
        let Some(question) = ledger.exchanges.get(id) else { return };
        match (&question.ask, &answer.message) {
            (
                Ask::UmaTicket { ticket, .. }
                | Ask::AuthorizationData { ticket, .. }
                | Ask::RptForTicket { ticket, .. },
                Response::Failure(failure),
            ) => {
                let known = ledger.tokens.tickets.get(ticket);
                let spent = known.is_some_and(|it| it.spent.is_some_and(|spent| spent < question.since()));
                self.reach(Property::ReplayedTicketRefused, spent);
                self.reach(Property::AccessDenied, failure.status == 403);
                self.aat(question, failure.status);
            }
            (Ask::RequestRpt, Response::Failure(failure)) => self.aat(question, failure.status),
            (Ask::UmaTicket { .. }, Response::Token(tokens)) => self.reach(Property::RptUpgraded, tokens.upgraded),
            (Ask::Access { .. }, Response::Challenge(challenge)) => self.challenged(challenge),
            _ => {}
        }
    }

    fn aat(&mut self, question: &Exchange, status: u16) {
        self.reach(Property::AatRefused, question.bearer.is_some() && status == 401);
    }

    fn challenged(&mut self, challenge: &Challenge) {
        let again = matches!(
            challenge.reason,
            ChallengeReason::TicketGiven(_)
                | ChallengeReason::MoreNeeded(_)
                | ChallengeReason::AuthorizationDataNeeded(_)
                | ChallengeReason::RptNeeded
        );
        let restart = again && std::mem::take(&mut self.lost_answer);
        self.reach(Property::LostAnswerThenRestart, restart);
    }

    fn fact(&mut self, ledger: &Ledger, node: NodeId, fact: &Fact) {
        match fact {
            Fact::TicketDecided { revision, .. } => {
                self.reach(Property::GoesOnInEarlyOfTwo, *revision == Revision::V1_0_1);
                self.reach(Property::GoesOnInLateOfTwo, *revision == Revision::V2_0);
            }
            Fact::TicketRedeemed { spent: true, .. } => self.redeemed = Some(node),
            Fact::TicketIssued { reason, predecessor, .. } => {
                let rotated = predecessor.is_some() && *reason != TicketReason::PermissionRequest;
                self.reach(Property::TicketRotated, rotated);
            }
            Fact::ClaimsEstablished { how, .. } => match how {
                ClaimsSource::Pushed(_) => self.reach(Property::ClaimsPushed, true),
                ClaimsSource::Gathered(_) => self.reach(Property::ClaimsGathered, true),
                ClaimsSource::Pct(_) => self.reach(Property::PctUsed, true),
                ClaimsSource::Aat(_) => {}
            },
            Fact::RptIssued { origin, .. } => match origin {
                RptOrigin::Refresh { .. } => self.reach(Property::RptRefreshed, true),
                RptOrigin::Aat(aat) => {
                    let before = ledger.tokens.access.get(&aat.short()).is_some_and(|aat| aat.newest_rpt.is_some());
                    self.reach(Property::RptReissued, before);
                }
                RptOrigin::Ticket { process, .. } => self.granted(ledger, fact, process),
                // Core 1.0.1 §3.5.3: no answer tells of an upgrade, so the fact does.
                RptOrigin::AatAndTicket { process, upgraded_from, .. } => {
                    self.reach(Property::RptUpgraded, upgraded_from.is_some());
                    self.granted(ledger, fact, process);
                }
            },
            Fact::AuthorizationDataAdded { ticket, rpt, .. } => {
                let string = ledger.tokens.rpts.get(&rpt.short()).map(|rpt| &rpt.origin);
                self.reach(Property::RptUpgraded, matches!(string, Some(RptOrigin::AatAndTicket { .. })));
                let approved = ledger.process_of(ticket.short()).is_some_and(|process| {
                    process.asked.iter().any(|asked| asked.answered.is_some_and(|(approved, _)| approved))
                });
                self.reach(Property::OwnerApprovalUnblocksPolling, approved);
            }
            Fact::PermissionsWithdrawn { .. } => self.reach(Property::PolicyWithdrawnWhileRptHeld, true),
            _ => {}
        }
    }

    fn granted(&mut self, ledger: &Ledger, fact: &Fact, process: &crate::trace::fact::ProcessId) {
        let Fact::RptIssued { permissions, origin, .. } = fact else { return };
        let Some((ticket, _)) = origin.ticket() else { return };
        let approved = ledger
            .process_of(ticket.short())
            .is_some_and(|it| it.asked.iter().any(|asked| asked.answered.is_some_and(|(approved, _)| approved)));
        let own = permissions.iter().any(|given| given.process == *process);
        self.reach(Property::OwnerApprovalUnblocksPolling, approved && own);
    }
}
