//! Small worlds, run with every message as bytes, and what was seen in them. A server can be asked more when it is over.

use crate::carried::{Wire, play};
use crate::messages::{Exchange, asked, json, member, words};
use crate::support::{Change, changed_answer, changed_request};
use serde_json::Value;
use std::collections::BTreeMap;
use umaverse::message::{Arrival, ExchangeId};
use umaverse::role::crypto::StandInCrypto;
use umaverse::role::{Context, Effect, Effects, Entropy, Input, Machine, Role, RuleSet};
use umaverse::sim::run::{Finished, finished};
use umaverse::sim::scheduler::{Carrying, Returning, Site};
use umaverse::sim::script::{self, Source, spanless};
use umaverse::trace::Event;
use umaverse::wire::codec::{HttpRequest, HttpResponse, decode_request, encode_answer};
use umaverse::wire::{Endpoint, Revision, Timestamp};

/// Alice has photos at photoz, which copmonkey protects; Bob uses printer.
const PARTIES: &str = r#"title = "feature test"
revision = "REVISION"

[[authorization-server]]
name = "copmonkey"

[[resource-server]]
name = "photoz"
[[resource-server.resource]]
path = "/album/beach.jpg"
name = "Beach"
owner = "alice"
protected-by = "copmonkey"
content = "the beach at dawn"
need = { GET = ["view"], PUT = ["edit"] }
[[resource-server.resource]]
path = "/album/sunset.jpg"
name = "Sunset"
owner = "alice"
protected-by = "copmonkey"
content = "the sunset"
exists = false

[[client]]
name = "printer"

[[person]]
name = "alice"
accounts = { copmonkey = {} }

[[person]]
name = "bob"
accounts = { copmonkey = { email = "bob@family.example" } }
"#;

/// Alice has photoz protected.
pub(crate) const CONNECT: &str = r#"
[[step]]
who = "alice"
does = "connect"
resource-server = "photoz"
at = "copmonkey"
"#;

/// Alice lets Bob see her photos.
pub(crate) const PERMIT_BOB: &str = r#"
[[step]]
who = "alice"
does = "set-policy"
at = "copmonkey"
policy = "family"
all = true
scopes = ["view"]
permit = { person = "bob", at = "copmonkey" }
"#;

/// Alice lets see her photos whoever has Bob's address.
pub(crate) const PERMIT_ADDRESS: &str = r#"
[[step]]
who = "alice"
does = "set-policy"
at = "copmonkey"
policy = "family"
all = true
scopes = ["view"]
permit = { claim = "email", value = "bob@family.example" }
"#;

/// Bob asks for the beach.
pub(crate) const FETCH: &str = r#"
[[step]]
who = "bob"
does = "fetch"
with = "printer"
resource = "photoz/album/beach.jpg"
"#;

/// Bob sees what Alice lets him see.
pub(crate) fn album(revision: Revision) -> World {
    World::new(revision, &[CONNECT, PERMIT_BOB, FETCH])
}

/// How much may happen in one world.
const DELIVERIES_MAX: u64 = 5_000;

/// A world that is not run yet.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) revision: Revision,
    script: String,
    changes: Vec<Change>,
}

impl World {
    /// The parties, and what they do.
    pub(crate) fn new(revision: Revision, steps: &[&str]) -> Self {
        let parties = PARTIES.replace("REVISION", revision.name());
        Self { revision, script: parties + &steps.concat(), changes: Vec::new() }
    }

    /// The same with a change.
    pub(crate) fn with(mut self, change: Change) -> Self {
        if let Change::Script(from, to) = change {
            return self.edited(from, to);
        }
        self.changes.push(change);
        self
    }

    /// The same with another script.
    pub(crate) fn edited(mut self, from: &str, to: &str) -> Self {
        assert!(self.script.contains(from), "the script has no `{from}`");
        self.script = self.script.replace(from, to);
        self
    }

    /// The same with more steps.
    pub(crate) fn and(mut self, step: &str) -> Self {
        self.script.push_str(step);
        self
    }

