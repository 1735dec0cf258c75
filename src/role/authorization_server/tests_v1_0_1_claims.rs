//! Claims gathering in 1.0.1: what the person brings back, with and without the claims-security extension.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, failed};
use super::testing_uma::*;
use super::v1_0_1;
use crate::role::Rule;
use crate::trace::Fact;
use crate::trace::fact::TicketReason;
use crate::wire::page::{Form, Page};
use crate::wire::request::{AuthorizationState, ClaimsInteraction, ClaimsReturn, TicketPresentation};
use crate::wire::text::scope_set;
use crate::wire::{
    ErrorCode, PermissionTicket, PolicyCondition, PolicyTarget, Request, Response, Revision, State, Timestamp, Uri,
};

fn bench(enhanced: bool, condition: PolicyCondition) -> (Bench, PermissionTicket) {
    let mut bench =
        protected_with(Revision::V1_0_1, condition, |config| config.v1_0_1.security_enhanced_claims = enhanced);
    bench.session("bob's", "bob");
    bench.session("eve's", "eve");
    bench.access_token("aat", Some("bob"), "app", scope_set([v1_0_1::AAT_SCOPE]));
    bench.access_token("eve's aat", Some("eve"), "app", scope_set([v1_0_1::AAT_SCOPE]));
    let ticket = view(&mut bench);
    (bench, ticket)
}

fn present(bench: &mut Bench, aat: &str, ticket: &PermissionTicket) -> Response {
    let asked = TicketPresentation { ticket: ticket.clone(), rpt: None, claim_tokens: Vec::new() };
    bench.with_bearer(aat, Request::RequestRptForTicket(asked))
}

fn visit(bench: &mut Bench, cookie: &str, ticket: &PermissionTicket) -> Response {
    let asked = ClaimsInteraction {
        client_id: Some("app".into()),
        ticket: Some(ticket.clone()),
        redirect_uri: Some(Uri::from(BACK)),
        state: Some(State::new("xyz")),
    };
    bench.browse(cookie, Request::ClaimsInteraction(asked))
}

fn give(bench: &mut Bench, cookie: &str, ticket: &PermissionTicket, agree: bool) -> ClaimsReturn {
    let page = visit(bench, cookie, ticket);
    let Response::Page(Page::GiveClaims { form, .. }) = page else { return back(&page) };
    back(&bench.browse(cookie, Request::Form(Form::GiveClaims { form, agree })))
}

fn back(response: &Response) -> ClaimsReturn {
    let Response::Redirect { to, message } = response else { panic!("not sent back: {response:?}") };
    let Request::ClaimsReturn(returned) = &**message else { panic!("not sent back: {response:?}") };
    assert_eq!((to, &returned.state), (&Uri::from(BACK), &Some(State::new("xyz"))));
    assert_eq!(returned.authorization_state.is_none(), returned.error.is_some());
    returned.clone()
}

fn is_granted(response: &Response) -> bool {
    matches!(response, Response::RptGranted(_))
}

#[test]
fn the_state_says_how_it_stands_and_the_ticket_comes_back_only_with_need_info() {
    let two = PolicyCondition::All(vec![
        email("bob@as"),
        PolicyCondition::Claim { name: "age".into(), value: "18".into(), issuer: Some(IDP.into()), max_age_secs: None },
    ]);
    let pending = PolicyCondition::All(vec![email("bob@as"), PolicyCondition::OwnerApproves]);
    for (condition, state) in [
        (email("bob@as"), AuthorizationState::ClaimsSubmitted),
        (email("carol@as"), AuthorizationState::NotAuthorized),
        (two, AuthorizationState::NeedInfo),
        (pending, AuthorizationState::RequestSubmitted),
        (
            PolicyCondition::All(vec![email("bob@as"), PolicyCondition::SignedInWith(vec!["strong".into()])]),
            AuthorizationState::ClaimsSubmitted,
        ),
    ] {
        let (mut bench, ticket) = bench(false, condition);
        let returned = give(&mut bench, "bob's", &ticket, true);
        assert_eq!(returned.authorization_state, Some(state));
        let expected = (state == AuthorizationState::NeedInfo).then_some(ticket);
        assert_eq!(returned.ticket, expected, "{state:?}");
        let asked = bench.last_facts().iter().any(|fact| matches!(fact, Fact::OwnerAsked { .. }));
        assert_eq!(asked, state == AuthorizationState::RequestSubmitted);
    }
}

#[test]
fn the_same_ticket_goes_on_after_claims_were_given() {
    let (mut bench, ticket) = bench(false, email("bob@as"));
    assert!(matches!(present(&mut bench, "aat", &ticket), Response::InfoNeeded(_)));
    give(&mut bench, "bob's", &ticket, true);
    assert!(is_granted(&present(&mut bench, "aat", &ticket)));
}

#[test]
fn who_declines_comes_back_not_authorized_and_the_ticket_stays_good() {
    let (mut bench, ticket) = bench(false, email("bob@as"));
    let returned = give(&mut bench, "bob's", &ticket, false);
    assert_eq!((returned.authorization_state, returned.ticket), (Some(AuthorizationState::NotAuthorized), None));
    assert!(bench.ruled(Rule::PersonAgreedToGiveClaims, false) && bench.last_facts().is_empty());
    give(&mut bench, "bob's", &ticket, true);
    assert!(is_granted(&present(&mut bench, "aat", &ticket)));
}

