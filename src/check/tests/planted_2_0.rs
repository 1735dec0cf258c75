//! Traces in which a row of 2.0 is violated.

use super::planted::{Plant, released, same_ticket_again, still_listed, unknown_resource, unknown_scope};
use super::planted_1_0_1::{
    listed_after_its_deletion, released_although_inactive, returns, state_dropped, state_invented,
    ticket_without_a_pat, to_another_place, to_the_place_of_codes,
};
use super::{cases_access, cases_errors, cases_grants, cases_parties};
use crate::check::test_traces::*;
use crate::trace::fact::{InteractionStarted, PctIssued, ProcessId, TicketReason};
use crate::trace::{Fact, Note};
use crate::wire::oauth::{AuthenticationMethod, ClientMetadata, TokenRequest, UmaTicketGrant};
use crate::wire::text::scope_set;
use crate::wire::*;

fn ticket_of_nobody(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, None);
    run.challenge(RS, access, 401, ChallengeReason::TicketGiven(PermissionTicket::new("made up")));
}

fn needed(run: &mut Run, given: Option<&str>) {
    run.challenged("t8", 8, None);
    let ask = run.present(CLIENT, "t8", None);
    run.redeemed("t8", 8, true);
    run.successor("t8", "t9", 8, TicketReason::NeedInfo);
    let required_claims = vec![RequiredClaim { name: Some("email".into()), ..RequiredClaim::default() }];
    let ticket = given.map(PermissionTicket::new);
    run.answer(AS, CLIENT, ask, 403, Response::NeedInfo { ticket, required_claims, redirect_user: None });
}

fn submitted(run: &mut Run, given: Option<&str>) {
    run.challenged("t8", 8, None);
    let ask = run.present(CLIENT, "t8", None);
    run.redeemed("t8", 8, true);
    run.successor("t8", "t9", 8, TicketReason::RequestSubmitted);
    let ticket = given.map(PermissionTicket::new);
    run.answer(AS, CLIENT, ask, 403, Response::RequestSubmitted { ticket, interval_secs: Some(5) });
}

fn old_ticket_after_need_info(run: &mut Run) {
    needed(run, Some("t9"));
    run.now += 1;
    run.present(CLIENT, "t8", None);
}

fn redirected_with_the_old_ticket(run: &mut Run) {
    needed(run, Some("t9"));
    let asked = request::ClaimsInteraction {
        client_id: Some(id(CLIENT)),
        ticket: Some(PermissionTicket::new("t8")),
        redirect_uri: Some(uri(CLIENT, "/claims-return")),
        state: Some(State::new("s")),
    };
    let fetch = run.send(BOB, uri(CLIENT, "/continue"), Credentials::None, Request::GetAccount);
    let message = Box::new(Request::ClaimsInteraction(asked));
    run.answer(CLIENT, BOB, fetch, 302, Response::Redirect { to: uri(AS, "/claims"), message });
}

fn place_of_a_public_client(run: &mut Run) {
    let metadata = ClientMetadata {
        name: None,
        redirect_uris: vec![uri(CLIENT, "/return")],
        claims_redirect_uris: Vec::new(),
        scope: scope_set(["read"]),
        grant_types: Vec::new(),
        authentication: AuthenticationMethod::None,
        keys: None,
    };
    let client = ClientId::new("public");
    run.fact(AS, Fact::ClientRegistered { client: client.clone(), metadata, secret: None, dynamic: true });
    let (process, ticket, state) = (ProcessId(1), hash("t1"), None);
    let (session, redirect_uri) = (hash("session-bob"), uri(CLIENT, "/anywhere"));
    run.fact(
        AS,
        Fact::InteractionStarted(InteractionStarted { process, session, client, redirect_uri, state, ticket }),
    );
}

fn place() -> Uri {
    uri(CLIENT, "/claims-return")
}

fn back_without_a_ticket(run: &mut Run) {
    returns(run, Some("s"), place(), |_| {});
}

fn back_with_the_same_ticket(run: &mut Run) {
    returns(run, Some("s"), place(), |back| back.ticket = Some(PermissionTicket::new("t8")));
}

fn state_again(run: &mut Run) {
    for _ in 0..2 {
        let (session, state) = (hash("bobs-session"), hash("the same"));
        run.note(CLIENT, Note::PersonSentAway { session, state, to: uri(AS, "/claims") });
    }
}

fn strange_return(run: &mut Run) {
    run.note(CLIENT, Note::ReturnAccepted { session: Some(hash("bobs-session")), state: Some(hash("never sent")) });
}

fn return_in_another_session(run: &mut Run) {
    let state = hash("state-s");
    run.note(CLIENT, Note::PersonSentAway { session: hash("bobs-session"), state, to: uri(AS, "/claims") });
    run.note(CLIENT, Note::ReturnAccepted { session: Some(hash("carols-session")), state: Some(state) });
}

