//! TLS, health and figures, logs, and the number of a request on its way through two nodes.

use crate::browser::Browser;
use crate::ecosystem::{Ecosystem, umaverse};
use crate::whole_flow::{get, share};
use std::fs;
use umaverse::role::Act;
use umaverse::transport::http::{Client, Names};
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Duration, PolicyCondition, Revision, Uri};

async fn look(uri: &str, headers: &[(&str, &str)]) -> HttpResponse {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let request = HttpRequest { method: "GET".into(), uri: Uri::from(uri), headers, body: Vec::new() };
    Client::new(Names::new()).exchange(request, Duration::from_secs(10)).await.unwrap()
}

#[test]
fn a_node_tells_how_it_is_and_what_it_did_and_no_secret() {
    let ecosystem = Ecosystem::new("2.0");
    let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    let config = fs::read_to_string(ecosystem.file("as.toml")).unwrap();
    let at = config.split("[operations]\nlisten = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    actix_rt::System::new().block_on(async {
        share(&ecosystem, PolicyCondition::Anyone).await;
        let answered = get(&ecosystem, &["--own-credentials"]).output().unwrap();
        assert_eq!(answered.status.code(), Some(0));
        for (path, expected) in [("live", "live"), ("ready", "ready")] {
            let answer = look(&format!("http://{at}/health/{path}"), &[]).await;
            assert_eq!((answer.status, answer.body.as_slice()), (200, format!("{expected}\n").as_bytes()));
        }
        let figures = String::from_utf8(look(&format!("http://{at}/metrics"), &[]).await.body).unwrap();
        for line in [
            "umaverse_tickets_total 1",
            "umaverse_rpts_total 1",
            "umaverse_requests_total{endpoint=\"Introspection\",status=\"200\"} 1",
            "umaverse_request_seconds_count{endpoint=\"Permission\"} 1",
            "umaverse_journal{what=\"flushes\"}",
        ] {
            assert!(figures.contains(line), "no `{line}` in\n{figures}");
        }
        let named = look(ecosystem.resource().as_str(), &[("x-request-id", "followed-through-7")]).await;
        assert_eq!(named.status, 401);
        assert!(server.log().contains("followed-through-7"), "the number is handed on");
    });
    let (secrets, logs) = (secrets(&ecosystem), format!("{}{}", server.log(), resources.log()));
    assert!(secrets.len() > 8 && logs.lines().count() > 10);
    assert!(logs.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{logs}");
    drop((server, resources));
    for secret in secrets {
        assert!(!logs.contains(&secret), "a secret is in the logs");
    }
}

// Every value of the configuration and the journals that is long enough to be a secret, of those that are.
fn secrets(ecosystem: &Ecosystem) -> Vec<String> {
    let mut secrets = vec![crate::ecosystem::PASSWORD.to_owned()];
    let configs = ["as.toml", "rs.toml", "as.key"].map(|name| fs::read_to_string(ecosystem.file(name)).unwrap());
    secrets.extend(
        configs[..2]
            .iter()
            .flat_map(|text| text.split('"'))
            .filter(|text| text.starts_with("$argon2"))
            .map(str::to_owned),
    );
    secrets.push(configs[2].trim().to_owned());
    // Tokens are 43 letters of base64url in a row wherever the journal of their holder has them.
    let bytes = fs::read(ecosystem.file("rs.journal")).unwrap();
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let runs = bytes.split(|byte| !token(byte)).filter(|run| run.len() >= 43);
    secrets.extend(runs.map(|run| String::from_utf8(run[run.len() - 43..].to_vec()).unwrap()));
    secrets
}

#[test]
fn nodes_speak_tls_with_whom_they_trust_and_with_nobody_else() {
    let ecosystem = Ecosystem::new("2.0");
    let made =
        umaverse().arg("dev-ca").arg(ecosystem.file("tls")).args(["as.localhost", "rs.localhost"]).output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    ecosystem.over_tls();
    let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
    let trust = ecosystem.file("tls/ca.pem");
    actix_rt::System::new().block_on(async {
        let trusted = umaverse::transport::http::tls::client(std::slice::from_ref(&trust)).unwrap();
        let http = Client::over_tls(Names::new(), trusted);
        let (issuer, rs) = (ecosystem.issuer(), ecosystem.rs());
        let mut alice = Browser::over(http, "alice", Revision::V2_0, &[issuer.origin(), rs.origin()]);
        let (status, text) = alice.does(Act::Connect { resource_server: rs, as_uri: issuer.clone() }).await;
        assert_eq!(status, 200, "{text}");
        let (status, text) = alice.does(crate::whole_flow::set_policy(&ecosystem, PolicyCondition::Anyone)).await;
        assert_eq!(status, 200, "{text}");
    });
    let trusting = get(&ecosystem, &["--own-credentials", "--trust", trust.to_str().unwrap()]).output().unwrap();
    assert_eq!(trusting.status.code(), Some(0), "{}", String::from_utf8_lossy(&trusting.stderr));
    assert!(fs::read(ecosystem.file("came.jpg")).unwrap() == ecosystem.photo);
    let other = umaverse().arg("dev-ca").arg(ecosystem.file("other")).arg("as.localhost").output().unwrap();
    assert_eq!(other.status.code(), Some(0));
    let other = ecosystem.file("other/ca.pem");
    let wary = get(&ecosystem, &["--own-credentials", "--trust", other.to_str().unwrap()]).output().unwrap();
    assert_eq!(wary.status.code(), Some(1), "{}", String::from_utf8_lossy(&wary.stderr));
}
