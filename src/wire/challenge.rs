//! How a resource server sends a client to an authorization server (Grant §3.2; D6 §3.1.1, §3.1.2).

use crate::wire::{PermissionTicket, Text, Uri};
use serde::{Deserialize, Serialize};

/// `WWW-Authenticate: UMA ...`, and in draft-06 a ticket in the body.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Challenge {
    /// `realm`.
    pub realm: Option<Text>,
    /// `host_id`: the resource server's own identifier, draft-06 only.
    pub host_id: Option<Text>,
    /// `as_uri`: the issuer of the authorization server that protects the resource.
    pub as_uri: Uri,
    /// What the challenge says.
    pub reason: ChallengeReason,
}

/// Why the request was refused, and what the client can do about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChallengeReason {
    /// 401 without a ticket: get an RPT first (D6 §3.1.1).
    RptNeeded,
    /// 403 with `error="insufficient_scope"` and the ticket in the body: ask for authorization data (D6 §3.1.2).
    AuthorizationDataNeeded(PermissionTicket),
    /// 403 with `error="insufficient_scope"` and the ticket in the header: what 1.0.1 also allows (Core 1.0.1 §3.3.1).
    MoreNeeded(PermissionTicket),
    /// 401 with the ticket in the header: ask for an RPT with it (Grant §3.2.1; Core 1.0.1 §3.3.1).
    TicketGiven(PermissionTicket),
}
