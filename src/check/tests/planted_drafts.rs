//! Traces in which a row of the drafts outside their section 3 is violated; the rows of draft-06 and of draft-05.

use super::planted::{added, released_unseen, unknown_resource};
use super::planted_1_0_1::{content_without_an_rpt, introspected_with_another_token, ticket_without_a_pat};
use super::planted_2_0::listed_without_a_pat;
use super::{cases_errors, cases_state};
use crate::check::test_traces::*;

/// The rows of draft-06 and of draft-05, and what happens after a plain run.
type Plant = (Option<&'static str>, Option<&'static str>, fn(&mut Run));

/// What is granted is not what was asked for, but what looks as if it stood below it.
fn below_by_name(run: &mut Run) {
    added(run, |given| {
        given.resource.id = "r5/below".into();
        given.permission.resource_id = "r5/below".into();
    });
}

pub(super) const PLANTS: &[Plant] = &[
    (Some("D06-1.3-01"), None, ticket_without_a_pat),
    (Some("D06-1.3-03"), None, introspected_with_another_token),
    (Some("D06-1.3-21"), Some("D05-1.3-19"), released_unseen),
    (Some("D06-1.5-10"), Some("D05-1.5-13"), cases_errors::good_pat_is_invalid),
    (Some("D06-1.5-14"), Some("D05-1.5-17"), released_unseen),
    (Some("D06-2.2-03"), Some("D05-2.4.3-01"), content_without_an_rpt),
    (Some("D06-2.2-05"), Some("D05-2.4.3-03"), |run| cases_state::ticket_after_removal(run, &["write"])),
    (Some("D06-RSR-2-01"), None, listed_without_a_pat),
    (Some("D06-RSR-2-02"), None, unknown_resource),
    (None, Some("D05-2.4-01"), cases_state::orphan),
    (None, Some("D05-2.4.3-09"), below_by_name),
];

/// What is planted for a row.
pub(super) fn plant_of(row: &str) -> Option<fn(&mut Run)> {
    PLANTS.iter().find(|(d6, d5, _)| *d6 == Some(row) || *d5 == Some(row)).map(|(.., plant)| *plant)
}

/// Every row that something is planted for.
pub(super) fn rows() -> impl Iterator<Item = &'static str> {
    PLANTS.iter().flat_map(|(d6, d5, _)| d6.iter().chain(d5)).copied()
}
