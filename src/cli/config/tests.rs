#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use super::*;
use std::fs;
use umaverse::wire::{Duration, Endpoint, Revision};

const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$LkFJdjWC2hJLxXrGmBCqTgTQ0LCV8kcUwWDH8FmoMJk";

fn told(kind: Kind, text: &str) -> Result<Checked, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    fs::write(folder.path().join("photos/beach.jpg"), "x").unwrap();
    check(kind, &Source { file: "node.toml", text }, folder.path()).map_err(|error| error.to_string())
}

fn node(rest: &str) -> String {
    format!(
        "[node]\nlisten = \"127.0.0.1:7101\"\norigin = \"http://as.localhost:7101\"\njournal = \"as.journal\"\n{rest}"
    )
}

fn account() -> String {
    format!("[[account]]\nname = \"alice\"\npassword = \"{PHC}\"\n")
}

// A whole certificate with its key, another one, and a file that is neither.
fn told_with_files(rest: &str) -> Result<Checked, String> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "other"] {
        let made = rcgen::generate_simple_self_signed(vec!["as.localhost".to_owned()]).unwrap();
        fs::write(folder.path().join(format!("{name}.pem")), made.cert.pem()).unwrap();
        fs::write(folder.path().join(format!("{name}.key")), made.signing_key.serialize_pem()).unwrap();
    }
    fs::write(folder.path().join("text"), "no certificate").unwrap();
    let text = node(rest).replace("http://as", "https://as");
    check(Kind::As, &Source { file: "node.toml", text: &text }, folder.path()).map_err(|error| error.to_string())
}

#[test]
fn what_is_wrong_with_tls_is_said_by_line_and_member() {
    let tls = |certificate: &str, key: &str| format!("[tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n");
    assert!(told_with_files(&tls("one.pem", "one.key")).is_ok());
    let trust = |files: &str| format!("{}[trust]\nauthorities = [{files}]\n", tls("one.pem", "one.key"));
    assert!(told_with_files(&trust("\"one.pem\"")).is_ok());
    assert!(told_with_files(&(trust("") + "system = false\n")).is_ok());
    for (text, place, words) in [
        (tls("none.pem", "one.key"), "node.toml:6:15: `certificate`: `", "none.pem"),
        (
            tls("text", "one.key"),
            "node.toml:6:15: `certificate`: `",
            "no certificate in it; expected certificates in PEM",
        ),
        (tls("one.pem", "none.key"), "node.toml:7:7: `key`: `", "expected a private key in PEM"),
        (tls("one.pem", "text"), "node.toml:7:7: `key`: `", "expected a private key in PEM"),
        (tls("one.pem", "other.key"), "node.toml:7:7: `key`: ", "expected the key of `certificate`"),
        ("[tls]\ncertificate = \"one.pem\"\n".to_owned(), "node.toml:5:1: ", "missing field `key`"),
        (tls("one.pem", "3").replace("\"3\"", "3"), "node.toml:7:7: ", "invalid type: integer `3`"),
        (trust("\"one.pem\", \"text\""), "node.toml:9:27: `authorities`: `", "no certificate in it"),
        (trust("\"one.pem\"") + "sytem = false\n", "node.toml:10:1: ", "unknown field `sytem`"),
    ] {
        let said = told_with_files(&text).map(|_| ()).unwrap_err();
        assert!(said.starts_with(place) && said.contains(words), "{said}\n  should have: {place} {words}");
    }
}

#[test]
fn a_member_of_simulations_is_refused_wherever_it_stands() {
    let tables = [
        (Kind::As, "[authorization-server]\n".to_owned()),
        (Kind::Rs, server("path = \"photos\"\nat = \"/photos\"\n").replace(&node(""), "")),
        (Kind::Client, "[client]\nname = \"printer\"\n".to_owned()),
        (Kind::Idp, "[identity-provider]\n".to_owned()),
    ];
    for member in OF_SIMULATIONS {
        for (kind, table) in &tables {
            assert!(told(*kind, &node(table)).is_ok(), "{kind:?} without it");
            let last = format!("{}{member} = []\n", node(table));
            let first = node(&format!("{member} = []\n{table}"));
            for text in [last, first, format!("{member} = []\n{}", node(table))] {
                let said = told(*kind, &text).map(|_| ()).unwrap_err();
                let expected =
                    format!("`{member}` is a member of simulations only; expected a node that obeys every rule");
                assert!(said.starts_with("node.toml:") && said.contains(&expected), "{said}\n{text}");
            }
        }
    }
}

