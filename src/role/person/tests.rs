//! A person on their own: pages are shown by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use crate::message::{ExchangeId, FailureReason};
use crate::role::act::{DraftTarget, PolicyDraft};
use crate::role::bench::NoEntropy;
use crate::role::crypto::StandInCrypto;
use crate::role::{Act, Context, Effect, Effects, Input, Machine, Person, PersonConfig, RuleSet};
use crate::trace::Note;
use crate::wire::page::{AccountPage, ApprovedClient, ConsentPurpose, Form, OwnedResource, Page, PendingRequest};
use crate::wire::token::Password;
use crate::wire::{
    Answer, Call, FormKey, PolicyCondition, PolicyTarget, Request, Response, SessionCookie, Timestamp, Uri,
    text::scope_set,
};
use std::collections::BTreeMap;

const AS: &str = "https://as.example";
const APP: &str = "https://app.example";

struct World {
    person: Person,
    next_exchange: u64,
    calls: Vec<(ExchangeId, Call)>,
    saw: Vec<(u16, String)>,
}

impl World {
    fn new() -> Self {
        let logins = BTreeMap::from([(AS.into(), ("alice".into(), Password::new("secret")))]);
        let second_factors = BTreeMap::from([(AS.into(), Password::new("second"))]);
        let config = PersonConfig {
            name: "alice".into(),
            logins,
            second_factors,
            approves: true,
            gives_claims: true,
            pages_at: BTreeMap::new(),
            patience: 9,
        };
        Self { person: Person::new(config), next_exchange: 0, calls: Vec::new(), saw: Vec::new() }
    }

    fn input(&mut self, input: Input) {
        let (mut effects, rules_off) = (Effects::default(), RuleSet::default());
        let mut entropy = NoEntropy;
        let at = Timestamp::from_secs(1);
        let mut cx = Context::new(at, &mut entropy, &StandInCrypto, &rules_off, &mut effects, &mut self.next_exchange);
        self.person.handle(&mut cx, input);
        for effect in effects.out {
            match effect {
                Effect::Send { exchange, call, .. } => self.calls.push((exchange, *call)),
                Effect::Note(Note::PersonSaw { status, text, .. }) => self.saw.push((status, text.to_string())),
                _ => {}
            }
        }
    }

    fn act(&mut self, act: Act) {
        self.input(Input::Act(act));
    }

    fn fetch(&mut self) {
        self.act(Act::Fetch { client: APP.into(), resource: "https://rs.example/photo".into(), method: "GET".into() });
    }

    fn call(&self) -> &Call {
        &self.calls.first().expect("an open call").1
    }

    fn answer(&mut self, answer: impl Into<Answer>) {
        let (exchange, _) = self.calls.remove(0);
        self.input(Input::Response { exchange, answer: Ok(answer.into()) });
    }

    fn page(&mut self, page: Page) {
        self.answer(Response::Page(page));
    }

    fn form(&self) -> Form {
        assert_eq!(self.call().to, Uri::from(AS).with_path("/form"));
        let Request::Form(form) = &self.call().message else { panic!("{:?} is no form", self.call()) };
        form.clone()
    }
}

fn key() -> FormKey {
    FormKey::new("k")
}

fn sign_in(wrong_password: bool) -> Page {
    let resume_at = Uri::from(AS).with_path("/account");
    Page::SignIn { form: key(), resume: Box::new(Request::GetAccount), resume_at, wrong_password, second_factor: false }
}

fn account() -> AccountPage {
    let resource = |id: &str, name: &str| OwnedResource {
        id: id.into(),
        resource_server: "rs".into(),
        resource_server_name: None,
        name: Some(name.into()),
        type_: None,
        scopes: scope_set([]),
        etag: None,
    };
    let pending = |id: &str| PendingRequest {
        id: id.into(),
        client_id: "app".into(),
        client_name: None,
        requesting_party: None,
        resource_id: "7".into(),
        resource_name: None,
        scopes: scope_set([]),
    };
    let client =
        ApprovedClient { client_id: "app-id".into(), name: Some("app".into()), scope: scope_set([]), asserted: false };
    AccountPage {
        form: Some(key()),
        resources: vec![resource("7", "photo"), resource("8", "album"), resource("9", "photo")],
        requests: vec![pending("q1"), pending("q2")],
        clients: vec![client],
        ..AccountPage::default()
    }
}

fn draft(names: &[&str]) -> Act {
    let target = DraftTarget::Named(names.iter().map(|name| (*name).into()).collect());
    let condition = PolicyCondition::Anyone;
    let policy = PolicyDraft { id: "p".into(), target, scopes: scope_set(["view"]), condition };
    Act::SetPolicy { as_uri: AS.into(), policy }
}

fn notice(status: u16) -> Page {
    Page::Notice { status, text: "so".into() }
}

#[test]
fn a_redirect_is_followed_with_the_cookie_of_its_origin() {
    let mut world = World::new();
    world.fetch();
    assert_eq!(world.call().to, Uri::from(APP).with_path("/fetch"));
    let (to, message) = (Uri::from(AS).with_path("/account"), Box::new(Request::GetAccount));
    let cookie = SessionCookie::new("c");
    let redirect = Response::Redirect { to, message };
    world.answer(Answer { set_cookie: Some(cookie.clone()), message: redirect });
    assert_eq!((world.call().to.origin(), world.call().cookie.clone()), (AS, None));
    world.page(notice(200));
    world.fetch();
    assert_eq!(world.call().cookie, Some(cookie.clone()));
    world.person.forget();
    world.calls.clear();
    world.fetch();
    assert_eq!(world.call().cookie, Some(cookie), "the jar is durable");
}

