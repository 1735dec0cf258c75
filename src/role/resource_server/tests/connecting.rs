//! Owners connect the resource server with their authorization server.

use super::refusing::{settle, takes_no_pat};
use super::*;
use crate::wire::oauth::{AuthorizationRequest, AuthorizationReturn, TokenRequest};
use crate::wire::page::{Form, Page};
use crate::wire::token::Password;
use crate::wire::{AuthorizationCode, State};

pub(super) struct Browser {
    cookie: Option<String>,
}

pub(super) fn connect_at(bench: &mut Bench, browser: &Browser, as_uri: &str) -> ExchangeId {
    let message = Request::Connect { as_uri: Uri::from(as_uri) };
    bench.ask("https://rs.example/connect", Credentials::None, browser.cookie.as_deref(), message)
}

fn last_cookie(bench: &Bench) -> Option<String> {
    bench.replies.last().and_then(|(_, answer)| answer.set_cookie.as_ref()).map(|cookie| cookie.expose().to_owned())
}

pub(super) fn signed_in(bench: &mut Bench, username: &str) -> Browser {
    let exchange = connect_at(bench, &Browser { cookie: None }, AS);
    let cookie = last_cookie(bench);
    let Some(Response::Page(Page::SignIn { form, resume, resume_at, .. })) = bench.answered(exchange).cloned() else {
        panic!("not asked to sign in")
    };
    let password = Password::new("right");
    let form = Form::SignIn { form, username: username.into(), password, second_factor: None, resume, resume_at };
    bench.ask("https://rs.example/form", Credentials::None, cookie.as_deref(), Request::Form(form));
    let check = bench.checks.pop().unwrap_or_default();
    bench.input(Input::PasswordChecked { check, correct: true });
    assert!(matches!(bench.replies.last(), Some((_, answer))
        if matches!(&answer.message, Response::Redirect { message, .. } if message.word() == "connect")));
    Browser { cookie: last_cookie(bench) }
}

fn sent_away(bench: &mut Bench, browser: &Browser) -> AuthorizationRequest {
    let exchange = connect_at(bench, browser, AS);
    if bench.answered(exchange).is_none() {
        let (discovery, call) = bench.calls.remove(0);
        let document = configuration(&Uri::from(call.to.origin()));
        bench.answer(discovery, Response::Configuration(Box::new(document)));
    }
    let Some(Response::Redirect { to, message }) = bench.answered(exchange) else { panic!("not sent away") };
    assert_eq!(*to, Uri::from("https://as.example/authorize"));
    let Request::Authorize(request) = &**message else { panic!("no authorization request") };
    request.clone()
}

fn back(bench: &mut Bench, browser: &Browser, state: Option<State>, issuer: Option<&str>) -> ExchangeId {
    let outcome = Ok(AuthorizationCode::new("code"));
    let returned = AuthorizationReturn { outcome, state, issuer: issuer.map(Uri::from) };
    let message = Request::AuthorizationReturn(returned);
    bench.ask("https://rs.example/return", Credentials::None, browser.cookie.as_deref(), message)
}

fn notice(bench: &Bench, exchange: ExchangeId) -> Option<u16> {
    match bench.answered(exchange)? {
        Response::Page(Page::Notice { status, .. }) => Some(*status),
        _ => None,
    }
}

