#![allow(clippy::panic, clippy::unwrap_used, reason = "tests fail loudly")]

use super::*;
use crate::role::act::{DraftTarget, PolicyDraft};
use crate::role::bench::{Bench, Browser};
use crate::role::{Effect, Rule};
use crate::trace::Note;
use crate::trace::note::OwnerSession;
use crate::wire::oauth::{AuthorizationRequest, AuthorizationReturn, TokenRequest, TokenResponse};
use crate::wire::owner::{OWNER_SCOPE, OwnerAnswer, OwnerCall};
use crate::wire::page::{OwnedResource, PendingRequest};
use crate::wire::text::scope_set;
use crate::wire::{
    Call, ClientId, Configuration, Credentials, ErrorCode, Failure, PolicyCondition, PolicyTarget, State, Token,
};

const AS: &str = "https://as.example";
const RETURN: &str = "https://terminal.example/return";

fn bench() -> Bench<Manager> {
    let known = ClientAuthentication::Public(ClientId::from("terminal"));
    Bench::new(Manager::new(ManagerConfig {
        origin: "https://terminal.example".into(),
        name: "terminal".into(),
        revision: Revision::V2_0,
        credentials: BTreeMap::from([(AS.into(), known)]),
    }))
}

fn heard(bench: &Bench<Manager>) -> Option<OwnerSession> {
    bench.last.out.iter().find_map(|effect| match effect {
        Effect::Note(Note::OwnerSession { outcome, .. }) => Some(outcome.clone()),
        _ => None,
    })
}

fn document() -> Configuration {
    let at = |path: &str| Uri::from(AS).join(path);
    Configuration {
        authorization_endpoint: Some(at("/authorize")),
        revocation_endpoint: Some(at("/revoke")),
        owner_endpoint: Some(at("/o/")),
        ..Configuration::of(AS.into(), at("/token"))
    }
}

/// Sends a browser away and gives what it was sent with.
fn away(bench: &mut Bench<Manager>, browser: &mut Browser) -> AuthorizationRequest {
    bench.browse(browser, "https://terminal.example/connect", Request::Connect { as_uri: AS.into() });
    if let [(exchange, _)] = bench.sent().as_slice() {
        bench.answer(*exchange, Response::Configuration(Box::new(document())));
    }
    let Some(Answer { set_cookie, message: Response::Redirect { message, .. } }) = bench.replied() else {
        panic!("not sent away")
    };
    browser.cookie = set_cookie;
    match *message {
        Request::Authorize(asked) => asked,
        other => panic!("sent away with {other:?}"),
    }
}

fn back(state: Option<State>, issuer: &str) -> Request {
    Request::AuthorizationReturn(AuthorizationReturn {
        outcome: Ok(Token::new("code")),
        state,
        issuer: Some(issuer.into()),
    })
}

fn tokens(scope: &str) -> Response {
    Response::Token(TokenResponse {
        access_token: Bearer::new("owner's"),
        expires_in_secs: Some(3600),
        refresh_token: None,
        scope: Some(scope_set([scope])),
        id_token: None,
        pct: None,
        upgraded: false,
    })
}

fn signed_in() -> Bench<Manager> {
    let (mut bench, mut browser) = (bench(), Browser::default());
    let asked = away(&mut bench, &mut browser);
    assert_eq!((asked.scope.clone(), asked.code_challenge.is_some()), (scope_set([OWNER_SCOPE]), true));
    bench.browse(&mut browser, RETURN, back(asked.state, AS));
    let [(exchange, call)] = bench.sent().try_into().unwrap();
    let Request::Token(TokenRequest::AuthorizationCode { code_verifier: Some(_), .. }) = call.message else {
        panic!("no code is exchanged: {call:?}")
    };
    bench.answer(exchange, tokens(OWNER_SCOPE));
    bench
}

fn manage(bench: &mut Bench<Manager>, call: OwnerCall) {
    bench.input(Input::Act(Act::Manage { as_uri: AS.into(), call }));
}

#[test]
fn an_owner_signs_in_and_the_token_is_kept() {
    let bench = signed_in();
    assert_eq!(heard(&bench), Some(OwnerSession::SignedIn));
    let kept = |fact: &Fact| matches!(fact, Fact::OwnerTokenObtained { as_uri, .. } if as_uri.as_str() == AS);
    assert!(bench.last.facts.iter().any(kept));
    let mut anew = self::bench();
    bench.facts.iter().for_each(|fact| anew.role.apply(fact));
    manage(&mut anew, OwnerCall::ListPolicies);
    // Where the API is says the document, which nobody keeps.
    let [(exchange, call)] = anew.sent().try_into().unwrap();
    assert_eq!(call.message, Request::GetConfiguration);
    anew.answer(exchange, Response::Configuration(Box::new(document())));
    let [(_, call)] = anew.sent().try_into().unwrap();
    assert_eq!((call.to.as_str(), call.credentials.bearer().unwrap().expose()), ("https://as.example/o/", "owner's"));
}

