//! The HTTP client of a node: a pool of connections, a deadline for each request, and a table of names.

use super::contents::Inbox;
use super::message;
use crate::wire::codec::{HttpRequest, HttpResponse, http};
use crate::wire::{Duration, Text, Uri};
use actix_web::body::{BodyStream, MessageBody};
use actix_web::http::{Method, header};
use awc::{ClientRequest, ClientResponse, Connector};
use rustls::ClientConfig;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration as Span;

/// Where names of a world are when they are not in the domain name system: origin and address. The request keeps the
/// URI and the `Host` field that the name gives it.
pub type Names = BTreeMap<Text, SocketAddr>;

/// The longest answer that is read, in bytes.
const ANSWER_MAX: usize = 4 * 1024 * 1024;
/// Below the time after which servers close an idle connection, so that a request seldom meets a closed one.
const KEEP_ALIVE: Span = Span::from_secs(4);
/// How long a connection may take to open.
const CONNECT_WITHIN: Span = Span::from_secs(5);

type Answered = ClientResponse;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The deadline passed.
    #[error("no answer within the deadline")]
    TimedOut,
    /// No connection, or it broke.
    #[error("no connection to {to}: {why}")]
    Unreachable {
        /// The origin.
        to: Text,
        /// What the network said.
        why: String,
    },
    /// HTTP cannot carry the request.
    #[error("HTTP cannot carry the {part} of the request")]
    Unspeakable {
        /// Which part.
        part: &'static str,
    },
}

/// A client. Follows no redirect, adds no header field of its own but `Host`.
#[derive(Clone)]
pub struct Client {
    inner: awc::Client,
    names: Names,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that finds these names at these addresses.
    pub fn new(names: Names) -> Self {
        Self::with(None, names)
    }

    /// A client that finds these names, and everybody else over TLS as `tls` says.
    pub fn over_tls(names: Names, tls: Arc<ClientConfig>) -> Self {
        Self::with(Some(tls), names)
    }

    fn with(tls: Option<Arc<ClientConfig>>, names: Names) -> Self {
        let mut connector = Connector::new().timeout(CONNECT_WITHIN).conn_keep_alive(KEEP_ALIVE);
        if let Some(tls) = tls {
            connector = connector.rustls_0_23(tls);
        }
        let builder = awc::Client::builder().connector(connector);
        Self { inner: builder.disable_redirects().disable_timeout().no_default_headers().finish(), names }
    }

    /// Sends a request, and hands what comes of it to an inbox as it comes, if it is a success. The body of the answer
    /// is then the name under which the inbox has it. The deadline is for the head and for each pause after it.
    ///
    /// # Errors
    /// When there is no answer, it breaks off, or the inbox has no room.
    pub async fn receive(
        &self,
        request: HttpRequest,
        within: Duration,
        inbox: &dyn Inbox,
    ) -> Result<HttpResponse, NoAnswer> {
        let within = Span::from_micros(within.0);
        let to = Text::from(request.uri.origin());
        let broken = |why: String| NoAnswer::Unreachable { to: to.clone(), why };
        let late = |_| NoAnswer::TimedOut;
        let mut answered = tokio::time::timeout(within, self.begin(request)).await.map_err(late)??;
        let mut response = head_of(&answered).ok_or_else(|| broken(NOT_TEXT.to_owned()))?;
        if !answered.status().is_success() {
            let body = answered.body().limit(ANSWER_MAX);
            let body = tokio::time::timeout(within, body).await.map_err(late)?;
            response.body = body.map_err(|error| broken(error.to_string()))?.to_vec();
            return Ok(response);
        }
        let length = http::header(&response.headers, "Content-Length").and_then(|length| length.parse().ok());
        let media_type = http::header(&response.headers, "Content-Type");
        let mut incoming = inbox.begin(media_type, length).map_err(|error| broken(error.to_string()))?;
        let mut body = Box::pin(BodyStream::new(answered));
        let mut next = async || std::future::poll_fn(|context| body.as_mut().poll_next(context)).await;
        while let Some(bytes) = tokio::time::timeout(within, next()).await.map_err(late)? {
            let bytes = bytes.map_err(|error| broken(error.to_string()))?;
            incoming.take(&bytes).map_err(|error| broken(error.to_string()))?;
        }
        response.body = incoming.end().map_err(|error| broken(error.to_string()))?.as_bytes().to_vec();
        Ok(response)
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// When there is none within the deadline.
    pub async fn exchange(&self, request: HttpRequest, within: Duration) -> Result<HttpResponse, NoAnswer> {
        let within = Span::from_micros(within.0);
        tokio::time::timeout(within, self.send(request)).await.map_err(|_| NoAnswer::TimedOut)?
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let to = Text::from(request.uri.origin());
        let broken = |why: String| NoAnswer::Unreachable { to: to.clone(), why };
        let mut answered = self.begin(request).await?;
        let head = head_of(&answered).ok_or_else(|| broken(NOT_TEXT.to_owned()))?;
        let body = answered.body().limit(ANSWER_MAX).await.map_err(|error| broken(error.to_string()))?;
        Ok(HttpResponse { body: body.to_vec(), ..head })
    }

    async fn begin(&self, request: HttpRequest) -> Result<Answered, NoAnswer> {
        let to = Text::from(request.uri.origin());
        let written = self.written(&request)?;
        let broken = |error: awc::error::SendRequestError| NoAnswer::Unreachable { to, why: error.to_string() };
        written.send_body(request.body).await.map_err(broken)
    }

    fn written(&self, request: &HttpRequest) -> Result<ClientRequest, NoAnswer> {
        let method = Method::from_bytes(request.method.as_bytes());
        let method = method.map_err(|_| NoAnswer::Unspeakable { part: "method" })?;
        let mut written = self.inner.request(method, self.address(&request.uri));
        if let Some(here) = loopback(&request.uri).filter(|_| !self.names.contains_key(request.uri.origin())) {
            written = written.address(here);
        }
        written = written.insert_header((header::HOST, request.uri.authority()));
        for (name, value) in &request.headers {
            let field = message::header(name, value).ok_or(NoAnswer::Unspeakable { part: "header" })?;
            written = written.append_header(field);
        }
        Ok(written)
    }

    // A name of the table is plain HTTP on the loopback interface, whatever its scheme says.
    fn address(&self, uri: &Uri) -> String {
        let Some(address) = self.names.get(uri.origin()) else { return uri.as_str().to_owned() };
        let target = &uri.as_str()[uri.origin().len()..];
        let slash = if target.starts_with('/') { "" } else { "/" };
        format!("http://{address}{slash}{target}")
    }
}

const NOT_TEXT: &str = "a header field is not text";

fn head_of(answered: &Answered) -> Option<HttpResponse> {
    let headers = message::fields(answered.headers())?;
    Some(HttpResponse { status: answered.status().as_u16(), headers, body: Vec::new() })
}

/// True for names under `localhost`, which are this machine, whatever a resolver thinks of them (RFC 6761 §6.3).
pub fn is_this_machine(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

fn loopback(uri: &Uri) -> Option<SocketAddr> {
    let authority = uri.authority();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, if uri.is_https() { "443" } else { "80" }));
    port.parse().ok().filter(|_| is_this_machine(host)).map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}
