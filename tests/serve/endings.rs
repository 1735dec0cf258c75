//! How a node begins and ends: what it refuses to start with, and signals.

use crate::ecosystem::{Ecosystem, Running, umaverse};
use std::fs;
use std::path::Path;

fn refused(text: &str, expected: &str) {
    let ecosystem = Ecosystem::new("2.0");
    let file = ecosystem.file("bad.toml");
    fs::write(&file, text).unwrap();
    let ended = umaverse().args(["serve", "as", "--config"]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains(expected), "{said}\n  should have: {expected}");
}

#[test]
fn a_bad_file_ends_with_2_and_says_where_and_what() {
    let node = "[node]\nlisten = \"127.0.0.1:0\"\norigin = \"http://as.localhost\"\njournal = \"j\"\n";
    refused(
        &format!("{node}without-rules = [\"x\"]\n"),
        "bad.toml:5:1: `without-rules` is a member of simulations only",
    );
    refused(
        &format!("{node}[authorization-server]\nticket-lifetime = \"1\"\n"),
        "bad.toml:6:19: `1` is no span of time",
    );
    refused("", "missing field `node`");
    refused(&node.replace("127.0.0.1", "0.0.0.0"), "there is no `[tls]`; expected a loopback address");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("j"), "this is no journal").unwrap();
    refused(&node.replace("\"j\"", &format!("{:?}", folder.path().join("j"))), "/j: ");
}

#[test]
fn check_only_checks() {
    let ecosystem = Ecosystem::new("2.0");
    let ended =
        umaverse().args(["serve", "rs", "--check", "--config"]).arg(ecosystem.file("rs.toml")).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(!ecosystem.file("rs.journal").exists());
}

#[test]
fn the_samples_are_good() {
    let nodes = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations/nodes");
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    // Checking makes keys, which do not belong among the samples.
    for kind in ["as", "rs", "client", "idp"] {
        let copy = folder.path().join(format!("{kind}.toml"));
        fs::copy(nodes.join(format!("{kind}.toml")), &copy).unwrap();
        let ended = umaverse().args(["serve", kind, "--check", "--config"]).arg(&copy).output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{kind}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

// What the unit and the image start is what the program takes.
#[test]
fn the_commands_of_the_unit_and_of_the_image_are_good() {
    let nodes = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations/nodes");
    let ecosystem = Ecosystem::new("2.0");
    let unit = fs::read_to_string(nodes.join("umaverse@.service")).unwrap();
    let started = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/umaverse ")).unwrap();
    let folder = ecosystem.file("");
    fs::copy(ecosystem.file("as.toml"), ecosystem.file("node.toml")).unwrap();
    let of_unit = started.replace("%i", "as").replace("${CREDENTIALS_DIRECTORY}/", folder.to_str().unwrap());
    let image = fs::read_to_string(nodes.join("Containerfile")).unwrap();
    let line = |word: &str| image.lines().find_map(|line| line.strip_prefix(word)).unwrap().to_owned();
    let entry: Vec<String> = serde_json::from_str(&line("ENTRYPOINT ")).unwrap();
    assert_eq!(entry, ["/usr/local/bin/umaverse"]);
    let command: Vec<String> = serde_json::from_str(&line("CMD ")).unwrap();
    let of_image = command.join(" ").replace("/etc/umaverse/", folder.to_str().unwrap());
    for command in [of_unit, of_image] {
        let ended = umaverse().args(command.split(' ')).arg("--check").output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&ended.stderr));
    }
    for hardened in ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=\n"] {
        assert!(unit.contains(hardened), "{hardened}");
    }
}

#[test]
fn a_signal_ends_a_node_in_good_order() {
    for signal in ["TERM", "INT"] {
        let ecosystem = Ecosystem::new("2.0");
        let mut server: Running = ecosystem.start("as");
        server.signal(signal);
        assert_eq!(server.code(), Some(0), "{}", server.log());
        assert!(server.log().contains("stopped"));
    }
}
