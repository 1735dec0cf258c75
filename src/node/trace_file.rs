//! The file in which a node writes what happens at it, for `umaverse audit`: one JSON object a line, appended, handed to
//! the operating system when facts are durable and when an input is handled. A crash leaves at most a line that is cut.
//!
//! **Architecture invariant:** no secret and no content stands in it. Both are hashed with HMAC-SHA256 under a key that
//! the nodes of a deployment share and the files do not hold, so equal secrets are equal across files and nobody can try
//! passwords or short codes against them.

use crate::trace::note::FetchOutcome;
use crate::trace::told::{Header, Line, Told};
use crate::trace::{Fact, Note};
use crate::wire::page::Page;
use crate::wire::token::{REFERENCE_CLOSE, REFERENCE_OPEN, secret_reference};
use crate::wire::{Answer, Response, Text, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// How far ahead of the node's clock a stamp of somebody else may be, in microseconds: one hour. A stranger with a
/// greater one must not carry the node's stamps away.
const AHEAD_MAX: u64 = 3_600_000_000;
/// How much of the end of a file is read for its last stamp, in bytes.
const TAIL: u64 = 1024 * 1024;

/// The key under which the nodes of a deployment hash what must not stand in a trace: 32 bytes.
#[derive(Clone)]
pub struct TraceKey([u8; 32]);

impl fmt::Debug for TraceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TraceKey([redacted])")
    }
}

