//! `umaverse requirements`: every normative statement of a revision, and what checks it.

use super::arguments::Requirements;
use super::{InputError, Outcome, Verdict, say, stories};
use serde_json::{Value, json};
use umaverse::check::feature_tests::{Entry, REVISIONS, feature_tests};
use umaverse::check::gaps;
use umaverse::check::requirements::{self, Requirement};
use umaverse::wire::Revision;

/// `umaverse requirements`.
pub(crate) fn requirements(command: &Requirements) -> Outcome {
    let revision = stories::revision_named(&command.revision)?;
    if command.feature_tests {
        return Ok(show_feature_tests());
    }
    if command.gaps {
        return Ok(show_gaps(revision));
    }
    let all = requirements::rows(revision);
    let rows: Vec<&Requirement> = match &command.section {
        Some(section) => requirements::of_section(revision, section).collect(),
        None => all.iter().collect(),
    };
    if let (Some(section), true) = (&command.section, rows.is_empty()) {
        let message = format!("`{revision}` has no statement in section `{section}`; expected one such as `3.1.1`");
        return Err(InputError::new(message));
    }
    for row in &rows {
        say(&line(row));
    }
    say(&coverage(&rows));
    if command.json {
        let rows: Vec<Value> = rows.iter().map(|row| as_json(revision, row)).collect();
        say(&json!({"rows": rows}).to_string());
    }
    Ok(Verdict::Fine)
}

fn coverage(rows: &[&Requirement]) -> String {
    let all = requirements::coverage(rows.iter().copied());
    format!(
        "\n{} rows: {} checked, {} with a reason why nothing can observe them, {} open; {} in a story, {} with a planted violation",
        all.rows, all.checked, all.reasoned, all.open, all.with_story, all.planted
    )
}

fn line(row: &Requirement) -> String {
    let mut lines = vec![format!("{:<16} {:<4} {:<10} {}", row.id, row.role, row.level, row.statement)];
    let mut add = |name: &str, text: &str| {
        if !text.is_empty() {
            lines.push(format!("{:<16} {name:<8} {text}", ""));
        }
    };
    add("story", &row.stories.join(" "));
    add("check", if row.is_open() { "open" } else { "" });
    add("check", &row.checked_by.join(" "));
    add("planted", &row.planted.join(" "));
    add("reason", &row.reason);
    lines.join("\n")
}

fn as_json(revision: Revision, row: &Requirement) -> Value {
    json!({
        "id": row.id,
        "revision": revision.name(),
        "section": row.section,
        "level": row.level,
        "observable": !row.checked_by.is_empty(),
        "statement": row.statement,
        "stories": row.stories,
        "checked_by": row.checked_by,
        "planted": row.planted,
        "reason": row.reason,
    })
}

fn show_feature_tests() -> Verdict {
    for test in feature_tests() {
        say(&format!("{:<30} {:<4} {}", test.id, test.role, test.title));
        for (revision, entry) in REVISIONS.iter().zip(&test.entries) {
            let stands = match entry {
                Entry::Test(name) => format!("test     {name}"),
                Entry::Changed(clause) => format!("changed  {clause}"),
            };
            say(&format!("{:<30} {:<9} {stands}", "", revision.name()));
        }
        if !test.reading.is_empty() {
            say(&format!("{:<30} reading   {}", "", test.reading));
        }
    }
    let run = |at: usize| feature_tests().iter().filter(|test| matches!(test.entries[at], Entry::Test(_))).count();
    let counts = REVISIONS.iter().enumerate().map(|(at, revision)| format!("{} run for {revision}", run(at)));
    say(&format!("\n{} feature tests: {}", feature_tests().len(), counts.collect::<Vec<_>>().join(", ")));
    Verdict::Fine
}

fn show_gaps(revision: Revision) -> Verdict {
    for gap in gaps::gaps(revision) {
        say(&format!("{:<40} {}\n{:<40} {}", gap.id, gap.place, "", gap.sentence));
    }
    Verdict::Fine
}
