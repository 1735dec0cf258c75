//! The service host: the scheduler and the actors of the actor host, and every message through the actix-web service of
//! its server, without sockets and under virtual time. One delivery in flight: a call of the service is spawned, its
//! message is taken at the door and handed to the role, and the call is parked until the answer returns.

use crate::message::ExchangeId;
use crate::sim::actor::{Actor, Order, order};
use crate::sim::kernel::Hosted;
use crate::sim::scheduler::{Carrying, Job, Returning, Scheduler, Site};
use crate::transport::actor::RoleActor;
use crate::transport::http::{Front, InProcess, Limits, Parcel, in_process};
use crate::wire::codec::{self, HttpResponse};
use crate::wire::{Answer, DecodeError, Received, Uri};
use std::collections::BTreeMap;
use std::io;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Drives a run to its end in an actix system of its own.
///
/// # Errors
/// When the runtime or a service cannot be started, an actor is gone, or a message cannot be carried by HTTP.
pub fn run(scheduler: Scheduler, hosted: Vec<Hosted>) -> io::Result<Scheduler> {
    let system = actix::System::new();
    system.block_on(async { actix_rt::spawn(drive(scheduler, hosted)).await.map_err(io::Error::other)? })
}

async fn drive(mut scheduler: Scheduler, hosted: Vec<Hosted>) -> io::Result<Scheduler> {
    let mut network = Network::new(&scheduler).await?;
    let actors: Vec<Actor> = hosted.into_iter().map(RoleActor::start_with).collect();
    let mut job = scheduler.next();
    while let Some(next) = job {
        job = match next {
            Job::Handle(handle) => {
                let actor = &actors[usize::from(handle.node.0)];
                if let Some(outcome) = order(actor, Order::Handle(handle)).await? {
                    scheduler.complete(outcome);
                }
                scheduler.next()
            }
            Job::Rebuild { node, facts } => {
                order(&actors[usize::from(node.0)], Order::Rebuild(facts)).await?;
                scheduler.rebuilt()
            }
            Job::Carry(carrying) => {
                let received = network.carry(&carrying).await?;
                scheduler.arrived(carrying.exchange, received)
            }
            Job::Return(returning) => {
                let answer = network.bring_back(&returning).await?;
                scheduler.returned(returning.exchange, answer)
            }
            Job::Written { .. } => scheduler.next(),
        };
        network.hang_up(|exchange| scheduler.is_open(exchange));
    }
    Ok(scheduler)
}

/// The services of all servers, and the calls that are parked.
struct Network {
    servers: Vec<Server>,
    parked: BTreeMap<ExchangeId, Parked>,
}

struct Server {
    service: InProcess,
    door: mpsc::UnboundedReceiver<Parcel>,
}

struct Parked {
    answer: oneshot::Sender<Answer>,
    call: JoinHandle<io::Result<HttpResponse>>,
}

impl Network {
    async fn new(scheduler: &Scheduler) -> io::Result<Self> {
        let mut servers = Vec::new();
        for (node, _) in scheduler.rules_off() {
            servers.push(Server::new(scheduler.site(node)).await?);
        }
        Ok(Self { servers, parked: BTreeMap::new() })
    }

    async fn carry(&mut self, carrying: &Carrying) -> io::Result<Received> {
        let server = &mut self.servers[usize::from(carrying.to.0)];
        let request = codec::encode_request(carrying.spoken, &carrying.call);
        let service = server.service.clone();
        let mut call = actix_rt::spawn(async move { service.exchange(request).await });
        let parcel = tokio::select! {
            parcel = server.door.recv() => parcel,
            refused = &mut call => return Err(refused_alone(refused)),
        };
        let Parcel { received, answer, .. } = parcel.ok_or_else(|| io::Error::other("a door is shut"))?;
        self.parked.insert(carrying.exchange, Parked { answer, call });
        Ok(received)
    }

    async fn bring_back(&mut self, returning: &Returning) -> io::Result<Result<Answer, DecodeError>> {
        let gone = || io::Error::other("the call of an answered exchange is gone");
        let Parked { answer, call } = self.parked.remove(&returning.exchange).ok_or_else(gone)?;
        answer.send(returning.answer.clone()).map_err(|_| gone())?;
        let response = call.await.map_err(io::Error::other)??;
        Ok(codec::decode_response(returning.spoken, &returning.asked, &response))
    }

    // A call that nobody waits for any more ends as its connection would.
    fn hang_up(&mut self, is_open: impl Fn(ExchangeId) -> bool) {
        self.parked.retain(|exchange, parked| {
            let open = is_open(*exchange);
            if !open {
                parked.call.abort();
            }
            open
        });
    }
}

impl Server {
    async fn new(site: Site) -> io::Result<Self> {
        // Time is the scheduler's alone.
        let limits = Limits { body_within: None, ..Limits::default() };
        let origin = site.origin.clone().unwrap_or_else(|| Uri::new("https://nowhere.invalid"));
        let front = |door| Front::new(origin, site.routes.clone(), site.revision, limits, door);
        let (service, door) = in_process::with_door(front).await?;
        Ok(Self { service, door })
    }
}

fn refused_alone(ended: Result<io::Result<HttpResponse>, tokio::task::JoinError>) -> io::Error {
    match ended {
        Ok(Ok(response)) => io::Error::other(format!("a front refused a request by itself: {}", response.status)),
        Ok(Err(error)) => error,
        Err(error) => io::Error::other(error),
    }
}
