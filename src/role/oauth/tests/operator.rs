//! Accounts and clients that an operator registers and removes.

use super::tables::durable;
use super::*;
use crate::role::Act;
use crate::role::operation::{ClientOrigin, KnownPerson, NewAccount, OnClients, OnPeople};
use crate::wire::PasswordVerifier;
use crate::wire::oauth::{ClientKeys, KeySource};

fn order(bench: &mut Bench<TestServer>, operation: Operation) -> Report {
    bench.input(Input::Act(Act::Operate { order: 7, operation }));
    let reports: Vec<&Report> = bench.last.out.iter().filter_map(of_order).collect();
    let [report] = reports[..] else { unreachable!("one order, one report: {reports:?}") };
    report.clone()
}

fn of_order(effect: &crate::role::Effect) -> Option<&Report> {
    match effect {
        crate::role::Effect::Report { order: 7, report } => Some(report),
        _ => None,
    }
}

fn people(bench: &mut Bench<TestServer>, wanted: OnPeople) -> Report {
    order(bench, Operation::People(wanted))
}

fn clients(bench: &mut Bench<TestServer>, wanted: OnClients) -> Report {
    order(bench, Operation::Clients(wanted))
}

// On this bench a verifier is the password.
fn account(name: &str, password: &str) -> OnPeople {
    let verifier = PasswordVerifier::new(password);
    let claims = BTreeMap::from([("email".into(), "carol@example".into())]);
    OnPeople::Put(NewAccount { name: name.into(), verifier, second_factor: None, claims })
}

fn with_carol() -> Bench<TestServer> {
    let mut bench = bench();
    assert_eq!(people(&mut bench, account("carol", "carol")), Report::Done { created: true });
    bench
}

fn enters(bench: &mut Bench<TestServer>, name: &str, password: &str) -> bool {
    let mut browser = Browser::default();
    let page = ask(bench, &mut browser, authorization(&confidential()));
    let back = send(bench, &mut browser, sign_in_form(&page, name, password));
    matches!(back, Response::Redirect { .. })
}

// A browser that is signed in is asked for consent, and any other to sign in.
fn is_in(bench: &mut Bench<TestServer>, browser: &mut Browser) -> bool {
    matches!(ask(bench, browser, authorization(&other())), Response::Page(Page::Consent { .. }))
}

fn tokens_of_carol(bench: &mut Bench<TestServer>, client: &ClientInformation) -> TokenResponse {
    let mut browser = signed_in(bench, "carol");
    let form = consent_form(&ask(bench, &mut browser, authorization(client)));
    let back = send(bench, &mut browser, Form::Consent { form, approve: true });
    let Ok(code) = returned(&back).outcome else { unreachable!("no code") };
    granted(token(bench, client, exchange(&code)))
}

// From all facts, and from those that a snapshot would hold.
fn comes_back(bench: &Bench<TestServer>) {
    let needed = bench.facts.iter().filter(|fact| bench.role.needs(fact));
    for facts in [bench.facts.iter().collect::<Vec<_>>(), needed.collect()] {
        let mut rebuilt = TestServer::new();
        facts.into_iter().for_each(|fact| rebuilt.apply(fact));
        let ((accounts, clients, ..), (accounts_before, clients_before, ..)) =
            (durable(&rebuilt), durable(&bench.role));
        assert_eq!((accounts, clients), (accounts_before, clients_before));
    }
}

#[test]
fn a_person_who_is_added_can_sign_in_also_after_a_restart() {
    let mut bench = with_carol();
    assert!(enters(&mut bench, "carol", "carol") && !enters(&mut bench, "carol", "wrong"));
    comes_back(&bench);
    let mut restarted = Bench::new(TestServer::new());
    bench.facts.iter().for_each(|fact| restarted.role.apply(fact));
    assert!(enters(&mut restarted, "carol", "carol"));
    let Report::People(all) = people(&mut restarted, OnPeople::List) else { unreachable!() };
    let told: Vec<(&str, bool)> = all.iter().map(|known| (&*known.name, known.configured)).collect();
    assert_eq!(told, [("alice", true), ("bob", true), ("carol", false)]);
    let claims = BTreeMap::from([("email".into(), "carol@example".into())]);
    assert!(matches!(&all[2], KnownPerson { second_factor: false, claims: told, .. } if *told == claims));
}

