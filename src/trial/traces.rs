//! The traces of a trial's nodes: each writes its own file, as a node of its own does, knowing no more than it.

use super::play_out;
use super::seat::Stage;
use crate::message::{ExchangeId, Name, NodeId};
use crate::node::clock::Clock;
use crate::node::trace_file::TraceFile;
use crate::node::trace_key::TraceKey;
use crate::node::traced::{Scribe, Traced};
use crate::node::watch::{Seen, Watch};
use crate::role::Input;
use crate::sim::run::{Finished, Options};
use crate::sim::scheduler::{Carrying, Job};
use crate::sim::world::World;
use crate::trace::Truth;
use crate::trace::told::{FORMAT, Header, ResourceTold};
use crate::trace::truth::NodeTruth;
use crate::transport::http::Stamps;
use crate::transport::journal::memory::MemoryStore;
use crate::wire::{Answer, DecodeError, Received, Text, Timestamp};
use std::io;
use std::path::Path;
use std::rc::Rc;

/// Plays a world on real nodes, to its end, each of which writes `trace-NAME.jsonl` into a folder.
///
/// # Errors
/// As [`super::run`], and when a file cannot be written.
pub fn run_traced(world: World, options: &Options, folder: &Path, key: &TraceKey) -> io::Result<Finished> {
    let traces = Traces::open(&world.truth, folder, key)?;
    let store = MemoryStore::new();
    play_out(world, options, move |realm| Box::new(store.journal(realm)), traces)
}

/// The traces of all nodes; none where nobody wants any. Clones are the same traces.
#[derive(Clone, Default)]
pub struct Traces {
    scribes: Vec<Rc<Scribe>>,
}

impl Traces {
    pub(super) fn open(truth: &Truth, folder: &Path, key: &TraceKey) -> io::Result<Self> {
        let open = |(node, at): (&NodeTruth, u16)| {
            let path = folder.join(format!("trace-{}.jsonl", node.name));
            TraceFile::open(&path, key.clone(), header(truth, NodeId(at), node, key))
                .map(|file| Rc::new(Scribe::new(file)))
        };
        truth.nodes.iter().zip(0_u16..).map(open).collect::<io::Result<_>>().map(|scribes| Self { scribes })
    }

    /// The watcher of a node that is left to itself.
    pub(super) fn watched(&self, node: NodeId, place: Rc<dyn Watch>, clock: &Clock) -> Rc<dyn Watch> {
        match self.of(node) {
            Some(scribe) => Rc::new(Traced::new(place, scribe.clone(), clock.clone())),
            None => place,
        }
    }

    fn of(&self, node: NodeId) -> Option<&Rc<Scribe>> {
        self.scribes.get(usize::from(node.0))
    }

    pub(super) fn write(&self, stage: &Stage, node: NodeId, cause: Name, what: &Seen<'_>) {
        if let Some(scribe) = self.of(node) {
            scribe.write(clock(stage, node), u64::from(cause.root), what);
        }
    }

    // A second delivery is the same bytes, so it says the same.
    pub(super) fn headers(&self, carrying: &Carrying) -> Vec<(Text, Text)> {
        let original = carrying.copy_of.unwrap_or(carrying.exchange);
        self.of(carrying.from).map(|scribe| scribe.headers(original)).unwrap_or_default()
    }

    pub(super) fn came(&self, stage: &Stage, carrying: &Carrying, stamps: Stamps) {
        if let Some(scribe) = self.of(carrying.to) {
            scribe.stamps(clock(stage, carrying.to), carrying.exchange, stamps);
        }
    }

    pub(super) fn arrived(&self, stage: &Stage, job: Option<&Job>, came: (ExchangeId, Option<u64>, &Received)) {
        let Some(Job::Handle(handle)) = job else { return };
        let Input::Request(arrival) = &handle.input else { return };
        let (exchange, named, received) = came;
        // The node knows over which link it came.
        let received = &Received { uri: arrival.uri.clone(), ..received.clone() };
        self.write(stage, handle.node, handle.cause, &Seen::Arrived { exchange, named, received, request: None });
    }

    pub(super) fn returned(
        &self,
        stage: &Stage,
        job: Option<&Job>,
        lamport: Option<u64>,
        (exchange, answer): (ExchangeId, &Result<Answer, DecodeError>),
    ) {
        let Some(Job::Handle(handle)) = job else { return };
        if let (Some(scribe), Some(lamport)) = (self.of(handle.node), lamport) {
            scribe.hears(clock(stage, handle.node), lamport);
        }
        self.write(stage, handle.node, handle.cause, &Seen::Returned { exchange, answer });
    }

    /// What a node learns that did not come over the network.
    pub(super) fn handed(&self, stage: &Stage, node: NodeId, cause: Name, input: &Input) {
        match input {
            Input::Failed { exchange, reason } => {
                self.write(stage, node, cause, &Seen::Failed { exchange: *exchange, reason: *reason });
            }
            Input::Timer(timer) => self.write(stage, node, cause, &Seen::TimerFired { timer: *timer }),
            Input::Restarted => self.write(stage, node, cause, &Seen::Reopened),
            Input::Act(_) => {
                let root = |scheduler: &mut crate::sim::scheduler::Scheduler| {
                    scheduler.truth().roots.get(cause.root as usize).cloned().unwrap_or_default()
                };
                self.acts(clock(stage, node), node, cause, stage.with(root));
            }
            Input::Request(_) | Input::Response { .. } | Input::PasswordChecked { .. } => {}
        }
    }

    pub(super) fn acts(&self, at: Timestamp, node: NodeId, cause: Name, act: Text) {
        if let Some(scribe) = self.of(node) {
            scribe.acts(at, u64::from(cause.root), act);
        }
    }

    pub(super) fn end(&self, clock: impl Fn(NodeId) -> Timestamp) {
        for (scribe, at) in self.scribes.iter().zip(0_u16..) {
            scribe.ends(clock(NodeId(at)));
        }
    }
}

pub(super) fn clock(stage: &Stage, node: NodeId) -> Timestamp {
    stage.with(|scheduler| scheduler.clock_of(node))
}

// What a node can tell of itself. That it is a mutant it cannot.
fn header(truth: &Truth, at: NodeId, node: &NodeTruth, key: &TraceKey) -> Header {
    let resources = truth.resources.iter().filter(|resource| resource.server == at);
    let told = resources.filter_map(|resource| {
        let owner = truth.get(resource.owner)?.accounts.get(node.origin.as_ref()?.origin())?.clone();
        let as_uri = truth.get(resource.authorization_server)?.origin.clone()?;
        let (path, need) = (resource.path.clone(), resource.need.clone());
        Some(ResourceTold { path, owner, as_uri, content: key.content(&resource.content), need })
    });
    Header {
        format: FORMAT,
        key: key.name(),
        node: NodeTruth { rules_off: Vec::new(), ..node.clone() },
        resources: told.collect(),
        cache_max: Some(truth.cache_max),
        clock_error_max: Some(truth.clock_error_max),
        request_max: Some(truth.request_max),
        resumed: false,
    }
}
