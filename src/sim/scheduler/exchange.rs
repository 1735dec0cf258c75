//! One request and its answer, as the network sees them.

use crate::message::{Arrival, ExchangeId, Name, NodeId};
use crate::sim::scheduler::WireMode;
use crate::wire::codec::{self, Routes};
use crate::wire::{Answer, Call, Credentials, DecodeError, Received, Request, Revision};

/// An exchange that is under way.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) from: NodeId,
    pub(super) from_incarnation: u32,
    pub(super) to: NodeId,
    pub(super) name: Name,
    /// The request until it arrives.
    pub(super) call: Option<Box<Call>>,
    /// Whether its link is TLS.
    pub(super) tls: bool,
    /// The revision that the server speaks at the address.
    pub(super) served: Revision,
    /// What was asked, kept where the answer will be decoded from bytes.
    pub(super) asked: Option<Box<Request>>,
    /// For a second delivery the exchange of the first.
    pub(super) copy_of: Option<ExchangeId>,
}

impl Exchange {
    /// True for the second delivery of a request: nobody waits for its answer.
    pub(super) const fn is_duplicate(&self) -> bool {
        self.name.copy > 0
    }
}

/// The request as its server gets it. A message that does not fit the endpoint at its URI is made into bytes in any
/// mode, so that the server finds the same fault in it as it would over HTTP.
pub(super) fn receive(
    mode: WireMode,
    Tongues { written, read: revision }: Tongues,
    routes: &Routes,
    exchange: ExchangeId,
    call: Call,
) -> (Arrival, Option<DecodeError>) {
    let tls = call.to.is_https();
    let fits = routes.endpoint(&call.to) == call.message.endpoint() && needs_bearer_only(&call);
    let received = if mode == WireMode::Typed && fits && written == revision {
        let Call { to, credentials, cookie, message } = call;
        Received { uri: to, credentials, cookie, message: Ok(message) }
    } else {
        codec::decode_request(revision, routes, &codec::encode_request(written, &call))
    };
    let undecodable = received.message.as_ref().err().cloned();
    (Arrival::new(exchange, tls, received), undecodable)
}

// Client credentials travel in the body of a form; anywhere else the bytes decide what is left of them.
fn needs_bearer_only(call: &Call) -> bool {
    match &call.credentials {
        Credentials::None | Credentials::Bearer(_) => true,
        Credentials::Client(_) => matches!(call.message, Request::Token(_) | Request::Revoke(_)),
    }
}

/// The revision in which a message is written, and the one in which it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tongues {
    pub(super) written: Revision,
    pub(super) read: Revision,
}

/// The answer as whoever asked gets it.
pub(super) fn read_answer(
    mode: WireMode,
    Tongues { written, read }: Tongues,
    asked: Option<&Request>,
    answer: Answer,
) -> Result<Answer, DecodeError> {
    match asked {
        Some(asked) if mode != WireMode::Typed || written != read => {
            codec::decode_response(read, asked, &codec::encode_response(written, asked, &answer))
        }
        _ => Ok(answer),
    }
}
