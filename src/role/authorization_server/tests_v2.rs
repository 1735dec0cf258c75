//! The UMA grant of 2.0: tickets, claims, assessment and its results.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, failed};
use super::testing_uma::*;
use crate::role::{Effect, Input, Machine, Rule};
use crate::trace::note::{Assessed, AssessedResource};
use crate::trace::{Fact, Note};
use crate::wire::text::scope_set;
use crate::wire::{
    ErrorCode, Permission, PermissionTicket, PolicyCondition, PolicyTarget, Response, Revision, Text, Timestamp, Uri,
};

const V2: Revision = Revision::V2_0;

fn assessed(bench: &Bench) -> Assessed {
    let note = |effect: &Effect| match effect {
        Effect::Note(Note::Assessed(assessed)) => Some((**assessed).clone()),
        _ => None,
    };
    let Some(assessed) = bench.last.out.iter().find_map(note) else { panic!("nothing was assessed") };
    assessed
}

fn granted(bench: &Bench) -> Vec<Permission> {
    let permissions = |fact: &Fact| match fact {
        Fact::RptIssued { permissions, .. } => Some(permissions.iter().map(|it| it.permission.clone()).collect()),
        _ => None,
    };
    bench.last_facts().iter().find_map(permissions).unwrap_or_default()
}

fn next(response: &Response) -> PermissionTicket {
    match response {
        Response::NeedInfo { ticket: Some(ticket), .. } | Response::RequestSubmitted { ticket: Some(ticket), .. } => {
            ticket.clone()
        }
        other => panic!("no ticket: {other:?}"),
    }
}

fn invalid_grant() -> (u16, Option<ErrorCode>) {
    (400, Some(ErrorCode::InvalidGrant))
}

fn denied() -> (u16, Option<ErrorCode>) {
    (403, Some(ErrorCode::RequestDenied))
}

/// Grant §3.3.4, the worked example.
fn album(partial: bool) -> (Bench, Response) {
    let mut bench = bench_with(V2, |config| config.partial_grants = partial);
    resource(&mut bench, "album", &["view", "edit", "download"]);
    for photo in ["photo1", "photo2"] {
        resource(&mut bench, photo, &["view", "resize", "print", "download"]);
    }
    let target = PolicyTarget::Resources(vec!["photo1".into()]);
    policy(&mut bench, target, &["view"], PolicyCondition::Anyone);
    let ticket = ticket(&mut bench, &[("album", &["edit"]), ("photo1", &["view"]), ("photo2", &["view"])]);
    let mut asked = plain(&ticket);
    asked.scope = scope_set(["download"]);
    let answer = grant(&mut bench, asked);
    (bench, answer)
}

#[test]
fn the_worked_example_comes_out_as_in_the_text() {
    let (bench, answer) = album(true);
    assert!(matches!(answer, Response::Token(_)));
    let rows = assessed(&bench).resources;
    let row = |row: &AssessedResource| (row.requested.clone(), row.candidate_granted.clone());
    let expected = [
        (scope_set(["edit", "download"]), scope_set([])),
        (scope_set(["view", "download"]), scope_set(["view"])),
        (scope_set(["view", "download"]), scope_set([])),
    ];
    assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), expected);
    let permissions = granted(&bench);
    assert_eq!((permissions.len(), permissions[0].scopes.clone()), (1, scope_set(["view"])));
}

#[test]
fn without_partial_grants_the_worked_example_is_denied() {
    let (bench, answer) = album(false);
    assert_eq!(failed(&answer), denied());
    assert!(bench.last_facts().iter().any(|fact| matches!(fact, Fact::RequestDenied { .. })));
}

#[test]
fn a_policy_for_anyone_gives_an_rpt_that_expires_in_whole_seconds() {
    let mut bench = protected(V2, PolicyCondition::Anyone);
    bench.now = Timestamp(1_000_400_000);
    let ticket = view(&mut bench);
    let Ok(tokens) = tokens(grant(&mut bench, plain(&ticket))) else { panic!("no RPT") };
    assert_eq!((tokens.expires_in_secs, tokens.scope, tokens.upgraded), (Some(3599), None, false));
    assert!(tokens.refresh_token.is_some() && tokens.pct.is_none());
    assert_eq!(granted(&bench)[0].expires_at, Some(Timestamp::from_secs(4600)));
}

