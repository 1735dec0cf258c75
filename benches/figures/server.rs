//! What the state of an authorization server costs: bytes per thing, and how much longer a request takes beside a
//! million resources than beside ten.

use crate::size::sized;
use crate::state::{Facts, OWNERS, config, pat, resident_bytes, rpt, view};
use crate::{Outcome, best, figure, nanos_each};
use umaverse::message::{Arrival, ExchangeId};
use umaverse::role::crypto::StandInCrypto;
use umaverse::role::{AuthorizationServer, Context, Effect, Effects, Entropy, Input, Machine, RuleSet};
use umaverse::trace::Fact;
use umaverse::wire::oauth::{IntrospectionRequest, IntrospectionResponse};
use umaverse::wire::{Bearer, Credentials, PermissionRequest, Request, Response, Timestamp};

const ISSUER: &str = "https://as.example";
const MILLION: [u64; 2] = [1_000_000, 1000];
const SIZES: [&[u64]; 2] = [&[10, 1_000, 100_000, 1_000_000], &[10, 100]];
const RPTS_MAX: u64 = 100_000;
const REQUESTS: [u64; 2] = [50_000, 100];
const TIMES: u32 = 5;
const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);
const LATER: Timestamp = Timestamp::from_secs(1_700_100_000);

pub(crate) fn figures() -> Outcome {
    println!("server: resident bytes of a million resources, tickets and RPTs of {OWNERS} owners");
    let (facts, million) = (Facts::new(NOW, LATER), sized(MILLION));
    let mut server = AuthorizationServer::new(config(ISSUER.into()));
    for (what, fact) in [
        ("resource", Facts::resource as fn(&Facts, u64) -> Fact),
        ("live-ticket", Facts::ticket),
        ("live-rpt", Facts::rpt),
    ] {
        let before = resident_bytes();
        (0..million).for_each(|number| server.apply(&fact(&facts, number)));
        if let (Some(before), Some(after)) = (before, resident_bytes()) {
            figure(&format!("bytes-per-{what}"), after.saturating_sub(before) as f64 / million as f64, "bytes");
        }
    }
    drop(server);
    sized(SIZES).iter().try_for_each(|size| requests(&facts, *size))
}

fn requests(facts: &Facts, size: u64) -> Outcome {
    println!("server: requests beside {size} resources");
    let mut server = AuthorizationServer::new(config(ISSUER.into()));
    (0..OWNERS).for_each(|number| server.apply(&facts.pat(number)));
    (0..size).for_each(|number| server.apply(&facts.resource(number)));
    let rpts = size.min(RPTS_MAX);
    let spread = size / rpts;
    (0..rpts).for_each(|number| server.apply(&facts.rpt(number * spread)));
    let introspection = |number| introspection(scattered(number, rpts) * spread);
    let time = timed(&mut server, introspection, |it| {
        matches!(it, Response::Introspection(IntrospectionResponse::Active(_)))
    })?;
    figure(&format!("introspection-beside-{size}"), time, "ns");
    let permission = |number| permission(facts, scattered(number, size));
    let time = timed(&mut server, permission, |it| matches!(it, Response::PermissionTicket { .. }))?;
    figure(&format!("permission-request-beside-{size}"), time, "ns");
    Ok(())
}

// Requests go all over the place, as those of many owners do.
const fn scattered(number: u64, size: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size
}

fn timed(
    server: &mut AuthorizationServer,
    request: impl Fn(u64) -> Arrival,
    fits: impl Fn(&Response) -> bool,
) -> Outcome<f64> {
    let (rules_off, mut entropy, mut next) = (RuleSet::default(), Counter(0), 1 << 40);
    let mut batches: Vec<Vec<Arrival>> = vec![(0..sized(REQUESTS)).map(request).collect(); TIMES as usize];
    let mut wrong = 0;
    let (time, ()) = best(TIMES, || {
        for arrival in batches.pop().unwrap_or_default() {
            let mut effects = Effects::default();
            let mut cx = Context::new(NOW, &mut entropy, &StandInCrypto, &rules_off, &mut effects, &mut next);
            server.handle(&mut cx, Input::Request(arrival));
            let answered = |effect: &Effect| matches!(effect, Effect::Reply { answer, .. } if fits(&answer.message));
            wrong += u64::from(!effects.out.iter().any(answered));
        }
    });
    if wrong > 0 {
        return Err(format!("{wrong} requests were refused").into());
    }
    Ok(nanos_each(sized(REQUESTS), time))
}

fn introspection(number: u64) -> Arrival {
    let token = Bearer::new(rpt(number).expose());
    arrival(
        number,
        "https://as.example/introspect",
        Request::Introspect(IntrospectionRequest { token, resource_id: None, host_id: None }),
    )
}

fn permission(facts: &Facts, number: u64) -> Arrival {
    let permissions = vec![PermissionRequest { resource_id: facts.key(number).id, scopes: view() }];
    let message = Request::RequestPermissions { permissions, array: false };
    arrival(number, "https://as.example/permission", message)
}

fn arrival(number: u64, uri: &str, message: Request) -> Arrival {
    Arrival {
        exchange: ExchangeId(number),
        uri: uri.into(),
        credentials: Credentials::Bearer(pat(number % OWNERS)),
        cookie: None,
        peer: None,
        tls: true,
        message: Ok(message),
    }
}

struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, _purpose: &'static str, bytes: &mut [u8]) {
        self.0 += 1;
        for (byte, counted) in bytes.iter_mut().zip(self.0.to_le_bytes().into_iter().cycle()) {
            *byte = counted;
        }
    }
}
