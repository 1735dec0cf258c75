//! Views of one trace: what a person reads after a run.
//!
//! Every view is a function from the ground truth and the records to a string. Secrets appear as labels
//! (`ticket#1`), never as values. A view knows the wire, the trace and the verdicts of `check`; it knows no role.

pub mod audit;
pub mod branches;
pub mod compare;
pub mod difference;
pub mod explain;
pub mod http_view;
pub mod jsonl;
pub mod mermaid;
pub mod normal;
mod owner;
pub mod reader;
mod rules;
pub mod sequence;
pub mod steps;
pub mod style;
pub mod summary;
pub mod terms;
pub mod words;

pub use explain::{accesses, explain};
pub use jsonl::TraceFile;
pub use sequence::{SequenceOptions, sequence};
pub use style::{Style, Tone};

#[cfg(test)]
mod golden;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod step_tests;
