//! One story under many schedules: whatever the delays, losses and crashes, nobody who may not see the photo sees it,
//! and no invariant breaks. `cargo run --release --example schedules`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::collections::BTreeMap;
use umaverse::sim::oracle::Rates;
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::{Source, parse};
use umaverse::sim::world::World;
use umaverse::trace::note::FetchOutcome;
use umaverse::trace::{Event, Note};

/// Parts per million, per message and per delivery.
const RATES: Rates = Rates {
    lose: 1_000,
    duplicate: 20_000,
    delay: 100_000,
    crash: 500,
    flush: 100_000,
    refuse_write: 500,
    boundary: 0,
    delays: 12,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = "simulations/photo-sharing-2.0.toml";
    let text = std::fs::read_to_string(file)?;
    let source = Source { file, text: &text };
    let world = World::build(&parse(&source)?, &source)?;

    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..200 {
        let options = Options { random: Some((seed, RATES)), ..Options::default() };
        let finished = run(world.clone(), &options)?;
        if let Some(violation) = finished.violation() {
            return Err(format!("seed {seed} breaks {}: {}", violation.invariant, violation.message).into());
        }
        for record in &finished.records {
            if let Event::Noted { note: Note::FetchEnded { outcome, .. }, .. } = &record.event {
                *outcomes.entry(word(outcome)).or_default() += 1;
            }
        }
    }
    for (outcome, times) in outcomes {
        println!("{outcome:<10} {times}");
    }
    Ok(())
}

fn word(outcome: &FetchOutcome) -> &'static str {
    match outcome {
        FetchOutcome::Got { .. } => "got",
        FetchOutcome::Denied => "denied",
        FetchOutcome::Abandoned => "abandoned",
        FetchOutcome::GaveUp { .. } => "gave up",
    }
}
