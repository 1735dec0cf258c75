//! Sessions, sign-in, consent and codes, as a browser meets them.

use super::*;
use crate::role::RuleSet;

#[test]
fn a_person_signs_in_approves_and_brings_back_a_code() {
    let mut bench = bench();
    let mut browser = Browser::default();
    let page = ask(&mut bench, &mut browser, authorization(&confidential()));
    let anonymous = browser.cookie.clone();
    assert!(anonymous.is_some());
    let back = send(&mut bench, &mut browser, sign_in_form(&page, "alice", "alice"));
    assert_ne!(browser.cookie, anonymous, "a session fixed before signing in must not become alice's");
    let Response::Redirect { to, message } = back else { unreachable!("{back:?}") };
    assert_eq!(to.as_str(), "https://server.example/authorize");
    let page = bench.browse(&mut browser, to.as_str(), *message);
    assert_eq!(bench.ruled(Rule::PersonApproved), Some(false));
    assert!(matches!(&page, Response::Page(Page::Consent { client_name: Some(name), .. }) if &**name == "A client"));
    let back = send(&mut bench, &mut browser, Form::Consent { form: consent_form(&page), approve: true });
    let back = returned(&back);
    assert!(back.outcome.is_ok());
    assert_eq!((back.state, back.issuer), (Some(State::new("state")), Some(ISSUER.into())));
}

#[test]
fn who_approved_is_not_asked_again_for_the_same_or_less() {
    let mut bench = bench();
    let wide = AuthorizationRequest { scope: scope_set(["a", "b"]), ..authorization(&confidential()) };
    code_for(&mut bench, wide.clone());
    let mut browser = signed_in(&mut bench, "alice");
    let narrow = AuthorizationRequest { state: None, ..authorization(&confidential()) };
    let back = returned(&ask(&mut bench, &mut browser, narrow));
    assert!(back.outcome.is_ok() && back.state.is_none());
    let other = AuthorizationRequest { client_id: Some("other".into()), ..wide };
    consent_form(&ask(&mut bench, &mut browser, other));
    assert!(is_asked_for_more(&mut bench));
}

fn is_asked_for_more(bench: &mut Bench<TestServer>) -> bool {
    let mut bob = signed_in(bench, "bob");
    let form = consent_form(&ask(bench, &mut bob, authorization(&confidential())));
    send(bench, &mut bob, Form::Consent { form, approve: true });
    let wide = AuthorizationRequest { scope: scope_set(["a", "b"]), ..authorization(&confidential()) };
    matches!(ask(bench, &mut bob, wide), Response::Page(Page::Consent { .. }))
}

#[test]
fn a_refusal_goes_back_without_a_code() {
    let mut bench = bench();
    let mut browser = signed_in(&mut bench, "alice");
    let form = consent_form(&ask(&mut bench, &mut browser, authorization(&confidential())));
    let back = returned(&send(&mut bench, &mut browser, Form::Consent { form, approve: false }));
    assert_eq!(back.outcome, Err("access_denied".into()));
    assert!(matches!(bench.last.facts.as_slice(), [Fact::ApprovalRefused { .. }]));
}

#[test]
fn a_wrong_password_or_an_unknown_name_gets_the_page_again() {
    for (name, password) in [("alice", "bob"), ("nobody", "alice"), ("nobody", "")] {
        let mut bench = bench();
        let mut browser = Browser::default();
        let page = ask(&mut bench, &mut browser, authorization(&confidential()));
        let again = send(&mut bench, &mut browser, sign_in_form(&page, name, password));
        assert!(matches!(again, Response::Page(Page::SignIn { wrong_password: true, .. })), "{again:?}");
        assert_eq!(bench.ruled(Rule::PasswordCorrect), Some(false));
        assert!(bench.last.facts.is_empty());
        let back = send(&mut bench, &mut browser, sign_in_form(&again, "alice", "alice"));
        assert!(matches!(back, Response::Redirect { .. }));
        assert_eq!(bench.ruled(Rule::PasswordCorrect), Some(true));
    }
}

#[test]
fn without_its_rule_a_wrong_password_is_let_in() {
    let mut bench = bench();
    bench.without(Rule::PasswordCorrect);
    let mut browser = Browser::default();
    let page = ask(&mut bench, &mut browser, authorization(&confidential()));
    let back = send(&mut bench, &mut browser, sign_in_form(&page, "alice", "wrong"));
    assert!(matches!(back, Response::Redirect { .. }));
}

#[test]
fn a_form_of_another_session_does_not_count() {
    let mut bench = bench();
    let (mut alice, mut mallory) = (signed_in(&mut bench, "alice"), signed_in(&mut bench, "bob"));
    let form = consent_form(&ask(&mut bench, &mut mallory, authorization(&confidential())));
    let forged = Form::Consent { form, approve: true };
    assert!(noticed(&send(&mut bench, &mut alice, forged.clone()), 403));
    assert_eq!(bench.ruled(Rule::FormKeyMatches), Some(false));
    assert!(noticed(&send(&mut bench, &mut Browser::default(), forged.clone()), 403));
    bench.without(Rule::FormKeyMatches);
    assert!(returned(&send(&mut bench, &mut alice, forged)).outcome.is_ok());
}

