//! What accounts, codes, assertions and access tokens of a server are made of in its facts.

use super::{AssertionHash, BearerHash, SessionHash};
use crate::wire::token::kind;
use crate::wire::{ClientId, PersonId, ScopeSet, Text, Timestamp, TokenHash, Uri};
use serde::{Deserialize, Serialize};

/// What a sign-in led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// A browser session.
    Session(SessionHash),
    /// An authorization code.
    Code(TokenHash<kind::CodeKind>),
    /// An access token.
    Token(BearerHash),
}

/// What kind of token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenWhat {
    /// A PAT, an AAT or another access token that is no RPT.
    AccessToken,
    /// An RPT.
    Rpt,
    /// A refresh token.
    RefreshToken,
    /// A PCT.
    Pct,
}

/// Why a token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationCause {
    /// The client asked (RFC 7009).
    Asked,
    /// The person withdrew their approval.
    ApprovalWithdrawn,
    /// The owner withdrew the policy behind it.
    PolicyWithdrawn,
    /// A new token takes its place (Grant §3.3.5.1; D6 §3.4.2).
    Replaced,
    /// A code or ticket it came from was presented again (RFC 6749 §4.1.2; Grant §5.5).
    Replay,
    /// What it was derived from was revoked (RFC 7009 §2.1).
    ParentRevoked,
    /// The operator removed the account, the client or the trust that it rests on.
    Operator,
}

/// An authorization code was issued.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CodeIssued {
    /// The code.
    pub code: TokenHash<kind::CodeKind>,
    /// To whom.
    pub client: ClientId,
    /// On whose behalf.
    pub person: PersonId,
    /// For what.
    pub scope: ScopeSet,
    /// `redirect_uri` of the request.
    pub redirect_uri: Uri,
    /// `code_challenge`.
    pub code_challenge: Option<Text>,
    /// `nonce`.
    pub nonce: Option<Text>,
    /// The first instant at which it is void.
    pub expires_at: Timestamp,
}

/// An identity provider issued a SAML assertion (RFC 7522 §3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssertionIssued {
    /// The assertion as it is presented.
    pub assertion: AssertionHash,
    /// `ID`.
    pub id: Text,
    /// About whom.
    pub person: PersonId,
    /// To which client.
    pub client: ClientId,
    /// Who is to believe it.
    pub audience: Uri,
    /// Where it may be presented.
    pub recipient: Uri,
    /// The first instant at which it is void.
    pub expires_at: Timestamp,
}

/// A SAML assertion was taken for an access token, and is good for nothing more (RFC 7522 §3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssertionRedeemed {
    /// The assertion as it was presented.
    pub assertion: AssertionHash,
    /// Who issued it.
    pub issuer: Uri,
    /// `ID`: with the issuer the name of the tombstone.
    pub id: Text,
    /// Whom it was about, by account here.
    pub person: PersonId,
    /// Who presented it.
    pub client: ClientId,
    /// The first instant at which it is void anyway.
    pub expires_at: Timestamp,
}
