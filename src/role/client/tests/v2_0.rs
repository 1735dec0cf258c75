//! The 2.0 flow.

use super::harness::*;
use crate::role::client::processes::{POLL, RETRY};
use crate::role::{Input, Rule};
use crate::trace::note::FetchOutcome;
use crate::wire::claims::ID_TOKEN_FORMAT;
use crate::wire::oauth::{AuthorizationReturn, TokenRequest};
use crate::wire::request::ClaimsReturn;
use crate::wire::token::State;
use crate::wire::{AuthorizationCode, ClaimToken, ErrorCode, Pct, Request, RequiredClaim, Response, Revision, Uri};

fn fetching() -> World {
    let mut world = World::of(Revision::V2_0);
    world.fetch(None, PHOTO);
    world
}

fn with_ticket() -> World {
    let mut world = fetching();
    assert_eq!(world.sent_rpt(), None);
    world.answer(ticket_given("t0"));
    world
}

fn need_info(value: Option<&str>) -> Response {
    Response::NeedInfo {
        ticket: value.map(ticket),
        required_claims: Vec::new(),
        redirect_user: Some(format!("{AS}/claims").as_str().into()),
    }
}

fn claims_return(value: Option<&str>, state: &State) -> Request {
    Request::ClaimsReturn(ClaimsReturn {
        ticket: value.map(ticket),
        state: Some(state.clone()),
        error: None,
        authorization_state: None,
    })
}

#[test]
fn a_ticket_becomes_an_rpt_and_the_rpt_the_resource() {
    let mut world = with_ticket();
    assert_eq!(world.call().to, Uri::from("https://as.example/token"));
    assert_eq!(world.grant().ticket, ticket("t0"));
    assert_eq!(world.grant().scope, config(Revision::V2_0).requested_scopes);
    world.answer(rpt("r1"));
    assert_eq!(world.sent_rpt(), Some(tokens("r1").access_token));
    world.answer(content());
    assert_eq!((world.last_status(), world.outcomes()), (200, vec![got()]));
    assert!(world.replies[0].1.set_cookie.is_some(), "the session's cookie goes with the first answer");
    let cookie = world.cookie();
    world.fetch(Some(&cookie), PHOTO);
    assert_eq!(world.sent_rpt(), Some(tokens("r1").access_token), "the RPT is kept");
    world.fetch(None, PHOTO);
    assert_eq!(world.calls[1].1.credentials.bearer(), None, "for this browser only");
}

#[test]
fn a_person_gives_claims_and_the_returned_ticket_is_presented() {
    let mut world = with_ticket();
    world.answer(need_info(Some("t1")));
    let (to, message, state) = world.sent_to();
    assert_eq!(to, Uri::from("https://as.example/claims"));
    let Request::ClaimsInteraction(visit) = message else { panic!("{message:?}") };
    assert_eq!(visit.ticket, Some(ticket("t1")));
    assert_eq!(visit.redirect_uri, Some(Uri::from("https://app.example/claims-return")));
    let cookie = world.cookie();
    world.browse(Some(&cookie), claims_return(Some("t2"), &state));
    assert_eq!(world.grant().ticket, ticket("t2"));
    world.answer(rpt("r1"));
    world.answer(content());
    assert_eq!(world.outcomes(), vec![got()]);
}

#[test]
fn redirect_user_overrides_the_configuration() {
    let mut world = with_ticket();
    let redirect_user = Some(Uri::from("https://as.example/ask?id=7"));
    world.answer(Response::NeedInfo { ticket: Some(ticket("t1")), required_claims: Vec::new(), redirect_user });
    assert_eq!(world.sent_to().0, Uri::from("https://as.example/ask?id=7"));
}

