//! Requesting party tokens and what they carry; dead ones stay as tombstones until they and their refresh tokens have
//! expired. Why one is issued or ends is not known here.

use super::expiry::{CLEANED_PER_INPUT, Due};
use crate::role::index::unindex;
use crate::role::oauth::access_tokens::UNTOLD_REFRESH_LIFETIME;
use crate::trace::Fact;
use crate::trace::fact::{
    GrantedPermission, ProcessId, RefreshHash, ResourceKey, RptHash, RptOrigin, Subject, TokenWhat,
};
use crate::wire::token::kind::AatKind;
use crate::wire::{ClientId, Duration, PersonId, PolicyId, ScopeSet, Timestamp, TokenHash};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Hash of an AAT.
pub(super) type AatHash = TokenHash<AatKind>;

/// One RPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RptRecord {
    /// To whom it was issued.
    pub(super) client: ClientId,
    /// The requesting party, as far as known.
    pub(super) subjects: Vec<Subject>,
    /// The owner (2.0).
    pub(super) owner: Option<PersonId>,
    /// The resource server it is good at; `None` while a draft-06 RPT is unbound.
    pub(super) resource_server: Option<ClientId>,
    /// What it carries.
    pub(super) permissions: Vec<GrantedPermission>,
    /// The first instant at which it is void.
    pub(super) expires_at: Timestamp,
    /// True when it was revoked.
    pub(super) revoked: bool,
    /// The refresh token issued with it.
    pub(super) refresh: Option<RefreshHash>,
    /// The first instant at which that is void.
    refresh_expires_at: Timestamp,
    /// Where it comes from.
    pub(super) origin: RptOrigin,
    /// What came from it, by upgrade or refresh.
    children: Vec<RptHash>,
}

impl RptRecord {
    /// True when neither revoked nor expired.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        !self.revoked && now < self.expires_at
    }

    // From then on nobody can get anything by it or by what it came with. For a day, or as long again as the refresh token
    // was good for longer than the RPT, who renews it too late is told so by rule.
    fn forgettable_at(&self) -> Timestamp {
        if self.refresh.is_none() {
            return self.expires_at;
        }
        let longer = self.refresh_expires_at.since(self.expires_at);
        self.refresh_expires_at.max(self.expires_at) + longer.min(A_DAY)
    }

    fn parent(&self) -> Option<RptHash> {
        match self.origin {
            RptOrigin::Ticket { upgraded_from, .. } | RptOrigin::AatAndTicket { upgraded_from, .. } => upgraded_from,
            RptOrigin::Refresh { of, .. } => Some(of),
            RptOrigin::Aat(_) => None,
        }
    }
}

/// One refresh token of an RPT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RefreshRecord {
    /// The RPT it was issued with.
    pub(super) rpt: RptHash,
    /// The first instant at which it is void.
    pub(super) expires_at: Timestamp,
    /// True when it was used or revoked.
    pub(super) revoked: bool,
}

/// Requesting party tokens and what they carry.
#[derive(Clone, Debug, Default)]
pub(super) struct Rpts {
    records: FxHashMap<RptHash, RptRecord>,
    refreshes: FxHashMap<RefreshHash, RefreshRecord>,
    by_policy: BTreeMap<(PersonId, PolicyId), BTreeSet<RptHash>>,
    by_aat: BTreeMap<AatHash, BTreeSet<RptHash>>,
    by_pair: BTreeMap<(ClientId, Option<PersonId>), BTreeSet<RptHash>>,
    /// Those got with an AAT, by the processes that granted something in them.
    by_process: BTreeMap<ProcessId, BTreeSet<RptHash>>,
    due: Due<RptHash>,
}

// How long an expired refresh token is remembered, and after what a token is looked at again that is not forgotten yet.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

