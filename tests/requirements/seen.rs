//! What has to be seen of every message of a story, and is not when somebody writes it otherwise.

use crate::bytes::{Seen, Written, answers, asks, seen};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use umaverse::wire::Endpoint;

fn told(seen: &[Seen], endpoint: Endpoint) -> impl Iterator<Item = Value> {
    let here = seen.iter().filter(move |one| one.endpoint == endpoint);
    here.filter_map(|one| serde_json::from_slice(&one.answer.as_ref()?.body).ok())
}

/// Whether text can be read in a PCT, as it is or decoded.
fn reveals(pct: &str, claim: &str) -> bool {
    let decoded = pct.split('.').filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let readable = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).contains(claim);
    pct.contains(claim) || decoded.into_iter().any(readable)
}

/// Grant §3.3.5: a PCT does not say which claims it stands for.
#[test]
fn no_pct_reveals_a_claim() {
    let pcts = |written: &[Written]| -> Vec<String> {
        let seen = seen("pct-saves-dialog-2.0", written);
        told(&seen, Endpoint::Token).filter_map(|body| Some(body["pct"].as_str()?.to_owned())).collect()
    };
    let honest = pcts(&[]);
    assert!(!honest.is_empty() && honest.iter().all(|pct| !reveals(pct, "bob@family.example")), "{honest:?}");
    // Planted: `{"email":"bob@family.example"}`, signed and not encrypted.
    let open = r#""pct":"eyJhbGciOiJFUzI1NiJ9.eyJlbWFpbCI6ImJvYkBmYW1pbHkuZXhhbXBsZSJ9.c2ln"#;
    let planted = pcts(&[answers("", Endpoint::Token, "\"pct\":\"", open)]);
    assert!(planted.iter().any(|pct| reveals(pct, "bob@family.example")), "{planted:?}");
}

/// Grant §3.3.2: who has registered none or several has to say where people come back to, and ours always says it.
#[test]
fn every_claims_redirect_says_where_the_person_comes_back_to() {
    let silent = |written: &[Written]| {
        let seen = seen("gathered-claims-2.0", written);
        let asked = seen.iter().filter(|one| one.endpoint == Endpoint::ClaimsInteraction);
        let place = |one: &Seen| one.request.uri.query().is_some_and(|query| query.contains("claims_redirect_uri="));
        let said: Vec<bool> = asked.map(place).collect();
        assert!(!said.is_empty());
        said.contains(&false)
    };
    assert!(!silent(&[]));
    assert!(silent(&[asks("", Endpoint::ClaimsInteraction, "claims_redirect_uri", "x")]));
}

fn statuses(written: &[Written]) -> Vec<u16> {
    let seen = seen("policy-in-advance-2.0", written);
    let here = seen.iter().filter(|one| one.endpoint == Endpoint::ResourceRegistration);
    here.filter_map(|one| Some(one.answer.as_ref()?.status)).collect()
}

/// FedAuthz §3.2: a description without `resource_scopes` is answered with 400.
#[test]
fn a_malformed_registration_is_a_bad_request() {
    let malformed = || asks("", Endpoint::ResourceRegistration, "\"resource_scopes\"", "\"scopes\"");
    assert_eq!(statuses(&[malformed()]).first(), Some(&400));
    assert_eq!(statuses(&[]).first(), Some(&201));
    // Planted: it is taken.
    let taken = answers("", Endpoint::ResourceRegistration, "STATUS 400", "STATUS 201");
    assert_eq!(statuses(&[malformed(), taken]).first(), Some(&201));
}
