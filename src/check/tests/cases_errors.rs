//! GRT-7 in each revision: what a cause is answered with, and what it must not be answered with.

use super::Case;
use super::cases_v1_0_1::without_aat;
use crate::check::test_traces::*;
use crate::wire::Revision::{self, Draft05, Draft06, V1_0_1, V2_0};
use crate::wire::oauth::IntrospectionRequest;
use crate::wire::*;

/// A good ticket comes from the client that was given it.
fn good_ticket(run: &mut Run) -> crate::message::ExchangeId {
    if run.revision.is_draft() {
        run.bare_rpt("rpt8", RS);
    }
    let rpt = run.revision.is_draft().then_some("rpt8");
    run.challenged("t8", 8, rpt);
    run.present(CLIENT, "t8", rpt)
}

/// The code of an invalid ticket.
fn invalid(revision: Revision) -> ErrorCode {
    match revision {
        Draft05 | Draft06 => ErrorCode::InvalidRequesterTicket,
        V1_0_1 => ErrorCode::InvalidTicket,
        V2_0 => ErrorCode::InvalidGrant,
    }
}

/// The code of a denial.
fn denial(revision: Revision) -> ErrorCode {
    match revision {
        Draft05 | Draft06 => ErrorCode::NotAuthorizedPermission,
        V1_0_1 => ErrorCode::NotAuthorized,
        V2_0 => ErrorCode::RequestDenied,
    }
}

fn denied(run: &mut Run) {
    let (ask, code) = (good_ticket(run), denial(run.revision));
    run.refused(ask, CLIENT, 403, code);
}

/// What is wrong with a good ticket is said not to be.
pub(super) fn called_invalid(run: &mut Run) {
    let (ask, code) = (good_ticket(run), invalid(run.revision));
    run.refused(ask, CLIENT, 400, code);
}

/// A denial in the words of another revision.
pub(super) fn denied_in_other_words(run: &mut Run) {
    let ask = good_ticket(run);
    let code = denial(if run.v2() { V1_0_1 } else { V2_0 });
    run.refused(ask, CLIENT, 403, code);
}

fn unknown(run: &mut Run, code: ErrorCode, status: u16) {
    let ask = run.present(CLIENT, "never issued", None);
    run.refused(ask, CLIENT, status, code);
}

/// A client is told that it is not the one although it proved that it is.
fn not_that_client(run: &mut Run) {
    let ask = good_ticket(run);
    run.refused(ask, CLIENT, 401, ErrorCode::InvalidClient);
}

fn data_asked(run: &mut Run, answer: Response, status: u16) {
    run.challenged("t8", 8, None);
    let (rpt, ticket) = (Bearer::new("rpt1"), PermissionTicket::new("t8"));
    let message = Request::RequestAuthorizationData { rpt, ticket };
    let ask = run.send(CLIENT, uri(AS, "/ask"), Credentials::Bearer(Bearer::new("aat")), message);
    run.answer(AS, CLIENT, ask, status, answer);
}

/// 1.0.1 and 2.0 have no endpoint for the drafts' request.
fn no_such_endpoint(run: &mut Run) {
    data_asked(run, Response::Refused { status: 404 }, 404);
}

pub(super) fn data_given(run: &mut Run) {
    data_asked(run, Response::AuthorizationDataAdded, 200);
}

pub(super) fn data_denied(run: &mut Run) {
    data_asked(run, Response::Failure(Failure::body(403, ErrorCode::NotAuthorizedPermission)), 403);
}

fn ticket_at_the_rpt_endpoint(run: &mut Run, answer: Response, status: u16) {
    run.challenged("t8", 8, None);
    let ticket = PermissionTicket::new("t8");
    let presented = request::TicketPresentation { ticket, rpt: None, claim_tokens: Vec::new() };
    let aat = Credentials::Bearer(Bearer::new("aat"));
    let ask = run.send(CLIENT, uri(AS, "/rpt"), aat, Request::RequestRptForTicket(presented));
    run.answer(AS, CLIENT, ask, status, answer);
}

fn grant_of_2_0(run: &mut Run, status: u16, code: ErrorCode) {
    let grant = crate::wire::oauth::UmaTicketGrant {
        ticket: PermissionTicket::new("t1"),
        claim_token: None,
        pct: None,
        rpt: None,
        scope: Default::default(),
    };
    let message = Request::Token(crate::wire::oauth::TokenRequest::UmaTicket(grant));
    let ask = run.send(CLIENT, uri(AS, "/token"), Run::credentials(CLIENT), message);
    run.refused(ask, CLIENT, status, code);
}

fn introspected(run: &mut Run, credentials: Credentials, failure: Failure) {
    let asked = IntrospectionRequest { token: Bearer::new("rpt1"), resource_id: None, host_id: None };
    let ask = run.send(RS, uri(AS, "/api"), credentials, Request::Introspect(asked));
    run.answer(AS, RS, ask, failure.status, Response::Failure(failure));
}

fn with(token: &str) -> Credentials {
    Credentials::Bearer(Bearer::new(token))
}