    fn build(&self) -> umaverse::sim::world::World {
        let source = Source { file: "feature test", text: &self.script };
        let mut script = script::parse(&source).unwrap_or_else(|error| panic!("{error}"));
        for change in &self.changes {
            let Change::Without(node, rule) = change else { continue };
            let servers = script.authorization_servers.iter_mut().map(|table| (&table.name, &mut table.without_rules));
            let hosts = script.resource_servers.iter_mut().map(|table| (&table.name, &mut table.without_rules));
            let clients = script.clients.iter_mut().map(|table| (&table.name, &mut table.without_rules));
            let mut found = servers.chain(hosts).chain(clients).filter(|(name, _)| name.get_ref() == node);
            found.next().unwrap_or_else(|| panic!("no node `{node}`")).1.push(spanless((*rule).to_owned()));
        }
        umaverse::sim::world::World::build(&script, &source).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs it.
    pub(crate) fn run(&self) -> Seen {
        let mut world = self.build();
        // What somebody changes may keep others going round.
        world.settings.deliveries_max = DELIVERIES_MAX;
        let blank = world.roles.clone();
        let rules_off: Vec<RuleSet> = world.seats.iter().map(|seat| seat.rules_off.clone()).collect();
        let mut watch = Watch { changes: self.changes.clone(), exchanges: BTreeMap::new() };
        let scheduler = play(world, &mut watch);
        let sites = (0..blank.len()).map(|at| scheduler.site(umaverse::message::NodeId(at as u16))).collect();
        let exchanges = watch.exchanges.into_values().collect();
        Seen { world: self.clone(), finished: finished(scheduler), exchanges, blank, rules_off, sites }
    }
}

/// What was sent, with the changes.
struct Watch {
    changes: Vec<Change>,
    exchanges: BTreeMap<ExchangeId, Exchange>,
}

impl Wire for Watch {
    fn request(&mut self, carrying: &Carrying, [from, to]: [&str; 2], written: HttpRequest) -> HttpRequest {
        let endpoint = carrying.call.message.endpoint();
        let request = changed_request(&self.changes, endpoint, written);
        let (from, to) = (from.to_owned(), to.to_owned());
        let exchange = Exchange { from, to, endpoint, request: request.clone(), response: None };
        self.exchanges.insert(carrying.exchange, exchange);
        request
    }

    fn answer(&mut self, returning: &Returning, written: HttpResponse) -> HttpResponse {
        let answer = changed_answer(&self.changes, returning.asked.endpoint(), written);
        if let Some(seen) = self.exchanges.get_mut(&returning.exchange) {
            seen.response = Some(answer.clone());
        }
        answer
    }
}

/// What was seen of a world.
pub(crate) struct Seen {
    pub(crate) world: World,
    finished: Finished,
    exchanges: Vec<Exchange>,
    blank: Vec<Role>,
    rules_off: Vec<RuleSet>,
    sites: Vec<Site>,
}

impl Seen {
    /// The revision that is spoken.
    pub(crate) fn revision(&self) -> Revision {
        self.world.revision
    }

    /// Whether everything came to its end.
    pub(crate) fn is_at_rest(&self) -> bool {
        let ended = self.finished.records.last().map(|record| &record.event);
        matches!(ended, Some(Event::Ended { open_exchanges: 0, cut_off: false }))
    }

