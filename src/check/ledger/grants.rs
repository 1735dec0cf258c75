//! The part of the ledger that follows grants: what an RPT carries, and what the oracle thinks of it.

use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::Secret;
use crate::check::ledger::tokens::{Grant, Rpt};
use crate::check::model::{self, Known, Party, SignIns, Target};
use crate::message::NodeId;
use crate::trace::fact::{GrantedPermission, RptOrigin, Subject};
use crate::trace::{Fact, Record, Truth};
use crate::wire::{ClientId, PolicyId, Scope, ScopeSet};

impl Rpt {
    /// The RPT whose permissions it carries on.
    pub(crate) fn upgraded_from(&self) -> Option<Secret> {
        self.origin.upgraded_from().map(|old| old.short())
    }

    /// The ticket it was granted on.
    pub(crate) fn ticket(&self) -> Option<Secret> {
        self.origin.ticket().map(|(ticket, _)| ticket.short())
    }
}

impl Ledger {
    pub(super) fn rpt_fact(&mut self, truth: &Truth, node: NodeId, fact: &Fact, record: &Record) {
        match fact {
            Fact::RptIssued { .. } => self.rpt_issued(truth, node, fact, record),
            Fact::AuthorizationDataAdded { rpt, ticket, resource_server, permissions } => {
                let Some(entry) = self.tokens.rpts.get(&rpt.short()) else { return };
                let origin = entry.origin;
                let aat = self.party_of_aat(truth, &origin);
                let sign_ins = self.sign_ins_of_aat(&origin);
                let party = Grantee { client: &entry.client, aat: aat.as_ref(), sign_ins };
                let grants = self.judged(node, party, None, permissions);
                self.carried_by(node, rpt.short(), permissions);
                if let Some(entry) = self.tokens.rpts.get_mut(&rpt.short()) {
                    entry.resource_server.get_or_insert_with(|| resource_server.clone());
                    entry.grants.extend(grants);
                }
                if let RptOrigin::Aat(aat) = origin
                    && let Some(aat) = self.tokens.access.get_mut(&aat.short())
                {
                    aat.bound.retain(|(bound, ..)| bound != resource_server);
                    aat.bound.push((resource_server.clone(), rpt.short(), record.step));
                }
                self.granted(ticket.short());
            }
            Fact::PermissionsWithdrawn { rpt, resource, scopes } => {
                let Some(entry) = self.tokens.rpts.get_mut(&rpt.short()) else { return };
                entry.withdrawn.push((resource.clone(), scopes.clone()));
                for grant in entry.grants.iter_mut().filter(|grant| grant.given.resource == *resource) {
                    grant.given.permission.scopes.retain(|scope| !scopes.contains(scope));
                }
            }
            _ => {}
        }
    }

    fn granted(&mut self, ticket: Secret) {
        if let Some(ticket) = self.tokens.tickets.get_mut(&ticket) {
            ticket.granted = true;
            ticket.settled = true;
        }
    }

    fn rpt_issued(&mut self, truth: &Truth, node: NodeId, fact: &Fact, record: &Record) {
        let Fact::RptIssued {
            rpt,
            client,
            subjects,
            resource_server,
            permissions,
            expires_at,
            origin,
            refresh,
            refresh_expires_at,
            ..
        } = fact
        else {
            return;
        };
        let refresh = refresh.map(|refresh| refresh.short());
        let grants = match origin {
            RptOrigin::Refresh { of, .. } => self.refreshed(of.short(), permissions),
            RptOrigin::Ticket { .. } | RptOrigin::Aat(_) | RptOrigin::AatAndTicket { .. } => {
                let aat = self.party_of_aat(truth, origin);
                let old = origin.upgraded_from().map(|old| old.short());
                let sign_ins = self.sign_ins_of_aat(origin);
                self.judged(node, Grantee { client, aat: aat.as_ref(), sign_ins }, old, permissions)
            }
        };
        self.carried_by(node, rpt.short(), permissions);
        let entry = Rpt {
            server: node,
            client: client.clone(),
            subjects: subjects.clone(),
            resource_server: resource_server.clone(),
            grants,
            expires_at: *expires_at,
            origin: *origin,
            refresh,
            issued: record.step,
            dead: None,
            sought_for: None,
            session: None,
            left_behind: None,
            withdrawn: Vec::new(),
            newest_answers: std::collections::BTreeMap::new(),
        };
        self.tokens.issued.insert(rpt.short());
        self.tokens.rpts.insert(rpt.short(), entry);
        let ends = refresh_expires_at.map(|ends| (ends, rpt.short()));
        self.refresh_issued(node, client, refresh, ends);
        match origin {
            RptOrigin::Ticket { ticket, .. } | RptOrigin::AatAndTicket { ticket, .. } => self.granted(ticket.short()),
            RptOrigin::Aat(aat) => {
                if let Some(aat) = self.tokens.access.get_mut(&aat.short()) {
                    aat.newest_rpt = Some((rpt.short(), record.step));
                    aat.reissued += 1;
                }
            }
            RptOrigin::Refresh { .. } => {}
        }
    }

