//! RPTs and PCTs as their authorization server knows them, and the resources that they are about.

use super::{ProcessId, RefreshHash, RptHash, Subject, TicketHash};
use crate::wire::token::kind;
use crate::wire::{Claim, ClientId, Permission, PersonId, PolicyId, ResourceId, Timestamp, TokenHash};
use serde::{Deserialize, Serialize};

/// One registered resource: identifiers alone may be equal at two resource servers or for two owners (AT-49).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceKey {
    /// The owner.
    pub owner: PersonId,
    /// The resource server, by its client identifier at the authorization server.
    pub resource_server: ClientId,
    /// The identifier.
    pub id: ResourceId,
}

/// One permission of an RPT with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GrantedPermission {
    /// The resource.
    pub resource: ResourceKey,
    /// The permission as introspection shows it.
    pub permission: Permission,
    /// The process whose assessment granted it.
    pub process: ProcessId,
    /// When that assessment was committed, by the server's clock.
    pub granted_at: Timestamp,
    /// The policies that permitted it, with the version in force.
    pub policies: Vec<(PolicyId, u64)>,
    /// Who the requesting party was, by the claims used.
    pub subjects: Vec<Subject>,
}

/// Where an RPT comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RptOrigin {
    /// The UMA grant.
    Ticket {
        /// The ticket.
        ticket: TicketHash,
        /// Its process.
        process: ProcessId,
        /// The RPT whose permissions it carries on.
        upgraded_from: Option<RptHash>,
    },
    /// A refresh token (Grant §3.6).
    Refresh {
        /// Which.
        refresh: RefreshHash,
        /// The RPT it renews.
        of: RptHash,
    },
    /// The RPT endpoint (D6 §3.4.2): no authorization data.
    Aat(TokenHash<kind::AatKind>),
    /// The RPT endpoint that takes the ticket itself (Core 1.0.1 §3.5.3).
    AatAndTicket {
        /// The AAT.
        aat: TokenHash<kind::AatKind>,
        /// The ticket.
        ticket: TicketHash,
        /// Its process.
        process: ProcessId,
        /// The RPT whose permissions it carries on.
        upgraded_from: Option<RptHash>,
    },
}

impl RptOrigin {
    /// The AAT under which the RPT was issued, where there are any.
    pub const fn aat(&self) -> Option<TokenHash<kind::AatKind>> {
        match self {
            Self::Aat(aat) | Self::AatAndTicket { aat, .. } => Some(*aat),
            Self::Ticket { .. } | Self::Refresh { .. } => None,
        }
    }

    /// The ticket that it was granted on at its issue, and the ticket's process.
    pub const fn ticket(&self) -> Option<(TicketHash, ProcessId)> {
        match self {
            Self::Ticket { ticket, process, .. } | Self::AatAndTicket { ticket, process, .. } => {
                Some((*ticket, *process))
            }
            Self::Refresh { .. } | Self::Aat(_) => None,
        }
    }

    /// The RPT whose permissions it carries on.
    pub const fn upgraded_from(&self) -> Option<RptHash> {
        match self {
            Self::Ticket { upgraded_from, .. } | Self::AatAndTicket { upgraded_from, .. } => *upgraded_from,
            Self::Refresh { .. } | Self::Aat(_) => None,
        }
    }
}

/// A persisted claims token was issued (Grant §3.3.5).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PctIssued {
    /// The PCT.
    pub pct: TokenHash<kind::PctKind>,
    /// To whom.
    pub client: ClientId,
    /// About whom.
    pub subjects: Vec<Subject>,
    /// The claims behind it.
    pub claims: Vec<Claim>,
    /// When those claims were established.
    pub established_at: Timestamp,
    /// The first instant at which it is void.
    pub expires_at: Timestamp,
}
