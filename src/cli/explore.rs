//! `umaverse explore`: many random worlds, with progress, and a small script for what breaks.

use super::arguments::Explore;
use super::{InputError, Outcome, Verdict, complain, read, say};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use umaverse::check::Level;
use umaverse::report::reader::labels;
use umaverse::sim::explore::{Campaign, Finding, Seen, explore as explore_campaign};
use umaverse::sim::plan::Plan;
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::format::RecordedTable;
use umaverse::sim::script::{self, ScriptFile, Source};
use umaverse::sim::world::World;
use umaverse::trace::Labels;

const RUNS: u64 = 10_000;
const SHRINK_EXECUTIONS: u32 = 400;
const REPEAT_EVERY: u64 = 64;

/// `umaverse explore`.
pub(crate) fn explore(command: &Explore) -> Outcome {
    let campaign = campaign(command)?;
    announce(&campaign);
    let started = Instant::now();
    let budget = command.time.map(Duration::from_secs);
    let last = Mutex::new(started);
    let terminal = std::io::stderr().is_terminal();
    let seen = explore_campaign(&campaign, &|seen| {
        show_progress(seen, &campaign, started, &last, terminal);
        budget.is_none_or(|budget| started.elapsed() < budget)
    });
    let seconds = started.elapsed().as_secs_f64();
    let scripts = write_findings(&seen.findings, command)?;
    if let Some(folder) = &command.traces {
        super::traces::write_traces(&campaign, seen.runs, folder)?;
    }
    say(&summary(&seen, &campaign, seconds, &scripts));
    if command.json {
        say(&as_json(&seen, seconds, &scripts).to_string());
    }
    Ok(verdict(&seen, &campaign, command))
}

fn campaign(command: &Explore) -> Result<Campaign, InputError> {
    let plan = match &command.plan {
        Some(path) => {
            let file = path.display().to_string();
            let text = read(path)?;
            Plan::parse(&Source { file: &file, text: &text })?
        }
        None => Plan::default(),
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Campaign {
        plan,
        seed: command.seed,
        runs: command.runs.unwrap_or(if command.time.is_some() { u64::MAX } else { RUNS }),
        jobs: command.jobs.unwrap_or(cores),
        keep_going: command.keep_going,
        repeat_every: REPEAT_EVERY,
    })
}

fn announce(campaign: &Campaign) {
    let runs =
        if campaign.runs == u64::MAX { "as many runs as fit".to_owned() } else { format!("{} runs", campaign.runs) };
    say(&format!(
        "plan {}  seed {}  {runs}  {} threads  umaverse {}",
        campaign.plan.title,
        campaign.seed,
        campaign.jobs,
        env!("CARGO_PKG_VERSION"),
    ));
}

fn show_progress(seen: &Seen, campaign: &Campaign, started: Instant, last: &Mutex<Instant>, terminal: bool) {
    let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let pause = if terminal { Duration::from_secs(1) } else { Duration::from_secs(20) };
    if last.elapsed() < pause {
        return;
    }
    *last = Instant::now();
    let seconds = started.elapsed().as_secs_f64().max(0.001);
    let exercised = seen.invariants.values().filter(|tally| tally.premises > 0).count();
    let reached = seen.sometimes.values().filter(|runs| **runs > 0).count();
    let of = if campaign.runs == u64::MAX { String::new() } else { format!("/{}", campaign.runs) };
    complain(&format!(
        "{}{of} runs  {:.0} runs/s  {:.0} deliveries/s  invariants exercised {exercised}/{}  sometimes {reached}/{}",
        seen.runs,
        seen.runs as f64 / seconds,
        seen.deliveries as f64 / seconds,
        seen.invariants.len(),
        seen.sometimes.len(),
    ));
}

// Each finding is shrunk and written in the format that people write by hand.
fn write_findings(findings: &[Finding], command: &Explore) -> Result<Vec<(Finding, PathBuf)>, InputError> {
    let mut written: Vec<(Finding, PathBuf)> = Vec::new();
    for finding in findings {
        if written.iter().any(|(other, _)| other.invariant == finding.invariant) {
            continue;
        }
        let shrunk = finding.shrink(SHRINK_EXECUTIONS);
        let mut script = shrunk.script;
        script.title = format!("{} violated, found with seed {}", finding.invariant, finding.seed);
        script.recorded = recorded(&script, &finding.invariant);
        let mut finding = finding.clone();
        finding.message = told(&script, &finding);
        let text = script::write(&script).map_err(|error| InputError::new(error.to_string()))?;
        std::fs::create_dir_all(&command.regressions)?;
        let path = command.regressions.join(format!("{}-{}.toml", finding.invariant, finding.seed));
        std::fs::write(&path, text).map_err(|error| InputError::new(format!("{}: {error}", path.display())))?;
        complain(&format!(
            "shrunk {}: {} -> {} steps and deviations in {} runs",
            finding.invariant, shrunk.parts_before, shrunk.parts_after, shrunk.executions
        ));
        written.push((finding, path));
    }
    Ok(written)
}

