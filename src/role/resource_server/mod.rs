//! The resource server: configuration and dispatch.

use crate::role::oauth::accounts::Accounts;
use crate::role::{Context, Input, Machine};
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::{ClientAuthentication, Duration, PersonId, Revision, ScopeSet, Text, Uri};
use std::collections::BTreeMap;

/// How a resource server is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceServerConfig {
    /// Its origin.
    pub origin: Uri,
    /// The name it registers with, `realm` and `host_id`.
    pub name: Text,
    /// The revision it speaks with authorization servers and clients.
    pub revision: Revision,
    /// The owners with accounts here.
    pub accounts: Accounts,
    /// What it serves, by canonical path.
    pub resources: BTreeMap<Text, ServedResource>,
    /// Credentials at authorization servers where it is configured instead of registering itself.
    pub credentials: BTreeMap<Uri, ClientAuthentication>,
    /// Authorization servers where it gets its PAT with its own credentials instead of the owner's approval, and for
    /// which owner.
    pub client_credentials_owners: BTreeMap<Uri, PersonId>,
    /// How many introspection answers it remembers at most; 0 for none.
    pub cache_entries_max: usize,
    /// For how long it uses an answer again where the authorization server names no cache period.
    pub cache_lifetime: Duration,
    /// By how much it lets an expiry pass (D6 §3.3.1 "small leeway").
    pub leeway: Duration,
    /// How long a browser session is good.
    pub session_lifetime: Duration,
}

/// One resource of a resource server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedResource {
    /// The owner, by account here.
    pub owner: PersonId,
    /// The authorization server that is to protect it; the owner connects it.
    pub as_uri: Uri,
    /// Its name at the authorization server.
    pub name: Text,
    /// Its type there.
    pub type_: Option<Text>,
    /// The label of its content.
    pub content: Text,
    /// Which scopes a method needs; others are answered with 405. No scope: a documented scope-less operation.
    pub need: BTreeMap<Text, ScopeSet>,
    /// False for content that appears later.
    pub exists: bool,
}

/// A resource server.
#[derive(Clone, Debug)]
pub struct ResourceServer {
    config: ResourceServerConfig,
}

impl ResourceServer {
    /// A server that has not yet run.
    pub fn new(config: ResourceServerConfig) -> Self {
        Self { config }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        let _ = &self.config;
        Routes::default()
    }
}

impl Machine for ResourceServer {
    fn handle(&mut self, _cx: &mut Context<'_>, _input: Input) {}
    fn apply(&mut self, _fact: &Fact) {}
    fn forget(&mut self) {}
}
