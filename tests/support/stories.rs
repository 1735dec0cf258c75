//! The stories of `simulations/`, run as they are and with a node that does not obey a rule.
#![allow(dead_code, reason = "each test uses its part")]

use std::path::{Path, PathBuf};
use umaverse::check::{Level, Verdict};
use umaverse::report::branches;
use umaverse::sim::run::{Finished, Options, run};
use umaverse::sim::script::{self, ScriptFile, Source, spanless};
use umaverse::sim::world::World;
use umaverse::trace::Event;

/// A story with where it came from.
pub(crate) struct Story {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) script: ScriptFile,
}

/// Every story of `simulations/`, by name.
pub(crate) fn stories() -> Vec<Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files.iter().map(|path| story(path)).collect()
}

fn story(path: &Path) -> Story {
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let script = script::parse(&Source { file: &file, text: &text }).unwrap_or_else(|error| panic!("{error}"));
    Story { file, text, script }
}

impl Story {
    /// What it is called: its file without the ending.
    pub(crate) fn name(&self) -> &str {
        self.file.trim_end_matches(".toml")
    }

    /// Runs it.
    pub(crate) fn run(&self, options: &Options) -> Finished {
        let source = Source { file: &self.file, text: &self.text };
        let world = World::build(&self.script, &source).unwrap_or_else(|error| panic!("{error}"));
        run(world, options).unwrap()
    }

    /// The same story with another script.
    pub(crate) fn with_text(&self, text: String) -> Self {
        let script = script::parse(&Source { file: &self.file, text: &text }).unwrap_or_else(|error| panic!("{error}"));
        Self { file: self.file.clone(), text, script }
    }

    /// The same story with a node that does not obey a rule.
    pub(crate) fn without(&self, node: &str, rule: &str) -> Self {
        let mut script = self.script.clone();
        let rule = spanless(rule.to_owned());
        let servers = script.authorization_servers.iter_mut().map(|table| (&table.name, &mut table.without_rules));
        let servers =
            servers.chain(script.resource_servers.iter_mut().map(|table| (&table.name, &mut table.without_rules)));
        let clients = script.clients.iter_mut().map(|table| (&table.name, &mut table.without_rules));
        let mut rules: Vec<_> = servers.chain(clients).filter(|(name, _)| name.get_ref() == node).collect();
        assert!(!rules.is_empty(), "{} has no node `{node}`", self.file);
        rules.iter_mut().for_each(|(_, rules)| rules.push(rule.clone()));
        Self { file: self.file.clone(), text: self.text.clone(), script }
    }

    /// Everything that is wrong with a run of this story.
    pub(crate) fn faults(&self, finished: &Finished) -> Vec<String> {
        let verdicts = finished.verdicts();
        let mut faults = self.unmet(finished, &verdicts);
        faults.extend(self.violations(&verdicts));
        faults.extend(finished.records.iter().filter_map(|record| unfinished(&record.event)));
        faults.into_iter().map(|fault| format!("{}: {fault}", self.file)).collect()
    }

    /// The expectations that a run does not meet.
    pub(crate) fn unmet(&self, finished: &Finished, verdicts: &[Verdict]) -> Vec<String> {
        let violated: Vec<&str> = verdicts.iter().filter(|one| !one.violations.is_empty()).map(|one| one.id).collect();
        let held = branches::judge(&self.script.expectations, &finished.truth, &finished.records, &violated);
        let unmet = held.iter().filter(|held| !held.held);
        unmet.map(|held| format!("{}: {} instead of {}", held.text, held.counted, held.wanted)).collect()
    }

    fn violations<'a>(&'a self, verdicts: &'a [Verdict]) -> impl Iterator<Item = String> + 'a {
        let expected = |id: &str| self.script.expectations.iter().any(|one| one.violated.as_deref() == Some(id));
        let broken = move |verdict: &&Verdict| verdict.level == Level::Error && !expected(verdict.id);
        let broken = verdicts.iter().filter(broken);
        broken.flat_map(|verdict| verdict.violations.iter().map(|one| format!("{}: {}", one.invariant, one.message)))
    }
}

fn unfinished(event: &Event) -> Option<String> {
    match event {
        Event::Panicked { message, .. } => Some(format!("a role panicked: {message}")),
        Event::Ended { open_exchanges, cut_off } if *open_exchanges > 0 || *cut_off => {
            Some(format!("{open_exchanges} exchanges are open at the end, cut off: {cut_off}"))
        }
        _ => None,
    }
}
