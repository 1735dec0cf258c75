//! The OAuth 2.0 messages that UMA builds on: client registration (RFC 7591), the authorization code with PKCE
//! (RFC 6749 §4.1, RFC 7636), client credentials, refresh, revocation (RFC 7009), and the UMA grant of Grant §3.3.1.

use crate::wire::jws::Jwk;
use crate::wire::{
    AuthorizationCode, Bearer, ClaimToken, ClientId, ClientSecret, CodeVerifier, Pct, PermissionTicket, RefreshToken,
    SamlAssertion, ScopeSet, State, Text, Uri,
};
use serde::{Deserialize, Serialize};

/// `grant_type` of the UMA grant (Grant §3.3.1).
pub const UMA_TICKET_GRANT: &str = "urn:ietf:params:oauth:grant-type:uma-ticket";
/// `grant_type` of the authorization code (RFC 6749 §4.1.3).
pub const AUTHORIZATION_CODE_GRANT: &str = "authorization_code";
/// `grant_type` of client credentials (RFC 6749 §4.4.2).
pub const CLIENT_CREDENTIALS_GRANT: &str = "client_credentials";
/// `grant_type` of refreshing (RFC 6749 §6).
pub const REFRESH_TOKEN_GRANT: &str = "refresh_token";

/// `grant_type` of a SAML assertion (RFC 7522 §2.1; D6 §1.5).
pub const SAML2_BEARER_GRANT: &str = "urn:ietf:params:oauth:grant-type:saml2-bearer";
/// `grant_type` of a token exchange (RFC 8693 §2.1).
pub const TOKEN_EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The type of an access token in a token exchange (RFC 8693 §3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
/// The type of a SAML 2.0 assertion in a token exchange (RFC 8693 §3).
pub const SAML2_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:saml2";

/// What a client tells about itself when it registers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientMetadata {
    /// `client_name`, shown on consent pages.
    pub name: Option<Text>,
    /// `redirect_uris` for authorization codes.
    pub redirect_uris: Vec<Uri>,
    /// `claims_redirect_uris` (Grant §2), in 1.0.1 the one `claims_redirect_uri`, never mixed with `redirect_uris`.
    pub claims_redirect_uris: Vec<Uri>,
    /// `scope`: the scopes it is pre-registered for (Grant §3.3.1).
    pub scope: ScopeSet,
    /// `grant_types`.
    pub grant_types: Vec<Text>,
    /// `token_endpoint_auth_method`.
    pub authentication: AuthenticationMethod,
    /// With which keys it signs what it authenticates with, where it does so that way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Box<ClientKeys>>,
}

/// The public keys of a client (RFC 7591 §2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientKeys {
    /// The keys, or where they are.
    pub source: KeySource,
    /// `token_endpoint_auth_signing_alg`: the only algorithm that it uses; any that fits a key when absent.
    pub algorithm: Option<Text>,
}

/// Where keys are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeySource {
    /// `jwks`: here.
    Here(Vec<Jwk>),
    /// `jwks_uri`: there.
    At(Uri),
}

/// How a client proves who it is at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AuthenticationMethod {
    /// `none`: a public client.
    #[serde(rename = "none")]
    None,
    /// `client_secret_basic`.
    #[serde(rename = "client_secret_basic")]
    SecretBasic,
    /// `client_secret_post`.
    #[serde(rename = "client_secret_post")]
    SecretPost,
    /// `private_key_jwt`: what it signed with its own key (RFC 7523 §2.2; OpenID Connect Core §9).
    #[serde(rename = "private_key_jwt")]
    PrivateKeyJwt,
}

impl AuthenticationMethod {
    /// Every method of this build.
    pub const ALL: [Self; 4] = [Self::None, Self::SecretBasic, Self::SecretPost, Self::PrivateKeyJwt];

    /// The registered name (RFC 7591 §2).
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SecretBasic => "client_secret_basic",
            Self::SecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// The answer to a client registration (RFC 7591 §3.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientInformation {
    /// The identifier given to it.
    pub client_id: ClientId,
    /// Its secret, unless it is public.
    pub client_secret: Option<ClientSecret>,
    /// What was registered.
    pub metadata: ClientMetadata,
}

/// What a browser brings to the authorization endpoint (RFC 6749 §4.1.1). Members are optional so that the server can
/// answer their absence as the text says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// `response_type`: `code` is the only one served.
    pub response_type: Option<Text>,
    /// `client_id`.
    pub client_id: Option<ClientId>,
    /// `redirect_uri`.
    pub redirect_uri: Option<Uri>,
    /// `scope`.
    pub scope: ScopeSet,
    /// `state`.
    pub state: Option<State>,
    /// `code_challenge` with method S256 (RFC 7636 §4.3).
    pub code_challenge: Option<Text>,
    /// `nonce` of OpenID Connect, echoed in the ID token.
    pub nonce: Option<Text>,
    /// `acr_values` (OpenID Connect Core §3.1.2.1): how strongly the person is to sign in; any one suffices.
    pub acr_values: Vec<Text>,
}

