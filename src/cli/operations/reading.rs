//! The bodies of orders. What came is never quoted: it may be a password that somebody put into the wrong member.

use super::registry::Refusal;
use crate::cli::config::is_address;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use umaverse::role::operation::NewAccount;
use umaverse::trace::fact::IssuerTrusted;
use umaverse::transport::passwords::is_acceptable;
use umaverse::wire::codec::{read_client_metadata, read_key_set};
use umaverse::wire::oauth::{ClientMetadata, KeySource};
use umaverse::wire::{ClaimName, PasswordVerifier, Text, Uri};

type Result<T> = std::result::Result<T, Refusal>;

/// The most that a name may have, in bytes.
const NAME_MAX: usize = 256;
const HASH: &str = "what `umaverse password` prints, such as `$argon2id$v=19$...`";
const KEYS: &str = "a key set with a public signing key, such as `umaverse jwks` prints";
const ISSUER: &str = "an issuer such as `https://idp.example`";

/// The members of a client (RFC 7591 §2; Grant §2).
const OF_CLIENT: [&str; 11] = [
    "client_name",
    "redirect_uris",
    "claims_redirect_uris",
    "claims_redirect_uri",
    "scope",
    "grant_types",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "jwks",
    "jwks_uri",
    "response_types",
];

fn malformed(what: &str, expected: &str) -> Refusal {
    Refusal::Malformed(format!("{what}; expected {expected}"))
}

/// A person's account.
pub(super) fn person(name: &str, body: &[u8]) -> Result<NewAccount> {
    if name.is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(malformed("the name of the account", "1 to 256 bytes without control characters"));
    }
    let members = members(body, &["password_hash", "second_factor_hash", "claims"])?;
    let verifier = verifier(&members, "password_hash")?;
    Ok(NewAccount {
        name: name.into(),
        verifier: verifier.ok_or_else(|| malformed("no `password_hash`", HASH))?,
        second_factor: self::verifier(&members, "second_factor_hash")?,
        claims: claims(&members)?,
    })
}

fn verifier(members: &Map<String, Value>, member: &str) -> Result<Option<PasswordVerifier>> {
    let Some(value) = members.get(member) else { return Ok(None) };
    let good = value.as_str().filter(|text| is_acceptable(text));
    good.map(|text| Some(PasswordVerifier::new(text)))
        .ok_or_else(|| malformed(&format!("`{member}` is no argon2 hash"), HASH))
}

fn claims(members: &Map<String, Value>) -> Result<BTreeMap<ClaimName, Text>> {
    let wrong = || malformed("`claims`", "an object of strings such as {\"email\": \"alice@family.example\"}");
    let Some(value) = members.get("claims") else { return Ok(BTreeMap::new()) };
    let claim = |(name, value): (&String, &Value)| Some((ClaimName::from(name.as_str()), Text::from(value.as_str()?)));
    let claims = value.as_object().and_then(|claims| claims.iter().map(claim).collect());
    claims.ok_or_else(wrong)
}

/// An identity provider.
pub(super) fn issuer(name: &str, body: &[u8]) -> Result<IssuerTrusted> {
    let issuer = address(name, false).ok_or_else(|| malformed("the issuer in the path", ISSUER))?;
    let members = members(body, &["jwks_uri", "jwks", "audience"])?;
    let keys = match (members.get("jwks_uri"), members.get("jwks")) {
        (None, None) => None,
        (Some(place), None) => Some(KeySource::At(key_place(place)?)),
        (None, Some(keys)) => Some(KeySource::Here(key_set(keys)?)),
        (Some(_), Some(_)) => return Err(malformed("`jwks_uri` and `jwks`", "one of them")),
    };
    let audience = members.get("audience").map(|value| value.as_str().filter(|text| !text.is_empty()));
    let audience = match audience {
        Some(None) => return Err(malformed("`audience`", "a name as a string")),
        Some(Some(name)) => Some(Text::from(name)),
        None => None,
    };
    Ok(IssuerTrusted { issuer: Uri::from(issuer.as_str().trim_end_matches('/')), keys, audience })
}

fn key_place(value: &Value) -> Result<Uri> {
    let place = value.as_str().and_then(|text| address(text, true));
    place.ok_or_else(|| malformed("`jwks_uri`", "the address of a key set such as `https://other.example/keys`"))
}

fn key_set(value: &Value) -> Result<Vec<umaverse::wire::jws::Jwk>> {
    let keys = read_key_set(value.to_string().as_bytes()).ok().filter(|keys| !keys.is_empty());
    keys.ok_or_else(|| malformed("`jwks`", KEYS))
}

/// A client, as it would register itself. Without `grant_types` it may use every one that is on offer, as one of the
/// configuration.
pub(super) fn client(body: &[u8]) -> Result<ClientMetadata> {
    let members = members(body, &OF_CLIENT)?;
    let read = read_client_metadata(body);
    if let Some(place) = members.get("jwks_uri") {
        key_place(place)?;
    }
    let mut metadata = read.map_err(|kind| malformed(&kind.to_string(), "client metadata as in RFC 7591"))?;
    if !members.contains_key("grant_types") {
        metadata.grant_types = Vec::new();
    }
    Ok(metadata)
}

