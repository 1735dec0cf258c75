//! A front on a TCP port.

use super::Front;
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

/// How many threads read and write for one node. The role itself is on one.
const WORKERS: usize = 1;
/// How long the head of a request may take to come.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long an idle connection stays open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long open exchanges have to end when the node stops, in seconds.
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
        let listener = TcpListener::bind(on)?;
        let address = listener.local_addr()?;
        let app = move || {
            let front = front.clone();
            App::new().configure(move |config| front.mount(config))
        };
        let server = HttpServer::new(app).workers(WORKERS).disable_signals().client_request_timeout(HEAD_WITHIN);
        let server = server.keep_alive(KEEP_ALIVE).shutdown_timeout(STOP_WITHIN_SECS).listen(listener)?.run();
        let handle = server.handle();
        actix_rt::spawn(server);
        Ok(Self { address, handle })
    }

    /// Stops: at once, or after open exchanges have ended.
    pub async fn stop(self, graceful: bool) {
        self.handle.stop(graceful).await;
    }
}
