//! The RPT endpoint of 1.0.1.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, described, failed};
use super::testing_uma::*;
use super::{AuthorizationServerConfig, Upgrade, v1_0_1};
use crate::role::Rule;
use crate::trace::Fact;
use crate::trace::fact::{ClaimsSource, ResourceKey, RevocationCause, Subject, TokenWhat};
use crate::wire::claims::ID_TOKEN_FORMAT;
use crate::wire::error::DecodeErrorKind;
use crate::wire::oauth::{ActiveToken, IntrospectionRequest, IntrospectionResponse, PushedClaimToken};
use crate::wire::request::TicketPresentation;
use crate::wire::text::scope_set;
use crate::wire::{
    Bearer, Claim, ClaimToken, Credentials, DecodeError, Endpoint, ErrorCode, ErrorDetails, PermissionTicket,
    PolicyCondition, PolicyTarget, Request, Response, Revision, Rpt, SessionCookie, Timestamp, Uri,
};

const V1: Revision = Revision::V1_0_1;

fn bench(condition: PolicyCondition) -> Bench {
    bench_changed(condition, |_| {})
}

fn bench_changed(condition: PolicyCondition, change: impl FnOnce(&mut AuthorizationServerConfig)) -> Bench {
    let mut bench = protected_with(V1, condition, change);
    for (owner, server) in [("alice", "rs2"), ("carol", "rs1")] {
        let resource = ResourceKey { owner: owner.into(), resource_server: server.into(), ..key("photo") };
        bench.given(Fact::ResourceRegistered { resource, description: described(&["view"]), etag: None });
    }
    party(&mut bench, "aat", Some("bob"), "app");
    bench
}

fn party(bench: &mut Bench, token: &str, person: Option<&str>, client: &str) {
    bench.access_token(token, person, client, scope_set([v1_0_1::AAT_SCOPE]));
}

fn presenting(ticket: &PermissionTicket) -> TicketPresentation {
    TicketPresentation { ticket: ticket.clone(), rpt: None, claim_tokens: Vec::new() }
}

fn ask(bench: &mut Bench, aat: &str, asked: TicketPresentation) -> Response {
    bench.with_bearer(aat, Request::RequestRptForTicket(asked))
}

fn present(bench: &mut Bench, aat: &str, ticket: &PermissionTicket) -> Response {
    ask(bench, aat, presenting(ticket))
}

fn upgrading(bench: &mut Bench, aat: &str, ticket: &PermissionTicket, rpt: &Rpt) -> Response {
    ask(bench, aat, TicketPresentation { rpt: Some(rpt.as_kind()), ..presenting(ticket) })
}

fn granted(response: Response) -> Rpt {
    match response {
        Response::RptGranted(rpt) => rpt,
        other => panic!("no RPT: {other:?}"),
    }
}

fn need_info(response: Response) -> ErrorDetails {
    match response {
        Response::InfoNeeded(details) => details,
        other => panic!("nothing is needed: {other:?}"),
    }
}

fn is_live(bench: &Bench, rpt: &Rpt) -> bool {
    bench.server.rpts.get(&rpt.hashed()).is_some_and(|record| !record.revoked)
}

fn invalid_ticket() -> (u16, Option<ErrorCode>) {
    (400, Some(ErrorCode::InvalidTicket))
}

fn introspect(bench: &mut Bench, pat: &str, token: &Bearer) -> Option<ActiveToken> {
    let asked = IntrospectionRequest { token: token.clone(), resource_id: None, host_id: None };
    match bench.with_bearer(pat, Request::Introspect(asked)) {
        Response::Introspection(IntrospectionResponse::Active(active)) => Some(active),
        _ => None,
    }
}

