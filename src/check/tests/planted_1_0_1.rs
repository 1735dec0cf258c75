//! Traces in which a row of 1.0.1 is violated.

use super::planted::{
    Plant, released, released_unseen, same_ticket_again, still_listed, unknown_resource, unknown_scope,
};
use super::{cases_errors, cases_v1_0_1};
use crate::check::test_traces::*;
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, InteractionStarted, ProcessId, TicketReason};
use crate::wire::codec::{HttpResponse, decode_response};
use crate::wire::request::{AuthorizationState, ClaimsReturn};
use crate::wire::*;

// ---- resource servers

/// Used where a row says that protected content left without an RPT.
pub(super) fn content_without_an_rpt(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, None);
    run.content(RS, access);
}

/// The RPT was revoked, and the resource server was told that it is not active.
pub(super) fn released_although_inactive(run: &mut Run) {
    run.revoke("rpt1", crate::trace::fact::TokenWhat::Rpt, crate::trace::fact::RevocationCause::Asked);
    run.now += 60;
    let access = run.try_access(CLIENT, RS, Some("rpt1"));
    let question = run.introspect(RS, "rpt1", None);
    let evidence = run.evidence(RS, question);
    run.release(RS, access, "rpt1", Some(evidence));
}

fn challenged(run: &mut Run, rpt: Option<&str>, status: u16, reason: ChallengeReason) {
    let access = run.try_access(CLIENT, RS, rpt);
    run.challenge(RS, access, status, reason);
}

fn given(ticket: &str) -> ChallengeReason {
    ChallengeReason::TicketGiven(PermissionTicket::new(ticket))
}

fn insufficient_without_a_permission(run: &mut Run) {
    challenged(run, Some("rpt1"), 403, ChallengeReason::MoreNeeded(PermissionTicket::new("never issued")));
}

pub(super) fn too_little_asked(run: &mut Run) {
    let mut issued = run.ticket_fact("t8", 8, None, TicketReason::PermissionRequest);
    if let Fact::TicketIssued { permissions, .. } = &mut issued {
        permissions[0].scopes = crate::wire::text::scope_set(["write"]);
    }
    run.fact(AS, issued);
    challenged(run, None, 401, given("t8"));
}

fn another_server_named(run: &mut Run) {
    let issued = run.ticket_fact("t8", 8, None, TicketReason::PermissionRequest);
    run.fact(AS, issued);
    let access = run.try_access(CLIENT, RS, None);
    let challenge = Challenge { realm: None, host_id: None, as_uri: uri(AS2, ""), reason: given("t8") };
    run.answer(RS, CLIENT, access, 401, Response::Challenge(challenge));
}

/// A ticket that was given for an attempt before.
pub(super) fn ticket_again(run: &mut Run) {
    challenged(run, None, 401, given("t1"));
}

// ---- the protection API

/// A permission is registered by nobody.
pub(super) fn ticket_without_a_pat(run: &mut Run) {
    let permissions = vec![PermissionRequest { resource_id: rid(RS), scopes: crate::wire::text::scope_set(["read"]) }];
    let message = Request::RequestPermissions { permissions, array: false };
    let exchange = run.send(RS, uri(AS, "/api"), Credentials::None, message);
    let issued = run.ticket_fact("t8", 8, None, TicketReason::PermissionRequest);
    run.fact(AS, issued);
    let ticket = PermissionTicket::new("t8");
    run.answer(AS, RS, exchange, 201, Response::PermissionTicket { ticket, location: None });
}

/// A resource server asks about an RPT with a token that has another scope, and is told.
pub(super) fn introspected_with_another_token(run: &mut Run) {
    run.access_token("weak", RS, "alice", "openid");
    let token = Bearer::new("rpt1");
    let asked = crate::wire::oauth::IntrospectionRequest { token, resource_id: None, host_id: None };
    let credentials = Credentials::Bearer(Bearer::new("weak"));
    let exchange = run.send(RS, uri(AS, "/api"), credentials, Request::Introspect(asked));
    let told = crate::wire::oauth::IntrospectionResponse::Inactive;
    run.answer(AS, RS, exchange, 200, Response::Introspection(told));
}

