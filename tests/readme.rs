//! What the README shows is what the program does today. After a change that shows, write the blocks anew:
//! `UMAVERSE_BLESS=1 cargo test --test readme`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::path::{Path, PathBuf};
use std::process::Command;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// What the program prints, run in a folder of its own.
fn umaverse(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_umaverse")).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim_end().to_owned()).collect()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The block that follows a mark, without its fences.
fn block(readme: &str, mark: &str) -> String {
    let after = readme.split_once(mark).unwrap_or_else(|| panic!("no `{mark}` in the README")).1;
    let fenced = after.split_once("\n```").unwrap().1;
    let body = fenced.split_once('\n').unwrap().1;
    body.split_once("\n```").unwrap().0.to_owned()
}

/// Compares a block with what it should be, or writes it.
fn check(mark: &str, wanted: &[String]) {
    let readme = std::fs::read_to_string(README).unwrap();
    let (shown, wanted) = (block(&readme, mark), wanted.join("\n"));
    if shown != wanted && std::env::var_os("UMAVERSE_BLESS").is_some() {
        return std::fs::write(README, readme.replacen(&shown, &wanted, 1)).unwrap();
    }
    assert!(shown == wanted, "the README shows\n{shown}\ninstead of\n{wanted}");
}

/// From Bob's first fetch on; of the verdicts the first three, and for a short story only how it ends.
fn story(name: &str, with_verdicts: bool) -> Vec<String> {
    let lines = umaverse(&folder("readme-story"), &["run", name]);
    let begin = lines.iter().position(|line| line.contains("  bob.fetch#1")).unwrap();
    let summary = lines.iter().position(|line| line.starts_with(&format!("{name}  "))).unwrap();
    let last_verdict = lines.iter().rposition(|line| line.starts_with("LIV-")).unwrap();
    let closing = lines.iter().position(|line| line.starts_with("passed: ")).unwrap();
    let dots = || "...".to_owned();
    let mut shown = vec![dots()];
    shown.extend_from_slice(&lines[begin..summary]);
    shown.push(String::new());
    if with_verdicts {
        shown.extend_from_slice(&lines[summary..summary + 5]);
        shown.push(dots());
        shown.extend_from_slice(&lines[last_verdict + 1..]);
    } else {
        shown.extend([dots(), lines[closing].clone()]);
    }
    shown
}

/// The smallest script, as it stands in the README.
fn script() -> String {
    let readme = std::fs::read_to_string(README).unwrap();
    block(&readme, "smallest one that shows something:")
}

// One test, so that blocks are not written at the same time.
#[test]
fn the_readme_shows_what_the_program_prints() {
    check("<!-- umaverse run photo-sharing -->", &story("photo-sharing", true));
    check("<!-- umaverse run photo-sharing-2.0 -->", &story("photo-sharing-2.0", false));
    check("<!-- umaverse run mutant.toml -->", &mutant());
    check("<!-- umaverse compare photo-sharing -->", &compared());
}

/// The tables, and of the messages those of one fetch.
fn compared() -> Vec<String> {
    let lines = umaverse(
        &folder("readme-compare"),
        &["compare", "photo-sharing", "--revisions", "draft-06,2.0", "--no-report"],
    );
    let messages = lines.iter().position(|line| line.starts_with("messages, side by side")).unwrap();
    let begin = lines.iter().position(|line| line == "bob.fetch#2").unwrap();
    let end = lines.iter().position(|line| line == "bob.fetch#3").unwrap();
    let dots = || "...".to_owned();
    [&lines[..messages + 2], &[dots()], &lines[begin..end], &[dots()]].concat()
}

fn mutant() -> Vec<String> {
    let folder = folder("readme-mutant");
    let mutant = script()
        .replacen("name = \"copmonkey\"", "name = \"copmonkey\"\nwithout-rules = [\"policy-permits\"]", 1)
        .replace("value = \"bob@", "value = \"carol@");
    std::fs::write(folder.join("mutant.toml"), mutant).unwrap();
    let lines = umaverse(&folder, &["run", "mutant.toml", "--no-report", "--show", "verdict"]);
    let tells =
        |line: &str| ["    step ", "FAILED"].iter().any(|word| line.starts_with(word)) || line.contains("VIOLATED");
    let mut shown: Vec<String> = Vec::new();
    for line in lines {
        if tells(&line) {
            shown.push(line);
        } else if shown.last().is_none_or(|last| last != "...") {
            shown.push("...".to_owned());
        }
    }
    shown
}

#[test]
fn the_smallest_script_does_what_it_says() {
    let folder = folder("readme-script");
    std::fs::write(folder.join("script.toml"), script()).unwrap();
    let lines = umaverse(&folder, &["run", "script.toml", "--no-report", "--show", "verdict"]);
    assert!(lines.iter().any(|line| line == "as expected      Bob sees the photo"), "{}", lines.join("\n"));
    assert!(lines.iter().any(|line| line.starts_with("passed: ")), "{}", lines.join("\n"));
}

/// The words that a script can use, from the messages about unknown ones, so that none is left out of the README.
#[test]
fn the_readme_names_every_deed() {
    let readme = std::fs::read_to_string(README).unwrap();
    let folder = folder("readme-deeds");
    for who in ["bob", "printer", "photoz", "world"] {
        let wrong =
            script().replacen("who = \"alice\"\ndoes = \"connect\"", &format!("who = \"{who}\"\ndoes = \"err\""), 1);
        std::fs::write(folder.join("wrong.toml"), wrong).unwrap();
        let output =
            Command::new(env!("CARGO_BIN_EXE_umaverse")).args(["run", "wrong.toml"]).current_dir(&folder).output();
        let error = String::from_utf8(output.unwrap().stderr).unwrap();
        let known = error.split_once("expected one of ").unwrap_or_else(|| panic!("{error}")).1;
        for word in known.trim().split(", ") {
            assert!(readme.contains(word), "{word} of {who} is not in the README");
        }
    }
}
