//! What holds for anything that anybody may send, and for any world.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use proptest::prelude::*;
use std::fmt;
use std::sync::LazyLock;
use umaverse::arbitrary::message::{call, exchange};
use umaverse::arbitrary::script::{RandomWorld, worlds};
use umaverse::check::Level;
use umaverse::message::{Arrival, ExchangeId, FailureReason};
use umaverse::role::crypto::StandInCrypto;
use umaverse::role::{Context, Effect, Effects, Entropy, Input, Machine, Role, RuleSet};
use umaverse::sim::plan::Plan;
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::format::{ScriptFile, StepTable};
use umaverse::sim::script::{self, Source, spanless};
use umaverse::sim::shrink::{Target, breaks, explicit, shrink};
use umaverse::sim::world::World;
use umaverse::trace::{Event, Fact};
use umaverse::wire::codec::{HttpRequest, Routes, decode_request, encode_request};
use umaverse::wire::error::DecodeErrorKind;
use umaverse::wire::response::status_of;
use umaverse::wire::{Answer, Call, Endpoint, Received, Revision, Text, Timestamp, Uri};

/// A role in the middle of its life: it went through a story, crashed, and was rebuilt.
struct Lived {
    name: String,
    role: Role,
    routes: Routes,
    revision: Revision,
    origin: Uri,
    at: Timestamp,
}

impl fmt::Debug for Lived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.revision)
    }
}

fn story(name: &str) -> ScriptFile {
    let file = format!("{}/simulations/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap();
    script::parse(&Source { file: &file, text: &text }).unwrap()
}

fn built(script: &ScriptFile) -> World {
    World::build(script, &Source { file: "story", text: "" }).unwrap()
}

fn lived(script: &ScriptFile) -> Vec<Lived> {
    let world = built(script);
    let mut roles = world.roles.clone();
    let seats = world.seats.clone();
    let finished = run(world, &Options::default()).unwrap();
    for record in &finished.records {
        if let Event::Fact { node, fact } = &record.event {
            roles[usize::from(node.0)].apply(fact);
        }
    }
    let at = finished.records.last().unwrap().at;
    let nodes = roles.into_iter().zip(seats).zip(finished.truth.nodes);
    nodes
        .filter_map(|((role, seat), node)| {
            let origin = node.origin?;
            Some(Lived { name: node.name.to_string(), role, routes: seat.routes, revision: seat.revision, origin, at })
        })
        .collect()
}

static SERVERS: LazyLock<Vec<Lived>> = LazyLock::new(|| {
    let mut servers = lived(&story("photo-sharing"));
    servers.extend(lived(&story("photo-sharing-2.0")));
    // A drawn world has the kinds of servers that the stories have not.
    for (seed, revision) in [(1, "draft-06"), (2, "2.0")] {
        let plan = Plan { revisions: vec![revision.to_owned()], replayer: 1_000_000, ..Plan::default() };
        servers.extend(lived(&RandomWorld::drawn(&plan, seed).script));
    }
    servers
});

fn a_server() -> impl Strategy<Value = &'static Lived> {
    (0..SERVERS.len()).prop_map(|at| &SERVERS[at])
}

struct Counter(u8);

impl Entropy for Counter {
    fn fill(&mut self, _purpose: &'static str, bytes: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        bytes.fill(self.0);
    }
}

/// What one input led to, and what the role is after it.
struct Led {
    facts: Vec<Fact>,
    out: Vec<Effect>,
}

const EXCHANGE: ExchangeId = ExchangeId(1 << 40);

impl Lived {
    fn take(&self, input: Input) -> Led {
        let (mut role, mut entropy, mut effects, mut next) = (self.role.clone(), Counter(0), Effects::default(), 1);
        let rules_off = RuleSet::default();
        let mut cx = Context::new(self.at, &mut entropy, &StandInCrypto, &rules_off, &mut effects, &mut next);
        role.handle(&mut cx, input);
        Led { facts: effects.facts, out: effects.out }
    }

    fn read(&self, request: &HttpRequest) -> Received {
        decode_request(self.revision, &self.routes, request)
    }

    fn arrive(&self, received: Received) -> Led {
        self.take(Input::Request(Arrival::new(EXCHANGE, true, received)))
    }
}

impl Led {
    fn answers(&self) -> Vec<&Answer> {
        let answer = |effect| match effect {
            &Effect::Reply { exchange: EXCHANGE, ref answer } => Some(&**answer),
            _ => None,
        };
        self.out.iter().filter_map(answer).collect()
    }

