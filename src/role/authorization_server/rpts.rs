//! Requesting party tokens and what they carry; dead ones stay as tombstones until they expire.

use crate::trace::Fact;
use crate::trace::fact::{GrantedPermission, RefreshHash, ResourceKey, RptHash, RptOrigin, Subject, TokenWhat};
use crate::wire::token::{TokenHash, kind};
use crate::wire::{ClientId, PersonId, PolicyId, ScopeSet, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Requesting party tokens and what they carry; dead ones stay as tombstones until they expire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rpts {
    rpts: BTreeMap<RptHash, RptRecord>,
    refresh_revoked: BTreeSet<RefreshHash>,
    by_policy: BTreeMap<(PersonId, PolicyId), BTreeSet<RptHash>>,
}

/// One RPT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RptRecord {
    pub(super) client: ClientId,
    pub(super) subjects: Vec<Subject>,
    pub(super) owner: Option<PersonId>,
    pub(super) resource_server: Option<ClientId>,
    pub(super) permissions: Vec<GrantedPermission>,
    pub(super) expires_at: Timestamp,
    pub(super) revoked: bool,
    pub(super) refresh: Option<RefreshHash>,
    pub(super) origin: RptOrigin,
}

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
            } => {
                self.index(rpt, permissions);
                let record = RptRecord {
                    client: client.clone(),
                    subjects: subjects.clone(),
                    owner: owner.clone(),
                    resource_server: resource_server.clone(),
                    permissions: permissions.clone(),
                    expires_at: *expires_at,
                    revoked: false,
                    refresh: *refresh,
                    origin: *origin,
                };
                self.rpts.insert(*rpt, record);
            }
            Fact::AuthorizationDataAdded { rpt, resource_server, permissions, .. } => {
                self.index(rpt, permissions);
                if let Some(record) = self.rpts.get_mut(rpt) {
                    record.resource_server = Some(resource_server.clone());
                    record.permissions.extend(permissions.iter().cloned());
                }
            }
            Fact::PermissionsWithdrawn { rpt, resource, scopes } => {
                if let Some(record) = self.rpts.get_mut(rpt) {
                    record.permissions.retain(|p| p.resource != *resource || !p.permission.scopes.is_subset(scopes));
                }
            }
            Fact::TokenRevoked { token, what: TokenWhat::Rpt, .. } => {
                if let Some(record) = self.rpts.get_mut(&token.as_kind()) {
                    record.revoked = true;
                }
            }
            Fact::TokenRevoked { token, what: TokenWhat::RefreshToken, .. } => {
                self.refresh_revoked.insert(token.as_kind());
            }
            _ => {}
        }
    }

    fn index(&mut self, rpt: &RptHash, permissions: &[GrantedPermission]) {
        for permission in permissions {
            for (policy, _) in &permission.policies {
                let key = (permission.resource.owner.clone(), policy.clone());
                self.by_policy.entry(key).or_default().insert(*rpt);
            }
        }
    }

    /// The RPT of that hash.
    pub(super) fn get(&self, rpt: &RptHash) -> Option<&RptRecord> {
        self.rpts.get(rpt)
    }

    /// What rests on a policy of an owner.
    pub(super) fn resting_on(&self, owner: &PersonId, policy: &PolicyId) -> Vec<(RptHash, ResourceKey, ScopeSet)> {
        let rpts = self.by_policy.get(&(owner.clone(), policy.clone()));
        let rests = |p: &GrantedPermission| p.resource.owner == *owner && p.policies.iter().any(|(id, _)| id == policy);
        let permissions = rpts.into_iter().flatten().filter_map(|rpt| Some((rpt, self.rpts.get(rpt)?)));
        permissions
            .flat_map(|(rpt, record)| record.permissions.iter().map(move |permission| (rpt, permission)))
            .filter(|(_, permission)| rests(permission))
            .map(|(rpt, permission)| (*rpt, permission.resource.clone(), permission.permission.scopes.clone()))
            .collect()
    }

    /// The live RPTs that were got with an AAT.
    pub(super) fn of_aat(&self, aat: &TokenHash<kind::AatKind>) -> Vec<RptHash> {
        let of_aat = |record: &RptRecord| !record.revoked && matches!(record.origin, RptOrigin::Aat(of) if of == *aat);
        self.rpts.iter().filter(|(_, record)| of_aat(record)).map(|(rpt, _)| *rpt).collect()
    }

    /// The live RPTs of a client and the person it acts for.
    pub(super) fn of_pair(&self, client: &ClientId, person: Option<&PersonId>) -> Vec<RptHash> {
        let of_pair = |record: &RptRecord| {
            !record.revoked
                && matches!(record.origin, RptOrigin::Aat(_))
                && record.client == *client
                && record.subjects.first().map(|subject| &subject.person) == person
        };
        self.rpts.iter().filter(|(_, record)| of_pair(record)).map(|(rpt, _)| *rpt).collect()
    }

    /// The refresh token of an RPT, unless it is revoked.
    pub(super) fn live_refresh(&self, rpt: &RptHash) -> Option<RefreshHash> {
        let refresh = self.rpts.get(rpt)?.refresh?;
        (!self.refresh_revoked.contains(&refresh)).then_some(refresh)
    }
}
