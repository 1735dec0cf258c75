//! The worlds that are run.

use crate::Outcome;
use umaverse::sim::script::format::{ScriptFile, StepTable};
use umaverse::sim::script::{Source, parse, spanless};
use umaverse::sim::world::World;

const STORIES: [(&str, &str); 2] =
    [("2.0", "simulations/photo-sharing-2.0.toml"), ("draft-06", "simulations/photo-sharing.toml")];

/// The photo-sharing story of each revision.
pub(crate) fn stories() -> Outcome<Vec<(&'static str, ScriptFile)>> {
    STORIES.into_iter().map(|(revision, file)| Ok((revision, story(file)?))).collect()
}

fn story(file: &str) -> Outcome<ScriptFile> {
    let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR")))?;
    Ok(parse(&Source { file, text: &text })?)
}

/// A world of a script that need not be pointed into.
pub(crate) fn build(script: &ScriptFile) -> Outcome<World> {
    Ok(World::build(script, &Source { file: "figures", text: "" })?)
}

/// One owner, one resource server, one policy, and one fetch from the access attempt to the content.
pub(crate) fn one_process(story: &ScriptFile) -> ScriptFile {
    let mut script = story.clone();
    let (first_connect, first_fetch) = (first(story, "connect"), first(story, "fetch"));
    let policy = first(story, "set-policy");
    script.steps = [first_connect, policy, first_fetch].into_iter().flatten().collect();
    script
}

/// Bob fetches at both resource servers, again and again, and hours pass in which tokens and sessions end.
pub(crate) fn steady(story: &ScriptFile, rounds: u32) -> ScriptFile {
    let mut script = story.clone();
    let of = |does: &str| script.steps.iter().filter(|step| is(step, does)).cloned().collect::<Vec<_>>();
    let mut steps = [of("connect"), of("set-policy")].concat();
    let fetches: Vec<StepTable> = of("fetch").into_iter().take(2).collect();
    let wait = StepTable {
        who: Some(spanless("world".to_owned())),
        does: Some(spanless("wait".to_owned())),
        for_: Some(spanless("2h".to_owned())),
        ..StepTable::default()
    };
    for _ in 0..rounds {
        steps.extend(fetches.iter().cloned());
        steps.extend(fetches.iter().cloned());
        steps.push(wait.clone());
    }
    script.steps = steps;
    script
}

fn first(script: &ScriptFile, does: &str) -> Option<StepTable> {
    script.steps.iter().find(|step| is(step, does)).cloned()
}

fn is(step: &StepTable, does: &str) -> bool {
    step.does.as_ref().is_some_and(|it| it.get_ref() == does)
}
