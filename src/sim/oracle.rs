//! The one oracle that every nondeterministic decision is asked of. A choice has a name ([`Choice`]); its draw is keyed
//! by that name and not by its position, so leaving one step out leaves all other draws as they were. Zero is always
//! the undisturbed option.

use crate::message::{Leg, Name};
use crate::wire::Duration;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rustc_hash::{FxHashMap, FxHasher};
use std::fmt;
use std::hash::{Hash, Hasher};

/// What is decided at a named step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChoiceKind {
    /// Whether a message is lost: 1 for yes.
    Lose,
    /// Whether a request is delivered a second time on another connection: 1 for yes.
    Duplicate,
    /// How much later than usual a message comes, in microseconds; draws pick from [`DELAYS`].
    Delay,
    /// Whether and where the node crashes while it handles a delivery: the number of a [`CrashPoint`], from 1.
    Crash,
    /// How long a journal write takes, in microseconds; draws pick from [`DELAYS`].
    Flush,
    /// Whether the journal refuses the write: 1 for yes.
    RefuseWrite,
}

impl ChoiceKind {
    /// Every kind, in the order of their draws.
    pub const ALL: [Self; 6] = [Self::Lose, Self::Duplicate, Self::Delay, Self::Crash, Self::Flush, Self::RefuseWrite];

    /// How many options a draw has, the undisturbed one included.
    const fn options(self, rates: &Rates) -> u32 {
        match self {
            Self::Lose | Self::Duplicate | Self::RefuseWrite => 2,
            Self::Delay | Self::Flush => {
                let delays = DELAYS.len() as u32;
                if rates.delays < delays { rates.delays } else { delays }
            }
            Self::Crash => CrashPoint::ALL.len() as u32 + 1,
        }
    }

    // The value that stands for a drawn option.
    const fn value(self, option: u32) -> u32 {
        match self {
            Self::Lose | Self::Duplicate | Self::RefuseWrite | Self::Crash => option,
            Self::Delay | Self::Flush => DELAYS[option as usize].0 as u32,
        }
    }
}

/// The delays that can be chosen, in microseconds; the first is none.
pub const DELAYS: [Duration; 12] = [
    Duration(0),
    Duration(100),
    Duration(1_000),
    Duration(5_000),
    Duration(20_000),
    Duration(100_000),
    Duration(400_000),
    Duration(1_000_000),
    Duration(3_000_000),
    Duration(10_000_000),
    Duration(35_000_000),
    Duration(120_000_000),
];

/// Where a node can crash while it handles one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrashPoint {
    /// Before its facts are written: they are lost, and nothing leaves.
    BeforeWrite,
    /// After they are written, before anything leaves.
    AfterWrite,
    /// After everything has left.
    AfterSend,
}

impl CrashPoint {
    /// Every point, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::BeforeWrite, Self::AfterWrite, Self::AfterSend];

    /// The point of a choice; `None` for no crash.
    pub fn of(choice: u32) -> Option<Self> {
        Self::ALL.get((choice as usize).checked_sub(1)?).copied()
    }
}

/// A decision at a step: the step's identity, and what is decided there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice {
    /// Identity of the step.
    pub step: StepKey,
    /// What is decided.
    pub kind: ChoiceKind,
}

/// The identity of a step, independent of what else is in the run: the name of the action at its root, the word, the
/// how-manieth, the leg and the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// Hash of the action's name.
    pub root: u64,
    /// Hash of word, number, leg and copy.
    pub step: u64,
}

impl StepKey {
    /// The identity of a name under an action with this key.
    pub fn new(root: u64, name: &Name) -> Self {
        Self::of_parts(root, name.word, name.nth, name.leg, name.copy)
    }

    /// The identity of a name that is given in parts, as in a script.
    pub fn of_parts(root: u64, word: &str, nth: u32, leg: Leg, copy: u8) -> Self {
        let mut hasher = FxHasher::default();
        word.hash(&mut hasher);
        hasher.write_u32(nth);
        hasher.write_u8(leg_number(leg));
        hasher.write_u8(copy);
        Self { root, step: hasher.finish() }
    }
}

/// The key of an action: a hash of its name.
pub fn root_key(name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    name.hash(&mut hasher);
    hasher.finish()
}

const fn leg_number(leg: Leg) -> u8 {
    match leg {
        Leg::Act => 0,
        Leg::Request => 1,
        Leg::Answer => 2,
        Leg::Failure => 3,
        Leg::Timer => 4,
        Leg::Flush => 5,
        Leg::Restart => 6,
    }
}

/// How likely each disturbance is, in parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of losing a message.
    pub lose: u32,
    /// Of delivering a request twice.
    pub duplicate: u32,
    /// Of a message being late.
    pub delay: u32,
    /// Of a crash while a delivery is handled.
    pub crash: u32,
    /// Of a slow journal write.
    pub flush: u32,
    /// Of a refused journal write.
    pub refuse_write: u32,
    /// Of a request arriving just before, at, or just after the next expiry of anything.
    pub boundary: u32,
    /// How many of [`DELAYS`] are in use: fewer keeps delays short.
    pub delays: u32,
}

