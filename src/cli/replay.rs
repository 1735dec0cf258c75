//! `umaverse replay` and `umaverse shrink`: scripts that break something.

use super::arguments::{Replay, Shrink};
use super::stories::{self, Loaded};
use super::{InputError, Outcome, Verdict, complain, say, style};
use serde_json::json;
use std::path::Path;
use umaverse::check::Verdict as InvariantVerdict;
use umaverse::report::reader::labels;
use umaverse::report::{SequenceOptions, sequence};
use umaverse::sim::run::{Finished, Options, run};
use umaverse::sim::script;
use umaverse::sim::shrink::{Target, shrink as shrink_script};
use umaverse::sim::world::World;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `umaverse replay`.
pub(crate) fn replay(command: &Replay) -> Outcome {
    let loaded = load(&command.file)?;
    let Some(recorded) = loaded.script.recorded.clone() else {
        let message = format!("{} records no run to compare with; use `umaverse run`", loaded.file);
        return Err(InputError::new(message));
    };
    if recorded.version != VERSION {
        let message = format!(
            "{} was recorded by umaverse {}, this is umaverse {VERSION}: run it with `umaverse run` instead",
            loaded.file, recorded.version
        );
        return Err(InputError::new(message));
    }
    let finished = run_loaded(&loaded)?;
    say(&sequence(
        &finished.truth,
        &finished.records,
        &SequenceOptions { style: style(), facts: true, ..SequenceOptions::default() },
    ));
    let verdicts = finished.verdicts();
    say_violations(&finished, &verdicts);
    let violated = verdicts.iter().any(|verdict| verdict.id == recorded.violates && !verdict.violations.is_empty());
    let same = finished.digest == recorded.digest;
    if !same {
        say(&format!("DIVERGED: digest {} was recorded, {} came out", recorded.digest, finished.digest));
    }
    say(&format!("{} is {} by this run", recorded.violates, if violated { "violated" } else { "not violated" }));
    if command.json {
        let invariants = super::run::invariants_json(&verdicts);
        let verdict = if violated { "failed" } else { "passed" };
        say(&json!({"verdict": verdict, "digest": finished.digest, "same": same, "invariants": invariants}).to_string());
    }
    Ok(match (same, violated) {
        (false, _) => Verdict::NotDeterministic,
        (true, true) => Verdict::Failed,
        (true, false) => Verdict::Fine,
    })
}

/// `umaverse shrink`.
pub(crate) fn shrink(command: &Shrink) -> Outcome {
    let loaded = load(&command.file)?;
    let invariant = to_keep(command.invariant.as_deref(), &run_loaded(&loaded)?.verdicts())?;
    let shrunk = shrink_script(&loaded.script, &Target { invariant: invariant.clone() }, command.executions);
    let mut script = shrunk.script;
    script.recorded = super::explore::recorded(&script, &invariant);
    let text = script::write(&script).map_err(|error| InputError::new(error.to_string()))?;
    match &command.output {
        Some(path) => std::fs::write(path, text)?,
        None => say(&text),
    }
    complain(&format!(
        "{invariant}: {} -> {} steps and deviations in {} runs",
        shrunk.parts_before, shrunk.parts_after, shrunk.executions
    ));
    Ok(Verdict::Fine)
}

fn load(path: &Path) -> Result<Loaded, InputError> {
    if !path.is_file() {
        return Err(InputError::new(format!("no file `{}`", path.display())));
    }
    stories::load(&path.display().to_string())
}

fn run_loaded(loaded: &Loaded) -> Result<Finished, InputError> {
    let world = World::build(&loaded.script, &loaded.source())?;
    Ok(run(world, &Options::default())?)
}

// The invariant that a smaller script has to break as well.
fn to_keep(wanted: Option<&str>, verdicts: &[InvariantVerdict]) -> Result<String, InputError> {
    let broken: Vec<&str> =
        verdicts.iter().filter(|verdict| !verdict.violations.is_empty()).map(|verdict| verdict.id).collect();
    let Some(first) = broken.first() else {
        return Err(InputError::new("the script breaks no invariant: there is nothing to keep while shrinking"));
    };
    let wanted = wanted.unwrap_or(first);
    if broken.contains(&wanted) {
        return Ok(wanted.to_owned());
    }
    Err(InputError::new(format!("the script does not break `{wanted}`; expected one of {}", broken.join(", "))))
}

fn say_violations(finished: &Finished, verdicts: &[InvariantVerdict]) {
    let mut labels = labels(&finished.truth, &finished.records);
    for violation in verdicts.iter().flat_map(|verdict| &verdict.violations) {
        let message = labels.relabel(&violation.message);
        say(&format!("VIOLATED  {}  step {}: {message}", violation.invariant, violation.step));
    }
}
