//! The file: opening it, its schema, reading and writing it in transactions, opening it anew after a write error.

use super::tables::{self, Fault};
use crate::transport::journal::{JournalError, Refusal};
use redb::{Database, DatabaseError, ReadTransaction, ReadableDatabase, StorageBackend, WriteTransaction};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// How tables and entries are laid out in the file.
pub const SCHEMA: u64 = 1;

/// Opens the database below a store.
pub type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

/// The file as readers and the writer share it.
pub(super) struct Shared {
    name: String,
    opener: Opener,
    // `None` only while it is opened anew, or when that failed.
    database: RwLock<Option<Database>>,
    // Set by a write error, after which redb takes nothing more.
    broken: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An opener for a file that only its owner can read and write.
pub(super) fn opener(path: &Path) -> Opener {
    let path: PathBuf = path.to_owned();
    Box::new(move || {
        let backend = redb::backends::FileBackend::new(owners_file(&path).map_err(storage)?)?;
        database(backend)
    })
}

/// How much of the file is held in memory, in bytes. A journal is written at its end and read once, from the beginning, so
/// this need not be the gibibyte that is usual.
const CACHE: usize = 32 * 1024 * 1024;

/// Opens a database on a backend.
pub(super) fn database(backend: impl StorageBackend) -> Result<Database, DatabaseError> {
    Database::builder().set_cache_size(CACHE).create_with_backend(backend)
}

fn storage(error: io::Error) -> DatabaseError {
    DatabaseError::Storage(redb::StorageError::Io(error))
}

#[cfg(unix)]
fn owners_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

#[cfg(not(unix))]
fn owners_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

impl Shared {
    pub(super) fn open(name: String, opener: Opener) -> Result<Self, JournalError> {
        let database = opener().map_err(|error| unopened(&name, &error))?;
        let shared = Self { name, opener, database: RwLock::new(Some(database)), broken: AtomicBool::new(false) };
        shared.write(tables::lay_out)?;
        Ok(shared)
    }

    /// Reads in one transaction.
    pub(super) fn read<T>(&self, of: impl FnOnce(&ReadTransaction) -> Result<T, Fault>) -> Result<T, JournalError> {
        let guard = self.guard();
        let database = guard.as_ref().ok_or(JournalError::from(Refusal::Closed))?;
        let read = database.begin_read().map_err(|error| JournalError::Io(error.to_string()))?;
        of(&read).map_err(|fault| fault.while_reading(&self.name))
    }

    /// Writes in one transaction: all of it is durable, or nothing happened.
    pub(super) fn write<T>(&self, of: impl FnOnce(&WriteTransaction) -> Result<T, Fault>) -> Result<T, JournalError> {
        let guard = self.guard();
        let database = guard.as_ref().ok_or(JournalError::from(Refusal::Closed))?;
        let transact = || {
            let write = database.begin_write()?;
            let outcome = of(&write)?;
            write.commit()?;
            Ok(outcome)
        };
        transact().map_err(|fault: Fault| {
            self.broken.fetch_or(matches!(fault, Fault::Store(_)), Ordering::SeqCst);
            fault.while_writing(&self.name)
        })
    }

    /// Whether a write error happened since it was opened.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    /// Opens the file anew; it stays broken until [`Shared::mended`].
    pub(super) fn reopen(&self) -> Result<(), JournalError> {
        let mut guard = self.database.write().unwrap_or_else(PoisonError::into_inner);
        *guard = None;
        *guard = Some((self.opener)().map_err(|error| unopened(&self.name, &error))?);
        Ok(())
    }

    /// Says that the file is as it should be again.
    pub(super) fn mended(&self) {
        self.broken.store(false, Ordering::SeqCst);
    }

    fn guard(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unopened(name: &str, error: &DatabaseError) -> JournalError {
    let what = match error {
        DatabaseError::DatabaseAlreadyOpen => "another process has the journal open".to_owned(),
        DatabaseError::Storage(redb::StorageError::Io(error)) if error.kind() != io::ErrorKind::InvalidData => {
            return JournalError::Io(format!("{name}: {error}"));
        }
        _ => format!("this is no journal that can be opened: {error}"),
    };
    JournalError::Unreadable { file: name.to_owned(), what }
}
