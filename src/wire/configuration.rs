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
    /// `grant_types_supported`, in draft-06 `oauth_grant_types_supported`; 1.0.1 declares them per token.
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
    /// `claims_interaction_endpoint` (2.0), `requesting_party_claims_endpoint` (1.0.1), or where draft-06 sends people.
    pub claims_interaction_endpoint: Option<Uri>,
    /// `rpt_endpoint`, not in 2.0.
    pub rpt_endpoint: Option<Uri>,
    /// `permission_request_endpoint`, draft-06 only.
    pub permission_request_endpoint: Option<Uri>,
    /// `code_challenge_methods_supported` (RFC 8414), 2.0 only.
    pub code_challenge_methods: Vec<Text>,
    /// `token_endpoint_auth_methods_supported` (RFC 8414), 2.0 only.
    pub token_endpoint_auth_methods: Vec<Text>,
    /// `token_endpoint_auth_signing_alg_values_supported` (RFC 8414), where clients may sign.
    pub token_endpoint_auth_algorithms: Vec<Text>,
    /// `oauth_token_profiles_supported`, draft-06 only.
    pub oauth_token_profiles: Vec<Text>,
    /// `uma_token_profiles_supported`, in 1.0.1 `rpt_profiles_supported`.
    pub uma_token_profiles: Vec<Text>,
    /// `claim_profiles_supported`, in 1.0.1 `claim_token_profiles_supported`.
    pub claim_profiles: Vec<Text>,
    /// `uma_profiles_supported`, 1.0.1 and 2.0.
    pub uma_profiles: Vec<Text>,
    /// What 1.0.1 declares for each kind of token.
    pub per_token: PerToken,
    /// `security_enhanced_claims_endpoint`: the claims endpoint under the claims-security extension, 1.0.1 only and never
    /// beside the other one.
    pub security_enhanced_claims_endpoint: Option<Uri>,
    /// The member of the multi-permission extension, 1.0.1 only.
    pub multi_permission: Option<MultiPermission>,
    /// [`OWNER_ENDPOINT`]: the owners' API, of this program alone.
    pub owner_endpoint: Option<Uri>,
    /// [`OPENAPI_URI`]: the description of what is served as JSON, of this program alone.
    pub openapi_uri: Option<Uri>,
}

impl Configuration {
    /// A document with what is REQUIRED, and nothing else.
    pub fn of(issuer: Uri, token_endpoint: Uri) -> Self {
        Self {
            issuer,
            authorization_endpoint: None,
            token_endpoint,
            grant_types: Vec::new(),
            registration_endpoint: None,
            revocation_endpoint: None,
            jwks_uri: None,
            resource_registration_endpoint: None,
            permission_endpoint: None,
            introspection_endpoint: None,
            claims_interaction_endpoint: None,
            rpt_endpoint: None,
            permission_request_endpoint: None,
            code_challenge_methods: Vec::new(),
            token_endpoint_auth_methods: Vec::new(),
            token_endpoint_auth_algorithms: Vec::new(),
            oauth_token_profiles: Vec::new(),
            uma_token_profiles: Vec::new(),
            claim_profiles: Vec::new(),
            uma_profiles: Vec::new(),
            per_token: PerToken::default(),
            security_enhanced_claims_endpoint: None,
            multi_permission: None,
            owner_endpoint: None,
            openapi_uri: None,
        }
    }
}

/// What `dynamic_client_endpoint` may be instead of a URI: clients register as in OpenID Connect (Core 1.0.1 §1.4).
pub const OPENID_REGISTRATION: &str = "openid";

impl Configuration {
    /// True when clients register as OpenID Connect Dynamic Client Registration says (Core 1.0.1 §1.4).
    pub fn registers_by_openid(&self) -> bool {
        self.registration_endpoint.as_ref().is_some_and(|endpoint| endpoint.as_str() == OPENID_REGISTRATION)
    }

    /// The endpoint where people give claims, of the extension if it is in force.
    pub fn claims_endpoint(&self) -> Option<&Uri> {
        self.security_enhanced_claims_endpoint.as_ref().or(self.claims_interaction_endpoint.as_ref())
    }
}

/// What an authorization server declares for PATs and AATs apart (Core 1.0.1 §1.4); empty in the other revisions, which
/// declare both together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PerToken {
    /// `pat_profiles_supported`.
    pub pat_profiles: Vec<Text>,
    /// `aat_profiles_supported`.
    pub aat_profiles: Vec<Text>,
    /// `pat_grant_types_supported`.
    pub pat_grant_types: Vec<Text>,
    /// `aat_grant_types_supported`.
    pub aat_grant_types: Vec<Text>,
}

