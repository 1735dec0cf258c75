//! Grants at the token endpoint: every rule of a code and of a refresh token, kept and broken.

use super::*;

#[test]
fn a_code_becomes_tokens_of_the_scope_that_was_approved() {
    let mut bench = bench();
    let wide = AuthorizationRequest { scope: scope_set(["a", "b", "unknown"]), ..authorization(&confidential()) };
    let code = code_for(&mut bench, wide);
    bench.at = bench.at + Duration::from_millis(1500);
    let tokens = granted(token(&mut bench, &confidential(), exchange(&code)));
    assert_eq!(tokens.scope, Some(scope_set(["a", "b"])));
    assert_eq!(tokens.expires_in_secs, Some(3599), "the expiry is a whole second");
    assert!(tokens.refresh_token.is_some() && tokens.id_token.is_none());
    assert!(is_good(&mut bench, &tokens.access_token));
    assert!(matches!(
        bench.facts.iter().rev().find(|fact| matches!(fact, Fact::AccessTokenIssued { .. })),
        Some(Fact::AccessTokenIssued { person: Some(person), code: Some(_), .. }) if person.as_str() == "alice"
    ));
}

#[test]
fn a_code_that_comes_twice_ends_what_came_of_it() {
    let mut bench = bench();
    let code = code_for(&mut bench, authorization(&confidential()));
    let tokens = granted(token(&mut bench, &confidential(), exchange(&code)));
    assert_eq!(bench.ruled(Rule::CodeUnspent), Some(true));
    let again = token(&mut bench, &confidential(), exchange(&code));
    assert!(failed(&again, 400, ErrorCode::InvalidGrant));
    assert_eq!(bench.ruled(Rule::CodeUnspent), Some(false));
    assert!(!is_good(&mut bench, &tokens.access_token));
    let Some(renewal) = &tokens.refresh_token else { unreachable!() };
    assert!(failed(&token(&mut bench, &confidential(), refresh(renewal)), 400, ErrorCode::InvalidGrant));
    bench.without(Rule::CodeUnspent);
    granted(token(&mut bench, &confidential(), exchange(&code)));
}

/// Presents a fresh code in a way that breaks one rule, to a server that obeys it and to one that does not.
fn breaks(rule: Rule, present: impl Fn(&mut Bench<TestServer>, AuthorizationCode) -> Response) -> Bench<TestServer> {
    let mut mutant = bench();
    let code = code_for(&mut mutant, authorization(&confidential()));
    mutant.without(rule);
    granted(present(&mut mutant, code));
    assert_eq!(mutant.ruled(rule), Some(false));
    let mut bench = bench();
    let code = code_for(&mut bench, authorization(&confidential()));
    assert!(failed(&present(&mut bench, code), 400, ErrorCode::InvalidGrant));
    assert_eq!(bench.ruled(rule), Some(false));
    bench
}

#[test]
fn a_code_is_good_for_its_own_client_only() {
    let bench = breaks(Rule::CodeBoundToClient, |bench, code| token(bench, &other(), exchange(&code)));
    assert!(bench.last.facts.is_empty(), "a stranger cannot void a code");
}

#[test]
fn a_code_expires() {
    breaks(Rule::CodeFresh, |bench, code| {
        bench.at = bench.at + Duration::from_secs(60);
        token(bench, &confidential(), exchange(&code))
    });
    let mut bench = bench();
    let code = code_for(&mut bench, authorization(&confidential()));
    bench.at = bench.at + Duration::from_secs(60) - Duration(1);
    granted(token(&mut bench, &confidential(), exchange(&code)));
}

fn with(code: &AuthorizationCode, redirect_uri: Option<&str>, verifier: Option<&str>) -> TokenRequest {
    TokenRequest::AuthorizationCode {
        code: code.clone(),
        redirect_uri: redirect_uri.map(Uri::from),
        code_verifier: verifier.map(CodeVerifier::new),
    }
}

#[test]
fn a_code_comes_back_with_the_redirect_uri_it_was_asked_for() {
    let verifier = verifier();
    breaks(Rule::CodeRedirectUriMatches, |bench, code| {
        token(bench, &confidential(), with(&code, Some("https://evil.example/return"), Some(verifier.expose())))
    });
    let mut bench = bench();
    let code = code_for(&mut bench, authorization(&confidential()));
    granted(token(&mut bench, &confidential(), with(&code, None, Some(verifier.expose()))));
}

#[test]
fn a_code_needs_the_verifier_of_its_challenge() {
    for verifier in [Some("another verifier"), None] {
        let bench = breaks(Rule::CodeVerifierMatches, |bench, code| {
            token(bench, &confidential(), with(&code, Some(RETURN), verifier))
        });
        assert!(matches!(bench.last.facts.as_slice(), [Fact::CodeRedeemed { .. }]), "one attempt voids the code");
    }
    let mut bench = bench();
    let code = code_for(&mut bench, AuthorizationRequest { code_challenge: None, ..authorization(&confidential()) });
    assert!(failed(&token(&mut bench, &confidential(), exchange(&code)), 400, ErrorCode::InvalidGrant));
}

#[test]
fn an_unknown_code_is_refused() {
    let unknown = exchange(&AuthorizationCode::new("unknown"));
    assert!(failed(&token(&mut bench(), &confidential(), unknown), 400, ErrorCode::InvalidGrant));
}

