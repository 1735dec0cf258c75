//! Connections that ask one thing after the other.

use crate::requests::{Kind, Maker};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Answers.
    pub(crate) count: u64,
    /// Over how long.
    pub(crate) took: Duration,
    /// How long each took to come, in order of length.
    latencies: Vec<Duration>,
}

impl Measured {
    pub(crate) fn rate(&self) -> f64 {
        self.count as f64 / self.took.as_secs_f64()
    }

    /// Milliseconds within which so many of a hundred came.
    pub(crate) fn percentile(&self, of_hundred: usize) -> f64 {
        let at = (self.latencies.len() * of_hundred / 100).min(self.latencies.len() - 1);
        self.latencies[at].as_secs_f64() * 1e3
    }
}

struct Shared {
    maker: Maker,
    kind: Kind,
    next: Cell<u64>,
    /// The first number that is not to be asked any more.
    end: u64,
    until: Instant,
    latencies: RefCell<Vec<Duration>>,
}

/// Asks over so many connections for as long as that, or until the numbers run out. Whatever is not the right answer ends
/// the program.
pub(crate) fn measure(
    maker: Maker,
    kind: Kind,
    connections: usize,
    numbers: (u64, u64),
    lasting: Duration,
) -> Measured {
    let (from, end) = numbers;
    let runtime = actix_rt::System::new();
    runtime.block_on(async {
        let started = Instant::now();
        let (next, until, latencies) = (Cell::new(from), started + lasting, RefCell::default());
        let shared = Rc::new(Shared { maker, kind, next, end, until, latencies });
        let asking: Vec<_> = (0..connections).map(|_| actix_rt::spawn(ask(shared.clone()))).collect();
        for one in asking {
            one.await.unwrap();
        }
        let took = started.elapsed();
        let mut latencies = shared.latencies.take();
        latencies.sort_unstable();
        Measured { count: latencies.len() as u64, took, latencies }
    })
}

async fn ask(shared: Rc<Shared>) {
    let mut connection = Connection::open(shared.maker.address).await;
    while Instant::now() < shared.until && shared.next.get() < shared.end {
        let number = shared.next.replace(shared.next.get() + 1);
        let request = shared.maker.request(shared.kind, number);
        let asked = Instant::now();
        let status = connection.ask(&request).await;
        shared.latencies.borrow_mut().push(asked.elapsed());
        assert_eq!(status, shared.kind.status(), "{:?}: {}", shared.kind, String::from_utf8_lossy(connection.body()));
    }
}

/// One that stays open.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
    body_at: usize,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, answer: Vec::with_capacity(4096), body_at: 0 }
    }

    /// Sends a request and waits for all of the answer; its status.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> u16 {
        self.answer.clear();
        self.stream.write_all(request).await.unwrap();
        loop {
            assert!(self.stream.read_buf(&mut self.answer).await.unwrap() > 0, "the server hung up");
            if let Some((status, body_at)) = whole(&self.answer) {
                self.body_at = body_at;
                return status;
            }
        }
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        &self.answer[self.body_at..]
    }
}

// The status, and where the body begins, once all of it is there.
fn whole(answer: &[u8]) -> Option<(u16, usize)> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(body_at) = head.parse(answer).unwrap() else { return None };
    let length = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |field| std::str::from_utf8(field.value).unwrap().parse().unwrap());
    (answer.len() >= body_at + length).then(|| (head.code.unwrap(), body_at))
}
