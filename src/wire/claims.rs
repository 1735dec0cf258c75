//! Claims about requesting parties, how they travel, and how an authorization server asks for them.

use crate::wire::{ClaimName, ClientId, PermissionTicket, PersonId, Text, Timestamp, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A statement about a person, by whoever issued it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// Such as `email`.
    pub name: ClaimName,
    /// The value as text.
    pub value: Text,
    /// Who vouches for it: an identity provider, or the authorization server itself for its own accounts.
    pub issuer: Uri,
}

/// Claims established in one process, each once.
pub type ClaimSet = BTreeSet<Claim>;

/// A hint at a claim that would help (`required_claims` of Grant §3.3.6). Every member is OPTIONAL on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequiredClaim {
    /// `name`: the claim.
    pub name: Option<ClaimName>,
    /// `friendly_name`: what to call it before people.
    pub friendly_name: Option<Text>,
    /// `claim_type`.
    pub claim_type: Option<Text>,
    /// `claim_token_format`: the formats accepted for it.
    pub claim_token_format: Vec<Text>,
    /// `issuer`: who may vouch for it.
    pub issuer: Vec<Uri>,
}

/// `error_details` of `need_info` (Core 1.0.1 §3.5.4.1, §3.5.4.2): hints at what would help. Without any it is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ErrorDetails {
    /// `authentication_context.required_acr`: any one of them suffices for the AAT; none when its sign-in is enough.
    pub required_acr: Vec<Text>,
    /// `requesting_party_claims`.
    pub requesting_party_claims: Option<RequestingPartyClaims>,
}

/// `requesting_party_claims` (Core 1.0.1 §3.5.4.2); REQUIRED is at least one of claims and redirect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestingPartyClaims {
    /// `required_claims`: what to push, or what the person will be asked.
    pub required_claims: Vec<RequiredClaim>,
    /// `redirect_user`: whether to send the person to the claims endpoint of the configuration data.
    pub redirect_user: bool,
    /// `ticket`: deprecated; nobody relies on it.
    pub ticket: Option<PermissionTicket>,
}

/// The authentication context class of a sign-in with a password (SAML 2.0 authentication context §3.4.6).
pub const ACR_PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
/// The authentication context class of a sign-in with a second factor (OpenID PAPE 1.0 §4).
pub const ACR_MULTI_FACTOR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// The claim token format of an OpenID Connect ID token (Grant §3.3.1 example).
pub const ID_TOKEN_FORMAT: &str = "http://openid.net/specs/openid-connect-core-1_0.html#IDToken";

/// The `nonce` with which a client asks for an ID token that it is going to push to an authorization server: base64url of
/// the SHA-256 of its client identifier there (Grant §5.7 leaves it to profiles).
pub fn nonce_of_client(client: &ClientId) -> Text {
    URL_SAFE_NO_PAD.encode(Sha256::digest(client.as_str().as_bytes())).into()
}

/// What an ID token says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// `iss`.
    pub issuer: Uri,
    /// `sub`: the person at that issuer.
    pub subject: PersonId,
    /// `aud`: client identifiers at the issuer, or the issuer URI of an authorization server.
    pub audience: BTreeSet<Text>,
    /// `azp`: the client it was issued to.
    pub authorized_party: Option<ClientId>,
    /// `exp`, whole seconds.
    pub expires_at: Timestamp,
    /// `iat`, whole seconds.
    pub issued_at: Timestamp,
    /// `nonce`.
    pub nonce: Option<Text>,
    /// `acr`: how strongly the person signed in (OpenID Connect Core §2).
    pub acr: Option<Text>,
    /// `jti`: tells it from any other of its issuer (RFC 7519 §4.1.7).
    pub id: Option<Text>,
    /// The other claims, as name and text value.
    pub claims: std::collections::BTreeMap<ClaimName, Text>,
}
