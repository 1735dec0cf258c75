//! The command line: arguments in, a report and an exit code out.
//!
//! Exit codes: 0 fine; 1 an invariant or expectation failed; 2 usage or input; 3 not deterministic.

mod arguments;
mod audit;
mod compare;
#[cfg(feature = "node")]
mod config;
#[cfg(feature = "node")]
mod dev_ca;
mod explain;
mod explore;
#[cfg(feature = "node")]
mod get;
#[cfg(feature = "node")]
mod inbox;
#[cfg(feature = "node")]
mod jwks;
#[cfg(feature = "node")]
mod operate;
#[cfg(feature = "node")]
mod operations;
#[cfg(feature = "node")]
mod own_trace;
#[cfg(feature = "node")]
mod password;
#[cfg(feature = "node")]
mod policy;
mod replay;
mod requirements;
mod run;
#[cfg(feature = "node")]
mod serve;
#[cfg(feature = "node")]
mod stay;
mod stories;
mod tour;
mod traces;
#[cfg(feature = "node")]
mod up;

use arguments::{Arguments, Command};
use clap::Parser;
use std::fmt;
use std::io::IsTerminal;
use std::process::ExitCode;
use umaverse::report::Style;
use umaverse::sim::script::ScriptError;

/// How a command ended when nothing stopped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everything holds.
    Fine,
    /// An invariant or expectation failed.
    Failed,
    /// Two runs of one seed differ.
    NotDeterministic,
}

/// What keeps a command from working: usage or input.
#[derive(Debug)]
pub(crate) struct InputError(String);

impl InputError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ScriptError> for InputError {
    fn from(error: ScriptError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for InputError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

pub(crate) type Outcome = Result<Verdict, InputError>;

/// Runs the command that was asked for.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging(&arguments.command);
    keep_caught_panics_quiet();
    let outcome = match &arguments.command {
        Command::Run(command) => run::run(command),
        #[cfg(feature = "node")]
        Command::Up(command) => up::up(command),
        #[cfg(feature = "node")]
        Command::Serve(command) => serve::serve(command),
        #[cfg(feature = "node")]
        Command::DevCa(command) => dev_ca::dev_ca(command),
        #[cfg(feature = "node")]
        Command::Get(command) => get::get(command),
        #[cfg(feature = "node")]
        Command::Policy(command) => policy::policy(command),
        #[cfg(feature = "node")]
        Command::Operate(command) => operate::operate(command),
        #[cfg(feature = "node")]
        Command::Password => password::password(),
        #[cfg(feature = "node")]
        Command::Jwks(command) => jwks::jwks(command),
        Command::Explore(command) => explore::explore(command),
        Command::Replay(command) => replay::replay(command),
        Command::Shrink(command) => replay::shrink(command),
        Command::Explain(command) => explain::explain(command),
        Command::Audit(command) => audit::audit(command),
        Command::Compare(command) => compare::compare(command),
        Command::Stories(command) => stories::list(command),
        Command::Tour(command) => tour::tour(command),
        Command::Requirements(command) => requirements::requirements(command),
    };
    match outcome {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Ok(Verdict::NotDeterministic) => ExitCode::from(3),
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

// `UMAVERSE_LOG=debug` shows what the tracing layer says; no line of it holds a token value.
fn start_logging(command: &Command) {
    let (usual, json) = command.logs();
    let filter = tracing_subscriber::EnvFilter::try_from_env("UMAVERSE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(usual));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let logs = logs.with_ansi(is_coloured(&std::io::stderr()));
    if json { logs.json().init() } else { logs.init() }
}

// A role that panics is caught at the delivery and becomes a violation with a trace; the default hook would print it
// once more in the middle of the report.
fn keep_caught_panics_quiet() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            default(panic);
        }
    }));
}

/// The text of a file.
pub(crate) fn read(path: &std::path::Path) -> Result<String, InputError> {
    let file = path.display();
    if !path.is_file() {
        return Err(InputError::new(format!("no file `{file}`")));
    }
    std::fs::read_to_string(path).map_err(|error| InputError::new(format!("`{file}`: {error}; expected text")))
}

/// How what is printed looks.
pub(crate) fn style() -> Style {
    if is_coloured(&std::io::stdout()) { Style::Coloured } else { Style::Plain }
}

// Colours only on a terminal, and not where nobody wants any (no-color.org).
fn is_coloured(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Prints to standard output. A reader that has gone away is no error.
pub(crate) fn say(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _closed_pipe = writeln!(out, "{}", text.trim_end_matches('\n'));
}

/// Prints to standard error.
pub(crate) fn complain(text: &str) {
    use std::io::Write;
    let _closed_pipe = writeln!(std::io::stderr().lock(), "{text}");
}
