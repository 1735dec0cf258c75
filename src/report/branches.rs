//! Which step of the specification each answer of a run is, and how a script's expectations come out with that.

use crate::check::expectation::{Expectation, Held};
use crate::report::reader::Reader;
use crate::report::steps;
use crate::trace::{Event, Record, Truth};

/// Per record the step of the specification that its answer is; `None` for records that are no answer.
pub fn branches(truth: &Truth, records: &[Record]) -> Vec<Option<&'static str>> {
    let mut reader = Reader::new(truth);
    records
        .iter()
        .map(|record| {
            reader.read(record);
            let Event::Answered { exchange, answer, .. } = &record.event else { return None };
            let asked = reader.asked(*exchange)?;
            let purpose = reader.purpose_of_answer(answer);
            steps::step_of_answer(&asked, &answer.message, purpose).map(|branch| branch.id)
        })
        .collect()
}

/// How the expectations of a script came out. `violated` are the invariants that were violated in the run.
pub fn judge(expectations: &[Expectation], truth: &Truth, records: &[Record], violated: &[&str]) -> Vec<Held> {
    let branches = branches(truth, records);
    let branch_of = |at: usize| branches.get(at).copied().flatten().map(str::to_owned);
    expectations.iter().map(|expectation| expectation.judge(truth, records, &branch_of, violated)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn an_expectation_counts_the_answers_that_are_a_step() {
        let sample::Sample { truth, records, .. } = sample::draft06();
        let count = |branch: &str| {
            let expectation = Expectation { branch: Some(branch.to_owned()), ..Expectation::default() };
            judge(&[expectation], &truth, &records, &[]).first().map(|held| (held.held, held.counted))
        };
        assert_eq!(count("1.A"), Some((true, 1)));
        assert_eq!(count("no such step"), Some((false, 0)));
    }

    #[test]
    fn an_expected_violation_is_one_of_those_that_were_found() {
        let expectation = Expectation { violated: Some("LIV-7".to_owned()), ..Expectation::default() };
        let held = |violated: &[&str]| {
            let held = judge(std::slice::from_ref(&expectation), &Truth::default(), &[], violated);
            held.first().is_some_and(|held| held.held)
        };
        assert!(held(&["LIV-7"]));
        assert!(!held(&["TKT-1"]));
    }
}
