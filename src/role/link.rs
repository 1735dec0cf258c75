//! What clients and resource servers alike need to talk to an authorization server or identity provider: its
//! configuration (Grant §2; D6 §1.5), own credentials there (RFC 7591), and its keys. Knows nothing of what they want
//! from it.
//!
//! The owner of a [`Links`] calls [`Links::ready`] whenever it wants to talk; as long as something is missing the link
//! asks for it (discovery first, then registration) and tells through [`Links::on_response`] when it moved.

mod key_sets;

pub use key_sets::{Key, KeysFrom, Wanted};

use crate::message::ExchangeId;
use crate::role::{Context, Rule, SigningKey};
use crate::trace::Fact;
use crate::wire::client_assertion::{self, ClientAssertionClaims};
use crate::wire::configuration::other_place;
use crate::wire::error::DecodeErrorKind;
use crate::wire::jws::Jwk;
use crate::wire::oauth::{AuthenticationMethod, ClientKeys, ClientMetadata, KeySource};
use crate::wire::{
    Answer, Call, ClientAuthentication, ClientId, ClientSecret, Configuration, Credentials, DecodeError, Duration,
    Endpoint, Request, Response, Text, Timestamp, Uri,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long a server may take: less than whoever waits for the link waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// The links of one node, by issuer. Credentials are durable (`Fact::CredentialsStored`), configurations are not.
#[derive(Clone, Debug, Default)]
pub struct Links {
    links: BTreeMap<Uri, Link>,
    open: BTreeMap<ExchangeId, Open>,
    key: Option<Arc<SigningKey>>,
}

/// One link.
#[derive(Clone, Debug, Default)]
struct Link {
    configuration: Option<Arc<Configuration>>,
    credentials: Option<ClientAuthentication>,
    keys: Option<Vec<Jwk>>,
    /// When they were asked for.
    keys_asked: Option<Timestamp>,
    /// True while a request is open: there is never more than one.
    asking: bool,
}

/// One open request of a link.
#[derive(Clone, Debug)]
struct Open {
    issuer: Uri,
    to: Uri,
    awaits: Awaited,
}

/// What an open request waits for.
#[derive(Clone, Copy, Debug)]
enum Awaited {
    /// The discovery document, which must name this further endpoint.
    Configuration(Needed),
    /// The document of another revision: there is none of the own one, and somebody wants to know why.
    OtherRevision,
    /// Own credentials.
    Credentials,
    /// The keys.
    Keys,
}

/// What a discovery document is read for.
#[derive(Clone, Copy, Debug)]
enum Needed {
    /// The endpoints that every document names.
    Endpoints,
    /// The registration endpoint: there are no credentials yet.
    Registration,
    /// The key set.
    Keys,
}

/// What a link can be used with.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The configuration of the server, shared with the link.
    pub configuration: Arc<Configuration>,
    /// Own credentials there, which [`Ready::proven`] goes with.
    pub credentials: ClientAuthentication,
    key: Option<Arc<SigningKey>>,
}

/// How long what the node signs about itself is good.
const ASSERTION_LIFETIME: Duration = Duration::from_secs(60);

impl Ready {
    /// What goes with one request that this node authenticates: its secret, or something newly signed.
    pub fn proven(&self, cx: &mut Context<'_>) -> Credentials {
        let (ClientAuthentication::Public(client), Some(key)) = (&self.credentials, &self.key) else {
            return Credentials::Client(self.credentials.clone());
        };
        let claims = ClientAssertionClaims {
            issuer: client.as_str().into(),
            subject: client.clone(),
            // The one name of the server that no document of another server can make this node use (rfc7523bis).
            audience: BTreeSet::from([Text::from(self.configuration.issuer.as_str())]),
            expires_at: (cx.at + ASSERTION_LIFETIME).whole_secs(),
            issued_at: Some(cx.at.whole_secs()),
            not_before: None,
            id: Some(cx.mint_id("jti").into()),
        };
        let crypto = cx.crypto();
        let assertion = client_assertion::write(&crypto.public(key), &claims, |input| crypto.sign(key, input));
        Credentials::Client(ClientAuthentication::Assertion(client.clone(), assertion))
    }
}

/// How a link moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It may be ready: ask again with [`Links::ready`].
    Forward(Uri),
    /// It has registered: the credentials have to be made durable before they are used.
    Registered(Uri, ClientAuthentication),
    /// The server speaks another revision, in words for people; asking again changes nothing.
    OtherRevision(Uri, Text),
    /// It is not ready, and goes on asking.
    Asking(Uri),
    /// It cannot get ready, and why; asking again starts over.
    Stuck(Uri, Text),
}

impl Moved {
    /// Whose link it is.
    pub fn issuer(&self) -> &Uri {
        match self {
            Self::Forward(issuer)
            | Self::Registered(issuer, _)
            | Self::OtherRevision(issuer, _)
            | Self::Asking(issuer)
            | Self::Stuck(issuer, _) => issuer,
        }
    }

