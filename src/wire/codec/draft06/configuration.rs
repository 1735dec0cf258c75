//! The discovery document (D6 §1.5). `resource_set_registration_endpoint` stands only in the example, the members for
//! keys, revocation, claims, PKCE and client authentication nowhere; unknown members are ignored, so they may be there.

use crate::wire::codec::json::{Members, Object};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Configuration, Response, Text, Uri};
use serde_json::Value;

pub(super) fn write(document: &Configuration) -> Value {
    let members = Members::default()
        .put("version", "1.0")
        .put("issuer", document.issuer.as_str())
        .uri("dynamic_client_endpoint", document.registration_endpoint.as_ref())
        .texts("oauth_token_profiles_supported", texts(&document.oauth_token_profiles))
        .texts("uma_token_profiles_supported", texts(&document.uma_token_profiles))
        .texts("oauth_grant_types_supported", texts(&document.grant_types))
        .some_texts("claim_profiles_supported", texts(&document.claim_profiles))
        .put("token_endpoint", document.token_endpoint.as_str())
        .uri("user_endpoint", document.authorization_endpoint.as_ref())
        .uri("resource_set_registration_endpoint", document.resource_registration_endpoint.as_ref())
        .uri("permission_registration_endpoint", document.permission_endpoint.as_ref())
        .uri("rpt_endpoint", document.rpt_endpoint.as_ref())
        .uri("rpt_status_endpoint", document.introspection_endpoint.as_ref())
        .uri("permission_request_endpoint", document.permission_request_endpoint.as_ref());
    members
        .uri("revocation_endpoint", document.revocation_endpoint.as_ref())
        .uri("jwks_uri", document.jwks_uri.as_ref())
        .uri("claims_interaction_endpoint", document.claims_interaction_endpoint.as_ref())
        .some_texts("code_challenge_methods_supported", texts(&document.code_challenge_methods))
        .some_texts("token_endpoint_auth_methods_supported", texts(&document.token_endpoint_auth_methods))
        .into_value()
}

fn texts(texts: &[Text]) -> impl Iterator<Item = &str> {
    texts.iter().map(|text| &**text)
}

pub(super) fn read(body: &Value) -> Result<Response, Kind> {
    let object = Object::of(body)?;
    object.required("version")?;
    let uri = |name: &str| object.word::<Uri>(name);
    let required = |name: &str| object.required_uri(name);
    Ok(Response::Configuration(Box::new(Configuration {
        issuer: required("issuer")?,
        authorization_endpoint: Some(required("user_endpoint")?),
        token_endpoint: required("token_endpoint")?,
        grant_types: object.required_words("oauth_grant_types_supported")?,
        registration_endpoint: uri("dynamic_client_endpoint")?,
        revocation_endpoint: uri("revocation_endpoint")?,
        jwks_uri: uri("jwks_uri")?,
        resource_registration_endpoint: uri("resource_set_registration_endpoint")?,
        permission_endpoint: Some(required("permission_registration_endpoint")?),
        introspection_endpoint: Some(required("rpt_status_endpoint")?),
        claims_interaction_endpoint: uri("claims_interaction_endpoint")?,
        rpt_endpoint: Some(required("rpt_endpoint")?),
        permission_request_endpoint: Some(required("permission_request_endpoint")?),
        code_challenge_methods: object.words_or_none("code_challenge_methods_supported")?,
        token_endpoint_auth_methods: object.words_or_none("token_endpoint_auth_methods_supported")?,
        oauth_token_profiles: object.required_words("oauth_token_profiles_supported")?,
        uma_token_profiles: object.required_words("uma_token_profiles_supported")?,
        claim_profiles: object.words_or_none("claim_profiles_supported")?,
        uma_profiles: Vec::new(),
        per_token: crate::wire::configuration::PerToken::default(),
        security_enhanced_claims_endpoint: None,
        multi_permission: None,
    })))
}
