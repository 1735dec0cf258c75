//! `umaverse up`: one script on real nodes of the loopback interface.

use super::arguments::Up;
use super::run::{Telling, tell};
use super::stories::{self, Loaded};
use super::{Outcome, complain};
use umaverse::sim::run::Options;
use umaverse::sim::world::World;
use umaverse::trial::{self, Address};

/// `umaverse up`.
pub(crate) fn up(command: &Up) -> Outcome {
    let loaded = stories::load(&command.script)?;
    let world = World::build(&loaded.script, &loaded.source())?;
    let expectations = world.expectations.clone();
    let how = Telling { seed: None, show: command.show, json: command.json, report: !command.no_report };
    if !command.stay {
        let finished = trial::run(world, &Options::default())?;
        return tell(&loaded, &expectations, &finished, how);
    }
    let mut outcome = None;
    trial::stay(world, &Options::default(), |finished, addresses| {
        outcome = Some(tell(&loaded, &expectations, &finished, how));
        announce(&loaded, addresses);
    })?;
    outcome.unwrap_or(Ok(super::Verdict::Failed))
}

fn announce(loaded: &Loaded, addresses: &[Address]) {
    complain(&format!("`{}` is over; its servers go on until Ctrl-C:", loaded.name));
    for Address { name, origin, url } in addresses {
        complain(&format!("  {name:<16} {url}   for {origin}"));
    }
}
