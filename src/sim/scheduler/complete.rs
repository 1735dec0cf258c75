//! What a role did becomes events: facts go to the journal, and only when they are durable does anything leave.

use super::exchange::Exchange;
use super::node::Batch;
use super::{Event, Outcome, Scheduler, WORLD, WireMode};
use crate::message::{ExchangeId, FailureReason, Leg, Name, NodeId};
use crate::role::{Effect, Effects, Timer};
use crate::sim::oracle::{ChoiceKind, Chosen, CrashPoint};
use crate::sim::world::password_verifier;
use crate::trace::fact::{CodeIssued, PctIssued};
use crate::trace::{Event as Happened, Fact};
use crate::wire::response::status_of;
use crate::wire::token::Password;
use crate::wire::{Answer, Call, Duration, Text, Timestamp};

/// How long a password check takes.
const PASSWORD_CHECK: Duration = Duration::from_millis(50);

impl Scheduler {
    /// Takes in what came of the last [`super::Job::Handle`].
    pub fn complete(&mut self, outcome: Outcome) {
        let (node, cause) = (self.current_node, self.current.take().unwrap_or(WORLD));
        match outcome {
            Outcome::Done { effects, next_exchange } => {
                self.next_exchange = next_exchange;
                self.settle(node, cause, effects);
            }
            Outcome::Panicked(message) => {
                self.emit(node, cause, Happened::Panicked { node, message: message.into() });
                self.crash(node, cause, Duration::ZERO);
            }
        }
    }

    fn settle(&mut self, node: NodeId, cause: Name, effects: Effects) {
        let Effects { mut facts, mut out } = effects;
        let chosen = self.choices_at_node(&cause, !facts.is_empty());
        self.say(node, cause, &mut out);
        let crash = CrashPoint::of(chosen.get(ChoiceKind::Crash));
        match crash {
            Some(CrashPoint::BeforeWrite) => return self.crash(node, cause, self.settings.downtime),
            Some(CrashPoint::AfterWrite) if !self.node(node).is_doomed() => {
                return self.crash_after_write(node, cause, &mut facts);
            }
            Some(CrashPoint::AfterWrite | CrashPoint::AfterSend) | None => {}
        }
        if chosen.get(ChoiceKind::RefuseWrite) == 1 && !facts.is_empty() {
            self.emit(node, cause, Happened::WriteRefused { node });
            return self.crash(node, cause, Duration::ZERO);
        }
        let stops = crash == Some(CrashPoint::AfterSend);
        self.journal(node, cause, Effects { facts, out }, chosen.delay(ChoiceKind::Flush), stops);
    }

    // What is durable behind something has made that durable as well, with all that then leaves.
    fn crash_after_write(&mut self, node: NodeId, cause: Name, facts: &mut Vec<Fact>) {
        while let Some(waiting) = self.node(node).batches.pop_front() {
            self.release(node, waiting);
        }
        self.write(node, cause, facts);
        self.crash(node, cause, self.settings.downtime);
    }

    // People's browsers do not crash; servers do.
    pub(super) fn choices_at_node(&mut self, cause: &Name, writes: bool) -> Chosen {
        let root = self.root_key(cause);
        let kinds: &[ChoiceKind] = if self.current_node_is_person() {
            &[]
        } else if writes {
            &[ChoiceKind::Crash, ChoiceKind::Flush, ChoiceKind::RefuseWrite]
        } else {
            &[ChoiceKind::Crash]
        };
        self.oracle.choose(root, cause, kinds, None)
    }

    fn current_node_is_person(&self) -> bool {
        self.truth.get(self.current_node).is_some_and(|node| node.role == crate::trace::truth::RoleKind::Person)
    }

    // What a role says is not durable and is heard at once.
    fn say(&mut self, node: NodeId, cause: Name, out: &mut Vec<Effect>) {
        for effect in out.extract_if(.., |effect| effect.only_speaks()) {
            self.hear(node, cause, effect);
        }
    }

