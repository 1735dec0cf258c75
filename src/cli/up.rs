//! `umaverse up`: one script on real nodes of the loopback interface.

use super::arguments::Up;
use super::audit::traces_in;
use super::run::{Telling, tell};
use super::stay::announcement;
use super::stories::{self, Loaded};
use super::{InputError, Outcome, complain, read};
use std::path::Path;
use umaverse::node::trace_key::TraceKey;
use umaverse::node::watch::SystemEntropy;
use umaverse::role::Entropy;
use umaverse::sim::run::Options;
use umaverse::sim::world::World;
use umaverse::trial;

/// `umaverse up`.
pub(crate) fn up(command: &Up) -> Outcome {
    let loaded = stories::load(&command.script)?;
    let world = World::build(&loaded.script, &loaded.source())?;
    let expectations = world.expectations.clone();
    let how = Telling { seed: None, show: command.show, json: command.json, report: !command.no_report };
    let finished = match &command.trace {
        Some(folder) => {
            let key = trace_key(command.trace_key.as_deref())?;
            trial::run_traced(world, &Options::default(), new_folder(folder)?, &key)?
        }
        None => trial::run(world, &Options::default())?,
    };
    let outcome = tell(&loaded, &expectations, &finished, how)?;
    if command.stay {
        stay(&loaded)?;
    }
    Ok(outcome)
}

fn stay(loaded: &Loaded) -> Result<(), InputError> {
    let places = trial::places(&loaded.script)?;
    let world = World::build_at(&places, &loaded.script, &loaded.source())?;
    Ok(trial::stay(world, |addresses| {
        announcement(loaded, addresses).iter().for_each(|line| complain(line));
    })?)
}

// The traces of two runs of a story tell of one world in which everything happens twice.
fn new_folder(folder: &Path) -> Result<&Path, InputError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| InputError::new(format!("cannot make the folder `{}`: {error}", folder.display())))?;
    if traces_in(folder)?.is_empty() {
        return Ok(folder);
    }
    Err(InputError::new(format!("`{}` has traces already; expected a folder without", folder.display())))
}

fn trace_key(file: Option<&Path>) -> Result<TraceKey, InputError> {
    let Some(file) = file else {
        let mut bytes = [0; 32];
        SystemEntropy.fill("key of traces", &mut bytes);
        return Ok(TraceKey::new(bytes));
    };
    TraceKey::parse(&read(file)?).map_err(|why| InputError::new(format!("{}: {why}", file.display())))
}
