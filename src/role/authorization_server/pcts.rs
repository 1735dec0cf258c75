//! Persisted claims tokens (Grant §3.3.5, §5.2); revoked ones stay as tombstones until they expire.

use super::expiry::{CLEANED_PER_INPUT, Due};
use crate::trace::Fact;
use crate::trace::fact::{PctIssued, Subject, TokenWhat};
use crate::wire::token::kind::PctKind;
use crate::wire::{Claim, ClientId, Timestamp, TokenHash};
use rustc_hash::FxHashMap;

/// Hash of a PCT.
pub(super) type PctHash = TokenHash<PctKind>;

/// One PCT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PctRecord {
    /// To whom it was issued.
    pub(super) client: ClientId,
    /// About whom.
    pub(super) subjects: Vec<Subject>,
    /// The claims behind it.
    pub(super) claims: Vec<Claim>,
    /// When those were established.
    pub(super) established_at: Timestamp,
    /// The first instant at which it is void.
    pub(super) expires_at: Timestamp,
    /// True when it was revoked.
    pub(super) revoked: bool,
}

/// Persisted claims tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Pcts {
    records: FxHashMap<PctHash, PctRecord>,
    due: Due<PctHash>,
}

impl Pcts {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::PctIssued(PctIssued { pct, client, subjects, claims, established_at, expires_at }) => {
                let record = PctRecord {
                    client: client.clone(),
                    subjects: subjects.clone(),
                    claims: claims.clone(),
                    established_at: *established_at,
                    expires_at: *expires_at,
                    revoked: false,
                };
                self.due.at(*expires_at, *pct);
                self.records.insert(*pct, record);
            }
            Fact::TokenRevoked { token, what: TokenWhat::Pct, .. } => {
                if let Some(record) = self.records.get_mut(&token.as_kind()) {
                    record.revoked = true;
                }
            }
            _ => {}
        }
    }

    /// A PCT, also a dead one.
    pub(super) fn get(&self, pct: &PctHash) -> Option<&PctRecord> {
        self.records.get(pct)
    }

    /// Every PCT of some kind, also dead ones.
    pub(super) fn all(&self, wanted: impl Fn(&PctRecord) -> bool) -> Vec<PctHash> {
        #[expect(clippy::disallowed_methods, reason = "sorted below")]
        let mut found: Vec<PctHash> =
            self.records.iter().filter(|(_, record)| wanted(record)).map(|(pct, _)| *pct).collect();
        found.sort_unstable();
        found
    }

    /// True for a PCT that is neither revoked nor expired.
    pub(super) fn is_live(&self, pct: &PctHash, now: Timestamp) -> bool {
        self.records.get(pct).is_some_and(|record| !record.revoked && now < record.expires_at)
    }

    /// True when there is something to forget.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.due.is_due(now)
    }

    pub(super) fn forget_ended(&mut self, now: Timestamp) {
        for _ in 0..CLEANED_PER_INPUT {
            let Some(pct) = self.due.pop(now) else { break };
            self.records.remove(&pct);
        }
    }
}