#[test]
fn a_ticket_leads_to_an_rpt_once() {
    let mut bench = bench(PolicyCondition::Anyone);
    let ticket = view(&mut bench);
    let rpt = granted(present(&mut bench, "aat", &ticket));
    let Some(record) = bench.server.rpts.get(&rpt.hashed()).cloned() else { panic!("unknown") };
    assert_eq!(record.subjects, [Subject { issuer: "https://as.example".into(), person: "bob".into() }]);
    assert_eq!((record.owner, record.resource_server, record.refresh), (None, Some("rs1".into()), None));
    assert_eq!(record.permissions.len(), 1);
    assert_eq!(failed(&present(&mut bench, "aat", &ticket)), invalid_ticket());
    assert!(bench.ruled(Rule::TicketUnspent, false) && is_live(&bench, &rpt));
    let mut mutant = bench.without(&[Rule::TicketUnspent]);
    granted(present(&mut mutant, "aat", &ticket));
}

#[test]
fn the_aat_is_looked_at_before_everything_else() {
    let mut bench = bench(PolicyCondition::Anyone);
    bench.pat("pat", "alice", "rs1");
    bench.access_token("late", Some("bob"), "app", scope_set([v1_0_1::AAT_SCOPE]));
    let unknown = Request::RequestRptForTicket(presenting(&PermissionTicket::new("unknown")));
    let broken = DecodeError { endpoint: Endpoint::Rpt, kind: DecodeErrorKind::Missing("ticket".into()) };
    let each = |credentials: Credentials, expected: (u16, Option<ErrorCode>), bench: &mut Bench| {
        for message in [Ok(unknown.clone()), Err(broken.clone())] {
            assert_eq!(failed(&bench.arrive(credentials.clone(), None, message).message), expected);
        }
    };
    let bearer = |token: &str| Credentials::Bearer(Bearer::new(token));
    each(Credentials::None, (401, None), &mut bench);
    each(bearer("unknown"), (401, Some(ErrorCode::InvalidToken)), &mut bench);
    each(bearer("pat"), (403, Some(ErrorCode::InsufficientScope)), &mut bench);
    assert!(bench.ruled(Rule::AatScope, false));
    let (token, what) = (Bearer::new("aat").hashed(), TokenWhat::AccessToken);
    bench.given(Fact::TokenRevoked { token, what, why: RevocationCause::Asked });
    each(bearer("aat"), (401, Some(ErrorCode::InvalidToken)), &mut bench);
    bench.now = Timestamp::from_secs(4600);
    each(bearer("late"), (401, Some(ErrorCode::InvalidToken)), &mut bench);
    let mut mutant = self::bench(PolicyCondition::Anyone).without(&[Rule::AatScope]);
    mutant.pat("pat", "alice", "rs1");
    let ticket = view(&mut mutant);
    granted(present(&mut mutant, "pat", &ticket));
}

#[test]
fn a_token_with_both_scopes_is_pat_and_aat() {
    let mut bench = bench(PolicyCondition::Anyone);
    let both = scope_set([v1_0_1::PAT_SCOPE, v1_0_1::AAT_SCOPE]);
    bench.access_token("both", Some("alice"), "app", both);
    assert!(matches!(bench.with_bearer("both", Request::ListResources), Response::ResourceList(_)));
    let ticket = view(&mut bench);
    granted(present(&mut bench, "both", &ticket));
}

#[test]
fn unknown_and_expired_tickets_have_their_own_errors() {
    let mut bench = bench(PolicyCondition::Anyone);
    assert_eq!(failed(&present(&mut bench, "aat", &PermissionTicket::new("unknown"))), invalid_ticket());
    let ticket = view(&mut bench);
    bench.now = Timestamp::from_secs(1300);
    assert_eq!(failed(&present(&mut bench, "aat", &ticket)), (400, Some(ErrorCode::ExpiredTicket)));
    assert!(bench.ruled(Rule::TicketFresh, false));
}

