//! LIV-5 and LIV-8: both sides' resource lists converge, and ticket state stays bounded.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::places::Mapping;
use crate::check::liveness::calm;
use crate::message::{Name, NodeId};
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::{PersonId, ResourceId, Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many unexpired tickets one authorization server may hold.
const TICKETS_MAX: usize = 100_000;

/// Watches what servers pile up.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    tickets: BTreeMap<NodeId, VecDeque<Timestamp>>,
    /// Registrations whose acknowledgement has not reached the resource server, by the step that made them: nobody
    /// knows of them (a second delivery, a request that was given up before it arrived).
    unacknowledged: BTreeMap<(u32, &'static str, u32, u8), ResourceId>,
}

impl Family for State {
    fn observe(&mut self, _ledger: &Ledger, _truth: &Truth, record: &Record, tally: &mut Tally) {
        self.follow_registrations(record);
        let Event::Fact { node, fact: Fact::TicketIssued { expires_at, .. } } = &record.event else { return };
        let live = self.tickets.entry(*node).or_default();
        live.push_back(*expires_at);
        while live.front().is_some_and(|expires_at| *expires_at <= record.node_time) {
            live.pop_front();
        }
        tally.check(Id::Liv8, live.len() <= TICKETS_MAX, || format!("{} live tickets at one server", live.len()));
    }

    fn finish(&mut self, ledger: &Ledger, truth: &Truth, tally: &mut Tally) {
        let Some(ended) = ledger.ended else { return };
        if ended.cut_off || ended.open_exchanges > 0 || !calm(ledger, truth, u64::MAX) {
            return;
        }
        for ((server, owner, client), holding) in &ledger.registry.holdings {
            let Some(node) = ledger.names.resource_server(*server, client) else { continue };
            let honest = [node, *server].iter().all(|node| truth.get(*node).is_some_and(|node| node.honest));
            if !honest || !holds_pat(ledger, node, *server, owner) {
                continue;
            }
            let local = local(ledger, truth, node, *server, owner);
            let strays: BTreeSet<&ResourceId> = self.unacknowledged.values().collect();
            let missing = holding.ids.iter().any(|id| !local.contains(id) && !strays.contains(id));
            tally.check(Id::Liv5, !missing && local.is_subset(&holding.ids), || {
                format!("{client} maps {} resources of {owner}, the server lists {}", local.len(), holding.ids.len())
            });
        }
    }
}

impl State {
    fn follow_registrations(&mut self, record: &Record) {
        let Name { root, word, nth, copy, .. } = record.cause;
        let step = (root, word, nth, copy);
        match &record.event {
            Event::Fact { fact: Fact::ResourceRegistered { resource, .. }, .. } => {
                self.unacknowledged.insert(step, resource.id.clone());
            }
            Event::Returned { .. } => {
                self.unacknowledged.remove(&step);
            }
            _ => {}
        }
    }
}

fn holds_pat(ledger: &Ledger, node: NodeId, server: NodeId, owner: &PersonId) -> bool {
    let person = ledger.names.person(server, owner);
    ledger
        .mappings
        .pats
        .iter()
        .any(|(holder, account, at)| *holder == node && *at == server && ledger.names.person(node, account) == person)
}

fn local(ledger: &Ledger, truth: &Truth, node: NodeId, server: NodeId, owner: &PersonId) -> BTreeSet<ResourceId> {
    let person = ledger.names.person(server, owner);
    let of_owner = |path: &Text| truth.resource(node, path).is_none_or(|resource| Some(resource.owner) == person);
    let here = |((at, path), mapping): (&(NodeId, Text), &Mapping)| {
        let ours = *at == node && mapping.server == Some(server) && mapping.mapped && of_owner(path);
        mapping.id.clone().filter(|_| ours)
    };
    ledger.mappings.by_path.iter().filter_map(here).collect()
}