    pub(super) fn hear(&mut self, node: NodeId, cause: Name, said: Effect) {
        match said {
            Effect::Note(note) => {
                self.emit(node, cause, Happened::Noted { node, note });
            }
            Effect::Ruled { rule, holds, enforced } => {
                self.emit(node, cause, Happened::Ruled { node, rule: rule.name(), holds, enforced });
            }
            Effect::Send { .. }
            | Effect::Reply { .. }
            | Effect::SetTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::CheckPassword { .. }
            | Effect::Report { .. } => {}
        }
    }

    fn journal(&mut self, node: NodeId, cause: Name, mut effects: Effects, takes: Duration, stops: bool) {
        let waits = !self.node(node).batches.is_empty();
        if !waits && (effects.facts.is_empty() || takes == Duration::ZERO) {
            self.write(node, cause, &mut effects.facts);
            self.perform_all(node, cause, &mut effects.out);
            self.spare = effects;
            return self.stop_after_send(node, cause, stops);
        }
        let at = self.now + takes;
        let seat = self.node(node);
        let (number, incarnation) = (seat.next_batch, seat.incarnation);
        seat.next_batch += 1;
        seat.batches.push_back(Batch { number, cause, effects, written: false, stops });
        self.push_moving(at, Event::Flushed { node, incarnation, batch: number });
    }

    // Batches become durable in order: a later one that is written first waits for the earlier ones.
    pub(super) fn flushed(&mut self, node: NodeId, incarnation: u32, number: u64) {
        let seat = self.node(node);
        if seat.incarnation != incarnation {
            return;
        }
        if let Some(batch) = seat.batches.iter_mut().find(|batch| batch.number == number) {
            batch.written = true;
        }
        while self.node(node).batches.front().is_some_and(|batch| batch.written) {
            let Some(written) = self.node(node).batches.pop_front() else { return };
            self.release(node, written);
        }
    }

    fn release(&mut self, node: NodeId, Batch { cause, mut effects, stops, .. }: Batch) {
        self.write(node, cause, &mut effects.facts);
        self.perform_all(node, cause, &mut effects.out);
        self.stop_after_send(node, cause, stops);
    }

    // "After everything has left" is after a slow write as well: what is written behind it is lost.
    fn stop_after_send(&mut self, node: NodeId, cause: Name, stops: bool) {
        if stops {
            self.crash(node, cause, self.settings.downtime);
        }
    }

    pub(super) fn write(&mut self, node: NodeId, cause: Name, facts: &mut Vec<Fact>) {
        for fact in facts.drain(..) {
            self.note_expiry(&fact);
            let happened = self.emit(node, cause, Happened::Fact { node, fact });
            if let Happened::Fact { fact, .. } = happened {
                self.node(node).journal.push(fact);
            }
        }
    }

    // Interesting instants: a draw may have a message arrive just before, at, or just after one.
    fn note_expiry(&mut self, fact: &Fact) {
        if self.oracle.draws_boundaries()
            && let Some(expiry) = expiry_of(fact)
        {
            self.expiries.insert(expiry);
        }
    }

    fn next_boundary(&mut self) -> Option<Duration> {
        let arrival = self.now + self.settings.latency;
        let later = self.expiries.split_off(&arrival);
        self.expiries = later;
        self.expiries.first().map(|expiry| expiry.since(arrival))
    }

    fn perform_all(&mut self, node: NodeId, cause: Name, effects: &mut Vec<Effect>) {
        for effect in effects.drain(..) {
            self.perform(node, cause, effect);
        }
    }

    pub(super) fn perform(&mut self, node: NodeId, cause: Name, effect: Effect) {
        match effect {
            Effect::Send { exchange, call, deadline } => self.send(node, cause, exchange, call, deadline),
            Effect::Reply { exchange, answer } => self.answer(node, exchange, answer),
            Effect::SetTimer { timer, after } => self.set_timer(node, cause, timer, after),
            Effect::CancelTimer { timer } => self.node(node).cancel_timer(timer),
            Effect::CheckPassword { check, verifier, password } => {
                self.check_password(node, cause, check, &verifier, &password);
            }
            // Nobody operates a world.
            Effect::Report { .. } | Effect::Note(_) | Effect::Ruled { .. } => {}
        }
    }

