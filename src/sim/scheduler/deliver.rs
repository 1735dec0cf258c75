//! What happens when something's time has come: it becomes a job for the host, or it ends here.

use super::exchange::{Exchange, Tongues, receive};
use super::node::id;
use super::{Carrying, Deed, Event, Handle, Job, Returning, Scheduler, WORLD, WireMode};
use crate::message::{ExchangeId, FailureReason, Leg, Name, NodeId};
use crate::role::{Act, Input};
use crate::sim::entropy::EntropyKey;
use crate::trace::Event as Happened;
use crate::wire::{Answer, Call, Duration, Revision, Text, Uri};

impl Scheduler {
    pub(super) fn happen(&mut self, event: Event) -> Option<Job> {
        match event {
            Event::Act(index) => self.act(index),
            Event::Wake => None,
            Event::Arrive(exchange) => self.arrive(exchange),
            Event::Return(exchange, answer) => self.bring_back(exchange, *answer),
            Event::Fail(exchange, reason) => self.fail(exchange, reason),
            Event::Deadline(exchange) => self.fail(exchange, FailureReason::TimedOut),
            Event::Timer { node, timer, generation, name } => {
                if !self.node(node).take_timer(timer, generation) {
                    return None;
                }
                self.emit(node, name, Happened::TimerFired { node });
                self.hand(node, name, Input::Timer(timer))
            }
            Event::Password { node, incarnation, check, correct, name } => {
                let same = self.node(node).incarnation == incarnation;
                if same { self.hand(node, name, Input::PasswordChecked { check, correct }) } else { None }
            }
            Event::Flushed { node, incarnation, batch } => {
                self.flushed(node, incarnation, batch);
                None
            }
            Event::Written { node, incarnation, number } => {
                (self.node(node).incarnation == incarnation).then_some(Job::Written { node, number })
            }
            Event::Restart { node, name } => self.restart(node, name),
        }
    }

    pub(super) fn act(&mut self, index: usize) -> Option<Job> {
        self.last_action_at = self.now;
        self.actions_left = self.actions_left.saturating_sub(1);
        let what = self.actions.get(index)?.what.clone();
        let name = Name { root: index as u32, word: "act", nth: 1, leg: Leg::Act, copy: 0 };
        match what {
            Deed::Act(node, act) => return self.person_acts(node, name, act),
            Deed::Wait(span) => self.push_moving(self.now + span, Event::Wake),
            Deed::Crash(node, down_for) => self.crash(node, name, down_for),
            Deed::Cut(from, to) => self.set_link(from, to, name, true),
            Deed::StripTls(from, to) => {
                self.plain.insert((from, to));
            }
            Deed::Mend(from, to) => self.set_link(from, to, name, false),
            Deed::StepClock(node, by_micros) => {
                self.node(node).step_clock(by_micros);
                self.emit(node, name, Happened::ClockStepped { node, by_micros });
            }
            Deed::Heal => self.heal(name),
        }
        None
    }

    fn person_acts(&mut self, node: NodeId, name: Name, act: Act) -> Option<Job> {
        let words = self.truth.roots.get(name.root as usize).cloned().unwrap_or_default();
        self.emit(node, name, Happened::Acted { node, act: words });
        self.hand(node, name, Input::Act(act))
    }

    fn set_link(&mut self, from: NodeId, to: NodeId, name: Name, cut: bool) {
        if cut {
            self.cut.insert((from, to));
        } else {
            self.cut.remove(&(from, to));
            self.plain.remove(&(from, to));
        }
        self.emit(from, name, Happened::Link { from, to, cut });
    }

    fn heal(&mut self, name: Name) {
        self.cut.clear();
        self.plain.clear();
        self.oracle.heal();
        for node in &mut self.nodes {
            node.set_clock_right();
        }
        self.emit(NodeId(0), name, Happened::Healed);
    }

    fn arrive(&mut self, id: ExchangeId) -> Option<Job> {
        let exchange = self.exchanges.get_mut(&id)?;
        let (from, to, name, copy_of) = (exchange.from, exchange.to, exchange.name, exchange.copy_of);
        let call = exchange.call.take()?;
        if !self.node(to).up || self.cut.contains(&(from, to)) {
            self.push_moving(self.now + self.settings.latency, Event::Fail(id, FailureReason::Unreachable));
            return None;
        }
        let mode = self.settings.wire;
        if mode == WireMode::Carried {
            // Such a host has one door per server; the exchange remembers over which link the request came.
            let own = self.truth.get(to).and_then(|server| server.origin.as_ref());
            let scheme = if own.is_none_or(Uri::is_https) { "https" } else { "http" };
            let call = Call { to: call.to.with_scheme(scheme), ..*call };
            let spoken = self.spoken(from, to);
            return Some(Job::Carry(Box::new(Carrying { exchange: id, from, to, copy_of, spoken, call })));
        }
        let seat = &self.nodes[usize::from(to.0)];
        let tongues = Tongues { written: self.spoken(from, to), read: seat.revision };
        let (arrival, undecodable) = receive(mode, tongues, &seat.routes, id, *call);
        self.emit(to, name, Happened::Arrived { from, to, exchange: id, copy_of, undecodable });
        self.hand(to, name, Input::Request(arrival))
    }

