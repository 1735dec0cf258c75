//! The traces of real nodes, each a process of its own, are judged as those of a simulation are.

use crate::ecosystem::{Ecosystem, Running, umaverse};
use crate::tls::connect_over_tls;
use crate::whole_flow::{get, share};
use serde_json::Value;
use std::fs;
use umaverse::wire::PolicyCondition;

/// What an audit says, and its exit code.
pub(crate) struct Audited {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    last: Value,
}

pub(crate) fn audit(ecosystem: &Ecosystem) -> Audited {
    let out = umaverse().arg("audit").arg(ecosystem.file("traces")).arg("--json").output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    let last = String::from_utf8_lossy(&out.stdout).lines().last().unwrap_or_default().to_owned();
    let last = serde_json::from_str(&last).unwrap_or_else(|error| panic!("{error}: {said}"));
    Audited { code: out.status.code(), said, last }
}

impl Audited {
    pub(crate) fn of(&self, id: &str) -> &Value {
        let all = self.last["invariants"].as_array().unwrap();
        all.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("no {id}: {}", self.said))
    }

    pub(crate) fn violated(&self) -> Vec<&str> {
        let all = self.last["invariants"].as_array().unwrap();
        all.iter().filter(|one| one["violations"] != 0).filter_map(|one| one["id"].as_str()).collect()
    }

    fn judged(&self) -> usize {
        let all = self.last["invariants"].as_array().unwrap();
        all.iter().filter(|one| one.get("needs").is_none() && one["premises"] != 0).count()
    }
}

fn writing_traces(revision: &'static str) -> Ecosystem {
    let ecosystem = Ecosystem::new(revision);
    for kind in ["as", "rs"] {
        ecosystem.add(kind, "[trace]\nfolder = \"traces\"\nclock-error = \"100ms\"\n");
    }
    ecosystem
}

fn get_with_trace(ecosystem: &Ecosystem, more: &[&str]) {
    let (traces, key) = (ecosystem.file("traces"), ecosystem.file("trace.key"));
    let mut command = get(ecosystem, &["--own-credentials", "--trace", traces.to_str().unwrap()]);
    let got = command.arg("--trace-key").arg(key).args(more).output().unwrap();
    assert_eq!(got.status.code(), Some(0), "{}", String::from_utf8_lossy(&got.stderr));
}

fn ends(mut running: Running) {
    running.signal("TERM");
    assert_eq!(running.code(), Some(0), "{}", running.log());
}

#[test]
fn three_processes_are_judged_by_what_they_wrote() {
    for revision in ["2.0", "draft-06", "1.0.1"] {
        let ecosystem = writing_traces(revision);
        ecosystem.make_tls();
        let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
        actix_rt::System::new().block_on(connect_over_tls(&ecosystem, PolicyCondition::Anyone));
        get_with_trace(&ecosystem, &["--trust", ecosystem.file("tls/ca.pem").to_str().unwrap()]);
        [server, resources].into_iter().for_each(ends);
        let audited = audit(&ecosystem);
        assert_eq!(audited.code, Some(0), "{revision}: {}", audited.said);
        assert!(audited.judged() > 10, "{revision}: {}", audited.said);
        for id in ["ACC-1", "GRT-1", "TLS-1"] {
            let one = audited.of(id);
            assert!(one["premises"].as_u64().unwrap() > 0, "{revision}: {id} {one}");
            assert!(one.get("needs").is_none(), "{revision}: {id} {one}");
        }
    }
}

// Several starts of one node stand in one file, after an end in order and after none.
#[test]
fn a_node_that_was_killed_is_judged_as_one_that_crashed() {
    let ecosystem = writing_traces("2.0");
    ecosystem.make_tls();
    let trust = ecosystem.file("tls/ca.pem");
    let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(connect_over_tls(&ecosystem, PolicyCondition::Anyone));
    server.kill();
    ends(resources);
    let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    get_with_trace(&ecosystem, &["--trust", trust.to_str().unwrap()]);
    [server, resources].into_iter().for_each(ends);
    let text = fs::read_to_string(trace(&ecosystem, "as")).unwrap();
    assert_eq!(text.matches("\"format\":").count(), 2);
    assert_eq!((text.matches("\"crashed\"").count(), text.matches("\"restarted\"").count()), (1, 1));
    assert!(!text.contains("\"resumed\":true"), "all of it stands in the file");
    let audited = audit(&ecosystem);
    assert_eq!(audited.code, Some(0), "{}", audited.said);
    assert!(audited.of("GRT-1").get("needs").is_none(), "{}", audited.said);
    // What a start without a trace did is told nowhere, and nobody judges as if nothing had been.
    let config = fs::read_to_string(ecosystem.file("as.toml")).unwrap();
    fs::write(ecosystem.file("as.toml"), config.replace("folder = \"traces\"\n", "")).unwrap();
    let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(connect_over_tls(&ecosystem, PolicyCondition::Any(Vec::new())));
    [server, resources].into_iter().for_each(ends);
    fs::write(ecosystem.file("as.toml"), config).unwrap();
    ends(ecosystem.start("as"));
    let audited = audit(&ecosystem);
    assert_eq!(audited.of("GRT-1")["needs"][0], "beginnings", "{}", audited.said);
}

fn trace(ecosystem: &Ecosystem, kind: &str) -> std::path::PathBuf {
    let port = if kind == "as" { ecosystem.as_port } else { ecosystem.rs_port };
    ecosystem.file(&format!("traces/trace-{kind}.localhost-{port}.jsonl"))
}

#[test]
fn a_plain_link_is_found_and_a_trace_that_was_turned_over_is_judged_for_less() {
    let ecosystem = writing_traces("2.0");
    let config = fs::read_to_string(ecosystem.file("rs.toml")).unwrap();
    fs::write(ecosystem.file("rs.toml"), config + "max-bytes = 8000\n").unwrap();
    let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(share(&ecosystem, PolicyCondition::Anyone));
    (0..3).for_each(|_| get_with_trace(&ecosystem, &[]));
    [server, resources].into_iter().for_each(ends);
    let (now, before) = (trace(&ecosystem, "rs"), trace(&ecosystem, "rs").with_extension("jsonl.1"));
    assert!([now, before].iter().all(|file| fs::metadata(file).unwrap().len() < 20_000));
    let audited = audit(&ecosystem);
    assert_eq!(audited.code, Some(1), "{}", audited.said);
    assert_eq!(audited.violated(), ["TLS-1"], "{}", audited.said);
    assert_eq!(audited.of("ACC-1")["needs"][0], "beginnings");
}
