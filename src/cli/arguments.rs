//! What can be asked for on the command line.

#[cfg(feature = "node")]
pub(crate) use super::get::Get;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  umaverse run photo-sharing                 one story, step by step, with the verdict of every invariant
  umaverse run photo-sharing --show http     the same as HTTP messages
  umaverse run my-script.toml --seed 7       with drawn delays
  umaverse up photo-sharing                  the same story on real nodes, over HTTP on the loopback interface
  umaverse explore --runs 10000              ten thousand random worlds with faults
  umaverse replay simulations/regressions/TKT-1-17.toml
  umaverse explain reports/photo-sharing/trace.jsonl --access 2
  umaverse compare photo-sharing             one intent under each revision, side by side
  umaverse tour --revision draft-06          every branch of the access process and the story that shows it
  umaverse requirements --revision 2.0       every normative statement and what checks it

Exit codes: 0 fine, 1 an invariant or expectation failed, 2 usage or input, 3 not deterministic.";

/// The whole User-Managed Access ecosystem, simulated.
#[derive(Debug, Parser)]
#[command(name = "umaverse", version, about, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run one script or story and judge it
    Run(Run),
    /// Start every node of a script on the loopback interface and play it over real HTTP
    #[cfg(feature = "node")]
    Up(Up),
    /// Run one node as a process of its own
    #[cfg(feature = "node")]
    Serve(Serve),
    /// Fetch a protected resource: meet the challenge, gather claims, get an RPT, and show each step
    #[cfg(feature = "node")]
    Get(Box<Get>),
    /// Manage an owner's policies and requests at an authorization server
    #[cfg(feature = "node")]
    Policy(Box<super::policy::Policy>),
    /// Register people, identity providers and clients at a node that runs
    #[cfg(feature = "node")]
    Operate(Box<super::operate::Operate>),
    /// Make a certification authority for development, and certificates by it
    #[cfg(feature = "node")]
    DevCa(super::dev_ca::DevCa),
    /// Read a password and print what a node's file has of it
    #[cfg(feature = "node")]
    Password,
    /// Print the public half of a key file as a JSON Web Key Set; the file is made when absent
    #[cfg(feature = "node")]
    Jwks(Jwks),
    /// Run many random worlds of a plan and look for one that breaks an invariant
    Explore(Explore),
    /// Run a script that a violation was shrunk to, and check that it still does what it did
    Replay(Replay),
    /// Make a script that breaks an invariant smaller
    Shrink(Shrink),
    /// Say why an access was granted or refused
    Explain(Explain),
    /// Judge the traces that nodes wrote, all of a deployment together
    Audit(Audit),
    /// Run one intent under several revisions and show what differs, side by side
    Compare(Compare),
    /// List the stories that are built in
    Stories(Stories),
    /// Show the access process of a revision as a tree, with the story that shows each branch
    Tour(Tour),
    /// Show the requirements of a revision and what checks each
    Requirements(Requirements),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse run photo-sharing
  umaverse run simulations/refresh-2.0.toml --show facts
  umaverse run photo-sharing --json --no-report

Exit codes: 0 every expectation and invariant held, 1 one did not, 2 usage or input.")]
pub(crate) struct Run {
    /// A script, or the name of a built-in story
    pub(crate) script: String,
    /// Draw delays with this seed instead of first in, first out; adds no faults
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Whether messages are made into bytes and parsed at every hop
    #[arg(long, value_enum, default_value_t = Wire::Typed)]
    pub(crate) wire: Wire,
    /// What drives the roles
    #[arg(long, value_enum, default_value_t = HostName::Actor)]
    pub(crate) host: HostName,
    /// What is shown of the run
    #[arg(long, value_enum, default_value_t = Show::Sequence)]
    pub(crate) show: Show,
    /// One JSON object as the last line: verdict, digest, expectations, invariants, report
    #[arg(long)]
    pub(crate) json: bool,
    /// Write no report folder
    #[arg(long)]
    pub(crate) no_report: bool,
}

#[cfg(feature = "node")]
#[derive(Debug, Args)]
pub(crate) struct Jwks {
    /// The key file of a node
    pub(crate) key: PathBuf,
}

#[cfg(feature = "node")]
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse up photo-sharing
  umaverse up simulations/refresh-2.0.toml --show facts --json
  umaverse up photo-sharing --stay
  umaverse up photo-sharing --trace traces && umaverse audit traces

