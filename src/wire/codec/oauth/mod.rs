//! The OAuth messages that all revisions share, the identity provider's among them: registration (RFC 7591), keys
//! (RFC 7517), the token endpoint (RFC 6749) and revocation (RFC 7009).

pub(super) mod registration;
pub(super) mod token;

use super::json::{Members, Object};
use super::parameters::{Pairs, Parameters};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::jws::{Jwk, PublicKey};
use crate::wire::oauth::RevocationRequest;
use crate::wire::{Credentials, Text};
use serde_json::Value;

pub(super) fn write_revocation(request: &RevocationRequest, credentials: &Credentials) -> String {
    let pairs = Pairs::new().put("token", request.token.expose()).maybe("token_type_hint", request.hint.as_deref());
    super::credentials::in_form(pairs, credentials).finish()
}

pub(super) fn read_revocation(form: &Parameters<'_>) -> Result<RevocationRequest, Kind> {
    Ok(RevocationRequest { token: form.required_token("token")?, hint: form.word("token_type_hint")? })
}

pub(super) fn write_jwks(keys: &[Jwk]) -> Value {
    Members::default().put("keys", keys.iter().map(write_key).collect::<Vec<Value>>()).into_value()
}

// RFC 7517 §4; RFC 8037 §2, RFC 7518 §6 for the members of each type.
fn write_key(key: &Jwk) -> Value {
    let members = Members::default()
        .put("use", "sig")
        .maybe("kid", Some(&*key.kid).filter(|kid| !kid.is_empty()))
        .put("alg", &*key.alg);
    let members = match &key.public {
        PublicKey::Okp { crv, x } => members.put("kty", "OKP").put("crv", &**crv).put("x", &**x),
        PublicKey::Ec { crv, x, y } => members.put("kty", "EC").put("crv", &**crv).put("x", &**x).put("y", &**y),
        PublicKey::Rsa { n, e } => members.put("kty", "RSA").put("n", &**n).put("e", &**e),
    };
    members.into_value()
}

pub(super) fn read_jwks(body: &Value) -> Result<Vec<Jwk>, Kind> {
    let keys = Object::of(body)?.array("keys")?.ok_or_else(|| super::json::missing("keys"))?;
    Ok(keys.iter().filter_map(read_key).collect())
}

// RFC 7517 §5: "Implementations SHOULD ignore JWKs within a JWK Set that ... are missing required members".
fn read_key(key: &Value) -> Option<Jwk> {
    let text = |name: &str| key.get(name).and_then(Value::as_str).map(Text::from);
    // RFC 7517 §4.2: a key for encryption signs nothing.
    if text("use").is_some_and(|purpose| &*purpose != "sig") {
        return None;
    }
    let public = match &*text("kty")? {
        "OKP" => PublicKey::Okp { crv: text("crv")?, x: text("x")? },
        "EC" => PublicKey::Ec { crv: text("crv")?, x: text("x")?, y: text("y")? },
        "RSA" => PublicKey::Rsa { n: text("n")?, e: text("e")? },
        _ => return None,
    };
    let alg = text("alg").or_else(|| public.usual_algorithm().map(Text::from))?;
    Some(Jwk { kid: text("kid").unwrap_or_default(), alg, public })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Jwk> {
        super::super::json::parse(text.as_bytes()).and_then(|body| read_jwks(&body)).unwrap_or_default()
    }

    #[test]
    fn keys_of_other_makes_are_read_and_what_signs_nothing_is_left_out() {
        let keys = read(
            r#"{"keys":[
                {"kty":"RSA","use":"sig","kid":"r","alg":"RS256","n":"AQAB","e":"AQAB","x5t":"x"},
                {"kty":"RSA","use":"enc","kid":"no","n":"AQAB","e":"AQAB"},
                {"kty":"EC","crv":"P-256","kid":"e","x":"eA","y":"eQ"},
                {"kty":"EC","crv":"secp256k1","kid":"no","x":"eA","y":"eQ"},
                {"kty":"oct","k":"c2VjcmV0"},
                {"kty":"OKP","crv":"Ed25519","x":"eA"}
            ]}"#,
        );
        let seen: Vec<(&str, &str)> = keys.iter().map(|key| (&*key.kid, &*key.alg)).collect();
        assert_eq!(seen, [("r", "RS256"), ("e", "ES256"), ("", "EdDSA")]);
        let written = write_jwks(&keys);
        assert_eq!(read_jwks(&written), Ok(keys));
    }
}