impl TraceKey {
    /// A key of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key in the text of its file: 64 hexadecimal digits.
    ///
    /// # Errors
    /// What was expected, when the text is something else. The text is not quoted.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let wrong = "a trace key is 64 hexadecimal digits";
        let digits = text.trim();
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong);
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong)?;
        }
        Ok(Self(bytes))
    }

    /// Names the key without giving it away.
    pub fn name(&self) -> Text {
        format!("{:032x}", self.half(b"umaverse: the name of this key")).into()
    }

    /// The reference to a content.
    pub fn content(&self, content: &str) -> Text {
        format!("content:{:032x}", self.half(content.as_bytes())).into()
    }

    fn half(&self, bytes: &[u8]) -> u128 {
        // Keys of any length are taken, so the other branch is never reached.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return 0 };
        mac.update(bytes);
        let mut half = [0; 16];
        half.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        u128::from_be_bytes(half)
    }

    fn secret(&self, short: u128) -> u128 {
        self.half(&short.to_be_bytes())
    }

    // JSON in which every reference to a secret is one to its keyed hash, and every PKCE challenge fits the reference to
    // its verifier (RFC 7636 §4.6: it is the hash that the reference is half of).
    fn veiled(&self, value: &impl Serialize) -> serde_json::Result<String> {
        let json = self.references(&serde_json::to_string(value)?);
        Ok(self.challenges(&json))
    }

    fn references(&self, json: &str) -> String {
        let mut out = String::with_capacity(json.len());
        let mut rest = json;
        while let Some((before, after)) = rest.split_once(REFERENCE_OPEN) {
            out.push_str(before);
            let (reference, after) = after.split_once(REFERENCE_CLOSE).unwrap_or((after, ""));
            let parts = reference.split_once(':');
            let short = parts.and_then(|(kind, hex)| Some((kind, u128::from_str_radix(hex, 16).ok()?)));
            match short {
                Some((kind, short)) => out.push_str(&secret_reference(kind, self.secret(short))),
                None => out.push_str("[redacted]"),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn challenges(&self, json: &str) -> String {
        let mut parts = json.split(CHALLENGE);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (challenge, after) = part.split_once('"').unwrap_or((part, ""));
            out.push_str(CHALLENGE);
            out.push_str(&self.challenge(challenge));
            out.push('"');
            out.push_str(after);
        }
        out
    }

    fn challenge(&self, challenge: &str) -> String {
        let decoded = URL_SAFE_NO_PAD.decode(challenge).ok().filter(|bytes| bytes.len() == 32);
        let hash = decoded.unwrap_or_else(|| Sha256::digest(challenge.as_bytes()).to_vec());
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        let mut veiled = [0; 32];
        veiled[..16].copy_from_slice(&self.secret(u128::from_be_bytes(half)).to_be_bytes());
        URL_SAFE_NO_PAD.encode(veiled)
    }

    // Contents are no secrets to the types, but what a deployment protects must not leave it by its traces.
    fn without_contents(&self, event: Told) -> Told {
        match event {
            Told::Answered { exchange, status, mut answer } => {
                self.veil_answer(&mut answer);
                Told::Answered { exchange, status, answer }
            }
            Told::Returned { exchange, answer: Ok(mut answer) } => {
                self.veil_answer(&mut answer);
                Told::Returned { exchange, answer: Ok(answer) }
            }
            Told::Noted(mut note) => {
                self.veil_note(&mut note);
                Told::Noted(note)
            }
            other => other,
        }
    }

    fn veil_answer(&self, answer: &mut Answer) {
        if let Response::Content { content } | Response::Page(Page::Shown { content, .. }) = &mut answer.message {
            *content = self.content(content);
        }
    }

    fn veil_note(&self, note: &mut Note) {
        match note {
            Note::FetchEnded { outcome: FetchOutcome::Got { content }, .. } => *content = self.content(content),
            Note::PersonSaw { text, .. } => *text = self.content(text),
            _ => {}
        }
    }
}

const CHALLENGE: &str = "\"code_challenge\":\"";

/// The file of one node.
#[derive(Debug)]
pub struct TraceFile {
    key: TraceKey,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    // `None` once a write failed: a trace is no journal, and the node goes on without it.
    out: Option<BufWriter<File>>,
    lamport: u64,
}

impl TraceFile {
    /// Opens or makes the file, appends the header of this start, and goes on with the stamps of the last.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path, key: TraceKey, header: Header) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let tail = tail(&mut file)?;
        let mut out = BufWriter::new(file);
        if !tail.is_empty() && !tail.ends_with('\n') {
            writeln!(out)?;
        }
        let header = Header { key: key.name(), ..header };
        writeln!(out, "{}", key.veiled(&header).map_err(io::Error::other)?)?;
        out.flush()?;
        Ok(Self { key, state: RefCell::new(State { out: Some(out), lamport: last_stamp(&tail) }) })
    }

    /// Writes what happened. `chain`: to which chain of cause and effect it belongs.
    pub fn tell(&self, at: Timestamp, chain: u64, event: Told) {
        let mut state = self.state.borrow_mut();
        state.lamport = at.0.max(state.lamport.saturating_add(1));
        let line = Line { at, lamport: state.lamport, chain, event: self.key.without_contents(event) };
        let Some(out) = &mut state.out else { return };
        let written = self.key.veiled(&line).map_err(io::Error::other).and_then(|json| writeln!(out, "{json}"));
        if let Err(error) = written {
            tracing::error!(%error, "the trace ends here");
            state.out = None;
        }
    }

    /// Writes that facts are durable.
    pub fn tell_facts(&self, at: Timestamp, chain: u64, facts: Vec<Fact>) {
        facts.into_iter().for_each(|fact| self.tell(at, chain, Told::Fact(Box::new(fact))));
        self.flush();
    }

    /// Takes note of a stamp that a message brings; a far too great one is not believed.
    pub fn hears(&self, at: Timestamp, lamport: u64) {
        let mut state = self.state.borrow_mut();
        if lamport <= at.0.saturating_add(AHEAD_MAX) {
            state.lamport = state.lamport.max(lamport);
        }
    }

    /// The stamp of the last line: what a message that leaves now carries.
    pub fn lamport(&self) -> u64 {
        self.state.borrow().lamport
    }

    /// Hands everything to the operating system.
    pub fn flush(&self) {
        let mut state = self.state.borrow_mut();
        if let Some(Err(error)) = state.out.as_mut().map(Write::flush) {
            tracing::error!(%error, "the trace ends here");
            state.out = None;
        }
    }
}