fn unknown_pat(run: &mut Run) {
    introspected(run, with("of nowhere"), Failure::bearer(401, Some(ErrorCode::InvalidToken)));
}

pub(super) fn unknown_pat_is_a_bad_request(run: &mut Run) {
    introspected(run, with("of nowhere"), Failure::body(400, ErrorCode::InvalidRequest));
}

fn no_pat(run: &mut Run) {
    introspected(run, Credentials::None, Failure::bearer(401, None));
}

fn no_pat_with_a_reason(run: &mut Run) {
    introspected(run, Credentials::None, Failure::bearer(401, Some(ErrorCode::InvalidToken)));
}

pub(super) fn good_pat_is_invalid(run: &mut Run) {
    introspected(run, with("pat5"), Failure::bearer(401, Some(ErrorCode::InvalidToken)));
}

fn other_scope(run: &mut Run, status: u16, code: ErrorCode) {
    run.access_token("weak", RS, "alice", "openid");
    introspected(run, with("weak"), Failure::bearer(status, Some(code)));
}

fn weak_token(run: &mut Run) {
    other_scope(run, 403, ErrorCode::InsufficientScope);
}

fn weak_token_is_invalid(run: &mut Run) {
    other_scope(run, 401, ErrorCode::InvalidToken);
}

fn plain(_: &mut Run) {}

/// A hint for nothing: `need_info` that names no way on.
pub(super) fn need_info_without_a_hint(run: &mut Run) {
    let ask = good_ticket(run);
    let message = if run.v1() {
        let nothing = Some(RequestingPartyClaims::default());
        Response::InfoNeeded(ErrorDetails { required_acr: Vec::new(), requesting_party_claims: nothing })
    } else {
        run.redeemed("t8", 8, true);
        run.successor("t8", "t9", 8, crate::trace::fact::TicketReason::NeedInfo);
        let ticket = Some(PermissionTicket::new("t9"));
        Response::NeedInfo { ticket, required_claims: Vec::new(), redirect_user: None }
    };
    run.answer(AS, CLIENT, ask, 403, message);
}

pub(super) const CASES: &[Case] = &[
    ("GRT-7", Draft05, denied, called_invalid),
    ("GRT-7", Draft06, denied, called_invalid),
    ("GRT-7", V1_0_1, denied, called_invalid),
    ("GRT-7", V2_0, denied, called_invalid),
    ("GRT-7", Draft05, denied, denied_in_other_words),
    ("GRT-7", Draft06, denied, denied_in_other_words),
    ("GRT-7", V1_0_1, denied, denied_in_other_words),
    ("GRT-7", V2_0, denied, denied_in_other_words),
    ("GRT-7", V2_0, denied, not_that_client),
    (
        "GRT-7",
        V1_0_1,
        |run| unknown(run, ErrorCode::InvalidTicket, 400),
        |run| unknown(run, ErrorCode::InvalidToken, 401),
    ),
    (
        "GRT-7",
        V2_0,
        |run| unknown(run, ErrorCode::InvalidGrant, 400),
        |run| unknown(run, ErrorCode::InvalidClient, 401),
    ),
    ("GRT-7", V1_0_1, no_such_endpoint, data_given),
    ("GRT-7", V2_0, no_such_endpoint, data_given),
    ("GRT-7", V1_0_1, no_such_endpoint, data_denied),
    ("GRT-7", V2_0, no_such_endpoint, data_denied),
    (
        "GRT-7",
        V2_0,
        |run| ticket_at_the_rpt_endpoint(run, Response::Refused { status: 404 }, 404),
        |run| ticket_at_the_rpt_endpoint(run, Response::RptGranted(Rpt::new("rpt1")), 200),
    ),
    (
        "GRT-7",
        Draft06,
        |run| grant_of_2_0(run, 400, ErrorCode::UnsupportedGrantType),
        |run| grant_of_2_0(run, 400, ErrorCode::InvalidGrant),
    ),
    (
        "GRT-7",
        V1_0_1,
        |run| grant_of_2_0(run, 400, ErrorCode::UnsupportedGrantType),
        |run| grant_of_2_0(run, 400, ErrorCode::InvalidGrant),
    ),
    ("GRT-7", V2_0, denied, need_info_without_a_hint),
    ("GRT-7", V1_0_1, |run| without_aat(run, None, 401), need_info_without_a_hint),
    ("GRT-7", Draft05, unknown_pat, unknown_pat_is_a_bad_request),
    ("GRT-7", Draft06, unknown_pat, unknown_pat_is_a_bad_request),
    ("GRT-7", V1_0_1, unknown_pat, unknown_pat_is_a_bad_request),
    ("GRT-7", V2_0, unknown_pat, unknown_pat_is_a_bad_request),
    ("GRT-7", V1_0_1, no_pat, no_pat_with_a_reason),
    ("GRT-7", V2_0, no_pat, no_pat_with_a_reason),
    ("GRT-7", V1_0_1, plain, good_pat_is_invalid),
    ("GRT-7", V2_0, weak_token, weak_token_is_invalid),
];
