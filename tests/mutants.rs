//! A rule is worth its line when somebody notices a world without it. Every rule is switched off at every node, in the
//! stories and drawn worlds in which it was broken by somebody: elsewhere nothing changes without it. An invariant, or
//! an expectation of a story that is not about the rule by name, has to notice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]
#![allow(clippy::print_stdout, reason = "the whole table is there to be read with `--nocapture`")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use umaverse::check::Level;
use umaverse::report::branches;
use umaverse::role::Rule;
use umaverse::sim::generate::draw;
use umaverse::sim::oracle::Rates;
use umaverse::sim::plan::Plan;
use umaverse::sim::run::{Finished, Options, run};
use umaverse::sim::script::{self, ScriptFile, Source, spanless};
use umaverse::sim::world::World;
use umaverse::trace::Event;

/// How many drawn worlds are looked at for what no story shows: the first few always, the rest as long as a rule that
/// is not excused is not noticed.
const WORLDS: std::ops::Range<u64> = 250..4000;

/// What nothing notices yet, and why.
const UNNOTICED: &[(&str, &str)] = &[
    ("redirect-uri-registered", "no client asks for another redirection URI than it registered"),
    ("form-key-matches", "no page of another site submits a form; a key from before a restart is the person's own"),
    ("client-not-locked", "nobody guesses secrets of clients; `role/oauth/tests/guessing.rs` does"),
    ("code-bound-to-client", "PKCE and the redirection URI refuse a code of somebody else as well"),
    (
        "code-redirect-uri-matches",
        "the party that replays returns to where its client does; AUT-2 has runs made by hand",
    ),
    ("grant-type-offered", "clients register for no grant that is not offered, and for that they are refused next"),
    ("resource-of-pat-owner", "identifiers of resources are unguessable and no owner's PAT is used for another's"),
    ("resource-of-pat-server", "no resource server asks for a resource of another one; BND-2 has runs made by hand"),
    ("claim-token-issuer-trusted", "clients push only what the hint of need_info names; CLM-2 has runs made by hand"),
    ("claim-token-signed", "nobody can forge what the stand-in signs"),
    ("claim-token-audience", "nobody pushes a claim token that another client got; CLM-2 has runs made by hand"),
    ("ticket-of-rpt-server", "clients keep RPTs per resource server"),
    (
        "ticket-of-revision",
        "a ticket that crosses over is spent or replaced by then, and refused for that; TKT-9 has runs made by hand",
    ),
    ("policy-of-owner", "people set policies about what their own page shows"),
    ("owner-scope-alone", "no client asks for an owner's token and another one at once"),
    ("assertion-issuer-trusted", "an identity provider issues assertions for no server that does not take them"),
    ("assertion-signed", "nobody can forge what the stand-in signs"),
    (
        "assertion-audience",
        "an assertion for another server is for another endpoint as well, and refused by assertion-recipient",
    ),
    (
        "assertion-recipient",
        "an assertion for another endpoint is for another server as well, and refused by assertion-audience",
    ),
    ("subject-token-of-client", "clients exchange their own access tokens"),
    ("issuer-matches", "no server publishes a document of another issuer; BND-6 has runs made by hand"),
    ("response-issuer-matches", "no authorization server answers for another one"),
    ("ticket-rotated", "every authorization server of 2.0 rotates the ticket; one that does not is a mutant by itself"),
];

/// A world to run, and the faults that are drawn in it.
struct Setting {
    name: String,
    script: ScriptFile,
    random: Option<(u64, Rates)>,
}

impl Setting {
    fn run(&self) -> Finished {
        let world = World::build(&self.script, &Source { file: &self.name, text: "" });
        let world = world.unwrap_or_else(|error| panic!("{error}"));
        run(world, &Options { random: self.random, ..Options::default() }).unwrap()
    }

    fn without(&self, rule: &str) -> Self {
        let mut script = self.script.clone();
        let off = || spanless(rule.to_owned());
        script.authorization_servers.iter_mut().for_each(|table| table.without_rules.push(off()));
        script.resource_servers.iter_mut().for_each(|table| table.without_rules.push(off()));
        script.clients.iter_mut().for_each(|table| table.without_rules.push(off()));
        script.identity_providers.iter_mut().for_each(|table| table.without_rules.push(off()));
        Self { name: self.name.clone(), script, random: self.random }
    }

