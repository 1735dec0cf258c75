//! The trace that a node of the command line writes of itself, for `umaverse audit`.

use super::InputError;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use umaverse::node::clock::Clock;
use umaverse::node::trace_file::TraceFile;
use umaverse::node::trace_key::TraceKey;
use umaverse::node::trace_tail::Tail;
use umaverse::node::traced::{Scribe, Traced};
use umaverse::node::watch::{SystemEntropy, Watch};
use umaverse::role::{Entropy, Role};
use umaverse::trace::told::{FORMAT, Header, ResourceTold};
use umaverse::trace::truth::{NodeTruth, RoleKind};
use umaverse::transport::journal::Journal;
use umaverse::wire::{Duration, Text};

/// The longest that a request of a node may take: 30 seconds to its deadline, and what its server reads and waits.
const REQUEST_MAX: Duration = Duration::from_secs(60);

/// A trace that is being written.
pub(crate) struct OwnTrace {
    scribe: Rc<Scribe>,
    clock: Clock,
}

/// What a trace is written with.
pub(crate) struct Opening {
    /// Its folder; made when absent.
    pub(crate) folder: PathBuf,
    /// The file of the deployment's key; made when absent.
    pub(crate) key: PathBuf,
    /// How large a file becomes, in bytes.
    pub(crate) bytes_max: u64,
    /// What the node is.
    pub(crate) node: NodeTruth,
    /// What it serves; contents by the name that the role has for them.
    pub(crate) resources: Vec<ResourceTold>,
    /// How long decisions may rest on an answer, as far as it has a say.
    pub(crate) cache: Duration,
    /// By how much clocks may be wrong, if somebody knows.
    pub(crate) clock_error: Option<Duration>,
}

impl OwnTrace {
    /// Opens the file of this start. Tells in it what the start before did not come to tell, and says whether the journal
    /// has a past that the file does not tell.
    pub(crate) fn open(opening: Opening, journal: &dyn Journal) -> Result<Self, InputError> {
        let Opening { folder, key, bytes_max, node, resources, cache, clock_error } = opening;
        let path = folder.join(format!("trace-{}.jsonl", node.name));
        let wrong = |error: io::Error| InputError::new(format!("cannot write the trace `{}`: {error}", path.display()));
        fs::create_dir_all(&folder).map_err(wrong)?;
        let key = read_or_make(&key)?;
        let tail = Tail::read(&path).map_err(wrong)?;
        let gap = tail.gap(journal).map_err(|error| InputError::new(error.to_string()))?;
        let told = |resource: ResourceTold| ResourceTold { content: key.content(&resource.content), ..resource };
        let header = Header {
            format: FORMAT,
            key: key.name(),
            node,
            resources: resources.into_iter().map(told).collect(),
            cache_max: Some(cache),
            clock_error_max: clock_error,
            request_max: Some(REQUEST_MAX),
            resumed: gap.is_open,
        };
        let file = TraceFile::open_within(&path, key, header, bytes_max, &tail, gap.untold).map_err(wrong)?;
        let (scribe, clock) = (Rc::new(Scribe::new(file)), Clock::of_machine());
        scribe.begins(clock.shown());
        Ok(Self { scribe, clock })
    }

    /// A watcher that writes what it sees, and leaves everything else to another.
    pub(crate) fn watching(&self, inner: Rc<dyn Watch>) -> Rc<dyn Watch> {
        Rc::new(Traced::new(inner, self.scribe.clone(), self.clock.clone()))
    }

    /// Somebody acts whom no request tells of.
    pub(crate) fn acts(&self, act: &str) {
        self.scribe.acts(self.clock.shown(), 0, act.into());
    }

    /// The node ends in order.
    pub(crate) fn ends(&self) {
        self.scribe.ends(self.clock.shown());
    }
}

/// What a role is.
pub(crate) const fn kind_of(role: &Role) -> RoleKind {
    match role {
        Role::AuthorizationServer(_) => RoleKind::AuthorizationServer,
        Role::ResourceServer(_) => RoleKind::ResourceServer,
        Role::Client(_) | Role::Manager(_) | Role::Replayer(_) => RoleKind::Client,
        Role::Person(_) => RoleKind::Person,
        Role::IdentityProvider(_) => RoleKind::IdentityProvider,
    }
}

/// A node that says of itself what it can; the rest is as it is for most.
pub(crate) fn node(name: Text, role: &Role) -> NodeTruth {
    NodeTruth {
        name,
        role: kind_of(role),
        origin: None,
        revision: None,
        beside: match role {
            Role::AuthorizationServer(server) => server.served().beside(),
            _ => None,
        },
        spoken_at: role.routes().spoken_at(),
        honest: true,
        accounts: Default::default(),
        rules_off: Vec::new(),
        trusts: Vec::new(),
    }
}

/// Reads the key of a deployment, or makes one that only its owner can read. Of several nodes that start at once, all
/// have the key of the first.
fn read_or_make(path: &Path) -> Result<TraceKey, InputError> {
    let wrong = |error: io::Error| InputError::new(format!("key of traces `{}`: {error}", path.display()));
    if !path.exists() {
        make(path).map_err(wrong)?;
    }
    let text = fs::read_to_string(path).map_err(wrong)?;
    TraceKey::parse(&text).map_err(|why| InputError::new(format!("{}: {why}", path.display())))
}

fn make(path: &Path) -> io::Result<()> {
    let mut bytes = [0; 32];
    SystemEntropy.fill("key of traces", &mut bytes);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{digits}")?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}