#[test]
fn a_ticket_is_good_once_in_time_and_for_one_client() {
    let mut bench = protected(V2, email("bob@idp"));
    let first = view(&mut bench);
    let second = next(&grant(&mut bench, plain(&first)));
    assert_ne!(first, second);
    assert_eq!(failed(&grant(&mut bench, plain(&first))), invalid_grant());
    assert!(bench.ruled(Rule::TicketUnspent, false) && bench.last_facts().is_empty());
    assert_eq!(failed(&grant_to(&mut bench, "other", plain(&second))), invalid_grant());
    assert!(bench.ruled(Rule::TicketOfClient, false) && bench.last_facts().is_empty());
    bench.now = Timestamp::from_secs(1300);
    assert_eq!(failed(&grant(&mut bench, plain(&second))), invalid_grant());
    assert!(bench.ruled(Rule::TicketFresh, false));
    let unknown = PermissionTicket::new("unknown");
    assert_eq!(failed(&grant(&mut bench, plain(&unknown))), invalid_grant());
    let mut mutant = bench.without(&[Rule::TicketUnspent, Rule::TicketFresh, Rule::TicketOfClient]);
    next(&grant_to(&mut mutant, "other", plain(&first)));
}

#[test]
fn a_client_that_fails_to_authenticate_spends_nothing() {
    let mut bench = protected(V2, PolicyCondition::Anyone);
    let ticket = view(&mut bench);
    assert_eq!(failed(&grant_to(&mut bench, "nobody", plain(&ticket))).0, 401);
    assert!(tokens(grant(&mut bench, plain(&ticket))).is_ok());
}

#[test]
fn what_no_policy_permits_is_denied() {
    for condition in [PolicyCondition::All(Vec::new()), PolicyCondition::Any(Vec::new())] {
        let mut bench = protected(V2, condition);
        let ticket = view(&mut bench);
        assert_eq!(failed(&grant(&mut bench, plain(&ticket))), denied());
        assert!(bench.ruled(Rule::PolicyPermits, false));
        let mut mutant = bench.without(&[Rule::PolicyPermits]);
        let ticket = view(&mut mutant);
        assert!(tokens(grant(&mut mutant, plain(&ticket))).is_ok());
    }
}

#[test]
fn client_and_time_conditions_hold_or_fail() {
    let until = Timestamp::from_secs(1010);
    let between = PolicyCondition::Between { from: Timestamp::from_secs(1000), until };
    let mut bench = protected(V2, PolicyCondition::All(vec![PolicyCondition::Client("app".into()), between]));
    let first = view(&mut bench);
    assert_eq!(failed(&grant_to(&mut bench, "other", plain(&first))), denied());
    let second = view(&mut bench);
    assert!(tokens(grant(&mut bench, plain(&second))).is_ok());
    let third = view(&mut bench);
    bench.now = until;
    assert_eq!(failed(&grant(&mut bench, plain(&third))), denied());
}

#[test]
fn policies_speak_of_types_and_of_registered_scopes_only() {
    let mut bench = protected(V2, PolicyCondition::Anyone);
    policy(&mut bench, PolicyTarget::Type("photo".into()), &["view"], PolicyCondition::Anyone);
    let first = ticket(&mut bench, &[("photo", &["view"])]);
    assert!(tokens(grant(&mut bench, plain(&first))).is_ok());
    let removed = view(&mut bench);
    resource(&mut bench, "photo", &["edit"]);
    assert_eq!(failed(&grant(&mut bench, plain(&removed))), denied());
    assert!(bench.ruled(Rule::ScopeRegisteredForResource, false));
    policy(&mut bench, PolicyTarget::Type("film".into()), &["edit"], PolicyCondition::Anyone);
    let other_type = ticket(&mut bench, &[("photo", &["edit"])]);
    assert_eq!(failed(&grant(&mut bench, plain(&other_type))), denied());
}

#[test]
fn a_permission_without_scopes_needs_a_policy_too() {
    let mut bench = protected(V2, PolicyCondition::Anyone);
    let covered = ticket(&mut bench, &[("photo", &[])]);
    assert!(tokens(grant(&mut bench, plain(&covered))).is_ok());
    assert!(granted(&bench)[0].scopes.is_empty());
    policy(&mut bench, PolicyTarget::Resources(Vec::new()), &["view"], PolicyCondition::Anyone);
    let uncovered = ticket(&mut bench, &[("photo", &[])]);
    assert_eq!(failed(&grant(&mut bench, plain(&uncovered))), denied());
}

