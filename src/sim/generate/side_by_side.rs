//! Authorization servers that serve 1.0.1 and 2.0 side by side: a drawn world of one of them gets parties of both.

use super::Draws;
use crate::sim::script::format::ScriptFile;
use crate::sim::script::{Revisions, spanless};
use crate::wire::{Revision, Served};

/// The revisions that can be served side by side.
const BOTH: [Revision; 2] = [Revision::V1_0_1, Revision::V2_0];

/// True for a world whose authorization servers could serve both.
pub(super) fn fits(script: &ScriptFile, revisions: &[String]) -> bool {
    let own = Revision::parse(script.revision.get_ref()).is_some_and(|own| BOTH.contains(&own));
    own && BOTH.iter().all(|revision| revisions.iter().any(|name| name == revision.name()))
}

/// Has every authorization server of that revision serve both, and lets each other party speak either.
pub(super) fn serve_both(script: &mut ScriptFile, draws: &mut Draws) {
    let own = Revision::parse(script.revision.get_ref());
    let both = || Some(spanless(Revisions(BOTH.map(|revision| revision.name().to_owned()).to_vec())));
    for table in &mut script.authorization_servers {
        let served = table.revision.as_ref().map_or(own.map(Served::One), |names| names.get_ref().served());
        if served.is_some_and(|served| BOTH.contains(&served.newest())) {
            table.revision = both();
        }
    }
    let parties = script.resource_servers.iter_mut().map(|table| &mut table.revision);
    for revision in parties.chain(script.clients.iter_mut().map(|table| &mut table.revision)) {
        let speaks = revision.as_ref().map_or(own, |name| Revision::parse(name.get_ref()));
        let either = draws.pick(&BOTH).filter(|_| speaks.is_some_and(|speaks| BOTH.contains(&speaks)));
        if let Some(either) = either {
            *revision = Some(spanless(either.name().to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use crate::sim::generate::draw;
    use crate::sim::plan::Plan;
    use crate::sim::run::{Options, run};
    use crate::sim::script::Source;
    use crate::sim::world::World;
    use crate::trace::{Event, Fact};
    use crate::wire::Revision;
    use std::collections::BTreeSet;

    fn plan() -> Plan {
        let revisions = vec!["1.0.1".to_owned(), "2.0".to_owned()];
        Plan { side_by_side: 1_000_000, mixed: 0, revisions, ..Plan::default() }
    }

    #[test]
    fn tickets_go_on_in_either_revision_and_nothing_breaks() {
        let mut decided = BTreeSet::new();
        for seed in 0..30 {
            let script = draw(&plan(), seed).script;
            let world = World::build(&script, &Source { file: "drawn", text: "" }).unwrap();
            let finished = run(world, &Options::default()).unwrap();
            assert_eq!(finished.violation(), None, "seed {seed}");
            decided.extend(finished.records.iter().filter_map(|record| match &record.event {
                Event::Fact { fact: Fact::TicketDecided { revision, .. }, .. } => Some(*revision),
                _ => None,
            }));
        }
        assert_eq!(decided, BTreeSet::from([Revision::V1_0_1, Revision::V2_0]));
    }

    #[test]
    fn the_default_plan_draws_such_worlds_and_one_without_both_revisions_none() {
        let beside = |plan: &Plan, seed| {
            let servers = draw(plan, seed).script.authorization_servers;
            servers.iter().any(|table| table.revision.as_ref().is_some_and(|names| names.get_ref().0.len() == 2))
        };
        assert!((0..400).any(|seed| beside(&Plan::default(), seed)));
        let alone = Plan { revisions: vec!["2.0".to_owned()], ..plan() };
        assert!(!(0..40).any(|seed| beside(&alone, seed)));
    }
}