pub(super) fn listed_after_its_deletion(run: &mut Run) {
    run.fact(AS, Fact::ResourceDeregistered { resource: key(RS) });
    run.now += 1;
    let entry = run.entry(RS);
    run.introspect(RS, "rpt1", Some(entry));
}

// ---- the authorization API

fn needed_and_then_invalid(run: &mut Run) {
    run.challenged("t8", 8, None);
    let ask = run.present(CLIENT, "t8", None);
    run.redeemed("t8", 8, false);
    run.fact(AS, Run::claims_fact(8, "bob", ClaimsSource::Aat(hash("aat"))));
    run.need_info(ask, "t8");
    let ask = run.present(CLIENT, "t8", None);
    run.refused(ask, CLIENT, 400, ErrorCode::InvalidTicket);
}

// ---- the claims endpoint

/// A person comes back from the claims endpoint, with what is changed in the redirect.
pub(super) fn returns(run: &mut Run, sent: Option<&str>, to: Uri, change: fn(&mut ClaimsReturn)) {
    run.challenged("t8", 8, None);
    let state = sent.map(State::new);
    let (session, redirect_uri) = (hash("session-bob"), uri(CLIENT, "/claims-return"));
    let (process, client, ticket) = (ProcessId(8), id(CLIENT), hash("t8"));
    run.fact(
        AS,
        Fact::InteractionStarted(InteractionStarted {
            process,
            session,
            client,
            redirect_uri,
            state: state.clone(),
            ticket,
        }),
    );
    let agree = Request::Form(page::Form::GiveClaims { form: FormKey::new("key"), agree: true });
    let form = run.send_with(BOB, uri(AS, "/form"), Credentials::None, Some("session-bob"), agree);
    let submitted = run.v1().then_some(AuthorizationState::ClaimsSubmitted);
    let mut back = ClaimsReturn { ticket: None, state, error: None, authorization_state: submitted };
    change(&mut back);
    let message = Box::new(Request::ClaimsReturn(back));
    run.answer(AS, BOB, form, 302, Response::Redirect { to, message });
}

fn place() -> Uri {
    uri(CLIENT, "/claims-return")
}

fn need_info_without_ticket(run: &mut Run) {
    returns(run, Some("s"), place(), |back| back.authorization_state = Some(AuthorizationState::NeedInfo));
}

pub(super) fn state_dropped(run: &mut Run) {
    returns(run, Some("s"), place(), |back| back.state = None);
}

pub(super) fn state_invented(run: &mut Run) {
    returns(run, None, place(), |back| back.state = Some(State::new("invented")));
}

pub(super) fn to_another_place(run: &mut Run) {
    returns(run, Some("s"), uri(OTHER, "/evil"), |_| {});
}

/// The place for codes, which is none for claims.
pub(super) fn to_the_place_of_codes(run: &mut Run) {
    let (process, client, ticket, state) = (ProcessId(1), id(CLIENT), hash("t1"), None);
    let (session, redirect_uri) = (hash("session-bob"), uri(CLIENT, "/return"));
    run.fact(
        AS,
        Fact::InteractionStarted(InteractionStarted { process, session, client, redirect_uri, state, ticket }),
    );
}

/// Back with the ticket that was sent.
pub(super) fn echoed(run: &mut Run) {
    run.challenged("t8", 8, None);
    let again = run.ticket_fact("t8", 8, Some("t8"), TicketReason::ClaimsReturn);
    run.fact(AS, again);
}

const TWO_CLAIMS_ENDPOINTS: &str = r#"{"version":"1.0","issuer":"https://as.example",
"token_endpoint":"https://as.example/token","authorization_endpoint":"https://as.example/authorize",
"resource_set_registration_endpoint":"https://as.example/rs","permission_registration_endpoint":"https://as.example/p",
"introspection_endpoint":"https://as.example/i","rpt_endpoint":"https://as.example/rpt","rpt_profiles_supported":[],
"pat_profiles_supported":[],"aat_profiles_supported":[],"pat_grant_types_supported":[],"aat_grant_types_supported":[],
"requesting_party_claims_endpoint":"https://as.example/claims",
"security_enhanced_claims_endpoint":"https://as.example/enhanced"}"#;

