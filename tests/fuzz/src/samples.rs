//! What targets need to begin: servers with their paths, a request of each kind, an assertion that is signed, and the
//! messages of stories as inputs.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use umaverse::message::ExchangeId;
use umaverse::role::{Crypto, SigningKey};
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::{Source, parse};
use umaverse::sim::world::World;
use umaverse::trace::truth::RoleKind;
use umaverse::trace::{Event, Record};
use umaverse::transport::crypto::NodeCrypto;
use umaverse::wire::codec::{self, HttpRequest, Routes};
use umaverse::wire::jws::Jwk;
use umaverse::wire::saml::{Assertion, ReadAssertion};
use umaverse::wire::{Answer, Request, Revision, SamlAssertion, Text, Timestamp, Uri};

/// Together they have every kind of message.
const STORIES: [(&str, &str); 14] = [
    ("claims-from-identity-provider-2.0", include_str!("../../../simulations/claims-from-identity-provider-2.0.toml")),
    ("photo-sharing", include_str!("../../../simulations/photo-sharing.toml")),
    ("photo-sharing-1.0.1", include_str!("../../../simulations/photo-sharing-1.0.1.toml")),
    ("photo-sharing-2.0", include_str!("../../../simulations/photo-sharing-2.0.toml")),
    ("photo-sharing-draft-05", include_str!("../../../simulations/photo-sharing-draft-05.toml")),
    ("pushed-claims-2.0", include_str!("../../../simulations/pushed-claims-2.0.toml")),
    ("owners-program", include_str!("../../../simulations/owners-program.toml")),
    ("owners-program-1.0.1", include_str!("../../../simulations/owners-program-1.0.1.toml")),
    ("owners-program-2.0", include_str!("../../../simulations/owners-program-2.0.toml")),
    ("owners-program-draft-05", include_str!("../../../simulations/owners-program-draft-05.toml")),
    ("saml-aat-and-pat", include_str!("../../../simulations/saml-aat-and-pat.toml")),
    ("saml-aat-and-pat-1.0.1", include_str!("../../../simulations/saml-aat-and-pat-1.0.1.toml")),
    ("saml-aat-and-pat-draft-05", include_str!("../../../simulations/saml-aat-and-pat-draft-05.toml")),
    ("side-by-side-two-clients", include_str!("../../../simulations/side-by-side-two-clients.toml")),
];

/// A server, as far as its codec needs to know it.
#[derive(Clone)]
pub struct Site {
    /// Its origin.
    pub origin: Uri,
    /// Its paths.
    pub routes: Routes,
    /// What it speaks where its paths do not say.
    pub revision: Revision,
}

impl Site {
    /// The revision that is spoken at an address.
    pub fn spoken(&self, uri: &Uri) -> Revision {
        self.routes.revision(uri).unwrap_or(self.revision)
    }
}

/// The servers of the stories, and a request of each kind that was sent to them.
#[derive(Default)]
pub struct Sites {
    sites: BTreeMap<String, Site>,
    asked: BTreeMap<(&'static str, &'static str), Request>,
}

impl Sites {
    /// Plays the stories.
    pub fn of_stories() -> Self {
        let mut all = Self::default();
        for (name, text) in STORIES {
            let (sites, records) = played(name, text);
            sites.iter().flatten().for_each(|(name, site)| all.name(name, site));
            for record in &records {
                if let Event::Sent { to: Some(to), call, .. } = &record.event
                    && let Some((_, site)) = &sites[usize::from(to.0)]
                {
                    let key = (site.spoken(&call.to).name(), call.message.word());
                    all.asked.entry(key).or_insert_with(|| call.message.clone());
                }
            }
        }
        all
    }

    fn name(&mut self, name: &str, site: &Site) {
        self.sites.entry(name.to_owned()).or_insert_with(|| site.clone());
    }

    /// The server of that name, such as `2.0/authorization-server`.
    pub fn site(&self, name: &str) -> Option<&Site> {
        self.sites.get(name)
    }

    /// A request of that kind in that revision.
    pub fn asked(&self, revision: &str, word: &str) -> Option<(Revision, &Request)> {
        let revision = Revision::parse(revision)?;
        let mut known = self.asked.iter();
        known.find(|((of, called), _)| *of == revision.name() && *called == word).map(|(_, asked)| (revision, asked))
    }
}

/// The messages of the stories as inputs: target, name, bytes; of each kind at each server the first, and of answers the
/// first of each status.
pub fn seeds() -> BTreeMap<(&'static str, String), Vec<u8>> {
    let mut seeds = BTreeMap::new();
    for (name, text) in STORIES {
        let (sites, records) = played(name, text);
        let mut calls = BTreeMap::new();
        for record in &records {
            match &record.event {
                Event::Sent { to: Some(to), call, exchange, .. } => {
                    let Some((name, site)) = &sites[usize::from(to.0)] else { continue };
                    let revision = site.spoken(&call.to);
                    calls.insert(*exchange, (revision, call.message.clone()));
                    let written = codec::encode_request(revision, call);
                    let file = format!("{}-{}", name.replace('/', "-"), call.message.word());
                    seeds.entry(("request", file)).or_insert_with(|| of_request(name, site, &written));
                }
                Event::Answered { exchange, status, answer, .. } => {
                    let Some((file, seed)) = of_answer(&calls, *exchange, *status, answer) else { continue };
                    seeds.entry(("answer", file)).or_insert(seed);
                }
                _ => {}
            }
        }
    }
    seeds.insert(("assertion", "signed".to_owned()), signed().xml.clone().into_bytes());
    seeds
}