    // Answered at most once; and what is refused has changed nothing that lasts, but for the session of the browser.
    fn check(&self) -> Result<Option<u16>, TestCaseError> {
        let answers = self.answers();
        prop_assert!(answers.len() <= 1, "answered {} times", answers.len());
        let Some(answer) = answers.first() else { return Ok(None) };
        let status = status_of(&answer.message);
        let lasting: Vec<&Fact> =
            self.facts.iter().filter(|fact| !matches!(fact, Fact::SessionOpened { person: None, .. })).collect();
        prop_assert!(status < 400 || lasting.is_empty(), "{status} and {lasting:?}");
        Ok(Some(status))
    }
}

// ---- bytes

const ENDPOINTS: [Endpoint; 19] = [
    Endpoint::Configuration,
    Endpoint::Jwks,
    Endpoint::ClientRegistration,
    Endpoint::Authorization,
    Endpoint::AuthorizationRedirect,
    Endpoint::Token,
    Endpoint::Revocation,
    Endpoint::ResourceRegistration,
    Endpoint::Permission,
    Endpoint::Introspection,
    Endpoint::Rpt,
    Endpoint::AuthorizationData,
    Endpoint::ClaimsInteraction,
    Endpoint::ClaimsRedirect,
    Endpoint::Form,
    Endpoint::Account,
    Endpoint::Connect,
    Endpoint::Fetch,
    Endpoint::Resource,
];

fn method() -> impl Strategy<Value = Text> {
    prop_oneof![
        4 => prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]).prop_map(Text::from),
        1 => "\\PC{0,6}".prop_map(Text::from),
    ]
}

