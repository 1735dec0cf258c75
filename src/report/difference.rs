//! The first place where two traces of what should have been the same run part, side by side.

use crate::report::reader::Reader;
use crate::trace::{Record, Truth};
use serde_json::Value;
use std::fmt::Write;

/// How wide one side is.
const SIDE: usize = 62;
/// How many records are shown before the difference.
const BEFORE: usize = 3;

/// Where two traces part, as text; `None` when they are the same. Secrets count as labels: two runs that differ only in
/// the bytes of their tokens are the same.
pub fn difference(truth: &Truth, left: &[Record], right: &[Record]) -> Option<String> {
    let (left, right) = (labelled(truth, left), labelled(truth, right));
    let at = (0..left.len().max(right.len())).find(|at| left.get(*at) != right.get(*at))?;
    let mut text = format!("the traces part at record {at} of {} and {}\n\n", left.len(), right.len());
    for before in left.iter().take(at).skip(at.saturating_sub(BEFORE)) {
        let _infallible = writeln!(text, "  both      {}", cut(&before.to_string(), 2 * SIDE));
    }
    text.push('\n');
    side_by_side(&mut text, &pretty(left.get(at)), &pretty(right.get(at)));
    Some(text)
}

fn labelled(truth: &Truth, records: &[Record]) -> Vec<Value> {
    let mut reader = Reader::new(truth);
    let mut values = Vec::with_capacity(records.len());
    for record in records {
        reader.read(record);
        let json = reader.labels.to_json(record).unwrap_or_default();
        values.push(serde_json::from_str(&json).unwrap_or_default());
    }
    values
}

fn pretty(record: Option<&Value>) -> Vec<String> {
    let text = record.map(|record| serde_json::to_string_pretty(record).unwrap_or_default());
    text.unwrap_or_else(|| "(the trace ends here)".to_owned()).lines().map(str::to_owned).collect()
}

fn side_by_side(text: &mut String, left: &[String], right: &[String]) {
    for at in 0..left.len().max(right.len()) {
        let (one, other) = (left.get(at).map_or("", String::as_str), right.get(at).map_or("", String::as_str));
        let mark = if one == other { ' ' } else { '|' };
        let line = format!("  {:<SIDE$} {mark} {}", cut(one, SIDE), cut(other, SIDE));
        let _infallible = writeln!(text, "{}", line.trim_end());
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_same_run_shows_no_difference() {
        let sample = sample::v2_0();
        assert_eq!(difference(&sample.truth, &sample.records, &sample.records), None);
    }

    #[test]
    fn the_first_differing_record_is_shown_with_both_sides() {
        let sample = sample::v2_0();
        let mut other = sample.records.clone();
        other[5].at = crate::wire::Timestamp(1);
        let text = difference(&sample.truth, &sample.records, &other).unwrap_or_default();
        assert!(text.starts_with("the traces part at record 5"), "{text}");
        assert!(text.lines().any(|line| line.contains('|') && line.contains("\"at\": 1,")), "{text}");
        let shorter = difference(&sample.truth, &sample.records, &sample.records[..4]).unwrap_or_default();
        assert!(shorter.contains("(the trace ends here)"), "{shorter}");
    }
}
