//! What judges a run: invariants over the trace, and an independent oracle.
//!
//! One shared fold, the `ledger`, says what the trace has shown so far; each family of invariants reads it together
//! with the next record, before that record is folded in. `model` is the oracle: who may reach what.
//!
//! **Architecture invariant:** nothing here imports a role. Invariants and the reference model share the types of
//! `wire` and `trace` with the roles, never code, so one fault cannot blind both.

pub mod catalogue;
pub mod expectation;
pub mod feature_tests;
pub mod gaps;
mod ground;
pub mod intents;
mod invariant;
mod ledger;
mod liveness;
mod model;
pub mod requirements;
mod safety;
mod sometimes;
#[cfg(test)]
mod test_traces;
#[cfg(test)]
mod tests;

pub use ground::Ground;
pub use sometimes::reachable;

use crate::trace::{Event, Record, Truth};
use crate::wire::Timestamp;
use invariant::{Family, Tally};
use ledger::Ledger;
use liveness::Liveness;
use safety::Safety;
use serde::Serialize;
use sometimes::Sometimes;

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
    /// The violations; of one invariant no more than the first few are kept.
    pub violations: Vec<Violation>,
    /// What it needs to know and the trace does not tell: with any of it there is no verdict.
    pub lacks: Vec<Ground>,
}

/// All invariants over one run.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    ledger: Ledger,
    tally: Tally,
    safety: Safety,
    liveness: Liveness,
    sometimes: Sometimes,
}

impl Judge {
    /// Every invariant that applies to the revisions of this world.
    pub fn new(truth: &Truth) -> Self {
        Self { ledger: Ledger::new(truth), tally: Tally::new(truth), ..Self::default() }
    }

    /// Takes one record in.
    pub fn observe(&mut self, truth: &Truth, record: &Record) {
        // Every second record says how a rule came out. No invariant believes what a role says of its own rules.
        if matches!(record.event, Event::Ruled { .. }) {
            return self.ledger.fold(truth, record);
        }
        self.tally.at(truth, record);
        self.safety.observe(&self.ledger, truth, record, &mut self.tally);
        self.liveness.observe(&self.ledger, truth, record, &mut self.tally);
        self.sometimes.observe(&self.ledger, record);
        self.ledger.fold(truth, record);
    }

    /// Judges what can only be judged at the end.
    pub fn finish(&mut self, truth: &Truth) {
        self.tally.at_the_end();
        self.safety.finish(&self.ledger, truth, &mut self.tally);
        self.liveness.finish(&self.ledger, truth, &mut self.tally);
    }

    /// The first violation of an error-level invariant, as soon as there is one.
    pub fn violation(&self) -> Option<&Violation> {
        self.tally.first_error()
    }

    /// True when an invariant is violated, whatever its level. Cheap enough to be asked after every delivery.
    pub fn is_violated(&self, invariant: &str) -> bool {
        self.tally.is_violated(invariant)
    }

    /// The verdicts so far, in the order of the catalogue.
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.verdicts_without(&[])
    }

    /// The same where some ground truth is not known: who needs it is not judged.
    pub fn verdicts_without(&self, lacking: &[Ground]) -> Vec<Verdict> {
        self.tally.verdicts(lacking)
    }

    /// What a campaign should have reached, and how often this run did.
    pub fn sometimes(&self) -> Vec<(&'static str, u64)> {
        self.sometimes.reached()
    }
}