    /// The fact to record before the link is used again, if any.
    pub fn fact(&self) -> Option<Fact> {
        match self {
            Self::Registered(issuer, credentials) => Some(Fact::CredentialsStored {
                as_uri: issuer.clone(),
                client: credentials.client_id().clone(),
                secret: credentials.secret().cloned(),
            }),
            Self::Forward(_) | Self::OtherRevision(..) | Self::Asking(_) | Self::Stuck(..) => None,
        }
    }
}

impl Links {
    /// Links of a node that is configured with credentials at some servers, and signs with a key where it has no secret.
    pub fn configured(credentials: &BTreeMap<Uri, ClientAuthentication>, key: Option<SigningKey>) -> Self {
        let mut links = Self { key: key.map(Arc::new), ..Self::default() };
        for (issuer, credentials) in credentials {
            links.set_credentials(issuer.clone(), credentials.clone());
        }
        links
    }

    /// What is needed to talk to the server, when all of it is here; asks for nothing.
    pub fn at_hand(&self, as_uri: &Uri) -> Option<Ready> {
        let Link { configuration, credentials, .. } = self.links.get(as_uri)?;
        let (configuration, credentials) = (configuration.clone()?, credentials.clone()?);
        Some(Ready { configuration, credentials, key: self.key.clone() })
    }

    /// What is needed to talk to the server, or `None` while the link is still asking for it.
    pub fn ready(
        &mut self,
        cx: &mut Context<'_>,
        as_uri: &Uri,
        well_known: &Uri,
        metadata: &ClientMetadata,
    ) -> Option<Ready> {
        if let Some(ready) = self.at_hand(as_uri) {
            return Some(ready);
        }
        let link = self.links.entry(as_uri.clone()).or_default();
        let needed = if link.credentials.is_some() { Needed::Endpoints } else { Needed::Registration };
        let spoken = link.configuration.as_ref().filter(|known| !known.registers_by_openid());
        let endpoint = spoken.and_then(|known| known.registration_endpoint.clone());
        match endpoint.filter(|_| link.credentials.is_none()) {
            Some(endpoint) => {
                let message = Request::RegisterClient(self.registration(cx, metadata));
                self.ask(cx, as_uri, Awaited::Credentials, &endpoint, message);
            }
            None => self.ask(cx, as_uri, Awaited::Configuration(needed), well_known, Request::GetConfiguration),
        }
        None
    }

    // A node with a key of its own says so instead of asking for a secret.
    fn registration(&self, cx: &Context<'_>, metadata: &ClientMetadata) -> ClientMetadata {
        let Some(key) = &self.key else { return metadata.clone() };
        let source = KeySource::Here(vec![cx.crypto().public(key)]);
        let keys = Some(Box::new(ClientKeys { source, algorithm: None }));
        ClientMetadata { authentication: AuthenticationMethod::PrivateKeyJwt, keys, ..metadata.clone() }
    }

    fn ask(&mut self, cx: &mut Context<'_>, issuer: &Uri, awaits: Awaited, to: &Uri, message: Request) {
        let link = self.links.entry(issuer.clone()).or_default();
        if link.asking {
            return;
        }
        link.asking = true;
        let call = Call { to: to.clone(), credentials: Credentials::None, cookie: None, message };
        self.open.insert(cx.send_within(call, PATIENCE), Open { issuer: issuer.clone(), to: to.clone(), awaits });
    }

    /// Own credentials, when the node has applied `Fact::CredentialsStored` or is configured with some.
    pub fn set_credentials(&mut self, as_uri: Uri, credentials: ClientAuthentication) {
        self.links.entry(as_uri).or_default().credentials = Some(credentials);
    }

    /// The durable part: takes `Fact::CredentialsStored`, and nothing else.
    pub fn apply(&mut self, fact: &Fact) {
        if let Fact::CredentialsStored { as_uri, client, secret } = fact {
            self.set_credentials(as_uri.clone(), authentication(client.clone(), secret.clone()));
        }
    }

    /// Own credentials at a server, if there are any.
    pub fn credentials(&self, as_uri: &Uri) -> Option<&ClientAuthentication> {
        self.links.get(as_uri)?.credentials.as_ref()
    }

    /// Drops what is known of a server's endpoints and keys, so that both are fetched again when they are needed.
    pub fn start_over(&mut self, issuer: &Uri) {
        if let Some(link) = self.links.get_mut(issuer) {
            *link = Link { credentials: link.credentials.take(), asking: link.asking, ..Link::default() };
        }
    }

    /// Forgets configurations, keys and open requests, as a crash does; credentials stay.
    pub fn forget(&mut self) {
        self.open.clear();
        for link in self.links.values_mut() {
            *link = Link { credentials: link.credentials.take(), ..Link::default() };
        }
        self.links.retain(|_, link| link.credentials.is_some());
    }

