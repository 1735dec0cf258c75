//! The real signatures of nodes: Ed25519 to sign (RFC 8037), and to verify also what other implementations sign with,
//! ECDSA on P-256 and RSA (RFC 7518 §3.3, §3.4). Assertions in XML are the business of [`saml`].
//!
//! **Architecture invariant:** nothing here knows the stand-in of simulations. Its algorithm is none of those below, so
//! no signature of it is ever good at a node.

pub mod saml;

#[cfg(test)]
mod tests;

use crate::role::{Crypto, SigningKey};
use crate::wire::jws::{ED25519, EDDSA, ES256, Jwk, P256, PublicKey, RS256};
use crate::wire::saml::{Assertion, ReadAssertion};
use crate::wire::{SamlAssertion, Text, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer;
use rsa::BigUint;
use rsa::traits::PublicKeyParts;

/// Signing and verifying for nodes. A [`SigningKey`] is the seed of an Ed25519 key.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeCrypto;

impl Crypto for NodeCrypto {
    fn public(&self, key: &SigningKey) -> Jwk {
        let public = ed25519(key).verifying_key();
        Jwk::ed25519(key.kid.clone(), EDDSA, URL_SAFE_NO_PAD.encode(public.as_bytes()))
    }

    fn algorithms(&self) -> &'static [&'static str] {
        // That of Ed25519 has two names (RFC 9864 §2.2).
        &[EDDSA, ED25519, ES256, RS256]
    }

    fn sign(&self, key: &SigningKey, message: &[u8]) -> Vec<u8> {
        ed25519(key).sign(message).to_bytes().to_vec()
    }

    fn verify(&self, key: &Jwk, message: &[u8], signature: &[u8]) -> bool {
        verified(key, message, signature).is_some()
    }

    fn sign_assertion(&self, key: &SigningKey, assertion: &Assertion) -> SamlAssertion {
        saml::sign(key, assertion)
    }

    fn issuer_of_assertion(&self, encoded: &SamlAssertion) -> Option<Uri> {
        saml::issuer(encoded)
    }

    fn read_assertion(&self, keys: &[Jwk], encoded: &SamlAssertion) -> Option<ReadAssertion> {
        // What nobody signed is not even read, so there is no assertion that was read and is not signed.
        let assertion = saml::read(keys, encoded)?;
        Some(ReadAssertion { assertion, signed: true, covered: true })
    }
}

fn ed25519(key: &SigningKey) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&key.secret)
}

// The algorithm is the key's, never the message's (RFC 8725 §3.1): one of three, each with its own kind of key.
fn verified(key: &Jwk, message: &[u8], signature: &[u8]) -> Option<()> {
    match (&*key.alg, &key.public) {
        (EDDSA | ED25519, PublicKey::Okp { crv, x }) if &**crv == ED25519 => {
            let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
            ed25519_public(x)?.verify_strict(message, &signature).ok()
        }
        (ES256, PublicKey::Ec { crv, x, y }) if &**crv == P256 => {
            use p256::ecdsa::signature::Verifier;
            let signature = p256::ecdsa::Signature::from_slice(signature).ok()?;
            p256_public(x, y)?.verify(message, &signature).ok()
        }
        (RS256, PublicKey::Rsa { n, e }) => {
            use rsa::signature::Verifier;
            let signature = rsa::pkcs1v15::Signature::try_from(signature).ok()?;
            let key = rsa::pkcs1v15::VerifyingKey::<rsa::sha2::Sha256>::new(rsa_public(n, e)?);
            key.verify(message, &signature).ok()
        }
        _ => None,
    }
}

fn bytes(text: &Text) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(&**text).ok()
}

fn ed25519_public(x: &Text) -> Option<ed25519_dalek::VerifyingKey> {
    ed25519_dalek::VerifyingKey::from_bytes(&bytes(x)?.try_into().ok()?).ok()
}

fn p256_public(x: &Text, y: &Text) -> Option<p256::ecdsa::VerifyingKey> {
    p256::ecdsa::VerifyingKey::from_sec1_bytes(&sec1(x, y)?).ok()
}

// An uncompressed point (SEC 1 §2.3.3): both coordinates with their full 32 octets (RFC 7518 §6.2.1.2).
fn sec1(x: &Text, y: &Text) -> Option<Vec<u8>> {
    let (x, y) = (bytes(x)?, bytes(y)?);
    (x.len() == 32 && y.len() == 32).then(|| [vec![4], x, y].concat())
}

/// RFC 7518 §3.3: "A key of size 2048 bits or larger MUST be used".
const RSA_BITS_MIN: usize = 2048;

fn rsa_public(n: &Text, e: &Text) -> Option<rsa::RsaPublicKey> {
    let key = rsa::RsaPublicKey::new(BigUint::from_bytes_be(&bytes(n)?), BigUint::from_bytes_be(&bytes(e)?)).ok()?;
    (key.n().bits() >= RSA_BITS_MIN).then_some(key)
}
