//! The people of a world, and their accounts.

use super::names::Names;
use super::{Built, Seat};
use crate::role::oauth::accounts::{Account, Accounts};
use crate::role::{Person, PersonConfig, Role, RuleSet};
use crate::sim::script::condition::ConditionTable;
use crate::sim::script::format::{PersonTable, ScriptFile};
use crate::sim::script::{ScriptError, Source};
use crate::trace::truth::{NodeTruth, RoleKind};
use crate::wire::codec::Routes;
use crate::wire::token::{Password, secret_reference};
use crate::wire::{ClaimName, PersonId, Text};
use std::collections::BTreeMap;

const WITH_ACCOUNTS: [RoleKind; 3] =
    [RoleKind::IdentityProvider, RoleKind::AuthorizationServer, RoleKind::ResourceServer];

/// The password of a person at a server of a simulation.
pub fn password_of(person: &str, server: &str) -> Password {
    Password::new(format!("password of {person} at {server}"))
}

/// The second factor of a person at a server of a simulation.
pub(super) fn second_factor_of(person: &str, server: &str) -> Password {
    Password::new(format!("second factor of {person} at {server}"))
}

/// What an account of a simulation has on file for a password. Nodes use argon2.
pub fn password_verifier(password: &Password) -> String {
    secret_reference("password", password.hashed().short())
}

pub(super) fn build(script: &ScriptFile, names: &Names, source: &Source<'_>) -> Result<Vec<Built>, ScriptError> {
    script.people.iter().map(|person| build_one(person, script, names, source)).collect()
}

fn build_one(
    person: &PersonTable,
    script: &ScriptFile,
    names: &Names,
    source: &Source<'_>,
) -> Result<Built, ScriptError> {
    for server in person.accounts.keys() {
        names.node(server, &WITH_ACCOUNTS, source)?;
    }
    let name = person.name.get_ref().as_str();
    let servers = servers_of(person, script);
    let login = |server: &String| {
        let password = if person.knows_password { password_of(name, server) } else { Password::new("a guess") };
        (Text::from(names.origin(server).as_str()), (Text::from(name), password))
    };
    let second_factor = |server: &String| {
        let factor = if person.has_second_factor { second_factor_of(name, server) } else { Password::new("a guess") };
        (Text::from(names.origin(server).as_str()), factor)
    };
    let config = PersonConfig {
        name: name.into(),
        logins: servers.iter().map(login).collect(),
        second_factors: servers.iter().map(second_factor).collect(),
        approves: person.approves,
        gives_claims: person.gives_claims,
        pages_at: BTreeMap::new(),
        patience: 40,
    };
    let accounts = servers.iter().map(|server| (Text::from(names.origin(server).as_str()), PersonId::from(name)));
    let truth = NodeTruth {
        name: name.into(),
        role: RoleKind::Person,
        origin: None,
        revision: None,
        beside: None,
        spoken_at: Default::default(),
        honest: true,
        accounts: accounts.collect(),
        rules_off: Vec::new(),
        trusts: Vec::new(),
    };
    let seat = Seat {
        routes: Routes::default(),
        revision: names.revision,
        rules_off: RuleSet::default(),
        clock_offset_micros: 0,
    };
    Ok(Built { truth, role: Role::Person(Box::new(Person::new(config))), seat })
}

// Who owns something at a resource server has an account there.
fn servers_of(person: &PersonTable, script: &ScriptFile) -> Vec<String> {
    let mut servers: Vec<String> = person.accounts.keys().map(|server| server.get_ref().clone()).collect();
    for server in &script.resource_servers {
        let owns = server.resources.iter().any(|resource| resource.owner.get_ref() == person.name.get_ref());
        if owns && !servers.contains(server.name.get_ref()) {
            servers.push(server.name.get_ref().clone());
        }
    }
    servers
}

/// How somebody signs in at a server of a simulation. Whoever stays with a story needs to know it.
#[derive(Clone, Debug)]
pub struct Login {
    /// The person, which is the user name as well.
    pub person: String,
    /// The server.
    pub server: String,
    /// The password.
    pub password: Password,
    /// The second factor, where the story may ask for one.
    pub second_factor: Option<Password>,
}

/// Everybody's accounts.
pub fn logins(script: &ScriptFile) -> Vec<Login> {
    let asked_for = asks_for_second_factor(script);
    let of_person = |person: &PersonTable| {
        let name = person.name.get_ref().clone();
        servers_of(person, script).into_iter().map(move |server| Login {
            password: password_of(&name, &server),
            second_factor: asked_for.then(|| second_factor_of(&name, &server)),
            person: name.clone(),
            server,
        })
    };
    script.people.iter().flat_map(|person| of_person(person).collect::<Vec<_>>()).collect()
}

// Where no server and no policy of a story cares how people sign in, nobody is asked for more than a password.
fn asks_for_second_factor(script: &ScriptFile) -> bool {
    let at_endpoint = script.authorization_servers.iter().any(|table| !table.rpt_endpoint_acr.is_empty());
    let permits = script.steps.iter().filter_map(|step| step.permit.as_ref());
    at_endpoint || permits.into_iter().any(|permit| cares_how_people_sign_in(permit.get_ref()))
}

fn cares_how_people_sign_in(permit: &ConditionTable) -> bool {
    let parts = permit.all.iter().chain(&permit.any).flatten();
    permit.signed_in_with.is_some() || parts.into_iter().any(cares_how_people_sign_in)
}

/// The accounts at one server.
pub(super) fn accounts_at(server: &str, script: &ScriptFile) -> Accounts {
    let mut accounts = Accounts::new();
    for person in &script.people {
        if !servers_of(person, script).iter().any(|other| other == server) {
            continue;
        }
        let name = person.name.get_ref().as_str();
        let claims = person.accounts.iter().find(|(at, _)| at.get_ref() == server);
        let claims: BTreeMap<ClaimName, Text> = claims
            .into_iter()
            .flat_map(|(_, claims)| claims)
            .map(|(claim, value)| (ClaimName::from(claim.as_str()), Text::from(value.as_str())))
            .collect();
        let verifier = password_verifier(&password_of(name, server)).into();
        let second_factor = Some(password_verifier(&second_factor_of(name, server)).into());
        accounts.insert(name.into(), Account { person: PersonId::from(name), verifier, second_factor, claims });
    }
    accounts
}
