//! The table of a client.

use super::format::{is_false, is_true, yes};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[[client]]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientTable {
    /// Its name; its origin is `https://NAME.example`.
    pub name: Spanned<String>,
    /// The revision it speaks; the script's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Spanned<String>>,
    /// True for the party that also replays what it received.
    #[serde(default, skip_serializing_if = "is_false")]
    pub replays: bool,
    /// Authorization servers where it is configured with credentials (its identifier is its name) instead of
    /// registering itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introduced_at: Vec<Spanned<String>>,
    /// The resource server that is the same party: one registration, where that one is introduced, for both (Core 1.0.1
    /// §1.3.1, §1.3.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_as: Option<Spanned<String>>,
    /// The scopes it is pre-registered for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registered_scopes: Vec<String>,
    /// The scopes it asks for beyond the ticket's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requested_scopes: Vec<String>,
    /// The scopes it asks for with an AAT (drafts); `.../scopes/authz.json` when absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aat_scopes: Vec<String>,
    /// The identity provider whose ID tokens it pushes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushes_claims_from: Option<Spanned<String>>,
    /// The identity provider by whose SAML assertions it gets AATs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertions_from: Option<Spanned<String>>,
    /// Whether it asks for upgrades.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub upgrades: bool,
    /// True for a program by which owners manage their policies through the owners' API.
    #[serde(default, skip_serializing_if = "is_false")]
    pub manages: bool,
    /// Whether it signs to prove who it is (`private_key_jwt`) instead of showing a secret.
    #[serde(default, skip_serializing_if = "is_false")]
    pub signs: bool,
    /// Whether it is a public client.
    #[serde(default, skip_serializing_if = "is_false")]
    pub public: bool,
    /// How often it polls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polls_max: Option<u32>,
    /// How often it tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_max: Option<u32>,
    /// By how much its clock is wrong, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_millis: Option<i64>,
    /// Rules it does not obey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_rules: Vec<Spanned<String>>,
}
