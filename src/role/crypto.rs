//! Signing and verifying, passed into the roles. The real thing belongs to nodes; a simulation may use a stand-in.

use crate::wire::Text;
use crate::wire::jws::Jwk;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;

/// A signing key. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// `kid`.
    pub kid: Text,
    /// The secret bytes.
    pub secret: [u8; 32],
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, [redacted])", self.kid)
    }
}

/// A signature scheme.
pub trait Crypto {
    /// The public half of a key.
    fn public(&self, key: &SigningKey) -> Jwk;

    /// Signs.
    fn sign(&self, key: &SigningKey, message: &[u8]) -> Vec<u8>;

    /// True when `signature` over `message` is by the holder of `key`.
    fn verify(&self, key: &Jwk, message: &[u8], signature: &[u8]) -> bool;
}

/// An ideal signature scheme for simulations: deterministic, fast, and forged by nobody because no role can name it.
/// Whoever knows the public key could sign, so nodes cannot be configured with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandInCrypto;

/// `alg` of [`StandInCrypto`]; no registered name, so that a real verifier refuses it.
pub const STAND_IN_ALGORITHM: &str = "ideal";

impl Crypto for StandInCrypto {
    fn public(&self, key: &SigningKey) -> Jwk {
        let public = Sha256::new().chain_update(b"umaverse public key").chain_update(key.secret).finalize();
        Jwk { kid: key.kid.clone(), alg: STAND_IN_ALGORITHM.into(), x: URL_SAFE_NO_PAD.encode(public).into() }
    }

    fn sign(&self, key: &SigningKey, message: &[u8]) -> Vec<u8> {
        ideal_signature(&self.public(key), message)
    }

    fn verify(&self, key: &Jwk, message: &[u8], signature: &[u8]) -> bool {
        &*key.alg == STAND_IN_ALGORITHM && ideal_signature(key, message) == signature
    }
}

fn ideal_signature(public: &Jwk, message: &[u8]) -> Vec<u8> {
    let hasher = Sha256::new().chain_update(b"umaverse ideal signature").chain_update(public.x.as_bytes());
    hasher.chain_update(message).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_verifies_what_its_key_signed_and_nothing_else() {
        let key = |byte| SigningKey { kid: "k".into(), secret: [byte; 32] };
        let (mine, other) = (StandInCrypto.public(&key(1)), StandInCrypto.public(&key(2)));
        let signature = StandInCrypto.sign(&key(1), b"message");
        assert!(StandInCrypto.verify(&mine, b"message", &signature));
        assert!(!StandInCrypto.verify(&mine, b"another", &signature));
        assert!(!StandInCrypto.verify(&other, b"message", &signature));
        assert!(!StandInCrypto.verify(&Jwk { alg: "EdDSA".into(), ..mine }, b"message", &signature));
    }
}
