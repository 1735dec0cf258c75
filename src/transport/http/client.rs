//! The HTTP client of a node: a pool of connections, a deadline for each request, and a table of names.

use super::message;
use crate::wire::codec::{HttpRequest, HttpResponse};
use crate::wire::{Duration, Text, Uri};
use actix_web::http::{Method, header};
use awc::{ClientRequest, Connector};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
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
        let connector = Connector::new().timeout(CONNECT_WITHIN).conn_keep_alive(KEEP_ALIVE);
        let builder = awc::Client::builder().connector(connector);
        Self { inner: builder.disable_redirects().disable_timeout().no_default_headers().finish(), names }
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
        let written = self.written(&request)?;
        let mut answered = written.send_body(request.body).await.map_err(|error| broken(error.to_string()))?;
        let status = answered.status().as_u16();
        let headers = message::fields(answered.headers());
        let headers = headers.ok_or_else(|| broken("a header field is not text".to_owned()))?;
        let body = answered.body().limit(ANSWER_MAX).await.map_err(|error| broken(error.to_string()))?;
        Ok(HttpResponse { status, headers, body: body.to_vec() })
    }

    fn written(&self, request: &HttpRequest) -> Result<ClientRequest, NoAnswer> {
        let method = Method::from_bytes(request.method.as_bytes());
        let method = method.map_err(|_| NoAnswer::Unspeakable { part: "method" })?;
        let mut written = self.inner.request(method, self.address(&request.uri));
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