#[test]
fn a_client_gets_a_token_for_itself() {
    let mut bench = bench();
    let request = TokenRequest::ClientCredentials { scope: ScopeSet::new() };
    let tokens = granted(token(&mut bench, &confidential(), request.clone()));
    assert_eq!((tokens.refresh_token, tokens.scope), (None, Some(scope_set(["a"]))));
    assert!(matches!(bench.last.facts.last(), Some(Fact::AccessTokenIssued { person: None, .. })));
    assert!(failed(&token(&mut bench, &public(), request), 400, ErrorCode::UnauthorizedClient));
    let unknown = TokenRequest::ClientCredentials { scope: scope_set(["z"]) };
    assert!(failed(&token(&mut bench, &confidential(), unknown), 400, ErrorCode::InvalidScope));
}

#[test]
fn a_grant_type_that_is_not_offered_is_unsupported() {
    let mut bench = bench();
    let unknown = token(&mut bench, &confidential(), TokenRequest::Other("password".into()));
    assert!(failed(&unknown, 400, ErrorCode::UnsupportedGrantType));
    assert_eq!(bench.ruled(Rule::GrantTypeOffered), Some(false));
}

#[test]
fn a_refresh_token_renews_and_narrows() {
    let mut bench = bench();
    let wide = AuthorizationRequest { scope: scope_set(["a", "b"]), ..authorization(&confidential()) };
    let code = code_for(&mut bench, wide);
    let Some(renewal) = granted(token(&mut bench, &confidential(), exchange(&code))).refresh_token else {
        unreachable!()
    };
    bench.at = bench.at + HOUR + HOUR;
    let narrow = TokenRequest::Refresh { refresh_token: renewal.clone(), scope: scope_set(["a"]) };
    let renewed = granted(token(&mut bench, &confidential(), narrow));
    assert_eq!((renewed.scope, renewed.refresh_token), (Some(scope_set(["a"])), None));
    assert!(is_good(&mut bench, &renewed.access_token));
    let wider = TokenRequest::Refresh { refresh_token: renewal.clone(), scope: scope_set(["a", "c"]) };
    assert!(failed(&token(&mut bench, &confidential(), wider), 400, ErrorCode::InvalidScope));
    assert_eq!(granted(token(&mut bench, &confidential(), refresh(&renewal))).scope, Some(scope_set(["a", "b"])));
}

#[test]
fn a_refresh_token_is_good_for_its_own_client_only() {
    let mut bench = bench();
    let Some(renewal) = tokens(&mut bench, &confidential()).refresh_token else { unreachable!() };
    assert!(failed(&token(&mut bench, &other(), refresh(&renewal)), 400, ErrorCode::InvalidGrant));
    assert_eq!(bench.ruled(Rule::RefreshBoundToClient), Some(false));
    bench.without(Rule::RefreshBoundToClient);
    granted(token(&mut bench, &other(), refresh(&renewal)));
}

#[test]
fn a_refresh_token_of_a_public_client_is_good_once_and_its_replay_ends_the_family() {
    let mut bench = bench();
    let Some(first) = tokens(&mut bench, &public()).refresh_token else { unreachable!() };
    let renewed = granted(token(&mut bench, &public(), refresh(&first)));
    assert!(renewed.refresh_token.as_ref().is_some_and(|second| *second != first));
    assert!(failed(&token(&mut bench, &public(), refresh(&first)), 400, ErrorCode::InvalidGrant));
    assert_eq!(bench.ruled(Rule::RefreshUnrevoked), Some(false));
    assert!(!is_good(&mut bench, &renewed.access_token));
    bench.without(Rule::RefreshUnrevoked);
    granted(token(&mut bench, &public(), refresh(&first)));
}

#[test]
fn a_refresh_token_ends_when_it_is_not_used_and_each_use_begins_its_time_anew() {
    let a_second = Duration::from_secs(1);
    for client in [confidential(), public()] {
        let mut bench = bench();
        let Some(mut renewal) = tokens(&mut bench, &client).refresh_token else { unreachable!() };
        for _ in 0..3 {
            bench.at = bench.at + LIFETIME_OF_REFRESH_TOKENS - a_second;
            let renewed = granted(token(&mut bench, &client, refresh(&renewal)));
            assert_eq!(bench.ruled(Rule::RefreshFresh), Some(true));
            renewal = renewed.refresh_token.unwrap_or(renewal);
        }
        bench.at = (bench.at + LIFETIME_OF_REFRESH_TOKENS).whole_secs();
        assert!(failed(&token(&mut bench, &client, refresh(&renewal)), 400, ErrorCode::InvalidGrant));
        assert_eq!(bench.ruled(Rule::RefreshFresh), Some(false));
        assert!(bench.last.facts.is_empty());
        bench.without(Rule::RefreshFresh);
        granted(token(&mut bench, &client, refresh(&renewal)));
    }
}

#[test]
fn a_replay_after_the_end_costs_nothing() {
    let mut bench = bench();
    let Some(first) = tokens(&mut bench, &public()).refresh_token else { unreachable!() };
    bench.at = bench.at + LIFETIME_OF_REFRESH_TOKENS - HOUR;
    let renewed = granted(token(&mut bench, &public(), refresh(&first)));
    bench.at = bench.at + HOUR - Duration(1);
    assert!(is_good(&mut bench, &renewed.access_token));
    bench.at = bench.at + Duration(1);
    assert!(failed(&token(&mut bench, &public(), refresh(&first)), 400, ErrorCode::InvalidGrant));
    let Some(second) = renewed.refresh_token else { unreachable!() };
    granted(token(&mut bench, &public(), refresh(&second)));
}

#[test]
fn an_unknown_refresh_token_is_left_to_the_caller() {
    let unknown = refresh(&RefreshToken::new("unknown"));
    assert_eq!(token(&mut bench(), &confidential(), unknown), Response::Refused { status: 418 });
}
