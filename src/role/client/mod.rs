//! The client: configuration and dispatch.

use crate::role::{Context, Input, Machine};
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::{ClientAuthentication, Duration, Revision, ScopeSet, Text, Uri};
use std::collections::BTreeMap;

/// How a client is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// Its origin.
    pub origin: Uri,
    /// The name it registers with.
    pub name: Text,
    /// The revision it speaks.
    pub revision: Revision,
    /// Credentials at authorization servers and identity providers where it is configured instead of registering.
    pub credentials: BTreeMap<Uri, ClientAuthentication>,
    /// The scopes it asks to be pre-registered for (2.0).
    pub registered_scopes: ScopeSet,
    /// The scopes it names in a request beyond the ticket's (2.0).
    pub requested_scopes: ScopeSet,
    /// The identity provider whose ID tokens it pushes when claims are needed (2.0); without one it sends the person
    /// to the authorization server.
    pub push_claims_from: Option<Uri>,
    /// True when it submits the RPT it holds for an upgrade (2.0).
    pub upgrades: bool,
    /// True when it is public: no secret, PKCE only.
    pub public: bool,
    /// How often it polls before it gives up.
    pub polls_max: u32,
    /// How often it tries again after an answer was lost, starting over at the resource server.
    pub attempts_max: u32,
    /// How long it waits before it tries again.
    pub retry_after: Duration,
}

/// A client.
#[derive(Clone, Debug)]
pub struct Client {
    config: ClientConfig,
}

impl Client {
    /// A client that has not yet run.
    pub fn new(config: ClientConfig) -> Self {
        Self { config }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        let _ = &self.config;
        Routes::default()
    }
}

impl Machine for Client {
    fn handle(&mut self, _cx: &mut Context<'_>, _input: Input) {}
    fn apply(&mut self, _fact: &Fact) {}
    fn forget(&mut self) {}
}
