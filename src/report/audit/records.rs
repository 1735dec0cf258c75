//! Lines of nodes as records of a world: nodes and exchanges have one number for all, and what a party without a trace
//! did is told by whoever dealt with it.

use super::file::NodeFile;
use super::merge::{Local, Merged, Place};
use crate::message::{ExchangeId, FailureReason, Leg, Name, NodeId};
use crate::trace::told::Told;
use crate::trace::{Event, Fact, Note, Record, Truth};
use crate::wire::response::status_of;
use crate::wire::{Answer, Call, Received, Text, Timestamp};
use std::collections::BTreeMap;

/// All records, in order, and the world with the roots of their chains.
pub(super) fn records(files: &[NodeFile], merged: &Merged, truth: Truth, outside: NodeId) -> (Truth, Vec<Record>) {
    let mut teller = Teller { files, merged, truth, outside, roots: BTreeMap::new(), records: Vec::new() };
    for at in &merged.order {
        teller.tell(*at);
    }
    teller.end();
    (teller.truth, teller.records)
}

struct Teller<'a> {
    files: &'a [NodeFile],
    merged: &'a Merged,
    truth: Truth,
    outside: NodeId,
    roots: BTreeMap<(usize, usize, u64), u32>,
    records: Vec<Record>,
}

/// Where a line stands.
#[derive(Clone, Copy)]
struct Here {
    place: Place,
    node: NodeId,
    at: Timestamp,
    cause: Name,
}

