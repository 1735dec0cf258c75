//! The nodes of a drawn world: at least two of everything, with equal names across them.

use super::{Draws, Swarm};
use crate::sim::script::format::{
    AuthorizationServerTable, ClientTable, IdentityProviderTable, PersonTable, ResourceServerTable, ResourceTable,
    ScriptFile,
};
use crate::sim::script::spanless;
use std::collections::BTreeMap;

pub(super) const AUTHORIZATION_SERVERS: [&str; 2] = ["as-one", "as-two"];
pub(super) const RESOURCE_SERVERS: [&str; 2] = ["photoz", "vault"];
pub(super) const CLIENTS: [&str; 3] = ["printer", "viewer", "mallory-app"];
pub(super) const OWNERS: [&str; 2] = ["alice", "dora"];
pub(super) const PEOPLE: [&str; 4] = ["alice", "dora", "bob", "carol"];
/// Path and name of every resource at every resource server; the owner is drawn.
pub(super) const PATHS: [(&str, &str, &str); 3] =
    [("/photo", "photo", "image"), ("/photo-2", "photo", "image"), ("/diary", "diary", "text")];

pub(super) fn draw(script: &mut ScriptFile, swarm: &Swarm, draws: &mut Draws) {
    script.identity_providers.push(IdentityProviderTable {
        name: spanless("idp".to_owned()),
        id_token_lifetime: None,
        rotates_key_after: None,
        assertion_lifetime: None,
        without_rules: Vec::new(),
    });
    for name in AUTHORIZATION_SERVERS {
        script.authorization_servers.push(authorization_server(name, swarm, draws));
    }
    for name in RESOURCE_SERVERS {
        script.resource_servers.push(resource_server(name, swarm, draws));
    }
    for name in CLIENTS {
        if name != "mallory-app" || swarm.replayer {
            script.clients.push(client(name, swarm, draws));
        }
    }
    for name in PEOPLE {
        script.people.push(person(name, swarm, draws));
    }
    assertions(script, draws);
}

// Some servers take assertions, and then some parties use nothing else.
fn assertions(script: &mut ScriptFile, draws: &mut Draws) {
    if !draws.chance(250_000) {
        return;
    }
    let idp = || spanless("idp".to_owned());
    script.authorization_servers.iter_mut().for_each(|server| server.takes_assertions_of.push(idp()));
    for server in &mut script.resource_servers {
        server.assertions_from = draws.chance(500_000).then(idp);
    }
    for client in &mut script.clients {
        client.assertions_from = draws.chance(700_000).then(idp);
    }
}

fn authorization_server(name: &str, swarm: &Swarm, draws: &mut Draws) -> AuthorizationServerTable {
    let mut span = |spans: &[&str]| Some(spanless(draws.among(spans)));
    AuthorizationServerTable {
        name: spanless(name.to_owned()),
        revision: None,
        trusts: vec![spanless("idp".to_owned())],
        takes_assertions_of: Vec::new(),
        ticket_lifetime: span(&["20s", "60s", "5m"]),
        rpt_lifetime: span(&["60s", "10m", "1h"]),
        permission_lifetime: span(&["40s", "10m", "30m"]),
        access_token_lifetime: span(&["2m", "10m", "12h"]),
        refresh_token_lifetime: None,
        pct_lifetime: span(&["2m", "24h"]),
        claims_from: draws.chance(500_000).then(|| spanless("idp".to_owned())),
        poll_interval_secs: Some(u64::from(draws.below(8)) + 1),
        refresh_tokens: draws.chance(700_000),
        pcts: draws.chance(700_000),
        dynamic_registration: true,
        partial_grants: draws.chance(300_000),
        rpt_format: Some(spanless(draws.among(&["opaque", "opaque", "jwt"]))),
        rpt_reissue: None,
        upgrade: Some(spanless(draws.among(&["new-string", "new-string", "same-string", "never"]))),
        pat_grant_types: None,
        aat_grant_types: None,
        rpt_endpoint_acr: Vec::new(),
        weak_aat: None,
        second_client_ends_rpts: true,
        introspection_cache_secs: draws.chance(300_000).then(|| u64::from(draws.below(30)) + 1),
        clock_offset_millis: clock(swarm, draws),
        without_rules: Vec::new(),
        security_enhanced_claims: draws.chance(400_000),
        multi_permission: draws.chance(200_000).then(|| spanless(draws.among(&["supported", "extension-only"]))),
    }
}

