//! Shrinking: a smaller script that still breaks the same invariant, found by re-running. Parts are steps, deviations
//! and actors; a part is left out for good when the violation stays the same without it. The result is 1-minimal: no
//! single part can be left out.

use crate::check::catalogue::ROWS;
use crate::sim::run::{Finished, Options, Taken, run};
use crate::sim::script::format::{DeviationTable, ScriptFile};
use crate::sim::script::{Source, spanless};
use crate::sim::world::{World, deviation_text};
use std::collections::BTreeSet;

/// What a shrunk script must still do: break this invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The invariant's id.
    pub invariant: String,
}

/// What came of shrinking.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smallest script that was found.
    pub script: ScriptFile,
    /// How many runs it took.
    pub executions: u32,
    /// Steps and deviations before.
    pub parts_before: usize,
    /// Steps and deviations after.
    pub parts_after: usize,
}

/// The same script with every draw of a random run written down as a deviation, so that it needs no seed for faults.
pub fn explicit(script: &ScriptFile, taken: &[Taken]) -> ScriptFile {
    let mut script = script.clone();
    script.schedule = taken
        .iter()
        .map(|taken| DeviationTable {
            at: spanless(taken.at.clone()),
            what: spanless(deviation_text(taken.choice.kind, taken.value)),
        })
        .collect();
    script
}

/// Shrinks an explicit script. At most `executions_max` runs; the script is returned as it is when it does not break
/// the invariant at all.
pub fn shrink(script: &ScriptFile, target: &Target, executions_max: u32) -> Shrunk {
    let parts_before = parts(script);
    let mut search = Search { target, executions: 0, executions_max, best: script.clone() };
    if search.breaks(script) {
        search.shrink_steps();
        search.shrink_deviations();
        search.shrink_steps();
        search.drop_unused();
    }
    Shrunk { parts_after: parts(&search.best), script: search.best, executions: search.executions, parts_before }
}

/// True when the script breaks the invariant.
pub fn breaks(script: &ScriptFile, target: &Target) -> bool {
    broken_run(script, target).is_some()
}

// The run up to the violation; what comes after it does not matter.
fn broken_run(script: &ScriptFile, target: &Target) -> Option<Finished> {
    let invariant = ROWS.iter().find(|row| row.id == target.invariant)?.id;
    let world = World::build(script, &Source { file: "", text: "" }).ok()?;
    let options = Options { store: false, stop_at: Some(invariant), ..Options::default() };
    let finished = run(world, &options).ok()?;
    finished.judge.as_ref().is_some_and(|judge| judge.is_violated(invariant)).then_some(finished)
}

fn parts(script: &ScriptFile) -> usize {
    script.steps.len() + script.schedule.len()
}

struct Search<'a> {
    target: &'a Target,
    executions: u32,
    executions_max: u32,
    best: ScriptFile,
}

impl Search<'_> {
    fn breaks(&mut self, script: &ScriptFile) -> bool {
        if self.executions >= self.executions_max {
            return false;
        }
        self.executions += 1;
        breaks(script, self.target)
    }

    fn shrink_steps(&mut self) {
        self.shrink_list(
            |script| script.steps.len(),
            |script, keep| {
                let mut at = 0;
                script.steps.retain(|_| {
                    at += 1;
                    keep(at - 1)
                });
            },
        );
    }

    fn shrink_deviations(&mut self) {
        self.shrink_list(
            |script| script.schedule.len(),
            |script, keep| {
                let mut at = 0;
                script.schedule.retain(|_| {
                    at += 1;
                    keep(at - 1)
                });
            },
        );
    }

    // Delta debugging (Zeller): leave out ever smaller pieces, from the end, until no single part can go.
    fn shrink_list(&mut self, len: fn(&ScriptFile) -> usize, retain: fn(&mut ScriptFile, &dyn Fn(usize) -> bool)) {
        let mut piece = len(&self.best).max(1);
        loop {
            let mut removed = false;
            let mut end = len(&self.best);
            while end > 0 {
                let start = end.saturating_sub(piece);
                let mut candidate = self.best.clone();
                retain(&mut candidate, &|at| at < start || at >= end);
                if self.breaks(&candidate) {
                    self.best = candidate;
                    removed = true;
                }
                end = start;
            }
            if piece == 1 && (!removed || self.executions >= self.executions_max) {
                return;
            }
            if piece > 1 {
                piece = piece.div_ceil(2);
            }
        }
    }

    // Actors that nobody mentions any more, if the violation stays without them.
    fn drop_unused(&mut self) {
        let names: BTreeSet<String> = self
            .best
            .clients
            .iter()
            .map(|table| table.name.get_ref().clone())
            .chain(self.best.people.iter().map(|table| table.name.get_ref().clone()))
            .chain(self.best.resource_servers.iter().map(|table| table.name.get_ref().clone()))
            .chain(self.best.authorization_servers.iter().map(|table| table.name.get_ref().clone()))
            .collect();
        for name in names {
            let mut candidate = self.best.clone();
            candidate.clients.retain(|table| *table.name.get_ref() != name);
            candidate.people.retain(|table| *table.name.get_ref() != name);
            candidate.resource_servers.retain(|table| *table.name.get_ref() != name);
            candidate.authorization_servers.retain(|table| *table.name.get_ref() != name);
            for person in &mut candidate.people {
                person.accounts.retain(|server, _| *server.get_ref() != name);
            }
            if self.breaks(&candidate) {
                self.best = candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

    use super::*;
    use crate::sim::script::parse;

    // A ticket works twice at a mutant, early in a story that goes on for long.
    fn mutant() -> ScriptFile {
        let text = include_str!("../../simulations/duplicate-delivery-2.0.toml");
        let mut script = parse(&Source { file: "story", text }).unwrap_or_else(|error| panic!("{error}"));
        script.authorization_servers[0].without_rules = vec![spanless("ticket-unspent".to_owned())];
        script
    }

    #[test]
    fn a_run_ends_where_the_invariant_breaks() {
        let script = mutant();
        let target = Target { invariant: "TKT-1".to_owned() };
        let stopped = broken_run(&script, &target).unwrap();
        let world = World::build(&script, &Source { file: "", text: "" }).unwrap();
        let whole = run(world, &Options { store: false, ..Options::default() }).unwrap();
        assert!(stopped.deliveries < whole.deliveries, "{} of {}", stopped.deliveries, whole.deliveries);
        assert!(whole.judge.unwrap().is_violated("TKT-1"));
    }

    #[test]
    fn what_breaks_nothing_or_names_nothing_is_left_as_it_is() {
        let script = mutant();
        for invariant in ["REG-1", "no invariant"] {
            let target = Target { invariant: invariant.to_owned() };
            assert!(!breaks(&script, &target));
            let shrunk = shrink(&script, &target, 100);
            assert_eq!((shrunk.parts_before, shrunk.parts_after), (parts(&script), parts(&script)));
        }
    }
}
