//! Kill -9 at random moments while a child appends: what it was told is durable must be there afterwards, whole and in
//! order.

use crate::sample::{entry, read, scratch};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use umaverse::transport::journal::embedded::EmbeddedStore;
use umaverse::transport::journal::{Journal, Position, Realm};

const KILLS: u64 = 20;
/// How many appends are under way at a time.
const WINDOW: u64 = 64;

fn realm() -> Realm {
    Realm::new("as")
}

// Entries differ in size, and each fact in it can be told.
fn facts_of(position: u64) -> std::ops::Range<u64> {
    position * 10..position * 10 + 1 + position % 7
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let file = scratch("kill").join("journal");
    let mut grown = 0;
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_appends", "--ignored", "--nocapture"])
            .env("UMAVERSE_JOURNAL_CHILD", &file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let started = lines.by_ref().map(Result::unwrap).find(|line| line.contains("begins"));
        assert!(started.is_some(), "the child did not begin");
        // Moments that are spread over begin, middle and end of commits.
        std::thread::sleep(Duration::from_micros(3_000 + kill * 7_919 % 60_000));
        child.kill().unwrap();
        child.wait().unwrap();
        // A line that was cut off was not heard.
        let told = lines
            .map_while(Result::ok)
            .filter_map(|line| line.strip_prefix("durable ")?.strip_suffix('.')?.parse().ok());
        let told: u64 = told.max().unwrap_or(0);
        let store = EmbeddedStore::open(&file).unwrap();
        let entries = read(&store.journal(&realm()), 0);
        assert!(entries.len() as u64 >= told, "{told} were acknowledged, {} are there", entries.len());
        for (position, entry) in (0..).zip(&entries) {
            assert!(entry.iter().copied().eq(facts_of(position)), "entry {position} is {entry:?}");
        }
        grown += u64::from(told > 0);
    }
    assert!(grown > KILLS / 2, "only {grown} children got anywhere before they were killed");
}

#[test]
#[ignore = "the child of what_was_acknowledged_survives_kill_9"]
fn child_that_appends() {
    let Some(file) = std::env::var_os("UMAVERSE_JOURNAL_CHILD") else { return };
    let store = EmbeddedStore::open(Path::new(&file)).unwrap();
    let journal = store.journal(&realm());
    let mut next = journal.extent().unwrap().end.0;
    println!("\nbegins");
    let (told, hear) = mpsc::channel();
    let mut under_way = 0;
    loop {
        while under_way < WINDOW {
            let told = told.clone();
            journal.append(Position(next), entry(facts_of(next)), Box::new(move |it| drop(told.send(it))));
            next += 1;
            under_way += 1;
        }
        let end = hear.recv().unwrap().unwrap();
        under_way -= 1;
        let mut out = std::io::stdout().lock();
        writeln!(out, "durable {end}.").unwrap();
        out.flush().unwrap();
    }
}
