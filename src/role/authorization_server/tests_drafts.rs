//! RPTs and authorization data in draft-06.
#![allow(clippy::panic, clippy::expect_used, reason = "tests fail loudly")]

use super::testing::{Bench, config, failed};
use super::testing_uma::*;
use super::{AuthorizationServerConfig, ChosenPlaces, RptReissue, Wish};
use crate::role::Rule;
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, ResourceKey, Subject};
use crate::wire::codec::{HttpRequest, decode_request, encode_request};
use crate::wire::{
    Call, Claim, Credentials, ErrorCode, PermissionTicket, PolicyCondition, Request, Response, Revision, Rpt, Served,
    SessionCookie, Timestamp, Uri,
};

const D6: Revision = Revision::Draft06;

fn bench(condition: PolicyCondition) -> Bench {
    let mut bench = protected(D6, condition);
    let resource = ResourceKey { resource_server: "rs2".into(), ..key("photo") };
    let description = super::testing::described(&["view"]);
    bench.given(Fact::ResourceRegistered { resource, description, etag: None });
    aat(&mut bench, "aat", Some("bob"), "app");
    bench
}

fn rpt(bench: &mut Bench, aat: &str) -> Rpt {
    match bench.with_bearer(aat, Request::RequestRpt) {
        Response::RptIssued(rpt) => rpt,
        other => panic!("no RPT: {other:?}"),
    }
}

fn ask(bench: &mut Bench, aat: &str, rpt: &Rpt, ticket: &PermissionTicket) -> Response {
    let request = Request::RequestAuthorizationData { rpt: rpt.as_kind(), ticket: ticket.clone() };
    bench.with_bearer(aat, request)
}

fn is_live(bench: &Bench, rpt: &Rpt) -> bool {
    bench.server.rpts.get(&rpt.hashed()).is_some_and(|record| !record.revoked)
}

fn invalid_token() -> (u16, Option<ErrorCode>) {
    (401, Some(ErrorCode::InvalidToken))
}

fn invalid_ticket() -> (u16, Option<ErrorCode>) {
    (400, Some(ErrorCode::InvalidRequesterTicket))
}

#[test]
fn an_rpt_starts_empty_and_is_filled_and_bound_by_a_ticket() {
    let mut bench = bench(PolicyCondition::Anyone);
    let rpt = rpt(&mut bench, "aat");
    let Some(record) = bench.server.rpts.get(&rpt.hashed()).cloned() else { panic!("unknown") };
    assert!(record.permissions.is_empty() && record.resource_server.is_none() && record.refresh.is_none());
    assert_eq!(record.subjects, [Subject { issuer: "https://as.example".into(), person: "bob".into() }]);
    let ticket = view(&mut bench);
    assert_eq!(ask(&mut bench, "aat", &rpt, &ticket), Response::AuthorizationDataAdded);
    let Some(record) = bench.server.rpts.get(&rpt.hashed()) else { panic!("unknown") };
    assert_eq!((record.permissions.len(), record.resource_server.clone()), (1, Some("rs1".into())));
    assert_eq!(failed(&ask(&mut bench, "aat", &rpt, &ticket)), invalid_ticket());
    assert!(bench.ruled(Rule::TicketUnspent, false));
    let elsewhere = ticket_at(&mut bench, "rs2", &[("photo", &["view"])]);
    assert_eq!(failed(&ask(&mut bench, "aat", &rpt, &elsewhere)), invalid_ticket());
    assert!(bench.ruled(Rule::TicketOfRptServer, false));
}

#[test]
fn an_aat_is_needed_and_must_be_one() {
    let mut bench = bench(PolicyCondition::Anyone);
    bench.pat("pat", "alice", "rs1");
    assert_eq!(failed(&bench.browse("", Request::RequestRpt)), (401, None));
    assert_eq!(failed(&bench.with_bearer("unknown", Request::RequestRpt)), invalid_token());
    assert_eq!(failed(&bench.with_bearer("pat", Request::RequestRpt)), (403, Some(ErrorCode::InsufficientScope)));
    assert!(bench.ruled(Rule::AatScope, false));
    let (rpt, ticket) = (rpt(&mut bench, "aat"), view(&mut bench));
    assert_eq!(failed(&ask(&mut bench, "pat", &rpt, &ticket)), (403, Some(ErrorCode::InsufficientScope)));
}

