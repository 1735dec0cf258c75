//! What an operator registers and removes at an authorization server that runs.

#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, failed};
use super::testing_uma::{IDP, email, grant, id_token, plain, protected_with, push, sent, tokens, view};
use super::{AuthorizationServer, AuthorizationServerConfig};
use crate::role::operation::{NewAccount, OnClients, OnIssuers, OnPeople, Operation, Report};
use crate::role::{Act, Effect, Input, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{AccountAdded, ClaimsSource, IssuerTrusted, Subject, TokenWhat};
use crate::wire::oauth::{KeySource, TokenResponse};
use crate::wire::text::scope_set;
use crate::wire::{
    ClaimToken, Configuration, ErrorCode, PasswordVerifier, PermissionTicket, PolicyCondition, PolicyId, Request,
    Response, Revision, Rpt, Timestamp, TokenHash, Uri,
};
use std::collections::BTreeMap;

const V2: Revision = Revision::V2_0;

fn order(bench: &mut Bench, operation: Operation) -> Report {
    bench.run(|server, cx| server.handle(cx, Input::Act(Act::Operate { order: 3, operation })));
    let report = |effect: &Effect| match effect {
        Effect::Report { order: 3, report } => Some((**report).clone()),
        _ => None,
    };
    bench.last.out.iter().find_map(report).unwrap_or(Report::NotHere)
}

fn issuers(bench: &mut Bench, wanted: OnIssuers) -> Report {
    order(bench, Operation::Issuers(wanted))
}

fn idp() -> IssuerTrusted {
    IssuerTrusted { issuer: Uri::from(IDP), keys: None, audience: None }
}

fn trust(bench: &mut Bench) {
    assert_eq!(issuers(bench, OnIssuers::Put(idp())), Report::Done { created: true });
}

fn distrust(bench: &mut Bench) {
    assert_eq!(issuers(bench, OnIssuers::Remove(Uri::from(IDP))), Report::Done { created: false });
}

// A server whose configuration trusts nobody.
fn trusting_nobody(condition: PolicyCondition) -> Bench {
    protected_with(V2, condition, |config: &mut AuthorizationServerConfig| config.trusted_issuers.clear())
}

fn pushes(bench: &mut Bench) -> Response {
    let ticket = view(bench);
    push(bench, &ticket, id_token(|_| {}))
}

fn got(bench: &mut Bench) -> TokenResponse {
    match tokens(pushes(bench)) {
        Ok(tokens) => tokens,
        Err(other) => panic!("no RPT but {other:?}"),
    }
}

fn revoked(bench: &Bench, tokens: &TokenResponse) -> bool {
    let rpt: TokenHash<_> = Rpt::new(tokens.access_token.expose()).hashed();
    bench.server.rpts.get(&rpt).is_some_and(|record| record.revoked)
}

// From all facts, and from those that a snapshot would hold.
fn comes_back(bench: &Bench) {
    let mut swept = bench.server.clone();
    swept.forget_ended(bench.now);
    let mut from_snapshot = AuthorizationServer::new(bench.server.config.clone());
    bench.facts.iter().filter(|fact| swept.needs(fact)).for_each(|fact| from_snapshot.apply(fact));
    for rebuilt in [bench.rebuilt(), from_snapshot] {
        assert_eq!(rebuilt.added_issuers, bench.server.added_issuers);
        for fact in &bench.facts {
            if let Fact::ClaimsEstablished { process, .. } = fact {
                assert_eq!(rebuilt.claims.of(*process), bench.server.claims.of(*process));
            }
        }
    }
}

#[test]
fn an_issuer_is_believed_from_when_the_operator_says_so_and_no_longer() {
    let mut bench = trusting_nobody(email("bob@idp"));
    assert!(matches!(pushes(&mut bench), Response::NeedInfo { .. }));
    assert!(bench.ruled(Rule::ClaimTokenIssuerTrusted, false));
    trust(&mut bench);
    got(&mut bench);
    comes_back(&bench);
    assert_eq!(issuers(&mut bench, OnIssuers::Put(idp())), Report::Done { created: false });
    assert!(bench.last_facts().is_empty());
    distrust(&mut bench);
    assert!(matches!(pushes(&mut bench), Response::NeedInfo { .. }));
    assert!(bench.ruled(Rule::ClaimTokenIssuerTrusted, false));
    assert_eq!(issuers(&mut bench, OnIssuers::Remove(Uri::from(IDP))), Report::Unknown);
    comes_back(&bench);
}

#[test]
fn what_was_granted_on_the_word_of_an_issuer_ends_with_the_trust() {
    let mut bench = trusting_nobody(email("bob@idp"));
    trust(&mut bench);
    let tokens = got(&mut bench);
    distrust(&mut bench);
    assert!(revoked(&bench, &tokens));
    let ended = |what: TokenWhat| {
        let is = |fact: &&Fact| matches!(fact, Fact::TokenRevoked { what: it, .. } if *it == what);
        bench.last_facts().iter().filter(is).count()
    };
    assert_eq!([TokenWhat::Rpt, TokenWhat::RefreshToken, TokenWhat::Pct].map(ended), [1, 1, 1]);
    // The PCT brings nothing back, also when the issuer is trusted again.
    trust(&mut bench);
    let mut asked = plain(&view(&mut bench));
    asked.pct = tokens.pct;
    assert!(matches!(grant(&mut bench, asked), Response::NeedInfo { .. }));
}

#[test]
fn without_the_rule_what_was_granted_outlives_the_trust() {
    let mut bench = trusting_nobody(email("bob@idp")).without(&[Rule::WithdrawalReachesTokens]);
    trust(&mut bench);
    let tokens = got(&mut bench);
    distrust(&mut bench);
    assert!(!revoked(&bench, &tokens));
}

#[test]
fn what_an_issuer_said_in_an_open_process_does_not_count_any_more() {
    let condition = PolicyCondition::All(vec![email("bob@idp"), PolicyCondition::OwnerApproves]);
    for distrusted in [false, true] {
        let mut bench = trusting_nobody(condition.clone());
        trust(&mut bench);
        let Response::RequestSubmitted { ticket, .. } = pushes(&mut bench) else { panic!("nobody is asked") };
        if distrusted {
            distrust(&mut bench);
        }
        comes_back(&bench);
        let request = bench.facts.iter().find_map(|fact| match fact {
            Fact::OwnerAsked { request, .. } => Some(request.clone()),
            _ => None,
        });
        let request = request.unwrap_or_default();
        bench.given(Fact::OwnerAnswered { request, owner: "alice".into(), approved: true, at: None });
        let Some(ticket) = ticket else { panic!("no ticket to go on with") };
        bench.now = Timestamp::from_secs(1005);
        let came = grant(&mut bench, plain(&ticket));
        assert_eq!(matches!(came, Response::Token(_)), !distrusted, "{came:?}");
    }
}

#[test]
fn keys_are_those_of_the_newest_order() {
    let mut bench = trusting_nobody(email("bob@idp"));
    trust(&mut bench);
    got(&mut bench);
    // Keys that fit nothing: what was fetched before does not count any more.
    let elsewhere = IssuerTrusted { keys: Some(KeySource::Here(Vec::new())), ..idp() };
    assert_eq!(issuers(&mut bench, OnIssuers::Put(elsewhere)), Report::Done { created: false });
    assert!(matches!(pushes(&mut bench), Response::NeedInfo { .. }) && bench.ruled(Rule::ClaimTokenSigned, false));
    let place = IssuerTrusted { keys: Some(KeySource::At("https://keys.example/idp".into())), ..idp() };
    issuers(&mut bench, OnIssuers::Put(place));
    let ticket = view(&mut bench);
    begin(&mut bench, &ticket, id_token(|_| {}));
    assert_eq!(sent(&bench).map(|(_, call)| call.to), Some(Uri::from("https://keys.example/idp")));
}

fn begin(bench: &mut Bench, ticket: &PermissionTicket, token: ClaimToken) {
    let pushed = super::testing_uma::pushing(ticket, token);
    let request = Request::Token(crate::wire::oauth::TokenRequest::UmaTicket(pushed));
    bench.begin(super::testing_uma::credentials("app"), None, Ok(request));
}

#[test]
fn an_audience_is_one_more_name_of_the_server() {
    let mut bench = trusting_nobody(email("bob@idp"));
    let strange = |bench: &mut Bench| {
        let ticket = view(bench);
        let token = id_token(|it| {
            it.nonce = None;
            it.audience = ["family".into()].into();
        });
        push(bench, &ticket, token)
    };
    trust(&mut bench);
    assert!(matches!(strange(&mut bench), Response::NeedInfo { .. }) && bench.ruled(Rule::ClaimTokenAudience, false));
    issuers(&mut bench, OnIssuers::Put(IssuerTrusted { audience: Some("family".into()), ..idp() }));
    assert!(matches!(strange(&mut bench), Response::Token(_)));
}

#[test]
fn an_issuer_of_the_configuration_is_the_configurations() {
    let mut bench = protected_with(V2, email("bob@idp"), |_| {});
    for wanted in [OnIssuers::Put(idp()), OnIssuers::Remove(Uri::from(IDP))] {
        assert_eq!(issuers(&mut bench, wanted), Report::Configured);
        assert!(bench.last_facts().is_empty());
    }
    bench.server.config.claims_from = Some(Uri::from("https://claims.example"));
    for own in ["https://as.example", "https://claims.example"] {
        let own = IssuerTrusted { issuer: Uri::from(own), ..idp() };
        assert_eq!(issuers(&mut bench, OnIssuers::Put(own)), Report::Configured);
    }
    bench.server.config.claims_from = None;
    got(&mut bench);
    let Report::Issuers(all) = issuers(&mut bench, OnIssuers::List) else { panic!("no list") };
    assert!(all.len() == 1 && all[0].configured);
}

#[test]
fn the_document_names_claim_tokens_while_an_issuer_is_believed() {
    let mut bench = protected_with(Revision::V1_0_1, email("bob@idp"), |config| config.trusted_issuers.clear());
    let profiles = |bench: &mut Bench| match bench.browse("", Request::GetConfiguration) {
        Response::Configuration(document) => {
            let Configuration { claim_profiles, .. } = *document;
            claim_profiles.len()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(profiles(&mut bench), 0);
    trust(&mut bench);
    assert_eq!(profiles(&mut bench), 1);
    distrust(&mut bench);
    assert_eq!(profiles(&mut bench), 0);
}

fn carol() -> NewAccount {
    let claims = BTreeMap::from([("email".into(), "carol@as".into())]);
    NewAccount { name: "carol".into(), verifier: PasswordVerifier::new("carol"), second_factor: None, claims }
}

#[test]
fn an_owner_who_is_removed_permits_nothing_any_more() {
    let mut bench = trusting_nobody(PolicyCondition::Anyone);
    // What alice has is now somebody's who can be removed.
    bench.server.config.accounts.remove("alice");
    let alice = NewAccount { name: "alice".into(), ..carol() };
    order(&mut bench, Operation::People(OnPeople::Put(alice)));
    bench.pat("pat", "alice", "rs1");
    bench.given(Fact::ApprovalGiven {
        person: "alice".into(),
        client: "rs1".into(),
        scope: scope_set([bench.server.dialect().pat_scope()]),
    });
    let first = view(&mut bench);
    let Ok(tokens) = tokens(grant(&mut bench, plain(&first))) else { panic!("no RPT") };
    let removed = order(&mut bench, Operation::People(OnPeople::Remove("alice".into())));
    assert_eq!(removed, Report::Done { created: false });
    assert!(bench.server.policies.get(&"alice".into(), &PolicyId::from("p")).is_none());
    let rpt: TokenHash<_> = Rpt::new(tokens.access_token.expose()).hashed();
    let left = bench.server.rpts.get(&rpt).map(|record| record.permissions.len());
    assert_eq!(left, Some(0), "what rested on the policy is withdrawn");
    assert_eq!(failed(&bench.with_bearer("pat", Request::ListResources)), (401, Some(ErrorCode::InvalidToken)));
    assert!(!bench.rebuilt().oauth.needs(&Fact::AccountAdded(added())));
}

fn added() -> AccountAdded {
    let NewAccount { name, verifier, second_factor, claims } = carol();
    AccountAdded { name, person: "carol".into(), verifier, second_factor, claims }
}

#[test]
fn requests_that_wait_for_a_removed_owner_are_refused() {
    let mut bench = trusting_nobody(PolicyCondition::OwnerApproves);
    bench.server.config.accounts.remove("alice");
    order(&mut bench, Operation::People(OnPeople::Put(NewAccount { name: "alice".into(), ..carol() })));
    let first = view(&mut bench);
    assert!(matches!(grant(&mut bench, plain(&first)), Response::RequestSubmitted { .. }));
    order(&mut bench, Operation::People(OnPeople::Remove("alice".into())));
    let refused = |fact: &&Fact| matches!(fact, Fact::OwnerAnswered { approved: false, .. });
    assert_eq!(bench.last_facts().iter().filter(refused).count(), 1);
}

#[test]
fn what_a_removed_person_got_as_a_requesting_party_ends() {
    let mut bench = trusting_nobody(email("carol@as"));
    order(&mut bench, Operation::People(OnPeople::Put(carol())));
    let subject = Subject { issuer: Uri::from("https://as.example"), person: "carol".into() };
    let ticket = view(&mut bench);
    let process = bench.server.tickets.get(&ticket.hashed()).map(|record| record.process);
    let Some(process) = process else { panic!("no process") };
    let claim = crate::wire::Claim { name: "email".into(), value: "carol@as".into(), issuer: subject.issuer.clone() };
    bench.given(Fact::ClaimsEstablished {
        process,
        client: "app".into(),
        subject,
        claims: vec![claim],
        how: ClaimsSource::Gathered(crate::wire::SessionCookie::new("x").hashed()),
        established_at: bench.now,
    });
    let mut other = bench_copy(&bench);
    let Ok(got) = tokens(grant(&mut bench, plain(&ticket))) else { panic!("no RPT") };
    order(&mut bench, Operation::People(OnPeople::Remove("carol".into())));
    assert!(revoked(&bench, &got));
    // Where the person goes before the claims are used, they are not.
    order(&mut other, Operation::People(OnPeople::Remove("carol".into())));
    assert!(!matches!(grant(&mut other, plain(&ticket)), Response::Token(_)));
    comes_back(&other);
}

fn bench_copy(bench: &Bench) -> Bench {
    let mut copy = Bench::with(bench.server.config.clone());
    bench.facts.iter().for_each(|fact| copy.given(fact.clone()));
    copy
}

#[test]
fn what_a_removed_client_got_ends() {
    let mut bench = trusting_nobody(PolicyCondition::Anyone);
    let metadata = bench.server.config.clients[0].metadata.clone();
    bench.server.config.clients.clear();
    bench.server.oauth = crate::role::oauth::OAuth::default();
    let introduced = order(&mut bench, Operation::Clients(OnClients::Put(Some("app".into()), metadata)));
    let Report::Introduced { information, created: true } = introduced else { panic!("{introduced:?}") };
    let secret = information.client_secret.unwrap_or_else(|| panic!("no secret"));
    let credentials = crate::wire::ClientAuthentication::Basic("app".into(), secret);
    let first = view(&mut bench);
    let ask = |bench: &mut Bench, ticket: &PermissionTicket| {
        let request = crate::wire::oauth::TokenRequest::UmaTicket(plain(ticket));
        let credentials = crate::wire::Credentials::Client(credentials.clone());
        bench.ask(credentials, None, Request::Token(request)).message
    };
    let Ok(got) = tokens(ask(&mut bench, &first)) else { panic!("no RPT") };
    assert_eq!(order(&mut bench, Operation::Clients(OnClients::Remove("app".into()))), Report::Done { created: false });
    assert!(revoked(&bench, &got));
    let second = view(&mut bench);
    assert_eq!(failed(&ask(&mut bench, &second)), (401, Some(ErrorCode::InvalidClient)));
}
