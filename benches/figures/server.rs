//! What the state of an authorization server costs: bytes per thing, and how much longer a request takes beside a
//! million resources than beside ten.

use crate::{Outcome, best, figure, nanos_each};
use std::collections::BTreeMap;
use umaverse::message::{Arrival, ExchangeId};
use umaverse::role::authorization_server::{RptFormat, RptReissue, Upgrade, V1_0_1Choices};
use umaverse::role::crypto::StandInCrypto;
use umaverse::role::{
    AuthorizationServer, AuthorizationServerConfig, Context, Effect, Effects, Entropy, Input, Machine, RuleSet,
    SigningKey,
};
use umaverse::trace::Fact;
use umaverse::trace::fact::{GrantedPermission, ProcessId, ResourceKey, RptOrigin, Subject, TicketReason};
use umaverse::wire::oauth::{IntrospectionRequest, IntrospectionResponse};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Bearer, ClientId, Credentials, Duration, Permission, PermissionRequest, PermissionTicket, PersonId, Request,
    ResourceDescription, Response, Revision, Rpt, ScopeSet, Timestamp, Uri,
};

const MILLION: u64 = 1_000_000;
const SIZES: [u64; 4] = [10, 1_000, 100_000, MILLION];
const OWNERS: u64 = 1000;
const RPTS_MAX: u64 = 100_000;
const REQUESTS: u64 = 50_000;
const TIMES: u32 = 5;
const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);
const LATER: Timestamp = Timestamp::from_secs(1_700_100_000);

pub(crate) fn figures() -> Outcome {
    println!("server: resident bytes of a million resources, tickets and RPTs of {OWNERS} owners");
    let facts = Facts::new();
    let mut server = AuthorizationServer::new(config());
    for (what, fact) in [
        ("resource", Facts::resource as fn(&Facts, u64) -> Fact),
        ("live-ticket", Facts::ticket),
        ("live-rpt", Facts::rpt),
    ] {
        let before = resident_bytes();
        (0..MILLION).for_each(|number| server.apply(&fact(&facts, number)));
        if let (Some(before), Some(after)) = (before, resident_bytes()) {
            figure(&format!("bytes-per-{what}"), after.saturating_sub(before) as f64 / MILLION as f64, "bytes");
        }
    }
    drop(server);
    SIZES.into_iter().try_for_each(|size| requests(&facts, size))
}

fn requests(facts: &Facts, size: u64) -> Outcome {
    println!("server: requests beside {size} resources");
    let mut server = AuthorizationServer::new(config());
    (0..OWNERS).for_each(|number| server.apply(&facts.pat(number)));
    (0..size).for_each(|number| server.apply(&facts.resource(number)));
    let rpts = size.min(RPTS_MAX);
    let spread = size / rpts;
    (0..rpts).for_each(|number| server.apply(&facts.rpt(number * spread)));
    let introspection = |number| facts.introspection(scattered(number, rpts) * spread);
    let time = timed(&mut server, introspection, |it| {
        matches!(it, Response::Introspection(IntrospectionResponse::Active(_)))
    })?;
    figure(&format!("introspection-beside-{size}"), time, "ns");
    let permission = |number| facts.permission(scattered(number, size));
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
    let mut batches: Vec<Vec<Arrival>> = vec![(0..REQUESTS).map(request).collect(); TIMES as usize];
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
    Ok(nanos_each(REQUESTS, time))
}

/// Facts by number; names are shared as a server shares them.
struct Facts {
    owners: Vec<PersonId>,
    photoz: ClientId,
    printer: ClientId,
    idp: Uri,
    bob: PersonId,
}

impl Facts {
    fn new() -> Self {
        Self {
            owners: (0..OWNERS).map(|number| PersonId::new(format!("owner-{number}"))).collect(),
            photoz: "photoz".into(),
            printer: "printer".into(),
            idp: "https://idp.example".into(),
            bob: "bob".into(),
        }
    }

    fn owner(&self, number: u64) -> PersonId {
        self.owners[(number % OWNERS) as usize].clone()
    }

    fn key(&self, number: u64) -> ResourceKey {
        let id = format!("resource-{number:08}").as_str().into();
        ResourceKey { owner: self.owner(number), resource_server: self.photoz.clone(), id }
    }

