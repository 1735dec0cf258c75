//! What scripts that call `umaverse` rely on: the last line of JSON, the exit codes, and stories that run anywhere.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn scratch(name: &str) -> PathBuf {
    // Outside the source tree: nothing there may be needed to run a built-in story.
    let folder = std::env::temp_dir().join(format!("umaverse-cli-{}-{name}", std::process::id()));
    let _not_there = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn umaverse(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umaverse")).args(arguments).current_dir(folder).output().unwrap()
}

fn last_line(out: &Output) -> Value {
    let stdout = String::from_utf8(out.stdout.clone()).unwrap();
    serde_json::from_str(stdout.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {stdout}{}", String::from_utf8_lossy(&out.stderr)))
}

fn members(value: &Value) -> Vec<&str> {
    let mut members: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    members
}

fn each<'a>(value: &'a Value, member: &str) -> &'a Vec<Value> {
    let list = value[member].as_array().unwrap();
    assert!(!list.is_empty(), "`{member}` is empty");
    list
}

fn check_invariants(value: &Value) {
    for invariant in each(value, "invariants") {
        assert_eq!(members(invariant), ["id", "level", "premises", "violations"]);
        assert!(invariant["id"].is_string() && invariant["premises"].is_u64() && invariant["violations"].is_u64());
        assert!(["error", "warn", "outcome"].contains(&invariant["level"].as_str().unwrap()), "{invariant}");
    }
}

#[test]
fn run_ends_with_one_line_of_json() {
    let folder = scratch("run");
    let out = umaverse(&folder, &["run", "photo-sharing", "--json"]);
    assert_eq!(out.status.code(), Some(0));
    let json = last_line(&out);
    assert_eq!(members(&json), ["digest", "expectations", "invariants", "report", "verdict"]);
    assert_eq!(json["verdict"], "passed");
    assert_eq!(json["digest"].as_str().unwrap().len(), 16);
    for expectation in each(&json, "expectations") {
        assert_eq!(members(expectation), ["held", "text"]);
        assert!(expectation["text"].is_string());
        assert_eq!(expectation["held"], true);
    }
    check_invariants(&json);
    let report = folder.join(json["report"].as_str().unwrap());
    for file in ["trace.jsonl", "sequence.mmd", "sequence.txt", "summary.txt", "script.toml"] {
        assert!(report.join(file).is_file(), "no {file}");
    }
    let without = last_line(&umaverse(&scratch("bare"), &["run", "photo-sharing", "--json", "--no-report"]));
    assert_eq!((&without["report"], &without["digest"]), (&Value::Null, &json["digest"]));
}

#[test]
fn hosts_and_wires_end_with_the_same_digest() {
    let folder = scratch("hosts");
    let digest = |more: &[&str]| {
        let arguments = [&["run", "photo-sharing-2.0", "--json", "--no-report"], more].concat();
        last_line(&umaverse(&folder, &arguments))["digest"].clone()
    };
    let first = digest(&[]);
    assert_eq!(digest(&["--host", "kernel"]), first);
    assert_eq!(digest(&["--wire", "encoded"]), first);
    #[cfg(feature = "node")]
    {
        assert_eq!(digest(&["--host", "service"]), first);
        assert_eq!(digest(&["--host", "http"]), first);
        let up = last_line(&umaverse(&folder, &["up", "photo-sharing-2.0", "--json", "--no-report"]));
        assert_eq!((&up["digest"], &up["verdict"]), (&first, &"passed".into()));
    }
    assert_ne!(digest(&["--seed", "7"]), first);
}

#[test]
fn a_failed_expectation_is_a_failed_run() {
    let folder = scratch("expectation");
    umaverse(&folder, &["run", "photo-sharing", "--show", "verdict"]);
    let story = std::fs::read_to_string(folder.join("reports/photo-sharing/script.toml")).unwrap();
    let script = format!("{story}\n[[expect]]\ntext = \"the moon is shown\"\nwho = \"bob\"\nsees = \"the moon\"\n");
    std::fs::write(folder.join("moon.toml"), script).unwrap();
    let out = umaverse(&folder, &["run", "moon.toml", "--json"]);
    assert_eq!(out.status.code(), Some(1));
    let json = last_line(&out);
    assert_eq!(json["verdict"], "failed");
    assert_eq!(json["expectations"].as_array().unwrap().last().unwrap()["held"], false);
}

