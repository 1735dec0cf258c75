//! What a node keeps besides its state: for how long its journal, and which trace.

use super::checked::{Checker, Result};
use super::format::{NodeFile, SnapshotsTable, TraceTable};
use std::path::PathBuf;
use toml::Spanned;
use umaverse::node::snapshots::Policy;
use umaverse::trace::told::ResourceTold;
use umaverse::wire::{Duration, Text, Uri};

/// The trace of a node, if it is to write one.
#[derive(Clone, Debug)]
pub(crate) struct TracePlan {
    /// Where traces are written; none without.
    pub(crate) folder: Option<PathBuf>,
    /// The file with the key that the nodes of a deployment share.
    pub(crate) key: PathBuf,
    /// What the node is called among the nodes of its deployment.
    pub(crate) name: Text,
    /// How large a file becomes before the next begins, in bytes.
    pub(crate) max_bytes: u64,
    /// By how much clocks of the deployment may be wrong, if somebody knows.
    pub(crate) clock_error: Option<Duration>,
}

/// What a node may tell of its configuration to whoever judges it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    /// What it serves; contents by the name that the role has for them.
    pub(crate) resources: Vec<ResourceTold>,
    /// Whose claim tokens it believes.
    pub(crate) trusts: Vec<Uri>,
    /// How long decisions may rest on an answer, as far as it has a say.
    pub(crate) cache: Duration,
}

/// A gibibyte.
const TRACE_MAX: u64 = 1 << 30;

impl Checker<'_> {
    pub(super) fn snapshots(&self, table: &SnapshotsTable) -> Result<Policy> {
        let usual = Policy::default();
        let every = table.every.as_ref().map_or(usual.every, |every| *every.get_ref());
        if let (0, Some(at)) = (every, &table.every) {
            return Err(self.error(at, "`every` is 0", "how many entries lie between two snapshots, 1 or more"));
        }
        let keep = match &table.keep {
            None => usual.keep,
            Some(word) if word.get_ref() == "for-ever" => None,
            Some(span) => Some(self.span(span)?),
        };
        Ok(Policy { every, keep })
    }

    pub(super) fn trace(&self, file: &NodeFile, origin: &Uri) -> Result<TracePlan> {
        let TraceTable { folder, key, name, max_bytes, clock_error } = &file.trace;
        let beside = self.path(&file.node.journal).with_file_name("trace.key");
        Ok(TracePlan {
            folder: folder.as_ref().map(|folder| self.path(folder)),
            key: key.as_ref().map_or(beside, |key| self.path(key)),
            name: match name {
                Some(name) => self.plain_name(name)?,
                None => origin.authority().replace(':', "-").into(),
            },
            max_bytes: max_bytes.as_ref().map_or(TRACE_MAX, |bytes| *bytes.get_ref()),
            clock_error: clock_error.as_ref().map(|span| self.span(span)).transpose()?,
        })
    }

    // It becomes a part of the name of a file.
    fn plain_name(&self, name: &Spanned<String>) -> Result<Text> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !name.get_ref().is_empty() && name.get_ref().bytes().all(plain) {
            return Ok(name.get_ref().as_str().into());
        }
        Err(self.error(name, format!("`name` is `{}`", name.get_ref()), "letters, digits, `-`, `_` and `.`"))
    }
}