/// What the browser brings back to the redirection URI (RFC 6749 §4.1.2, RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AuthorizationReturn {
    /// The code, or why there is none.
    pub outcome: Result<AuthorizationCode, Text>,
    /// `state` as it was sent.
    pub state: Option<State>,
    /// `iss`: who answers (RFC 9207).
    pub issuer: Option<Uri>,
}

/// A request at the token endpoint; who asks is in the credentials beside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3.
    AuthorizationCode {
        /// The code from the redirect.
        code: AuthorizationCode,
        /// `redirect_uri`, the same as in the authorization request.
        redirect_uri: Option<Uri>,
        /// `code_verifier` (RFC 7636 §4.5).
        code_verifier: Option<CodeVerifier>,
    },
    /// RFC 6749 §4.4.2.
    ClientCredentials {
        /// `scope`.
        scope: ScopeSet,
    },
    /// RFC 6749 §6; Grant §3.6.
    Refresh {
        /// The refresh token.
        refresh_token: RefreshToken,
        /// `scope`, to narrow what comes back.
        scope: ScopeSet,
    },
    /// Grant §3.3.1.
    UmaTicket(UmaTicketGrant),
    /// RFC 7522 §2.1.
    Saml2Bearer {
        /// `assertion`.
        assertion: SamlAssertion,
        /// `scope`.
        scope: ScopeSet,
    },
    /// An access token of the same server for a SAML assertion (RFC 8693 §2.1): the only exchange of this build.
    ExchangeForAssertion {
        /// `subject_token`: an access token about the person.
        subject_token: Bearer,
        /// `audience`: who is to believe the assertion.
        audience: Uri,
    },
    /// A grant type that this build does not know, answered with `unsupported_grant_type`.
    Other(Text),
}

/// The parameters of the UMA grant (Grant §3.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UmaTicketGrant {
    /// REQUIRED. The newest ticket of this process.
    pub ticket: PermissionTicket,
    /// OPTIONAL. `claim_token` with its `claim_token_format`; both or neither.
    pub claim_token: Option<PushedClaimToken>,
    /// OPTIONAL. A persisted claims token.
    pub pct: Option<Pct>,
    /// OPTIONAL. An RPT to upgrade, which may be expired.
    pub rpt: Option<Bearer>,
    /// OPTIONAL. Scopes that count only if the client is pre-registered for them.
    pub scope: ScopeSet,
}

/// A claim token and its format (Grant §3.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PushedClaimToken {
    /// The token.
    pub token: ClaimToken,
    /// A URI that names its format.
    pub format: Text,
}

/// A successful answer of the token endpoint (RFC 6749 §5.1; Grant §3.3.5).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenResponse {
    /// A PAT, AAT, RPT or other access token.
    pub access_token: Bearer,
    /// `expires_in`, seconds.
    pub expires_in_secs: Option<u64>,
    /// `refresh_token`.
    pub refresh_token: Option<RefreshToken>,
    /// `scope`: absent with an RPT (Grant §3.3.5).
    pub scope: Option<ScopeSet>,
    /// `id_token` of OpenID Connect.
    pub id_token: Option<ClaimToken>,
    /// `pct` (Grant §3.3.5).
    pub pct: Option<Pct>,
    /// `upgraded` (Grant §3.3.5): true when the permissions of the submitted RPT are in this one.
    pub upgraded: bool,
}

/// A SAML assertion in the answer to a token exchange (RFC 8693 §2.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IssuedAssertion {
    /// `access_token`, which is none: `token_type` is `N_A`.
    pub assertion: SamlAssertion,
    /// `expires_in`, seconds.
    pub expires_in_secs: Option<u64>,
}

/// A request at the revocation endpoint (RFC 7009 §2.1; hint `pct` of Grant §3.7).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RevocationRequest {
    /// The token.
    pub token: Bearer,
    /// `token_type_hint`.
    pub hint: Option<Text>,
}

/// A question about a token (FedAuthz §5.1; D6 §3.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IntrospectionRequest {
    /// The token that a client presented.
    pub token: Bearer,
    /// `resource_set_id`: which resource it was presented for, shown in draft-06 only.
    pub resource_id: Option<crate::wire::ResourceId>,
    /// `host_id`, shown in draft-06 only. Nobody believes it: the PAT says who asks.
    pub host_id: Option<Text>,
}

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IntrospectionResponse {
    /// The token is good at this resource server and carries these permissions, perhaps none.
    Active(ActiveToken),
    /// Unknown, expired, revoked, or another resource server's.
    Inactive,
}

/// What is said of a token that is good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ActiveToken {
    /// The permissions in force.
    pub permissions: Vec<crate::wire::Permission>,
    /// `exp` of the whole token (2.0).
    pub expires_at: Option<crate::wire::Timestamp>,
    /// `iat` of the whole token (2.0).
    pub issued_at: Option<crate::wire::Timestamp>,
    /// `nbf` of the whole token (2.0).
    pub not_before: Option<crate::wire::Timestamp>,
    /// For how many seconds the answer may be used again (`Cache-Control: max-age`; D6 §3.3.1 "cache period").
    pub cache_secs: Option<u64>,
}