#[test]
fn every_built_in_story_is_found_by_name() {
    let folder = scratch("stories");
    let out = umaverse(&folder, &["stories"]);
    let names: Vec<String> = String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    assert!(names.contains(&"photo-sharing".to_owned()), "{names:?}");
    for name in names {
        let out = umaverse(&folder, &["run", &name, "--no-report", "--show", "verdict"]);
        assert!(matches!(out.status.code(), Some(0 | 1)), "{name}: {}", String::from_utf8_lossy(&out.stderr));
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn explore_ends_with_one_line_of_json() {
    let folder = scratch("explore");
    let out = umaverse(&folder, &["explore", "--runs", "65", "--seed", "3", "--json", "--keep-going"]);
    let json = last_line(&out);
    assert_eq!(members(&json), ["deliveries", "invariants", "runs", "seconds", "sometimes", "violations"],);
    assert_eq!(json["runs"], 65);
    assert!(json["deliveries"].as_u64().unwrap() > 1000 && json["seconds"].is_f64());
    check_invariants(&json);
    for sometimes in each(&json, "sometimes") {
        assert_eq!(members(sometimes), ["id", "reached"]);
    }
    for violation in json["violations"].as_array().unwrap() {
        assert_eq!(members(violation), ["invariant", "script", "seed"]);
    }
    let code = if json["violations"].as_array().unwrap().is_empty() { 0 } else { 1 };
    assert_eq!(out.status.code(), Some(code));
}

#[test]
fn requirements_end_with_one_line_of_json() {
    let folder = scratch("requirements");
    for revision in ["draft-06", "2.0"] {
        let out = umaverse(&folder, &["requirements", "--revision", revision, "--json"]);
        assert_eq!(out.status.code(), Some(0));
        for row in each(&last_line(&out), "rows") {
            let expected = ["checked_by", "id", "level", "observable", "planted", "reason", "revision", "section"];
            assert_eq!(members(row), [&expected[..], &["statement", "stories"]].concat());
            assert!(row["observable"].is_boolean() && row["checked_by"].is_array() && row["reason"].is_string());
            assert_eq!(row["revision"], revision);
        }
    }
}

// A story whose authorization server takes tickets twice, and somebody who tries.
fn mutant(folder: &Path) -> PathBuf {
    umaverse(folder, &["run", "photo-sharing-2.0", "--show", "verdict"]);
    let story = std::fs::read_to_string(folder.join("reports/photo-sharing-2.0/script.toml")).unwrap();
    let story = story.replacen(
        "[[authorization-server]]\nname = \"copmonkey\"",
        "[[authorization-server]]\nname = \"copmonkey\"\nwithout-rules = [\"ticket-unspent\"]",
        1,
    );
    let story = story.replacen("name = \"printer\"", "name = \"printer\"\nreplays = true", 1);
    let story = story.split("[[expect]]").next().unwrap().to_owned();
    let step = "[[step]]\nwho = \"printer\"\ndoes = \"replay\"\nat = \"copmonkey\"\nendpoint = \"token\"\nwhat = ";
    let steps = ["older-ticket", "ticket"].map(|what| format!("\n{step}\"{what}\"\ntimes = 3\n"));
    let path = folder.join("mutant.toml");
    std::fs::write(&path, story + &steps.concat()).unwrap();
    path
}

#[test]
fn what_breaks_an_invariant_is_shrunk_and_replayed() {
    let folder = scratch("replay");
    mutant(&folder);
    let broken = umaverse(&folder, &["run", "mutant.toml", "--json", "--no-report"]);
    assert_eq!(broken.status.code(), Some(1), "{}", String::from_utf8_lossy(&broken.stdout));
    let shrunk = umaverse(&folder, &["shrink", "mutant.toml", "--output", "small.toml"]);
    assert_eq!(shrunk.status.code(), Some(0), "{}", String::from_utf8_lossy(&shrunk.stderr));

    let replayed = umaverse(&folder, &["replay", "small.toml", "--json"]);
    assert_eq!(replayed.status.code(), Some(1), "{}", String::from_utf8_lossy(&replayed.stdout));
    let json = last_line(&replayed);
    assert_eq!(members(&json), ["digest", "invariants", "same", "verdict"]);
    assert_eq!((&json["same"], &json["verdict"]), (&Value::Bool(true), &Value::from("failed")));
    check_invariants(&json);
    for out in [&broken, &replayed] {
        let text = String::from_utf8_lossy(&out.stdout);
        assert!(text.contains("ticket#") && !text.contains(['\u{27e6}', '\u{27e7}']), "{text}");
    }

    let small = std::fs::read_to_string(folder.join("small.toml")).unwrap();
    assert!(small.len() < std::fs::read_to_string(folder.join("mutant.toml")).unwrap().len());
    let other = small.replacen(json["digest"].as_str().unwrap(), "0000000000000000", 1);
    std::fs::write(folder.join("other.toml"), other).unwrap();
    let diverged = umaverse(&folder, &["replay", "other.toml", "--json"]);
    assert_eq!(diverged.status.code(), Some(3));
    assert_eq!(last_line(&diverged)["same"], false);
}

#[test]
fn a_script_that_breaks_nothing_cannot_be_shrunk() {
    let folder = scratch("sound");
    umaverse(&folder, &["run", "photo-sharing-2.0", "--show", "verdict"]);
    let out = umaverse(&folder, &["shrink", "reports/photo-sharing-2.0/script.toml"]);
    assert_eq!(out.status.code(), Some(2));
    let out = umaverse(&folder, &["shrink", "reports/photo-sharing-2.0/script.toml", "--invariant", "TKT-1"]);
    assert_eq!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stdout));
    mutant(&folder);
    let out = umaverse(&folder, &["shrink", "mutant.toml", "--invariant", "TKT-99"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("`TKT-99`"));
}

#[test]
fn compare_shows_one_intent_under_each_revision() {
    let folder = scratch("compare");
    let out = umaverse(&folder, &["compare", "photo-sharing-2.0", "--revisions", "draft-06,2.0", "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout.clone()).unwrap();
    for part in ["requests by phase", "round trips", "tokens", "outcomes", "guarantees that differ", "side by side"] {
        assert!(text.contains(part), "no {part}: {text}");
    }
    let json = last_line(&out);
    assert_eq!(members(&json), ["differing", "intent", "members", "report", "verdict"]);
    assert_eq!((&json["verdict"], &json["intent"]), (&"passed".into(), &"photo-sharing".into()));
    assert!(each(&json, "differing").contains(&"TKT-1".into()));
    let [early, late] = each(&json, "members").as_slice() else { panic!("{json}") };
    assert_eq!((&early["revision"], &early["told"]["story"]), (&"draft-06".into(), &"photo-sharing".into()));
    assert_eq!((&late["revision"], &late["told"]["story"]), (&"2.0".into(), &"photo-sharing-2.0".into()));
    assert!(early["told"]["tokens"]["aat"]["issued"].as_u64() > Some(0) && late["told"]["tokens"]["aat"].is_null());
    assert_eq!(late["told"]["guarantees"]["TKT-1"]["level"], "error");
    let report = folder.join(json["report"].as_str().unwrap());
    assert!(report.join("compare.txt").is_file());
    let written = std::fs::read_to_string(report.join("compare.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json);
}

#[test]
fn compare_says_which_revision_has_no_story() {
    let folder = scratch("compare-missing");
    let script = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations/no-policy-2.0.toml"));
    std::fs::write(folder.join("alone-2.0.toml"), script.unwrap()).unwrap();
    let out = umaverse(&folder, &["compare", "alone-2.0.toml", "--json", "--no-report"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("no story tells `alone` in it"));
    let json = last_line(&out);
    assert!(each(&json, "members").iter().any(|member| member["told"].is_null()));
    let none = umaverse(&folder, &["compare", "alone-2.0.toml", "--revisions", "draft-06"]);
    assert_eq!(none.status.code(), Some(2));
    std::fs::copy(folder.join("alone-2.0.toml"), folder.join("alone.toml")).unwrap();
    let twice = umaverse(&folder, &["compare", "alone"]);
    assert_eq!(twice.status.code(), Some(2));
    let twice = umaverse(&folder, &["compare", "alone.toml"]);
    assert!(String::from_utf8_lossy(&twice.stderr).contains("told twice in 2.0"));
}