#[test]
fn claims_that_were_given_are_not_given_again() {
    let mut world = with_ticket();
    world.answer(need_info(Some("t1")));
    let (cookie, (_, _, state)) = (world.cookie(), world.sent_to());
    world.browse(Some(&cookie), claims_return(Some("t2"), &state));
    world.answer(need_info(Some("t3")));
    assert_eq!((world.last_status(), world.outcomes()), (403, vec![FetchOutcome::Denied]));
}

#[test]
fn a_ticket_that_was_not_rotated_leads_back_to_the_resource_server() {
    let mut world = with_ticket();
    world.answer(need_info(Some("t0")));
    assert!(world.ruled.contains(&(Rule::TicketRotated, false)));
    assert_eq!(world.sent_rpt(), None);
    let mut mutant = World::with(config(Revision::V2_0), [Rule::TicketRotated]);
    mutant.fetch(None, PHOTO);
    mutant.answer(ticket_given("t0"));
    mutant.answer(need_info(Some("t0")));
    assert_eq!(mutant.sent_to().0, Uri::from("https://as.example/claims"));
}

#[test]
fn need_info_without_a_ticket_leads_back_to_the_resource_server() {
    let mut world = with_ticket();
    world.answer(need_info(None));
    assert_eq!(world.sent_rpt(), None);
}

#[test]
fn an_id_token_is_got_and_pushed_once() {
    let mut pushing = config(Revision::V2_0);
    pushing.push_claims_from = Some(IDP.into());
    let mut world = World::with(pushing, []);
    world.fetch(None, PHOTO);
    world.answer(ticket_given("t0"));
    let hint = RequiredClaim {
        issuer: vec![IDP.into()],
        claim_token_format: vec![ID_TOKEN_FORMAT.into()],
        ..RequiredClaim::default()
    };
    let ask = |value| Response::NeedInfo {
        ticket: Some(ticket(value)),
        required_claims: vec![hint.clone()],
        redirect_user: Some(format!("{AS}/claims").as_str().into()),
    };
    world.answer(ask("t1"));
    let (to, message, state) = world.sent_to();
    assert_eq!(to, Uri::from("https://idp.example/authorize"));
    let Request::Authorize(request) = message else { panic!("{message:?}") };
    assert!(request.nonce.is_some() && request.code_challenge.is_some());
    let (cookie, outcome) = (world.cookie(), Ok(AuthorizationCode::new("c")));
    let back = AuthorizationReturn { outcome, state: Some(state), issuer: Some(IDP.into()) };
    world.browse(Some(&cookie), Request::AuthorizationReturn(back));
    assert_eq!(world.call().to, Uri::from("https://idp.example/token"));
    world.answer(Response::Token(crate::wire::oauth::TokenResponse {
        id_token: Some(ClaimToken::new("id")),
        ..tokens("x")
    }));
    assert_eq!(world.grant().ticket, ticket("t1"));
    let pushed = world.grant().claim_token.clone().map(|pushed| pushed.token);
    assert_eq!(pushed, Some(ClaimToken::new("id")));
    world.answer(ask("t2"));
    assert_eq!(world.sent_to().0, Uri::from("https://as.example/claims"), "pushed already");
}

#[test]
fn hints_at_another_issuer_or_format_are_not_answered_with_an_id_token() {
    for hint in [
        RequiredClaim { issuer: vec!["https://other.example".into()], ..RequiredClaim::default() },
        RequiredClaim { claim_token_format: vec!["saml".into()], ..RequiredClaim::default() },
    ] {
        let mut pushing = config(Revision::V2_0);
        pushing.push_claims_from = Some(IDP.into());
        let mut world = World::with(pushing, []);
        world.fetch(None, PHOTO);
        world.answer(ticket_given("t0"));
        let required_claims = vec![hint];
        world.answer(Response::NeedInfo {
            ticket: Some(ticket("t1")),
            required_claims,
            redirect_user: Some(format!("{AS}/claims").as_str().into()),
        });
        assert_eq!(world.sent_to().0, Uri::from("https://as.example/claims"));
    }
}