#[test]
fn the_same_said_twice_changes_nothing() {
    let mut bench = with_carol();
    let mut browser = signed_in(&mut bench, "carol");
    assert_eq!(people(&mut bench, account("carol", "carol")), Report::Done { created: false });
    assert!(bench.last.facts.is_empty() && is_in(&mut bench, &mut browser));
}

#[test]
fn another_password_ends_the_sessions_and_other_claims_do_not() {
    let mut bench = with_carol();
    let (mut browser, mut alice) = (signed_in(&mut bench, "carol"), signed_in(&mut bench, "alice"));
    let OnPeople::Put(mut new) = account("carol", "carol") else { unreachable!() };
    new.claims.clear();
    assert_eq!(people(&mut bench, OnPeople::Put(new)), Report::Done { created: false });
    assert!(is_in(&mut bench, &mut browser));
    people(&mut bench, account("carol", "another"));
    assert!(!is_in(&mut bench, &mut browser) && is_in(&mut bench, &mut alice));
    assert!(!enters(&mut bench, "carol", "carol") && enters(&mut bench, "carol", "another"));
    comes_back(&bench);
}

#[test]
fn what_is_configured_is_neither_changed_nor_removed() {
    let mut bench = bench();
    // The first input makes the configured clients known as facts.
    bench.input(Input::Restarted);
    for wanted in [account("alice", "mine"), OnPeople::Remove("alice".into())] {
        assert_eq!(people(&mut bench, wanted), Report::Configured);
        assert!(bench.last.facts.is_empty());
    }
    let configured = ClientId::from("confidential");
    for wanted in [OnClients::Put(Some(configured.clone()), metadata()), OnClients::Remove(configured)] {
        assert_eq!(clients(&mut bench, wanted), Report::Configured);
        assert!(bench.last.facts.is_empty());
    }
    assert!(enters(&mut bench, "alice", "alice"));
}

#[test]
fn the_configuration_wins_over_what_was_registered_before_it() {
    let mut bench = with_carol();
    let secret = introduced(&mut bench, Some("printer"), metadata()).client_secret;
    let mut server = TestServer::new();
    let carol =
        Account { person: "carol".into(), verifier: "of file".into(), second_factor: None, claims: BTreeMap::new() };
    server.accounts.insert("carol".into(), carol);
    server.oauth = OAuth::with_clients(&[confidential(), client("printer", Some("of file"))]);
    let mut restarted = Bench::new(server);
    bench.facts.iter().for_each(|fact| restarted.role.apply(fact));
    assert!(enters(&mut restarted, "carol", "of file") && !enters(&mut restarted, "carol", "carol"));
    assert_eq!(people(&mut restarted, OnPeople::Remove("carol".into())), Report::Configured);
    let Report::People(all) = people(&mut restarted, OnPeople::List) else { unreachable!() };
    assert_eq!(all.iter().filter(|known| &*known.name == "carol").count(), 1);
    let mut before = client("printer", None);
    before.client_secret = secret;
    assert!(!authenticates(&mut restarted, &before));
    assert!(authenticates(&mut restarted, &client("printer", Some("of file"))));
    assert_eq!(clients(&mut restarted, OnClients::Remove("printer".into())), Report::Configured);
}

#[test]
fn what_the_configuration_hides_is_there_when_it_no_longer_does() {
    for removed in [false, true] {
        let mut bench = with_carol();
        let printer = introduced(&mut bench, Some("printer"), metadata());
        if removed {
            clients(&mut bench, OnClients::Remove("printer".into()));
        }
        // A snapshot of a time when the configuration had both names.
        let mut hiding = TestServer::new();
        hiding.accounts.insert("carol".into(), hiding.accounts["alice"].clone());
        hiding.oauth = OAuth::with_clients(&[client("printer", Some("of file"))]);
        bench.facts.iter().for_each(|fact| hiding.apply(fact));
        let mut later = Bench::new(TestServer::new());
        bench.facts.iter().filter(|fact| hiding.needs(fact)).for_each(|fact| later.role.apply(fact));
        assert_eq!(authenticates(&mut later, &printer), !removed);
        assert!(enters(&mut later, "carol", "carol"));
    }
}

