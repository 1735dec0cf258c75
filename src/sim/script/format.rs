//! The TOML of a script, member by member. Nothing is resolved here; unknown members are errors.

use super::Revisions;
pub use super::client_table::ClientTable;
use super::condition::ConditionTable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// A whole file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScriptFile {
    /// One line.
    pub title: String,
    /// What it shows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The sections of the specifications that it walks through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spec: Vec<String>,
    /// `draft-05`, `draft-06` or `2.0`.
    pub revision: Spanned<String>,
    /// False for a story that shows something failing on purpose; the default plan of `explore` leaves it out.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub clean: bool,
    /// What a replay has to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedTable>,
    /// Constants of the run.
    #[serde(default, skip_serializing_if = "SettingsTable::is_default")]
    pub settings: SettingsTable,
    /// Identity providers.
    #[serde(default, rename = "identity-provider", skip_serializing_if = "Vec::is_empty")]
    pub identity_providers: Vec<IdentityProviderTable>,
    /// Authorization servers.
    #[serde(default, rename = "authorization-server")]
    pub authorization_servers: Vec<AuthorizationServerTable>,
    /// Resource servers.
    #[serde(default, rename = "resource-server")]
    pub resource_servers: Vec<ResourceServerTable>,
    /// Clients.
    #[serde(default, rename = "client")]
    pub clients: Vec<ClientTable>,
    /// People.
    #[serde(default, rename = "person")]
    pub people: Vec<PersonTable>,
    /// What is done, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepTable>,
    /// Deviations from first in, first out.
    #[serde(default, rename = "schedule", skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<DeviationTable>,
    /// What must have happened at the end.
    #[serde(default, rename = "expect", skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<crate::check::expectation::Expectation>,
}

pub(super) const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) const fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) const fn is_false(value: &bool) -> bool {
    !*value
}

/// `[recorded]`: the run that a script was written from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecordedTable {
    /// The version of this program.
    pub version: String,
    /// The digest of the run on the kernel host.
    pub digest: String,
    /// The invariant that it violates.
    pub violates: String,
}

/// `[settings]`. Spans of time are text: `250ms`, `10s`, `5m`, `2h`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SettingsTable {
    /// How long a message takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Spanned<String>>,
    /// How long a crashed node stays down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downtime: Option<Spanned<String>>,
    /// Keys the random bytes of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// True when the run this was taken from could lose messages or crash nodes, whatever is left of that here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<bool>,
}

impl SettingsTable {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `[[identity-provider]]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IdentityProviderTable {
    /// Its name; its origin is `https://NAME.example`.
    pub name: Spanned<String>,
    /// How long an ID token is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_lifetime: Option<Spanned<String>>,
    /// When it begins to sign with another key, counted from the start of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotates_key_after: Option<Spanned<String>>,
    /// How long a SAML assertion is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion_lifetime: Option<Spanned<String>>,
    /// Rules it does not obey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_rules: Vec<Spanned<String>>,
}

/// `[[authorization-server]]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AuthorizationServerTable {
    /// Its name; its issuer is `https://NAME.example`.
    pub name: Spanned<String>,
    /// The revision it serves, or `["1.0.1", "2.0"]` for both side by side; the script's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Spanned<Revisions>>,
    /// Identity providers whose ID tokens it believes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusts: Vec<Spanned<String>>,
    /// Identity providers whose SAML assertions it takes as a grant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes_assertions_of: Vec<Spanned<String>>,
    /// The identity provider it sends people to for claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims_from: Option<Spanned<String>>,
    /// How long tickets are good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_lifetime: Option<Spanned<String>>,
    /// How long RPTs are good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpt_lifetime: Option<Spanned<String>>,
    /// How long permissions are good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission_lifetime: Option<Spanned<String>>,
    /// How long PATs and AATs are good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<Spanned<String>>,
    /// How long refresh tokens are good that are not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime: Option<Spanned<String>>,
    /// How long PCTs are good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pct_lifetime: Option<Spanned<String>>,
    /// `interval` of `request_submitted`, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_interval_secs: Option<u64>,
    /// Whether refresh tokens are issued.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub refresh_tokens: bool,
    /// Whether PCTs are issued.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub pcts: bool,
    /// Whether clients may register themselves.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub dynamic_registration: bool,
    /// Whether what passed is granted when not everything did.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial_grants: bool,
    /// `opaque` or `jwt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpt_format: Option<Spanned<String>>,
    /// `per-rs` or `literal`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpt_reissue: Option<Spanned<String>>,
    /// `new-string`, `same-string` (1.0.1) or `never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Spanned<String>>,
    /// Grant types for PATs; all that the build knows when absent (1.0.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pat_grant_types: Option<Vec<Spanned<String>>>,
    /// Grant types for AATs, likewise (1.0.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aat_grant_types: Option<Vec<Spanned<String>>>,
    /// Whether the claims-security extension is in force (1.0.1).
    #[serde(default, skip_serializing_if = "is_false")]
    pub security_enhanced_claims: bool,
    /// `supported` or `extension-only`, where the multi-permission extension is spoken (1.0.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi_permission: Option<Spanned<String>>,
    /// How the person of an AAT has to have signed in for the RPT endpoint: `password`, `multi-factor` or a URI; any will
    /// do (1.0.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rpt_endpoint_acr: Vec<String>,
    /// What the RPT endpoint answers to a weaker one: `insufficient-scope` or `need-info` (1.0.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weak_aat: Option<Spanned<String>>,
    /// Whether a second client that presents a ticket ends the RPTs granted on it (1.0.1).
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub second_client_ends_rpts: bool,
    /// The cache period of introspection answers, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_cache_secs: Option<u64>,
    /// By how much its clock is wrong, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_millis: Option<i64>,
    /// Rules it does not obey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_rules: Vec<Spanned<String>>,
}

