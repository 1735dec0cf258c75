//! A world of nodes left to themselves: real surroundings for each, everything that can happen at once does. Only the
//! clock is stepped: when nothing moves any more, it goes on to what is next, so that waits and timers do not sleep.
//!
//! There is no shim here, so worlds with faults are not played this way.

use super::book::{Book, Place};
use super::network::{Left, Network};
use super::realm;
use super::stay::setting;
use super::tongues::Tongues;
use super::traces::Traces;
use crate::message::{Leg, Name, NodeId};
use crate::node::clock::Clock;
use crate::node::live::Live;
use crate::node::trace_key::TraceKey;
use crate::node::{Config, Node};
use crate::role::Input;
use crate::sim::run::Finished;
use crate::sim::scheduler::{Action, Deed, Recorder, Seat, Settings, Site, When};
use crate::sim::world::World;
use crate::trace::Truth;
use crate::transport::journal::memory::MemoryStore;
use crate::wire::{Duration, Text, Timestamp};
use actix::Actor;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::Path;
use std::rc::Rc;

/// A world that does not come to rest within so much real time is stuck.
const STUCK_AFTER: std::time::Duration = std::time::Duration::from_secs(30);

/// Why a world cannot be left to itself.
pub fn needs_shim(world: &World) -> Option<&'static str> {
    let faulty = |action: &Action| !matches!(action.what, Deed::Act(..) | Deed::Wait(_));
    if !world.deviations.is_empty() {
        return Some("its schedule deviates");
    }
    if world.actions.iter().any(faulty) {
        return Some("it crashes nodes, cuts links or steps clocks");
    }
    world.seats.iter().any(|seat| seat.clock_offset_micros != 0).then_some("a clock is wrong")
}

/// Plays a world without faults on nodes that are left to themselves. `judge`: whether invariants look on.
///
/// # Errors
/// When the world needs the shim, a port cannot be had, or nothing moves although something should.
pub fn run_free(world: World, judge: bool) -> io::Result<Finished> {
    begin(world, judge, Traces::default())
}

/// The same, and each node writes `trace-NAME.jsonl` into a folder.
///
/// # Errors
/// As [`run_free`], and when a file cannot be written.
pub fn run_free_traced(world: World, folder: &Path, key: &TraceKey) -> io::Result<Finished> {
    let traces = Traces::open(&world.truth, folder, key)?;
    begin(world, true, traces)
}

fn begin(world: World, judge: bool, traces: Traces) -> io::Result<Finished> {
    if let Some(why) = needs_shim(&world) {
        return Err(io::Error::other(format!("this world cannot be left to itself: {why}")));
    }
    actix::System::new().block_on(async move {
        let playing = actix_rt::spawn(play(world, judge, traces));
        playing.await.map_err(io::Error::other)?
    })
}

async fn play(world: World, judge: bool, traces: Traces) -> io::Result<Finished> {
    let World { settings, mut truth, roles, seats, actions, .. } = world;
    truth.roots = actions.iter().map(|action| action.name.clone()).collect();
    truth.notes = actions.iter().map(|action| action.note.clone()).collect();
    let clock = Clock::starting_at(settings.start);
    let (names, left) = Network::of_sites(sites(&truth, seats.clone()))?.leave();
    let tongues =
        seats.iter().enumerate().map(|(at, seat)| Tongues::of(&truth, NodeId(at as u16), seat.revision, &left));
    let tongues: Vec<Tongues> = tongues.collect();
    let recorder = Recorder::new(&truth, judge, true);
    let book = Rc::new(Book::new(truth, recorder, clock.clone(), settings.seed));
    let store = MemoryStore::new();
    let mut doors: BTreeMap<NodeId, Left> = left.into_iter().map(|left| (left.node, left)).collect();
    let mut people = Vec::new();
    let mut servers = Vec::new();
    for (at, ((role, seat), tongues)) in roles.into_iter().zip(seats).zip(tongues).enumerate() {
        let node = NodeId(at as u16);
        let watch = traces.watched(node, Rc::new(Place::new(book.clone(), node)), &clock);
        let live = Live::new(setting(&clock, names.clone(), tongues, watch));
        let (journal, surroundings) = (Box::new(store.journal(&realm(at))), Rc::new(live.clone()));
        let config = Config { role, rules_off: seat.rules_off, journal, surroundings };
        let actor = Node::open(config).map_err(io::Error::other)?.start();
        let door = doors.remove(&node).map(|left| {
            servers.push(left.listening);
            left.door
        });
        live.inhabit(actor, door);
        people.push(live);
    }
    let mut player = Player::new(book.clone(), clock.clone(), people, actions, settings, traces.clone());
    let played = tokio::time::timeout(STUCK_AFTER, player.play()).await;
    for server in servers {
        server.stop(false).await;
    }
    player.nodes.iter().for_each(Live::leave);
    traces.end(|_| clock.now());
    played.map_err(|_| io::Error::other(format!("stuck: {}", book.what_moves())))?;
    Ok(book.finished())
}