/// The identifier of a client (RFC 6749 appendix A.1: printable ASCII).
pub(super) fn client_id(name: &str) -> Result<&str> {
    let good = !name.is_empty() && name.len() <= NAME_MAX && name.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if good { Ok(name) } else { Err(malformed("the identifier of the client", "1 to 256 printable ASCII characters")) }
}

fn members(body: &[u8], known: &[&str]) -> Result<Map<String, Value>> {
    let expected = || format!("a JSON object with {}", known.join(", "));
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err(malformed("the body is no JSON object", &expected()));
    };
    match members.keys().any(|name| !known.contains(&name.as_str())) {
        true => Err(malformed("a member that is not known here", &expected())),
        false => Ok(members),
    }
}

fn address(text: &str, query: bool) -> Option<Uri> {
    is_address(text, query).then(|| Uri::from(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use umaverse::transport::passwords::hash;
    use umaverse::wire::token::Password;

    fn refused<T>(read: Result<T>) -> String {
        match read {
            Err(Refusal::Malformed(why)) => why,
            _ => String::new(),
        }
    }

    #[test]
    fn a_person_is_a_hash_and_claims() {
        let on_file = hash(&Password::new("p"), [1; 16]).unwrap();
        let body = format!(r#"{{"password_hash":"{on_file}","claims":{{"email":"a@b"}}}}"#);
        let read = person("alice", body.as_bytes()).unwrap();
        assert_eq!((&*read.name, read.verifier.expose(), read.claims.len()), ("alice", on_file.as_str(), 1));
        assert_eq!(read.second_factor, None);
    }

    #[test]
    fn a_password_in_the_wrong_place_is_refused_and_not_quoted() {
        for body in [
            r#"{"password":"hunter2-hunter2"}"#,
            r#"{"password_hash":"hunter2-hunter2"}"#,
            r#"{"password_hash":{"hunter2-hunter2":1}}"#,
            r#"{"hunter2-hunter2":1}"#,
            r#"{"claims":"hunter2-hunter2","password_hash":"x"}"#,
            "hunter2-hunter2",
            r#"["hunter2-hunter2"]"#,
        ] {
            let why = refused(person("alice", body.as_bytes()));
            assert!(why.contains("; expected ") && !why.contains("hunter2"), "{body}: {why}");
        }
        assert!(refused(person("", b"{}")).contains("the name of the account"));
        assert!(refused(person("a\u{7}", b"{}")).contains("the name of the account"));
        assert!(refused(person(&"a".repeat(257), b"{}")).contains("the name of the account"));
    }

    #[test]
    fn an_identity_provider_has_its_keys_in_one_place() {
        let read = |body: &str| issuer("https://idp.example/", body.as_bytes());
        let usual = IssuerTrusted { issuer: "https://idp.example".into(), keys: None, audience: None };
        assert_eq!(read("{}"), Ok(usual.clone()));
        let place = KeySource::At("https://idp.example/keys?v=1".into());
        let told = r#"{"jwks_uri":"https://idp.example/keys?v=1","audience":"us"}"#;
        assert_eq!(read(told), Ok(IssuerTrusted { keys: Some(place), audience: Some("us".into()), ..usual }));
        for (body, what) in [
            (r#"{"jwks_uri":"https://a.example","jwks":{"keys":[]}}"#, "one of them"),
            (r#"{"jwks":{"keys":[]}}"#, "a key set with"),
            (r#"{"jwks":[]}"#, "a key set with"),
            (r#"{"jwks_uri":"ftp://a.example"}"#, "the address of a key set"),
            (r#"{"audience":""}"#, "a name as a string"),
            (r#"{"audience":1}"#, "a name as a string"),
            (r#"{"issuer":"https://other.example"}"#, "a JSON object with jwks_uri, jwks, audience"),
        ] {
            assert!(refused(read(body)).contains(what), "{body}: {:?}", read(body));
        }
        for name in
            ["idp", "ftp://idp.example", "https://a@idp.example", "https://idp.example?x", "https://idp.example#x"]
        {
            assert!(refused(issuer(name, b"{}")).contains(ISSUER), "{name}");
        }
    }

    #[test]
    fn a_client_without_grant_types_may_use_all() {
        assert_eq!(client(b"{}").unwrap().grant_types, Vec::<Text>::new());
        assert_eq!(client(br#"{"grant_types":["client_credentials"]}"#).unwrap().grant_types.len(), 1);
        assert!(refused(client(br#"{"redirect_uri":"https://a.example"}"#)).contains("redirect_uris"));
        assert!(refused(client(br#"{"redirect_uris":"https://a.example"}"#)).contains("RFC 7591"));
        assert!(refused(client(br#"{"jwks_uri":"file:///etc/keys"}"#)).contains("the address of a key set"));
        assert!(client(br#"{"jwks_uri":"https://a.example/keys"}"#).unwrap().keys.is_some());
        assert!(client_id("printer").is_ok() && client_id("").is_err() && client_id("\u{e4}").is_err());
    }
}
