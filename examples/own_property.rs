//! An own property over ten thousand random worlds: as long as no owner sets a policy, nobody gets any content.
//! A world that shows otherwise is made smaller and printed as a script for `umaverse run`.
//!
//! ```text
//! cargo run --release --example own_property --features proptest
//! ```

use proptest::prop_assert_eq;
use proptest::test_runner::{Config, TestError, TestRunner};
use umaverse::arbitrary::script::{RandomWorld, worlds};
use umaverse::sim::plan::Plan;
use umaverse::trace::Event;
use umaverse::wire::Response;

fn main() -> Result<(), TestError<RandomWorld>> {
    let mut runner = TestRunner::new(Config { cases: 10_000, failure_persistence: None, ..Config::default() });
    runner.run(&worlds(Plan::default()), |mut world| {
        world.script.steps.retain(|step| step.does.as_ref().is_none_or(|does| does.get_ref() != "set-policy"));
        let finished = world.run()?;
        let released = |event: &Event| matches!(event, Event::Answered { answer, .. } if matches!(answer.message, Response::Content { .. }));
        prop_assert_eq!(finished.records.iter().filter(|record| released(&record.event)).count(), 0);
        Ok(())
    })
}
