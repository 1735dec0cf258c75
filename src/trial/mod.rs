//! A world of real nodes on the loopback interface: every role in a [`crate::node::Node`] with a journal of its own,
//! every message over TCP through actix-web and the HTTP client.
//!
//! The scheduler of the simulation is the clock that can be stepped, the shim that makes faults, and whoever plays the
//! script: when everything is at rest, time goes on to what is next. One delivery is in flight, so a script gives the
//! same trace as on the other hosts. What nodes do in earnest (journal, hold back, answer, come back) they do here.

mod book;
mod free;
mod journal;
mod network;
mod seat;
mod stay;
mod tongues;
mod traces;

pub use free::{needs_shim, run_free, run_free_traced};
pub use stay::{Address, Standing, places, stay};
pub use traces::{Traces, run_traced};

use crate::message::NodeId;
use crate::node::{Config, Deliver, Node, Reopen, Written};
use crate::role::{Input, Role, RuleSet};
use crate::sim::run::{Finished, Options, finished, prepare};
use crate::sim::scheduler::{Handle, Job, Scheduler, WireMode};
use crate::sim::world::World;
use crate::transport::journal::memory::MemoryStore;
use crate::transport::journal::{Journal, Realm};
use actix::{Actor, Addr};
use journal::Shim;
use network::Network;
use seat::{Seat, Stage};
use std::io;
use std::rc::Rc;

/// Plays a world on real nodes, to its end.
///
/// # Errors
/// When a port cannot be had, a node is gone, or a node's journal and its trace disagree.
pub fn run(world: World, options: &Options) -> io::Result<Finished> {
    let store = MemoryStore::new();
    run_on(world, options, move |realm| Box::new(store.journal(realm)))
}

/// Plays a world on real nodes with these journals, to its end. `journals` opens the stream of a realm.
///
/// # Errors
/// As [`run`], and when a journal cannot be read.
pub fn run_on(
    world: World,
    options: &Options,
    journals: impl Fn(&Realm) -> Box<dyn Journal> + 'static,
) -> io::Result<Finished> {
    play_out(world, options, journals, Traces::default())
}

fn play_out(
    world: World,
    options: &Options,
    journals: impl Fn(&Realm) -> Box<dyn Journal> + 'static,
    traces: Traces,
) -> io::Result<Finished> {
    let (scheduler, roles) = prepare(world, &Options { wire: WireMode::Carried, ..*options });
    let played = actix::System::new().block_on(async move {
        let playing = actix_rt::spawn(async move { play(scheduler, roles, &journals, traces).await });
        let played: Played = playing.await.map_err(io::Error::other)??;
        played.network.stop().await;
        io::Result::Ok(played.scheduler)
    });
    played.map(finished)
}

/// What is there when a story is over.
struct Played {
    scheduler: Scheduler,
    network: Network,
}

/// Opens the stream of a realm.
type Journals<'a> = &'a dyn Fn(&Realm) -> Box<dyn Journal>;

async fn play(
    scheduler: Scheduler,
    roles: Vec<(Role, RuleSet)>,
    journals: Journals<'_>,
    traces: Traces,
) -> io::Result<Played> {
    let stage = Rc::new(Stage::new(scheduler));
    let network = Network::start(&stage, roles.len())?;
    let nodes = Nodes::start(&stage, journals, roles, &traces)?;
    let mut conductor = Conductor { stage: stage.clone(), network, nodes, traces };
    conductor.conduct().await?;
    let network = conductor.end().await;
    let scheduler = Rc::try_unwrap(stage).map_err(|_| io::Error::other("a node outlives its story"))?.into_scheduler();
    Ok(Played { scheduler, network })
}

/// The nodes of a world.
struct Nodes {
    actors: Vec<Addr<Node>>,
    shims: Vec<Shim>,
}

impl Nodes {
    fn start(
        stage: &Rc<Stage>,
        journals: Journals<'_>,
        roles: Vec<(Role, RuleSet)>,
        traces: &Traces,
    ) -> io::Result<Self> {
        let mut nodes = Self { actors: Vec::new(), shims: Vec::new() };
        for (at, (role, rules_off)) in roles.into_iter().enumerate() {
            let shim = Shim::new(journals(&realm(at)));
            let surroundings = Rc::new(Seat::new(stage.clone(), at, shim.clone(), traces.clone()));
            let config = Config { role, rules_off, journal: Box::new(shim.clone()), surroundings };
            nodes.actors.push(Node::open(config).map_err(io::Error::other)?.start());
            nodes.shims.push(shim);
        }
        Ok(nodes)
    }
}