#[test]
fn a_form_counts_once() {
    let mut bench = bench();
    let mut browser = signed_in(&mut bench, "alice");
    let form = consent_form(&ask(&mut bench, &mut browser, authorization(&confidential())));
    let consent = Form::Consent { form, approve: true };
    assert!(returned(&send(&mut bench, &mut browser, consent.clone())).outcome.is_ok());
    assert_eq!(bench.ruled(Rule::FormKeyMatches), Some(true));
    assert!(noticed(&send(&mut bench, &mut browser, consent), 403));
}

#[test]
fn a_sign_in_form_of_another_session_is_asked_anew() {
    let mut bench = bench();
    let (mut mine, mut theirs) = (Browser::default(), Browser::default());
    let page = ask(&mut bench, &mut mine, authorization(&confidential()));
    ask(&mut bench, &mut theirs, authorization(&confidential()));
    let again = send(&mut bench, &mut theirs, sign_in_form(&page, "alice", "alice"));
    assert_eq!(bench.ruled(Rule::FormKeyMatches), Some(false));
    assert!(matches!(again, Response::Page(Page::SignIn { wrong_password: false, .. })));
}

#[test]
fn sign_in_leads_to_pages_of_this_server_only() {
    let mut bench = bench();
    let mut browser = Browser::default();
    let page = ask(&mut bench, &mut browser, authorization(&confidential()));
    for (resume, resume_at) in [
        (Request::GetAccount, "https://evil.example/account"),
        (Request::GetAccount, "https://server.example.evil/account"),
        (Request::RequestRpt, "https://server.example/account"),
    ] {
        let mut form = sign_in_form(&page, "alice", "alice");
        if let Form::SignIn { resume: to, resume_at: at, .. } = &mut form {
            (**to, *at) = (resume, resume_at.into());
        }
        assert!(noticed(&send(&mut bench, &mut browser, form), 403));
    }
}

#[test]
fn an_expired_session_is_no_session() {
    let mut bench = bench();
    let mut browser = signed_in(&mut bench, "alice");
    bench.at = bench.at + HOUR - Duration(1);
    consent_form(&ask(&mut bench, &mut browser, authorization(&confidential())));
    assert_eq!(bench.ruled(Rule::SessionFresh), Some(true));
    bench.at = bench.at + Duration(1);
    bench.without(Rule::SessionFresh);
    consent_form(&ask(&mut bench, &mut browser, authorization(&confidential())));
    bench.rules_off = RuleSet::default();
    let page = ask(&mut bench, &mut browser, authorization(&confidential()));
    assert!(matches!(page, Response::Page(Page::SignIn { .. })));
    assert_eq!(bench.ruled(Rule::SessionFresh), Some(false));
}

#[test]
fn nobody_is_redirected_to_where_no_client_registered() {
    let mut bench = bench();
    let mut browser = signed_in(&mut bench, "alice");
    let good = authorization(&confidential());
    let foreign = AuthorizationRequest { redirect_uri: Some("https://client.example/return/".into()), ..good.clone() };
    assert!(noticed(&ask(&mut bench, &mut browser, foreign.clone()), 400));
    assert_eq!(bench.ruled(Rule::RedirectUriRegistered), Some(false));
    for request in [
        AuthorizationRequest { client_id: Some("unknown".into()), ..good.clone() },
        AuthorizationRequest { client_id: None, ..good.clone() },
    ] {
        assert!(noticed(&ask(&mut bench, &mut browser, request), 400));
    }
    let omitted = AuthorizationRequest { redirect_uri: None, ..good };
    consent_form(&ask(&mut bench, &mut browser, omitted));
    bench.without(Rule::RedirectUriRegistered);
    consent_form(&ask(&mut bench, &mut browser, foreign));
}

#[test]
fn what_is_wrong_with_a_request_goes_back_to_the_client() {
    let mut bench = bench();
    let mut browser = Browser::default();
    let good = authorization(&confidential());
    let cases = [
        (AuthorizationRequest { response_type: Some("token".into()), ..good.clone() }, "unsupported_response_type"),
        (AuthorizationRequest { response_type: None, ..good.clone() }, "invalid_request"),
        (AuthorizationRequest { scope: scope_set(["z"]), ..good.clone() }, "invalid_scope"),
        (AuthorizationRequest { code_challenge: None, ..authorization(&public()) }, "invalid_request"),
    ];
    for (request, error) in cases {
        let back = returned(&ask(&mut bench, &mut browser, request));
        assert_eq!((back.outcome, back.state), (Err(error.into()), Some(State::new("state"))));
    }
}

#[test]
fn without_its_rule_nobody_is_asked_for_consent() {
    let mut bench = bench();
    bench.without(Rule::PersonApproved);
    let mut browser = signed_in(&mut bench, "alice");
    assert!(returned(&ask(&mut bench, &mut browser, authorization(&confidential()))).outcome.is_ok());
}
