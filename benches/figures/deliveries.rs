//! Deliveries per second, and what each part of a delivery costs: roles and scheduler, digest, invariants, bytes,
//! actors; beside a bare kernel loop, the ceiling of this machine.

use crate::size::sized;
use crate::worlds::{build, steady, stories};
use crate::{Outcome, best, figure, nanos_each, per_second};
use rustc_hash::FxHasher;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hash::Hasher;
use std::time::Duration;
use umaverse::check::Judge;
use umaverse::sim::generate::draw;
use umaverse::sim::plan::Plan;
use umaverse::sim::run::{Finished, Host, Options, run};
use umaverse::sim::scheduler::WireMode;
use umaverse::sim::world::World;
use umaverse::trace::TraceDigest;

const ROUNDS: [u32; 2] = [800, 2];
const TIMES: u32 = 5;
const DRAWN: [u64; 2] = [300, 3];
const BARE_EVENTS: [u64; 2] = [3_000_000, 1000];

pub(crate) fn figures() -> Outcome {
    let (rounds, bare_events) = (sized(ROUNDS), sized(BARE_EVENTS));
    println!("deliveries: a bare loop of five machines with {bare_events} messages of 200 bytes and a digest");
    let (time, digest) = best(TIMES, || bare_loop(bare_events));
    println!("digest {digest:016x}");
    figure("bare-loop", per_second(bare_events, time), "events/s");
    for (revision, story) in stories()? {
        println!("deliveries: {revision}, photo sharing for {rounds} rounds of four fetches");
        of_world(revision, &build(&steady(&story, rounds))?)?;
    }
    drawn_worlds()
}

fn of_world(revision: &str, world: &World) -> Outcome {
    let all = Options { store: false, ..Options::default() };
    let (kernel, count) = timed(world, &all)?;
    figure(&format!("kernel-{revision}"), per_second(count, kernel), "deliveries/s");
    let (actor, _) = timed(world, &Options { host: Host::Actor, ..all })?;
    figure(&format!("actor-{revision}"), per_second(count, actor), "deliveries/s");
    let (unjudged, _) = timed(world, &Options { judge: false, ..all })?;
    figure(&format!("kernel-without-judge-{revision}"), per_second(count, unjudged), "deliveries/s");
    let finished = run(world.clone(), &Options { judge: false, ..Options::default() })?;
    let digest = digest_alone(&finished);
    let bare = unjudged.saturating_sub(digest);
    figure(&format!("kernel-without-judge-and-digest-{revision}"), per_second(count, bare), "deliveries/s");
    figure(&format!("records-{revision}"), finished.records.len() as f64 / count as f64, "records/delivery");
    figure(&format!("cost-of-roles-and-scheduler-{revision}"), nanos_each(count, bare), "ns/delivery");
    figure(&format!("cost-of-digest-{revision}"), nanos_each(count, digest), "ns/delivery");
    figure(&format!("cost-of-judge-{revision}"), nanos_each(count, judge_alone(&finished)), "ns/delivery");
    let (encoded, _) = timed(world, &Options { wire: WireMode::Encoded, ..all })?;
    figure(&format!("wire-encoded-{revision}"), encoded.as_secs_f64() / kernel.as_secs_f64(), "times-as-long");
    Ok(())
}

fn timed(world: &World, options: &Options) -> Outcome<(Duration, u64)> {
    let mut worlds = vec![world.clone(); TIMES as usize];
    let (time, finished) = best(TIMES, || worlds.pop().map(|world| run(world, options)));
    let finished = finished.ok_or("a world for every time")??;
    if let Some(violation) = finished.violation() {
        // Figures of a run that goes wrong are figures of something else; whoever reads them should know.
        println!("broken: {}: {}", violation.invariant, violation.message);
    }
    Ok((time, finished.deliveries))
}

fn digest_alone(finished: &Finished) -> Duration {
    let all = || {
        let mut digest = TraceDigest::new();
        finished.records.iter().for_each(|record| digest.add(record));
        digest
    };
    best(TIMES, all).0
}

fn judge_alone(finished: &Finished) -> Duration {
    let all = || {
        let mut judge = Judge::new(&finished.truth);
        finished.records.iter().for_each(|record| judge.observe(&finished.truth, record));
        judge
    };
    best(TIMES, all).0
}

// What `umaverse explore` does over and over: drawing, building and running worlds of the default plan.
fn drawn_worlds() -> Outcome {
    let count_drawn = sized(DRAWN);
    println!("deliveries: {count_drawn} drawn worlds with faults, as a campaign runs them");
    let (drawing, drawn) = best(3, || (0..count_drawn).map(|seed| draw(&Plan::default(), seed)).collect::<Vec<_>>());
    let (building, worlds) = best(3, || drawn.iter().map(|it| build(&it.script)).collect::<Outcome<Vec<_>>>());
    let worlds = worlds?;
    let all = || {
        let seeds = drawn.iter().zip(&worlds).zip(0..);
        let one = |((drawn, world), seed): ((&umaverse::sim::generate::Drawn, &World), u64)| {
            let options = Options { store: false, random: Some((seed, drawn.rates)), ..Options::default() };
            run(world.clone(), &options).map(|finished| finished.deliveries)
        };
        seeds.map(one).sum::<Result<u64, _>>()
    };
    let (running, count) = best(3, all);
    let count = count?;
    println!("{count} deliveries");
    figure("drawn-worlds", per_second(count, running), "deliveries/s");
    figure("drawn-world-drawing", nanos_each(count_drawn, drawing) / 1000.0, "us/world");
    figure("drawn-world-building", nanos_each(count_drawn, building) / 1000.0, "us/world");
    figure("drawn-world-running", nanos_each(count_drawn, running) / 1000.0, "us/world");
    Ok(())
}

fn bare_loop(events: u64) -> u64 {
    let mut machines = vec![BTreeMap::<u64, u64>::new(); 5];
    let mut queue = BinaryHeap::new();
    let mut digest = FxHasher::default();
    for number in 0..16_u64 {
        queue.push(Reverse((number, number, number as usize % 5, Box::new([number as u8; 200]))));
    }
    for number in 16..events + 16 {
        let Some(Reverse((at, _, to, mut message))) = queue.pop() else { break };
        digest.write(&*message);
        let seen = machines[to].entry(number % 1000).or_default();
        *seen += 1;
        message[0] = *seen as u8;
        queue.push(Reverse((at + 10, number, (to + 1) % 5, message)));
    }
    digest.finish()
}
