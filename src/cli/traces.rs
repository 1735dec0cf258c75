//! The traces of a campaign's runs as files, to read or to compare across machines.

use super::InputError;
use std::path::Path;
use umaverse::report::TraceFile;
use umaverse::report::jsonl::Header;
use umaverse::sim::explore::Campaign;
use umaverse::sim::generate::draw;
use umaverse::sim::run::{Options, run};
use umaverse::sim::script::Source;
use umaverse::sim::world::World;

/// Writes `SEED.jsonl` for the first `runs` seeds of a campaign. The runs are done once more, with their records kept.
pub(crate) fn write_traces(campaign: &Campaign, runs: u64, folder: &Path) -> Result<(), InputError> {
    std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    for seed in (0..runs).map(|index| campaign.seed.wrapping_add(index)) {
        let drawn = draw(&campaign.plan, seed);
        let world = World::build(&drawn.script, &Source { file: "generated", text: "" })?;
        let finished = run(world, &Options { random: Some((seed, drawn.rates)), judge: false, ..Options::default() })?;
        let header = Header { digest: finished.digest, seed: Some(seed), script: drawn.script.title };
        let path = folder.join(format!("{seed}.jsonl"));
        let text = TraceFile::new(&header, &finished.truth, &finished.records).to_text();
        std::fs::write(&path, text).map_err(|error| cannot_write(&path, &error))?;
    }
    Ok(())
}

fn cannot_write(path: &Path, error: &std::io::Error) -> InputError {
    InputError::new(format!("cannot write `{}`: {error}", path.display()))
}
