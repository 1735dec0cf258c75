//! What an operator registers at nodes that run: people, identity providers and clients, by the command and over HTTP.

use crate::audits::audit;
use crate::ecosystem::{Ecosystem, PASSWORD, Running, free_port, umaverse};
use crate::operations::figures;
use crate::whole_flow::{bob, get, get_as_bob, share};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};
use umaverse::transport::http::{Client, Names};
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Duration, PolicyCondition, Uri};

const KINDS: [&str; 3] = ["as", "rs", "idp"];

/// The same nodes without anybody in their files, and with an operator each.
fn for_operators(ecosystem: &Ecosystem) {
    for kind in KINDS.into_iter().filter(|kind| ecosystem.file(&format!("{kind}.toml")).exists()) {
        let file = ecosystem.file(&format!("{kind}.toml"));
        let text = fs::read_to_string(&file).unwrap();
        let mut parts = text.split("[[account]]\n");
        let mut kept = parts.next().unwrap().to_owned();
        // What follows the three lines of an account.
        let rest = parts.map(|part| part.lines().skip(3).map(|line| format!("{line}\n")).collect::<String>());
        kept.extend(rest);
        let operator = format!("token-file = \"{kind}.operator\"\n");
        let kept = match kept.split_once("[operations]\n") {
            Some((before, after)) => {
                let (listen, after) = after.split_once('\n').unwrap();
                format!("{before}[operations]\n{listen}\n{operator}{after}")
            }
            None => format!("{kept}[operations]\nlisten = \"127.0.0.1:{}\"\n{operator}", free_port()),
        };
        fs::write(file, kept).unwrap();
    }
}

/// Runs `umaverse operate`; `typed` is what stands on standard input.
fn operate(ecosystem: &Ecosystem, kind: &str, words: &[&str], typed: &str) -> Output {
    let mut command = umaverse();
    command.args(["operate", "--at", &format!("http://{}", ecosystem.operations(kind)), "--token-file"]);
    command.arg(ecosystem.file(&format!("{kind}.operator"))).args(words);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = piped.spawn().unwrap();
    running.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    running.wait_with_output().unwrap()
}

fn done(ecosystem: &Ecosystem, kind: &str, words: &[&str], typed: &str) -> String {
    let output = operate(ecosystem, kind, words, typed);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(ecosystem: &Ecosystem, kind: &str, words: &[&str]) -> serde_json::Value {
    let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&done(ecosystem, kind, &words, "")).unwrap()
}

fn add_person(ecosystem: &Ecosystem, kind: &str, name: &str, claim: &str) {
    let words = ["people", "add", name, "--claim", claim];
    done(ecosystem, kind, &words, &format!("{PASSWORD}\n"));
}

fn restarted(ecosystem: &Ecosystem, kind: &str, mut running: Running) -> Running {
    running.signal("TERM");
    assert_eq!(running.code(), Some(0));
    drop(running);
    ecosystem.start(kind)
}

#[test]
fn people_who_are_added_share_and_get_at_nodes_that_had_nobody_and_after_a_restart() {
    let ecosystem = Ecosystem::new("2.0");
    for_operators(&ecosystem);
    let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    assert_eq!(json(&ecosystem, "as", &["people", "list"]), serde_json::json!({ "people": [] }));
    add_person(&ecosystem, "as", "alice", "email=alice@family.example");
    add_person(&ecosystem, "as", "bob", "email=bob@family.example");
    add_person(&ecosystem, "rs", "alice", "email=alice@family.example");
    actix_rt::System::new().block_on(share(&ecosystem, bob()));
    // What was registered is durable.
    let (server, _resources) = (restarted(&ecosystem, "as", server), restarted(&ecosystem, "rs", resources));
    let (mut running, _) = actix_rt::System::new().block_on(get_as_bob(&ecosystem, &[]));
    assert_eq!(running.code(), Some(0), "{}", running.log());
    assert!(fs::read(ecosystem.file("came.jpg")).unwrap() == ecosystem.photo);
    // Without her account alice permits nothing: what she had allowed ends.
    assert!(done(&ecosystem, "as", &["people", "remove", "alice"], "").contains("removed: alice"));
    let (listed, told) = (json(&ecosystem, "as", &["people", "list"]), "{\"email\":\"bob@family.example\"}");
    assert_eq!(listed["people"].as_array().unwrap().len(), 1);
    assert_eq!(listed["people"][0]["claims"].to_string(), told);
    let again = get(&ecosystem, &["--own-credentials"]).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    let _server = restarted(&ecosystem, "as", server);
    assert_eq!(json(&ecosystem, "as", &["people", "list"]), listed);
}

