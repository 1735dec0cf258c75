//! The requirement catalogues: every normative statement of each revision, and what checks it or why nothing can.
//!
//! The rows are data (`requirements/*.csv`), embedded at build time. `checked_by` names invariants (`TKT-1`), rules
//! (`rule:ticket-unspent`), examples of the texts (`vector:core_3_2_ticket`), other tests
//! (`test:no_view_shows_a_secret`) and stories.

use crate::wire::Revision;
use std::sync::LazyLock;

/// One row of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Such as `D06-3.1.1-01`, `G20-5.5-02`, `F20-4.1-05`.
    pub id: String,
    /// The section of the text: `3.1.1`, `RSR 2.3`.
    pub section: String,
    /// Who has to obey: `AS`, `RS`, `C`, `RO`, `RqP`.
    pub role: String,
    /// `MUST`, `MUST NOT`, `SHOULD`, `SHOULD NOT`, `MAY`, or `behaviour` where the text describes.
    pub level: String,
    /// The part of the protocol.
    pub phase: String,
    /// What is required, in our words.
    pub statement: String,
    /// How it can be checked at all.
    pub check: String,
    /// A way to break it; may be empty.
    pub violated_by: String,
    /// What checks it here; empty when `reason` says why nothing does.
    pub checked_by: Vec<String>,
    /// Why it cannot be observed; empty when something checks it.
    pub reason: String,
}

impl Requirement {
    /// True for a MUST, MUST NOT, SHOULD or SHOULD NOT.
    pub fn is_normative(&self) -> bool {
        ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT"].contains(&self.level.as_str())
    }

    /// True when neither a check nor a reason is known yet.
    pub fn is_open(&self) -> bool {
        self.checked_by.is_empty() && self.reason.is_empty()
    }
}

/// How much of a catalogue is accounted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All rows.
    pub rows: usize,
    /// Rows that something checks.
    pub checked: usize,
    /// Rows with a reason why nothing can.
    pub reasoned: usize,
    /// Rows with neither.
    pub open: usize,
}

static DRAFT05: LazyLock<Vec<Requirement>> = LazyLock::new(|| parse(include_str!("../../requirements/draft05.csv")));
static DRAFT06: LazyLock<Vec<Requirement>> = LazyLock::new(|| parse(include_str!("../../requirements/draft06.csv")));
static V2_0: LazyLock<Vec<Requirement>> = LazyLock::new(|| parse(include_str!("../../requirements/2.0.csv")));

/// Every row of a revision's catalogue, in the order of its texts.
pub fn rows(revision: Revision) -> &'static [Requirement] {
    match revision {
        Revision::Draft05 => &DRAFT05,
        Revision::Draft06 => &DRAFT06,
        Revision::V1_0_1 | Revision::V2_0 => &V2_0,
    }
}

/// The rows of a section and of those below it: `3.3` finds `3.3` and `3.3.1`, not `3.31`.
pub fn of_section(revision: Revision, section: &str) -> impl Iterator<Item = &'static Requirement> {
    let below = format!("{section}.");
    let section = section.to_owned();
    rows(revision).iter().filter(move |row| row.section == section || row.section.starts_with(&below))
}

/// The row of that id, in any catalogue.
pub fn find(id: &str) -> Option<&'static Requirement> {
    Revision::ALL.into_iter().flat_map(rows).find(|row| row.id == id)
}

/// What is accounted for among some rows.
pub fn coverage<'a>(rows: impl IntoIterator<Item = &'a Requirement>) -> Coverage {
    rows.into_iter().fold(Coverage::default(), |sum, row| Coverage {
        rows: sum.rows + 1,
        checked: sum.checked + usize::from(!row.checked_by.is_empty()),
        reasoned: sum.reasoned + usize::from(row.checked_by.is_empty() && !row.reason.is_empty()),
        open: sum.open + usize::from(row.is_open()),
    })
}

fn parse(text: &str) -> Vec<Requirement> {
    records(text).into_iter().skip(1).filter_map(requirement).collect()
}

fn requirement(fields: Vec<String>) -> Option<Requirement> {
    let [id, section, role, level, phase, statement, check, violated_by, checked_by, reason] =
        <[String; 10]>::try_from(fields).ok()?;
    let checked_by = checked_by.split_whitespace().map(str::to_owned).collect();
    Some(Requirement { id, section, role, level, phase, statement, check, violated_by, checked_by, reason })
}

// RFC 4180: fields in double quotes may hold commas, line ends and doubled quotes.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut fields, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(each) = chars.next() {
        match (quoted, each) {
            (true, '"') if chars.peek() == Some(&'"') => field.extend(chars.next()),
            (_, '"') => quoted = !quoted,
            (false, ',') => fields.push(std::mem::take(&mut field)),
            (false, '\r') => {}
            (false, '\n') => {
                fields.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut fields));
            }
            (_, other) => field.push(other),
        }
    }
    if !fields.is_empty() || !field.is_empty() {
        fields.push(field);
        records.push(fields);
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_line_ends_are_read() {
        let read = records("a,\"b, \"\"c\"\"\nd\",\r\n,x");
        assert_eq!(read, [vec!["a", "b, \"c\"\nd", ""], vec!["", "x"]]);
    }

    #[test]
    fn a_section_has_those_below_it_and_no_others() {
        let sections = |section| of_section(Revision::Draft06, section).map(|row| &*row.section).collect::<Vec<_>>();
        assert!(sections("3.3").contains(&"3.3.1"));
        assert!(sections("3").iter().all(|section| section.starts_with('3')));
        assert!(sections("9.9").is_empty());
    }

    #[test]
    fn coverage_adds_up() {
        for revision in Revision::ALL {
            let all = coverage(rows(revision));
            assert_eq!(all.rows, all.checked + all.reasoned + all.open);
        }
    }
}
