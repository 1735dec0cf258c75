//! Short runs: one whole authorization process in a fresh world.

use crate::size::sized;
use crate::worlds::{build, one_process, stories};
use crate::{Outcome, best, figure, per_second};
use umaverse::sim::kernel::{self, Hosted};
use umaverse::sim::oracle::Oracle;
use umaverse::sim::run::{Options, run};
use umaverse::sim::scheduler::{Recorder, Scheduler};
use umaverse::sim::script::ScriptFile;
use umaverse::sim::world::World;
use umaverse::trace::note::FetchOutcome;
use umaverse::trace::{Event, Note};

const RUNS: [u64; 2] = [2000, 2];
const TIMES: u32 = 5;
/// The fetch is the third action, after connecting and setting a policy.
const FETCH: u32 = 2;

pub(crate) fn figures() -> Outcome {
    for (revision, story) in stories()? {
        let script = one_process(&story);
        println!("processes: {revision}, {} fresh worlds", sized(RUNS));
        prepared(revision, &build(&script)?)?;
        whole(revision, &script)?;
    }
    Ok(())
}

// From the access attempt to the content, in a copy of a world in which the owner has connected and set a policy.
fn prepared(revision: &str, world: &World) -> Outcome {
    let runs = sized(RUNS);
    let mut before = 0;
    let (mut scheduler, mut hosted) = begin(world.clone(), true);
    kernel::run_while(&mut scheduler, &mut hosted, |scheduler| {
        before = scheduler.deliveries() - 1;
        scheduler.recorder().records().last().is_none_or(|record| record.cause.root < FETCH)
    });
    let (mut scheduler, mut hosted) = begin(world.clone(), false);
    kernel::run_while(&mut scheduler, &mut hosted, |scheduler| scheduler.deliveries() < before);
    let mut deliveries = 0;
    let (time, ()) = best(TIMES, || {
        for _ in 0..runs {
            let (mut scheduler, mut hosted) = (scheduler.clone(), hosted.clone());
            kernel::run(&mut scheduler, &mut hosted);
            deliveries = scheduler.deliveries() - before;
        }
    });
    println!("{before} deliveries before, {deliveries} in the process");
    figure(&format!("process-{revision}"), per_second(runs, time), "processes/s");
    let (time, ()) = best(TIMES, || (0..runs).for_each(|_| drop((scheduler.clone(), hosted.clone()))));
    figure(&format!("copy-of-prepared-world-{revision}"), per_second(runs, time), "copies/s");
    Ok(())
}

fn begin(world: World, store: bool) -> (Scheduler, Vec<Hosted>) {
    let World { settings, truth, roles, seats, actions, .. } = world;
    let hosted = roles.into_iter().zip(&seats).map(|(role, seat)| Hosted::new(role, seat.rules_off.clone())).collect();
    let recorder = Recorder::new(&truth, true, store);
    (Scheduler::new(settings, truth, seats, actions, Oracle::fifo(), recorder), hosted)
}

// From connecting to the content, in a world of which nothing has happened yet.
fn whole(revision: &str, script: &ScriptFile) -> Outcome {
    let runs = sized(RUNS);
    let world = build(script)?;
    let seen = run(world.clone(), &Options::default())?;
    let got = |event: &Event| {
        matches!(event, Event::Noted { note: Note::FetchEnded { outcome: FetchOutcome::Got { .. }, .. }, .. })
    };
    if !seen.records.iter().any(|record| got(&record.event)) {
        return Err("nobody got the content".into());
    }
    let options = Options { store: false, ..Options::default() };
    let (time, ran) = best(TIMES, || (0..runs).try_for_each(|_| run(world.clone(), &options).map(drop)));
    ran?;
    println!("{} deliveries in the whole run", seen.deliveries);
    figure(&format!("whole-run-{revision}"), per_second(runs, time), "runs/s");
    let (time, ran) =
        best(TIMES, || (0..runs).try_for_each(|_| -> Outcome { Ok(run(build(script)?, &options).map(drop)?) }));
    ran?;
    figure(&format!("whole-run-with-build-{revision}"), per_second(runs, time), "runs/s");
    Ok(())
}
