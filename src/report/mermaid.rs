//! The run as a Mermaid sequence diagram.

use crate::message::NodeId;
use crate::report::reader::Reader;
use crate::report::terms::{self, Terms};
use crate::report::{steps, words};
use crate::trace::truth::{NodeTruth, RoleKind};
use crate::trace::{Event, Record, Truth};
use crate::wire::Request;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The text of `sequence.mmd`.
pub fn mermaid(truth: &Truth, records: &[Record]) -> String {
    let mut text = String::from("sequenceDiagram\n");
    let involved = involved(records);
    for (at, node) in truth.nodes.iter().enumerate() {
        let id = NodeId(u16::try_from(at).unwrap_or(u16::MAX));
        if involved.contains(&id) {
            let words = escaped(&format!("{} ({})", node.name, role_words(truth, id, node, records)));
            let kind = if node.role == RoleKind::Person { "actor" } else { "participant" };
            let _infallible = writeln!(text, "    {kind} n{at} as {words}");
        }
    }
    let mut reader = Reader::new(truth);
    for record in records {
        reader.read(record);
        for line in lines_of(&mut reader, record) {
            let _infallible = writeln!(text, "    {line}");
        }
    }
    text
}

fn lines_of(reader: &mut Reader<'_>, record: &Record) -> Vec<String> {
    match &record.event {
        Event::Acted { node, act } => vec![note(*node, &words::act(reader, record, *node, act))],
        Event::Sent { exchange, .. } => {
            let Some(asked) = reader.asked(*exchange) else { return Vec::new() };
            let Some(to) = asked.to else { return vec![note(asked.from, "asks where nobody is")] };
            let labels = reader.labels_in(asked.call);
            let text = with_labels(words::request(&asked, &reader.clients), &labels);
            let step = steps::step_of_request(&asked).map(|branch| branch.place);
            message(asked.from, "->>", to, &text, step)
        }
        Event::Answered { from, to, exchange, status, answer } => {
            let Some(asked) = reader.asked(*exchange) else { return Vec::new() };
            let purpose = reader.purpose_of_answer(answer);
            let labels = reader.labels_in(answer);
            let text = with_labels(words::response(&asked, &answer.message, purpose, &reader.clients), &labels);
            let step = steps::step_of_answer(&asked, &answer.message, purpose).map(|branch| branch.place);
            message(*from, "-->>", *to, &format!("{status} {text}"), step)
        }
        Event::Failed { node, .. } => vec![note(*node, "no answer comes")],
        Event::Crashed { node } => vec![note(*node, "crashes")],
        Event::Restarted { node } => vec![note(*node, "is back")],
        Event::Panicked { node, .. } => vec![note(*node, "panicked")],
        _ => Vec::new(),
    }
}

// The step stands beside the arrow's head, where the eye looks for what it means.
fn message(from: NodeId, arrow: &str, to: NodeId, text: &str, step: Option<&str>) -> Vec<String> {
    let mut lines = vec![format!("n{}{arrow}n{}: {}", from.0, to.0, escaped(text))];
    lines.extend(step.map(|place| note(to, place)));
    lines
}

fn note(over: NodeId, text: &str) -> String {
    format!("Note over n{}: {}", over.0, escaped(text))
}

fn with_labels(text: String, labels: &[String]) -> String {
    if labels.is_empty() { text } else { format!("{text} ({})", labels.join(" ")) }
}

// `;` ends a statement and `#` begins an entity in Mermaid; a line break would begin a statement.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, each| {
        match each {
            '#' => out.push_str("#35;"),
            ';' => out.push_str("#59;"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
        out
    })
}

fn involved(records: &[Record]) -> BTreeSet<NodeId> {
    let mut nodes = BTreeSet::new();
    for record in records {
        match &record.event {
            Event::Acted { node, .. } => {
                nodes.insert(*node);
            }
            Event::Sent { from, to, .. } => {
                nodes.insert(*from);
                nodes.extend(*to);
            }
            _ => {}
        }
    }
    nodes
}

// People speak the revision of the servers around them.
fn terms_of_world(truth: &Truth) -> Terms {
    let servers = truth.nodes.iter().filter(|node| node.role == RoleKind::AuthorizationServer);
    terms::of(servers.filter_map(|node| node.revision).next().unwrap_or(crate::wire::Revision::V2_0))
}

// A person may be both.
fn role_words(truth: &Truth, id: NodeId, node: &NodeTruth, records: &[Record]) -> String {
    let terms = node.revision.map_or_else(|| terms_of_world(truth), terms::of);
    match node.role {
        RoleKind::Client => terms.client.into(),
        RoleKind::ResourceServer => terms.resource_server.into(),
        RoleKind::AuthorizationServer => terms.authorization_server.into(),
        RoleKind::IdentityProvider => "identity provider".into(),
        RoleKind::Person => match (owns(truth, id), fetches(records, id)) {
            (true, true) => format!("{} and requesting party", terms.resource_owner),
            (true, false) => terms.resource_owner.into(),
            (false, _) => "requesting party".into(),
        },
    }
}

fn owns(truth: &Truth, person: NodeId) -> bool {
    truth.resources.iter().any(|resource| resource.owner == person)
}

fn fetches(records: &[Record], person: NodeId) -> bool {
    records.iter().any(|record| match &record.event {
        Event::Sent { from, call, .. } => *from == person && matches!(call.message, Request::Fetch { .. }),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_mean_something_to_mermaid_are_escaped() {
        assert_eq!(escaped("ticket#1; rpt#2\nx"), "ticket#35;1#59; rpt#35;2 x");
    }
}
