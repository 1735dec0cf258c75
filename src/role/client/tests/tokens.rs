//! Which RPT goes where, upgrades, and the operator's acts.

use super::harness::*;
use crate::role::{Act, Input, Rule};
use crate::trace::Fact;
use crate::wire::oauth::{RevocationRequest, TokenRequest, TokenResponse};
use crate::wire::{Bearer, RefreshToken, Request, Response, Revision, SessionCookie};

const OTHER: &str = "https://rs.example/other";

fn holding(rules_off: Option<Rule>) -> (World, SessionCookie) {
    let mut world = World::with(config(Revision::V2_0), rules_off);
    world.fetch(None, PHOTO);
    world.answer(ticket_given("t0"));
    world.answer(Response::Token(TokenResponse { refresh_token: Some(RefreshToken::new("f")), ..tokens("r1") }));
    world.answer(content());
    let cookie = world.cookie();
    (world, cookie)
}

#[test]
fn an_rpt_goes_to_its_server_only() {
    for (rules_off, sent) in [(None, None), (Some(Rule::RptToItsServer), Some(Bearer::new("r1")))] {
        let (mut world, cookie) = holding(rules_off);
        world.fetch(Some(&cookie), "https://elsewhere.example/photo");
        assert_eq!(world.sent_rpt(), sent);
    }
}

#[test]
fn an_rpt_of_the_same_server_is_tried_once_and_offered_for_an_upgrade() {
    let (mut world, cookie) = holding(None);
    world.fetch(Some(&cookie), OTHER);
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")));
    world.answer(ticket_given("t1"));
    assert_eq!(world.grant().rpt, Some(Bearer::new("r1")));
    world.answer(rpt("r2"));
    world.answer(content());
    world.fetch(Some(&cookie), PHOTO);
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")), "not upgraded: each opens its own");
}

#[test]
fn the_old_rpt_is_dropped_after_an_upgrade() {
    for (rules_off, sent) in [(None, "r2"), (Some(Rule::UpgradedRptDropped), "r1")] {
        let (mut world, cookie) = holding(rules_off);
        world.fetch(Some(&cookie), OTHER);
        world.answer(ticket_given("t1"));
        world.answer(Response::Token(TokenResponse { upgraded: true, ..tokens("r2") }));
        world.answer(content());
        world.fetch(Some(&cookie), PHOTO);
        assert_eq!(world.sent_rpt(), Some(Bearer::new(sent)));
    }
}

#[test]
fn an_upgrade_may_keep_the_string() {
    let (mut world, cookie) = holding(None);
    world.fetch(Some(&cookie), OTHER);
    world.answer(ticket_given("t1"));
    world.answer(Response::Token(TokenResponse { upgraded: true, ..tokens("r1") }));
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")));
    world.answer(content());
    world.fetch(Some(&cookie), PHOTO);
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")));
}

#[test]
fn a_client_without_upgrades_offers_nothing() {
    let (mut world, cookie) = holding(None);
    world.client.config.upgrades = false;
    world.fetch(Some(&cookie), OTHER);
    world.answer(ticket_given("t1"));
    assert_eq!(world.grant().rpt, None);
}

#[test]
fn the_operator_renews_revokes_and_forgets() {
    let (mut world, cookie) = holding(None);
    world.input(Input::Act(Act::RefreshRpt { resource: PHOTO.into() }));
    assert!(matches!(world.call().message, Request::Token(TokenRequest::Refresh { .. })));
    world.answer(rpt("r2"));
    world.input(Input::Act(Act::RevokeRpt { resource: PHOTO.into() }));
    let revocation = RevocationRequest { token: Bearer::new("r2"), hint: Some("access_token".into()) };
    assert_eq!(world.call().message, Request::Revoke(revocation));
    world.answer(Response::Revoked);
    world.fetch(Some(&cookie), PHOTO);
    assert_eq!(world.sent_rpt(), None);
    let (mut world, _) = holding(None);
    world.input(Input::Act(Act::ForgetRpts));
    assert!(matches!(world.facts.last(), Some(Fact::RptDropped { .. })));
}

#[test]
fn no_rpt_and_no_pct_reach_the_browser() {
    let (world, _) = holding(None);
    let shown = serde_json::to_string(&world.replies.iter().map(|(_, answer)| answer).collect::<Vec<_>>()).unwrap();
    assert!(!shown.contains("rpt:") && !shown.contains("pct:") && !shown.contains("token:"), "{shown}");
}
