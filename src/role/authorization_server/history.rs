//! What happened to an owner's resources: who asked for what, when, and what they got or why not. Made of the facts
//! that are recorded anyway; bounded, so that nobody can fill it.

use super::AuthorizationServer;
use super::owner_requests::{OwnerRequest, OwnerRequests};
use super::rpts::{RptRecord, Rpts};
use super::tickets::{TicketRecord, Tickets};
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{GrantedPermission, ProcessId, ResourceKey, RptHash, Subject, TicketHash};
use crate::wire::page::{DenialReason, HistoryOutcome};
use crate::wire::{ClientId, PersonId, Policy, PolicyTarget, ScopeSet, Text, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// How many entries are kept for each owner; the oldest go first.
pub(super) const KEPT: usize = 200;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: Option<Timestamp>,
    pub(super) client: Option<ClientId>,
    pub(super) subjects: Vec<Subject>,
    pub(super) resource: ResourceKey,
    pub(super) scopes: ScopeSet,
    pub(super) outcome: HistoryOutcome,
    /// What it cannot be told anew without.
    sources: Vec<Source>,
}

/// Facts that an entry comes from, by what tells them from others of their kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// An RPT was issued, which says to whom.
    Rpt(RptHash),
    /// Something that this process granted was added to an RPT.
    Added(RptHash, ProcessId),
    /// Permissions on a resource were taken from an RPT.
    Withdrawn(RptHash, ResourceKey),
    /// A ticket was issued, which says what for.
    Ticket(TicketHash),
    /// A process ended without a grant when this ticket was presented, then.
    Denied(TicketHash, Option<Timestamp>),
    /// The owner was asked, and answered.
    Question(Text),
}

/// What happened, by owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    by_owner: BTreeMap<PersonId, VecDeque<Entry>>,
    /// How often an entry names a source.
    sources: BTreeMap<Source, usize>,
}

impl History {
    pub(super) fn apply(&mut self, fact: &Fact, tickets: &Tickets, requests: &OwnerRequests, rpts: &Rpts) {
        match fact {
            Fact::RptIssued { rpt, client, permissions, origin, .. } => {
                // What an upgrade or a refresh carries over was told when it was granted.
                let Some((_, process)) = origin.ticket() else { return };
                let new = permissions.iter().filter(|granted| granted.process == process);
                new.for_each(|granted| self.granted(client, granted, vec![Source::Rpt(*rpt)]));
            }
            Fact::AuthorizationDataAdded { rpt, permissions, .. } => {
                let Some(record) = rpts.get(rpt) else { return };
                for granted in permissions {
                    let sources = vec![Source::Rpt(*rpt), Source::Added(*rpt, granted.process)];
                    self.granted(&record.client, granted, sources);
                }
            }
            Fact::PermissionsWithdrawn { rpt, resource, scopes } => {
                if let Some(record) = rpts.get(rpt) {
                    self.withdrawn(*rpt, record, resource, scopes);
                }
            }
            Fact::RequestDenied { process, ticket, at, why, client, subjects } => {
                let Some(record) = tickets.get(ticket) else { return };
                let client = client.as_ref().or_else(|| tickets.client_of(*process));
                let sources = vec![Source::Ticket(*ticket), Source::Denied(*ticket, *at)];
                self.denied(record, client, subjects, HistoryOutcome::Denied(*why), *at, &sources);
            }
            Fact::OwnerAnswered { request, approved, at, .. } => {
                if let Some(asked) = requests.get(request) {
                    let outcome = if *approved { HistoryOutcome::OwnerApproved } else { HistoryOutcome::OwnerRefused };
                    self.answered(request, asked, outcome, *at);
                }
            }
            _ => {}
        }
    }