#[test]
fn an_identity_provider_is_believed_while_the_operator_says_so() {
    for revision in ["2.0", "1.0.1"] {
        believed(revision);
    }
}

fn believed(revision: &'static str) {
    let ecosystem = Ecosystem::new(revision);
    let provider = ecosystem.add_identity_provider();
    let trusting = format!("trusts = [\"{provider}\"]\n");
    let server = fs::read_to_string(ecosystem.file("as.toml")).unwrap();
    fs::write(ecosystem.file("as.toml"), server.replace(&trusting, "")).unwrap();
    for_operators(&ecosystem);
    KINDS.iter().for_each(|kind| ecosystem.add(kind, "[trace]\nfolder = \"traces\"\nclock-error = \"100ms\"\n"));
    let mut nodes = Vec::from(KINDS.map(|kind| ecosystem.start(kind)));
    for (kind, name, claim) in
        [("as", "alice", "a=b"), ("as", "bob", "a=b"), ("rs", "alice", "a=b"), ("idp", "bob", "email=bob@work.example")]
    {
        add_person(&ecosystem, kind, name, claim);
    }
    let (name, value) = ("email".into(), "bob@work.example".into());
    let condition = PolicyCondition::Claim { name, value, issuer: Some(provider.clone()), max_age_secs: None };
    actix_rt::System::new().block_on(share(&ecosystem, condition));
    let (traces, key) = (ecosystem.file("traces"), ecosystem.file("trace.key"));
    let (traces, key) = (traces.to_str().unwrap(), key.to_str().unwrap());
    let pushes = ["--trace", traces, "--trace-key", key, "--push-claims-from", provider.as_str()];
    let comes = || {
        let (mut running, _) = actix_rt::System::new().block_on(get_as_bob_anyhow(&ecosystem, &pushes));
        running.code()
    };
    assert_eq!(comes(), Some(1), "nobody believes it yet");
    done(&ecosystem, "as", &["identity-providers", "add", provider.as_str()], "");
    assert_eq!(comes(), Some(0));
    let server = restarted(&ecosystem, "as", nodes.remove(0));
    nodes.insert(0, server);
    assert_eq!(comes(), Some(0), "and after a restart");
    done(&ecosystem, "as", &["identity-providers", "remove", provider.as_str()], "");
    assert_eq!(comes(), Some(1), "and no longer");
    for node in &mut nodes {
        node.signal("TERM");
        assert_eq!(node.code(), Some(0));
    }
    // Who judges knows from the facts whom the operator trusted, and when.
    let audited = audit(&ecosystem);
    assert_eq!(audited.violated(), ["TLS-1"], "{revision}: {}", audited.said);
    let claims = audited.of("CLM-2");
    assert!(claims["premises"].as_u64().unwrap() > 0, "{revision}: {claims}");
}

// Bob does what he is asked for; whether it comes out is another question.
async fn get_as_bob_anyhow(ecosystem: &Ecosystem, more: &[&str]) -> (Running, ()) {
    let running = Running::start(get(ecosystem, more), &ecosystem.file(""), "get");
    let line = running.wait_for("Open this in a browser: ");
    let client = Uri::from(Uri::from(line.trim_start_matches("Open this in a browser: ")).origin());
    let provider = more.last().copied().unwrap_or_default();
    let issuer = ecosystem.issuer();
    let mut bob = crate::browser::Browser::of(ecosystem, "bob", &[issuer.origin(), provider]);
    let fetch = umaverse::role::Act::Fetch { client, resource: ecosystem.resource(), method: "GET".into() };
    bob.does(fetch).await;
    (running, ())
}

