//! Whose revision something is judged by. A node speaks one; at an authorization server of two it is that of the process,
//! of the token, or of whoever asks.

use super::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret};
use crate::check::ledger::tokens::Rpt;
use crate::message::NodeId;
use crate::trace::fact::{ClaimsSource, InteractionStarted, ProcessId, RequestDenied, RptOrigin};
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::{ClientId, Endpoint, Revision};

impl Ledger {
    /// The revision that a node speaks, the newest where it speaks two.
    pub(crate) fn revision(truth: &Truth, node: NodeId) -> Option<Revision> {
        truth.get(node)?.revision
    }

    /// True for an authorization server that speaks two.
    pub(crate) fn is_of_two(truth: &Truth, node: NodeId) -> bool {
        truth.get(node).is_some_and(|node| node.role == RoleKind::AuthorizationServer && node.beside.is_some())
    }

    /// The revision that a process goes on in: its server's, or at a server of two that of its first presentation.
    pub(crate) fn revision_of_process(&self, truth: &Truth, server: NodeId, process: ProcessId) -> Option<Revision> {
        if !Self::is_of_two(truth, server) {
            return Self::revision(truth, server);
        }
        self.processes.get(&(server, process))?.decided.map(|(revision, _)| revision)
    }

    /// The same for a ticket.
    pub(crate) fn revision_of_ticket(&self, truth: &Truth, server: NodeId, ticket: Secret) -> Option<Revision> {
        match self.tokens.tickets.get(&ticket) {
            Some(known) => self.revision_of_process(truth, server, known.process),
            None => Self::revision(truth, server).filter(|_| !Self::is_of_two(truth, server)),
        }
    }

    /// The revision of an RPT.
    pub(crate) fn revision_of_rpt(truth: &Truth, rpt: &Rpt) -> Option<Revision> {
        if Self::is_of_two(truth, rpt.server) { of_origin(&rpt.origin) } else { Self::revision(truth, rpt.server) }
    }

    /// The revision in which a server was asked something.
    pub(crate) fn revision_asked_in(&self, truth: &Truth, server: NodeId, question: &Exchange) -> Option<Revision> {
        if !Self::is_of_two(truth, server) {
            return Self::revision(truth, server);
        }
        let at_own_path = truth.get(server).and_then(|server| server.revision_at(&question.uri));
        match &question.ask {
            Ask::UmaTicket { .. } => Some(Revision::V2_0),
            Ask::RptForTicket { .. } => Some(Revision::V1_0_1),
            Ask::Interaction { client: Some(client), .. } => self.revision_of_client(truth, server, client),
            _ => at_own_path.or_else(|| of_party(truth, question.from)),
        }
    }

    pub(crate) fn revision_of_client(&self, truth: &Truth, server: NodeId, client: &ClientId) -> Option<Revision> {
        of_party(truth, self.names.client(server, client)?)
    }

    /// In which revision a fact takes a process of a server of two, and which process that is.
    pub(crate) fn taken_in(&self, truth: &Truth, server: NodeId, fact: &Fact) -> Option<(ProcessId, Revision)> {
        if !Self::is_of_two(truth, server) {
            return None;
        }
        match fact {
            Fact::TicketRedeemed { process, at: Endpoint::Rpt, .. }
            | Fact::ClaimsEstablished { process, how: ClaimsSource::Aat(_), .. } => Some((*process, Revision::V1_0_1)),
            Fact::TicketRedeemed { process, at: Endpoint::Token, .. }
            | Fact::ClaimsEstablished { process, how: ClaimsSource::Pct(_), .. } => Some((*process, Revision::V2_0)),
            Fact::TicketRedeemed { process, client, .. }
            | Fact::InteractionStarted(InteractionStarted { process, client, .. }) => {
                Some((*process, self.revision_of_client(truth, server, client)?))
            }
            Fact::RptIssued { origin, .. } => Some((origin.ticket()?.1, of_origin(origin)?)),
            _ => None,
        }
    }

    /// Remembers in which revision a process goes on.
    pub(super) fn decide(&mut self, truth: &Truth, server: NodeId, fact: &Fact, step: u64) {
        if let Some((process, revision)) = self.taken_in(truth, server, fact)
            && let Some(process) = self.processes.get_mut(&(server, process))
        {
            process.decided.get_or_insert((revision, step));
        }
    }

    /// The revision by which a record is judged: whose did it, or, where that is a browser or an identity provider, whose
    /// was meant. None where that is nobody's, or both of a server of two.
    pub(crate) fn judged_by(&self, truth: &Truth, record: &Record) -> Option<Revision> {
        let speaks = |node: NodeId| match truth.get(node)?.role {
            RoleKind::Person | RoleKind::IdentityProvider => None,
            RoleKind::Client | RoleKind::ResourceServer => of_party(truth, node),
            RoleKind::AuthorizationServer => truth.get(node)?.revision,
        };
        let two = |node: &NodeId| Self::is_of_two(truth, *node);
        match &record.event {
            Event::Fact { node, fact } if two(node) => self.of_fact(truth, *node, fact),
            Event::Answered { from, exchange, .. } if two(from) => {
                self.revision_asked_in(truth, *from, self.exchanges.get(*exchange)?)
            }
            Event::Noted { node, .. } | Event::Ruled { node, .. } if two(node) => None,
            Event::Sent { from, to, .. } => speaks(*from).or_else(|| speaks((*to)?)),
            Event::Answered { from, to, .. } => speaks(*from).or_else(|| speaks(*to)),
            Event::Arrived { to, .. } | Event::Returned { to, .. } => speaks(*to),
            Event::Fact { node, .. }
            | Event::Noted { node, .. }
            | Event::Acted { node, .. }
            | Event::Failed { node, .. }
            | Event::TimerFired { node }
            | Event::Ruled { node, .. }
            | Event::Crashed { node }
            | Event::Restarted { node }
            | Event::Panicked { node, .. }
            | Event::WriteRefused { node }
            | Event::ClockStepped { node, .. } => speaks(*node),
            Event::Lost { .. } | Event::Link { .. } | Event::Healed | Event::Ended { .. } => None,
        }
    }

    fn of_fact(&self, truth: &Truth, server: NodeId, fact: &Fact) -> Option<Revision> {
        if let Some((_, revision)) = self.taken_in(truth, server, fact) {
            return Some(revision);
        }
        match fact {
            Fact::TicketIssued { process, .. }
            | Fact::ClaimsEstablished { process, .. }
            | Fact::PersonAgreed { process, .. }
            | Fact::OwnerAsked { process, .. }
            | Fact::RequestDenied(RequestDenied { process, .. }) => self.revision_of_process(truth, server, *process),
            Fact::RptIssued { origin, .. } => of_origin(origin),
            Fact::AuthorizationDataAdded { .. } => Some(Revision::V1_0_1),
            Fact::PctIssued(_) => Some(Revision::V2_0),
            _ => None,
        }
    }
}

// Who moves from one revision to another speaks none all the time.
fn of_party(truth: &Truth, node: NodeId) -> Option<Revision> {
    truth.get(node)?.revision.filter(|_| truth.get(node).is_some_and(|node| node.beside.is_none()))
}

// Only 2.0 has RPTs without an AAT, at a server of 1.0.1 and 2.0.
fn of_origin(origin: &RptOrigin) -> Option<Revision> {
    match origin {
        RptOrigin::AatAndTicket { .. } => Some(Revision::V1_0_1),
        RptOrigin::Ticket { .. } | RptOrigin::Refresh { .. } => Some(Revision::V2_0),
        RptOrigin::Aat(_) => None,
    }
}
