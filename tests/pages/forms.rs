//! Forms as browsers post them.

use super::support::{AS, get, html, key, pages, post, routes};
use umaverse::wire::codec::{self, Routes, http::header};
use umaverse::wire::page::{AccountView, Form, Page};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Answer, DecodeError, Endpoint, FormKey, Policy, PolicyCondition, PolicyTarget, Request, Response, Revision,
    Timestamp, Token,
};

fn same(plain: &str) -> String {
    plain.to_owned()
}

fn read(body: &str) -> Result<Form, DecodeError> {
    let request = post(&format!("{AS}/form"), body);
    match codec::decode_request(Revision::V2_0, &routes(), &request).message? {
        Request::Form(form) => Ok(form),
        other => panic!("{other:?}"),
    }
}

/// The names and values that a browser sends for the `nth` form in the main part of a page, when it is sent as it stands
/// with `button`. The header has a form as well, to sign out.
fn as_it_stands(page: &str, nth: usize, button: Option<(&str, &str)>) -> String {
    let main = page.split_once("<main").unwrap().1;
    let form = main.split("<form method=\"post\"").nth(nth + 1).unwrap().split("</form>").next().unwrap();
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for tag in form.split('<').skip(1) {
        let value = |name: &str| {
            let rest = tag.split_once(&format!(" {name}=\""))?.1;
            Some(unescaped(rest.split('"').next()?))
        };
        let ticks = tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\"");
        let Some(name) = value("name") else { continue };
        match tag.split(' ').next() {
            Some("input") if !ticks || tag.contains(" checked") => {
                pairs.append_pair(&name, &value("value").unwrap_or_default());
            }
            Some("textarea") => {
                pairs.append_pair(&name, &unescaped(tag.split_once('>').unwrap().1));
            }
            _ => {}
        }
    }
    if let Some((name, value)) = button {
        pairs.append_pair(name, value);
    }
    pairs.finish()
}