#[test]
fn where_there_is_no_api_nothing_is_asked() {
    let kept = signed_in().facts;
    let ask = |answered: Option<Configuration>| {
        let mut bench = bench();
        kept.iter().for_each(|fact| bench.role.apply(fact));
        manage(&mut bench, OwnerCall::ListPolicies);
        let [(exchange, _)] = bench.sent().try_into().unwrap();
        let answered = answered.map_or(Response::Refused { status: 500 }, |it| Response::Configuration(Box::new(it)));
        bench.answer(exchange, answered);
        assert!(bench.sent().is_empty());
        heard(&bench)
    };
    for answered in [None, Some(Configuration { owner_endpoint: None, ..document() })] {
        assert!(matches!(ask(answered), Some(OwnerSession::NoApi { .. })));
    }
}

fn sign_out(bench: &mut Bench<Manager>) {
    bench.input(Input::Act(Act::SignOut { as_uri: AS.into() }));
}

#[test]
fn a_token_is_given_back_where_it_came_from() {
    let mut bench = signed_in();
    sign_out(&mut bench);
    let [(exchange, call)] = bench.sent().try_into().unwrap();
    assert_eq!(call.to.as_str(), "https://as.example/revoke");
    assert_eq!(call.credentials, Credentials::Client(ClientAuthentication::Public(ClientId::from("terminal"))));
    assert!(matches!(call.message, Request::Revoke(asked) if asked.token.expose() == "owner's"));
    bench.answer(exchange, Response::Revoked);
    assert_eq!(heard(&bench), Some(OwnerSession::Ended));
    manage(&mut bench, OwnerCall::ListPolicies);
    assert_eq!(heard(&bench), Some(OwnerSession::Needed), "it is not used any more");
    sign_out(&mut bench);
    assert_eq!((heard(&bench), bench.sent().len()), (Some(OwnerSession::Ended), 0), "there is none");
}

#[test]
fn a_token_that_cannot_be_given_back_is_said_to_be_good() {
    let mut bench = signed_in();
    sign_out(&mut bench);
    let [(exchange, _)] = bench.sent().try_into().unwrap();
    bench.input(Input::Failed { exchange, reason: crate::message::FailureReason::TimedOut });
    assert!(matches!(heard(&bench), Some(OwnerSession::NotEnded { .. })));
    sign_out(&mut bench);
    let [(exchange, _)] = bench.sent().try_into().unwrap();
    bench.answer(exchange, Response::Refused { status: 503 });
    assert!(matches!(heard(&bench), Some(OwnerSession::NotEnded { .. })));
    // After a restart, at a server that has no revocation.
    let mut anew = self::bench();
    bench.facts.iter().for_each(|fact| anew.role.apply(fact));
    sign_out(&mut anew);
    let [(exchange, _)] = anew.sent().try_into().unwrap();
    let without = Configuration { revocation_endpoint: None, ..document() };
    anew.answer(exchange, Response::Configuration(Box::new(without)));
    assert!(matches!(heard(&anew), Some(OwnerSession::NotEnded { .. })));
}

#[test]
fn a_token_that_is_on_its_way_is_given_back_when_it_comes() {
    let (mut bench, mut browser) = (bench(), Browser::default());
    let asked = away(&mut bench, &mut browser);
    bench.browse(&mut browser, RETURN, back(asked.state, AS));
    let [(exchange, _)] = bench.sent().try_into().unwrap();
    sign_out(&mut bench);
    assert!(bench.sent().is_empty() && heard(&bench).is_none());
    bench.answer(exchange, tokens(OWNER_SCOPE));
    let [(_, call)] = bench.sent().try_into().unwrap();
    assert!(matches!(call.message, Request::Revoke(_)));
}

#[test]
fn a_return_counts_in_its_browser_and_from_its_server() {
    for (other_browser, other_state, issuer) in
        [(true, false, AS), (false, true, AS), (false, false, "https://evil.example")]
    {
        let (mut bench, mut browser) = (bench(), Browser::default());
        let asked = away(&mut bench, &mut browser);
        let mut comes = if other_browser { Browser { cookie: Some(Token::new("another's")) } } else { browser };
        let state = if other_state { Some(Token::new("made up")) } else { asked.state };
        let rule = if issuer == AS { Rule::StateMatches } else { Rule::ResponseIssuerMatches };
        let page = bench.browse(&mut comes, RETURN, back(state.clone(), issuer));
        assert!(matches!(page, Response::Page(Page::Notice { status: 400, .. })));
        assert!(bench.sent().is_empty() && bench.ruled(rule) == Some(false));
        bench.without(rule);
        bench.browse(&mut comes, RETURN, back(state, issuer));
        assert_eq!(bench.sent().len(), 1, "without the rule the code is taken");
    }
}

