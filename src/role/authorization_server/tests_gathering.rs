//! People who come to give claims, in both revisions, with own accounts and through an identity provider.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::Bench;
use super::testing_uma::*;
use crate::role::Rule;
use crate::trace::Fact;
use crate::wire::oauth::{AuthorizationRequest, AuthorizationReturn};
use crate::wire::page::{Form, Page};
use crate::wire::request::{ClaimsInteraction, ClaimsReturn};
use crate::wire::{
    Answer, AuthorizationCode, ClaimToken, Credentials, FormKey, PermissionTicket, Request, Response, Revision, State,
    Timestamp, Uri,
};

fn visit(ticket: &PermissionTicket) -> ClaimsInteraction {
    ClaimsInteraction {
        client_id: Some("app".into()),
        ticket: Some(ticket.clone()),
        redirect_uri: Some(Uri::from(BACK)),
        state: Some(State::new("xyz")),
    }
}

fn came(bench: &mut Bench, cookie: &str, visit: ClaimsInteraction) -> Response {
    bench.browse(cookie, Request::ClaimsInteraction(visit))
}

fn form(response: &Response) -> FormKey {
    match response {
        Response::Page(Page::GiveClaims { form, .. }) => form.clone(),
        other => panic!("no page: {other:?}"),
    }
}

fn send(bench: &mut Bench, cookie: &str, form: FormKey, agree: bool) -> Response {
    bench.browse(cookie, Request::Form(Form::GiveClaims { form, agree }))
}

fn back(response: &Response) -> ClaimsReturn {
    let Response::Redirect { to, message } = response else { panic!("not sent back: {response:?}") };
    let Request::ClaimsReturn(returned) = &**message else { panic!("not sent back: {response:?}") };
    assert_eq!((to, &returned.state), (&Uri::from(BACK), &Some(State::new("xyz"))));
    returned.clone()
}

fn error(response: &Response) -> Option<String> {
    back(response).error.map(|error| error.to_string())
}

fn is_notice(response: &Response) -> bool {
    matches!(response, Response::Page(Page::Notice { .. }))
}

/// A server whose people are signed in at it.
fn own(revision: Revision) -> (Bench, PermissionTicket) {
    let mut bench = protected(revision, email("bob@as"));
    bench.session("bob's", "bob");
    bench.session("eve's", "eve");
    let ticket = view(&mut bench);
    (bench, ticket)
}

#[test]
fn a_person_gives_claims_and_the_client_gets_on_with_a_new_ticket() {
    let (mut bench, ticket) = own(Revision::V2_0);
    let page = came(&mut bench, "bob's", visit(&ticket));
    let returned = back(&send(&mut bench, "bob's", form(&page), true));
    let Some(new) = returned.ticket else { panic!("no ticket") };
    assert_ne!(new, ticket);
    let facts = bench.last_facts();
    assert!(matches!(facts[0], Fact::PersonAgreed { .. }) && matches!(facts[1], Fact::ClaimsEstablished { .. }));
    assert!(matches!(grant(&mut bench, plain(&ticket)), Response::Failure(_)));
    assert!(matches!(grant(&mut bench, plain(&new)), Response::Token(_)));
}

#[test]
fn in_draft_06_the_same_ticket_goes_on() {
    let (mut bench, ticket) = own(Revision::Draft06);
    let page = came(&mut bench, "bob's", visit(&ticket));
    assert_eq!(back(&send(&mut bench, "bob's", form(&page), true)).ticket, None);
    assert!(bench.server.tickets.get(&ticket.hashed()).is_some_and(|record| !record.spent));
    let page = came(&mut bench, "bob's", visit(&ticket));
    assert_eq!(error(&send(&mut bench, "bob's", form(&page), false)).as_deref(), Some("access_denied"));
    assert!(bench.last_facts().is_empty());
    let mut anonymous = visit(&ticket);
    anonymous.client_id = None;
    assert!(is_notice(&came(&mut bench, "bob's", anonymous.clone())), "nobody has asked with this ticket yet");
    let process = bench.server.tickets.get(&ticket.hashed()).map(|record| record.process);
    let Some(process) = process else { panic!("unknown") };
    let at = crate::wire::Endpoint::AuthorizationData;
    let ticket = ticket.hashed();
    bench.given(Fact::TicketRedeemed { ticket, process, client: "app".into(), at, spent: false });
    form(&came(&mut bench, "bob's", anonymous));
}

