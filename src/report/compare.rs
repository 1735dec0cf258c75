//! One intent under several revisions, side by side: messages, round trips, tokens, outcomes and guarantees.
//!
//! [`Told`] is what one run has to say for itself; [`Comparison`] puts several of them together.

mod phase;
mod text;

pub use phase::Phase;

use crate::check::catalogue;
use crate::check::expectation::outcome_word;
use crate::check::{Level, Verdict};
use crate::message::ExchangeId;
use crate::report::reader::Reader;
use crate::report::words;
use crate::trace::{Event, Note, Record, Truth};
use crate::wire::Revision;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One intent under each revision that was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The name of the intent.
    pub intent: String,
    /// Per revision what happened, or that no story says it.
    pub members: Vec<Member>,
}

/// One revision of a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    /// Which.
    pub revision: Revision,
    /// What happened; `None` where no story of this intent is of this revision.
    pub told: Option<Told>,
    /// Why there is none, where the intent has no meaning in this revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What one run has to say for a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// The story.
    pub story: String,
    /// Whether every expectation and every error-level invariant held, but for those that the story says are violated.
    pub passed: bool,
    /// How many expectations held.
    pub held: usize,
    /// How many expectations there are.
    pub expectations: usize,
    /// Every action of the story with what came of it.
    pub actions: Vec<Action>,
    /// How many requests each phase took.
    pub phases: BTreeMap<Phase, u64>,
    /// How many answered requests there were, by `asker - asked`.
    pub round_trips: BTreeMap<String, u64>,
    /// Per kind of secret how many there were and how often one was sent.
    pub tokens: BTreeMap<String, Tokens>,
    /// The invariants that apply.
    pub guarantees: BTreeMap<&'static str, Guarantee>,
}

/// An action of the story: the messages it led to, and how it ended.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Action {
    /// Its causal name, such as `bob.fetch#1`.
    pub name: String,
    /// How the client's process ended, where it began one.
    pub outcome: Option<&'static str>,
    /// The requests with the status of their answers, in the order in which they left.
    pub messages: Vec<Message>,
}

/// A request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Who asked.
    pub from: String,
    /// Who was asked.
    pub to: String,
    /// The request in the words of its revision.
    pub request: String,
    /// The HTTP status of the answer; `None` when none left.
    pub status: Option<u16>,
}

/// The tokens of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// How many different ones an answer brought.
    pub issued: u64,
    /// How many requests carried one.
    pub sent: u64,
}

/// An invariant in one revision.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Guarantee {
    /// How much a violation weighs there.
    pub level: Level,
    /// How often it was put to the test.
    pub premises: u64,
    /// How often it did not hold.
    pub violations: usize,
}

/// How a run came out, as its summary says it.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// Whether it was as it should be.
    pub passed: bool,
    /// How many expectations held, of how many.
    pub held: (usize, usize),
    /// Every invariant.
    pub verdicts: &'a [Verdict],
}

/// Reads what a comparison shows out of one run.
pub fn told(story: &str, truth: &Truth, records: &[Record], judged: Judged<'_>) -> Told {
    let mut telling = Telling::new(truth);
    records.iter().for_each(|record| telling.read(record));
    let tokens = telling.tokens();
    Told {
        story: story.to_owned(),
        passed: judged.passed,
        held: judged.held.0,
        expectations: judged.held.1,
        actions: telling.actions.into_values().collect(),
        phases: telling.phases,
        round_trips: telling.round_trips,
        tokens,
        guarantees: judged.verdicts.iter().map(|verdict| (verdict.id, guarantee(verdict))).collect(),
    }
}

fn guarantee(verdict: &Verdict) -> Guarantee {
    Guarantee { level: verdict.level, premises: verdict.premises, violations: verdict.violations.len() }
}

/// The fold over one trace.
struct Telling<'a> {
    truth: &'a Truth,
    reader: Reader<'a>,
    actions: BTreeMap<u32, Action>,
    places: BTreeMap<ExchangeId, (u32, usize)>,
    phases: BTreeMap<Phase, u64>,
    round_trips: BTreeMap<String, u64>,
    issued: BTreeSet<String>,
    sent: BTreeMap<String, u64>,
}

