//! What must hold of whatever comes: the bodies of the fuzz targets, which `tests/fuzz_corpus.rs` runs as well.
//!
//! An input is text: `SITE METHOD TARGET`, or `REVISION WORD STATUS` for an answer, then header fields and a body as in
//! HTTP. So a corpus can be read, and seeds are written by hand or taken from the stories (`UMAVERSE_BLESS=1 cargo test
//! --test fuzz_corpus`).

mod samples;

pub use samples::{Sites, seeds};

use std::sync::LazyLock;
use umaverse::role::Crypto;
use umaverse::transport::crypto::NodeCrypto;
use umaverse::wire::codec::{self, HttpRequest, HttpResponse};
use umaverse::wire::saml::ReadAssertion;
use umaverse::wire::{Answer, Call, Received, Response, SamlAssertion, Text, Uri};

static SITES: LazyLock<Sites> = LazyLock::new(Sites::of_stories);

/// The start line of an input, its header fields, and its body.
struct Parts<'a> {
    start: Vec<&'a str>,
    headers: Vec<(Text, Text)>,
    body: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let at = bytes.windows(2).position(|two| two == b"\n\n");
        let (head, body) = at.map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + 2..]));
        let mut lines = std::str::from_utf8(head).ok()?.lines();
        let start = lines.next()?.split(' ').collect();
        let field = |line: &str| line.split_once(": ").map(|(name, value)| (name.into(), value.into()));
        Some(Self { start, headers: lines.filter_map(field).collect(), body: body.to_vec() })
    }
}

/// A request comes in. It is a message or an error with a place; what is wrong with it is said without the secrets in
/// it; and a message that is written and read again has not become another one.
pub fn request(bytes: &[u8]) {
    let Some(Parts { start, headers, body }) = Parts::of(bytes) else { return };
    let [site, method, target] = start[..] else { return };
    let Some(site) = SITES.site(site) else { return };
    let uri = Uri::new([site.origin.as_str(), target].concat());
    let came = HttpRequest { method: method.into(), uri, headers, body };
    let Received { uri, credentials, cookie, message } = codec::decode_request(site.revision, &site.routes, &came);
    match message {
        Err(error) => {
            // What stands elsewhere too is no secret any more.
            let (secret, open): (Vec<_>, Vec<_>) = came.headers.iter().partition(|(name, _)| is_secret(name));
            let open = format!("{method} {target} {open:?}");
            let said = format!("{error} {error:?}");
            secret.into_iter().for_each(|(_, value)| quotes_no_secret(value, &open, &said));
        }
        Ok(message) => {
            let call = Call { to: uri, credentials, cookie, message };
            let again = written_and_read(site, &call);
            let twice = written_and_read(site, &again);
            assert_eq!(again, twice, "it changes each time that it is written");
            assert_eq!(again.message.word(), call.message.word(), "it has become something else");
        }
    }
}

fn written_and_read(site: &samples::Site, call: &Call) -> Call {
    let written = codec::encode_request(site.spoken(&call.to), call);
    let Received { uri, credentials, cookie, message } = codec::decode_request(site.revision, &site.routes, &written);
    match message {
        Ok(message) => Call { to: uri, credentials, cookie, message },
        Err(error) => panic!("what was read cannot be read again: {error}\n{}", written.to_text()),
    }
}

/// Credentials are refused without being repeated to whoever reads the log.
pub fn quotes_no_secret(value: &str, open: &str, said: &str) {
    let long = value.split([' ', '=', ';', ',']).filter(|part| is_like_a_secret(part) && !open.contains(part));
    long.for_each(|part| assert!(!said.contains(part), "an error quotes credentials"));
}

fn is_secret(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("cookie")
}

// Long enough, and no word of a message that says what was expected.
fn is_like_a_secret(part: &str) -> bool {
    part.len() >= 16
        && part.bytes().any(|byte| byte.is_ascii_digit())
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// True when an input of [`request`] is a message.
pub fn reads(text: &str) -> bool {
    let parts = Parts::of(text.as_bytes()).expect("text");
    let site = SITES.site(parts.start[0]).expect("a site");
    let uri = Uri::new([site.origin.as_str(), parts.start[2]].concat());
    let came = HttpRequest { method: parts.start[1].into(), uri, headers: parts.headers, body: parts.body };
    codec::decode_request(site.revision, &site.routes, &came).message.is_ok()
}

/// An answer comes back. It is an answer or an error, and an answer that is written and read again is the same.
pub fn answer(bytes: &[u8]) {
    let Some(Parts { start, headers, body }) = Parts::of(bytes) else { return };
    let [revision, word, status] = start[..] else { return };
    let (Some((revision, asked)), Ok(status)) = (SITES.asked(revision, word), status.parse()) else { return };
    let came = HttpResponse { status, headers, body };
    let Ok(answer) = codec::decode_response(revision, asked, &came) else { return };
    let again = |answer: &Answer| {
        let written = codec::encode_response(revision, asked, answer);
        codec::decode_response(revision, asked, &written)
            .unwrap_or_else(|error| panic!("what was read cannot be read again: {error}\n{}", written.to_text()))
    };
    let once = again(&answer);
    assert_eq!(tidy(again(&once)), tidy(once), "it changes each time that it is written");
}

// Between two parameters of an address there may be any number of separators, and they need not stay as many.
fn tidy(mut answer: Answer) -> Answer {
    if let Response::Redirect { to, .. } = &mut answer.message {
        let (address, fragment) = to.as_str().split_once('#').unwrap_or((to.as_str(), ""));
        *to = Uri::new(format!("{}#{fragment}", address.trim_end_matches('&')));
    }
    answer
}

/// An assertion comes. Whatever verifies says what its issuer signed, to the letter.
pub fn assertion(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _who = NodeCrypto.issuer_of_assertion(&SamlAssertion::new(samples::encoded(text)));
    if let Some(read) = read_assertion(text) {
        assert_eq!(read, samples::signed().read, "something else verifies");
    }
}

fn read_assertion(xml: &str) -> Option<ReadAssertion> {
    NodeCrypto.read_assertion(&samples::signed().keys, &SamlAssertion::new(samples::encoded(xml)))
}

/// True when an input of [`assertion`] verifies.
pub fn verifies(xml: &str) -> bool {
    read_assertion(xml).is_some()
}