#[test]
fn what_a_removed_person_had_ends_at_once() {
    let mut bench = with_carol();
    let (mut browser, mut alice) = (signed_in(&mut bench, "carol"), signed_in(&mut bench, "alice"));
    let (theirs, others) = (tokens_of_carol(&mut bench, &confidential()), tokens(&mut bench, &confidential()));
    assert!(is_good(&mut bench, &theirs.access_token));
    assert_eq!(people(&mut bench, OnPeople::Remove("carol".into())), Report::Done { created: false });
    assert_eq!(bench.ruled(Rule::WithdrawalReachesTokens), Some(false));
    assert!(!is_in(&mut bench, &mut browser) && is_in(&mut bench, &mut alice));
    assert!(!is_good(&mut bench, &theirs.access_token) && is_good(&mut bench, &others.access_token));
    let Some(renewal) = &theirs.refresh_token else { unreachable!() };
    assert!(!matches!(token(&mut bench, &confidential(), refresh(renewal)), Response::Token(_)));
    assert!(!enters(&mut bench, "carol", "carol"));
    assert_eq!(people(&mut bench, OnPeople::Remove("carol".into())), Report::Unknown);
    comes_back(&bench);
    // Nothing of it comes back with the name.
    people(&mut bench, account("carol", "carol"));
    let mut again = signed_in(&mut bench, "carol");
    assert!(matches!(
        ask(&mut bench, &mut again, authorization(&confidential())),
        Response::Page(Page::Consent { .. })
    ));
    comes_back(&bench);
}

#[test]
fn without_the_rule_tokens_outlive_the_account() {
    let mut bench = with_carol();
    let theirs = tokens_of_carol(&mut bench, &confidential());
    bench.without(Rule::WithdrawalReachesTokens);
    people(&mut bench, OnPeople::Remove("carol".into()));
    assert!(is_good(&mut bench, &theirs.access_token));
}

#[test]
fn a_password_that_is_being_checked_when_the_account_goes_opens_nothing() {
    let mut bench = with_carol();
    let mut browser = Browser::default();
    let page = ask(&mut bench, &mut browser, authorization(&confidential()));
    let form = sign_in_form(&page, "carol", "carol");
    let exchange = crate::message::ExchangeId(99);
    let uri = "https://server.example/form".into();
    let (credentials, cookie, peer, tls) = (Credentials::None, browser.cookie.clone(), None, true);
    let message = Ok(Request::Form(form));
    bench.begin(Input::Request(Arrival { exchange, uri, credentials, cookie, peer, tls, message }));
    people(&mut bench, OnPeople::Remove("carol".into()));
    bench.input(Input::PasswordChecked { check: 99, correct: true });
    assert_eq!(bench.ruled(Rule::PasswordCorrect), Some(false));
    assert!(!bench.last.facts.iter().any(|fact| matches!(fact, Fact::SessionOpened { person: Some(_), .. })));
}

fn introduced(bench: &mut Bench<TestServer>, id: Option<&str>, metadata: ClientMetadata) -> ClientInformation {
    match clients(bench, OnClients::Put(id.map(Into::into), metadata)) {
        Report::Introduced { information, .. } => *information,
        other => unreachable!("{other:?}"),
    }
}

fn authenticates(bench: &mut Bench<TestServer>, client: &ClientInformation) -> bool {
    let request = TokenRequest::ClientCredentials { scope: ScopeSet::new() };
    matches!(token(bench, client, request), Response::Token(_))
}

#[test]
fn a_client_that_is_introduced_proves_itself_by_the_secret_that_was_told_once() {
    let mut bench = bench();
    // Whether clients may register themselves is another question.
    bench.role.dynamic_registration = false;
    let printer = introduced(&mut bench, Some("printer"), metadata());
    assert!(authenticates(&mut bench, &printer) && printer.client_secret.is_some());
    let drawn =
        introduced(&mut bench, None, ClientMetadata { authentication: AuthenticationMethod::None, ..metadata() });
    assert!(drawn.client_secret.is_none() && drawn.client_id != printer.client_id);
    let again = introduced(&mut bench, Some("printer"), metadata());
    assert!(authenticates(&mut bench, &again) && !authenticates(&mut bench, &printer));
    comes_back(&bench);
    let Report::Clients(all) = clients(&mut bench, OnClients::List) else { unreachable!() };
    let origins: Vec<ClientOrigin> = all.iter().map(|known| known.origin).collect();
    assert_eq!(origins.iter().filter(|it| **it == ClientOrigin::Introduced).count(), 2);
    assert_eq!(origins.len(), 5);
}