/// `[[resource-server]]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResourceServerTable {
    /// Its name; its origin is `https://NAME.example`.
    pub name: Spanned<String>,
    /// The identity provider by whose SAML assertions it gets PATs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertions_from: Option<Spanned<String>>,
    /// The revision it speaks; the script's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Spanned<String>>,
    /// For how long an introspection answer is used again where the authorization server says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Spanned<String>>,
    /// Where it is configured with credentials instead of registering itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introduced_at: Vec<Spanned<String>>,
    /// Whether it signs to prove who it is (`private_key_jwt`) instead of showing a secret.
    #[serde(default, skip_serializing_if = "is_false")]
    pub signs: bool,
    /// By how much its clock is wrong, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_millis: Option<i64>,
    /// Rules it does not obey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_rules: Vec<Spanned<String>>,
    /// What the scopes are called that it describes; in the drafts the first resource server of a script describes every
    /// scope anyway.
    #[serde(default, rename = "scope", skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeTable>,
    /// What it serves.
    #[serde(default, rename = "resource")]
    pub resources: Vec<ResourceTable>,
}

/// `[[resource-server.scope]]`: the description at `https://SERVER.example/scopes/WORD`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScopeTable {
    /// The last part of its URI.
    pub word: String,
    /// Its name for people.
    pub name: String,
    /// Its icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// For how many seconds authorization servers may keep the description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_secs: Option<u64>,
}

/// `[[resource-server.resource]]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResourceTable {
    /// Its path.
    pub path: Spanned<String>,
    /// Its name at the authorization server; the path when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its type there.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Whose it is.
    pub owner: Spanned<String>,
    /// Which authorization server protects it.
    pub protected_by: Spanned<String>,
    /// What is shown to whoever gets it; the name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Which scopes a method needs; `GET` needs `view` when absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub need: BTreeMap<String, Vec<String>>,
    /// False for content that appears later.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub exists: bool,
}

/// `[[person]]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PersonTable {
    /// The name, also of the accounts.
    pub name: Spanned<String>,
    /// Servers where the person has an account, with the claims that the server vouches for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<Spanned<String>, BTreeMap<String, String>>,
    /// Whether clients that ask are approved.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub approves: bool,
    /// Whether claims are given.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub gives_claims: bool,
    /// Whether the password is the account's.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub knows_password: bool,
    /// Whether the second factor is.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub has_second_factor: bool,
}

/// `[[step]]`. Which members go with which `does` is said in the table of the README.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StepTable {
    /// Roots the names of everything this step leads to; `WHO.DOES#N` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A heading for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How long after the start; when everything before it has come to rest, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Spanned<String>>,
    /// Who: a node's name, or `world`.
    pub who: Option<Spanned<String>>,
    /// What.
    pub does: Option<Spanned<String>>,
    /// A client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<Spanned<String>>,
    /// `SERVER/path` of a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Spanned<String>>,
    /// The HTTP method; `GET` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A resource server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_server: Option<Spanned<String>>,
    /// An authorization server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Spanned<String>>,
    /// The identifier of a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Spanned<String>>,
    /// Names of resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// A type of resources.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// All of the owner's resources.
    #[serde(skip_serializing_if = "is_false")]
    pub all: bool,
    /// Scopes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// When a policy permits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permit: Option<Spanned<ConditionTable>>,
    /// A decision: yes or no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<bool>,
    /// A path of a resource server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Spanned<String>>,
    /// A span of time.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub for_: Option<Spanned<String>>,
    /// A node: that crashes, or at the far end of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Spanned<String>>,
    /// The near end of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Spanned<String>>,
    /// By how much a clock is stepped, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_millis: Option<i64>,
    /// The user name at an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Spanned<String>>,
    /// What is replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<Spanned<String>>,
    /// The endpoint it is replayed at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Spanned<String>>,
    /// As which client it is replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_client: Option<Spanned<String>>,
    /// How often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The revision moved to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Spanned<String>>,
}

/// `[[schedule]]`: one deviation from first in, first out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeviationTable {
    /// The step: `bob.fetch#1/token#2/answer`.
    pub at: Spanned<String>,
    /// What happens there: `lose`, `duplicate`, `delay 3s`, `flush 1s`, `refuse-write`, `crash before-write`,
    /// `crash after-write`, `crash after-send`.
    #[serde(rename = "do")]
    pub what: Spanned<String>,
}
