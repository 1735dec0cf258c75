//! Every story of `simulations/`: it says what it shows, all that it expects happens, no invariant is violated that it
//! does not name, nothing is left open, and both hosts and both wires tell the same story.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/stories.rs"]
mod support;

use std::collections::BTreeSet;
use support::{Story, stories};
use umaverse::check::expectation::Expectation;
use umaverse::report::{branches, steps};
use umaverse::sim::run::{Finished, Host, Options};
use umaverse::sim::scheduler::WireMode;
use umaverse::wire::Revision;

#[test]
fn every_story_happens_as_it_says() {
    let faults: Vec<String> =
        stories().iter().flat_map(|story| story.faults(&story.run(&Options::default()))).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_story_says_what_it_shows() {
    for Story { file, script, .. } in stories() {
        assert!(!script.title.is_empty(), "{file} has no title");
        assert!(!script.about.trim().is_empty(), "{file} says nothing about itself");
        assert!(!script.spec.is_empty(), "{file} names no section");
        assert!(!script.expectations.is_empty(), "{file} expects nothing");
        assert!(script.expectations.iter().all(|one| !one.text.is_empty()), "{file} has an expectation without words");
    }
}

#[test]
fn actors_and_bytes_tell_the_same_story() {
    let ways = [
        ("actors", Options { host: Host::Actor, judge: false, ..Options::default() }),
        ("bytes", Options { wire: WireMode::Encoded, judge: false, ..Options::default() }),
        (
            "actors and bytes",
            Options { host: Host::Actor, wire: WireMode::Encoded, judge: false, ..Options::default() },
        ),
    ];
    for story in stories() {
        let plain = story.run(&Options { judge: false, ..Options::default() });
        for (way, options) in &ways {
            assert_eq!(story.run(options).digest, plain.digest, "{} with {way}", story.file);
        }
    }
}

#[test]
fn every_branch_of_every_revision_is_shown() {
    for revision in Revision::ALL {
        let mut shown: BTreeSet<&'static str> = BTreeSet::new();
        for story in stories().iter().filter(|story| story.script.revision.get_ref() == revision.name()) {
            let finished = story.run(&Options { judge: false, ..Options::default() });
            shown.extend(steps::branches_reached(revision, &finished.truth, &finished.records));
        }
        let all = steps::branches(revision).iter().map(|branch| branch.id);
        let missing: Vec<&str> = all.filter(|id| !shown.contains(id)).collect();
        assert!(missing.is_empty(), "{} does not show {missing:?}", revision.name());
    }
}

/// A run with the step of the specification of each record.
struct Seen {
    finished: Finished,
    branches: Vec<Option<&'static str>>,
    violated: Vec<&'static str>,
}

impl Seen {
    fn of(finished: Finished) -> Self {
        let branches = branches::branches(&finished.truth, &finished.records);
        let verdicts = finished.verdicts();
        let violated = verdicts.iter().filter(|one| !one.violations.is_empty()).map(|one| one.id).collect();
        Self { finished, branches, violated }
    }

    fn holds(&self, expectation: &Expectation) -> bool {
        let branch_of = |at: usize| self.branches.get(at).copied().flatten().map(str::to_owned);
        expectation.judge(&self.finished.truth, &self.finished.records, &branch_of, &self.violated).held
    }
}

// That something does not happen to one party is worth saying where it does happen to another.
fn about_anybody(expectation: &Expectation) -> Expectation {
    Expectation { who: None, from: None, to: None, ..expectation.clone() }
}

// Nobody sees it, and it is there to be seen.
fn is_about_content(seen: &[Seen], expectation: &Expectation) -> bool {
    let Some(part) = &expectation.sees else { return false };
    seen.iter().flat_map(|seen| &seen.finished.truth.resources).any(|resource| resource.content.contains(part.as_str()))
}

// An expectation that holds in every story says nothing about its own.
#[test]
fn every_expectation_fails_where_something_else_happens() {
    for revision in Revision::ALL {
        let stories: Vec<Story> =
            stories().into_iter().filter(|story| story.script.revision.get_ref() == revision.name()).collect();
        assert!(stories.len() > 1, "one story of {} is not enough to tell", revision.name());
        let seen: Vec<Seen> = stories.iter().map(|story| Seen::of(story.run(&Options::default()))).collect();
        let expectations =
            stories.iter().flat_map(|story| story.script.expectations.iter().map(move |one| (story, one)));
        let empty: Vec<String> = expectations
            .filter(|(_, expectation)| {
                let always = |expectation: &Expectation| seen.iter().all(|seen| seen.holds(expectation));
                always(expectation) && always(&about_anybody(expectation)) && !is_about_content(&seen, expectation)
            })
            .map(|(story, expectation)| format!("{}: {}", story.file, expectation.text))
            .collect();
        assert!(empty.is_empty(), "these hold whatever happens:\n{}", empty.join("\n"));
    }
}

/// A story, a node, and a rule without which the node answers otherwise than the story says.
const MUTANTS: &[(&str, &str, &str)] = &[
    ("refresh-token-ends-2.0", "copmonkey", "refresh-fresh"),
    ("refresh-token-ends-1.0.1", "copmonkey", "refresh-fresh"),
    ("side-by-side-crossed-ticket", "copmonkey", "ticket-of-revision"),
    ("owners-program-2.0", "copmonkey", "answer-of-owner"),
    ("owners-program-1.0.1", "copmonkey", "owner-scope"),
    ("guessed-password-2.0", "copmonkey", "sign-in-not-locked"),
    ("guessed-password-2.0", "copmonkey", "password-correct"),
    ("signed-out-2.0", "copmonkey", "session-not-ended"),
    ("draft-06-1.B.1", "copmonkey", "rpt-fresh"),
    ("draft-06-1.B.1-revoked", "copmonkey", "rpt-unrevoked"),
    ("draft-06-1.B.1-revoked", "copmonkey", "revocation-reaches-derived"),
    ("draft-06-1.B.1-other-rs", "copmonkey", "rpt-of-server"),
    ("draft-06-1.B.2", "photoz", "permission-names-resource"),
    ("draft-06-1.B.2", "photoz", "permission-has-scopes"),
    ("draft-06-1.B.2", "copmonkey", "policy-permits"),
    ("draft-06-3", "copmonkey", "policy-permits"),
    ("draft-06-3-ticket-of-other-person", "copmonkey", "ticket-of-requesting-party"),
    ("draft-06-3.A", "copmonkey", "person-approved"),
    ("draft-06-3.A-other-person", "copmonkey", "rpt-of-aat"),
    ("draft-06-3.A-refused", "copmonkey", "person-approved"),
    ("draft-06-3.A-withdrawn", "copmonkey", "access-token-unrevoked"),
    ("draft-06-3.A-withdrawn", "copmonkey", "refresh-unrevoked"),
    ("as-crash", "copmonkey", "ticket-unspent"),
    ("as-unreachable", "photoz", "fail-closed"),
    ("duplicates", "copmonkey", "code-unspent"),
    ("duplicates", "copmonkey", "ticket-unspent"),
    ("expired-ticket", "copmonkey", "ticket-fresh"),
    ("no-policy", "copmonkey", "policy-permits"),
    ("owner-decides-later", "copmonkey", "owner-approved-this-process"),
    ("owner-denies", "copmonkey", "owner-approved-this-process"),
    ("policy-in-advance", "copmonkey", "policy-permits"),
    ("replays", "copmonkey", "code-bound-to-client"),
    ("replays", "copmonkey", "pat-scope"),
    ("replays", "copmonkey", "refresh-bound-to-client"),
    ("replays", "copmonkey", "ticket-unspent"),
    ("resource-sets", "copmonkey", "if-match-current"),
    ("slow-owner", "copmonkey", "code-fresh"),
    ("two-authorization-servers", "photoz", "evidence-of-protector"),
    ("plain-protection-api-2.0", "copmonkey", "link-is-tls"),
    ("plain-token-endpoint-2.0", "copmonkey", "link-is-tls"),
    ("two-owners", "copmonkey", "policy-permits"),
    ("claims-of-other-client", "copmonkey", "claims-redirect-uri-registered"),
    ("claims-of-other-client", "copmonkey", "ticket-of-client"),
    ("claims-too-old", "copmonkey", "claim-fresh"),
    ("draft-06-3-claims-refused", "copmonkey", "person-agreed-to-give-claims"),
    ("office-hours", "copmonkey", "policy-permits"),
    ("status-cache", "photoz", "evidence-recent"),
    ("saml-refused", "copmonkey", "assertion-covered"),
    ("saml-refused", "copmonkey", "assertion-fresh"),
    ("saml-refused", "copmonkey", "assertion-unused"),
    ("saml-refused", "gatekeeper", "assertion-audience"),
    ("private-key-jwt-refused-2.0", "gatekeeper", "client-authenticated"),
    ("private-key-jwt-refused-2.0", "gatekeeper", "client-assertion-names-client"),
    ("private-key-jwt-refused-2.0", "gatekeeper", "client-assertion-audience"),
    ("private-key-jwt-refused-2.0", "gatekeeper", "client-assertion-fresh"),
    ("private-key-jwt-refused-2.0", "gatekeeper", "client-assertion-bounded"),
    ("private-key-jwt-refused-2.0", "gatekeeper", "client-assertion-begun"),
    ("private-key-jwt-refused-2.0", "gatekeeper", "client-assertion-unused"),
    ("withdrawal", "copmonkey", "withdrawal-reaches-tokens"),
    ("ticket-of-two-clients-1.0.1", "copmonkey", "second-client-ends-rpts"),
    ("grant-not-offered-1.0.1", "copmonkey", "grant-type-offered-for-scope"),
    ("wrong-password-1.0.1", "copmonkey", "password-correct"),
    ("wrong-second-factor-1.0.1", "copmonkey", "second-factor-correct"),
    ("pct-of-another-client-2.0", "copmonkey", "pct-of-client"),
    ("rpt-of-another-client-2.0", "copmonkey", "upgrade-of-client"),
    ("assertion-too-early", "copmonkey", "assertion-begun"),
    ("assertion-too-late", "copmonkey", "assertion-fresh"),
    ("assertion-about-a-stranger", "copmonkey", "assertion-subject-known"),
    ("claim-token-too-late-2.0", "copmonkey", "claim-token-fresh"),
];

#[test]
fn stories_fail_where_a_node_does_not_obey_the_rule_that_they_are_about() {
    let stories = stories();
    let mut unnoticed = Vec::new();
    for (name, node, rule) in MUTANTS {
        let story = stories.iter().find(|story| story.file == format!("{name}.toml"));
        let story = story.unwrap_or_else(|| panic!("no story {name}"));
        let finished = story.without(node, rule).run(&Options { judge: false, ..Options::default() });
        if story.unmet(&finished, &[]).is_empty() {
            unnoticed.push(format!("{name}: {node} without {rule}"));
        }
    }
    assert!(unnoticed.is_empty(), "nothing fails:\n{}", unnoticed.join("\n"));
}
