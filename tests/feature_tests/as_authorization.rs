//! The authorization server: RPTs and what they carry.

use crate::messages::{Exchange, body, field, json, member, words};
use crate::support::{Change, DRAFTS, FeatureTest, UMA_1, Verdict, feature_tests, must_fail_when, same, that};
use crate::worlds::{CONNECT, FETCH, PERMIT_ADDRESS, Seen, World, album};
use serde_json::Value;
use umaverse::wire::codec::HttpRequest;
use umaverse::wire::{Duration, Endpoint, Revision};

feature_tests! {
    ft_as_issue_rpt = ISSUE_RPT;
    ft_as_denied = DENIED;
    ft_as_give_authz_data = GIVE_AUTHORIZATION_DATA;
    ft_as_need_claims = NEED_CLAIMS;
}

const ISSUE_RPT: FeatureTest = FeatureTest {
    id: "FT-as-issue-rpt",
    revisions: UMA_1,
    world: album,
    holds: issue_rpt,
    fails: &[
        must_fail_when(&[Change::Answer(Endpoint::Rpt, "STATUS 20", "STATUS 40")], "status"),
        must_fail_when(&[Change::Answer(Endpoint::Rpt, "\"rpt\"", "\"access_token\"")], "no RPT"),
        must_fail_when(
            &[Change::Answer(Endpoint::Rpt, "Content-Type: application/", "Content-Type: text/")],
            "media type",
        ),
        must_fail_when(&[Change::Request(Endpoint::Rpt, "Bearer ", "Bearer x")], "status"),
    ],
};

fn issue_rpt(seen: &Seen) -> Verdict {
    let issued = seen.first("printer", Endpoint::Rpt)?;
    let (status, media_type) =
        if seen.revision().is_draft() { (201, "application/uma-rpt+json") } else { (200, "application/json") };
    let answer = issued.answer();
    same(answer.status, status, "status")?;
    same(field(&answer, "Content-Type"), media_type, "media type")?;
    let rpt = member(&answer.body, "rpt");
    that(!rpt.is_empty(), || "no RPT in the answer".to_owned())?;
    let questions = seen.sent("photoz", Endpoint::Introspection);
    let first = questions.iter().find(|one| String::from_utf8_lossy(&one.request.body).contains(&rpt));
    let known = json(&first.ok_or("nobody asks about the RPT")?.answer().body);
    if seen.revision().is_draft() {
        return same(known, Value::Array(Vec::new()), "what the new RPT carries");
    }
    same(&known["active"], &Value::from(true), "whether the new RPT is good")
}

// ---- authorization data

fn short_tickets(revision: Revision) -> World {
    let world = World::new(revision, &[CONNECT, FETCH]);
    world.edited("name = \"copmonkey\"\n\n", "name = \"copmonkey\"\nticket-lifetime = \"5s\"\n\n")
}

const DENIED: FeatureTest = FeatureTest {
    id: "FT-as-denied",
    revisions: DRAFTS,
    world: short_tickets,
    holds: denied,
    fails: &[
        must_fail_when(&[Change::Without("copmonkey", "policy-permits")], "without a policy"),
        must_fail_when(&[Change::Without("copmonkey", "ticket-fresh")], "an expired ticket"),
        must_fail_when(
            &[Change::Answer(Endpoint::AuthorizationData, "invalid_requester_ticket", "invalid_ticket")],
            "an unknown ticket",
        ),
        must_fail_when(
            &[Change::Answer(Endpoint::AuthorizationData, "application/uma-status+json", "text/html")],
            "media type",
        ),
    ],
};

fn denied(seen: &Seen) -> Verdict {
    let words = words(seen.revision());
    let asked = seen.first("printer", Endpoint::AuthorizationData)?;
    let answer = asked.answer();
    let found = (answer.status, member(&answer.body, "error"));
    same(found, (403, words.not_authorized.to_owned()), "what is asked without a policy")?;
    same(field(&answer, "Content-Type"), "application/uma-status+json", "media type")?;
    that(!seen.shown("bob", "the beach at dawn"), || "Bob sees the beach".to_owned())?;
    let mut server = seen.server("copmonkey");
    let unknown = server.refusal(&presenting(&asked.request, "guessed"));
    same(unknown, (400, words.invalid_ticket.to_owned()), "an unknown ticket")?;
    let fresh = server.ask(&seen.first("photoz", Endpoint::Permission)?.request);
    let fresh = presenting(&asked.request, &member(&fresh.body, "ticket"));
    same(server.refusal(&fresh), (403, words.not_authorized.to_owned()), "a new ticket, without a policy")?;
    server.now = server.now + Duration::from_secs(5);
    same(server.refusal(&fresh), (400, words.expired_ticket.to_owned()), "an expired ticket")
}

