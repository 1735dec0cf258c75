//! Messages that a host carries itself: the scheduler says when, the host brings what became of them.

use super::exchange::Exchange;
use super::{Job, Scheduler};
use crate::message::{Arrival, ExchangeId, Leg, Name, NodeId};
use crate::role::Input;
use crate::trace::Event as Happened;
use crate::wire::codec::{self, Routes};
use crate::wire::{Answer, Call, DecodeError, Received, Request, Revision, Timestamp, Uri};

/// What a host needs to serve for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Where it is; people are nowhere.
    pub origin: Option<Uri>,
    /// The paths it serves.
    pub routes: Routes,
    /// The revision whose codec it speaks.
    pub revision: Revision,
}

/// A request whose time to arrive has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrying {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Who asks.
    pub from: NodeId,
    /// The server.
    pub to: NodeId,
    /// For a second delivery the exchange in which the request left.
    pub copy_of: Option<ExchangeId>,
    /// The revision in which the request is written.
    pub spoken: Revision,
    /// The request.
    pub call: Call,
}

/// An answer whose time to return has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returning {
    /// The exchange.
    pub exchange: ExchangeId,
    /// The server that answers.
    pub from: NodeId,
    /// The revision in which the answer is read.
    pub spoken: Revision,
    /// The revision in which it is written.
    pub written: Revision,
    /// What it was asked.
    pub asked: Request,
    /// The answer.
    pub answer: Answer,
}

impl Scheduler {
    /// A [`Job::Carry`] by a host that has nothing but the codec.
    pub fn carry(&mut self, carrying: &Carrying) -> Option<Job> {
        let site = self.site(carrying.to);
        let bytes = codec::encode_request(carrying.spoken, &carrying.call);
        self.arrived(carrying.exchange, codec::decode_request(site.revision, &site.routes, &bytes))
    }

    /// A [`Job::Return`] by a host that has nothing but the codec.
    pub fn bring_back_by_codec(&mut self, returning: &Returning) -> Option<Job> {
        let Returning { exchange, from: _, spoken, written, asked, answer } = returning;
        let bytes = codec::encode_response(*written, asked, answer);
        self.returned(*exchange, codec::decode_response(*spoken, asked, &bytes))
    }

    /// What a node serves.
    pub fn site(&self, node: NodeId) -> Site {
        let seat = &self.nodes[usize::from(node.0)];
        let origin = self.truth.get(node).and_then(|node| node.origin.clone());
        Site { origin, routes: seat.routes.clone(), revision: seat.revision }
    }

    /// What the clock of a node shows.
    pub fn clock_of(&self, node: NodeId) -> Timestamp {
        self.nodes[usize::from(node.0)].clock(self.now)
    }

    /// True while the answer of an exchange is still awaited.
    pub fn is_open(&self, exchange: ExchangeId) -> bool {
        self.exchanges.contains_key(&exchange)
    }

    /// What became of a [`Job::Carry`].
    pub fn arrived(&mut self, id: ExchangeId, mut received: Received) -> Option<Job> {
        let exchange = self.exchanges.get(&id)?;
        let tls = exchange.tls;
        let (from, to, name, copy_of) = (exchange.from, exchange.to, exchange.name, exchange.copy_of);
        let undecodable = received.message.as_ref().err().cloned();
        self.emit(to, name, Happened::Arrived { from, to, exchange: id, copy_of, undecodable });
        // The bytes say nothing about the link; the scheme of the address that was asked for does.
        if !tls {
            received.uri = received.uri.with_scheme("http");
        }
        let arrival = Arrival::new(id, tls, received);
        self.hand(to, name, Input::Request(arrival))
    }

    /// What became of a [`Job::Return`].
    pub fn returned(&mut self, id: ExchangeId, answer: Result<Answer, DecodeError>) -> Option<Job> {
        let exchange = self.exchanges.remove(&id)?;
        self.hand_back(id, &exchange, answer)
    }

    pub(super) fn hand_back(
        &mut self,
        id: ExchangeId,
        exchange: &Exchange,
        answer: Result<Answer, DecodeError>,
    ) -> Option<Job> {
        let name = Name { leg: Leg::Answer, ..exchange.name };
        self.emit(exchange.from, name, Happened::Returned { to: exchange.from, exchange: id });
        self.hand(exchange.from, name, Input::Response { exchange: id, answer })
    }
}
