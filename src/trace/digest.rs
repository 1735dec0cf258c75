//! The digest of a run: one number over every record. Secrets count as labels, so that two runs that differ only in
//! the bytes of their tokens have the same digest, and two that mix tokens up have not.

use crate::trace::Record;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// A running digest. Cheap enough to be always on.
#[derive(Clone, Default)]
pub struct TraceDigest {
    state: FxHasher,
    numbers: FxHashMap<u128, u64>,
    records: u64,
}

impl std::fmt::Debug for TraceDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TraceDigest({})", self.value())
    }
}

impl TraceDigest {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one more record in.
    pub fn add(&mut self, record: &Record) {
        self.records += 1;
        record.hash(self);
    }

    /// The digest so far: 16 hexadecimal digits.
    pub fn value(&self) -> String {
        let mut state = self.state.clone();
        state.write_u64(self.records);
        format!("{:016x}", state.finish())
    }
}

impl Hasher for TraceDigest {
    fn finish(&self) -> u64 {
        self.state.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.state.write(bytes);
    }

    fn write_u8(&mut self, n: u8) {
        self.state.write_u8(n);
    }

    fn write_u16(&mut self, n: u16) {
        self.state.write_u16(n);
    }

    fn write_u32(&mut self, n: u32) {
        self.state.write_u32(n);
    }

    fn write_u64(&mut self, n: u64) {
        self.state.write_u64(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.state.write_usize(n);
    }

    // Only secrets are written as 128 bits (see `TokenHash`): the number of first appearance stands for the value.
    fn write_u128(&mut self, secret: u128) {
        let next = self.numbers.len() as u64;
        let number = *self.numbers.entry(secret).or_insert(next);
        self.state.write_u64(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Rpt;

    fn digest_of(tokens: &[&str]) -> u64 {
        let mut digest = TraceDigest::new();
        for token in tokens {
            Rpt::new(*token).hash(&mut digest);
        }
        digest.finish()
    }

    #[test]
    fn the_digest_sees_which_tokens_are_equal_and_not_their_bytes() {
        assert_eq!(digest_of(&["a", "b", "a"]), digest_of(&["x", "y", "x"]));
        assert_ne!(digest_of(&["a", "b", "a"]), digest_of(&["a", "b", "b"]));
    }
}
