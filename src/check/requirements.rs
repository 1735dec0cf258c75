//! The requirement catalogues: every normative statement of each revision, and what checks it or why nothing can.
//!
//! The rows are data (`requirements/*.csv`), embedded at build time. `checked_by` names invariants (`TKT-1`), rules
//! (`rule:ticket-unspent`), examples of the texts (`vector:core_3_2_ticket`), other tests
//! (`test:no_view_shows_a_secret`), and stories whose expectations depend on it (`story:photo-sharing-1.0.1`). `stories` names the scripts of `simulations/` in which the row can be seen, and
//! `planted` says how its `violated_by` was planted and noticed, see [`Planted`]. Every row of the [`DEMANDED`] sections
//! has both, or a reason; `tests/requirements.rs` sees to it, and executes every planted violation.

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
    /// Stories in which it can be seen.
    pub stories: Vec<String>,
    /// How its violation was planted, as [`Planted::parse`] reads it.
    pub planted: Vec<String>,
}

/// A way in which the violation of a row was planted, so that its check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted<'a> {
    /// `mutant:STORY/NODE-without-RULE=NOTICED`: a node of a story does not obey a rule. NOTICED is the invariant that is
    /// violated then, or `story` when an expectation of the story fails.
    Mutant {
        /// The story.
        story: &'a str,
        /// The node.
        node: &'a str,
        /// The rule that it ignores.
        rule: &'a str,
        /// An invariant, or `story`.
        noticed: &'a str,
    },
    /// `trace:INVARIANT`: a trace made by hand for this row (`check/tests/planted.rs`), which the invariant rejects.
    Trace {
        /// The invariant.
        invariant: &'a str,
    },
    /// `vector:NAME`: an example of the text fails when the codec writes or reads what `tests/vectors/planted.rs` says.
    Vector {
        /// The test of the example.
        name: &'a str,
    },
    /// `edit:STORY`: the story's script is changed as `tests/requirements.rs` says, and one of its expectations fails.
    Edit {
        /// The story.
        story: &'a str,
    },
    /// `bytes:STORY`: what is written in a story is changed as `tests/requirements/` says, and one of its expectations
    /// fails.
    Bytes {
        /// The story.
        story: &'a str,
    },
    /// `test:NAME`: a test that plants it by itself.
    Test {
        /// The test.
        name: &'a str,
    },
}

impl<'a> Planted<'a> {
    /// Reads one entry of the column `planted`; `None` when it has no such form.
    pub fn parse(text: &'a str) -> Option<Self> {
        match text.split_once(':')? {
            ("mutant", rest) => {
                let (mutant, noticed) = rest.split_once('=')?;
                let (story, mutant) = mutant.split_once('/')?;
                let (node, rule) = mutant.split_once("-without-")?;
                Some(Self::Mutant { story, node, rule, noticed })
            }
            ("trace", invariant) => Some(Self::Trace { invariant }),
            ("vector", name) => Some(Self::Vector { name }),
            ("edit", story) => Some(Self::Edit { story }),
            ("bytes", story) => Some(Self::Bytes { story }),
            ("test", name) => Some(Self::Test { name }),
            _ => None,
        }
    }
}

/// Sections of which every row, whatever its level, needs a story and a planted violation, or a reason. `3` is that
/// section's own text, `3.*` also every section below it.
pub const DEMANDED: &[(Revision, &str)] =
    &[(Revision::Draft05, "3.*"), (Revision::Draft06, "3.*"), (Revision::V1_0_1, "1.3.2")];

/// The rows that an entry of [`DEMANDED`] stands for.
pub fn rows_demanded(revision: Revision, sections: &str) -> Vec<&'static Requirement> {
    match sections.strip_suffix(".*") {
        Some(section) => of_section(revision, section).collect(),
        None => rows(revision).iter().filter(|row| row.section == sections).collect(),
    }
}

impl Requirement {
    /// True for a MUST, MUST NOT, SHOULD or SHOULD NOT.
    pub fn is_normative(&self) -> bool {
        ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT"].contains(&self.level.as_str())
    }

    /// True for a MUST or MUST NOT; the catalogues have the REQUIREDs and SHALLs of the texts among them.
    pub fn is_must(&self) -> bool {
        ["MUST", "MUST NOT"].contains(&self.level.as_str())
    }

    /// True when neither a check nor a reason is known yet.
    pub fn is_open(&self) -> bool {
        self.checked_by.is_empty() && self.reason.is_empty()
    }