fn presenting(asked: &HttpRequest, ticket: &str) -> HttpRequest {
    let text = String::from_utf8(asked.body.clone()).unwrap_or_default();
    body(asked.clone(), "application/json", &text.replace(&member(&asked.body, "ticket"), ticket))
}

const GIVE_AUTHORIZATION_DATA: FeatureTest = FeatureTest {
    id: "FT-as-give-authz-data",
    revisions: DRAFTS,
    world: album,
    holds: give_authorization_data,
    fails: &[
        must_fail_when(&[Change::Script("person = \"bob\"", "person = \"alice\"")], "status"),
        must_fail_when(&[Change::Answer(Endpoint::AuthorizationData, "STATUS 200", "STATUS 500")], "status"),
        must_fail_when(&[Change::Answer(Endpoint::Introspection, "view", "edit")], "questions about the RPT"),
        must_fail_when(
            &[Change::Answer(
                Endpoint::Introspection,
                "[]",
                "[{\"resource_set_id\":\"x\",\"scopes\":[\"y\"],\"exp\":1}]",
            )],
            "carries before",
        ),
    ],
};

fn give_authorization_data(seen: &Seen) -> Verdict {
    let asked = seen.first("printer", Endpoint::AuthorizationData)?;
    same(asked.status(), 200, "status")?;
    let rpt = member(&asked.request.body, "rpt");
    let about: Vec<&Exchange> = seen.sent("photoz", Endpoint::Introspection);
    let about: Vec<_> = about.into_iter().filter(|one| member(&one.request.body, "rpt") == rpt).collect();
    let [before, after] = about.as_slice() else { return Err(format!("{} questions about the RPT", about.len())) };
    same(json(&before.answer().body), Value::Array(Vec::new()), "what the RPT carries before")?;
    let carried = json(&after.answer().body);
    let wanted = json(&seen.first("photoz", Endpoint::Permission)?.request.body);
    same(&carried[0]["resource_set_id"], &wanted["resource_set_id"], "what the RPT carries")?;
    same(&carried[0]["scopes"], &wanted["scopes"], "what the RPT carries")?;
    that(seen.shown("bob", "the beach at dawn"), || "Bob does not see the beach".to_owned())
}

const NEED_CLAIMS: FeatureTest = FeatureTest {
    id: "FT-as-need-claims",
    revisions: DRAFTS,
    world: with_claims,
    holds: need_claims,
    fails: &[
        must_fail_when(
            &[Change::Script(
                "claim = \"email\", value = \"bob@family.example\"",
                "person = \"bob\", at = \"copmonkey\"",
            )],
            "the first answer",
        ),
        must_fail_when(&[Change::Answer(Endpoint::AuthorizationData, "need_claims", "need_info")], "the first answer"),
        must_fail_when(
            &[Change::Answer(Endpoint::AuthorizationData, "application/uma-status+json", "application/json")],
            "media type",
        ),
    ],
};

fn with_claims(revision: Revision) -> World {
    World::new(revision, &[CONNECT, PERMIT_ADDRESS, FETCH])
}

fn need_claims(seen: &Seen) -> Verdict {
    let asked = seen.sent("printer", Endpoint::AuthorizationData);
    let first = asked.first().ok_or("nobody asks")?;
    let answer = first.answer();
    same((answer.status, member(&answer.body, "error")), (403, "need_claims".to_owned()), "the first answer")?;
    same(field(&answer, "Content-Type"), "application/uma-status+json", "media type")?;
    same(asked.get(1).map(|one| one.status()), Some(200), "the second answer")?;
    same(member(&asked[1].request.body, "ticket"), member(&first.request.body, "ticket"), "the ticket of the second")
}
