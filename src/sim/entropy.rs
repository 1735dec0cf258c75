//! Random bytes for roles, keyed by seed, node, incarnation, delivery and purpose: a node that restarts never mints an
//! old value, and what one delivery draws does not depend on any other.

use crate::message::{Name, NodeId};
use crate::role::Entropy;
use crate::sim::oracle::StepKey;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// The key of one delivery's entropy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntropyKey {
    key: [u8; 32],
}

impl EntropyKey {
    /// The key for what `node`, in its `incarnation`, does at one step.
    pub fn new(seed: u64, node: NodeId, incarnation: u32, root: u64, name: &Name) -> Self {
        let step = StepKey::new(root, name);
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..10].copy_from_slice(&node.0.to_le_bytes());
        key[10..14].copy_from_slice(&incarnation.to_le_bytes());
        key[14..22].copy_from_slice(&step.root.to_le_bytes());
        key[22..30].copy_from_slice(&step.step.to_le_bytes());
        Self { key }
    }
}

/// A source of entropy for one delivery.
#[derive(Debug)]
pub struct KeyedEntropy {
    key: EntropyKey,
    draws: u64,
}

impl KeyedEntropy {
    /// The source with this key.
    pub const fn new(key: EntropyKey) -> Self {
        Self { key, draws: 0 }
    }
}

impl Entropy for KeyedEntropy {
    fn fill(&mut self, purpose: &'static str, bytes: &mut [u8]) {
        let mut hasher = FxHasher::default();
        hasher.write(purpose.as_bytes());
        hasher.write_u64(self.draws);
        self.draws += 1;
        let mut rng = ChaCha8Rng::from_seed(self.key.key);
        rng.set_stream(hasher.finish());
        rng.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Leg;

    fn drawn(incarnation: u32, purpose: &'static str) -> [u8; 16] {
        let name = Name { root: 0, word: "token", nth: 1, leg: Leg::Request, copy: 0 };
        let mut bytes = [0; 16];
        KeyedEntropy::new(EntropyKey::new(1, NodeId(2), incarnation, 3, &name)).fill(purpose, &mut bytes);
        bytes
    }

    #[test]
    fn a_restarted_node_never_mints_an_old_value() {
        assert_eq!(drawn(0, "rpt"), drawn(0, "rpt"));
        assert_ne!(drawn(0, "rpt"), drawn(1, "rpt"));
        assert_ne!(drawn(0, "rpt"), drawn(0, "ticket"));
    }
}
