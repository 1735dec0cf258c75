//! After a story: its servers go on with what their journals say, by the real clock, for whoever comes. A browser finds
//! no `https://NAME.example`, so for staying a story is played with its servers where a browser finds them.

use super::network::Left;
use super::tongues::Tongues;
use super::{Played, Traces, play, realm};
use crate::node::clock::Clock;
use crate::node::live::{LIVE, Live, Setting};
use crate::node::passwords::Blocking;
use crate::node::watch::{Nobody, Watch};
use crate::node::{Config, Node};
use crate::role::crypto::StandInCrypto;
use crate::role::{Input, Rule};
use crate::sim::run::{Finished, Options, finished, prepare};
use crate::sim::scheduler::WireMode;
use crate::sim::script::ScriptFile;
use crate::sim::world::{Origins, World, password_verifier};
use crate::transport::http::{Client, Names};
use crate::transport::journal::memory::MemoryStore;
use crate::transport::journal::{Journal, Realm};
use crate::wire::token::Password;
use crate::wire::{Text, Uri};
use actix::Actor;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::rc::Rc;

/// Where a server of a story can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its name in the script.
    pub name: Text,
    /// The origin by which the other nodes know it.
    pub origin: Uri,
    /// Where it listens.
    pub url: String,
}

/// Where the servers of a script can listen so that a browser on this machine finds them: names under `localhost`, which
/// keep cookies of different servers apart, and ports that are free now.
///
/// # Errors
/// When no port can be had.
pub fn places(script: &ScriptFile) -> io::Result<Origins> {
    let servers = script.identity_providers.iter().map(|table| &table.name);
    let servers = servers.chain(script.authorization_servers.iter().map(|table| &table.name));
    let servers = servers.chain(script.resource_servers.iter().map(|table| &table.name));
    let servers = servers.chain(script.clients.iter().map(|table| &table.name));
    // All are held until each has another one.
    let held: Vec<(&String, TcpListener)> = servers
        .map(|name| Ok((name.get_ref(), TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?)))
        .collect::<io::Result<_>>()?;
    let origin = |(name, listener): (&String, TcpListener)| {
        let port = listener.local_addr()?.port();
        Ok((name.clone(), Uri::new(format!("http://{name}.localhost:{port}"))))
    };
    held.into_iter().map(origin).collect()
}

/// Plays a world that was built at such [`places`], tells where its servers are, and lets them go on until Ctrl-C. There is
/// no TLS at these places, and nobody judges.
///
/// # Errors
/// As [`super::run`], and when a journal cannot be read.
pub fn stay(mut world: World, tell: impl FnOnce(&[Address])) -> io::Result<()> {
    for seat in &mut world.seats {
        seat.rules_off = seat.rules_off.iter().chain([Rule::LinkIsTls]).collect();
    }
    let options = Options { judge: false, ..Options::default() };
    actix::System::new().block_on(async move {
        let standing = Standing::after(world, &options).await?;
        tell(&standing.addresses);
        actix_rt::signal::ctrl_c().await
    })
}

/// The servers of a story that is over.
pub struct Standing {
    /// What came of the story.
    pub finished: Finished,
    /// Where the servers are.
    pub addresses: Vec<Address>,
}

impl Standing {
    /// Plays a world, and starts its servers anew from their journals, at the same ports. For an actix system that is
    /// already there.
    ///
    /// # Errors
    /// As [`super::run`], and when a journal cannot be read.
    pub async fn after(world: World, options: &Options) -> io::Result<Self> {
        let (scheduler, roles) = prepare(world, &Options { wire: WireMode::Carried, ..*options });
        let blank = roles.clone();
        let store = MemoryStore::new();
        let journals = |realm: &Realm| -> Box<dyn Journal> { Box::new(store.journal(realm)) };
        let Played { scheduler, network } = play(scheduler, roles, &journals, Traces::default()).await?;
        let clock = Clock::starting_at(scheduler.now());
        let (names, left) = network.leave();
        let finished = finished(scheduler);
        let tongues = |server: &Left| Tongues::of(&finished.truth, server.node, server.revision, &left);
        let tongues: Vec<Tongues> = left.iter().map(tongues).collect();
        let mut addresses = Vec::new();
        for (Left { node, origin, listening, door, .. }, tongues) in left.into_iter().zip(tongues) {
            let at = usize::from(node.0);
            let (role, rules_off) = blank[at].clone();
            let watch = Rc::new(Nobody::default());
            let live = Live::new(setting(&clock, names.clone(), tongues, watch));
            let journal = Box::new(store.journal(&realm(at)));
            let config = Config { role, rules_off, journal, surroundings: Rc::new(live.clone()) };
            live.inhabit(Node::open(config).map_err(io::Error::other)?.start(), Some(door));
            live.deliver(LIVE, Input::Restarted);
            let name = finished.truth.get(node).map(|truth| truth.name.clone()).unwrap_or_default();
            addresses.push(Address { name, origin, url: format!("http://{}", listening.address) });
        }
        Ok(Self { finished, addresses })
    }
}

pub(super) fn setting(clock: &Clock, names: Names, tongues: Tongues, watch: Rc<dyn Watch>) -> Setting {
    let Tongues { own: revision, peers, by_path } = tongues;
    Setting {
        clock: clock.clone(),
        client: Client::new(names),
        revision,
        peers,
        by_path,
        crypto: Rc::new(StandInCrypto),
        passwords: Rc::new(Blocking(is_password)),
        watch,
        inbox: None,
    }
}

// What the accounts of a simulation have on file.
fn is_password(verifier: &str, password: &Password) -> bool {
    password_verifier(password) == verifier
}
