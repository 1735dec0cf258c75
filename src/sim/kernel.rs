//! The kernel host: the scheduler and the roles side by side, plain calls and nothing else. For searching, shrinking
//! and exhaustive checking.

use crate::role::crypto::StandInCrypto;
use crate::role::{Context, Machine, Role, RuleSet};
use crate::sim::entropy::KeyedEntropy;
use crate::sim::scheduler::{Handle, Job, Outcome, Scheduler};
use crate::trace::Fact;
use crate::transport::journal::codec;
use crate::transport::journal::snapshot::shortened;
use crate::wire::Timestamp;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One role with what a host needs to drive it.
#[derive(Clone, Debug)]
pub struct Hosted {
    role: Role,
    blank: Role,
    rules_off: RuleSet,
}

impl Hosted {
    /// A role that has not yet run.
    pub fn new(role: Role, rules_off: RuleSet) -> Self {
        Self { blank: role.clone(), role, rules_off }
    }

    /// Hands an input to the role. A panic is caught: it is a violation with a trace, not the end of the program.
    pub fn handle(&mut self, handle: Handle) -> Outcome {
        let run = AssertUnwindSafe(|| self.run(handle));
        catch_unwind(run).unwrap_or_else(|panic| Outcome::Panicked(message_of(&*panic)))
    }

    /// Builds the role anew from its durable facts, every other time from an encoded snapshot and the facts since: the
    /// state must be the same, and with it the trace.
    pub fn rebuild(&mut self, facts: &[Fact]) {
        let covered = if facts.len().is_multiple_of(2) { 0 } else { facts.len() / 2 + 1 };
        self.rebuild_from(covered, facts, Timestamp(0));
    }

    /// Builds the role anew from a snapshot of so many facts, without what has ended at `swept`, and the facts since.
    pub fn rebuild_from(&mut self, covered: usize, facts: &[Fact], swept: Timestamp) {
        let (before, since) = facts.split_at(covered.min(facts.len()));
        self.role = self.blank.clone();
        self.snapshot(before, swept).iter().for_each(|fact| self.role.apply(fact));
        self.role.forget_ended(swept);
        since.iter().for_each(|fact| self.role.apply(fact));
    }

    // A snapshot that cannot be read leaves a role that has forgotten everything, which no invariant overlooks.
    fn snapshot(&self, facts: &[Fact], swept: Timestamp) -> Vec<Fact> {
        let kept = shortened(self.blank.clone(), facts, swept);
        codec::encode(&kept).ok().and_then(|bytes| codec::decode(&bytes)).unwrap_or_default()
    }

    fn run(&mut self, handle: Handle) -> Outcome {
        let Handle { at, input, entropy, mut next_exchange, mut effects, node: _, cause: _ } = handle;
        let (mut entropy, crypto) = (KeyedEntropy::new(entropy), StandInCrypto);
        let mut cx = Context::new(at, &mut entropy, &crypto, &self.rules_off, &mut effects, &mut next_exchange);
        self.role.handle(&mut cx, input);
        Outcome::Done { effects, next_exchange }
    }
}

/// Drives a run to its end.
pub fn run(scheduler: &mut Scheduler, hosted: &mut [Hosted]) {
    run_while(scheduler, hosted, |_| true);
}

/// Drives a run to its end, or until `go_on` says no after a delivery.
pub fn run_while(scheduler: &mut Scheduler, hosted: &mut [Hosted], mut go_on: impl FnMut(&Scheduler) -> bool) {
    let mut job = scheduler.next();
    while let Some(next) = job {
        job = match next {
            Job::Handle(handle) => {
                let at = usize::from(handle.node.0);
                let outcome = hosted[at].handle(*handle);
                scheduler.complete(outcome);
                if !go_on(scheduler) {
                    return;
                }
                scheduler.next()
            }
            Job::Rebuild { node, facts } => {
                hosted[usize::from(node.0)].rebuild(&facts);
                scheduler.rebuilt()
            }
            Job::Carry(carrying) => scheduler.carry(&carrying),
            Job::Return(returning) => scheduler.bring_back_by_codec(&returning),
            Job::Written { .. } => scheduler.next(),
        };
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic without a message".to_owned())
}
