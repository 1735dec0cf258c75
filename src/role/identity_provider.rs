//! The identity provider (OpenID Provider): signs ID tokens about people with accounts.

use crate::role::oauth::accounts::Accounts;
use crate::role::{Context, Input, Machine, SigningKey};
use crate::trace::Fact;
use crate::wire::codec::Routes;
use crate::wire::{Duration, Uri};

/// How an identity provider is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProviderConfig {
    /// Its issuer URI.
    pub issuer: Uri,
    /// The people with accounts here, with what it says about them.
    pub accounts: Accounts,
    /// The key that signs ID tokens.
    pub key: SigningKey,
    /// How long an ID token is good.
    pub id_token_lifetime: Duration,
    /// How long an authorization code is good.
    pub code_lifetime: Duration,
    /// How long a browser session is good.
    pub session_lifetime: Duration,
}

/// An identity provider.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    config: IdentityProviderConfig,
}

impl IdentityProvider {
    /// A provider that has not yet run.
    pub fn new(config: IdentityProviderConfig) -> Self {
        Self { config }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        let _ = &self.config;
        Routes::default()
    }
}

impl Machine for IdentityProvider {
    fn handle(&mut self, _cx: &mut Context<'_>, _input: Input) {}
    fn apply(&mut self, _fact: &Fact) {}
    fn forget(&mut self) {}
}
