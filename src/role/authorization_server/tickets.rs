//! Permission tickets and the processes they belong to (Grant §5.5; D6 §3.2); spent ones stay as tombstones until well
//! after they expired. What a process leads to is not known here.

use super::expiry::{CLEANED_PER_INPUT, Due};
use super::{AuthorizationServer, side_by_side};
use crate::role::oauth::access_tokens;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ProcessId, TicketHash, TicketReason};
use crate::wire::{ClientId, Duration, PermissionRequest, PermissionTicket, PersonId, Revision, Timestamp};
use rustc_hash::FxHashMap;

/// One ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TicketRecord {
    /// Its process.
    pub(super) process: ProcessId,
    /// What it stands for.
    pub(super) permissions: Vec<PermissionRequest>,
    /// The owner of all of it.
    pub(super) owner: PersonId,
    /// The resource server that asked.
    pub(super) resource_server: ClientId,
    /// The first instant at which it is void.
    pub(super) expires_at: Timestamp,
    /// Why it was issued.
    pub(super) reason: TicketReason,
    /// True when it is of no further use.
    pub(super) spent: bool,
}

/// Why a ticket is of no use to whoever presents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Never issued, or expired so long ago that it is forgotten.
    Unknown,
    /// Used before.
    Spent,
    /// Too late.
    Expired,
    /// The process is another client's.
    OtherClient,
    /// The process goes on in that revision, and this is another.
    OtherRevision(Revision),
}

/// Permission tickets and the processes they belong to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tickets {
    records: FxHashMap<TicketHash, TicketRecord>,
    processes: FxHashMap<ProcessId, Process>,
    due: Due<TicketHash>,
    next_process: u64,
}

/// What is known of a process as a whole.
#[derive(Clone, Debug, Default)]
struct Process {
    /// The first client that redeemed a ticket of it.
    client: Option<ClientId>,
    /// The revision that it goes on in, at a server of two, once a ticket of it was presented.
    revision: Option<Revision>,
    /// How many of its tickets are remembered.
    tickets: u32,
}

impl Tickets {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::TicketIssued { ticket, process, permissions, owner, resource_server, expires_at, reason, .. } => {
                let record = TicketRecord {
                    process: *process,
                    permissions: permissions.clone(),
                    owner: owner.clone(),
                    resource_server: resource_server.clone(),
                    expires_at: *expires_at,
                    reason: *reason,
                    spent: false,
                };
                self.insert(*ticket, record);
            }
            Fact::TicketDecided { process, revision, .. } => {
                self.processes.entry(*process).or_default().revision = Some(*revision);
            }
            Fact::TicketRedeemed { ticket, process, client, spent, .. } => {
                self.processes.entry(*process).or_default().client.get_or_insert_with(|| client.clone());
                if let Some(record) = self.records.get_mut(ticket) {
                    record.spent |= *spent;
                }
            }
            _ => {}
        }
    }

    fn insert(&mut self, ticket: TicketHash, record: TicketRecord) {
        self.next_process = self.next_process.max(record.process.0 + 1);
        self.processes.entry(record.process).or_default().tickets += 1;
        self.due.at(record.expires_at, ticket);
        self.records.insert(ticket, record);
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// A ticket, also a spent or expired one.
    pub(super) fn get(&self, ticket: &TicketHash) -> Option<&TicketRecord> {
        self.records.get(ticket)
    }

    /// The client whose process it is, once one has redeemed a ticket of it.
    pub(super) fn client_of(&self, process: ProcessId) -> Option<&ClientId> {
        self.processes.get(&process)?.client.as_ref()
    }

    /// The revision that it goes on in, where there are two and a ticket of it was presented.
    pub(super) fn revision_of(&self, process: ProcessId) -> Option<Revision> {
        self.processes.get(&process)?.revision
    }

    /// True while a ticket of the process is remembered.
    pub(super) fn knows(&self, process: ProcessId) -> bool {
        self.processes.contains_key(&process)
    }

    /// True for the process with the highest number so far.
    pub(super) fn is_newest(&self, process: ProcessId) -> bool {
        process.0 + 1 == self.next_process
    }

    // A ticket is forgotten a grace period after its expiry; with its last ticket a process is over.
    fn forget_one(&mut self, now: Timestamp, grace: Duration) -> Option<Option<ProcessId>> {
        let ticket = self.due.pop(now - grace)?;
        let Some(record) = self.records.remove(&ticket) else { return Some(None) };
        let Some(process) = self.processes.get_mut(&record.process) else { return Some(None) };
        process.tickets = process.tickets.saturating_sub(1);
        if process.tickets > 0 {
            return Some(None);
        }
        self.processes.remove(&record.process);
        Some(Some(record.process))
    }
}