pub(super) fn sites(truth: &Truth, seats: Vec<Seat>) -> Vec<Site> {
    let site = |(at, seat): (usize, Seat)| {
        let origin = truth.get(NodeId(at as u16)).and_then(|node| node.origin.clone());
        Site { origin, routes: seat.routes, revision: seat.revision }
    };
    seats.into_iter().enumerate().map(site).collect()
}

/// Does the script's steps.
struct Player {
    book: Rc<Book>,
    clock: Clock,
    nodes: Vec<Live>,
    at_rest: VecDeque<(u32, Deed)>,
    timed: BTreeMap<(Timestamp, u32), Deed>,
    wake: Option<Timestamp>,
    last: Timestamp,
    settle_max: Duration,
    words: Vec<Text>,
    traces: Traces,
}

impl Player {
    fn new(
        book: Rc<Book>,
        clock: Clock,
        nodes: Vec<Live>,
        actions: Vec<Action>,
        settings: Settings,
        traces: Traces,
    ) -> Self {
        let words = actions.iter().map(|action| action.name.clone()).collect();
        let (mut at_rest, mut timed) = (VecDeque::new(), BTreeMap::new());
        for (index, action) in (0..).zip(actions) {
            match action.when {
                When::AtRest => at_rest.push_back((index, action.what)),
                When::After(delay) => {
                    timed.insert((settings.start + delay, index), action.what);
                }
            }
        }
        let (last, settle_max) = (settings.start, settings.settle_max);
        Self { book, clock, nodes, at_rest, timed, wake: None, last, settle_max, words, traces }
    }

    async fn play(&mut self) {
        loop {
            self.book.quiet().await;
            if self.wake.is_none()
                && self.book.open() == 0
                && let Some((index, deed)) = self.at_rest.pop_front()
            {
                self.act(index, deed);
                continue;
            }
            let Some(at) = self.next_due() else { return };
            let all_done = self.at_rest.is_empty() && self.timed.is_empty() && self.wake.is_none();
            if all_done && at.since(self.last) > self.settle_max {
                return;
            }
            self.step_to(at).await;
        }
    }

    fn next_due(&self) -> Option<Timestamp> {
        let timed = self.timed.keys().next().map(|(at, _)| *at);
        [timed, self.wake, self.book.next_timer()].into_iter().flatten().min()
    }

    async fn step_to(&mut self, at: Timestamp) {
        self.clock.step_to(at);
        self.wake = self.wake.filter(|wake| *wake > at);
        while self.book.next_timer().is_some_and(|due| due <= at) {
            actix_rt::task::yield_now().await;
        }
        if let Some(entry) = self.timed.first_entry()
            && entry.key().0 <= at
        {
            let ((_, index), deed) = entry.remove_entry();
            self.act(index, deed);
        }
    }

    fn act(&mut self, index: u32, deed: Deed) {
        self.last = self.clock.now();
        match deed {
            Deed::Act(node, act) => {
                let cause = Name { root: index, word: "act", nth: 1, leg: Leg::Act, copy: 0 };
                let words = self.words.get(index as usize).cloned().unwrap_or_default();
                self.traces.acts(self.clock.now(), node, cause, words);
                self.book.acts(node, cause);
                self.nodes[usize::from(node.0)].deliver(cause, Input::Act(act));
            }
            Deed::Wait(span) => self.wake = Some(self.clock.now() + span),
            // Refused before anything began.
            Deed::Crash(..)
            | Deed::Cut(..)
            | Deed::StripTls(..)
            | Deed::Mend(..)
            | Deed::StepClock(..)
            | Deed::Heal => {}
        }
    }
}