#[test]
fn a_redirect_cannot_make_the_browser_post() {
    let mut world = World::new();
    world.fetch();
    let message = Box::new(Request::Form(Form::Consent { form: key(), approve: true }));
    world.answer(Response::Redirect { to: AS.into(), message });
    assert!(world.calls.is_empty());
    assert_eq!(world.saw.len(), 1);
}

#[test]
fn a_person_signs_in_and_gives_up_after_two_wrong_passwords() {
    let mut world = World::new();
    world.act(draft(&["photo"]));
    world.page(sign_in(false));
    assert!(matches!(world.form(), Form::SignIn { .. }));
    world.page(sign_in(true));
    assert!(matches!(world.form(), Form::SignIn { .. }));
    world.page(sign_in(true));
    assert_eq!(world.saw, vec![(401, "wrong password".into())]);
    let mut world = World::new();
    world.fetch();
    world.page(sign_in(false));
    assert_eq!(world.saw[0].0, 401, "no account at the client");
}

#[test]
fn consent_and_claims_follow_the_disposition() {
    for yes in [true, false] {
        let mut world = World::new();
        world.act(Act::DecideConsents { approve: yes });
        world.act(Act::DecideClaims { agree: yes });
        world.act(draft(&[]));
        let (client_id, claims) = ("app".into(), Vec::new());
        world.page(Page::Consent {
            form: key(),
            client_id,
            client_name: None,
            scope: scope_set([]),
            purpose: ConsentPurpose::Other,
        });
        assert_eq!(world.form(), Form::Consent { form: key(), approve: yes });
        world.page(Page::GiveClaims { form: key(), client_id: "app".into(), client_name: None, claims });
        assert_eq!(world.form(), Form::GiveClaims { form: key(), agree: yes });
    }
}

#[test]
fn an_owner_sets_a_policy_by_names() {
    let mut world = World::new();
    world.act(draft(&["photo"]));
    world.page(Page::Account(account()));
    let Form::SetPolicy { policy, .. } = world.form() else { panic!("{:?}", world.form()) };
    assert_eq!(policy.target, PolicyTarget::Resources(vec!["7".into(), "9".into()]));
    world.page(Page::Account(account()));
    assert_eq!(world.saw, vec![(200, "account".into())]);
    world.act(draft(&["photo", "gone"]));
    world.page(Page::Account(account()));
    assert_eq!(world.saw[1].0, 404);
}

#[test]
fn an_owner_answers_every_request_one_after_the_other() {
    let mut world = World::new();
    world.act(Act::AnswerRequests { as_uri: AS.into(), approve: true });
    world.page(Page::Account(account()));
    for request in ["q1", "q2"] {
        assert_eq!(world.calls.len(), 1);
        assert_eq!(world.form(), Form::AnswerRequest { form: key(), request: request.into(), approve: true });
        world.page(notice(200));
    }
    assert_eq!(world.saw.len(), 1);
}

#[test]
fn an_owner_removes_and_withdraws_only_what_is_there() {
    let mut world = World::new();
    world.act(Act::WithdrawApproval { as_uri: AS.into(), client_name: "app".into() });
    world.page(Page::Account(account()));
    assert_eq!(world.form(), Form::WithdrawApproval { form: key(), client_id: "app-id".into() });
    world.page(Page::Account(account()));
    world.act(Act::WithdrawApproval { as_uri: AS.into(), client_name: "other".into() });
    world.page(Page::Account(account()));
    world.act(Act::RemovePolicy { as_uri: AS.into(), policy: "p".into() });
    world.page(Page::Account(account()));
    assert_eq!(world.saw.iter().map(|saw| saw.0).collect::<Vec<_>>(), vec![200, 404, 404]);
}

#[test]
fn a_stale_form_is_loaded_again_once() {
    let mut world = World::new();
    world.act(draft(&["photo"]));
    world.page(Page::Account(account()));
    world.page(notice(403));
    assert_eq!(world.call().message, Request::GetAccount);
    world.page(Page::Account(account()));
    world.page(notice(403));
    assert!(world.calls.is_empty());
    assert_eq!(world.saw[0].0, 403);
}

#[test]
fn patience_ends() {
    let mut world = World::new();
    world.fetch();
    for _ in 0..20 {
        if world.calls.is_empty() {
            break;
        }
        let (to, message) = (Uri::from(AS), Box::new(Request::GetAccount));
        world.answer(Response::Redirect { to, message });
    }
    assert_eq!(world.saw[0].0, 408);
}

#[test]
fn closed_tabs_and_lost_answers() {
    let mut world = World::new();
    world.fetch();
    world.act(Act::CloseTabs);
    world.page(notice(200));
    assert!(world.saw.is_empty());
    world.fetch();
    let (exchange, _) = world.calls.remove(0);
    world.input(Input::Failed { exchange, reason: FailureReason::TimedOut });
    world.input(Input::Failed { exchange, reason: FailureReason::TimedOut });
    assert_eq!(world.saw, vec![(504, "no answer".into())]);
}

#[test]
fn a_second_tab_waits_for_the_first_cookie() {
    let mut world = World::new();
    world.fetch();
    world.fetch();
    assert_eq!(world.calls.len(), 1);
    let cookie = Some(SessionCookie::new("c"));
    world.answer(Answer { set_cookie: cookie.clone(), message: Response::Page(notice(200)) });
    assert_eq!(world.call().cookie, cookie);
}
