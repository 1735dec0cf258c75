//! Plays a world with every message as the bytes that it has on a wire; whoever plays it sees them and may change them.

use umaverse::sim::kernel::Hosted;
use umaverse::sim::run::{Options, prepare};
use umaverse::sim::scheduler::{Carrying, Job, Returning, Scheduler, WireMode};
use umaverse::sim::world::World;
use umaverse::wire::codec::{
    HttpRequest, HttpResponse, decode_request, decode_response, encode_request, encode_response,
};

/// What stands between the nodes.
pub(crate) trait Wire {
    /// A request as it is delivered, for what was written.
    fn request(&mut self, carrying: &Carrying, names: [&str; 2], written: HttpRequest) -> HttpRequest;

    /// An answer as it is delivered, for what was written.
    fn answer(&mut self, returning: &Returning, written: HttpResponse) -> HttpResponse;
}

/// Runs a world to its end.
pub(crate) fn play(world: World, wire: &mut impl Wire) -> Scheduler {
    let (mut scheduler, roles) = prepare(world, &Options { wire: WireMode::Carried, ..Options::default() });
    let mut hosted: Vec<_> = roles.into_iter().map(|(role, rules_off)| Hosted::new(role, rules_off)).collect();
    let mut job = scheduler.next();
    while let Some(next) = job {
        job = match next {
            Job::Handle(handle) => {
                let outcome = hosted[usize::from(handle.node.0)].handle(*handle);
                scheduler.complete(outcome);
                scheduler.next()
            }
            Job::Rebuild { node, facts } => {
                hosted[usize::from(node.0)].rebuild(&facts);
                scheduler.rebuilt()
            }
            Job::Carry(carrying) => carry(&mut scheduler, &carrying, wire),
            Job::Return(returning) => bring_back(&mut scheduler, &returning, wire),
            Job::Written { .. } => scheduler.next(),
        };
    }
    scheduler
}

fn carry(scheduler: &mut Scheduler, carrying: &Carrying, wire: &mut impl Wire) -> Option<Job> {
    let name = |node| scheduler.truth().get(node).map_or("", |node| &node.name);
    let names = [name(carrying.from), name(carrying.to)];
    let bytes = wire.request(carrying, names, encode_request(carrying.spoken, &carrying.call));
    let site = scheduler.site(carrying.to);
    let received = decode_request(site.revision, &site.routes, &bytes);
    scheduler.arrived(carrying.exchange, received)
}

fn bring_back(scheduler: &mut Scheduler, returning: &Returning, wire: &mut impl Wire) -> Option<Job> {
    let Returning { exchange, from: _, spoken, written, asked, answer } = returning;
    let bytes = wire.answer(returning, encode_response(*written, asked, answer));
    scheduler.returned(*exchange, decode_response(*spoken, asked, &bytes))
}

/// The first text replaced by the second in `POST https://...`, in lines such as `If-Match: ...`, and in the body.
pub(crate) fn changed_request(written: &HttpRequest, from: &str, to: &str) -> HttpRequest {
    let start = format!("{} {}", written.method, written.uri).replace(from, to);
    let (method, uri) = start.split_once(' ').expect("a method and a URI");
    let (headers, body) = (changed_lines(&written.headers, from, to), changed_body(&written.body, from, to));
    HttpRequest { method: method.into(), uri: uri.into(), headers, body }
}

/// The same in `STATUS 201`, in header fields and in the body.
pub(crate) fn changed_answer(written: &HttpResponse, from: &str, to: &str) -> HttpResponse {
    let start = format!("STATUS {}", written.status).replace(from, to);
    let status = start.trim_start_matches("STATUS ").parse().expect("a status");
    let (headers, body) = (changed_lines(&written.headers, from, to), changed_body(&written.body, from, to));
    HttpResponse { status, headers, body }
}

type Lines = Vec<(umaverse::wire::Text, umaverse::wire::Text)>;

fn changed_lines(lines: &Lines, from: &str, to: &str) -> Lines {
    let line = |(name, value): &(umaverse::wire::Text, umaverse::wire::Text)| {
        let line = format!("{name}: {value}").replace(from, to);
        line.split_once(": ").map(|(name, value)| (name.into(), value.into()))
    };
    lines.iter().filter_map(line).collect()
}

fn changed_body(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(body).replace(from, to).into_bytes()
}
