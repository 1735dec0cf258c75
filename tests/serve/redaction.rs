//! No log of a node, however much it logs, none of its figures and no trace holds a secret that went over the network or
//! stands in a journal or a file.

use crate::assertions::{about_bob, only_bob, taking_assertions};
use crate::browser::Browser;
use crate::ecosystem::{Ecosystem, PASSWORD, Running, umaverse};
use crate::kills::facts;
use crate::operations::figures;
use crate::secrets::secrets_of;
use crate::whole_flow::{bob, get, get_as_bob, share};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use umaverse::wire::PolicyCondition;

type Secrets = BTreeMap<String, String>;

// Everything that a node says, all of it.
fn talkative(ecosystem: &Ecosystem, kind: &str, format: &str) -> Running {
    let mut command = umaverse();
    command.env("UMAVERSE_LOG", "trace");
    let traces = ecosystem.file("traces");
    let running = ecosystem.start_with(kind, command, &["--log-format", format, "--trace", traces.to_str().unwrap()]);
    running.wait_for("listening on");
    running
}

fn of_files(ecosystem: &Ecosystem) -> Secrets {
    let mut secrets = Secrets::from([(PASSWORD.to_owned(), "password".to_owned())]);
    for kind in ["as", "rs", "idp"] {
        if let Ok(key) = fs::read_to_string(ecosystem.file(&format!("{kind}.key"))) {
            secrets.insert(key.trim().to_owned(), "key".to_owned());
        }
        let config = fs::read_to_string(ecosystem.file(&format!("{kind}.toml"))).unwrap_or_default();
        let verifiers = config.split('"').filter(|text| text.starts_with("$argon2"));
        secrets.extend(verifiers.map(|text| (text.to_owned(), "verifier".to_owned())));
    }
    let key = fs::read_to_string(ecosystem.file("trace.key")).unwrap();
    secrets.insert(key.trim().to_owned(), "key of traces".to_owned());
    secrets
}

fn of_journals(ecosystem: &Ecosystem) -> Secrets {
    let kinds = ["as", "rs", "idp", "get"].into_iter();
    let there = kinds.filter(|kind| ecosystem.file(&format!("{kind}.journal")).exists());
    there.flat_map(|kind| facts(ecosystem, kind)).flat_map(|fact| secrets_of(&fact)).collect()
}

// As they stand in queries and forms.
fn encoded(secret: &str) -> String {
    url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()
}

fn leaks(views: &[(String, String)], secrets: &Secrets) -> Vec<String> {
    let leak = |(view, text): &(String, String), (secret, kind): (&String, &String)| {
        let at = text.find(secret.as_str()).or_else(|| text.find(&encoded(secret)))?;
        let from = (at.saturating_sub(150)..=at).find(|from| text.is_char_boundary(*from)).unwrap();
        Some(format!("a {kind} in the {view}: ...{}", &text[from..at]))
    };
    let secrets = || secrets.iter().filter(|(secret, _)| secret.len() > 7);
    views.iter().flat_map(|view| secrets().filter_map(move |secret| leak(view, secret))).collect()
}

fn views(ecosystem: &Ecosystem, running: &[&Running]) -> Vec<(String, String)> {
    let mut views: Vec<(String, String)> =
        running.iter().enumerate().map(|(at, running)| (format!("log {at}"), running.log())).collect();
    for file in fs::read_dir(ecosystem.file("traces")).unwrap() {
        let file = file.unwrap().path();
        views.push((file.display().to_string(), fs::read_to_string(&file).unwrap()));
    }
    let audited = umaverse().arg("audit").arg(ecosystem.file("traces")).arg("--json").output().unwrap();
    views.push(("audit".to_owned(), String::from_utf8_lossy(&audited.stdout).into_owned()));
    assert!(views.iter().all(|(view, text)| text.len() > 500 || view.is_empty()), "there is nothing to look at");
    views
}

async fn told(ecosystem: &Ecosystem) -> (String, String) {
    let (server, resources) = (figures(ecosystem, "as").await, figures(ecosystem, "rs").await);
    ("figures".to_owned(), server + &resources)
}

fn ends(running: &mut Running) {
    running.signal("TERM");
    assert_eq!(running.code(), Some(0));
}

