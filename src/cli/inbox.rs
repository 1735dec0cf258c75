//! Where a client keeps what resource servers hand out until somebody looks at it: a file for each content.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use umaverse::transport::http::{Contents, Found, Inbox, Incoming};
use umaverse::wire::Text;

/// Told how much has come, in bytes, and how much there will be as far as that is known.
pub(crate) type Progress = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// A folder that only its owner can read. What is looked at once is gone from it.
#[derive(Clone)]
pub(crate) struct Folder {
    path: PathBuf,
    kept: Arc<Mutex<Kept>>,
    progress: Option<Progress>,
}

#[derive(Default)]
struct Kept {
    next: u64,
    media_types: BTreeMap<String, Option<String>>,
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Folder({})", self.path.display())
    }
}

impl Folder {
    /// Makes the folder empty. What an earlier process left in it nobody waits for.
    pub(crate) fn open(path: &Path, progress: Option<Progress>) -> io::Result<Self> {
        if path.exists() {
            fs::remove_dir_all(path)?;
        }
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        Ok(Self { path: path.to_owned(), kept: Arc::default(), progress })
    }

    /// The file of a content.
    pub(crate) fn file(&self, content: &str) -> Option<PathBuf> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.media_types.contains_key(content).then(|| self.path.join(content))
    }
}

impl Contents for Folder {
    fn find(&self, content: &str) -> Option<Found> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let media_type = kept.media_types.remove(content)?;
        Some(Found { path: self.path.join(content), media_type, once: true })
    }
}

impl Inbox for Folder {
    fn begin(&self, media_type: Option<&str>, length: Option<u64>) -> io::Result<Box<dyn Incoming>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.next += 1;
        let name = format!("content-{}", kept.next);
        let file = File::create_new(self.path.join(&name))?;
        let media_type = media_type.map(str::to_owned);
        Ok(Box::new(Coming { folder: self.clone(), name, media_type, file, came: 0, length }))
    }
}

struct Coming {
    folder: Folder,
    name: String,
    media_type: Option<String>,
    file: File,
    came: u64,
    length: Option<u64>,
}

impl Incoming for Coming {
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.came += bytes.len() as u64;
        if let Some(progress) = &self.folder.progress {
            progress(self.came, self.length);
        }
        Ok(())
    }

    fn end(self: Box<Self>) -> io::Result<Text> {
        if self.length.is_some_and(|length| length != self.came) {
            return Err(io::Error::other("the content broke off"));
        }
        let mut kept = self.folder.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.media_types.insert(self.name.clone(), self.media_type);
        Ok(self.name.into())
    }
}
