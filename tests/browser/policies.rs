//! Registration says where the owner sets policies for a resource: `user_access_policy_uri` (FedAuthz §3.2.1; RSR 1.0.1
//! §2.2), `policy_uri` in the drafts. The address leads a browser to that resource's page.

use crate::browsers::{Browsers, Person, block_on};
use crate::ecosystem::PASSWORD;
use crate::world::World;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use url::{Url, form_urlencoded};

/// Where the resource server of this test would be. Nobody listens; the address is read in the browser.
const RETURN: &str = "http://127.0.0.1:9/return";

/// One request, as a resource server of somebody else makes it.
fn ask(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let url = Url::parse(url).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", url.port().unwrap())).unwrap();
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\nContent-Length: {}\r\n",
        url.host_str().unwrap(),
        url.port().unwrap(),
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    write!(stream, "{text}\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 2"), "{method} {url}: {answer}");
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

struct Server {
    configuration: Value,
    draft: bool,
    revision: &'static str,
}

impl Server {
    fn of(world: &World, revision: &'static str) -> Self {
        let document = if revision == "2.0" { "uma2-configuration" } else { "uma-configuration" };
        let at = format!("{}/.well-known/{document}", world.server());
        Self { configuration: ask("GET", &at, &[], ""), draft: revision.starts_with("draft"), revision }
    }

    fn endpoint(&self, names: &[&str]) -> &str {
        let found = names.iter().find_map(|name| self.configuration[*name].as_str());
        found.unwrap_or_else(|| panic!("none of {names:?} in {}", self.configuration))
    }

    /// Registers as a client, and has Alice approve it. Returns a PAT.
    async fn pat(&self, alice: &Person) -> String {
        let metadata = json!({ "client_name": "Scanner", "redirect_uris": [RETURN] });
        // Draft-05 says only that clients can register themselves, not where.
        let here =
            format!("{}/register", Url::parse(self.endpoint(&["issuer"])).unwrap().origin().ascii_serialization());
        let client = ask("POST", &here, &[("Content-Type", "application/json")], &metadata.to_string());
        let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
        let scope =
            if self.draft { "http://docs.kantarainitiative.org/uma/scopes/prot.json" } else { "uma_protection" };
        let query: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("response_type", "code"), ("client_id", id), ("redirect_uri", RETURN), ("scope", scope)])
            .finish();
        // Nobody is at the return address, so the browser ends with an error that still names it.
        let asked = self.endpoint(&["authorization_endpoint", "user_endpoint"]);
        alice.open(&format!("{asked}?{query}")).await;
        alice.signs_in("alice", PASSWORD).await;
        alice.sees("Scanner is a resource server.").await;
        let button = alice.driver.find(thirtyfour::By::Css("button[value=yes]")).await.unwrap();
        // The driver reports the missing page as a failure of the click.
        let _nobody_there = button.click().await;
        let end = std::time::Instant::now() + crate::browsers::PATIENCE;
        while !alice.address().await.starts_with(RETURN) && std::time::Instant::now() < end {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let back = Url::parse(&alice.address().await).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let form: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", RETURN)])
            .extend_pairs([("client_id", id), ("client_secret", secret)])
            .finish();
        let tokens = ask("POST", self.endpoint(&["token_endpoint"]), &[FORM], &form);
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// Registers a resource. Returns where its owner sets policies.
    fn register(&self, pat: &str) -> String {
        let bearer = ("Authorization", &*format!("Bearer {pat}"));
        let scope = "http://scans.example/view";
        let endpoints = ["resource_registration_endpoint", "resource_set_registration_endpoint"];
        let base = self.endpoint(&endpoints).trim_end_matches('/');
        let (scopes, name) = if self.revision == "2.0" { ("resource_scopes", "") } else { ("scopes", "/resource_set") };
        let body = json!({ "name": "Old map", scopes: [scope] }).to_string();
        let answer = match self.revision {
            "draft-05" => ask("PUT", &format!("{base}{name}/map"), &[bearer, media("uma-resource-set")], &body),
            "draft-06" => ask("PUT", &format!("{base}{name}/map"), &[bearer, media("intro-resource-set")], &body),
            _ => ask("POST", &format!("{base}{name}/"), &[bearer, JSON], &body),
        };
        let member = if self.draft { "policy_uri" } else { "user_access_policy_uri" };
        answer[member].as_str().unwrap_or_else(|| panic!("no {member} in {answer}")).to_owned()
    }
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("Content-Type", "application/json");

fn media(name: &str) -> (&'static str, &'static str) {
    match name {
        "uma-resource-set" => ("Content-Type", "application/uma-resource-set+json"),
        _ => ("Content-Type", "application/intro-resource-set+json"),
    }
}

#[test]
fn registration_says_where_the_owner_sets_policies() {
    let browsers = Browsers::start();
    for revision in ["2.0", "1.0.1", "draft-06", "draft-05"] {
        let world = World::start(revision, false);
        block_on(async {
            let alice = browsers.person().await;
            let server = Server::of(&world, revision);
            let page = server.register(&server.pat(&alice).await);
            alice.open(&page).await;
            alice.sees("Old map").await;
            alice.sees("None. Only you reach it.").await;
            assert_eq!(alice.address().await, page);
            // Bob has to sign in, and finds nothing.
            let bob = browsers.person().await;
            bob.open(&page).await;
            bob.signs_in("bob", PASSWORD).await;
            bob.sees("There is no such thing.").await;
            tokio::join!(alice.quit(), bob.quit());
        });
    }
}
