//! What survives a crash, and what is forgotten in time.

use super::*;

pub(super) type Durable = (
    accounts::Added,
    clients::Clients,
    sessions::Sessions,
    approvals::Approvals,
    codes::Codes,
    access_tokens::AccessTokens,
    saml_grant::Assertions,
    client_assertion::ClientAssertions,
);

pub(super) fn durable(server: &TestServer) -> Durable {
    let OAuth { accounts, clients, sessions, approvals, codes, access_tokens, assertions, client_assertions, open: _ } =
        server.oauth.clone();
    (accounts, clients, sessions, approvals, codes, access_tokens, assertions, client_assertions)
}

/// A server that has seen a bit of everything.
fn lived_in() -> Bench<TestServer> {
    let mut bench = bench();
    let tokens = tokens(&mut bench, &confidential());
    if let Some(renewal) = &tokens.refresh_token {
        granted(token(&mut bench, &confidential(), refresh(renewal)));
    }
    if let Some(renewal) = self::tokens(&mut bench, &public()).refresh_token {
        granted(token(&mut bench, &public(), refresh(&renewal)));
        token(&mut bench, &public(), refresh(&renewal));
    }
    bench.call(Credentials::None, "https://server.example/register", Request::RegisterClient(metadata()));
    code_for(&mut bench, authorization(&other()));
    bench.input(Input::Act(crate::role::Act::WithdrawApproval {
        as_uri: ISSUER.into(),
        client_name: "confidential".into(),
    }));
    bench
}

#[test]
fn facts_alone_rebuild_the_tables() {
    let bench = lived_in();
    let mut rebuilt = TestServer::new();
    for fact in &bench.facts {
        rebuilt.apply(fact);
    }
    assert_eq!(durable(&rebuilt), durable(&bench.role));
    assert_ne!(durable(&rebuilt), durable(&TestServer::new()));
}

#[test]
fn a_crash_forgets_only_what_is_open_in_browsers() {
    let mut bench = lived_in();
    let mut browser = signed_in(&mut bench, "bob");
    let form = consent_form(&ask(&mut bench, &mut browser, authorization(&confidential())));
    let before = durable(&bench.role);
    bench.role.forget();
    assert_eq!(durable(&bench.role), before);
    assert!(noticed(&send(&mut bench, &mut browser, Form::Consent { form, approve: true }), 403));
    consent_form(&ask(&mut bench, &mut browser, authorization(&confidential())));
}

#[test]
fn a_person_at_the_sign_in_page_is_not_lost_in_a_crash() {
    let mut bench = bench();
    let mut browser = Browser::default();
    let page = ask(&mut bench, &mut browser, authorization(&confidential()));
    bench.role.forget();
    let again = send(&mut bench, &mut browser, sign_in_form(&page, "alice", "alice"));
    let back = send(&mut bench, &mut browser, sign_in_form(&again, "alice", "alice"));
    assert!(matches!(back, Response::Redirect { .. }));
    bench.input(Input::PasswordChecked { check: 7, correct: true });
    assert!(bench.last.out.is_empty() && bench.last.facts.is_empty(), "nobody asked for this check");
}

#[test]
fn configured_clients_are_told_once() {
    let bench = lived_in();
    let told = bench.facts.iter().filter(|fact| matches!(fact, Fact::ClientRegistered { dynamic: false, .. }));
    assert_eq!(told.count(), 3);
}

#[test]
fn the_configuration_is_right_about_its_clients() {
    let mut bench = lived_in();
    let older = Fact::ClientRegistered {
        client: "confidential".into(),
        metadata: metadata(),
        secret: Some(ClientSecret::new("older secret").hashed()),
        dynamic: false,
    };
    bench.role.apply(&older);
    tokens(&mut bench, &confidential());
    let gone = Fact::ClientRegistered { client: "gone".into(), metadata: metadata(), secret: None, dynamic: false };
    bench.role.apply(&gone);
    assert!(clients::get(&bench.role.oauth, &"gone".into()).is_none());
}

#[test]
fn what_is_long_over_is_forgotten_and_what_is_renewable_stays() {
    let mut bench = bench();
    let tokens = tokens(&mut bench, &confidential());
    let code = code_for(&mut bench, authorization(&confidential()));
    let day = Duration::from_secs(24 * 3600);
    bench.at = bench.at + day;
    bench.role.oauth.expire(bench.at);
    token(&mut bench, &confidential(), exchange(&code));
    assert_eq!(bench.ruled(Rule::CodeFresh), Some(false), "expired is still an answer by rule");
    bench.at = bench.at + HOUR;
    bench.role.oauth.expire(bench.at);
    token(&mut bench, &confidential(), exchange(&code));
    assert_eq!(bench.ruled(Rule::CodeFresh), None, "and later nothing is known of it");
    let Some(renewal) = tokens.refresh_token else { unreachable!() };
    granted(token(&mut bench, &confidential(), refresh(&renewal)));
    bench.at = bench.at + LIFETIME_OF_REFRESH_TOKENS - HOUR;
    bench.role.oauth.expire(bench.at);
    let snapshot: Vec<_> = bench.facts.iter().filter(|fact| bench.role.oauth.needs(fact)).cloned().collect();
    let mut rebuilt = TestServer::new();
    snapshot.iter().for_each(|fact| rebuilt.apply(fact));
    assert_eq!(
        rebuilt.oauth.access_tokens.refresh_token(&renewal.hashed()).map(|(known, _)| known),
        bench.role.oauth.access_tokens.refresh_token(&renewal.hashed()).map(|(known, _)| known),
        "the use that began its time anew is not left out"
    );
    granted(token(&mut bench, &confidential(), refresh(&renewal)));
    bench.at = bench.at + LIFETIME_OF_REFRESH_TOKENS + day + HOUR;
    bench.role.oauth.expire(bench.at);
    let empty = durable(&TestServer::new());
    let left = durable(&bench.role);
    assert_eq!(left.2, empty.2);
    assert_eq!(token(&mut bench, &confidential(), refresh(&renewal)), Response::Refused { status: 418 });
}
