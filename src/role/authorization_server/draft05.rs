//! An authorization manager of draft-05: what it does otherwise than a server of draft-06.

use super::drafts::Draft;

pub(super) const DRAFT05: Draft = Draft {
    // D5 §2.4.2: kept "as long as indicated in the HTTP cache-control header", and fetched again at the beginning of a
    // login session once that is over.
    scope_descriptions_expire: true,
};
