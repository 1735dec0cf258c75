//! `umaverse run`: one script, from the world it describes to the verdicts over what happened in it.

use super::arguments::{HostName, Run, Show, Wire};
use super::stories::{self, Loaded};
use super::{InputError, Outcome, Verdict, say, style};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use umaverse::check::Verdict as InvariantVerdict;
use umaverse::check::expectation::{Expectation, Held};
use umaverse::report::http_view::http_view;
use umaverse::report::jsonl::Header;
use umaverse::report::reader::labels;
use umaverse::report::summary::{self, Summary};
use umaverse::report::{SequenceOptions, Style, TraceFile, branches, mermaid, sequence};
use umaverse::sim::oracle::Rates;
use umaverse::sim::run::{Finished, Host, Options, run as run_world};
use umaverse::sim::scheduler::WireMode;
use umaverse::sim::world::World;

/// `umaverse run`.
pub(crate) fn run(command: &Run) -> Outcome {
    let loaded = stories::load(&command.script)?;
    let world = World::build(&loaded.script, &loaded.source())?;
    let expectations = world.expectations.clone();
    let finished = match command.host {
        HostName::Http => on_nodes(world, &options(command))?,
        HostName::Kernel | HostName::Actor | HostName::Service => run_world(world, &options(command))?,
    };
    let told = Telling { seed: command.seed, show: command.show, json: command.json, report: !command.no_report };
    tell(&loaded, &expectations, &finished, told)
}

#[cfg(feature = "node")]
fn on_nodes(world: World, options: &Options) -> std::io::Result<Finished> {
    umaverse::trial::run(world, options)
}

#[cfg(not(feature = "node"))]
fn on_nodes(_world: World, _options: &Options) -> std::io::Result<Finished> {
    Err(std::io::Error::other("this build has no nodes; build with the feature `node`"))
}

/// How a run is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling {
    /// The seed of drawn delays.
    pub(crate) seed: Option<u64>,
    /// What is shown.
    pub(crate) show: Show,
    /// Whether a JSON object follows.
    pub(crate) json: bool,
    /// Whether a report folder is written.
    pub(crate) report: bool,
}

/// Shows a run, writes its report, and says whether it was as it should be.
pub(crate) fn tell(loaded: &Loaded, expectations: &[Expectation], finished: &Finished, how: Telling) -> Outcome {
    let held = judge(expectations, finished);
    if let Some(text) = shown(how.show, finished, style()) {
        say(&text);
    }
    let folder = if how.report { Some(write_report(loaded, how.seed, finished, &held)?) } else { None };
    let verdicts = finished.verdicts();
    let (expectations, meant) = (for_summary(&held), meant(loaded));
    let told = Told { expectations: &expectations, meant: &meant };
    let report = folder.as_ref().map(|folder| folder.display().to_string());
    let summary = summary_of(&loaded.name, how.seed, finished, &verdicts, told, report.as_deref());
    say(&summary.to_text(style(), &mut labels(&finished.truth, &finished.records)));
    let passed = summary.passed();
    if how.json {
        say(&as_json(passed, finished, &held, &verdicts, report.as_deref()).to_string());
    }
    Ok(if passed { Verdict::Fine } else { Verdict::Failed })
}

fn options(command: &Run) -> Options {
    // Drawn delays change the order of things; `run` adds no faults.
    let rates = Rates { delay: 500_000, flush: 200_000, delays: 7, ..Rates::default() };
    Options {
        host: match command.host {
            HostName::Kernel => Host::Kernel,
            HostName::Actor => Host::Actor,
            HostName::Service => Host::Service,
            // Real nodes have a way of their own.
            HostName::Http => Host::Kernel,
        },
        wire: match command.wire {
            Wire::Typed => WireMode::Typed,
            Wire::Encoded => WireMode::Encoded,
        },
        random: command.seed.map(|seed| (seed, rates)),
        ..Options::default()
    }
}

/// How the expectations of a script came out.
pub(crate) fn judge(expectations: &[Expectation], finished: &Finished) -> Vec<Held> {
    let verdicts = finished.verdicts();
    let violated: Vec<&str> =
        verdicts.iter().filter(|verdict| !verdict.violations.is_empty()).map(|verdict| verdict.id).collect();
    branches::judge(expectations, &finished.truth, &finished.records, &violated)
}

/// Whether a run was as it should be, by the same measure as its summary.
pub(crate) fn outcome_of(loaded: &Loaded, held: &[Held], verdicts: &[InvariantVerdict]) -> bool {
    summary::passed(verdicts, &for_summary(held), &meant(loaded))
}

