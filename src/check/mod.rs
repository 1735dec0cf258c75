//! What judges a run: invariants over the trace, and an independent oracle.
//!
//! **Architecture invariant:** nothing here imports a role. Invariants and the reference model share the types of
//! `wire` and `trace` with the roles, never code, so one fault cannot blind both.

pub mod expectation;
pub mod gaps;
pub mod requirements;

use crate::trace::{Record, Truth};
use crate::wire::Timestamp;
use serde::Serialize;

/// How much a violation weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A MUST is broken: the run fails.
    Error,
    /// A SHOULD is broken: reported.
    Warn,
    /// Known not to hold in some revision by design: judged only where an attack expects it.
    Outcome,
}

/// One violation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Violation {
    /// The invariant's id, such as `TKT-1`.
    pub invariant: &'static str,
    /// The record at which it was noticed.
    pub step: u64,
    /// True time of that record.
    pub at: Timestamp,
    /// What happened, what was expected. Secrets appear as references that a recorder labels.
    pub message: String,
}

/// The verdict of one invariant over one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Its id, such as `TKT-1`.
    pub id: &'static str,
    /// Its name, a kebab sentence.
    pub name: &'static str,
    /// Where it comes from.
    pub spec: &'static str,
    /// How much a violation weighs.
    pub level: Level,
    /// How often its premise was true.
    pub premises: u64,
    /// The violations.
    pub violations: Vec<Violation>,
}

/// All invariants over one run.
#[derive(Clone, Debug, Default)]
pub struct Judge {}

impl Judge {
    /// Every invariant that applies to the revisions of this world.
    pub fn new(_truth: &Truth) -> Self {
        Self {}
    }

    /// Takes one record in.
    pub fn observe(&mut self, _truth: &Truth, _record: &Record) {}

    /// Judges what can only be judged at the end.
    pub fn finish(&mut self, _truth: &Truth) {}

    /// The first violation of an error-level invariant, as soon as there is one.
    pub fn violation(&self) -> Option<&Violation> {
        None
    }

    /// The Sometimes properties and how often each was reached.
    pub fn sometimes(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// The verdicts so far, in the order of the catalogue.
    pub fn verdicts(&self) -> Vec<Verdict> {
        Vec::new()
    }
}