#[test]
fn what_a_node_keeps_is_said_in_its_file() {
    let plan = |rest: &str| told(Kind::As, &node(rest)).unwrap_or_else(|error| panic!("{error}")).plan;
    let usual = plan("");
    assert_eq!((usual.snapshots.every, usual.snapshots.keep), (10_000, Some(Duration::ZERO)));
    assert!(usual.trace.folder.is_none());
    assert_eq!(&*usual.trace.name, "as.localhost-7101");
    let table = "[snapshots]\nevery = 7\nkeep = \"2d\"\n[trace]\nfolder = \"t\"\nname = \"one\"\nmax-bytes = 5\n";
    let told_all = plan(table);
    assert_eq!((told_all.snapshots.every, told_all.snapshots.keep), (7, Some(Duration::from_secs(2 * 86_400))));
    assert!(told_all.trace.folder.unwrap().ends_with("t") && told_all.trace.key.ends_with("trace.key"));
    assert_eq!((&*told_all.trace.name, told_all.trace.max_bytes), ("one", 5));
    assert_eq!(plan("[snapshots]\nkeep = \"for-ever\"\n").snapshots.keep, None);
    for (text, expected) in [
        ("[snapshots]\nevery = 0\n", "node.toml:6:9: `every` is 0; expected"),
        ("[snapshots]\nkeep = \"long\"\n", "node.toml:6:8: `long` is no span of time"),
        ("[trace]\nname = \"../x\"\n", "node.toml:6:8: `name` is `../x`; expected letters"),
        ("[trace]\nclock-error = \"?\"\n", "node.toml:6:15: `?` is no span"),
    ] {
        let said = told(Kind::As, &node(text)).map(|_| ()).unwrap_err();
        assert!(said.contains(expected), "{said}\n  should have: {expected}");
    }
}

fn server(folder: &str) -> String {
    let rest = "owner = \"alice\"\nprotected-by = \"http://as.localhost:7101\"\n";
    node(&format!("{}[resource-server]\nname = \"photos\"\n[[resource-server.folder]]\n{folder}{rest}", account()))
}

#[test]
fn a_whole_file_of_each_kind_is_a_node() {
    let server = server("path = \"photos\"\nat = \"/photos\"\n");
    let built = told(Kind::Rs, &server).unwrap_or_else(|error| panic!("{error}"));
    assert!(built.plan.contents.unwrap().find("/photos/beach.jpg").is_some());
    assert!(told(Kind::As, &node(&account())).is_ok());
    let client = told(Kind::Client, &node("[client]\nname = \"printer\"\n")).unwrap_or_else(|error| panic!("{error}"));
    assert!(client.plan.insecure.unwrap().contains("plain HTTP"));
}

