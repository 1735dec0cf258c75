//! Labels for secrets: `ticket#7` instead of a value. Equal bytes get equal labels; numbers count per kind in order of
//! first appearance, so a report can be published and two runs can be compared.

use crate::wire::token::{REFERENCE_CLOSE, REFERENCE_OPEN};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;

/// The table of labels of one run.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    by_secret: FxHashMap<u128, String>,
    counts: BTreeMap<String, u64>,
}

impl Labels {
    /// No labels yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The label of a secret; a new one when it has none.
    pub fn label(&mut self, kind: &str, short: u128) -> &str {
        let counts = &mut self.counts;
        self.by_secret.entry(short).or_insert_with(|| {
            let count = counts.entry(kind.to_owned()).or_default();
            *count += 1;
            format!("{kind}#{count}")
        })
    }

    /// The text with every reference to a secret replaced by its label.
    pub fn relabel(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(REFERENCE_OPEN) {
            out.push_str(before);
            let Some((reference, after)) = after.split_once(REFERENCE_CLOSE) else {
                return out;
            };
            match reference.split_once(':').and_then(|(kind, hex)| Some((kind, u128::from_str_radix(hex, 16).ok()?))) {
                Some((kind, short)) => out.push_str(self.label(kind, short)),
                None => out.push_str("[redacted]"),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// A value as JSON with labels for secrets.
    ///
    /// # Errors
    /// When the value cannot be written as JSON, which no type of a trace causes.
    pub fn to_json(&mut self, value: &impl Serialize) -> Result<String, serde_json::Error> {
        serde_json::to_string(value).map(|json| self.relabel(&json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Bearer, PermissionTicket, Rpt};

    #[test]
    fn equal_secrets_get_equal_labels_whatever_their_kind() {
        let mut labels = Labels::new();
        let mut json =
            |value: &dyn Fn(&mut Labels) -> Result<String, serde_json::Error>| value(&mut labels).unwrap_or_default();
        assert_eq!(json(&|l| l.to_json(&Rpt::new("a"))), "\"rpt#1\"");
        assert_eq!(json(&|l| l.to_json(&PermissionTicket::new("t"))), "\"ticket#1\"");
        assert_eq!(json(&|l| l.to_json(&Rpt::new("b"))), "\"rpt#2\"");
        assert_eq!(json(&|l| l.to_json(&Bearer::new("a"))), "\"rpt#1\"");
    }
}
