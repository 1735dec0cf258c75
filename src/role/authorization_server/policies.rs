//! The policies of owners, with the version at which each was set.

use crate::trace::Fact;

/// The policies of owners, with the version at which each was set.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {}

impl Policies {
    pub(super) fn apply(&mut self, _fact: &Fact) {}
}
