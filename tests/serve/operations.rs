//! TLS, health and figures, logs, and the number of a request on its way through two nodes.

use crate::ecosystem::Ecosystem;
use crate::whole_flow::{get, share};
use std::fs;
use umaverse::transport::http::{Client, Names};
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Duration, PolicyCondition, Uri};

async fn look(uri: &str, headers: &[(&str, &str)]) -> HttpResponse {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let request = HttpRequest { method: "GET".into(), uri: Uri::from(uri), headers, body: Vec::new() };
    Client::new(Names::new()).exchange(request, Duration::from_secs(10)).await.unwrap()
}

/// Everything that a node tells Prometheus.
pub(crate) async fn figures(ecosystem: &Ecosystem, kind: &str) -> String {
    let told = look(&format!("http://{}/metrics", ecosystem.operations(kind)), &[]).await;
    String::from_utf8(told.body).unwrap()
}

#[test]
fn a_node_tells_how_it_is_and_what_it_did_and_no_secret() {
    let ecosystem = Ecosystem::new("2.0");
    let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    let at = ecosystem.operations("as");
    actix_rt::System::new().block_on(async {
        share(&ecosystem, PolicyCondition::Anyone).await;
        let answered = get(&ecosystem, &["--own-credentials"]).output().unwrap();
        assert_eq!(answered.status.code(), Some(0));
        for (path, expected) in [("live", "live"), ("ready", "ready")] {
            let answer = look(&format!("http://{at}/health/{path}"), &[]).await;
            assert_eq!((answer.status, answer.body.as_slice()), (200, format!("{expected}\n").as_bytes()));
        }
        let figures = figures(&ecosystem, "as").await;
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

#[test]
fn a_log_that_is_no_terminal_has_no_colours() {
    let ecosystem = Ecosystem::new("2.0");
    let server = ecosystem.start_with("as", crate::ecosystem::umaverse(), &[]);
    actix_rt::System::new().block_on(look(ecosystem.issuer().as_str(), &[]));
    server.wait_for("answered");
    let log = server.log();
    assert!(log.contains(" INFO ") && !log.contains('\u{1b}'), "{log}");
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
fn answers_that_are_used_again_are_counted() {
    let ecosystem = Ecosystem::new("2.0");
    let config = fs::read_to_string(ecosystem.file("rs.toml")).unwrap();
    let caching = config.replace("[resource-server]\n", "[resource-server]\ncache = \"1h\"\n");
    fs::write(ecosystem.file("rs.toml"), caching).unwrap();
    let (_as, _rs) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(async {
        share(&ecosystem, PolicyCondition::Anyone).await;
        let (state, port) = (ecosystem.file("get.journal"), crate::ecosystem::free_port().to_string());
        for _ in 0..3 {
            let kept = ["--own-credentials", "--state", state.to_str().unwrap(), "--port", &port];
            assert_eq!(get(&ecosystem, &kept).output().unwrap().status.code(), Some(0));
        }
        let figures = figures(&ecosystem, "rs").await;
        for line in [
            "umaverse_cache_total{answer=\"asked\"} 1",
            "umaverse_cache_total{answer=\"remembered\"} 2",
            "umaverse_introspections_total 1",
            "umaverse_access_decisions_total{decision=\"released\"} 3",
            "umaverse_journal{what=\"since-snapshot\"}",
        ] {
            assert!(figures.contains(line), "no `{line}` in\n{figures}");
        }
    });
}