    /// True when it can be seen in a story and its violation was noticed, or a reason says why not.
    pub fn is_shown(&self) -> bool {
        !self.reason.is_empty() || !(self.checked_by.is_empty() || self.stories.is_empty() || self.planted.is_empty())
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
    /// Rows that can be seen in a story.
    pub with_story: usize,
    /// Rows whose violation was planted and noticed.
    pub planted: usize,
}

static DRAFT05: LazyLock<Vec<Requirement>> = LazyLock::new(|| parse(include_str!("../../requirements/draft05.csv")));
static DRAFT06: LazyLock<Vec<Requirement>> = LazyLock::new(|| parse(include_str!("../../requirements/draft06.csv")));
static V1_0_1: LazyLock<Vec<Requirement>> = LazyLock::new(|| parse(include_str!("../../requirements/1.0.1.csv")));
static V2_0: LazyLock<Vec<Requirement>> = LazyLock::new(|| parse(include_str!("../../requirements/2.0.csv")));

/// Every row of a revision's catalogue, in the order of its texts.
pub fn rows(revision: Revision) -> &'static [Requirement] {
    match revision {
        Revision::Draft05 => &DRAFT05,
        Revision::Draft06 => &DRAFT06,
        Revision::V1_0_1 => &V1_0_1,
        Revision::V2_0 => &V2_0,
    }
}

/// The rows of a section and of all sections below it: `3` finds `3`, `3.1` and `3.4.2`, and `3.3` not `3.31`. A
/// companion text is a part of the name (`RSR 2`), and the number alone does not find it: `2` does not find `RSR 2`.
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
        with_story: sum.with_story + usize::from(!row.stories.is_empty()),
        planted: sum.planted + usize::from(!row.planted.is_empty()),
    })
}

const COLUMNS: usize = 12;

fn parse(text: &str) -> Vec<Requirement> {
    records(text).into_iter().skip(1).filter_map(requirement).collect()
}

// A catalogue without the last two columns has no stories and nothing planted yet.
fn requirement(mut fields: Vec<String>) -> Option<Requirement> {
    fields.resize(fields.len().max(COLUMNS), String::new());
    let [id, section, role, level, phase, statement, check, violated_by, checked_by, reason, stories, planted] =
        <[String; COLUMNS]>::try_from(fields).ok()?;
    let [checked_by, stories, planted] =
        [checked_by, stories, planted].map(|words| words.split_whitespace().map(str::to_owned).collect());
    Some(Requirement {
        id,
        section,
        role,
        level,
        phase,
        statement,
        check,
        violated_by,
        checked_by,
        reason,
        stories,
        planted,
    })
}

// RFC 4180: fields in double quotes may hold commas, line ends and doubled quotes.
pub(super) fn records(text: &str) -> Vec<Vec<String>> {
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
        for found in ["3", "3.1", "3.1.1", "3.4.1", "3.4.2", "3.5.1.1"] {
            assert!(sections("3").contains(&found), "{found}");
        }
        assert!(sections("3.4.1").iter().all(|section| *section == "3.4.1"));
        assert!(rows_demanded(Revision::Draft06, "3").iter().all(|row| row.section == "3"));
        assert_eq!(rows_demanded(Revision::Draft06, "3.*").len(), sections("3").len());
        assert!(!sections("2").contains(&"RSR 2.2") && sections("RSR 2").contains(&"RSR 2.2"));
    }

    #[test]
    fn a_catalogue_without_stories_is_read() {
        let read = parse("id,...\na,1,AS,MUST,p,s,c,v,TKT-1 TKT-2,\n");
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].checked_by.len(), &read[0].stories, read[0].is_shown()), (2, &Vec::new(), false));
    }

    #[test]
    fn what_is_planted_is_read() {
        let mutant = Planted::parse("mutant:no-policy/as-1-without-policy-permits=GRT-1");
        let expected = Planted::Mutant { story: "no-policy", node: "as-1", rule: "policy-permits", noticed: "GRT-1" };
        assert_eq!(mutant, Some(expected));
        assert_eq!(Planted::parse("trace:ACC-8"), Some(Planted::Trace { invariant: "ACC-8" }));
        assert_eq!(Planted::parse("vector:a_b"), Some(Planted::Vector { name: "a_b" }));
        assert_eq!(Planted::parse("test:a_b"), Some(Planted::Test { name: "a_b" }));
        for wrong in ["ACC-8", "mutant:a", "mutant:a/b=ACC-1", "story:a"] {
            assert_eq!(Planted::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn coverage_adds_up() {
        for revision in Revision::ALL {
            let all = coverage(rows(revision));
            assert_eq!(all.rows, all.checked + all.reasoned + all.open);
        }
    }
}
