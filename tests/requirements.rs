//! The requirement catalogues name only checks that exist, and account for every row but those counted here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "requirements/bytes.rs"]
mod bytes;
#[path = "requirements/bytes_1_0_1.rs"]
mod bytes_1_0_1;
#[path = "requirements/bytes_2_0.rs"]
mod bytes_2_0;
#[path = "requirements/bytes_draft05.rs"]
mod bytes_draft05;
#[path = "requirements/bytes_draft06.rs"]
mod bytes_draft06;
#[path = "support/carried.rs"]
mod carried;
#[path = "requirements/seen.rs"]
mod seen;
#[path = "support/stories.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use support::{Story, stories};
use umaverse::check::catalogue::ROWS;
use umaverse::check::gaps;
use umaverse::check::requirements::{DEMANDED, Planted, Requirement, coverage, rows, rows_demanded};
use umaverse::role::Rule;
use umaverse::sim::run::Options;
use umaverse::wire::Revision;

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
        Some(("vector" | "test", test)) => is_test(test, tests),
        Some(("story", story)) => {
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("simulations/{story}.toml")).exists()
        }
        Some(_) => false,
        None => ROWS.iter().any(|row| row.id == name),
    }
}

// A feature test has no `fn` of its own.
fn is_test(test: &str, tests: &str) -> bool {
    tests.contains(&format!("fn {test}(")) || (test.starts_with("ft_") && tests.contains(&format!(" {test} = ")))
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

#[test]
fn every_row_has_a_check_or_a_reason() {
    for revision in Revision::ALL {
        let open: Vec<_> = rows(revision).iter().filter(|row| row.is_open()).map(|row| &*row.id).collect();
        assert!(open.is_empty(), "{revision}: neither check nor reason: {open:?}");
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "the coverage is to be read with --nocapture")]
fn every_must_that_can_be_observed_has_a_check() {
    for revision in Revision::ALL {
        let musts = rows(revision).iter().filter(|row| row.is_must());
        let unchecked = musts.filter(|row| row.checked_by.is_empty() && row.reason.is_empty());
        assert_eq!(unchecked.map(|row| &*row.id).collect::<Vec<_>>(), Vec::<&str>::new());
        let all = coverage(rows(revision));
        println!("{revision}: {all:?}");
        assert_eq!(all.rows, all.checked + all.reasoned);
    }
}

// ---- stories and planted violations

#[test]
fn a_row_of_a_demanded_section_has_a_story_and_a_planted_violation_or_a_reason() {
    for (revision, sections) in DEMANDED {
        let demanded = rows_demanded(*revision, sections);
        assert!(!demanded.is_empty(), "{revision} has no section {sections}");
        let missing: Vec<_> = demanded.iter().filter(|row| !row.is_shown()).map(|row| &*row.id).collect();
        assert!(missing.is_empty(), "{revision} {sections}: {missing:?}");
    }
}

#[test]
fn every_must_that_can_be_observed_has_a_story_and_a_planted_violation() {
    for revision in Revision::ALL {
        let musts = rows(revision).iter().filter(|row| row.is_must());
        let missing: Vec<_> = musts.filter(|row| !row.is_shown()).map(|row| &*row.id).collect();
        assert!(missing.is_empty(), "{revision}: {missing:?}");
    }
}

#[test]
fn every_story_that_a_row_names_exists_and_is_of_its_revision() {
    let known: BTreeMap<String, String> =
        stories().iter().map(|story| (story.name().to_owned(), story.script.revision.get_ref().clone())).collect();
    for revision in Revision::ALL {
        for (row, story) in rows(revision).iter().flat_map(|row| row.stories.iter().map(move |story| (row, story))) {
            assert_eq!(known.get(story).map(String::as_str), Some(revision.name()), "{}: `{story}`", row.id);
        }
    }
}

#[test]
fn every_planted_violation_is_noticed_by_a_check_of_its_row() {
    let tests = sources();
    for row in Revision::ALL.into_iter().flat_map(rows) {
        for text in &row.planted {
            let planted =
                Planted::parse(text).unwrap_or_else(|| panic!("{}: `{text}` is no planted violation", row.id));
            let fault = misnamed(row, planted, &tests);
            assert!(fault.is_none(), "{}: `{text}`: {}", row.id, fault.unwrap_or_default());
        }
    }
}

fn misnamed(row: &Requirement, planted: Planted<'_>, tests: &str) -> Option<String> {
    let checks = |name: &str| row.checked_by.iter().any(|check| check == name);
    match planted {
        Planted::Mutant { story, rule, noticed: "story", .. } => {
            let known = row.stories.iter().any(|of| of == story) && checks(&format!("rule:{rule}"));
            (!known).then(|| "the row names neither the story nor the rule".to_owned())
        }
        Planted::Mutant { noticed: invariant, .. } | Planted::Trace { invariant } => {
            (!checks(invariant)).then(|| format!("{invariant} is no check of the row"))
        }
        Planted::Vector { name } => (!checks(&format!("vector:{name}"))).then(|| "no such vector checks it".to_owned()),
        Planted::Edit { story } => {
            let known = row.stories.iter().any(|of| of == story) && EDITS.iter().any(|(id, ..)| *id == row.id);
            (!known).then(|| "the row does not name the story, or nothing is said to change in it".to_owned())
        }
        Planted::Bytes { story } => {
            let known = checks(&format!("story:{story}")) && bytes::all().any(|planted| planted.row == row.id);
            (!known).then(|| "the story is no check of the row, or nothing is said to be written".to_owned())
        }
        Planted::Test { name } => {
            let known = checks(&format!("test:{name}")) && is_test(name, tests);
            (!known).then(|| "no such test checks it".to_owned())
        }
    }
}

/// What is changed in the script of a story so that a row is violated: the row, the last place of a text, and what
/// stands there instead.
const EDITS: [(&str, &str, &str); 14] = [
    // Another client at the second resource server gets an AAT of its own: what a client would do that needs one for each.
    ("D06-3.4.1-02", "with = \"printer\"", "with = \"second\""),
    // And claims gathered for another pair of client and person do not count for it.
    ("D06-3.4.1-08", "with = \"printer\"", "with = \"second\""),
    ("D05-3.4.3-02", "with = \"printer\"", "with = \"second\""),
    ("D05-3.4.3-07", "with = \"printer\"", "with = \"second\""),
    // A server that does not take assertions where its clients have nothing else.
    ("D05-2.3-08", "takes-assertions-of = [\"corporate\"]", ""),
    ("D05-3.4.3-10", "takes-assertions-of = [\"corporate\"]", ""),
    ("D06-2.1-10", "takes-assertions-of = [\"corporate\"]", ""),
    ("D06-3.4.1-11", "takes-assertions-of = [\"corporate\"]", ""),
    ("V101-1.3.2-21", "with = \"printer\"", "with = \"second\""),
    ("V101-1.3.2-22", "with = \"printer\"", "with = \"second\""),
    ("V101-1.3.2-24", "with = \"printer\"", "with = \"second\""),
    // A token without the one scope that makes it an AAT, whatever else it has.
    ("V101-1.3.2-08", "\"uma_authorization\", ", ""),
    // Two parties in place of one.
    ("V101-1.3.2-10", "registered-as = \"printz\"", ""),
    // An organisation cannot get an AAT where its grant is not offered.
    ("V101-1.3.2-19", "name = \"copmonkey\"\n", "name = \"copmonkey\"\naat-grant-types = [\"authorization_code\"]\n"),
];

#[test]
fn every_edited_story_fails() {
    let stories = stories();
    for (id, from, to) in EDITS {
        let row = umaverse::check::requirements::find(id).unwrap_or_else(|| panic!("no row {id}"));
        let story = row.planted.iter().find_map(|text| match Planted::parse(text) {
            Some(Planted::Edit { story }) => Some(story),
            _ => None,
        });
        let story = stories.iter().find(|one| Some(one.name()) == story).unwrap_or_else(|| panic!("{id}: no story"));
        let (before, after) = story.text.rsplit_once(from).unwrap_or_else(|| panic!("{id}: `{from}` is not there"));
        let changed = story.with_text(format!("{before}{to}{after}\n[[client]]\nname = \"second\"\n"));
        let finished = changed.run(&Options::default());
        assert!(!changed.unmet(&finished, &finished.verdicts()).is_empty(), "{id}: nothing fails");
    }
}

/// The mutants of all catalogues, each once: story, node, rule, and what notices it.
fn mutants() -> BTreeSet<(&'static str, &'static str, &'static str, &'static str)> {
    let planted = Revision::ALL.into_iter().flat_map(rows).flat_map(|row| &row.planted);
    let mutant = |text: &'static String| match Planted::parse(text)? {
        Planted::Mutant { story, node, rule, noticed } => Some((story, node, rule, noticed)),
        Planted::Trace { .. }
        | Planted::Vector { .. }
        | Planted::Edit { .. }
        | Planted::Bytes { .. }
        | Planted::Test { .. } => None,
    };
    planted.filter_map(mutant).collect()
}