    fn granted(&mut self, client: &ClientId, granted: &GrantedPermission, sources: Vec<Source>) {
        self.push(Entry {
            at: Some(granted.granted_at),
            client: Some(client.clone()),
            subjects: granted.subjects.clone(),
            resource: granted.resource.clone(),
            scopes: granted.permission.scopes.clone(),
            outcome: HistoryOutcome::Granted,
            sources,
        });
    }

    fn denied(
        &mut self,
        record: &TicketRecord,
        client: Option<&ClientId>,
        subjects: &[Subject],
        outcome: HistoryOutcome,
        at: Option<Timestamp>,
        sources: &[Source],
    ) {
        for asked in &record.permissions {
            let (owner, resource_server) = (record.owner.clone(), record.resource_server.clone());
            self.push(Entry {
                at,
                client: client.cloned(),
                subjects: subjects.to_vec(),
                resource: ResourceKey { owner, resource_server, id: asked.resource_id.clone() },
                scopes: asked.scopes.clone(),
                outcome,
                sources: sources.to_vec(),
            });
        }
    }

    fn answered(&mut self, request: &Text, asked: &OwnerRequest, outcome: HistoryOutcome, at: Option<Timestamp>) {
        self.push(Entry {
            at,
            client: Some(asked.client.clone()),
            subjects: asked.subjects.clone(),
            resource: asked.resource.clone(),
            scopes: asked.scopes.clone(),
            outcome,
            sources: vec![Source::Question(request.clone())],
        });
    }

    // Whoever else got something by the same client, and what else the same party got, keeps it.
    fn withdrawn(&mut self, rpt: RptHash, record: &RptRecord, resource: &ResourceKey, scopes: &ScopeSet) {
        for entry in self.by_owner.get_mut(&resource.owner).into_iter().flatten() {
            let same = entry.client.as_ref() == Some(&record.client) && entry.resource == *resource;
            let taken = scopes.is_empty() || !entry.scopes.is_disjoint(scopes);
            let granted = entry.outcome == HistoryOutcome::Granted;
            if same && taken && granted && may_be_same_party(&entry.subjects, &record.subjects) {
                entry.outcome = HistoryOutcome::GrantedAndWithdrawn;
                for source in [Source::Rpt(rpt), Source::Withdrawn(rpt, resource.clone())] {
                    *self.sources.entry(source.clone()).or_default() += 1;
                    entry.sources.push(source);
                }
            }
        }
    }

    fn push(&mut self, entry: Entry) {
        let entries = self.by_owner.entry(entry.resource.owner.clone()).or_default();
        let oldest = if entries.len() == KEPT { entries.pop_front() } else { None };
        for source in &entry.sources {
            *self.sources.entry(source.clone()).or_default() += 1;
        }
        entries.push_back(entry);
        for source in oldest.into_iter().flat_map(|oldest| oldest.sources) {
            self.release(&source);
        }
    }

    fn release(&mut self, source: &Source) {
        let Some(named) = self.sources.get_mut(source) else { return };
        *named -= 1;
        if *named == 0 {
            self.sources.remove(source);
        }
    }

    /// True while an entry stands that comes from this fact.
    pub(super) fn needs(&self, fact: &Fact) -> bool {
        let names = |source: Source| self.sources.contains_key(&source);
        match fact {
            Fact::RptIssued { rpt, .. } => names(Source::Rpt(*rpt)),
            Fact::AuthorizationDataAdded { rpt, permissions, .. } => {
                permissions.iter().any(|granted| names(Source::Added(*rpt, granted.process)))
            }
            Fact::PermissionsWithdrawn { rpt, resource, .. } => names(Source::Withdrawn(*rpt, resource.clone())),
            Fact::TicketIssued { ticket, .. } => names(Source::Ticket(*ticket)),
            Fact::RequestDenied { ticket, at, .. } => names(Source::Denied(*ticket, *at)),
            Fact::OwnerAsked { request, .. } | Fact::OwnerAnswered { request, .. } => {
                names(Source::Question(request.clone()))
            }
            _ => false,
        }
    }

