//! What happens between the realms of a mixed world: who misbehaves in one presents in the other what it got at home.

use super::Draws;
use super::steps::{SET_UP_SECS, resource, spanned};
use super::world::{AUTHORIZATION_SERVERS, RESOURCE_SERVERS};
use crate::sim::script::format::{ScriptFile, StepTable};
use crate::sim::script::spanless;

/// The kinds of token that a client gets, each as often.
const KINDS: [&str; 4] = ["ticket", "rpt", "aat", "pct"];
/// Where they are presented; not every revision has all of them, and asking in vain is part of it.
const PLACES: [&str; 6] = ["resource", "token", "rpt", "authorization-data", "introspection", "resource-registration"];

/// Draws the thefts of a mixed world. `renamed` gives a name of the first realm as the second has it.
pub(super) fn draw(script: &mut ScriptFile, span_secs: u64, renamed: fn(&str) -> String, draws: &mut Draws) {
    let own: fn(&str) -> String = str::to_owned;
    for (home, there) in [(own, renamed), (renamed, own)] {
        let thief = home("mallory-app");
        let Some(client) = script.clients.iter_mut().find(|client| *client.name.get_ref() == thief) else { continue };
        // It has credentials there, so that nothing is refused for want of them.
        client.introduced_at.extend(AUTHORIZATION_SERVERS.iter().map(|server| spanless(there(server))));
        let mut thefts = Thefts { script, thief, count: 0 };
        for person in ["bob", "carol"] {
            thefts.earn(&home(person), home, draws);
        }
        for what in KINDS {
            for _ in 0..=draws.below(2) {
                let at = SET_UP_SECS + 60 + u64::from(draws.below(u32::try_from(span_secs).unwrap_or(u32::MAX)));
                thefts.spend(what, at, there, draws);
            }
        }
    }
}

struct Thefts<'a> {
    script: &'a mut ScriptFile,
    thief: String,
    count: u32,
}

impl Thefts<'_> {
    // Somebody uses it in good faith.
    fn earn(&mut self, person: &str, home: fn(&str) -> String, draws: &mut Draws) {
        let at = SET_UP_SECS + u64::from(draws.below(30));
        let found = resource(draws);
        let (server, path) = found.split_once('/').unwrap_or((&found, ""));
        let step = StepTable {
            with: spanned(&self.thief),
            resource: Some(spanless(format!("{}/{path}", home(server)))),
            method: Some("GET".to_owned()),
            ..StepTable::default()
        };
        self.push(person, "fetch", at, step);
    }

    fn spend(&mut self, what: &str, at: u64, there: fn(&str) -> String, draws: &mut Draws) {
        let endpoint = draws.among(&PLACES);
        let server = match &*endpoint {
            "resource" => draws.among(&RESOURCE_SERVERS),
            _ => draws.among(&AUTHORIZATION_SERVERS),
        };
        let found = resource(draws);
        let path = found.split_once('/').map_or("", |(_, path)| path);
        let step = StepTable {
            what: spanned(what),
            at: spanned(&there(&server)),
            resource: (endpoint == "resource").then(|| spanless(format!("{}/{path}", there(&server)))),
            endpoint: Some(spanless(endpoint)),
            ..StepTable::default()
        };
        let thief = self.thief.clone();
        self.push(&thief, "replay", at, step);
    }

    fn push(&mut self, who: &str, does: &str, at_secs: u64, step: StepTable) {
        self.count += 1;
        self.script.steps.push(StepTable {
            name: Some(format!("{who}.abroad#{}", self.count)),
            after: spanned(&format!("{at_secs}s")),
            who: spanned(who),
            does: spanned(does),
            ..step
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::KINDS;
    use crate::sim::generate::draw;
    use crate::sim::plan::Plan;
    use crate::sim::run::{Options, run};
    use crate::sim::script::Source;
    use crate::sim::world::World;
    use crate::trace::Event;
    use std::collections::BTreeSet;

    fn build(plan: &Plan, seed: u64) -> World {
        World::build(&draw(plan, seed).script, &Source { file: "drawn", text: "" }).unwrap()
    }

    #[test]
    fn thieves_of_either_realm_try_every_kind_in_the_other() {
        let plan = Plan { mixed: 1_000_000, replayer: 1_000_000, ..Plan::default() };
        for seed in 0..10 {
            let script = draw(&plan, seed).script;
            for home in ["", "-b"] {
                let thief = format!("mallory-app{home}");
                let abroad = script.steps.iter().filter(|step| {
                    let name = step.name.as_deref().unwrap_or_default();
                    name.starts_with(&format!("{thief}.abroad"))
                });
                let tried: BTreeSet<_> =
                    abroad.filter_map(|step| step.what.as_ref()).map(|it| &**it.get_ref()).collect();
                assert_eq!(tried, KINDS.into_iter().collect(), "seed {seed}");
            }
        }
    }

    #[test]
    fn thefts_reach_the_other_realm_and_break_nothing() {
        let plan = Plan { mixed: 1_000_000, replayer: 1_000_000, ..Plan::default() };
        let mut arrived = 0;
        for seed in 0..10 {
            let finished = run(build(&plan, seed), &Options::default()).unwrap();
            assert_eq!(finished.violation(), None, "seed {seed}");
            let name = |node: crate::message::NodeId| &*finished.truth.nodes[usize::from(node.0)].name;
            arrived += finished
                .records
                .iter()
                .filter(|record| match record.event {
                    Event::Arrived { from, to, .. } => {
                        name(from).starts_with("mallory-app") && name(from).ends_with("-b") != name(to).ends_with("-b")
                    }
                    _ => false,
                })
                .count();
        }
        assert!(arrived > 40, "only {arrived} messages between the realms");
    }
}
