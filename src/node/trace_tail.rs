//! The end of a trace, as the next start finds it: how the start before ended, and which facts it did not come to tell.

use crate::trace::Fact;
use crate::trace::told::{Line, Told};
use crate::transport::journal::{Journal, JournalError, Position};
use crate::wire::Timestamp;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the end of a file is read, in bytes.
const TAIL: u64 = 1024 * 1024;

/// How the start before this one ended, by its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// In order.
    Ended,
    /// Not in order.
    Crashed,
}

/// The end of a file.
#[derive(Debug, Default)]
pub struct Tail {
    lines: Vec<Line>,
    before: Option<Before>,
    /// True when the last line was cut.
    pub(super) is_cut: bool,
}

/// A fact that is durable and that no line tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// What the clock showed in the last line: it was durable soon after.
    pub at: Timestamp,
    /// The chain in which it was about to be written.
    pub chain: u64,
    /// The entry of the journal that it is in.
    pub entry: u64,
    /// The fact.
    pub fact: Fact,
}

/// What a journal holds and a file does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// What can still be told.
    pub untold: Vec<Untold>,
    /// True when there is more than that.
    pub is_open: bool,
}

impl Tail {
    /// Reads the end of a file; one that is not there has none.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let last = text.lines().rev().find(|line| !line.is_empty());
        // Headers are no lines, nor is what was cut.
        let lines: Vec<Line> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let ended =
            |line: &str| serde_json::from_str(line).is_ok_and(|line: Line| matches!(line.event, Told::Ended { .. }));
        let before = last.map(|last| if ended(last) { Before::Ended } else { Before::Crashed });
        Ok(Self { lines, before, is_cut: !text.is_empty() && !text.ends_with('\n') })
    }

    /// How the start before this one ended; `None` when there was none.
    pub fn before(&self) -> Option<Before> {
        self.before
    }

    /// The last Lamport stamp.
    pub fn last_stamp(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.lamport)
    }

    /// What the journal holds beyond what the file tells.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn gap(&self, journal: &dyn Journal) -> Result<Gap, JournalError> {
        let extent = journal.extent()?;
        let known = self.lines.iter().filter_map(|line| line.entry).max().map_or(0, |last| last + 1);
        let at = self.lines.last().map_or(Timestamp::default(), |line| line.at);
        let mut gap = Gap { untold: Vec::new(), is_open: extent.end.0 > known };
        for (entry, Begun { chain, told }) in self.begun().range(..extent.end.0) {
            if *entry < extent.first.0 {
                gap.is_open |= *told == 0;
                continue;
            }
            let Some(written) = journal.read(Position(*entry), 1)?.pop() else { continue };
            // Later than every line: another start put it where this one's never came to be.
            if written.at > at {
                gap.is_open = true;
                break;
            }
            let facts = written.facts.into_iter().skip(*told);
            gap.untold.extend(facts.map(|fact| Untold { at, chain: *chain, entry: *entry, fact }));
        }
        Ok(gap)
    }

    // The entries that were about to be written, and how many facts of each are told. One that was refused stands there
    // until its place is taken by another.
    fn begun(&self) -> BTreeMap<u64, Begun> {
        let mut begun = BTreeMap::new();
        for line in &self.lines {
            match (&line.event, line.entry) {
                (Told::Writing, Some(entry)) => {
                    begun.insert(entry, Begun { chain: line.chain, told: 0 });
                }
                (Told::Fact(_), Some(entry)) => {
                    begun.entry(entry).and_modify(|begun| begun.told += 1);
                }
                _ => {}
            }
        }
        begun
    }
}

struct Begun {
    chain: u64,
    told: usize,
}
