//! People's accounts at one server: those of its configuration, and those that an operator registers while it runs. An
//! account of the configuration is the configuration's, so nothing takes its name, changes it or removes it.
//!
//! A user name is one person for ever, also when the account went and came again (OpenID Connect Core §2: `sub` is
//! "never reassigned").

use crate::role::Context;
use crate::role::oauth::{OAuthServer, approvals, sessions, sign_in};
use crate::role::operation::{KnownPerson, NewAccount, OnPeople, Report};
use crate::trace::Fact;
use crate::trace::fact::{AccountAdded, AccountRemoved};
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

/// The account of a user name.
pub fn named<'a, S: OAuthServer>(server: &'a S, name: &Text) -> Option<&'a Account> {
    server.settings().accounts.get(name).or_else(|| server.oauth().accounts.added.get(name))
}

/// The account of a person.
pub fn of<'a, S: OAuthServer>(server: &'a S, person: &PersonId) -> Option<&'a Account> {
    let configured = server.settings().accounts.values().find(|account| account.person == *person);
    configured.or_else(|| server.oauth().accounts.of(person))
}

/// Any account, for a check that nobody can pass but that takes as long.
pub(super) fn any<S: OAuthServer>(server: &S) -> Option<&Account> {
    let added = || server.oauth().accounts.added.values().next();
    server.settings().accounts.values().next().or_else(added)
}

/// Does what an operator wants.
pub fn operate<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, wanted: &OnPeople) -> Report {
    match wanted {
        OnPeople::List => Report::People(list(server)),
        OnPeople::Put(new) => put(server, cx, new),
        OnPeople::Remove(name) => remove(server, cx, name),
    }
}

fn list<S: OAuthServer>(server: &S) -> Vec<KnownPerson> {
    let known = |(name, account): (&Text, &Account), configured| KnownPerson {
        name: name.clone(),
        second_factor: account.second_factor.is_some(),
        claims: account.claims.clone(),
        configured,
    };
    let configured = server.settings().accounts;
    let added = server.oauth().accounts.added.iter().filter(|(name, _)| !is_configured(server, name));
    configured.iter().map(|it| known(it, true)).chain(added.map(|it| known(it, false))).collect()
}

// By name, and by what the person of that name would be called.
fn is_configured<S: OAuthServer>(server: &S, name: &Text) -> bool {
    let configured = server.settings().accounts;
    configured.contains_key(name) || configured.values().any(|account| account.person.as_str() == &**name)
}

fn put<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, new: &NewAccount) -> Report {
    if is_configured(server, &new.name) {
        return Report::Configured;
    }
    let fact = AccountAdded {
        name: new.name.clone(),
        person: PersonId::new(new.name.clone()),
        verifier: new.verifier.clone(),
        second_factor: new.second_factor.clone(),
        claims: new.claims.clone(),
    };
    let (account, before) = (Account::from(&fact), server.oauth().accounts.added.get(&new.name).cloned());
    if before.as_ref() == Some(&account) {
        return Report::Done { created: false };
    }
    server.record(cx, Fact::AccountAdded(fact));
    // Whoever signed in with what does not count any more has to sign in again.
    if before.as_ref().is_some_and(|before| !before.proves_as(&account)) {
        leave(server, cx, &account.person);
    }
    Report::Done { created: before.is_none() }
}

fn remove<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, name: &Text) -> Report {
    if is_configured(server, name) {
        return Report::Configured;
    }
    let Some(account) = server.oauth().accounts.added.get(name) else { return Report::Unknown };
    let person = account.person.clone();
    let issuer = server.settings().issuer.clone();
    server.record(cx, Fact::AccountRemoved(AccountRemoved { name: name.clone(), person: person.clone(), issuer }));
    leave(server, cx, &person);
    for held in approvals::held_by(server.oauth(), &person, cx.at) {
        server.withdraw_approval(cx, &person, &held.client_id);
    }
    server.on_account_removed(cx, &person);
    Report::Done { created: false }
}

fn leave<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, person: &PersonId) {
    sign_in::disown(server.oauth_mut(), person);
    sessions::end_all(server, cx, person);
}

impl Account {
    fn proves_as(&self, other: &Self) -> bool {
        self.verifier == other.verifier && self.second_factor == other.second_factor
    }
}

impl From<&AccountAdded> for Account {
    fn from(added: &AccountAdded) -> Self {
        Self {
            person: added.person.clone(),
            verifier: added.verifier.expose().into(),
            second_factor: added.second_factor.as_ref().map(|verifier| verifier.expose().into()),
            claims: added.claims.clone(),
        }
    }
}

/// The accounts that an operator registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    added: Accounts,
}

impl Added {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::AccountAdded(added) => {
                self.added.insert(added.name.clone(), Account::from(added));
            }
            Fact::AccountRemoved(removed) => {
                self.added.remove(&removed.name);
            }
            _ => {}
        }
    }

    pub(super) fn rests_on(&self, added: &AccountAdded) -> bool {
        self.added.get(&added.name) == Some(&Account::from(added))
    }

    // A person that an operator registered is called as the account.
    fn of(&self, person: &PersonId) -> Option<&Account> {
        self.added.get(person.as_str()).filter(|account| account.person == *person)
    }
}
