//! Requests per second and how long they take, with the state in memory and on disk, beside an empty handler.

use crate::child::Server;
use crate::figure;
use crate::load::{Measured, measure};
use crate::requests::{Kind, Maker};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CONNECTIONS: [usize; 2] = [16, 256];
const LASTING: Duration = Duration::from_secs(4);
const WARMING: Duration = Duration::from_millis(500);
/// Resources, RPTs, and tickets to be redeemed.
const SIZE: u64 = 300_000;
const MILLION: u64 = 1_000_000;

pub(crate) fn figures() {
    for connections in CONNECTIONS {
        println!("rates: {connections} connections");
        let empty = of_empty_handler(connections);
        of_server("memory", connections, Some(empty));
        of_server("disk", connections, None);
    }
}

fn of_empty_handler(connections: usize) -> f64 {
    let server = Server::start("empty", 0, Path::new(""));
    let measured = warmed(&server, SIZE, Kind::Empty, connections, 0);
    say(&format!("{}_{connections}", Kind::Empty.word()), &measured);
    measured.rate()
}

fn of_server(kind: &str, connections: usize, empty: Option<f64>) {
    let journal = scratch(&format!("rates-{kind}-{connections}"));
    let mut server = Server::start(kind, SIZE, &journal);
    for asked in Kind::MEASURED {
        let name = format!("{}_{kind}_{connections}", asked.word());
        let before = server.standing();
        let measured = warmed(&server, SIZE, asked, connections, 0);
        say(&name, &measured);
        if let Some(empty) = empty {
            figure(&format!("{name}_beside_empty"), measured.rate() / empty, "of-its-rate");
        }
        let after = server.standing();
        let (flushes, facts) = (after.flushes - before.flushes, after.facts - before.facts);
        if flushes > 0 {
            // The warming counts among the flushes; so it does in the time that they took.
            figure(&format!("{name}_flushes"), flushes as f64 / (measured.took + WARMING).as_secs_f64(), "1/s");
            figure(&format!("{name}_facts_per_flush"), facts as f64 / flushes as f64, "facts");
        }
    }
    figure(&format!("resident_{kind}_{connections}"), server.standing().resident_bytes as f64 / 1e6, "MB");
}

fn warmed(server: &Server, size: u64, asked: Kind, connections: usize, from: u64) -> Measured {
    let maker = || Maker::new(server.address, size);
    let warming = measure(maker(), asked, connections, (from, size), WARMING);
    measure(maker(), asked, connections, (from + warming.count, size), LASTING)
}

fn say(name: &str, measured: &Measured) {
    figure(&format!("{name}_rate"), measured.rate(), "1/s");
    figure(&format!("{name}_p50"), measured.percentile(50), "ms");
    figure(&format!("{name}_p99"), measured.percentile(99), "ms");
}

/// The same beside a million resources, tickets and RPTs, on disk, and how long a start from them takes.
pub(crate) fn beside_a_million() {
    println!("million: {MILLION} resources, live tickets and RPTs of a thousand owners, on disk, 16 connections");
    let journal = scratch("million");
    drop(Server::start("disk", MILLION, &journal));
    let began = Instant::now();
    let mut server = Server::start("disk", MILLION, &journal);
    figure("million_start_without_snapshot", began.elapsed().as_secs_f64(), "s");
    figure("million_resident", server.standing().resident_bytes as f64 / 1e6, "MB");
    for asked in Kind::MEASURED {
        say(&format!("million_{}", asked.word()), &warmed(&server, MILLION, asked, 16, 0));
    }
    figure("million_resident_after", server.standing().resident_bytes as f64 / 1e6, "MB");
}

pub(crate) fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-http-{name}.journal"));
    let _not_there = std::fs::remove_file(&path);
    path
}