impl Nodes {
    // A journal on a disk answers from a thread of its own; what waits for it belongs to the delivery in flight.
    async fn written(&self, node: NodeId) -> io::Result<()> {
        let at = usize::from(node.0);
        while self.shims[at].is_writing() {
            tokio::time::sleep(WRITING).await;
        }
        self.actors[at].send(Written).await.map_err(io::Error::other)
    }
}

/// How often it is looked whether a write is through.
const WRITING: std::time::Duration = std::time::Duration::from_millis(1);

fn realm(at: usize) -> Realm {
    Realm::new(format!("node {at}"))
}

/// Does what the scheduler says next, with nodes and sockets.
struct Conductor {
    stage: Rc<Stage>,
    network: Network,
    nodes: Nodes,
    traces: Traces,
}

impl Conductor {
    async fn conduct(&mut self) -> io::Result<()> {
        let mut job = self.stage.with(Scheduler::next);
        while let Some(next) = job {
            job = self.step(next).await?;
            self.network.hang_up(|exchange| self.stage.with(|scheduler| scheduler.is_open(exchange)));
        }
        Ok(())
    }

    async fn step(&mut self, job: Job) -> io::Result<Option<Job>> {
        match job {
            Job::Handle(handle) => {
                self.handle(*handle).await?;
                Ok(self.stage.with(Scheduler::next))
            }
            Job::Rebuild { node, facts } => {
                let rebuilt = self.nodes.actors[usize::from(node.0)].send(Reopen).await.map_err(io::Error::other)?;
                let rebuilt = rebuilt.map_err(io::Error::other)?;
                if rebuilt != facts.len() as u64 {
                    let text = format!("a journal has {rebuilt} facts, and the trace {}", facts.len());
                    return Err(io::Error::other(text));
                }
                Ok(self.stage.with(Scheduler::rebuilt))
            }
            Job::Carry(carrying) => {
                let headers = self.traces.headers(&carrying);
                let carried = self.network.carry(&carrying, headers).await?;
                self.traces.came(&self.stage, &carrying, carried.stamps);
                let job = self.stage.with(|scheduler| scheduler.arrived(carrying.exchange, carried.received.clone()));
                let came = (carrying.exchange, carried.named, &carried.received);
                self.traces.arrived(&self.stage, job.as_ref(), came);
                Ok(job)
            }
            Job::Return(returning) => {
                let returned = self.network.bring_back(&returning).await?;
                let exchange = returning.exchange;
                let job = self.stage.with(|scheduler| scheduler.returned(exchange, returned.answer.clone()));
                self.traces.returned(&self.stage, job.as_ref(), returned.lamport, (exchange, &returned.answer));
                Ok(job)
            }
            Job::Written { node, number } => {
                let shim = &self.nodes.shims[usize::from(node.0)];
                shim.through(number);
                while shim.release_one() {
                    self.nodes.written(node).await?;
                }
                Ok(self.stage.with(Scheduler::next))
            }
        }
    }

    async fn handle(&mut self, handle: Handle) -> io::Result<()> {
        let Handle { node, at, input, cause, entropy, .. } = handle;
        self.stage.begin(at, entropy);
        self.traces.handed(&self.stage, node, cause, &input);
        let answer = match &input {
            Input::Request(arrival) => self.network.take_parcel(arrival.exchange),
            _ => None,
        };
        let actor = &self.nodes.actors[usize::from(node.0)];
        actor.send(Deliver { cause, input, answer }).await.map_err(io::Error::other)?;
        self.nodes.written(node).await
    }

    async fn end(self) -> Network {
        let Self { network, nodes, traces, stage } = self;
        traces.end(|node| traces::clock(&stage, node));
        for actor in &nodes.actors {
            // A node that is gone has nothing left to end.
            let _gone = actor.send(crate::node::Close).await;
            while actor.connected() {
                actix_rt::task::yield_now().await;
            }
        }
        network
    }
}