#[test]
fn a_token_of_another_scope_is_none() {
    let (mut bench, mut browser) = (bench(), Browser::default());
    let asked = away(&mut bench, &mut browser);
    bench.browse(&mut browser, RETURN, back(asked.state, AS));
    let [(exchange, _)] = bench.sent().try_into().unwrap();
    bench.answer(exchange, tokens("uma_protection"));
    assert!(matches!(heard(&bench), Some(OwnerSession::NotSignedIn { .. })) && bench.last.facts.is_empty());
}

#[test]
fn without_a_good_token_the_owner_is_needed() {
    let mut bench = bench();
    manage(&mut bench, OwnerCall::ListPolicies);
    assert_eq!((heard(&bench), bench.sent().len()), (Some(OwnerSession::Needed), 0));
    let mut bench = signed_in();
    manage(&mut bench, OwnerCall::ListPolicies);
    let [(exchange, _)] = bench.sent().try_into().unwrap();
    bench.answer(exchange, Response::Failure(Failure::bearer(401, Some(ErrorCode::InvalidToken))));
    assert_eq!(heard(&bench), Some(OwnerSession::Needed));
    manage(&mut bench, OwnerCall::ListPolicies);
    assert!(bench.sent().is_empty(), "a void token is dropped");
    let mut bench = signed_in();
    bench.at = bench.at + crate::wire::Duration::from_secs(3600);
    manage(&mut bench, OwnerCall::ListPolicies);
    assert!(bench.sent().is_empty(), "an expired one is not shown");
}

fn owned(id: &str, name: &str) -> OwnedResource {
    OwnedResource {
        id: id.into(),
        resource_server: "rs".into(),
        resource_server_name: None,
        name: Some(name.into()),
        type_: None,
        scopes: scope_set(["view"]),
        etag: None,
    }
}

#[test]
fn names_in_a_policy_become_the_owners_identifiers() {
    let set = |names: &[&str]| {
        let mut bench = signed_in();
        let target = DraftTarget::Named(names.iter().map(|name| Text::from(*name)).collect());
        let (scopes, condition) = (scope_set(["view"]), PolicyCondition::Anyone);
        let policy = PolicyDraft { id: "p".into(), target, scopes, condition };
        bench.input(Input::Act(Act::SetPolicy { as_uri: AS.into(), policy }));
        let [(exchange, _)] = bench.sent().try_into().unwrap();
        let all = vec![owned("1", "album"), owned("2", "album"), owned("3", "diary")];
        bench.answer(exchange, Response::Owner(OwnerAnswer::Resources(all)));
        bench.sent().into_iter().map(|(_, call)| call.message).collect::<Vec<_>>()
    };
    let asked = set(&["album", "album"]);
    let [Request::Owner(OwnerCall::SetPolicy { policy, only_if: None })] = asked.as_slice() else {
        panic!("no policy is set")
    };
    assert_eq!(policy.target, PolicyTarget::Resources(vec!["1".into(), "2".into()]));
    assert!(set(&["nothing"]).is_empty());
}

#[test]
fn what_was_shown_is_decided_and_otherwise_what_waits() {
    let waiting = PendingRequest {
        id: "q".into(),
        client_id: "app".into(),
        client_name: None,
        requesting_party: None,
        resource_id: "1".into(),
        resource_name: None,
        scopes: scope_set(["view"]),
    };
    let list = || Response::Owner(OwnerAnswer::Requests(vec![waiting.clone()]));
    let approve = || Input::Act(Act::AnswerRequests { as_uri: AS.into(), approve: true });
    let decides = |bench: &Bench<Manager>| matches!(&bench.sent()[..], [(_, Call { message: Request::Owner(OwnerCall::AnswerRequest { id, approve: true }), .. })] if &**id == "q");
    let mut bench = signed_in();
    manage(&mut bench, OwnerCall::ListRequests);
    let [(exchange, _)] = bench.sent().try_into().unwrap();
    bench.answer(exchange, list());
    bench.input(approve());
    assert!(decides(&bench));
    bench.input(approve());
    let [(exchange, call)] = bench.sent().try_into().unwrap();
    assert_eq!(call.message, Request::Owner(OwnerCall::ListRequests));
    bench.answer(exchange, list());
    assert!(decides(&bench));
}
