//! An authorization server of draft-06: what it does otherwise than one of draft-05.

use super::drafts::Draft;

pub(super) const DRAFT06: Draft = Draft {
    // RSR draft-00 §2.2 fetches on create and update, and says nothing of caches and sign-ins.
    scope_descriptions_expire: false,
};
