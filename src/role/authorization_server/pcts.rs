//! Persisted claims tokens.

use crate::trace::Fact;

/// Persisted claims tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Pcts {}

impl Pcts {
    pub(super) fn apply(&mut self, _fact: &Fact) {}
}
