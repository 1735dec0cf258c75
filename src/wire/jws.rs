//! Compact JSON Web Signatures (RFC 7515) around ID tokens and other statements: the pure part. Who signs and verifies
//! is passed in as closures, so that no key and no algorithm lives here.

use crate::wire::{ClaimName, ClaimToken, ClientId, IdTokenClaims, PersonId, Text, Timestamp, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A public signing key as a JSON Web Key (RFC 7517 §4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Jwk {
    /// `kid`; empty where its owner gives it none.
    pub kid: Text,
    /// `alg`; where it is absent, the one algorithm that this build knows for such a key.
    pub alg: Text,
    /// The key itself.
    pub public: PublicKey,
}

/// The members of a key, by `kty`. Numbers are base64url, big-endian.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PublicKey {
    /// `OKP` (RFC 8037 §2): Ed25519.
    Okp {
        /// `crv`.
        crv: Text,
        /// `x`.
        x: Text,
    },
    /// `EC` (RFC 7518 §6.2): P-256.
    Ec {
        /// `crv`.
        crv: Text,
        /// `x`.
        x: Text,
        /// `y`.
        y: Text,
    },
    /// `RSA` (RFC 7518 §6.3).
    Rsa {
        /// `n`.
        n: Text,
        /// `e`.
        e: Text,
    },
}

/// `alg` of an Ed25519 signature (RFC 8037 §3.1).
pub const EDDSA: &str = "EdDSA";
/// `alg` of an ECDSA signature with P-256 and SHA-256 (RFC 7518 §3.4).
pub const ES256: &str = "ES256";
/// `alg` of an RSA signature (PKCS #1 v1.5) with SHA-256 (RFC 7518 §3.3).
pub const RS256: &str = "RS256";
/// `crv` of an Ed25519 key.
pub const ED25519: &str = "Ed25519";
/// `crv` of a P-256 key.
pub const P256: &str = "P-256";

impl PublicKey {
    /// The algorithm of a key that does not name one; `None` for a curve that this build does not know.
    pub fn usual_algorithm(&self) -> Option<&'static str> {
        match self {
            Self::Okp { crv, .. } if &**crv == ED25519 => Some(EDDSA),
            Self::Ec { crv, .. } if &**crv == P256 => Some(ES256),
            Self::Rsa { .. } => Some(RS256),
            Self::Okp { .. } | Self::Ec { .. } => None,
        }
    }
}

impl Jwk {
    /// A key on the curve Ed25519, with its `x` in base64url.
    pub fn ed25519(kid: impl Into<Text>, alg: impl Into<Text>, x: impl Into<Text>) -> Self {
        Self { kid: kid.into(), alg: alg.into(), public: PublicKey::Okp { crv: ED25519.into(), x: x.into() } }
    }
}

/// The keys that may have made a signature: those with the `kid` and the `alg` of its header (RFC 7515 §4.1.4). During a
/// rotation an issuer publishes several.
pub fn candidates<'a>(keys: &'a [Jwk], kid: &'a str, alg: &'a str) -> impl Iterator<Item = &'a Jwk> {
    keys.iter().filter(move |key| &*key.kid == kid && is_algorithm(&key.alg, alg))
}

/// Whether two names are of one algorithm: that of Ed25519 has two (RFC 8037 §3.1, RFC 9864 §2.2).
pub fn is_algorithm(one: &str, other: &str) -> bool {
    let usual = |name| if name == ED25519 { EDDSA } else { name };
    usual(one) == usual(other)
}

/// A signed statement taken apart, not yet verified.
#[derive(Clone, Debug)]
pub struct Unverified<C = IdTokenClaims> {
    /// `kid` of the header.
    pub kid: Text,
    /// `alg` of the header.
    pub alg: Text,
    /// The bytes that were signed.
    pub signing_input: String,
    /// The signature.
    pub signature: Vec<u8>,
    /// What it says, to be believed only after the signature holds.
    pub claims: C,
}

