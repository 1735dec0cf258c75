//! Claims established in processes, and in draft-06 for the pair of client and requesting party.

use crate::trace::Fact;

/// Claims established in processes, and in draft-06 for the pair of client and requesting party.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {}

impl Claims {
    pub(super) fn apply(&mut self, _fact: &Fact) {}
}
