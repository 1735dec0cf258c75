//! Authorization processes: their tickets, and the claims established in them.

use super::{SessionHash, TicketHash};
use crate::wire::token::{State, kind};
use crate::wire::{ClientId, PersonId, TokenHash, Uri};
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
