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

/// The same while snapshots are written all the time and what they stand for goes.
#[test]
fn a_kill_while_a_snapshot_is_written_loses_nothing() {
    let file = scratch("kill-snapshot").join("journal");
    let (mut marks, mut cut_short) = (std::collections::BTreeSet::new(), 0);
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_writes_snapshots", "--ignored", "--nocapture"])
            .env("UMAVERSE_JOURNAL_CHILD", &file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.by_ref().map(Result::unwrap).any(|line| line.contains("begins")));
        let mut said: Vec<String> = Vec::new();
        let mut until = |text: &str| loop {
            said.push(lines.next().unwrap().unwrap());
            if said.last().is_some_and(|line| line.starts_with(text)) {
                break;
            }
        };
        if kill % 2 == 0 {
            // Right after a snapshot was begun, wherever the machine is with it.
            until("writes.");
            std::thread::sleep(Duration::from_micros(kill * 37 % 2_000));
        } else {
            // When one has come into force that holds more than the last start knew.
            ["durable", "writes.", "wrote."].into_iter().for_each(until);
            std::thread::sleep(Duration::from_micros(kill * 7_919 % 60_000));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(lines.map_while(Result::ok));
        cut_short += usize::from(said.iter().rfind(|line| line.ends_with('.')).is_some_and(|line| line == "writes."));
        let durable = said.iter().filter_map(|line| line.strip_prefix("durable ")?.strip_suffix('.')?.parse().ok());
        let durable: u64 = durable.max().unwrap_or(0);
        let store = EmbeddedStore::open(&file).unwrap();
        let journal = store.journal(&realm());
        let mut numbers = Vec::new();
        let mark = journal.read_snapshot(&mut |fact| numbers.push(crate::sample::number(&fact))).unwrap();
        let from = mark.map_or(0, |mark| mark.position.0);
        numbers.extend(read(&journal, from).into_iter().flatten());
        assert!(numbers.len() as u64 >= durable, "{durable} were acknowledged, {} are there", numbers.len());
        assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "something is missing after kill {kill}");
        marks.insert(from);
    }
    assert!(marks.len() as u64 >= KILLS / 2, "only {} snapshots came into force", marks.len());
    assert!(cut_short > 0, "no kill came while a snapshot was written");
}

#[test]
#[ignore = "the child of a_kill_while_a_snapshot_is_written_loses_nothing"]
fn child_that_writes_snapshots() {
    let Some(file) = std::env::var_os("UMAVERSE_JOURNAL_CHILD") else { return };
    let store = EmbeddedStore::open(Path::new(&file)).unwrap();
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").unwrap();
        out.flush().unwrap();
    };
    let (journal, beside) = (store.journal(&realm()), store.journal(&realm()));
    let mut next = journal.extent().unwrap().end.0;
    say("\nbegins".to_owned());
    std::thread::spawn(move || {
        loop {
            let position = beside.extent().unwrap().end;
            let mark = umaverse::transport::journal::Mark { position, at: Default::default() };
            say("writes.".to_owned());
            beside.write_snapshot(mark, &mut (0..position.0).map(crate::sample::fact).map(Ok)).unwrap();
            say("wrote.".to_owned());
            beside.compact(umaverse::transport::journal::Retention::None).unwrap();
        }
    });
    loop {
        crate::sample::append(&journal, next, entry([next])).unwrap();
        next += 1;
        say(format!("durable {next}."));
    }
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
