//! A script from a plan and a seed.

mod mixed;
mod scenes;
mod steps;
mod thefts;
mod world;

use crate::sim::oracle::Rates;
use crate::sim::plan::Plan;
use crate::sim::script::format::{ScriptFile, SettingsTable};
use crate::sim::script::spanless;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What a seed drew from a plan.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The script.
    pub script: ScriptFile,
    /// The rates of the faults.
    pub rates: Rates,
}

/// Draws a script and the rates of its faults.
pub fn draw(plan: &Plan, seed: u64) -> Drawn {
    let mut draws = Draws::new(seed);
    let rates = rates(plan, &mut draws);
    let revision = draws.pick(&plan.revisions).cloned().unwrap_or_else(|| "2.0".to_owned());
    let mut script = realm(plan, seed, revision, &rates, &mut draws);
    // Comes last, so that all other draws are the same with it and without.
    let others: Vec<String> =
        plan.revisions.iter().filter(|other| *other != script.revision.get_ref()).cloned().collect();
    if draws.chance(plan.mixed)
        && let Some(other) = draws.pick(&others).cloned()
    {
        // Two realms are there to be mixed up: where parties misbehave at all, one of the second realm does.
        let replayer = if plan.replayer > 0 { 1_000_000 } else { 0 };
        let plan = Plan { replayer, ..plan.clone() };
        mixed::put_beside(&mut script, realm(&plan, seed, other, &rates, &mut draws));
        thefts::draw(&mut script, plan.span_secs, mixed::renamed, &mut draws);
    }
    Drawn { script, rates }
}

// A world of one revision, and what is done in it.
fn realm(plan: &Plan, seed: u64, revision: String, rates: &Rates, draws: &mut Draws) -> ScriptFile {
    let swarm = Swarm::draw(plan, draws);
    let faults = !rates.only_order() || swarm.crashes || swarm.cuts;
    let mut script = ScriptFile {
        title: format!("{} {seed}", plan.title),
        about: String::new(),
        spec: Vec::new(),
        revision: spanless(revision),
        clean: true,
        recorded: None,
        settings: SettingsTable { seed: Some(seed), faults: Some(faults), ..SettingsTable::default() },
        identity_providers: Vec::new(),
        authorization_servers: Vec::new(),
        resource_servers: Vec::new(),
        clients: Vec::new(),
        people: Vec::new(),
        steps: Vec::new(),
        schedule: Vec::new(),
        expectations: Vec::new(),
    };
    world::draw(&mut script, &swarm, draws);
    steps::draw(&mut script, plan, &swarm, rates, draws);
    steps::draw_plain_link(&mut script, plan, draws);
    script
}

/// Which operations exist in this run at all.
#[derive(Clone, Copy, Debug, Default)]
struct Swarm {
    edits: bool,
    removals: bool,
    approvals: bool,
    refusals: bool,
    organisation: bool,
    refreshes: bool,
    revocations: bool,
    content_changes: bool,
    crashes: bool,
    cuts: bool,
    clocks: bool,
    replayer: bool,
    withdrawals: bool,
}

impl Swarm {
    fn draw(plan: &Plan, draws: &mut Draws) -> Self {
        let mut has = || draws.chance(plan.operation);
        let mut swarm = Self {
            edits: has(),
            removals: has(),
            approvals: has(),
            refusals: has(),
            organisation: has(),
            refreshes: has(),
            revocations: has(),
            content_changes: has(),
            withdrawals: has(),
            ..Self::default()
        };
        swarm.crashes = draws.chance(plan.fault_family) && plan.crash_max > 0;
        swarm.cuts = draws.chance(plan.fault_family) && plan.lose_max > 0;
        swarm.clocks = draws.chance(plan.clocks);
        swarm.replayer = draws.chance(plan.replayer);
        swarm
    }
}

fn rates(plan: &Plan, draws: &mut Draws) -> Rates {
    let mut rate = |most: u32| {
        let exists = draws.chance(plan.fault_family);
        let size = draws.below(most.max(1)) + 1;
        if exists && most > 0 { size } else { 0 }
    };
    Rates {
        lose: rate(plan.lose_max),
        duplicate: rate(plan.duplicate_max),
        delay: rate(plan.delay_max),
        crash: rate(plan.crash_max),
        flush: rate(plan.flush_max),
        refuse_write: rate(plan.refuse_write_max),
        boundary: rate(plan.boundary_max),
        delays: 4 + draws.below(9),
    }
}

/// A stream of draws from one seed.
struct Draws(ChaCha8Rng);

impl Draws {
    fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..24].copy_from_slice(b"plan to script\0\0");
        Self(ChaCha8Rng::from_seed(key))
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.0.next_u32() % bound.max(1)
    }

    fn chance(&mut self, parts_per_million: u32) -> bool {
        self.below(1_000_000) < parts_per_million
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(u32::try_from(from.len()).unwrap_or(u32::MAX)) as usize;
        from.get(at)
    }

    fn among(&mut self, words: &[&str]) -> String {
        self.pick(words).map(|word| (*word).to_owned()).unwrap_or_default()
    }
}
