//! Requests per second and how long they take, with the state in memory and on disk, beside an empty handler.

use crate::child::{Server, Standing};
use crate::figure;
use crate::load::{Measured, measure};
use crate::requests::{Kind, Maker};
use crate::size::sized;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CONNECTIONS: [usize; 2] = [16, 256];
const LASTING: [Duration; 2] = [Duration::from_secs(4), Duration::from_millis(100)];
const WARMING: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(20)];
/// Resources, RPTs, and tickets to be redeemed.
const SIZE: [u64; 2] = [300_000, 2000];
const MILLION: [u64; 2] = [1_000_000, 3000];

pub(crate) fn figures() {
    for connections in CONNECTIONS {
        println!("rates: {connections} connections");
        let empty = of_empty_handler(connections);
        of_server("memory", connections, Some(empty));
        of_server("disk", connections, None);
    }
}

/// What the empty handler does, which everything else is held against.
#[derive(Clone, Copy)]
struct Empty {
    rate: f64,
    cpu: f64,
}

fn of_empty_handler(connections: usize) -> Empty {
    let mut server = Server::start("empty", 0, Path::new(""));
    let round = warmed(&mut server, sized(SIZE), Kind::Empty, connections);
    say(&format!("{}_{connections}", Kind::Empty.word()), &round);
    Empty { rate: round.measured.rate(), cpu: round.cpu() }
}

fn of_server(kind: &str, connections: usize, empty: Option<Empty>) {
    let journal = scratch(&format!("rates-{kind}-{connections}"));
    let mut server = Server::start(kind, sized(SIZE), &journal);
    for asked in Kind::MEASURED {
        let name = format!("{}_{kind}_{connections}", asked.word());
        let round = warmed(&mut server, sized(SIZE), asked, connections);
        say(&name, &round);
        if let Some(empty) = empty {
            figure(&format!("{name}_beside_empty"), round.measured.rate() / empty.rate, "of-its-rate");
            figure(&format!("{name}_cpu_beside_empty"), round.cpu() / empty.cpu, "times");
        }
        if round.flushes() > 0.0 {
            figure(&format!("{name}_flushes"), round.flushes() / round.measured.took.as_secs_f64(), "1/s");
            figure(&format!("{name}_facts_per_flush"), round.facts() / round.flushes(), "facts");
        }
    }
    figure(&format!("resident_{kind}_{connections}"), server.standing().resident_bytes as f64 / 1e6, "MB");
}

/// A measurement, and how the server stood before and after it.
struct Round {
    measured: Measured,
    before: Standing,
    after: Standing,
}

impl Round {
    /// Microseconds of a processor for one request. Unlike rates these hardly change when the machine has other work.
    fn cpu(&self) -> f64 {
        (self.after.cpu_micros - self.before.cpu_micros) as f64 / self.measured.count as f64
    }

    fn flushes(&self) -> f64 {
        (self.after.flushes - self.before.flushes) as f64
    }

    fn facts(&self) -> f64 {
        (self.after.facts - self.before.facts) as f64
    }
}

fn warmed(server: &mut Server, size: u64, asked: Kind, connections: usize) -> Round {
    let maker = |server: &Server| Maker::new(server.address, size);
    let warming = measure(maker(server), asked, connections, (0, size), sized(WARMING));
    let before = server.standing();
    let measured = measure(maker(server), asked, connections, (warming.count, size), sized(LASTING));
    Round { measured, before, after: server.standing() }
}

fn say(name: &str, round: &Round) {
    figure(&format!("{name}_rate"), round.measured.rate(), "1/s");
    figure(&format!("{name}_p50"), round.measured.percentile(50), "ms");
    figure(&format!("{name}_p99"), round.measured.percentile(99), "ms");
    figure(&format!("{name}_cpu"), round.cpu(), "us");
}

/// The same beside a million resources, tickets and RPTs, on disk, and how long a start from them takes.
pub(crate) fn beside_a_million() {
    let million = sized(MILLION);
    println!("million: {million} resources, live tickets and RPTs of a thousand owners, on disk, 16 connections");
    let journal = scratch("million");
    drop(Server::start("disk", million, &journal));
    let began = Instant::now();
    let mut server = Server::start("disk", million, &journal);
    figure("million_start_without_snapshot", began.elapsed().as_secs_f64(), "s");
    figure("million_resident", server.standing().resident_bytes as f64 / 1e6, "MB");
    for asked in Kind::MEASURED {
        say(&format!("million_{}", asked.word()), &warmed(&mut server, million, asked, 16));
    }
    figure("million_resident_after", server.standing().resident_bytes as f64 / 1e6, "MB");
}

pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-http-{name}.journal"));
    let _not_there = std::fs::remove_file(&path);
    path
}
