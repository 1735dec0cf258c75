//! What the views say about stories of 2.0: no secret, clients by their names, and why an access was granted or denied.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::path::Path;
use umaverse::report::http_view::http_view;
use umaverse::report::jsonl::Header;
use umaverse::report::{SequenceOptions, Style, TraceFile, accesses, explain, mermaid, sequence};
use umaverse::sim::run::{Finished, Options, run};
use umaverse::sim::script::{Source, parse};
use umaverse::sim::world::{World, password_of};
use umaverse::trace::fact::{AatObtained, RptObtained};
use umaverse::trace::{Event, Fact};

fn finished(story: &str) -> Finished {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations").join(format!("{story}.toml"));
    let text = std::fs::read_to_string(&file).unwrap();
    let source = Source { file: story, text: &text };
    let script = parse(&source).unwrap_or_else(|error| panic!("{error}"));
    let world = World::build(&script, &source).unwrap_or_else(|error| panic!("{error}"));
    run(world, &Options::default()).unwrap()
}

fn trace(finished: &Finished) -> TraceFile {
    TraceFile::new(&Header::default(), &finished.truth, &finished.records)
}

fn views(finished: &Finished) -> Vec<(&'static str, String)> {
    let (truth, records) = (&finished.truth, &finished.records);
    let options = SequenceOptions { style: Style::Plain, facts: true, ..SequenceOptions::default() };
    let trace = trace(finished);
    let explained = (1..=accesses(&trace).len()).filter_map(|n| explain(&trace, n)).collect::<String>();
    vec![
        ("http", http_view(truth, records, Style::Plain)),
        ("sequence", sequence(truth, records, &options)),
        ("mermaid", mermaid::mermaid(truth, records)),
        ("explain", explained),
        ("trace", trace.to_text()),
    ]
}

/// The secrets that clients, resource servers and browsers keep.
fn secrets(finished: &Finished) -> Vec<String> {
    let facts = finished.records.iter().filter_map(|record| match &record.event {
        Event::Fact { fact, .. } => Some(fact),
        _ => None,
    });
    facts
        .flat_map(|fact| match fact {
            Fact::CredentialsStored { secret: Some(secret), .. } => vec![secret.expose().to_owned()],
            Fact::PatObtained { pat, refresh, .. } => {
                let refresh = refresh.iter().map(|token| token.expose().to_owned());
                refresh.chain([pat.expose().to_owned()]).collect()
            }
            Fact::AatObtained(AatObtained { aat, .. }) => vec![aat.expose().to_owned()],
            Fact::RptObtained(RptObtained { rpt, refresh, .. }) => {
                let refresh = refresh.iter().map(|token| token.expose().to_owned());
                refresh.chain([rpt.expose().to_owned()]).collect()
            }
            Fact::PctObtained { pct, .. } => vec![pct.expose().to_owned()],
            Fact::CookieStored { cookie, .. } => vec![cookie.expose().to_owned()],
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn no_view_of_a_story_shows_a_secret() {
    for story in ["photo-sharing-2.0", "photo-sharing", "jwt-rpts-2.0", "claims-from-identity-provider-2.0"] {
        let finished = finished(story);
        let mut secrets = secrets(&finished);
        assert!(secrets.len() > 5, "{story}");
        secrets.push(password_of("alice", "copmonkey").expose().to_owned());
        for (view, text) in views(&finished) {
            let leaked: Vec<&String> = secrets.iter().filter(|secret| text.contains(*secret)).collect();
            assert!(leaked.is_empty(), "{story}: {view} shows {leaked:?}");
        }
    }
}

#[test]
fn pages_and_facts_name_clients_as_people_know_them() {
    let finished = finished("photo-sharing-2.0");
    let options = SequenceOptions { style: Style::Plain, facts: true, ..SequenceOptions::default() };
    let text = sequence(&finished.truth, &finished.records, &options);
    for expected in
        ["page: approve photoz?", "page: give claims for printer?", "alice approved albumz", "by printer in"]
    {
        assert!(text.contains(expected), "`{expected}` is missing in\n{text}");
    }
    assert!(!text.contains("client-"), "{text}");
}

fn explained(story: &str, n: usize, expected: &[&str]) {
    let text = explain(&trace(&finished(story)), n).unwrap();
    for part in expected {
        assert!(text.contains(part), "{story}: `{part}` is missing in\n{text}");
    }
}

#[test]
fn a_grant_is_explained_from_the_policy_to_the_release() {
    let chain = [
        "viewer asks photoz for GET /album",
        "granted",
        "from process 0 by family version 1, for bob at https://copmonkey.example",
        "(gathered): email = bob@family.example",
        "family (version 1): [view] on all resources, when the claim email is bob@family.example",
    ];
    explained("gathered-claims-2.0", 2, &chain);
}

#[test]
fn a_denial_names_the_policy_that_did_not_permit_and_what_was_known() {
    let chain = [
        "refused, with ticket#4",
        "(gathered): email = mallory@elsewhere.example",
        "did not permit: family (version 1)",
        "403 request_denied",
    ];
    explained("gathered-claims-2.0", 3, &chain);
}

#[test]
fn a_withdrawal_is_seen_in_the_rpt_and_in_the_policies() {
    let chain = ["withdrawn at", "permission-names-resource at photoz", "none in force about", "403 request_denied"];
    explained("withdrawal-2.0", 3, &chain);
    explained("authorization-server-unreachable-2.0", 3, &["could not be asked", "fail-closed at photoz"]);
}
