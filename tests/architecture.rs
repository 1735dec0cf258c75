//! The shape of the source: layers, what pure layers may not name, sizes, and where the revisions part.
//!
//! Each list of exceptions is what stands there today. A new exception fails, and so does one that is no longer needed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each layer may name of the others, from the bottom up. `arbitrary` only in tests.
const LAYERS: [(&str, &[&str]); 11] = [
    ("wire", &["arbitrary"]),
    ("message", &["wire"]),
    ("trace", &["wire", "message"]),
    ("role", &["wire", "message", "trace", "arbitrary"]),
    ("check", &["wire", "message", "trace"]),
    ("transport", &["wire", "message", "trace", "role"]),
    ("node", &["wire", "message", "trace", "role", "transport"]),
    ("sim", &["wire", "message", "trace", "role", "check", "transport"]),
    ("report", &["wire", "message", "trace", "check"]),
    ("trial", &["wire", "message", "trace", "role", "check", "transport", "node", "sim"]),
    ("arbitrary", &["wire", "message", "trace", "role", "sim"]),
];

/// Layers in which time, randomness, files and threads are arguments or nothing.
const PURE: [&str; 7] = ["wire", "message", "trace", "role", "check", "sim", "report"];

/// What no pure layer names.
const BANNED: [&str; 13] = [
    "Instant",
    "SystemTime",
    "thread_rng",
    "rand::rng",
    "from_os_rng",
    "OsRng",
    "std::env",
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::collections::HashMap",
    "std::collections::HashSet",
];

/// Who may name one of those all the same: goldens are files, and a campaign runs on all cores.
const BANNED_TODAY: [(&str, &str, usize); 3] = [
    ("src/report/golden.rs", "std::env", 1),
    ("src/report/golden.rs", "std::fs", 2),
    ("src/sim/explore.rs", "std::thread", 1),
];

const LINES_PER_FUNCTION: usize = 70;
const LINES_PER_FILE: usize = 500;

/// Longer functions: (file, name).
const LONG_FUNCTIONS_TODAY: [(&str, &str); 0] = [];

/// Longer files.
const LONG_FILES_TODAY: [&str; 0] = [];

/// Where a revision is asked for outside the codecs, the catalogues and the tests: (file, how often). What differs
/// stands in files of a revision (`draft05.rs`, `v2_0.rs`) or of both drafts (`drafts.rs`); these are the places where the two part.
const REVISION_TODAY: [(&str, usize); 7] = [
    ("src/report/steps.rs", 4),
    ("src/report/terms.rs", 1),
    ("src/role/client/dialect.rs", 1),
    ("src/role/replayer/loot.rs", 1),
    ("src/role/resource_server/chores.rs", 1),
    ("src/role/resource_server/dialect.rs", 1),
    ("src/sim/world/names.rs", 1),
];

struct File {
    path: String,
    layer: String,
    lines: Vec<String>,
    /// True for a file that only tests compile.
    is_test: bool,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        let layer = path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default();
        let layer = if layer == "main" { "cli" } else { layer };
        Self {
            path: path.to_owned(),
            layer: layer.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
            is_test: layer == "arbitrary",
        }
    }

    // What the compiler reads: no comments, and no strings that only speak of code.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().enumerate().map(|(at, line)| (at + 1, without_comment(line)))
    }

    fn count(&self, of: impl Fn(&str) -> bool) -> usize {
        self.code().take_while(|(_, line)| *line != "mod tests {").filter(|(_, line)| of(line)).count()
    }
}

fn without_comment(line: &str) -> &str {
    let at = line.match_indices("//").map(|(at, _)| at).find(|at| !line[..*at].ends_with(':'));
    at.map_or(line, |at| &line[..at])
}

fn sources() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push(File::new(&name, &std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 50, "the source is not where it was");
    mark_tests(&mut files);
    files
}

