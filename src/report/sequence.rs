//! The sequence of a run for a terminal: one line per request and per answer, with the step of the specification.

use crate::message::{ExchangeId, FailureReason, NodeId};
use crate::report::reader::{Asked, Reader};
use crate::report::rules;
use crate::report::steps::{self, Branch};
use crate::report::style::{Style, Tone};
use crate::report::words;
use crate::trace::{Event, Fact, Note, Record, Truth};
use crate::wire::{Answer, Timestamp};

/// What the sequence shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct SequenceOptions {
    /// Colours or none.
    pub style: Style,
    /// Also the facts that matter: tickets and RPTs issued, policies set, resources released.
    pub facts: bool,
    /// Leaves discovery, key sets and registration out instead of showing them dimmed.
    pub hide_noise: bool,
}

/// The sequence of a run.
pub fn sequence(truth: &Truth, records: &[Record], options: &SequenceOptions) -> String {
    let mut reader = Reader::new(truth);
    let lines: Vec<Line> = records
        .iter()
        .filter_map(|record| {
            reader.read(record);
            line_of(&mut reader, record, options)
        })
        .collect();
    render(&lines, options.style)
}

/// One line: a message between two nodes in columns, or a sentence across them.
enum Line {
    Message(Message),
    Across { time: String, text: String, tone: Tone, indent: bool },
}

struct Message {
    time: String,
    left: String,
    arrow: &'static str,
    right: String,
    status: String,
    text: String,
    labels: String,
    step: &'static str,
    tone: Tone,
}

fn line_of<'a>(reader: &mut Reader<'a>, record: &'a Record, options: &SequenceOptions) -> Option<Line> {
    match &record.event {
        Event::Acted { node, act } => Some(heading(reader, record.at, words::act(reader, record, *node, act))),
        Event::Sent { exchange, .. } => sent(reader, record.at, *exchange, options),
        Event::Answered { from, to, exchange, status, answer } => {
            answered(reader, record.at, (*from, *to, *exchange), *status, answer, options)
        }
        Event::Fact { node, fact } if options.facts => fact_line(reader, record.at, *node, fact),
        Event::Noted { node, note: Note::OurChoice(gap) } if options.facts => {
            let text = format!("{} [our choice: {gap}]", reader.name(*node));
            Some(across(reader, record.at, text, Tone::Dim))
        }
        Event::Ruled { node, rule, holds: false, enforced } => {
            let text = rules::broken(rule, *enforced);
            let tone = if *enforced { Tone::Dim } else { Tone::Warn };
            (options.facts || !enforced)
                .then(|| across(reader, record.at, format!("{} {text} {rule}", reader.name(*node)), tone))
        }
        event => fault(reader, record, event),
    }
}

fn sent(reader: &mut Reader<'_>, at: Timestamp, exchange: ExchangeId, options: &SequenceOptions) -> Option<Line> {
    let asked = reader.asked(exchange)?;
    let noise = words::is_noise(&asked.call.message);
    if noise && options.hide_noise {
        return None;
    }
    let to = asked.to.map_or_else(|| asked.call.to.authority().to_owned(), |to| reader.name(to).to_owned());
    Some(Line::Message(Message {
        time: reader.since_start(at).to_string(),
        left: reader.name(asked.from).to_owned(),
        arrow: " -> ",
        right: to,
        status: String::new(),
        text: words::request(&asked, &reader.clients),
        labels: reader.labels_in(asked.call).join(" "),
        step: place(steps::step_of_request(&asked)),
        tone: if noise { Tone::Dim } else { Tone::Normal },
    }))
}

fn answered(
    reader: &mut Reader<'_>,
    at: Timestamp,
    (from, to, exchange): (NodeId, NodeId, ExchangeId),
    status: u16,
    answer: &Answer,
    options: &SequenceOptions,
) -> Option<Line> {
    let asked = reader.asked(exchange)?;
    if options.hide_noise && words::is_noise(&asked.call.message) {
        return None;
    }
    let purpose = reader.purpose_of_answer(answer);
    Some(Line::Message(Message {
        time: reader.since_start(at).to_string(),
        left: reader.name(from).to_owned(),
        arrow: "--> ",
        right: reader.name(to).to_owned(),
        status: status.to_string(),
        text: words::response(&asked, &answer.message, purpose, &reader.clients),
        labels: reader.labels_in(answer).join(" "),
        step: place(steps::step_of_answer(&asked, &answer.message, purpose)),
        tone: tone_of(&asked, status),
    }))
}

fn tone_of(asked: &Asked<'_>, status: u16) -> Tone {
    match status {
        400.. => Tone::Bad,
        _ if words::is_noise(&asked.call.message) => Tone::Dim,
        200..=299 => Tone::Good,
        _ => Tone::Normal,
    }
}

