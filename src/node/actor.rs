//! The actor around a node.

use super::Node;
use crate::message::Name;
use crate::role::Input;
use crate::transport::journal::JournalError;
use crate::wire::Answer;
use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message};
use tokio::sync::oneshot;

/// An input for the role.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Deliver {
    /// The step that it is.
    pub cause: Name,
    /// The input.
    pub input: Input,
    /// Where the answer to a request goes.
    pub answer: Option<oneshot::Sender<Answer>>,
}

/// The journal has news.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Written;

/// After a stop: the role is to be built anew from the journal. Answers how many facts that were.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<u64, JournalError>")]
pub struct Reopen;

/// The node is to end.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Close;

impl Actor for Node {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.wake = Some(context.address().recipient());
    }
}

impl Handler<Deliver> for Node {
    type Result = ();

    fn handle(&mut self, deliver: Deliver, _context: &mut Self::Context) {
        self.deliver(deliver.cause, deliver.input, deliver.answer);
    }
}

impl Handler<Written> for Node {
    type Result = ();

    fn handle(&mut self, _written: Written, _context: &mut Self::Context) {
        self.take_written();
    }
}

impl Handler<Reopen> for Node {
    type Result = Result<u64, JournalError>;

    fn handle(&mut self, _reopen: Reopen, _context: &mut Self::Context) -> Self::Result {
        self.rebuild()
    }
}

impl Handler<Close> for Node {
    type Result = ();

    fn handle(&mut self, _close: Close, context: &mut Self::Context) {
        context.stop();
    }
}
