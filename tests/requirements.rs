//! The requirement catalogues name only checks that exist, and account for every row but those counted here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::path::Path;
use umaverse::check::gaps;
use umaverse::check::requirements::{coverage, of_section, rows};
use umaverse::role::Rule;
use umaverse::wire::Revision;

/// Rows with neither a check nor a reason. May only go down.
const OPEN: [(Revision, usize); 2] = [(Revision::Draft06, 8), (Revision::V2_0, 9)];

/// The invariants of the catalogue: families with how many each has.
const INVARIANTS: [(&str, u32); 9] =
    [("ACC", 9), ("TKT", 8), ("GRT", 10), ("BND", 8), ("CLM", 6), ("REG", 5), ("REV", 4), ("DUR", 4), ("LIV", 8)];

#[test]
fn every_check_that_a_row_names_exists() {
    let tests = sources();
    for row in Revision::ALL.into_iter().flat_map(rows) {
        for name in &row.checked_by {
            assert!(exists(name, &tests), "{}: no check is called `{name}`", row.id);
        }
    }
}

fn exists(name: &str, tests: &str) -> bool {
    match name.split_once(':') {
        Some(("rule", rule)) => Rule::parse(rule).is_some(),
        Some(("vector" | "test", test)) => tests.contains(&format!("fn {test}(")),
        Some(("story", story)) => Path::new("simulations").join(format!("{story}.toml")).exists(),
        Some(_) => false,
        None => is_invariant(name),
    }
}

/// The sources of everything that can hold a test.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    let mut folders = vec![root.join("src"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

fn is_invariant(name: &str) -> bool {
    let Some((family, number)) = name.split_once('-') else { return false };
    let number: u32 = number.parse().unwrap_or_default();
    INVARIANTS.iter().any(|(known, count)| *known == family && (1..=*count).contains(&number))
}

#[test]
fn every_row_has_a_check_or_a_reason() {
    for (revision, open) in OPEN {
        let found: Vec<_> = rows(revision).iter().filter(|row| row.is_open()).map(|row| &*row.id).collect();
        assert_eq!(found.len(), open, "{revision}: lower the number if it fell; open are {found:?}");
    }
}

#[test]
fn the_access_process_of_draft_06_is_accounted_for() {
    let open: Vec<_> = of_section(Revision::Draft06, "3").filter(|row| row.is_open()).map(|row| &*row.id).collect();
    assert!(open.len() <= 1, "{open:?}");
    assert!(coverage(of_section(Revision::Draft06, "3.4.1")).open == 0);
}

#[test]
fn a_reason_stands_only_where_nothing_checks() {
    for row in Revision::ALL.into_iter().flat_map(rows) {
        assert!(row.checked_by.is_empty() || row.reason.is_empty(), "{} has both", row.id);
    }
}

#[test]
fn catalogues_are_whole() {
    assert_eq!(rows(Revision::Draft06).len(), 467);
    assert_eq!(rows(Revision::V2_0).len(), 406);
}

#[test]
fn every_choice_that_a_role_marks_is_in_the_list_of_gaps() {
    for after in sources().split("our_choice(\"").skip(1) {
        let id = after.split('"').next().unwrap_or_default();
        let kebab = !id.is_empty() && id.chars().all(|each| each.is_ascii_alphanumeric() || each == '-');
        assert!(!kebab || gaps::find(id).is_some(), "`{id}` is marked as our choice and explained nowhere");
    }
}
