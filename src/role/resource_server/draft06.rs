//! A resource server of draft-06: what it does otherwise than a host of draft-05.

use super::drafts::Draft;

// RSR draft-00 §2.2: `type` is OPTIONAL.
pub(super) const DRAFT06: Draft = Draft { types: true };
