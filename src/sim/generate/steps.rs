//! The steps of a drawn world: owners connect and set policies, people do what the swarm allows at drawn times, then
//! everything is healed and everybody tries once more.

use super::world::{AUTHORIZATION_SERVERS, CLIENTS, OWNERS, PATHS, PEOPLE, RESOURCE_SERVERS};
use super::{Draws, Swarm};
use crate::check::{Level, catalogue};
use crate::sim::oracle::Rates;
use crate::sim::plan::Plan;
use crate::sim::script::condition::ConditionTable;
use crate::sim::script::format::{ScriptFile, StepTable};
use crate::sim::script::spanless;
use crate::wire::Revision;
use std::collections::BTreeMap;

/// How long setting up may take before people act, seconds.
pub(super) const SET_UP_SECS: u64 = 120;
/// How long everybody waits between healing and each of the last fetches, seconds.
const LAST_SPACING_SECS: u64 = 200;
/// How often everybody may see and change everything after healing, so that whoever tries has to succeed.
const EVERYBODY_MAY: u32 = 500_000;

pub(super) fn draw(script: &mut ScriptFile, plan: &Plan, swarm: &Swarm, rates: &Rates, draws: &mut Draws) {
    let mut steps = Steps { script, counts: BTreeMap::new(), unheard: Vec::new() };
    steps.connect_everybody();
    steps.first_policies(draws);
    let count = 2 + draws.below(plan.steps_max.max(1));
    for _ in 0..count {
        let millis =
            SET_UP_SECS * 1000 + u64::from(draws.below(u32::try_from(plan.span_secs * 1000).unwrap_or(u32::MAX)));
        steps.something(millis, swarm, draws);
    }
    if draws.chance(plan.scenes) {
        steps.act_out(SET_UP_SECS, plan, swarm, rates, draws);
    }
    steps.heal_and_try_again(SET_UP_SECS + plan.span_secs + 60, draws);
}

/// How often a link stops being TLS, where that has to be refused.
const PLAIN_LINK: u32 = 40_000;

/// Rarely a link to an authorization server is not TLS until everything is healed. The drafts serve over it as well, so
/// there nothing is to be seen. Comes last, so that all other draws are the same with it and without.
pub(super) fn draw_plain_link(script: &mut ScriptFile, plan: &Plan, draws: &mut Draws) {
    if !plain_links_are_refused(script) || plan.lose_max == 0 || !draws.chance(PLAIN_LINK) {
        return;
    }
    let at = SET_UP_SECS + u64::from(draws.below(600));
    let from = draws.among(&["photoz", "vault", "printer", "viewer", "bob"]);
    let node = draws.among(&AUTHORIZATION_SERVERS);
    script.steps.push(StepTable {
        name: Some("world.strip-tls#1".to_owned()),
        after: spanned(&format!("{at}s")),
        who: spanned("world"),
        does: spanned("strip-tls"),
        from: spanned(&from),
        node: spanned(&node),
        ..StepTable::default()
    });
    script.settings.faults = Some(true);
}

fn plain_links_are_refused(script: &ScriptFile) -> bool {
    let row = catalogue::ROWS.iter().find(|row| row.id == "TLS-1");
    let level = row.zip(Revision::parse(script.revision.get_ref())).and_then(|(row, spoken)| row.level(spoken));
    level == Some(Level::Error)
}

pub(super) struct Steps<'a> {
    pub(super) script: &'a mut ScriptFile,
    counts: BTreeMap<String, u32>,
    /// Fetches that an answer is lost to.
    pub(super) unheard: Vec<StepTable>,
}

