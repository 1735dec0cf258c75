//! Tokens as the client that got them keeps them.

use super::{RptHash, SessionHash};
use crate::wire::{Aat, RefreshToken, Rpt, Text, Timestamp, Uri};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A client got an RPT.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RptObtained {
    /// The issuer.
    pub as_uri: Uri,
    /// The origin of the resource server it is for.
    pub resource_server: Text,
    /// The browser session.
    pub session: Option<SessionHash>,
    /// The resource that it was sought for.
    pub resource: Uri,
    /// The RPT.
    pub rpt: Rpt,
    /// To renew it.
    pub refresh: Option<RefreshToken>,
    /// The RPT it replaces.
    pub replaces: Option<RptHash>,
    /// The resources that the RPT it replaces was obtained for; `None` where it replaces none, and in journals from before
    /// they were named, where the fact about that RPT tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carries: Option<BTreeSet<Uri>>,
}

/// A client got an AAT (D6 §3.4.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AatObtained {
    /// The issuer.
    pub as_uri: Uri,
    /// The browser session it is for; `None` for the organisation that runs the client.
    pub session: Option<SessionHash>,
    /// The AAT.
    pub aat: Aat,
    /// To renew it.
    pub refresh: Option<RefreshToken>,
    /// The first instant at which it is void, by its own clock.
    pub expires_at: Option<Timestamp>,
}
