//! The file in which a node writes what happens at it, for `umaverse audit`: one JSON object a line, appended, handed to
//! the operating system when facts are durable and when an input is handled. A crash leaves at most a line that is cut.
//! A file has a bound: beyond it, it is renamed to `NAME.1`, in the place of the one before, and the next begins, which
//! says that it does not hold what was before. So a node's traces take at most twice the bound.
//!
//! Before facts go to the journal a line says so. What a crash leaves durable and untold, the next start tells
//! ([`super::trace_tail`]), in the chain in which it came about.
//!
//! **Architecture invariant:** no secret and no content stands in it, only what [`TraceKey`] makes of them.

use super::trace_key::TraceKey;
use super::trace_tail::{Before, Tail, Untold};
use crate::trace::Fact;
use crate::trace::told::{Header, Line, Told};
use crate::transport::journal::Position;
use crate::wire::Timestamp;
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// How far ahead of the node's clock a stamp of somebody else may be, in microseconds: one hour. A stranger with a
/// greater one must not carry the node's stamps away.
const AHEAD_MAX: u64 = 3_600_000_000;

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
        let tail = Tail::read(path)?;
        Self::open_within(path, key, header, u64::MAX, &tail, Vec::new())
    }

    /// The same with a bound for the file, in bytes; see the module. `tail`: its end as it is. `untold`: what is told
    /// for the start before.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open_within(
        path: &Path,
        key: TraceKey,
        header: Header,
        bytes_max: u64,
        tail: &Tail,
        untold: Vec<Untold>,
    ) -> io::Result<Self> {
        let file = opened(path)?;
        let bytes = file.metadata()?.len();
        let mut out = Out { file: BufWriter::new(file), bytes };
        if tail.is_cut {
            out.line("")?;
        }
        let mut lamport = tail.last_stamp();
        for Untold { at, chain, entry, fact } in untold {
            lamport = at.0.max(lamport.saturating_add(1));
            let line = Line { at, lamport, chain, entry: Some(entry), event: Told::Fact(Box::new(fact)) };
            out.line(&key.veiled(&line).map_err(io::Error::other)?)?;
        }
        let header = Header { key: key.name(), ..header };
        out.line(&key.veiled(&header).map_err(io::Error::other)?)?;
        out.file.flush()?;
        let state = RefCell::new(State { out: Some(out), lamport });
        Ok(Self { key, path: path.to_owned(), header, bytes_max, before: tail.before(), state })
    }

    /// How the start before this one ended; `None` when this is the first of the file.
    pub fn before(&self) -> Option<Before> {
        self.before
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
        self.line(at, chain, None, event);
    }

    fn line(&self, at: Timestamp, chain: u64, entry: Option<Position>, event: Told) {
        let mut state = self.state.borrow_mut();
        state.lamport = at.0.max(state.lamport.saturating_add(1));
        let (entry, event) = (entry.map(|position| position.0), self.key.without_contents(event));
        let line = Line { at, lamport: state.lamport, chain, entry, event };
        let Some(out) = &mut state.out else { return };
        let next = if out.bytes < self.bytes_max { Ok(()) } else { self.begin_next(out) };
        let json = next.and_then(|()| self.key.veiled(&line).map_err(io::Error::other));
        if let Err(error) = json.and_then(|json| out.line(&json)) {
            tracing::error!(%error, "the trace ends here");
            state.out = None;
        }
    }

    /// Writes that an entry is about to be written to the journal, and everything that led to it.
    pub fn tell_writing(&self, at: Timestamp, chain: u64, entry: Position) {
        self.line(at, chain, Some(entry), Told::Writing);
        self.flush();
    }

    /// Writes that the facts of an entry are durable.
    pub fn tell_facts(&self, at: Timestamp, chain: u64, entry: Position, facts: Vec<Fact>) {
        facts.into_iter().for_each(|fact| self.line(at, chain, Some(entry), Told::Fact(Box::new(fact))));
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail loudly")]
mod tests {
    use super::*;
    use crate::node::trace_tail::Gap;
    use crate::trace::told::FORMAT;
    use crate::trace::truth::{NodeTruth, RoleKind};
    use crate::transport::journal::memory::MemoryStore;
    use crate::transport::journal::{Entry, Journal, Realm};
    use crate::wire::Text;
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
        let file = TraceFile::open_within(&path, key(), header(), 2000, &Tail::default(), Vec::new()).unwrap();
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
    fn a_start_knows_how_the_one_before_ended() {
        let path = place("before");
        let file = TraceFile::open(&path, key(), header()).unwrap();
        assert_eq!(file.before(), None);
        file.tell(Timestamp(9), 0, Told::TimerFired);
        file.flush();
        let file = TraceFile::open(&path, key(), header()).unwrap();
        assert_eq!(file.before(), Some(Before::Crashed));
        file.tell(Timestamp(11), 0, Told::Ended { open: 0 });
        file.flush();
        assert_eq!(TraceFile::open(&path, key(), header()).unwrap().before(), Some(Before::Ended));
        std::fs::remove_file(path).unwrap();
    }

    fn fact(owner: &str) -> Fact {
        Fact::PatLost { owner: owner.into(), as_uri: crate::wire::Uri::new("https://as.example") }
    }

    fn append(journal: &dyn Journal, at: u64, facts: Vec<Fact>) {
        let end = journal.extent().unwrap().end;
        journal.append(end, Entry { at: Timestamp(at), facts }, Box::new(|appended| assert!(appended.is_ok())));
    }

    #[test]
    fn what_a_crash_left_untold_is_told_by_the_next_start_in_its_chain() {
        let path = place("untold");
        let journal = MemoryStore::new().journal(&Realm::new("as"));
        let file = TraceFile::open(&path, key(), header()).unwrap();
        // The first is told, of the second one fact of two, the third only begun, the fourth was never written.
        for entry in 0..4 {
            file.tell_writing(Timestamp(10 + entry), 70 + entry, Position(entry));
        }
        append(&journal, 10, vec![fact("a")]);
        append(&journal, 11, vec![fact("b"), fact("c")]);
        append(&journal, 12, vec![fact("d")]);
        file.tell_facts(Timestamp(20), 70, Position(0), vec![fact("a")]);
        file.tell_facts(Timestamp(21), 71, Position(1), vec![fact("b")]);
        let tail = Tail::read(&path).unwrap();
        let gap = tail.gap(&journal).unwrap();
        let untold = |at, chain, entry, owner| Untold { at: Timestamp(at), chain, entry, fact: fact(owner) };
        assert_eq!(gap.untold, [untold(21, 71, 1, "c"), untold(21, 72, 2, "d")]);
        assert!(!gap.is_open);
        drop(TraceFile::open_within(&path, key(), header(), u64::MAX, &tail, gap.untold).unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().last().unwrap().contains("\"format\":"), "they belong to the start before");
        assert_eq!(Tail::read(&path).unwrap().gap(&journal).unwrap(), Gap::default());
        // What a start without a trace wrote is told nowhere.
        for (at, owner) in [(120, "e"), (121, "f")] {
            append(&journal, at, vec![fact(owner)]);
            let gap = Tail::read(&path).unwrap().gap(&journal).unwrap();
            assert_eq!(gap, Gap { untold: Vec::new(), is_open: true });
        }
        assert!(Tail::default().gap(&journal).unwrap().is_open);
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
