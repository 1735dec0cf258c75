//! The owners' API: who may ask, what changes, and that nobody reaches what is another's.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, failed};
use crate::role::Rule;
use crate::role::oauth::undecodable::meets_people;
use crate::trace::Fact;
use crate::trace::fact::{ProcessId, ResourceKey};
use crate::wire::codec::Route;
use crate::wire::oauth::{AuthorizationRequest, ClientMetadata, TokenRequest};
use crate::wire::owner::{OWNER_SCOPE, OwnerAnswer, OwnerCall, Precondition};
use crate::wire::page::{ConsentPurpose, Page};
use crate::wire::text::scope_set;
use crate::wire::{
    ClientAuthentication, Credentials, Endpoint, ErrorCode, Policy, PolicyCondition, PolicyTarget, Request, ResourceId,
    Response, Revision, ScopeSet,
};

fn bench() -> Bench {
    bench_of(Revision::V2_0)
}

fn bench_of(revision: Revision) -> Bench {
    let mut bench = Bench::new(revision);
    for (token, person) in [("alice's", "alice"), ("bob's", "bob")] {
        bench.access_token(token, Some(person), "terminal", scope_set([OWNER_SCOPE]));
    }
    bench.pat("pat", "alice", "rs1");
    bench.pat("pat of bob", "bob", "rs1");
    bench
}

fn ask(bench: &mut Bench, token: &str, call: OwnerCall) -> Response {
    bench.with_bearer(token, Request::Owner(call))
}

fn done(bench: &mut Bench, token: &str, call: OwnerCall) -> OwnerAnswer {
    match ask(bench, token, call) {
        Response::Owner(answer) => answer,
        other => panic!("not answered: {other:?}"),
    }
}

fn policy(id: &str, target: PolicyTarget) -> Policy {
    Policy { id: id.into(), target, scopes: scope_set(["view"]), condition: PolicyCondition::Anyone }
}

fn set(id: &str, only_if: Option<Precondition>) -> OwnerCall {
    OwnerCall::SetPolicy { policy: policy(id, PolicyTarget::AllResources), only_if }
}

fn about(ids: &[&ResourceId]) -> OwnerCall {
    let target = PolicyTarget::Resources(ids.iter().copied().cloned().collect());
    OwnerCall::SetPolicy { policy: policy("p", target), only_if: None }
}

fn asked(bench: &mut Bench, request: &str, owner: &str) {
    bench.given(Fact::OwnerAsked {
        request: request.into(),
        process: ProcessId(1),
        owner: owner.into(),
        client: "app".into(),
        subjects: Vec::new(),
        resource: ResourceKey { owner: owner.into(), resource_server: "rs1".into(), id: "r".into() },
        scopes: scope_set(["view"]),
        at: None,
    });
}

fn answer(request: &str, approve: bool) -> OwnerCall {
    OwnerCall::AnswerRequest { id: request.into(), approve }
}

const LISTS: [OwnerCall; 6] = [
    OwnerCall::ListResources,
    OwnerCall::ListPolicies,
    OwnerCall::ListShares,
    OwnerCall::ListRequests,
    OwnerCall::ListClients,
    OwnerCall::ReadHistory,
];

#[test]
fn nothing_is_served_without_an_owners_token() {
    for revision in Revision::ALL {
        let mut bench = bench_of(revision);
        bench.access_token("other", Some("alice"), "app", scope_set(["openid"]));
        bench.access_token("more", Some("alice"), "app", scope_set([OWNER_SCOPE, "uma_protection"]));
        bench.access_token("of a client", None, "app", scope_set([OWNER_SCOPE]));
        for call in LISTS.into_iter().chain([set("p", None), answer("q", true)]) {
            let insufficient = (403, Some(ErrorCode::InsufficientScope));
            for token in ["pat", "other", "more", "of a client"] {
                assert_eq!(failed(&ask(&mut bench, token, call.clone())), insufficient, "{token}");
                assert!(bench.last_facts().is_empty());
            }
            assert_eq!(failed(&ask(&mut bench, "made up", call.clone())), (401, Some(ErrorCode::InvalidToken)));
            assert_eq!(failed(&bench.browse("", Request::Owner(call))), (401, None));
        }
        assert!(
            matches!(done(&mut bench, "alice's", OwnerCall::ListPolicies), OwnerAnswer::Policies(all) if all.is_empty())
        );
        assert!(bench.ruled(Rule::OwnerScope, true));
        let mut mutant = bench.without(&[Rule::OwnerScope]);
        assert!(matches!(ask(&mut mutant, "pat", OwnerCall::ListPolicies), Response::Owner(_)));
    }
}

