//! The TOML of a node's file, member by member. Nothing is resolved here; unknown members are errors.

use super::paths::PathsTable;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use umaverse::sim::script::Revisions;

/// A whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NodeFile {
    /// What every node has.
    pub(crate) node: NodeTable,
    /// TLS, where the node itself speaks it.
    pub(crate) tls: Option<Spanned<TlsTable>>,
    /// Whom its client trusts.
    #[serde(default)]
    pub(crate) trust: TrustTable,
    /// What its front refuses alone.
    #[serde(default)]
    pub(crate) limits: LimitsTable,
    /// Health and figures.
    pub(crate) operations: Option<OperationsTable>,
    /// When the journal is shortened.
    #[serde(default)]
    pub(crate) snapshots: SnapshotsTable,
    /// What it writes for `umaverse audit`.
    #[serde(default)]
    pub(crate) trace: TraceTable,
    /// People.
    #[serde(default, rename = "account")]
    pub(crate) accounts: Vec<AccountTable>,
    /// Other servers that speak another revision.
    #[serde(default, rename = "peer")]
    pub(crate) peers: Vec<PeerTable>,
    /// Of `serve as` alone.
    pub(crate) authorization_server: Option<Spanned<AuthorizationServerTable>>,
    /// Of `serve rs` alone.
    pub(crate) resource_server: Option<Spanned<ResourceServerTable>>,
    /// Of `serve client` alone.
    pub(crate) client: Option<Spanned<ClientTable>>,
    /// Of `serve idp` alone.
    pub(crate) identity_provider: Option<Spanned<IdentityProviderTable>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NodeTable {
    pub(crate) listen: Spanned<String>,
    pub(crate) origin: Spanned<String>,
    pub(crate) revision: Option<Spanned<Revisions>>,
    pub(crate) journal: Spanned<String>,
    pub(crate) key: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) insecure: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TlsTable {
    pub(crate) certificate: Spanned<String>,
    pub(crate) key: Spanned<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TrustTable {
    /// False when the authorities of the system are not trusted.
    pub(crate) system: Option<bool>,
    #[serde(default)]
    pub(crate) authorities: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LimitsTable {
    pub(crate) target_bytes: Option<usize>,
    pub(crate) header_bytes: Option<usize>,
    pub(crate) body_bytes: Option<usize>,
    pub(crate) head_within: Option<Spanned<String>>,
    pub(crate) body_within: Option<Spanned<String>>,
    pub(crate) open_exchanges: Option<usize>,
    pub(crate) stop_within: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct OperationsTable {
    pub(crate) listen: Spanned<String>,
    pub(crate) token_file: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SnapshotsTable {
    pub(crate) every: Option<Spanned<u64>>,
    pub(crate) keep: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TraceTable {
    pub(crate) folder: Option<Spanned<String>>,
    pub(crate) key: Option<Spanned<String>>,
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) max_bytes: Option<Spanned<u64>>,
    pub(crate) clock_error: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AccountTable {
    pub(crate) name: Spanned<String>,
    pub(crate) password: Spanned<String>,
    pub(crate) second_factor: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) claims: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PeerTable {
    pub(crate) origin: Spanned<String>,
    pub(crate) revision: Spanned<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AuthorizationServerTable {
    #[serde(default)]
    pub(crate) dynamic_registration: Option<bool>,
    #[serde(default)]
    pub(crate) refresh_tokens: bool,
    #[serde(default)]
    pub(crate) pcts: bool,
    #[serde(default)]
    pub(crate) partial_grants: bool,
    pub(crate) rpt_format: Option<Spanned<String>>,
    pub(crate) upgrade: Option<Spanned<String>>,
    pub(crate) ticket_lifetime: Option<Spanned<String>>,
    pub(crate) rpt_lifetime: Option<Spanned<String>>,
    pub(crate) permission_lifetime: Option<Spanned<String>>,
    pub(crate) access_token_lifetime: Option<Spanned<String>>,
    pub(crate) refresh_token_lifetime: Option<Spanned<String>>,
    pub(crate) session_lifetime: Option<Spanned<String>>,
    pub(crate) pct_lifetime: Option<Spanned<String>>,
    pub(crate) poll_interval_secs: Option<u64>,
    pub(crate) introspection_cache_secs: Option<u64>,
    #[serde(default)]
    pub(crate) trusts: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) takes_assertions_of: Vec<Spanned<String>>,
    pub(crate) claims_from: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) paths: PathsTable,
    #[serde(default, rename = "identity-provider")]
    pub(crate) identity_providers: Vec<TrustedTable>,
    #[serde(default, rename = "client")]
    pub(crate) clients: Vec<KnownClientTable>,
}

/// An identity provider whose ID tokens an authorization server believes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TrustedTable {
    pub(crate) issuer: Spanned<String>,
    pub(crate) audience: Option<String>,
    pub(crate) jwks_uri: Option<Spanned<String>>,
    pub(crate) jwks_file: Option<Spanned<String>>,
}

/// A client that an authorization server knows from its file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KnownClientTable {
    pub(crate) id: Spanned<String>,
    pub(crate) secret: Option<String>,
    /// A key set, as JSON has it.
    pub(crate) jwks: Option<Spanned<serde_json::Value>>,
    pub(crate) jwks_file: Option<Spanned<String>>,
    /// Where its key set is: fetched when the client signs with a key that is not known.
    pub(crate) jwks_uri: Option<Spanned<String>>,
    pub(crate) signing_algorithm: Option<String>,
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) redirect_uris: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) claims_redirect_uris: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ResourceServerTable {
    pub(crate) name: String,
    pub(crate) authentication: Option<Spanned<String>>,
    pub(crate) cache: Option<Spanned<String>>,
    pub(crate) leeway: Option<Spanned<String>>,
    pub(crate) assertions_from: Option<Spanned<String>>,
    #[serde(rename = "folder")]
    pub(crate) folders: Vec<FolderTable>,
    #[serde(default, rename = "credentials")]
    pub(crate) credentials: Vec<CredentialsTable>,
}

/// A folder of files, each of them a resource.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FolderTable {
    pub(crate) path: Spanned<String>,
    pub(crate) at: Spanned<String>,
    pub(crate) owner: Spanned<String>,
    pub(crate) protected_by: Spanned<String>,
    #[serde(rename = "type")]
    pub(crate) type_: Option<String>,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

/// Credentials at another server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CredentialsTable {
    pub(crate) at: Spanned<String>,
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClientTable {
    pub(crate) name: String,
    pub(crate) authentication: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) public: bool,
    #[serde(default)]
    pub(crate) upgrades: bool,
    #[serde(default)]
    pub(crate) registered_scopes: Vec<String>,
    #[serde(default)]
    pub(crate) requested_scopes: Vec<String>,
    pub(crate) pushes_claims_from: Option<Spanned<String>>,
    pub(crate) assertions_from: Option<Spanned<String>>,
    pub(crate) polls_max: Option<u32>,
    pub(crate) attempts_max: Option<u32>,
    #[serde(default, rename = "credentials")]
    pub(crate) credentials: Vec<CredentialsTable>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct IdentityProviderTable {
    pub(crate) id_token_lifetime: Option<Spanned<String>>,
    pub(crate) assertion_lifetime: Option<Spanned<String>>,
    #[serde(default, rename = "assertion-recipient")]
    pub(crate) assertion_recipients: Vec<RecipientTable>,
    pub(crate) session_lifetime: Option<Spanned<String>>,
}

/// A server that takes assertions of an identity provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RecipientTable {
    pub(crate) issuer: Spanned<String>,
    pub(crate) token_endpoint: Spanned<String>,
}