    /// Every exchange, in the order in which the requests were sent.
    pub(crate) fn all(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// What a node sent to an endpoint.
    pub(crate) fn sent(&self, from: &str, endpoint: Endpoint) -> Vec<&Exchange> {
        self.exchanges.iter().filter(|one| one.from == from && one.endpoint == endpoint).collect()
    }

    /// The first thing that a node sent to an endpoint.
    pub(crate) fn first(&self, from: &str, endpoint: Endpoint) -> Result<&Exchange, String> {
        self.sent(from, endpoint)
            .first()
            .copied()
            .ok_or_else(|| format!("{from} sent nothing to the {endpoint} endpoint"))
    }

    /// What a person was shown at the end of what they asked for.
    pub(crate) fn shown(&self, person: &str, text: &str) -> bool {
        self.finished.records.iter().any(|record| match &record.event {
            Event::Noted { node, note: umaverse::trace::Note::PersonSaw { text: seen, .. } } => {
                self.name(*node) == person && seen.contains(text)
            }
            _ => false,
        })
    }

    fn name(&self, node: umaverse::message::NodeId) -> &str {
        self.finished.truth.get(node).map_or("", |node| &node.name)
    }

    /// The configuration data that copmonkey publishes, as they were sent to somebody.
    pub(crate) fn configuration(&self) -> Result<Value, String> {
        let read = self.exchanges.iter().find(|one| one.endpoint == Endpoint::Configuration && one.to == "copmonkey");
        read.map(|one| json(&one.answer().body)).ok_or_else(|| "nobody read the configuration data".to_owned())
    }

    /// The URI of an endpoint there.
    pub(crate) fn endpoint(&self, name: &str) -> Result<String, String> {
        let configuration = self.configuration()?;
        configuration[name].as_str().map(str::to_owned).ok_or_else(|| format!("no `{name}` in {configuration}"))
    }

    /// The exchange that gave a node its first token with a scope.
    pub(crate) fn token_of(&self, node: &str, scope: &str) -> Result<&Exchange, String> {
        let gives = |one: &&Exchange| {
            let given = member(&one.answer().body, "scope");
            one.status() == 200 && given.split(' ').any(|word| word == scope)
        };
        let found = self.sent(node, Endpoint::Token).into_iter().find(gives);
        found.ok_or_else(|| format!("{node} has no token with `{scope}`"))
    }

    /// The PAT of photoz.
    pub(crate) fn pat(&self) -> Result<String, String> {
        let given = self.token_of("photoz", words(self.revision()).pat_scope)?;
        Ok(member(&given.answer().body, "access_token"))
    }

    /// The AAT of printer.
    pub(crate) fn aat(&self) -> Result<String, String> {
        let given = self.token_of("printer", words(self.revision()).aat_scope)?;
        Ok(member(&given.answer().body, "access_token"))
    }

    /// A server as it is in the end, to be asked more.
    pub(crate) fn server(&self, name: &str) -> Server {
        let at = self.finished.truth.nodes.iter().position(|node| &*node.name == name).expect("a server of that name");
        let mut role = self.blank[at].clone();
        let mut now = Timestamp(0);
        for record in &self.finished.records {
            now = now.max(record.at);
            match &record.event {
                Event::Fact { node, fact } if usize::from(node.0) == at => role.apply(fact),
                _ => {}
            }
        }
        let (site, rules_off) = (self.sites[at].clone(), self.rules_off[at].clone());
        Server { role, site, rules_off, now, changes: self.world.changes.clone(), asked: 1 << 40, drawn: Counter(0) }
    }
}

/// A server after a run.
pub(crate) struct Server {
    role: Role,
    site: Site,
    rules_off: RuleSet,
    /// What its clock shows.
    pub(crate) now: Timestamp,
    changes: Vec<Change>,
    asked: u64,
    drawn: Counter,
}

impl Server {
    /// Its answer to the bytes of a request.
    pub(crate) fn ask(&mut self, request: &HttpRequest) -> HttpResponse {
        let endpoint = self.site.routes.endpoint(&request.uri);
        let received = decode_request(self.site.revision, &self.site.routes, request);
        self.asked += 1;
        let exchange = ExchangeId(self.asked);
        let input = Input::Request(Arrival::new(exchange, request.uri.is_https(), received));
        let mut effects = Effects::default();
        let mut next = self.asked << 8;
        let mut cx = Context::new(self.now, &mut self.drawn, &StandInCrypto, &self.rules_off, &mut effects, &mut next);
        self.role.handle(&mut cx, input);
        let answer = effects.out.iter().find_map(|effect| match effect {
            Effect::Reply { exchange: answered, answer } if *answered == exchange => Some(answer),
            _ => None,
        });
        let answer = answer.unwrap_or_else(|| panic!("no answer to {}", request.to_text()));
        changed_answer(&self.changes, endpoint, encode_answer(self.site.revision, endpoint, answer))
    }

    /// Status and error code of its answer: that of the body, or of a bearer challenge.
    pub(crate) fn refusal(&mut self, request: &HttpRequest) -> (u16, String) {
        let answer = self.ask(request);
        let in_body = member(&answer.body, "error");
        let challenge = crate::messages::field(&answer, "WWW-Authenticate").to_owned();
        let in_challenge = challenge.split_once("error=\"").and_then(|(_, rest)| rest.split_once('"'));
        (answer.status, in_challenge.map_or(in_body, |(code, _)| code.to_owned()))
    }
}

struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, purpose: &'static str, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(purpose.len() as u64 | 1);
            *byte = (self.0 >> 33) as u8;
        }
    }
}

/// The token in a request.
pub(crate) fn token_in(request: &HttpRequest) -> &str {
    asked(request, "Authorization").strip_prefix("Bearer ").unwrap_or_default()
}
