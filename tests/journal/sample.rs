//! Facts to write, and short ways to write and read them.

use std::path::PathBuf;
use std::sync::mpsc;
use umaverse::trace::Fact;
use umaverse::transport::journal::{AppendError, Entry, Journal, Position};
use umaverse::wire::{Pat, Timestamp, Uri};

/// A fact that can be told from others by its number.
pub(crate) fn fact(number: u64) -> Fact {
    Fact::PatObtained {
        owner: format!("owner-{number}").as_str().into(),
        as_uri: Uri::new("https://as.example/"),
        pat: Pat::new(format!("secret-{number}")),
        refresh: None,
        expires_at: None,
    }
}

/// The number of such a fact.
pub(crate) fn number(fact: &Fact) -> u64 {
    let Fact::PatObtained { owner, .. } = fact else { panic!("not a fact of this test") };
    owner.as_str().strip_prefix("owner-").unwrap().parse().unwrap()
}

/// An entry of some numbered facts.
pub(crate) fn entry(numbers: impl IntoIterator<Item = u64>) -> Entry {
    let facts: Vec<Fact> = numbers.into_iter().map(fact).collect();
    let at = facts.first().map_or(0, number);
    Entry { at: Timestamp(at), facts }
}

/// Appends and waits.
pub(crate) fn append(journal: &dyn Journal, expected: u64, entry: Entry) -> Result<Position, AppendError> {
    later(journal, expected, entry).recv().unwrap()
}

/// Appends; the answer comes later.
pub(crate) fn later(
    journal: &dyn Journal,
    expected: u64,
    entry: Entry,
) -> mpsc::Receiver<Result<Position, AppendError>> {
    let (told, hear) = mpsc::channel();
    journal.append(Position(expected), entry, Box::new(move |outcome| drop(told.send(outcome))));
    hear
}

/// The numbers of every entry from a position on.
pub(crate) fn read(journal: &dyn Journal, from: u64) -> Vec<Vec<u64>> {
    let entries = journal.read(Position(from), usize::MAX).unwrap();
    entries.iter().map(|entry| entry.facts.iter().map(number).collect()).collect()
}

/// An empty folder for one test.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-{name}"));
    let _not_there = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