#[test]
fn an_owners_token_is_no_pat_and_no_aat() {
    for revision in Revision::ALL {
        let mut bench = bench_of(revision);
        let weak = (403, Some(ErrorCode::InsufficientScope));
        assert_eq!(failed(&bench.with_bearer("alice's", Request::ListResources)), weak);
        if revision.has_aats() && revision.is_draft() {
            assert_eq!(failed(&bench.with_bearer("alice's", Request::RequestRpt)), weak);
        }
    }
}

#[test]
fn an_owner_sees_what_is_theirs_and_nothing_else() {
    let mut bench = bench();
    bench.register("pat", "", &["view"]);
    bench.register("pat of bob", "", &["view"]);
    bench.given(Fact::ApprovalGiven { person: "alice".into(), client: "app".into(), scope: scope_set(["s"]) });
    asked(&mut bench, "q", "alice");
    done(&mut bench, "alice's", set("p", None));
    let mut counts = |token: &str| {
        let count = |answer: OwnerAnswer| match answer {
            OwnerAnswer::Resources(all) => all.len(),
            OwnerAnswer::Policies(all) => all.len(),
            OwnerAnswer::Shares(all) => all.len(),
            OwnerAnswer::Requests(all) => all.len(),
            OwnerAnswer::Clients(all) => all.len(),
            OwnerAnswer::History(all) => all.len(),
            other => panic!("no list: {other:?}"),
        };
        LISTS.map(|list| count(done(&mut bench, token, list)))
    };
    // Terminal and resource server hold tokens without an approval here.
    assert_eq!(counts("alice's"), [1, 1, 0, 1, 3, 0]);
    assert_eq!(counts("bob's"), [1, 0, 0, 0, 2, 0]);
}

#[test]
fn a_policy_is_set_once_replaced_and_withdrawn() {
    let mut bench = bench();
    let set_with = |bench: &mut Bench, only_if| match done(bench, "alice's", set("p", only_if)) {
        OwnerAnswer::PolicySet { etag, created, .. } => (etag, created),
        other => panic!("not set: {other:?}"),
    };
    let (first, created) = set_with(&mut bench, None);
    assert!(created && bench.last_facts().len() == 1);
    assert_eq!(set_with(&mut bench, None), (first.clone(), false));
    assert!(bench.last_facts().is_empty(), "the same again changes nothing");
    let other = policy("p", PolicyTarget::Type("t".into()));
    let replace = OwnerCall::SetPolicy { policy: other.clone(), only_if: Some(Precondition::Current(first.clone())) };
    let OwnerAnswer::PolicySet { etag, created: false, .. } = done(&mut bench, "alice's", replace) else {
        panic!("not replaced")
    };
    assert_ne!(etag, first);
    let read = OwnerCall::ReadPolicy { id: "p".into() };
    assert_eq!(done(&mut bench, "alice's", read.clone()), OwnerAnswer::Policy(other, etag));
    assert_eq!(failed(&ask(&mut bench, "bob's", read.clone())), (404, Some(ErrorCode::NotFound)));
    let withdraw = OwnerCall::WithdrawPolicy { id: "p".into(), if_match: None };
    assert_eq!(failed(&ask(&mut bench, "bob's", withdraw.clone())), (404, Some(ErrorCode::NotFound)));
    assert_eq!(done(&mut bench, "alice's", withdraw.clone()), OwnerAnswer::Done);
    assert_eq!(failed(&ask(&mut bench, "alice's", withdraw)), (404, Some(ErrorCode::NotFound)));
    assert_eq!(bench.rebuilt().policies, bench.server.policies);
}