#[test]
fn a_ticket_goes_on_until_it_led_to_an_rpt() {
    let mut bench = bench(PolicyCondition::Client("other".into()));
    let ticket = view(&mut bench);
    assert_eq!(failed(&present(&mut bench, "aat", &ticket)), (403, Some(ErrorCode::NotAuthorized)));
    policy(&mut bench, PolicyTarget::AllResources, &["view"], email("bob@as"));
    let details = need_info(present(&mut bench, "aat", &ticket));
    let Some(claims) = details.requesting_party_claims else { panic!("no hint") };
    assert!(claims.redirect_user && claims.ticket.is_none() && details.required_acr.is_empty());
    assert_eq!(claims.required_claims[0].name.as_ref().map(|name| name.as_str()), Some("email"));
    policy(&mut bench, PolicyTarget::AllResources, &["view"], PolicyCondition::OwnerApproves);
    let pending = Response::RequestSubmitted { ticket: None, interval_secs: None };
    assert_eq!(present(&mut bench, "aat", &ticket), pending);
    let asked = bench.last_facts().iter().find_map(|fact| match fact {
        Fact::OwnerAsked { request, .. } => Some(request.clone()),
        _ => None,
    });
    let Some(request) = asked else { panic!("nobody asked") };
    bench.given(Fact::OwnerAnswered { request, owner: "alice".into(), approved: true, at: None });
    bench.server = bench.rebuilt();
    granted(present(&mut bench, "aat", &ticket));
}

#[test]
fn partial_grants_are_a_configuration() {
    for partial in [false, true] {
        let mut bench = bench_changed(PolicyCondition::Anyone, |config| config.partial_grants = partial);
        policy(&mut bench, PolicyTarget::AllResources, &["view"], PolicyCondition::Anyone);
        let ticket = ticket(&mut bench, &[("photo", &["view", "edit"])]);
        let answer = present(&mut bench, "aat", &ticket);
        assert_eq!(matches!(answer, Response::RptGranted(_)), partial, "{answer:?}");
    }
}

#[test]
fn a_ticket_is_of_the_first_client_and_requesting_party() {
    let mut bench = bench(email("bob@as"));
    party(&mut bench, "fresh", Some("bob"), "app");
    party(&mut bench, "eve's", Some("eve"), "app");
    party(&mut bench, "org", None, "app");
    party(&mut bench, "other's", Some("bob"), "other");
    let ticket = view(&mut bench);
    need_info(present(&mut bench, "aat", &ticket));
    for foreign in ["eve's", "org"] {
        assert_eq!(failed(&present(&mut bench, foreign, &ticket)), invalid_ticket());
        assert!(bench.ruled(Rule::TicketOfRequestingParty, false));
    }
    assert_eq!(failed(&present(&mut bench, "other's", &ticket)), invalid_ticket());
    assert!(bench.ruled(Rule::TicketOfClient, false));
    need_info(present(&mut bench, "fresh", &ticket));
    let of_org = view(&mut bench);
    need_info(present(&mut bench, "org", &of_org));
    assert_eq!(failed(&present(&mut bench, "aat", &of_org)), invalid_ticket());
    let mut mutant = bench.without(&[Rule::TicketOfRequestingParty]);
    need_info(present(&mut mutant, "eve's", &ticket));
}

#[test]
fn a_second_client_with_the_ticket_ends_what_was_granted_on_it() {
    let mut bench = bench(PolicyCondition::Anyone);
    party(&mut bench, "other's", Some("bob"), "other");
    let (ticket, unconcerned) = (view(&mut bench), view(&mut bench));
    let rpt = granted(present(&mut bench, "aat", &ticket));
    let kept = granted(present(&mut bench, "aat", &unconcerned));
    present(&mut bench, "aat", &ticket);
    assert!(is_live(&bench, &rpt), "the same client may have sent it twice");
    assert_eq!(failed(&present(&mut bench, "other's", &ticket)), invalid_ticket());
    assert!(bench.ruled(Rule::SecondClientEndsRpts, false));
    assert!(!is_live(&bench, &rpt) && is_live(&bench, &kept));
    let mut mutant = bench.without(&[Rule::SecondClientEndsRpts]);
    assert_eq!(failed(&present(&mut mutant, "other's", &unconcerned)), invalid_ticket());
    assert!(is_live(&mutant, &kept));
    let mut lax = self::bench_changed(PolicyCondition::Anyone, |config| config.v1_0_1.second_client_ends_rpts = false);
    party(&mut lax, "other's", Some("bob"), "other");
    let ticket = view(&mut lax);
    let rpt = granted(present(&mut lax, "aat", &ticket));
    assert_eq!(failed(&present(&mut lax, "other's", &ticket)), invalid_ticket());
    assert!(is_live(&lax, &rpt));
}