// What the written script breaks, with the labels that a replay of it shows.
fn told(script: &ScriptFile, finding: &Finding) -> String {
    let replayed = World::build(script, &Source { file: "", text: "" }).ok();
    let replayed = replayed.and_then(|world| run(world, &Options::default()).ok());
    let Some(finished) = replayed else { return Labels::new().relabel(&finding.message) };
    let verdicts = finished.verdicts();
    let broken = verdicts.iter().find(|verdict| verdict.id == finding.invariant);
    let message = broken.and_then(|verdict| verdict.violations.first()).map(|violation| &violation.message);
    labels(&finished.truth, &finished.records).relabel(message.unwrap_or(&finding.message))
}

/// What a replay of the script has to show.
pub(crate) fn recorded(script: &ScriptFile, invariant: &str) -> Option<RecordedTable> {
    let world = World::build(script, &Source { file: "", text: "" }).ok()?;
    let finished = run(world, &Options { store: false, ..Options::default() }).ok()?;
    Some(RecordedTable {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        digest: finished.digest,
        violates: invariant.to_owned(),
    })
}

fn verdict(seen: &Seen, campaign: &Campaign, command: &Explore) -> Verdict {
    if !seen.unequal.is_empty() {
        return Verdict::NotDeterministic;
    }
    // Only the default plan promises to reach everything, and only when it has room to.
    let promised = command.plan.is_none() && campaign.runs >= RUNS && seen.runs >= RUNS;
    let holes = seen.alone.values().any(|alone| !alone.not_exercised().is_empty());
    let missed = promised && (holes || !seen.not_exercised().is_empty());
    if seen.findings.is_empty() && !missed { Verdict::Fine } else { Verdict::Failed }
}

fn summary(seen: &Seen, campaign: &Campaign, seconds: f64, scripts: &[(Finding, PathBuf)]) -> String {
    let mut lines = Vec::new();
    for (id, tally) in &seen.invariants {
        let premises = if tally.premises == 0 { "not exercised".to_owned() } else { tally.premises.to_string() };
        let level = match tally.level {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Outcome => "outcome",
        };
        lines.push(format!("{id:<8} {level:<8} {premises:>14}  {} violations", tally.violations));
    }
    lines.push(String::new());
    for (revision, alone) in &seen.alone {
        lines.extend(holes(&format!("not exercised in {revision} alone"), &alone.not_exercised()));
        lines.extend(holes(&format!("never reached in {revision} alone"), &alone.never_reached()));
    }
    for (finding, path) in scripts {
        lines.push(format!("VIOLATED  {}  seed {}: {}", finding.invariant, finding.seed, finding.message));
        lines.push(format!("  replay  umaverse replay {}", path.display()));
    }
    if !seen.unequal.is_empty() {
        lines.push(format!("NOT DETERMINISTIC  seeds {:?}", seen.unequal));
    }
    lines.push(format!(
        "{} runs, {} deliveries in {seconds:.1} s: {:.0} runs/s, {:.0} deliveries/s on {} threads; {} runs repeated on the actor host and with encoded messages; {} violations",
        seen.runs,
        seen.deliveries,
        seen.runs as f64 / seconds,
        seen.deliveries as f64 / seconds,
        campaign.jobs,
        seen.repeated,
        seen.findings.len(),
    ));
    lines.join("\n")
}

fn holes(what: &str, ids: &[&str]) -> Option<String> {
    (!ids.is_empty()).then(|| format!("{what}: {}", ids.join(", ")))
}

fn as_json(seen: &Seen, seconds: f64, scripts: &[(Finding, PathBuf)]) -> Value {
    let violations: Vec<Value> = seen
        .findings
        .iter()
        .map(|finding| {
            let script = scripts.iter().find(|(other, _)| other.seed == finding.seed).map(|(_, path)| path);
            json!({"invariant": finding.invariant, "seed": finding.seed, "script": script})
        })
        .collect();
    let invariants: Vec<Value> = seen
        .invariants
        .iter()
        .map(|(id, tally)| json!({"id": id, "level": tally.level, "premises": tally.premises, "violations": tally.violations}))
        .collect();
    let sometimes: Vec<Value> = seen.sometimes.iter().map(|(id, runs)| json!({"id": id, "reached": runs})).collect();
    json!({
        "runs": seen.runs,
        "deliveries": seen.deliveries,
        "seconds": seconds,
        "violations": violations,
        "invariants": invariants,
        "sometimes": sometimes,
    })
}