    /// Takes the answer to a request of a link. `None` when the exchange is not a link's. After a registration the
    /// owner must record [`Moved::Registered`] as `Fact::CredentialsStored` (see [`Moved::fact`]) and call
    /// [`Links::apply`] or [`Links::set_credentials`] when it applies that fact.
    pub fn on_response(
        &mut self,
        cx: &mut Context<'_>,
        exchange: ExchangeId,
        answer: Result<Answer, DecodeError>,
    ) -> Option<Moved> {
        let Open { issuer, to, awaits } = self.close(exchange)?;
        if let (Awaited::Configuration(_), Ok(Answer { message: Response::Refused { status: 404 }, .. })) =
            (awaits, &answer)
            && let Some(place) = other_place(&issuer, &to)
        {
            self.ask(cx, &issuer, Awaited::OtherRevision, &place, Request::GetConfiguration);
            return Some(Moved::Asking(issuer));
        }
        let moved = match answer {
            Ok(answer) => self.read(cx, &issuer, awaits, answer.message),
            Err(error) => match misfit(&error) {
                Some(why) => {
                    self.start_over(&issuer);
                    Ok(Moved::OtherRevision(issuer.clone(), why))
                }
                None => Err(error.to_string().into()),
            },
        };
        Some(moved.unwrap_or_else(|why| self.stuck(issuer, awaits, why)))
    }

    /// Takes the news that no answer will come. `None` when the exchange is not a link's.
    pub fn on_failure(&mut self, exchange: ExchangeId) -> Option<Moved> {
        let Open { issuer, awaits, .. } = self.close(exchange)?;
        Some(self.stuck(issuer, awaits, "no answer".into()))
    }

    fn close(&mut self, exchange: ExchangeId) -> Option<Open> {
        let open = self.open.remove(&exchange)?;
        self.links.entry(open.issuer.clone()).or_default().asking = false;
        Some(open)
    }

    fn stuck(&mut self, issuer: Uri, awaits: Awaited, why: Text) -> Moved {
        // Keys that are here stay good when newer ones cannot be had.
        let has_keys = self.links.get(&issuer).is_some_and(|link| link.keys.is_some());
        if !(has_keys && matches!(awaits, Awaited::Keys)) {
            self.start_over(&issuer);
        }
        Moved::Stuck(issuer, why)
    }

    fn read(&mut self, cx: &mut Context<'_>, issuer: &Uri, awaits: Awaited, response: Response) -> Result<Moved, Text> {
        let link = self.links.entry(issuer.clone()).or_default();
        match (awaits, response) {
            (Awaited::Configuration(needed), Response::Configuration(document)) => {
                link.configuration = Some(Arc::new(accept(cx, issuer, needed, *document)?));
            }
            (Awaited::Credentials, Response::ClientRegistered(information)) => {
                let credentials = authentication(information.client_id, information.client_secret);
                return Ok(Moved::Registered(issuer.clone(), credentials));
            }
            (Awaited::Keys, Response::Jwks(keys)) => link.keys = Some(keys),
            (Awaited::OtherRevision, other) => {
                return Err(format!("no discovery document, and elsewhere {}", other.word()).into());
            }
            (Awaited::Configuration(_), other) => return Err(format!("discovery answered {}", other.word()).into()),
            (Awaited::Credentials, other) => return Err(format!("registration answered {}", other.word()).into()),
            (Awaited::Keys, other) => return Err(format!("the key set answered {}", other.word()).into()),
        }
        Ok(Moved::Forward(issuer.clone()))
    }
}

/// What people are told when a server speaks another revision; names both.
pub fn misfit(error: &DecodeError) -> Option<Text> {
    match error.kind {
        DecodeErrorKind::OtherRevision { expected, came, or } => {
            let server = if error.endpoint == Endpoint::Configuration { "authorization" } else { "resource" };
            let came = or.map_or_else(|| came.to_string(), |older| format!("{older} or {came}"));
            Some(format!("the {server} server speaks {came}, and {expected} is spoken here").into())
        }
        _ => None,
    }
}

fn accept(cx: &mut Context<'_>, issuer: &Uri, needed: Needed, document: Configuration) -> Result<Configuration, Text> {
    // RFC 8414 §3.3: the issuer of the document must be identical to the one it was fetched for.
    cx.require(Rule::IssuerMatches, document.issuer == *issuer)
        .map_err(|_| Text::from("the document names another issuer"))?;
    let (named, what) = match needed {
        Needed::Endpoints => (true, ""),
        Needed::Registration if document.registers_by_openid() => (
            false,
            "clients register by OpenID Connect there, and only RFC 7591 is spoken here; introduce the client beforehand",
        ),
        Needed::Registration => (document.registration_endpoint.is_some(), "no client registration"),
        Needed::Keys => (document.jwks_uri.is_some(), "no keys"),
    };
    if named { Ok(document) } else { Err(what.into()) }
}

// RFC 6749 §2.3.1: HTTP Basic is what every server has to support for clients with a secret.
fn authentication(client: ClientId, secret: Option<ClientSecret>) -> ClientAuthentication {
    match secret {
        Some(secret) => ClientAuthentication::Basic(client, secret),
        None => ClientAuthentication::Public(client),
    }
}

#[cfg(test)]
mod tests;
