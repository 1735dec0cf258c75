//! The OAuth messages that all revisions share, the identity provider's among them: registration (RFC 7591), keys
//! (RFC 7517), the token endpoint (RFC 6749) and revocation (RFC 7009).

pub(super) mod registration;
pub(super) mod token;

use super::json::{Members, Object};
use super::parameters::{Pairs, Parameters};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::jws::Jwk;
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

// RFC 8037 §2: an Ed25519 key is of type OKP.
fn write_key(key: &Jwk) -> Value {
    Members::default()
        .put("kty", "OKP")
        .put("crv", "Ed25519")
        .put("use", "sig")
        .put("kid", &*key.kid)
        .put("alg", &*key.alg)
        .put("x", &*key.x)
        .into_value()
}

pub(super) fn read_jwks(body: &Value) -> Result<Vec<Jwk>, Kind> {
    let keys = Object::of(body)?.array("keys")?.ok_or_else(|| super::json::missing("keys"))?;
    Ok(keys.iter().filter_map(read_key).collect())
}

// RFC 7517 §5: "Implementations SHOULD ignore JWKs within a JWK Set that ... are missing required members".
fn read_key(key: &Value) -> Option<Jwk> {
    let text = |name: &str| key.get(name).and_then(Value::as_str).map(Text::from);
    Some(Jwk { kid: text("kid")?, alg: text("alg")?, x: text("x")? })
}
