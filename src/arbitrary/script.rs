//! Random worlds: a script drawn from a plan, with the seed and the rates of its faults. What fails is made smaller:
//! first without random faults, then step by step.

use crate::sim::generate::draw;
use crate::sim::oracle::Rates;
use crate::sim::plan::Plan;
use crate::sim::run::{Finished, Options, run};
use crate::sim::script::format::{ScriptFile, StepTable};
use crate::sim::script::{self, Source};
use crate::sim::shrink::explicit;
use crate::sim::world::World;
use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use std::fmt;
use std::io;

/// A world as a script, and the faults that are drawn while it runs. `Debug` prints the script as TOML, so that a
/// failing case can be saved and run with `umaverse run`.
#[derive(Clone)]
pub struct RandomWorld {
    /// World and steps. Change them as you like before running.
    pub script: ScriptFile,
    /// The seed of the faults.
    pub seed: u64,
    /// How likely each fault is.
    pub rates: Rates,
}

/// Random worlds of a plan. The knobs are the members of [`Plan`]: `steps_max`, `revisions`, the rates of the faults.
pub fn worlds(plan: Plan) -> RandomWorlds {
    RandomWorlds { plan }
}

/// The strategy of [`worlds`].
#[derive(Clone, Debug)]
pub struct RandomWorlds {
    plan: Plan,
}

impl RandomWorld {
    /// The world of a plan and a seed, the same one that `umaverse explore --seed` visits.
    pub fn drawn(plan: &Plan, seed: u64) -> Self {
        let drawn = draw(plan, seed);
        Self { script: drawn.script, seed, rates: drawn.rates }
    }

    /// Runs it on the kernel host, with its faults, every invariant looking on, and every record kept.
    ///
    /// # Errors
    /// When no world can be built from the script.
    pub fn run(&self) -> io::Result<Finished> {
        self.run_with(&Options { random: Some((self.seed, self.rates)), ..Options::default() })
    }

    /// Runs it as told; [`Options::random`] decides whether its faults are drawn.
    ///
    /// # Errors
    /// When no world can be built from the script, or the host cannot be started.
    pub fn run_with(&self, options: &Options) -> io::Result<Finished> {
        let world = World::build(&self.script, &Source { file: "generated", text: "" }).map_err(io::Error::other)?;
        run(world, options)
    }

    /// The same run as a script that needs no seed: every fault that was drawn is written down in it.
    ///
    /// # Errors
    /// When no world can be built from the script.
    pub fn explicit(&self) -> io::Result<ScriptFile> {
        Ok(explicit(&self.script, &self.run()?.taken))
    }
}

impl fmt::Debug for RandomWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let script = self.explicit().unwrap_or_else(|_| self.script.clone());
        f.write_str(&script::write(&script).unwrap_or_default())
    }
}

impl Strategy for RandomWorlds {
    type Tree = RandomWorldTree;
    type Value = RandomWorld;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = any::<u64>().new_tree(runner)?.current();
        let world = RandomWorld::drawn(&self.plan, seed);
        let piece = world.script.steps.len().max(1);
        Ok(RandomWorldTree { end: world.script.steps.len(), world, piece, calm: Tried::NotYet, taken_out: None })
    }
}

/// A world that gets smaller.
#[derive(Clone, Debug)]
pub struct RandomWorldTree {
    world: RandomWorld,
    calm: Tried,
    // How many steps go at once, before which one, and what the last attempt took out.
    piece: usize,
    end: usize,
    taken_out: Option<(usize, Vec<StepTable>)>,
}

/// Whether the same world without faults was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tried {
    NotYet,
    Trying(Rates),
    Done,
}

impl ValueTree for RandomWorldTree {
    type Value = RandomWorld;

    fn current(&self) -> RandomWorld {
        self.world.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.calm == Tried::NotYet {
            self.calm = Tried::Trying(std::mem::take(&mut self.world.rates));
            return true;
        }
        self.calm = Tried::Done;
        self.taken_out = None;
        if self.end == 0 {
            if self.piece <= 1 {
                return false;
            }
            self.piece = self.piece.div_ceil(2);
            self.end = self.world.script.steps.len();
        }
        let start = self.end.saturating_sub(self.piece);
        let out: Vec<StepTable> = self.world.script.steps.drain(start..self.end).collect();
        self.end = start;
        let any = !out.is_empty();
        self.taken_out = Some((start, out));
        any
    }

    fn complicate(&mut self) -> bool {
        if let Tried::Trying(rates) = self.calm {
            self.world.rates = rates;
            self.calm = Tried::Done;
            return true;
        }
        let Some((start, out)) = self.taken_out.take() else { return false };
        self.world.script.steps.splice(start..start, out);
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

    use super::*;

    fn fetches(world: &RandomWorld) -> usize {
        let does = |step: &&StepTable| step.does.as_ref().is_some_and(|does| does.get_ref() == "fetch");
        world.script.steps.iter().filter(does).count()
    }

    #[test]
    fn what_fails_is_shrunk_to_the_steps_that_matter() {
        let mut runner = TestRunner::deterministic();
        let failed = runner.run(&worlds(Plan::default()), |world| {
            prop_assert!(fetches(&world) < 2);
            Ok(())
        });
        let Err(proptest::test_runner::TestError::Fail(_, smallest)) = failed else { panic!("every world fetches") };
        assert_eq!((smallest.script.steps.len(), fetches(&smallest)), (2, 2));
        assert_eq!(smallest.rates, Rates::default());
    }

    #[test]
    fn faults_stay_where_they_matter() {
        let mut runner = TestRunner::deterministic();
        let failed = runner.run(&worlds(Plan::default()), |world| {
            prop_assert!(world.rates.lose == 0);
            Ok(())
        });
        let Err(proptest::test_runner::TestError::Fail(_, smallest)) = failed else { panic!("some world loses") };
        assert!(smallest.rates.lose > 0);
        assert!(smallest.script.steps.is_empty());
    }

    #[test]
    fn a_world_prints_as_a_script_that_runs_the_same() {
        let world = RandomWorld::drawn(&Plan::default(), 3);
        let text = format!("{world:?}");
        let script = script::parse(&Source { file: "printed", text: &text }).unwrap();
        let printed = RandomWorld { script, ..world.clone() };
        let again = printed.run_with(&Options::default()).unwrap();
        assert_eq!(again.digest, world.run().unwrap().digest);
    }
}
