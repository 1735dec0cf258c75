//! The normal form of a trace: what has to be the same when the same script is played on hosts whose clocks differ.
//!
//! One line per record, in groups. A group is one step (one causal name), with its records in their order: what a node
//! checked, noted and made durable because of one input, and what left. Groups stand in the order of their names; a
//! message that leaves says which step of its sender it follows and how many lines of it, so the causal order is in the
//! lines. Left out are times, the order of steps of which neither caused the other, numbers of exchanges (their names
//! stand instead), and the bytes of secrets and signatures (labels stand instead, equal for equal bytes).
//!
//! A name has a number, the how-manieth of its kind, and that comes of the order in which things happened. So exchanges are
//! counted anew, by what caused them. Timers are not: what set them is in no trace.

use crate::message::{ExchangeId, Leg, Name, NodeId};
use crate::trace::{Event, Labels, Record, Truth};
use serde_json::Value;
use std::collections::BTreeMap;

/// The lines of a trace in normal form.
pub fn normal(truth: &Truth, records: &[Record]) -> Vec<String> {
    let mut writer = Writer::new(truth, records);
    records.iter().for_each(|record| writer.add(record));
    let mut labels = Labels::new();
    writer.groups.into_values().flatten().map(|line| labels.relabel(&line)).collect()
}

/// The first place where two traces in normal form part, in words.
pub fn parts_at(one: &[String], other: &[String]) -> Option<String> {
    let at = (0..one.len().max(other.len())).find(|at| one.get(*at) != other.get(*at))?;
    let show = |lines: &[String]| lines.get(at).map_or("(nothing more)", |line| &**line).to_owned();
    Some(format!("line {}:\n  {}\n  {}", at + 1, show(one), show(other)))
}

struct Writer<'a> {
    truth: &'a Truth,
    names: BTreeMap<Kin, u32>,
    exchanges: BTreeMap<ExchangeId, String>,
    doing: BTreeMap<NodeId, Name>,
    groups: BTreeMap<Name, Vec<String>>,
    start_secs: u64,
}

impl<'a> Writer<'a> {
    fn new(truth: &'a Truth, records: &[Record]) -> Self {
        let start_secs = records.first().map_or(u64::MAX, |record| record.at.0 / 1_000_000);
        let (names, exchanges) = (counted_by_cause(records), BTreeMap::new());
        let mut writer = Self { truth, names, exchanges, doing: BTreeMap::new(), groups: BTreeMap::new(), start_secs };
        for record in records {
            if let Some(exchange) = exchange_of(&record.event) {
                let name = writer.text(&writer.name(record.cause));
                writer.exchanges.entry(exchange).or_insert(name);
            }
        }
        writer
    }

    fn add(&mut self, record: &Record) {
        let cause = self.name(record.cause);
        let step = format!("{}/{}", self.text(&cause), cause.leg);
        let follows = leaves(&record.event).and_then(|node| self.doing.get(&node));
        let follows = follows.map(|cause| self.follows(cause)).unwrap_or_default();
        let event = serde_json::to_value(&record.event).map(|event| self.timeless(event)).unwrap_or_default();
        self.groups.entry(cause).or_default().push(format!("{step}{follows} {event}"));
        if let Some(node) = begins(&record.event) {
            self.doing.insert(node, cause);
        }
    }

    fn name(&self, name: Name) -> Name {
        Name { nth: kin(&name).and_then(|kin| self.names.get(&kin)).copied().unwrap_or(name.nth), ..name }
    }

    // How many lines of its step stood before a message shows whether it waited for the facts.
    fn follows(&self, cause: &Name) -> String {
        let lines = self.groups.get(cause).map_or(0, Vec::len);
        format!(" after {lines} of {}/{}", self.text(cause), cause.leg)
    }

    fn text(&self, name: &Name) -> String {
        let root = usize::try_from(name.root).ok().and_then(|at| self.truth.roots.get(at));
        let copy = if name.copy == 0 { String::new() } else { format!("+{}", name.copy) };
        format!("{}/{}#{}{copy}", root.map_or("world", |root| &**root), name.word, name.nth)
    }

