//! Interactive claims gathering (Grant §3.3.2-§3.3.3; D6 §3.5.1): what is open in browsers now.

/// What is open in browsers now; a crash forgets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathering {}
