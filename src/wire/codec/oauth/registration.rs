//! Dynamic client registration (RFC 7591), with `claims_redirect_uris` of Grant §2.

use crate::wire::codec::front_channel::{CLAIMS_REDIRECT_URI, CLAIMS_REDIRECT_URIS, Names};
use crate::wire::codec::json::{Members, Object, malformed};
use crate::wire::codec::oauth::{read_jwks, write_jwks};
use crate::wire::codec::shared::spaced;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, ClientInformation, ClientKeys, ClientMetadata, KeySource,
};
use crate::wire::{ClientId, Uri};
use serde_json::Value;

pub(in crate::wire::codec) fn write_metadata(names: &Names, metadata: &ClientMetadata) -> Value {
    members(names, metadata).into_value()
}

pub(in crate::wire::codec) fn write_information(names: &Names, information: &ClientInformation) -> Value {
    members(names, &information.metadata)
        .put("client_id", information.client_id.as_str())
        .token("client_secret", information.client_secret.as_ref())
        // RFC 7591 §3.2.1: "REQUIRED if client_secret is issued ... 0 if it will not expire".
        .maybe("client_secret_expires_at", information.client_secret.as_ref().map(|_| 0))
        .into_value()
}

fn members(names: &Names, metadata: &ClientMetadata) -> Members {
    let keys = metadata.keys.as_ref();
    let (here, there) = match keys.map(|keys| &keys.source) {
        Some(KeySource::Here(keys)) => (Some(write_jwks(keys)), None),
        Some(KeySource::At(uri)) => (None, Some(uri.as_str())),
        None => (None, None),
    };
    claims_redirect(names, &metadata.claims_redirect_uris)
        .maybe("client_name", metadata.name.as_deref())
        .some_texts("redirect_uris", metadata.redirect_uris.iter().map(Uri::as_str))
        .maybe("scope", (!metadata.scope.is_empty()).then(|| spaced(&metadata.scope)))
        .texts("grant_types", metadata.grant_types.iter().map(|grant| &**grant))
        .put("token_endpoint_auth_method", metadata.authentication.name())
        .maybe("jwks", here)
        .maybe("jwks_uri", there)
        .maybe(SIGNING_ALGORITHM, keys.and_then(|keys| keys.algorithm.as_deref()))
}

// Core 1.0.1 §1.4 has one URI, Grant §2 an array; who has several writes them as one in either case.
fn claims_redirect(names: &Names, uris: &[Uri]) -> Members {
    match uris {
        [one] if names.claims_redirect_uris == CLAIMS_REDIRECT_URI => {
            Members::default().put(CLAIMS_REDIRECT_URI, one.as_str())
        }
        several => Members::default().some_texts(names.claims_redirect_uris, several.iter().map(Uri::as_str)),
    }
}

fn read_claims_redirect(object: Object<'_>) -> Result<Vec<Uri>, Kind> {
    if let Some(one) = object.get(CLAIMS_REDIRECT_URI).and_then(Value::as_str) {
        return Ok(vec![Uri::from(one)]);
    }
    match object.words(CLAIMS_REDIRECT_URI)? {
        Some(several) => Ok(several),
        None => object.words_or_none(CLAIMS_REDIRECT_URIS),
    }
}

pub(in crate::wire::codec) fn read_metadata(body: &Value) -> Result<ClientMetadata, Kind> {
    let object = Object::of(body)?;
    Ok(ClientMetadata {
        name: object.word("client_name")?,
        redirect_uris: object.words_or_none("redirect_uris")?,
        claims_redirect_uris: read_claims_redirect(object)?,
        scope: object.spaced_scopes("scope")?.unwrap_or_default(),
        // RFC 7591 §2: "If omitted, the default behavior is that the client will use only the authorization_code".
        grant_types: object.words("grant_types")?.unwrap_or_else(|| vec![AUTHORIZATION_CODE_GRANT.into()]),
        authentication: read_method(object)?,
        keys: read_keys(object)?,
    })
}

const SIGNING_ALGORITHM: &str = "token_endpoint_auth_signing_alg";

// RFC 7591 §2: "The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or response."
fn read_keys(object: Object<'_>) -> Result<Option<Box<ClientKeys>>, Kind> {
    let source = match (object.get("jwks"), object.word::<Uri>("jwks_uri")?) {
        (Some(_), Some(_)) => return Err(malformed("jwks_uri")),
        (Some(keys), None) => KeySource::Here(read_jwks(keys)?),
        (None, Some(uri)) => KeySource::At(uri),
        (None, None) => return Ok(None),
    };
    Ok(Some(Box::new(ClientKeys { source, algorithm: object.word(SIGNING_ALGORITHM)? })))
}

// RFC 7591 §2: "If unspecified or omitted, the default is client_secret_basic".
fn read_method(object: Object<'_>) -> Result<AuthenticationMethod, Kind> {
    const MEMBER: &str = "token_endpoint_auth_method";
    let Some(name) = object.text(MEMBER)? else { return Ok(AuthenticationMethod::SecretBasic) };
    AuthenticationMethod::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| malformed(MEMBER))
}

pub(in crate::wire::codec) fn read_information(body: &Value) -> Result<ClientInformation, Kind> {
    let object = Object::of(body)?;
    Ok(ClientInformation {
        client_id: ClientId::from(object.required("client_id")?),
        client_secret: object.token("client_secret")?,
        metadata: read_metadata(body)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::codec::json::{missing, parse};

    #[test]
    fn defaults_are_those_of_the_text() {
        let metadata = parse(b"{}").and_then(|body| read_metadata(&body));
        let found = metadata.map(|metadata| (metadata.grant_types, metadata.authentication));
        assert_eq!(found, Ok((vec!["authorization_code".into()], AuthenticationMethod::SecretBasic)));
    }

    #[test]
    fn keys_are_here_or_there_and_not_both() {
        let read = |text: &str| parse(text.as_bytes()).and_then(|body| read_metadata(&body)).map(|read| read.keys);
        let source = |text: &str| read(text).map(|keys| keys.map(|keys| keys.source));
        let at = KeySource::At("https://app.example/jwks".into());
        assert_eq!(source(r#"{"jwks_uri":"https://app.example/jwks"}"#), Ok(Some(at)));
        assert_eq!(source(r#"{"jwks":{"keys":[]}}"#), Ok(Some(KeySource::Here(Vec::new()))));
        assert_eq!(source(r#"{"jwks":{"keys":[]},"jwks_uri":"x"}"#), Err(malformed("jwks_uri")));
        assert!(source(r#"{"jwks":[]}"#).is_err());
    }

    #[test]
    fn an_unknown_method_and_a_missing_identifier_are_named() {
        let unknown = parse(br#"{"token_endpoint_auth_method":"client_secret_jwt"}"#);
        assert_eq!(unknown.and_then(|body| read_metadata(&body)), Err(malformed("token_endpoint_auth_method")));
        assert_eq!(parse(b"{}").and_then(|body| read_information(&body)), Err(missing("client_id")));
    }
}
