//! Situations that independent steps seldom make: a few steps about one resource, one after the other. Where faults exist
//! they happen within these as anywhere else.

use super::steps::{Steps, spanned};
use super::world::PEOPLE;
use super::{Draws, Swarm};
use crate::sim::oracle::Rates;
use crate::sim::plan::Plan;
use crate::sim::script::condition::ConditionTable;
use crate::sim::script::format::{DeviationTable, StepTable};
use crate::sim::script::spanless;

/// How far apart the steps of a scene are, milliseconds: enough for a whole access where nothing goes wrong.
const APART_MILLIS: u64 = 12_000;
/// How many scenes a run has at most.
const SCENES_MAX: u32 = 4;

/// What a scene is about: somebody wants something through a client.
#[derive(Clone, Debug)]
struct Errand {
    owner: String,
    at: String,
    resource_server: String,
    path: String,
    person: String,
    client: String,
}

impl Steps<'_> {
    /// Acts out some situations, if the operations that they are about exist in this run.
    pub(super) fn act_out(&mut self, set_up_secs: u64, plan: &Plan, swarm: &Swarm, rates: &Rates, draws: &mut Draws) {
        for _ in 0..=draws.below(SCENES_MAX) {
            let span = u32::try_from(plan.span_secs * 1000).unwrap_or(u32::MAX);
            let at = set_up_secs * 1000 + u64::from(draws.below(span));
            let Some(errand) = self.errand(draws) else { return };
            match draws.below(7) {
                0 if swarm.approvals => self.owner_answers_while_it_waits(&errand, at, draws),
                1 if swarm.removals => self.policy_ends_under_an_rpt(&errand, at, draws),
                2 if swarm.withdrawals => self.approval_ends_under_an_rpt(&errand, at),
                3 if swarm.replayer => self.revoked_rpt_comes_back(&errand, at),
                4 if swarm.content_changes => self.resource_goes_under_an_rpt(&errand, at),
                5 if rates.lose > 0 => self.answer_does_not_come(&errand, at, ("answer", "lose"), draws),
                6 if rates.crash > 0 => {
                    self.answer_does_not_come(&errand, at, ("request", "crash after-write"), draws);
                }
                _ => {}
            }
        }
    }

    fn errand(&self, draws: &mut Draws) -> Option<Errand> {
        let server = draws.pick(&self.script.resource_servers)?;
        let resource = draws.pick(&server.resources)?;
        let clients: Vec<_> = self.script.clients.iter().filter(|client| !client.replays).collect();
        Some(Errand {
            owner: resource.owner.get_ref().clone(),
            at: resource.protected_by.get_ref().clone(),
            resource_server: server.name.get_ref().clone(),
            path: resource.path.get_ref().clone(),
            person: draws.among(&PEOPLE),
            client: draws.pick(&clients)?.name.get_ref().clone(),
        })
    }

    fn owner_answers_while_it_waits(&mut self, errand: &Errand, at: u64, draws: &mut Draws) {
        self.permits(errand, "ask-me", at, ConditionTable { owner_approves: true, ..ConditionTable::default() });
        self.wants(errand, at + APART_MILLIS);
        let answer =
            StepTable { at: spanned(&errand.at), approve: Some(draws.chance(700_000)), ..StepTable::default() };
        let pause = 2_000 + u64::from(draws.below(20_000));
        self.push(&errand.owner, "answer-requests", Some(at + APART_MILLIS + pause), answer);
        self.wants(errand, at + 5 * APART_MILLIS);
    }

    fn policy_ends_under_an_rpt(&mut self, errand: &Errand, at: u64, draws: &mut Draws) {
        self.permits(errand, "open", at, anyone());
        self.wants(errand, at + APART_MILLIS);
        let policy = StepTable { at: spanned(&errand.at), policy: spanned("open"), ..StepTable::default() };
        self.push(&errand.owner, "remove-policy", Some(at + 2 * APART_MILLIS), policy);
        self.wants(errand, at + 2 * APART_MILLIS + u64::from(draws.below(5_000)));
    }

    fn approval_ends_under_an_rpt(&mut self, errand: &Errand, at: u64) {
        self.permits(errand, "open", at, anyone());
        self.wants(errand, at + APART_MILLIS);
        let with = StepTable { at: spanned(&errand.at), with: spanned(&errand.client), ..StepTable::default() };
        self.push(&errand.person, "withdraw-approval", Some(at + 2 * APART_MILLIS), with);
        self.wants(errand, at + 3 * APART_MILLIS);
    }

    fn revoked_rpt_comes_back(&mut self, errand: &Errand, at: u64) {
        let Some(snoop) = self.script.clients.iter().find(|client| client.replays) else { return };
        let errand = Errand { client: snoop.name.get_ref().clone(), ..errand.clone() };
        self.permits(&errand, "open", at, anyone());
        self.wants(&errand, at + APART_MILLIS);
        let resource = StepTable { resource: errand.resource(), ..StepTable::default() };
        self.push(&errand.client, "revoke", Some(at + 2 * APART_MILLIS), resource.clone());
        let copy = StepTable {
            at: spanned(&errand.resource_server),
            endpoint: spanned("resource"),
            what: spanned("rpt"),
            ..resource
        };
        self.push(&errand.client, "replay", Some(at + 3 * APART_MILLIS), copy);
    }

    fn resource_goes_under_an_rpt(&mut self, errand: &Errand, at: u64) {
        self.permits(errand, "open", at, anyone());
        self.wants(errand, at + APART_MILLIS);
        let path = || StepTable { path: spanned(&errand.path), ..StepTable::default() };
        self.push(&errand.resource_server, "content-vanishes", Some(at + 2 * APART_MILLIS), path());
        self.push(&errand.resource_server, "content-appears", Some(at + 3 * APART_MILLIS), path());
        self.wants(errand, at + 4 * APART_MILLIS);
    }

    // What brings a ticket, or comes before it, is called differently in each revision.
    fn answer_does_not_come(&mut self, errand: &Errand, at: u64, (leg, why): (&str, &str), draws: &mut Draws) {
        self.permits(errand, "open", at, anyone());
        let name = self.wants(errand, at + APART_MILLIS);
        let request = draws.among(&["ask#1", "rpt#1", "token#1"]);
        let at = spanless(format!("{name}/{request}/{leg}"));
        self.script.schedule.push(DeviationTable { at, what: spanless(why.to_owned()) });
        self.unheard.extend(self.script.steps.last().cloned());
    }

    fn permits(&mut self, errand: &Errand, policy: &str, at: u64, permit: ConditionTable) {
        let step = StepTable {
            at: spanned(&errand.at),
            policy: spanned(policy),
            all: true,
            scopes: vec!["view".to_owned(), "edit".to_owned()],
            permit: Some(spanless(permit)),
            ..StepTable::default()
        };
        self.push(&errand.owner, "set-policy", Some(at), step);
    }

    fn wants(&mut self, errand: &Errand, at: u64) -> String {
        let step = StepTable { with: spanned(&errand.client), resource: errand.resource(), ..StepTable::default() };
        self.push(&errand.person, "fetch", Some(at), step)
    }
}

impl Errand {
    fn resource(&self) -> Option<toml::Spanned<String>> {
        spanned(&format!("{}{}", self.resource_server, self.path))
    }
}

fn anyone() -> ConditionTable {
    ConditionTable { anyone: true, ..ConditionTable::default() }
}
