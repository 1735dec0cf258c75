//! The configuration document of both drafts, but for what says how clients register.

use super::Draft;
use umaverse::wire::Configuration;

/// The example's members, with the one that says how clients register.
pub(super) fn members(draft: &Draft, registration: &str) -> String {
    let text = r#"{
"version":"1.0",
"issuer":"https://example.com",
@registration@,
"oauth_token_profiles_supported":[
  "bearer"
],
"uma_token_profiles_supported":[
  "bearer"
],
"oauth_grant_types_supported":[
  "authorization_code"
],
"claim_profiles_supported":[
  "openid"
],
"token_endpoint":"https://@host@.example.com/token_uri",
"user_endpoint":"https://@host@.example.com/user_uri",
"resource_set_registration_endpoint":"https://@host@.example.com/@rs@/rsrc_uri",
"rpt_status_endpoint":"https://@host@.example.com/@rs@/status_uri",
"permission_registration_endpoint":"https://@host@.example.com/@rs@/perm_uri",
"rpt_endpoint":"https://@host@.example.com/@client@/rpt_uri",
"permission_request_endpoint":"https://@host@.example.com/@client@/perm_uri"
}"#;
    draft.text(text).replace("@registration@", registration)
}

/// What they say, without an address where clients register.
pub(super) fn document(draft: &Draft) -> Configuration {
    let at = |path: &str| Some(draft.text(&format!("https://@host@.example.com/{path}")).as_str().into());
    let one = |value: &str| vec![value.into()];
    Configuration {
        authorization_endpoint: at("user_uri"),
        grant_types: one("authorization_code"),
        resource_registration_endpoint: at("@rs@/rsrc_uri"),
        permission_endpoint: at("@rs@/perm_uri"),
        introspection_endpoint: at("@rs@/status_uri"),
        rpt_endpoint: at("@client@/rpt_uri"),
        permission_request_endpoint: at("@client@/perm_uri"),
        oauth_token_profiles: one("bearer"),
        uma_token_profiles: one("bearer"),
        claim_profiles: one("openid"),
        ..Configuration::of("https://example.com".into(), at("token_uri").unwrap())
    }
}
