//! Clients that take their time, or ask for more at once than a node wants to hold.

use crate::ecosystem::Ecosystem;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const HEAD: &str = "POST /token HTTP/1.1\r\nHost: as.localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";

fn limited(limits: &str) -> Ecosystem {
    let ecosystem = Ecosystem::new("2.0");
    ecosystem.add("as", &format!("[limits]\n{limits}"));
    ecosystem
}

fn connect(ecosystem: &Ecosystem) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", ecosystem.as_port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

// What comes until the node closes the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut came = String::new();
    stream.read_to_string(&mut came).unwrap();
    came
}

// A whole request beside the slow ones.
fn is_answered(ecosystem: &Ecosystem) -> bool {
    let mut stream = connect(ecosystem);
    let request = "GET /.well-known/uma2-configuration HTTP/1.1\r\nHost: as.localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    rest(stream).starts_with("HTTP/1.1 200 ")
}

#[test]
fn a_request_that_does_not_come_to_its_end_is_ended() {
    let ecosystem = limited("head-within = \"1s\"\nbody-within = \"1s\"\n");
    let _server = ecosystem.start("as");
    for part in ["POST /token HT", HEAD, &format!("{HEAD}Content-Length: 100\r\n\r\ngrant_type=")] {
        let (mut stream, begun) = (connect(&ecosystem), Instant::now());
        stream.write_all(part.as_bytes()).unwrap();
        assert!(is_answered(&ecosystem), "others need not wait");
        let came = rest(stream);
        assert!(came.starts_with("HTTP/1.1 408 "), "{part:?}: {came:?}");
        let took = begun.elapsed();
        // Clocks of a server are coarse.
        assert!((900..10_000).contains(&took.as_millis()), "{part:?} took {took:?}");
    }
}

#[test]
fn a_node_holds_no_more_open_exchanges_than_it_may() {
    let ecosystem = limited("open-exchanges = 2\nbody-within = \"60s\"\n");
    let _server = ecosystem.start("as");
    let slow = |_| {
        let mut stream = connect(&ecosystem);
        stream.write_all(format!("{HEAD}Content-Length: 100\r\n\r\n").as_bytes()).unwrap();
        stream
    };
    let held: Vec<TcpStream> = (0..2).map(slow).collect();
    let until = |expected: bool| {
        let end = Instant::now() + Duration::from_secs(10);
        while is_answered(&ecosystem) != expected {
            assert!(Instant::now() < end, "never {expected}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until(false);
    let mut refused = connect(&ecosystem);
    refused.write_all(format!("{HEAD}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    assert!(rest(refused).starts_with("HTTP/1.1 503 "));
    drop(held);
    until(true);
}
