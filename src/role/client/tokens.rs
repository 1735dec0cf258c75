//! What a client keeps: AATs and PCTs per authorization server and browser session, RPTs per resource server,
//! authorization server and browser session (Grant §5.2; RFC 9700 §4.9.1). Session `None` is the organisation.

use crate::trace::Fact;
use crate::trace::fact::{AatObtained, RptHash, RptObtained, SessionHash};
use crate::wire::token::kind;
use crate::wire::{Aat, Pct, RefreshToken, Rpt, Text, Timestamp, TokenHash, Uri};
use std::collections::{BTreeMap, BTreeSet};

/// The hash of an AAT.
pub(super) type AatHash = TokenHash<kind::AatKind>;

/// An AAT with what renews it (D6 §3.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeldAat {
    pub(super) aat: Aat,
    pub(super) refresh: Option<RefreshToken>,
    pub(super) expires_at: Option<Timestamp>,
}

/// An RPT with where it came from and what it opened.
#[derive(Clone, Debug)]
pub(super) struct HeldRpt {
    pub(super) rpt: Rpt,
    pub(super) refresh: Option<RefreshToken>,
    pub(super) as_uri: Uri,
    /// The origin of the resource server.
    pub(super) resource_server: Text,
    pub(super) session: Option<SessionHash>,
    /// The resources that it, or an RPT whose permissions it carries on, was obtained for.
    pub(super) resources: BTreeSet<Uri>,
    /// Counts what was obtained: the newest has the highest.
    age: u64,
}

/// The durable tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    aats: BTreeMap<(Uri, Option<SessionHash>), HeldAat>,
    pcts: BTreeMap<(Uri, Option<SessionHash>), Pct>,
    rpts: BTreeMap<RptHash, HeldRpt>,
    /// Replaced ones of journals in which only their own facts tell what they were obtained for.
    told_by: BTreeSet<RptHash>,
    obtained: u64,
}

impl Tokens {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::AatObtained(AatObtained { as_uri, session, aat, refresh, expires_at }) => {
                let held = HeldAat { aat: aat.clone(), refresh: refresh.clone(), expires_at: *expires_at };
                self.aats.insert((as_uri.clone(), *session), held);
            }
            Fact::AatDropped { as_uri, session } => {
                self.aats.remove(&(as_uri.clone(), *session));
            }
            Fact::PctObtained { as_uri, session, pct } => {
                self.pcts.insert((as_uri.clone(), *session), pct.clone());
            }
            Fact::RptObtained(_) => self.keep(fact),
            Fact::RptDropped { rpt } => {
                self.rpts.remove(rpt);
            }
            // A client's journal has no other facts about tokens.
            _ => {}
        }
    }

    fn keep(&mut self, fact: &Fact) {
        let Fact::RptObtained(RptObtained {
            as_uri,
            resource_server,
            session,
            resource,
            rpt,
            refresh,
            replaces,
            carries,
        }) = fact
        else {
            return;
        };
        // What it replaces is the same string when an upgrade kept it (Grant §3.3.5.1).
        let replaced = replaces.and_then(|old| self.rpts.remove(&old));
        if carries.is_none() {
            self.told_by.extend(*replaces);
        }
        let mut resources = carries.clone().or_else(|| Some(replaced?.resources)).unwrap_or_default();
        resources.insert(resource.clone());
        self.obtained += 1;
        let held = HeldRpt {
            rpt: rpt.clone(),
            refresh: refresh.clone(),
            as_uri: as_uri.clone(),
            resource_server: resource_server.clone(),
            session: *session,
            resources,
            age: self.obtained,
        };
        self.rpts.insert(rpt.hashed(), held);
    }

    /// Whether what is held rests on a fact.
    pub(super) fn needs(&self, fact: &Fact) -> bool {
        match fact {
            Fact::AatObtained(AatObtained { as_uri, session, aat, refresh, expires_at }) => {
                let told = HeldAat { aat: aat.clone(), refresh: refresh.clone(), expires_at: *expires_at };
                self.aat(as_uri, *session) == Some(&told)
            }
            Fact::PctObtained { as_uri, session, pct } => self.pct(as_uri, *session) == Some(pct),
            Fact::RptObtained(RptObtained { rpt, .. }) => {
                self.rpts.contains_key(&rpt.hashed()) || self.told_by.contains(&rpt.hashed())
            }
            // A string that was dropped may have come again.
            Fact::RptDropped { rpt } => self.rpts.contains_key(rpt) || self.told_by.contains(rpt),
            // Of what was dropped nothing is left.
            Fact::AatDropped { .. } => false,
            _ => true,
        }
    }

    /// Forgets what was held under browser sessions that are over.
    pub(super) fn forget_sessions(&mut self, is_open: impl Fn(&SessionHash) -> bool) {
        let stays = |session: &Option<SessionHash>| session.as_ref().is_none_or(&is_open);
        self.aats.retain(|(_, session), _| stays(session));
        self.pcts.retain(|(_, session), _| stays(session));
        self.rpts.retain(|_, held| stays(&held.session));
    }

    /// The resources that an RPT which is about to be replaced was obtained for.
    pub(super) fn carried(&self, replaces: Option<RptHash>) -> Option<BTreeSet<Uri>> {
        replaces.map(|old| self.rpt(&old).map(|held| held.resources.clone()).unwrap_or_default())
    }

    pub(super) fn aat(&self, as_uri: &Uri, session: Option<SessionHash>) -> Option<&HeldAat> {
        self.aats.get(&(as_uri.clone(), session))
    }

    pub(super) fn pct(&self, as_uri: &Uri, session: Option<SessionHash>) -> Option<&Pct> {
        self.pcts.get(&(as_uri.clone(), session))
    }

    pub(super) fn rpt(&self, rpt: &RptHash) -> Option<&HeldRpt> {
        self.rpts.get(rpt)
    }

    pub(super) fn rpts(&self) -> impl Iterator<Item = &HeldRpt> {
        self.rpts.values()
    }

    /// The RPT that promises most for a resource: one that opened it, else one of its resource server, else any other
    /// of the session, which the caller has to refuse by rule; the newest of equals.
    pub(super) fn best_rpt(
        &self,
        session: Option<SessionHash>,
        resource: &Uri,
        tried: &BTreeSet<RptHash>,
    ) -> Option<&HeldRpt> {
        let candidates = self.rpts.iter().filter(|(hash, held)| held.session == session && !tried.contains(hash));
        candidates.map(|(_, held)| held).max_by_key(|held| {
            let same_server = &*held.resource_server == resource.origin();
            (same_server && held.resources.contains(resource), same_server, held.age)
        })
    }

    /// The newest RPT of a session for a resource server from an authorization server.
    pub(super) fn newest_rpt(&self, as_uri: &Uri, origin: &str, session: Option<SessionHash>) -> Option<&HeldRpt> {
        self.rpts
            .values()
            .filter(|held| held.session == session && held.as_uri == *as_uri && &*held.resource_server == origin)
            .max_by_key(|held| held.age)
    }

    /// The RPT of a session that was obtained for this resource and no other.
    pub(super) fn rpt_of_only(&self, as_uri: &Uri, resource: &Uri, session: Option<SessionHash>) -> Option<RptHash> {
        let only = |held: &&HeldRpt| held.resources.len() == 1 && held.resources.contains(resource);
        let held = self.rpts.values().filter(|held| held.session == session && held.as_uri == *as_uri);
        held.filter(only).max_by_key(|held| held.age).map(|held| held.rpt.hashed())
    }
}