impl Rates {
    const fn of(&self, kind: ChoiceKind) -> u32 {
        match kind {
            ChoiceKind::Lose => self.lose,
            ChoiceKind::Duplicate => self.duplicate,
            ChoiceKind::Delay => self.delay,
            ChoiceKind::Crash => self.crash,
            ChoiceKind::Flush => self.flush,
            ChoiceKind::RefuseWrite => self.refuse_write,
        }
    }

    /// True when nothing can be lost, crash, be refused or be so late that somebody stops waiting: only the order of
    /// things varies.
    pub const fn only_order(&self) -> bool {
        let lost = self.lose > 0 || self.crash > 0 || self.refuse_write > 0 || self.duplicate > 0;
        let late = self.boundary > 0 || ((self.delay > 0 || self.flush > 0) && self.delays > SHORT_DELAYS);
        !lost && !late
    }
}

/// So many of [`DELAYS`] are far below the time that anybody waits for an answer.
const SHORT_DELAYS: u32 = 9;

/// Who decides.
#[derive(Clone, Debug)]
pub enum Oracle {
    /// Fixed latency, first in first out, nothing goes wrong, except for the listed deviations.
    Script(FxHashMap<Choice, u32>),
    /// Keyed draws at these rates.
    Random {
        /// The seed of the run.
        seed: u64,
        /// How likely each disturbance is.
        rates: Rates,
        /// What is decided at these steps where nothing else was drawn.
        planned: FxHashMap<Choice, u32>,
        /// Every choice that was not zero, in the order in which it was made.
        taken: Vec<(Choice, Name, u32)>,
    },
}

impl Oracle {
    /// Nothing goes wrong.
    pub fn fifo() -> Self {
        Self::Script(FxHashMap::default())
    }

    /// Draws at these rates.
    pub fn random(seed: u64, rates: Rates) -> Self {
        Self::with_plan(seed, rates, FxHashMap::default())
    }

    /// Draws at these rates; where nothing is drawn, what is planned happens.
    pub const fn with_plan(seed: u64, rates: Rates, planned: FxHashMap<Choice, u32>) -> Self {
        Self::Random { seed, rates, planned, taken: Vec::new() }
    }

    /// Everything that is decided about one step, at once. `kinds` are the decisions that are open there.
    /// `boundary` is how long after the usual arrival the next expiry of anything is.
    pub fn choose(&mut self, root: u64, name: &Name, kinds: &[ChoiceKind], boundary: Option<Duration>) -> Chosen {
        match self {
            Self::Script(deviations) if deviations.is_empty() => Chosen::default(),
            Self::Script(deviations) => {
                let step = StepKey::new(root, name);
                let mut chosen = Chosen::default();
                for kind in kinds {
                    let value = deviations.get(&Choice { step, kind: *kind }).copied().unwrap_or_default();
                    chosen.set(*kind, value);
                }
                chosen
            }
            Self::Random { seed, rates, planned, taken } => {
                let step = StepKey::new(root, name);
                let mut chosen = draw(*seed, rates, taken, step, name, kinds, boundary);
                if !planned.is_empty() {
                    go_by_plan(planned, taken, &mut chosen, (step, name), kinds);
                }
                chosen
            }
        }
    }

    /// True when draws may be placed at expiries.
    pub const fn draws_boundaries(&self) -> bool {
        match self {
            Self::Script(_) => false,
            Self::Random { rates, .. } => rates.boundary > 0,
        }
    }

    /// From now on nothing goes wrong.
    pub fn heal(&mut self) {
        match self {
            Self::Script(deviations) => deviations.clear(),
            Self::Random { rates, planned, .. } => {
                *rates = Rates { delays: 1, ..Rates::default() };
                planned.clear();
            }
        }
    }
}

/// What was decided about one step; zero is the undisturbed option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen([u32; 6]);

impl Chosen {
    /// The decision of one kind.
    pub const fn get(&self, kind: ChoiceKind) -> u32 {
        self.0[kind as usize]
    }

    /// The delay of a [`ChoiceKind::Delay`] or [`ChoiceKind::Flush`] decision.
    pub const fn delay(&self, kind: ChoiceKind) -> Duration {
        Duration(self.get(kind) as u64)
    }

    const fn set(&mut self, kind: ChoiceKind, value: u32) {
        self.0[kind as usize] = value;
    }
}

fn go_by_plan(
    planned: &FxHashMap<Choice, u32>,
    taken: &mut Vec<(Choice, Name, u32)>,
    chosen: &mut Chosen,
    (step, name): (StepKey, &Name),
    kinds: &[ChoiceKind],
) {
    for kind in kinds.iter().copied() {
        if chosen.get(kind) == 0
            && let Some(value) = planned.get(&Choice { step, kind })
        {
            chosen.set(kind, *value);
            taken.push((Choice { step, kind }, *name, *value));
        }
    }
}