fn tail(file: &mut File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn last_stamp(tail: &str) -> u64 {
    let stamp = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["lamport"].as_u64();
    tail.lines().rev().find_map(stamp).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail loudly")]
mod tests {
    use super::*;
    use crate::trace::told::FORMAT;
    use crate::trace::truth::{NodeTruth, RoleKind};
    use crate::wire::Rpt;
    use std::path::PathBuf;

    fn key() -> TraceKey {
        TraceKey::new([3; 32])
    }

    fn header() -> Header {
        let node = NodeTruth {
            name: "as".into(),
            role: RoleKind::AuthorizationServer,
            origin: None,
            revision: None,
            beside: None,
            honest: true,
            accounts: Default::default(),
            rules_off: Vec::new(),
            trusts: Vec::new(),
        };
        Header {
            format: FORMAT,
            key: Text::default(),
            node,
            resources: Vec::new(),
            cache_max: None,
            clock_error_max: None,
            request_max: None,
            resumed: false,
        }
    }

    fn place(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("umaverse-trace-{}-{name}.jsonl", std::process::id()));
        let _none = std::fs::remove_file(&path);
        path
    }

    #[test]
    fn a_key_is_read_from_hexadecimal_digits_and_never_printed() {
        let digits = "0f".repeat(32);
        let key = TraceKey::parse(&format!("{digits}\n")).unwrap();
        assert_eq!(key.name(), TraceKey::new([15; 32]).name());
        assert_ne!(key.name(), TraceKey::new([16; 32]).name());
        assert!(!format!("{key:?}").contains("0f") && !format!("{key:?}").contains("15"));
        for wrong in ["", &digits[..62], &format!("{digits}0"), &"0g".repeat(32), &"é".repeat(32)] {
            assert!(TraceKey::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_challenge_still_fits_the_hash_of_its_verifier() {
        let verifier = Rpt::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = URL_SAFE_NO_PAD.encode(verifier.hashed().sha256());
        let written = key().veiled(&serde_json::json!({ "code_challenge": challenge, "verifier": verifier })).unwrap();
        assert!(!written.contains(&challenge));
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        let read_back: Rpt = serde_json::from_value(read["verifier"].clone()).unwrap();
        assert_eq!(read["code_challenge"], URL_SAFE_NO_PAD.encode(read_back.hashed().sha256()));
        let odd = key().veiled(&serde_json::json!({ "code_challenge": "the verifier itself" })).unwrap();
        assert!(!odd.contains("the verifier itself"));
    }

    #[test]
    fn stamps_follow_the_clock_and_whatever_was_heard_unless_it_is_absurd() {
        let path = place("stamps");
        let file = TraceFile::open(&path, key(), header()).unwrap();
        file.tell(Timestamp(100), 0, Told::TimerFired);
        assert_eq!(file.lamport(), 100);
        file.tell(Timestamp(100), 0, Told::TimerFired);
        file.hears(Timestamp(100), 500);
        file.tell(Timestamp(100), 0, Told::TimerFired);
        assert_eq!(file.lamport(), 501);
        file.hears(Timestamp(100), u64::MAX);
        file.tell(Timestamp(1000), 0, Told::TimerFired);
        assert_eq!(file.lamport(), 1000);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_later_start_goes_on_behind_a_line_that_was_cut() {
        let path = place("cut");
        let file = TraceFile::open(&path, key(), header()).unwrap();
        file.tell(Timestamp(700), 0, Told::TimerFired);
        file.flush();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{{\"at\":9")).unwrap();
        let file = TraceFile::open(&path, key(), header()).unwrap();
        file.tell(Timestamp(5), 0, Told::TimerFired);
        file.flush();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[2]), (5, "{\"at\":9"));
        assert!(lines[4].contains("\"lamport\":701"), "{}", lines[4]);
        std::fs::remove_file(path).unwrap();
    }
}
