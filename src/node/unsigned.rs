//! Crypto of a node that signs nothing and believes no signature. A node whose role would sign or verify does not start
//! with it.

use crate::role::{Crypto, SigningKey};
use crate::wire::jws::Jwk;

/// Nothing is signed, and no signature is good.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned;

impl Crypto for Unsigned {
    fn public(&self, key: &SigningKey) -> Jwk {
        Jwk { kid: key.kid.clone(), alg: "none".into(), x: "".into() }
    }

    fn sign(&self, _key: &SigningKey, _message: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    fn verify(&self, _key: &Jwk, _message: &[u8], _signature: &[u8]) -> bool {
        false
    }
}