/// Writes an ID token. `sign` gets the signing input and returns the signature.
pub fn write_id_token(key: &Jwk, claims: &IdTokenClaims, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> ClaimToken {
    ClaimToken::new(write(key, &payload(claims), sign))
}

/// Takes an ID token apart. `None` when it is not one.
pub fn read_id_token(token: &ClaimToken) -> Option<Unverified> {
    read(token.expose(), claims_of)
}

/// Writes a statement with this payload.
pub(in crate::wire) fn write(key: &Jwk, payload: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let header = json!({"alg": &*key.alg, "kid": &*key.kid, "typ": "JWT"});
    let signing_input = format!("{}.{}", encode(&header.to_string()), encode(&payload.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(sign(signing_input.as_bytes()));
    format!("{signing_input}.{signature}")
}

/// Takes a statement apart whose payload `claims` understands. `None` when it is not one.
pub(in crate::wire) fn read<C>(
    token: &str,
    claims: impl FnOnce(&Map<String, Value>) -> Option<C>,
) -> Option<Unverified<C>> {
    let (signing_input, signature) = token.rsplit_once('.')?;
    let (header, payload) = signing_input.split_once('.')?;
    let header = decode(header)?;
    Some(Unverified {
        // RFC 7515 §4.1.4: OPTIONAL; an issuer with one key may leave it out there and in its key set.
        kid: header.get("kid").and_then(Value::as_str).unwrap_or_default().into(),
        alg: header.get("alg")?.as_str()?.into(),
        signing_input: signing_input.to_owned(),
        signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        claims: claims(&decode(payload)?)?,
    })
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn decode(part: &str) -> Option<Map<String, Value>> {
    match serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()? {
        Value::Object(members) => Some(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

fn payload(claims: &IdTokenClaims) -> Value {
    let mut members = Map::new();
    for (name, value) in &claims.claims {
        members.insert(name.as_str().to_owned(), json!(&**value));
    }
    members.insert("iss".into(), json!(claims.issuer.as_str()));
    members.insert("sub".into(), json!(claims.subject.as_str()));
    members.insert("aud".into(), claims.audience.iter().map(|party| json!(&**party)).collect());
    if let Some(azp) = &claims.authorized_party {
        members.insert("azp".into(), json!(azp.as_str()));
    }
    members.insert("exp".into(), json!(claims.expires_at.secs()));
    members.insert("iat".into(), json!(claims.issued_at.secs()));
    if let Some(nonce) = &claims.nonce {
        members.insert("nonce".into(), json!(&**nonce));
    }
    if let Some(acr) = &claims.acr {
        members.insert("acr".into(), json!(&**acr));
    }
    if let Some(id) = &claims.id {
        members.insert("jti".into(), json!(&**id));
    }
    Value::Object(members)
}

const REGISTERED: [&str; 9] = ["iss", "sub", "aud", "azp", "exp", "iat", "nonce", "acr", "jti"];

fn claims_of(members: &Map<String, Value>) -> Option<IdTokenClaims> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let secs = |name: &str| members.get(name).and_then(numeric_date);
    let claims: BTreeMap<ClaimName, Text> = members
        .iter()
        .filter(|(name, _)| !REGISTERED.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((ClaimName::from(name.as_str()), Text::from(value.as_str()?))))
        .collect();
    Some(IdTokenClaims {
        issuer: Uri::from(text("iss")?),
        subject: PersonId::from(text("sub")?),
        audience: audience(members.get("aud")?)?,
        authorized_party: text("azp").map(ClientId::from),
        expires_at: secs("exp")?,
        issued_at: secs("iat")?,
        nonce: text("nonce").map(Text::from),
        acr: text("acr").map(Text::from),
        id: text("jti").map(Text::from),
        claims,
    })
}

/// RFC 7519 §2: a NumericDate may have a fraction.
pub(in crate::wire) fn numeric_date(value: &Value) -> Option<Timestamp> {
    let whole =
        || value.as_f64().filter(|secs| *secs >= 0.0 && *secs < 1e15).map(|secs| format!("{:.0}", secs.trunc()));
    value.as_u64().or_else(|| whole()?.parse().ok()).map(Timestamp::from_secs)
}

/// OpenID Connect Core §2, RFC 7519 §4.1.3: `aud` is a string or an array of strings.
pub(in crate::wire) fn audience(value: &Value) -> Option<BTreeSet<Text>> {
    match value {
        Value::String(one) => Some(BTreeSet::from([Text::from(one.as_str())])),
        Value::Array(several) => several.iter().map(|party| party.as_str().map(Text::from)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_token_survives_the_round_trip() {
        let key = Jwk::ed25519("k1", EDDSA, "eA");
        let claims = IdTokenClaims {
            issuer: Uri::from("https://idp.example"),
            subject: PersonId::from("bob"),
            audience: BTreeSet::from(["app".into()]),
            authorized_party: Some(ClientId::from("app")),
            expires_at: Timestamp::from_secs(20),
            issued_at: Timestamp::from_secs(10),
            nonce: Some("n".into()),
            acr: Some("strong".into()),
            id: Some("jti-1".into()),
            claims: BTreeMap::from([(ClaimName::from("email"), Text::from("bob@example"))]),
        };
        let token = write_id_token(&key, &claims, |input| input[..4].to_vec());
        let read = read_id_token(&token).map(|unverified| (unverified.claims, unverified.signature));
        assert_eq!(read, Some((claims, b"eyJh".to_vec())));
        assert!(read_id_token(&ClaimToken::new("not.a.token")).is_none());
    }
}
