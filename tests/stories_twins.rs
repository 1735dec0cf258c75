//! Every story of one revision has its twin in each other revision, or `requirements/stories.csv` says why there is none.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/stories.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use support::{Story, stories};
use umaverse::check::intents::{Entry, Intent, intent_of, intents, told_elsewhere};
use umaverse::sim::script::Source;
use umaverse::sim::world::World;
use umaverse::wire::Revision;

/// A reason says more than that there is none.
const REASON_MIN: usize = 40;

/// The revision of a story; none where several are spoken, which is what such a story is about.
fn revision(story: &Story) -> Option<Revision> {
    let source = Source { file: &story.file, text: &story.text };
    let world = World::build(&story.script, &source).unwrap_or_else(|error| panic!("{error}"));
    let spoken: BTreeSet<Revision> = world.truth.nodes.iter().filter_map(|node| node.revision).collect();
    let several = spoken.len() > 1 || story.name().starts_with("mixed-") || story.name().starts_with("side-by-side-");
    if several { None } else { Revision::parse(story.script.revision.get_ref()) }
}

/// Per intent the revisions that have a story of its name, and per story its revision.
struct Told {
    by_intent: BTreeMap<String, BTreeMap<Revision, String>>,
    revisions: BTreeMap<String, Revision>,
}

fn told() -> Told {
    let mut told = Told { by_intent: BTreeMap::new(), revisions: BTreeMap::new() };
    for story in stories() {
        let Some(revision) = revision(&story) else { continue };
        told.revisions.insert(story.name().to_owned(), revision);
        let family = told.by_intent.entry(intent_of(story.name()).to_owned()).or_default();
        if let Some(other) = family.insert(revision, story.name().to_owned()) {
            panic!("{other} and {} tell one intent in one revision", story.name());
        }
    }
    told
}

#[test]
fn every_story_has_its_twin_in_every_revision_or_a_reason() {
    let told = told();
    let mut holes = Vec::new();
    for (intent, family) in &told.by_intent {
        for revision in Revision::ALL {
            let entry = told_elsewhere(intent).map_or(&Entry::ByName, |it| it.entry(revision));
            match (entry, family.contains_key(&revision)) {
                (Entry::ByName, true) | (Entry::Story(_) | Entry::None(_), false) => {}
                (Entry::ByName, false) => holes.push(format!("{intent} has neither story nor reason in {revision}")),
                (_, true) => holes.push(format!("{intent} has a story in {revision}, and an entry besides")),
            }
        }
    }
    assert!(holes.is_empty(), "{}", holes.join("\n"));
}

fn faults(told: &Told, intent: &Intent, revision: Revision) -> Option<String> {
    let name = &intent.name;
    match intent.entry(revision) {
        Entry::ByName => None,
        Entry::None(reason) if reason.len() >= REASON_MIN => None,
        Entry::None(reason) => Some(format!("{name}: `{reason}` is no reason")),
        Entry::Story(story) => match told.revisions.get(story) {
            Some(of) if *of == revision => None,
            Some(of) => Some(format!("{name}: {story} is of {of} and not of {revision}")),
            None => Some(format!("{name}: there is no story {story}")),
        },
    }
}

#[test]
fn every_entry_is_about_a_story_that_there_is() {
    let told = told();
    let mut wrong: Vec<String> = Vec::new();
    for intent in intents() {
        if !told.by_intent.contains_key(&intent.name) {
            wrong.push(format!("no story is called {}", intent.name));
        }
        wrong.extend(Revision::ALL.into_iter().filter_map(|revision| faults(&told, intent, revision)));
    }
    let names: BTreeSet<&str> = intents().iter().map(|intent| intent.name.as_str()).collect();
    assert_eq!(names.len(), intents().len(), "an intent stands there twice");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_intent_can_be_compared_across_the_revisions_that_tell_it() {
    for intent in intents() {
        let out = Command::new(env!("CARGO_BIN_EXE_umaverse"))
            .args(["compare", &intent.name, "--no-report", "--json"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        let name = &intent.name;
        assert!(out.status.success(), "{name}: {text}{}", String::from_utf8_lossy(&out.stderr));
        let json: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        for (member, revision) in json["members"].as_array().unwrap().iter().zip(Revision::ALL) {
            match intent.entry(revision) {
                Entry::ByName => assert!(member["told"].is_object(), "{name} in {revision}"),
                Entry::Story(story) => assert_eq!(member["told"]["story"], story.as_str(), "{name} in {revision}"),
                Entry::None(reason) => assert_eq!(member["reason"], reason.as_str(), "{name} in {revision}"),
            }
        }
    }
}