#[test]
fn a_client_that_cannot_be_served_is_not_introduced() {
    let mut bench = bench();
    let fragment = ClientMetadata { redirect_uris: vec!["https://a.example/#x".into()], ..metadata() };
    let keyless = ClientMetadata { authentication: AuthenticationMethod::PrivateKeyJwt, ..metadata() };
    for (unfit, why) in [(fragment, "invalid_redirect_uri"), (keyless, "private_key_jwt needs jwks")] {
        assert_eq!(clients(&mut bench, OnClients::Put(None, unfit)), Report::Unacceptable(why.into()));
    }
}

#[test]
fn an_operator_may_say_where_the_keys_of_a_client_are() {
    let mut bench = bench();
    let there = |algorithm: Option<&str>| {
        let source = KeySource::At("https://printer.example/keys".into());
        let keys = Some(Box::new(ClientKeys { source, algorithm: algorithm.map(Text::from) }));
        ClientMetadata { authentication: AuthenticationMethod::PrivateKeyJwt, keys, ..metadata() }
    };
    let printer = introduced(&mut bench, Some("printer"), there(None));
    assert_eq!((printer.client_secret, printer.metadata.keys), (None, there(None).keys));
    comes_back(&bench);
    let unserved = clients(&mut bench, OnClients::Put(None, there(Some("none"))));
    assert_eq!(unserved, Report::Unacceptable("token_endpoint_auth_signing_alg is not served here".into()));
}

#[test]
fn what_a_removed_client_had_ends_at_once_and_does_not_come_back_with_its_name() {
    let mut bench = bench();
    let printer = introduced(&mut bench, Some("printer"), metadata());
    let by_alice = tokens(&mut bench, &printer);
    let own = granted(token(&mut bench, &printer, TokenRequest::ClientCredentials { scope: ScopeSet::new() }));
    let code = code_for(&mut bench, authorization(&printer));
    let others = tokens(&mut bench, &confidential());
    assert_eq!(clients(&mut bench, OnClients::Remove("printer".into())), Report::Done { created: false });
    assert!(bench.last.facts.iter().any(|fact| matches!(fact, Fact::CodeRedeemed { .. })));
    for token in [&by_alice.access_token, &own.access_token] {
        assert!(!is_good(&mut bench, token));
    }
    assert!(is_good(&mut bench, &others.access_token) && !authenticates(&mut bench, &printer));
    assert_eq!(clients(&mut bench, OnClients::Remove("printer".into())), Report::Unknown);
    comes_back(&bench);
    let again = introduced(&mut bench, Some("printer"), metadata());
    let mut alice = signed_in(&mut bench, "alice");
    let page = ask(&mut bench, &mut alice, authorization(&again));
    assert!(matches!(page, Response::Page(Page::Consent { .. })), "she is asked again: {page:?}");
    assert!(!matches!(token(&mut bench, &again, exchange(&code)), Response::Token(_)));
    comes_back(&bench);
}

#[test]
fn without_the_rule_tokens_outlive_the_client() {
    let mut bench = bench();
    let printer = introduced(&mut bench, Some("printer"), metadata());
    let own = granted(token(&mut bench, &printer, TokenRequest::ClientCredentials { scope: ScopeSet::new() }));
    bench.without(Rule::WithdrawalReachesTokens);
    clients(&mut bench, OnClients::Remove("printer".into()));
    assert!(is_good(&mut bench, &own.access_token));
}

#[test]
fn nobody_consents_to_a_client_that_went_meanwhile() {
    let mut bench = bench();
    let printer = introduced(&mut bench, Some("printer"), metadata());
    let mut alice = signed_in(&mut bench, "alice");
    let form = consent_form(&ask(&mut bench, &mut alice, authorization(&printer)));
    clients(&mut bench, OnClients::Remove("printer".into()));
    assert!(noticed(&send(&mut bench, &mut alice, Form::Consent { form, approve: true }), 403));
    assert!(bench.last.facts.is_empty());
}

#[test]
fn a_client_that_registered_itself_can_be_removed_and_not_be_changed() {
    let mut bench = bench();
    let answer = bench.call(Credentials::None, "https://server.example/register", Request::RegisterClient(metadata()));
    let Response::ClientRegistered(registered) = answer else { unreachable!("{answer:?}") };
    let id = registered.client_id.clone();
    assert_eq!(clients(&mut bench, OnClients::Put(Some(id.clone()), metadata())), Report::RegisteredItself);
    assert!(authenticates(&mut bench, &registered));
    assert_eq!(clients(&mut bench, OnClients::Remove(id)), Report::Done { created: false });
    assert!(!authenticates(&mut bench, &registered));
    comes_back(&bench);
}
