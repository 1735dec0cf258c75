//! `umaverse audit`: the traces of nodes give the verdicts that the run itself gave, or none where they cannot know.
#![cfg(feature = "node")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/stories.rs"]
mod support;

#[path = "support/secrets.rs"]
mod secrets;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use support::{Story, stories};
use umaverse::check::{Ground, Verdict};
use umaverse::node::trace_key::TraceKey;
use umaverse::report::audit::{Audit, AuditError};
use umaverse::sim::run::{Finished, Options};
use umaverse::sim::script::Source;
use umaverse::sim::world::World;
use umaverse::trace::{Event, Truth};

const KEY: TraceKey = TraceKey::new([7; 32]);

type Files = Vec<(String, String)>;

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nth = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("umaverse-audit-{}-{nth}-{name}", std::process::id()));
        let _none = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn world(story: &Story) -> World {
    World::build(&story.script, &Source { file: &story.file, text: &story.text }).unwrap()
}

fn traced(story: &Story, key: &TraceKey) -> (Finished, Files) {
    let folder = Folder::new(story.name());
    let finished = umaverse::trial::run_traced(world(story), &Options::default(), &folder.0, key).unwrap();
    (finished, files(&folder.0))
}

fn files(folder: &Path) -> Files {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

fn story(name: &str) -> Story {
    stories().into_iter().find(|story| story.name() == name).unwrap_or_else(|| panic!("no story {name}"))
}

fn audit(files: &Files) -> Audit {
    Audit::read(files, None).unwrap_or_else(|error| panic!("{error}"))
}

/// Where two lists of verdicts differ, in sentences. What is not judged differs from nothing.
fn differences(of: &str, run: &[Verdict], audited: &[Verdict]) -> Vec<String> {
    assert_eq!(run.len(), audited.len(), "{of}");
    let pairs = run.iter().zip(audited).filter(|(_, audited)| audited.lacks.is_empty());
    pairs
        .filter(|(run, audited)| (run.premises, run.violations.len()) != (audited.premises, audited.violations.len()))
        .map(|(run, audited)| {
            let told = |one: &Verdict| format!("{} premises, {} violations", one.premises, one.violations.len());
            let first = audited.violations.first().map_or_else(String::new, |violation| violation.message.clone());
            format!("{of}: {} run: {}, audit: {} {first}", run.id, told(run), told(audited))
        })
        .collect()
}

fn no_worse(of: &str, run: &[Verdict], audited: &[Verdict]) {
    for (run, audited) in run.iter().zip(audited).filter(|(_, audited)| !audited.violations.is_empty()) {
        assert!(!run.violations.is_empty(), "{of}: {} {}", run.id, audited.violations[0].message);
    }
}

fn crashes(finished: &Finished) -> bool {
    finished.records.iter().any(|record| matches!(record.event, Event::Crashed { .. }))
}

#[test]
fn the_verdicts_of_an_audit_are_those_of_the_run() {
    let (mut differing, mut judged, mut all) = (Vec::new(), 0, 0);
    for story in stories() {
        let (finished, files) = traced(&story, &KEY);
        let run = finished.verdicts();
        let alone = audit(&files);
        if crashes(&finished) {
            no_worse(story.name(), &run, &alone.verdicts());
            continue;
        }
        assert!(alone.lacking.contains(&Ground::Calm), "nodes cannot know that nothing is late");
        differing.extend(differences(story.name(), &run, &alone.verdicts()));
        let known: Truth = world(&story).truth;
        let with_truth = Audit::read(&files, Some(&known)).unwrap();
        all += usize::from(with_truth.lacking.is_empty());
        let with_truth = with_truth.verdicts();
        judged += with_truth.iter().filter(|verdict| verdict.lacks.is_empty() && verdict.premises > 0).count();
        differing.extend(differences(&format!("{} with its script", story.name()), &run, &with_truth));
    }
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
    assert!(judged > 500 && all > 20, "the audit judges little: {judged} verdicts, {all} stories wholly");
}

#[test]
fn writing_traces_changes_nothing() {
    for name in ["photo-sharing", "draft-06-3.A"] {
        let story = story(name);
        assert_eq!(traced(&story, &KEY).0.digest, story.run(&Options::default()).digest, "{name}");
    }
}

#[test]
fn nodes_that_are_left_to_themselves_are_judged_alike() {
    let mut played = 0;
    for story in stories().iter().filter(|story| umaverse::trial::needs_shim(&world(story)).is_none()).step_by(3) {
        let folder = Folder::new(&format!("free-{}", story.name()));
        let finished = umaverse::trial::run_free_traced(world(story), &folder.0, &KEY).unwrap();
        let known = world(story).truth;
        let audited = Audit::read(&files(&folder.0), Some(&known)).unwrap().verdicts();
        let violated = |verdicts: &[Verdict]| {
            let judged = verdicts.iter().zip(&audited).filter(|(_, audited)| audited.lacks.is_empty());
            judged.filter(|(one, _)| !one.violations.is_empty()).map(|(one, _)| one.id).collect::<Vec<_>>()
        };
        assert_eq!(violated(&finished.verdicts()), violated(&audited), "{}", story.name());
        played += 1;
    }
    assert!(played > 5, "{played} stories");
}

/// Story, node, and the rule that the node does not obey.
const MUTANTS: &[(&str, &str, &str)] = &[
    ("draft-06-1.B.1", "copmonkey", "rpt-fresh"),
    ("draft-06-1.B.1-revoked", "copmonkey", "rpt-unrevoked"),
    ("draft-06-1.B.2", "photoz", "permission-has-scopes"),
    ("draft-06-3", "copmonkey", "policy-permits"),
    ("draft-06-3.A-refused", "copmonkey", "person-approved"),
];

#[test]
fn a_node_that_does_not_obey_a_rule_is_found() {
    for (name, node, rule) in MUTANTS {
        let mutant = story(name).without(node, rule);
        let (finished, files) = traced(&mutant, &KEY);
        let violated = |verdicts: Vec<Verdict>| {
            let broken = verdicts.into_iter().filter(|verdict| !verdict.violations.is_empty());
            broken.map(|verdict| verdict.id).collect::<Vec<_>>()
        };
        let audited = violated(audit(&files).verdicts());
        assert!(!audited.is_empty(), "nobody notices {node} without {rule} in {name}");
        let run = violated(finished.verdicts());
        assert!(audited.iter().all(|id| run.contains(id)), "{name}: {audited:?} instead of {run:?}");
    }
}

#[test]
fn a_node_without_a_trace_makes_verdicts_fewer_and_never_worse() {
    let (mut runs, mut unjudged) = (0, std::collections::BTreeSet::new());
    for story in stories() {
        let (finished, files) = traced(&story, &KEY);
        let run = finished.verdicts();
        for (missing, _) in &files {
            let left: Files = files.iter().filter(|(name, _)| name != missing).cloned().collect();
            if left.is_empty() {
                continue;
            }
            let verdicts = audit(&left).verdicts();
            for verdict in verdicts.iter().filter(|verdict| !verdict.violations.is_empty()) {
                let meant = run.iter().any(|one| one.id == verdict.id && !one.violations.is_empty());
                let first = &verdict.violations[0].message;
                assert!(meant, "{} without {missing}: {} {first}", story.name(), verdict.id);
            }
            runs += 1;
            unjudged.extend(verdicts.iter().flat_map(|verdict| verdict.lacks.iter().copied()));
        }
    }
    for ground in
        [Ground::Grants, Ground::Policies, Ground::Resources, Ground::Clients, Ground::Senders, Ground::Sessions]
    {
        assert!(unjudged.contains(&ground), "no story lacks {ground}");
    }
    assert!(runs > 300, "{runs} audits");
}

#[test]
fn without_the_browsers_the_servers_are_still_judged() {
    let (_, files) = traced(&story("photo-sharing"), &KEY);
    let servers: Files = files.into_iter().filter(|(_, text)| !text.contains("\"role\":\"person\"")).collect();
    let audited = audit(&servers);
    assert!(audited.lacking.contains(&Ground::Sessions) && !audited.lacking.contains(&Ground::Grants));
    let verdicts = audited.verdicts();
    let of = |id: &str| verdicts.iter().find(|verdict| verdict.id == id).unwrap();
    assert!(of("GRT-1").lacks.is_empty() && of("GRT-1").premises > 0, "{:?}", of("GRT-1"));
    assert!(of("ACC-1").lacks.is_empty() && of("ACC-1").premises > 0, "{:?}", of("ACC-1"));
    assert!(of("AUT-4").lacks.contains(&Ground::Sessions));
    assert!(audited.remarks.iter().any(|remark| remark.contains("requests came from nobody")), "{:?}", audited.remarks);
}

#[test]
fn nothing_but_errors_is_judged_of_a_node_whose_past_is_not_told() {
    let (_, files) = traced(&story("photo-sharing"), &KEY);
    let resumed = with(&files, 0, |text| text.replacen("\"resumed\":false", "\"resumed\":true", 1));
    let audited = audit(&resumed);
    assert_eq!(audited.lacking, [Ground::Beginnings, Ground::Calm]);
    let judged = audited.verdicts().into_iter().filter(|verdict| verdict.lacks.is_empty()).map(|verdict| verdict.id);
    assert_eq!(judged.collect::<Vec<_>>(), ["ACC-7", "TLS-1"]);
}

#[test]
fn a_number_is_not_believed_of_a_request_that_was_sent_to_somebody_else() {
    let (_, files) = traced(&story("photo-sharing"), &KEY);
    let calm = audit(&files);
    assert!(!calm.lacking.contains(&Ground::Senders));
    // Every request says that it is the first of all, which went to one server only.
    let lying = files.iter().map(|(name, text)| (name.clone(), renamed(text))).collect();
    let audited = audit(&lying);
    assert!(audited.lacking.contains(&Ground::Senders));
    let senders = |audit: &Audit| {
        audit.records.iter().filter(|record| matches!(record.event, Event::Arrived { copy_of: None, .. })).count()
    };
    assert!(senders(&audited) > 1);
    let copies = audited.records.iter().filter(|one| matches!(one.event, Event::Arrived { copy_of: Some(_), .. }));
    assert!(copies.count() < senders(&audited));
}

fn renamed(text: &str) -> String {
    let mut parts = text.split("\"named\":");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        out.push_str("\"named\":1");
        out.push_str(part.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    out
}

#[test]
#[cfg(feature = "cli")]
fn the_command_line_tells_verdicts_and_faults_of_the_input() {
    let folder = Folder::new("cli");
    let run = |arguments: &[&str]| {
        let binary = env!("CARGO_BIN_EXE_umaverse");
        let out = std::process::Command::new(binary).args(arguments).current_dir(&folder.0).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
    };
    std::fs::write(folder.0.join("key"), "ab".repeat(32)).unwrap();
    let up = ["up", "photo-sharing", "--no-report", "--show", "verdict", "--trace", "traces"];
    assert_eq!(run(&[&up[..], &["--trace-key", "key"]].concat()).0, 0);
    let (code, _, error) = run(&up);
    assert!(code == 2 && error.contains("has traces already"), "{error}");
    let (code, out, error) = run(&["audit", "traces", "--json"]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("not judged (needs an end without faults)"), "{out}");
    let last: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(last["verdict"], "passed");
    assert!(last["invariants"].as_array().unwrap().iter().any(|one| one["needs"][0] == "calm"), "{last}");
    let (code, out, _) = run(&["audit", "traces", "--truth", "photo-sharing"]);
    assert!(code == 0 && !out.contains("not judged (needs"), "{out}");
    let trace = folder.0.join("traces/trace-alice.jsonl");
    std::fs::write(&trace, "{}\n").unwrap();
    let (code, _, error) = run(&["audit", "traces"]);
    assert!(code == 2 && error.contains("trace-alice.jsonl:1: the first line is not the header"), "{error}");
    std::fs::write(folder.0.join("key"), "no key").unwrap();
    let (code, _, error) = run(&["up", "photo-sharing", "--trace", "other", "--trace-key", "key"]);
    assert!(code == 2 && error.contains("64 hexadecimal digits") && !error.contains("no key"), "{error}");
    let (code, _, error) = run(&["audit", "nowhere"]);
    assert!(code == 2 && error.contains("nowhere"), "{error}");
    let mutant = mutant_of("photo-sharing");
    std::fs::write(folder.0.join("mutant.toml"), mutant).unwrap();
    assert_eq!(run(&["up", "mutant.toml", "--no-report", "--show", "verdict", "--trace", "mutant"]).0, 1);
    let (code, out, _) = run(&["audit", "mutant"]);
    assert!(code == 1 && out.contains("VIOLATED"), "{out}");
}

// The first server of the story obeys no rule about policies.
fn mutant_of(name: &str) -> String {
    let text = story(name).text;
    let (before, after) = text.split_once("[[authorization-server]]\n").unwrap();
    format!("{before}[[authorization-server]]\nwithout-rules = [\"policy-permits\"]\n{after}")
}

fn with(files: &Files, nth: usize, change: impl Fn(&str) -> String) -> Files {
    let mut files = files.clone();
    files[nth].1 = change(&files[nth].1);
    files
}

fn refused(files: &Files) -> AuditError {
    Audit::read(files, None).map(|_| ()).unwrap_err()
}

#[test]
fn a_line_that_a_crash_cut_is_left_out_and_told() {
    let (finished, files) = traced(&story("photo-sharing"), &KEY);
    let cut = with(&files, 0, |text| text[..text.len() - 9].to_owned());
    let audited = audit(&cut);
    assert!(audited.remarks[0].contains("is cut"), "{:?}", audited.remarks);
    assert_eq!(differences("cut", &finished.verdicts(), &audited.verdicts()), Vec::<String>::new());
}

#[test]
fn a_line_that_is_broken_elsewhere_is_refused_with_its_place() {
    let (_, files) = traced(&story("photo-sharing"), &KEY);
    let broken = with(&files, 1, |text| text.replacen("\n{\"at\"", "\n{\"at", 1));
    let error = refused(&broken);
    assert_eq!((error.file.as_str(), error.line), (files[1].0.as_str(), Some(2)));
    let unknown = with(&files, 1, |text| text.replacen("\"event\":{\"", "\"event\":{\"un", 1));
    let error = refused(&unknown);
    assert!(error.why.contains("unknown variant") && error.line.is_some(), "{error}");
    let backwards = with(&files, 1, |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(1, 2);
        lines.join("\n")
    });
    assert!(refused(&backwards).why.contains("Lamport stamp"), "{}", refused(&backwards));
}

#[test]
fn what_is_no_trace_of_this_deployment_is_refused() {
    let story = story("photo-sharing");
    let (_, files) = traced(&story, &KEY);
    let newer = with(&files, 2, |text| text.replacen("\"format\":1", "\"format\":9", 1));
    let error = refused(&newer);
    assert_eq!(error.to_string(), format!("{}:1: the trace has format 9, this build reads format 1", files[2].0));
    let (_, others) = traced(&story, &TraceKey::new([8; 32]));
    let mut mixed = files.clone();
    mixed[0] = others[0].clone();
    assert!(refused(&mixed).why.contains("another key"), "{}", refused(&mixed));
    let mut twice = files.clone();
    twice.push(("trace-again.jsonl".to_owned(), files[0].1.clone()));
    assert!(refused(&twice).why.contains("one file a node"), "{}", refused(&twice));
    let headless = with(&files, 0, |text| text.split_once('\n').unwrap().1.to_owned());
    assert!(refused(&headless).why.contains("header"), "{}", refused(&headless));
    assert!(refused(&with(&files, 0, |_| String::new())).why.contains("found nothing"));
}

#[test]
fn no_trace_holds_a_secret_a_content_or_the_key() {
    let mut named_contents = 0;
    for story in stories() {
        let (finished, files) = traced(&story, &KEY);
        // Where a script gives a content no name it has that of its path, which is no secret.
        let named = finished.truth.resources.iter().filter(|resource| resource.content != resource.path);
        let contents: Vec<String> = named.map(|resource| format!("\"{}\"", resource.content)).collect();
        named_contents += contents.len();
        let secrets: std::collections::BTreeSet<String> =
            finished.records.iter().flat_map(secrets::secrets_of).map(|(secret, _)| secret).collect();
        for (file, text) in &files {
            let leak = secrets.iter().filter(|secret| !secret.is_empty()).find(|secret| text.contains(&**secret));
            assert!(leak.is_none(), "{}: {file} holds a secret: {leak:?}", story.name());
            let leak = contents.iter().find(|content| text.contains(&**content));
            assert!(leak.is_none(), "{}: {file} holds a content: {leak:?}", story.name());
        }
        assert!(secrets.len() > 3, "{} has few secrets", story.name());
    }
    assert!(named_contents > 0, "no content has a name");
}

#[test]
fn equal_secrets_are_equal_in_all_files_and_only_under_one_key() {
    let references = |key: &TraceKey| {
        let (_, files) = traced(&story("photo-sharing"), key);
        let of = |text: &str| -> std::collections::BTreeSet<String> {
            text.split("\u{27e6}ticket:")
                .skip(1)
                .map(|rest| rest.split('\u{27e7}').next().unwrap().to_owned())
                .collect()
        };
        files.iter().map(|(_, text)| of(text)).filter(|found| !found.is_empty()).collect::<Vec<_>>()
    };
    let (one, other) = (references(&KEY), references(&TraceKey::new([9; 32])));
    assert!(one.len() > 2, "the ticket is in the files of three nodes");
    let shared =
        |found: &std::collections::BTreeSet<String>| one.iter().filter(|other| !found.is_disjoint(other)).count() > 1;
    assert!(one.iter().all(shared), "{one:?}");
    assert!(one.iter().all(|found| other.iter().all(|there| found.is_disjoint(there))));
}
