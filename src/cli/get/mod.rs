//! `umaverse get`: the client as a command. It hosts the machine of every client, on a loopback port to which people's
//! browsers can come back, and ends when the resource is there or is known not to come.

mod arguments;
mod narrator;
pub(crate) mod plan;

pub(crate) use arguments::Get;

use super::inbox::{Folder, Progress};
use super::own_trace::{self, Opening, OwnTrace};
use super::{InputError, Outcome, Verdict, complain};
use narrator::Narrator;
use plan::Prepared;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use umaverse::node::live::LIVE;
use umaverse::node::process::{Process, Setup};
use umaverse::role::{Act, Input};
use umaverse::trace::note::FetchOutcome;
use umaverse::wire::Uri;

/// What a browser has to open, before the address.
const OPEN_THIS: &str = "Open this in a browser: ";

/// `umaverse get`.
pub(crate) fn get(command: &Get) -> Outcome {
    let resource = plan::resource(&command.url)?;
    actix::System::new().block_on(async {
        let scratch = Scratch::beside(command.output.as_deref())?;
        let inbox = Folder::open(&scratch.0, progress())?;
        let (narrator, ended) = Narrator::new(command.verbose, command.assertion.is_some());
        let Prepared { mut setup, client, asks_nobody_first } = plan::prepare(command, inbox.clone(), narrator)?;
        let trace = open_trace(command, &setup)?;
        if let Some(trace) = &trace {
            setup.watch = trace.watching(setup.watch);
            trace.acts(&format!("get {}", command.url));
        }
        let process = Process::start(setup).map_err(|error| InputError::new(error.to_string()))?;
        let with_sign_in = command.person || command.push_claims_from.is_some();
        let person_first = with_sign_in || !(command.own_credentials || asks_nobody_first);
        let mut getting = Getting { command, resource, client, person_first, process: &process, ended };
        let outcome = tokio::time::timeout(Duration::from_secs(command.wait), getting.run()).await;
        process.stop().await;
        trace.iter().for_each(OwnTrace::ends);
        finish(command, &inbox, outcome.unwrap_or_else(|_| Outcome::given_up("nothing came in time")))
    })
}

fn open_trace(command: &Get, setup: &Setup) -> Result<Option<OwnTrace>, InputError> {
    let (Some(folder), Some(key)) = (&command.trace, &command.trace_key) else { return Ok(None) };
    let mut node = own_trace::node(format!("get-{}", setup.listen.port()).into(), &setup.role);
    node.origin = Some(setup.site.origin.clone());
    node.revision = Some(setup.site.revision);
    let opening = Opening {
        folder: folder.clone(),
        key: key.clone(),
        bytes_max: u64::MAX,
        node,
        resources: Vec::new(),
        cache: umaverse::wire::Duration::ZERO,
        clock_error: None,
    };
    OwnTrace::open(opening, &*setup.journal).map(Some)
}

/// How it ended.
struct Ended(FetchOutcome);

trait GivenUp {
    fn given_up(why: &str) -> Ended;
}

impl GivenUp for Outcome {
    fn given_up(why: &str) -> Ended {
        Ended(FetchOutcome::GaveUp { why: why.into() })
    }
}

struct Getting<'a> {
    command: &'a Get,
    resource: Uri,
    /// The origin of the loopback port.
    client: Uri,
    person_first: bool,
    process: &'a Process,
    ended: UnboundedReceiver<(Uri, FetchOutcome)>,
}

impl Getting<'_> {
    // Without anybody first, where that can work; then with a person.
    async fn run(&mut self) -> Ended {
        if !self.person_first {
            let ended = self.without_person().await;
            let stuck = matches!(&ended.0, FetchOutcome::GaveUp { why } if why.starts_with(NOBODY));
            if self.command.own_credentials || !stuck {
                return ended;
            }
        }
        self.with_person().await
    }

    async fn without_person(&mut self) -> Ended {
        let (resource, method) = (self.resource.clone(), self.command.method.as_str().into());
        self.process.live().deliver(LIVE, Input::Act(Act::FetchForOrganisation { resource, method }));
        self.end().await
    }

    async fn with_person(&mut self) -> Ended {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("resource", self.resource.as_str())
            .append_pair("method", &self.command.method)
            .finish();
        let here = format!("{}/fetch?{query}", self.client);
        complain(&format!("{OPEN_THIS}{here}"));
        if self.command.open
            && let Err(error) = open::that_detached(&here)
        {
            complain(&format!("no browser could be opened: {error}"));
        }
        self.end().await
    }

    // Anybody on this machine can come to the port and ask for something else; that is not what is waited for.
    async fn end(&mut self) -> Ended {
        while let Some((resource, outcome)) = self.ended.recv().await {
            if resource == self.resource {
                return Ended(outcome);
            }
        }
        Outcome::given_up("the node has stopped")
    }
}

/// How the machine says that it needs somebody.
const NOBODY: &str = "nobody is there";

fn finish(command: &Get, inbox: &Folder, Ended(outcome): Ended) -> Outcome {
    let refused = |why: &str| {
        complain(&format!("refused: {why}"));
        Ok(Verdict::Failed)
    };
    match outcome {
        FetchOutcome::Got { content } => {
            let file = inbox.file(&content).ok_or_else(|| InputError::new("the content is gone"))?;
            hand_over(&file, command.output.as_deref())?;
            Ok(Verdict::Fine)
        }
        FetchOutcome::Denied => refused("the authorization server denied the request"),
        FetchOutcome::Abandoned => refused("the person did not approve"),
        FetchOutcome::GaveUp { why } => refused(&why),
    }
}

// The file appears complete or not at all.
fn hand_over(content: &Path, output: Option<&Path>) -> io::Result<()> {
    match output {
        Some(output) => fs::rename(content, output),
        None => {
            let mut out = io::stdout().lock();
            io::copy(&mut File::open(content)?, &mut out)?;
            out.flush()
        }
    }
}

/// A folder that is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(output: Option<&Path>) -> io::Result<Self> {
        let parent = output.and_then(Path::parent).filter(|parent| !parent.as_os_str().is_empty());
        let parent = match (output, parent) {
            (_, Some(parent)) => parent.to_owned(),
            (Some(_), None) => PathBuf::from("."),
            (None, None) => std::env::temp_dir(),
        };
        let mut bytes = [0_u8; 8];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(parent.join(format!(".umaverse-get-{:016x}", u64::from_ne_bytes(bytes)))))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now stays for whoever looks after the folder.
        let _stays = fs::remove_dir_all(&self.0);
    }
}

/// From how many bytes on progress is shown, and how often.
const LARGE: u64 = 1024 * 1024;

fn progress() -> Option<Progress> {
    if !io::stderr().is_terminal() {
        return None;
    }
    Some(Arc::new(|came, length| {
        let large = length.unwrap_or(came) >= LARGE;
        let (now, end) = (came / LARGE, length == Some(came));
        if large && (end || came % LARGE < 16 * 1024) {
            let of = length.map(|length| format!(" of {}", length / LARGE)).unwrap_or_default();
            eprint_line(&format!("\r{now}{of} MiB{}", if end { "\n" } else { "" }));
        }
    }))
}

fn eprint_line(text: &str) {
    let mut out = io::stderr().lock();
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