fn shown(show: Show, finished: &Finished, style: Style) -> Option<String> {
    let (truth, records) = (&finished.truth, &finished.records);
    match show {
        Show::Sequence => Some(sequence(truth, records, &SequenceOptions { style, ..SequenceOptions::default() })),
        Show::Facts => {
            let options = SequenceOptions { style, facts: true, ..SequenceOptions::default() };
            Some(sequence(truth, records, &options))
        }
        Show::Http => Some(http_view(truth, records, style)),
        Show::Verdict => None,
    }
}

fn for_summary(held: &[Held]) -> Vec<summary::Expectation> {
    let found = |held: &Held| {
        if held.held { String::new() } else { format!("{} instead of {}", held.counted, held.wanted) }
    };
    held.iter()
        .map(|held| summary::Expectation { what: held.text.clone(), held: held.held, found: found(held) })
        .collect()
}

fn summary_of<'a>(
    name: &'a str,
    seed: Option<u64>,
    finished: &'a Finished,
    verdicts: &'a [InvariantVerdict],
    told: Told<'a>,
    report: Option<&'a str>,
) -> Summary<'a> {
    Summary {
        script: name,
        seed,
        digest: &finished.digest,
        records: finished.records.len(),
        start: finished.records.first().map(|record| record.at).unwrap_or_default(),
        verdicts,
        meant: told.meant,
        expectations: told.expectations,
        report,
    }
}

/// What a summary tells of the script.
#[derive(Clone, Copy)]
struct Told<'a> {
    expectations: &'a [summary::Expectation],
    meant: &'a [&'a str],
}

/// The invariants that a script says are violated in it.
fn meant(loaded: &Loaded) -> Vec<&str> {
    loaded.script.expectations.iter().filter_map(|expectation| expectation.violated.as_deref()).collect()
}

// reports/<name>-<seed>/: summary.txt, trace.jsonl, sequence.txt, sequence.mmd, and the script to run it again.
fn write_report(loaded: &Loaded, seed: Option<u64>, finished: &Finished, held: &[Held]) -> Result<PathBuf, InputError> {
    let name = seed.map_or_else(|| loaded.name.clone(), |seed| format!("{}-{seed}", loaded.name));
    let folder = Path::new("reports").join(name);
    std::fs::create_dir_all(&folder)
        .map_err(|error| InputError::new(format!("cannot make the folder `{}`: {error}", folder.display())))?;
    let (truth, records) = (&finished.truth, &finished.records);
    let header = Header { digest: finished.digest.clone(), seed, script: loaded.name.clone() };
    let verdicts = finished.verdicts();
    let (expectations, meant) = (for_summary(held), meant(loaded));
    let told = Told { expectations: &expectations, meant: &meant };
    let summary = summary_of(&loaded.name, seed, finished, &verdicts, told, None);
    let files = [
        ("trace.jsonl", TraceFile::new(&header, truth, records).to_text()),
        ("sequence.mmd", mermaid::mermaid(truth, records)),
        ("sequence.txt", sequence(truth, records, &SequenceOptions { facts: true, ..SequenceOptions::default() })),
        ("summary.txt", summary.to_text(Style::Plain, &mut labels(truth, records))),
        ("script.toml", loaded.text.clone()),
    ];
    for (file, text) in files {
        let path = folder.join(file);
        std::fs::write(&path, text)
            .map_err(|error| InputError::new(format!("cannot write `{}`: {error}", path.display())))?;
    }
    Ok(folder)
}

fn as_json(
    passed: bool,
    finished: &Finished,
    held: &[Held],
    verdicts: &[InvariantVerdict],
    report: Option<&str>,
) -> Value {
    let expectations: Vec<Value> = held.iter().map(|held| json!({"text": held.text, "held": held.held})).collect();
    json!({
        "verdict": if passed { "passed" } else { "failed" },
        "digest": finished.digest,
        "expectations": expectations,
        "invariants": invariants_json(verdicts),
        "report": report,
    })
}

/// Verdicts as `invariants[{id,level,premises,violations}]`.
pub(crate) fn invariants_json(verdicts: &[InvariantVerdict]) -> Vec<Value> {
    verdicts
        .iter()
        .map(|verdict| {
            json!({
                "id": verdict.id,
                "level": verdict.level,
                "premises": verdict.premises,
                "violations": verdict.violations.len(),
            })
        })
        .collect()
}
