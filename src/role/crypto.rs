//! Signing and verifying, passed into the roles. The real thing belongs to nodes; a simulation may use a stand-in.

use crate::wire::Text;
use crate::wire::jws::Jwk;
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
