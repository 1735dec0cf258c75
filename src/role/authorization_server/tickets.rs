//! Permission tickets and the processes they belong to; spent ones stay as tombstones until they expire.

use super::AuthorizationServer;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{ProcessId, TicketHash, TicketReason};
use crate::wire::{ClientId, PermissionRequest, PermissionTicket, PersonId};

/// Permission tickets and the processes they belong to; spent ones stay as tombstones until they expire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tickets {
    processes: u64,
}

impl Tickets {
    pub(super) fn apply(&mut self, fact: &Fact) {
        if let Fact::TicketIssued { predecessor: None, .. } = fact {
            self.processes += 1;
        }
    }
}

/// Issues a ticket.
pub(super) fn issue(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    permissions: Vec<PermissionRequest>,
    owner: PersonId,
    resource_server: ClientId,
    predecessor: Option<TicketHash>,
    reason: TicketReason,
) -> PermissionTicket {
    let ticket: PermissionTicket = cx.mint();
    let fact = Fact::TicketIssued {
        ticket: ticket.hashed(),
        process: ProcessId(server.tickets.processes),
        permissions,
        owner,
        resource_server,
        expires_at: cx.at + server.config.ticket_lifetime,
        predecessor,
        reason,
    };
    server.record(cx, fact);
    ticket
}
