//! `state` and `iss` on the way back.

use super::harness::*;
use crate::role::Rule;
use crate::role::client::processes::RETURN;
use crate::trace::Note;
use crate::trace::note::FetchOutcome;
use crate::wire::oauth::AuthorizationReturn;
use crate::wire::request::ClaimsReturn;
use crate::wire::token::State;
use crate::wire::{AuthorizationCode, ChallengeReason, Request, Response, Revision, SessionCookie};

fn away(rules_off: Option<Rule>) -> (World, SessionCookie, State) {
    let mut world = World::with(config(Revision::V2_0), rules_off);
    world.fetch(None, PHOTO);
    world.answer(ticket_given("t0"));
    let need = Response::NeedInfo {
        ticket: Some(ticket("t1")),
        required_claims: Vec::new(),
        redirect_user: Some(format!("{AS}/claims").as_str().into()),
    };
    world.answer(need);
    let (cookie, (_, _, state)) = (world.cookie(), world.sent_to());
    (world, cookie, state)
}

fn back(state: Option<&State>) -> Request {
    Request::ClaimsReturn(ClaimsReturn {
        ticket: Some(ticket("t2")),
        state: state.cloned(),
        error: None,
        authorization_state: None,
    })
}

fn accepted(world: &World) -> bool {
    world.notes.iter().any(|note| matches!(note, Note::ReturnAccepted { .. }))
}

#[test]
fn a_return_counts_only_with_its_state_in_its_session() {
    let (mut world, cookie, state) = away(None);
    world.browse(None, back(Some(&state)));
    world.browse(Some(&SessionCookie::new("foreign")), back(Some(&state)));
    world.browse(Some(&cookie), back(None));
    world.browse(Some(&cookie), back(Some(&State::new("guess"))));
    assert!(!accepted(&world) && world.calls.is_empty());
    assert_eq!(world.last_status(), 400);
    world.browse(Some(&cookie), back(Some(&state)));
    assert!(accepted(&world));
    assert_eq!(world.grant().ticket, ticket("t2"));
}

#[test]
fn another_persons_session_does_not_match() {
    let (mut world, _, state) = away(None);
    world.fetch(None, PHOTO);
    world.answer(Response::Refused { status: 404 });
    let other = world.replies.last().and_then(|(_, answer)| answer.set_cookie.clone()).unwrap();
    world.browse(Some(&other), back(Some(&state)));
    assert!(!accepted(&world));
}

#[test]
fn a_state_counts_once() {
    let (mut world, cookie, state) = away(None);
    world.browse(Some(&cookie), back(Some(&state)));
    world.browse(Some(&cookie), back(Some(&state)));
    assert_eq!((world.last_status(), world.calls.len()), (400, 1));
}

#[test]
fn a_mutant_accepts_a_return_without_state() {
    let (mut world, cookie, state) = away(Some(Rule::StateMatches));
    world.browse(Some(&cookie), back(None));
    assert!(accepted(&world));
    let (mut world, _, _) = (away(Some(Rule::StateMatches)).0, cookie, state);
    let (_, _, state) = world.sent_to();
    world.browse(None, back(Some(&state)));
    assert!(accepted(&world), "and from another browser");
}

#[test]
fn a_state_for_claims_is_none_for_codes() {
    let (mut world, cookie, state) = away(None);
    let back = AuthorizationReturn { outcome: Ok(AuthorizationCode::new("c")), state: Some(state), issuer: None };
    world.browse(Some(&cookie), Request::AuthorizationReturn(back));
    assert!(!accepted(&world));
}

#[test]
fn a_refusal_to_give_claims_and_a_person_who_stays_away_end_the_process() {
    let (mut world, cookie, state) = away(None);
    let refusal = ClaimsReturn {
        ticket: None,
        state: Some(state),
        error: Some("access_denied".into()),
        authorization_state: None,
    };
    world.browse(Some(&cookie), Request::ClaimsReturn(refusal));
    assert_eq!(world.outcomes(), vec![FetchOutcome::Abandoned]);
    let (mut world, cookie, state) = away(None);
    world.fire(RETURN);
    world.browse(Some(&cookie), back(Some(&state)));
    assert_eq!(world.outcomes(), vec![FetchOutcome::Abandoned]);
}

#[test]
fn a_code_from_another_server_is_not_exchanged() {
    for (rules_off, calls) in [(None, 0), (Some(Rule::ResponseIssuerMatches), 1)] {
        let mut world = World::with(config(Revision::Draft06), rules_off);
        world.fetch(None, PHOTO);
        world.answer(challenge(ChallengeReason::RptNeeded));
        let (cookie, (_, _, state)) = (world.cookie(), world.sent_to());
        let issuer = Some("https://evil.example".into());
        let back = AuthorizationReturn { outcome: Ok(AuthorizationCode::new("c")), state: Some(state), issuer };
        world.browse(Some(&cookie), Request::AuthorizationReturn(back));
        assert_eq!(world.calls.len(), calls);
    }
}