#[test]
fn named_scopes_must_exist_and_count_only_when_pre_registered() {
    let mut bench = protected(V2, PolicyCondition::Anyone);
    let mut asked = plain(&view(&mut bench));
    asked.scope = scope_set(["nonsense"]);
    assert_eq!(failed(&grant(&mut bench, asked.clone())), (400, Some(ErrorCode::InvalidScope)));
    assert!(bench.ruled(Rule::RequestedScopeAvailable, false));
    assert_eq!(failed(&grant(&mut bench, asked.clone())), invalid_grant(), "the process is over");
    asked.ticket = view(&mut bench);
    asked.scope = scope_set(["edit"]);
    assert!(tokens(grant(&mut bench, asked.clone())).is_ok());
    assert!(bench.ruled(Rule::RequestedScopePreRegistered, false));
    assert_eq!(granted(&bench)[0].scopes, scope_set(["view"]));
    let mut mutant = bench.without(&[Rule::RequestedScopePreRegistered]);
    asked.ticket = view(&mut mutant);
    assert!(tokens(grant(&mut mutant, asked)).is_ok());
    assert_eq!(granted(&mutant)[0].scopes, scope_set(["view", "edit"]));
}

#[test]
fn need_info_hints_at_what_is_missing_and_the_token_brings_it() {
    let mut bench = protected(V2, email("bob@idp"));
    let first = view(&mut bench);
    let answer = grant(&mut bench, plain(&first));
    let Response::NeedInfo { required_claims, redirect_user, .. } = &answer else { panic!("{answer:?}") };
    assert_eq!(required_claims[0].name, Some("email".into()));
    assert_eq!(required_claims[0].issuer, [Uri::from("https://as.example"), Uri::from(IDP)]);
    assert_eq!(*redirect_user, Some(Uri::from("https://as.example/claims")));
    let second = next(&answer);
    let Ok(tokens) = tokens(push(&mut bench, &second, id_token(|_| {}))) else { panic!("no RPT") };
    assert!(tokens.pct.is_some());
    assert!(bench.last_facts().iter().any(|fact| matches!(fact, Fact::ClaimsEstablished { .. })));
}

#[test]
fn a_claim_with_another_value_is_not_asked_for_again() {
    let mut bench = protected(V2, email("alice@idp"));
    let first = view(&mut bench);
    assert_eq!(failed(&push(&mut bench, &first, id_token(|_| {}))), denied());
    let issuer = Some(Uri::from(IDP));
    let condition = PolicyCondition::Claim { name: "role".into(), value: "doctor".into(), issuer, max_age_secs: None };
    policy(&mut bench, PolicyTarget::AllResources, &["view"], condition);
    let second = view(&mut bench);
    assert_eq!(failed(&push(&mut bench, &second, id_token(|_| {}))), denied(), "its issuer has spoken");
}

#[test]
fn the_requesting_party_is_who_a_trusted_issuer_says() {
    let condition = PolicyCondition::RequestingParty { issuer: Uri::from(IDP), subject: "bob".into() };
    let mut bench = protected(V2, condition);
    let first = view(&mut bench);
    let answer = grant(&mut bench, plain(&first));
    let Response::NeedInfo { required_claims, redirect_user, .. } = &answer else { panic!("{answer:?}") };
    assert_eq!((required_claims.len(), redirect_user), (1, &None));
    assert!(tokens(push(&mut bench, &next(&answer), id_token(|_| {}))).is_ok());
    let other = view(&mut bench);
    assert_eq!(failed(&push(&mut bench, &other, id_token(|it| it.subject = "eve".into()))), denied());
}