#[test]
fn a_client_that_is_introduced_gets_what_anybody_may_until_it_is_removed() {
    let ecosystem = Ecosystem::new("2.0");
    for_operators(&ecosystem);
    let (_server, _resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    add_person(&ecosystem, "as", "alice", "a=b");
    add_person(&ecosystem, "rs", "alice", "a=b");
    actix_rt::System::new().block_on(share(&ecosystem, PolicyCondition::Anyone));
    let added = json(&ecosystem, "as", &["clients", "add", "--id", "printer", "--name", "A printer"]);
    let secret = added["client_secret"].as_str().unwrap();
    fs::write(ecosystem.file("secret"), secret).unwrap();
    let listed = json(&ecosystem, "as", &["clients", "list"]).to_string();
    assert!(listed.contains("A printer") && listed.contains("\"introduced\"") && !listed.contains(secret), "{listed}");
    let (issuer, file) = (ecosystem.issuer(), ecosystem.file("secret"));
    let known = ["--own-credentials", "--authorization-server", issuer.as_str(), "--client-id", "printer"];
    let comes = || {
        let mut command = get(&ecosystem, &known);
        command.arg("--client-secret-file").arg(&file);
        command.output().unwrap().status.code()
    };
    assert_eq!(comes(), Some(0));
    let place = "https://signing.example/keys";
    let signing = json(&ecosystem, "as", &["clients", "add", "--id", "signing", "--jwks-uri", place]);
    assert_eq!((&signing["jwks_uri"], signing.get("client_secret")), (&place.into(), None), "{signing}");
    // The resource server registered itself, and can be removed as well; its name is not known beforehand.
    done(&ecosystem, "as", &["clients", "remove", "printer"], "");
    assert_eq!(comes(), Some(1));
    let gone = operate(&ecosystem, "as", &["clients", "remove", "printer"], "");
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stderr).contains("404 not_found"));
}

struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    token: &'a str,
    media_type: &'a str,
    body: &'a str,
}

fn ask(at: &str, asked: &Asked<'_>) -> HttpResponse {
    let headers = [("authorization", asked.token), ("content-type", asked.media_type)];
    let headers = headers.iter().filter(|(_, value)| !value.is_empty());
    let request = HttpRequest {
        method: asked.method.into(),
        uri: Uri::new(format!("http://{at}{}", asked.path)),
        headers: headers.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: asked.body.as_bytes().to_vec(),
    };
    let exchange = async { Client::new(Names::new()).exchange(request, Duration::from_secs(20)).await };
    actix_rt::System::new().block_on(exchange).unwrap()
}

#[test]
fn whoever_is_not_the_operator_learns_and_does_nothing() {
    let ecosystem = Ecosystem::new("2.0");
    for_operators(&ecosystem);
    let _server = ecosystem.start("as");
    let file = ecosystem.file("as.operator");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let token = fs::read_to_string(&file).unwrap();
    let (at, right) = (ecosystem.operations("as"), format!("Bearer {}", token.trim()));
    let wrong = format!("Bearer {}x", token.trim());
    let basic = format!("Basic {}", token.trim());
    let paths = ["/people", "/people/alice", "/identity-providers", "/identity-providers/x", "/clients", "/clients/x"];
    for path in paths {
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH"] {
            for token in ["", wrong.as_str(), basic.as_str(), "Bearer ", "Bearer"] {
                let answer = ask(&at, &Asked { method, path, token, media_type: "application/json", body: "{}" });
                assert_eq!(answer.status, 401, "{method} {path} {token}");
                let challenge = answer.headers.iter().find(|(name, _)| &**name == "www-authenticate").unwrap();
                assert!(challenge.1.starts_with("Bearer "), "{challenge:?}");
            }
        }
    }
    let listed = ask(&at, &Asked { method: "GET", path: "/people", token: &right, media_type: "", body: "" });
    assert_eq!((listed.status, listed.body.as_slice()), (200, br#"{"people":[]}"#.as_slice()));
    // Health and figures need no token, as before.
    for path in ["/health/live", "/metrics"] {
        assert_eq!(ask(&at, &Asked { method: "GET", path, token: "", media_type: "", body: "" }).status, 200);
    }
    let elsewhere = ecosystem.file("other.operator");
    fs::write(&elsewhere, "another token that is long enough\n".replace(' ', "-")).unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = umaverse();
    command.args(["operate", "--at", &format!("http://{at}"), "people", "list", "--token-file"]).arg(&elsewhere);
    let refused = command.output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("401"));
}

