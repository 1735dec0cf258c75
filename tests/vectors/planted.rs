//! Violations of requirements that are planted in what the codec writes or gets to read: the example of the text fails.

use crate::support::fails_with;
use crate::{drafts, planted_1_0_1, planted_2_0};
use std::collections::BTreeSet;
use umaverse::check::requirements::{self, rows};
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
pub(crate) type Planted = (&'static str, fn(), &'static str, &'static str);

fn plants() -> impl Iterator<Item = Plant> {
    let tables = planted_1_0_1::PLANTS.iter().chain(planted_2_0::PLANTS);
    let plant = |(row, example, from, to): &'static Planted| Plant { row, example: Box::new(example), from, to };
    tables.map(plant).chain(drafts::planted::plants())
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
    let by_vector =
        |text: &String| matches!(requirements::Planted::parse(text), Some(requirements::Planted::Vector { .. }));
    let rows = Revision::ALL.into_iter().flat_map(rows).filter(|row| row.planted.iter().any(by_vector));
    let named: BTreeSet<&str> = rows.map(|row| &*row.id).collect();
    assert_eq!(named, plants().map(|plant| plant.row).collect());
}
