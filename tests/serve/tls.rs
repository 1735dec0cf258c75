//! TLS: whom nodes trust, which protocol they agree on, and what is wrong with files.

use crate::browser::Browser;
use crate::ecosystem::{Ecosystem, umaverse};
use crate::whole_flow::{get, set_policy};
use rustls::{ClientConfig, ClientConnection};
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use umaverse::role::Act;
use umaverse::transport::http::{Client, Names, tls};
use umaverse::wire::codec::HttpRequest;
use umaverse::wire::{Duration, PolicyCondition, Revision};

/// Alice connects the resource server and lets somebody in, over TLS.
pub(crate) async fn connect_over_tls(ecosystem: &Ecosystem, condition: PolicyCondition) {
    let trusted = tls::client(&[ecosystem.file("tls/ca.pem")]).unwrap();
    let http = Client::over_tls(Names::new(), trusted);
    let (issuer, rs) = (ecosystem.issuer(), ecosystem.rs());
    let revision = Revision::parse(ecosystem.revision).unwrap();
    let mut alice = Browser::over(http, "alice", revision, &[issuer.origin(), rs.origin()]);
    let (status, text) = alice.does(Act::Connect { resource_server: rs, as_uri: issuer.clone() }).await;
    assert_eq!(status, 200, "{text}");
    let (status, text) = alice.does(set_policy(ecosystem, condition)).await;
    assert_eq!(status, 200, "{text}");
}

#[test]
fn nodes_speak_tls_with_whom_they_trust_and_with_nobody_else() {
    let ecosystem = Ecosystem::new("2.0");
    ecosystem.make_tls();
    let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
    let trust = ecosystem.file("tls/ca.pem");
    actix_rt::System::new().block_on(connect_over_tls(&ecosystem, PolicyCondition::Anyone));
    let trusting = get(&ecosystem, &["--own-credentials", "--trust", trust.to_str().unwrap()]).output().unwrap();
    assert_eq!(trusting.status.code(), Some(0), "{}", String::from_utf8_lossy(&trusting.stderr));
    assert!(fs::read(ecosystem.file("came.jpg")).unwrap() == ecosystem.photo);
    let other = umaverse().arg("dev-ca").arg(ecosystem.file("other")).arg("as.localhost").output().unwrap();
    assert_eq!(other.status.code(), Some(0));
    let other = ecosystem.file("other/ca.pem");
    let wary = get(&ecosystem, &["--own-credentials", "--trust", other.to_str().unwrap()]).output().unwrap();
    assert_eq!(wary.status.code(), Some(1), "{}", String::from_utf8_lossy(&wary.stderr));
}

// A machine whose system trusts nobody but the development authority.
fn machine(ecosystem: &Ecosystem) -> Command {
    let mut command = umaverse();
    command.env("SSL_CERT_FILE", ecosystem.file("tls/ca.pem"));
    command
}

#[test]
fn whom_the_system_trusts_a_node_trusts_unless_it_is_told_otherwise() {
    let ecosystem = Ecosystem::new("2.0");
    ecosystem.make_tls();
    let told = "[trust]\nauthorities = [\"tls/ca.pem\"]\n";
    for kind in ["as", "rs"] {
        let text = fs::read_to_string(ecosystem.file(&format!("{kind}.toml"))).unwrap();
        assert!(text.contains(told));
        fs::write(ecosystem.file(&format!("{kind}.toml")), text.replace(told, "")).unwrap();
    }
    let (_as, resources) = (ecosystem.start("as"), ecosystem.start_with("rs", machine(&ecosystem), &[]));
    actix_rt::System::new().block_on(connect_over_tls(&ecosystem, PolicyCondition::Anyone));
    let asked = |mut command: Command, more: &[&str]| {
        command.args(get(&ecosystem, &["--own-credentials"]).get_args()).args(more).output().unwrap().status.code()
    };
    assert_eq!(asked(machine(&ecosystem), &[]), Some(0), "the system's store is used");
    assert_eq!(asked(umaverse(), &[]), Some(1), "the real system does not know this authority");
    assert_eq!(asked(machine(&ecosystem), &["--no-system-trust"]), Some(1));
    drop(resources);
    ecosystem.add("rs", "[trust]\nsystem = false\n");
    let _wary = ecosystem.start_with("rs", machine(&ecosystem), &[]);
    assert_eq!(asked(machine(&ecosystem), &[]), Some(1), "the resource server trusts nobody");
}

fn trusting(ca: &Path, protocols: &[&[u8]]) -> Arc<ClientConfig> {
    let mut config = (*tls::client(&[ca.to_owned()]).unwrap()).clone();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

// What the server agrees to (RFC 7301), when it agrees to anything.
fn agreed(port: u16, config: Arc<ClientConfig>) -> Result<Option<String>, rustls::Error> {
    let mut connection = ClientConnection::new(config, "as.localhost".try_into().unwrap()).unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    while connection.is_handshaking() {
        if connection.wants_write() {
            connection.write_tls(&mut socket).unwrap();
        }
        if connection.wants_read() {
            connection.read_tls(&mut socket).unwrap();
            connection.process_new_packets()?;
        }
    }
    let _closing = socket.flush();
    Ok(connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()))
}

#[test]
fn both_versions_of_http_are_agreed_on_and_say_the_same() {
    let ecosystem = Ecosystem::new("2.0");
    ecosystem.make_tls();
    let _as = ecosystem.start("as");
    let ca = ecosystem.file("tls/ca.pem");
    for (offered, expected) in [
        (&[b"h2".as_slice(), b"http/1.1"][..], Some("h2")),
        (&[b"http/1.1".as_slice(), b"h2"], Some("h2")),
        (&[b"http/1.1".as_slice()], Some("http/1.1")),
        (&[], None),
    ] {
        let found = agreed(ecosystem.as_port, trusting(&ca, offered)).unwrap();
        assert_eq!(found.as_deref(), expected, "{offered:?}");
    }
    assert!(agreed(ecosystem.as_port, trusting(&ca, &[b"gopher"])).is_err(), "RFC 7301 §3.2");
    actix_rt::System::new().block_on(async {
        let mut answers = Vec::new();
        for protocol in [b"http/1.1".as_slice(), b"h2"] {
            let client = Client::over_tls(Names::new(), trusting(&ca, &[protocol]));
            let uri = ecosystem.issuer().join("/.well-known/uma2-configuration");
            let request = HttpRequest { method: "GET".into(), uri, headers: Vec::new(), body: Vec::new() };
            let answer = client.exchange(request, Duration::from_secs(10)).await.unwrap();
            assert_eq!(answer.status, 200);
            answers.push(answer.body);
            // A body that goes there as well: a token request without a client.
            let headers = vec![("Content-Type".into(), "application/x-www-form-urlencoded".into())];
            let uri = ecosystem.issuer().join("/token");
            let body = b"grant_type=client_credentials".to_vec();
            let request = HttpRequest { method: "POST".into(), uri, headers, body };
            let answer = client.exchange(request, Duration::from_secs(10)).await.unwrap();
            assert_eq!(answer.status, 401);
            answers.push(answer.body);
        }
        assert!(answers[0] == answers[2] && answers[1] == answers[3]);
    });
}
