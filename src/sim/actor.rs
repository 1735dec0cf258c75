//! The actor host: the same scheduler and the same roles, each role in an actix actor, one delivery in flight.

use crate::sim::kernel::Hosted;
use crate::sim::scheduler::{Handle, Job, Outcome, Scheduler};
use crate::trace::Fact;
use crate::transport::actor::{Deliver, Hostable, RoleActor};
use actix::Addr;
use std::io;

/// What is sent to the actor of a role.
#[derive(Debug)]
pub enum Order {
    /// An input.
    Handle(Box<Handle>),
    /// Builds the role anew.
    Rebuild(Vec<Fact>),
}

impl Hostable<Order> for Hosted {
    type Outcome = Option<Outcome>;

    fn take(&mut self, order: Order) -> Self::Outcome {
        match order {
            Order::Handle(handle) => Some(self.handle(*handle)),
            Order::Rebuild(facts) => {
                self.rebuild(&facts);
                None
            }
        }
    }
}

pub(super) type Actor = Addr<RoleActor<Hosted>>;

/// Drives a run to its end in an actix system of its own.
///
/// # Errors
/// When the runtime cannot be started or an actor is gone, which is a fault of the host and not of the run.
pub fn run(scheduler: Scheduler, hosted: Vec<Hosted>) -> io::Result<Scheduler> {
    let system = actix::System::new();
    // From the root task a send costs twice as much as from a spawned one.
    system.block_on(async { actix_rt::spawn(drive(scheduler, hosted)).await.map_err(io::Error::other)? })
}

async fn drive(mut scheduler: Scheduler, hosted: Vec<Hosted>) -> io::Result<Scheduler> {
    let actors: Vec<Actor> = hosted.into_iter().map(RoleActor::start_with).collect();
    let mut job = scheduler.next();
    while let Some(next) = job {
        job = match next {
            Job::Handle(handle) => {
                let actor = &actors[usize::from(handle.node.0)];
                if let Some(outcome) = order(actor, Order::Handle(handle)).await? {
                    scheduler.complete(outcome);
                }
                scheduler.next()
            }
            Job::Rebuild { node, facts } => {
                order(&actors[usize::from(node.0)], Order::Rebuild(facts)).await?;
                scheduler.rebuilt()
            }
            Job::Carry(carrying) => scheduler.carry(&carrying),
            Job::Return(returning) => scheduler.bring_back_by_codec(&returning),
            Job::Written { .. } => scheduler.next(),
        };
    }
    Ok(scheduler)
}

pub(super) async fn order(actor: &Actor, order: Order) -> io::Result<Option<Outcome>> {
    actor.send(Deliver::new(order)).await.map(|outcome| outcome.0).map_err(io::Error::other)
}