    fn bring_back(&mut self, id: ExchangeId, answer: Answer) -> Option<Job> {
        let exchange = self.exchanges.remove(&id)?;
        if !self.still_waits(&exchange) {
            return None;
        }
        match (self.settings.wire, &exchange.asked) {
            (WireMode::Carried, Some(asked)) => {
                let (from, asked) = (exchange.to, asked.clone());
                let spoken = self.spoken(exchange.from, from);
                self.exchanges.insert(id, exchange);
                Some(Job::Return(Box::new(Returning { exchange: id, from, spoken, asked: *asked, answer })))
            }
            (mode, asked) => {
                let written = self.nodes[usize::from(exchange.to.0)].revision;
                let tongues = Tongues { written, read: self.spoken(exchange.from, exchange.to) };
                let answer = super::exchange::read_answer(mode, tongues, asked.as_deref(), answer);
                self.hand_back(id, &exchange, answer)
            }
        }
    }

    /// The revision in which a node writes to a server and reads its answers.
    pub(super) fn spoken(&self, from: NodeId, to: NodeId) -> Revision {
        self.truth.spoken(from, to).unwrap_or(self.nodes[usize::from(to.0)].revision)
    }

    fn fail(&mut self, id: ExchangeId, reason: FailureReason) -> Option<Job> {
        let exchange = self.exchanges.remove(&id)?;
        if !self.still_waits(&exchange) {
            return None;
        }
        let name = Name { leg: Leg::Failure, ..exchange.name };
        self.emit(exchange.from, name, Happened::Failed { node: exchange.from, exchange: id, reason });
        self.hand(exchange.from, name, Input::Failed { exchange: id, reason })
    }

    fn still_waits(&self, exchange: &Exchange) -> bool {
        let from = &self.nodes[usize::from(exchange.from.0)];
        !exchange.is_duplicate() && from.up && from.incarnation == exchange.from_incarnation
    }

    pub(super) fn crash(&mut self, node: NodeId, name: Name, down_for: Duration) {
        if !self.node(node).up {
            return;
        }
        self.node(node).crash();
        self.emit(node, name, Happened::Crashed { node });
        let restart = Name { word: "restart", leg: Leg::Restart, ..name };
        self.push_moving(self.now + down_for, Event::Restart { node, name: restart });
        self.reset_connections(node);
    }

    // Whoever waits for an answer of a node that stopped learns that the connection is gone.
    fn reset_connections(&mut self, node: NodeId) {
        #[expect(clippy::disallowed_methods, reason = "sorted before the order can show")]
        let mut open: Vec<ExchangeId> = self
            .exchanges
            .iter()
            .filter(|(_, exchange)| exchange.to == node && exchange.call.is_none())
            .map(|(id, _)| *id)
            .collect();
        open.sort_unstable();
        for exchange in open {
            self.push_moving(self.now + self.settings.latency, Event::Fail(exchange, FailureReason::Unreachable));
        }
    }

    fn restart(&mut self, node: NodeId, name: Name) -> Option<Job> {
        let seat = self.node(node);
        if seat.up {
            return None;
        }
        seat.up = true;
        let facts = seat.journal.clone();
        self.emit(node, name, Happened::Restarted { node });
        self.current = Some(name);
        self.current_node = node;
        Some(Job::Rebuild { node, facts })
    }

    /// For hosts: the role of a [`Job::Rebuild`] is built, and learns that it is back.
    pub fn rebuilt(&mut self) -> Option<Job> {
        let name = self.current.unwrap_or(WORLD);
        self.hand(self.current_node, name, Input::Restarted)
    }

    pub(super) fn hand(&mut self, node: NodeId, name: Name, input: Input) -> Option<Job> {
        if !self.node(node).up {
            return None;
        }
        self.deliveries += 1;
        self.current = Some(name);
        self.current_node = node;
        let (now, root) = (self.now, self.root_key(&name));
        let seat = self.node(node);
        let (at, incarnation) = (seat.role_clock(now), seat.incarnation);
        let entropy = EntropyKey::new(self.settings.seed, node, incarnation, root, &name);
        let next_exchange = self.next_exchange;
        let effects = std::mem::take(&mut self.spare);
        Some(Job::Handle(Box::new(Handle { node, at, input, cause: name, entropy, next_exchange, effects })))
    }

    /// The words for what the nodes are called, for messages about hosts.
    pub fn node_name(&self, node: NodeId) -> Text {
        self.truth.get(node).map(|node| node.name.clone()).unwrap_or_default()
    }

    /// The rules that a node does not obey.
    pub fn rules_off(&self) -> impl Iterator<Item = (NodeId, &crate::role::RuleSet)> {
        self.nodes.iter().enumerate().map(|(at, node)| (id(at), &node.rules_off))
    }
}