// A whole flow; the secrets that were in it, and everything that was told of it.
fn flow(
    ecosystem: &Ecosystem,
    condition: PolicyCondition,
    formats: [&str; 2],
    more: &[&str],
) -> (Secrets, Vec<(String, String)>) {
    let mut nodes = vec![talkative(ecosystem, "as", formats[0]), talkative(ecosystem, "rs", formats[1])];
    if ecosystem.file("idp.toml").exists() {
        nodes.push(talkative(ecosystem, "idp", formats[0]));
    }
    let of_get = ["state", "traces", "trace.key"].map(|name| ecosystem.file(name).to_str().unwrap().to_owned());
    let state = ecosystem.file("get.journal").to_str().unwrap().to_owned();
    let port = crate::ecosystem::free_port().to_string();
    let kept = ["--state", &state, "--trace", &of_get[1], "--trace-key", &of_get[2], "--port", &port];
    let arguments: Vec<&str> = kept.into_iter().chain(more.iter().copied()).collect();
    let (browsers, figures) = actix_rt::System::new().block_on(async {
        let alice = share(ecosystem, condition).await;
        let mut browsers: Vec<Browser> = vec![alice];
        if more.contains(&"--assertion") {
            let running = Running::start(get(ecosystem, &arguments), &ecosystem.file(""), "get");
            nodes.push(running);
        } else {
            let (running, bob) = get_as_bob(ecosystem, &arguments).await;
            nodes.push(running);
            browsers.push(bob);
        }
        let got = nodes.last_mut().unwrap();
        assert_eq!(got.code(), Some(0), "{}", got.log());
        (browsers, told(ecosystem).await)
    });
    let of_browsers = browsers.iter().flat_map(Browser::secrets);
    let servers = nodes.len() - 1;
    nodes[..servers].iter_mut().for_each(ends);
    let mut secrets: Secrets = of_browsers.chain(of_journals(ecosystem)).chain(of_files(ecosystem)).collect();
    secrets.retain(|secret, _| !secret.is_empty());
    let mut views = views(ecosystem, &nodes.iter().collect::<Vec<_>>());
    views.push(figures);
    (secrets, views)
}

fn kinds(secrets: &Secrets) -> BTreeSet<&str> {
    secrets.values().map(String::as_str).collect()
}

#[test]
fn nothing_that_nodes_tell_of_2_0_holds_a_secret() {
    let ecosystem = Ecosystem::new("2.0");
    let provider = ecosystem.add_identity_provider();
    let (name, value) = ("email".into(), "bob@work.example".into());
    let condition = PolicyCondition::Claim { name, value, issuer: Some(provider.clone()), max_age_secs: None };
    let pushes = ["--push-claims-from", provider.as_str()];
    let (secrets, views) = flow(&ecosystem, condition, ["text", "json"], &pushes);
    assert_eq!(leaks(&views, &secrets), Vec::<String>::new());
    for kind in ["password", "code", "session", "state", "form", "secret", "rpt", "pat", "refresh"] {
        assert!(kinds(&secrets).contains(kind), "no {kind} was ever there: {:?}", kinds(&secrets));
    }
}

#[test]
fn nothing_that_nodes_tell_of_claims_at_the_server_holds_a_secret() {
    for (revision, kinds_of) in
        [("2.0", ["ticket", "pct"]), ("draft-06", ["ticket", "aat"]), ("1.0.1", ["ticket", "aat"])]
    {
        let ecosystem = Ecosystem::new(revision);
        let (secrets, views) = flow(&ecosystem, bob(), ["json", "text"], &[]);
        assert_eq!(leaks(&views, &secrets), Vec::<String>::new(), "{revision}");
        for kind in kinds_of {
            assert!(kinds(&secrets).contains(kind), "{revision}: no {kind} was ever there: {:?}", kinds(&secrets));
        }
    }
}

#[test]
fn nothing_that_nodes_tell_of_an_assertion_holds_it() {
    let (ecosystem, provider) = taking_assertions("draft-06");
    // The provider makes its key before it issues anything.
    ends(&mut ecosystem.start("idp"));
    let assertion = about_bob(&ecosystem, &provider, "assertion-1");
    let file = ecosystem.file("bob.assertion");
    fs::write(&file, assertion.expose()).unwrap();
    let presented = ["--assertion", file.to_str().unwrap()];
    let (mut secrets, views) = flow(&ecosystem, only_bob(&ecosystem), ["json", "text"], &presented);
    secrets.insert(assertion.expose()[..60].to_owned(), "assertion".to_owned());
    assert_eq!(leaks(&views, &secrets), Vec::<String>::new());
    assert!(kinds(&secrets).contains("aat"));
    // A leak would be noticed.
    let log = [("log".to_owned(), format!("assertion={}", encoded(assertion.expose())))];
    assert_eq!(leaks(&log, &secrets).len(), 1);
}
