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

pub use free::{needs_shim, run_free};
pub use stay::{Address, Standing, stay};

use crate::node::{Config, Deliver, Node, Reopen, Written};
use crate::role::{Input, Role, RuleSet};
use crate::sim::run::{Finished, Options, finished, prepare};
use crate::sim::scheduler::{Handle, Job, Scheduler, WireMode};
use crate::sim::world::World;
use crate::transport::journal::Realm;
use crate::transport::journal::memory::MemoryStore;
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
    let (scheduler, roles) = prepare(world, &Options { wire: WireMode::Carried, ..*options });
    let played = actix::System::new().block_on(async move {
        let playing = actix_rt::spawn(play(scheduler, roles));
        let played: Played = playing.await.map_err(io::Error::other)??;
        played.network.stop().await;
        io::Result::Ok(played.scheduler)
    });
    played.map(finished)
}

/// What is there when a story is over.
struct Played {
    scheduler: Scheduler,
    store: MemoryStore,
    network: Network,
}

async fn play(scheduler: Scheduler, roles: Vec<(Role, RuleSet)>) -> io::Result<Played> {
    let stage = Rc::new(Stage::new(scheduler));
    let network = Network::start(&stage, roles.len())?;
    let store = MemoryStore::new();
    let nodes = Nodes::start(&stage, &store, roles)?;
    let mut conductor = Conductor { stage: stage.clone(), network, nodes };
    conductor.conduct().await?;
    let network = conductor.end().await;
    let scheduler = Rc::try_unwrap(stage).map_err(|_| io::Error::other("a node outlives its story"))?.into_scheduler();
    Ok(Played { scheduler, store, network })
}

/// The nodes of a world.
struct Nodes {
    actors: Vec<Addr<Node>>,
    shims: Vec<Shim>,
}

impl Nodes {
    fn start(stage: &Rc<Stage>, store: &MemoryStore, roles: Vec<(Role, RuleSet)>) -> io::Result<Self> {
        let mut nodes = Self { actors: Vec::new(), shims: Vec::new() };
        for (at, (role, rules_off)) in roles.into_iter().enumerate() {
            let shim = Shim::new(Box::new(store.journal(&realm(at))));
            let surroundings = Rc::new(Seat::new(stage.clone(), at, shim.clone()));
            let config = Config { role, rules_off, journal: Box::new(shim.clone()), surroundings };
            nodes.actors.push(Node::open(config).map_err(io::Error::other)?.start());
            nodes.shims.push(shim);
        }
        Ok(nodes)
    }
}

fn realm(at: usize) -> Realm {
    Realm::new(format!("node {at}"))
}

/// Does what the scheduler says next, with nodes and sockets.
struct Conductor {
    stage: Rc<Stage>,
    network: Network,
    nodes: Nodes,
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
                let received = self.network.carry(&carrying).await?;
                Ok(self.stage.with(|scheduler| scheduler.arrived(carrying.exchange, received)))
            }
            Job::Return(returning) => {
                let answer = self.network.bring_back(&returning).await?;
                Ok(self.stage.with(|scheduler| scheduler.returned(returning.exchange, answer)))
            }
            Job::Written { node, number } => {
                self.nodes.shims[usize::from(node.0)].through(number);
                self.nodes.actors[usize::from(node.0)].send(Written).await.map_err(io::Error::other)?;
                Ok(self.stage.with(Scheduler::next))
            }
        }
    }

    async fn handle(&mut self, handle: Handle) -> io::Result<()> {
        let Handle { node, at, input, cause, entropy, .. } = handle;
        self.stage.begin(at, entropy);
        let answer = match &input {
            Input::Request(arrival) => self.network.take_parcel(arrival.exchange),
            _ => None,
        };
        let actor = &self.nodes.actors[usize::from(node.0)];
        actor.send(Deliver { cause, input, answer }).await.map_err(io::Error::other)
    }

    async fn end(self) -> Network {
        let Self { network, nodes, .. } = self;
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
