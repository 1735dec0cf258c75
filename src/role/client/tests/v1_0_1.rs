//! The 1.0.1 flow.

use super::harness::*;
use crate::role::client::processes::POLL;
use crate::trace::note::FetchOutcome;
use crate::wire::claims::ACR_MULTI_FACTOR;
use crate::wire::oauth::AuthorizationReturn;
use crate::wire::request::{AuthorizationState, ClaimsReturn, TicketPresentation};
use crate::wire::{
    AuthorizationCode, Bearer, ChallengeReason, ErrorCode, ErrorDetails, Request, RequestingPartyClaims, Response,
    Revision, Rpt, SessionCookie,
};

fn presented(value: &str, rpt: Option<&str>) -> Request {
    let (ticket, rpt) = (ticket(value), rpt.map(Bearer::new));
    Request::RequestRptForTicket(TicketPresentation { ticket, rpt, claim_tokens: Vec::new() })
}

fn granted(value: &str) -> Response {
    Response::RptGranted(Rpt::new(value))
}

fn more(value: &str) -> Response {
    challenge(ChallengeReason::MoreNeeded(ticket(value)))
}

fn send_person() -> Response {
    let claims = RequestingPartyClaims { redirect_user: true, ..RequestingPartyClaims::default() };
    Response::InfoNeeded(ErrorDetails { requesting_party_claims: Some(claims), ..ErrorDetails::default() })
}

fn sign_in_again() -> Response {
    Response::InfoNeeded(ErrorDetails { required_acr: vec![ACR_MULTI_FACTOR.into()], ..ErrorDetails::default() })
}

fn approve(world: &mut World, cookie: &SessionCookie, aat: &str) {
    let (_, _, state) = world.sent_to();
    let back = AuthorizationReturn { outcome: Ok(AuthorizationCode::new("c")), state: Some(state), issuer: None };
    world.browse(Some(cookie), Request::AuthorizationReturn(back));
    world.answer(Response::Token(tokens(aat)));
}

fn asking() -> (World, SessionCookie) {
    let mut world = World::of(Revision::V1_0_1);
    world.fetch(None, PHOTO);
    world.answer(ticket_given("t0"));
    let cookie = world.cookie();
    approve(&mut world, &cookie, "aat");
    assert_eq!(world.call().message, presented("t0", None));
    assert_eq!(world.call().credentials.bearer(), Some(&Bearer::new("aat")));
    (world, cookie)
}

fn returned(world: &mut World, cookie: &SessionCookie, value: Option<&str>, how: AuthorizationState) {
    let (_, _, state) = world.sent_to();
    let back =
        ClaimsReturn { ticket: value.map(ticket), state: Some(state), error: None, authorization_state: Some(how) };
    world.browse(Some(cookie), Request::ClaimsReturn(back));
}

#[test]
fn a_ticket_and_an_aat_lead_to_an_rpt_and_that_one_goes_along_with_the_next_ticket() {
    let (mut world, cookie) = asking();
    world.answer(granted("r1"));
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")));
    world.answer(content());
    assert_eq!(world.outcomes(), vec![got()]);
    world.fetch(Some(&cookie), "https://rs.example/other");
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")), "one RPT for the resource server");
    world.answer(more("t1"));
    assert_eq!(world.call().message, presented("t1", Some("r1")));
    world.answer(granted("r1"));
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")), "the same string has more behind it now");
    world.answer(content());
    assert_eq!(world.outcomes().len(), 2);
}

#[test]
fn claims_are_given_and_the_same_ticket_is_presented_whatever_the_browser_brings() {
    let (mut world, cookie) = asking();
    world.answer(send_person());
    let (_, message, _) = world.sent_to();
    let Request::ClaimsInteraction(visit) = message else { panic!("{message:?}") };
    assert_eq!(visit.ticket, Some(ticket("t0")));
    returned(&mut world, &cookie, Some("forged"), AuthorizationState::NeedInfo);
    assert_eq!(world.call().message, presented("t0", None));
    world.answer(send_person());
    assert_eq!(world.outcomes(), vec![FetchOutcome::Denied], "what the person has was given");
}

#[test]
fn not_authorized_ends_the_process_and_request_submitted_waits() {
    let (mut world, cookie) = asking();
    world.answer(send_person());
    returned(&mut world, &cookie, None, AuthorizationState::NotAuthorized);
    assert_eq!(world.outcomes(), vec![FetchOutcome::Denied]);

    let (mut world, cookie) = asking();
    world.answer(send_person());
    returned(&mut world, &cookie, None, AuthorizationState::RequestSubmitted);
    assert_eq!(world.last_status(), 202);
    world.fire(POLL);
    assert_eq!(world.call().message, presented("t0", None), "the same ticket");
}

#[test]
fn a_required_acr_sends_the_person_to_sign_in_again_once() {
    let (mut world, cookie) = asking();
    world.answer(sign_in_again());
    let (_, message, _) = world.sent_to();
    let Request::Authorize(asked) = message else { panic!("{message:?}") };
    assert_eq!(asked.acr_values, vec![ACR_MULTI_FACTOR.into()]);
    approve(&mut world, &cookie, "strong");
    assert_eq!(world.call().message, presented("t0", None), "the same ticket");
    assert_eq!(world.call().credentials.bearer(), Some(&Bearer::new("strong")));
    world.answer(sign_in_again());
    assert_eq!(world.outcomes(), vec![FetchOutcome::Denied]);
}

#[test]
fn a_refused_ticket_leads_back_to_the_resource_server() {
    for code in [ErrorCode::InvalidTicket, ErrorCode::ExpiredTicket] {
        let (mut world, _) = asking();
        world.answer(failure(400, code));
        assert_eq!(world.call().message, Request::Access { method: "GET".into() });
    }
    let (mut world, _) = asking();
    world.answer(failure(403, ErrorCode::NotAuthorized));
    assert_eq!(world.outcomes(), vec![FetchOutcome::Denied]);
}
