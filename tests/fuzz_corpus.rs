//! The corpus of the fuzz targets (`tests/fuzz`) and what becomes of it with a few letters changed, without a fuzzer: what
//! was found once stays found.

#![cfg(feature = "node")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests fail loudly")]

#[allow(unreachable_pub, reason = "a library of its own for the fuzzer")]
#[path = "fuzz/src/lib.rs"]
mod targets;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 3] =
    [("request", targets::request), ("answer", targets::answer), ("assertion", targets::assertion)];
/// How often each input is changed.
const CHANGED: usize = 40;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target)
}

fn corpus(target: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder(target)).unwrap().map(|file| file.unwrap().path());
    files.map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), fs::read(file).unwrap())).collect()
}

#[test]
fn the_corpus_has_a_message_of_every_kind_and_none_fails() {
    if std::env::var_os("UMAVERSE_BLESS").is_some() {
        for ((target, name), bytes) in targets::seeds() {
            fs::create_dir_all(folder(target)).unwrap();
            fs::write(folder(target).join(name), bytes).unwrap();
        }
    }
    for (target, run) in TARGETS {
        let corpus = corpus(target);
        let seeds = targets::seeds().into_keys().filter(|(of, _)| *of == target);
        let missing: Vec<String> = seeds.map(|(_, name)| name).filter(|name| !corpus.contains_key(name)).collect();
        assert!(missing.is_empty(), "UMAVERSE_BLESS=1 writes to {target}: {missing:?}");
        corpus.values().for_each(|bytes| run(bytes));
    }
}

#[test]
fn nothing_fails_when_letters_change() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for (target, run) in TARGETS {
        let corpus: Vec<Vec<u8>> = corpus(target).into_values().collect();
        for bytes in &corpus {
            for _ in 0..CHANGED {
                let changed = changed(&mut random, bytes, &corpus);
                let failed = catch_unwind(AssertUnwindSafe(|| run(&changed))).is_err();
                assert!(!failed, "{target} fails with this:\n{}", String::from_utf8_lossy(&changed));
            }
        }
    }
}

// A few letters changed, taken out, doubled, or taken from another input.
fn changed(random: &mut ChaCha8Rng, bytes: &[u8], corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(0..changed.len().max(1)).min(changed.len());
        let until = (at + random.random_range(1..12)).min(changed.len());
        match random.random_range(0..4) {
            0 => changed[at..until].iter_mut().for_each(|byte| *byte = random.random_range(32..127)),
            1 => drop(changed.drain(at..until)),
            2 => {
                changed.splice(until..until, bytes[at.min(bytes.len())..until.min(bytes.len())].to_vec()).for_each(drop)
            }
            _ => {
                let other = &corpus[random.random_range(0..corpus.len())];
                let from = random.random_range(0..other.len());
                let part = other[from..(from + 20).min(other.len())].to_vec();
                changed.splice(at..until, part).for_each(drop);
            }
        }
    }
    changed
}

/// A target that finds nothing wrong in anything would be no target.
#[test]
fn what_is_wrong_is_noticed() {
    let signed = String::from_utf8(corpus("assertion")["signed"].clone()).unwrap();
    targets::assertion(signed.as_bytes());
    assert!(targets::verifies(&signed) && !targets::verifies(&signed.replace("alice", "mallory")));
    assert!(targets::reads("2.0/authorization-server GET /.well-known/uma2-configuration\n\n"));
    assert!(!targets::reads("2.0/authorization-server BREW /token\n\n"));
    let quoted = catch_unwind(|| targets::quotes_no_secret("Bearer 0123456789abcdef", "GET /", "got 0123456789abcdef"));
    assert!(quoted.is_err());
}
