//! Which lines of several nodes belong to one exchange or one chain, and in which order all of them are told.

use super::file::NodeFile;
use crate::message::ExchangeId;
use crate::trace::told::Told;
use std::collections::{BTreeMap, BTreeSet};

/// A line: the file and its place there.
pub(super) type Place = (usize, usize);
/// An exchange as one start of a node numbers it: file, start, number.
pub(super) type Local = (usize, usize, ExchangeId);
type Chain = (usize, usize, u64);

/// An exchange of a node's own request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: ExchangeId,
    pub(super) sent: Place,
    /// The exchange as its server has it, where the server's trace tells.
    pub(super) served: Option<Local>,
    pub(super) over: bool,
}

/// An exchange that a node serves.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) id: ExchangeId,
    /// Who asked, where the asker's trace tells.
    pub(super) asked: Option<Local>,
    /// Where it is a second delivery, the exchange of the first.
    pub(super) copy_of: Option<ExchangeId>,
    pub(super) arrived: Place,
    pub(super) answered: Option<Place>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) order: Vec<Place>,
    pub(super) asked: BTreeMap<Local, Asked>,
    pub(super) served: BTreeMap<Local, Served>,
    rests_on: BTreeMap<Place, Place>,
    chains: BTreeMap<Chain, Chain>,
    next: u64,
    out_of_order: usize,
}

impl Merged {
    /// Puts files together.
    pub(super) fn of(files: &[NodeFile]) -> Self {
        let mut merged = Self { next: 1, ..Self::default() };
        each(files, |at, local, told| merged.ask(files, at, local, told));
        let mut by_number: BTreeMap<u64, Vec<Local>> = BTreeMap::new();
        merged.asked.keys().for_each(|local| by_number.entry(local.2.0).or_default().push(*local));
        let mut arrivals = Vec::new();
        each(files, |at, local, told| {
            if let Told::Arrived { exchange, named, .. } = told {
                let stamp = files[at.0].entries[at.1].line.lamport;
                arrivals.push((stamp, at, local(*exchange), *named));
            }
        });
        arrivals.sort_by_key(|(stamp, at, ..)| (*stamp, *at));
        for (_, at, local, named) in arrivals {
            let candidates = named.and_then(|named| by_number.get(&named)).map(Vec::as_slice).unwrap_or_default();
            merged.serve(files, at, local, candidates);
        }
        each(files, |at, local, told| merged.answer(at, local, told));
        each(files, |at, local, told| merged.end(at, local, told));
        merged.put_in_order(files);
        merged
    }

    /// The chain that a line belongs to, one for all nodes that it runs through.
    pub(super) fn chain(&self, files: &[NodeFile], at: Place) -> Chain {
        self.root(chain_of(files, at))
    }

    /// What could not be put together.
    pub(super) fn remarks(&self) -> Vec<String> {
        let strangers = self.served.values().filter(|served| served.asked.is_none()).count();
        let unheard = self.asked.values().filter(|asked| asked.served.is_none()).count();
        let told = [
            (strangers, "requests came from nobody whose trace is here"),
            (unheard, "requests reached nobody whose trace is here"),
            (self.out_of_order, "lines rest on later ones: their order is that of their stamps"),
        ];
        told.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
    }

    fn number(&mut self) -> ExchangeId {
        self.next += 1;
        ExchangeId(self.next - 1)
    }

    fn ask(&mut self, _files: &[NodeFile], at: Place, local: &dyn Fn(ExchangeId) -> Local, told: &Told) {
        if let Told::Sent { exchange, .. } = told {
            let id = self.number();
            self.asked.insert(local(*exchange), Asked { id, sent: at, served: None, over: false });
        }
    }

