//! The front of a server: bytes become a message, the message goes to whoever holds the role, and the answer becomes
//! bytes.

use super::limits::{Limits, Refusal};
use super::message;
use crate::wire::codec::{self, HttpRequest, HttpResponse, Routes, http::header};
use crate::wire::{Answer, Endpoint, Received, Revision, Text, Uri};
use actix_web::web::{Bytes, Data, Payload, ServiceConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// A message at the door of a role. Dropping `answer` ends the exchange without one.
#[derive(Debug)]
pub struct Parcel {
    /// What came.
    pub received: Received,
    /// The network address that it came from, where there is a connection.
    pub peer: Option<Text>,
    /// How the sender names the exchange; believed only among nodes of one trial.
    pub named: Option<u64>,
    /// The Lamport stamps of the request and, later, of its answer.
    pub stamps: Stamps,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

/// The Lamport stamps of one exchange, where its parties keep any.
#[derive(Clone, Debug, Default)]
pub struct Stamps {
    /// What the request carries; no proof of anything.
    pub came: Option<u64>,
    leaves: Arc<AtomicU64>,
}

impl Stamps {
    /// Those of a request; its answer has none yet.
    pub fn of_request(came: Option<u64>) -> Self {
        Self { came, ..Self::default() }
    }

    /// What the answer is to carry.
    pub fn leaves(&self, lamport: u64) {
        self.leaves.store(lamport, Ordering::SeqCst);
    }

    /// What the answer carries, if it was said.
    pub fn of_answer(&self) -> Option<u64> {
        Some(self.leaves.load(Ordering::SeqCst)).filter(|stamp| *stamp > 0)
    }
}

/// The header field by which nodes of one trial tell each other which exchange a request belongs to.
pub const EXCHANGE: &str = "umaverse-exchange";

/// The header field of a Lamport stamp, in requests and answers.
pub const LAMPORT: &str = "umaverse-lamport";

/// The stamp among header fields.
pub fn lamport_of(headers: &[(Text, Text)]) -> Option<u64> {
    header(headers, LAMPORT).and_then(|stamp| stamp.parse().ok())
}

/// What a front knows of its server.
#[derive(Clone, Debug)]
pub struct Front {
    origin: Uri,
    routes: Routes,
    revision: Revision,
    limits: Limits,
    open: Arc<Semaphore>,
    door: mpsc::UnboundedSender<Parcel>,
}

impl Front {
    /// The front of the server at `origin`; messages come out at the other end of the `door`.
    pub fn new(
        origin: Uri,
        routes: Routes,
        revision: Revision,
        limits: Limits,
        door: mpsc::UnboundedSender<Parcel>,
    ) -> Self {
        let open = Arc::new(Semaphore::new(limits.open_exchanges));
        Self { origin, routes, revision, limits, open, door }
    }

    /// Mounts the front: every path and method is its.
    pub fn mount(&self, config: &mut ServiceConfig) {
        config.app_data(Data::new(self.clone())).default_service(actix_web::web::to(serve));
    }

    async fn exchange(&self, head: &actix_web::HttpRequest, payload: Payload) -> Result<HttpResponse, Refusal> {
        let _one_of_the_open = self.open.try_acquire().map_err(|_| Refusal::Busy)?;
        let mut request = message::read_head(&self.origin, &self.limits, head)?;
        request.body = self.body(payload).await?.into();
        let peer = request_peer(head);
        self.ask(&request, peer).await
    }

    async fn body(&self, payload: Payload) -> Result<Bytes, Refusal> {
        let read = payload.to_bytes_limited(self.limits.body_bytes);
        let read = match self.limits.body_within {
            Some(within) => tokio::time::timeout(within, read).await.map_err(|_| Refusal::Slow)?,
            None => read.await,
        };
        read.map_err(|_| Refusal::Body)?.map_err(|_| Refusal::BrokeOff)
    }

    async fn ask(&self, request: &HttpRequest, peer: Option<Text>) -> Result<HttpResponse, Refusal> {
        let received = codec::decode_request(self.revision, &self.routes, request);
        let endpoint = endpoint_of(&received);
        let named = header(&request.headers, EXCHANGE).and_then(|number| number.parse().ok());
        let (answer, answered) = oneshot::channel();
        let stamps = Stamps::of_request(lamport_of(&request.headers));
        self.door.send(Parcel { received, peer, named, stamps: stamps.clone(), answer }).map_err(|_| Refusal::Busy)?;
        // Whoever held the role has stopped before it answered.
        let answer = answered.await.map_err(|_| Refusal::Busy)?;
        let mut response = codec::encode_for(self.revision, &self.routes, request, endpoint, &answer);
        response.headers.extend(stamps.of_answer().map(|stamp| (LAMPORT.into(), stamp.to_string().into())));
        Ok(response)
    }
}

// Behind a proxy this is the proxy: what a header says about others is anybody's word.
fn request_peer(head: &actix_web::HttpRequest) -> Option<Text> {
    head.peer_addr().map(|address| address.ip().to_string().into())
}

fn endpoint_of(received: &Received) -> Endpoint {
    match &received.message {
        Ok(message) => message.endpoint(),
        Err(error) => error.endpoint,
    }
}

async fn serve(front: Data<Front>, request: actix_web::HttpRequest, payload: Payload) -> actix_web::HttpResponse {
    let answer = front.exchange(&request, payload).await;
    message::write(answer.unwrap_or_else(Refusal::answer))
}