fn clock(swarm: &Swarm, draws: &mut Draws) -> Option<i64> {
    (swarm.clocks && draws.chance(500_000)).then(|| i64::from(draws.below(4001)) - 2000)
}

fn resource_server(name: &str, swarm: &Swarm, draws: &mut Draws) -> ResourceServerTable {
    let resources = PATHS.iter().map(|(path, title, type_)| ResourceTable {
        path: spanless((*path).to_owned()),
        name: Some((*title).to_owned()),
        type_: Some((*type_).to_owned()),
        owner: spanless(draws.among(&OWNERS)),
        protected_by: spanless(draws.among(&AUTHORIZATION_SERVERS)),
        content: Some(format!("{title} at {name}{path}")),
        need: BTreeMap::from([
            ("GET".to_owned(), vec!["view".to_owned()]),
            ("PUT".to_owned(), vec!["edit".to_owned()]),
            ("DELETE".to_owned(), vec!["edit".to_owned(), "view".to_owned()]),
        ]),
        exists: !swarm.content_changes || draws.chance(700_000),
    });
    let resources = resources.collect();
    ResourceServerTable {
        name: spanless(name.to_owned()),
        revision: None,
        cache: None,
        introduced_at: Vec::new(),
        assertions_from: None,
        signs: false,
        clock_offset_millis: clock(swarm, draws),
        without_rules: Vec::new(),
        scopes: Vec::new(),
        resources,
    }
}

fn client(name: &str, swarm: &Swarm, draws: &mut Draws) -> ClientTable {
    let scopes = |draws: &mut Draws| if draws.chance(500_000) { vec!["view".to_owned()] } else { Vec::new() };
    ClientTable {
        name: spanless(name.to_owned()),
        revision: None,
        replays: name == "mallory-app",
        introduced_at: if name == "viewer" {
            AUTHORIZATION_SERVERS.iter().map(|server| spanless((*server).to_owned())).collect()
        } else {
            Vec::new()
        },
        registered_as: None,
        registered_scopes: scopes(draws),
        requested_scopes: scopes(draws),
        aat_scopes: Vec::new(),
        pushes_claims_from: draws.chance(500_000).then(|| spanless("idp".to_owned())),
        assertions_from: None,
        upgrades: draws.chance(700_000),
        signs: false,
        // A public client has no credentials of its own to act for an organisation with.
        manages: false,
        public: name == "printer" && draws.chance(200_000) && !swarm.organisation,
        polls_max: Some(6),
        attempts_max: Some(4),
        clock_offset_millis: clock(swarm, draws),
        without_rules: Vec::new(),
    }
}

fn person(name: &str, swarm: &Swarm, draws: &mut Draws) -> PersonTable {
    let claims = || BTreeMap::from([("email".to_owned(), format!("{name}@mail.example"))]);
    let mut accounts = BTreeMap::from([(spanless("idp".to_owned()), claims())]);
    for server in AUTHORIZATION_SERVERS {
        accounts.insert(spanless(server.to_owned()), claims());
    }
    PersonTable {
        name: spanless(name.to_owned()),
        accounts,
        approves: !swarm.refusals || OWNERS.contains(&name) || draws.chance(800_000),
        gives_claims: !swarm.refusals || draws.chance(800_000),
        knows_password: true,
        has_second_factor: true,
    }
}
