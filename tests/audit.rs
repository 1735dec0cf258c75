//! `umaverse audit`: the traces of nodes give the verdicts that the run itself gave, or none where they cannot know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/stories.rs"]
mod support;

use std::path::{Path, PathBuf};
use support::{Story, stories};
use umaverse::check::{Ground, Verdict};
use umaverse::node::trace_file::TraceKey;
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
        let folder = std::env::temp_dir().join(format!("umaverse-audit-{}-{name}", std::process::id()));
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

fn crashes(finished: &Finished) -> bool {
    finished.records.iter().any(|record| matches!(record.event, Event::Crashed { .. }))
}

#[test]
fn the_verdicts_of_an_audit_are_those_of_the_run() {
    let (mut differing, mut judged, mut calm) = (Vec::new(), 0, 0);
    for story in stories() {
        let (finished, files) = traced(&story, &KEY);
        if crashes(&finished) {
            continue;
        }
        let run = finished.verdicts();
        let alone = audit(&files);
        calm += usize::from(alone.lacking.is_empty());
        differing.extend(differences(story.name(), &run, &alone.verdicts()));
        let known: Truth = world(&story).truth;
        let with_truth = Audit::read(&files, Some(&known)).unwrap().verdicts();
        judged += with_truth.iter().filter(|verdict| verdict.lacks.is_empty() && verdict.premises > 0).count();
        differing.extend(differences(&format!("{} with its script", story.name()), &run, &with_truth));
    }
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
    assert!(judged > 500 && calm > 20, "the audit judges little: {judged} verdicts, {calm} stories without a lack");
}