#[test]
fn an_owner_connects() {
    for (revision, scope) in [
        (Revision::V2_0, "uma_protection"),
        (Revision::Draft06, "http://docs.kantarainitiative.org/uma/scopes/prot.json"),
    ] {
        let mut bench = Bench::new(revision);
        let browser = signed_in(&mut bench, "alice");
        let request = sent_away(&mut bench, &browser);
        assert_eq!(request.scope, scope_set([scope]));
        let exchange = back(&mut bench, &browser, request.state, Some(AS));
        let call = bench.reply("token", tokens("pat"));
        let Request::Token(TokenRequest::AuthorizationCode { code_verifier: Some(verifier), .. }) = call.message else {
            panic!("no code")
        };
        assert_eq!(Some(crate::role::oauth::pkce::challenge(&verifier)), request.code_challenge);
        for _ in 0..2 {
            let (question, call) = bench.next();
            let Request::CreateResource { id, .. } = call.message else { panic!("no creation") };
            let id = id.unwrap_or(ResourceId::from("x"));
            bench.answer(question, Response::ResourceCreated(registered(id.as_str(), None)));
        }
        assert_eq!(notice(&bench, exchange), Some(200));
        assert!(bench.server.protection.mapping(PHOTO).is_some_and(|mapping| mapping.id.is_some()));
        assert!(bench.server.protection.mapping(LETTER).is_none(), "bob has not connected");
        assert!(bench.facts.iter().any(|fact| matches!(fact,
            Fact::PatObtained { expires_at: Some(at), .. } if *at == Timestamp::from_secs(NOW + 500))));
    }
}

#[test]
fn only_what_an_owner_has_there_can_be_connected() {
    let mut bench = Bench::new(Revision::V2_0);
    let browser = signed_in(&mut bench, "alice");
    for as_uri in [OTHER_AS, "https://evil.example"] {
        let exchange = connect_at(&mut bench, &browser, as_uri);
        assert_eq!(notice(&bench, exchange), Some(404));
    }
    assert!(bench.calls.is_empty());
}

#[test]
fn a_wrong_password_signs_nobody_in() {
    let mut bench = Bench::new(Revision::V2_0);
    let exchange = connect_at(&mut bench, &Browser { cookie: None }, AS);
    let cookie = last_cookie(&bench);
    let Some(Response::Page(Page::SignIn { form, resume, resume_at, .. })) = bench.answered(exchange).cloned() else {
        panic!("not asked to sign in")
    };
    let password = Password::new("wrong");
    let form = Form::SignIn { form, username: "alice".into(), password, second_factor: None, resume, resume_at };
    bench.ask("https://rs.example/form", Credentials::None, cookie.as_deref(), Request::Form(form));
    let check = bench.checks.pop().unwrap_or_default();
    bench.input(Input::PasswordChecked { check, correct: false });
    assert!(matches!(bench.replies.last(), Some((_, answer))
        if matches!(&answer.message, Response::Page(Page::SignIn { wrong_password: true, .. }))));
}

fn accepted(rules_off: &[Rule], change: impl Fn(&mut Bench, &mut Browser, &mut Option<State>) -> &'static str) -> bool {
    let mut bench = Bench::with(config(Revision::V2_0), rules_off);
    let mut browser = signed_in(&mut bench, "alice");
    let mut state = sent_away(&mut bench, &browser).state;
    let issuer = change(&mut bench, &mut browser, &mut state);
    let exchange = back(&mut bench, &browser, state, Some(issuer));
    let asks = bench.calls.iter().any(|(_, call)| call.message.word() == "token");
    assert_ne!(asks, notice(&bench, exchange) == Some(400));
    asks
}

#[test]
fn a_return_counts_only_with_its_state_in_its_session_from_its_server() {
    assert!(accepted(&[], |_, _, _| AS));
    type Change = fn(&mut Bench, &mut Browser, &mut Option<State>) -> &'static str;
    let changes: [(Rule, Change); 5] = [
        (Rule::StateMatches, |_, _, state| {
            *state = Some(State::new("forged"));
            AS
        }),
        (Rule::StateMatches, |_, _, state| {
            *state = None;
            AS
        }),
        (Rule::StateMatches, |_, browser, _| {
            browser.cookie = None;
            AS
        }),
        (Rule::StateMatches, |bench, browser, _| {
            *browser = signed_in(bench, "bob");
            AS
        }),
        (Rule::ResponseIssuerMatches, |_, _, _| OTHER_AS),
    ];
    for (rule, change) in changes {
        assert!(!accepted(&[], change), "{rule}");
        assert!(accepted(&[rule], change), "{rule}");
    }
}