/// Issues a ticket: the first of a new process, or the successor of `predecessor` in the same process.
pub(super) fn issue(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    permissions: Vec<PermissionRequest>,
    owner: PersonId,
    resource_server: ClientId,
    predecessor: Option<TicketHash>,
    reason: TicketReason,
) -> PermissionTicket {
    forget_ended(server, cx.at);
    let process = predecessor.and_then(|ticket| server.tickets.get(&ticket)).map(|record| record.process);
    let process = process.unwrap_or(ProcessId(server.tickets.next_process));
    let ticket = cx.mint();
    let fact = Fact::TicketIssued {
        ticket: PermissionTicket::hashed(&ticket),
        process,
        permissions,
        owner,
        resource_server,
        expires_at: cx.at + lifetime(server, reason),
        predecessor,
        reason,
    };
    server.record(cx, fact);
    ticket
}

/// Issues the successor of a ticket: the same permissions (Grant §3.3.6: "a permission ticket ... MUST NOT be the same
/// value").
pub(super) fn succeed(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    ticket: TicketHash,
    record: &TicketRecord,
    reason: TicketReason,
) -> PermissionTicket {
    let TicketRecord { permissions, owner, resource_server, .. } = record.clone();
    issue(server, cx, permissions, owner, resource_server, Some(ticket), reason)
}

// A ticket that is to be polled with outlives the interval (Grant §5.5; LIV-4).
fn lifetime(server: &AuthorizationServer, reason: TicketReason) -> Duration {
    match reason {
        TicketReason::RequestSubmitted => server.config.ticket_lifetime + poll_interval(server),
        TicketReason::PermissionRequest | TicketReason::NeedInfo | TicketReason::ClaimsReturn => {
            server.config.ticket_lifetime
        }
    }
}

fn poll_interval(server: &AuthorizationServer) -> Duration {
    Duration::from_secs(server.config.poll_interval_secs)
}

/// The ticket, if this client may present it now, in this revision.
///
/// # Errors
/// Why not.
pub(super) fn presentable(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    ticket: &TicketHash,
    client: &ClientId,
    revision: Revision,
) -> Result<TicketRecord, Refusal> {
    let record = server.tickets.get(ticket).ok_or(Refusal::Unknown)?;
    side_by_side::goes_on(server, cx, record.process, revision)?;
    // Grant §5.5: "the authorization server MUST invalidate the ticket when the client presents it".
    cx.require(Rule::TicketUnspent, !record.spent).map_err(|_| Refusal::Spent)?;
    cx.require(Rule::TicketFresh, cx.at < record.expires_at).map_err(|_| Refusal::Expired)?;
    let of_client = server.tickets.client_of(record.process).is_none_or(|bound| bound == client);
    cx.require(Rule::TicketOfClient, of_client).map_err(|_| Refusal::OtherClient)?;
    Ok(record.clone())
}

/// True when a ticket that was given for polling comes before its interval is over (Grant §3.3.6).
pub(super) fn comes_too_early(server: &AuthorizationServer, cx: &mut Context<'_>, record: &TicketRecord) -> bool {
    if record.reason != TicketReason::RequestSubmitted {
        return false;
    }
    let not_before = record.expires_at - server.config.ticket_lifetime;
    cx.require(Rule::PollNotTooEarly, cx.at >= not_before).is_err()
}

/// Forgets what ended long ago, a little with every input.
pub(super) fn forget_ended(server: &mut AuthorizationServer, now: Timestamp) {
    let grace = grace(server);
    for _ in 0..CLEANED_PER_INPUT {
        let Some(ended) = server.tickets.forget_one(now, grace) else { break };
        if let Some(process) = ended {
            server.claims.end(process);
            server.owner_requests.end(process);
        }
    }
    server.rpts.forget_ended(now);
    server.pcts.forget_ended(now);
    if server.claims.is_due(now) {
        forget_claims(server);
    }
}

/// Forgets claims that nobody can use any more, and whose AATs they were.
pub(super) fn forget_claims(server: &mut AuthorizationServer) {
    let AuthorizationServer { claims, oauth, rpts, tickets, .. } = server;
    let aat_lives = |aat: &_| access_tokens::is_remembered(oauth, aat) || rpts.has_under(aat);
    claims.forget_ended(aat_lives, |process| tickets.knows(process));
}

// A person may still give claims for a ticket that was presented in time.
fn grace(server: &AuthorizationServer) -> Duration {
    server.config.ticket_lifetime + server.config.ticket_lifetime
}

/// True when [`forget_ended`] has something to do.
pub(super) fn has_ended(server: &AuthorizationServer, now: Timestamp) -> bool {
    server.tickets.due.is_due(now - grace(server)) || server.rpts.has_ended(now) || server.pcts.has_ended(now)
}
