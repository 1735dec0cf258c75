//! Which numbered step of its specification a request or an answer is, one table per revision.
//!
//! The tables are also the tree of the access process that `umaverse tour` walks: each [`Branch`] is one thing that can
//! happen, in the order of the text.

mod alike;
mod draft05;
mod draft06;
mod drafts;
mod v1_0_1;
mod v2_0;

use crate::report::reader::{Asked, Purpose, Reader};
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Record, Truth};
use crate::wire::{Response, Revision};
use std::collections::BTreeSet;
use std::fmt::Write;

/// One branch of a revision's access process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its name within the revision, such as `1.B.2`.
    pub id: &'static str,
    /// The branch it belongs to.
    pub parent: Option<&'static str>,
    /// Where it stands, as shown beside a message: `§3 1.B.2`, `Grant §3.2.1`.
    pub place: &'static str,
    /// What happens.
    pub sentence: &'static str,
}

const fn part(parent: Option<&'static str>, id: &'static str, place: &'static str, sentence: &'static str) -> Branch {
    Branch { id, parent, place, sentence }
}

/// The branches of a revision, parents before children, in the order of the text.
pub const fn branches(revision: Revision) -> &'static [Branch] {
    match revision {
        Revision::Draft05 => draft05::BRANCHES,
        Revision::Draft06 => draft06::BRANCHES,
        Revision::V1_0_1 => v1_0_1::BRANCHES,
        Revision::V2_0 => v2_0::BRANCHES,
    }
}

/// The branch of that name.
pub fn branch(revision: Revision, id: &str) -> Option<&'static Branch> {
    branches(revision).iter().find(|branch| branch.id == id)
}

/// The step that a request is.
pub fn step_of_request(asked: &Asked<'_>) -> Option<&'static Branch> {
    if asked.server == Some(RoleKind::IdentityProvider) {
        return None;
    }
    let id = match asked.revision {
        Revision::Draft05 | Revision::Draft06 => drafts::of_request(asked),
        Revision::V1_0_1 => v1_0_1::of_request(asked),
        Revision::V2_0 => v2_0::of_request(asked),
    };
    branch(asked.revision, id?)
}

/// The step that an answer is. `purpose` says what the token or code in it is for.
pub fn step_of_answer(asked: &Asked<'_>, response: &Response, purpose: Option<Purpose>) -> Option<&'static Branch> {
    if asked.server == Some(RoleKind::IdentityProvider) {
        return None;
    }
    let id = match asked.revision {
        Revision::Draft05 | Revision::Draft06 => drafts::of_answer(asked, response, purpose),
        Revision::V1_0_1 => v1_0_1::of_answer(asked, response, purpose),
        Revision::V2_0 => v2_0::of_answer(asked, response, purpose),
    };
    branch(asked.revision, id?)
}

/// The branches of one revision that a run has been through, with those they belong to.
pub fn branches_reached(revision: Revision, truth: &Truth, records: &[Record]) -> BTreeSet<&'static str> {
    let mut reader = Reader::new(truth);
    let mut reached = BTreeSet::new();
    for record in records {
        reader.read(record);
        let step = match &record.event {
            Event::Sent { exchange, .. } => reader.asked(*exchange).map(|asked| (asked, step_of_request(&asked))),
            Event::Answered { exchange, answer, .. } => reader.asked(*exchange).map(|asked| {
                let purpose = reader.purpose_of_answer(answer);
                (asked, step_of_answer(&asked, &answer.message, purpose))
            }),
            _ => None,
        };
        if let Some((asked, Some(branch))) = step
            && asked.revision == revision
        {
            add_with_parents(revision, branch, &mut reached);
        }
    }
    reached
}

fn add_with_parents(revision: Revision, reached: &'static Branch, into: &mut BTreeSet<&'static str>) {
    let mut next = Some(reached);
    while let Some(one) = next {
        into.insert(one.id);
        next = one.parent.and_then(|parent| branch(revision, parent));
    }
}

/// The tree of a revision's access process as text; branches that were reached are marked with `x`.
pub fn tree(revision: Revision, reached: &BTreeSet<&'static str>) -> String {
    let mut text = String::new();
    for branch in branches(revision) {
        let mark = if reached.contains(branch.id) { 'x' } else { ' ' };
        let id = format!("{}{}", "  ".repeat(depth(revision, branch)), branch.id);
        let _infallible = writeln!(text, "[{mark}] {id:<24} {:<20} {}", branch.place, branch.sentence);
    }
    text
}

fn depth(revision: Revision, of: &Branch) -> usize {
    of.parent.and_then(|parent| branch(revision, parent)).map_or(0, |parent| 1 + depth(revision, parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_parents_come_first() {
        for revision in Revision::ALL {
            let mut seen = BTreeSet::new();
            for branch in branches(revision) {
                assert!(branch.parent.is_none_or(|parent| seen.contains(parent)), "{} before its parent", branch.id);
                assert!(seen.insert(branch.id), "{} twice", branch.id);
            }
        }
    }
}
