//! What 1.0.1 leaves to the authorization server, as configuration.

use crate::wire::Text;
use crate::wire::configuration::MultiPermission;
use crate::wire::oauth::{AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT, SAML2_BEARER_GRANT};

/// The choices of an authorization server of 1.0.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct V1_0_1Choices {
    /// Grant types for PATs (Core 1.0.1 §1.4 `pat_grant_types_supported`); `refresh_token` counts only where refresh
    /// tokens are issued.
    pub pat_grant_types: Vec<Text>,
    /// The same for AATs.
    pub aat_grant_types: Vec<Text>,
    /// True for the claims-security extension: each return of a person brings a new ticket.
    pub security_enhanced_claims: bool,
    /// The multi-permission extension, where it is spoken.
    pub multi_permission: Option<MultiPermission>,
    /// The authentication context classes of which the AAT's sign-in must have one at the RPT endpoint; none when any
    /// will do.
    pub rpt_endpoint_acr: Vec<Text>,
    /// What an AAT with a weaker sign-in is answered there.
    pub weak_aat: WeakAat,
    /// True when RPTs end that were granted on a ticket which a second client presents (Core 1.0.1 §3.2.2, a SHOULD).
    pub second_client_ends_rpts: bool,
}

impl Default for V1_0_1Choices {
    fn default() -> Self {
        // An assertion counts only where the server takes any.
        let grants = [AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT, SAML2_BEARER_GRANT];
        let all = || grants.map(Text::from).to_vec();
        Self {
            pat_grant_types: all(),
            aat_grant_types: all(),
            security_enhanced_claims: false,
            multi_permission: None,
            rpt_endpoint_acr: Vec::new(),
            weak_aat: WeakAat::InsufficientScope,
            second_client_ends_rpts: true,
        }
    }
}

/// What is answered at the RPT endpoint to an AAT whose sign-in is too weak for the endpoint itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WeakAat {
    /// 403 `insufficient_scope`: higher privileges are needed than the AAT has (Core 1.0.1 §1.3.2; RFC 6750 §3.1).
    #[default]
    InsufficientScope,
    /// `need_info` with `required_acr` (Core 1.0.1 §3.5.4.1).
    NeedInfo,
}