fn unescaped(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

fn page(name: &str) -> (Page, String) {
    let (_, page) = pages(&same).into_iter().find(|(candidate, _)| *candidate == name).unwrap();
    (page.clone(), html(page))
}

fn policy_of(page: &Page, id: &str) -> Policy {
    let Page::Account(account) = page else { panic!("no account") };
    account.policies.iter().find(|policy| policy.id.as_str() == id).unwrap().clone()
}

#[test]
fn a_policy_that_is_saved_as_it_stands_stays_the_same() {
    for (name, id) in [("policy", "friends"), ("policy-json", "odd")] {
        let (page, shown) = page(name);
        let policy = policy_of(&page, id);
        assert_eq!(read(&as_it_stands(&shown, 0, None)), Ok(Form::SetPolicy { form: key(), policy }));
    }
}

#[test]
fn every_button_says_what_it_does() {
    let yes = |name| Some((name, "yes"));
    let consent = read(&as_it_stands(&page("consent-protection").1, 0, yes("approve")));
    assert_eq!(consent, Ok(Form::Consent { form: key(), approve: true }));
    let claims = read(&as_it_stands(&page("claims").1, 0, Some(("agree", "no"))));
    assert_eq!(claims, Ok(Form::GiveClaims { form: key(), agree: false }));
    let asked = read(&as_it_stands(&page("requests").1, 0, yes("approve")));
    assert_eq!(asked, Ok(Form::AnswerRequest { form: key(), request: "request-1".into(), approve: true }));
    let withdrawn = read(&as_it_stands(&page("clients").1, 0, None));
    assert_eq!(withdrawn, Ok(Form::WithdrawApproval { form: key(), client_id: "rs-1".into() }));
    let removed = read(&as_it_stands(&page("policies").1, 0, None));
    assert_eq!(removed, Ok(Form::RemovePolicy { form: key(), policy: "friends".into() }));
}

#[test]
fn signing_in_goes_on_with_what_was_wanted() {
    let body = as_it_stands(&page("sign-in").1, 0, None).replace("username=", "username=alice");
    let body = body.replace("password=", "password=x");
    let Ok(Form::SignIn { form, username, password, second_factor, resume, resume_at }) = read(&body) else {
        panic!("no sign-in")
    };
    assert_eq!((form, &*username, password, second_factor), (key(), "alice", Token::new("x"), None));
    assert_eq!((*resume, resume_at.as_str()), (Request::GetAccount, "https://as.example/account/history"));
}

#[test]
fn a_new_policy_is_what_the_fields_say() {
    let fields = |more: &str| read(&format!("form_kind=set-policy&form_key=k&policy_id=p&{more}"));
    let policy = |target, condition| {
        let policy = Policy { id: "p".into(), target, scopes: scope_set(["view", "print"]), condition };
        Ok(Form::SetPolicy { form: FormKey::new("k"), policy })
    };
    let both = "scope=view&scope=print";
    let anyone = fields(&format!("target=all&who=anyone&{both}&subject=&issuer=x"));
    assert_eq!(anyone, policy(PolicyTarget::AllResources, PolicyCondition::Anyone));
    let bob = PolicyCondition::RequestingParty { issuer: "https://i".into(), subject: "bob".into() };
    let two = fields(&format!("target=resources&resource=1&resource=2&who=person&subject=bob&issuer=https://i&{both}"));
    assert_eq!(two, policy(PolicyTarget::Resources(vec!["1".into(), "2".into()]), bob));
    let claim =
        PolicyCondition::Claim { name: "email".into(), value: "b@x".into(), issuer: None, max_age_secs: Some(60) };
    let from = Timestamp::from_secs(1_795_325_280);
    let all = vec![
        claim,
        PolicyCondition::Client("app".into()),
        PolicyCondition::Between { from, until: Timestamp::from_secs(253_402_300_799) },
        PolicyCondition::OwnerApproves,
    ];
    let text = "target=type&type=t&who=claim&claim_name=email&claim_value=b@x&claim_age=60&client=app";
    let typed = fields(&format!("{text}&from=2026-11-22T05:28&ask_me=yes&{both}"));
    assert_eq!(typed, policy(PolicyTarget::Type("t".into()), PolicyCondition::All(all)));
}

#[test]
fn a_policy_form_that_says_too_little_permits_nothing() {
    let refused = |more: &str| read(&format!("form_kind=set-policy&form_key=k&policy_id=p&scope=view&{more}")).is_err();
    for more in [
        "target=all",
        "who=anyone",
        "target=all&who=everybody",
        "target=resources&who=anyone",
        "target=type&type=&who=anyone",
        "target=all&who=person&subject=&issuer=x",
        "target=all&who=person&subject=bob&issuer=",
        "target=all&who=claim&claim_name=a&claim_value=",
        "target=all&who=claim&claim_name=a&claim_value=b&claim_age=x",
        "target=all&who=anyone&from=yesterday",
        "target=all&who=anyone&from=2026-01-02T00:00&until=2026-01-01T00:00",
        "target=all&who=anyone&who=person",
        "target=all&who=anyone&ask_me=maybe",
    ] {
        assert!(refused(more), "{more}");
    }
    assert!(!refused("target=all&who=anyone"));
    assert!(read("form_kind=set-policy&form_key=k&target=all&who=anyone").is_err(), "no name");
    assert!(read("form_kind=set-policy&policy_id=p&target=all&who=anyone").is_err(), "no key");
}

#[test]
fn the_pages_of_the_account_have_their_own_addresses() {
    for view in AccountView::LISTS {
        let received = codec::decode_request(Revision::V2_0, &routes(), &get(&format!("{AS}/account{}", view.below())));
        assert_eq!(received.message, Ok(Request::GetAccount));
        assert_eq!(AccountView::at(routes().below(&received.uri)), Some(view));
    }
    assert_eq!(routes().endpoint(&format!("{AS}/accounting").as_str().into()), Endpoint::Unknown);
}

#[test]
fn the_links_of_a_page_follow_its_server() {
    let elsewhere = Routes::new([(Endpoint::Form, "/realms/family/sent"), (Endpoint::Account, "/realms/family/mine/")]);
    for (_, page) in pages(&same) {
        let Page::Account(account) = &page else { continue };
        let request = get(&format!("{AS}/realms/family/mine{}", account.view.below()));
        let answer = Answer::from(Response::Page(page.clone()));
        let response = codec::encode_for(Revision::V2_0, &elsewhere, &request, Endpoint::Account, &answer);
        let html = String::from_utf8(response.body).unwrap();
        let links = html.split("href=\"").chain(html.split("action=\"")).skip(1);
        let links: Vec<&str> =
            links.filter_map(|rest| rest.split('"').next()).filter(|to| to.starts_with('/')).collect();
        assert!(links.len() > 6, "{html}");
        assert!(
            links.iter().all(|to| to.starts_with("/realms/family/mine") || *to == "/realms/family/sent"),
            "{links:?}"
        );
        let posted = post(&format!("{AS}/realms/family/sent"), "");
        let response = codec::encode_for(Revision::V2_0, &elsewhere, &posted, Endpoint::Form, &answer);
        let to = header(&response.headers, "Location").unwrap();
        assert!(to.starts_with("/realms/family/mine"), "{to}");
    }
}