impl Teller<'_> {
    fn tell(&mut self, place: Place) {
        let files = self.files;
        let line = &files[place.0].entries[place.1].line;
        let root = self.root(place);
        let cause = Name { root, word: "told", nth: 0, leg: Leg::Act, copy: 0 };
        let here = Here { place, node: node(place.0), at: line.at, cause };
        let node = here.node;
        match &line.event {
            Told::Acted { act } => self.acted(here, act),
            Told::Sent { exchange, call } => self.sent(here, *exchange, call),
            Told::Arrived { exchange, received, .. } => self.arrived(here, *exchange, received),
            Told::Answered { exchange, status, answer } => self.answered(here, *exchange, *status, answer),
            Told::Returned { exchange, answer } => self.returned(here, *exchange, answer.as_deref().ok()),
            Told::Failed { exchange, reason } => self.failed(here, *exchange, *reason),
            Told::TimerFired => self.emit(here, Event::TimerFired { node }),
            Told::Fact(fact) => self.emit(here, Event::Fact { node, fact: self.renumber_fact(here, fact) }),
            Told::Noted(note) => self.emit(here, Event::Noted { node, note: self.renumber_note(here, note) }),
            Told::Ruled { rule, holds, enforced } => {
                self.emit(here, Event::Ruled { node, rule, holds: *holds, enforced: *enforced });
            }
            Told::Crashed => self.emit(here, Event::Crashed { node }),
            Told::Restarted => self.emit(here, Event::Restarted { node }),
            Told::Panicked { message } => self.emit(here, Event::Panicked { node, message: message.clone() }),
            Told::WriteRefused => self.emit(here, Event::WriteRefused { node }),
            Told::Writing | Told::Ended { .. } => {}
        }
    }

    fn end(&mut self) {
        let open = self.merged.asked.values().filter(|asked| !asked.over).count();
        let ended = |file: &NodeFile| matches!(file.entries.last().map(|it| &it.line.event), Some(Told::Ended { .. }));
        let at = self.records.iter().map(|record| record.at).max().unwrap_or_default();
        let cause = Name { root: 0, word: "told", nth: 0, leg: Leg::Act, copy: 0 };
        let here = Here { place: (0, 0), node: NodeId(0), at, cause };
        let open_exchanges = u32::try_from(open).unwrap_or(u32::MAX);
        self.emit(here, Event::Ended { open_exchanges, cut_off: !self.files.iter().all(ended) });
    }

    fn emit(&mut self, here: Here, event: Event) {
        let step = self.records.len() as u64;
        self.records.push(Record { step, at: here.at, node_time: here.at, cause: here.cause, event });
    }

    // Chains are numbered as they begin.
    fn root(&mut self, place: Place) -> u32 {
        let chain = self.merged.chain(self.files, place);
        let next = u32::try_from(self.roots.len()).unwrap_or(u32::MAX);
        let root = *self.roots.entry(chain).or_insert(next);
        if root == next {
            self.truth.roots.push(format!("chain {root}").into());
            self.truth.notes.push(Text::default());
        }
        root
    }

    fn acted(&mut self, here: Here, act: &Text) {
        if let Some(root) = self.truth.roots.get_mut(here.cause.root as usize) {
            *root = act.clone();
        }
        self.emit(here, Event::Acted { node: here.node, act: act.clone() });
    }

    fn local(&self, here: Here, exchange: ExchangeId) -> Local {
        (here.place.0, self.files[here.place.0].entries[here.place.1].start, exchange)
    }

    fn sent(&mut self, here: Here, exchange: ExchangeId, call: &Call) {
        let Some(asked) = self.merged.asked.get(&self.local(here, exchange)) else { return };
        let to = self.truth.at_origin(call.to.origin());
        let mut call = Box::new(call.clone());
        if asked.served.is_some_and(|served| self.came_plain(served)) {
            call.to = call.to.with_scheme("http");
        }
        self.emit(named(here, asked.id, 0), Event::Sent { from: here.node, to, exchange: asked.id, call });
    }

    // The server knows over which link a request came, whatever its sender meant.
    fn came_plain(&self, served: Local) -> bool {
        let arrived = self.merged.served.get(&served).map(|served| served.arrived);
        arrived.is_some_and(|(file, at)| match &self.files[file].entries[at].line.event {
            Told::Arrived { received, .. } => !received.uri.is_https(),
            _ => false,
        })
    }

    fn arrived(&mut self, here: Here, exchange: ExchangeId, received: &Received) {
        let Some(served) = self.merged.served.get(&self.local(here, exchange)) else { return };
        let undecodable = received.message.as_ref().err().cloned();
        let (from, id, copy_of) = (self.asker(served.asked), served.id, served.copy_of);
        let here = named(here, id, u8::from(copy_of.is_some()));
        if let (None, Ok(message)) = (served.asked, &received.message) {
            let Received { uri, credentials, cookie, .. } = received.clone();
            let call = Box::new(Call { to: uri, credentials, cookie, message: message.clone() });
            self.emit(here, Event::Sent { from, to: Some(here.node), exchange: id, call });
        }
        self.emit(here, Event::Arrived { from, to: here.node, exchange: id, copy_of, undecodable });
    }

    fn answered(&mut self, here: Here, exchange: ExchangeId, status: u16, answer: &Answer) {
        let Some(served) = self.merged.served.get(&self.local(here, exchange)) else { return };
        let (to, id, copy) = (self.asker(served.asked), served.id, served.copy_of.is_some());
        let here = named(here, id, u8::from(copy));
        let answer = Box::new(answer.clone());
        self.emit(here, Event::Answered { from: here.node, to, exchange: id, status, answer });
        if copy {
            self.emit(here, Event::Lost { exchange: id, answer: true });
        }
    }

    fn returned(&mut self, here: Here, exchange: ExchangeId, answer: Option<&Answer>) {
        let Some(asked) = self.merged.asked.get(&self.local(here, exchange)) else { return };
        let id = asked.id;
        let here = named(here, id, 0);
        if let (None, Some(answer)) = (asked.served, answer) {
            let (status, answer) = (status_of(&answer.message), Box::new(answer.clone()));
            let from = self.server(asked.sent);
            let from = if usize::from(from.0) < self.files.len() { self.outside } else { from };
            self.emit(here, Event::Answered { from, to: here.node, exchange: id, status, answer });
        }
        self.emit(here, Event::Returned { to: here.node, exchange: id });
    }

    fn failed(&mut self, here: Here, exchange: ExchangeId, reason: FailureReason) {
        let Some(asked) = self.merged.asked.get(&self.local(here, exchange)) else { return };
        let (id, served) = (asked.id, asked.served.and_then(|served| self.merged.served.get(&served)));
        let here = named(here, id, 0);
        let reached = usize::from(self.server(asked.sent).0) < self.files.len();
        let lost = match (reason, served) {
            (FailureReason::TimedOut, None) if reached => Some(false),
            (FailureReason::TimedOut, Some(served)) if served.answered.is_some() => Some(true),
            _ => None,
        };
        if let Some(answer) = lost {
            self.emit(here, Event::Lost { exchange: id, answer });
        }
        self.emit(here, Event::Failed { node: here.node, exchange: id, reason });
    }

    fn asker(&self, asked: Option<Local>) -> NodeId {
        asked.map_or(self.outside, |(file, _, _)| node(file))
    }

    fn server(&self, sent: Place) -> NodeId {
        match &self.files[sent.0].entries[sent.1].line.event {
            Told::Sent { call, .. } => self.truth.at_origin(call.to.origin()).unwrap_or(self.outside),
            _ => self.outside,
        }
    }

    fn renumber_fact(&self, here: Here, fact: &Fact) -> Fact {
        let mut fact = fact.clone();
        if let Fact::ResourceReleased { exchange, evidence, .. } = &mut fact {
            *exchange = self.of_served(here, *exchange);
            if let Some(evidence) = evidence {
                evidence.exchange = self.of_asked(here, evidence.exchange);
            }
        }
        fact
    }

    fn renumber_note(&self, here: Here, note: &Note) -> Note {
        let mut note = note.clone();
        if let Note::AccessDecided { exchange, evidence, .. } = &mut note {
            *exchange = self.of_served(here, *exchange);
            if let Some(evidence) = evidence {
                evidence.exchange = self.of_asked(here, evidence.exchange);
            }
        }
        note
    }

    // A number that leads nowhere must not lead to another exchange.
    fn of_served(&self, here: Here, exchange: ExchangeId) -> ExchangeId {
        self.merged.served.get(&self.local(here, exchange)).map_or(ExchangeId(0), |served| served.id)
    }

    fn of_asked(&self, here: Here, exchange: ExchangeId) -> ExchangeId {
        self.merged.asked.get(&self.local(here, exchange)).map_or(ExchangeId(0), |asked| asked.id)
    }
}

fn node(file: usize) -> NodeId {
    NodeId(u16::try_from(file).unwrap_or(u16::MAX))
}

fn named(here: Here, exchange: ExchangeId, copy: u8) -> Here {
    let nth = u32::try_from(exchange.0).unwrap_or(u32::MAX);
    Here { cause: Name { word: "exchange", nth, leg: Leg::Request, copy, ..here.cause }, ..here }
}
