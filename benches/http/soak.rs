//! Whether memory grows in ten minutes of the same load: permission, grant and introspection in a circle, with tickets
//! and RPTs that end after seconds, and everything on disk.

use crate::child::Server;
use crate::figure;
use crate::load::Connection;
use crate::rates::scratch;
use crate::requests::{Kind, Maker};
use crate::size::sized;
use std::time::{Duration, Instant};
use umaverse::wire::{PermissionTicket, Rpt};

const LASTING: [Duration; 2] = [Duration::from_secs(600), Duration::from_secs(2)];
/// When whatever is kept for a while is there, and nothing more should come.
const SETTLED: [Duration; 2] = [Duration::from_secs(300), Duration::from_millis(500)];
const LOOKED_EVERY: [Duration; 2] = [Duration::from_secs(30), Duration::from_millis(500)];
const BREATH: Duration = Duration::from_millis(20);
const CONNECTIONS: u64 = 8;
/// Of as many owners: the history of each is full long before memory is compared.
const RESOURCES: u64 = 50;
const LIFETIME_SECS: u64 = 10;

pub(crate) fn figures() {
    println!(
        "soak: {CONNECTIONS} connections for {} s, what is issued ends after {LIFETIME_SECS} s",
        sized(LASTING).as_secs()
    );
    let mut server = Server::start_with("disk", RESOURCES, &scratch("soak"), Some(LIFETIME_SECS));
    let address = server.address;
    let (started, until) = (Instant::now(), Instant::now() + sized(LASTING));
    let load = std::thread::spawn(move || {
        actix_rt::System::new().block_on(async {
            let circles: Vec<_> = (0..CONNECTIONS)
                .map(|number| actix_rt::spawn(circle(Maker::new(address, RESOURCES), number, until)))
                .collect();
            let mut count = 0;
            for one in circles {
                count += one.await.unwrap();
            }
            count
        })
    });
    let resident = watch(&mut server, started, until);
    figure("soak_requests", f64::from(load.join().unwrap()), "requests");
    let settled: Vec<_> = resident.iter().filter(|(at, _)| *at >= sized(SETTLED)).map(|(_, bytes)| *bytes).collect();
    let (first, last) = (settled[0] as f64 / 1e6, settled[settled.len() - 1] as f64 / 1e6);
    figure("soak_resident_settled", first, "MB");
    figure("soak_resident_end", last, "MB");
    figure("soak_growth", last / first, "times");
}

fn watch(server: &mut Server, started: Instant, until: Instant) -> Vec<(Duration, u64)> {
    let mut resident = Vec::new();
    while Instant::now() < until {
        std::thread::sleep(sized(LOOKED_EVERY));
        let (at, bytes) = (started.elapsed(), server.standing().resident_bytes);
        println!("after {:4} s: {:.1} MB", at.as_secs(), bytes as f64 / 1e6);
        resident.push((at, bytes));
    }
    resident
}

// Asks for a ticket, redeems it, and looks at the RPT; how many requests that were.
async fn circle(maker: Maker, first: u64, until: Instant) -> u32 {
    let mut connection = Connection::open(maker.address).await;
    let mut count = 0;
    for number in (first..).step_by(CONNECTIONS as usize) {
        if Instant::now() >= until {
            break;
        }
        let ticket = value(&mut connection, &maker.request(Kind::Permission, number), 201, "ticket").await;
        let rpt = value(&mut connection, &maker.grant(PermissionTicket::new(ticket)), 200, "access_token").await;
        let owner = maker.scattered(number);
        let active = connection.ask(&maker.introspection(owner, Rpt::new(rpt))).await;
        assert_eq!(active, 200);
        count += 3;
        tokio::time::sleep(BREATH).await;
    }
    count
}

// Asks, and takes one member of the answer.
async fn value(connection: &mut Connection, request: &[u8], status: u16, member: &str) -> String {
    let answered = connection.ask(request).await;
    let text = String::from_utf8_lossy(connection.body()).into_owned();
    assert_eq!(answered, status, "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json[member].as_str().unwrap().to_owned()
}
