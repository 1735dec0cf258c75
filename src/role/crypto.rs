//! Signing and verifying, passed into the roles. The real thing belongs to nodes; a simulation may use a stand-in.

use crate::wire::jws::{Jwk, PublicKey};
use crate::wire::saml::{self, Assertion, Envelope, ReadAssertion};
use crate::wire::{SamlAssertion, Text, Uri};
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

    /// What a signer publishes: the newest key first, then those that are still to be believed.
    fn key_set(&self, newest: &SigningKey, retiring: &[SigningKey]) -> Vec<Jwk> {
        std::iter::once(newest).chain(retiring).map(|key| self.public(key)).collect()
    }

    /// `alg` of the signatures that can be verified, the usual first.
    fn algorithms(&self) -> &'static [&'static str];

    /// Signs.
    fn sign(&self, key: &SigningKey, message: &[u8]) -> Vec<u8>;

    /// True when `signature` over `message` is by the holder of `key`.
    fn verify(&self, key: &Jwk, message: &[u8], signature: &[u8]) -> bool;

    /// Signs an assertion and writes it as the grant has it (RFC 7522 §2.1).
    fn sign_assertion(&self, key: &SigningKey, assertion: &Assertion) -> SamlAssertion;

    /// Who is said to have issued an assertion: to find keys by, and to be believed no further. `None` when it is none.
    fn issuer_of_assertion(&self, encoded: &SamlAssertion) -> Option<Uri>;

    /// Reads an assertion and looks whether one of these keys signed it. `None` when it is none.
    fn read_assertion(&self, keys: &[Jwk], encoded: &SamlAssertion) -> Option<ReadAssertion>;
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
        Jwk::ed25519(key.kid.clone(), STAND_IN_ALGORITHM, URL_SAFE_NO_PAD.encode(public))
    }

    fn algorithms(&self) -> &'static [&'static str] {
        &[STAND_IN_ALGORITHM]
    }

    fn sign(&self, key: &SigningKey, message: &[u8]) -> Vec<u8> {
        ideal_signature(&self.public(key), message)
    }

    fn verify(&self, key: &Jwk, message: &[u8], signature: &[u8]) -> bool {
        &*key.alg == STAND_IN_ALGORITHM && ideal_signature(key, message) == signature
    }

    fn sign_assertion(&self, key: &SigningKey, assertion: &Assertion) -> SamlAssertion {
        let signature = self.sign(key, &saml::canonical(assertion));
        let (reference, kid) = (assertion.id.clone(), key.kid.clone());
        Envelope { assertions: vec![assertion.clone()], reference, kid, signature }.encode()
    }

    fn issuer_of_assertion(&self, encoded: &SamlAssertion) -> Option<Uri> {
        Some(Envelope::decode(encoded)?.assertions.first()?.issuer.clone())
    }

    fn read_assertion(&self, keys: &[Jwk], encoded: &SamlAssertion) -> Option<ReadAssertion> {
        let envelope = Envelope::decode(encoded)?;
        // A careless reader believes what comes first; whether that is what was signed is a rule of its own.
        let assertion = envelope.assertions.first()?.clone();
        let key = keys.iter().find(|key| key.kid == envelope.kid);
        let signed = key
            .zip(envelope.signed())
            .is_some_and(|(key, signed)| self.verify(key, &saml::canonical(signed), &envelope.signature));
        let covered = envelope.assertions.len() == 1 && assertion.id == envelope.reference;
        Some(ReadAssertion { assertion, signed, covered })
    }
}

fn ideal_signature(public: &Jwk, message: &[u8]) -> Vec<u8> {
    // Keys of other types are nobody's here.
    let x = match &public.public {
        PublicKey::Okp { x, .. } => x.as_bytes(),
        PublicKey::Ec { .. } | PublicKey::Rsa { .. } => &[],
    };
    let hasher = Sha256::new().chain_update(b"umaverse ideal signature").chain_update(x);
    hasher.chain_update(message).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_believed_as_far_as_its_signature_goes() {
        let key = |byte| SigningKey { kid: "k".into(), secret: [byte; 32] };
        let assertion = crate::wire::saml::tests::assertion();
        let read = |byte, encoded: &SamlAssertion| {
            let read = StandInCrypto.read_assertion(&[StandInCrypto.public(&key(byte))], encoded);
            read.map(|read| (read.assertion == assertion, read.signed, read.covered))
        };
        let encoded = StandInCrypto.sign_assertion(&key(1), &assertion);
        assert_eq!(StandInCrypto.issuer_of_assertion(&encoded), Some(assertion.issuer.clone()));
        assert_eq!(read(1, &encoded), Some((true, true, true)));
        assert_eq!(read(2, &encoded), Some((true, false, true)), "another key");
        let wrapped = Envelope::decode(&encoded).map(|envelope| envelope.wrapped().encode());
        assert_eq!(wrapped.as_ref().and_then(|wrapped| read(1, wrapped)), Some((false, true, false)));
        assert_eq!(read(1, &SamlAssertion::new("?")), None);
    }

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
