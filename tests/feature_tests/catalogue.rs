//! The list of feature tests and the tests are the same.

use crate::support::FeatureTest;
use crate::{as_authorization, as_protection, as_scopes, as_tokens, c, rs};
use std::collections::{BTreeMap, BTreeSet};
use umaverse::check::feature_tests::{Entry, REVISIONS, feature_tests};
use umaverse::wire::Revision;

fn tests() -> BTreeMap<&'static str, &'static FeatureTest> {
    let all = [as_authorization::TESTS, as_protection::TESTS, as_scopes::TESTS, as_tokens::TESTS, c::TESTS, rs::TESTS];
    all.concat().into_iter().collect()
}

#[test]
fn every_feature_test_has_per_revision_a_test_that_runs_or_the_clause_that_changed() {
    let tests = tests();
    for row in feature_tests() {
        for (revision, entry) in REVISIONS.iter().zip(&row.entries) {
            let runs = |test: &&FeatureTest| test.id == row.id && test.revisions.contains(revision);
            match entry {
                Entry::Test(name) => {
                    assert!(tests.get(&**name).is_some_and(runs), "{} in {revision}: `{name}`", row.id);
                    assert!(Revision::ALL.contains(revision), "{} in {revision}, which is not spoken", row.id);
                }
                Entry::Changed(clause) => {
                    let names_a_clause = clause.contains('§') && clause.contains(": ");
                    assert!(names_a_clause, "{} in {revision} names no clause: `{clause}`", row.id);
                    assert!(!tests.values().any(runs), "{} in {revision} has a test all the same", row.id);
                }
            }
        }
    }
}

#[test]
fn every_test_is_listed_once_by_its_identifier_and_can_fail() {
    let listed: BTreeSet<&str> = feature_tests().iter().map(|row| &*row.id).collect();
    assert_eq!((listed.len(), tests().len()), (33, 33));
    for (name, test) in tests() {
        assert_eq!(name, test.id.to_lowercase().replace('-', "_"));
        assert!(listed.contains(test.id), "{name}");
        assert!(test.can_fail(), "{name} is not shown to fail");
    }
}
