#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use super::*;
use crate::role::crypto::{STAND_IN_ALGORITHM, StandInCrypto};
use p256::ecdsa::signature::Signer as _;
use rsa::signature::SignatureEncoding;

fn key(byte: u8) -> SigningKey {
    SigningKey { kid: format!("k{byte}").into(), secret: [byte; 32] }
}

#[test]
fn a_node_verifies_what_its_key_signed_and_nothing_else() {
    let (mine, other) = (NodeCrypto.public(&key(1)), NodeCrypto.public(&key(2)));
    let signature = NodeCrypto.sign(&key(1), b"message");
    assert!(NodeCrypto.verify(&mine, b"message", &signature));
    assert!(!NodeCrypto.verify(&mine, b"another", &signature));
    assert!(!NodeCrypto.verify(&other, b"message", &signature));
    assert!(!NodeCrypto.verify(&mine, b"message", &signature[1..]));
    for alg in ["none", "HS256", RS256, ES256, "ideal"] {
        let confused = Jwk { alg: alg.into(), ..mine.clone() };
        assert!(!NodeCrypto.verify(&confused, b"message", &signature), "{alg}");
    }
}

// RFC 8037 appendix A: the key, its public half and the signature.
#[test]
fn the_example_of_the_text_is_reproduced() {
    let secret = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let key = SigningKey { kid: "k".into(), secret: secret.try_into().unwrap() };
    let public = NodeCrypto.public(&key);
    assert_eq!(public, Jwk::ed25519("k", EDDSA, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
    let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = URL_SAFE_NO_PAD.encode(NodeCrypto.sign(&key, input.as_bytes()));
    let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(signature, expected);
}

#[test]
fn nothing_of_the_stand_in_is_good_at_a_node_and_the_other_way_round() {
    let stand_in = StandInCrypto.public(&key(1));
    assert_eq!(&*stand_in.alg, STAND_IN_ALGORITHM);
    let signature = StandInCrypto.sign(&key(1), b"message");
    assert!(!NodeCrypto.verify(&stand_in, b"message", &signature));
    let renamed = Jwk { alg: EDDSA.into(), ..stand_in };
    assert!(!NodeCrypto.verify(&renamed, b"message", &signature));
    assert!(!StandInCrypto.verify(&NodeCrypto.public(&key(1)), b"message", &NodeCrypto.sign(&key(1), b"message")));
    let assertion = crate::wire::saml::tests::assertion();
    let encoded = StandInCrypto.sign_assertion(&key(1), &assertion);
    assert_eq!(NodeCrypto.issuer_of_assertion(&encoded), None);
    assert_eq!(NodeCrypto.read_assertion(&[StandInCrypto.public(&key(1))], &encoded), None);
}

#[test]
fn signatures_of_other_makes_are_verified() {
    let secret = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let point = secret.verifying_key().to_sec1_point(false);
    let text = |bytes: &[u8]| Text::from(URL_SAFE_NO_PAD.encode(bytes));
    let (x, y) = (text(&point.as_bytes()[1..33]), text(&point.as_bytes()[33..]));
    let public = PublicKey::Ec { crv: P256.into(), x, y };
    let ec = Jwk { kid: "e".into(), alg: ES256.into(), public };
    let signature: p256::ecdsa::Signature = secret.sign(b"message");
    assert!(NodeCrypto.verify(&ec, b"message", &signature.to_bytes()));
    assert!(!NodeCrypto.verify(&ec, b"another", &signature.to_bytes()));
    let (large, signature) = rsa_signed(2048, b"message");
    assert!(NodeCrypto.verify(&large, b"message", &signature));
    assert!(!NodeCrypto.verify(&large, b"another", &signature));
    let (small, signature) = rsa_signed(1024, b"message");
    assert!(!NodeCrypto.verify(&small, b"message", &signature), "too short a key");
}

fn rsa_signed(bits: usize, message: &[u8]) -> (Jwk, Vec<u8>) {
    let mut draws = Draws(1);
    let private = rsa::RsaPrivateKey::new(&mut draws, bits).unwrap();
    let text = |number: &BigUint| Text::from(URL_SAFE_NO_PAD.encode(number.to_bytes_be()));
    let public = PublicKey::Rsa { n: text(private.n()), e: text(private.e()) };
    let signer = rsa::pkcs1v15::SigningKey::<rsa::sha2::Sha256>::new(private);
    let signature = rsa::signature::Signer::sign(&signer, message).to_vec();
    (Jwk { kid: "r".into(), alg: RS256.into(), public }, signature)
}

/// Draws for test keys, the same every time.
struct Draws(u64);

impl rsa::rand_core::RngCore for Draws {
    fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next_u64() >> 32).unwrap()
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            let drawn = self.next_u64().to_le_bytes();
            part.copy_from_slice(&drawn[..part.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for Draws {}

#[test]
fn every_key_of_a_set_is_believed_until_it_is_retired() {
    let set = NodeCrypto.key_set(&key(2), &[key(1)]);
    let kids: Vec<&str> = set.iter().map(|key| &*key.kid).collect();
    assert_eq!(kids, ["k2", "k1"]);
    let by = |byte| {
        let signature = NodeCrypto.sign(&key(byte), b"message");
        let kid = format!("k{byte}");
        crate::wire::jws::candidates(&set, &kid, EDDSA).any(|key| NodeCrypto.verify(key, b"message", &signature))
    };
    assert_eq!([by(1), by(2), by(3)], [true, true, false]);
}