    /// The invariants that break, and the expectations that are not met.
    fn complaints(&self, finished: &Finished) -> BTreeSet<String> {
        let verdicts = finished.verdicts();
        let broken = |level: &Level| matches!(level, Level::Error | Level::Warn);
        let violated: Vec<&str> =
            verdicts.iter().filter(|one| !one.violations.is_empty() && broken(&one.level)).map(|one| one.id).collect();
        // That a rule refuses something says nothing about what the rule is for.
        let mut expectations = self.script.expectations.clone();
        expectations.retain(|one| one.refused_by.is_none() && one.violated.is_none());
        let held = branches::judge(&expectations, &finished.truth, &finished.records, &violated);
        let unmet = held.iter().filter(|held| !held.held).map(|held| format!("{}: {}", self.name, held.text));
        violated.iter().map(|id| (*id).to_owned()).chain(unmet).collect()
    }
}

fn stories() -> Vec<Setting> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let setting = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let script = script::parse(&Source { file: &name, text: &text }).unwrap_or_else(|error| panic!("{error}"));
        Setting { name, script, random: None }
    };
    files.iter().map(setting).collect()
}

fn drawn(seed: u64) -> Setting {
    let drawn = draw(&Plan::default(), seed);
    Setting { name: format!("seed {seed}"), script: drawn.script, random: Some((seed, drawn.rates)) }
}

/// The rules that somebody broke and that were obeyed: without them this world goes otherwise.
fn broken_rules(finished: &Finished) -> BTreeSet<&'static str> {
    let refused = finished.records.iter().filter_map(|record| match record.event {
        Event::Ruled { rule, holds: false, enforced: true, .. } => Some(rule),
        _ => None,
    });
    refused.collect()
}

/// Who notices which rule.
#[derive(Default)]
struct Table {
    broken: BTreeSet<&'static str>,
    noticed: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Table {
    fn look(&mut self, setting: &Setting, wanted: impl Fn(&Self, &'static str) -> bool) {
        let honest = setting.run();
        let usual = setting.complaints(&honest);
        for rule in broken_rules(&honest) {
            self.broken.insert(rule);
            if wanted(self, rule) {
                let mutant = setting.without(rule);
                let complaints = mutant.complaints(&mutant.run());
                let new = complaints.difference(&usual).cloned();
                self.noticed.entry(rule).or_default().extend(new);
            }
        }
    }

    fn is_complete(&self) -> bool {
        let excused = |rule: &Rule| UNNOTICED.iter().any(|(known, _)| *known == rule.name());
        Rule::ALL.iter().all(|rule| excused(rule) || self.is_noticed(rule.name()))
    }

    fn is_noticed(&self, rule: &str) -> bool {
        self.noticed.get(rule).is_some_and(|by| !by.is_empty())
    }
}

#[test]
fn every_rule_is_noticed_where_it_is_not_obeyed() {
    let mut table = Table::default();
    for story in stories().iter().filter(|story| story.script.clean) {
        table.look(story, |_, _| true);
    }
    for seed in 0..WORLDS.end {
        if seed >= WORLDS.start && table.is_complete() {
            break;
        }
        table.look(&drawn(seed), |table, rule| !table.is_noticed(rule));
    }
    let mut wrong = Vec::new();
    for rule in Rule::ALL.iter().map(|rule| rule.name()) {
        let by: Vec<&str> = table.noticed.get(rule).into_iter().flatten().map(String::as_str).collect();
        println!("{rule}: {}", by.join("; "));
        let excused = UNNOTICED.iter().any(|(known, _)| *known == rule);
        match (table.is_noticed(rule), excused) {
            (false, false) => {
                let broken = if table.broken.contains(rule) { "broken, but" } else { "never broken, so" };
                wrong.push(format!("{rule} is {broken} not missed by anybody"));
            }
            (true, true) => wrong.push(format!("{rule} is noticed, by {by:?}: the list is stale")),
            _ => {}
        }
    }
    for (rule, reason) in UNNOTICED {
        assert!(Rule::parse(rule).is_some() && !reason.is_empty(), "{rule}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
