//! The feature tests of the UMA1 interoperability events: which test stands for each in each revision of UMA 1, or the
//! clause that changed what it says. Rows are data (`requirements/feature-tests.csv`); `tests/feature_tests.rs` has the
//! tests, and sees to it that every entry names one that runs for its revision.

use super::requirements::records;
use crate::wire::Revision;
use std::sync::LazyLock;

/// The revisions that the rows speak of, in the order of their columns.
pub const REVISIONS: [Revision; 3] = [Revision::Draft05, Revision::Draft06, Revision::V1_0_1];

/// One feature test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureTest {
    /// Such as `FT-as-config-data`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Who is tested: `AS`, `RS`, `C`.
    pub role: String,
    /// Per revision of [`REVISIONS`], what stands for it.
    pub entries: [Entry; 3],
    /// How its words are read where a revision has others, and what of it cannot be seen; may be empty.
    pub reading: String,
}

/// What stands for a feature test in one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The test of that name.
    Test(String),
    /// Nothing, because a clause of the text changed.
    Changed(String),
}

impl Entry {
    fn parse(text: String) -> Self {
        match text.strip_prefix("test:") {
            Some(name) => Self::Test(name.to_owned()),
            None => Self::Changed(text),
        }
    }
}

static ROWS: LazyLock<Vec<FeatureTest>> = LazyLock::new(|| {
    let text = include_str!("../../requirements/feature-tests.csv");
    records(text).into_iter().skip(1).filter_map(feature_test).collect()
});

/// Every feature test, in the order of the text.
pub fn feature_tests() -> &'static [FeatureTest] {
    &ROWS
}

fn feature_test(fields: Vec<String>) -> Option<FeatureTest> {
    let [id, title, role, draft_05, draft_06, v1_0_1, reading] = <[String; 7]>::try_from(fields).ok()?;
    Some(FeatureTest { id, title, role, entries: [draft_05, draft_06, v1_0_1].map(Entry::parse), reading })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_test_or_a_clause() {
        assert_eq!(Entry::parse("test:a_b".to_owned()), Entry::Test("a_b".to_owned()));
        assert_eq!(Entry::parse("D6 §1.5: x".to_owned()), Entry::Changed("D6 §1.5: x".to_owned()));
        assert_eq!(feature_test(vec![String::new(); 6]), None);
        assert_eq!(feature_tests().len(), 33);
    }
}