fn pct(run: &mut Run) {
    let issued = Fact::PctIssued(PctIssued {
        pct: hash("pct"),
        client: id(CLIENT),
        subjects: vec![subject("bob")],
        claims: vec![email()],
        established_at: run.at(),
        expires_at: run.at() + Duration::from_secs(500),
    });
    run.fact(AS, issued);
}

fn pct_again(run: &mut Run) {
    pct(run);
    pct(run);
}

fn pct_to_another(run: &mut Run) {
    pct(run);
    let exchange = run.send(OTHER, uri(AS, "/token"), Run::credentials(OTHER), Request::GetAccount);
    let mut answer = Run::tokens("rpt1", false);
    if let Response::Token(tokens) = &mut answer {
        tokens.pct = Some(Pct::new("pct"));
    }
    run.answer(AS, OTHER, exchange, 200, answer);
}

fn sends_its_pct(run: &mut Run, to: Uri) {
    pct(run);
    run.challenged("t8", 8, None);
    let grant = UmaTicketGrant {
        ticket: PermissionTicket::new("t8"),
        claim_token: None,
        pct: Some(Pct::new("pct")),
        rpt: None,
        scope: Default::default(),
    };
    run.send(CLIENT, to, Run::credentials(CLIENT), Request::Token(TokenRequest::UmaTicket(grant)));
}

fn introspected_without_a_pat(run: &mut Run) {
    let token = Bearer::new("rpt1");
    let asked = crate::wire::oauth::IntrospectionRequest { token, resource_id: None, host_id: None };
    let exchange = run.send(RS, uri(AS, "/api"), Run::credentials(RS), Request::Introspect(asked));
    let told = crate::wire::oauth::IntrospectionResponse::Inactive;
    run.answer(AS, RS, exchange, 200, Response::Introspection(told));
}

pub(super) fn listed_without_a_pat(run: &mut Run) {
    let exchange = run.send(RS, uri(AS, "/api"), Credentials::None, Request::ListResources);
    run.answer(AS, RS, exchange, 200, Response::ResourceList(Vec::new()));
}

pub(super) const PLANTS: &[Plant] = &[
    ("G20-3.2-01", ticket_of_nobody),
    ("G20-3.3.1-05", old_ticket_after_need_info),
    ("G20-3.3.1-16", |run| cases_parties::pct(run, CLIENT, vec![email()], CAROL)),
    ("G20-3.3.2-07", redirected_with_the_old_ticket),
    ("G20-3.3.2-17", place_of_a_public_client),
    ("G20-3.3.2-18", to_the_place_of_codes),
    ("G20-3.3.3-02", back_without_a_ticket),
    ("G20-3.3.3-03", back_with_the_same_ticket),
    ("G20-3.3.3-04", state_dropped),
    ("G20-3.3.3-05", state_invented),
    ("G20-3.3.3-11", to_another_place),
    ("G20-3.3.5-04", pct_again),
    ("G20-3.3.5-08", |run| cases_grants::upgrade(run, false, |_| {})),
    ("G20-3.3.5.1-07", cases_grants::old_rpt_used),
    ("G20-3.3.6-09", |run| needed(run, None)),
    ("G20-3.3.6-10", cases_errors::need_info_without_a_hint),
    ("G20-3.3.6-12", |run| needed(run, Some("t8"))),
    ("G20-3.3.6-32", |run| submitted(run, None)),
    ("G20-3.3.6-36", |run| submitted(run, Some("t8"))),
    ("G20-3.5-02", released_although_inactive),
    ("G20-3.5-03", |run| released(run, |evidence| evidence.permissions[0].scopes = scope_set(["view"]))),
    ("G20-3.6-04", |run| cases_grants::refresh(run, cases_grants::wider)),
    ("G20-5.1-01", cases_parties::without_agreement),
    ("G20-5.1-03", return_in_another_session),
    ("G20-5.1-05", state_again),
    ("G20-5.1-06", strange_return),
    ("G20-5.1-07", strange_return),
    ("G20-5.2-02", cases_parties::rpt_elsewhere),
    ("G20-5.2-03", cases_parties::rpt_to_browser),
    ("G20-5.2-05", |run| sends_its_pct(run, uri(AS, "/token").with_scheme("http"))),
    ("G20-5.2-06", pct_to_another),
    ("G20-5.2-07", |run| sends_its_pct(run, uri(RS, "/token"))),
    ("G20-5.2-09", |run| cases_parties::pct(run, CLIENT, vec![email()], CAROL)),
    ("G20-5.4-01", same_ticket_again),
    ("G20-5.4-02", pct_again),
    ("G20-5.5-04", cases_access::used_again),
    ("F20-1.3-04", ticket_without_a_pat),
    ("F20-1.3-05", introspected_without_a_pat),
    ("F20-1.3-06", cases_errors::good_pat_is_invalid),
    ("F20-3.2-01", listed_without_a_pat),
    ("F20-4.1-05", unknown_resource),
    ("F20-4.1-07", unknown_scope),
    ("F20-5.1.1-06", listed_after_its_deletion),
    ("F20-5.1.1-08", still_listed),
];
