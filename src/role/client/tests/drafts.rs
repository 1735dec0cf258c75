//! The draft-06 flow.

use super::harness::*;
use crate::role::client::processes::{POLL, RETRY};
use crate::trace::Fact;
use crate::trace::note::FetchOutcome;
use crate::wire::oauth::{AuthorizationReturn, TokenRequest, TokenResponse};
use crate::wire::request::ClaimsReturn;
use crate::wire::{
    AuthorizationCode, Bearer, ChallengeReason, ErrorCode, RefreshToken, Request, Response, Revision, Rpt,
    SessionCookie,
};

fn rpt_needed() -> Response {
    challenge(ChallengeReason::RptNeeded)
}

fn data_needed(value: &str) -> Response {
    challenge(ChallengeReason::AuthorizationDataNeeded(ticket(value)))
}

fn issued(value: &str) -> Response {
    Response::RptIssued(Rpt::new(value))
}

fn need_info() -> Response {
    Response::NeedInfo { ticket: None, required_claims: Vec::new(), redirect_user: None }
}

fn approve(world: &mut World, cookie: &SessionCookie, aat: TokenResponse) {
    let (_, message, state) = world.sent_to();
    assert!(matches!(message, Request::Authorize(_)));
    let back = AuthorizationReturn { outcome: Ok(AuthorizationCode::new("c")), state: Some(state), issuer: None };
    world.browse(Some(cookie), Request::AuthorizationReturn(back));
    world.answer(Response::Token(aat));
}

fn with_rpt(aat: TokenResponse) -> (World, SessionCookie) {
    let mut world = World::of(Revision::Draft06);
    world.fetch(None, PHOTO);
    world.answer(rpt_needed());
    let cookie = world.cookie();
    approve(&mut world, &cookie, aat);
    assert_eq!(world.call().message, Request::RequestRpt);
    assert_eq!(world.call().credentials.bearer(), Some(&Bearer::new("aat")));
    world.answer(issued("r1"));
    (world, cookie)
}

fn asking(aat: TokenResponse) -> (World, SessionCookie) {
    let (mut world, cookie) = with_rpt(aat);
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")));
    world.answer(data_needed("t0"));
    assert_asks(&world, "aat");
    (world, cookie)
}

fn assert_asks(world: &World, aat: &str) {
    let wanted = Request::RequestAuthorizationData { rpt: Bearer::new("r1"), ticket: ticket("t0") };
    assert_eq!(world.call().message, wanted);
    assert_eq!(world.call().credentials.bearer(), Some(&Bearer::new(aat)));
}

#[test]
fn an_aat_an_rpt_and_authorization_data_lead_to_the_resource() {
    let (mut world, cookie) = asking(tokens("aat"));
    world.answer(Response::AuthorizationDataAdded);
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")));
    world.answer(content());
    assert_eq!(world.outcomes(), vec![got()]);
    world.fetch(Some(&cookie), "https://rs.example/other");
    assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")), "one RPT for the resource server");
}

#[test]
fn a_person_who_does_not_approve_ends_the_process() {
    let mut world = World::of(Revision::Draft06);
    world.fetch(None, PHOTO);
    world.answer(rpt_needed());
    let (_, _, state) = world.sent_to();
    let back = AuthorizationReturn { outcome: Err("access_denied".into()), state: Some(state), issuer: None };
    let cookie = world.cookie();
    world.browse(Some(&cookie), Request::AuthorizationReturn(back));
    assert_eq!((world.last_status(), world.outcomes()), (403, vec![FetchOutcome::Abandoned]));
}

#[test]
fn the_organisation_gets_its_aat_with_its_own_credentials() {
    let mut world = World::of(Revision::Draft06);
    world.fetch_for_organisation(PHOTO);
    world.answer(rpt_needed());
    assert!(matches!(world.call().message, Request::Token(TokenRequest::ClientCredentials { .. })));
    world.answer(rpt("aat"));
    world.answer(issued("r1"));
    world.answer(data_needed("t0"));
    world.answer(need_info());
    assert!(matches!(world.outcomes()[..], [FetchOutcome::GaveUp { .. }]), "nobody can give claims");
}

#[test]
fn a_person_gives_claims_and_the_same_ticket_is_asked_with() {
    let (mut world, cookie) = asking(tokens("aat"));
    world.answer(need_info());
    let (_, message, state) = world.sent_to();
    let Request::ClaimsInteraction(visit) = message else { panic!("{message:?}") };
    assert_eq!(visit.ticket, Some(ticket("t0")));
    let back = ClaimsReturn { ticket: None, state: Some(state), error: None, authorization_state: None };
    world.browse(Some(&cookie), Request::ClaimsReturn(back));
    assert_asks(&world, "aat");
    world.answer(need_info());
    assert_eq!(world.outcomes(), vec![FetchOutcome::Denied]);
}