#[test]
fn an_rpt_works_with_any_aat_of_its_client_and_person_only() {
    let mut bench = bench(PolicyCondition::Anyone);
    aat(&mut bench, "fresh", Some("bob"), "app");
    aat(&mut bench, "eve's", Some("eve"), "app");
    aat(&mut bench, "other's", Some("bob"), "other");
    aat(&mut bench, "nobody's", None, "app");
    let rpt = rpt(&mut bench, "aat");
    for foreign in ["eve's", "other's", "nobody's"] {
        let ticket = view(&mut bench);
        assert_eq!(failed(&ask(&mut bench, foreign, &rpt, &ticket)), invalid_token());
        assert!(bench.ruled(Rule::RptOfAat, false));
    }
    let ticket = view(&mut bench);
    assert_eq!(ask(&mut bench, "fresh", &rpt, &ticket), Response::AuthorizationDataAdded);
    let mut mutant = bench.without(&[Rule::RptOfAat]);
    let ticket = view(&mut mutant);
    assert_eq!(ask(&mut mutant, "eve's", &rpt, &ticket), Response::AuthorizationDataAdded);
}

#[test]
fn dead_rpts_and_tickets_have_their_own_errors() {
    let mut bench = bench(PolicyCondition::Anyone);
    let (old, ticket) = (rpt(&mut bench, "aat"), view(&mut bench));
    assert_eq!(failed(&ask(&mut bench, "aat", &Rpt::new("unknown"), &ticket)), invalid_token());
    let new = rpt(&mut bench, "aat");
    assert_eq!(failed(&ask(&mut bench, "aat", &old, &ticket)), invalid_token());
    assert!(bench.ruled(Rule::RptUnrevoked, false));
    assert_eq!(failed(&ask(&mut bench, "aat", &new, &PermissionTicket::new("unknown"))), invalid_ticket());
    bench.now = Timestamp::from_secs(1300);
    let expired = (400, Some(ErrorCode::ExpiredRequesterTicket));
    assert_eq!(failed(&ask(&mut bench, "aat", &new, &ticket)), expired);
    bench.now = Timestamp::from_secs(4600) - crate::wire::Duration(1);
    let ticket = view(&mut bench);
    bench.now = Timestamp::from_secs(4600);
    aat(&mut bench, "fresh", Some("bob"), "app");
    assert_eq!(failed(&ask(&mut bench, "fresh", &new, &ticket)), invalid_token());
}

#[test]
fn a_reissue_ends_the_older_rpt_of_the_same_resource_server() {
    let mut bench = bench(PolicyCondition::Anyone);
    let first = rpt(&mut bench, "aat");
    let ticket = view(&mut bench);
    ask(&mut bench, "aat", &first, &ticket);
    let second = rpt(&mut bench, "aat");
    assert!(is_live(&bench, &first), "the new one may be for another resource server");
    let elsewhere = ticket_at(&mut bench, "rs2", &[("photo", &["view"])]);
    assert_eq!(ask(&mut bench, "aat", &second, &elsewhere), Response::AuthorizationDataAdded);
    assert!(is_live(&bench, &first) && is_live(&bench, &second));
    let third = rpt(&mut bench, "aat");
    let ticket = view(&mut bench);
    ask(&mut bench, "aat", &third, &ticket);
    assert!(bench.ruled(Rule::ReissueEndsOlder, false));
    assert!(!is_live(&bench, &first) && is_live(&bench, &second) && is_live(&bench, &third));
}

#[test]
fn read_literally_a_reissue_ends_every_older_rpt() {
    let mut bench = bench(PolicyCondition::Anyone);
    bench.server.config.rpt_reissue = RptReissue::Literal;
    let first = rpt(&mut bench, "aat");
    let ticket = view(&mut bench);
    ask(&mut bench, "aat", &first, &ticket);
    rpt(&mut bench, "aat");
    assert!(!is_live(&bench, &first));
    let mut mutant = bench.without(&[Rule::ReissueEndsOlder]);
    let (second, _) = (rpt(&mut mutant, "aat"), rpt(&mut mutant, "aat"));
    assert!(is_live(&mutant, &second));
}

