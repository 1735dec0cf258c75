//! Servers, requests and pages to look at.
#![allow(dead_code, reason = "each test uses a part of it")]

use umaverse::wire::codec::{self, HttpRequest, HttpResponse, Routes, http::header};
use umaverse::wire::page::{
    AccountPage, AccountView, ApprovedClient, ConsentPurpose, DenialReason, HistoryEntry, HistoryOutcome,
    OwnedResource, Page, PendingRequest, Share,
};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Answer, Endpoint, FormKey, Policy, PolicyCondition, PolicyTarget, Request, Response, Revision, ScopeSet, Text,
    Timestamp, Uri,
};

pub(crate) const AS: &str = "https://as.example";
pub(crate) const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// 2026-11-22 05:28 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_325_280);

pub(crate) fn routes() -> Routes {
    let paths = [
        (Endpoint::Form, "/form"),
        (Endpoint::Account, "/account/"),
        (Endpoint::Fetch, "/fetch"),
        (Endpoint::Connect, "/connect"),
    ];
    Routes::new(paths)
}

/// A request of a browser.
pub(crate) fn get(uri: &str) -> HttpRequest {
    let headers = vec![(Text::from("Accept"), Text::from(BROWSER))];
    HttpRequest { method: "GET".into(), uri: Uri::from(uri), headers, body: Vec::new() }
}

/// A form of a browser.
pub(crate) fn post(uri: &str, body: &str) -> HttpRequest {
    let mut request = get(uri);
    request.method = "POST".into();
    request.headers.push(("Content-Type".into(), "application/x-www-form-urlencoded".into()));
    request.body = body.as_bytes().to_vec();
    request
}

/// How a server answers a request with a page.
pub(crate) fn answer(request: &HttpRequest, endpoint: Endpoint, page: Page) -> HttpResponse {
    codec::encode_for(Revision::V2_0, &routes(), request, endpoint, &Answer::from(Response::Page(page)))
}

/// A page in a browser.
pub(crate) fn html(page: Page) -> String {
    let (uri, endpoint) = match &page {
        Page::Account(account) => (format!("{AS}/account{}", account.view.below()), Endpoint::Account),
        _ => (format!("{AS}/authorize?response_type=code"), Endpoint::Authorization),
    };
    let response = answer(&get(&uri), endpoint, page);
    assert_eq!(header(&response.headers, "Content-Type"), Some("text/html; charset=utf-8"));
    String::from_utf8(response.body).unwrap()
}

pub(crate) fn key() -> FormKey {
    FormKey::new("form-key-1")
}

/// Every page, with a name; `say` changes what people and programs have written.
pub(crate) fn pages(say: &dyn Fn(&str) -> String) -> Vec<(&'static str, Page)> {
    let text = |plain: &str| Text::from(say(plain).as_str());
    let scopes = |names: &[&str]| -> ScopeSet { names.iter().map(|name| say(name).as_str().into()).collect() };
    let consent = |purpose, name: &str, asked: &[&str]| Page::Consent {
        form: key(),
        client_id: say("client-7").as_str().into(),
        client_name: Some(text(name)),
        scope: scopes(asked),
        purpose,
    };
    let sign_in = |wrong_password, second_factor| Page::SignIn {
        form: key(),
        resume: Box::new(Request::GetAccount),
        resume_at: Uri::new(format!("{AS}/account/history")),
        wrong_password,
        second_factor,
    };
    let account = |view| Page::Account(account(say, view));
    let resource =
        AccountView::Resource { resource_server: say("rs-1").as_str().into(), id: say("photo-1").as_str().into() };
    let policy = |id: &str| AccountView::Policy { id: say(id).as_str().into() };
    vec![
        ("sign-in", sign_in(false, false)),
        ("sign-in-wrong", sign_in(true, true)),
        ("consent-protection", consent(ConsentPurpose::Protection, "Alice's photos", &["uma_protection"])),
        ("consent-authorization", consent(ConsentPurpose::Authorization, "Print shop", &["uma_authorization"])),
        ("consent-management", consent(ConsentPurpose::Management, "Policy tool", &["policies"])),
        ("consent-other", consent(ConsentPurpose::Other, "Photo AS", &["openid", "email"])),
        (
            "claims",
            Page::GiveClaims {
                form: key(),
                client_id: say("client-7").as_str().into(),
                client_name: Some(text("Print shop")),
                claims: vec![say("email").as_str().into(), say("name").as_str().into()],
            },
        ),
        ("overview", account(AccountView::Overview)),
        ("resources", account(AccountView::Resources)),
        ("resource", account(resource)),
        ("policies", account(AccountView::Policies)),
        ("policy", account(policy("friends"))),
        ("policy-json", account(policy("odd"))),
        ("shares", account(AccountView::Shares)),
        ("requests", account(AccountView::Requests)),
        ("clients", account(AccountView::Clients)),
        ("history", account(AccountView::History)),
        (
            "empty",
            Page::Account(AccountPage {
                form: Some(key()),
                view: AccountView::Policies,
                person: Some(say("alice").as_str().into()),
                ..AccountPage::default()
            }),
        ),
        ("signed-out", Page::SignedOut),
        ("notice", Page::Notice { status: 403, text: text("This form is not good any more.") }),
        (
            "waiting",
            Page::Waiting {
                text: text("waiting for the owner"),
                again: Box::new(Request::Fetch {
                    resource: Uri::new(say("https://rs.example/alice/photo.jpg?size=large&page=2")),
                    method: "GET".into(),
                }),
                again_at: "https://app.example/fetch".into(),
            },
        ),
        (
            "shown",
            Page::Shown { resource: Uri::new(say("https://rs.example/alice/photo.jpg")), content: text("the photo") },
        ),
    ]
}

