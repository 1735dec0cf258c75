//! The trace of a world from the traces of its nodes.
//!
//! Each node knows its own clock, numbers and chains. What belongs together is found by the numbers of exchanges that
//! requests carry, what came first by that and by Lamport stamps. The world behind it is what the nodes declare of
//! themselves, and what somebody who knows better adds; what nobody told is [`Audit::lacking`].

mod file;
mod merge;
mod records;
mod world;

use crate::check::{Ground, Judge, Verdict};
use crate::trace::{Record, Truth};
use file::NodeFile;
use merge::Merged;
use std::fmt;

/// Why files are no traces of one world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct AuditError {
    /// The file.
    pub file: String,
    /// The line, from 1; `None` where it is the file as a whole.
    pub line: Option<usize>,
    /// What was expected and what came.
    pub why: String,
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.why),
            None => write!(f, "{}: {}", self.file, self.why),
        }
    }
}

/// What the traces of nodes say together.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The world behind them, as far as it is told.
    pub truth: Truth,
    /// Everything that happened, each thing after what it rests on.
    pub records: Vec<Record>,
    /// What is not told.
    pub lacking: Vec<Ground>,
    /// What could not be read or put together, in sentences.
    pub remarks: Vec<String>,
    judge: Judge,
}

impl Audit {
    /// Reads the files of several nodes: name and text of each. `known` is what somebody knows of the world besides.
    ///
    /// # Errors
    /// When a file is no trace that this build reads, or the files are not of one deployment.
    pub fn read(files: &[(String, String)], known: Option<&Truth>) -> Result<Self, AuditError> {
        let mut files = files.iter().map(|(name, text)| file::parse(name, text)).collect::<Result<Vec<_>, _>>()?;
        files.sort_by(|one, other| one.node().name.cmp(&other.node().name));
        one_deployment(&files)?;
        let merged = Merged::of(&files);
        let told = world::tell(&files, &merged, known);
        let (truth, records) = records::records(&files, &merged, told.truth, told.outside);
        let mut judge = Judge::new(&truth);
        records.iter().for_each(|record| judge.observe(&truth, record));
        judge.finish(&truth);
        let mut remarks: Vec<String> = files.iter().flat_map(|file| file.remarks.iter().cloned()).collect();
        remarks.extend(merged.remarks());
        Ok(Self { truth, records, lacking: told.lacking, remarks, judge })
    }

    /// The verdicts; none on an invariant that needs something that is not told.
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.judge.verdicts_without(&self.lacking)
    }
}

// Hashes under different keys cannot be compared, and two files of one node would tell everything twice.
fn one_deployment(files: &[NodeFile]) -> Result<(), AuditError> {
    for pair in files.windows(2) {
        let [one, other] = pair else { continue };
        let why = if one.key() != other.key() {
            format!("secrets are hashed under another key than in {}; expected files of one deployment", one.name)
        } else if one.node().name == other.node().name {
            format!("`{}` is the node of {} as well; expected one file a node", other.node().name, one.name)
        } else {
            continue;
        };
        return Err(AuditError { file: other.name.clone(), line: Some(1), why });
    }
    Ok(())
}
