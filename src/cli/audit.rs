//! `umaverse audit`: the verdicts over what the nodes of a deployment wrote.

use super::arguments::Audit;
use super::run::invariants_json;
use super::stories;
use super::{InputError, Outcome, Verdict, read, say, style};
use serde_json::json;
use std::path::{Path, PathBuf};
use umaverse::report::audit::Audit as Told;
use umaverse::report::reader::labels;
use umaverse::report::summary::Summary;
use umaverse::sim::world::World;
use umaverse::trace::{TraceDigest, Truth};

/// `umaverse audit`.
pub(crate) fn audit(command: &Audit) -> Outcome {
    let known = command.truth.as_deref().map(truth).transpose()?;
    let files = files(&command.folder)?;
    let told = Told::read(&files, known.as_ref()).map_err(|error| InputError::new(error.to_string()))?;
    let verdicts = told.verdicts();
    let mut digest = TraceDigest::new();
    told.records.iter().for_each(|record| digest.add(record));
    let folder = command.folder.display().to_string();
    let summary = Summary {
        script: &folder,
        seed: None,
        digest: &digest.value(),
        records: told.records.len(),
        start: told.records.iter().map(|record| record.at).min().unwrap_or_default(),
        verdicts: &verdicts,
        meant: &[],
        expectations: &[],
        report: None,
    };
    told.remarks.iter().for_each(|remark| say(&format!("note: {remark}")));
    say(&summary.to_text(style(), &mut labels(&told.truth, &told.records)));
    let passed = summary.passed();
    if command.json {
        let told = json!({
            "verdict": if passed { "passed" } else { "failed" },
            "files": files.iter().map(|(name, _)| name).collect::<Vec<_>>(),
            "records": told.records.len(),
            "remarks": told.remarks,
            "invariants": invariants_json(&verdicts),
        });
        say(&told.to_string());
    }
    Ok(if passed { Verdict::Fine } else { Verdict::Failed })
}

fn truth(script: &str) -> Result<Truth, InputError> {
    let loaded = stories::load(script)?;
    Ok(World::build(&loaded.script, &loaded.source())?.truth)
}

fn files(folder: &Path) -> Result<Vec<(String, String)>, InputError> {
    let paths = traces_in(folder)?;
    if paths.is_empty() {
        let folder = folder.display();
        return Err(InputError::new(format!("`{folder}` has no traces; expected files `trace-NODE.jsonl`")));
    }
    paths.iter().map(|path| Ok((path.display().to_string(), read(path)?))).collect()
}

/// The traces of nodes in a folder, by name.
pub(crate) fn traces_in(folder: &Path) -> Result<Vec<PathBuf>, InputError> {
    let wrong = |error| InputError::new(format!("cannot read the folder `{}`: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with("trace-") && name.ends_with(".jsonl") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
