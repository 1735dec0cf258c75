//! Each exchange as HTTP messages, laid out like the examples of the specifications. Secrets are labels.

use crate::report::reader::Reader;
use crate::report::steps;
use crate::report::style::{Style, Tone};
use crate::trace::{Event, Record, Truth};
use crate::wire::Timestamp;
use crate::wire::codec::redact;

/// The exchanges of a run as HTTP messages, in the order in which they left.
pub fn http_view(truth: &Truth, records: &[Record], style: Style) -> String {
    let mut reader = Reader::new(truth);
    let mut text = String::new();
    for record in records {
        reader.read(record);
        if let Some((title, message)) = message_of(&reader, record) {
            text.push_str(&style.paint(Tone::Heading, &title));
            text.push('\n');
            text.push_str(&reader.labels.relabel(&message));
            text.push('\n');
        }
    }
    text
}

fn message_of(reader: &Reader<'_>, record: &Record) -> Option<(String, String)> {
    match &record.event {
        Event::Sent { exchange, call, .. } => {
            let asked = reader.asked(*exchange)?;
            let step = steps::step_of_request(&asked).map(|branch| branch.place);
            let to = asked.to.map_or("nowhere", |to| reader.name(to));
            let title = title(reader, record.at, reader.name(asked.from), to, step);
            Some((title, redact::request(asked.revision, call).to_text()))
        }
        Event::Answered { from, to, exchange, answer, .. } => {
            let asked = reader.asked(*exchange)?;
            let purpose = reader.purpose_of_answer(answer);
            let step = steps::step_of_answer(&asked, &answer.message, purpose).map(|branch| branch.place);
            let title = title(reader, record.at, reader.name(*from), reader.name(*to), step);
            Some((title, redact::response(asked.revision, &asked.call.message, answer).to_text()))
        }
        _ => None,
    }
}

fn title(reader: &Reader<'_>, at: Timestamp, from: &str, to: &str, step: Option<&str>) -> String {
    let place = step.map_or_else(String::new, |step| format!("  ({step})"));
    format!("# {}  {from} -> {to}{place}", reader.since_start(at))
}