impl Steps<'_> {
    /// Adds a step; its name comes back.
    pub(super) fn push(&mut self, who: &str, does: &str, after_millis: Option<u64>, step: StepTable) -> String {
        let count = self.counts.entry(format!("{who}.{does}")).or_default();
        *count += 1;
        let name = format!("{who}.{does}#{count}");
        self.script.steps.push(StepTable {
            name: Some(name.clone()),
            after: after_millis.map(|millis| spanless(format!("{millis}ms"))),
            who: Some(spanless(who.to_owned())),
            does: Some(spanless(does.to_owned())),
            ..step
        });
        name
    }

    fn connect_everybody(&mut self) {
        let mut pairs: Vec<(String, String, String)> = Vec::new();
        for server in &self.script.resource_servers {
            for resource in &server.resources {
                let pair = (
                    resource.owner.get_ref().clone(),
                    server.name.get_ref().clone(),
                    resource.protected_by.get_ref().clone(),
                );
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        for (owner, server, at) in pairs {
            self.connect(&owner, &server, &at, None);
        }
    }

    fn connect(&mut self, owner: &str, server: &str, at: &str, after: Option<u64>) {
        let step = StepTable { resource_server: spanned(server), at: spanned(at), ..StepTable::default() };
        self.push(owner, "connect", after, step);
    }

    fn first_policies(&mut self, draws: &mut Draws) {
        for owner in OWNERS {
            for at in AUTHORIZATION_SERVERS {
                if draws.chance(800_000) {
                    self.set_policy(owner, at, None, draws);
                }
            }
        }
    }

    fn set_policy(&mut self, owner: &str, at: &str, after: Option<u64>, draws: &mut Draws) {
        let scopes = [vec!["view"], vec!["view", "edit"], vec!["edit"]];
        let scopes = draws.pick(&scopes).cloned().unwrap_or_default();
        let mut step = StepTable {
            at: spanned(at),
            policy: Some(spanless(draws.among(&["friends", "family"]))),
            scopes: scopes.into_iter().map(str::to_owned).collect(),
            permit: Some(spanless(condition(at, 2, draws))),
            ..StepTable::default()
        };
        match draws.below(4) {
            0 => step.all = true,
            1 => step.type_ = Some(draws.among(&["image", "text"])),
            _ => step.resources = vec![draws.among(&["photo", "diary"])],
        }
        self.push(owner, "set-policy", after, step);
    }

    fn fetch(&mut self, who: &str, after: u64, draws: &mut Draws) {
        let clients: Vec<String> = self.script.clients.iter().map(|client| client.name.get_ref().clone()).collect();
        let client = draws.pick(&clients).cloned().unwrap_or_else(|| CLIENTS[0].to_owned());
        let step = StepTable {
            with: Some(spanless(client)),
            resource: Some(spanless(resource(draws))),
            method: Some(draws.among(&["GET", "GET", "GET", "PUT", "DELETE"])),
            ..StepTable::default()
        };
        self.push(who, "fetch", Some(after), step);
    }

    fn something(&mut self, at: u64, swarm: &Swarm, draws: &mut Draws) {
        let person = draws.among(&PEOPLE);
        let owner = draws.among(&OWNERS);
        let server = draws.among(&AUTHORIZATION_SERVERS);
        match draws.below(24) {
            0..=1 if swarm.edits => self.set_policy(&owner, &server, Some(at), draws),
            2 if swarm.removals => {
                let policy = Some(spanless(draws.among(&["friends", "family"])));
                self.push(
                    &owner,
                    "remove-policy",
                    Some(at),
                    StepTable { at: spanned(&server), policy, ..StepTable::default() },
                );
                // Somebody comes back while what was withdrawn may still be remembered.
                self.fetch(&person, at + u64::from(draws.below(5_000)), draws);
            }
            3..=4 if swarm.approvals => {
                let approve = Some(draws.chance(700_000));
                self.push(
                    &owner,
                    "answer-requests",
                    Some(at),
                    StepTable { at: spanned(&server), approve, ..StepTable::default() },
                );
            }
            5 if swarm.withdrawals => {
                let with = Some(spanless(draws.among(&CLIENTS[..2])));
                self.push(
                    &person,
                    "withdraw-approval",
                    Some(at),
                    StepTable { at: spanned(&server), with, ..StepTable::default() },
                );
            }
            6 if swarm.organisation => self.client_act("fetch", at, draws),
            7 if swarm.refreshes => self.client_act("refresh", at, draws),
            8 if swarm.revocations => self.client_act("revoke", at, draws),
            9 if swarm.content_changes => self.content_change(at, draws),
            10 if swarm.crashes => self.crash(at, draws),
            11 if swarm.cuts => self.cut(at, draws),
            12..=14 if swarm.replayer => self.replay(at, draws),
            _ => self.fetch(&person, at, draws),
        }
    }

    fn client_act(&mut self, does: &str, at: u64, draws: &mut Draws) {
        let client = draws.among(&CLIENTS[..2]);
        let step = StepTable { resource: Some(spanless(resource(draws))), ..StepTable::default() };
        self.push(&client, does, Some(at), step);
    }

    fn content_change(&mut self, at: u64, draws: &mut Draws) {
        let server = draws.among(&RESOURCE_SERVERS);
        let path = draws.pick(&PATHS).map(|(path, _, _)| spanless((*path).to_owned()));
        let step = StepTable { path, ..StepTable::default() };
        let (does, step) = match draws.below(4) {
            0 => ("content-vanishes", step),
            1 => {
                let scopes = [vec!["view"], vec!["view", "edit"]];
                let scopes = draws.pick(&scopes).cloned().unwrap_or_default();
                ("change-scopes", StepTable { scopes: scopes.into_iter().map(str::to_owned).collect(), ..step })
            }
            _ => ("content-appears", step),
        };
        self.push(&server, does, Some(at), step);
    }

    fn crash(&mut self, at: u64, draws: &mut Draws) {
        let nodes = [
            AUTHORIZATION_SERVERS[0],
            AUTHORIZATION_SERVERS[1],
            RESOURCE_SERVERS[0],
            RESOURCE_SERVERS[1],
            "idp",
            "printer",
        ];
        let step = StepTable {
            node: Some(spanless(draws.among(&nodes))),
            for_: Some(spanless(draws.among(&["1s", "10s", "90s"]))),
            ..StepTable::default()
        };
        self.push("world", "crash", Some(at), step);
    }

    fn cut(&mut self, at: u64, draws: &mut Draws) {
        let ends = ["as-one", "as-two", "photoz", "vault", "printer", "viewer", "bob"];
        let (from, node) = (draws.among(&ends), draws.among(&ends));
        let link = || StepTable { from: spanned(&from), node: spanned(&node), ..StepTable::default() };
        self.push("world", "cut", Some(at), link());
        let back = at + u64::from(draws.below(60_000));
        self.push("world", "mend", Some(back), link());
    }

    fn replay(&mut self, at: u64, draws: &mut Draws) {
        let (endpoint, to) = match draws.below(6) {
            0 => ("resource", draws.among(&RESOURCE_SERVERS)),
            1 => ("token", draws.among(&AUTHORIZATION_SERVERS)),
            2 => ("introspection", draws.among(&AUTHORIZATION_SERVERS)),
            3 => ("rpt", draws.among(&AUTHORIZATION_SERVERS)),
            4 => ("authorization-data", draws.among(&AUTHORIZATION_SERVERS)),
            _ => ("resource-registration", draws.among(&AUTHORIZATION_SERVERS)),
        };
        let step = StepTable {
            at: spanned(&to),
            endpoint: Some(spanless(endpoint.to_owned())),
            what: Some(spanless(draws.among(&[
                "ticket",
                "older-ticket",
                "rpt",
                "aat",
                "pct",
                "refresh-token",
                "code",
                "weak-token",
                "nothing",
            ]))),
            resource: (endpoint == "resource").then(|| spanless(resource(draws))),
            times: Some(draws.below(3) + 1),
            ..StepTable::default()
        };
        self.push("mallory-app", "replay", Some(at), step);
    }

    // After healing a few people try, and some of those who tried before try once more, also where everybody may.
    fn heal_and_try_again(&mut self, at_secs: u64, draws: &mut Draws) {
        let tried = self.tried();
        self.push("world", "heal", Some(at_secs * 1000), StepTable::default());
        if draws.chance(EVERYBODY_MAY) {
            self.everybody_may(at_secs * 1000 + 5_000);
        }
        let mut at = at_secs + 10;
        for person in ["bob", "carol"] {
            at += LAST_SPACING_SECS;
            self.fetch(person, at * 1000, draws);
        }
        let unheard = draws.pick(&self.unheard).cloned();
        for again in [unheard.as_ref().or(draws.pick(&tried)), draws.pick(&tried)].into_iter().flatten() {
            at += LAST_SPACING_SECS;
            let who = again.who.as_ref().map(|who| who.get_ref().clone()).unwrap_or_default();
            let step = StepTable { with: again.with.clone(), ..StepTable::default() };
            let elsewhere = spanless(resource(draws));
            for wanted in [again.resource.clone(), Some(elsewhere)] {
                self.push(&who, "fetch", Some(at * 1000), StepTable { resource: wanted, ..step.clone() });
                at += LAST_SPACING_SECS;
            }
        }
    }

    // What people tried through clients that behave.
    fn tried(&self) -> Vec<StepTable> {
        let fetches = self.script.steps.iter().filter(|step| {
            let does = step.does.as_ref().is_some_and(|does| does.get_ref() == "fetch");
            does && step.with.as_ref().is_some_and(|with| with.get_ref() != CLIENTS[2])
        });
        fetches.cloned().collect()
    }

    fn everybody_may(&mut self, at: u64) {
        for owner in OWNERS {
            for server in AUTHORIZATION_SERVERS {
                let permit = ConditionTable { anyone: true, ..ConditionTable::default() };
                let step = StepTable {
                    at: spanned(server),
                    policy: spanned("open"),
                    all: true,
                    scopes: vec!["view".to_owned(), "edit".to_owned()],
                    permit: Some(spanless(permit)),
                    ..StepTable::default()
                };
                self.push(owner, "set-policy", Some(at), step);
            }
        }
    }
}

pub(super) fn spanned(text: &str) -> Option<toml::Spanned<String>> {
    Some(spanless(text.to_owned()))
}

pub(super) fn resource(draws: &mut Draws) -> String {
    let server = draws.among(&RESOURCE_SERVERS);
    let path = draws.pick(&PATHS).map_or("/photo", |(path, _, _)| path);
    format!("{server}{path}")
}

fn condition(at: &str, depth: u32, draws: &mut Draws) -> ConditionTable {
    let none = ConditionTable::default();
    match draws.below(if depth == 0 { 7 } else { 9 }) {
        0 => ConditionTable { anyone: true, ..none },
        1 => {
            ConditionTable { person: Some(draws.among(&["bob", "carol"])), at: Some(draws.among(&["idp", at])), ..none }
        }
        2..=3 => ConditionTable {
            claim: Some("email".to_owned()),
            value: Some(draws.among(&["bob@mail.example", "carol@mail.example"])),
            from: draws.chance(500_000).then(|| draws.among(&["idp", at])),
            max_age_secs: draws.chance(200_000).then(|| u64::from(draws.below(300)) + 1),
            ..none
        },
        4 => ConditionTable { client: Some("viewer".to_owned()), ..none },
        5 => ConditionTable { owner_approves: true, ..none },
        6 => {
            let (from, until) = (draws.below(600), 300 + draws.below(1200));
            ConditionTable { between: Some((format!("{from}s"), format!("{until}s"))), ..none }
        }
        7 => ConditionTable { all: Some(vec![condition(at, depth - 1, draws), condition(at, 0, draws)]), ..none },
        _ => ConditionTable { any: Some(vec![condition(at, depth - 1, draws), condition(at, 0, draws)]), ..none },
    }
}