impl Rpts {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::RptIssued {
                rpt,
                client,
                subjects,
                owner,
                resource_server,
                permissions,
                expires_at,
                origin,
                refresh,
                refresh_expires_at,
            } => {
                let record = RptRecord {
                    client: client.clone(),
                    subjects: subjects.clone(),
                    owner: owner.clone(),
                    resource_server: resource_server.clone(),
                    permissions: permissions.clone(),
                    expires_at: *expires_at,
                    revoked: false,
                    refresh: *refresh,
                    refresh_expires_at: refresh_expires_at.unwrap_or(*expires_at + UNTOLD_REFRESH_LIFETIME),
                    origin: *origin,
                    children: Vec::new(),
                };
                self.insert(*rpt, record);
            }
            Fact::AuthorizationDataAdded { rpt, resource_server, permissions, .. } => {
                self.add(rpt, resource_server, permissions);
            }
            Fact::PermissionsWithdrawn { rpt, resource, scopes } => self.withdraw(rpt, resource, scopes),
            Fact::TokenRevoked { token, what: TokenWhat::Rpt, .. } => {
                if let Some(record) = self.records.get_mut(&token.as_kind()) {
                    record.revoked = true;
                }
            }
            Fact::TokenRevoked { token, what: TokenWhat::RefreshToken, .. } => {
                if let Some(refresh) = self.refreshes.get_mut(&token.as_kind()) {
                    refresh.revoked = true;
                }
            }
            _ => {}
        }
    }

    fn insert(&mut self, rpt: RptHash, record: RptRecord) {
        if let Some(parent) = record.parent().and_then(|parent| self.records.get_mut(&parent)) {
            parent.children.push(rpt);
        }
        if let Some(refresh) = record.refresh {
            let expires_at = record.refresh_expires_at;
            self.refreshes.insert(refresh, RefreshRecord { rpt, expires_at, revoked: false });
        }
        if let Some(aat) = record.origin.aat() {
            self.by_aat.entry(aat).or_default().insert(rpt);
            self.by_pair.entry(pair(&record)).or_default().insert(rpt);
            self.index_processes(rpt, &record.permissions);
        }
        self.index_policies(rpt, &record.permissions);
        self.due.at(record.forgettable_at(), rpt);
        self.records.insert(rpt, record);
    }

    fn index_policies(&mut self, rpt: RptHash, permissions: &[GrantedPermission]) {
        for key in permissions.iter().flat_map(keys) {
            self.by_policy.entry(key).or_default().insert(rpt);
        }
    }

    fn index_processes(&mut self, rpt: RptHash, permissions: &[GrantedPermission]) {
        for granted in permissions {
            self.by_process.entry(granted.process).or_default().insert(rpt);
        }
    }

    // D6 §3.4.3: the first authorization data binds the RPT to the resource server.
    fn add(&mut self, rpt: &RptHash, resource_server: &ClientId, permissions: &[GrantedPermission]) {
        self.index_policies(*rpt, permissions);
        self.index_processes(*rpt, permissions);
        let Some(record) = self.records.get_mut(rpt) else { return };
        record.resource_server.get_or_insert_with(|| resource_server.clone());
        let old = std::mem::take(&mut record.permissions);
        record.permissions = merged(permissions.to_vec(), old.clone());
        self.unindex_permissions(rpt, &old);
    }

    fn withdraw(&mut self, rpt: &RptHash, resource: &ResourceKey, scopes: &ScopeSet) {
        let Some(record) = self.records.get_mut(rpt) else { return };
        let old = record.permissions.clone();
        record.permissions.retain_mut(|granted| {
            if granted.resource != *resource {
                return true;
            }
            granted.permission.scopes.retain(|scope| !scopes.contains(scope));
            !granted.permission.scopes.is_empty()
        });
        self.unindex_permissions(rpt, &old);
    }

    // Of what an RPT carried once, what nothing in it rests on any more.
    fn unindex_permissions(&mut self, rpt: &RptHash, once: &[GrantedPermission]) {
        let now = self.records.get(rpt).map_or(&[][..], |record| &record.permissions);
        let policies: BTreeSet<_> = now.iter().flat_map(keys).collect();
        let processes: BTreeSet<ProcessId> = now.iter().map(|granted| granted.process).collect();
        for key in once.iter().flat_map(keys).filter(|key| !policies.contains(key)) {
            unindex(&mut self.by_policy, &key, rpt);
        }
        for process in once.iter().map(|granted| granted.process).filter(|process| !processes.contains(process)) {
            unindex(&mut self.by_process, &process, rpt);
        }
    }

    /// An RPT, also a dead one.
    pub(super) fn get(&self, rpt: &RptHash) -> Option<&RptRecord> {
        self.records.get(rpt)
    }

    /// Every RPT of some kind, also dead ones.
    pub(super) fn all(&self, wanted: impl Fn(&RptRecord) -> bool) -> Vec<RptHash> {
        #[expect(clippy::disallowed_methods, reason = "sorted below")]
        let mut found: Vec<RptHash> =
            self.records.iter().filter(|(_, record)| wanted(record)).map(|(rpt, _)| *rpt).collect();
        found.sort_unstable();
        found
    }

    /// True for an RPT that is neither revoked nor expired.
    pub(super) fn is_live(&self, rpt: &RptHash, now: Timestamp) -> bool {
        self.records.get(rpt).is_some_and(|record| record.is_live(now))
    }

    /// A refresh token of an RPT, also a used one.
    pub(super) fn refresh(&self, refresh: &RefreshHash) -> Option<RefreshRecord> {
        self.refreshes.get(refresh).copied()
    }

    /// The refresh token of an RPT, unless it is used or revoked.
    pub(super) fn live_refresh(&self, rpt: &RptHash) -> Option<RefreshHash> {
        let refresh = self.records.get(rpt)?.refresh?;
        self.refreshes.get(&refresh).filter(|known| !known.revoked).map(|_| refresh)
    }

    /// What rests on a policy: which scopes of which resource, in which RPT.
    pub(super) fn resting_on(&self, owner: &PersonId, policy: &PolicyId) -> Vec<(RptHash, ResourceKey, ScopeSet)> {
        let rests = |granted: &&GrantedPermission| {
            granted.resource.owner == *owner && granted.policies.iter().any(|(candidate, _)| candidate == policy)
        };
        let mut found = Vec::new();
        for rpt in self.by_policy.get(&(owner.clone(), policy.clone())).into_iter().flatten() {
            let Some(record) = self.records.get(rpt).filter(|record| !record.revoked) else { continue };
            for granted in record.permissions.iter().filter(rests) {
                found.push((*rpt, granted.resource.clone(), granted.permission.scopes.clone()));
            }
        }
        found
    }

    /// The live tokens that carry permissions of an owner.
    pub(super) fn of_owner(&self, owner: &PersonId, now: Timestamp) -> impl Iterator<Item = &RptRecord> {
        let owned = self.by_policy.range((owner.clone(), PolicyId::from(""))..);
        let owned = owned.take_while(|((holder, _), _)| holder == owner).flat_map(|(_, rpts)| rpts);
        let rpts: BTreeSet<&RptHash> = owned.collect();
        rpts.into_iter().filter_map(|rpt| self.records.get(rpt)).filter(move |record| record.is_live(now))
    }

    /// True while an RPT is remembered that was issued under that AAT.
    pub(super) fn has_under(&self, aat: &AatHash) -> bool {
        self.by_aat.contains_key(aat)
    }

    /// The RPTs issued under an AAT that were not revoked (D6 §3.4.2).
    pub(super) fn of_aat(&self, aat: &AatHash) -> Vec<RptHash> {
        self.unrevoked(self.by_aat.get(aat))
    }

    /// The RPTs got with an AAT that carry something which this process granted, and were not revoked.
    pub(super) fn of_process(&self, process: ProcessId) -> Vec<RptHash> {
        let granted_by = |record: &RptRecord| record.permissions.iter().any(|granted| granted.process == process);
        let carries = |rpt: &&RptHash| self.records.get(*rpt).is_some_and(|it| !it.revoked && granted_by(it));
        self.by_process.get(&process).into_iter().flatten().filter(carries).copied().collect()
    }

    /// The RPTs of a client and the person it acts for that were not revoked (D6 §3.4.2).
    pub(super) fn of_pair(&self, client: &ClientId, person: Option<&PersonId>) -> Vec<RptHash> {
        self.unrevoked(self.by_pair.get(&(client.clone(), person.cloned())))
    }

    fn unrevoked(&self, rpts: Option<&BTreeSet<RptHash>>) -> Vec<RptHash> {
        let live = |rpt: &&RptHash| self.records.get(*rpt).is_some_and(|record| !record.revoked);
        rpts.into_iter().flatten().filter(live).copied().collect()
    }

    /// Everything that came from an RPT, by upgrade or refresh, however far down; without itself.
    pub(super) fn descendants(&self, rpt: &RptHash) -> Vec<RptHash> {
        let (mut found, mut next) = (Vec::new(), 0);
        found.extend(self.children(rpt));
        while let Some(at) = found.get(next).copied() {
            found.extend(self.children(&at));
            next += 1;
        }
        found
    }

    fn children(&self, rpt: &RptHash) -> impl Iterator<Item = RptHash> {
        self.records.get(rpt).into_iter().flat_map(|record| &record.children).copied()
    }

    /// The first RPT of the line of refreshes that this one belongs to.
    pub(super) fn start_of_refreshes(&self, rpt: RptHash) -> RptHash {
        let mut at = rpt;
        while let Some(RptOrigin::Refresh { of, .. }) = self.records.get(&at).map(|record| record.origin) {
            if !self.records.contains_key(&of) {
                break;
            }
            at = of;
        }
        at
    }

    /// True when there is something to forget, or to look at again.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.due.is_due(now)
    }

    /// Forgets what nobody can use any more, a little at a time.
    pub(super) fn forget_ended(&mut self, now: Timestamp) {
        for _ in 0..CLEANED_PER_INPUT {
            let Some(rpt) = self.due.pop(now) else { break };
            if self.is_still_needed(&rpt, now) {
                self.due.at(now + A_DAY, rpt);
            } else {
                self.forget(&rpt);
            }
        }
    }

    // A link of a line: who revokes something before it that is still good for something reaches by it what comes after it.
    fn is_still_needed(&self, rpt: &RptHash, now: Timestamp) -> bool {
        let Some(record) = self.records.get(rpt).filter(|record| !record.children.is_empty()) else { return false };
        let parent = |record: &&RptRecord| self.records.get(&record.parent()?);
        std::iter::successors(parent(&record), parent).any(|ancestor| now < ancestor.forgettable_at())
    }

    fn forget(&mut self, rpt: &RptHash) {
        let Some(record) = self.records.remove(rpt) else { return };
        if let Some(refresh) = record.refresh {
            self.refreshes.remove(&refresh);
        }
        if let Some(parent) = record.parent().and_then(|parent| self.records.get_mut(&parent)) {
            parent.children.retain(|child| child != rpt);
        }
        if let Some(aat) = record.origin.aat() {
            unindex(&mut self.by_aat, &aat, rpt);
            unindex(&mut self.by_pair, &pair(&record), rpt);
        }
        self.unindex_permissions(rpt, &record.permissions);
    }
}

// The policies that a permission rests on.
fn keys(granted: &GrantedPermission) -> impl Iterator<Item = (PersonId, PolicyId)> {
    granted.policies.iter().map(|(policy, _)| (granted.resource.owner.clone(), policy.clone()))
}

fn pair(record: &RptRecord) -> (ClientId, Option<PersonId>) {
    (record.client.clone(), record.subjects.first().map(|subject| subject.person.clone()))
}

/// The newer permissions, and those older ones that say something the newer do not.
pub(super) fn merged(newer: Vec<GrantedPermission>, older: Vec<GrantedPermission>) -> Vec<GrantedPermission> {
    let said: Vec<_> = older.into_iter().filter(|old| !newer.iter().any(|new| includes(new, old))).collect();
    newer.into_iter().chain(said).collect()
}

fn includes(new: &GrantedPermission, old: &GrantedPermission) -> bool {
    new.resource == old.resource
        && old.permission.scopes.is_subset(&new.permission.scopes)
        && new.permission.expires_at >= old.permission.expires_at
}