#[test]
fn nobody_overwrites_what_they_have_not_seen() {
    let stale = || Some(Precondition::Current("0".into()));
    let failure = (412, Some(ErrorCode::PreconditionFailed));
    let mut bench = bench();
    assert_eq!(failed(&ask(&mut bench, "alice's", set("p", stale()))), failure, "there is none yet");
    done(&mut bench, "alice's", set("p", Some(Precondition::Absent)));
    assert_eq!(failed(&ask(&mut bench, "alice's", set("p", Some(Precondition::Absent)))), failure);
    assert!(bench.ruled(Rule::CreateDoesNotOverwrite, false) && bench.last_facts().is_empty());
    assert_eq!(failed(&ask(&mut bench, "alice's", set("p", stale()))), failure);
    assert!(bench.ruled(Rule::IfMatchCurrent, false) && bench.last_facts().is_empty());
    let withdraw = OwnerCall::WithdrawPolicy { id: "p".into(), if_match: Some("0".into()) };
    assert_eq!(failed(&ask(&mut bench, "alice's", withdraw.clone())), failure);
    let mut mutant = bench.without(&[Rule::IfMatchCurrent, Rule::CreateDoesNotOverwrite]);
    done(&mut mutant, "alice's", set("p", Some(Precondition::Absent)));
    done(&mut mutant, "alice's", withdraw);
    assert_eq!(mutant.server.policies.of_owner(&"alice".into()).count(), 0);
}

#[test]
fn a_policy_speaks_only_about_its_authors_resources() {
    let mut bench = bench();
    let own = bench.register("pat", "", &["view"]);
    let of_bob = bench.register("pat of bob", "", &["view"]);
    let unknown: ResourceId = "nowhere".into();
    for ids in [&[&own, &of_bob][..], &[&unknown][..]] {
        assert_eq!(failed(&ask(&mut bench, "alice's", about(ids))), (404, Some(ErrorCode::NotFound)));
        assert!(bench.last_facts().is_empty());
    }
    done(&mut bench, "alice's", about(&[&own]));
    let mut mutant = bench.without(&[Rule::PolicyOfOwner]);
    done(&mut mutant, "alice's", about(&[&of_bob]));
}

#[test]
fn a_request_is_decided_by_its_owner_and_once() {
    let mut bench = bench();
    asked(&mut bench, "q", "alice");
    let not_found = (404, Some(ErrorCode::NotFound));
    assert_eq!(failed(&ask(&mut bench, "bob's", answer("q", true))), not_found);
    assert!(bench.ruled(Rule::AnswerOfOwner, false) && bench.last_facts().is_empty());
    assert_eq!(done(&mut bench, "alice's", answer("q", true)), OwnerAnswer::Done);
    assert!(matches!(bench.last_facts(), [Fact::OwnerAnswered { approved: true, .. }]));
    assert_eq!(done(&mut bench, "alice's", answer("q", true)), OwnerAnswer::Done);
    assert!(bench.last_facts().is_empty(), "the same again changes nothing");
    assert_eq!(failed(&ask(&mut bench, "alice's", answer("q", false))), (409, Some(ErrorCode::Conflict)));
    assert_eq!(failed(&ask(&mut bench, "bob's", answer("q", true))), not_found, "also once it is decided");
    assert_eq!(failed(&ask(&mut bench, "alice's", answer("nothing", true))), not_found);
    let mut mutant = self::bench().without(&[Rule::AnswerOfOwner]);
    asked(&mut mutant, "q", "alice");
    assert_eq!(done(&mut mutant, "bob's", answer("q", true)), OwnerAnswer::Done);
}

#[test]
fn a_withdrawn_approval_ends_the_clients_tokens() {
    let mut bench = bench();
    bench.given(Fact::ApprovalGiven { person: "alice".into(), client: "rs1".into(), scope: scope_set(["s"]) });
    let withdraw = || OwnerCall::WithdrawApproval { client_id: "rs1".into() };
    assert_eq!(done(&mut bench, "bob's", withdraw()), OwnerAnswer::Done);
    assert_eq!(failed(&bench.with_bearer("pat", Request::ListResources)), (0, None), "bob speaks for himself");
    assert_eq!(done(&mut bench, "alice's", withdraw()), OwnerAnswer::Done);
    let dead = (401, Some(ErrorCode::InvalidToken));
    assert_eq!(failed(&bench.with_bearer("pat", Request::ListResources)), dead);
}