#[test]
fn an_error_says_where_what_came_and_what_was_expected() {
    let cases = [
        (
            Kind::As,
            node("without-rules = [\"TicketUnspent\"]\n"),
            "node.toml:5:1: `without-rules` is a member of simulations only",
        ),
        (Kind::As, node("crypto = \"ideal\"\n"), "node.toml:5:1: `crypto` is a member of simulations only"),
        (Kind::As, node("[authorization-server]\nclock-offset-millis = 5\n"), "`clock-offset-millis` is a member of"),
        (Kind::As, node("colour = 1\n"), "node.toml:5:1: unknown field `colour`; expected one of `listen`"),
        (Kind::As, node("insecure = 3\n"), "node.toml:5:12: invalid type: integer `3`; expected a boolean"),
        (Kind::As, node("revision = \"3\"\n"), "node.toml:5:12: `revision` is `3`; expected draft-05"),
        (
            Kind::As,
            node("[[account]]\nname = \"alice\"\npassword = \"secret\"\n"),
            "node.toml:7:12: `password` of `alice` is no argon2",
        ),
        (Kind::As, node(&(account() + &account())), "a second account `alice`; expected every `name` once"),
        (
            Kind::As,
            node("[client]\nname = \"x\"\n"),
            "`[client]` belongs to `serve client`; expected `[authorization-server]`",
        ),
        (
            Kind::As,
            node("[authorization-server]\nticket-lifetime = \"soon\"\n"),
            "node.toml:6:19: `soon` is no span of time",
        ),
        (
            Kind::As,
            node("[tls]\ncertificate = \"no\"\nkey = \"no\"\n"),
            "`origin` is `http://as.localhost:7101`, and `[tls]`",
        ),
        (Kind::Client, node(""), "no `[client]`; expected one, as in simulations/nodes/client.toml"),
        (Kind::Rs, server("path = \"nowhere\"\nat = \"/photos\"\n"), "`path`: `"),
        (Kind::Rs, server("path = \"photos\"\nat = \"photos\"\n"), "`at` is `photos`; expected a path such as"),
        (
            Kind::Rs,
            server("path = \"photos\"\nat = \"/p\"\n").replace("owner = \"alice\"", "owner = \"eve\""),
            "`owner` is `eve`",
        ),
        (
            Kind::As,
            node("").replace("127.0.0.1", "0.0.0.0"),
            "node.toml:2:10: `listen` is `0.0.0.0:7101`, and there is no `[tls]`",
        ),
        (Kind::As, node("").replace("\"127.0.0.1:7101\"", "7101"), "node.toml:2:10: invalid type: integer `7101`"),
        (Kind::As, node("").replace("http://as", "as"), "`as.localhost:7101` is no origin"),
        (Kind::As, "[node]\nlisten = ".to_owned(), "node.toml:2:"),
    ];
    for (kind, text, expected) in cases {
        match told(kind, &text) {
            Err(error) => assert!(error.contains(expected), "{error}\n  should have: {expected}"),
            Ok(_) => panic!("this should be refused: {expected}"),
        }
    }
}

const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"eA","kid":"k"}]}"#;

fn server_with(rest: &str) -> Result<Checked, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.json"), JWKS).unwrap();
    fs::write(folder.path().join("no-keys.json"), r#"{"keys":[{"kty":"oct","k":"eA"}]}"#).unwrap();
    let text = node(&format!("{}[authorization-server]\n{rest}", account()));
    let checked = check(Kind::As, &Source { file: "node.toml", text: &text }, folder.path());
    checked.map_err(|error| error.to_string())
}

#[test]
fn keys_of_others_are_inline_in_a_file_or_somewhere() {
    const INLINE: &str = r#"jwks = { keys = [{ kty = "OKP", crv = "Ed25519", x = "eA", kid = "k" }] }"#;
    let client = |rest: &str| format!("[[authorization-server.client]]\nid = \"printer\"\n{rest}\n");
    let provider =
        |rest: &str| format!("[[authorization-server.identity-provider]]\nissuer = \"https://idp.example\"\n{rest}\n");
    for good in [
        client(INLINE),
        client("jwks-file = \"keys.json\"\nsigning-algorithm = \"EdDSA\""),
        client("jwks-uri = \"https://app.example/own/keys\"\nsigning-algorithm = \"EdDSA\""),
        provider(""),
        provider("jwks-uri = \"https://idp.example/keys\"\naudience = \"the other name\""),
        provider("jwks-file = \"keys.json\""),
    ] {
        assert!(server_with(&good).is_ok(), "{good}");
    }
    for (bad, expected) in [
        (client("jwks-file = \"no-keys.json\""), "`no-keys.json` has no key that signs; expected a key set"),
        (client("jwks-file = \"nowhere.json\""), "nowhere.json"),
        (client("jwks = 3"), "`jwks` is no key set"),
        (client(&format!("jwks-file = \"keys.json\"\n{INLINE}")), "`jwks` and `jwks-file`; expected one of them"),
        (client("jwks-file = \"keys.json\"\nsecret = \"s\""), "`secret` and keys; expected one of them"),
        (provider("jwks-file = \"keys.json\"\njwks-uri = \"https://idp.example/keys\""), "expected one of them"),
        (client("jwks-uri = \"nowhere\""), "`nowhere` is no origin or issuer"),
        (client("jwks-uri = \"https://app.example/keys\"\njwks-file = \"keys.json\""), "`jwks-file` and `jwks-uri`"),
        (client(&format!("jwks-uri = \"https://app.example/keys\"\n{INLINE}")), "`jwks` and `jwks-uri`"),
        (client("jwks-uri = \"https://app.example/keys\"\nsecret = \"s\""), "`secret` and keys; expected one of them"),
        (provider("keys = 3"), "unknown field `keys`"),
    ] {
        match server_with(&bad) {
            Err(error) => assert!(error.contains(expected), "{error}\n  should have: {expected}"),
            Ok(_) => panic!("this should be refused: {expected}"),
        }
    }
}

