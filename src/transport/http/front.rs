//! The front of a server: bytes become a message, the message goes to whoever holds the role, and the answer becomes
//! bytes.

use super::contents::{self, Contents};
use super::limits::{Limits, Refusal};
use super::message;
use super::request_id::{self, RequestId};
use crate::wire::codec::{self, HttpRequest, Routes, http::header};
use crate::wire::page::Page;
use crate::wire::{Answer, Endpoint, Received, Response, Revision, Text, Uri};
use actix_web::HttpResponse;
use actix_web::http::header::HeaderName;
use actix_web::web::{Bytes, Data, Payload, ServiceConfig};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
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
    /// Under which number the request is spoken of in logs, on its way through several nodes.
    pub request: Option<Text>,
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

/// Who counts what a front answers.
pub trait Counts: fmt::Debug + Send + Sync {
    /// An answer leaves.
    fn answered(&self, endpoint: Endpoint, status: u16, took: Duration);
}

/// What a role answered.
struct Answered {
    endpoint: Endpoint,
    answer: Answer,
    stamps: Stamps,
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
    contents: Option<Arc<dyn Contents>>,
    counts: Option<Arc<dyn Counts>>,
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
        Self { origin, routes, revision, limits, open, door, contents: None, counts: None }
    }

    /// The same front for a role whose contents are files.
    #[must_use]
    pub fn with_contents(self, contents: Arc<dyn Contents>) -> Self {
        Self { contents: Some(contents), ..self }
    }

    /// The same front, which tells what it answers, and writes it to the log.
    #[must_use]
    pub fn with_counts(self, counts: Arc<dyn Counts>) -> Self {
        Self { counts: Some(counts), ..self }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Mounts the front: every path and method is its.
    pub fn mount(&self, config: &mut ServiceConfig) {
        config.app_data(Data::new(self.clone())).default_service(actix_web::web::to(serve));
    }

    async fn exchange(
        &self,
        came: &actix_web::HttpRequest,
        payload: Payload,
        id: &RequestId,
    ) -> Result<HttpResponse, Refusal> {
        let _one_of_the_open = self.open.try_acquire().map_err(|_| Refusal::Busy)?;
        let mut request = message::read_head(&self.origin, &self.limits, came)?;
        request.body = self.body(payload).await?.into();
        let Answered { endpoint, answer, stamps } = self.ask(&request, request_peer(came), id).await?;
        let mut response = self.write(came, &request, endpoint, &answer);
        if let Some(stamp) = stamps.of_answer() {
            response.headers_mut().insert(HeaderName::from_static(LAMPORT), stamp.into());
        }
        Ok(response)
    }

    fn write(
        &self,
        came: &actix_web::HttpRequest,
        asked: &HttpRequest,
        endpoint: Endpoint,
        answer: &Answer,
    ) -> HttpResponse {
        let written = || message::write(codec::encode_for(self.revision, &self.routes, asked, endpoint, answer));
        let Some((contents, name)) = self.contents.as_ref().zip(content_of(&answer.message)) else {
            return written();
        };
        let streamed = contents.find(name).map(|found| contents::stream(&found, came));
        match (streamed, &answer.set_cookie) {
            (Some(Ok(response)), None) => response,
            (Some(Ok(response)), Some(_)) => message::take_cookies(written(), response),
            // Granted, but no longer there.
            (Some(Err(_)) | None, _) => HttpResponse::NotFound().finish(),
        }
    }

    async fn body(&self, payload: Payload) -> Result<Bytes, Refusal> {
        let read = payload.to_bytes_limited(self.limits.body_bytes);
        let read = match self.limits.body_within {
            Some(within) => tokio::time::timeout(within, read).await.map_err(|_| Refusal::Slow)?,
            None => read.await,
        };
        read.map_err(|_| Refusal::Body)?.map_err(|_| Refusal::BrokeOff)
    }

    async fn ask(&self, request: &HttpRequest, peer: Option<Text>, id: &RequestId) -> Result<Answered, Refusal> {
        let received = codec::decode_request(self.revision, &self.routes, request);
        let endpoint = endpoint_of(&received);
        let named = header(&request.headers, EXCHANGE).and_then(|number| number.parse().ok());
        let (answer, answered) = oneshot::channel();
        let stamps = Stamps::of_request(lamport_of(&request.headers));
        id.reached(endpoint);
        self.door
            .send(Parcel { received, peer, named, stamps: stamps.clone(), request: Some(id.text()), answer })
            .map_err(|_| Refusal::Busy)?;
        // Whoever held the role has stopped before it answered.
        let answer = answered.await.map_err(|_| Refusal::Busy)?;
        Ok(Answered { endpoint, answer, stamps })
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

// What is shown to a browser in the end is a content as well.
const fn content_of(response: &Response) -> Option<&Text> {
    match response {
        Response::Content { content } | Response::Page(Page::Shown { content, .. }) => Some(content),
        _ => None,
    }
}

async fn serve(front: Data<Front>, request: actix_web::HttpRequest, payload: Payload) -> HttpResponse {
    let Some(counts) = &front.counts else {
        let answer = front.exchange(&request, payload, &RequestId::default()).await;
        return answer.unwrap_or_else(|refusal| message::write(refusal.answer()));
    };
    let (begun, id) = (Instant::now(), RequestId::of(request.headers()));
    let answer = front.exchange(&request, payload, &id).await;
    let mut answer = answer.unwrap_or_else(|refusal| message::write(refusal.answer()));
    let (endpoint, status, took) = (id.endpoint(), answer.status().as_u16(), begun.elapsed());
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    counts.answered(endpoint, status, took);
    // The endpoint and not the address: queries carry codes, states and tickets.
    tracing::info!(request = %id.text(), method = %request.method(), ?endpoint, status, millis, "answered");
    request_id::write(&id, answer.headers_mut());
    answer
}