#[test]
fn the_client_polls_with_the_newest_ticket_and_gives_up_in_the_end() {
    let submitted = |value| Response::RequestSubmitted { ticket: Some(ticket(value)), interval_secs: Some(5) };
    let mut world = with_ticket();
    world.answer(submitted("t1"));
    assert_eq!(world.last_status(), 202);
    world.fire(POLL);
    assert_eq!(world.grant().ticket, ticket("t1"));
    world.answer(submitted("t2"));
    world.fire(POLL);
    assert_eq!(world.grant().ticket, ticket("t2"));
    world.answer(submitted("t3"));
    assert_eq!(world.outcomes().len(), 1);
    assert_eq!(world.replies.len(), 1, "nobody looks any more");
}

#[test]
fn a_denial_is_an_end() {
    let mut world = with_ticket();
    world.answer(failure(403, ErrorCode::RequestDenied));
    // It asked for more than the ticket's scopes: once more without.
    world.answer(ticket_given("t1"));
    assert!(world.grant().scope.is_empty());
    world.answer(failure(403, ErrorCode::RequestDenied));
    assert_eq!((world.last_status(), world.outcomes()), (403, vec![FetchOutcome::Denied]));
}

#[test]
fn without_a_place_to_send_the_person_to_a_need_for_claims_is_a_denial() {
    let mut world = with_ticket();
    let (ticket, required_claims) = (Some(ticket("t1")), Vec::new());
    world.answer(Response::NeedInfo { ticket, required_claims, redirect_user: None });
    assert_eq!((world.last_status(), world.outcomes()), (403, vec![FetchOutcome::Denied]));
}

#[test]
fn a_refused_ticket_leads_back_to_the_resource_server_a_bounded_number_of_times() {
    let mut world = with_ticket();
    for attempt in 1..=3 {
        world.answer(failure(400, ErrorCode::InvalidGrant));
        world.answer(ticket_given(&format!("t{attempt}")));
    }
    world.answer(failure(400, ErrorCode::InvalidGrant));
    assert!(matches!(world.outcomes()[..], [FetchOutcome::GaveUp { .. }]));
}

#[test]
fn after_invalid_scope_only_the_scopes_of_the_ticket_are_asked_for() {
    let mut world = with_ticket();
    world.answer(failure(400, ErrorCode::InvalidScope));
    world.answer(ticket_given("t1"));
    assert!(world.grant().scope.is_empty());
}

#[test]
fn a_lost_answer_leads_back_to_the_resource_server_after_a_pause() {
    let mut world = with_ticket();
    world.lose();
    assert!(world.calls.is_empty());
    world.fire(RETRY);
    assert_eq!(world.sent_rpt(), None);
    for _ in 0..2 {
        world.lose();
        world.fire(RETRY);
    }
    world.lose();
    assert_eq!((world.last_status(), world.outcomes().len()), (502, 1));
}

#[test]
fn an_rpt_that_never_suffices_is_no_endless_loop() {
    let mut world = with_ticket();
    for round in 0..10 {
        if world.calls.is_empty() {
            break;
        }
        world.answer(rpt(&format!("r{round}")));
        world.answer(ticket_given(&format!("u{round}")));
    }
    assert!(matches!(world.outcomes()[..], [FetchOutcome::GaveUp { .. }]));
}

#[test]
fn a_server_that_cannot_reach_its_authorization_server_is_tried_again() {
    let mut world = fetching();
    world.answer(Response::AuthorizationServerUnreachable { status: 403, warning: true });
    world.fire(RETRY);
    world.answer(Response::Refused { status: 404 });
    assert_eq!((world.last_status(), world.outcomes().len()), (404, 1));
}

#[test]
fn nobody_is_sent_away_for_the_organisation() {
    let mut world = World::of(Revision::V2_0);
    world.fetch_for_organisation(PHOTO);
    world.answer(ticket_given("t0"));
    world.answer(need_info(Some("t1")));
    assert!(matches!(world.outcomes()[..], [FetchOutcome::GaveUp { .. }]));
    assert!(world.replies.is_empty());
}