#[test]
fn bad_orders_are_refused_with_what_was_expected() {
    let ecosystem = Ecosystem::new("2.0");
    for_operators(&ecosystem);
    ecosystem.add("as", "[[authorization-server.identity-provider]]\nissuer = \"https://of.file\"\n");
    ecosystem.add("as", "[[authorization-server.client]]\nid = \"of-file\"\nsecret = \"a secret of the file\"\n");
    let on_file =
        umaverse::transport::passwords::hash(&umaverse::wire::token::Password::new(PASSWORD), [7; 16]).unwrap();
    let account = format!("[[account]]\nname = \"of-file\"\npassword = \"{on_file}\"\n");
    ecosystem.add("as", &account);
    let (_server, _resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    let right = format!("Bearer {}", fs::read_to_string(ecosystem.file("as.operator")).unwrap().trim());
    let (at, json) = (ecosystem.operations("as"), "application/json");
    let (good, large) = (format!("{{\"password_hash\":\"{on_file}\"}}"), "x".repeat(70_000));
    let expensive =
        "{\"password_hash\":\"$argon2id$v=19$m=4194304,t=9,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA\"}";
    let rows: &[(&str, &str, &str, &str, u16, &str)] = &[
        ("PUT", "/people/carol", json, "", 400, "expected a JSON object"),
        ("PUT", "/people/carol", json, "[]", 400, "expected a JSON object"),
        ("PUT", "/people/carol", json, "{}", 400, "umaverse password"),
        ("PUT", "/people/carol", json, r#"{"password":"my own secret"}"#, 400, "password_hash"),
        ("PUT", "/people/carol", json, r#"{"password_hash":"my own secret"}"#, 400, "no argon2 hash"),
        ("PUT", "/people/carol", json, expensive, 400, "no argon2 hash"),
        ("PUT", "/people/carol", "text/plain", &good, 415, "application/json"),
        ("PUT", "/people/carol", "", &good, 415, "application/json"),
        ("PUT", "/people/carol", json, &large, 413, "at most 65536 bytes"),
        ("PUT", "/people/%00", json, &good, 400, "control characters"),
        ("PUT", "/people/%ff", json, &good, 400, "percent-encoded"),
        ("PUT", "/people/a/b", json, &good, 404, ""),
        ("PUT", "/people/", json, &good, 404, ""),
        ("POST", "/people", json, &good, 405, "expected GET"),
        ("PATCH", "/people/carol", json, &good, 405, "expected PUT, DELETE"),
        ("DELETE", "/people/carol", "", "", 404, "not_found"),
        ("PUT", "/people/of-file", json, &good, 409, "node's file"),
        ("DELETE", "/people/of-file", "", "", 409, "node's file"),
        ("PUT", "/identity-providers/idp", json, "{}", 400, "an issuer such as"),
        ("PUT", "/identity-providers/https%3A%2F%2Fa.example", json, r#"{"jwks":{"keys":[]}}"#, 400, "key set"),
        ("PUT", "/identity-providers/https%3A%2F%2Fa.example", json, r#"{"jwks_url":"x"}"#, 400, "jwks_uri"),
        ("PUT", "/identity-providers/https%3A%2F%2Fof.file", json, "{}", 409, "node's file"),
        ("DELETE", "/identity-providers/https%3A%2F%2Fof.file", "", "", 409, "node's file"),
        ("DELETE", "/identity-providers/https%3A%2F%2Fa.example", "", "", 404, "not_found"),
        ("POST", "/clients", json, r#"{"redirect_uris":["https://a.example/#x"]}"#, 400, "invalid_redirect_uri"),
        ("POST", "/clients", json, r#"{"redirect_uri":"https://a.example"}"#, 400, "redirect_uris"),
        ("POST", "/clients", json, r#"{"token_endpoint_auth_method":"private_key_jwt"}"#, 400, "needs jwks"),
        ("POST", "/clients", json, r#"{"jwks_uri":"ftp://a.example"}"#, 400, "the address of a key set"),
        ("POST", "/clients", json, r#"{"grant_types":["password"]}"#, 400, "invalid_client_metadata"),
        ("PUT", "/clients/of-file", json, "{}", 409, "node's file"),
        ("DELETE", "/clients/of-file", "", "", 409, "node's file"),
        ("DELETE", "/clients/nobody", "", "", 404, "not_found"),
        ("GET", "/clients/nobody", "", "", 405, "PUT, DELETE"),
    ];
    for (method, path, media_type, body, status, expected) in rows {
        let answer = ask(&at, &Asked { method, path, token: &right, media_type, body });
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, *status, "{method} {path} {body}: {text}");
        assert!(text.contains(expected), "{method} {path} {body}: {text}");
        assert!(!text.contains("my own secret") && !text.contains("$argon2id$v=19$m=4194304"), "{text}");
    }
    // A node of another kind has people alone.
    let right = format!("Bearer {}", fs::read_to_string(ecosystem.file("rs.operator")).unwrap().trim());
    for path in ["/clients", "/identity-providers"] {
        let asked = Asked { method: "GET", path, token: &right, media_type: "", body: "" };
        assert_eq!(ask(&ecosystem.operations("rs"), &asked).status, 404);
    }
    // Without an operator there is nothing of the kind.
    let plain = Ecosystem::new("2.0");
    let _plain = plain.start("as");
    let asked = Asked { method: "GET", path: "/people", token: &right, media_type: "", body: "" };
    assert_eq!(ask(&plain.operations("as"), &asked).status, 404);
}

#[test]
fn bad_usage_is_said_before_anything_is_sent() {
    let ecosystem = Ecosystem::new("2.0");
    let open = ecosystem.file("open.token");
    fs::write(&open, "a-token-that-is-long-enough\n").unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let open = open.to_str().unwrap();
    for (words, expected) in [
        (&["operate", "people", "list"][..], "expected --at URL"),
        (&["operate", "--at", "http://127.0.0.1:1", "people", "list"], "expected --token-file"),
        (&["operate", "--at", "nonsense", "--token-file", open, "people", "list"], "is no address"),
        (&["operate", "--at", "http://192.0.2.1", "--token-file", open, "people", "list"], "--insecure"),
        (&["operate", "--at", "http://127.0.0.1:1", "--token-file", open, "people", "list"], "expected mode 600"),
        (&["operate", "--at", "http://127.0.0.1:1", "--token-file", "/none", "people", "list"], "No such file"),
    ] {
        let output = umaverse().args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(expected), "{words:?}: {output:?}");
    }
    fs::set_permissions(open, fs::Permissions::from_mode(0o600)).unwrap();
    let words = ["operate", "--at", "http://127.0.0.1:1", "--token-file", open, "people", "add", "carol"];
    let nothing_typed = umaverse().args(words).stdin(Stdio::null()).output().unwrap();
    assert_eq!(nothing_typed.status.code(), Some(2));
    let unreachable = umaverse().args(&words[..5]).args(["people", "list"]).output().unwrap();
    assert_eq!(unreachable.status.code(), Some(1), "{unreachable:?}");
}

#[test]
fn nothing_that_a_node_tells_holds_what_an_operator_registered_of_secrets() {
    let ecosystem = Ecosystem::new("2.0");
    for_operators(&ecosystem);
    let traces = ecosystem.file("traces");
    let mut nodes = Vec::new();
    for kind in ["as", "rs"] {
        let mut command = umaverse();
        command.env("UMAVERSE_LOG", "trace");
        nodes.push(ecosystem.start_with(kind, command, &["--trace", traces.to_str().unwrap()]));
    }
    let second = "the second factor of alice";
    let words = ["people", "add", "alice", "--second-factor"];
    done(&ecosystem, "as", &words, &format!("{PASSWORD}\n{second}\n"));
    add_person(&ecosystem, "rs", "alice", "a=b");
    let added = json(&ecosystem, "as", &["clients", "add", "--id", "printer"]);
    actix_rt::System::new().block_on(share(&ecosystem, PolicyCondition::Anyone));
    let mut views = vec![
        actix_rt::System::new().block_on(async { figures(&ecosystem, "as").await + &figures(&ecosystem, "rs").await }),
    ];
    for node in &mut nodes {
        node.signal("TERM");
        assert_eq!(node.code(), Some(0));
    }
    let mut secrets = vec![PASSWORD.to_owned(), second.to_owned()];
    secrets.push(added["client_secret"].as_str().unwrap().to_owned());
    for kind in ["as", "rs"] {
        let token = fs::read_to_string(ecosystem.file(&format!("{kind}.operator"))).unwrap();
        secrets.push(token.trim().to_owned());
        let facts = crate::kills::facts(&ecosystem, kind);
        let kept = facts.iter().flat_map(crate::secrets::secrets_of);
        secrets.extend(kept.filter(|(_, kind)| kind == "password-verifier").map(|(secret, _)| secret));
    }
    assert_eq!(secrets.len(), 8, "two passwords, a secret, two tokens, three verifiers");
    assert!(secrets.iter().filter(|secret| secret.starts_with("$argon2id$")).count() == 3);
    let files = fs::read_dir(&traces).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    views.extend(files);
    views.extend(nodes.iter().map(Running::log));
    let audited = audit(&ecosystem);
    assert_eq!(audited.violated(), ["TLS-1"], "{}", audited.said);
    views.push(audited.said);
    assert!(views.iter().all(|view| view.len() > 500));
    assert!(views.iter().any(|view| view.contains("account-added")), "the traces tell that it happened");
    for (view, secret) in views.iter().flat_map(|view| secrets.iter().map(move |secret| (view, secret))) {
        assert!(!view.contains(secret.as_str()), "a secret is told");
    }
}
