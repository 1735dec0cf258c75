//! The server's process, as who measures it sees it.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The variable that makes this program the server, and says which one.
pub(crate) const KIND: &str = "UMAVERSE_BENCH_SERVER";
/// How many resources, tickets and RPTs it has at the start.
pub(crate) const SIZE: &str = "UMAVERSE_BENCH_SIZE";
/// Where its journal is.
pub(crate) const JOURNAL: &str = "UMAVERSE_BENCH_JOURNAL";

/// How long what it issues is good, in seconds; usually a day.
pub(crate) const LIFETIME: &str = "UMAVERSE_BENCH_LIFETIME";

/// A server that runs; it ends with this.
pub(crate) struct Server {
    child: Child,
    ask: ChildStdin,
    said: BufReader<ChildStdout>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

/// What a server says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) flushes: u64,
    pub(crate) facts: u64,
    pub(crate) resident_bytes: u64,
    /// What it took of a processor, at all times, in user and system mode.
    pub(crate) cpu_micros: u64,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(crate) fn start(kind: &str, size: u64, journal: &Path) -> Self {
        Self::start_with(kind, size, journal, None)
    }

    /// The same, and what it issues is good for so many seconds.
    pub(crate) fn start_with(kind: &str, size: u64, journal: &Path, lifetime_secs: Option<u64>) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut command = match has_taskset() {
            true => Command::new("taskset"),
            false => Command::new(&program),
        };
        if has_taskset() {
            command.args(["-c", "0"]).arg(&program);
        }
        command.env(KIND, kind).env(SIZE, size.to_string()).env(JOURNAL, journal);
        if let Some(secs) = lifetime_secs {
            command.env(LIFETIME, secs.to_string());
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (ask, mut said) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let address = line(&mut said).parse().unwrap();
        Self { child, ask, said, address }
    }

    /// How it stands.
    pub(crate) fn standing(&mut self) -> Standing {
        writeln!(self.ask, "how").unwrap();
        let said = line(&mut self.said);
        let numbers: Vec<u64> = said.split_whitespace().map(|word| word.parse().unwrap()).collect();
        let [flushes, facts, resident_bytes, cpu_micros] = numbers[..] else { panic!("`{said}`") };
        Standing { flushes, facts, resident_bytes, cpu_micros }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn line(said: &mut impl BufRead) -> String {
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(!line.is_empty(), "the server has ended");
    line.trim().to_owned()
}

fn has_taskset() -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores > 1 && Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok()
}

/// Keeps this process to one core, where that can be had.
pub(crate) fn keep_to_core(core: u32) {
    if !has_taskset() {
        return println!("no `taskset`, or one core alone: server and load share what there is");
    }
    let arguments = ["-apc".to_owned(), core.to_string(), std::process::id().to_string()];
    let _told = Command::new("taskset").args(arguments).stdout(Stdio::null()).status();
}
