//! A front on a TCP port.

use super::Front;
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use rustls::ServerConfig;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// How many threads read and write for one node. The role itself is on one.
const WORKERS: usize = 1;
/// How long an idle connection stays open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long open exchanges have to end when a node stops that says nothing else, in seconds.
const STOP_WITHIN_SECS: u64 = 10;

/// A front that listens. Dropping it does not stop it.
#[derive(Debug)]
pub struct Listening {
    /// Where.
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Listening {
    /// Listens on an address; port 0 stands for any that is free.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn start(front: Front, on: SocketAddr) -> io::Result<Self> {
        Self::start_with(front, on, None, STOP_WITHIN_SECS)
    }

    /// The same, over TLS (HTTP/1.1 and h2) where there is a configuration for it. When it stops, open exchanges have
    /// `stop_within_secs` to end.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn start_with(
        front: Front,
        on: SocketAddr,
        tls: Option<ServerConfig>,
        stop_within_secs: u64,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(on)?;
        let address = listener.local_addr()?;
        let head_within = front.limits().head_within;
        let app = move || {
            let front = front.clone();
            App::new().configure(move |config| front.mount(config))
        };
        let server = HttpServer::new(app).workers(WORKERS).disable_signals().client_request_timeout(head_within);
        let server = server.keep_alive(KEEP_ALIVE).shutdown_timeout(stop_within_secs);
        let server = match tls {
            Some(tls) => server.listen_rustls_0_23(listener, tls)?,
            None => server.listen(listener)?,
        };
        let server = server.run();
        let handle = server.handle();
        actix_rt::spawn(server);
        Ok(Self { address, handle })
    }

    /// Stops: at once, or after open exchanges have ended.
    pub async fn stop(self, graceful: bool) {
        self.handle.stop(graceful).await;
    }
}
