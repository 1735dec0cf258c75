//! Plans: distributions over scripts. A seed draws from a plan which operations, faults and roles exist at all (swarm),
//! and then the world and its steps, all explicit: what comes out is a script like one written by hand.

use crate::sim::script::{ScriptError, Source};
use crate::wire::Revision;
use serde::{Deserialize, Serialize};

const MILLION: u32 = 1_000_000;

/// A plan. Probabilities are in parts per million, counts are upper bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Plan {
    /// One line.
    pub title: String,
    /// The revisions to draw from.
    pub revisions: Vec<String>,
    /// How many steps people take at most, besides setting up and the fetches after healing.
    pub steps_max: u32,
    /// Over how many seconds the steps are spread.
    pub span_secs: u64,
    /// The probability that a family of faults exists in a run.
    pub fault_family: u32,
    /// The probability that an operation exists in a run.
    pub operation: u32,
    /// The largest probability of losing a message, where that family exists.
    pub lose_max: u32,
    /// The largest probability of delivering a request twice.
    pub duplicate_max: u32,
    /// The largest probability of delaying a message.
    pub delay_max: u32,
    /// The largest probability of a crash while a delivery is handled.
    pub crash_max: u32,
    /// The largest probability of a slow journal write.
    pub flush_max: u32,
    /// The largest probability of a refused journal write.
    pub refuse_write_max: u32,
    /// The largest probability of a request arriving at an expiry.
    pub boundary_max: u32,
    /// The probability that clocks are wrong.
    pub clocks: u32,
    /// The probability that a second realm of another revision is in the world.
    pub mixed: u32,
    /// The probability that a party replays what it received.
    pub replayer: u32,
    /// The probability that situations which random steps seldom make are acted out in a run.
    pub scenes: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            title: "default".to_owned(),
            revisions: Revision::ALL.map(|revision| revision.name().to_owned()).to_vec(),
            steps_max: 10,
            span_secs: 900,
            fault_family: 400_000,
            operation: 600_000,
            lose_max: 30_000,
            duplicate_max: 50_000,
            delay_max: 300_000,
            crash_max: 30_000,
            flush_max: 200_000,
            refuse_write_max: 10_000,
            boundary_max: 100_000,
            clocks: 200_000,
            mixed: 60_000,
            replayer: 300_000,
            scenes: 600_000,
        }
    }
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// When the text is no TOML, has members that a plan has not, or numbers that are no probabilities.
    pub fn parse(source: &Source<'_>) -> Result<Self, ScriptError> {
        let plan: Self = toml::from_str(source.text).map_err(|error| source.toml_error(&error))?;
        plan.check(source)?;
        Ok(plan)
    }

    fn check(&self, source: &Source<'_>) -> Result<(), ScriptError> {
        let known = || format!("`revisions` with some of {}", Revision::ALL.map(|it| format!("`{it}`")).join(", "));
        if self.revisions.is_empty() {
            return Err(source.error(0..0, "a plan without a revision", known()));
        }
        if let Some(unknown) = self.revisions.iter().find(|name| Revision::parse(name).is_none()) {
            return Err(source.error(0..0, format!("unknown revision `{unknown}`"), known()));
        }
        for (member, value) in self.probabilities() {
            if value > MILLION {
                let found = format!("`{member} = {value}`");
                return Err(source.error(0..0, found, "parts per million: at most 1000000"));
            }
        }
        Ok(())
    }

    const fn probabilities(&self) -> [(&'static str, u32); 13] {
        [
            ("fault-family", self.fault_family),
            ("operation", self.operation),
            ("lose-max", self.lose_max),
            ("duplicate-max", self.duplicate_max),
            ("delay-max", self.delay_max),
            ("crash-max", self.crash_max),
            ("flush-max", self.flush_max),
            ("refuse-write-max", self.refuse_write_max),
            ("boundary-max", self.boundary_max),
            ("clocks", self.clocks),
            ("mixed", self.mixed),
            ("replayer", self.replayer),
            ("scenes", self.scenes),
        ]
    }
}
