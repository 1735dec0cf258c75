//! What is wrong with a request, at every endpoint of a real node and in every revision: the specified error, nothing
//! released, nothing changed.

use crate::ecosystem::{Ecosystem, Running, free_port};
use crate::kills::{facts, obtained};
use crate::whole_flow::{get, share};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration as Span;
use umaverse::trace::Fact;
use umaverse::wire::PolicyCondition;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// An answer, as it came.
#[derive(Debug)]
struct Came {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Came {
    /// The error code, in the body or in the challenge.
    fn code(&self) -> String {
        let json: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let in_body = json.and_then(|body| body["error"].as_str().map(str::to_owned));
        let challenged = || Some(self.head.split("error=\"").nth(1)?.split('"').next()?.to_owned());
        in_body.or_else(challenged).unwrap_or_default()
    }
}

fn end_of_head(came: &[u8]) -> Option<usize> {
    came.windows(4).position(|at| at == b"\r\n\r\n")
}

fn is_whole(came: &[u8]) -> bool {
    let Some(end) = end_of_head(came) else { return false };
    let head = String::from_utf8_lossy(&came[..end]).to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
    length.is_some_and(|length| came.len() >= end + 4 + length)
}

// Bytes as they are: no client between that would make them better.
fn send(port: u16, bytes: &[u8]) -> Came {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(Span::from_secs(20))).unwrap();
    // A server that has refused already may have closed.
    let _closed = socket.write_all(bytes);
    let (mut came, mut part) = (Vec::new(), [0; 65_536]);
    // Until it is whole: a server that refused a long body lingers before it closes.
    while !is_whole(&came) {
        match socket.read(&mut part) {
            Ok(read @ 1..) => came.extend_from_slice(&part[..read]),
            Ok(0) | Err(_) => break,
        }
    }
    let end = end_of_head(&came).unwrap_or_else(|| panic!("no answer to {bytes:?}"));
    let head = String::from_utf8_lossy(&came[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Came { status, head, body: came[end + 4..].to_vec() }
}

#[derive(Clone, Debug)]
struct Ask {
    method: &'static str,
    target: String,
    media_type: &'static str,
    authorization: String,
    body: String,
}

impl Ask {
    fn send(&self, port: u16) -> Came {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", self.method, self.target);
        for (name, value) in [("Content-Type", self.media_type), ("Authorization", &self.authorization)] {
            if !value.is_empty() {
                write!(text, "{name}: {value}\r\n").unwrap();
            }
        }
        write!(text, "Content-Length: {}\r\n\r\n{}", self.body.len(), self.body).unwrap();
        send(port, text.as_bytes())
    }
}

/// Credentials that are good somewhere, and the name of the resource.
struct Good {
    pat: String,
    rpt: String,
    aat: Option<String>,
    client: String,
    resource: String,
    scope: String,
}

impl Good {
    fn token(&self, token: Token) -> String {
        let bearer = |token: &str| format!("Bearer {token}");
        match token {
            Token::None => String::new(),
            Token::Pat => bearer(&self.pat),
            Token::Rpt => bearer(&self.rpt),
            Token::Aat => self.aat.as_deref().map_or_else(|| bearer("nobody's"), bearer),
            Token::Nobodys => bearer("nobody's"),
            Token::Client => self.client.clone(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    None,
    Pat,
    Rpt,
    Aat,
    Nobodys,
    Client,
}

struct World {
    ecosystem: Ecosystem,
    _server: Running,
    _resources: Running,
    good: Good,
}

fn world(revision: &'static str) -> World {
    let ecosystem = Ecosystem::new(revision);
    let (server, resources) = (ecosystem.start("as"), ecosystem.start("rs"));
    actix_rt::System::new().block_on(share(&ecosystem, PolicyCondition::Anyone));
    let state = ecosystem.file("get.journal");
    let port = free_port().to_string();
    let kept = ["--own-credentials", "--state", state.to_str().unwrap(), "--port", &port];
    let got = get(&ecosystem, &kept).output().unwrap();
    assert_eq!(got.status.code(), Some(0), "{}", String::from_utf8_lossy(&got.stderr));
    resources.kill();
    let (pat, resource) = obtained(&ecosystem);
    let (mut rpt, mut aat, mut client) = (None, None, None);
    for fact in facts(&ecosystem, "get") {
        match fact {
            Fact::RptObtained(obtained) => rpt = Some(obtained.rpt.expose().to_owned()),
            Fact::AatObtained(obtained) => aat = Some(obtained.aat.expose().to_owned()),
            Fact::CredentialsStored { client: id, secret: Some(secret), .. } => {
                client = Some(format!("Basic {}", STANDARD.encode(format!("{}:{}", id.as_str(), secret.expose()))));
            }
            _ => {}
        }
    }
    let scope = match revision {
        "draft-05" | "draft-06" => ecosystem.rs().join("/scopes/view").as_str().to_owned(),
        _ => "view".to_owned(),
    };
    let pat = pat.expose().to_owned();
    let resource = resource.as_str().to_owned();
    let good = Good { pat, rpt: rpt.unwrap(), aat, client: client.unwrap(), resource, scope };
    World { _server: server, _resources: ecosystem.start("rs"), ecosystem, good }
}

impl World {
    // How many facts each of the two has written.
    fn facts(&self) -> [String; 2] {
        ["as", "rs"].map(|kind| {
            let operations = self.ecosystem.operations(kind);
            let port = operations.rsplit(':').next().unwrap().parse().unwrap();
            let came = send(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            let figures = String::from_utf8_lossy(&came.body).into_owned();
            figures.lines().find(|line| line.starts_with("umaverse_journal{what=\"facts\"}")).unwrap().to_owned()
        })
    }

    // The same when nothing is under way any more.
    fn facts_at_rest(&self) -> [String; 2] {
        let mut before = self.facts();
        loop {
            std::thread::sleep(Span::from_millis(500));
            let now = self.facts();
            if now == before {
                return now;
            }
            before = now;
        }
    }
}

/// One endpoint of an authorization server, with a request that is good there.
struct Place {
    method: &'static str,
    path: String,
    media_type: &'static str,
    token: Token,
    body: String,
    /// The same with a parameter or member that stands twice.
    twice: String,
}

fn places(revision: &str, good: &Good) -> Vec<Place> {
    let place = |method, path: &str, media_type, token, body: String, name: &str| {
        let (first, rest) = body.split_once(if media_type == FORM { "&" } else { "," }).unwrap_or((&body, ""));
        assert!(first.contains(name));
        let twice = match media_type {
            FORM => format!("{first}&{body}"),
            _ => format!("{first},{}", &body[1..]),
        };
        let _rest = rest;
        Place { method, path: path.to_owned(), media_type, token, body, twice }
    };
    let Good { resource, scope, rpt, .. } = good;
    let draft = revision.starts_with("draft");
    let asked = match revision {
        "2.0" => format!("{{\"resource_id\":\"{resource}\",\"resource_scopes\":[\"{scope}\"]}}"),
        _ => format!("{{\"resource_set_id\":\"{resource}\",\"scopes\":[\"{scope}\"]}}"),
    };
    let described = match revision {
        "2.0" => format!("{{\"name\":\"n\",\"resource_scopes\":[\"{scope}\"]}}"),
        _ => format!("{{\"name\":\"n\",\"scopes\":[\"{scope}\"]}}"),
    };
    let token = match revision {
        "2.0" => "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Auma-ticket&ticket=unknown".to_owned(),
        _ => "grant_type=client_credentials&scope=".to_owned(),
    };
    let metadata = "{\"client_name\":\"n\",\"redirect_uris\":[\"http://127.0.0.1/return\"]}".to_owned();
    let mut places = vec![
        place("POST", "/token", FORM, Token::Client, token, "grant_type"),
        place("POST", "/revoke", FORM, Token::Client, "token=unknown&x=1".to_owned(), "token"),
        place("POST", "/permission", JSON, Token::Pat, asked, "resource"),
        place("POST", "/register", JSON, Token::None, metadata, "client_name"),
        match revision {
            "2.0" => place("POST", "/rreg/", JSON, Token::Pat, described, "name"),
            "1.0.1" => place("POST", "/rreg/resource_set", JSON, Token::Pat, described, "name"),
            _ => place("PUT", "/rreg/resource_set/x1", JSON, Token::Pat, described, "name"),
        },
        match draft {
            true => place("POST", "/introspect", JSON, Token::Pat, format!("{{\"rpt\":\"{rpt}\",\"x\":1}}"), "rpt"),
            false => place("POST", "/introspect", FORM, Token::Pat, format!("token={rpt}&x=1"), "token"),
        },
    ];
    if draft {
        let body = format!("{{\"rpt\":\"{rpt}\",\"ticket\":\"unknown\"}}");
        places.push(place("POST", "/permission_request", JSON, Token::Aat, body, "rpt"));
    }
    if revision == "1.0.1" {
        let body = format!("{{\"ticket\":\"unknown\",\"rpt\":\"{rpt}\"}}");
        places.push(place("POST", "/rpt", JSON, Token::Aat, body, "ticket"));
    }
    places
}

/// What is wrong, the request, the status and the error code.
type Row = (String, Ask, u16, &'static str);

fn rows(revision: &str, good: &Good) -> Vec<Row> {
    let mut rows = Vec::new();
    for place in places(revision, good) {
        let Place { method, path, media_type, token, body, twice } = place;
        let ask = Ask { method, target: path.clone(), media_type, authorization: good.token(token), body };
        let mut row = |what: &str, ask: Ask, status, code| rows.push((format!("{path} {what}"), ask, status, code));
        let registers = path == "/register";
        let malformed = if registers { "invalid_client_metadata" } else { "invalid_request" };
        let manages = path.contains("resource_set") || path.starts_with("/rreg");
        let of_method = if manages { "unsupported_method_type" } else { "" };
        row("by PATCH", Ask { method: "PATCH", ..ask.clone() }, 405, of_method);
        // D6 §3.4.2, §3.4.3, Core 1.0.1 §3.5.1.
        let of_type = if path.contains("request") || path == "/rpt" { 415 } else { 400 };
        // Whoever names no type is believed to send the one that is taken (RFC 9110 §8.3).
        for media_type in ["text/plain", "application/xml"] {
            row(&format!("as `{media_type}`"), Ask { media_type, ..ask.clone() }, of_type, malformed);
        }
        for body in ["", "{", "[", "\u{1}", "null"] {
            row(&format!("with `{body}`"), Ask { body: body.to_owned(), ..ask.clone() }, 400, malformed);
        }
        row("with a name twice", Ask { body: twice, ..ask.clone() }, 400, malformed);
        row("too large", Ask { body: "x".repeat(2 << 20), ..ask.clone() }, 413, "");
        row("too long", Ask { target: format!("{path}?{}", "x".repeat(9_000)), ..ask.clone() }, 414, "");
        let long = format!("Bearer {}", "x".repeat(40_000));
        row("with too much of a header", Ask { authorization: long, ..ask.clone() }, 431, "");
        for target in [format!("/{path}"), path.to_uppercase(), format!("/.{path}"), format!("/x/..{path}")] {
            row(&format!("as {target}"), Ask { target, ..ask.clone() }, 404, "");
        }
        for wrong in [Token::None, Token::Pat, Token::Rpt, Token::Aat, Token::Nobodys, Token::Client] {
            let Some((status, code)) = refusal(revision, token, wrong) else { continue };
            row(&format!("with {wrong:?}"), Ask { authorization: good.token(wrong), ..ask.clone() }, status, code);
        }
    }
    rows
}

// What the wrong credentials are answered; nothing where they are the right ones.
fn refusal(revision: &str, right: Token, wrong: Token) -> Option<(u16, &'static str)> {
    match (right, wrong) {
        (Token::None, _) => None,
        (right, wrong) if right == wrong => None,
        (Token::Client, _) => Some((401, "invalid_client")),
        // RFC 6750 §3.1: without any authentication information no error code.
        (_, Token::None | Token::Client) => Some((401, "")),
        // An AAT is an access token with another scope; where there are none, it is nobody's.
        (Token::Pat, Token::Aat) if revision != "2.0" => Some((403, "insufficient_scope")),
        (Token::Aat, Token::Pat) => Some((403, "insufficient_scope")),
        _ => Some((401, "invalid_token")),
    }
}

#[test]
fn whatever_is_wrong_is_answered_as_specified_and_changes_nothing() {
    let mut wrong = Vec::new();
    let mut sent = 0;
    for revision in ["draft-05", "draft-06", "1.0.1", "2.0"] {
        let world = world(revision);
        let port = world.ecosystem.as_port;
        for Place { method, path, media_type, token, body, .. } in places(revision, &world.good) {
            let ask = Ask { method, target: path, media_type, authorization: world.good.token(token), body };
            let came = ask.send(port);
            // It was understood; a ticket that is none, or a scope that this client may not have, is another matter.
            let unknown =
                came.code().contains("ticket") || matches!(came.code().as_str(), "invalid_scope" | "invalid_grant");
            assert!(came.status < 300 || unknown, "{revision}: the good one is refused: {ask:?} {came:?}");
        }
        let mut before = world.facts_at_rest();
        for (what, ask, status, code) in rows(revision, &world.good) {
            let begun = std::time::Instant::now();
            let came = ask.send(port);
            if begun.elapsed() > Span::from_secs(5) {
                wrong.push(format!("{revision} {what}: answered after {:?}", begun.elapsed()));
            }
            let after = world.facts();
            if after != before {
                wrong.push(format!("{revision} {what}: something changed"));
                before = after;
            }
            sent += 1;
            if (came.status, came.code().as_str()) != (status, code) {
                wrong.push(format!(
                    "{revision} {what}: {} `{}` instead of {status} `{code}`",
                    came.status,
                    came.code()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent > 400, "{sent}");
}

/// Spellings of the way to the file that are not its own.
const SPELLINGS: &[&str] = &[
    "//photos/beach.jpg",
    "/photos//beach.jpg",
    "/./photos/beach.jpg",
    "/photos/./beach.jpg",
    "/photos/x/../beach.jpg",
    "/photos/../photos/beach.jpg",
    "/x/%2e%2e/photos/beach.jpg",
    "/photos/%2e/beach.jpg",
    "/photos%2fbeach.jpg",
    "/photos%2Fbeach.jpg",
    "/photos/%62each.jpg",
    "/photos/beach%2ejpg",
    "/photos/beach%2Ejpg",
    "/photos/beach.jpg;v=1",
    "/photos;x/beach.jpg",
    "/photos/beach.jpg%00",
    "/photos/beach.jpg%20",
    "/photos/beach.jpg%",
    "/photos/beach.jpg/",
    "/photos/beach.jpg/.",
    "/photos/beach.jpg/..",
    "/photos/BEACH.jpg",
    "/Photos/beach.jpg",
    "/photos/..%2f..%2frs.toml",
    "/photos/../../rs.toml",
    "/photos/%252e%252e/rs.toml",
    "/photos/\u{ff0e}\u{ff0e}/rs.toml",
    "/rs.journal",
    "/photos",
    "/photos/",
    "/",
];

#[test]
fn no_other_spelling_of_a_path_releases_anything() {
    for revision in ["draft-05", "draft-06", "1.0.1", "2.0"] {
        let world = world(revision);
        let (port, good) = (world.ecosystem.rs_port, &world.good);
        let ask = |method, target: &str, token| Ask {
            method,
            target: target.to_owned(),
            media_type: "",
            authorization: good.token(token),
            body: String::new(),
        };
        let came = ask("GET", "/photos/beach.jpg", Token::Rpt).send(port);
        assert!(came.status == 200 && came.body == world.ecosystem.photo, "{revision}: {}", came.head);
        let before = world.facts_at_rest();
        for target in SPELLINGS {
            for token in [Token::Rpt, Token::Pat, Token::None] {
                let came = ask("GET", target, token).send(port);
                assert!(matches!(came.status, 400 | 404), "{revision} {target}: {}", came.head);
                assert!(came.body.len() < 1000, "{revision} {target}: {} bytes came", came.body.len());
            }
        }
        for method in ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get"] {
            let came = ask(method, "/photos/beach.jpg", Token::Rpt).send(port);
            assert_eq!(came.status, 405, "{revision} {method}: {}", came.head);
        }
        let mut large = ask("GET", "/photos/beach.jpg", Token::Rpt);
        large.body = "x".repeat(2 << 20);
        assert_eq!(large.send(port).status, 413);
        assert_eq!(ask("GET", &format!("/photos/{}", "x".repeat(9_000)), Token::Rpt).send(port).status, 414);
        assert_eq!(world.facts(), before, "{revision}: something changed");
        // Tokens of another kind are none: the client is asked for an RPT as if it had none.
        for token in [Token::None, Token::Pat, Token::Aat, Token::Nobodys, Token::Client] {
            let came = ask("GET", "/photos/beach.jpg", token).send(port);
            assert!(matches!(came.status, 401 | 403), "{revision} {token:?}: {}", came.head);
            assert!(came.head.to_lowercase().contains("www-authenticate: uma"), "{revision} {token:?}: {}", came.head);
        }
    }
}
