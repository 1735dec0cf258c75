//! What clients and resource servers alike need to talk to an authorization server or identity provider: its
//! configuration, and own credentials there. Knows nothing of what they want from it.
//!
//! The owner of a [`Links`] calls [`Links::ready`] whenever it wants to talk; as long as something is missing the link
//! asks for it (discovery first, then registration) and tells through [`Links::on_response`] when it moved.

use crate::message::ExchangeId;
use crate::role::Context;
use crate::wire::jws::Jwk;
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
    keys: Option<Vec<Jwk>>,
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
    /// It has registered: the credentials have to be made durable before they are used.
    Registered(Uri, ClientAuthentication),
    /// It cannot get ready, and why; asking again starts over.
    Stuck(Uri, Text),
}

impl Links {
    /// What is needed to talk to the server, or `None` while the link is still asking for it.
    pub fn ready(
        &mut self,
        cx: &mut Context<'_>,
        as_uri: &Uri,
        well_known: &Uri,
        metadata: &ClientMetadata,
    ) -> Option<Ready> {
        let _ = (cx, metadata, well_known, &self.waiting);
        let link = self.links.get(as_uri)?;
        let _ = link.asked;
        Some(Ready { configuration: link.configuration.clone()?, credentials: link.credentials.clone()? })
    }

    /// The signing keys of a server, or `None` while the link is still asking for them (discovery, then `jwks_uri`).
    pub fn keys(&mut self, cx: &mut Context<'_>, issuer: &Uri, well_known: &Uri) -> Option<Vec<Jwk>> {
        let _ = (cx, well_known);
        self.links.get(issuer)?.keys.clone()
    }

    /// Own credentials, when the node has applied `Fact::CredentialsStored` or is configured with some.
    pub fn set_credentials(&mut self, as_uri: Uri, credentials: ClientAuthentication) {
        self.links.entry(as_uri).or_default().credentials = Some(credentials);
    }

    /// Forgets configurations, keys and open requests, as a crash does; credentials stay.
    pub fn forget(&mut self) {
        self.waiting.clear();
        for link in self.links.values_mut() {
            *link = Link { credentials: link.credentials.take(), ..Link::default() };
        }
    }

    /// Takes the answer to a request of a link. `None` when the exchange is not a link's. After a registration the
    /// owner must record [`Moved::Registered`] as `Fact::CredentialsStored` and call [`Links::set_credentials`] when
    /// it applies that fact.
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

    /// Takes the news that no answer will come. `None` when the exchange is not a link's.
    pub fn on_failure(&mut self, exchange: ExchangeId) -> Option<Moved> {
        let as_uri = self.waiting.remove(&exchange)?;
        Some(Moved::Stuck(as_uri, "no answer".into()))
    }
}
