//! What an authorization server publishes about itself (Grant §2, FedAuthz §2; D6 §1.5). Members that only one
//! revision has are optional here; the codec of a revision insists on those that it requires.

use crate::wire::{Revision, Text, Uri};
use serde::{Deserialize, Serialize};

/// A discovery document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Configuration {
    /// REQUIRED. The party that runs the server.
    pub issuer: Uri,
    /// Where people are asked: `authorization_endpoint`, in draft-06 `user_endpoint`.
    pub authorization_endpoint: Option<Uri>,
    /// REQUIRED.
    pub token_endpoint: Uri,
    /// `grant_types_supported`, in draft-06 `oauth_grant_types_supported`.
    pub grant_types: Vec<Text>,
    /// `registration_endpoint`, in draft-06 `dynamic_client_endpoint`.
    pub registration_endpoint: Option<Uri>,
    /// `revocation_endpoint` (RFC 7009).
    pub revocation_endpoint: Option<Uri>,
    /// `jwks_uri`.
    pub jwks_uri: Option<Uri>,
    /// `resource_registration_endpoint`, in draft-06 `resource_set_registration_endpoint`.
    pub resource_registration_endpoint: Option<Uri>,
    /// `permission_endpoint`, in draft-06 `permission_registration_endpoint`.
    pub permission_endpoint: Option<Uri>,
    /// `introspection_endpoint`, in draft-06 `rpt_status_endpoint`.
    pub introspection_endpoint: Option<Uri>,
    /// `claims_interaction_endpoint` (2.0), or where draft-06 sends people for claims.
    pub claims_interaction_endpoint: Option<Uri>,
    /// `rpt_endpoint`, draft-06 only.
    pub rpt_endpoint: Option<Uri>,
    /// `permission_request_endpoint`, draft-06 only.
    pub permission_request_endpoint: Option<Uri>,
    /// `code_challenge_methods_supported` (RFC 8414), 2.0 only.
    pub code_challenge_methods: Vec<Text>,
    /// `token_endpoint_auth_methods_supported` (RFC 8414), 2.0 only.
    pub token_endpoint_auth_methods: Vec<Text>,
    /// `oauth_token_profiles_supported`, draft-06 only.
    pub oauth_token_profiles: Vec<Text>,
    /// `uma_token_profiles_supported`, draft-06 only.
    pub uma_token_profiles: Vec<Text>,
    /// `claim_profiles_supported`, draft-06 only.
    pub claim_profiles: Vec<Text>,
    /// `uma_profiles_supported`, 2.0 only.
    pub uma_profiles: Vec<Text>,
}

/// Where an authorization server of a revision publishes its document (Grant §2: suffix; D6 §1.5: at the authority).
pub fn well_known(revision: Revision, issuer: &Uri) -> Uri {
    match revision {
        Revision::Draft05 | Revision::Draft06 => of_authority(issuer),
        Revision::V1_0_1 | Revision::V2_0 => issuer.join("/.well-known/uma2-configuration"),
    }
}

// D5 §2.1, §3.4.1: "example.com" leads to https://example.com/.well-known/uma-configuration; the examples of challenges
// have a URI instead.
fn of_authority(issuer: &Uri) -> Uri {
    const PATH: &str = "/.well-known/uma-configuration";
    if issuer.as_str().contains("://") {
        return issuer.with_path(PATH);
    }
    Uri::new(format!("https://{}{PATH}", issuer.as_str().split('/').next().unwrap_or_default()))
}

/// Where an identity provider publishes its document (OpenID Connect Discovery §4).
pub fn openid_well_known(issuer: &Uri) -> Uri {
    issuer.join("/.well-known/openid-configuration")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draft_05_finds_the_configuration_at_the_authority() {
        let wanted = Uri::from("https://example.com/.well-known/uma-configuration");
        for am_uri in ["example.com", "https://example.com", "https://example.com/am?x=1"] {
            assert_eq!(well_known(Revision::Draft05, &am_uri.into()), wanted);
        }
        let elsewhere = well_known(Revision::V2_0, &"https://example.com/am".into());
        assert_ne!(elsewhere, wanted);
    }
}