// `#[cfg(test)] mod name;` makes `name.rs` and everything in `name/` a test.
fn mark_tests(files: &mut [File]) {
    let mut tests: Vec<String> = Vec::new();
    for file in files.iter() {
        let folder = file.path.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/lib");
        for pair in file.lines.windows(2).filter(|pair| pair[0].trim() == "#[cfg(test)]") {
            let declared = pair[1].split_once("mod ").and_then(|(_, name)| name.strip_suffix(';'));
            tests.extend(declared.map(|name| format!("{folder}/{name}")));
        }
    }
    for file in files {
        let of =
            |module: &String| file.path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
        file.is_test |= tests.iter().any(of);
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

// ---- layers

fn layer_faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| !["lib", "cli"].contains(&file.layer.as_str())) {
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == file.layer) else {
            faults.push(format!("{}: `{}` is no layer", file.path, file.layer));
            continue;
        };
        for (number, line) in file.code() {
            for used in named_after(line, "crate::").chain(named_after(line, "umaverse::")) {
                let inside = used == file.layer || allowed.contains(&used) || used == "{";
                let only_in_tests = used == "arbitrary" && !file.is_test && !after_tests_begin(file, number);
                if !inside || only_in_tests {
                    faults.push(format!("{}:{number}: `{}` names `{used}`", file.path, file.layer));
                }
            }
        }
    }
    for file in files.iter().filter(|file| file.layer != "cli") {
        faults.extend(
            file.code().filter(|(_, line)| line.contains("crate::cli")).map(|(n, _)| format!("{}:{n}", file.path)),
        );
    }
    faults
}

fn after_tests_begin(file: &File, number: usize) -> bool {
    file.lines[..number].iter().any(|line| *line == "mod tests {")
}

fn named_after<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).filter(|(at, _)| !line[..*at].ends_with(is_word)).map(move |(at, _)| {
        let rest = &line[at + prefix.len()..];
        if rest.starts_with('{') { "{" } else { rest.split(|c| !is_word(c)).next().unwrap_or_default() }
    })
}

#[test]
fn a_layer_names_only_layers_below_it() {
    assert_eq!(layer_faults(&sources()), Vec::<String>::new());
    let breaks = [
        ("src/check/a.rs", "use crate::role::Rule;"),
        ("src/report/a.rs", "use crate::sim::run::Finished;"),
        ("src/role/a.rs", "let verdict: crate::check::Verdict;"),
        ("src/sim/a.rs", "use crate::report::TraceFile;"),
        ("src/wire/a.rs", "use crate::arbitrary::words;"),
        ("src/trace/a.rs", "use crate::cli::say;"),
        ("src/node/a.rs", "use crate::sim::scheduler::Scheduler;"),
        ("src/sim/a.rs", "use crate::node::Node;"),
        ("src/novel/a.rs", ""),
    ];
    for (path, line) in breaks {
        assert!(!layer_faults(&[File::new(path, line)]).is_empty(), "`{line}` in {path} goes unnoticed");
    }
    assert!(layer_faults(&[File::new("src/wire/a.rs", "// crate::role is above\nuse crate::wire::Uri;")]).is_empty());
}

#[test]
fn the_command_line_sees_the_library_from_outside() {
    for file in sources().iter().filter(|file| file.layer == "cli") {
        for (number, line) in file.code() {
            let inside: Vec<&str> = named_after(line, "crate::").filter(|used| *used != "cli").collect();
            assert!(inside.is_empty(), "{}:{number}: `{line}`", file.path);
        }
    }
}

// ---- what pure layers may not name

fn banned(files: &[File]) -> BTreeMap<(String, String), usize> {
    let mut found = BTreeMap::new();
    for file in files.iter().filter(|file| PURE.contains(&file.layer.as_str())) {
        for (_, line) in file.code() {
            for word in BANNED.iter().filter(|word| has_word(line, word)) {
                *found.entry((file.path.clone(), (*word).to_owned())).or_default() += 1;
            }
        }
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word))
}

