//! `umaverse policy` against real nodes: an owner signs in by her browser, and what she sets decides who gets the file.

use crate::browser::Browser;
use crate::ecosystem::{Ecosystem, Running, free_port, umaverse};
use crate::whole_flow::get;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use umaverse::role::Act;
use umaverse::wire::Uri;

fn policy(ecosystem: &Ecosystem, more: &[&str]) -> Command {
    // A state is good at one port, and tests run side by side.
    let kept = ecosystem.file("policy.port");
    let port = fs::read_to_string(&kept).unwrap_or_else(|_| free_port().to_string());
    fs::write(&kept, &port).unwrap();
    let mut command = umaverse();
    command.args(["policy", "--as", ecosystem.issuer().as_str(), "--revision", ecosystem.revision, "--port", &port]);
    command.arg("--state").arg(ecosystem.file("alice.state")).args(more);
    command
}

fn scope(ecosystem: &Ecosystem) -> String {
    match ecosystem.revision.starts_with("draft") {
        true => ecosystem.rs().join("/scopes/view").as_str().to_owned(),
        false => "view".to_owned(),
    }
}

fn write(ecosystem: &Ecosystem, permit: &str) {
    let scope = scope(ecosystem);
    let text = format!(r#"{{"id":"family","all_resources":true,"scopes":["{scope}"],"permit":{permit}}}"#);
    fs::write(ecosystem.file("family.json"), text).unwrap();
}

// Alice opens what the command prints, and approves.
async fn signed_in(ecosystem: &Ecosystem, name: &str, command: Command) -> Running {
    let running = Running::start(command, &ecosystem.file(""), "policy");
    let line = running.wait_for("Open this in a browser: ");
    let here = Uri::from(line.trim_start_matches("Open this in a browser: "));
    let mut browser = Browser::of(ecosystem, name, &[ecosystem.issuer().origin()]);
    let program = Uri::from(here.origin());
    let (status, text) = browser.does(Act::Connect { resource_server: program, as_uri: ecosystem.issuer() }).await;
    assert_eq!(status, 200, "{text}");
    running
}

fn ended(mut command: Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

async fn connected(ecosystem: &Ecosystem) {
    let (issuer, rs) = (ecosystem.issuer(), ecosystem.rs());
    let mut alice = Browser::of(ecosystem, "alice", &[issuer.origin(), rs.origin()]);
    let (status, text) = alice.does(Act::Connect { resource_server: rs, as_uri: issuer }).await;
    assert_eq!(status, 200, "{text}");
}

fn governs(revision: &'static str) {
    let ecosystem = Ecosystem::new(revision);
    let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
    write(&ecosystem, r#"{"anyone":true}"#);
    let file = ecosystem.file("family.json");
    let set = ["set", file.to_str().unwrap()];
    let mut running = actix_rt::System::new().block_on(async {
        connected(&ecosystem).await;
        signed_in(&ecosystem, "alice", policy(&ecosystem, &set)).await
    });
    assert_eq!(running.code(), Some(0), "{}", running.log());
    let mode = fs::metadata(ecosystem.file("alice.state")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the token is nobody else's");

    let got = get(&ecosystem, &["--own-credentials"]).output().unwrap();
    assert_eq!(got.status.code(), Some(0), "{}", String::from_utf8_lossy(&got.stderr));
    fs::remove_file(ecosystem.file("came.jpg")).unwrap();

    // From here on nobody is asked to sign in.
    let (code, listed, errors) = ended(policy(&ecosystem, &["list", "--json"]));
    assert_eq!(code, Some(0), "{errors}");
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["policies"][0]["policy"]["id"], "family");
    for (words, wanted) in
        [("resources", "at "), ("shares", "until"), ("history", "granted"), ("requests", "no requests")]
    {
        let (code, told, errors) = ended(policy(&ecosystem, &[words]));
        assert!(code == Some(0) && told.contains(wanted), "{words}: {told}{errors}");
    }
    let stale = ended(policy(&ecosystem, &["withdraw", "family", "--if-version", "0"]));
    assert!(stale.0 == Some(1) && stale.2.contains("precondition_failed"), "{stale:?}");
    let (code, told, _) = ended(policy(&ecosystem, &["withdraw", "family"]));
    assert_eq!((code, told.trim()), (Some(0), "withdrawn: family"));
    let refused = get(&ecosystem, &["--own-credentials"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(!ecosystem.file("came.jpg").exists());
}

#[test]
fn an_owner_governs_by_command_in_2_0() {
    governs("2.0");
}

#[test]
fn an_owner_governs_by_command_in_draft_06() {
    governs("draft-06");
}

// What a server recorded of revoked tokens, once it is so many, or what it is after a while.
fn revoked(ecosystem: &Ecosystem, wanted: usize) -> usize {
    let count = || -> usize {
        let files = fs::read_dir(ecosystem.file("traces")).unwrap();
        let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        texts.map(|text| text.matches("\"token-revoked\"").count()).sum()
    };
    for _ in 0..100 {
        if count() >= wanted {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    count()
}

// Nobody keeps the token of a command without `--state`; so that nobody else can use it either, it is given back.
fn gives_its_token_back(revision: &'static str) {
    let ecosystem = Ecosystem::new(revision);
    ecosystem.add("as", "[trace]\nfolder = \"traces\"\n");
    let _as = ecosystem.start("as");
    let without_state = |words: &[&str]| {
        let mut command = umaverse();
        command.args(["policy", "--as", ecosystem.issuer().as_str(), "--revision", revision]).args(words);
        command
    };
    let run = |command: Command| {
        let mut running = actix_rt::System::new().block_on(signed_in(&ecosystem, "alice", command));
        (running.code(), running.log())
    };
    let (code, log) = run(without_state(&["list"]));
    assert!(code == Some(0) && !log.contains("given back"), "{log}");
    assert_eq!(revoked(&ecosystem, 1), 1);
    // Also when nothing came of it.
    let (code, log) = run(without_state(&["withdraw", "nothing"]));
    assert!(code == Some(1) && log.contains("refused"), "{log}");
    assert_eq!(revoked(&ecosystem, 2), 2);
    // Where it is kept it stays good.
    assert_eq!(run(policy(&ecosystem, &["list"])).0, Some(0));
    assert_eq!(ended(policy(&ecosystem, &["list"])).0, Some(0));
    assert_eq!(revoked(&ecosystem, 3), 2);
}

#[test]
fn a_token_that_nobody_keeps_is_revoked_at_the_end() {
    for revision in ["2.0", "draft-06"] {
        gives_its_token_back(revision);
    }
}

#[test]
fn the_owners_api_is_found_where_its_server_has_it() {
    let ecosystem = Ecosystem::with_issuer("2.0", "/realms/family");
    ecosystem.place(&[("owner", "/mine"), ("form", "/sent"), ("account", "/pages")]);
    let _as = ecosystem.start("as");
    let command = policy(&ecosystem, &["list", "--json"]);
    let mut running = actix_rt::System::new().block_on(signed_in(&ecosystem, "alice", command));
    assert_eq!(running.code(), Some(0), "{}", running.log());
    // And by whoever has the token from before.
    assert_eq!(ended(policy(&ecosystem, &["requests"])).0, Some(0));
}

#[test]
fn what_cannot_be_done_is_said() {
    let ecosystem = Ecosystem::new("2.0");
    let usage = |more: &[&str], why: &str| {
        let (code, _, errors) = ended(policy(&ecosystem, more));
        assert!(code == Some(2) && errors.contains(why), "{more:?}: {errors}");
    };
    usage(&["list", "--revision", "3.0"], "`3.0` is no revision");
    usage(&["set", "/nowhere/family.json"], "no file `/nowhere/family.json`");
    write(&ecosystem, r#"{"anyone":"yes"}"#);
    let file = ecosystem.file("family.json");
    usage(&["set", file.to_str().unwrap()], "malformed anyone");
    write(&ecosystem, r#"{"claim":"role","value":"doctor","maxage":1}"#);
    usage(&["set", file.to_str().unwrap()], "malformed maxage");
    fs::write(ecosystem.file("alice.state"), "").unwrap();
    fs::set_permissions(ecosystem.file("alice.state"), fs::Permissions::from_mode(0o644)).unwrap();
    usage(&["list"], "others can read it (mode 644)");
    let mut nowhere = umaverse();
    nowhere.args(["policy", "list"]);
    let (code, _, errors) = ended(nowhere);
    assert!(code == Some(2) && errors.contains("--as"), "{errors}");
    // Nobody comes to sign in.
    let mut alone = umaverse();
    alone.args(["policy", "--as", ecosystem.issuer().as_str(), "list", "--wait", "1"]);
    let (code, _, errors) = ended(alone);
    assert!(code == Some(1) && errors.contains("nobody signed in in time"), "{errors}");
    // A signal is an end like others, so that a token would be given back.
    let mut alone = umaverse();
    alone.args(["policy", "--as", ecosystem.issuer().as_str(), "list"]);
    let mut running = Running::start(alone, &ecosystem.file(""), "stopped");
    running.wait_for("Open this in a browser: ");
    running.signal("INT");
    assert!(running.code() == Some(1) && running.log().contains("refused: stopped by SIGINT"), "{}", running.log());
}