fn draw(
    seed: u64,
    rates: &Rates,
    taken: &mut Vec<(Choice, Name, u32)>,
    step: StepKey,
    name: &Name,
    kinds: &[ChoiceKind],
    boundary: Option<Duration>,
) -> Chosen {
    let mut chosen = Chosen::default();
    if rates.boundary == 0 && kinds.iter().all(|kind| rates.of(*kind) == 0) {
        return chosen;
    }
    let words = block(seed, step);
    for kind in kinds {
        let (gate, pick) = (words[*kind as usize * 2], words[*kind as usize * 2 + 1]);
        let options = kind.options(rates);
        if options > 1 && gate % 1_000_000 < rates.of(*kind) {
            let value = kind.value(1 + pick % (options - 1));
            chosen.set(*kind, value);
            taken.push((Choice { step, kind: *kind }, *name, value));
        } else if *kind == ChoiceKind::Delay
            && let Some(delay) = at_boundary(rates, words[12], words[13], boundary)
        {
            chosen.set(*kind, delay);
            taken.push((Choice { step, kind: *kind }, *name, delay));
        }
    }
    chosen
}

// Just before, at, or just after the next expiry, when it is near enough to wait for.
fn at_boundary(rates: &Rates, gate: u32, pick: u32, boundary: Option<Duration>) -> Option<u32> {
    let micros = u32::try_from(boundary?.0).ok().filter(|micros| (1..=BOUNDARY_MICROS_MAX).contains(micros))?;
    (gate % 1_000_000 < rates.boundary).then(|| micros - 1 + pick % 3)
}

const BOUNDARY_MICROS_MAX: u32 = 1_800_000_000;

// One ChaCha8 block per step: two words for each kind and two for boundaries, so no kind's draw depends on which
// others are open.
fn block(seed: u64, step: StepKey) -> [u32; 14] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&step.root.to_le_bytes());
    key[16..24].copy_from_slice(&step.step.to_le_bytes());
    key[24..].copy_from_slice(b"choices\0");
    let mut rng = ChaCha8Rng::from_seed(key);
    std::array::from_fn(|_| rng.next_u32())
}

impl fmt::Display for ChoiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lose => "lose",
            Self::Duplicate => "duplicate",
            Self::Delay => "delay",
            Self::Crash => "crash",
            Self::Flush => "flush",
            Self::RefuseWrite => "refuse-write",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates {
        lose: 500_000,
        duplicate: 500_000,
        delay: 500_000,
        crash: 500_000,
        flush: 500_000,
        refuse_write: 500_000,
        boundary: 0,
        delays: 12,
    };

    fn name(nth: u32) -> Name {
        Name { root: 0, word: "token", nth, leg: Leg::Request, copy: 0 }
    }

    #[test]
    fn a_draw_depends_on_the_name_and_not_on_what_was_drawn_before() {
        let kinds = &ChoiceKind::ALL;
        let mut first = Oracle::random(7, RATES);
        let mut second = Oracle::random(7, RATES);
        first.choose(1, &name(1), kinds, None);
        assert_eq!(first.choose(1, &name(2), kinds, None), second.choose(1, &name(2), kinds, None));
        assert_eq!(
            first.choose(1, &name(3), &[ChoiceKind::Crash], None).get(ChoiceKind::Crash),
            second.choose(1, &name(3), kinds, None).get(ChoiceKind::Crash)
        );
    }

    #[test]
    fn a_plan_decides_where_nothing_is_drawn_and_until_everything_is_healed() {
        let lost = |nth| Choice { step: StepKey::new(1, &name(nth)), kind: ChoiceKind::Lose };
        let planned = FxHashMap::from_iter([(lost(2), 1), (lost(4), 1)]);
        let mut oracle = Oracle::with_plan(3, Rates::default(), planned);
        let mut loses = |nth| oracle.choose(1, &name(nth), &[ChoiceKind::Lose], None).get(ChoiceKind::Lose);
        assert_eq!([loses(1), loses(2), loses(3)], [0, 1, 0]);
        let Oracle::Random { taken, .. } = &oracle else { return };
        assert_eq!(taken.len(), 1, "it replays like what was drawn");
        oracle.heal();
        assert_eq!(oracle.choose(1, &name(4), &[ChoiceKind::Lose], None).get(ChoiceKind::Lose), 0);
    }

    #[test]
    fn what_was_drawn_replays_as_a_script() {
        let mut random = Oracle::random(3, RATES);
        let drawn: Vec<Chosen> = (0..50).map(|nth| random.choose(9, &name(nth), &ChoiceKind::ALL, None)).collect();
        let Oracle::Random { taken, .. } = random else { return };
        let mut script = Oracle::Script(taken.into_iter().map(|(choice, _, value)| (choice, value)).collect());
        let replayed: Vec<Chosen> = (0..50).map(|nth| script.choose(9, &name(nth), &ChoiceKind::ALL, None)).collect();
        assert_eq!(drawn, replayed);
    }
}