#[test]
fn policy_says_no_or_wants_claims_or_the_owner() {
    let mut bench = bench(PolicyCondition::Client("other".into()));
    let rpt = rpt(&mut bench, "aat");
    let ticket = view(&mut bench);
    let answer = ask(&mut bench, "aat", &rpt, &ticket);
    assert_eq!(failed(&answer), (403, Some(ErrorCode::NotAuthorizedPermission)));
    policy(&mut bench, crate::wire::PolicyTarget::AllResources, &["view"], email("bob@as"));
    let answer = ask(&mut bench, "aat", &rpt, &ticket);
    assert_eq!(answer, Response::NeedInfo { ticket: None, required_claims: Vec::new(), redirect_user: None });
    policy(&mut bench, crate::wire::PolicyTarget::AllResources, &["view"], PolicyCondition::OwnerApproves);
    let pending = Response::RequestSubmitted { ticket: None, interval_secs: Some(5) };
    assert_eq!(ask(&mut bench, "aat", &rpt, &ticket), pending);
    let asked = bench.last_facts().iter().find_map(|fact| match fact {
        Fact::OwnerAsked { request, .. } => Some(request.clone()),
        _ => None,
    });
    let Some(request) = asked else { panic!("nobody asked") };
    assert_eq!(ask(&mut bench, "aat", &rpt, &ticket), pending);
    bench.given(Fact::OwnerAnswered { request, owner: "alice".into(), approved: true, at: None });
    assert_eq!(ask(&mut bench, "aat", &rpt, &ticket), Response::AuthorizationDataAdded);
}

#[test]
fn the_aat_says_who_the_requesting_party_is() {
    let party = PolicyCondition::RequestingParty { issuer: "https://as.example".into(), subject: "bob".into() };
    let mut bench = bench(party);
    aat(&mut bench, "eve's", Some("eve"), "app");
    let (of_bob, ticket) = (rpt(&mut bench, "aat"), view(&mut bench));
    assert_eq!(ask(&mut bench, "aat", &of_bob, &ticket), Response::AuthorizationDataAdded);
    let (of_eve, ticket) = (rpt(&mut bench, "eve's"), view(&mut bench));
    assert!(matches!(ask(&mut bench, "eve's", &of_eve, &ticket), Response::NeedInfo { .. }));
}

fn gathered(bench: &mut Bench, ticket: &PermissionTicket) {
    gathered_claim(bench, ticket, "email", "bob@as");
}

fn gathered_claim(bench: &mut Bench, ticket: &PermissionTicket, name: &str, value: &str) {
    let Some(process) = bench.server.tickets.get(&ticket.hashed()).map(|record| record.process) else {
        panic!("unknown")
    };
    let issuer = Uri::from("https://as.example");
    bench.given(Fact::ClaimsEstablished {
        process,
        client: "app".into(),
        subject: Subject { issuer: issuer.clone(), person: "bob".into() },
        claims: vec![Claim { name: name.into(), value: value.into(), issuer }],
        how: ClaimsSource::Gathered(SessionCookie::new("s").hashed()),
        established_at: bench.now,
    });
}

#[test]
fn claims_are_remembered_for_the_client_and_the_person() {
    let mut bench = bench(email("bob@as"));
    let first = rpt(&mut bench, "aat");
    let ticket = view(&mut bench);
    assert!(matches!(ask(&mut bench, "aat", &first, &ticket), Response::NeedInfo { .. }));
    gathered(&mut bench, &ticket);
    assert_eq!(ask(&mut bench, "aat", &first, &ticket), Response::AuthorizationDataAdded);
    aat(&mut bench, "fresh", Some("bob"), "app");
    aat(&mut bench, "other's", Some("bob"), "other");
    let second = rpt(&mut bench, "fresh");
    let elsewhere = ticket_at(&mut bench, "rs2", &[("photo", &["view"])]);
    bench.server = bench.rebuilt();
    assert_eq!(ask(&mut bench, "fresh", &second, &elsewhere), Response::AuthorizationDataAdded);
    let (third, again) = (rpt(&mut bench, "other's"), view(&mut bench));
    assert!(matches!(ask(&mut bench, "other's", &third, &again), Response::NeedInfo { .. }));
    bench.given(Fact::ApprovalWithdrawn { person: "bob".into(), client: "app".into() });
    let (fourth, again) = (rpt(&mut bench, "aat"), view(&mut bench));
    assert!(matches!(ask(&mut bench, "aat", &fourth, &again), Response::NeedInfo { .. }));
}

