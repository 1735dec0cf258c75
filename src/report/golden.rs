//! Tests of the views against golden texts in `tests/golden/`, and that no view shows a secret.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use super::compare::{Comparison, Judged, Member, told};
use super::http_view::http_view;
use super::jsonl::{Header, TraceFile};
use super::mermaid::mermaid;
use super::sample::{self, SECRETS, Sample};
use super::summary::{Expectation, Summary};
use super::{SequenceOptions, Style, accesses, difference, explain, sequence, steps};
use crate::check::{Level, Verdict, Violation};
use crate::trace::Labels;
use crate::wire::token::secret_reference;
use crate::wire::{PermissionTicket, Revision, Timestamp};
use std::path::PathBuf;

fn views() -> Vec<(&'static str, String)> {
    let (late, early) = (sample::v2_0(), sample::draft06());
    vec![
        ("sequence-2.0.txt", sequence(&late.truth, &late.records, &with_facts())),
        ("sequence-draft-06.txt", sequence(&early.truth, &early.records, &SequenceOptions::default())),
        ("sequence-2.0.mmd", mermaid(&late.truth, &late.records)),
        ("explain-granted.txt", explain(&trace(&late), 2).unwrap()),
        ("explain-refused.txt", explain(&trace(&late), 1).unwrap()),
        ("tour-draft-06.txt", tour(Revision::Draft06, &early)),
        ("tour-2.0.txt", tour(Revision::V2_0, &late)),
        ("http-draft-06.txt", http_view(&early.truth, &early.records, Style::Plain)),
        ("http-2.0.txt", http_view(&late.truth, &late.records, Style::Plain)),
        ("summary.txt", summary()),
        ("compare.txt", comparison(&early, &late).to_text(Style::Plain)),
    ]
}

// Two samples that are no family, a revision without a story, and verdicts that differ in level.
fn comparison(early: &Sample, late: &Sample) -> Comparison {
    let member = |revision, story, sample: &Sample, level| {
        let verdict = |id, level, premises| Verdict {
            id,
            name: "",
            spec: "",
            level,
            premises,
            violations: Vec::new(),
            lacks: Vec::new(),
        };
        let mut broken = verdict("CLM-1", level, 2);
        broken.violations.push(Violation { invariant: "CLM-1", step: 1, at: Timestamp(0), message: String::new() });
        let verdicts = [verdict("ACC-1", Level::Error, 1), verdict("CLM-3", level, 3), broken];
        let judged = Judged { passed: level != Level::Error, held: (2, 2), verdicts: &verdicts };
        Member { revision, told: Some(told(story, &sample.truth, &sample.records, judged)), reason: None }
    };
    let members = vec![
        Member { revision: Revision::Draft05, told: None, reason: None },
        member(Revision::Draft06, "album", early, Level::Warn),
        member(Revision::V2_0, "album-2.0", late, Level::Error),
    ];
    Comparison { intent: "album".to_owned(), members }
}

#[test]
fn a_comparison_fits_a_terminal_and_says_what_is_missing() {
    let (early, late) = (sample::draft06(), sample::v2_0());
    let mut comparison = comparison(&early, &late);
    assert!(!comparison.passed());
    for _ in 0..2 {
        let text = comparison.to_text(Style::Plain);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(text.contains("no story"), "{text}");
        comparison.members.extend(comparison.members.clone());
    }
    comparison.members.truncate(2);
    assert!(comparison.passed() && comparison.differing_guarantees().is_empty());
}

fn with_facts() -> SequenceOptions {
    SequenceOptions { style: Style::Plain, facts: true, hide_noise: false }
}

fn trace(sample: &Sample) -> TraceFile {
    TraceFile::new(&Header::default(), &sample.truth, &sample.records)
}

fn tour(revision: Revision, sample: &Sample) -> String {
    steps::tree(revision, &steps::branches_reached(revision, &sample.truth, &sample.records))
}

fn summary() -> String {
    let verdict = |id, name, level, premises| Verdict {
        id,
        name,
        spec: "Grant §5.5",
        level,
        premises,
        violations: Vec::new(),
        lacks: Vec::new(),
    };
    let ticket = PermissionTicket::new("ticket-value-1").hashed();
    let message = format!("{} was redeemed twice", secret_reference("ticket", ticket.short()));
    let at = crate::wire::Timestamp(1_500_000);
    let mut violated = verdict("TKT-1", "ticket-redeemed-once", Level::Error, 3);
    violated.violations.push(Violation { invariant: "TKT-1", step: 41, at, message });
    let verdicts = [
        violated,
        verdict("TKT-4", "ticket-value-rotates", Level::Error, 2),
        verdict("LIV-7", "no-mutual-eviction", Level::Warn, 0),
    ];
    let expectations = [
        Expectation { what: "bob gets the album".into(), held: true, found: String::new() },
        Expectation { what: "eve is refused".into(), held: false, found: "eve got the album".into() },
    ];
    Summary {
        script: "album",
        seed: Some(7),
        digest: "0123456789abcdef",
        records: 120,
        start: crate::wire::Timestamp(0),
        verdicts: &verdicts,
        meant: &[],
        expectations: &expectations,
        report: Some("reports/album-7"),
    }
    .to_text(Style::Plain, &mut Labels::new())
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name)
}

// With `UMAVERSE_BLESS` set the texts are written instead.
#[test]
#[expect(clippy::disallowed_methods, reason = "whoever blesses says so in the environment")]
fn every_view_is_as_it_was() {
    let bless = std::env::var_os("UMAVERSE_BLESS").is_some();
    for (name, text) in views() {
        if bless {
            std::fs::write(golden(name), &text).unwrap();
        }
        let expected = std::fs::read_to_string(golden(name)).unwrap_or_default();
        assert!(text == expected, "{name} is not as it was; set UMAVERSE_BLESS if meant so:\n{text}");
    }
}

#[test]
fn no_view_shows_a_secret() {
    let mut texts = views();
    for sample in [sample::v2_0(), sample::draft06()] {
        let coloured = SequenceOptions { style: Style::Coloured, ..with_facts() };
        texts.push(("coloured", sequence(&sample.truth, &sample.records, &coloured)));
        texts.push(("mermaid", mermaid(&sample.truth, &sample.records)));
        texts.push(("jsonl", trace(&sample).to_text()));
        texts.push(("accesses", accesses(&trace(&sample)).join("\n")));
        let changed = &sample.records[..sample.records.len() - 1];
        texts.push(("difference", difference::difference(&sample.truth, &sample.records, changed).unwrap()));
    }
    for (name, text) in texts {
        assert!(!text.is_empty(), "{name} is empty");
        for secret in SECRETS {
            assert!(!text.contains(secret), "{name} shows `{secret}`:\n{text}");
        }
        assert!(!text.contains('\u{27e6}'), "{name} shows a reference without a label:\n{text}");
    }
}

#[test]
fn draft_06_runs_through_the_numbered_branches() {
    let sample = sample::draft06();
    let reached = steps::branches_reached(Revision::Draft06, &sample.truth, &sample.records);
    for id in ["1", "1.A", "2", "2.issued", "1.B", "1.B.2", "permission-ticket", "3", "3.granted", "1.B.3"] {
        assert!(reached.contains(id), "{id} is not among {reached:?}");
    }
    assert!(!reached.contains("1.B.1"));
    assert!(steps::branches_reached(Revision::V2_0, &sample.truth, &sample.records).is_empty());
}