    fn set_timer(&mut self, node: NodeId, cause: Name, timer: Timer, after: Duration) {
        let generation = self.node(node).set_timer(timer);
        let name = self.name(cause.root, timer.word, Leg::Timer);
        self.queue.push(self.now + after, Event::Timer { node, timer, generation, name });
    }

    fn check_password(&mut self, node: NodeId, cause: Name, check: u64, verifier: &Text, password: &Password) {
        let correct = *password_verifier(password) == **verifier;
        let name = self.name(cause.root, "password", Leg::Timer);
        let incarnation = self.node(node).incarnation;
        self.push_moving(self.now + PASSWORD_CHECK, Event::Password { node, incarnation, check, correct, name });
    }

    fn send(&mut self, from: NodeId, cause: Name, exchange: ExchangeId, call: Box<Call>, deadline: Duration) {
        let name = self.name(cause.root, call.message.word(), Leg::Request);
        let to = self.origins.get(call.to.origin()).copied();
        let call = self.over_its_link(from, to, call);
        let tls = call.to.is_https();
        let happened = self.emit(from, name, Happened::Sent { from, to, exchange, call });
        let Happened::Sent { call, .. } = happened else { return };
        let from_incarnation = self.node(from).incarnation;
        let server = to.unwrap_or(from);
        let seat = &self.nodes[usize::from(server.0)];
        let served = seat.routes.revision(&call.to).unwrap_or(seat.revision);
        let alike = self.spoken(from, server, served) == served;
        let asked = (self.settings.wire != WireMode::Typed || !alike).then(|| Box::new(call.message.clone()));
        let entry =
            Exchange { from, from_incarnation, to: server, name, call: Some(call), tls, served, asked, copy_of: None };
        self.set_deadline(exchange, deadline);
        if to.is_none() {
            self.exchanges.insert(exchange, entry);
            return self
                .push_moving(self.now + self.settings.latency, Event::Fail(exchange, FailureReason::Unreachable));
        }
        let kinds = [ChoiceKind::Lose, ChoiceKind::Duplicate, ChoiceKind::Delay];
        let boundary = self.next_boundary();
        let chosen = self.oracle.choose(self.root_key(&name), &name, &kinds, boundary);
        if chosen.get(ChoiceKind::Duplicate) == 1 {
            self.deliver_twice(exchange, &entry, chosen);
        }
        self.exchanges.insert(exchange, entry);
        if chosen.get(ChoiceKind::Lose) == 1 {
            self.emit(from, name, Happened::Lost { exchange, answer: false });
        } else {
            let at = self.now + self.settings.latency + chosen.delay(ChoiceKind::Delay);
            self.push_moving(at, Event::Arrive(exchange));
        }
    }

    // The scheme of the address says whether the link is TLS.
    fn over_its_link(&self, from: NodeId, to: Option<NodeId>, mut call: Box<Call>) -> Box<Call> {
        if to.is_some_and(|to| self.plain.contains(&(from, to))) {
            call.to = call.to.with_scheme("http");
        }
        call
    }

    // The second delivery is an exchange of its own whose answer nobody reads; it comes later than the first.
    fn deliver_twice(&mut self, original: ExchangeId, first: &Exchange, chosen: Chosen) {
        let copy = ExchangeId(self.next_exchange);
        self.next_exchange += 1;
        let name = Name { copy: 1, ..first.name };
        self.exchanges.insert(copy, Exchange { name, copy_of: Some(original), ..first.clone() });
        self.set_deadline(copy, crate::role::context::DEADLINE);
        let latency = Duration(self.settings.latency.0 * 2);
        self.push_moving(self.now + latency + chosen.delay(ChoiceKind::Delay), Event::Arrive(copy));
    }

