//! What a family of invariants is, and the tally it writes into.
//!
//! Invariants are grouped by what they watch, one family a file; a family looks at a record with one `match` and
//! checks what that kind of record can break. Which ids exist, and their level, stands in the catalogue.

use crate::check::catalogue::{Id, ROWS};
use crate::check::ground::{Ground, needs};
use crate::check::ledger::Ledger;
use crate::check::{Level, Verdict, Violation};
use crate::trace::truth::RoleKind;
use crate::trace::{Record, Truth};
use crate::wire::{Revision, Timestamp};

/// How many violations of one invariant are kept.
const KEPT: usize = 16;

/// Invariants that watch the same things.
pub(crate) trait Family {
    /// Looks at one record; the ledger does not yet hold it.
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally);

    /// Judges what can only be judged at the end.
    fn finish(&mut self, _ledger: &Ledger, _truth: &Truth, _tally: &mut Tally) {}
}

/// Premises and violations of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    rows: Vec<Score>,
    first_error: Option<(usize, usize)>,
    any: bool,
    step: u64,
    at: Timestamp,
    /// The revision that the record is judged by; none where that is nobody's.
    spoken: Option<Revision>,
    /// True in a world of one revision, where every record is judged alike.
    alike: bool,
}

#[derive(Clone, Debug)]
struct Score {
    level: Option<Level>,
    /// The strictest level at which it was violated.
    broken: Option<Level>,
    premises: u64,
    violations: Vec<Violation>,
}

impl Tally {
    /// Nothing seen yet; the levels are those of the world's revisions, the strictest where there are several.
    pub(crate) fn new(truth: &Truth) -> Self {
        let speaks = |revision| truth.nodes.iter().any(|node| node.speaks(revision));
        let revisions: Vec<Revision> = Revision::ALL.into_iter().filter(|revision| speaks(*revision)).collect();
        let two = truth.nodes.iter().any(|node| node.role == RoleKind::AuthorizationServer && node.beside.is_some());
        let applying = |row: &crate::check::catalogue::Row| {
            let applies = two || !row.needs_two();
            revisions.iter().filter(move |_| applies)
        };
        let score = |row: &crate::check::catalogue::Row| Score {
            level: applying(row).filter_map(|revision| row.level(*revision)).min(),
            broken: None,
            premises: 0,
            violations: Vec::new(),
        };
        Self { rows: ROWS.iter().map(score).collect(), alike: revisions.len() < 2, ..Self::default() }
    }

    /// The record that violations are noticed at from now on.
    pub(crate) fn at(&mut self, ledger: &Ledger, truth: &Truth, record: &Record) {
        self.step = record.step;
        self.at = record.at;
        self.spoken = if self.alike { None } else { ledger.judged_by(truth, record) };
    }

    /// From now on it is the whole run that is judged.
    pub(crate) fn at_the_end(&mut self) {
        self.spoken = None;
    }

    /// The premise of an invariant is true; `holds` says whether its conclusion is.
    pub(crate) fn check(&mut self, id: Id, holds: bool, message: impl FnOnce() -> String) {
        let Some(score) = self.rows.get_mut(id as usize) else { return };
        // In a mixed world an invariant holds for whoever's revision has it, as strictly as that revision has it.
        let level = match self.spoken {
            Some(revision) => ROWS.get(id as usize).and_then(|row| row.level(revision)),
            None => score.level,
        };
        let Some(level) = level else { return };
        score.premises += 1;
        if holds || score.violations.len() >= KEPT {
            return;
        }
        self.any = true;
        score.broken = Some(score.broken.map_or(level, |before| before.min(level)));
        let invariant = ROWS[id as usize].id;
        score.violations.push(Violation { invariant, step: self.step, at: self.at, message: message() });
        if level == Level::Error && self.first_error.is_none() {
            self.first_error = Some((id as usize, score.violations.len() - 1));
        }
    }

    /// The first violation of an error-level invariant.
    pub(crate) fn first_error(&self) -> Option<&Violation> {
        let (row, nth) = self.first_error?;
        self.rows.get(row)?.violations.get(nth)
    }

    /// True when an invariant is violated.
    pub(crate) fn is_violated(&self, invariant: &str) -> bool {
        let violated =
            |(row, score): (&crate::check::catalogue::Row, &Score)| row.id == invariant && !score.violations.is_empty();
        self.any && ROWS.iter().zip(&self.rows).any(violated)
    }

    /// The verdicts on every invariant that applies; none on those that need some of what is `lacking`.
    pub(crate) fn verdicts(&self, lacking: &[Ground]) -> Vec<Verdict> {
        let verdict = |(row, score): (&crate::check::catalogue::Row, &Score)| {
            let needs = needs(row.variant).iter().copied();
            let lacks: Vec<Ground> = needs.filter(|ground| lacking.contains(ground)).collect();
            let violations = if lacks.is_empty() { score.violations.clone() } else { Vec::new() };
            Some(Verdict {
                id: row.id,
                name: row.name,
                spec: row.spec,
                level: score.broken.or(score.level)?,
                premises: score.premises,
                violations,
                lacks,
            })
        };
        ROWS.iter().zip(&self.rows).filter_map(verdict).collect()
    }
}