    // A number is believed when the one who says that it was sent says that it was sent here.
    fn serve(&mut self, files: &[NodeFile], at: Place, local: Local, candidates: &[Local]) {
        let here = files[at.0].node().origin.as_ref().map(|origin| origin.authority());
        let fits = |asked: &&Local| {
            let sent = self.asked.get(asked).map(|asked| asked.sent).filter(|sent| sent.0 != at.0);
            sent.is_some_and(|sent| sent_to(files, sent) == here)
        };
        let asked = candidates.iter().find(fits).copied();
        let first = asked.and_then(|asked| self.asked.get(&asked)).filter(|asked| asked.served.is_none());
        let (id, copy_of) = match (first.map(|first| first.id), asked.and_then(|asked| self.asked.get(&asked))) {
            (Some(id), _) => (id, None),
            (None, Some(original)) => (ExchangeId(0), Some(original.id)),
            (None, None) => (ExchangeId(0), None),
        };
        let id = if id.0 == 0 { self.number() } else { id };
        self.served.insert(local, Served { id, asked, copy_of, arrived: at, answered: None });
        let Some(asked) = asked else { return };
        if let Some(asked) = self.asked.get_mut(&asked) {
            asked.served.get_or_insert(local);
            self.rests_on.insert(at, asked.sent);
            let (sent, arrived) = (chain_of(files, asked.sent), chain_of(files, at));
            self.unite(sent, arrived);
        }
    }

    fn answer(&mut self, at: Place, local: &dyn Fn(ExchangeId) -> Local, told: &Told) {
        if let Told::Answered { exchange, .. } = told
            && let Some(served) = self.served.get_mut(&local(*exchange))
        {
            served.answered = Some(at);
        }
    }

    fn end(&mut self, at: Place, local: &dyn Fn(ExchangeId) -> Local, told: &Told) {
        let (Told::Returned { exchange, .. } | Told::Failed { exchange, .. }) = told else { return };
        let Some(asked) = self.asked.get_mut(&local(*exchange)) else { return };
        asked.over = true;
        let answered = asked.served.and_then(|served| self.served.get(&served)).and_then(|served| served.answered);
        if let (Told::Returned { .. }, Some(answered)) = (told, answered) {
            self.rests_on.insert(at, answered);
        }
    }

    fn root(&self, chain: Chain) -> Chain {
        let mut at = chain;
        while let Some(above) = self.chains.get(&at) {
            at = *above;
        }
        at
    }

    fn unite(&mut self, one: Chain, other: Chain) {
        let (one, other) = (self.root(one), self.root(other));
        if one != other {
            self.chains.insert(other, one);
        }
    }

    // The least stamp comes next, among the lines whose ground was told.
    fn put_in_order(&mut self, files: &[NodeFile]) {
        let mut heads = vec![0; files.len()];
        let mut told: BTreeSet<Place> = BTreeSet::new();
        loop {
            let waiting = (0..files.len()).filter(|file| heads[*file] < files[*file].entries.len());
            let mut waiting: Vec<Place> = waiting.map(|file| (file, heads[file])).collect();
            waiting.sort_by_key(|(file, at)| (files[*file].entries[*at].line.lamport, *file));
            let Some(least) = waiting.first().copied() else { return };
            let free = |at: &&Place| self.rests_on.get(*at).is_none_or(|ground| told.contains(ground));
            let next = waiting.iter().find(free).copied();
            self.out_of_order += usize::from(next.is_none());
            let next = next.unwrap_or(least);
            heads[next.0] += 1;
            told.insert(next);
            self.order.push(next);
        }
    }
}

fn each(files: &[NodeFile], mut what: impl FnMut(Place, &dyn Fn(ExchangeId) -> Local, &Told)) {
    for (file, node) in files.iter().enumerate() {
        for (at, entry) in node.entries.iter().enumerate() {
            what((file, at), &|exchange| (file, entry.start, exchange), &entry.line.event);
        }
    }
}

fn chain_of(files: &[NodeFile], at: Place) -> Chain {
    let entry = &files[at.0].entries[at.1];
    (at.0, entry.start, entry.line.chain)
}

fn sent_to(files: &[NodeFile], at: Place) -> Option<&str> {
    match &files[at.0].entries[at.1].line.event {
        Told::Sent { call, .. } => Some(call.to.authority()),
        _ => None,
    }
}