#[test]
fn a_bad_ticket_is_an_error_of_the_return_and_a_bad_address_a_page() {
    let (mut bench, ticket) = bench(false, email("bob@as"));
    let unknown = give(&mut bench, "bob's", &PermissionTicket::new("unknown"), true);
    assert_eq!((unknown.error.as_deref(), unknown.ticket), (Some("invalid_request"), None));
    for (client, uri) in [(Some("nobody"), BACK), (Some("app"), "https://evil.example/"), (None, BACK)] {
        let asked = ClaimsInteraction {
            client_id: client.map(Into::into),
            ticket: Some(ticket.clone()),
            redirect_uri: Some(Uri::from(uri)),
            state: None,
        };
        let answer = bench.browse("bob's", Request::ClaimsInteraction(asked));
        assert!(matches!(answer, Response::Page(Page::Notice { .. })), "{answer:?}");
    }
    bench.now = Timestamp::from_secs(1300);
    assert_eq!(give(&mut bench, "bob's", &ticket, true).error.as_deref(), Some("invalid_request"));
}

// Claims-security extension §2.2: eve has bob give claims for her ticket.
fn session_fixation(bench: &mut Bench, ticket: &PermissionTicket) -> Response {
    assert!(matches!(present(bench, "eve's aat", ticket), Response::InfoNeeded(_)));
    give(bench, "bob's", ticket, true);
    present(bench, "eve's aat", ticket)
}

#[test]
fn the_extension_stops_who_has_another_give_claims_for_their_ticket() {
    let (mut plain, ticket) = bench(false, email("bob@as"));
    assert!(is_granted(&session_fixation(&mut plain, &ticket)), "what the extension is for");
    let (mut enhanced, ticket) = bench(true, email("bob@as"));
    assert_eq!(failed(&session_fixation(&mut enhanced, &ticket)), (400, Some(ErrorCode::InvalidTicket)));
    assert!(enhanced.ruled(Rule::TicketUnspent, false));
    let (mutant, ticket) = bench(true, email("bob@as"));
    let mut mutant = mutant.without(&[Rule::ReturnRotatesTicket]);
    assert!(is_granted(&session_fixation(&mut mutant, &ticket)));
}

#[test]
fn with_the_extension_every_return_brings_a_new_ticket() {
    let (mut bench, ticket) = bench(true, email("bob@as"));
    assert!(matches!(present(&mut bench, "aat", &ticket), Response::InfoNeeded(_)));
    let declined = give(&mut bench, "bob's", &ticket, false);
    let Some(second) = declined.ticket else { panic!("no ticket") };
    assert_ne!(second, ticket);
    let [Fact::TicketRedeemed { spent: true, .. }, Fact::TicketIssued { reason, predecessor, .. }] = bench.last_facts()
    else {
        panic!("{:?}", bench.last_facts())
    };
    assert_eq!((*reason, *predecessor), (TicketReason::ClaimsReturn, Some(ticket.hashed())));
    assert_eq!(give(&mut bench, "bob's", &ticket, true).error.as_deref(), Some("invalid_request"));
    let submitted = give(&mut bench, "bob's", &second, true);
    assert_eq!(submitted.authorization_state, Some(AuthorizationState::ClaimsSubmitted));
    let Some(third) = submitted.ticket else { panic!("no ticket") };
    bench.server = bench.rebuilt();
    assert_eq!(failed(&present(&mut bench, "aat", &second)), (400, Some(ErrorCode::InvalidTicket)));
    assert!(is_granted(&present(&mut bench, "aat", &third)));
}

#[test]
fn of_two_people_with_one_ticket_the_first_to_return_uses_it_up() {
    let (mut bench, ticket) = bench(true, email("bob@as"));
    let page = visit(&mut bench, "bob's", &ticket);
    let Response::Page(Page::GiveClaims { form, .. }) = page else { panic!("no page") };
    let elsewhere = bench.server.tickets.get(&ticket.hashed()).map(|record| record.process);
    let Some(process) = elsewhere else { panic!("unknown") };
    let at = crate::wire::Endpoint::ClaimsInteraction;
    bench.given(Fact::TicketRedeemed { ticket: ticket.hashed(), process, client: "app".into(), at, spent: true });
    let returned = back(&bench.browse("bob's", Request::Form(Form::GiveClaims { form, agree: true })));
    assert_eq!((returned.error.as_deref(), returned.ticket), (Some("invalid_request"), None));
}

#[test]
fn a_grant_in_part_is_worth_going_on_for() {
    let (mut bench, _) = bench(false, email("bob@as"));
    bench.server.config.partial_grants = true;
    policy(&mut bench, PolicyTarget::AllResources, &["view"], email("bob@as"));
    let both = ticket(&mut bench, &[("photo", &["view", "edit"])]);
    let returned = give(&mut bench, "bob's", &both, true);
    assert_eq!(returned.authorization_state, Some(AuthorizationState::ClaimsSubmitted));
    assert!(is_granted(&present(&mut bench, "aat", &both)));
    bench.server.config.partial_grants = false;
    let again = ticket(&mut bench, &[("photo", &["view", "edit"])]);
    let returned = give(&mut bench, "bob's", &again, true);
    assert_eq!(returned.authorization_state, Some(AuthorizationState::NotAuthorized));
}