    fn answer(&mut self, from: NodeId, exchange: ExchangeId, answer: Box<Answer>) {
        let Some(entry) = self.exchanges.get(&exchange) else { return };
        if entry.to != from {
            return;
        }
        let (to, name) = (entry.from, Name { leg: Leg::Answer, ..entry.name });
        let duplicate = entry.is_duplicate();
        let status = status_of(&answer.message);
        let happened = self.emit(from, name, Happened::Answered { from, to, exchange, status, answer });
        let Happened::Answered { answer, .. } = happened else { return };
        if duplicate {
            self.exchanges.remove(&exchange);
            self.emit(to, name, Happened::Lost { exchange, answer: true });
            return;
        }
        let chosen = self.oracle.choose(self.root_key(&name), &name, &[ChoiceKind::Lose, ChoiceKind::Delay], None);
        if chosen.get(ChoiceKind::Lose) == 1 || self.cut.contains(&(from, to)) {
            self.emit(to, name, Happened::Lost { exchange, answer: true });
        } else {
            let at = self.now + self.settings.latency + chosen.delay(ChoiceKind::Delay);
            self.push_moving(at, Event::Return(exchange, answer));
        }
    }
}

const fn expiry_of(fact: &Fact) -> Option<Timestamp> {
    match fact {
        Fact::TicketIssued { expires_at, .. }
        | Fact::RptIssued { expires_at, .. }
        | Fact::AccessTokenIssued { expires_at, .. }
        | Fact::CodeIssued(CodeIssued { expires_at, .. })
        | Fact::PctIssued(PctIssued { expires_at, .. }) => Some(*expires_at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use crate::sim::run::{Options, prepare};
    use crate::sim::script::{Source, parse};
    use crate::sim::world::World;

    fn scheduler() -> Scheduler {
        let text = include_str!("../../../simulations/photo-sharing-2.0.toml");
        let source = Source { file: "photo-sharing-2.0", text };
        let world = World::build(&parse(&source).unwrap(), &source).unwrap();
        prepare(world, &Options::default()).0
    }

    fn fact(name: &str) -> Fact {
        Fact::CookieStored { origin: name.into(), cookie: crate::wire::Token::new(name) }
    }

    fn effects(name: &str) -> Effects {
        let timer = Effect::SetTimer { timer: Timer { word: "retry", id: 1 }, after: Duration::from_secs(1) };
        Effects { facts: vec![fact(name)], out: vec![timer] }
    }

    // The journal of real nodes writes in order: what is durable behind something makes that durable as well.
    #[test]
    fn a_crash_at_a_write_finds_everything_written_that_was_to_be_written_before_it() {
        let (mut scheduler, node) = (scheduler(), NodeId(0));
        let first = scheduler.node(node).journal.len();
        scheduler.journal(node, WORLD, effects("one"), Duration::from_secs(1), false);
        scheduler.journal(node, WORLD, effects("two"), Duration::ZERO, false);
        assert_eq!(scheduler.node(node).journal.len(), first, "both wait");
        scheduler.crash_after_write(node, WORLD, &mut vec![fact("three")]);
        assert_eq!(scheduler.node(node).journal[first..], ["one", "two", "three"].map(fact));
        assert!(scheduler.node(node).batches.is_empty());
    }

    #[test]
    fn a_crash_after_everything_has_left_comes_when_a_slow_write_is_through() {
        let (mut scheduler, node) = (scheduler(), NodeId(0));
        let first = scheduler.node(node).journal.len();
        scheduler.journal(node, WORLD, effects("one"), Duration::from_secs(1), true);
        scheduler.journal(node, WORLD, effects("two"), Duration::ZERO, false);
        assert!(scheduler.node(node).up && scheduler.node(node).is_doomed(), "nothing has left");
        let (incarnation, number) = (scheduler.node(node).incarnation, scheduler.node(node).batches[0].number);
        scheduler.flushed(node, incarnation, number + 1);
        assert!(scheduler.node(node).up, "the later one waits for the earlier one");
        scheduler.flushed(node, incarnation, number);
        assert_eq!(scheduler.node(node).journal[first..], [fact("one")], "what is written behind it is lost");
        assert!(!scheduler.node(node).up && scheduler.node(node).batches.is_empty());
    }
}
