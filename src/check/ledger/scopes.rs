//! What a token is good for, by its scope.

use crate::wire::owner::OWNER_SCOPE;
use crate::wire::text::scope_set;
use crate::wire::{Revision, ScopeSet};

/// The scopes by which a token is a PAT (F2 §1.3; D6 §2.1).
const PAT_SCOPES: [&str; 2] = ["uma_protection", "http://docs.kantarainitiative.org/uma/scopes/prot.json"];
/// The scopes by which a token is an AAT in the drafts (D6 §3.4.1 and, reading A1, §1.3).
const AAT_SCOPES: [&str; 2] = [
    "http://docs.kantarainitiative.org/uma/scopes/authz.json",
    "http://docs.kantarainitiative.org/uma/scopes/authorization",
];

/// True for a PAT.
pub(super) fn is_pat(scope: &ScopeSet) -> bool {
    PAT_SCOPES.iter().any(|pat| scope.contains(*pat))
}

/// True for an AAT of a server of this revision.
pub(super) fn is_aat(revision: Option<Revision>, scope: &ScopeSet) -> bool {
    let aat: &[&str] = match revision {
        Some(Revision::Draft05 | Revision::Draft06) => &AAT_SCOPES,
        // V1 §1.3.2.
        Some(Revision::V1_0_1) => &["uma_authorization"],
        Some(Revision::V2_0) | None => &[],
    };
    aat.iter().any(|aat| scope.contains(*aat))
}

/// True for an owner's token: that scope, and no other.
pub(super) fn is_owners(scope: &ScopeSet) -> bool {
    *scope == scope_set([OWNER_SCOPE])
}
