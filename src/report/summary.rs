//! The verdicts of a run: every invariant with how often its premise was true, and what was violated.

use crate::check::{Level, Verdict, Violation};
use crate::report::style::{Style, Tone};
use crate::trace::Labels;
use crate::wire::Timestamp;

/// One expectation of a script, and how it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// What was expected, in the script's words.
    pub what: String,
    /// Whether it held.
    pub held: bool,
    /// What was found instead; empty when it held.
    pub found: String,
}

/// Everything that a summary tells.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    /// The name of the script.
    pub script: &'a str,
    /// The seed; `None` when nothing was drawn.
    pub seed: Option<u64>,
    /// The digest over every record.
    pub digest: &'a str,
    /// How many records.
    pub records: usize,
    /// The instant of the first record, from which times are told.
    pub start: Timestamp,
    /// Every invariant.
    pub verdicts: &'a [Verdict],
    /// Invariants that the script says are violated in it.
    pub meant: &'a [&'a str],
    /// Every expectation of the script.
    pub expectations: &'a [Expectation],
    /// Where the report lies, if one was written.
    pub report: Option<&'a str>,
}

/// True when no error-level invariant is violated that `meant` does not name, and every expectation held.
pub fn passed(verdicts: &[Verdict], expectations: &[Expectation], meant: &[&str]) -> bool {
    let held = expectations.iter().all(|expectation| expectation.held);
    let fine = |verdict: &Verdict| {
        verdict.level != Level::Error || verdict.violations.is_empty() || meant.contains(&verdict.id)
    };
    held && verdicts.iter().all(fine)
}

impl Summary<'_> {
    /// True when no error-level invariant is violated that the script does not name, and every expectation held.
    pub fn passed(&self) -> bool {
        passed(self.verdicts, self.expectations, self.meant)
    }

    /// The summary as text. `labels` are those of the other views, so that `ticket#1` means the same in all of them.
    pub fn to_text(&self, style: Style, labels: &mut Labels) -> String {
        let mut lines = vec![self.headline(style), String::new()];
        let widths = self.widths();
        for verdict in self.verdicts {
            lines.push(verdict_line(verdict, widths, style));
            lines.extend(verdict.violations.iter().map(|violation| self.violation_line(violation, style, labels)));
        }
        if !self.expectations.is_empty() {
            lines.push(String::new());
            lines.extend(self.expectations.iter().map(|expectation| expectation_line(expectation, style)));
        }
        lines.push(String::new());
        lines.extend(self.closing(style));
        let mut text = lines.join("\n");
        text.push('\n');
        text
    }

    fn headline(&self, style: Style) -> String {
        let seed = self.seed.map_or_else(|| "no seed".to_owned(), |seed| format!("seed {seed}"));
        let words = format!("{}  {seed}  {} records  digest {}", self.script, self.records, self.digest);
        style.paint(Tone::Heading, &words)
    }

    fn widths(&self) -> (usize, usize) {
        let widest = |of: fn(&Verdict) -> usize| self.verdicts.iter().map(of).max().unwrap_or(0);
        (widest(|verdict| verdict.id.len()), widest(|verdict| verdict.name.len()))
    }

    fn violation_line(&self, violation: &Violation, style: Style, labels: &mut Labels) -> String {
        let at = violation.at.since(self.start);
        let words = format!("    step {}  {at}  {}", violation.step, labels.relabel(&violation.message));
        style.paint(Tone::Bad, &words)
    }

    fn closing(&self, style: Style) -> Vec<String> {
        let violated = self.verdicts.iter().filter(|verdict| !verdict.violations.is_empty());
        let (errors, others): (Vec<_>, Vec<_>) = violated.partition(|verdict| verdict.level == Level::Error);
        let idle = self.verdicts.iter().filter(|verdict| verdict.premises == 0).count();
        let broken = self.expectations.iter().filter(|expectation| !expectation.held).count();
        let (word, tone) = if self.passed() { ("passed", Tone::Good) } else { ("FAILED", Tone::Bad) };
        let mut lines = vec![format!(
            "{}: {} invariants, {} violated, {} warned, {idle} not exercised; {} of {} expectations held",
            style.paint(tone, word),
            self.verdicts.len(),
            errors.len(),
            others.len(),
            self.expectations.len() - broken,
            self.expectations.len(),
        )];
        lines.extend(self.report.map(|place| format!("report: {place}")));
        lines
    }
}

fn verdict_line(verdict: &Verdict, (id, name): (usize, usize), style: Style) -> String {
    let (outcome, tone) = outcome(verdict);
    let line = format!(
        "{}  {}  {:<7}  {}  {}",
        style.column(Tone::Normal, verdict.id, id),
        style.column(Tone::Normal, verdict.name, name),
        level(verdict.level),
        style.column(tone, &outcome, OUTCOME_WIDTH),
        style.paint(Tone::Step, verdict.spec),
    );
    line.trim_end().to_owned()
}

const OUTCOME_WIDTH: usize = 20;

fn outcome(verdict: &Verdict) -> (String, Tone) {
    match (verdict.violations.len(), verdict.premises, verdict.level) {
        (0, 0, _) => ("not exercised".into(), Tone::Dim),
        (0, premises, _) => (format!("held {premises}x"), Tone::Good),
        (times, _, Level::Error) => (format!("VIOLATED {times}x"), Tone::Bad),
        (times, _, Level::Warn | Level::Outcome) => (format!("violated {times}x"), Tone::Warn),
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Outcome => "outcome",
    }
}

fn expectation_line(expectation: &Expectation, style: Style) -> String {
    if expectation.held {
        return format!("{}  {}", style.paint(Tone::Good, "as expected    "), expectation.what);
    }
    format!("{}  {}: {}", style.paint(Tone::Bad, "NOT as expected"), expectation.what, expectation.found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(level: Level, violated: bool) -> Verdict {
        let violation = Violation { invariant: "TKT-1", step: 4, at: Timestamp(0), message: "twice".into() };
        let violations = if violated { vec![violation] } else { Vec::new() };
        Verdict { id: "TKT-1", name: "ticket-redeemed-once", spec: "Grant §5.5", level, premises: 1, violations }
    }

    fn passed(verdicts: &[Verdict], held: bool) -> bool {
        passed_as_meant(verdicts, held, &[])
    }

    fn passed_as_meant(verdicts: &[Verdict], held: bool, meant: &[&str]) -> bool {
        let expectations = [Expectation { what: "x".into(), held, found: String::new() }];
        Summary {
            script: "s",
            seed: None,
            digest: "d",
            records: 0,
            start: Timestamp(0),
            verdicts,
            meant,
            expectations: &expectations,
            report: None,
        }
        .passed()
    }

    #[test]
    fn only_errors_and_expectations_fail_a_run() {
        assert!(passed(
            &[verdict(Level::Error, false), verdict(Level::Warn, true), verdict(Level::Outcome, true)],
            true
        ));
        assert!(!passed(&[verdict(Level::Error, true)], true));
        assert!(!passed(&[], false));
    }

    #[test]
    fn a_violation_that_the_script_names_is_none_of_the_others() {
        let broken = [verdict(Level::Error, true)];
        assert!(passed_as_meant(&broken, true, &["TKT-1"]));
        assert!(!passed_as_meant(&broken, true, &["LIV-7"]));
    }
}