#[test]
fn a_persisted_claims_token_is_sent_for_its_person_only() {
    let mut world = with_ticket();
    let pct = Some(Pct::new("p"));
    world.answer(Response::Token(crate::wire::oauth::TokenResponse { pct: pct.clone(), ..tokens("r1") }));
    world.answer(content());
    let cookie = world.cookie();
    world.fetch(Some(&cookie), "https://rs.example/other");
    world.answer(ticket_given("t1"));
    assert_eq!(world.grant().pct, pct);
    world.answer(failure(400, ErrorCode::InvalidRequest));
    world.fetch(None, "https://rs.example/other");
    world.answer(ticket_given("t2"));
    assert_eq!(world.grant().pct, None);
}

#[test]
fn the_client_registers_where_it_is_not_configured() {
    let mut unknown = config(Revision::V2_0);
    unknown.credentials.clear();
    let mut world = World::with(unknown, []);
    world.fetch(None, PHOTO);
    world.answer(ticket_given("t0"));
    let Request::RegisterClient(metadata) = world.call().message.clone() else { panic!("{:?}", world.call()) };
    assert_eq!(metadata.claims_redirect_uris, vec![Uri::from("https://app.example/claims-return")]);
    assert_eq!(metadata.scope, config(Revision::V2_0).registered_scopes);
    let information = crate::wire::oauth::ClientInformation { client_id: "new".into(), client_secret: None, metadata };
    world.answer(Response::ClientRegistered(information));
    assert_eq!(world.grant().ticket, ticket("t0"));
    assert!(world.facts.iter().any(|fact| matches!(fact, crate::trace::Fact::CredentialsStored { .. })));
}

#[test]
fn a_crash_forgets_processes_and_keeps_tokens() {
    let mut world = with_ticket();
    world.answer(rpt("r1"));
    let cookie = match &world.facts[0] {
        crate::trace::Fact::SessionOpened { .. } => crate::wire::SessionCookie::new("unknown"),
        other => panic!("{other:?}"),
    };
    world.answer(content());
    let known = world.cookie();
    world.fetch(Some(&known), PHOTO);
    crate::role::Machine::forget(&mut world.client);
    world.answer(content());
    assert_eq!(world.outcomes().len(), 1, "an answer to a forgotten process is ignored");
    world.input(Input::Restarted);
    world.fetch(Some(&cookie), PHOTO);
    assert_eq!(world.sent_rpt(), None);
    world.calls.clear();
    world.fetch(Some(&known), PHOTO);
    assert!(world.sent_rpt().is_some());
}

#[test]
fn an_rpt_that_expired_is_renewed_once() {
    let renewable = |value: &str| {
        Response::Token(crate::wire::oauth::TokenResponse {
            refresh_token: Some(crate::wire::RefreshToken::new("f")),
            ..tokens(value)
        })
    };
    let mut world = with_ticket();
    world.answer(renewable("r1"));
    world.answer(content());
    let cookie = world.cookie();
    world.fetch(Some(&cookie), PHOTO);
    world.answer(ticket_given("t1"));
    assert!(matches!(world.call().message, Request::Token(TokenRequest::Refresh { .. })));
    world.answer(renewable("r2"));
    assert_eq!(world.sent_rpt(), Some(tokens("r2").access_token));
    world.answer(ticket_given("t2"));
    assert_eq!(world.grant().ticket, ticket("t2"), "renewed once, then asked anew");
    world.answer(failure(403, ErrorCode::RequestDenied));
    world.fetch(Some(&cookie), PHOTO);
    world.answer(ticket_given("t3"));
    world.answer(failure(400, ErrorCode::InvalidGrant));
    assert_eq!(world.grant().ticket, ticket("t3"), "a refused refresh token leaves the ticket");
}