#[test]
fn a_client_signs_with_the_key_of_its_node_where_its_file_says_so() {
    let client = |rest: &str| told(Kind::Client, &node(&format!("[client]\nname = \"printer\"\n{rest}")));
    assert!(client("authentication = \"private-key-jwt\"\n").is_ok());
    assert!(client("authentication = \"secret\"\n").is_ok());
    let refused = |rest: &str| client(rest).err().unwrap_or_default();
    assert!(refused("authentication = \"none\"\n").contains("expected `secret` or `private-key-jwt`"));
    assert!(refused("authentication = \"private-key-jwt\"\npublic = true\n").contains("a public client proves"));
}

#[test]
fn insecure_has_to_be_said_and_is_said_again() {
    let open = node("insecure = true\n").replace("127.0.0.1", "0.0.0.0");
    let plan = told(Kind::As, &open).unwrap_or_else(|error| panic!("{error}")).plan;
    assert_eq!(plan.insecure.unwrap(), "plain HTTP at 0.0.0.0:7101, which `insecure = true` allows");
}

#[cfg(unix)]
#[test]
fn a_key_is_made_once_and_only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("as.key");
    let made = key::read_or_make(&path).unwrap();
    assert!(made.older.is_empty());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(key::read_or_make(&path).unwrap(), made);
    let older = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{}\n{older}", "A".repeat(43))).unwrap();
    let rotated = key::read_or_make(&path).unwrap();
    assert_eq!((rotated.newest.secret, rotated.older), ([0; 32], vec![made.newest]));
    fs::write(&path, "short").unwrap();
    assert!(key::read_or_make(&path).is_err());
}

#[test]
fn an_authorization_server_serves_two_revisions_and_nobody_else_does() {
    let both = node("revision = [\"1.0.1\", \"2.0\"]\n");
    assert!(told(Kind::As, &both).is_ok());
    for (kind, line, words) in [
        (
            Kind::As,
            "revision = [\"draft-06\", \"2.0\"]\n",
            "`revision` is `draft-06` and `2.0`; expected one revision, or",
        ),
        (Kind::As, "revision = [\"1.0.1\", \"3\"]\n", "`revision` is `1.0.1` and `3`; expected draft-05"),
        (Kind::As, "revision = []\n", "expected one revision, or"),
        (Kind::Rs, "revision = [\"1.0.1\", \"2.0\"]\n", "only an authorization server has two"),
    ] {
        let said = told(kind, &node(line)).map(|_| ()).unwrap_err();
        assert!(said.contains(words), "{said}\n  should have: {words}");
    }
}

#[test]
fn an_operator_has_a_token_and_may_register_owners_later() {
    let operated = "[operations]\nlisten = \"127.0.0.1:0\"\ntoken-file = \"operator\"\n";
    let operator =
        |kind, text: &str| told(kind, text).map(|checked| checked.plan.operations.unwrap().operator.is_some());
    assert_eq!(operator(Kind::As, &node(operated)), Ok(true));
    assert_eq!(operator(Kind::As, &node(&operated.replace("token-file = \"operator\"\n", ""))), Ok(false));
    let nobody = server("path = \"photos\"\nat = \"/p\"\n").replace(&account(), "");
    assert!(told(Kind::Rs, &nobody).map(|_| ()).unwrap_err().contains("to register them later"));
    assert_eq!(operator(Kind::Rs, &(nobody + operated)), Ok(true));
    let client = node(&format!("{operated}[client]\nname = \"printer\"\n"));
    let said = operator(Kind::Client, &client).unwrap_err();
    assert!(said.starts_with("node.toml:7:14: `token-file` of a client"), "{said}");
    let nowhere = operator(Kind::As, &node(&operated.replace("operator", "none/operator"))).unwrap_err();
    assert!(
        nowhere.starts_with("node.toml:7:14: token file `") && nowhere.contains("expected a file that"),
        "{nowhere}"
    );
}