    // A number that is no smaller than the start of the run in seconds is a time: nothing else in a message counts so
    // far.
    fn timeless(&self, value: Value) -> Value {
        match value {
            Value::Number(number) if number.as_u64().is_some_and(|number| number >= self.start_secs) => "time".into(),
            Value::Array(values) => values.into_iter().map(|value| self.timeless(value)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(key, value)| (key.clone(), self.member(&key, value))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }

    fn member(&self, key: &str, value: Value) -> Value {
        let exchange = value.as_u64().filter(|_| matches!(key, "exchange" | "copy_of")).map(ExchangeId);
        let name = exchange.and_then(|exchange| self.exchanges.get(&exchange));
        name.map_or_else(|| self.timeless(value), |name| name.as_str().into())
    }
}

/// An exchange, its copies and all its steps: root, word, number.
type Kin = (u32, &'static str, u32);

// None for what is no step of an exchange.
const fn kin(name: &Name) -> Option<Kin> {
    match name.leg {
        Leg::Request | Leg::Answer | Leg::Failure => Some((name.root, name.word, name.nth)),
        Leg::Act | Leg::Timer | Leg::Flush | Leg::Restart => None,
    }
}

/// What led to an exchange, from the root on: words, the how-manieth of this word that one step sent, and the leg of that
/// step.
type Path = Vec<(&'static str, u32, Leg)>;

// Numbers the exchanges of one root and word in the order of their paths.
fn counted_by_cause(records: &[Record]) -> BTreeMap<Kin, u32> {
    let paths = paths(records);
    let mut ordered: Vec<_> = paths.into_iter().map(|(kin, path)| (kin.0, kin.1, path, kin)).collect();
    ordered.sort();
    let mut counts: BTreeMap<(u32, &'static str), u32> = BTreeMap::new();
    let number = |(root, word, _, kin): (u32, &'static str, Path, Kin)| {
        let count = counts.entry((root, word)).or_default();
        *count += 1;
        (kin, *count)
    };
    ordered.into_iter().map(number).collect()
}

fn paths(records: &[Record]) -> BTreeMap<Kin, Path> {
    let (mut doing, mut paths) = (BTreeMap::new(), BTreeMap::<Kin, Path>::new());
    let mut sent: BTreeMap<(Name, &'static str), u32> = BTreeMap::new();
    for record in records {
        if let (Event::Sent { from, .. }, Some(kin_of_it)) = (&record.event, kin(&record.cause)) {
            let parent: Name = doing.get(from).copied().unwrap_or(record.cause);
            let nth = sent.entry((parent, record.cause.word)).or_default();
            *nth += 1;
            // A step that is of no exchange is a beginning.
            let beginning = || vec![(parent.word, parent.nth, Leg::Act)];
            let mut path = kin(&parent).and_then(|kin| paths.get(&kin)).cloned().unwrap_or_else(beginning);
            path.push((record.cause.word, *nth, parent.leg));
            paths.entry(kin_of_it).or_insert(path);
        }
        if let Some(node) = begins(&record.event) {
            doing.insert(node, record.cause);
        }
    }
    paths
}

const fn exchange_of(event: &Event) -> Option<ExchangeId> {
    match event {
        Event::Sent { exchange, .. }
        | Event::Arrived { exchange, .. }
        | Event::Answered { exchange, .. }
        | Event::Returned { exchange, .. }
        | Event::Failed { exchange, .. }
        | Event::Lost { exchange, .. } => Some(*exchange),
        Event::Acted { .. }
        | Event::TimerFired { .. }
        | Event::Fact { .. }
        | Event::Noted { .. }
        | Event::Ruled { .. }
        | Event::Crashed { .. }
        | Event::Restarted { .. }
        | Event::Panicked { .. }
        | Event::WriteRefused { .. }
        | Event::Link { .. }
        | Event::ClockStepped { .. }
        | Event::Healed
        | Event::Ended { .. } => None,
    }
}

// Whose step a message that leaves follows.
const fn leaves(event: &Event) -> Option<NodeId> {
    match event {
        Event::Sent { from, .. } | Event::Answered { from, .. } => Some(*from),
        _ => None,
    }
}

// Whose step begins.
const fn begins(event: &Event) -> Option<NodeId> {
    match event {
        Event::Acted { node, .. }
        | Event::TimerFired { node }
        | Event::Failed { node, .. }
        | Event::Restarted { node }
        | Event::Fact { node, .. }
        | Event::Noted { node, .. }
        | Event::Ruled { node, .. } => Some(*node),
        Event::Arrived { to, .. } | Event::Returned { to, .. } => Some(*to),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::*;
    use crate::trace::Fact;
    use crate::wire::{Answer, Call, Credentials, Request, Response, SessionCookie, Timestamp, Uri};

    const START: u64 = 1_700_000_000_000_000;

    fn truth() -> Truth {
        Truth { roots: vec!["bob.fetch#1".into(), "alice.connect#1".into()], ..Truth::default() }
    }

    // What one exchange leaves in a trace: number, root, what the server sets as cookie.
    fn exchange(number: u64, root: u32, cookie: &str) -> Vec<(Name, Event)> {
        let (from, to, exchange) = (NodeId(0), NodeId(1), ExchangeId(number));
        let sent = Name { root, word: "get-account", nth: 1, leg: Leg::Request, copy: 0 };
        let answered = Name { leg: Leg::Answer, ..sent };
        let to_uri = "https://as.example/account".into();
        let call = Call { to: to_uri, credentials: Credentials::None, cookie: None, message: Request::GetAccount };
        let fact = Fact::CookieStored { origin: "https://as.example".into(), cookie: SessionCookie::new(cookie) };
        let answer = Box::new(Answer::from(Response::Revoked));
        let act = Name { word: "act", leg: Leg::Act, ..sent };
        vec![
            (act, Event::Acted { node: from, act: "fetch".into() }),
            (sent, Event::Sent { from, to: Some(to), exchange, call: Box::new(call) }),
            (sent, Event::Arrived { from, to, exchange, copy_of: None, undecodable: None }),
            (sent, Event::Ruled { node: to, rule: "form-key", holds: true, enforced: true }),
            (sent, Event::Fact { node: to, fact }),
            (answered, Event::Answered { from: to, to: from, exchange, status: 200, answer }),
            (answered, Event::Returned { to: from, exchange }),
        ]
    }

    fn trace(start: u64, events: Vec<(Name, Event)>) -> Vec<String> {
        let record = |(step, (cause, event)): (usize, (Name, Event))| {
            let at = Timestamp(start + step as u64 * 1_000_000);
            Record { step: step as u64, at, node_time: at, cause, event }
        };
        normal(&truth(), &events.into_iter().enumerate().map(record).collect::<Vec<_>>())
    }

    fn two() -> Vec<(Name, Event)> {
        [exchange(1, 0, "a"), exchange(2, 1, "b")].concat()
    }

    #[test]
    fn times_numbers_secrets_and_the_order_of_unrelated_steps_do_not_show() {
        let first = trace(START, two());
        let swapped = trace(START + 77_000_000, [exchange(8, 1, "y"), exchange(9, 0, "x")].concat());
        assert_eq!(parts_at(&first, &swapped), None);
        assert!(first.iter().all(|line| !line.contains("17000000")), "{first:#?}");
        assert!(first.iter().any(|line| line.contains("\"exchange\":\"bob.fetch#1/get-account#1\"")), "{first:#?}");
    }

    // Two questions of one step; what follows each answer is counted in the order of the answers.
    fn concurrent(second_first: bool) -> Vec<(Name, Event)> {
        let (first, second) = (exchange(1, 0, "a"), exchange(2, 0, "b"));
        let numbered = |events: Vec<(Name, Event)>, nth| {
            let renamed = move |(name, event): (Name, Event)| {
                (if name.leg == Leg::Act { name } else { Name { nth, ..name } }, event)
            };
            events.into_iter().map(renamed).collect::<Vec<_>>()
        };
        let (first, second) = (numbered(first, 1), numbered(second, 2));
        let then = |number: u64, after: &(Name, Event), nth| {
            let Event::Returned { to, .. } = after.1 else { panic!("an answer comes last") };
            let name = Name { word: "get-history", nth, leg: Leg::Request, ..after.0 };
            let (to_uri, message) = (format!("https://as.example/{number}"), Request::GetAccount);
            let call = Call { to: Uri::new(to_uri), credentials: Credentials::None, cookie: None, message };
            let exchange = ExchangeId(number + 2);
            (name, Event::Sent { from: to, to: Some(NodeId(1)), exchange, call: Box::new(call) })
        };
        let begin = [first[0].clone(), first[1].clone(), second[1].clone()];
        let (one, other) = (&first[2..], &second[2..]);
        let came = if second_first { [(2, other), (1, one)] } else { [(1, one), (2, other)] };
        let ends = came.into_iter().zip(1..).flat_map(|((number, events), nth)| {
            events.iter().cloned().chain([then(number, &events[events.len() - 1], nth)]).collect::<Vec<_>>()
        });
        begin.into_iter().chain(ends).collect()
    }

    #[test]
    fn the_order_of_unrelated_steps_of_one_action_does_not_show() {
        let (first, other) = (trace(START, concurrent(false)), trace(START, concurrent(true)));
        assert_eq!(parts_at(&first, &other), None);
        // What followed the one answer follows the other: that shows.
        let mut crossed = concurrent(false);
        let at: Vec<usize> = (0..crossed.len()).filter(|at| crossed[*at].0.word == "get-history").collect();
        let event = crossed[at[0]].1.clone();
        crossed[at[0]].1 = std::mem::replace(&mut crossed[at[1]].1, event);
        assert!(parts_at(&first, &trace(START, crossed)).is_some());
    }

    #[test]
    fn everything_else_shows() {
        let first = trace(START, two());
        let mut shorter = two();
        shorter.remove(4);
        let mut broken = two();
        broken[3].1 = Event::Ruled { node: NodeId(1), rule: "form-key", holds: false, enforced: true };
        let mut fact_before_rule = two();
        fact_before_rule.swap(3, 4);
        let same_cookie = [exchange(1, 0, "a"), exchange(2, 1, "a")].concat();
        let other_root = [exchange(1, 0, "a"), exchange(2, 0, "b")].concat();
        let mut answer_first = two();
        answer_first.swap(4, 5);
        let mut other_status = two();
        other_status[5].1 = match other_status[5].1.clone() {
            Event::Answered { from, to, exchange, answer, .. } => {
                Event::Answered { from, to, exchange, status: 403, answer }
            }
            event => event,
        };
        let mut one_more = two();
        one_more.extend(exchange(3, 1, "b").into_iter().map(|(name, event)| (Name { nth: 2, ..name }, event)));
        let changes =
            [shorter, broken, fact_before_rule, same_cookie, other_root, answer_first, other_status, one_more];
        for (nth, other) in changes.into_iter().enumerate() {
            assert!(parts_at(&first, &trace(START, other)).is_some(), "change {nth} goes unnoticed");
        }
    }
}
