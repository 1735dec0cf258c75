//! What a client signs to prove who it is: `private_key_jwt` (RFC 7521 §4.2, RFC 7523 §2.2, §3; OpenID Connect Core §9).

use crate::wire::jws::{self, Jwk, Unverified, audience, numeric_date};
use crate::wire::{ClientAssertion, ClientId, Text, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// `client_assertion_type` of a JSON Web Token (RFC 7523 §2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What such a statement says. Members that RFC 7523 §3 lets be absent are optional; whoever judges it may want them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAssertionClaims {
    /// `iss`.
    pub issuer: Text,
    /// `sub`: the client.
    pub subject: ClientId,
    /// `aud`: for which servers it is.
    pub audience: BTreeSet<Text>,
    /// `exp`.
    pub expires_at: Timestamp,
    /// `iat`.
    pub issued_at: Option<Timestamp>,
    /// `nbf`.
    pub not_before: Option<Timestamp>,
    /// `jti`.
    pub id: Option<Text>,
}

/// Writes one. `sign` gets the signing input and returns the signature.
pub fn write(key: &Jwk, claims: &ClientAssertionClaims, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> ClientAssertion {
    ClientAssertion::new(jws::write(key, &payload(claims), sign))
}

/// Takes one apart. `None` when it is none.
pub fn read(assertion: &ClientAssertion) -> Option<Unverified<ClientAssertionClaims>> {
    jws::read(assertion.expose(), claims_of)
}

fn payload(claims: &ClientAssertionClaims) -> Value {
    let mut members = Map::new();
    members.insert("iss".into(), json!(&*claims.issuer));
    members.insert("sub".into(), json!(claims.subject.as_str()));
    members.insert("aud".into(), written_audience(&claims.audience));
    members.insert("exp".into(), json!(claims.expires_at.secs()));
    let times = [("iat", claims.issued_at), ("nbf", claims.not_before)];
    members.extend(times.into_iter().filter_map(|(name, at)| Some((name.into(), json!(at?.secs())))));
    if let Some(id) = &claims.id {
        members.insert("jti".into(), json!(&**id));
    }
    Value::Object(members)
}

// RFC 7519 §4.1.3: one may stand for itself; there are servers that want it so.
fn written_audience(audience: &BTreeSet<Text>) -> Value {
    match audience.first() {
        Some(only) if audience.len() == 1 => json!(&**only),
        Some(_) | None => audience.iter().map(|party| json!(&**party)).collect(),
    }
}

fn claims_of(members: &Map<String, Value>) -> Option<ClientAssertionClaims> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(Text::from);
    let at = |name: &str| members.get(name).map(numeric_date);
    Some(ClientAssertionClaims {
        issuer: text("iss")?,
        subject: ClientId::from(&*text("sub")?),
        audience: audience(members.get("aud")?)?,
        expires_at: at("exp")??,
        // What is there and is no time makes it none.
        issued_at: at("iat").map_or(Some(None), |at| at.map(Some))?,
        not_before: at("nbf").map_or(Some(None), |at| at.map(Some))?,
        id: text("jti"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::jws::EDDSA;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn of(payload: &str) -> Option<ClientAssertionClaims> {
        let [header, payload] = [r#"{"alg":"EdDSA"}"#, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
        read(&ClientAssertion::new(format!("{header}.{payload}.eA"))).map(|read| read.claims)
    }

    #[test]
    fn it_survives_the_round_trip() {
        let claims = ClientAssertionClaims {
            issuer: "app".into(),
            subject: "app".into(),
            audience: BTreeSet::from(["https://as.example".into()]),
            expires_at: Timestamp::from_secs(20),
            issued_at: Some(Timestamp::from_secs(10)),
            not_before: None,
            id: Some("1".into()),
        };
        let written = write(&Jwk::ed25519("k", EDDSA, "eA"), &claims, |input| input[..4].to_vec());
        let read = read(&written).map(|read| (read.kid, read.claims));
        assert_eq!(read, Some(("k".into(), claims)));
    }

    #[test]
    fn what_others_write_is_read_as_far_as_the_text_goes() {
        let several = of(r#"{"iss":"app","sub":"app","aud":["a","b"],"exp":20.75,"iat":9.5,"nbf":8}"#);
        let several = several.map(|claims| (claims.audience.len(), claims.expires_at, claims.issued_at, claims.id));
        assert_eq!(several, Some((2, Timestamp::from_secs(20), Some(Timestamp::from_secs(9)), None)));
        for bad in [
            r#"{"iss":"app","sub":"app","aud":"a"}"#,
            r#"{"iss":"app","sub":"app","exp":20}"#,
            r#"{"iss":"app","aud":"a","exp":20}"#,
            r#"{"iss":"app","sub":"app","aud":"a","exp":"20"}"#,
            r#"{"iss":"app","sub":"app","aud":"a","exp":20,"nbf":"soon"}"#,
            r#"{"iss":"app","sub":"app","aud":"a","exp":-20}"#,
            "[]",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
