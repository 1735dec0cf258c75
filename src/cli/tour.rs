//! `umaverse tour`: the access process of a revision as a tree, every branch ticked by the story that shows it.

use super::arguments::Tour;
use super::{InputError, Outcome, Verdict, say, stories};
use std::collections::{BTreeMap, BTreeSet};
use umaverse::report::steps;
use umaverse::sim::run::{Options, run};
use umaverse::sim::world::World;
use umaverse::wire::Revision;

/// `umaverse tour`.
pub(crate) fn tour(command: &Tour) -> Outcome {
    let revision = stories::revision_named(&command.revision)?;
    let shown_by = shown_by(revision)?;
    let reached: BTreeSet<&'static str> = shown_by.keys().copied().collect();
    for (line, branch) in steps::tree(revision, &reached).lines().zip(steps::branches(revision)) {
        let story = shown_by.get(branch.id).map_or("no story yet", |story| story.as_str());
        say(&format!("{line}  <- {story}"));
    }
    let all = steps::branches(revision).len();
    say(&format!("\n{} of {all} branches shown; run one with `umaverse run NAME`", reached.len()));
    Ok(if reached.len() == all { Verdict::Fine } else { Verdict::Failed })
}

// Each branch with one story that goes through it: the one named after it, else the shortest run.
fn shown_by(revision: Revision) -> Result<BTreeMap<&'static str, String>, InputError> {
    let mut best: BTreeMap<&'static str, (bool, usize, String)> = BTreeMap::new();
    for story in stories::all()?.into_iter().filter(|story| story.script.revision.get_ref() == revision.name()) {
        let world = World::build(&story.script, &story.source())?;
        let finished = run(world, &Options { judge: false, ..Options::default() })?;
        for id in steps::branches_reached(revision, &finished.truth, &finished.records) {
            let rank = (!story.name.contains(id), finished.records.len(), story.name.clone());
            let known = best.entry(id).or_insert_with(|| rank.clone());
            if rank < *known {
                *known = rank;
            }
        }
    }
    Ok(best.into_iter().map(|(id, (_, _, story))| (id, story)).collect())
}
