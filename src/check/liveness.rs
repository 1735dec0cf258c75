//! Liveness: what must come to pass in the end. Judged after healing, or where a run has no faults at all, and only
//! where the model says that it had to.

mod assessment;
mod fetches;
mod state;

use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::trace::{Record, Truth};

/// Every liveness family.
#[derive(Clone, Debug, Default)]
pub(crate) struct Liveness {
    assessment: assessment::Assessments,
    fetches: fetches::Fetches,
    state: state::State,
}

impl Family for Liveness {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        self.assessment.observe(ledger, truth, record, tally);
        self.fetches.observe(ledger, truth, record, tally);
        self.state.observe(ledger, truth, record, tally);
    }

    fn finish(&mut self, ledger: &Ledger, truth: &Truth, tally: &mut Tally) {
        self.fetches.finish(ledger, truth, tally);
        self.state.finish(ledger, truth, tally);
    }
}

/// True where everything must converge from `step` on.
fn calm(ledger: &Ledger, truth: &Truth, step: u64) -> bool {
    if truth.faults { ledger.healed.is_some_and(|healed| healed <= step) } else { true }
}
