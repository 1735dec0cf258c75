//! No view of a run holds a secret: not the trace, the diagrams, the HTTP view, the summary, an explanation, a log line,
//! nor what `Debug` prints.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/secrets.rs"]
mod secrets;

use secrets::secrets_of;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use umaverse::report::http_view::http_view;
use umaverse::report::jsonl::Header;
use umaverse::report::summary::{Expectation, Summary};
use umaverse::report::{SequenceOptions, Style, TraceFile, accesses, explain, mermaid, sequence};
use umaverse::sim::generate::draw;
use umaverse::sim::plan::Plan;
use umaverse::sim::run::{Finished, Host, Options, run};
use umaverse::sim::scheduler::WireMode;
use umaverse::sim::script::{self, ScriptFile, Source};
use umaverse::sim::world::World;
use umaverse::trace::{Event, Labels};

fn built(script: &ScriptFile) -> World {
    World::build(script, &Source { file: "script", text: "" }).unwrap()
}

fn story(name: &str) -> ScriptFile {
    let file = format!("{}/simulations/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap();
    script::parse(&Source { file: &file, text: &text }).unwrap()
}

fn stories() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let stories = files.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    let mut names: Vec<String> = stories.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn views(finished: &Finished) -> Vec<(String, String)> {
    let (truth, records) = (&finished.truth, &finished.records);
    let header = Header { digest: finished.digest.clone(), seed: Some(1), script: "story".to_owned() };
    let trace = TraceFile::new(&header, truth, records);
    let mut views = vec![
        ("trace.jsonl".to_owned(), trace.to_text()),
        (
            "sequence".to_owned(),
            sequence(truth, records, &SequenceOptions { facts: true, ..SequenceOptions::default() }),
        ),
        ("mermaid".to_owned(), mermaid::mermaid(truth, records)),
        ("HTTP view".to_owned(), http_view(truth, records, Style::Plain)),
        ("summary".to_owned(), summary(finished)),
        ("accesses".to_owned(), accesses(&trace).join("\n")),
        ("Debug of the run".to_owned(), format!("{finished:?}")),
    ];
    views.extend((1..=accesses(&trace).len()).map(|n| (format!("explain {n}"), explain(&trace, n).unwrap())));
    views
}

fn summary(finished: &Finished) -> String {
    let verdicts = finished.verdicts();
    let expectations = [Expectation { what: "something".to_owned(), held: true, found: String::new() }];
    let summary = Summary {
        script: "story",
        seed: None,
        digest: &finished.digest,
        records: finished.records.len(),
        start: finished.records[0].at,
        verdicts: &verdicts,
        meant: &[],
        expectations: &expectations,
        report: None,
    };
    summary.to_text(Style::Plain, &mut Labels::new())
}

// Everything in a record that is a token, with its kind: what was sent, answered, and written down.
fn secrets(finished: &Finished) -> BTreeMap<String, String> {
    let mut kinds = BTreeMap::new();
    for (secret, kind) in finished.records.iter().flat_map(secrets_of).filter(|(secret, _)| !secret.is_empty()) {
        // What it was when it was handed out; to most who see it afterwards it is just a token.
        kinds.entry(secret).or_insert(kind);
    }
    kinds
}

fn leaks(views: &[(String, String)], secrets: &BTreeMap<String, String>) -> Vec<String> {
    let leak = |(view, text): &(String, String), (secret, kind): (&String, &String)| {
        let at = text.find(secret.as_str()).or_else(|| text.find(&url_encoded(secret)))?;
        let from = (at.saturating_sub(80)..at).find(|from| text.is_char_boundary(*from)).unwrap_or(at);
        Some(format!("a {kind} in the {view}: ...{}", &text[from..at + secret.len().min(8)]))
    };
    views.iter().flat_map(|view| secrets.iter().filter_map(move |secret| leak(view, secret))).collect()
}

fn url_encoded(secret: &str) -> String {
    secret.replace(' ', "+")
}

#[test]
fn no_view_of_a_story_shows_a_secret() {
    let mut kinds = BTreeSet::new();
    for name in stories() {
        for wire in [WireMode::Typed, WireMode::Encoded] {
            let finished = run(built(&story(&name)), &Options { wire, ..Options::default() }).unwrap();
            let secrets = secrets(&finished);
            kinds.extend(secrets.values().cloned());
            assert_eq!(leaks(&views(&finished), &secrets), Vec::<String>::new(), "{name}, {wire:?}");
        }
    }
    for kind in ["ticket", "rpt", "token", "code", "verifier", "secret", "session", "state", "form", "password"] {
        assert!(kinds.contains(kind), "no {kind} was ever seen, so that none could leak: {kinds:?}");
    }
}

#[test]
fn no_view_of_a_drawn_world_shows_a_secret() {
    let mut kinds = BTreeSet::new();
    let any = Plan { steps_max: 6, replayer: 800_000, ..Plan::default() };
    // Only 2.0 has PCTs.
    let newest = Plan { revisions: vec!["2.0".to_owned()], steps_max: 12, ..any.clone() };
    for seed in 1..=50 {
        let drawn = draw(if seed % 2 == 0 { &any } else { &newest }, seed);
        let options = Options { random: Some((seed, drawn.rates)), host: Host::Kernel, ..Options::default() };
        let finished = run(built(&drawn.script), &options).unwrap();
        let secrets = secrets(&finished);
        kinds.extend(secrets.values().cloned());
        assert_eq!(leaks(&views(&finished), &secrets), Vec::<String>::new(), "seed {seed}");
    }
    for kind in ["ticket", "rpt", "pct", "refresh", "claim-token", "code", "session"] {
        assert!(kinds.contains(kind), "no {kind} was ever seen, so that none could leak: {kinds:?}");
    }
}

#[test]
fn a_violation_names_secrets_by_label() {
    let mut script = story("photo-sharing-2.0");
    let text = r#"
        [[step]]
        who = "printer"
        does = "replay"
        at = "copmonkey"
        endpoint = "token"
        what = "older-ticket"
        times = 3
    "#;
    let file = script::write(&script).unwrap() + text;
    script = script::parse(&Source { file: "mutant", text: &file }).unwrap();
    script.clients[0].replays = true;
    script.expectations.clear();
    let rules = ["ticket-unspent", "ticket-fresh"].map(|rule| script::spanless(rule.to_owned()));
    script.authorization_servers[0].without_rules = rules[..1].to_vec();
    let finished = run(built(&script), &Options::default()).unwrap();
    assert!(finished.violation().is_some(), "the mutant goes unnoticed");
    let secrets = secrets(&finished);
    assert_eq!(leaks(&views(&finished), &secrets), Vec::<String>::new());
}

#[test]
fn nothing_that_the_binary_says_or_writes_shows_a_secret() {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("redaction");
    let _not_there = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for name in stories() {
        let secrets = secrets(&run(built(&story(&name)), &Options::default()).unwrap());
        for show in ["sequence", "facts", "http"] {
            let out = Command::new(env!("CARGO_BIN_EXE_umaverse"))
                .args(["run", &name, "--show", show, "--json"])
                .env("UMAVERSE_LOG", "trace")
                .current_dir(&folder)
                .output()
                .unwrap();
            let mut said = vec![
                (format!("output of --show {show}"), String::from_utf8(out.stdout).unwrap()),
                ("log".to_owned(), String::from_utf8(out.stderr).unwrap()),
            ];
            for file in std::fs::read_dir(folder.join("reports").join(&name)).unwrap() {
                let file = file.unwrap().path();
                said.push((file.display().to_string(), std::fs::read_to_string(file).unwrap()));
            }
            assert_eq!(leaks(&said, &secrets), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn a_leak_is_noticed() {
    let finished = run(built(&story("photo-sharing-2.0")), &Options::default()).unwrap();
    let secrets = secrets(&finished);
    assert!(secrets.len() > 20, "only {} secrets in a whole story", secrets.len());
    let answer = finished.records.iter().find_map(|record| match &record.event {
        Event::Answered { answer, .. } => match &answer.message {
            umaverse::wire::Response::Token(tokens) => Some(tokens.access_token.expose().to_owned()),
            _ => None,
        },
        _ => None,
    });
    let token = answer.unwrap();
    assert!(secrets.contains_key(&token), "a token that was handed out is not among the secrets");
    let log = [("log".to_owned(), format!("token issued: {token}"))];
    assert_eq!(leaks(&log, &secrets).len(), 1);
    let (password, _) = secrets.iter().find(|(_, kind)| *kind == "password").unwrap();
    let form = [("body".to_owned(), format!("password={}", url_encoded(password)))];
    assert!(!leaks(&form, &secrets).is_empty());
}
