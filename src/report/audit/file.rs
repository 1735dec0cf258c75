//! One node's file, read.

use super::AuditError;
use crate::trace::told::{FORMAT, Header, Line};
use crate::trace::truth::NodeTruth;
use serde_json::Value;

/// A node's file.
#[derive(Debug)]
pub(super) struct NodeFile {
    pub(super) name: String,
    pub(super) headers: Vec<Header>,
    pub(super) entries: Vec<Entry>,
    pub(super) remarks: Vec<String>,
}

/// A line with the start of the node that it belongs to.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) start: usize,
    pub(super) line: Line,
}

impl NodeFile {
    /// What the node says that it is: what it said last.
    pub(super) fn node(&self) -> &NodeTruth {
        &self.header().node
    }

    pub(super) fn header(&self) -> &Header {
        // `parse` makes none without a header.
        &self.headers[self.headers.len() - 1]
    }

    /// The name of the key of its hashes.
    pub(super) fn key(&self) -> &str {
        &self.header().key
    }
}

/// Reads a file. A last line without an end, also before a later start, is what a crash leaves: it is left out.
pub(super) fn parse(name: &str, text: &str) -> Result<NodeFile, AuditError> {
    let fail = |line: usize, why: String| AuditError { file: name.to_owned(), line: Some(line), why };
    let lines: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, line)| !line.is_empty()).collect();
    let mut file = NodeFile { name: name.to_owned(), headers: Vec::new(), entries: Vec::new(), remarks: Vec::new() };
    for (nth, (at, line)) in lines.iter().enumerate() {
        let at = at + 1;
        let next = lines.get(nth + 1);
        match serde_json::from_str::<Value>(line) {
            Ok(value) if value.get("format").is_some() => file.header_line(value).map_err(|why| fail(at, why))?,
            Ok(value) => file.line(value).map_err(|why| fail(at, why))?,
            Err(_) if nth > 0 && next.map_or(!text.ends_with('\n'), |(_, next)| is_header(next)) => {
                file.remarks.push(format!("{name}:{at}: the line is cut, as a crash leaves it; it is left out"));
            }
            Err(error) => return Err(fail(at, format!("expected a JSON object: {error}"))),
        }
    }
    if file.headers.is_empty() {
        return Err(fail(1, "expected the header of a node's trace, found nothing".to_owned()));
    }
    Ok(file)
}

fn is_header(line: &str) -> bool {
    serde_json::from_str::<Value>(line).is_ok_and(|value| value.get("format").is_some())
}

impl NodeFile {
    fn header_line(&mut self, value: Value) -> Result<(), String> {
        match value["format"].as_u64() {
            Some(FORMAT) => {}
            _ => return Err(format!("the trace has format {}, this build reads format {FORMAT}", value["format"])),
        }
        let header: Header =
            serde_json::from_value(value).map_err(|error| format!("expected the header of a node's trace: {error}"))?;
        if let Some(first) = self.headers.first() {
            if first.node.name != header.node.name {
                return Err(format!("expected a start of `{}`, found one of `{}`", first.node.name, header.node.name));
            }
            if first.key != header.key {
                return Err("secrets are hashed under another key than before; expected one key a file".to_owned());
            }
        }
        self.headers.push(header);
        Ok(())
    }

    fn line(&mut self, value: Value) -> Result<(), String> {
        let start = self.headers.len().checked_sub(1);
        let start = start.ok_or("the first line is not the header of a node's trace: expected `format`")?;
        let line: Line =
            serde_json::from_value(value).map_err(|error| format!("expected a line of a node's trace: {error}"))?;
        if let Some(before) = self.entries.last().filter(|before| before.line.lamport >= line.lamport) {
            let (now, before) = (line.lamport, before.line.lamport);
            return Err(format!("expected a Lamport stamp above {before}, found {now}"));
        }
        self.entries.push(Entry { start, line });
        Ok(())
    }
}
