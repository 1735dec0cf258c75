//! The tables of the file, and what is read and written in one transaction.

use super::file::SCHEMA;
use crate::trace::Fact;
use crate::transport::journal::{Entry, Extent, JournalError, Mark, Position, Realm, Refusal, Retention, codec};
use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};
use std::io;

const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// Entries by realm and position.
const ENTRIES: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("entries");
/// The first position that is still there, and the one after the last.
const SPAN: TableDefinition<'_, &str, (u64, u64)> = TableDefinition::new("span");
/// Chunks of facts by realm, generation and number.
const CHUNKS: TableDefinition<'_, (&str, u64, u64), &[u8]> = TableDefinition::new("snapshot-chunks");
/// The snapshot in force of each realm.
const SNAPSHOTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("snapshots");

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Header {
    mark: Mark,
    generation: u64,
    chunks: u64,
}

/// What can go wrong in a transaction.
#[derive(Debug)]
pub(super) enum Fault {
    Store(redb::Error),
    Schema(u64),
    Undecodable(String),
    Journal(JournalError),
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

impl Fault {
    pub(super) fn while_reading(self, file: &str) -> JournalError {
        match self {
            Self::Store(error) => JournalError::Io(error.to_string()),
            other => other.while_writing(file),
        }
    }

    pub(super) fn while_writing(self, file: &str) -> JournalError {
        match self {
            Self::Store(error) => JournalError::Refused(refusal(&error)),
            Self::Schema(found) => JournalError::Schema { file: file.to_owned(), found, expected: SCHEMA },
            Self::Undecodable(what) => JournalError::Unreadable { file: file.to_owned(), what },
            Self::Journal(error) => error,
        }
    }
}

fn refusal(error: &redb::Error) -> Refusal {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match error {
        redb::Error::Io(io) if matches!(io.kind(), StorageFull | QuotaExceeded | FileTooLarge) => {
            Refusal::Full(io.to_string())
        }
        other => Refusal::Io(other.to_string()),
    }
}

/// Makes the tables of a new file, or refuses a file of another schema.
pub(super) fn lay_out(write: &WriteTransaction) -> Result<(), Fault> {
    let mut meta = write.open_table(META)?;
    let found = meta.get("schema")?.map(|schema| schema.value());
    match found {
        Some(SCHEMA) => return Ok(()),
        Some(found) => return Err(Fault::Schema(found)),
        None => meta.insert("schema", SCHEMA)?,
    };
    write.open_table(ENTRIES)?;
    write.open_table(SPAN)?;
    write.open_table(CHUNKS)?;
    write.open_table(SNAPSHOTS)?;
    Ok(())
}

/// What a stream holds.
pub(super) fn extent(read: &ReadTransaction, realm: &Realm) -> Result<Extent, Fault> {
    extent_in(&read.open_table(SPAN)?, &read.open_table(SNAPSHOTS)?, realm)
}

fn extent_in(
    spans: &impl ReadableTable<&'static str, (u64, u64)>,
    snapshots: &impl ReadableTable<&'static str, &'static [u8]>,
    realm: &Realm,
) -> Result<Extent, Fault> {
    let (first, end) = spans.get(realm.as_str())?.map(|span| span.value()).unwrap_or_default();
    let snapshot = header(snapshots, realm)?.map(|header| header.mark);
    Ok(Extent { first: Position(first), end: Position(end), snapshot })
}

fn header(snapshots: &impl ReadableTable<&'static str, &'static [u8]>, realm: &Realm) -> Result<Option<Header>, Fault> {
    let Some(bytes) = snapshots.get(realm.as_str())? else { return Ok(None) };
    let undecodable = || Fault::Undecodable(format!("the snapshot of `{realm}` cannot be understood"));
    codec::decode(bytes.value()).ok_or_else(undecodable).map(Some)
}

/// Entries from a position on.
pub(super) fn entries(
    read: &ReadTransaction,
    realm: &Realm,
    from: Position,
    at_most: usize,
) -> Result<Vec<Entry>, Fault> {
    let first = extent(read, realm)?.first;
    if from < first {
        return Err(Fault::Journal(JournalError::Gone { first }));
    }
    let table = read.open_table(ENTRIES)?;
    let name = realm.as_str();
    let mut found = Vec::new();
    for row in table.range((name, from.0)..=(name, u64::MAX))?.take(at_most) {
        let (key, bytes) = row?;
        let place = key.value().1;
        let undecodable = || Fault::Undecodable(format!("entry {place} of `{realm}` cannot be understood"));
        found.push(codec::decode(bytes.value()).ok_or_else(undecodable)?);
    }
    Ok(found)
}

/// Where each stream of the file ends.
pub(super) fn ends(read: &ReadTransaction) -> Result<Vec<(Realm, Position)>, Fault> {
    let spans = read.open_table(SPAN)?;
    let mut found = Vec::new();
    for row in spans.iter()? {
        let (realm, span) = row?;
        found.push((Realm::new(realm.value()), Position(span.value().1)));
    }
    Ok(found)
}

/// Puts entries at the end of a stream.
pub(super) fn append(write: &WriteTransaction, realm: &Realm, end: Position, entries: &[&[u8]]) -> Result<(), Fault> {
    let mut table = write.open_table(ENTRIES)?;
    for (at, bytes) in (end.0..).zip(entries) {
        table.insert((realm.as_str(), at), *bytes)?;
    }
    let mut spans = write.open_table(SPAN)?;
    let (first, _) = spans.get(realm.as_str())?.map(|span| span.value()).unwrap_or_default();
    spans.insert(realm.as_str(), (first, end.after(entries.len() as u64).0))?;
    Ok(())
}

/// Takes away what stands after the end that was last acknowledged: it was refused, whatever the disk made of it.
pub(super) fn cut(write: &WriteTransaction, realm: &Realm, end: Position) -> Result<(), Fault> {
    let mut spans = write.open_table(SPAN)?;
    let Some((first, found)) = spans.get(realm.as_str())?.map(|span| span.value()) else { return Ok(()) };
    if found > end.0 {
        write.open_table(ENTRIES)?.retain_in((realm.as_str(), end.0)..=(realm.as_str(), u64::MAX), |_, _| false)?;
        spans.insert(realm.as_str(), (first, end.0))?;
    }
    Ok(())
}

/// Begins a snapshot beside the one in force, and says which generation it is. Clears away what an attempt before it
/// left.
pub(super) fn begin_snapshot(write: &WriteTransaction, realm: &Realm, mark: Mark) -> Result<u64, Fault> {
    let snapshots = write.open_table(SNAPSHOTS)?;
    extent_in(&write.open_table(SPAN)?, &snapshots, realm)?.admit(mark).map_err(Fault::Journal)?;
    let generation = header(&snapshots, realm)?.map_or(0, |header| header.generation + 1);
    drop_chunks(write, realm, generation..=u64::MAX)?;
    Ok(generation)
}

/// Adds facts to a snapshot that is not yet in force.
pub(super) fn add_chunk(
    write: &WriteTransaction,
    realm: &Realm,
    generation: u64,
    number: u64,
    bytes: &[u8],
) -> Result<(), Fault> {
    write.open_table(CHUNKS)?.insert((realm.as_str(), generation, number), bytes)?;
    Ok(())
}

/// Puts a snapshot in force, and clears away the one before it.
pub(super) fn finish_snapshot(
    write: &WriteTransaction,
    realm: &Realm,
    generation: u64,
    chunks: u64,
    mark: Mark,
) -> Result<(), Fault> {
    let header =
        codec::encode(&Header { mark, generation, chunks }).map_err(|refusal| Fault::Journal(refusal.into()))?;
    write.open_table(SNAPSHOTS)?.insert(realm.as_str(), header.as_slice())?;
    match generation.checked_sub(1) {
        Some(before) => drop_chunks(write, realm, 0..=before),
        None => Ok(()),
    }
}

fn drop_chunks(
    write: &WriteTransaction,
    realm: &Realm,
    generations: std::ops::RangeInclusive<u64>,
) -> Result<(), Fault> {
    let (from, to) = ((realm.as_str(), *generations.start(), 0), (realm.as_str(), *generations.end(), u64::MAX));
    write.open_table(CHUNKS)?.retain_in(from..=to, |_, _| false)?;
    Ok(())
}

/// The facts of the snapshot in force.
pub(super) fn snapshot(
    read: &ReadTransaction,
    realm: &Realm,
    take: &mut dyn FnMut(Fact),
) -> Result<Option<Mark>, Fault> {
    let Some(header) = header(&read.open_table(SNAPSHOTS)?, realm)? else { return Ok(None) };
    let table = read.open_table(CHUNKS)?;
    for number in 0..header.chunks {
        let undecodable = || Fault::Undecodable(format!("chunk {number} of the snapshot of `{realm}` is broken"));
        let bytes = table.get((realm.as_str(), header.generation, number))?.ok_or_else(undecodable)?;
        let facts: Vec<Fact> = codec::decode(bytes.value()).ok_or_else(undecodable)?;
        facts.into_iter().for_each(&mut *take);
    }
    Ok(Some(header.mark))
}

/// Drops at most so many of the first entries that the snapshot stands for and retention does not keep.
pub(super) fn drop_covered(
    write: &WriteTransaction,
    realm: &Realm,
    retention: Retention,
    at_most: usize,
) -> Result<u64, Fault> {
    let mut spans = write.open_table(SPAN)?;
    let extent = extent_in(&spans, &write.open_table(SNAPSHOTS)?, realm)?;
    let Some(mark) = extent.snapshot else { return Ok(0) };
    let name = realm.as_str();
    let mut table = write.open_table(ENTRIES)?;
    let mut gone = 0;
    for row in table.range((name, extent.first.0)..(name, mark.position.0))?.take(at_most) {
        let (key, bytes) = row?;
        let undecodable = || Fault::Undecodable(format!("entry {} of `{realm}` cannot be understood", key.value().1));
        let entry: Entry = codec::decode(bytes.value()).ok_or_else(undecodable)?;
        if retention.keeps(entry.at) {
            break;
        }
        gone += 1;
    }
    let first = extent.first.after(gone);
    table.retain_in((name, extent.first.0)..(name, first.0), |_, _| false)?;
    spans.insert(name, (first.0, extent.end.0))?;
    Ok(gone)
}