#[test]
fn without_agreement_nothing_is_collected() {
    let (mut bench, ticket) = own(Revision::V2_0);
    let page = came(&mut bench, "bob's", visit(&ticket));
    let answer = send(&mut bench, "bob's", form(&page), false);
    assert_eq!(error(&answer).as_deref(), Some("access_denied"));
    assert!(back(&answer).ticket.is_none() && bench.ruled(Rule::PersonAgreedToGiveClaims, false));
    assert!(matches!(bench.last_facts(), [Fact::RequestDenied { .. }]));
    let (bench, ticket) = own(Revision::V2_0);
    let mut mutant = bench.without(&[Rule::PersonAgreedToGiveClaims]);
    let page = came(&mut mutant, "bob's", visit(&ticket));
    send(&mut mutant, "bob's", form(&page), false);
    assert!(matches!(mutant.last_facts(), [Fact::ClaimsEstablished { .. }, Fact::TicketIssued { .. }]));
}

#[test]
fn a_wrong_client_or_address_changes_nothing_and_sends_nobody_anywhere() {
    for revision in Revision::ALL {
        let (mut bench, ticket) = own(revision);
        let mut elsewhere = visit(&ticket);
        elsewhere.redirect_uri = Some(Uri::from("https://app.example/claims-return/x"));
        let mut unknown = visit(&ticket);
        unknown.client_id = Some("nobody".into());
        for wrong in [elsewhere.clone(), unknown] {
            assert!(is_notice(&came(&mut bench, "", wrong)) && bench.last_facts().is_empty());
        }
        assert!(is_notice(&came(&mut bench, "bob's", elsewhere.clone())));
        assert!(bench.ruled(Rule::ClaimsRedirectUriRegistered, false));
        let mut mutant = bench.without(&[Rule::ClaimsRedirectUriRegistered]);
        form(&came(&mut mutant, "bob's", elsewhere));
    }
}

#[test]
fn the_only_registered_address_may_be_left_out_in_2_0() {
    let (mut bench, ticket) = own(Revision::V2_0);
    let mut short = visit(&ticket);
    short.redirect_uri = None;
    form(&came(&mut bench, "bob's", short));
    let mut nameless = visit(&ticket);
    nameless.client_id = None;
    assert!(is_notice(&came(&mut bench, "bob's", nameless)));
}

#[test]
fn a_bad_ticket_is_told_to_the_client() {
    let (mut bench, ticket) = own(Revision::V2_0);
    let mut without = visit(&ticket);
    without.ticket = None;
    assert_eq!(error(&came(&mut bench, "bob's", without)).as_deref(), Some("invalid_request"));
    form(&came(&mut bench, "bob's", visit(&ticket)));
    assert_eq!(error(&came(&mut bench, "eve's", visit(&ticket))).as_deref(), Some("invalid_request"));
    assert!(bench.ruled(Rule::TicketUnspent, false));
    bench.server.gathering = super::gathering::Gathering::default();
    assert_eq!(error(&came(&mut bench, "bob's", visit(&ticket))).as_deref(), Some("invalid_request"));
}

#[test]
fn a_reload_shows_the_page_again_and_only_the_newest_form_counts() {
    let (mut bench, ticket) = own(Revision::V2_0);
    let first = form(&came(&mut bench, "bob's", visit(&ticket)));
    let second = form(&came(&mut bench, "bob's", visit(&ticket)));
    assert!(is_notice(&send(&mut bench, "bob's", first, true)));
    assert!(back(&send(&mut bench, "bob's", second.clone(), true)).ticket.is_some());
    assert!(is_notice(&send(&mut bench, "bob's", second, true)));
}

#[test]
fn a_form_counts_in_its_own_session_and_in_time() {
    let (mut bench, ticket) = own(Revision::V2_0);
    let key = form(&came(&mut bench, "bob's", visit(&ticket)));
    assert!(is_notice(&send(&mut bench, "eve's", key.clone(), true)));
    assert!(bench.ruled(Rule::FormKeyMatches, false) && bench.last_facts().is_empty());
    bench.now = Timestamp::from_secs(1300);
    assert!(is_notice(&send(&mut bench, "bob's", key, true)) && bench.last_facts().is_empty());
}

#[test]
fn who_is_not_signed_in_is_asked_before_the_ticket_is_spent() {
    let (mut bench, ticket) = own(Revision::V2_0);
    let wanted = Request::ClaimsInteraction(visit(&ticket));
    let answer = bench.ask(Credentials::None, None, wanted.clone());
    let Answer { set_cookie: Some(_), message: Response::Page(Page::SignIn { resume, .. }) } = answer else {
        panic!("not asked: {answer:?}")
    };
    assert_eq!(*resume, wanted);
    assert!(bench.server.tickets.get(&ticket.hashed()).is_some_and(|record| !record.spent));
}