#[test]
fn a_claim_token_that_cannot_be_believed_does_not_count() {
    type Change = fn(&mut crate::wire::IdTokenClaims);
    let cases: [(Rule, &[u8], Change); 4] = [
        (Rule::ClaimTokenIssuerTrusted, b"signed", |it| it.issuer = Uri::from("https://evil.example")),
        (Rule::ClaimTokenAudience, b"signed", |it| it.nonce = None),
        (Rule::ClaimTokenFresh, b"signed", |it| it.expires_at = Timestamp::from_secs(1000)),
        (Rule::ClaimTokenSigned, b"forged", |_| {}),
    ];
    for (rule, signature, change) in cases {
        let mut bench = protected(V2, email("bob@idp"));
        let first = view(&mut bench);
        let answer = push(&mut bench, &first, signed_id_token(signature, change));
        assert!(matches!(answer, Response::NeedInfo { .. }), "{rule}: {answer:?}");
        assert!(bench.ruled(rule, false), "{rule}");
        let mut mutant = bench.without(&[rule]);
        let second = view(&mut mutant);
        let answer = push(&mut mutant, &second, signed_id_token(signature, change));
        let from_elsewhere = rule == Rule::ClaimTokenIssuerTrusted;
        assert!(from_elsewhere || matches!(answer, Response::Token(_)), "{rule}: {answer:?}");
    }
}

#[test]
fn a_claim_token_for_this_server_or_of_another_format() {
    let mut bench = protected(V2, email("bob@idp"));
    let first = view(&mut bench);
    let token = id_token(|it| {
        it.nonce = None;
        it.audience.insert("https://as.example".into());
    });
    assert!(tokens(push(&mut bench, &first, token)).is_ok());
    let second = view(&mut bench);
    let mut asked = pushing(&second, id_token(|_| {}));
    if let Some(pushed) = &mut asked.claim_token {
        pushed.format = "urn:other".into();
    }
    assert!(matches!(grant(&mut bench, asked), Response::NeedInfo { .. }));
}

#[test]
fn without_keys_a_ticket_is_redeemed_without_the_claims() {
    let mut bench = protected(V2, email("bob@idp"));
    let ticket = view(&mut bench);
    let request = crate::wire::oauth::TokenRequest::UmaTicket(pushing(&ticket, id_token(|_| {})));
    bench.begin(credentials("app"), None, Ok(crate::wire::Request::Token(request)));
    assert!(bench.last_facts().is_empty(), "nothing is spent while it waits");
    let Some((exchange, _)) = sent(&bench) else { panic!("nobody is asked") };
    let reason = crate::message::FailureReason::TimedOut;
    bench.run(|server, cx| server.handle(cx, Input::Failed { exchange, reason }));
    assert!(matches!(answer(&bench), Response::NeedInfo { .. }));
}

#[test]
fn a_pct_brings_claims_of_the_same_client_while_fresh() {
    let mut bench = protected(V2, email("bob@idp"));
    let first = view(&mut bench);
    let Ok(tokens) = tokens(push(&mut bench, &first, id_token(|_| {}))) else { panic!("no RPT") };
    let with_pct = |bench: &mut Bench, client: &str| {
        let mut asked = plain(&view(bench));
        asked.pct = tokens.pct.clone();
        matches!(grant_to(bench, client, asked), Response::Token(_))
    };
    assert!(with_pct(&mut bench, "app"));
    assert!(!with_pct(&mut bench, "other") && bench.ruled(Rule::PctOfClient, false));
    bench.now = Timestamp::from_secs(4600);
    let mut mutant = bench.without(&[Rule::PctOfClient, Rule::PctFresh]);
    mutant.now = Timestamp::from_secs(1100);
    assert!(with_pct(&mut mutant, "other"));
}

#[test]
fn a_claim_may_be_too_old() {
    let condition = PolicyCondition::Claim {
        name: "email".into(),
        value: "bob@idp".into(),
        issuer: Some(Uri::from(IDP)),
        max_age_secs: Some(60),
    };
    let mut bench = protected(V2, condition);
    let first = view(&mut bench);
    let Ok(tokens) = tokens(push(&mut bench, &first, id_token(|_| {}))) else { panic!("no RPT") };
    bench.now = Timestamp::from_secs(1061);
    let mut asked = plain(&view(&mut bench));
    asked.pct = tokens.pct;
    let answer = grant(&mut bench, asked.clone());
    assert!(matches!(answer, Response::NeedInfo { .. }) && bench.ruled(Rule::ClaimFresh, false));
    let mut mutant = bench.without(&[Rule::ClaimFresh]);
    asked.ticket = next(&answer);
    assert!(matches!(grant(&mut mutant, asked), Response::Token(_)));
}

