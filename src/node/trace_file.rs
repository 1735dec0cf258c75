//! The file in which a node writes what happens at it, for `umaverse audit`: one JSON object a line, appended, handed to
//! the operating system when facts are durable and when an input is handled. A crash leaves at most a line that is cut.
//! A file has a bound: beyond it, it is renamed to `NAME.1`, in the place of the one before, and the next begins, which
//! says that it does not hold what was before. So a node's traces take at most twice the bound.
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
use std::path::{Path, PathBuf};

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

/// How the start before this one ended, by its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// In order.
    Ended,
    /// Not in order.
    Crashed,
}

/// The file of one node.
#[derive(Debug)]
pub struct TraceFile {
    key: TraceKey,
    path: PathBuf,
    header: Header,
    bytes_max: u64,
    before: Option<Before>,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    // `None` once a write failed: a trace is no journal, and the node goes on without it.
    out: Option<Out>,
    lamport: u64,
}

#[derive(Debug)]
struct Out {
    file: BufWriter<File>,
    bytes: u64,
}

impl Out {
    fn line(&mut self, json: &str) -> io::Result<()> {
        self.bytes += json.len() as u64 + 1;
        writeln!(self.file, "{json}")
    }
}

impl TraceFile {
    /// Opens or makes the file, appends the header of this start, and goes on with the stamps of the last. It may become
    /// as large as it will.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path, key: TraceKey, header: Header) -> io::Result<Self> {
        Self::open_within(path, key, header, u64::MAX)
    }

    /// The same with a bound for the file, in bytes; see the module.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open_within(path: &Path, key: TraceKey, header: Header, bytes_max: u64) -> io::Result<Self> {
        let mut file = opened(path)?;
        let (tail, bytes) = (tail(&mut file)?, file.metadata()?.len());
        let mut out = Out { file: BufWriter::new(file), bytes };
        if !tail.is_empty() && !tail.ends_with('\n') {
            out.line("")?;
        }
        let header = Header { key: key.name(), ..header };
        out.line(&key.veiled(&header).map_err(io::Error::other)?)?;
        out.file.flush()?;
        let state = RefCell::new(State { out: Some(out), lamport: last_stamp(&tail) });
        Ok(Self { key, path: path.to_owned(), header, bytes_max, before: before(&tail), state })
    }

    /// How the start before this one ended; `None` when this is the first of the file.
    pub fn before(&self) -> Option<Before> {
        self.before
    }

    /// When the last fact was told that a file tells of, as far as its end shows it.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn last_fact(path: &Path) -> io::Result<Option<Timestamp>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let told = |line: &str| {
            let line = serde_json::from_str::<Line>(line).ok()?;
            matches!(line.event, Told::Fact(_)).then_some(line.at)
        };
        Ok(tail(&mut file)?.lines().rev().find_map(told))
    }

    // What was before is not in the file that begins.
    fn begin_next(&self, out: &mut Out) -> io::Result<()> {
        out.file.flush()?;
        let mut older = self.path.clone().into_os_string();
        older.push(".1");
        std::fs::rename(&self.path, older)?;
        *out = Out { file: BufWriter::new(opened(&self.path)?), bytes: 0 };
        let header = Header { resumed: true, ..self.header.clone() };
        out.line(&self.key.veiled(&header).map_err(io::Error::other)?)
    }

    /// Writes what happened. `chain`: to which chain of cause and effect it belongs.
    pub fn tell(&self, at: Timestamp, chain: u64, event: Told) {
        let mut state = self.state.borrow_mut();
        state.lamport = at.0.max(state.lamport.saturating_add(1));
        let line = Line { at, lamport: state.lamport, chain, event: self.key.without_contents(event) };
        let Some(out) = &mut state.out else { return };
        let next = if out.bytes < self.bytes_max { Ok(()) } else { self.begin_next(out) };
        let json = next.and_then(|()| self.key.veiled(&line).map_err(io::Error::other));
        if let Err(error) = json.and_then(|json| out.line(&json)) {
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
        if let Some(Err(error)) = state.out.as_mut().map(|out| out.file.flush()) {
            tracing::error!(%error, "the trace ends here");
            state.out = None;
        }
    }
}

// Only its owner can read it: it tells who did what.
fn opened(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn before(tail: &str) -> Option<Before> {
    let last = tail.lines().rev().find(|line| !line.is_empty())?;
    let ended = serde_json::from_str::<Line>(last).is_ok_and(|line| matches!(line.event, Told::Ended { .. }));
    Some(if ended { Before::Ended } else { Before::Crashed })
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
            spoken_at: Default::default(),
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
    fn a_file_that_is_full_makes_room_for_one_that_says_so() {
        let path = place("full");
        let file = TraceFile::open_within(&path, key(), header(), 2000).unwrap();
        (1..=200).for_each(|at| file.tell(Timestamp(at), 0, Told::TimerFired));
        file.flush();
        let older = path.with_extension("jsonl.1");
        let texts = [&older, &path].map(|path| std::fs::read_to_string(path).unwrap());
        assert!(texts.iter().all(|text| text.len() < 2100), "{texts:?}");
        assert!(texts[1].lines().next().unwrap().contains("\"resumed\":true"), "{}", texts[1]);
        let last = texts[0].lines().last().unwrap();
        let stamp = |line: &str| serde_json::from_str::<Line>(line).unwrap().lamport;
        assert_eq!(stamp(texts[1].lines().nth(1).unwrap()), stamp(last) + 1, "nothing is lost between the two");
        [older, path].iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }

    #[test]
    fn a_start_knows_how_the_one_before_ended_and_which_fact_it_told_last() {
        let path = place("before");
        assert_eq!(TraceFile::last_fact(&path).unwrap(), None);
        let file = TraceFile::open(&path, key(), header()).unwrap();
        assert_eq!(file.before(), None);
        let fact = Fact::PatLost { owner: "alice".into(), as_uri: crate::wire::Uri::new("https://as.example") };
        file.tell_facts(Timestamp(7), 0, vec![fact]);
        file.tell(Timestamp(9), 0, Told::TimerFired);
        file.flush();
        assert_eq!(TraceFile::last_fact(&path).unwrap(), Some(Timestamp(7)));
        let file = TraceFile::open(&path, key(), header()).unwrap();
        assert_eq!(file.before(), Some(Before::Crashed));
        file.tell(Timestamp(11), 0, Told::Ended { open: 0 });
        file.flush();
        assert_eq!(TraceFile::open(&path, key(), header()).unwrap().before(), Some(Before::Ended));
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
