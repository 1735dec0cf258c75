//! A host of draft-05: what it does otherwise than a resource server of draft-06.

use super::drafts::Draft;

// D5 §2.4.2: a resource set description has no `type`.
pub(super) const DRAFT05: Draft = Draft { types: false };
