//! Registered resources, by owner, resource server and identifier.

use crate::trace::Fact;

/// Registered resources, by owner, resource server and identifier.
#[derive(Clone, Debug, Default)]
pub(super) struct Resources {}

impl Resources {
    pub(super) fn apply(&mut self, _fact: &Fact) {}
}