fn of_request(name: &str, site: &Site, request: &HttpRequest) -> Vec<u8> {
    let target = request.uri.as_str().strip_prefix(site.origin.as_str()).unwrap_or_default();
    let mut text = format!("{name} {} {target}\n", request.method);
    fields(&mut text, &request.headers);
    [text.into_bytes(), request.body.clone()].concat()
}

fn of_answer(
    calls: &BTreeMap<ExchangeId, (Revision, Request)>,
    exchange: ExchangeId,
    status: u16,
    answer: &Answer,
) -> Option<(String, Vec<u8>)> {
    let (revision, asked) = calls.get(&exchange)?;
    let written = codec::encode_response(*revision, asked, answer);
    let mut text = format!("{} {} {status}\n", revision.name(), asked.word());
    fields(&mut text, &written.headers);
    Some((format!("{}-{}-{status}", revision.name(), asked.word()), [text.into_bytes(), written.body].concat()))
}

fn fields(text: &mut String, headers: &[(Text, Text)]) {
    headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\n")));
    text.push('\n');
}

type Named = Option<(String, Site)>;

// The servers of a story by node, and what happened.
fn played(name: &str, text: &str) -> (Vec<Named>, Vec<Record>) {
    let file = format!("{name}.toml");
    let source = Source { file: &file, text };
    let world = World::build(&parse(&source).expect("a story"), &source).expect("a world");
    let nodes = world.truth.nodes.iter().zip(&world.seats);
    let site = |(node, seat): (&umaverse::trace::truth::NodeTruth, &umaverse::sim::scheduler::Seat)| {
        let spoken = node.beside.map_or(seat.revision.name(), |_| "side-by-side");
        let site = Site { origin: node.origin.clone()?, routes: seat.routes.clone(), revision: seat.revision };
        Some((format!("{spoken}/{}", word(node.role)?), site))
    };
    let sites = nodes.map(site).collect();
    (sites, run(world, &Options::default()).expect("a run").records)
}

const fn word(role: RoleKind) -> Option<&'static str> {
    match role {
        RoleKind::AuthorizationServer => Some("authorization-server"),
        RoleKind::ResourceServer => Some("resource-server"),
        RoleKind::Client => Some("client"),
        RoleKind::IdentityProvider => Some("identity-provider"),
        RoleKind::Person => None,
    }
}

/// An assertion that is signed.
pub struct Signed {
    /// Its XML.
    pub xml: String,
    /// What verifies it.
    pub keys: Vec<Jwk>,
    /// What it says.
    pub read: ReadAssertion,
}

/// The one assertion that verifies.
pub fn signed() -> &'static Signed {
    static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
        let key = SigningKey { kid: "fuzzed".into(), secret: [7; 32] };
        let assertion = Assertion {
            id: "_f00d".into(),
            issuer: "https://idp.example".into(),
            issued_at: Timestamp::from_secs(1_700_000_000),
            subject: "alice".into(),
            recipient: Some("https://as.example/token".into()),
            confirmed_until: Some(Timestamp::from_secs(1_700_000_300)),
            audience: ["https://as.example".into()].into(),
            not_before: Some(Timestamp::from_secs(1_699_999_990)),
            not_on_or_after: Some(Timestamp::from_secs(1_700_000_300)),
        };
        let encoded = NodeCrypto.sign_assertion(&key, &assertion);
        let keys = vec![NodeCrypto.public(&key)];
        let read = NodeCrypto.read_assertion(&keys, &encoded).expect("what was signed verifies");
        Signed { xml: decoded(&encoded), keys, read }
    });
    &SIGNED
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url without padding (RFC 4648 §5).
pub fn encoded(text: &str) -> String {
    let sextets = text.as_bytes().chunks(3).flat_map(|three| {
        let group = three.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        (0..=three.len()).map(move |at| ALPHABET[(group >> (18 - 6 * at) & 63) as usize] as char)
    });
    sextets.collect()
}

fn decoded(assertion: &SamlAssertion) -> String {
    let sextet = |letter: u8| ALPHABET.iter().position(|known| *known == letter).unwrap_or_default() as u32;
    let bytes = assertion.expose().as_bytes().chunks(4).flat_map(|four| {
        let group = four.iter().fold(0_u32, |group, letter| group << 6 | sextet(*letter)) << (6 * (4 - four.len()));
        (0..four.len() - 1).map(move |at| (group >> (16 - 8 * at)) as u8)
    });
    String::from_utf8(bytes.collect()).expect("XML")
}
