//! The discovery document (Grant §2, FedAuthz §2, RFC 8414 §2; OpenID Connect Discovery §3).

use crate::wire::codec::json::{Members, Object};
use crate::wire::configuration::{OPENAPI_URI, OWNER_ENDPOINT};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Configuration, Response, Text, Uri};
use serde_json::Value;

pub(super) fn write(document: &Configuration) -> Value {
    // Clients prove who they are there as they do at the token endpoint.
    let revokes = document.revocation_endpoint.is_some();
    let at_revocation = |listed| if revokes { texts(listed) } else { texts(&[]) };
    let members = Members::default()
        .put("issuer", document.issuer.as_str())
        .uri("authorization_endpoint", document.authorization_endpoint.as_ref())
        .put("token_endpoint", document.token_endpoint.as_str())
        // RFC 8414 §2: REQUIRED; `code` is the only one served.
        .texts("response_types_supported", ["code"])
        .texts("grant_types_supported", texts(&document.grant_types))
        .uri("registration_endpoint", document.registration_endpoint.as_ref())
        .uri("revocation_endpoint", document.revocation_endpoint.as_ref())
        .uri("jwks_uri", document.jwks_uri.as_ref())
        .uri("resource_registration_endpoint", document.resource_registration_endpoint.as_ref())
        .uri("permission_endpoint", document.permission_endpoint.as_ref())
        .uri("introspection_endpoint", document.introspection_endpoint.as_ref())
        .uri("claims_interaction_endpoint", document.claims_interaction_endpoint.as_ref());
    members
        // RFC 9207 §3: every answer of that endpoint has `iss`.
        .maybe("authorization_response_iss_parameter_supported", document.authorization_endpoint.as_ref().map(|_| true))
        .some_texts("code_challenge_methods_supported", texts(&document.code_challenge_methods))
        .some_texts("token_endpoint_auth_methods_supported", texts(&document.token_endpoint_auth_methods))
        .some_texts("token_endpoint_auth_signing_alg_values_supported", texts(&document.token_endpoint_auth_algorithms))
        // RFC 8414 §2: where these are left out, clients take it that HTTP Basic is the only one there.
        .some_texts("revocation_endpoint_auth_methods_supported", at_revocation(&document.token_endpoint_auth_methods))
        .some_texts(
            "revocation_endpoint_auth_signing_alg_values_supported",
            at_revocation(&document.token_endpoint_auth_algorithms),
        )
        .some_texts("uma_profiles_supported", texts(&document.uma_profiles))
        .uri(OWNER_ENDPOINT, document.owner_endpoint.as_ref())
        .uri(OPENAPI_URI, document.openapi_uri.as_ref())
        .into_value()
}

fn texts(texts: &[Text]) -> impl Iterator<Item = &str> {
    texts.iter().map(|text| &**text)
}

pub(super) fn read(body: &Value) -> Result<Response, Kind> {
    let object = Object::of(body)?;
    let uri = |name: &str| object.word::<Uri>(name);
    // FedAuthz §2: REQUIRED. A plain identity provider has none, nor what only older revisions have.
    if uri("permission_registration_endpoint")?.is_some() || uri("rpt_endpoint")?.is_some() {
        object.required_uri("permission_endpoint")?;
    }
    Ok(Response::Configuration(Box::new(Configuration {
        issuer: object.required_uri("issuer")?,
        authorization_endpoint: uri("authorization_endpoint")?,
        token_endpoint: object.required_uri("token_endpoint")?,
        grant_types: object.words_or_none("grant_types_supported")?,
        registration_endpoint: uri("registration_endpoint")?,
        revocation_endpoint: uri("revocation_endpoint")?,
        jwks_uri: uri("jwks_uri")?,
        resource_registration_endpoint: uri("resource_registration_endpoint")?,
        permission_endpoint: uri("permission_endpoint")?,
        introspection_endpoint: uri("introspection_endpoint")?,
        claims_interaction_endpoint: uri("claims_interaction_endpoint")?,
        rpt_endpoint: None,
        permission_request_endpoint: None,
        code_challenge_methods: object.words_or_none("code_challenge_methods_supported")?,
        token_endpoint_auth_methods: object.words_or_none("token_endpoint_auth_methods_supported")?,
        token_endpoint_auth_algorithms: object.words_or_none("token_endpoint_auth_signing_alg_values_supported")?,
        oauth_token_profiles: Vec::new(),
        uma_token_profiles: Vec::new(),
        claim_profiles: Vec::new(),
        uma_profiles: object.words_or_none("uma_profiles_supported")?,
        per_token: crate::wire::configuration::PerToken::default(),
        security_enhanced_claims_endpoint: None,
        multi_permission: None,
        owner_endpoint: uri(OWNER_ENDPOINT)?,
        openapi_uri: uri(OPENAPI_URI)?,
    })))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail loudly")]
mod tests {
    use super::*;
    use crate::wire::codec::json::parse;

    #[test]
    fn the_document_says_how_clients_authenticate_at_revocation() {
        let text = r#"{"issuer":"https://as.example","token_endpoint":"https://as.example/token",
            "authorization_endpoint":"https://as.example/authorize",
            "revocation_endpoint":"https://as.example/revoke",
            "token_endpoint_auth_methods_supported":["none","private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported":["EdDSA"]}"#;
        let Response::Configuration(mut document) = read(&parse(text.as_bytes()).unwrap()).unwrap() else {
            unreachable!("a document")
        };
        let written = write(&document);
        let list = |name: &str| written.get(name).map(ToString::to_string).unwrap_or_default();
        assert_eq!(list("revocation_endpoint_auth_methods_supported"), r#"["none","private_key_jwt"]"#);
        assert_eq!(list("revocation_endpoint_auth_signing_alg_values_supported"), r#"["EdDSA"]"#);
        assert_eq!(list("authorization_response_iss_parameter_supported"), "true");
        (document.revocation_endpoint, document.authorization_endpoint) = (None, None);
        let written = write(&document);
        for name in ["revocation_endpoint_auth_methods_supported", "authorization_response_iss_parameter_supported"] {
            assert!(written.get(name).is_none(), "{name}");
        }
    }
}