#[test]
fn an_organisation_has_rpts_of_its_own() {
    let mut bench = bench(PolicyCondition::Anyone);
    aat(&mut bench, "org", None, "app");
    let (rpt, ticket) = (rpt(&mut bench, "org"), view(&mut bench));
    assert_eq!(ask(&mut bench, "org", &rpt, &ticket), Response::AuthorizationDataAdded);
}

/// The reserved claims of OpenID Connect Messages, by their names of 2012 and of today where they differ.
const RESERVED_CLAIMS: [&str; 24] = [
    "user_id",
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "verified",
    "gender",
    "birthdate",
    "birthday",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "updated_time",
];

#[test]
fn a_policy_can_name_every_reserved_claim() {
    for name in RESERVED_CLAIMS {
        for (value, good) in [("right", true), ("wrong", false)] {
            let (issuer, max_age_secs) = (None, None);
            let wanted = PolicyCondition::Claim { name: name.into(), value: "right".into(), issuer, max_age_secs };
            let mut bench = bench(wanted);
            let (rpt, ticket) = (rpt(&mut bench, "aat"), view(&mut bench));
            assert!(matches!(ask(&mut bench, "aat", &rpt, &ticket), Response::NeedInfo { .. }), "{name}");
            gathered_claim(&mut bench, &ticket, name, value);
            let answer = ask(&mut bench, "aat", &rpt, &ticket);
            assert_eq!(answer == Response::AuthorizationDataAdded, good, "{name} is {value}: {answer:?}");
        }
    }
}

fn read_at(bench: &Bench, revision: Revision, uri: &str) -> Option<Request> {
    let request = HttpRequest { method: "GET".into(), uri: uri.into(), headers: Vec::new(), body: Vec::new() };
    decode_request(revision, &bench.server.routes(), &request).message.ok()
}

// D5 §2.4.3, RSR draft-00 §2.3: "{rsreguri}/resource_set/{rsid}", `{rsreguri}` being what the document says.
#[test]
fn resource_sets_lie_where_the_text_says_taken_literally() {
    let read = || Some(Request::ReadResource { id: "x1".into() });
    for revision in [Revision::Draft05, D6] {
        for place in [None, Some("/am/rsrc_uri")] {
            let wish =
                |path: &str| Wish { revision: None, endpoint: "resource-registration".into(), path: path.into() };
            let wishes: Vec<Wish> = place.map(wish).into_iter().collect();
            let issuer = Uri::from("https://as.example");
            let places = ChosenPlaces::new(Served::One(revision), &issuer, &wishes).expect("a place");
            let mut bench = Bench::with(AuthorizationServerConfig { places, ..config(revision) });
            let Response::Configuration(document) = bench.browse("", Request::GetConfiguration) else { panic!() };
            let published = document.resource_registration_endpoint.expect("it is published");
            for rsreguri in [published.as_str(), published.as_str().trim_end_matches('/')] {
                assert_eq!(read_at(&bench, revision, &format!("{rsreguri}/resource_set/x1")), read(), "{rsreguri}");
                let list = read_at(&bench, revision, &format!("{rsreguri}/resource_set/"));
                assert_eq!(list, Some(Request::ListResources), "{rsreguri}");
            }
            // What our own client makes of it.
            let message = Request::ReadResource { id: "x1".into() };
            let call = Call { to: published, credentials: Credentials::None, cookie: None, message };
            let written = encode_request(revision, &call);
            assert_eq!(read_at(&bench, revision, written.uri.as_str()), read(), "{}", written.uri);
            // What the text lists and shows: without what is before `/resource_set`.
            let as_listed = read_at(&bench, revision, "https://as.example/resource_set/x1");
            assert_eq!(as_listed, if place.is_none() { read() } else { None });
        }
    }
}