#[test]
fn a_return_counts_once_and_a_forged_one_spoils_nothing() {
    let mut bench = Bench::new(Revision::V2_0);
    let browser = signed_in(&mut bench, "alice");
    let state = sent_away(&mut bench, &browser).state;
    let forged = back(&mut bench, &browser, Some(State::new("forged")), Some(AS));
    assert_eq!(notice(&bench, forged), Some(400));
    back(&mut bench, &browser, state.clone(), Some(AS));
    assert_eq!(bench.next().1.message.word(), "token");
    let again = back(&mut bench, &browser, state, Some(AS));
    assert_eq!(notice(&bench, again), Some(400));
}

#[test]
fn a_refusal_or_a_failure_connects_nothing() {
    let mut bench = Bench::new(Revision::V2_0);
    let browser = signed_in(&mut bench, "alice");
    let state = sent_away(&mut bench, &browser).state;
    let returned = AuthorizationReturn { outcome: Err("access_denied".into()), state, issuer: Some(Uri::from(AS)) };
    let message = Request::AuthorizationReturn(returned);
    let exchange = bench.ask("https://rs.example/return", Credentials::None, browser.cookie.as_deref(), message);
    assert_eq!(notice(&bench, exchange), Some(403));

    let state = sent_away(&mut bench, &browser).state;
    let exchange = back(&mut bench, &browser, state, Some(AS));
    bench.lose("token");
    assert_eq!(notice(&bench, exchange), Some(502));

    let state = sent_away(&mut bench, &browser).state;
    let exchange = back(&mut bench, &browser, state, Some(AS));
    let Response::Token(narrow) = tokens("pat") else { panic!("no tokens") };
    bench.reply("token", Response::Token(TokenResponse { scope: Some(scope_set(["other"])), ..narrow }));
    assert_eq!(notice(&bench, exchange), Some(502));
    assert!(!bench.server.pats.holds(&key("alice", AS)));
}

#[test]
fn an_unreachable_authorization_server_is_said_to_be_so() {
    let mut bench = Bench::new(Revision::V2_0);
    let browser = signed_in(&mut bench, "alice");
    let exchange = connect_at(&mut bench, &browser, AS);
    let (discovery, _) = bench.calls.remove(0);
    bench.fail(discovery);
    assert_eq!(notice(&bench, exchange), Some(502));
    sent_away(&mut bench, &browser);
}

#[test]
fn own_credentials_connect_without_the_owner() {
    let mut config = config(Revision::V2_0);
    config.client_credentials_owners = BTreeMap::from([(Uri::from(AS), PersonId::from("alice"))]);
    let mut bench = Bench::with(config, &[]);
    let browser = signed_in(&mut bench, "alice");
    let exchange = connect_at(&mut bench, &browser, AS);
    bench.reply("token", tokens("pat"));
    for id in ["1", "2"] {
        bench.reply("create", Response::ResourceCreated(registered(id, None)));
    }
    assert_eq!(notice(&bench, exchange), Some(200));
    assert!(bench.calls.is_empty());
}

#[test]
fn an_owner_who_connects_again_gets_everything_compared() {
    let mut bench = Bench::connected(config(Revision::V2_0), &[]);
    let browser = signed_in(&mut bench, "alice");
    let state = sent_away(&mut bench, &browser).state;
    let exchange = back(&mut bench, &browser, state, Some(AS));
    bench.reply("token", tokens("pat-2"));
    bench.reply("list", Response::ResourceList(vec![ResourceId::from("1"), ResourceId::from("2")]));
    assert_eq!(notice(&bench, exchange), Some(200));
    assert!(bench.calls.is_empty());
}

#[test]
fn an_owner_is_told_when_a_server_does_not_take_its_own_pats() {
    let mut config = config(Revision::V2_0);
    config.client_credentials_owners = BTreeMap::from([(Uri::from(AS), PersonId::from("alice"))]);
    let mut bench = Bench::with(config, &[]);
    let browser = signed_in(&mut bench, "alice");
    let exchange = connect_at(&mut bench, &browser, AS);
    settle(&mut bench, takes_no_pat());
    let Some(Response::Page(Page::Notice { text, .. })) = bench.answered(exchange) else {
        panic!("{:?}", bench.answered(exchange))
    };
    assert!(text.contains(AS) && text.contains("401"), "{text}");
}
