//! Tests of the step tables: which branch each kind of answer is.

use super::reader::{Asked, Purpose};
use super::steps::{step_of_answer, step_of_request};
use crate::message::NodeId;
use crate::trace::truth::RoleKind;
use crate::wire::oauth::{TokenRequest, TokenResponse, UmaTicketGrant};
use crate::wire::request::{ClaimsInteraction, ClaimsReturn};
use crate::wire::{
    Bearer, Call, Challenge, ChallengeReason, Credentials, ErrorCode, Failure, PermissionTicket, Request, Response,
    Revision, ScopeSet, Uri,
};

fn asked(revision: Revision, call: &Call, bearer: Option<Purpose>) -> Asked<'_> {
    let (asker, server) = (Some(RoleKind::Client), Some(RoleKind::AuthorizationServer));
    Asked { from: NodeId(0), to: Some(NodeId(1)), asker, server, revision, call, bearer, purpose: None }
}

fn call(message: Request) -> Call {
    Call { to: Uri::from("https://x.example/y"), credentials: Credentials::None, cookie: None, message }
}

fn answer(revision: Revision, message: Request, bearer: Option<Purpose>, response: &Response) -> &'static str {
    let call = call(message);
    step_of_answer(&asked(revision, &call, bearer), response, None).map_or("none", |branch| branch.id)
}

fn access() -> Request {
    Request::Access { method: "GET".into() }
}

fn ticket() -> PermissionTicket {
    PermissionTicket::new("t")
}

fn challenge(reason: ChallengeReason) -> Response {
    Response::Challenge(Challenge { realm: None, host_id: None, as_uri: Uri::from("https://as.example"), reason })
}

fn failure(code: ErrorCode) -> Response {
    Response::Failure(Failure::body(400, code))
}

fn ask() -> Request {
    Request::RequestAuthorizationData { rpt: Bearer::new("r"), ticket: ticket() }
}

fn uma_ticket() -> Request {
    let grant = UmaTicketGrant { ticket: ticket(), claim_token: None, pct: None, rpt: None, scope: ScopeSet::new() };
    Request::Token(TokenRequest::UmaTicket(grant))
}

fn tokens(upgraded: bool) -> Response {
    Response::Token(TokenResponse {
        access_token: Bearer::new("r"),
        expires_in_secs: None,
        refresh_token: None,
        scope: None,
        id_token: None,
        pct: None,
        upgraded,
    })
}

fn content() -> Response {
    Response::Content { content: "c".into() }
}

fn need_info() -> Response {
    Response::NeedInfo { ticket: None, required_claims: Vec::new(), redirect_user: None }
}

fn submitted() -> Response {
    Response::RequestSubmitted { ticket: None, interval_secs: None }
}

#[test]
fn draft_06_tells_the_answers_to_an_access_attempt_apart() {
    let of = |bearer, response: &Response| answer(Revision::Draft06, access(), bearer, response);
    let rpt = Some(Purpose::Rpt);
    assert_eq!(of(None, &challenge(ChallengeReason::RptNeeded)), "1.A");
    assert_eq!(of(rpt, &challenge(ChallengeReason::RptNeeded)), "1.B.1");
    assert_eq!(of(rpt, &challenge(ChallengeReason::AuthorizationDataNeeded(ticket()))), "1.B.2");
    assert_eq!(of(rpt, &content()), "1.B.3");
    assert_eq!(of(None, &content()), "none");
    let unreachable = Response::AuthorizationServerUnreachable { status: 503, warning: false };
    assert_eq!(of(rpt, &unreachable), "1.unreachable");
    assert_eq!(of(rpt, &Response::Refused { status: 404 }), "1.own-rules");
}

#[test]
fn draft_06_tells_the_answers_to_a_permission_request_apart() {
    let of = |response: &Response| answer(Revision::Draft06, ask(), Some(Purpose::Aat), response);
    assert_eq!(of(&Response::AuthorizationDataAdded), "3.granted");
    assert_eq!(of(&need_info()), "3.need-claims");
    assert_eq!(of(&submitted()), "3.submitted");
    assert_eq!(of(&failure(ErrorCode::NotAuthorizedPermission)), "3.not-authorized");
    assert_eq!(of(&failure(ErrorCode::InvalidRequesterTicket)), "3.invalid-ticket");
    assert_eq!(of(&failure(ErrorCode::ExpiredRequesterTicket)), "3.expired-ticket");
    assert_eq!(of(&failure(ErrorCode::InvalidToken)), "3.error");
}

#[test]
fn v2_0_tells_the_results_of_an_assessment_apart() {
    let of = |response: &Response| answer(Revision::V2_0, uma_ticket(), None, response);
    assert_eq!(of(&tokens(false)), "rpt-issued");
    assert_eq!(of(&tokens(true)), "rpt-upgraded");
    assert_eq!(of(&need_info()), "need-info");
    assert_eq!(of(&submitted()), "request-submitted");
    assert_eq!(of(&failure(ErrorCode::RequestDenied)), "request-denied");
    assert_eq!(of(&failure(ErrorCode::InvalidGrant)), "invalid-grant");
    assert_eq!(of(&failure(ErrorCode::InvalidScope)), "invalid-scope");
    assert_eq!(of(&failure(ErrorCode::InvalidClient)), "rpt-error");
}

#[test]
fn v2_0_tells_the_answers_to_an_access_attempt_apart() {
    let of = |bearer, response: &Response| answer(Revision::V2_0, access(), bearer, response);
    let given = challenge(ChallengeReason::TicketGiven(ticket()));
    let unreachable = Response::AuthorizationServerUnreachable { status: 403, warning: true };
    assert_eq!(of(None, &given), "ticket-given");
    assert_eq!(of(Some(Purpose::Rpt), &given), "insufficient");
    assert_eq!(of(None, &unreachable), "no-ticket");
    assert_eq!(of(Some(Purpose::Rpt), &unreachable), "with-rpt-no-ticket");
    assert_eq!(of(Some(Purpose::Rpt), &content()), "released");
}

#[test]
fn claims_gathering_is_followed_through_redirects() {
    let there = Request::ClaimsInteraction(ClaimsInteraction {
        client_id: None,
        ticket: Some(ticket()),
        redirect_uri: None,
        state: None,
    });
    let back = |error: Option<&str>| {
        Request::ClaimsReturn(ClaimsReturn {
            ticket: None,
            state: None,
            error: error.map(Into::into),
            authorization_state: None,
        })
    };
    let redirect = |message| Response::Redirect { to: Uri::from("https://c.example"), message: Box::new(message) };
    for revision in Revision::ALL {
        let of = |response: &Response| answer(revision, Request::GetAccount, None, response);
        assert_eq!(of(&redirect(there.clone())), "claims-redirect");
        assert_eq!(of(&redirect(back(None))), "claims-return");
        assert_eq!(of(&redirect(back(Some("access_denied")))), "claims-refused");
    }
}

#[test]
fn what_happens_at_an_identity_provider_is_no_step() {
    let call = call(Request::GetConfiguration);
    let mut asked = asked(Revision::V2_0, &call, None);
    assert_eq!(step_of_request(&asked).map(|branch| branch.place), Some("Grant §2"));
    asked.server = Some(RoleKind::IdentityProvider);
    assert_eq!(step_of_request(&asked), None);
    let opaque = Response::Revoked;
    assert_eq!(step_of_answer(&asked, &opaque, None), None);
}
