//! What happened to an owner's resources: who asked for what, when, and what they got or why not. Made of the facts
//! that are recorded anyway; bounded, so that nobody can fill it.

use super::AuthorizationServer;
use super::owner_requests::OwnerRequests;
use super::rpts::Rpts;
use super::tickets::{TicketRecord, Tickets};
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{GrantedPermission, ProcessId, ResourceKey, RptOrigin, Subject, TicketHash};
use crate::wire::page::{DenialReason, HistoryOutcome};
use crate::wire::{ClientId, PersonId, Policy, PolicyTarget, ScopeSet, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// How many entries are kept for each owner; the oldest go first.
const KEPT: usize = 200;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: Option<Timestamp>,
    pub(super) client: Option<ClientId>,
    pub(super) subjects: Vec<Subject>,
    pub(super) resource: ResourceKey,
    pub(super) scopes: ScopeSet,
    pub(super) outcome: HistoryOutcome,
}

/// What happened, by owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    by_owner: BTreeMap<PersonId, VecDeque<Entry>>,
}

impl History {
    pub(super) fn apply(&mut self, fact: &Fact, tickets: &Tickets, requests: &OwnerRequests, rpts: &Rpts) {
        match fact {
            Fact::RptIssued { client, permissions, origin: RptOrigin::Ticket { process, .. }, .. } => {
                // What an upgrade carries over was told when it was granted.
                permissions.iter().filter(|granted| granted.process == *process).for_each(|one| self.granted(client, one));
            }
            Fact::AuthorizationDataAdded { rpt, permissions, .. } => {
                if let Some(record) = rpts.get(rpt) {
                    permissions.iter().for_each(|granted| self.granted(&record.client, granted));
                }
            }
            Fact::PermissionsWithdrawn { rpt, resource, .. } => {
                if let Some(record) = rpts.get(rpt) {
                    self.withdrawn(&record.client, resource);
                }
            }
            Fact::RequestDenied { process, ticket, at, why } => {
                self.denied(tickets, *process, ticket, *at, *why);
            }
            Fact::OwnerAnswered { request, approved, at, .. } => {
                if let Some(asked) = requests.get(request) {
                    let outcome = if *approved { HistoryOutcome::OwnerApproved } else { HistoryOutcome::OwnerRefused };
                    self.push(Entry {
                        at: *at,
                        client: Some(asked.client.clone()),
                        subjects: asked.subjects.clone(),
                        resource: asked.resource.clone(),
                        scopes: asked.scopes.clone(),
                        outcome,
                    });
                }
            }
            _ => {}
        }
    }

    fn granted(&mut self, client: &ClientId, granted: &GrantedPermission) {
        self.push(Entry {
            at: Some(granted.granted_at),
            client: Some(client.clone()),
            subjects: granted.subjects.clone(),
            resource: granted.resource.clone(),
            scopes: granted.permission.scopes.clone(),
            outcome: HistoryOutcome::Granted,
        });
    }

    fn denied(
        &mut self,
        tickets: &Tickets,
        process: ProcessId,
        ticket: &TicketHash,
        at: Option<Timestamp>,
        why: Option<DenialReason>,
    ) {
        let Some(record) = tickets.get(ticket) else { return };
        for asked in &record.permissions {
            let (owner, resource_server) = (record.owner.clone(), record.resource_server.clone());
            self.push(Entry {
                at,
                client: tickets.client_of(process).cloned(),
                subjects: Vec::new(),
                resource: ResourceKey { owner, resource_server, id: asked.resource_id.clone() },
                scopes: asked.scopes.clone(),
                outcome: HistoryOutcome::Denied(why),
            });
        }
    }

    fn withdrawn(&mut self, client: &ClientId, resource: &ResourceKey) {
        for entry in self.by_owner.get_mut(&resource.owner).into_iter().flatten() {
            let same = entry.client.as_ref() == Some(client) && entry.resource == *resource;
            if same && entry.outcome == HistoryOutcome::Granted {
                entry.outcome = HistoryOutcome::GrantedAndWithdrawn;
            }
        }
    }

    fn push(&mut self, entry: Entry) {
        let entries = self.by_owner.entry(entry.resource.owner.clone()).or_default();
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// What happened to an owner's resources, the newest first.
    pub(super) fn of_owner(&self, owner: &PersonId) -> impl Iterator<Item = &Entry> {
        self.by_owner.get(owner).into_iter().flat_map(|entries| entries.iter().rev())
    }
}

/// Ends a process without a grant.
pub(super) fn deny(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    process: ProcessId,
    ticket: TicketHash,
    why: DenialReason,
) {
    server.record(cx, Fact::RequestDenied { process, ticket, at: Some(cx.at), why: Some(why) });
}

/// Why an assessment came to nothing, for the owner to read.
pub(super) fn why(server: &AuthorizationServer, process: ProcessId, record: &TicketRecord) -> DenialReason {
    if server.owner_requests.refused(process) {
        return DenialReason::OwnerRefused;
    }
    let spoken_about = server.policies.of_owner(&record.owner).any(|(policy, _)| speaks(server, record, policy));
    if spoken_about { DenialReason::ConditionsNotMet } else { DenialReason::NoPolicy }
}

fn speaks(server: &AuthorizationServer, record: &TicketRecord, policy: &Policy) -> bool {
    record.permissions.iter().any(|asked| {
        let (owner, resource_server) = (record.owner.clone(), record.resource_server.clone());
        let key = ResourceKey { owner, resource_server, id: asked.resource_id.clone() };
        let target = match &policy.target {
            PolicyTarget::Resources(ids) => ids.contains(&asked.resource_id),
            PolicyTarget::Type(type_) => {
                server.resources.get(&key).is_some_and(|found| found.description.type_.as_ref() == Some(type_))
            }
            PolicyTarget::AllResources => true,
        };
        target && (asked.scopes.is_empty() || !asked.scopes.is_disjoint(&policy.scopes))
    })
}
