//! Requesting party tokens and what they carry; dead ones stay as tombstones until they expire.

use crate::trace::Fact;

/// Requesting party tokens and what they carry; dead ones stay as tombstones until they expire.
#[derive(Clone, Debug, Default)]
pub(super) struct Rpts {}

impl Rpts {
    pub(super) fn apply(&mut self, _fact: &Fact) {}
}
