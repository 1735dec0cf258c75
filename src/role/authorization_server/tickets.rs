//! Permission tickets and the processes they belong to; spent ones stay as tombstones until they expire.

use crate::trace::Fact;

/// Permission tickets and the processes they belong to; spent ones stay as tombstones until they expire.
#[derive(Clone, Debug, Default)]
pub(super) struct Tickets {}

impl Tickets {
    pub(super) fn apply(&mut self, _fact: &Fact) {}
}
