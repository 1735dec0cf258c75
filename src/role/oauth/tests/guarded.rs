//! Access tokens at guarded endpoints, and how they end.

use super::*;
use crate::role::Act;
use crate::wire::error::FailureCarrier;
use crate::wire::oauth::RevocationRequest;

fn revoke_at(bench: &mut Bench<TestServer>, client: &ClientInformation, token: Bearer) -> Response {
    let request = Request::Revoke(RevocationRequest { token, hint: None });
    bench.call(credentials(client), "https://server.example/revoke", request)
}

fn withdraw(bench: &mut Bench<TestServer>, client: &str) {
    bench.input(Input::Act(Act::WithdrawApproval { as_uri: ISSUER.into(), client_name: client.into() }));
}

#[test]
fn a_request_without_a_token_is_challenged_without_a_code() {
    let answer = bench().call(Credentials::None, "https://server.example/x", Request::Access { method: "GET".into() });
    assert_eq!(answer, Response::Failure(Failure::bearer(401, None)));
}

#[test]
fn an_unknown_token_is_invalid() {
    let answer = access(&mut bench(), &Bearer::new("unknown"));
    assert!(failed(&answer, 401, ErrorCode::InvalidToken));
    assert!(matches!(answer, Response::Failure(Failure { carrier: FailureCarrier::BearerChallenge, .. })));
}

#[test]
fn a_token_expires() {
    let mut bench = bench();
    let tokens = tokens(&mut bench, &confidential());
    bench.at = bench.at + HOUR - Duration(1);
    assert!(is_good(&mut bench, &tokens.access_token));
    bench.at = bench.at + Duration(1);
    assert!(failed(&access(&mut bench, &tokens.access_token), 401, ErrorCode::InvalidToken));
    assert_eq!(bench.ruled(Rule::AccessTokenFresh), Some(false));
    bench.without(Rule::AccessTokenFresh);
    assert!(is_good(&mut bench, &tokens.access_token));
}

#[test]
fn a_token_needs_the_scope_of_the_endpoint() {
    let mut bench = bench();
    let request = TokenRequest::ClientCredentials { scope: scope_set(["b"]) };
    let tokens = granted(token(&mut bench, &confidential(), request));
    assert!(failed(&access(&mut bench, &tokens.access_token), 403, ErrorCode::InsufficientScope));
    assert_eq!(bench.ruled(Rule::PatScope), Some(false));
    bench.without(Rule::PatScope);
    assert!(is_good(&mut bench, &tokens.access_token));
}

#[test]
fn revoking_one_token_of_a_family_ends_all_of_it() {
    for by_refresh_token in [true, false] {
        let mut bench = bench();
        let tokens = tokens(&mut bench, &confidential());
        let Some(renewal) = &tokens.refresh_token else { unreachable!() };
        let renewed = granted(token(&mut bench, &confidential(), refresh(renewal)));
        let unrelated = self::tokens(&mut bench, &confidential());
        let presented = if by_refresh_token { renewal.as_kind() } else { tokens.access_token.clone() };
        assert_eq!(revoke_at(&mut bench, &confidential(), presented.clone()), Response::Revoked);
        assert_eq!(bench.ruled(Rule::RevocationByHolder), Some(true));
        assert!(!is_good(&mut bench, &tokens.access_token));
        assert_eq!(bench.ruled(Rule::AccessTokenUnrevoked), Some(false));
        assert!(!is_good(&mut bench, &renewed.access_token));
        assert!(failed(&token(&mut bench, &confidential(), refresh(renewal)), 400, ErrorCode::InvalidGrant));
        assert!(is_good(&mut bench, &unrelated.access_token));
        assert_eq!(bench.role.told_revoked.len(), 2);
        assert_eq!(revoke_at(&mut bench, &confidential(), presented), Response::Revoked);
        assert!(bench.last.facts.is_empty(), "revoking again changes nothing");
        bench.without(Rule::AccessTokenUnrevoked);
        assert!(is_good(&mut bench, &tokens.access_token));
    }
}

#[test]
fn without_its_rule_revocation_reaches_only_what_was_named() {
    let mut bench = bench();
    bench.without(Rule::RevocationReachesDerived);
    let tokens = tokens(&mut bench, &confidential());
    let Some(renewal) = &tokens.refresh_token else { unreachable!() };
    revoke_at(&mut bench, &confidential(), renewal.as_kind());
    assert_eq!(bench.ruled(Rule::RevocationReachesDerived), Some(false));
    assert!(is_good(&mut bench, &tokens.access_token));
}

#[test]
fn a_token_is_revoked_by_its_holder_only() {
    let mut bench = bench();
    let tokens = tokens(&mut bench, &confidential());
    let answer = revoke_at(&mut bench, &other(), tokens.access_token.clone());
    assert!(failed(&answer, 400, ErrorCode::InvalidGrant));
    assert_eq!(bench.ruled(Rule::RevocationByHolder), Some(false));
    assert!(is_good(&mut bench, &tokens.access_token));
    bench.without(Rule::RevocationByHolder);
    assert_eq!(revoke_at(&mut bench, &other(), tokens.access_token.clone()), Response::Revoked);
    assert!(!is_good(&mut bench, &tokens.access_token));
}

#[test]
fn an_unknown_token_counts_as_revoked() {
    assert_eq!(revoke_at(&mut bench(), &confidential(), Bearer::new("unknown")), Response::Revoked);
}

#[test]
fn withdrawing_an_approval_ends_the_tokens_and_codes_of_that_person_and_client() {
    let mut bench = bench();
    let mine = tokens(&mut bench, &confidential());
    let elsewhere = tokens(&mut bench, &other());
    let unused = code_for(&mut bench, authorization(&confidential()));
    assert_eq!(approvals::held_by(&bench.role.oauth, &"alice".into(), bench.at).len(), 2);
    withdraw(&mut bench, "confidential");
    assert_eq!(bench.ruled(Rule::WithdrawalReachesTokens), Some(false));
    assert!(!is_good(&mut bench, &mine.access_token));
    assert!(is_good(&mut bench, &elsewhere.access_token));
    assert!(failed(&token(&mut bench, &confidential(), exchange(&unused)), 400, ErrorCode::InvalidGrant));
    let mut browser = signed_in(&mut bench, "alice");
    consent_form(&ask(&mut bench, &mut browser, authorization(&confidential())));
    assert_eq!(approvals::held_by(&bench.role.oauth, &"alice".into(), bench.at).len(), 1);
}

#[test]
fn without_its_rule_a_withdrawal_reaches_no_token() {
    let mut bench = bench();
    bench.without(Rule::WithdrawalReachesTokens);
    let mine = tokens(&mut bench, &confidential());
    withdraw(&mut bench, "confidential");
    assert!(is_good(&mut bench, &mine.access_token));
}