#[test]
fn every_mutant_that_a_row_names_is_noticed() {
    let stories = stories();
    let unnoticed: Vec<String> = mutants()
        .into_iter()
        .filter_map(|(name, node, rule, noticed)| {
            let story = stories.iter().find(|story| story.name() == name).unwrap_or_else(|| panic!("no story {name}"));
            assert!(Rule::parse(rule).is_some(), "no rule {rule}");
            assert!(!notices(story, noticed), "{name} fails by itself: {noticed}");
            (!notices(&story.without(node, rule), noticed)).then(|| format!("{name}/{node}-without-{rule}={noticed}"))
        })
        .collect();
    assert!(unnoticed.is_empty(), "not noticed:\n{}", unnoticed.join("\n"));
}

fn notices(story: &Story, noticed: &str) -> bool {
    let finished = story.run(&Options::default());
    let verdicts = finished.verdicts();
    match noticed {
        "story" => !story.unmet(&finished, &verdicts).is_empty(),
        invariant => verdicts.iter().any(|verdict| verdict.id == invariant && !verdict.violations.is_empty()),
    }
}

#[test]
fn a_reason_stands_only_where_nothing_checks() {
    for row in Revision::ALL.into_iter().flat_map(rows) {
        assert!(row.checked_by.is_empty() || row.reason.is_empty(), "{} has both", row.id);
    }
}

#[test]
fn catalogues_are_whole() {
    assert_eq!(rows(Revision::Draft05).len(), 458);
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
