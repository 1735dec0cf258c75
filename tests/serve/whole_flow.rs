//! From an owner who connects her server to a file that comes out.

use crate::browser::Browser;
use crate::ecosystem::{Ecosystem, Running, umaverse};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use umaverse::role::Act;
use umaverse::role::act::{DraftTarget, PolicyDraft};
use umaverse::wire::{PolicyCondition, PolicyId, Revision, Scope, ScopeSet, Uri};

/// Alice connects the resource server and lets somebody in.
pub(crate) async fn share(ecosystem: &Ecosystem, condition: PolicyCondition) -> Browser {
    let (issuer, rs) = (ecosystem.issuer(), ecosystem.rs());
    let mut alice = Browser::of(ecosystem, "alice", &[issuer.origin(), rs.origin()]);
    let (status, text) = alice.does(Act::Connect { resource_server: rs, as_uri: issuer.clone() }).await;
    assert_eq!(status, 200, "{text}");
    let (status, text) = alice.does(set_policy(ecosystem, condition)).await;
    assert_eq!(status, 200, "{text}");
    alice
}

/// What lets somebody in.
pub(crate) fn set_policy(ecosystem: &Ecosystem, condition: PolicyCondition) -> Act {
    let revision = Revision::parse(ecosystem.revision).unwrap();
    let policy = PolicyDraft {
        id: PolicyId::from("family"),
        target: DraftTarget::AllResources,
        // A draft has URIs for scopes.
        scopes: match revision.is_draft() {
            true => ScopeSet::from([Scope::new(ecosystem.rs().join("/scopes/view").as_str())]),
            false => ScopeSet::from([Scope::from("view")]),
        },
        condition,
    };
    Act::SetPolicy { as_uri: ecosystem.issuer(), policy }
}

pub(crate) fn bob() -> PolicyCondition {
    let (name, value) = ("email".into(), "bob@family.example".into());
    PolicyCondition::Claim { name, value, issuer: None, max_age_secs: None }
}

pub(crate) fn get(ecosystem: &Ecosystem, more: &[&str]) -> Command {
    let mut command = umaverse();
    command.args(["get", ecosystem.resource().as_str(), "-v", "--revision", ecosystem.revision]);
    command.arg("--output").arg(ecosystem.file("came.jpg")).args(more);
    command
}

// Bob opens what the command prints, signs in, and gives his claims.
pub(crate) async fn get_as_bob(ecosystem: &Ecosystem, more: &[&str]) -> (Running, Browser) {
    let running = Running::start(get(ecosystem, more), &ecosystem.file(""), "get");
    let line = running.wait_for("Open this in a browser: ");
    let client = Uri::from(line.trim_start_matches("Open this in a browser: "));
    let provider = more.iter().find(|word| word.contains("idp")).copied().unwrap_or_default();
    let mut bob = Browser::of(ecosystem, "bob", &[ecosystem.issuer().origin(), provider]);
    let client = Uri::from(client.origin());
    let fetch = Act::Fetch { client, resource: ecosystem.resource(), method: "GET".into() };
    let (status, _) = bob.does(fetch).await;
    assert_eq!(status, 200, "{}", running.log());
    (running, bob)
}

pub(crate) fn comes_out(ecosystem: &Ecosystem) {
    let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
    let ended = actix_rt::System::new().block_on(async {
        share(ecosystem, bob()).await;
        get_as_bob(ecosystem, &[]).await
    });
    let (mut running, _) = ended;
    assert_eq!(running.code(), Some(0), "{}", running.log());
    assert!(fs::read(ecosystem.file("came.jpg")).unwrap() == ecosystem.photo, "not byte for byte");
    let log = running.log();
    for step in ["access without an RPT", "challenge", "registered at", "an RPT from", "access with an RPT"] {
        assert!(log.contains(step), "no `{step}` in\n{log}");
    }
}

#[test]
fn a_file_comes_out_byte_for_byte_in_2_0() {
    comes_out(&Ecosystem::new("2.0"));
}

#[test]
fn a_file_comes_out_byte_for_byte_in_draft_06() {
    comes_out(&Ecosystem::new("draft-06"));
}

#[test]
fn a_file_comes_out_byte_for_byte_in_draft_05() {
    comes_out(&Ecosystem::new("draft-05"));
}

#[test]
fn a_file_comes_out_byte_for_byte_in_1_0_1() {
    comes_out(&Ecosystem::new("1.0.1"));
}

#[test]
fn an_issuer_may_have_a_path() {
    for revision in ["2.0", "1.0.1", "draft-06"] {
        comes_out(&Ecosystem::with_issuer(revision, "/realms/family"));
    }
}

