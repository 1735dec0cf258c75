//! `trace.jsonl`: one JSON object per record, secrets as labels, after one line that says what run it is.

use crate::report::reader::Reader;
use crate::trace::{Record, Truth};
use serde_json::{Value, json};
use std::fmt::Write;

/// The version of the format. Raised whenever a reader of older files would be misled.
pub const FORMAT: u64 = 1;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the first line says of the run besides the world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The digest over every record.
    pub digest: String,
    /// The seed; `None` when nothing was drawn.
    pub seed: Option<u64>,
    /// The name of the script.
    pub script: String,
}

/// A trace as JSON values: from a file, or made from records in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceFile {
    /// The first line: `format`, `crate`, `digest`, `seed`, `script`, `truth`.
    pub header: Value,
    /// One value per record.
    pub records: Vec<Value>,
}

/// Why a text is no trace that this build reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceFileError {
    /// There is no first line, or it is not a header.
    #[error("the first line is not the header of a trace: expected a JSON object with `format`, found {found}")]
    NoHeader {
        /// What stands there.
        found: String,
    },
    /// Another format.
    #[error("the trace has format {found}, this build reads format {FORMAT}: run the script again")]
    OtherFormat {
        /// The format of the file.
        found: u64,
    },
    /// Another version of this crate.
    #[error("the trace was written by umaverse {found}, this is umaverse {VERSION}: run the script again")]
    OtherVersion {
        /// The version of the file.
        found: String,
    },
    /// A line is no JSON.
    #[error("line {line} is not JSON: {why}")]
    BadLine {
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

impl TraceFile {
    /// The records as values, with labels for secrets.
    pub fn new(header: &Header, truth: &Truth, records: &[Record]) -> Self {
        let mut reader = Reader::new(truth);
        let records = records
            .iter()
            .map(|record| {
                reader.read(record);
                labelled(&mut reader, record)
            })
            .collect();
        Self { header: header_value(header, truth), records }
    }

    /// Reads a file written by [`TraceFile::to_text`] of this build.
    ///
    /// # Errors
    /// When the text is no trace, or one of another format or version.
    pub fn parse(text: &str) -> Result<Self, TraceFileError> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let first = lines.next().map_or("", |(_, line)| line);
        let header = read_header(first)?;
        let records = lines
            .map(|(at, line)| {
                serde_json::from_str(line)
                    .map_err(|error| TraceFileError::BadLine { line: at + 1, why: error.to_string() })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { header, records })
    }

    /// The file: the header, then one line per record.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for line in std::iter::once(&self.header).chain(&self.records) {
            let _infallible = writeln!(text, "{line}");
        }
        text
    }

    /// The name of a node, by its number in the trace.
    pub fn node_name(&self, node: &Value) -> &str {
        let at = node.as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX);
        self.header["truth"]["nodes"][at]["name"].as_str().unwrap_or("?")
    }
}

fn labelled(reader: &mut Reader<'_>, record: &Record) -> Value {
    let json = reader.labels.to_json(record).unwrap_or_default();
    serde_json::from_str(&json).unwrap_or_default()
}

fn header_value(header: &Header, truth: &Truth) -> Value {
    json!({
        "format": FORMAT,
        "crate": VERSION,
        "digest": header.digest,
        "seed": header.seed,
        "script": header.script,
        "truth": truth,
    })
}

fn read_header(line: &str) -> Result<Value, TraceFileError> {
    let no_header = || TraceFileError::NoHeader { found: format!("`{}`", line.chars().take(40).collect::<String>()) };
    let header: Value = serde_json::from_str(line).map_err(|_| no_header())?;
    let format = header["format"].as_u64().ok_or_else(no_header)?;
    if format != FORMAT {
        return Err(TraceFileError::OtherFormat { found: format });
    }
    match header["crate"].as_str() {
        Some(VERSION) => Ok(header),
        other => Err(TraceFileError::OtherVersion { found: other.unwrap_or("?").to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn file() -> TraceFile {
        let sample = sample::v2_0();
        let header = Header { digest: "d".into(), seed: Some(7), script: "album".into() };
        TraceFile::new(&header, &sample.truth, &sample.records)
    }

    #[test]
    fn a_trace_survives_the_round_trip() {
        let file = file();
        assert_eq!(TraceFile::parse(&file.to_text()), Ok(file));
    }

    #[test]
    fn a_trace_of_another_build_is_refused_in_words() {
        let text = file().to_text();
        let newer = text.replacen("\"format\":1", "\"format\":2", 1);
        assert_eq!(TraceFile::parse(&newer), Err(TraceFileError::OtherFormat { found: 2 }));
        let older = text.replacen(&format!("\"crate\":\"{VERSION}\""), "\"crate\":\"0.0.1\"", 1);
        assert_eq!(TraceFile::parse(&older), Err(TraceFileError::OtherVersion { found: "0.0.1".into() }));
        assert!(matches!(TraceFile::parse("[1]"), Err(TraceFileError::NoHeader { .. })));
        assert!(matches!(TraceFile::parse(""), Err(TraceFileError::NoHeader { .. })));
        let bad = format!("{}\nnot json\n", text.lines().next().unwrap_or_default());
        assert!(matches!(TraceFile::parse(&bad), Err(TraceFileError::BadLine { line: 2, .. })));
    }
}