fn account(say: &dyn Fn(&str) -> String, view: AccountView) -> AccountPage {
    let text = |plain: &str| Text::from(say(plain).as_str());
    let scopes = |names: &[&str]| -> ScopeSet { names.iter().map(|name| say(name).as_str().into()).collect() };
    let resource = |id: &str, name: &str, type_: Option<&str>| OwnedResource {
        id: say(id).as_str().into(),
        resource_server: say("rs-1").as_str().into(),
        resource_server_name: Some(text("Alice's photos")),
        name: Some(text(name)),
        type_: type_.map(text),
        scopes: scopes(&["view", "print"]),
        etag: None,
    };
    AccountPage {
        form: Some(key()),
        person: Some(say("alice").as_str().into()),
        view,
        changed: None,
        resources: vec![
            resource("photo-1", "Beach at sunset", Some("https://schema.org/Photograph")),
            resource("album-2", "Holiday album", None),
        ],
        scopes: Vec::new(),
        policies: vec![friends(say), odd(say)],
        requests: vec![PendingRequest {
            id: text("request-1"),
            client_id: say("client-7").as_str().into(),
            client_name: Some(text("Print shop")),
            requesting_party: Some(text("bob")),
            resource_id: say("photo-1").as_str().into(),
            resource_name: Some(text("Beach at sunset")),
            scopes: scopes(&["print"]),
        }],
        clients: vec![
            ApprovedClient {
                client_id: say("rs-1").as_str().into(),
                name: Some(text("Alice's photos")),
                scope: scopes(&["uma_protection"]),
                asserted: false,
            },
            ApprovedClient {
                client_id: say("client-8").as_str().into(),
                name: Some(text("Planner")),
                scope: scopes(&["uma_authorization"]),
                asserted: true,
            },
        ],
        shares: vec![Share {
            client_id: say("client-7").as_str().into(),
            client_name: Some(text("Print shop")),
            requesting_parties: vec![text("bob")],
            resource_server: say("rs-1").as_str().into(),
            resource_id: say("photo-1").as_str().into(),
            resource_name: Some(text("Beach at sunset")),
            scopes: scopes(&["view"]),
            since: NOW,
            until: Timestamp::from_secs(NOW.secs() + 3600),
            policies: vec![say("friends").as_str().into()],
        }],
        history: history(say),
    }
}

fn friends(say: &dyn Fn(&str) -> String) -> Policy {
    Policy {
        id: say("friends").as_str().into(),
        target: PolicyTarget::Resources(vec![say("photo-1").as_str().into(), say("gone-9").as_str().into()]),
        scopes: [say("view").as_str().into()].into_iter().collect(),
        condition: PolicyCondition::All(vec![
            PolicyCondition::RequestingParty {
                issuer: Uri::new(say("https://idp.example")),
                subject: say("bob").as_str().into(),
            },
            PolicyCondition::Between { from: Timestamp(0), until: Timestamp::from_secs(1_798_761_600) },
            PolicyCondition::OwnerApproves,
        ]),
    }
}

// More than the fields of a form can say.
fn odd(say: &dyn Fn(&str) -> String) -> Policy {
    let claim = |value: &str| PolicyCondition::Claim {
        name: say("group").as_str().into(),
        value: say(value).as_str().into(),
        issuer: None,
        max_age_secs: Some(60),
    };
    Policy {
        id: say("odd").as_str().into(),
        target: PolicyTarget::Type(say("https://schema.org/Photograph").as_str().into()),
        scopes: scope_set(["print"]),
        condition: PolicyCondition::Any(vec![claim("family"), claim("friends")]),
    }
}

fn history(say: &dyn Fn(&str) -> String) -> Vec<HistoryEntry> {
    let entry = |minutes: u64, outcome| HistoryEntry {
        at: Some(Timestamp::from_secs(NOW.secs() - 60 * minutes)),
        client_id: Some(say("client-7").as_str().into()),
        client_name: Some(say("Print shop").as_str().into()),
        requesting_parties: vec![say("bob").as_str().into()],
        resource_server: say("rs-1").as_str().into(),
        resource_id: say("photo-1").as_str().into(),
        resource_name: Some(say("Beach at sunset").as_str().into()),
        scopes: [say("view").as_str().into()].into_iter().collect(),
        outcome,
    };
    let nobody = HistoryEntry {
        at: None,
        client_id: None,
        client_name: None,
        requesting_parties: Vec::new(),
        resource_name: None,
        ..entry(9, HistoryOutcome::Denied(None))
    };
    vec![
        entry(1, HistoryOutcome::Granted),
        entry(2, HistoryOutcome::OwnerApproved),
        entry(30, HistoryOutcome::OwnerRefused),
        entry(31, HistoryOutcome::Denied(Some(DenialReason::NoPolicy))),
        entry(90, HistoryOutcome::OwnerDidNotAnswer),
        entry(300, HistoryOutcome::GrantedAndWithdrawn),
        nobody,
    ]
}
