//! What a browser is told about a page besides the page.

use super::support::{AS, answer, get, html, pages, post, routes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use umaverse::wire::codec::http::header;
use umaverse::wire::codec::{self, HttpRequest, HttpResponse};
use umaverse::wire::page::{AccountChange, AccountPage, AccountView, Page};
use umaverse::wire::{Answer, Endpoint, Response, Revision, SessionCookie, Text};

fn same(plain: &str) -> String {
    plain.to_owned()
}

fn notice() -> Page {
    Page::Notice { status: 200, text: "so".into() }
}

fn field<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
    header(&response.headers, name).unwrap_or_default()
}

#[test]
fn every_page_is_guarded_against_scripts_frames_and_caches() {
    for (name, page) in pages(&same) {
        let is_account = matches!(page, Page::Account(_));
        let response = answer(&get(&format!("{AS}/x?y=1")), Endpoint::Account, page);
        let policy = field(&response, "Content-Security-Policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{name}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{name}: {policy}");
        assert_eq!(policy.contains("form-action 'self'"), is_account, "{name}");
        assert_eq!(field(&response, "X-Frame-Options"), "DENY");
        assert_eq!(field(&response, "Referrer-Policy"), "no-referrer");
        assert_eq!(field(&response, "Cache-Control"), "no-store");
        assert_eq!(field(&response, "X-Content-Type-Options"), "nosniff");
        assert_eq!(field(&response, "Vary"), "Accept");
    }
}

#[test]
fn the_policy_allows_the_one_style_sheet_by_its_hash() {
    let response = answer(&get(AS), Endpoint::Account, notice());
    let body = String::from_utf8(response.body.clone()).unwrap();
    let style = body.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style)));
    assert!(field(&response, "Content-Security-Policy").contains(&hash));
    assert_eq!(body.matches("<style").count(), 1);
}

#[test]
fn who_does_not_name_html_gets_json() {
    let accepting = |accepts: Option<&str>| -> HttpRequest {
        let mut request = get(AS);
        request.headers = accepts.map(|accepts| (Text::from("accept"), Text::from(accepts))).into_iter().collect();
        request
    };
    let kind = |accepts| field(&answer(&accepting(accepts), Endpoint::Account, notice()), "Content-Type").to_owned();
    for program in [None, Some("*/*"), Some("application/json"), Some("text/html;q=0, */*"), Some("text/*")] {
        assert_eq!(kind(program), "application/vnd.umaverse.page+json", "{program:?}");
    }
    for browser in [Some("text/html"), Some("application/json, TEXT/HTML;q=0.2")] {
        assert_eq!(kind(browser), "text/html; charset=utf-8");
    }
}

#[test]
fn a_form_is_answered_with_the_way_to_the_page_that_it_changed() {
    let page = |view, changed| Page::Account(AccountPage { view, changed, ..AccountPage::default() });
    let request = post(&format!("{AS}/form"), "");
    let changed = Some(AccountChange::PolicySet);
    let response = answer(&request, Endpoint::Form, page(AccountView::Policies, changed));
    assert_eq!((response.status, field(&response, "Location")), (303, "/account/policies?done=policy-set"));
    assert!(response.body.is_empty());
    let told = |query: &str| {
        let shown = answer(&get(&format!("{AS}/account{query}")), Endpoint::Account, page(AccountView::Overview, None));
        String::from_utf8(shown.body).unwrap().contains("role=\"status\"")
    };
    assert!(told("?done=policy-set") && !told("") && !told("?done=<b>x</b>"));
}

#[test]
fn a_cookie_fits_the_origin() {
    let answer = Answer { set_cookie: Some(SessionCookie::new("s")), message: Response::Page(notice()) };
    let set = |uri: &str| {
        let response = codec::encode_for(Revision::V2_0, &routes(), &get(uri), Endpoint::Account, &answer);
        let fields = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
        let values: Vec<String> = fields.map(|(_, value)| value.to_string()).collect();
        assert_eq!(values.len(), 1);
        values.concat()
    };
    assert_eq!(set("https://as.example/a"), "__Host-session=s; Path=/; HttpOnly; Secure; SameSite=Lax");
    assert_eq!(set("http://127.0.0.1:8001/a"), "session-8001=s; Path=/; HttpOnly; SameSite=Lax");
}

#[test]
fn refusals_are_pages_for_browsers_only() {
    let refused = Answer::from(Response::Refused { status: 404 });
    let response = codec::encode_for(Revision::V2_0, &routes(), &get(AS), Endpoint::Unknown, &refused);
    assert_eq!((response.status, field(&response, "Content-Type")), (404, "text/html; charset=utf-8"));
    let mut program = get(AS);
    program.headers.clear();
    let response = codec::encode_for(Revision::V2_0, &routes(), &program, Endpoint::Unknown, &refused);
    assert_eq!((response.status, response.body.len()), (404, 0));
}

#[test]
fn who_comes_without_saying_what_for_is_asked() {
    let missing = || Page::Notice { status: 400, text: "`resource` is missing".into() };
    for (path, endpoint, field) in
        [("/fetch", Endpoint::Fetch, "name=\"resource\""), ("/connect", Endpoint::Connect, "name=\"as_uri\"")]
    {
        let response = answer(&get(&format!("{AS}{path}")), endpoint, missing());
        let body = String::from_utf8(response.body).unwrap();
        assert!(response.status == 200 && body.contains(field) && body.contains("method=\"get\""));
        assert_eq!(answer(&get(&format!("{AS}{path}?x=1")), endpoint, missing()).status, 400);
    }
    assert!(html(missing()).contains("role=\"alert\""));
}
