//! One seed, one trace: twice in this process, on both hosts, typed and as bytes, and once more in another process.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::path::{Path, PathBuf};
use std::process::Command;
use umaverse::report::TraceFile;
use umaverse::report::difference::difference;
use umaverse::report::jsonl::Header;
use umaverse::sim::generate::draw;
use umaverse::sim::plan::Plan;
use umaverse::sim::run::{Finished, Host, Options, run};
use umaverse::sim::scheduler::WireMode;
use umaverse::sim::script::Source;
use umaverse::sim::world::World;

const SEEDS: u64 = 200;
const FIRST: u64 = 1;

fn finished(seed: u64, host: Host, wire: WireMode) -> Finished {
    let drawn = draw(&Plan::default(), seed);
    let world = World::build(&drawn.script, &Source { file: "generated", text: "" }).unwrap();
    let options = Options { host, wire, random: Some((seed, drawn.rates)), judge: false, ..Options::default() };
    run(world, &options).unwrap()
}

fn trace(seed: u64, finished: &Finished) -> String {
    let script = format!("default {seed}");
    let header = Header { digest: finished.digest.clone(), seed: Some(seed), script };
    TraceFile::new(&header, &finished.truth, &finished.records).to_text()
}

// What is different between two runs of a seed, down to the bytes of every secret; `None` when nothing is.
fn apart(one: &Finished, other: &Finished) -> Option<String> {
    if one.records == other.records && one.digest == other.digest {
        return None;
    }
    if let Some(text) = difference(&one.truth, &one.records, &other.records) {
        return Some(text);
    }
    let at = one.records.iter().zip(&other.records).position(|(one, other)| one != other);
    at.map(|at| format!("the same but for secrets, which differ from record {at} on"))
        .or_else(|| (one.digest != other.digest).then(|| "the same records, other digests".to_owned()))
}

// The first line in which two files differ.
fn first_line_apart(one: &str, other: &str) -> Option<String> {
    let (ones, others): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    let at = (0..ones.len().max(others.len())).find(|at| ones.get(*at) != others.get(*at))?;
    let show = |lines: &[&str]| lines.get(at).map_or("(end)", |line| *line).to_owned();
    Some(format!("line {}:\n  {}\n  {}", at + 1, show(&ones), show(&others)))
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _not_there = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn umaverse(folder: &Path, arguments: &[&str]) {
    let out = Command::new(env!("CARGO_BIN_EXE_umaverse")).args(arguments).current_dir(folder).output().unwrap();
    assert!(out.status.code() != Some(2), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_seed_gives_one_trace_on_every_host_and_wire() {
    let others = [
        (Host::Kernel, WireMode::Typed),
        (Host::Kernel, WireMode::Encoded),
        (Host::Actor, WireMode::Typed),
        (Host::Actor, WireMode::Encoded),
        #[cfg(feature = "node")]
        (Host::Service, WireMode::Carried),
    ];
    let mut failures = Vec::new();
    for seed in FIRST..FIRST + SEEDS {
        let first = finished(seed, Host::Kernel, WireMode::Typed);
        for (host, wire) in others {
            let other = finished(seed, host, wire);
            if let Some(text) = apart(&first, &other) {
                failures.push(format!("seed {seed}, {host:?} host, {wire:?} messages: {text}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {SEEDS} seeds part; the first:\n{}", failures.len(), failures[0]);
}

#[test]
fn a_seed_gives_the_same_bytes_in_another_process() {
    let folder = scratch("determinism");
    let (runs, seed) = (SEEDS.to_string(), FIRST.to_string());
    umaverse(&folder, &["explore", "--runs", &runs, "--seed", &seed, "--jobs", "2", "--keep-going", "--traces", "t"]);
    for seed in FIRST..FIRST + SEEDS {
        let theirs = std::fs::read_to_string(folder.join("t").join(format!("{seed}.jsonl"))).unwrap();
        let ours = trace(seed, &finished(seed, Host::Kernel, WireMode::Typed));
        if let Some(line) = first_line_apart(&ours, &theirs) {
            panic!("seed {seed} differs in another process, {line}");
        }
    }
}

#[test]
fn another_seed_gives_another_trace_and_the_comparison_shows_where() {
    let (one, other) = (finished(1, Host::Kernel, WireMode::Typed), finished(2, Host::Kernel, WireMode::Typed));
    assert!(apart(&one, &other).unwrap().starts_with("the traces part at record"));
    assert!(first_line_apart(&trace(1, &one), &trace(2, &other)).unwrap().starts_with("line 1"));
    let mut shorter = one.clone();
    shorter.records.pop();
    assert!(apart(&one, &shorter).unwrap().contains("(the trace ends here)"));
    let mut others_digest = one.clone();
    others_digest.digest = "0".to_owned();
    assert!(apart(&one, &others_digest).is_some());
    assert_eq!(apart(&one, &one), None);
}

#[test]
fn other_entropy_is_noticed_even_where_the_labels_are_the_same() {
    let story = |seed: u64| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations/photo-sharing-2.0.toml");
        let text = std::fs::read_to_string(file).unwrap();
        let mut script = umaverse::sim::script::parse(&Source { file: "story", text: &text }).unwrap();
        script.settings.seed = Some(seed);
        run(World::build(&script, &Source { file: "story", text: "" }).unwrap(), &Options::default()).unwrap()
    };
    let (one, other) = (story(1), story(2));
    assert!(apart(&one, &other).is_some(), "the bytes of secrets follow the seed");
}
