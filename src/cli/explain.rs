//! `umaverse explain`: why an access was granted or refused.

use super::arguments::Explain;
use super::{InputError, Outcome, Verdict, read, say};
use umaverse::report::{TraceFile, accesses, explain as explain_access};

/// `umaverse explain`.
pub(crate) fn explain(command: &Explain) -> Outcome {
    let file = command.trace.display().to_string();
    let text = read(&command.trace)?;
    let trace = TraceFile::parse(&text).map_err(|error| InputError::new(format!("{file}: {error}")))?;
    let Some(n) = command.access else {
        for line in accesses(&trace) {
            say(&line);
        }
        return Ok(Verdict::Fine);
    };
    match explain_access(&trace, n) {
        Some(text) => say(&text),
        None => {
            let count = accesses(&trace).len();
            return Err(InputError::new(format!("{file}: there is no access {n}; expected 1 to {count}")));
        }
    }
    Ok(Verdict::Fine)
}
