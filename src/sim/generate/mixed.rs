//! Two independent realms of different revisions in one world: a second drawn world is renamed and put beside the first.

use crate::sim::script::condition::ConditionTable;
use crate::sim::script::format::{ScriptFile, StepTable};
use crate::sim::script::{Revisions, spanless};
use toml::Spanned;

/// Puts `other` beside `script`. Every name of it gets an ending of its own; both keep their revisions.
pub(super) fn put_beside(script: &mut ScriptFile, mut other: ScriptFile) {
    speak_out(script);
    speak_out(&mut other);
    rename_servers(&mut other);
    rename_parties(&mut other);
    other.steps.retain(|step| step.does.as_ref().is_none_or(|does| does.get_ref() != "heal"));
    other.steps.iter_mut().for_each(rename_step);
    script.identity_providers.append(&mut other.identity_providers);
    script.authorization_servers.append(&mut other.authorization_servers);
    script.resource_servers.append(&mut other.resource_servers);
    script.clients.append(&mut other.clients);
    script.people.append(&mut other.people);
    script.steps.append(&mut other.steps);
    other.schedule.iter_mut().for_each(|deviation| rename_action(deviation.at.get_mut()));
    script.schedule.append(&mut other.schedule);
    let faults = script.settings.faults.unwrap_or_default() || other.settings.faults.unwrap_or_default();
    script.settings.faults = Some(faults);
}

// Each node says itself what it speaks.
fn speak_out(script: &mut ScriptFile) {
    let revision = || Some(spanless(script.revision.get_ref().clone()));
    let own = || Revisions::one(script.revision.get_ref().clone());
    script.authorization_servers.iter_mut().for_each(|table| {
        table.revision.get_or_insert_with(|| spanless(own()));
    });
    script.resource_servers.iter_mut().for_each(|table| table.revision = table.revision.take().or_else(revision));
    script.clients.iter_mut().for_each(|table| table.revision = table.revision.take().or_else(revision));
}

pub(super) fn renamed(name: &str) -> String {
    format!("{name}-b")
}

fn rename(name: &mut Spanned<String>) {
    *name.get_mut() = renamed(name.get_ref());
}

fn rename_servers(script: &mut ScriptFile) {
    script.identity_providers.iter_mut().for_each(|table| rename(&mut table.name));
    for table in &mut script.authorization_servers {
        rename(&mut table.name);
        table.trusts.iter_mut().chain(&mut table.claims_from).for_each(rename);
    }
    for table in &mut script.resource_servers {
        rename(&mut table.name);
        table.introduced_at.iter_mut().for_each(rename);
        for resource in &mut table.resources {
            rename(&mut resource.owner);
            rename(&mut resource.protected_by);
        }
    }
}

fn rename_parties(script: &mut ScriptFile) {
    for table in &mut script.clients {
        rename(&mut table.name);
        table.introduced_at.iter_mut().chain(&mut table.pushes_claims_from).for_each(rename);
    }
    for table in &mut script.people {
        rename(&mut table.name);
        let accounts = std::mem::take(&mut table.accounts);
        table.accounts =
            accounts.into_iter().map(|(server, claims)| (spanless(renamed(server.get_ref())), claims)).collect();
    }
}

fn rename_step(step: &mut StepTable) {
    if let Some(name) = &mut step.name {
        *name = renamed(name);
    }
    if let Some(who) = step.who.as_mut().filter(|who| who.get_ref() != "world") {
        rename(who);
    }
    let named = [&mut step.with, &mut step.resource_server, &mut step.at, &mut step.node, &mut step.from];
    named.into_iter().flatten().for_each(rename);
    if let Some(client) = step.as_client.as_mut().filter(|client| client.get_ref() != "accomplice") {
        rename(client);
    }
    if let Some(resource) = &mut step.resource
        && let Some((server, path)) = resource.get_ref().split_once('/')
    {
        *resource.get_mut() = format!("{}/{path}", renamed(server));
    }
    if let Some(permit) = &mut step.permit {
        rename_condition(permit.get_mut());
    }
}

// The action at the root of a step: `bob.fetch#1/token#1/answer`.
fn rename_action(at: &mut String) {
    if let Some((action, step)) = at.split_once('/') {
        *at = format!("{}/{step}", renamed(action));
    }
}

fn rename_condition(condition: &mut ConditionTable) {
    let named = [&mut condition.person, &mut condition.at, &mut condition.client, &mut condition.from];
    named.into_iter().flatten().for_each(|name| *name = renamed(name));
    let parts = [&mut condition.all, &mut condition.any];
    parts.into_iter().flatten().flatten().for_each(rename_condition);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use crate::sim::generate::draw;
    use crate::sim::plan::Plan;
    use crate::sim::run::{Finished, Options, run};
    use crate::sim::script::Source;
    use crate::sim::world::World;
    use std::collections::BTreeSet;

    #[test]
    fn a_share_of_the_worlds_is_mixed_and_every_name_of_them_leads_somewhere() {
        let plan = Plan { mixed: 1_000_000, side_by_side: 0, ..Plan::default() };
        for seed in 0..40 {
            let script = draw(&plan, seed).script;
            let world = World::build(&script, &Source { file: "drawn", text: "" }).unwrap();
            let spoken: BTreeSet<_> = world.truth.nodes.iter().filter_map(|node| node.revision).collect();
            assert_eq!(spoken.len(), 2, "seed {seed}");
        }
        let alone = Plan { mixed: 0, side_by_side: 0, ..Plan::default() };
        assert!((0..40).all(|seed| draw(&alone, seed).script.clients.iter().all(|client| client.revision.is_none())));
        assert!((0..400).any(|seed| draw(&Plan::default(), seed).script.clients[0].revision.is_some()));
    }

    #[test]
    fn both_realms_of_a_mixed_world_work() {
        let plan = Plan { mixed: 1_000_000, side_by_side: 0, ..Plan::default() };
        let both = |seed| {
            let script = draw(&plan, seed).script;
            let world = World::build(&script, &Source { file: "drawn", text: "" }).unwrap();
            let finished = run(world, &Options::default()).unwrap();
            assert_eq!(finished.violation(), None, "seed {seed}");
            owns(&finished, true) && owns(&finished, false)
        };
        assert!((0..10).filter(|seed| both(*seed)).count() >= 3);
    }

    // Whether a resource server of that realm got a PAT.
    fn owns(finished: &Finished, of_second: bool) -> bool {
        finished.records.iter().any(|record| match &record.event {
            crate::trace::Event::Fact { node, fact: crate::trace::Fact::PatObtained { .. } } => {
                finished.truth.nodes[usize::from(node.0)].name.ends_with("-b") == of_second
            }
            _ => false,
        })
    }
}
