//! The sockets of a trial: a port for each server, a client for each node, and the calls that are under way.

use super::seat::Stage;
use crate::message::{ExchangeId, NodeId};
use crate::sim::scheduler::{Carrying, Returning, Site};
use crate::transport::http::front::lamport_of;
use crate::transport::http::{Client, Front, Limits, Listening, Names, NoAnswer, Parcel, Stamps};
use crate::wire::codec::{self, HttpResponse, Routes};
use crate::wire::{Answer, DecodeError, Duration, Received, Revision, Text, Uri};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The scheduler knows deadlines; this one only ends what has gone wrong.
const WITHIN: Duration = Duration::from_secs(60);

type Calling = JoinHandle<Result<HttpResponse, NoAnswer>>;

pub(super) struct Network {
    sites: Vec<Site>,
    servers: BTreeMap<NodeId, Server>,
    clients: Vec<Client>,
    names: Names,
    calls: BTreeMap<ExchangeId, Calling>,
    parcels: BTreeMap<ExchangeId, oneshot::Sender<Answer>>,
}

/// A server that goes on listening.
pub(super) struct Left {
    pub(super) node: NodeId,
    pub(super) origin: Uri,
    pub(super) revision: Revision,
    pub(super) routes: Routes,
    pub(super) listening: Listening,
    pub(super) door: mpsc::UnboundedReceiver<Parcel>,
}

/// A request at the door of its server.
pub(super) struct Carried {
    pub(super) received: Received,
    pub(super) named: Option<u64>,
    pub(super) stamps: Stamps,
}

/// An answer that has come.
pub(super) struct Returned {
    pub(super) answer: Result<Answer, DecodeError>,
    pub(super) lamport: Option<u64>,
}

struct Server {
    listening: Listening,
    door: mpsc::UnboundedReceiver<Parcel>,
}

impl Network {
    /// Starts a server for each node that has an origin, and a client for every node.
    pub(super) fn start(stage: &Stage, nodes: usize) -> io::Result<Self> {
        let ids = (0..nodes).map(|at| NodeId(at as u16));
        Self::of_sites(stage.with(|scheduler| ids.map(|node| scheduler.site(node)).collect()))
    }

    /// The same for the sites of all nodes, in their order.
    pub(super) fn of_sites(sites: Vec<Site>) -> io::Result<Self> {
        let (mut servers, mut names) = (BTreeMap::new(), Names::new());
        for (at, site) in sites.iter().enumerate() {
            if let Some((server, origin)) = Server::start(site)? {
                names.insert(origin, server.listening.address);
                servers.insert(NodeId(at as u16), server);
            }
        }
        let clients = sites.iter().map(|_| Client::new(names.clone())).collect();
        Ok(Self { sites, servers, clients, names, calls: BTreeMap::new(), parcels: BTreeMap::new() })
    }

    /// Sends a request to its server's port, and waits until it is at the server's door.
    /// `headers`: what its sender says of it besides.
    pub(super) async fn carry(&mut self, carrying: &Carrying, headers: Vec<(Text, Text)>) -> io::Result<Carried> {
        let Carrying { exchange, from, to, spoken, call, .. } = carrying;
        let mut request = codec::encode_request(*spoken, call);
        request.headers.extend(headers);
        let client = self.clients[usize::from(from.0)].clone();
        let mut call = actix_rt::spawn(async move { client.exchange(request, WITHIN).await });
        let server = self.servers.get_mut(to).ok_or_else(|| io::Error::other("a request to nobody"))?;
        let parcel = tokio::select! {
            parcel = server.door.recv() => parcel,
            ended = &mut call => return Err(ended_early(ended)),
        };
        let parcel = parcel.ok_or_else(|| io::Error::other("a door is shut"))?;
        let Parcel { received, named, stamps, answer, .. } = parcel;
        self.calls.insert(*exchange, call);
        self.parcels.insert(*exchange, answer);
        Ok(Carried { received, named, stamps })
    }

    /// Where the answer to a request that is at the door goes.
    pub(super) fn take_parcel(&mut self, exchange: ExchangeId) -> Option<oneshot::Sender<Answer>> {
        self.parcels.remove(&exchange)
    }

    /// Waits for the bytes of an answer that has left, and reads them.
    /// Its Lamport stamp comes along, where it has one.
    pub(super) async fn bring_back(&mut self, returning: &Returning) -> io::Result<Returned> {
        let gone = || io::Error::other("the call of an answered exchange is gone");
        let call = self.calls.remove(&returning.exchange).ok_or_else(gone)?;
        let response = call.await.map_err(io::Error::other)?.map_err(io::Error::other)?;
        let answer = codec::decode_response(returning.spoken, &returning.asked, &response);
        Ok(Returned { answer, lamport: lamport_of(&response.headers) })
    }

    /// Ends the calls that nobody waits for any more, as a broken connection does.
    pub(super) fn hang_up(&mut self, is_open: impl Fn(ExchangeId) -> bool) {
        self.parcels.retain(|exchange, _| is_open(*exchange));
        self.calls.retain(|exchange, call| {
            let open = is_open(*exchange);
            if !open {
                call.abort();
            }
            open
        });
    }

    /// The servers as they stand, for whoever takes over, and where they are.
    pub(super) fn leave(self) -> (Names, Vec<Left>) {
        let Self { sites, servers, names, .. } = self;
        let left = |(node, server): (NodeId, Server)| {
            let Site { origin, revision, routes } = sites.get(usize::from(node.0))?.clone();
            let Server { listening, door } = server;
            Some(Left { node, origin: origin?, revision, routes, listening, door })
        };
        (names, servers.into_iter().filter_map(left).collect())
    }

    pub(super) async fn stop(self) {
        for server in self.servers.into_values() {
            server.listening.stop(false).await;
        }
    }
}

impl Server {
    fn start(site: &Site) -> io::Result<Option<(Self, Text)>> {
        let Some(origin) = site.origin.clone() else { return Ok(None) };
        let name = Text::from(origin.origin());
        let (open, door) = mpsc::unbounded_channel();
        let front = Front::new(origin, site.routes.clone(), site.revision, Limits::default(), open);
        let listening = Listening::start(front, SocketAddr::from((Ipv4Addr::LOCALHOST, own_port(&name))))?;
        Ok(Some((Self { listening, door }, name)))
    }
}

// A name under `localhost` is this machine, and says where here; any other is only a name.
fn own_port(origin: &str) -> u16 {
    let place = origin.split_once(".localhost:").and_then(|(_, port)| port.parse().ok());
    place.unwrap_or_default()
}

fn ended_early(ended: Result<Result<HttpResponse, NoAnswer>, tokio::task::JoinError>) -> io::Error {
    match ended {
        Ok(Ok(response)) => io::Error::other(format!("a front refused a request by itself: {}", response.status)),
        Ok(Err(error)) => io::Error::other(error),
        Err(error) => io::Error::other(error),
    }
}
