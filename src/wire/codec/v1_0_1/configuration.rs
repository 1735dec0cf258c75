//! The configuration data (Core 1.0.1 §1.4). The members for keys, revocation, PKCE and client authentication stand in no
//! text of 1.0.1; unknown members are ignored, so they may be there.

use crate::wire::codec::json::{Members, Object, malformed};
use crate::wire::configuration::{MULTI_PERMISSION, MultiPermission, OPENAPI_URI, OWNER_ENDPOINT, PerToken};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Configuration, Response, Text, Uri};
use serde_json::Value;

pub(super) fn write(document: &Configuration) -> Value {
    let per_token = &document.per_token;
    let members = Members::default()
        .put("version", "1.0")
        .put("issuer", document.issuer.as_str())
        .texts("pat_profiles_supported", texts(&per_token.pat_profiles))
        .texts("aat_profiles_supported", texts(&per_token.aat_profiles))
        .texts("rpt_profiles_supported", texts(&document.uma_token_profiles))
        .texts("pat_grant_types_supported", texts(&per_token.pat_grant_types))
        .texts("aat_grant_types_supported", texts(&per_token.aat_grant_types))
        .some_texts("claim_token_profiles_supported", texts(&document.claim_profiles))
        .some_texts("uma_profiles_supported", texts(&document.uma_profiles))
        .maybe(MULTI_PERMISSION, document.multi_permission.map(MultiPermission::name));
    others(endpoints(members, document), document).into_value()
}

fn endpoints(members: Members, document: &Configuration) -> Members {
    members
        .uri("dynamic_client_endpoint", document.registration_endpoint.as_ref())
        .put("token_endpoint", document.token_endpoint.as_str())
        .uri("authorization_endpoint", document.authorization_endpoint.as_ref())
        .uri("requesting_party_claims_endpoint", document.claims_interaction_endpoint.as_ref())
        .uri("security_enhanced_claims_endpoint", document.security_enhanced_claims_endpoint.as_ref())
        .uri("introspection_endpoint", document.introspection_endpoint.as_ref())
        .uri("resource_set_registration_endpoint", document.resource_registration_endpoint.as_ref())
        .uri("permission_registration_endpoint", document.permission_endpoint.as_ref())
        .uri("rpt_endpoint", document.rpt_endpoint.as_ref())
}

fn others(members: Members, document: &Configuration) -> Members {
    members
        .uri("revocation_endpoint", document.revocation_endpoint.as_ref())
        .uri("jwks_uri", document.jwks_uri.as_ref())
        .some_texts("code_challenge_methods_supported", texts(&document.code_challenge_methods))
        .some_texts("token_endpoint_auth_methods_supported", texts(&document.token_endpoint_auth_methods))
        .some_texts("token_endpoint_auth_signing_alg_values_supported", texts(&document.token_endpoint_auth_algorithms))
        .uri(OWNER_ENDPOINT, document.owner_endpoint.as_ref())
        .uri(OPENAPI_URI, document.openapi_uri.as_ref())
}

fn texts(texts: &[Text]) -> impl Iterator<Item = &str> {
    texts.iter().map(|text| &**text)
}

pub(super) fn read(body: &Value) -> Result<Response, Kind> {
    let object = Object::of(body)?;
    // "The value MUST be the string "1.0"", or a later version of it, which this build does not know.
    if object.required("version")? != "1.0" {
        return Err(malformed("version"));
    }
    let uri = |name: &str| object.word::<Uri>(name);
    let required = |name: &str| object.required_uri(name);
    Ok(Response::Configuration(Box::new(Configuration {
        issuer: required("issuer")?,
        authorization_endpoint: Some(required("authorization_endpoint")?),
        token_endpoint: required("token_endpoint")?,
        grant_types: Vec::new(),
        registration_endpoint: uri("dynamic_client_endpoint")?,
        revocation_endpoint: uri("revocation_endpoint")?,
        jwks_uri: uri("jwks_uri")?,
        resource_registration_endpoint: Some(required("resource_set_registration_endpoint")?),
        permission_endpoint: Some(required("permission_registration_endpoint")?),
        introspection_endpoint: Some(required("introspection_endpoint")?),
        claims_interaction_endpoint: uri("requesting_party_claims_endpoint")?,
        rpt_endpoint: Some(required("rpt_endpoint")?),
        permission_request_endpoint: None,
        code_challenge_methods: object.words_or_none("code_challenge_methods_supported")?,
        token_endpoint_auth_methods: object.words_or_none("token_endpoint_auth_methods_supported")?,
        token_endpoint_auth_algorithms: object.words_or_none("token_endpoint_auth_signing_alg_values_supported")?,
        oauth_token_profiles: Vec::new(),
        uma_token_profiles: object.required_words("rpt_profiles_supported")?,
        claim_profiles: object.words_or_none("claim_token_profiles_supported")?,
        uma_profiles: object.words_or_none("uma_profiles_supported")?,
        per_token: read_per_token(object)?,
        security_enhanced_claims_endpoint: uri("security_enhanced_claims_endpoint")?,
        multi_permission: read_multi_permission(object)?,
        owner_endpoint: uri(OWNER_ENDPOINT)?,
        openapi_uri: uri(OPENAPI_URI)?,
    })))
}

fn read_per_token(object: Object<'_>) -> Result<PerToken, Kind> {
    Ok(PerToken {
        pat_profiles: object.required_words("pat_profiles_supported")?,
        aat_profiles: object.required_words("aat_profiles_supported")?,
        pat_grant_types: object.required_words("pat_grant_types_supported")?,
        aat_grant_types: object.required_words("aat_grant_types_supported")?,
    })
}

fn read_multi_permission(object: Object<'_>) -> Result<Option<MultiPermission>, Kind> {
    let known = [MultiPermission::Supported, MultiPermission::ExtensionOnly];
    let named = |name: &str| known.into_iter().find(|known| known.name() == name);
    object.text(MULTI_PERMISSION)?.map(|name| named(name).ok_or_else(|| malformed(MULTI_PERMISSION))).transpose()
}
