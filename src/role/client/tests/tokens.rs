//! Which RPT goes where, upgrades, and the operator's acts.

use super::harness::*;
use crate::role::client::Client;
use crate::role::{Act, Input, Machine, Rule};
use crate::trace::Fact;
use crate::wire::oauth::{RevocationRequest, TokenRequest, TokenResponse};
use crate::wire::{Bearer, Duration, RefreshToken, Request, Response, Revision, SessionCookie};

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

/// A client from the facts that this one still needs.
fn from_a_snapshot(world: &World) -> Client {
    let mut client = Client::new(config(Revision::V2_0));
    world.facts.iter().filter(|fact| world.client.needs(fact)).for_each(|fact| client.apply(fact));
    client
}

#[test]
fn a_snapshot_has_of_a_line_of_rpts_only_the_last_with_all_that_they_opened() {
    let (mut world, cookie) = holding(None);
    for (place, old, new) in [(OTHER, "r1", "r2"), (PHOTO, "r2", "r3"), (OTHER, "r3", "r4")] {
        world.fetch(Some(&cookie), place);
        assert_eq!(world.sent_rpt(), Some(Bearer::new(old)));
        world.answer(ticket_given(new));
        world.answer(Response::Token(TokenResponse { upgraded: true, ..tokens(new) }));
        world.answer(content());
    }
    let obtained = |fact: &&Fact| matches!(fact, Fact::RptObtained(_)) && world.client.needs(fact);
    assert_eq!(world.facts.iter().filter(obtained).count(), 1);
    let held = |client: &Client| -> Vec<_> {
        client.tokens.rpts().map(|held| (held.rpt.clone(), held.resources.clone())).collect()
    };
    assert_eq!(held(&from_a_snapshot(&world)), held(&world.client));
    // A journal from before facts said what they carry on.
    for fact in &mut world.facts {
        if let Fact::RptObtained(obtained) = fact {
            obtained.carries = None;
        }
    }
    world.client = Client::new(config(Revision::V2_0));
    world.facts.iter().for_each(|fact| world.client.apply(fact));
    assert_eq!(held(&from_a_snapshot(&world)), held(&world.client));
}

#[test]
fn what_was_got_in_a_session_ends_a_day_after_it() {
    let (mut world, cookie) = holding(None);
    let (day, opened) = (Duration::from_secs(24 * 3600), world.at);
    let end = opened + Duration(day.0 * 30);
    world.client.forget_ended(end + day - Duration(1));
    assert_eq!(world.client.tokens.rpts().count(), 1);
    world.at = end;
    world.fetch(Some(&cookie), PHOTO);
    assert!(world.ruled.contains(&(Rule::SessionFresh, false)), "refused by rule");
    world.client.forget_ended(end + day);
    assert_eq!(world.client.tokens.rpts().count(), 0);
    let about_it = |fact: &&Fact| matches!(fact, Fact::RptObtained(_)) && world.client.needs(fact);
    assert_eq!(world.facts.iter().filter(about_it).count(), 0);
    world.at = end + day;
    world.fetch(None, PHOTO);
    assert_eq!(world.sent_rpt(), None);
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
