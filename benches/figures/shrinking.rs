//! Shrinking a failure of about a thousand parts: steps of many drawn worlds in a row, every disturbance written down,
//! and an authorization server that does not obey one rule.

use crate::size::{measures, sized};
use crate::worlds::build;
use crate::{Outcome, best, figure};
use std::collections::BTreeMap;
use umaverse::sim::generate::{Drawn, draw};
use umaverse::sim::plan::Plan;
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::format::{ScriptFile, StepTable};
use umaverse::sim::script::spanless;
use umaverse::sim::shrink::{Target, explicit, shrink};

const EXECUTIONS_MAX: u32 = 5000;
const STEPS: [usize; 2] = [1000, 40];
const CASES: [(&str, &str, &str); 4] = [
    ("2.0", "policy-permits", "GRT-1"),
    ("2.0", "ticket-fresh", "TKT-6"),
    ("draft-06", "policy-permits", "GRT-1"),
    ("draft-06", "reissue-ends-older", "GRT-10"),
];

pub(crate) fn figures() -> Outcome {
    for (revision, rule, invariant) in CASES {
        println!(
            "shrinking: {revision} without {rule}, {} steps and their disturbances, breaking {invariant}",
            sized(STEPS)
        );
        let script = failing(revision, rule, invariant)?;
        let target = Target { invariant: invariant.to_owned() };
        let (time, shrunk) = best(3, || shrink(&script, &target, EXECUTIONS_MAX));
        println!("{} steps and {} deviations before", script.steps.len(), script.schedule.len());
        println!("{} steps and {} deviations after", shrunk.script.steps.len(), shrunk.script.schedule.len());
        let name = format!("shrink-{revision}-{rule}");
        figure(&format!("{name}-parts-before"), shrunk.parts_before as f64, "parts");
        figure(&format!("{name}-parts-after"), shrunk.parts_after as f64, "parts");
        figure(&format!("{name}-executions"), f64::from(shrunk.executions), "executions");
        figure(&format!("{name}-time"), time.as_secs_f64() * 1000.0, "ms");
    }
    Ok(())
}

const SEEDS: u64 = 50;

// The first of the drawn scripts in which something is broken; a try takes any.
fn failing(revision: &str, rule: &str, invariant: &str) -> Outcome<ScriptFile> {
    for first in 1..=SEEDS {
        let (script, broken) = drawn(revision, rule, first)?;
        if broken.as_deref() == Some(invariant) || !measures() {
            return Ok(script);
        }
    }
    Err(format!("{revision} without {rule} breaks {invariant} in none of {SEEDS} scripts").into())
}

// A script, and which invariant it breaks.
fn drawn(revision: &str, rule: &str, first: u64) -> Outcome<(ScriptFile, Option<String>)> {
    let plan = Plan { revisions: vec![revision.to_owned()], replayer: 1_000_000, clocks: 0, ..Plan::default() };
    let Drawn { mut script, rates } = draw(&plan, first);
    for server in &mut script.authorization_servers {
        server.without_rules = vec![spanless(rule.to_owned())];
    }
    script.steps.retain(|step| step.after.is_none());
    let mut counts = BTreeMap::new();
    script.steps.iter_mut().for_each(|step| rename(step, &mut counts));
    for (place, seed) in (first..).enumerate() {
        let later = place as u64 * plan.span_secs * 1000;
        let steps = draw(&plan, seed).script.steps.into_iter();
        script.steps.extend(steps.filter_map(|step| moved(step, later)).map(|mut step| {
            rename(&mut step, &mut counts);
            step
        }));
        if script.steps.len() >= sized(STEPS) {
            script.steps.truncate(sized(STEPS));
            break;
        }
    }
    let options = Options { random: Some((first, rates)), store: false, ..Options::default() };
    let finished = run(build(&script)?, &options)?;
    let broken = finished.violation().map(|violation| violation.invariant.to_string());
    Ok((explicit(&script, &finished.taken), broken))
}

// The timed steps of a drawn world but its healing.
fn moved(mut step: StepTable, later_millis: u64) -> Option<StepTable> {
    if step.does.as_ref()?.get_ref() == "heal" {
        return None;
    }
    let millis: u64 = step.after.take()?.get_ref().strip_suffix("ms")?.parse().ok()?;
    step.after = Some(spanless(format!("{}ms", millis + later_millis)));
    Some(step)
}

fn rename(step: &mut StepTable, counts: &mut BTreeMap<String, u32>) {
    let word = |word: &Option<toml::Spanned<String>>| word.as_ref().map_or("", |word| word.get_ref()).to_owned();
    let kind = format!("{}.{}", word(&step.who), word(&step.does));
    let count = counts.entry(kind.clone()).or_default();
    *count += 1;
    step.name = Some(format!("{kind}#{count}"));
}
