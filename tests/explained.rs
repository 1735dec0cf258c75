//! What is explained of every story is told in words: no names of types, no references in place of labels.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/stories.rs"]
mod support;

use support::{Story, stories};
use umaverse::report::jsonl::Header;
use umaverse::report::{SequenceOptions, Style, TraceFile, accesses, explain, sequence};
use umaverse::sim::run::{Finished, Options};

fn explained(finished: &Finished) -> String {
    let trace = TraceFile::new(&Header::default(), &finished.truth, &finished.records);
    (1..=accesses(&trace).len()).filter_map(|n| explain(&trace, n)).collect()
}

/// The words of a text that look like the name of a type.
fn names_of_types(text: &str) -> Vec<&str> {
    let is_name = |word: &&str| {
        let mut pairs = word.chars().zip(word.chars().skip(1));
        word.chars().all(char::is_alphabetic) && pairs.any(|(one, next)| one.is_lowercase() && next.is_uppercase())
    };
    text.split(|each: char| each.is_whitespace() || "(),:[]".contains(each)).filter(is_name).collect()
}

#[test]
fn no_explanation_names_a_type() {
    assert_eq!(names_of_types("403 NeedInfo and AuthorizationDataAdded"), ["NeedInfo", "AuthorizationDataAdded"]);
    for story in stories() {
        let text = explained(&story.run(&Options::default()));
        assert_eq!(names_of_types(&text), Vec::<&str>::new(), "{}:\n{text}", story.file);
        assert!(!text.contains(['\u{27e6}', '\u{27e7}']), "{} shows a reference", story.file);
    }
}

fn facts(story: &Story) -> String {
    let finished = story.run(&Options::default());
    let options = SequenceOptions { style: Style::Plain, facts: true, ..SequenceOptions::default() };
    sequence(&finished.truth, &finished.records, &options)
}

#[test]
fn nothing_is_said_to_be_refused_where_nothing_is() {
    let all: String = stories().iter().map(facts).collect();
    for rule in ["evidence-recent", "rpt-to-its-server", "reissue-ends-older", "upgraded-rpt-dropped"] {
        assert!(!all.contains(&format!("refuses by rule {rule}")), "{rule}");
    }
    assert!(all.contains("refuses by rule"), "others are refused");
    assert!(all.contains("asks afresh, by rule evidence-recent"), "and this is seen in a story");
}
