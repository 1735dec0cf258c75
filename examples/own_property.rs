//! An own property over ten thousand random worlds: as long as no owner sets a policy, nobody gets any content.
//! Says nothing when that holds; a world that shows otherwise is made smaller and printed as a script for `umaverse run`.
//!
//! ```text
//! cargo run --release --example own_property --features proptest
//! ```

use proptest::prop_assert_eq;
use proptest::test_runner::{Config, TestRunner};
use umaverse::arbitrary::script::worlds;
use umaverse::sim::plan::Plan;
use umaverse::trace::Event;
use umaverse::wire::Response;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut runner = TestRunner::new(Config { cases: 10_000, failure_persistence: None, ..Config::default() });
    runner.run(&worlds(Plan::default()), |mut world| {
        world.script.steps.retain(|step| step.does.as_ref().is_none_or(|does| does.get_ref() != "set-policy"));
        let finished = world.run()?;
        let answers = finished.records.iter().filter_map(|record| match &record.event {
            Event::Answered { answer, .. } => Some(&answer.message),
            _ => None,
        });
        prop_assert_eq!(answers.filter(|answer| matches!(answer, Response::Content { .. })).count(), 0);
        Ok(())
    })?;
    Ok(())
}