Waits and timers do not sleep: when everything is at rest, the clock is stepped to what comes next.

Exit codes: 0 every expectation and invariant held, 1 one did not, 2 usage or input, or a port cannot be had.")]
pub(crate) struct Up {
    /// A script, or the name of a built-in story
    pub(crate) script: String,
    /// What is shown of the story
    #[arg(long, value_enum, default_value_t = Show::Sequence)]
    pub(crate) show: Show,
    /// One JSON object as the last line: verdict, digest, expectations, invariants, report
    #[arg(long)]
    pub(crate) json: bool,
    /// Write no report folder
    #[arg(long)]
    pub(crate) no_report: bool,
    /// Keep serving when the story is over, until Ctrl-C
    #[arg(long)]
    pub(crate) stay: bool,
    /// Have each node write DIR/trace-NODE.jsonl, for `umaverse audit DIR`
    #[arg(long, value_name = "DIR", conflicts_with = "stay")]
    pub(crate) trace: Option<PathBuf>,
    /// 64 hexadecimal digits that key the hashes of secrets in traces; drawn anew when absent
    #[arg(long, value_name = "FILE", requires = "trace")]
    pub(crate) trace_key: Option<PathBuf>,
}

#[cfg(feature = "node")]
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse serve as --config simulations/nodes/as.toml
  umaverse serve rs --config simulations/nodes/rs.toml --log-format json
  umaverse serve as --config simulations/nodes/as.toml --check
  umaverse serve as --config simulations/nodes/as.toml --trace traces

The samples in simulations/nodes say what stands in a file. SIGTERM and SIGINT end the node in good order.

Exit codes: 0 ended in good order, 2 usage, configuration, journal or port.")]
pub(crate) struct Serve {
    /// What kind of node it is
    #[arg(value_enum)]
    pub(crate) kind: super::config::Kind,
    /// The node's file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Only check the file
    #[arg(long)]
    pub(crate) check: bool,
    /// Write DIR/trace-NODE.jsonl for `umaverse audit DIR`, as `folder` of `[trace]` does
    #[arg(long, value_name = "DIR")]
    pub(crate) trace: Option<PathBuf>,
    /// How the log is written
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

#[cfg(feature = "node")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object a line
    Json,
}

