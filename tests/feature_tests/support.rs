//! A feature test: worlds, what has to be seen in them, and changes after which it is not seen.

use crate::carried;
use crate::worlds::{Seen, World};
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Endpoint, Revision};

/// What was expected and did not come.
pub(crate) type Verdict = Result<(), String>;

/// The revisions whose shape the tests were written for.
pub(crate) const DRAFTS: &[Revision] = &[Revision::Draft05, Revision::Draft06];
/// What is as true of 1.0.1 as of the drafts.
pub(crate) const UMA_1: &[Revision] = &[Revision::Draft05, Revision::Draft06, Revision::V1_0_1];

/// One feature test.
pub(crate) struct FeatureTest {
    pub(crate) id: &'static str,
    pub(crate) revisions: &'static [Revision],
    pub(crate) world: fn(Revision) -> World,
    /// What has to be seen.
    pub(crate) holds: fn(&Seen) -> Verdict,
    pub(crate) fails: &'static [Fails],
}

/// How the test is made to fail, and a part of what it says then; `|` parts what revisions say differently.
pub(crate) struct Fails {
    changes: &'static [Change],
    says: &'static str,
}

/// The test has to fail after these changes, and to say so with these words.
pub(crate) const fn must_fail_when(changes: &'static [Change], says: &'static str) -> Fails {
    Fails { changes, says }
}

/// What is otherwise than in the world of a test.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// A node does not obey a rule.
    Without(&'static str, &'static str),
    /// The script has the second text where it had the first.
    Script(&'static str, &'static str),
    /// Whoever sends a request to an endpoint writes the second text where they would write the first. Looked for in
    /// `POST https://...`, in lines such as `If-Match: ...`, and in the body.
    Request(Endpoint, &'static str, &'static str),
    /// Whoever answers there does; the start is `STATUS 201`.
    Answer(Endpoint, &'static str, &'static str),
}

impl FeatureTest {
    /// Runs it for every revision of this build that it is for.
    pub(crate) fn run(&self) {
        let spoken = self.revisions.iter().filter(|revision| Revision::ALL.contains(revision));
        for revision in spoken {
            let world = (self.world)(*revision);
            let seen = world.run();
            assert!(seen.is_at_rest(), "{} in {revision} does not come to rest", self.id);
            if let Err(said) = (self.holds)(&seen) {
                panic!("{} in {revision}: {said}", self.id);
            }
            self.fails.iter().for_each(|fails| self.fail(*revision, &world, fails));
        }
    }

    /// Whether it is made to fail at all.
    pub(crate) fn can_fail(&self) -> bool {
        !self.fails.is_empty() && self.fails.iter().all(|fails| !fails.changes.is_empty())
    }

    fn fail(&self, revision: Revision, world: &World, fails: &Fails) {
        let changed = fails.changes.iter().fold(world.clone(), |world, change| world.with(*change));
        match (self.holds)(&changed.run()) {
            Ok(()) => panic!("{} in {revision} holds all the same with {:?}", self.id, fails.changes),
            Err(said) => assert!(
                fails.says.split('|').any(|part| said.contains(part)),
                "{} in {revision} with {:?}: {said}",
                self.id,
                fails.changes
            ),
        }
    }
}

/// Declares the tests of a module, and the list of them.
macro_rules! feature_tests {
    ($($name:ident = $test:expr;)*) => {
        $(#[test]
        fn $name() {
            $test.run();
        })*
        pub(crate) const TESTS: &[(&str, &$crate::support::FeatureTest)] = &[$((stringify!($name), &$test)),*];
    };
}
pub(crate) use feature_tests;

/// Something has to be so.
pub(crate) fn that(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}

/// Two things have to be equal.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T, what: &str) -> Verdict {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?} instead of {wanted:?}")) }
}

/// What a request is written as after the changes.
pub(crate) fn changed_request(changes: &[Change], endpoint: Endpoint, written: HttpRequest) -> HttpRequest {
    changes.iter().fold(written, |written, change| match change {
        Change::Request(at, from, to) if *at == endpoint => carried::changed_request(&written, from, to),
        _ => written,
    })
}

/// What an answer is written as after the changes.
pub(crate) fn changed_answer(changes: &[Change], endpoint: Endpoint, written: HttpResponse) -> HttpResponse {
    changes.iter().fold(written, |written, change| match change {
        Change::Answer(at, from, to) if *at == endpoint => carried::changed_answer(&written, from, to),
        _ => written,
    })
}
