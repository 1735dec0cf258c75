//! Violations that are planted in what a node writes in a story: one of the story's expectations fails.

use crate::carried::{Wire, changed_answer, changed_request, play};
use crate::support::{Story, stories};
use std::collections::{BTreeMap, BTreeSet};
use umaverse::check::requirements::{Planted, find, rows};
use umaverse::message::ExchangeId;
use umaverse::sim::run::finished;
use umaverse::sim::scheduler::{Carrying, Returning};
use umaverse::sim::script::Source;
use umaverse::sim::world::World;
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Endpoint, Revision};

/// What somebody writes in place of what, in requests to an endpoint or in the answers there.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    side: Side,
    endpoint: Endpoint,
    from: &'static str,
    to: &'static str,
}

/// A change after which a row is violated.
pub(crate) struct Written {
    pub(crate) row: &'static str,
    /// What is otherwise as well, with which the story still holds.
    given: Option<Change>,
    change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Requests,
    Answers,
}

/// Whoever asks there writes `to` where they would write `from`: in `POST https://...`, in lines such as
/// `If-Match: ...`, and in the body.
pub(crate) const fn asks(row: &'static str, endpoint: Endpoint, from: &'static str, to: &'static str) -> Written {
    Written { row, given: None, change: Change { side: Side::Requests, endpoint, from, to } }
}

/// Whoever answers there does; the start is `STATUS 201`.
pub(crate) const fn answers(row: &'static str, endpoint: Endpoint, from: &'static str, to: &'static str) -> Written {
    Written { row, given: None, change: Change { side: Side::Answers, endpoint, from, to } }
}

impl Written {
    /// The same where somebody asks otherwise anyway.
    pub(crate) const fn where_one_asks(self, endpoint: Endpoint, from: &'static str, to: &'static str) -> Self {
        Self { given: Some(Change { side: Side::Requests, endpoint, from, to }), ..self }
    }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Written> {
    let drafts = [crate::bytes_draft05::WRITTEN, crate::bytes_draft06::WRITTEN];
    drafts.into_iter().chain([crate::bytes_1_0_1::WRITTEN, crate::bytes_2_0::WRITTEN]).flatten()
}

/// What is written otherwise may keep others going round.
const DELIVERIES_MAX: u64 = 5_000;

/// The bytes of one exchange.
pub(crate) struct Seen {
    pub(crate) endpoint: Endpoint,
    pub(crate) request: HttpRequest,
    pub(crate) answer: Option<HttpResponse>,
}

#[derive(Default)]
struct Otherwise {
    changes: Vec<Change>,
    /// For each change whether there was anything to change.
    changed: Vec<bool>,
    seen: BTreeMap<ExchangeId, Seen>,
}

impl Otherwise {
    fn at(&mut self, side: Side, endpoint: Endpoint, mut apply: impl FnMut(&str, &str) -> bool) {
        for (change, changed) in self.changes.iter().zip(&mut self.changed) {
            if change.side == side && change.endpoint == endpoint {
                *changed |= apply(change.from, change.to);
            }
        }
    }
}

impl Wire for Otherwise {
    fn request(&mut self, carrying: &Carrying, _: [&str; 2], mut written: HttpRequest) -> HttpRequest {
        let endpoint = carrying.call.message.endpoint();
        self.at(Side::Requests, endpoint, |from, to| {
            let changed = changed_request(&written, from, to);
            let differs = changed != written;
            written = changed;
            differs
        });
        self.seen.insert(carrying.exchange, Seen { endpoint, request: written.clone(), answer: None });
        written
    }

    fn answer(&mut self, returning: &Returning, mut written: HttpResponse) -> HttpResponse {
        self.at(Side::Answers, returning.asked.endpoint(), |from, to| {
            let changed = changed_answer(&written, from, to);
            let differs = changed != written;
            written = changed;
            differs
        });
        if let Some(seen) = self.seen.get_mut(&returning.exchange) {
            seen.answer = Some(written.clone());
        }
        written
    }
}

/// Runs a story with changes: its expectations that are not met, for each change whether there was anything to change,
/// and every exchange.
fn run(story: &Story, changes: &[Change]) -> (Vec<String>, Vec<bool>, Vec<Seen>) {
    let source = Source { file: &story.file, text: &story.text };
    let mut world = World::build(&story.script, &source).unwrap_or_else(|error| panic!("{error}"));
    world.settings.deliveries_max = DELIVERIES_MAX;
    let mut wire = Otherwise { changes: changes.to_vec(), changed: vec![false; changes.len()], ..Otherwise::default() };
    let finished = finished(play(world, &mut wire));
    let unmet = story.unmet(&finished, &finished.verdicts());
    (unmet, wire.changed, wire.seen.into_values().collect())
}

/// Every exchange of a story in which somebody writes otherwise.
pub(crate) fn seen(story: &str, written: &[Written]) -> Vec<Seen> {
    let stories = stories();
    let story = stories.iter().find(|one| one.name() == story).unwrap_or_else(|| panic!("no story {story}"));
    let changes: Vec<Change> = written.iter().map(|written| written.change).collect();
    run(story, &changes).2
}

fn story_of(row: &str) -> &'static str {
    let row = find(row).unwrap_or_else(|| panic!("no row {row}"));
    let story = row.planted.iter().find_map(|text| match Planted::parse(text) {
        Some(Planted::Bytes { story }) => Some(story),
        _ => None,
    });
    story.unwrap_or_else(|| panic!("{}: nothing is planted in the bytes of a story", row.id))
}

#[test]
fn every_story_fails_where_somebody_writes_what_a_row_forbids() {
    let stories = stories();
    let mut wrong = Vec::new();
    for written in all() {
        let name = story_of(written.row);
        let story = stories.iter().find(|story| story.name() == name).unwrap_or_else(|| panic!("no story {name}"));
        let changes: Vec<Change> = written.given.into_iter().chain([written.change]).collect();
        let (unmet, changed, _) = run(story, &changes);
        if changed.contains(&false) {
            wrong.push(format!("{}: `{}` is never written in {name}", written.row, written.change.from));
        } else if unmet.is_empty() {
            wrong.push(format!("{}: nothing fails in {name}", written.row));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_such_story_holds_where_nothing_is_changed() {
    let stories = stories();
    let named: BTreeSet<&str> = all().map(|written| story_of(written.row)).collect();
    for story in stories.iter().filter(|story| named.contains(story.name())) {
        assert_eq!(run(story, &[]).0, Vec::<String>::new(), "{}", story.file);
    }
    for (written, given) in all().filter_map(|written| Some((written, written.given?))) {
        let story = stories.iter().find(|story| story.name() == story_of(written.row)).unwrap();
        assert_eq!(run(story, &[given]).0, Vec::<String>::new(), "{} without its violation", written.row);
    }
}

#[test]
fn every_row_with_planted_bytes_says_what_is_written() {
    let by_bytes = |text: &String| matches!(Planted::parse(text), Some(Planted::Bytes { .. }));
    let rows = Revision::ALL.into_iter().flat_map(rows).filter(|row| row.planted.iter().any(by_bytes));
    let named: BTreeSet<&str> = rows.map(|row| &*row.id).collect();
    assert_eq!(named, all().map(|written| written.row).collect());
}
