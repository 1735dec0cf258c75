//! `umaverse compare`: one intent under several revisions, side by side.
//!
//! An intent is a family of stories that differ in nothing but the revision. They find each other by their names
//! (`photo-sharing`, `photo-sharing-1.0.1` and `photo-sharing-2.0`, or `draft-05-1.A` and `draft-06-1.A`), and by
//! `requirements/stories.csv` where a revision tells the intent under another name.

use super::arguments::Compare;
use super::run::{judge, outcome_of};
use super::stories::{self, Loaded};
use super::{InputError, Outcome, Verdict, say, style};
use std::path::{Path, PathBuf};
use umaverse::check::intents::{intent_of, told_elsewhere};
use umaverse::report::Style;
use umaverse::report::compare::{Comparison, Judged, Member, Told, told};
use umaverse::sim::run::{Options, run};
use umaverse::sim::world::World;
use umaverse::wire::Revision;

/// `umaverse compare`.
pub(crate) fn compare(command: &Compare) -> Outcome {
    let (intent, family) = family(&command.story)?;
    let members = wanted(&command.revisions)?
        .into_iter()
        .map(|revision| {
            let told = member(&intent, &family, revision)?;
            let said = told_elsewhere(&intent).filter(|_| told.is_none());
            let reason = said.and_then(|it| it.reason(revision)).map(str::to_owned);
            Ok(Member { revision, told, reason })
        })
        .collect::<Result<Vec<_>, InputError>>()?;
    let comparison = Comparison { intent, members };
    if comparison.found().next().is_none() {
        return Err(none_of_them(&comparison, &family));
    }
    say(&comparison.to_text(style()));
    let folder = if command.no_report { None } else { Some(write_report(&comparison)?) };
    if let Some(folder) = &folder {
        say(&format!("\nreport: {}", folder.display()));
    }
    if command.json {
        say(&as_json(&comparison, folder.as_deref())?);
    }
    Ok(if comparison.passed() { Verdict::Fine } else { Verdict::Failed })
}

// The name of an intent and every story of it: among the built-in ones, or in the folder of a file.
fn family(story: &str) -> Result<(String, Vec<Loaded>), InputError> {
    let path = Path::new(story);
    let (name, all) = if path.is_file() {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        (name, beside(path)?)
    } else {
        (story.to_owned(), stories::all()?)
    };
    // An intent may have the name of a revision at its end.
    let intent = if told_elsewhere(&name).is_some() { name } else { intent_of(&name).to_owned() };
    let family: Vec<Loaded> = all.into_iter().filter(|loaded| tells(&loaded.name, &intent)).collect();
    if family.is_empty() {
        // Says what it would be, in the words of every other command.
        stories::load(story)?;
    }
    Ok((intent, family))
}

// Whether a story of that name tells the intent.
fn tells(story: &str, intent: &str) -> bool {
    intent_of(story) == intent || told_elsewhere(intent).is_some_and(|it| it.elsewhere().any(|name| name == story))
}

fn beside(file: &Path) -> Result<Vec<Loaded>, InputError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let intent = file.file_stem().map(|stem| intent_of(&stem.to_string_lossy()).to_owned()).unwrap_or_default();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let same = |file: &&PathBuf| {
        file.extension().is_some_and(|ending| ending == "toml")
            && file.file_stem().is_some_and(|stem| tells(&stem.to_string_lossy(), &intent))
    };
    files.iter().filter(same).map(|file| stories::load(&file.to_string_lossy())).collect()
}

fn wanted(revisions: &str) -> Result<Vec<Revision>, InputError> {
    if revisions == "all" {
        return Ok(Revision::ALL.to_vec());
    }
    let mut wanted =
        revisions.split(',').map(|name| stories::revision_named(name.trim())).collect::<Result<Vec<_>, _>>()?;
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted)
}

// What happens in the story of that revision, if there is one.
fn member(intent: &str, family: &[Loaded], revision: Revision) -> Result<Option<Told>, InputError> {
    let mut stories = family.iter().filter(|loaded| loaded.script.revision.get_ref() == revision.name());
    let Some(loaded) = stories.next() else { return Ok(None) };
    if let Some(second) = stories.next() {
        let message = format!("`{intent}` is told twice in {revision}: `{}` and `{}`", loaded.name, second.name);
        return Err(InputError::new(format!("{message}; expected one story per revision")));
    }
    let world = World::build(&loaded.script, &loaded.source())?;
    let expectations = world.expectations.clone();
    let finished = run(world, &Options::default())?;
    let (held, verdicts) = (judge(&expectations, &finished), finished.verdicts());
    let judged = Judged {
        passed: outcome_of(loaded, &held, &verdicts),
        held: (held.iter().filter(|held| held.held).count(), held.len()),
        verdicts: &verdicts,
    };
    Ok(Some(told(&loaded.name, &finished.truth, &finished.records, judged)))
}

fn none_of_them(comparison: &Comparison, family: &[Loaded]) -> InputError {
    let asked: Vec<&str> = comparison.members.iter().map(|member| member.revision.name()).collect();
    let told: Vec<&str> = family.iter().map(|loaded| loaded.script.revision.get_ref().as_str()).collect();
    let intent = &comparison.intent;
    InputError::new(format!("no story tells `{intent}` in {}; expected one of {}", asked.join(", "), told.join(", ")))
}

// reports/compare-<intent>/: compare.txt, compare.json.
fn write_report(comparison: &Comparison) -> Result<PathBuf, InputError> {
    let folder = Path::new("reports").join(format!("compare-{}", comparison.intent));
    std::fs::create_dir_all(&folder)
        .map_err(|error| InputError::new(format!("cannot make the folder `{}`: {error}", folder.display())))?;
    let json = as_json(comparison, Some(&folder))?;
    for (file, text) in [("compare.txt", comparison.to_text(Style::Plain)), ("compare.json", json)] {
        let path = folder.join(file);
        std::fs::write(&path, text)
            .map_err(|error| InputError::new(format!("cannot write `{}`: {error}", path.display())))?;
    }
    Ok(folder)
}

fn as_json(comparison: &Comparison, report: Option<&Path>) -> Result<String, InputError> {
    let differing: Vec<&str> = comparison.differing_guarantees().iter().map(|row| row.id).collect();
    let json = serde_json::json!({
        "verdict": if comparison.passed() { "passed" } else { "failed" },
        "intent": comparison.intent,
        "members": serde_json::to_value(&comparison.members).map_err(|error| InputError::new(error.to_string()))?,
        "differing": differing,
        "report": report.map(|folder| folder.display().to_string()),
    });
    Ok(json.to_string())
}