#[test]
fn endpoints_are_where_the_file_wants_them() {
    let paths = |revision: &str, rest: &str| {
        told(Kind::As, &node(&format!("revision = {revision}\n[authorization-server.paths]\n{rest}")))
    };
    let good = "token = \"/oauth/token\"\nresource-registration = \"/rs\"\n";
    let routes = paths("\"2.0\"", good).unwrap_or_else(|error| panic!("{error}")).plan.site.routes;
    assert_eq!(routes.path(Endpoint::Token), Some("/oauth/token"));
    assert_eq!(routes.path(Endpoint::ResourceRegistration), Some("/rs/"));
    let two = "[\"1.0.1\", \"2.0\"]";
    let of_each = "[authorization-server.paths.\"1.0.1\"]\nrpt = \"/old/rpt\"\n[authorization-server.paths.\"2.0\"]\npermission = \"/new/p\"\n";
    let routes = paths(two, of_each).unwrap_or_else(|error| panic!("{error}")).plan.site.routes;
    assert_eq!(routes.path_in(Some(Revision::V1_0_1), Endpoint::Rpt), Some("/old/rpt"));
    assert_eq!(routes.path_in(Some(Revision::V2_0), Endpoint::Permission), Some("/new/p"));
    assert_eq!(routes.path_in(Some(Revision::V1_0_1), Endpoint::Permission), Some("/permission"));
    for (revision, text, wanted) in [
        (
            "\"2.0\"",
            "token = \"token\"\n",
            "node.toml:7:9: `token` is `token`: it has to begin with `/`; expected a path below",
        ),
        (
            "\"2.0\"",
            "token = \"/a/%2e%2e\"\n",
            "node.toml:7:9: `token` is `/a/%2e%2e`: nothing in it may be percent-encoded",
        ),
        ("\"2.0\"", "token = 5\n", "node.toml:7:9: invalid type: integer `5`; expected a string"),
        (
            "\"2.0\"",
            "tokens = \"/t\"\n",
            "node.toml:7:1: `tokens` is no endpoint whose place can be chosen here; expected account, ",
        ),
        (
            "\"2.0\"",
            "rpt = \"/rpt\"\n",
            "node.toml:7:1: `rpt` is no endpoint whose place can be chosen here; expected account, ",
        ),
        (
            "\"2.0\"",
            "jwks = \"/k\"\ntoken = \"/owner/t\"\n",
            "node.toml:8:9: `token` is `/owner/t`: `owner` is there already, above it or below it; expected a place of its own",
        ),
        (
            "\"2.0\"",
            "[authorization-server.paths.\"2.0\"]\npermission = \"/p\"\n",
            "node.toml:8:1: `permission` of 2.0 stands in a table of a revision, and the server has one alone; expected `paths` itself",
        ),
        (
            two,
            "permission = \"/p\"\n",
            "node.toml:7:1: `permission` is one endpoint of each revision; expected `paths.\"1.0.1\"` or `paths.\"2.0\"`",
        ),
        (
            two,
            "[authorization-server.paths.\"2.0\"]\nrpt = \"/p\"\n",
            "node.toml:8:1: `rpt` of 2.0 is no endpoint whose place can be chosen here; expected claims-interaction, ",
        ),
        (
            two,
            "[authorization-server.paths.\"2.1\"]\nrpt = \"/p\"\n",
            "node.toml:7:1: invalid type: map; expected a string",
        ),
    ] {
        let said = paths(revision, text).map(|_| ()).unwrap_err();
        assert!(said.starts_with(wanted), "{said}\n  should have: {wanted}");
    }
}
