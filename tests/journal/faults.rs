//! Write errors: a backend that fails on demand, and a real disk that is full.

use crate::sample::{append, entry, later, read, scratch};
use redb::{Database, StorageBackend};
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use umaverse::transport::journal::embedded::{EmbeddedStore, Opener};
use umaverse::transport::journal::{AppendError, Journal, JournalError, Position, Realm, Refusal};

/// A file whose writes can be made to fail.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    path: PathBuf,
    // How many more operations that write succeed.
    left: Arc<AtomicI64>,
}

#[derive(Debug)]
struct Backend {
    file: redb::backends::FileBackend,
    left: Arc<AtomicI64>,
}

impl Faulty {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), left: Arc::new(AtomicI64::new(i64::MAX)) }
    }

    pub(crate) fn refuse(&self, refusing: bool) {
        self.fail_after(if refusing { 0 } else { i64::MAX });
    }

    fn fail_after(&self, operations: i64) {
        self.left.store(operations, Ordering::SeqCst);
    }

    pub(crate) fn opener(&self) -> Opener {
        let Self { path, left } = self.clone();
        Box::new(move || {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let file = redb::backends::FileBackend::new(file.expect("a scratch file can be opened"))?;
            Database::builder().create_with_backend(Backend { file, left: Arc::clone(&left) })
        })
    }
}

