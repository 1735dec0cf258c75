//! Who fails too often has to wait, also with the right password or secret.

use super::*;

/// Tries to sign in anew; `Some` with the status of the notice when there was one.
fn tries(bench: &mut Bench<TestServer>, name: &str, password: &str) -> Option<u16> {
    let mut browser = Browser::default();
    let page = ask(bench, &mut browser, authorization(&confidential()));
    match send(bench, &mut browser, sign_in_form(&page, name, password)) {
        Response::Page(Page::Notice { status, .. }) => Some(status),
        Response::Page(Page::SignIn { wrong_password: true, .. }) | Response::Redirect { .. } => None,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn after_five_wrong_passwords_the_right_one_has_to_wait() {
    for name in ["alice", "nobody"] {
        let mut bench = bench();
        for _ in 0..5 {
            assert_eq!(tries(&mut bench, name, "guess"), None);
            assert_eq!(bench.ruled(Rule::SignInNotLocked), Some(true));
        }
        assert_eq!(tries(&mut bench, name, name), Some(429), "an account that is none is locked like one that is");
        assert_eq!(bench.ruled(Rule::SignInNotLocked), Some(false));
        assert_eq!(bench.ruled(Rule::PasswordCorrect), None, "the password is not even looked at");
        assert_eq!(tries(&mut bench, "bob", "bob"), None, "others are not locked out");
        bench.at = bench.at + Duration::from_secs(1);
        assert_eq!(tries(&mut bench, name, "guess"), None);
        bench.at = bench.at + Duration::from_secs(1);
        assert_eq!(tries(&mut bench, name, name), Some(429), "the next wait is longer");
    }
}

#[test]
fn a_sign_in_that_succeeds_forgets_the_failures_before() {
    let mut bench = bench();
    for _ in 0..3 {
        (0..4).for_each(|_| assert_eq!(tries(&mut bench, "alice", "guess"), None));
        assert_eq!(tries(&mut bench, "alice", "alice"), None);
    }
}

#[test]
fn without_its_rule_guessing_goes_on() {
    let mut bench = bench();
    (0..5).for_each(|_| assert_eq!(tries(&mut bench, "alice", "guess"), None));
    bench.without(Rule::SignInNotLocked);
    assert_eq!(tries(&mut bench, "alice", "alice"), None);
    assert_eq!(bench.ruled(Rule::SignInNotLocked), Some(false));
}

#[test]
fn a_client_that_guesses_has_to_wait_and_only_that_one() {
    let mut bench = bench();
    let wrong = ClientInformation { client_secret: Some(ClientSecret::new("guess")), ..confidential() };
    let ask = |bench: &mut Bench<TestServer>, client: &ClientInformation| {
        let request = TokenRequest::ClientCredentials { scope: scope_set(["a"]) };
        match token(bench, client, request) {
            Response::Failure(failure) => failure.status,
            _ => 200,
        }
    };
    (0..5).for_each(|_| assert_eq!(ask(&mut bench, &wrong), 401));
    assert_eq!(ask(&mut bench, &confidential()), 429);
    assert_eq!(bench.ruled(Rule::ClientNotLocked), Some(false));
    assert_ne!(ask(&mut bench, &other()), 429);
    bench.at = bench.at + Duration::from_secs(1);
    assert_ne!(ask(&mut bench, &confidential()), 429);
    (0..4).for_each(|_| assert_eq!(ask(&mut bench, &wrong), 401));
    assert_eq!(ask(&mut bench, &wrong), 401, "the right secret made the five before it good");
    bench.without(Rule::ClientNotLocked);
    assert_eq!(ask(&mut bench, &wrong), 401);
}
