//! When things end: a queue of keys by the instant at which each may be forgotten. Knows nothing of the things.

use crate::wire::Timestamp;
use std::collections::BTreeSet;

/// How many ended things one input cleans up at most, so that no input pays for a long silence.
pub(super) const CLEANED_PER_INPUT: usize = 8;

/// Keys by the instant from which they may be forgotten.
#[derive(Clone, Debug)]
pub(super) struct Due<K>(BTreeSet<(Timestamp, K)>);

impl<K> Default for Due<K> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<K: Ord> Due<K> {
    /// The key may be forgotten from `when` on.
    pub(super) fn at(&mut self, when: Timestamp, key: K) {
        self.0.insert((when, key));
    }

    /// True when there is a key that may be forgotten now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.0.first().is_some_and(|(when, _)| *when <= now)
    }

    /// The next key that may be forgotten now.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<K> {
        let due = self.0.first().is_some_and(|(when, _)| *when <= now);
        if due { self.0.pop_first().map(|(_, key)| key) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_in_order_and_not_before_their_time() {
        let mut due = Due::default();
        due.at(Timestamp(5), "b");
        due.at(Timestamp(3), "a");
        assert_eq!([due.pop(Timestamp(2)), due.pop(Timestamp(4)), due.pop(Timestamp(4))], [None, Some("a"), None]);
        assert_eq!(due.pop(Timestamp(5)), Some("b"));
    }
}
