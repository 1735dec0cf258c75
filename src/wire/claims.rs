//! Claims about requesting parties, how they travel, and how an authorization server asks for them.

use crate::wire::{ClaimName, ClientId, PersonId, Text, Timestamp, Uri};
use serde::{Deserialize, Serialize};
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

/// The claim token format of an OpenID Connect ID token (Grant §3.3.1 example).
pub const ID_TOKEN_FORMAT: &str = "http://openid.net/specs/openid-connect-core-1_0.html#IDToken";

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
    /// The other claims, as name and text value.
    pub claims: std::collections::BTreeMap<ClaimName, Text>,
}
