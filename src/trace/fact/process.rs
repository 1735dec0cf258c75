//! Authorization processes: their tickets, and the claims established in them.

use super::{SessionHash, TicketHash};
use crate::wire::page::DenialReason;
use crate::wire::token::{State, kind};
use crate::wire::{ClientId, PersonId, Timestamp, TokenHash, Uri};
use serde::{Deserialize, Serialize};

/// One authorization process at one authorization server: a chain of tickets (Grant §1.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcessId(pub u64);

/// A person as somebody vouches for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Who vouches.
    pub issuer: Uri,
    /// The person there.
    pub person: PersonId,
}

/// Why a ticket was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TicketReason {
    /// A resource server asked for it.
    PermissionRequest,
    /// With `need_info`.
    NeedInfo,
    /// With `request_submitted`.
    RequestSubmitted,
    /// With the return from claims interaction.
    ClaimsReturn,
}

/// How claims came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimsSource {
    /// Pushed by the client in a claim token.
    Pushed(TokenHash<kind::ClaimTokenKind>),
    /// Gathered from the person.
    Gathered(SessionHash),
    /// Behind a PCT.
    Pct(TokenHash<kind::PctKind>),
    /// Known of the AAT's client and requesting party (D6 §3.4.1).
    Aat(TokenHash<kind::AatKind>),
}

impl ClaimsSource {
    /// The AAT, if one brought them.
    pub fn aat(&self) -> Option<TokenHash<kind::AatKind>> {
        match self {
            Self::Aat(aat) => Some(*aat),
            Self::Pushed(_) | Self::Gathered(_) | Self::Pct(_) => None,
        }
    }
}

/// A person began to give claims.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InteractionStarted {
    /// The process.
    pub process: ProcessId,
    /// The browser session.
    pub session: SessionHash,
    /// The client whose process it is.
    pub client: ClientId,
    /// Where to go afterwards.
    pub redirect_uri: Uri,
    /// What to return there.
    pub state: Option<State>,
    /// The ticket that was presented.
    pub ticket: TicketHash,
}

/// A process ended without a grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestDenied {
    /// The process.
    pub process: ProcessId,
    /// The ticket that was presented.
    pub ticket: TicketHash,
    /// When, by the server's clock; `None` in journals from before there were times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<DenialReason>,
    /// The client; `None` when nobody knows it, and in journals from before it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
    /// Who the claims say it was; nobody in journals from before it was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
}
