//! People's accounts at one server.

use crate::wire::{ClaimName, PersonId, Text};
use std::collections::BTreeMap;

/// Accounts by user name.
pub type Accounts = BTreeMap<Text, Account>;

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// The person here.
    pub person: PersonId,
    /// What a password is checked against; see [`crate::role::Effect::CheckPassword`].
    pub verifier: Text,
    /// The same for the second factor, if the person has one here.
    pub second_factor: Option<Text>,
    /// What this server vouches for about the person.
    pub claims: BTreeMap<ClaimName, Text>,
}