fn words() -> impl Strategy<Value = String> {
    let names = vec![
        "grant_type",
        "ticket",
        "token",
        "client_id",
        "client_secret",
        "code",
        "state",
        "redirect_uri",
        "scope",
        "claims_redirect_uri",
        "rpt",
        "pct",
        "refresh_token",
        "resource",
        "as_uri",
        "form",
        "key",
        "name",
        "password",
    ];
    let values = prop_oneof![
        Just("authorization_code".to_owned()),
        Just("urn:ietf:params:oauth:grant-type:uma-ticket".to_owned()),
        Just("refresh_token".to_owned()),
        "[a-z%&=+]{0,8}",
        "\\PC{0,8}",
    ];
    prop::collection::vec((prop::sample::select(names), values), 0..6)
        .prop_map(|pairs| pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => words().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..64),
        1 => "\\{(\"[a-z_]{1,12}\":(\"[a-z]{0,4}\"|[0-9]{1,20}|null|\\[\\]|\\{\\}),?){0,4}\\}?".prop_map(String::into_bytes),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(Text, Text)>> {
    let media =
        ["application/json", "application/x-www-form-urlencoded", "text/plain", "application/resource-set+json", ""];
    let header = prop_oneof![
        prop::sample::select(media.to_vec()).prop_map(|media| ("Content-Type".to_owned(), media.to_owned())),
        "(Bearer|Basic|Digest|bearer)? ?[a-zA-Z0-9+/=]{0,12}".prop_map(|value| ("Authorization".to_owned(), value)),
        "[a-z]{0,8}(=|;)[a-zA-Z0-9]{0,8}".prop_map(|value| ("Cookie".to_owned(), value)),
        "\\PC{0,8}".prop_map(|value| ("If-Match".to_owned(), value)),
    ];
    prop::collection::vec(header.prop_map(|(name, value)| (name.into(), value.into())), 0..4)
}

prop_compose! {
    fn bytes()(
        server in a_server(),
        endpoint in prop::sample::select(ENDPOINTS.to_vec()),
        below in prop_oneof![Just(String::new()), "/?[a-z%0-9.]{1,6}"],
        query in prop_oneof![Just(String::new()), words()],
        method in method(),
        headers in headers(),
        body in body(),
    ) -> (&'static Lived, HttpRequest) {
        let path = server.routes.path(endpoint).unwrap_or("/nowhere").to_owned();
        let uri = Uri::new(format!("{}{path}{below}?{query}", server.origin.as_str()));
        (server, HttpRequest { method, uri, headers, body })
    }
}

// What the texts say of bytes that are no message; a guarded endpoint may find the missing token first.
fn expected(kind: &DecodeErrorKind) -> &'static [u16] {
    match kind {
        DecodeErrorKind::UnknownPath(_) => &[404, 401],
        DecodeErrorKind::MethodNotAllowed(_) => &[405, 401],
        DecodeErrorKind::UnsupportedMediaType { .. } => &[400, 415, 401],
        DecodeErrorKind::Missing(_)
        | DecodeErrorKind::Repeated(_)
        | DecodeErrorKind::OtherRevision { .. }
        | DecodeErrorKind::Malformed(_) => &[400, 401],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_the_specified_error_and_change_nothing((server, request) in bytes()) {
        let received = server.read(&request);
        let fault = received.message.as_ref().err().cloned();
        let led = server.arrive(received);
        let status = led.check().map_err(|error| TestCaseError::fail(format!("{}: {error}", server.name)))?;
        if let Some(fault) = fault {
            prop_assert!(
                status.is_some_and(|status| expected(&fault.kind).contains(&status)),
                "{}: {status:?} for {fault}", server.name
            );
            prop_assert!(led.facts.is_empty(), "{}: {fault} and {:?}", server.name, led.facts);
        }
    }

    #[test]
    fn any_message_at_any_endpoint_is_answered_once_and_changes_nothing_when_refused(
        server in a_server(),
        draft06 in call(Revision::Draft06),
        v2_0 in call(Revision::V2_0),
        other in prop::option::of(prop::sample::select(ENDPOINTS.to_vec())),
    ) {
        let call = if server.revision == Revision::Draft06 { draft06 } else { v2_0 };
        let endpoint = other.unwrap_or_else(|| call.message.endpoint());
        let path = server.routes.path(endpoint).unwrap_or("/nowhere");
        let call = Call { to: Uri::new(format!("{}{path}", server.origin.as_str())), ..call };
        let led = server.arrive(server.read(&encode_request(server.revision, &call)));
        led.check().map_err(|error| TestCaseError::fail(format!("{}, {}: {error}", server.name, call.message.word())))?;
        // The typed host hands over what fits its endpoint without making bytes of it.
        if server.routes.endpoint(&call.to) == call.message.endpoint() {
            let Call { to, credentials, cookie, message } = call;
            let led = server.arrive(Received { uri: to, credentials, cookie, message: Ok(message) });
            led.check().map_err(|error| TestCaseError::fail(format!("{}, typed: {error}", server.name)))?;
        }
    }

    #[test]
    fn answers_that_nobody_waits_for_are_ignored(
        server in a_server(),
        draft06 in exchange(Revision::Draft06),
        v2_0 in exchange(Revision::V2_0),
        number in any::<u64>(),
        check in any::<u64>(),
        correct in any::<bool>(),
    ) {
        let exchange = ExchangeId(number);
        let answer = if server.revision == Revision::Draft06 { draft06.answer } else { v2_0.answer };
        for input in [
            Input::Response { exchange, answer: Ok(answer) },
            Input::Failed { exchange, reason: FailureReason::TimedOut },
            Input::PasswordChecked { check, correct },
        ] {
            let led = server.take(input.clone());
            prop_assert!(led.facts.is_empty() && led.answers().is_empty(), "{}: {input:?} {:?}", server.name, led.facts);
        }
    }
}

#[test]
fn the_servers_that_are_tried_are_of_every_kind_and_have_lived() {
    let has = |is: fn(&Role) -> bool| SERVERS.iter().any(|server| is(&server.role));
    assert!(has(|role| matches!(role, Role::AuthorizationServer(_))));
    assert!(has(|role| matches!(role, Role::ResourceServer(_))));
    assert!(has(|role| matches!(role, Role::Client(_))));
    assert!(has(|role| matches!(role, Role::IdentityProvider(_))));
    assert!(has(|role| matches!(role, Role::Replayer(_))));
    let blank: Vec<Role> = built(&story("photo-sharing")).roles;
    assert_ne!(format!("{:?}", blank[0]), format!("{:?}", SERVERS[0].role), "the story left no mark");
}

#[test]
fn a_refusal_that_changes_something_is_noticed() {
    let fact = Fact::SessionOpened {
        session: umaverse::wire::SessionCookie::new("x").hashed(),
        person: Some(umaverse::wire::PersonId::new("bob")),
        expires_at: Timestamp(1),
    };
    let refused = || Effect::Reply {
        exchange: EXCHANGE,
        answer: Box::new(umaverse::wire::Response::Refused { status: 403 }.into()),
    };
    assert!(Led { facts: vec![fact], out: vec![refused()] }.check().is_err());
    assert!(Led { facts: vec![], out: vec![refused(), refused()] }.check().is_err());
    assert!(matches!(Led { facts: vec![], out: vec![refused()] }.check(), Ok(Some(403))));
}

// ---- worlds

prop_compose! {
    fn plan()(
        steps_max in 0..14_u32,
        span_secs in 10..2000_u64,
        fault_family in 0..=1_000_000_u32,
        operation in 0..=1_000_000_u32,
        lose_max in 0..200_000_u32,
        duplicate_max in 0..200_000_u32,
        delay_max in 0..1_000_000_u32,
        crash_max in 0..50_000_u32,
        refuse_write_max in 0..50_000_u32,
        boundary_max in 0..500_000_u32,
        clocks in 0..=1_000_000_u32,
        replayer in 0..=1_000_000_u32,
    ) -> Plan {
        Plan {
            steps_max, span_secs, fault_family, operation, lose_max, duplicate_max, delay_max, crash_max,
            refuse_write_max, boundary_max, clocks, replayer, ..Plan::default()
        }
    }
}

// A violation names itself and prints its world as a script.
fn fine(world: &RandomWorld) -> Result<(), TestCaseError> {
    let finished = world.run()?;
    for verdict in finished.verdicts() {
        if let (Level::Error, Some(violation)) = (verdict.level, verdict.violations.first()) {
            return Err(TestCaseError::fail(format!("seed {}: {}: {}", world.seed, verdict.id, violation.message)));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_world_of_the_default_plan_keeps_every_invariant(world in worlds(Plan::default())) {
        fine(&world)?;
    }

    #[test]
    fn any_world_of_any_plan_keeps_every_invariant((plan, seed) in (plan(), any::<u64>())) {
        fine(&RandomWorld::drawn(&plan, seed))?;
    }

    #[test]
    fn a_run_written_down_is_the_same_run((plan, seed) in (plan(), any::<u64>())) {
        let world = RandomWorld::drawn(&plan, seed);
        let random = world.run()?;
        let written = script::write(&explicit(&world.script, &random.taken)).unwrap();
        let read = script::parse(&Source { file: "written", text: &written }).unwrap();
        let again = run(built(&read), &Options::default())?;
        prop_assert_eq!(again.digest, random.digest);
    }
}

// ---- mutants

// A 2.0 world whose authorization server redeems tickets again, and somebody who does not throw them away.
fn mutant(seed: u64) -> RandomWorld {
    let plan = Plan { revisions: vec!["2.0".to_owned()], replayer: 1_000_000, ..Plan::default() };
    let mut world = RandomWorld::drawn(&plan, seed);
    for server in &mut world.script.authorization_servers {
        server.without_rules = vec![spanless("ticket-unspent".to_owned())];
    }
    for (number, what) in ["ticket", "older-ticket"].into_iter().cycle().take(12).enumerate() {
        let who = Some(spanless("mallory-app".to_owned()));
        let replay = StepTable {
            name: Some(format!("again#{number}")),
            after: Some(spanless(format!("{}s", 150 + number * 60))),
            who,
            does: Some(spanless("replay".to_owned())),
            at: Some(spanless(["as-one", "as-two"][number / 2 % 2].to_owned())),
            endpoint: Some(spanless("token".to_owned())),
            what: Some(spanless(what.to_owned())),
            ..StepTable::default()
        };
        world.script.steps.push(replay);
    }
    world
}

fn violated(world: &RandomWorld) -> Option<(String, ScriptFile)> {
    let finished = world.run().unwrap();
    let invariant = finished.violation()?.invariant.to_owned();
    Some((invariant, explicit(&world.script, &finished.taken)))
}

#[test]
fn shrinking_keeps_the_violation_and_loses_the_rest() {
    let found: Vec<(String, ScriptFile)> = (0..200).filter_map(|seed| violated(&mutant(seed))).take(3).collect();
    assert!(!found.is_empty(), "nobody noticed that tickets are redeemed again");
    for (invariant, script) in found {
        let target = Target { invariant: invariant.clone() };
        assert!(breaks(&script, &target), "{invariant} is not in the run as written down");
        let shrunk = shrink(&script, &target, 600);
        assert!(breaks(&shrunk.script, &target), "{invariant} is lost");
        assert!(shrunk.parts_after < shrunk.parts_before, "{} parts are left", shrunk.parts_after);
        let written = script::write(&shrunk.script).unwrap();
        let read = script::parse(&Source { file: "written", text: &written }).unwrap();
        assert!(breaks(&read, &target), "{invariant} is lost in writing:\n{written}");
        let unknown = Target { invariant: "NONE-1".to_owned() };
        assert_eq!(shrink(&script, &unknown, 600).parts_after, shrunk.parts_before, "what does not break stays");
    }
}
