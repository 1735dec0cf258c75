//! A world from a script: names become nodes with roles and configurations, steps become actions, and the ground truth
//! is written down. Every name is checked here, with the place in the script where it stands.

mod introductions;
mod names;
mod people;
mod servers;
mod steps;
mod v1_0_1;

pub use people::{Login, logins, password_of, password_verifier};

use crate::check::expectation::Expectation;
use crate::message::NodeId;
use crate::role::{Role, Rule, RuleSet};
use crate::sim::oracle::{Choice, ChoiceKind, CrashPoint, StepKey, root_key};
use crate::sim::scheduler::{Action, Deed, Seat, Settings};
use crate::sim::script::format::{DeviationTable, ScriptFile};
use crate::sim::script::{ScriptError, Source, span};
use crate::trace::Truth;
use crate::wire::{Duration, Revision, Uri};
use names::Names;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use toml::Spanned;

/// Everything a run starts from.
#[derive(Clone, Debug)]
pub struct World {
    /// Constants of the run.
    pub settings: Settings,
    /// Ground truth.
    pub truth: Truth,
    /// The roles, by node.
    pub roles: Vec<Role>,
    /// How each takes part.
    pub seats: Vec<Seat>,
    /// What is done.
    pub actions: Vec<Action>,
    /// Deviations from first in, first out.
    pub deviations: FxHashMap<Choice, u32>,
    /// What must have happened.
    pub expectations: Vec<Expectation>,
}

impl World {
    /// Builds the world of a script.
    ///
    /// # Errors
    /// When a name leads nowhere, a member is missing where it is needed, or a value is out of range.
    pub fn build(script: &ScriptFile, source: &Source<'_>) -> Result<Self, ScriptError> {
        Self::build_at(&Origins::new(), script, source)
    }

    /// Builds the world of a script with its servers elsewhere: those that are named are at these origins.
    ///
    /// # Errors
    /// As [`World::build`].
    pub fn build_at(origins: &Origins, script: &ScriptFile, source: &Source<'_>) -> Result<Self, ScriptError> {
        let revision = revision_named(&script.revision, source)?;
        let names = Names::collect(script, revision, origins, source)?;
        let mut truth = Truth::default();
        let (mut roles, mut seats) = (Vec::new(), Vec::new());
        for built in servers::build(script, &names, source)?.into_iter().chain(people::build(script, &names, source)?) {
            truth.nodes.push(built.truth);
            roles.push(built.role);
            seats.push(built.seat);
        }
        truth.resources = servers::resources(script, &names, source)?;
        let actions = steps::build(script, &names, source)?;
        let deviations = deviations_of(script, source)?;
        truth.faults = script.settings.faults.unwrap_or_else(|| can_go_wrong(&actions, &deviations));
        let settings = settings_of(script, source)?;
        bounds(script, &settings, &mut truth);
        Ok(Self { settings, truth, roles, seats, actions, deviations, expectations: script.expectations.clone() })
    }
}

/// Origins of servers by their names in a script. Usually a server is at `https://NAME.example`.
pub type Origins = BTreeMap<String, Uri>;

/// A node while the world is built.
struct Built {
    truth: crate::trace::truth::NodeTruth,
    role: Role,
    seat: Seat,
}

fn revision_named(name: &Spanned<String>, source: &Source<'_>) -> Result<Revision, ScriptError> {
    Revision::parse(name.get_ref()).ok_or_else(|| {
        let known: Vec<&str> = Revision::ALL.iter().map(|revision| revision.name()).collect();
        source.error(name.span(), format!("unknown revision `{}`", name.get_ref()), format!("one of {}", list(&known)))
    })
}

fn settings_of(script: &ScriptFile, source: &Source<'_>) -> Result<Settings, ScriptError> {
    let defaults = Settings::default();
    let table = &script.settings;
    Ok(Settings {
        seed: table.seed.unwrap_or(defaults.seed),
        latency: span_or(table.latency.as_ref(), defaults.latency, source)?,
        downtime: span_or(table.downtime.as_ref(), defaults.downtime, source)?,
        ..defaults
    })
}

// The tolerances of the invariants are what this world is allowed to do, published with the run.
fn bounds(script: &ScriptFile, settings: &Settings, truth: &mut Truth) {
    let cache_secs = script.authorization_servers.iter().filter_map(|server| server.introspection_cache_secs).max();
    let caches = script.resource_servers.iter().filter_map(|server| span::parse(server.cache.as_ref()?.get_ref()));
    truth.cache_max = Duration::from_secs(cache_secs.unwrap_or_default()).max(caches.max().unwrap_or_default());
    let offsets = script.authorization_servers.iter().map(|server| server.clock_offset_millis);
    let offsets = offsets.chain(script.resource_servers.iter().map(|server| server.clock_offset_millis));
    let offsets = offsets.chain(script.clients.iter().map(|client| client.clock_offset_millis));
    let steps = script.steps.iter().map(|step| step.by_millis);
    let largest = offsets.chain(steps).flatten().map(i64::unsigned_abs).max().unwrap_or_default();
    truth.clock_error_max = Duration::from_millis(largest * 2);
    truth.request_max = Duration::from_secs(60) + Duration(settings.latency.0 * 4);
}

fn can_go_wrong(actions: &[Action], deviations: &FxHashMap<Choice, u32>) -> bool {
    let harmless = |deed: &Deed| matches!(deed, Deed::Act(..) | Deed::Wait(_) | Deed::StepClock(..) | Deed::Heal);
    !deviations.is_empty() || !actions.iter().all(|action| harmless(&action.what))
}

