//! The discovery document (D5 §1.5; D6 §1.5). In draft-06 `resource_set_registration_endpoint` stands only in the example,
//! in both the members for keys, revocation, claims, PKCE and client authentication nowhere; unknown members are ignored, so they may be there.

use super::Names;
use crate::wire::codec::http::{HttpResponse, check_media_type};
use crate::wire::codec::json::{Members, Object, malformed, missing};
use crate::wire::configuration::{OPENAPI_URI, OWNER_ENDPOINT};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Configuration, Response, Text, Uri};
use serde_json::Value;

/// How a draft says where clients register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::codec) enum DynamicRegistration {
    /// D5 §1.5: `dynamic_client_registration_supported` says whether. It does not say where: that stands in an extension
    /// member, the one of draft-06 (our choice).
    YesOrNo,
    /// D6 §1.5: `dynamic_client_endpoint`.
    Endpoint,
}

const SUPPORTED: &str = "dynamic_client_registration_supported";
const ENDPOINT: &str = "dynamic_client_endpoint";

pub(super) fn write(names: &Names, document: &Configuration) -> Value {
    let members = write_registration(names, document.registration_endpoint.as_ref())
        .put("version", "1.0")
        .put("issuer", document.issuer.as_str())
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
        .some_texts("token_endpoint_auth_signing_alg_values_supported", texts(&document.token_endpoint_auth_algorithms))
        .uri(OWNER_ENDPOINT, document.owner_endpoint.as_ref())
        .uri(OPENAPI_URI, document.openapi_uri.as_ref())
        .into_value()
}

fn write_registration(names: &Names, endpoint: Option<&Uri>) -> Members {
    let yes_or_no = (names.dynamic_registration == DynamicRegistration::YesOrNo).then_some(if endpoint.is_some() {
        "yes"
    } else {
        "no"
    });
    Members::default().maybe(SUPPORTED, yes_or_no).uri(ENDPOINT, endpoint)
}

fn texts(texts: &[Text]) -> impl Iterator<Item = &str> {
    texts.iter().map(|text| &**text)
}

/// Tells the drafts' documents apart. D5 §1.5 says that the media type is `application/uma-configuration+json`, D6 §1.5 names
/// none. All members that are REQUIRED in D6 are so in D5, `version` is "1.0" in both; of the OPTIONAL ones
/// `dynamic_client_registration_supported` is D5's alone. So a document that is plain JSON is draft-05's when it has that.
pub(super) fn check_whose(names: &Names, response: &HttpResponse, body: &Value) -> Result<(), Kind> {
    match names.dynamic_registration {
        DynamicRegistration::YesOrNo if Object::of(body)?.text(SUPPORTED)?.is_some() => Ok(()),
        DynamicRegistration::YesOrNo | DynamicRegistration::Endpoint => {
            check_media_type(&response.headers, &[names.configuration])
        }
    }
}

pub(super) fn read(names: &Names, body: &Value) -> Result<Response, Kind> {
    let object = Object::of(body)?;
    object.required("version")?;
    let uri = |name: &str| object.word::<Uri>(name);
    let required = |name: &str| object.required_uri(name);
    Ok(Response::Configuration(Box::new(Configuration {
        issuer: required("issuer")?,
        authorization_endpoint: Some(required("user_endpoint")?),
        token_endpoint: required("token_endpoint")?,
        grant_types: object.required_words("oauth_grant_types_supported")?,
        registration_endpoint: read_registration(names, object)?,
        revocation_endpoint: uri("revocation_endpoint")?,
        jwks_uri: uri("jwks_uri")?,
        resource_registration_endpoint: read_resource_registration(names, object)?,
        permission_endpoint: Some(required("permission_registration_endpoint")?),
        introspection_endpoint: Some(required("rpt_status_endpoint")?),
        claims_interaction_endpoint: uri("claims_interaction_endpoint")?,
        rpt_endpoint: Some(required("rpt_endpoint")?),
        permission_request_endpoint: Some(required("permission_request_endpoint")?),
        code_challenge_methods: object.words_or_none("code_challenge_methods_supported")?,
        token_endpoint_auth_methods: object.words_or_none("token_endpoint_auth_methods_supported")?,
        token_endpoint_auth_algorithms: object.words_or_none("token_endpoint_auth_signing_alg_values_supported")?,
        oauth_token_profiles: object.required_words("oauth_token_profiles_supported")?,
        uma_token_profiles: object.required_words("uma_token_profiles_supported")?,
        claim_profiles: object.words_or_none("claim_profiles_supported")?,
        uma_profiles: Vec::new(),
        per_token: crate::wire::configuration::PerToken::default(),
        security_enhanced_claims_endpoint: None,
        multi_permission: None,
        owner_endpoint: uri(OWNER_ENDPOINT)?,
        openapi_uri: uri(OPENAPI_URI)?,
    })))
}

// D5 §1.5: any other value than "yes" and "no" is none of this member.
fn read_registration(names: &Names, object: Object<'_>) -> Result<Option<Uri>, Kind> {
    if names.dynamic_registration == DynamicRegistration::YesOrNo {
        match object.text(SUPPORTED)? {
            Some("yes") => {}
            Some("no") | None => return Ok(None),
            Some(_) => return Err(malformed(SUPPORTED)),
        }
    }
    object.word(ENDPOINT)
}

fn read_resource_registration(names: &Names, object: Object<'_>) -> Result<Option<Uri>, Kind> {
    const NAME: &str = "resource_set_registration_endpoint";
    let found = object.word(NAME)?;
    if names.registration_endpoint_required && found.is_none() { Err(missing(NAME)) } else { Ok(found) }
}