#[test]
fn an_rpt_in_the_request_is_upgraded_as_configured() {
    for (upgrade, same, old_lives) in
        [(Upgrade::SameString, true, true), (Upgrade::NewString, false, false), (Upgrade::Never, false, true)]
    {
        let mut bench = bench_changed(PolicyCondition::Anyone, |config| config.upgrade = upgrade);
        bench.pat("pat", "alice", "rs1");
        let (first, second) = (view(&mut bench), ticket(&mut bench, &[("photo", &["edit"])]));
        let old = granted(present(&mut bench, "aat", &first));
        let new = granted(upgrading(&mut bench, "aat", &second, &old));
        assert_eq!((old == new, is_live(&bench, &old)), (same, old_lives), "{upgrade:?}");
        assert_eq!(failed(&present(&mut bench, "aat", &second)), invalid_ticket());
        let scopes = introspect(&mut bench, "pat", &new.as_kind()).map(|active| active.permissions.len());
        assert_eq!(scopes, Some(if upgrade == Upgrade::Never { 1 } else { 2 }), "{upgrade:?}");
    }
}

#[test]
fn an_rpt_of_other_parties_is_not_upgraded() {
    for upgrade in [Upgrade::SameString, Upgrade::NewString] {
        let mut bench = bench_changed(PolicyCondition::Anyone, |config| config.upgrade = upgrade);
        party(&mut bench, "eve's", Some("eve"), "app");
        party(&mut bench, "other's", Some("bob"), "other");
        let first = view(&mut bench);
        let old = granted(present(&mut bench, "aat", &first));
        for (aat, server, rule) in [
            ("eve's", "rs1", Rule::UpgradeOfSameParties),
            ("other's", "rs1", Rule::UpgradeOfClient),
            ("aat", "rs2", Rule::UpgradeOfSameParties),
        ] {
            let ticket = ticket_at(&mut bench, server, &[("photo", &["view"])]);
            let new = granted(upgrading(&mut bench, aat, &ticket, &old));
            assert!(new != old && is_live(&bench, &old) && bench.ruled(rule, false));
            let carried = bench.server.rpts.get(&new.hashed()).map(|record| record.permissions.len());
            assert_eq!(carried, Some(1));
        }
        let ticket = view(&mut bench);
        let mut mutant = bench.without(&[Rule::UpgradeOfSameParties]);
        let new = granted(upgrading(&mut mutant, "eve's", &ticket, &old));
        assert_eq!(new == old, upgrade == Upgrade::SameString);
    }
}

#[test]
fn an_rpt_holds_permissions_of_several_owners_and_a_pat_shows_its_own() {
    let mut bench = bench_changed(PolicyCondition::Anyone, |config| config.upgrade = Upgrade::SameString);
    let of_carol = crate::wire::Policy {
        id: "c".into(),
        target: PolicyTarget::AllResources,
        scopes: scope_set(["view"]),
        condition: PolicyCondition::Anyone,
    };
    bench.given(Fact::PolicySet { owner: "carol".into(), policy: of_carol, version: 2 });
    for (pat, owner, server) in [("a", "alice", "rs1"), ("c", "carol", "rs1"), ("r2", "alice", "rs2")] {
        bench.pat(pat, owner, server);
    }
    let first = view(&mut bench);
    let permissions = vec![crate::wire::PermissionRequest { resource_id: "photo".into(), scopes: scope_set(["view"]) }];
    let Response::PermissionTicket { ticket: second, location: None } =
        bench.with_bearer("c", Request::RequestPermissions { permissions, array: false })
    else {
        panic!("no ticket")
    };
    let rpt = granted(present(&mut bench, "aat", &first));
    assert_eq!(granted(upgrading(&mut bench, "aat", &second, &rpt)), rpt);
    assert_eq!(bench.server.rpts.get(&rpt.hashed()).map(|record| record.permissions.len()), Some(2));
    for pat in ["a", "c"] {
        let shown = introspect(&mut bench, pat, &rpt.as_kind()).map(|active| active.permissions.len());
        assert_eq!(shown, Some(1));
    }
    assert!(introspect(&mut bench, "r2", &rpt.as_kind()).is_none() && bench.ruled(Rule::RptOfServer, false));
}