#[test]
fn an_expired_aat_is_renewed_by_its_refresh_token_for_the_same_ticket_and_rpt() {
    let refresh_token = Some(RefreshToken::new("f"));
    let (mut world, _) = asking(TokenResponse { refresh_token, ..tokens("aat") });
    world.answer(failure(401, ErrorCode::InvalidToken));
    assert!(matches!(world.call().message, Request::Token(TokenRequest::Refresh { .. })));
    world.answer(rpt("aat2"));
    assert_asks(&world, "aat2");
    world.answer(failure(401, ErrorCode::InvalidToken));
    assert!(world.facts.iter().any(|fact| matches!(fact, Fact::RptDropped { .. })), "so it is the RPT");
    world.fire(RETRY);
    assert_eq!(world.sent_rpt(), None);
}

#[test]
fn an_expired_aat_without_refresh_token_is_asked_of_the_person_again() {
    let (mut world, cookie) = asking(tokens("aat"));
    world.answer(failure(401, ErrorCode::InvalidToken));
    approve(&mut world, &cookie, tokens("aat2"));
    assert_asks(&world, "aat2");
}

#[test]
fn an_aat_past_its_own_expiry_is_renewed_before_use() {
    let aat = TokenResponse { expires_in_secs: Some(10), refresh_token: Some(RefreshToken::new("f")), ..tokens("aat") };
    let (mut world, _) = with_rpt(aat);
    world.at = world.at + crate::wire::Duration::from_secs(10);
    world.answer(data_needed("t0"));
    assert!(matches!(world.call().message, Request::Token(TokenRequest::Refresh { .. })));
    world.answer(failure(400, ErrorCode::InvalidGrant));
    assert!(matches!(world.sent_to().1, Request::Authorize(_)), "the refresh token is void too");
}

#[test]
fn a_void_rpt_is_dropped_and_another_one_got() {
    let (mut world, cookie) = asking(tokens("aat"));
    world.answer(Response::AuthorizationDataAdded);
    world.answer(content());
    world.fetch(Some(&cookie), PHOTO);
    world.answer(rpt_needed());
    assert!(world.facts.iter().any(|fact| matches!(fact, Fact::RptDropped { .. })));
    assert_eq!(world.call().message, Request::RequestRpt);
}

#[test]
fn a_new_rpt_that_is_void_is_tried_again_after_a_pause_and_not_for_ever() {
    let (mut world, _) = with_rpt(tokens("aat"));
    for round in 0..10 {
        world.answer(rpt_needed());
        if !world.outcomes().is_empty() {
            break;
        }
        world.fire(RETRY);
        world.answer(rpt_needed());
        world.answer(issued(&format!("again-{round}")));
    }
    assert!(matches!(world.outcomes()[..], [FetchOutcome::GaveUp { .. }]));
}

#[test]
fn a_ticket_that_is_void_leads_back_to_the_resource_server() {
    for code in [ErrorCode::InvalidRequesterTicket, ErrorCode::ExpiredRequesterTicket] {
        let (mut world, _) = asking(tokens("aat"));
        world.answer(failure(400, code));
        assert_eq!(world.sent_rpt(), Some(Bearer::new("r1")));
    }
}

#[test]
fn policy_may_say_no_and_the_owner_may_be_asked() {
    let (mut world, _) = asking(tokens("aat"));
    world.answer(Response::RequestSubmitted { ticket: None, interval_secs: None });
    assert_eq!(world.last_status(), 202);
    world.fire(POLL);
    assert_asks(&world, "aat");
    world.answer(failure(403, ErrorCode::NotAuthorizedPermission));
    assert_eq!(world.outcomes(), vec![FetchOutcome::Denied]);
}

#[test]
fn an_assertion_that_was_given_is_the_grant_for_an_aat() {
    let assertion = crate::wire::SamlAssertion::new("about-bob");
    let given = crate::role::ClientConfig { assertion: Some(assertion.clone()), ..config(Revision::Draft06) };
    let mut world = World::with(given, []);
    world.fetch_for_organisation(PHOTO);
    world.answer(rpt_needed());
    let Request::Token(TokenRequest::Saml2Bearer { assertion: presented, .. }) = &world.call().message else {
        panic!("no assertion but {}", world.call().message.word());
    };
    assert_eq!(*presented, assertion);
    world.answer(Response::Token(tokens("aat")));
    assert_eq!(world.call().message, Request::RequestRpt);
    assert_eq!(world.call().credentials.bearer(), Some(&Bearer::new("aat")));
}