    /// What happened to an owner's resources, the newest first.
    pub(super) fn of_owner(&self, owner: &PersonId) -> impl Iterator<Item = &Entry> {
        self.by_owner.get(owner).into_iter().flat_map(|entries| entries.iter().rev())
    }
}

fn may_be_same_party(one: &[Subject], other: &[Subject]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|subject| other.contains(subject))
}

/// Ends a process without a grant.
pub(super) fn deny(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    process: ProcessId,
    ticket: TicketHash,
    why: DenialReason,
) {
    let (client, subjects) = (server.tickets.client_of(process).cloned(), server.claims.subjects(process));
    server.record(cx, Fact::RequestDenied { process, ticket, at: Some(cx.at), why: Some(why), client, subjects });
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

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::super::testing::Bench;
    use super::*;
    use crate::trace::fact::{RptOrigin, TicketReason};
    use crate::wire::page::{AccountPage, AccountView, Page};
    use crate::wire::text::scope_set;
    use crate::wire::{
        Permission, PermissionRequest, PermissionTicket, PolicyCondition, Request, Response, Revision, Rpt, Uri,
    };

    fn key() -> ResourceKey {
        ResourceKey { owner: "alice".into(), resource_server: "rs1".into(), id: "r".into() }
    }

    fn ticket(bench: &mut Bench, process: u64) -> TicketHash {
        let ticket = PermissionTicket::new(format!("t{process}")).hashed();
        bench.given(Fact::TicketIssued {
            ticket,
            process: ProcessId(process),
            permissions: vec![PermissionRequest { resource_id: "r".into(), scopes: scope_set(["view"]) }],
            owner: "alice".into(),
            resource_server: "rs1".into(),
            expires_at: Timestamp::from_secs(9000),
            predecessor: None,
            reason: TicketReason::PermissionRequest,
        });
        ticket
    }

    fn granted(bench: &mut Bench, process: u64, rpt: &str) {
        let permission = GrantedPermission {
            resource: key(),
            permission: Permission {
                resource_id: "r".into(),
                scopes: scope_set(["view"]),
                expires_at: None,
                issued_at: None,
                not_before: None,
            },
            process: ProcessId(process),
            granted_at: bench.now,
            policies: vec![("p".into(), 1)],
            subjects: vec![Subject { issuer: "https://idp.example".into(), person: "bob".into() }],
        };
        let carried = GrantedPermission { process: ProcessId(99), ..permission.clone() };
        let ticket = PermissionTicket::new("t").hashed();
        bench.given(Fact::RptIssued {
            rpt: Rpt::new(rpt).hashed(),
            client: "app".into(),
            subjects: Vec::new(),
            owner: Some("alice".into()),
            resource_server: Some("rs1".into()),
            permissions: vec![permission, carried],
            expires_at: Timestamp::from_secs(9000),
            origin: RptOrigin::Ticket { ticket, process: ProcessId(process), upgraded_from: None },
            refresh: None,
            refresh_expires_at: None,
        });
    }

    fn outcomes(bench: &Bench) -> Vec<HistoryOutcome> {
        bench.server.history.of_owner(&"alice".into()).map(|entry| entry.outcome).collect()
    }

    fn page(bench: &mut Bench, cookie: &str, view: &AccountView) -> Result<AccountPage, u16> {
        let uri = Uri::from("https://as.example").with_path(&format!("/account{}", view.below()));
        match bench.browse_at(cookie, uri, Request::GetAccount) {
            Response::Page(Page::Account(page)) => Ok(page),
            Response::Page(Page::Notice { status, .. }) => Err(status),
            other => panic!("no page: {other:?}"),
        }
    }

    #[test]
    fn grants_denials_answers_and_withdrawals_are_told_once() {
        let mut bench = Bench::new(Revision::V2_0);
        granted(&mut bench, 1, "rpt");
        let denied = ticket(&mut bench, 2);
        bench.run(|server, cx| deny(server, cx, ProcessId(2), denied, DenialReason::NoPolicy));
        let because = HistoryOutcome::Denied(Some(DenialReason::NoPolicy));
        assert_eq!(outcomes(&bench), [because, HistoryOutcome::Granted]);
        let (rpt, scopes) = (Rpt::new("rpt").hashed(), scope_set(["view"]));
        bench.given(Fact::PermissionsWithdrawn { rpt, resource: key(), scopes });
        assert_eq!(outcomes(&bench), [because, HistoryOutcome::GrantedAndWithdrawn]);
        assert_eq!(bench.rebuilt().history, bench.server.history);
    }

    #[test]
    fn the_history_of_an_owner_is_bounded() {
        let mut bench = Bench::new(Revision::V2_0);
        (0..300).for_each(|process| granted(&mut bench, process, &format!("rpt {process}")));
        assert_eq!(outcomes(&bench).len(), KEPT);
    }

    #[test]
    fn a_denial_says_why() {
        let mut bench = Bench::new(Revision::V2_0);
        let ticket = ticket(&mut bench, 1);
        let reason = |bench: &mut Bench| {
            bench.run(|server, _| {
                let record = server.tickets.get(&ticket).cloned();
                record.map(|record| why(server, ProcessId(1), &record))
            })
        };
        assert_eq!(reason(&mut bench), Some(DenialReason::NoPolicy));
        let (target, condition) = (PolicyTarget::AllResources, PolicyCondition::OwnerApproves);
        let policy = Policy { id: "p".into(), target, scopes: scope_set(["view"]), condition };
        bench.given(Fact::PolicySet { owner: "alice".into(), policy, version: 1 });
        assert_eq!(reason(&mut bench), Some(DenialReason::ConditionsNotMet));
        bench.given(Fact::OwnerAsked {
            request: "q".into(),
            process: ProcessId(1),
            owner: "alice".into(),
            client: "app".into(),
            subjects: Vec::new(),
            resource: key(),
            scopes: scope_set(["view"]),
        });
        bench.given(Fact::OwnerAnswered { request: "q".into(), owner: "alice".into(), approved: false, at: None });
        assert_eq!(reason(&mut bench), Some(DenialReason::OwnerRefused));
        assert_eq!(outcomes(&bench), [HistoryOutcome::OwnerRefused]);
    }

    #[test]
    fn only_the_owner_sees_shares_and_history_and_each_part_only_its_own() {
        let mut bench = Bench::new(Revision::V2_0);
        bench.session("alice's browser", "alice");
        bench.session("bob's browser", "bob");
        granted(&mut bench, 1, "rpt");
        let counts = |page: Result<AccountPage, u16>| page.map(|page| (page.shares.len(), page.history.len()));
        for (view, alice, bob) in [
            (AccountView::Shares, (2, 0), (0, 0)),
            (AccountView::History, (0, 1), (0, 0)),
            (AccountView::Overview, (0, 0), (0, 0)),
        ] {
            assert_eq!(counts(page(&mut bench, "alice's browser", &view)), Ok(alice));
            assert_eq!(counts(page(&mut bench, "bob's browser", &view)), Ok(bob));
        }
        let unregistered = AccountView::Resource { resource_server: "rs1".into(), id: "r".into() };
        assert_eq!(counts(page(&mut bench, "alice's browser", &unregistered)), Err(404));
        bench.pat("pat", "alice", "rs1");
        let id = bench.register("pat", "", &["view"]);
        let view = AccountView::Resource { resource_server: "rs1".into(), id };
        assert_eq!(counts(page(&mut bench, "alice's browser", &view)), Ok((0, 0)));
        assert_eq!(counts(page(&mut bench, "bob's browser", &view)), Err(404));
        bench.now = Timestamp::from_secs(9000);
        bench.session("later", "alice");
        assert_eq!(counts(page(&mut bench, "later", &AccountView::Shares)), Ok((0, 0)));
    }
}