fn requests(bench: &Bench) -> Vec<Text> {
    let asked = |fact: &Fact| match fact {
        Fact::OwnerAsked { request, .. } => Some(request.clone()),
        _ => None,
    };
    bench.facts.iter().filter_map(asked).collect()
}

fn decide(bench: &mut Bench, approved: bool) {
    let Some(request) = requests(bench).pop() else { panic!("nobody asked") };
    bench.given(Fact::OwnerAnswered { request, owner: "alice".into(), approved, at: None });
}

#[test]
fn the_owner_is_asked_once_and_the_answer_arrives() {
    for approved in [true, false] {
        let mut bench = protected(V2, PolicyCondition::OwnerApproves);
        let mut ticket = view(&mut bench);
        for _ in 0..2 {
            let answer = grant(&mut bench, plain(&ticket));
            ticket = next(&answer);
            bench.now = bench.now + crate::wire::Duration::from_secs(5);
        }
        assert_eq!(requests(&bench).len(), 1);
        decide(&mut bench, approved);
        let answer = grant(&mut bench, plain(&ticket));
        assert_eq!(matches!(answer, Response::Token(_)), approved, "{answer:?}");
        assert_eq!(failed(&answer) == denied(), !approved);
    }
}

#[test]
fn an_answer_settles_its_own_process_only() {
    let mut bench = protected(V2, PolicyCondition::OwnerApproves);
    let first = view(&mut bench);
    next(&grant(&mut bench, plain(&first)));
    decide(&mut bench, true);
    let second = view(&mut bench);
    next(&grant(&mut bench, plain(&second)));
    assert!(bench.ruled(Rule::OwnerApprovedThisProcess, false));
    let mut mutant = bench.without(&[Rule::OwnerApprovedThisProcess]);
    let third = view(&mut mutant);
    assert!(matches!(grant(&mut mutant, plain(&third)), Response::Token(_)));
}

#[test]
fn a_poll_that_comes_too_early_learns_nothing_and_may_come_again() {
    let mut bench = protected(V2, PolicyCondition::OwnerApproves);
    let first = view(&mut bench);
    let second = next(&grant(&mut bench, plain(&first)));
    decide(&mut bench, true);
    let third = next(&grant(&mut bench, plain(&second)));
    assert!(bench.ruled(Rule::PollNotTooEarly, false));
    bench.now = Timestamp::from_secs(1005);
    assert!(matches!(grant(&mut bench, plain(&third)), Response::Token(_)));
}

#[test]
fn claims_come_before_the_owner() {
    let both = PolicyCondition::All(vec![email("bob@idp"), PolicyCondition::OwnerApproves]);
    let mut bench = protected(V2, both);
    let first = view(&mut bench);
    let answer = grant(&mut bench, plain(&first));
    assert!(matches!(answer, Response::NeedInfo { .. }) && requests(&bench).is_empty());
    let answer = push(&mut bench, &next(&answer), id_token(|_| {}));
    assert!(matches!(answer, Response::RequestSubmitted { .. }) && requests(&bench).len() == 1);
}

#[test]
fn a_rebuilt_server_goes_on_where_the_old_one_stopped() {
    let mut bench = protected(V2, PolicyCondition::All(vec![email("bob@idp"), PolicyCondition::OwnerApproves]));
    let first = view(&mut bench);
    let second = next(&push(&mut bench, &first, id_token(|_| {})));
    decide(&mut bench, true);
    bench.server = bench.rebuilt();
    assert_eq!(failed(&grant(&mut bench, plain(&first))), invalid_grant());
    bench.now = Timestamp::from_secs(1010);
    assert!(matches!(grant(&mut bench, plain(&second)), Response::Token(_)));
}

#[test]
fn tickets_are_forgotten_only_long_after_they_expired() {
    let mut bench = protected(V2, PolicyCondition::Anyone);
    let first = view(&mut bench);
    assert!(matches!(grant(&mut bench, plain(&first)), Response::Token(_)));
    bench.now = Timestamp::from_secs(1300 + 600 - 1);
    view(&mut bench);
    grant(&mut bench, plain(&first));
    assert!(bench.ruled(Rule::TicketUnspent, false));
    bench.now = Timestamp::from_secs(1300 + 600);
    view(&mut bench);
    grant(&mut bench, plain(&first));
    assert!(!bench.ruled(Rule::TicketUnspent, false), "nothing is known of it");
}
