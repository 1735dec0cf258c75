//! What facts call secrets by.

use crate::wire::TokenHash;
use crate::wire::token::kind;

/// Hash of a permission ticket.
pub type TicketHash = TokenHash<kind::TicketKind>;
/// Hash of an RPT.
pub type RptHash = TokenHash<kind::RptKind>;
/// Hash of any access token, whatever its kind.
pub type BearerHash = TokenHash<kind::BearerKind>;
/// Hash of a refresh token.
pub type RefreshHash = TokenHash<kind::RefreshKind>;
/// Hash of a SAML assertion.
pub type AssertionHash = TokenHash<kind::AssertionKind>;
/// Hash of a session cookie.
pub type SessionHash = TokenHash<kind::SessionKind>;