fn place(step: Option<&'static Branch>) -> &'static str {
    step.map_or("", |branch| branch.place)
}

fn fact_line(reader: &mut Reader<'_>, at: Timestamp, node: NodeId, fact: &Fact) -> Option<Line> {
    let words = words::fact(reader.revision_of(node), fact, &reader.clients)?;
    let labels = reader.labels_in(fact).join(" ");
    let text = format!("{}: {words} {labels}", reader.name(node));
    Some(across(reader, at, text.trim_end().to_owned(), Tone::Dim))
}

fn fault(reader: &Reader<'_>, record: &Record, event: &Event) -> Option<Line> {
    let (text, tone) = match event {
        Event::Arrived { to, exchange, copy_of, undecodable, .. } => {
            arrived(reader, record, *to, copy_of.unwrap_or(*exchange), undecodable)?
        }
        Event::Failed { node, exchange, reason } => (failed(reader, record, *node, *exchange, *reason), Tone::Warn),
        Event::Lost { exchange, answer } => {
            let what = if *answer { "the answer to" } else { "the request" };
            (format!("lost on its way: {what} {}", message(reader, record, *exchange)), Tone::Warn)
        }
        Event::Crashed { node } => (format!("{} crashes", reader.name(*node)), Tone::Bad),
        Event::Restarted { node } => (format!("{} is back", reader.name(*node)), Tone::Warn),
        Event::Panicked { node, message } => (format!("{} panicked: {message}", reader.name(*node)), Tone::Bad),
        Event::WriteRefused { node } => (format!("{}: the journal refused to write", reader.name(*node)), Tone::Bad),
        Event::Link { from, to, cut } => {
            let what = if *cut { "cut" } else { "healed" };
            (format!("link {} -> {} {what}", reader.name(*from), reader.name(*to)), Tone::Warn)
        }
        Event::ClockStepped { node, by_micros } => {
            (format!("clock of {} stepped by {} s", reader.name(*node), by_micros / 1_000_000), Tone::Warn)
        }
        Event::Healed => ("no faults from here on".to_owned(), Tone::Warn),
        Event::Ended { open_exchanges: 0, cut_off: false } => return None,
        Event::Ended { open_exchanges, cut_off } => {
            let how = if *cut_off { "cut off at its limit" } else { "at rest" };
            (format!("the run ends {how}, {open_exchanges} exchanges open"), Tone::Warn)
        }
        Event::Acted { .. }
        | Event::Sent { .. }
        | Event::Answered { .. }
        | Event::Returned { .. }
        | Event::TimerFired { .. }
        | Event::Fact { .. }
        | Event::Noted { .. }
        | Event::Ruled { .. } => return None,
    };
    Some(across(reader, record.at, text, tone))
}

fn arrived(
    reader: &Reader<'_>,
    record: &Record,
    to: NodeId,
    exchange: ExchangeId,
    undecodable: &Option<crate::wire::DecodeError>,
) -> Option<(String, Tone)> {
    if let Some(error) = undecodable {
        return Some((format!("{} cannot read it: {error}", reader.name(to)), Tone::Bad));
    }
    let again = record.cause.copy > 0;
    again.then(|| (format!("arrives a second time: {}", message(reader, record, exchange)), Tone::Warn))
}

fn failed(reader: &Reader<'_>, record: &Record, node: NodeId, exchange: ExchangeId, reason: FailureReason) -> String {
    let why = match reason {
        FailureReason::TimedOut => "waited in vain for the answer to",
        FailureReason::Unreachable => "cannot reach the server of",
    };
    format!("{} {why} {}", reader.name(node), message(reader, record, exchange))
}

// A second delivery has an exchange of its own, which nobody sent.
fn message(reader: &Reader<'_>, record: &Record, exchange: ExchangeId) -> String {
    let cause = || format!("{}#{}", record.cause.word, record.cause.nth);
    reader.asked(exchange).map_or_else(cause, |asked| words::request(&asked, &reader.clients))
}

fn heading(reader: &Reader<'_>, at: Timestamp, text: String) -> Line {
    Line::Across { time: reader.since_start(at).to_string(), text, tone: Tone::Heading, indent: false }
}

fn across(reader: &Reader<'_>, at: Timestamp, text: String, tone: Tone) -> Line {
    Line::Across { time: reader.since_start(at).to_string(), text, tone, indent: true }
}

/// The longest text that the others are aligned to; longer ones push their own line.
const TEXT_MAX: usize = 56;

fn render(lines: &[Line], style: Style) -> String {
    let width = |of: fn(&Message) -> &str, max: usize| {
        let widths = lines.iter().filter_map(|line| match line {
            Line::Message(message) => Some(of(message).chars().count()),
            Line::Across { .. } => None,
        });
        widths.max().unwrap_or(0).min(max)
    };
    let names = width(|m| &m.left, usize::MAX).max(width(|m| &m.right, usize::MAX));
    let widths = (names, width(|m| &m.text, TEXT_MAX), width(|m| &m.labels, TEXT_MAX / 2));
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        match line {
            Line::Message(message) => text.push_str(&message_line(message, widths, style)),
            Line::Across { time, text: words, tone, indent: true } => {
                text.push_str(&format!("{}    {}", style.paint(Tone::Dim, time), style.paint(*tone, words)));
            }
            Line::Across { time, text: words, tone, indent: false } => {
                let gap = if at == 0 { "" } else { "\n" };
                text.push_str(&format!("{gap}{}  {}", style.paint(Tone::Dim, time), style.paint(*tone, words)));
            }
        }
        text.push('\n');
    }
    text
}

fn message_line(message: &Message, (names, text, labels): (usize, usize, usize), style: Style) -> String {
    let line = format!(
        "{}  {} {}{} {} {}  {}  {}",
        style.paint(Tone::Dim, &message.time),
        style.column(message.tone, &message.left, names),
        message.arrow,
        style.column(message.tone, &message.right, names),
        style.column(message.tone, &message.status, 3),
        style.column(message.tone, &message.text, text),
        style.column(Tone::Label, &message.labels, labels),
        style.paint(Tone::Step, message.step),
    );
    line.trim_end().to_owned()
}