fn two_claims_endpoints(run: &mut Run) {
    let headers = vec![("Content-Type".into(), "application/json".into())];
    let http = HttpResponse { status: 200, headers, body: TWO_CLAIMS_ENDPOINTS.into() };
    let document = decode_response(Revision::V1_0_1, &Request::GetConfiguration, &http).unwrap();
    let exchange = run.send(CLIENT, uri(AS, "/config"), Credentials::None, Request::GetConfiguration);
    run.answer_with(AS, CLIENT, exchange, 200, document);
}

pub(super) const PLANTS: &[Plant] = &[
    ("V101-1.3.1-03", ticket_without_a_pat),
    ("V101-1.3.1-07", introspected_with_another_token),
    ("V101-1.3.2-11", |run| cases_v1_0_1::without_aat(run, Some(ErrorCode::NotAuthorized), 403)),
    ("V101-1.3.2-12", |run| cases_v1_0_1::unknown_aat(run, ErrorCode::InvalidTicket, 400)),
    ("V101-1.3.2-20", cases_v1_0_1::aat_of_another),
    ("V101-1.3.3-02", content_without_an_rpt),
    ("V101-2-09", content_without_an_rpt),
    ("V101-2-10", content_without_an_rpt),
    ("V101-3.2-01", cases_v1_0_1::without_ticket),
    ("V101-3.2-02", |run| challenged(run, Some("rpt1"), 401, ChallengeReason::RptNeeded)),
    ("V101-3.2-03", insufficient_without_a_permission),
    ("V101-3.2-04", too_little_asked),
    ("V101-3.2.1-05", unknown_resource),
    ("V101-3.2.1-07", unknown_scope),
    ("V101-3.2.2-05", same_ticket_again),
    ("V101-3.2.2-07", cases_v1_0_1::another_client),
    ("V101-3.2.2-09", needed_and_then_invalid),
    ("V101-3.3.1-02", another_server_named),
    ("V101-3.3.1-03", ticket_again),
    ("V101-3.3.2-01", |run| cases_v1_0_1::unreachable(run, false)),
    ("V101-3.3.3-03", released_although_inactive),
    ("V101-3.3.3-04", |run| {
        released(run, |evidence| evidence.permissions[0].scopes = crate::wire::text::scope_set(["view"]));
    }),
    ("V101-3.4-01", released_unseen),
    ("V101-3.4-02", |run| {
        released(run, |evidence| evidence.permissions[0].scopes = crate::wire::text::scope_set(["view"]));
    }),
    ("V101-3.4.2-12", listed_after_its_deletion),
    ("V101-3.4.2-14", still_listed),
    ("V101-3.5.4.2-02", cases_errors::need_info_without_a_hint),
    ("V101-3.6.3-12", to_the_place_of_codes),
    ("V101-3.6.3-16", need_info_without_ticket),
    ("V101-3.6.3-21", |run| returns(run, Some("s"), place(), |back| back.authorization_state = None)),
    ("V101-3.6.3-27", need_info_without_ticket),
    ("V101-3.6.3-28", |run| {
        returns(run, Some("s"), place(), |back| back.ticket = Some(PermissionTicket::new("t8")));
    }),
    ("V101-3.6.3-30", state_dropped),
    ("V101-3.6.3-31", state_invented),
    ("V101-3.6.3-34", to_another_place),
    ("RSR-2-02", unknown_resource),
    ("CSX-2.3-01", echoed),
    ("CSX-2.3-02", echoed),
    ("CSX-2.3-03", |run| cases_v1_0_1::rotated(run, "t8")),
    ("CSX-2.3-07", |run| cases_v1_0_1::rotated(run, "t8")),
    ("CSX-2.3-08", |run| cases_v1_0_1::rotated(run, "t8")),
    ("CSX-2.3-11", two_claims_endpoints),
    ("CSX-2.3-12", two_claims_endpoints),
];