    /// The permissions of a refreshed RPT keep what the original ones rest on.
    fn refreshed(&self, of: Secret, permissions: &[GrantedPermission]) -> Vec<Grant> {
        let old = self.tokens.rpts.get(&of);
        let carried = |given: &GrantedPermission| {
            let same = |grant: &&Grant| {
                grant.given.resource == given.resource
                    && grant.given.process == given.process
                    && given.permission.scopes.is_subset(&grant.given.permission.scopes)
            };
            let of = old.and_then(|old| old.grants.iter().find(same));
            Grant {
                given: given.clone(),
                basis: of.map(|grant| grant.basis.clone()).unwrap_or_default(),
                justified: of.map(|grant| grant.justified.clone()).unwrap_or_default(),
                chained: of.is_some_and(|grant| grant.chained),
            }
        };
        permissions.iter().map(carried).collect()
    }

    /// What the oracle thinks of permissions that are granted now; one that is carried on keeps its old judgement.
    fn judged(
        &self,
        node: NodeId,
        party: Grantee<'_>,
        upgraded_from: Option<Secret>,
        permissions: &[GrantedPermission],
    ) -> Vec<Grant> {
        let judge = |given: &GrantedPermission| {
            if let Some(old) = self.carried(node, upgraded_from, given) {
                return Grant { given: given.clone(), ..old.clone() };
            }
            let mut basis = Vec::new();
            let mut justified = ScopeSet::new();
            for scope in &given.permission.scopes {
                if let Some(first) = self.permitting(node, party, given, scope).into_iter().next() {
                    justified.insert(scope.clone());
                    if !basis.contains(&first) {
                        basis.push(first);
                    }
                }
            }
            Grant { given: given.clone(), basis, justified, chained: self.chained(node, given) }
        };
        permissions.iter().map(judge).collect()
    }

    fn carried_by(&mut self, node: NodeId, rpt: Secret, permissions: &[GrantedPermission]) {
        for given in permissions {
            if let Some(process) = self.processes.get_mut(&(node, given.process)) {
                process.rpt = Some(rpt);
            }
        }
    }

    /// The requesting party of an AAT, as its server vouches for it (D6 §3.4.1; Core 1.0.1 §1.3.2).
    pub(crate) fn party_of_aat(&self, truth: &Truth, origin: &RptOrigin) -> Option<Subject> {
        let aat = self.tokens.access.get(&origin.aat()?.short())?;
        let issuer = truth.get(aat.server)?.origin.clone()?;
        Some(Subject { issuer, person: aat.person.clone()? })
    }

    /// How the requesting party of an AAT has signed in for this client.
    pub(crate) fn sign_ins_of_aat(&self, origin: &RptOrigin) -> Option<SignIns<'_>> {
        let aat = self.tokens.access.get(&origin.aat()?.short())?;
        let pair = (aat.server, aat.client.clone(), aat.person.clone()?);
        Some(SignIns { stronger: self.tokens.sign_ins.get(&pair) })
    }

    // A permission of another process was judged when that process granted it. The RPT that it is carried from may
    // have outlived the process.
    fn carried(&self, node: NodeId, upgraded_from: Option<Secret>, given: &GrantedPermission) -> Option<&Grant> {
        let of_process = self.processes.get(&(node, given.process)).and_then(|process| process.rpt);
        let same = |grant: &&Grant| grant.given.resource == given.resource && grant.given.process == given.process;
        let known = [of_process, upgraded_from].into_iter().flatten();
        known.filter_map(|rpt| self.tokens.rpts.get(&rpt)).find_map(|rpt| rpt.grants.iter().find(same))
    }

    fn chained(&self, node: NodeId, given: &GrantedPermission) -> bool {
        let policies = self.registry.policies.get(&(node, given.resource.owner.clone()));
        let stands = |(id, version): &(PolicyId, u64)| {
            policies.and_then(|all| all.get(id)).is_some_and(|ruling| !ruling.removed && ruling.version == *version)
        };
        let assessed = self.processes.contains_key(&(node, given.process));
        assessed && !given.policies.is_empty() && given.policies.iter().all(stands)
    }

    /// The policies that permit a scope of a granted permission to its process, now.
    pub(crate) fn permitting(
        &self,
        node: NodeId,
        party: Grantee<'_>,
        given: &GrantedPermission,
        scope: &Scope,
    ) -> Vec<(PolicyId, u64)> {
        let process = self.processes.get(&(node, given.process));
        let claims = process.map(|process| process.claims.as_slice()).unwrap_or_default();
        let mut known: Vec<Known<'_>> =
            claims.iter().map(|c| Known { subject: &c.subject, claims: &c.claims, since: c.since }).collect();
        known.extend(party.aat.map(|subject| Known { subject, claims: &[], since: given.granted_at }));
        let asked = process.map(|process| process.asked.as_slice()).unwrap_or_default();
        let owner_approved = asked.iter().any(|asked| {
            asked.resource == given.resource
                && asked.scopes.contains(scope)
                && asked.answered.is_some_and(|(approved, _)| approved)
        });
        let type_ = self.registry.live(node, &given.resource).and_then(|resource| resource.type_.as_ref());
        let target = Target { key: &given.resource, type_ };
        let (client, sign_ins) = (party.client, party.sign_ins);
        let party = Party { client, known: &known, sign_ins, owner_approved, now: given.granted_at };
        model::permitting(self.registry.in_force(node, &given.resource.owner), target, scope, &party)
    }
}

/// To whom a permission is granted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grantee<'a> {
    /// The client.
    pub(crate) client: &'a ClientId,
    /// The requesting party of the AAT, where there is one.
    pub(crate) aat: Option<&'a Subject>,
    /// How that party signed in.
    pub(crate) sign_ins: Option<SignIns<'a>>,
}
