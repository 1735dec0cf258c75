//! One node as a process of its own: a listener, a journal, live surroundings, and an orderly end.

use super::clock::Clock;
use super::live::{LIVE, Live, Setting};
use super::passwords::Passwords;
use super::watch::Watch;
use super::{Config, Node, Site};
use crate::role::{Crypto, Input, Role, RuleSet};
use crate::transport::http::{Client, Contents, Counts, Front, Inbox, Limits, Listening};
use crate::transport::journal::{Journal, JournalError};
use crate::wire::{Revision, Text};
use actix::{Actor, Addr};
use rustls::ServerConfig;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What a process is made of.
pub struct Setup {
    /// The role as it is before anything happened.
    pub role: Role,
    /// Rules that it cannot obey where it is: on a plain link, the one that asks for TLS. Nothing else belongs here.
    pub rules_off: RuleSet,
    /// Where it is for others, and what it speaks.
    pub site: Site,
    /// Where it listens.
    pub listen: SocketAddr,
    /// TLS, where the node itself speaks it.
    pub tls: Option<ServerConfig>,
    /// What its front refuses alone.
    pub limits: Limits,
    /// How long open exchanges have to end when it stops, in seconds.
    pub stop_within_secs: u64,
    /// What survives.
    pub journal: Box<dyn Journal>,
    /// The client for outgoing requests.
    pub client: Client,
    /// The revisions of other servers, by origin, where it is another than the node's own.
    pub peers: BTreeMap<Text, Revision>,
    /// Signing and verifying.
    pub crypto: Rc<dyn Crypto>,
    /// How passwords are checked.
    pub passwords: Rc<dyn Passwords>,
    /// Who looks on.
    pub watch: Rc<dyn Watch>,
    /// Where the contents lie that it hands out.
    pub contents: Option<Arc<dyn Contents>>,
    /// Who takes the contents that it receives.
    pub inbox: Option<Rc<dyn Inbox>>,
    /// Who counts what it answers.
    pub counts: Option<Arc<dyn Counts>>,
}

/// Why a process does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The port.
    #[error("cannot listen on {on}: {why}")]
    Port {
        /// Where.
        on: SocketAddr,
        /// Why not.
        why: io::Error,
    },
}

/// A node that runs.
pub struct Process {
    listening: Listening,
    live: Live,
    node: Addr<Node>,
}

impl Process {
    /// Brings the role to what its journal says, and opens the door.
    ///
    /// # Errors
    /// When the journal cannot be read or the port cannot be had.
    pub fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { role, site, listen, tls, limits, stop_within_secs, journal, client, peers, .. } = setup;
        let Setup { rules_off, crypto, passwords, watch, contents, inbox, counts, .. } = setup;
        let (open, door) = mpsc::unbounded_channel();
        let revision = site.revision;
        let mut front = Front::new(site.origin, site.routes, revision, limits, open);
        if let Some(contents) = contents {
            front = front.with_contents(contents);
        }
        if let Some(counts) = counts {
            front = front.with_counts(counts);
        }
        let clock = Clock::of_machine();
        let by_path = BTreeMap::new();
        let live = Live::new(Setting { clock, client, revision, peers, by_path, crypto, passwords, watch, inbox });
        let node = Node::open(Config { role, rules_off, journal, surroundings: Rc::new(live.clone()) })?.start();
        let listening = Listening::start_with(front, listen, tls, stop_within_secs);
        let listening = listening.map_err(|why| StartError::Port { on: listen, why })?;
        live.inhabit(node.clone(), Some(door));
        live.deliver(LIVE, Input::Restarted);
        Ok(Self { listening, live, node })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address
    }

    /// Its surroundings, to hand it inputs.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Takes no more requests, lets open exchanges end as long as the limit allows, and ends the node.
    pub async fn stop(self) {
        self.listening.stop(true).await;
        self.live.leave();
        while self.node.connected() {
            actix_rt::task::yield_now().await;
        }
    }
}