fn deviations_of(script: &ScriptFile, source: &Source<'_>) -> Result<FxHashMap<Choice, u32>, ScriptError> {
    script.schedule.iter().map(|deviation| deviation_of(deviation, source)).collect()
}

fn deviation_of(deviation: &DeviationTable, source: &Source<'_>) -> Result<(Choice, u32), ScriptError> {
    let at = &deviation.at;
    let step = step_key(at.get_ref()).ok_or_else(|| {
        source.error(at.span(), format!("`{}` is no step", at.get_ref()), "a step such as `bob.fetch#1/token#2/answer`")
    })?;
    let what = &deviation.what;
    let (kind, value) = deviation_kind(what.get_ref()).ok_or_else(|| {
        source.error(what.span(), format!("unknown deviation `{}`", what.get_ref()), format!("one of {DEVIATIONS}"))
    })?;
    Ok((Choice { step, kind }, value))
}

const DEVIATIONS: &str = "`lose`, `duplicate`, `delay SPAN`, `flush SPAN`, `refuse-write`, `crash before-write`, \
                          `crash after-write`, `crash after-send`";

fn deviation_kind(text: &str) -> Option<(ChoiceKind, u32)> {
    let number =
        |point: CrashPoint| CrashPoint::ALL.iter().position(|other| *other == point).map_or(0, |at| at as u32 + 1);
    Some(match text {
        "lose" => (ChoiceKind::Lose, 1),
        "duplicate" => (ChoiceKind::Duplicate, 1),
        "refuse-write" => (ChoiceKind::RefuseWrite, 1),
        "crash before-write" => (ChoiceKind::Crash, number(CrashPoint::BeforeWrite)),
        "crash after-write" => (ChoiceKind::Crash, number(CrashPoint::AfterWrite)),
        "crash after-send" => (ChoiceKind::Crash, number(CrashPoint::AfterSend)),
        _ => {
            let (kind, span) = text.split_once(' ')?;
            let micros = u32::try_from(span::parse(span)?.0).ok()?;
            match kind {
                "delay" => (ChoiceKind::Delay, micros),
                "flush" => (ChoiceKind::Flush, micros),
                _ => return None,
            }
        }
    })
}

/// How a deviation is written in a script.
pub fn deviation_text(kind: ChoiceKind, value: u32) -> String {
    match kind {
        ChoiceKind::Lose | ChoiceKind::Duplicate | ChoiceKind::RefuseWrite => kind.to_string(),
        ChoiceKind::Delay | ChoiceKind::Flush => format!("{kind} {}", span::write(Duration(u64::from(value)))),
        ChoiceKind::Crash => match CrashPoint::of(value) {
            Some(CrashPoint::BeforeWrite) => "crash before-write".to_owned(),
            Some(CrashPoint::AfterWrite) => "crash after-write".to_owned(),
            Some(CrashPoint::AfterSend) | None => "crash after-send".to_owned(),
        },
    }
}

/// The name of a step as scripts write it: `bob.fetch#1/token#2/answer`, with `+1` for the second delivery.
pub fn step_text(root: &str, name: &crate::message::Name) -> String {
    let copy = if name.copy == 0 { String::new() } else { format!("+{}", name.copy) };
    format!("{root}/{}#{}/{}{copy}", name.word, name.nth, name.leg)
}

fn step_key(text: &str) -> Option<StepKey> {
    let (rest, leg) = text.rsplit_once('/')?;
    let (root, word) = rest.rsplit_once('/')?;
    let (word, nth) = word.split_once('#')?;
    let (leg, copy) = leg.split_once('+').unwrap_or((leg, "0"));
    Some(StepKey::of_parts(
        root_key(root),
        word,
        nth.parse().ok()?,
        crate::message::Leg::parse(leg)?,
        copy.parse().ok()?,
    ))
}

fn rules_of(names: &[Spanned<String>], source: &Source<'_>) -> Result<RuleSet, ScriptError> {
    let rule = |name: &Spanned<String>| {
        Rule::parse(name.get_ref()).ok_or_else(|| {
            let near = nearest(name.get_ref(), Rule::ALL.iter().map(|rule| rule.name()));
            source.error(name.span(), format!("unknown rule `{}`", name.get_ref()), near)
        })
    };
    names.iter().map(rule).collect()
}

fn span_or(text: Option<&Spanned<String>>, default: Duration, source: &Source<'_>) -> Result<Duration, ScriptError> {
    let Some(text) = text else { return Ok(default) };
    span::parse(text.get_ref())
        .ok_or_else(|| source.error(text.span(), format!("`{}` is no span of time", text.get_ref()), span::EXPECTED))
}

/// A list for people: `a`, `b`, `c`.
fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

// The known words that share the most letters with what was found.
fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> String {
    let score = |word: &str| {
        let pairs =
            |text: &str| text.as_bytes().windows(2).map(<[u8]>::to_vec).collect::<std::collections::BTreeSet<_>>();
        pairs(found).intersection(&pairs(word)).count()
    };
    let mut known: Vec<&str> = known.collect();
    known.sort_by_key(|word| std::cmp::Reverse(score(word)));
    known.truncate(5);
    format!("a known one, such as {}", list(&known))
}

fn at_node(id: usize) -> NodeId {
    NodeId(id as u16)
}