#[test]
fn in_2_0_another_person_cannot_take_over_a_process() {
    let (mut bench, ticket) = own(Revision::V2_0);
    let page = came(&mut bench, "eve's", visit(&ticket));
    let Some(second) = back(&send(&mut bench, "eve's", form(&page), true)).ticket else { panic!("no ticket") };
    let page = came(&mut bench, "bob's", visit(&second));
    assert_eq!(error(&send(&mut bench, "bob's", form(&page), true)).as_deref(), Some("access_denied"));
}

/// A server that sends people to the identity provider; a browser came with a ticket, and was sent there.
fn away(revision: Revision) -> (Bench, PermissionTicket, String, AuthorizationRequest) {
    let mut bench = protected_with(revision, email("bob@idp"), |config| config.claims_from = Some(Uri::from(IDP)));
    let ticket = view(&mut bench);
    bench.begin(Credentials::None, None, Ok(Request::ClaimsInteraction(visit(&ticket))));
    serve_idp(&mut bench, None);
    let Some(Answer { set_cookie: Some(cookie), message: Response::Redirect { message, .. } }) =
        bench.reply_to(crate::message::ExchangeId(1))
    else {
        panic!("not sent there")
    };
    let Request::Authorize(asked) = *message else { panic!("not sent there") };
    (bench, ticket, cookie.expose().to_owned(), asked)
}

fn returned(bench: &mut Bench, cookie: &str, asked: &AuthorizationRequest, token: ClaimToken) -> Response {
    let message = Request::AuthorizationReturn(AuthorizationReturn {
        outcome: Ok(AuthorizationCode::new("code")),
        state: asked.state.clone(),
        issuer: Some(Uri::from(IDP)),
    });
    bench.begin(Credentials::None, Some(cookie), Ok(message));
    serve_idp(bench, Some(token));
    answer(bench)
}

fn for_server(asked: &AuthorizationRequest) -> ClaimToken {
    id_token(|it| {
        it.nonce.clone_from(&asked.nonce);
        it.audience.insert("as-at-idp".into());
    })
}

#[test]
fn an_identity_provider_says_who_the_person_is() {
    for revision in Revision::ALL {
        let (mut bench, ticket, cookie, asked) = away(revision);
        assert!(bench.server.links.credentials(&Uri::from(IDP)).is_some());
        let page = returned(&mut bench, &cookie, &asked, for_server(&asked));
        let returned_at = back(&send(&mut bench, &cookie, form(&page), true));
        assert_eq!(returned_at.ticket.is_some(), revision == Revision::V2_0);
        assert!(returned_at.ticket != Some(ticket));
        let established = bench.last_facts().iter().any(|fact| match fact {
            Fact::ClaimsEstablished { subject, .. } => subject.issuer == Uri::from(IDP),
            _ => false,
        });
        assert!(established);
    }
}

#[test]
fn a_return_counts_once_and_in_its_own_session() {
    let (mut bench, _, cookie, asked) = away(Revision::V2_0);
    bench.session("eve's", "eve");
    assert!(is_notice(&returned(&mut bench, "eve's", &asked, for_server(&asked))));
    assert!(bench.ruled(Rule::StateMatches, false));
    form(&returned(&mut bench, &cookie, &asked, for_server(&asked)));
    assert!(is_notice(&returned(&mut bench, &cookie, &asked, for_server(&asked))));
    let (mut bench, _, _, asked) = away(Revision::V2_0);
    bench.session("eve's", "eve");
    let mut mutant = bench.without(&[Rule::StateMatches]);
    form(&returned(&mut mutant, "eve's", &asked, for_server(&asked)));
}

#[test]
fn an_id_token_for_somebody_else_says_nothing() {
    let (mut bench, _, cookie, asked) = away(Revision::V2_0);
    let answer = returned(&mut bench, &cookie, &asked, id_token(|_| {}));
    assert_eq!(error(&answer).as_deref(), Some("server_error"));
    assert!(bench.ruled(Rule::ClaimTokenAudience, false));
}

#[test]
fn a_person_who_is_refused_there_goes_back_without_claims() {
    let (mut bench, _, cookie, asked) = away(Revision::V2_0);
    let refused = AuthorizationReturn { outcome: Err("access_denied".into()), state: asked.state, issuer: None };
    let answer = bench.browse(&cookie, Request::AuthorizationReturn(refused));
    assert_eq!(error(&answer).as_deref(), Some("access_denied"));
}