impl Backend {
    fn spend(&self) -> io::Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        self.left.store(0, Ordering::SeqCst);
        Err(io::ErrorKind::StorageFull.into())
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.spend()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.spend()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.spend()?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

/// The disk fails at the first, second, third, ... write of a commit, the flush among them: wherever it is, the append
/// is refused, nothing of it is there, not even after opening the file anew, and the next one works.
#[test]
fn a_write_error_anywhere_leaves_nothing_half_done() {
    let folder = scratch("write-errors");
    let realm = Realm::new("as");
    let mut refused = 0;
    for operations in 0..40 {
        let faulty = Faulty::new(&folder.join(format!("{operations}.journal")));
        let store = EmbeddedStore::open_with("test".to_owned(), faulty.opener()).unwrap();
        let journal = store.journal(&realm);
        append(&journal, 0, entry([0])).unwrap();
        faulty.fail_after(operations);
        let outcome = append(&journal, 1, entry(1..200));
        faulty.refuse(false);
        let mut expected = vec![vec![0]];
        if outcome.is_ok() {
            expected.push((1..200).collect());
        } else {
            assert!(matches!(outcome, Err(AppendError::Refused(Refusal::Full(_)))), "{outcome:?}");
            refused += 1;
        }
        let end = journal.resume().unwrap();
        assert_eq!(read(&journal, 0), expected, "failed after {operations} operations");
        append(&journal, end.0, entry([1000])).unwrap();
        expected.push(vec![1000]);
        drop((journal, store));
        let store = EmbeddedStore::open_with("test".to_owned(), faulty.opener()).unwrap();
        assert_eq!(read(&store.journal(&realm), 0), expected, "failed after {operations} operations, opened anew");
    }
    assert!(refused >= 3, "the faults were hardly met: {refused}");
}

#[test]
fn a_snapshot_that_cannot_be_written_leaves_the_one_before() {
    let faulty = Faulty::new(&scratch("snapshot-errors").join("journal"));
    let store = EmbeddedStore::open_with("test".to_owned(), faulty.opener()).unwrap();
    let journal = store.journal(&Realm::new("as"));
    append(&journal, 0, entry([0])).unwrap();
    append(&journal, 1, entry([1])).unwrap();
    let mark = |position| umaverse::transport::journal::Mark { position: Position(position), at: Default::default() };
    journal.write_snapshot(mark(1), &mut [crate::sample::fact(0)].into_iter().map(Ok)).unwrap();
    for operations in 0..30 {
        faulty.fail_after(operations);
        let written = journal.write_snapshot(mark(2), &mut (0..9000).map(crate::sample::fact).map(Ok));
        faulty.refuse(false);
        let end = journal.resume().expect("the store comes back");
        assert_eq!(append(&journal, end.0, entry([7])), Ok(end.after(1)), "appends go on");
        let mut facts = 0;
        let found = journal.read_snapshot(&mut |_| facts += 1).unwrap().unwrap();
        if written.is_ok() {
            return assert_eq!((found, facts), (mark(2), 9000));
        }
        assert_eq!((found, facts), (mark(1), 1), "failed after {operations} operations");
    }
}

/// A real limit of the operating system on the size of files, in a child so that it binds nobody else.
#[test]
#[cfg(unix)]
fn a_file_that_may_not_grow_refuses_and_stays_up() {
    let file = scratch("file-limit").join("journal");
    let child = std::env::current_exe().unwrap();
    let script = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
    let kibibytes = "4096";
    let mut command = std::process::Command::new("bash");
    command.args(["-c", script, kibibytes]).arg(child);
    command.args(["--exact", "faults::child_that_may_not_write_much", "--ignored", "--nocapture"]);
    let output = command.env("UMAVERSE_JOURNAL_CHILD", &file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("was refused and went on"), "{said}");
}

#[test]
#[ignore = "the child of a_file_that_may_not_grow_refuses_and_stays_up"]
fn child_that_may_not_write_much() {
    let Some(file) = std::env::var_os("UMAVERSE_JOURNAL_CHILD") else { return };
    let store = EmbeddedStore::open(Path::new(&file)).unwrap();
    let journal = store.journal(&Realm::new("as"));
    let mut end = 0;
    let refusal = loop {
        match append(&journal, end, entry(end * 100..end * 100 + 100)) {
            Ok(after) => end = after.0,
            Err(error) => break error,
        }
        assert!(end < 100_000, "the limit was never met");
    };
    assert!(matches!(refusal, AppendError::Refused(_)), "{refusal:?}");
    assert_eq!(journal.resume(), Ok(Position(end)));
    let entries = read(&journal, 0);
    assert!(entries.iter().zip(0..).all(|(entry, at)| entry.iter().copied().eq(at * 100..at * 100 + 100)));
    assert_eq!(entries.len() as u64, end);
    // Again and again, until there is room: here a snapshot makes some.
    assert!(later(&journal, end, entry(0..100)).recv().unwrap().is_err());
    assert_eq!(journal.resume(), Ok(Position(end)));
    println!("was refused and went on");
}

#[test]
fn a_journal_of_another_schema_is_refused_by_name() {
    let path = scratch("schema").join("journal");
    drop(EmbeddedStore::open(&path).unwrap());
    let database = Database::create(&path).unwrap();
    let write = database.begin_write().unwrap();
    write.open_table(redb::TableDefinition::<&str, u64>::new("meta")).unwrap().insert("schema", 7).unwrap();
    write.commit().unwrap();
    drop(database);
    let error = EmbeddedStore::open(&path).unwrap_err();
    assert_eq!(error, JournalError::Schema { file: path.display().to_string(), found: 7, expected: 1 });
    assert!(error.to_string().contains("the journal has schema 7, this program knows 1"), "{error}");
}

#[test]
fn what_is_no_journal_is_refused_and_left_alone() {
    let path = scratch("garbage").join("journal");
    std::fs::write(&path, "not a journal at all, and long enough to be looked at").unwrap();
    assert!(matches!(EmbeddedStore::open(&path), Err(JournalError::Unreadable { .. })));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("not a journal"));
}

#[test]
fn one_file_has_one_process_and_one_owner() {
    let path = scratch("owner").join("journal");
    let store = EmbeddedStore::open(&path).unwrap();
    let second = EmbeddedStore::open(&path).unwrap_err();
    assert!(second.to_string().contains("another process has the journal open"), "{second}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    drop(store);
}
