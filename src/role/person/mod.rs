//! A person with a browser: resource owner, requesting party, or both.

use crate::role::{Context, Input, Machine};
use crate::trace::Fact;
use crate::wire::Text;
use crate::wire::token::Password;
use std::collections::BTreeMap;

/// How a person is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonConfig {
    /// The name in scripts.
    pub name: Text,
    /// User name and password by origin.
    pub logins: BTreeMap<Text, (Text, Password)>,
    /// Whether they approve clients that ask.
    pub approves: bool,
    /// Whether they agree to give claims.
    pub gives_claims: bool,
    /// How many redirects and pages they follow before they give up.
    pub patience: u32,
}

/// A person.
#[derive(Clone, Debug)]
pub struct Person {
    config: PersonConfig,
}

impl Person {
    /// A person with a fresh browser.
    pub fn new(config: PersonConfig) -> Self {
        Self { config }
    }

    /// The name in scripts.
    pub fn name(&self) -> &Text {
        &self.config.name
    }
}

impl Machine for Person {
    fn handle(&mut self, _cx: &mut Context<'_>, _input: Input) {}
    fn apply(&mut self, _fact: &Fact) {}
    fn forget(&mut self) {}
}
