//! The stories that are built into the binary, and scripts from files.

use super::arguments::Stories;
use super::{InputError, Outcome, Verdict, read, say};
use include_dir::{Dir, include_dir};
use std::path::Path;
use umaverse::sim::script::{self, ScriptFile, Source};
use umaverse::wire::Revision;

static SIMULATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/simulations");

/// A script with where it came from.
pub(crate) struct Loaded {
    /// The name without folder and ending.
    pub(crate) name: String,
    /// The file, for messages.
    pub(crate) file: String,
    /// Its text.
    pub(crate) text: String,
    /// What it says.
    pub(crate) script: ScriptFile,
}

impl Loaded {
    /// The text, for messages with lines.
    pub(crate) fn source(&self) -> Source<'_> {
        Source { file: &self.file, text: &self.text }
    }
}

/// A script from a file, or a built-in story by its name.
pub(crate) fn load(name: &str) -> Result<Loaded, InputError> {
    if Path::new(name).is_file() {
        return parse(name, read(Path::new(name))?);
    }
    let found = builtin().find(|(story, _)| *story == name);
    let Some((story, text)) = found else {
        let near =
            builtin().map(|(story, _)| story).max_by_key(|story| (alike(name, story), std::cmp::Reverse(*story)));
        let near = near.filter(|story| alike(name, story) > 3).map(|story| format!(" (did you mean `{story}`?)"));
        return Err(InputError::new(format!(
            "`{name}` is neither a file nor a built-in story{}; `umaverse stories` lists the stories",
            near.unwrap_or_default()
        )));
    };
    parse(&format!("{story}.toml"), text.to_owned())
}

// How many letters two names have in common at their beginning.
fn alike(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

fn parse(file: &str, text: String) -> Result<Loaded, InputError> {
    let script = script::parse(&Source { file, text: &text })?;
    let name = Path::new(file).file_stem().map_or_else(|| file.to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok(Loaded { name, file: file.to_owned(), text, script })
}

fn builtin() -> impl Iterator<Item = (&'static str, &'static str)> {
    SIMULATIONS.files().filter_map(|file| {
        let path = file.path();
        (path.extension()? == "toml").then_some((path.file_stem()?.to_str()?, file.contents_utf8()?))
    })
}

/// Every built-in story, by name.
pub(crate) fn all() -> Result<Vec<Loaded>, InputError> {
    let mut stories: Vec<Loaded> =
        builtin().map(|(name, text)| parse(&format!("{name}.toml"), text.to_owned())).collect::<Result<_, _>>()?;
    stories.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(stories)
}

/// `umaverse stories`.
pub(crate) fn list(command: &Stories) -> Outcome {
    if let Some(revision) = &command.revision {
        revision_named(revision)?;
    }
    let stories = all()?;
    let widest = stories.iter().map(|story| story.name.len()).max().unwrap_or_default();
    for story in &stories {
        let revision = story.script.revision.get_ref();
        if command.revision.as_ref().is_none_or(|wanted| wanted == revision) {
            say(&format!("{:<widest$}  {revision:<8}  {}", story.name, story.script.title));
        }
    }
    Ok(Verdict::Fine)
}

/// The revision of that name.
pub(crate) fn revision_named(name: &str) -> Result<Revision, InputError> {
    Revision::parse(name).ok_or_else(|| {
        let known: Vec<String> = Revision::ALL.iter().map(|revision| format!("`{revision}`")).collect();
        InputError::new(format!("unknown revision `{name}`; expected one of {}", known.join(", ")))
    })
}