    fn resource(&self, number: u64) -> Fact {
        let description = ResourceDescription {
            name: Some(format!("photo {number}").into()),
            scopes: scope_set(["view", "edit"]),
            ..ResourceDescription::default()
        };
        Fact::ResourceRegistered { resource: self.key(number), description, etag: None }
    }

    fn pat(&self, number: u64) -> Fact {
        Fact::AccessTokenIssued {
            token: pat(number).hashed(),
            client: self.photoz.clone(),
            person: Some(self.owner(number)),
            scope: scope_set(["uma_protection"]),
            expires_at: LATER,
            refresh: None,
            code: None,
            refreshed_from: None,
        }
    }

    fn ticket(&self, number: u64) -> Fact {
        let ResourceKey { owner, resource_server, id } = self.key(number);
        Fact::TicketIssued {
            ticket: PermissionTicket::new(format!("ticket-{number}")).hashed(),
            process: ProcessId(number),
            permissions: vec![PermissionRequest { resource_id: id, scopes: view() }],
            owner,
            resource_server,
            expires_at: LATER,
            predecessor: None,
            reason: TicketReason::PermissionRequest,
        }
    }

    fn rpt(&self, number: u64) -> Fact {
        let (resource, process) = (self.key(number), ProcessId(number));
        let permission = Permission {
            resource_id: resource.id.clone(),
            scopes: view(),
            expires_at: Some(LATER),
            issued_at: Some(NOW),
            not_before: None,
        };
        let subjects = vec![Subject { issuer: self.idp.clone(), person: self.bob.clone() }];
        let granted = GrantedPermission {
            resource,
            permission,
            process,
            granted_at: NOW,
            policies: vec![("family".into(), 1)],
            subjects: subjects.clone(),
        };
        let ticket = PermissionTicket::new(format!("ticket-{number}")).hashed();
        Fact::RptIssued {
            rpt: rpt(number).hashed(),
            client: self.printer.clone(),
            subjects,
            owner: Some(self.owner(number)),
            resource_server: Some(self.photoz.clone()),
            permissions: vec![granted],
            expires_at: LATER,
            origin: RptOrigin::Ticket { ticket, process, upgraded_from: None },
            refresh: None,
        }
    }

    fn introspection(&self, number: u64) -> Arrival {
        let token = Bearer::new(rpt(number).expose());
        arrival(
            number,
            "https://as.example/introspect",
            Request::Introspect(IntrospectionRequest { token, resource_id: None, host_id: None }),
        )
    }

    fn permission(&self, number: u64) -> Arrival {
        let permissions = vec![PermissionRequest { resource_id: self.key(number).id, scopes: view() }];
        let message = Request::RequestPermissions { permissions, array: false };
        arrival(number, "https://as.example/permission", message)
    }
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

fn view() -> ScopeSet {
    scope_set(["view"])
}

fn pat(number: u64) -> Bearer {
    Bearer::new(format!("pat-{number}"))
}

fn rpt(number: u64) -> Rpt {
    Rpt::new(format!("rpt-{number}"))
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

fn config() -> AuthorizationServerConfig {
    let day = Duration::from_secs(24 * 3600);
    AuthorizationServerConfig {
        issuer: "https://as.example".into(),
        revision: Revision::V2_0,
        accounts: BTreeMap::new(),
        clients: Vec::new(),
        dynamic_registration: true,
        trusted_issuers: Vec::new(),
        assertion_issuers: Vec::new(),
        token_endpoint: Uri::from("https://as.example/token"),
        claims_from: None,
        key: SigningKey { kid: "key".into(), secret: [7; 32] },
        retiring_keys: Vec::new(),
        ticket_lifetime: day,
        rpt_lifetime: day,
        permission_lifetime: day,
        access_token_lifetime: day,
        code_lifetime: day,
        session_lifetime: day,
        pct_lifetime: day,
        poll_interval_secs: 5,
        refresh_tokens: true,
        pcts: true,
        rpt_format: RptFormat::Opaque,
        partial_grants: false,
        upgrade: Upgrade::NewString,
        rpt_reissue: RptReissue::PerRs,
        introspection_cache_secs: None,
        v1_0_1: V1_0_1Choices::default(),
    }
}

// What the operating system gave; where it does not say, there is no figure.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