#[test]
fn pure_layers_name_no_clock_randomness_file_or_thread() {
    let today: BTreeMap<(String, String), usize> =
        BANNED_TODAY.iter().map(|(path, word, count)| (((*path).to_owned(), (*word).to_owned()), *count)).collect();
    assert_eq!(banned(&sources()), today);
    for line in ["let at = std::time::Instant::now();", "use std::collections::HashMap;", "std::env::var(\"X\")"] {
        assert_eq!(banned(&[File::new("src/role/a.rs", line)]).len(), 1, "`{line}` goes unnoticed");
    }
}

// ---- sizes

// Rustfmt puts a function's last brace in the column of its first word.
fn long_functions(files: &[File]) -> BTreeSet<(String, String)> {
    let mut long = BTreeSet::new();
    for file in files {
        for (at, line) in file.lines.iter().enumerate() {
            let Some(name) = function_name(line) else { continue };
            let indent = &line[..line.len() - line.trim_start().len()];
            let end = format!("{indent}}}");
            let lines = file.lines[at..].iter().position(|line| *line == end || line.trim_end().ends_with("; }"));
            // A signature of a trait, without a body, may take several lines.
            let head = file.lines[at..].iter().find(|line| line.trim_end().ends_with(['{', '}', ';']));
            let has_body = head.is_some_and(|line| line.trim_end().ends_with('{'));
            if has_body && lines.is_some_and(|lines| lines + 1 > LINES_PER_FUNCTION) {
                long.insert((file.path.clone(), name.to_owned()));
            }
        }
    }
    long
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let words = before.split_whitespace().all(|word| {
        word.starts_with("pub") || word.starts_with("in") || ["const", "async", "crate::role)"].contains(&word)
    });
    words.then(|| after.split(|c| !is_word(c)).next()).flatten().filter(|name| !name.is_empty())
}

#[test]
fn functions_and_files_stay_short() {
    let files = sources();
    let functions = LONG_FUNCTIONS_TODAY.iter().map(|(path, name)| ((*path).to_owned(), (*name).to_owned())).collect();
    assert_eq!(long_functions(&files), functions, "no function has more than {LINES_PER_FUNCTION} lines");
    let long = files.iter().filter(|file| file.lines.len() > LINES_PER_FILE).map(|file| file.path.as_str());
    assert_eq!(long.collect::<Vec<_>>(), LONG_FILES_TODAY, "no file has more than {LINES_PER_FILE} lines");
}

#[test]
fn a_long_function_is_noticed() {
    let text = |lines: usize| format!("    pub(crate) fn long(\n    ) {{\n{}    }}\n", "        x();\n".repeat(lines));
    assert_eq!(long_functions(&[File::new("src/a.rs", &text(67))]).len(), 0);
    assert_eq!(long_functions(&[File::new("src/a.rs", &text(68))]).len(), 1);
}

// ---- revisions

fn asks_for_revision(line: &str) -> bool {
    let compared = line.contains("revision == ") || line.contains("revision != ") || line.contains("== Revision::");
    let matched = line.find("match ").is_some_and(|at| line[at..].contains("revision"));
    compared || matched || line.contains("is_draft()")
}

fn revisions(files: &[File]) -> BTreeMap<String, usize> {
    let elsewhere = |file: &&File| !file.is_test && !["wire", "check"].contains(&file.layer.as_str());
    let counted = files.iter().filter(elsewhere).map(|file| (file.path.clone(), file.count(asks_for_revision)));
    counted.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn the_revisions_part_at_few_places() {
    let found = revisions(&sources());
    let today: BTreeMap<String, usize> =
        REVISION_TODAY.iter().map(|(path, count)| ((*path).to_owned(), *count)).collect();
    assert_eq!(found, today, "what differs per revision stands in that revision's file");
    for line in ["if config.revision == Revision::Draft06 {", "match (a, self.config.revision) {", "if it.is_draft() {"]
    {
        assert_eq!(revisions(&[File::new("src/role/a.rs", line)]).len(), 1, "`{line}` goes unnoticed");
    }
}