/// What is said of the permission registration endpoint by the member [`MULTI_PERMISSION`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MultiPermission {
    /// `supported`: single objects and arrays.
    Supported,
    /// `extension-only`: arrays alone.
    ExtensionOnly,
}

impl MultiPermission {
    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::ExtensionOnly => "extension-only",
        }
    }
}

/// The member of a document that says where the owners' API is. No text has it; all of them let servers add members (RFC
/// 8414 §2; Core 1.0.1 §1.1; D5, D6 §1.5), and clients ignore those that they do not know. The name of the program in it
/// keeps it apart from what others register.
pub const OWNER_ENDPOINT: &str = "umaverse_owner_endpoint";
/// The member of a document that says where the OpenAPI description is; as with [`OWNER_ENDPOINT`].
pub const OPENAPI_URI: &str = "umaverse_openapi_uri";

/// The name of the member of the multi-permission extension (UMA extension multi-permission §2).
pub const MULTI_PERMISSION: &str = "https://docs.kantarainitiative.org/uma/extensions/perm-reg-1.0";
/// The profile of the claims-security extension in `uma_profiles_supported`.
pub const CLAIMS_SECURITY: &str = "https://docs.kantarainitiative.org/uma/extensions/claims-sec-1.0";
/// The RPT profile that every authorization server of 1.0.1 declares (Core 1.0.1 §1.4, §3.3.2).
pub const UMA_BEARER_PROFILE: &str = "https://docs.kantarainitiative.org/uma/profiles/uma-token-bearer-1.0";

/// Where an authorization server of a revision publishes its document (Grant §2: suffix; D6 §1.5: at the authority).
pub fn well_known(revision: Revision, issuer: &Uri) -> Uri {
    match revision {
        Revision::Draft05 | Revision::Draft06 => of_authority(issuer),
        // Core 1.0.1 §1.4: `issuer` and the suffix make the URI that was asked.
        Revision::V1_0_1 => issuer.join("/.well-known/uma-configuration"),
        Revision::V2_0 => issuer.join("/.well-known/uma2-configuration"),
    }
}

/// Where the paths of 2.0 begin at a server that serves 1.0.1 beside it, as far as 1.0.1 has them in another form.
pub const BELOW_2_0: &str = "/uma2";

/// True for a path that only 2.0 is spoken at, at such a server.
pub fn is_below_2_0(uri: &Uri) -> bool {
    uri.path().contains(BELOW_2_0)
}

/// Where other revisions publish what was not found at `asked`; nothing where no revision publishes there.
pub fn other_place(issuer: &Uri, asked: &Uri) -> Option<Uri> {
    let places = || Revision::ALL.into_iter().map(|revision| well_known(revision, issuer));
    if places().any(|place| place == *asked) { places().find(|place| place != asked) } else { None }
}

// D5 §2.1, §3.4.1: "example.com" leads to https://example.com/.well-known/uma-configuration; the examples of challenges
// have a URI instead.
fn of_authority(issuer: &Uri) -> Uri {
    const PATH: &str = "/.well-known/uma-configuration";
    if issuer.is_absolute() {
        return issuer.with_path(PATH);
    }
    Uri::new(format!("https://{}{PATH}", issuer.as_str().split('/').next().unwrap_or_default()))
}

/// Where any authorization server publishes its document for clients that know nothing of UMA (RFC 8414 §3.1): before the
/// path of the issuer.
pub fn oauth_well_known(issuer: &Uri) -> Uri {
    let below = issuer.path().trim_end_matches('/');
    issuer.with_path(&format!("/.well-known/oauth-authorization-server{below}"))
}

/// Where an identity provider publishes its document, below its issuer.
pub const OPENID_DOCUMENT: &str = "/.well-known/openid-configuration";

/// Where an identity provider publishes its document (OpenID Connect Discovery §4).
pub fn openid_well_known(issuer: &Uri) -> Uri {
    issuer.join(OPENID_DOCUMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_oauth_clients_look_before_the_path_of_the_issuer() {
        let at = |issuer: &str| oauth_well_known(&issuer.into()).as_str().to_owned();
        assert_eq!(at("https://as.example"), "https://as.example/.well-known/oauth-authorization-server");
        assert_eq!(at("https://as.example/uma"), "https://as.example/.well-known/oauth-authorization-server/uma");
    }

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
