//! A machine inside an actix actor. Whoever drives it sends one message at a time and awaits the outcome, so that
//! mailboxes have no say in the order of things.

use actix::{Actor, Addr, Context, Handler, Message};

/// A machine that takes messages of one type and answers each with one outcome.
pub trait Hostable<M>: Unpin + 'static {
    /// What comes back.
    type Outcome: Send + 'static;

    /// Takes one message.
    fn take(&mut self, message: M) -> Self::Outcome;
}

/// The actor around a machine.
#[derive(Debug)]
pub struct RoleActor<H> {
    machine: H,
}

/// One message to the machine of an actor.
#[derive(Debug)]
pub struct Deliver<M, O> {
    message: M,
    outcome: std::marker::PhantomData<fn() -> O>,
}

impl<M, O> Deliver<M, O> {
    /// Wraps a message.
    pub const fn new(message: M) -> Self {
        Self { message, outcome: std::marker::PhantomData }
    }
}

impl<M: Send + 'static, O: Send + 'static> Message for Deliver<M, O> {
    type Result = Outcome<O>;
}

/// An outcome on its way back.
#[derive(Debug)]
pub struct Outcome<O>(pub O);

impl<A, M, O> actix::dev::MessageResponse<A, M> for Outcome<O>
where
    A: Actor,
    M: Message<Result = Self>,
    O: Send + 'static,
{
    fn handle(self, _context: &mut A::Context, sender: Option<actix::dev::OneshotSender<M::Result>>) {
        if let Some(sender) = sender {
            // Nobody waits when the driver was dropped.
            let _gone = sender.send(self);
        }
    }
}

impl<H: Unpin + 'static> RoleActor<H> {
    /// Starts an actor around a machine on the current thread.
    pub fn start_with(machine: H) -> Addr<Self> {
        Self { machine }.start()
    }
}

impl<H: Unpin + 'static> Actor for RoleActor<H> {
    type Context = Context<Self>;
}

impl<H, M> Handler<Deliver<M, H::Outcome>> for RoleActor<H>
where
    H: Hostable<M>,
    M: Send + 'static,
{
    type Result = Outcome<H::Outcome>;

    fn handle(&mut self, deliver: Deliver<M, H::Outcome>, _context: &mut Context<Self>) -> Self::Result {
        Outcome(self.machine.take(deliver.message))
    }
}