#[test]
fn nobody_need_be_there_where_anyone_may_and_nothing_comes_where_nobody_may() {
    for revision in ["2.0", "draft-06"] {
        let ecosystem = Ecosystem::new(revision);
        let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
        let shared = |condition| actix_rt::System::new().block_on(share(&ecosystem, condition));
        shared(PolicyCondition::Anyone);
        let answered = get(&ecosystem, &["--own-credentials"]).output().unwrap();
        assert_eq!(answered.status.code(), Some(0), "{}", String::from_utf8_lossy(&answered.stderr));
        assert!(fs::read(ecosystem.file("came.jpg")).unwrap() == ecosystem.photo);
        fs::remove_file(ecosystem.file("came.jpg")).unwrap();
        shared(PolicyCondition::Any(Vec::new()));
        let answered = get(&ecosystem, &["--own-credentials"]).output().unwrap();
        assert_eq!(answered.status.code(), Some(1), "{}", String::from_utf8_lossy(&answered.stderr));
        assert!(!ecosystem.file("came.jpg").exists());
    }
}

#[test]
fn claims_of_an_identity_provider_are_pushed_with_a_real_signature() {
    let ecosystem = Ecosystem::new("2.0");
    let provider = ecosystem.add_identity_provider();
    let _nodes = ["as", "rs", "idp"].map(|kind| ecosystem.start(kind));
    let (name, value) = ("email".into(), "bob@work.example".into());
    let condition = PolicyCondition::Claim { name, value, issuer: Some(provider.clone()), max_age_secs: None };
    let (mut running, _) = actix_rt::System::new().block_on(async {
        share(&ecosystem, condition).await;
        get_as_bob(&ecosystem, &["--push-claims-from", provider.as_str()]).await
    });
    assert_eq!(running.code(), Some(0), "{}", running.log());
    assert!(fs::read(ecosystem.file("came.jpg")).unwrap() == ecosystem.photo);
    assert!(running.log().contains("ticket and claims for an RPT"));
}

/// Serves the bytes of a file to whoever asks, for as long as the test runs. Back comes where.
fn serve_file(path: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("http://{}/keys", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut asked) = (stream.unwrap(), [0; 4096]);
            let read = stream.read(&mut asked).unwrap();
            assert!(asked[..read].starts_with(b"GET /keys "));
            let body = fs::read(&path).unwrap();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len()).unwrap();
            stream.write_all(&body).unwrap();
        }
    });
    place
}

#[test]
fn keys_of_a_client_are_fetched_from_where_the_file_says() {
    let ecosystem = Ecosystem::new("2.0");
    let publish = |name: &str| {
        let printed = umaverse().arg("jwks").arg(ecosystem.file(name)).output().unwrap();
        fs::write(ecosystem.file("published.jwks"), &printed.stdout).unwrap();
    };
    publish("elsewhere.key");
    let place = serve_file(ecosystem.file("published.jwks"));
    let server = fs::read_to_string(ecosystem.file("as.toml")).unwrap();
    let known = format!("[[authorization-server.client]]\nid = \"elsewhere\"\njwks-uri = \"{place}\"\n");
    fs::write(ecosystem.file("as.toml"), format!("{server}{known}")).unwrap();
    let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(share(&ecosystem, PolicyCondition::Anyone));
    let issuer = ecosystem.issuer();
    let get_with = |key: &str| {
        let mut command = get(&ecosystem, &["--own-credentials", "--client-id", "elsewhere"]);
        command.args(["--authorization-server", issuer.as_str()]).arg("--key").arg(ecosystem.file(key));
        let answered = command.output().unwrap();
        (answered.status.code(), String::from_utf8_lossy(&answered.stderr).into_owned())
    };
    let (code, log) = get_with("elsewhere.key");
    assert_eq!(code, Some(0), "{log}");
    let (code, log) = get_with("another.key");
    assert_eq!(code, Some(1), "{log}");
}

#[test]
fn who_signs_needs_no_secret() {
    let ecosystem = Ecosystem::new("2.0");
    let rs = fs::read_to_string(ecosystem.file("rs.toml")).unwrap();
    let signing = "[resource-server]\nauthentication = \"private-key-jwt\"\n";
    fs::write(ecosystem.file("rs.toml"), rs.replace("[resource-server]\n", signing)).unwrap();
    // One client registers itself, another is known by the key set that the program prints.
    let printed = umaverse().arg("jwks").arg(ecosystem.file("known.key")).output().unwrap();
    fs::write(ecosystem.file("known.jwks"), &printed.stdout).unwrap();
    let server = fs::read_to_string(ecosystem.file("as.toml")).unwrap();
    let known = "[[authorization-server.client]]\nid = \"known\"\njwks-file = \"known.jwks\"\n";
    fs::write(ecosystem.file("as.toml"), format!("{server}{known}")).unwrap();
    let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(share(&ecosystem, PolicyCondition::Anyone));
    let issuer = ecosystem.issuer();
    let [own, known, other] = ["own.key", "known.key", "other.key"].map(|name| ecosystem.file(name));
    let as_known = ["--authorization-server", issuer.as_str(), "--client-id", "known"];
    for (key, more, code) in [(own, &[][..], 0), (known, &as_known[..], 0), (other, &as_known[..], 1)] {
        let mut command = get(&ecosystem, &["--own-credentials"]);
        let answered = command.args(more).arg("--key").arg(&key).output().unwrap();
        assert_eq!(answered.status.code(), Some(code), "{}", String::from_utf8_lossy(&answered.stderr));
        assert!(key.exists());
    }
}
