//! Violations of requirements that are planted in what the codec writes or gets to read: the example of the text fails.

use crate::core_1_0_1::{core_1_4_configuration, core_3_5_1_rpt_request_with_the_ticket};
use crate::drafts;
use crate::support::fails_with;
use std::collections::BTreeSet;
use umaverse::check::requirements::{Planted, rows};
use umaverse::wire::Revision;

/// A row, the example that its violation is planted in, and what stands there in place of what.
pub(crate) struct Plant {
    pub(crate) row: &'static str,
    pub(crate) example: Box<dyn Fn()>,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

impl Plant {
    fn fails_with(&self, from: &'static str, to: &'static str) -> bool {
        fails_with(&self.example, from, to)
    }
}

/// The same as a table has it.
type Planted101 = (&'static str, fn(), &'static str, &'static str);

const V1_0_1: &[Planted101] = &[
    ("V101-1.3.2-01", core_3_5_1_rpt_request_with_the_ticket, "POST", "GET"),
    ("V101-1.3.2-04", core_1_4_configuration, "token_endpoint", "other"),
    ("V101-1.3.2-05", core_1_4_configuration, "rpt_endpoint", "other"),
    ("V101-1.3.2-06", core_1_4_configuration, "rpt_endpoint", "permission_request_endpoint"),
    ("V101-1.3.2-15", core_1_4_configuration, "aat_profiles_supported", "other"),
    ("V101-1.3.2-17", core_1_4_configuration, "aat_profiles_supported", "token_profiles_supported"),
    ("V101-1.3.2-18", core_1_4_configuration, "aat_grant_types_supported", "other"),
];

fn plants() -> impl Iterator<Item = Plant> {
    let v1_0_1 = V1_0_1.iter().map(|(row, example, from, to)| Plant { row, example: Box::new(example), from, to });
    v1_0_1.chain(drafts::planted::plants())
}

#[test]
fn every_planted_violation_fails_its_example() {
    let unnoticed = plants().filter(|plant| !plant.fails_with(plant.from, plant.to));
    assert_eq!(unnoticed.map(|plant| plant.row).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn nothing_fails_where_nothing_is_changed() {
    let failing = plants().filter(|plant| plant.fails_with("nothing of the kind", ""));
    assert_eq!(failing.map(|plant| plant.row).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn every_row_that_names_an_example_says_what_is_planted_there() {
    let by_vector = |text: &String| matches!(Planted::parse(text), Some(Planted::Vector { .. }));
    let rows = Revision::ALL.into_iter().flat_map(rows).filter(|row| row.planted.iter().any(by_vector));
    let named: BTreeSet<&str> = rows.map(|row| &*row.id).collect();
    assert_eq!(named, plants().map(|plant| plant.row).collect());
}
