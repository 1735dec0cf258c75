//! What is wrong with what somebody typed is said once, with the place, what was found and what was expected, before
//! anything runs.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WORLD: &str = r#"title = "t"
revision = "2.0"

[[authorization-server]]
name = "as"
ticket-lifetime = "60s"

[[resource-server]]
name = "rs"
[[resource-server.resource]]
path = "/photo"
owner = "alice"
protected-by = "as"

[[client]]
name = "printer"

[[person]]
name = "alice"
accounts = { as = {} }

[[step]]
who = "alice"
does = "connect"
resource-server = "rs"
at = "as"

[[step]]
who = "alice"
does = "set-policy"
at = "as"
policy = "p"
all = true
scopes = ["view"]
permit = { anyone = true }

[[step]]
after = "10s"
who = "alice"
does = "fetch"
with = "printer"
resource = "rs/photo"
"#;

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_input").join(name);
    let _not_there = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn umaverse(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umaverse")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

// The one line on standard error of a script that must be refused.
fn refusal(name: &str, script: &str) -> String {
    let folder = scratch(name);
    std::fs::write(folder.join("s.toml"), script).unwrap();
    let out = umaverse(&folder, &["run", "s.toml"]);
    let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
    assert_eq!(out.status.code(), Some(2), "{name}: {stdout}{stderr}");
    assert_eq!(stdout, "", "{name}");
    assert_eq!(stderr.lines().count(), 1, "{name}: {stderr}");
    assert!(!folder.join("reports").exists(), "{name}: a report of what did not run");
    stderr.trim_end().to_owned()
}

// Checks that changing `from` to `to` in a good script is refused in that line, with these words.
fn refused(name: &str, from: &str, to: &str, found: &str, expected: &str) {
    assert_eq!(WORLD.matches(from).count(), 1, "{name}: `{from}` is not unique");
    let script = WORLD.replace(from, to);
    let at = script.find(to).unwrap_or_default() + to.find(found_word(found)).unwrap_or_default();
    let line = script[..at].matches('\n').count() + 1;
    let said = refusal(name, &script);
    assert!(said.starts_with(&format!("error: s.toml:{line}:")), "{name}: line {line} of: {said}");
    assert!(said.contains(found), "{name}: `{found}` in: {said}");
    assert!(said.contains("; expected ") && said.contains(expected), "{name}: `{expected}` in: {said}");
}

// The word between backticks, which is what stands in the script.
fn found_word(found: &str) -> &str {
    found.split('`').nth(1).unwrap_or(found)
}

#[test]
fn the_script_that_the_others_are_made_from_is_fine() {
    let folder = scratch("fine");
    std::fs::write(folder.join("s.toml"), WORLD).unwrap();
    let out = umaverse(&folder, &["run", "s.toml", "--show", "verdict"]);
    assert_eq!(out.status.code(), Some(0), "{}{}", text(&out.stdout), text(&out.stderr));
    assert!(folder.join("reports/s/trace.jsonl").is_file());
}

#[test]
fn names_that_lead_nowhere() {
    refused("actor", "who = \"alice\"\ndoes = \"connect\"", "who = \"alise\"\ndoes = \"connect\"", "`alise`", "alice");
    refused("client", "with = \"printer\"", "with = \"prnter\"", "`prnter`", "`printer`");
    refused("kind", "with = \"printer\"", "with = \"rs\"", "`rs` is a resource server", "a client");
    refused("server", "protected-by = \"as\"", "protected-by = \"ass\"", "`ass`", "`as`");
    refused("owner", "owner = \"alice\"", "owner = \"allice\"", "`allice`", "`alice`");
    refused("account", "accounts = { as = {} }", "accounts = { az = {} }", "`az`", "`as`");
    refused("does", "does = \"fetch\"", "does = \"fech\"", "`fech`", "`fetch`");
    refused("revision", "revision = \"2.0\"", "revision = \"3.0\"", "`3.0`", "`2.0`");
}

#[test]
fn fields_that_do_not_exist_or_have_another_type() {
    refused("field", "after = \"10s\"", "afterr = \"10s\"", "`afterr`", "`after`");
    refused("table", "[[client]]", "[[clinet]]", "`clinet`", "`client`");
    refused("type", "all = true", "all = \"yes\"", "\"yes\"", "a boolean");
    refused("condition", "permit = { anyone = true }", "permit = { anybody = true }", "`anybody`", "`anyone`");
    refused(
        "rule",
        "ticket-lifetime = \"60s\"",
        "without-rules = [\"ticket-unspend\"]",
        "`ticket-unspend`",
        "`ticket-unspent`",
    );
}

#[test]
fn times_that_are_none() {
    refused("after", "after = \"10s\"", "after = \"soon\"", "`soon`", "a span of time");
    refused("lifetime", "ticket-lifetime = \"60s\"", "ticket-lifetime = \"-5s\"", "`-5s`", "a span of time");
    refused("huge", "after = \"10s\"", "after = \"99999999999999d\"", "`99999999999999d`", "a span of time");
    refused("century", "after = \"10s\"", "after = \"200000000d\"", "`200000000d`", "a span of time");
}

#[test]
fn scopes_that_no_resource_has() {
    let said = refusal("scope", &WORLD.replace("scopes = [\"view\"]", "scopes = [\"vew\"]"));
    assert!(said.starts_with("error: s.toml:") && said.contains("`vew`; expected one of `view`"), "{said}");
}

#[test]
fn names_that_stand_twice() {
    refused(
        "twice",
        "[[client]]\nname = \"printer\"",
        "[[client]]\nname = \"rs\"",
        "a second node `rs`",
        "every name once",
    );
    let step = "who = \"alice\"\ndoes = \"fetch\"";
    let said = refusal("steps", &WORLD.replace(step, &format!("name = \"alice.connect#1\"\n{step}")));
    assert!(said.contains("a second step named `alice.connect#1`; expected every name once"), "{said}");
    assert!(said.starts_with("error: s.toml:"), "{said}");
    let path = "[[resource-server.resource]]\npath = \"/photo\"\nowner = \"alice\"\nprotected-by = \"as\"\n";
    refused("paths", path, &format!("{path}{path}"), "a second resource `/photo`", "every path once");
}

#[test]
fn members_that_are_missing() {
    for (name, from, to, member) in [
        ("who", "who = \"alice\"\ndoes = \"fetch\"", "does = \"fetch\"", "`who`"),
        ("with", "with = \"printer\"\n", "", "`with`"),
        ("does-missing", "does = \"fetch\"\n", "", "`does`"),
        ("path", "path = \"/photo\"\n", "", "`path`"),
        ("title", "title = \"t\"\n", "", "`title`"),
        ("scopes", "scopes = [\"view\"]\n", "", "`scopes`"),
        ("permit", "permit = { anyone = true }\n", "", "`permit`"),
    ] {
        assert!(WORLD.contains(from), "{name}");
        let said = refusal(name, &WORLD.replacen(from, to, 1));
        assert!(said.contains(member) && said.contains("expected"), "{name}: {member} in: {said}");
        assert!(said.starts_with("error: s.toml:"), "{name}: {said}");
    }
}

#[test]
fn toml_that_is_none() {
    refused("broken", "revision = \"2.0\"", "revision = two", "quoted", "literal string");
    refused("open", "all = true", "all = [", "all", "");
    let said = refusal("binary", "\u{1}\u{2}");
    assert!(said.starts_with("error: s.toml:1:"), "{said}");
    let folder = scratch("bytes");
    std::fs::write(folder.join("s.toml"), [0xff, 0xfe]).unwrap();
    let out = umaverse(&folder, &["run", "s.toml"]);
    assert_eq!((out.status.code(), text(&out.stderr).lines().count()), (Some(2), 1), "{}", text(&out.stderr));
}

#[test]
fn files_and_stories_that_are_not_there() {
    let folder = scratch("absent");
    for arguments in [
        &["run", "no-such-story"][..],
        &["run", "no-such-file.toml"],
        &["replay", "no-such-file.toml"],
        &["shrink", "no-such-file.toml"],
        &["explain", "no-such-file.jsonl"],
        &["explore", "no-such-plan.toml"],
        &["stories", "--revision", "3.0"],
        &["tour", "--revision", "3.0"],
        &["requirements", "--revision", "3.0"],
        &["requirements", "--section", "99.9"],
    ] {
        let out = umaverse(&folder, arguments);
        let stderr = text(&out.stderr);
        assert_eq!((out.status.code(), stderr.lines().count()), (Some(2), 1), "{arguments:?}: {stderr}");
        let last = arguments.last().unwrap();
        assert!(stderr.starts_with("error: ") && stderr.contains(&format!("`{last}`")), "{arguments:?}: {stderr}");
    }
    let unknown = text(&umaverse(&folder, &["run", "photo-sharin"]).stderr);
    assert!(unknown.contains("`photo-sharing`"), "{unknown}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn plans_that_are_none() {
    let folder = scratch("plans");
    for (plan, words) in [
        ("steps-mx = 3\n", "`steps-mx`"),
        ("revisions = [\"3.0\"]\n", "`3.0`"),
        ("revisions = []\n", "revision"),
        ("steps-max = -1\n", "-1"),
        ("operation = 2000000\n", "2000000"),
    ] {
        std::fs::write(folder.join("p.toml"), plan).unwrap();
        let out = umaverse(&folder, &["explore", "p.toml", "--runs", "1"]);
        let stderr = text(&out.stderr);
        assert_eq!((out.status.code(), stderr.lines().count()), (Some(2), 1), "{plan}: {stderr}");
        assert!(stderr.contains(words) && stderr.contains("expected") && stderr.contains("p.toml"), "{plan}: {stderr}");
    }
}

#[test]
fn traces_and_recordings_of_another_build() {
    let folder = scratch("builds");
    umaverse(&folder, &["run", "photo-sharing", "--show", "verdict"]);
    let trace = std::fs::read_to_string(folder.join("reports/photo-sharing/trace.jsonl")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    for (changed, words) in [
        (trace.replacen("\"format\":1", "\"format\":99", 1), "format 99"),
        (trace.replacen(&format!("\"crate\":\"{version}\""), "\"crate\":\"0.0.7\"", 1), "umaverse 0.0.7"),
        ("hello\n".to_owned(), "not the header of a trace"),
        (trace.lines().next().unwrap().to_owned() + "\nhello\n", "line 2"),
    ] {
        std::fs::write(folder.join("t.jsonl"), changed).unwrap();
        let out = umaverse(&folder, &["explain", "t.jsonl", "--access", "1"]);
        let stderr = text(&out.stderr);
        assert_eq!((out.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
        assert!(stderr.contains("t.jsonl") && stderr.contains(words), "{stderr}");
    }
    let recorded = "[recorded]\nversion = \"0.0.7\"\ndigest = \"0\"\nviolates = \"TKT-1\"\n";
    let script = WORLD.replacen("\n\n", &format!("\n\n{recorded}\n"), 1);
    std::fs::write(folder.join("r.toml"), script).unwrap();
    std::fs::write(folder.join("n.toml"), WORLD).unwrap();
    for (file, words) in [("r.toml", "umaverse 0.0.7"), ("n.toml", "records no run")] {
        let out = umaverse(&folder, &["replay", file]);
        let stderr = text(&out.stderr);
        assert_eq!((out.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
        assert!(stderr.contains(file) && stderr.contains(words), "{stderr}");
    }
}

#[test]
fn an_access_that_the_trace_has_not() {
    let folder = scratch("access");
    umaverse(&folder, &["run", "photo-sharing", "--show", "verdict"]);
    for number in ["0", "999"] {
        let out = umaverse(&folder, &["explain", "reports/photo-sharing/trace.jsonl", "--access", number]);
        assert_eq!(out.status.code(), Some(2));
        let stderr = text(&out.stderr);
        assert!(stderr.contains(&format!("there is no access {number}; expected 1 to ")), "{stderr}");
    }
}

#[test]
fn every_help_shows_examples_and_exit_codes() {
    let folder = scratch("help");
    for command in ["", "run", "explore", "replay", "shrink", "explain", "stories", "tour", "requirements"] {
        let arguments: Vec<&str> = [command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let out = umaverse(&folder, &arguments);
        let help = text(&out.stdout);
        assert_eq!(out.status.code(), Some(0));
        assert!(help.contains("Examples:\n  umaverse "), "{command}: {help}");
        assert!(help.contains(&format!("  umaverse {command}")), "{command}: {help}");
        assert!(help.contains("Exit codes: 0 "), "{command}: {help}");
    }
    assert_eq!(umaverse(&folder, &["run"]).status.code(), Some(2));
    assert_eq!(umaverse(&folder, &["dance"]).status.code(), Some(2));
}
