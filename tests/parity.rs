//! One story, every host: the shells around the roles decide nothing. Plain calls, actors, and the actix-web service
//! give the same digest.

#![cfg(feature = "node")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::path::{Path, PathBuf};
use umaverse::report::difference::difference;
use umaverse::sim::run::{Finished, Host, Options, run};
use umaverse::sim::script::{self, Source};
use umaverse::sim::world::World;

fn stories() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

fn world(file: &str, text: &str) -> World {
    let source = Source { file, text };
    let script = script::parse(&source).unwrap_or_else(|error| panic!("{error}"));
    World::build(&script, &source).unwrap_or_else(|error| panic!("{error}"))
}

fn on(host: Host, file: &str, text: &str) -> Finished {
    let options = Options { host, judge: false, ..Options::default() };
    run(world(file, text), &options).unwrap_or_else(|error| panic!("{file} on {host:?}: {error}"))
}

#[test]
fn actors_and_the_web_service_give_the_digest_of_plain_calls() {
    let mut apart = Vec::new();
    for (file, text) in stories() {
        let plain = on(Host::Kernel, &file, &text);
        for host in [Host::Actor, Host::Service] {
            let other = on(host, &file, &text);
            if plain.digest != other.digest {
                let first = difference(&plain.truth, &plain.records, &other.records);
                apart.push(format!("{file} on {host:?}: {}", first.unwrap_or_else(|| "secrets".to_owned())));
            }
        }
    }
    assert!(apart.is_empty(), "{}", apart.join("\n"));
}

#[test]
fn real_nodes_over_http_tell_the_same_story() {
    let mut apart = Vec::new();
    for (file, text) in stories() {
        let plain = on(Host::Kernel, &file, &text);
        let options = Options { judge: false, ..Options::default() };
        match umaverse::trial::run(world(&file, &text), &options) {
            Ok(other) if plain.digest == other.digest => {}
            Ok(other) => {
                let first = difference(&plain.truth, &plain.records, &other.records);
                apart.push(format!("{file}: {}", first.unwrap_or_else(|| "secrets".to_owned())));
            }
            Err(error) => apart.push(format!("{file}: {error}")),
        }
    }
    assert!(apart.is_empty(), "{}", apart.join("\n"));
}
