//! When a policy permits, as scripts say it.

use super::format::is_false;
use serde::{Deserialize, Serialize};

/// When a policy permits: exactly one member.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ConditionTable {
    /// Anybody.
    #[serde(skip_serializing_if = "is_false")]
    pub anyone: bool,
    /// All of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<ConditionTable>>,
    /// One of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<ConditionTable>>,
    /// This person, as vouched for by `at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Who vouches for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Through this client, which must be introduced at the authorization server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The name of a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Who vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How old it may be, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_secs: Option<u64>,
    /// Between these times after the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<(String, String)>,
    /// Signed in for the AAT in one of these ways: `password`, `multi-factor` or a URI (1.0.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_in_with: Option<Vec<String>>,
    /// The owner agrees while the request waits.
    #[serde(skip_serializing_if = "is_false")]
    pub owner_approves: bool,
}
