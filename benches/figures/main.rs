//! The figures of this machine: how fast runs, authorization processes and shrinking are, and what the state of an
//! authorization server costs. `cargo bench --bench figures [-- PART...]`; each figure ends as a line
//! `figure <name> <value> <unit>`. Every time is the best of several, in one thread.

#![allow(clippy::print_stdout, reason = "a benchmark shows what it found")]

mod deliveries;
mod processes;
mod server;
mod shrinking;
#[path = "../support/size.rs"]
mod size;
#[allow(dead_code, reason = "not every benchmark needs everything")]
#[path = "../support/state.rs"]
mod state;
mod worlds;

use std::error::Error;
use std::time::{Duration, Instant};

/// Whatever goes wrong ends the program.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

type Part = (&'static str, fn() -> Outcome);

// Memory is read from the operating system, so what grows comes before anything has been freed.
const PARTS: [Part; 4] = [
    ("server", server::figures),
    ("deliveries", deliveries::figures),
    ("processes", processes::figures),
    ("shrinking", shrinking::figures),
];

fn main() -> Outcome {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        println!("load of the machine before: {}", load.trim());
    }
    for (part, figures) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|word| word == part) {
            figures()?;
        }
    }
    Ok(())
}

fn figure(name: &str, value: f64, unit: &str) {
    let digits = if value >= 100.0 { 0 } else { 2 };
    println!("{} {name} {value:.digits$} {unit}", size::word());
}

/// The shortest of several times, and what came of the last one.
fn best<T>(times: u32, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut timed = || {
        let started = Instant::now();
        let outcome = work();
        (started.elapsed(), outcome)
    };
    let mut best = timed();
    for _ in 1..times {
        let (time, outcome) = timed();
        best = (best.0.min(time), outcome);
    }
    best
}

fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

fn nanos_each(count: u64, time: Duration) -> f64 {
    time.as_secs_f64() * 1e9 / count as f64
}
