//! What 1.0.1 has for itself: tickets that are reusable until they were granted on, the RPT endpoint that takes them, and
//! the claims-security extension.

use super::Case;
use crate::check::test_traces::*;
use crate::trace::fact::{ProcessId, RevocationCause, TicketReason, TokenWhat};
use crate::trace::{Fact, Note};
use crate::wire::Revision::V1_0_1;
use crate::wire::*;

fn plain(_: &mut Run) {}

fn asked_again(run: &mut Run, status: u16, code: ErrorCode) {
    let ask = run.present(CLIENT, "never issued", None);
    run.refused(ask, CLIENT, status, code);
}

fn granted_twice(run: &mut Run) {
    let ask = run.present(CLIENT, "t1", None);
    run.grant(ask, "t1", 1, "rpt2");
}

// A person comes back with another ticket, and the client goes on with one of the two.
pub(super) fn rotated(run: &mut Run, goes_on_with: &str) {
    run.challenged("t8", 8, Some("rpt1"));
    let next = run.ticket_fact("t9", 8, Some("t8"), TicketReason::ClaimsReturn);
    run.redeemed("t8", 8, false);
    run.fact(AS, next);
    delivered(run, "t9");
    run.present(CLIENT, goes_on_with, None);
    run.redeemed(goes_on_with, 8, false);
}

fn delivered(run: &mut Run, ticket: &str) {
    let (session, state) = (hash("bobs-session"), State::new("state-t9"));
    run.note(CLIENT, Note::PersonSentAway { session, state: state.hashed(), to: uri(AS, "/claims") });
    let back = request::ClaimsReturn {
        ticket: Some(PermissionTicket::new(ticket)),
        state: Some(state.clone()),
        error: None,
        authorization_state: Some(request::AuthorizationState::ClaimsSubmitted),
    };
    run.send(BOB, uri(CLIENT, "/claims-return"), Credentials::None, Request::ClaimsReturn(back));
    run.note(CLIENT, Note::ReturnAccepted { session: Some(session), state: Some(state.hashed()) });
}

// V1 §1.3.2: trouble with the AAT is told before anything else.
pub(super) fn without_aat(run: &mut Run, code: Option<ErrorCode>, status: u16) {
    run.challenged("t8", 8, None);
    let presented =
        request::TicketPresentation { ticket: PermissionTicket::new("t8"), rpt: None, claim_tokens: Vec::new() };
    let ask = run.send(CLIENT, uri(AS, "/rpt"), Credentials::None, Request::RequestRptForTicket(presented));
    run.answer(AS, CLIENT, ask, status, Response::Failure(Failure::bearer(status, code)));
}

pub(super) fn another_client(run: &mut Run) {
    let (ticket, process, at) = (hash("t1"), ProcessId(1), Endpoint::Rpt);
    run.fact(AS, Fact::TicketRedeemed { ticket, process, client: id(OTHER), at, spent: true });
}

pub(super) fn unknown_aat(run: &mut Run, code: ErrorCode, status: u16) {
    run.challenged("t8", 8, None);
    let presented =
        request::TicketPresentation { ticket: PermissionTicket::new("t8"), rpt: None, claim_tokens: Vec::new() };
    let aat = Credentials::Bearer(Bearer::new("of nowhere"));
    let ask = run.send(CLIENT, uri(AS, "/rpt"), aat, Request::RequestRptForTicket(presented));
    run.refused(ask, CLIENT, status, code);
}

// V1 §3.2.2: what was granted on a ticket ends when a second client shows the ticket.
fn second_client(run: &mut Run, ends: bool) {
    run.access_token("aat2", OTHER, "bob", "uma_authorization");
    let presented =
        request::TicketPresentation { ticket: PermissionTicket::new("t1"), rpt: None, claim_tokens: Vec::new() };
    let aat = Credentials::Bearer(Bearer::new("aat2"));
    let ask = run.send(OTHER, uri(AS, "/rpt"), aat, Request::RequestRptForTicket(presented));
    if ends {
        run.revoke("rpt1", TokenWhat::Rpt, RevocationCause::Replay);
    }
    run.refused(ask, OTHER, 400, ErrorCode::InvalidTicket);
}

