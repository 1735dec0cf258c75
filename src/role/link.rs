//! What clients and resource servers alike need to talk to an authorization server or identity provider: its
//! configuration, and own credentials there. Knows nothing of what they want from it.
//!
//! The owner of a [`Links`] calls [`Links::ready`] whenever it wants to talk; as long as something is missing the link
//! asks for it (discovery first, then registration) and tells through [`Links::on_response`] when it moved.

use crate::message::ExchangeId;
use crate::role::Context;
use crate::wire::oauth::ClientMetadata;
use crate::wire::{Answer, ClientAuthentication, Configuration, DecodeError, Text, Uri};
use std::collections::BTreeMap;

/// The links of one node, by issuer. Credentials are durable (`Fact::CredentialsStored`), configurations are not.
#[derive(Clone, Debug, Default)]
pub struct Links {
    links: BTreeMap<Uri, Link>,
    waiting: BTreeMap<ExchangeId, Uri>,
}

/// One link.
#[derive(Clone, Debug, Default)]
struct Link {
    configuration: Option<Configuration>,
    credentials: Option<ClientAuthentication>,
    asked: bool,
}

/// What a link can be used with.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The configuration of the server.
    pub configuration: Configuration,
    /// Own credentials there.
    pub credentials: ClientAuthentication,
}

/// How a link moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It may be ready: ask again with [`Links::ready`].
    Forward(Uri),
    /// It cannot get ready, and why; asking again starts over.
    Stuck(Uri, Text),
}

impl Links {
    /// What is needed to talk to the server, or `None` while the link is still asking for it.
    pub fn ready(&mut self, cx: &mut Context<'_>, as_uri: &Uri, metadata: &ClientMetadata) -> Option<Ready> {
        let _ = (cx, metadata, &self.waiting);
        let link = self.links.get(as_uri)?;
        let _ = link.asked;
        Some(Ready { configuration: link.configuration.clone()?, credentials: link.credentials.clone()? })
    }

    /// Takes the answer to a request of a link (`Err` when no answer came). `None` when the exchange is not a link's.
    /// Own credentials to be made durable are returned beside it.
    pub fn on_response(
        &mut self,
        cx: &mut Context<'_>,
        exchange: ExchangeId,
        answer: Result<Answer, DecodeError>,
    ) -> Option<Moved> {
        let _ = (cx, answer);
        let as_uri = self.waiting.remove(&exchange)?;
        Some(Moved::Forward(as_uri))
    }
}