impl<'a> Telling<'a> {
    fn new(truth: &'a Truth) -> Self {
        Self {
            truth,
            reader: Reader::new(truth),
            actions: BTreeMap::new(),
            places: BTreeMap::new(),
            phases: BTreeMap::new(),
            round_trips: BTreeMap::new(),
            issued: BTreeSet::new(),
            sent: BTreeMap::new(),
        }
    }

    fn read(&mut self, record: &'a Record) {
        self.reader.read(record);
        match &record.event {
            Event::Sent { exchange, .. } => self.sent(record.cause.root, *exchange),
            Event::Answered { exchange, status, answer, .. } => {
                self.issued.extend(self.reader.labels_in(answer));
                self.answered(*exchange, *status);
            }
            Event::Returned { exchange, .. } => self.returned(*exchange),
            Event::Noted { note: Note::FetchEnded { outcome, .. }, .. } => {
                self.action(record.cause.root).outcome = Some(outcome_word(outcome));
            }
            _ => {}
        }
    }

    fn action(&mut self, root: u32) -> &mut Action {
        let name = self.truth.roots.get(root as usize).map_or("world", |name| &**name);
        self.actions.entry(root).or_insert_with(|| Action { name: name.to_owned(), ..Action::default() })
    }

    fn sent(&mut self, root: u32, exchange: ExchangeId) {
        let Some(asked) = self.reader.asked(exchange) else { return };
        let to = asked.to.map_or_else(|| asked.call.to.authority().to_owned(), |to| self.reader.name(to).to_owned());
        let message = Message {
            from: self.reader.name(asked.from).to_owned(),
            to,
            request: words::request(&asked, &self.reader.clients),
            status: None,
        };
        let action = self.action(root);
        let place = action.messages.len();
        action.messages.push(message);
        self.places.insert(exchange, (root, place));
        *self.phases.entry(Phase::of(&asked.call.message)).or_default() += 1;
        for kind in self.reader.labels_in(asked.call).iter().map(|label| kind_of(label)).collect::<BTreeSet<_>>() {
            *self.sent.entry(kind.to_owned()).or_default() += 1;
        }
    }

    fn answered(&mut self, exchange: ExchangeId, status: u16) {
        if let Some(message) = self.message(exchange) {
            message.status = Some(status);
        }
    }

    fn returned(&mut self, exchange: ExchangeId) {
        if let Some(message) = self.message(exchange) {
            let between = format!("{} - {}", message.from, message.to);
            *self.round_trips.entry(between).or_default() += 1;
        }
    }

    fn message(&mut self, exchange: ExchangeId) -> Option<&mut Message> {
        let (root, place) = *self.places.get(&exchange)?;
        self.actions.get_mut(&root)?.messages.get_mut(place)
    }

    fn tokens(&self) -> BTreeMap<String, Tokens> {
        let mut tokens: BTreeMap<String, Tokens> = BTreeMap::new();
        for label in &self.issued {
            tokens.entry(kind_of(label).to_owned()).or_default().issued += 1;
        }
        for (kind, sent) in &self.sent {
            tokens.entry(kind.clone()).or_default().sent = *sent;
        }
        tokens
    }
}

fn kind_of(label: &str) -> &str {
    label.split('#').next().unwrap_or(label)
}

impl Comparison {
    /// The revisions that a story was found for.
    pub fn found(&self) -> impl Iterator<Item = (Revision, &Told)> {
        self.members.iter().filter_map(|member| Some((member.revision, member.told.as_ref()?)))
    }

    /// True when each of them was as it should be.
    pub fn passed(&self) -> bool {
        self.found().all(|(_, told)| told.passed)
    }

    /// The invariants whose level, or whether they held, is not the same in every revision that was found.
    pub fn differing_guarantees(&self) -> Vec<&'static catalogue::Row> {
        let what = |row: &catalogue::Row, told: &Told| {
            told.guarantees.get(row.id).map(|guarantee| (guarantee.level, guarantee.violations > 0))
        };
        let differs = |row: &&catalogue::Row| {
            let mut all = self.found().map(|(_, told)| what(row, told));
            let first = all.next();
            all.any(|other| Some(other) != first)
        };
        catalogue::ROWS.iter().filter(differs).collect()
    }
}