pub(super) fn aat_of_another(run: &mut Run) {
    run.access_token("aat", OTHER, "bob", "uma_authorization");
    let issued = run.rpt_fact("rpt9", Run::of_aat_and_ticket("t1", 1, None), vec![run.granted(RS, 1)]);
    run.fact(AS, issued);
}

fn empty_rpt(run: &mut Run) {
    run.challenged("t8", 8, Some("rpt1"));
    let ask = run.present(CLIENT, "t8", None);
    run.answer(AS, CLIENT, ask, 200, Response::RptGranted(Rpt::new("rpt1")));
}

fn never_issued(run: &mut Run) {
    run.challenged("t8", 8, Some("rpt1"));
    let ask = run.present(CLIENT, "t8", None);
    run.answer(AS, CLIENT, ask, 200, Response::RptGranted(Rpt::new("of nowhere")));
}

fn rpt_to_browser(run: &mut Run) {
    let exchange = run.send(BOB, uri(CLIENT, "/show"), Credentials::None, Request::GetAccount);
    run.answer(CLIENT, BOB, exchange, 200, Response::RptGranted(Rpt::new("rpt1")));
}

pub(super) fn unreachable(run: &mut Run, warning: bool) {
    let access = run.try_access(CLIENT, RS, None);
    run.answer(RS, CLIENT, access, 403, Response::AuthorizationServerUnreachable { status: 403, warning });
}

pub(super) fn without_ticket(run: &mut Run) {
    let access = run.try_access(CLIENT, RS, None);
    run.challenge(RS, access, 401, ChallengeReason::RptNeeded);
}

fn ticket_to_another_server(run: &mut Run) {
    run.challenged("t8", 8, None);
    let presented =
        request::TicketPresentation { ticket: PermissionTicket::new("t8"), rpt: None, claim_tokens: Vec::new() };
    let aat = Credentials::Bearer(Bearer::new("aat"));
    run.send(CLIENT, uri(AS2, "/rpt"), aat, Request::RequestRptForTicket(presented));
}

pub(super) const CASES: &[Case] = &[
    ("ACC-7", V1_0_1, |run| unreachable(run, true), |run| unreachable(run, false)),
    ("ACC-8", V1_0_1, plain, without_ticket),
    ("TKT-2", V1_0_1, plain, granted_twice),
    ("TKT-3", V1_0_1, |run| rotated(run, "t9"), |run| rotated(run, "t8")),
    ("TKT-8", V1_0_1, plain, another_client),
    ("TKT-8", V1_0_1, |run| second_client(run, true), |run| second_client(run, false)),
    ("GRT-6", V1_0_1, plain, empty_rpt),
    (
        "GRT-7",
        V1_0_1,
        |run| asked_again(run, 400, ErrorCode::InvalidTicket),
        |run| asked_again(run, 400, ErrorCode::InvalidGrant),
    ),
    (
        "GRT-7",
        V1_0_1,
        |run| asked_again(run, 400, ErrorCode::InvalidTicket),
        |run| asked_again(run, 403, ErrorCode::InvalidTicket),
    ),
    ("GRT-7", V1_0_1, |run| without_aat(run, None, 401), |run| without_aat(run, Some(ErrorCode::NotAuthorized), 403)),
    ("GRT-7", V1_0_1, |run| without_aat(run, None, 401), |run| without_aat(run, Some(ErrorCode::InvalidToken), 401)),
    (
        "GRT-7",
        V1_0_1,
        |run| unknown_aat(run, ErrorCode::InvalidToken, 401),
        |run| unknown_aat(run, ErrorCode::InvalidTicket, 400),
    ),
    ("BND-1", V1_0_1, plain, aat_of_another),
    ("BND-6", V1_0_1, plain, ticket_to_another_server),
    ("BND-8", V1_0_1, plain, rpt_to_browser),
    ("DUR-2", V1_0_1, plain, never_issued),
];