fn pushing(ticket: &PermissionTicket, tokens: Vec<ClaimToken>) -> TicketPresentation {
    let pushed = |token| PushedClaimToken { token, format: ID_TOKEN_FORMAT.into() };
    TicketPresentation { claim_tokens: tokens.into_iter().map(pushed).collect(), ..presenting(ticket) }
}

fn push(bench: &mut Bench, aat: &str, ticket: &PermissionTicket, tokens: Vec<ClaimToken>) -> Response {
    let request = Request::RequestRptForTicket(pushing(ticket, tokens));
    bench.begin(Credentials::Bearer(Bearer::new(aat)), None, Ok(request));
    serve_idp(bench, None);
    answer(bench)
}

#[test]
fn pushed_claims_count_when_their_token_is_good() {
    let mut bench = bench(email("bob@idp"));
    let ticket = view(&mut bench);
    let forged = signed_id_token(b"forged", |_| {});
    need_info(push(&mut bench, "aat", &ticket, vec![forged.clone()]));
    assert!(bench.ruled(Rule::ClaimTokenSigned, false));
    granted(push(&mut bench, "aat", &ticket, vec![forged, signed_id_token(b"signed", |_| {})]));
    let again = view(&mut bench);
    granted(present(&mut bench, "aat", &again));
}

#[test]
fn claims_are_remembered_for_the_client_and_the_person_at_all_resource_servers() {
    let mut bench = bench(email("bob@as"));
    let first = view(&mut bench);
    need_info(present(&mut bench, "aat", &first));
    let Some(process) = bench.server.tickets.get(&first.hashed()).map(|record| record.process) else {
        panic!("unknown")
    };
    let issuer = Uri::from("https://as.example");
    bench.given(Fact::ClaimsEstablished {
        process,
        client: "app".into(),
        subject: Subject { issuer: issuer.clone(), person: "bob".into() },
        claims: vec![Claim { name: "email".into(), value: "bob@as".into(), issuer }],
        how: ClaimsSource::Gathered(SessionCookie::new("s").hashed()),
        established_at: bench.now,
    });
    granted(present(&mut bench, "aat", &first));
    party(&mut bench, "fresh", Some("bob"), "app");
    party(&mut bench, "other's", Some("bob"), "other");
    bench.server = bench.rebuilt();
    let elsewhere = ticket_at(&mut bench, "rs2", &[("photo", &["view"])]);
    granted(present(&mut bench, "fresh", &elsewhere));
    let of_other = view(&mut bench);
    need_info(present(&mut bench, "other's", &of_other));
    bench.given(Fact::ApprovalWithdrawn { person: "bob".into(), client: "app".into() });
    party(&mut bench, "newest", Some("bob"), "app");
    let after = view(&mut bench);
    need_info(present(&mut bench, "newest", &after));
}

#[test]
fn an_organisation_gets_rpts_for_its_own_credentials_and_is_sent_nowhere() {
    let mut bench = bench(PolicyCondition::Client("app".into()));
    let asked = crate::wire::oauth::TokenRequest::ClientCredentials { scope: scope_set([v1_0_1::AAT_SCOPE]) };
    let answer = bench.ask(credentials("app"), None, Request::Token(asked)).message;
    let Response::Token(tokens) = answer else { panic!("no AAT: {answer:?}") };
    let aat = tokens.access_token.expose().to_owned();
    let ticket = view(&mut bench);
    let rpt = granted(present(&mut bench, &aat, &ticket));
    assert_eq!(bench.server.rpts.get(&rpt.hashed()).map(|record| record.subjects.len()), Some(0));
    policy(&mut bench, PolicyTarget::AllResources, &["view"], email("bob@as"));
    let again = view(&mut bench);
    let details = need_info(present(&mut bench, &aat, &again));
    assert!(details.requesting_party_claims.is_some_and(|claims| !claims.redirect_user));
}
