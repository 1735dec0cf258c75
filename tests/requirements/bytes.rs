//! Violations that are planted in what a node writes in a story: one of the story's expectations fails.

use crate::carried::{Wire, changed_answer, changed_request, play};
use crate::support::{Story, stories};
use std::collections::BTreeSet;
use umaverse::check::requirements::{Planted, find, rows};
use umaverse::sim::run::{Finished, finished};
use umaverse::sim::scheduler::{Carrying, Returning};
use umaverse::sim::script::Source;
use umaverse::sim::world::World;
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Endpoint, Revision};

/// What somebody writes in place of what, in requests to an endpoint or in the answers there.
pub(crate) struct Written {
    pub(crate) row: &'static str,
    side: Side,
    endpoint: Endpoint,
    from: &'static str,
    to: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Requests,
    Answers,
}

/// Whoever asks there writes `to` where they would write `from`: in `POST https://...`, in lines such as
/// `If-Match: ...`, and in the body.
pub(crate) const fn asks(row: &'static str, endpoint: Endpoint, from: &'static str, to: &'static str) -> Written {
    Written { row, side: Side::Requests, endpoint, from, to }
}

/// Whoever answers there does; the start is `STATUS 201`.
pub(crate) const fn answers(row: &'static str, endpoint: Endpoint, from: &'static str, to: &'static str) -> Written {
    Written { row, side: Side::Answers, endpoint, from, to }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Written> {
    crate::bytes_1_0_1::WRITTEN.iter()
}

/// What is written otherwise may keep others going round.
const DELIVERIES_MAX: u64 = 5_000;

struct Otherwise<'a> {
    written: Option<&'a Written>,
    /// Whether there was anything to change.
    changed: bool,
}

impl Otherwise<'_> {
    fn at(&self, side: Side, endpoint: Endpoint) -> Option<(&'static str, &'static str)> {
        let written = self.written.filter(|one| one.side == side && one.endpoint == endpoint)?;
        Some((written.from, written.to))
    }
}

impl Wire for Otherwise<'_> {
    fn request(&mut self, carrying: &Carrying, _: [&str; 2], written: HttpRequest) -> HttpRequest {
        let Some((from, to)) = self.at(Side::Requests, carrying.call.message.endpoint()) else { return written };
        let changed = changed_request(&written, from, to);
        self.changed |= changed != written;
        changed
    }

    fn answer(&mut self, returning: &Returning, written: HttpResponse) -> HttpResponse {
        let Some((from, to)) = self.at(Side::Answers, returning.asked.endpoint()) else { return written };
        let changed = changed_answer(&written, from, to);
        self.changed |= changed != written;
        changed
    }
}

fn run(story: &Story, written: Option<&Written>) -> (Finished, bool) {
    let source = Source { file: &story.file, text: &story.text };
    let mut world = World::build(&story.script, &source).unwrap_or_else(|error| panic!("{error}"));
    world.settings.deliveries_max = DELIVERIES_MAX;
    let mut wire = Otherwise { written, changed: false };
    let scheduler = play(world, &mut wire);
    (finished(scheduler), wire.changed)
}

fn unmet(story: &Story, written: Option<&Written>) -> (Vec<String>, bool) {
    let (finished, changed) = run(story, written);
    let verdicts = finished.verdicts();
    (story.unmet(&finished, &verdicts), changed)
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
        match unmet(story, Some(written)) {
            (_, false) => wrong.push(format!("{}: `{}` is never written in {name}", written.row, written.from)),
            (unmet, true) if unmet.is_empty() => wrong.push(format!("{}: nothing fails in {name}", written.row)),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_such_story_holds_where_nothing_is_changed() {
    let stories = stories();
    let named: BTreeSet<&str> = all().map(|written| story_of(written.row)).collect();
    for story in stories.iter().filter(|story| named.contains(story.name())) {
        assert_eq!(unmet(story, None).0, Vec::<String>::new(), "{}", story.file);
    }
}

#[test]
fn every_row_with_planted_bytes_says_what_is_written() {
    let by_bytes = |text: &String| matches!(Planted::parse(text), Some(Planted::Bytes { .. }));
    let rows = Revision::ALL.into_iter().flat_map(rows).filter(|row| row.planted.iter().any(by_bytes));
    let named: BTreeSet<&str> = rows.map(|row| &*row.id).collect();
    assert_eq!(named, all().map(|written| written.row).collect());
}
