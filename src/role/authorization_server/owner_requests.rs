//! Questions to owners, and their answers.

use crate::trace::Fact;

/// Questions to owners, and their answers.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnerRequests {}

impl OwnerRequests {
    pub(super) fn apply(&mut self, _fact: &Fact) {}
}