// ---- how the token is got

fn introduced(bench: &mut Bench, secret: bool) {
    let metadata = ClientMetadata {
        name: Some("terminal".into()),
        redirect_uris: vec!["https://terminal.example/return".into()],
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: Vec::new(),
        authentication: crate::wire::oauth::AuthenticationMethod::None,
        keys: None,
    };
    let secret = secret.then(|| crate::wire::ClientSecret::new("secret").hashed());
    bench.given(Fact::ClientRegistered { client: "terminal".into(), metadata, secret, dynamic: true });
    bench.session("alice's browser", "alice");
}

fn consent(bench: &mut Bench, scopes: &[&str]) -> Option<(ScopeSet, ConsentPurpose)> {
    let request = Request::Authorize(AuthorizationRequest {
        response_type: Some("code".into()),
        client_id: Some("terminal".into()),
        redirect_uri: None,
        scope: scope_set(scopes.iter().copied()),
        state: None,
        code_challenge: Some("challenge".into()),
        nonce: None,
        acr_values: Vec::new(),
    });
    match bench.browse("alice's browser", request) {
        Response::Page(Page::Consent { scope, purpose, .. }) => Some((scope, purpose)),
        _ => None,
    }
}

#[test]
fn the_owner_is_asked_for_that_token_and_nothing_beside_it() {
    for revision in Revision::ALL {
        let mut bench = bench_of(revision);
        introduced(&mut bench, false);
        let alone = scope_set([OWNER_SCOPE]);
        assert_eq!(consent(&mut bench, &[OWNER_SCOPE]), Some((alone, ConsentPurpose::Management)));
        assert!(bench.ruled(Rule::OwnerScopeAlone, true));
        let pat = bench.server.dialect().pat_scope();
        assert_eq!(consent(&mut bench, &[OWNER_SCOPE, pat]), Some((scope_set([pat]), ConsentPurpose::Protection)));
        assert!(bench.ruled(Rule::OwnerScopeAlone, false));
        let mut mutant = bench.without(&[Rule::OwnerScopeAlone]);
        assert_eq!(consent(&mut mutant, &[OWNER_SCOPE, pat]).map(|(scope, _)| scope.len()), Some(2));
    }
}

#[test]
fn no_client_gets_it_by_itself() {
    let mut bench = bench();
    introduced(&mut bench, true);
    let client =
        Credentials::Client(ClientAuthentication::Post("terminal".into(), crate::wire::ClientSecret::new("secret")));
    let scope = scope_set([OWNER_SCOPE]);
    let asked = Request::Token(TokenRequest::ClientCredentials { scope });
    let answer = bench.ask(client, None, asked).message;
    assert_eq!(failed(&answer), (400, Some(ErrorCode::InvalidScope)));
    assert!(bench.ruled(Rule::GrantTypeOfferedForScope, false));
}

// ---- the description

#[test]
fn every_route_that_is_no_page_is_described_and_nothing_else() {
    for revision in Revision::ALL {
        let mut bench = bench_of(revision);
        let Response::Description(text) = bench.browse("", Request::GetDescription) else { panic!("no description") };
        let document: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let described: Vec<&String> =
            document["paths"].as_object().into_iter().flat_map(|paths| paths.keys()).collect();
        let routes = bench.server.routes();
        for Route { path, endpoint, .. } in routes.entries().filter(|route| route.published) {
            let below = |at: &&&String| **at == path || at.starts_with(path);
            assert_eq!(described.iter().any(|at| below(&at)), !meets_people(endpoint), "{path} of {revision}");
        }
        for path in described {
            let endpoint = routes.endpoint(&crate::wire::Uri::new(format!("https://as.example{path}")));
            assert!(endpoint != Endpoint::Unknown && !meets_people(endpoint), "{path} of {revision}");
        }
    }
}
