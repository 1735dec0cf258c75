//! The journal on the disk of one machine: a redb file, written by a thread of its own that commits many appends at
//! once.

mod file;
mod group_commit;
mod tables;

use super::{Done, Entry, Extent, Journal, JournalError, Mark, Position, Realm, Refusal, Retention, codec};
use crate::trace::Fact;
use file::Shared;
use group_commit::{Append, Command, Writer};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

pub use file::{Opener, SCHEMA};
pub use group_commit::Figures;

/// How many facts of a snapshot are written and read at a time; appends go on in between.
const CHUNK: usize = 4096;

/// A journal file. The file is closed when the store and every handle are dropped.
#[derive(Clone, Debug)]
pub struct EmbeddedStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    writer: Writer,
}

/// A handle to one stream of a file.
#[derive(Debug)]
pub struct EmbeddedJournal {
    inner: Arc<Inner>,
    realm: Realm,
    failed: Arc<AtomicBool>,
}

impl EmbeddedStore {
    /// Opens a file, or makes one that only its owner can read and write.
    ///
    /// # Errors
    /// [`JournalError::Schema`] when another version wrote it; when it is no journal, in use, or cannot be opened.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        Self::open_with(path.display().to_string(), file::opener(path))
    }

    /// Opens whatever an opener opens, under a name for messages. It is asked again after a write error.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`].
    pub fn open_with(name: String, opener: Opener) -> Result<Self, JournalError> {
        let shared = Arc::new(Shared::open(name, opener)?);
        let writer = Writer::start(Arc::clone(&shared))?;
        Ok(Self { inner: Arc::new(Inner { shared, writer }) })
    }

    /// A handle of its own to the stream of a realm.
    pub fn journal(&self, realm: &Realm) -> EmbeddedJournal {
        EmbeddedJournal { inner: Arc::clone(&self.inner), realm: realm.clone(), failed: Arc::default() }
    }

    /// How much was written since the file was opened.
    pub fn figures(&self) -> Figures {
        self.inner.writer.figures()
    }
}

impl Journal for EmbeddedJournal {
    fn append(&self, expected: Position, entry: Entry, done: Done) {
        let facts = entry.facts.len() as u64;
        let bytes = if facts == 0 { Ok(Vec::new()) } else { codec::encode(&entry) };
        let append =
            Append { realm: self.realm.clone(), failed: Arc::clone(&self.failed), expected, facts, bytes, done };
        self.inner.writer.send(Command::Append(append));
    }

    fn resume(&self) -> Result<Position, JournalError> {
        let (passed, behind) = mpsc::channel();
        self.inner.writer.send(Command::Passed(passed));
        behind.recv().map_err(|_| JournalError::from(Refusal::Closed))?;
        let end = self.extent()?.end;
        self.failed.store(false, Ordering::SeqCst);
        Ok(end)
    }

    fn extent(&self) -> Result<Extent, JournalError> {
        self.inner.shared.read(|read| tables::extent(read, &self.realm))
    }

    fn read(&self, from: Position, at_most: usize) -> Result<Vec<Entry>, JournalError> {
        self.inner.shared.read(|read| tables::entries(read, &self.realm, from, at_most))
    }

    fn write_snapshot(
        &self,
        mark: Mark,
        facts: &mut dyn Iterator<Item = Result<Fact, JournalError>>,
    ) -> Result<(), JournalError> {
        let shared = &self.inner.shared;
        let generation = shared.write(|write| tables::begin_snapshot(write, &self.realm, mark))?;
        let mut chunks = 0;
        loop {
            let chunk: Vec<Fact> = (&mut *facts).take(CHUNK).collect::<Result<_, _>>()?;
            if chunk.is_empty() {
                break;
            }
            let bytes = codec::encode(&chunk)?;
            shared.write(|write| tables::add_chunk(write, &self.realm, generation, chunks, &bytes))?;
            chunks += 1;
        }
        shared.write(|write| tables::finish_snapshot(write, &self.realm, generation, chunks, mark))
    }

    fn read_snapshot(&self, take: &mut dyn FnMut(Fact)) -> Result<Option<Mark>, JournalError> {
        self.inner.shared.read(|read| tables::snapshot(read, &self.realm, take))
    }

    fn compact(&self, retention: Retention) -> Result<u64, JournalError> {
        let mut gone = 0;
        loop {
            let some = self.inner.shared.write(|write| tables::drop_covered(write, &self.realm, retention, CHUNK))?;
            gone += some;
            if some < CHUNK as u64 {
                return Ok(gone);
            }
        }
    }
}