impl Command {
    /// What is logged when `UMAVERSE_LOG` does not say it, and whether as JSON.
    pub(crate) const fn logs(&self) -> (&'static str, bool) {
        match self {
            #[cfg(feature = "node")]
            Self::Serve(serve) => ("info,actix_server=warn", matches!(serve.log_format, LogFormat::Json)),
            _ => ("off", false),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wire {
    Typed,
    Encoded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HostName {
    /// Plain calls
    Kernel,
    /// An actix actor per role
    Actor,
    /// Actors, and every message through the actix-web service of its server, without sockets
    Service,
    /// Real nodes on the loopback interface, as `umaverse up` has them
    Http,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// One line per message
    Sequence,
    /// The same with the facts that were journalled
    Facts,
    /// Every exchange as HTTP messages, secrets as labels
    Http,
    /// Only the verdicts
    Verdict,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse explore --runs 100000
  umaverse explore simulations/plans/storm.toml --seed 5 --time 60 --keep-going
  umaverse explore --seed 7 --runs 1 --traces traces

Exit codes: 0 nothing broke, 1 something did, 2 usage or input, 3 not deterministic.")]
pub(crate) struct Explore {
    /// A plan; the default plan draws both revisions and every fault
    pub(crate) plan: Option<PathBuf>,
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many runs
    #[arg(long, value_name = "N", conflicts_with = "time")]
    pub(crate) runs: Option<u64>,
    /// For how many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) time: Option<u64>,
    /// On how many threads; all cores when absent
    #[arg(long, value_name = "J")]
    pub(crate) jobs: Option<usize>,
    /// Go on after a violation
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// One JSON object as the last line: runs, deliveries, seconds, violations, invariants, sometimes
    #[arg(long)]
    pub(crate) json: bool,
    /// Where scripts of violations go
    #[arg(long, value_name = "DIR", default_value = "simulations/regressions")]
    pub(crate) regressions: PathBuf,
    /// Write the trace of every run to DIR/SEED.jsonl
    #[arg(long, value_name = "DIR")]
    pub(crate) traces: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse replay simulations/regressions/TKT-1-17.toml
  umaverse replay simulations/regressions/TKT-1-17.toml --json

Exit codes: 0 nothing is violated any more, 1 still violated, 2 usage or input, 3 not the recorded run.")]
pub(crate) struct Replay {
    /// A script that was written by `explore` or `shrink`
    pub(crate) file: PathBuf,
    /// One JSON object as the last line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse shrink my-script.toml --invariant TKT-1 --output smaller.toml
  umaverse shrink my-script.toml --executions 2000

Exit codes: 0 written, 2 usage or input, or nothing to keep.")]
pub(crate) struct Shrink {
    /// A script that breaks an invariant
    pub(crate) file: PathBuf,
    /// The invariant; the first one that the script breaks when absent
    #[arg(long, value_name = "ID")]
    pub(crate) invariant: Option<String>,
    /// How many runs at most
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub(crate) executions: u32,
    /// Where the smaller script goes; standard output when absent
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse explain reports/photo-sharing/trace.jsonl
  umaverse explain reports/photo-sharing/trace.jsonl --access 2

Exit codes: 0 explained, 2 usage or input, or a trace of another build.")]
pub(crate) struct Explain {
    /// A `trace.jsonl` of a report
    pub(crate) trace: PathBuf,
    /// Which access attempt, from 1; all of them are listed when absent
    #[arg(long, value_name = "N")]
    pub(crate) access: Option<usize>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse audit traces
  umaverse audit traces --truth photo-sharing --json

An invariant that needs to know what no trace tells is not judged; what it needs stands beside it.

Exit codes: 0 every invariant that could be judged held, 1 one did not, 2 usage or input.")]
pub(crate) struct Audit {
    /// A folder with the files `trace-NODE.jsonl` of the nodes of one deployment
    pub(crate) folder: PathBuf,
    /// A script that says what the world is: who is who, who is honest, which bounds hold
    #[arg(long, value_name = "SCRIPT")]
    pub(crate) truth: Option<String>,
    /// One JSON object as the last line: verdict, files, records, remarks, invariants
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse compare photo-sharing
  umaverse compare withdrawal --revisions draft-06,2.0 --json
  umaverse compare draft-06-1.A

The stories of an intent find each other by name: NAME, NAME-1.0.1, NAME-2.0, or draft-05-NAME and draft-06-NAME.

Exit codes: 0 each story was as it should be, 1 one was not, 2 usage or input, or no story at all.")]
pub(crate) struct Compare {
    /// A story of the intent, a script, or the name of the intent
    pub(crate) story: String,
    /// `all`, or a list such as `draft-06,2.0`
    #[arg(long, value_name = "LIST", default_value = "all")]
    pub(crate) revisions: String,
    /// One JSON object as the last line: verdict, intent, members, differing, report
    #[arg(long)]
    pub(crate) json: bool,
    /// Write no report folder
    #[arg(long)]
    pub(crate) no_report: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse stories
  umaverse stories --revision 2.0

Exit codes: 0 listed, 2 usage.")]
pub(crate) struct Stories {
    /// Only those of this revision
    #[arg(long, value_name = "R")]
    pub(crate) revision: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse tour
  umaverse tour --revision 2.0

Exit codes: 0 every branch is shown, 1 one is not, 2 usage.")]
pub(crate) struct Tour {
    /// `draft-06` or `2.0`
    #[arg(long, value_name = "R", default_value = "draft-06")]
    pub(crate) revision: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  umaverse requirements --revision 2.0
  umaverse requirements --section 3.4.3
  umaverse requirements --gaps
  umaverse requirements --feature-tests

Exit codes: 0 listed, 2 usage.")]
pub(crate) struct Requirements {
    /// `draft-06` or `2.0`
    #[arg(long, value_name = "R", default_value = "draft-06")]
    pub(crate) revision: String,
    /// Only this section: sentence, story, check
    #[arg(long, value_name = "S")]
    pub(crate) section: Option<String>,
    /// Where the text is silent or contradicts itself, and what we do
    #[arg(long)]
    pub(crate) gaps: bool,
    /// The feature tests of the UMA1 interoperability events, and what stands for each in each revision of UMA 1
    #[arg(long)]
    pub(crate) feature_tests: bool,
    /// One JSON object as the last line: rows
    #[arg(long)]
    pub(crate) json: bool,
}
