//! Registered clients and how they prove who they are (RFC 6749 §2).

use crate::message::Arrival;
use crate::role::oauth::{OAuth, OAuthServer, client_assertion, introduction, registration};
use crate::role::operation::{ClientOrigin, KnownClient, OnClients, Report};
use crate::role::{Context, Crypto, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ClientIntroduced, ClientRemoved};
use crate::wire::error::FailureCarrier;
use crate::wire::jws::Jwk;
use crate::wire::oauth::{AuthenticationMethod, ClientInformation, ClientMetadata, KeySource};
use crate::wire::token::kind;
use crate::wire::{
    ClientAuthentication, ClientId, Configuration, Credentials, ErrorCode, Failure, Text, TokenHash, Uri,
};
use std::collections::{BTreeMap, BTreeSet};

type Secret = Option<TokenHash<kind::SecretKind>>;

/// A client as this server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredClient {
    /// What it said about itself.
    pub metadata: ClientMetadata,
    secret: Secret,
    origin: ClientOrigin,
}

impl RegisteredClient {
    /// True for a client without a secret and without a key (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.secret.is_none() && self.metadata.authentication != AuthenticationMethod::PrivateKeyJwt
    }

    fn is_configured(&self) -> bool {
        self.origin == ClientOrigin::Configured
    }

    fn is_said_by_operator(&self) -> bool {
        match self.origin {
            ClientOrigin::Configured | ClientOrigin::Introduced => true,
            ClientOrigin::Registered => false,
        }
    }

    // Hashes are compared in constant time. Who has to sign proves nothing by having no secret.
    fn is_proven_by_secret(&self, claimed: &ClientAuthentication) -> bool {
        self.metadata.authentication != AuthenticationMethod::PrivateKeyJwt
            && self.secret == claimed.secret().map(|secret| secret.hashed())
    }

    // RFC 7591 §2: a client that names grant types uses no others.
    pub(super) fn may_use(&self, grant_type: &str) -> bool {
        self.metadata.grant_types.is_empty() || self.metadata.grant_types.iter().any(|name| &**name == grant_type)
    }
}

/// A client that proved who it is. Only [`authenticate`] makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatedClient {
    client: ClientId,
    public: bool,
}

impl AuthenticatedClient {
    /// Who it is.
    pub fn id(&self) -> &ClientId {
        &self.client
    }

    /// True when it has neither secret nor key, so that anybody can claim to be it.
    pub fn is_public(&self) -> bool {
        self.public
    }
}

/// What the server knows of a client.
pub fn get<'a>(oauth: &'a OAuth, client: &ClientId) -> Option<&'a RegisteredClient> {
    oauth.clients.registered.get(client)
}

/// Records the configured clients as facts, once. A server calls it with every input; it costs nothing afterwards.
pub fn announce<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>) {
    while let Some(client) = server.oauth().clients.unannounced.first().cloned() {
        let Some(known) = get(server.oauth(), &client) else { return };
        let (metadata, secret) = (known.metadata.clone(), known.secret);
        server.record(cx, Fact::ClientRegistered { client, metadata, secret, dynamic: false });
    }
}

/// Answers a client that registers itself (RFC 7591).
pub fn register<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, arrival: &Arrival, metadata: &ClientMetadata) {
    registration::register(server, cx, arrival, metadata);
}

/// Does what an operator wants.
pub fn operate<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, wanted: &OnClients) -> Report {
    match wanted {
        OnClients::List => Report::Clients(list(server.oauth())),
        OnClients::Put(client, metadata) => introduction::introduce(server, cx, client.clone(), metadata),
        OnClients::Remove(client) => introduction::remove(server, cx, client),
    }
}

fn list(oauth: &OAuth) -> Vec<KnownClient> {
    let known = |(client, known): (&ClientId, &RegisteredClient)| KnownClient {
        client: client.clone(),
        metadata: known.metadata.clone(),
        origin: known.origin,
    };
    oauth.clients.registered.iter().map(known).collect()
}

/// How a client came to be known.
pub(super) fn origin(oauth: &OAuth, client: &ClientId) -> Option<ClientOrigin> {
    get(oauth, client).map(|known| known.origin)
}

/// Finds out which client asks.
///
/// # Errors
/// `invalid_client` with the challenge that fits how the client tried (RFC 6749 §5.2).
pub fn authenticate<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    credentials: &Credentials,
) -> Result<AuthenticatedClient, Failure> {
    let Credentials::Client(claimed) = credentials else {
        return Err(Failure::body(401, ErrorCode::InvalidClient));
    };
    let client = claimed.client_id();
    let known = get(server.oauth(), client).ok_or_else(|| unauthenticated(claimed))?;
    let (public, by_secret) = (known.is_public(), known.is_proven_by_secret(claimed));
    let proven = match claimed {
        ClientAuthentication::Assertion(_, assertion) => client_assertion::redeem(server, cx, client, assertion),
        ClientAuthentication::Public(_) | ClientAuthentication::Basic(..) | ClientAuthentication::Post(..) => {
            cx.require(Rule::ClientAuthenticated, by_secret).ok().map(|_| ())
        }
    };
    proven.ok_or_else(|| unauthenticated(claimed))?;
    Ok(AuthenticatedClient { client: client.clone(), public })
}

/// The place of the keys of a client that signed, where they are elsewhere, and the name of the key that it signed with.
/// Only of a client that whoever runs the server said this of: a place that a client names itself is never looked at.
pub fn place_of_keys(oauth: &OAuth, claimed: &ClientAuthentication) -> Option<(Uri, Text)> {
    let ClientAuthentication::Assertion(client, assertion) = claimed else { return None };
    let known = get(oauth, client).filter(|known| known.is_said_by_operator())?;
    match &known.metadata.keys.as_ref()?.source {
        KeySource::At(place) => Some((place.clone(), client_assertion::kid(assertion)?)),
        KeySource::Here(_) => None,
    }
}

/// Remembers until a crash which keys are at a place.
pub fn learn_keys(oauth: &mut OAuth, place: &Uri, keys: Vec<Jwk>) {
    oauth.open.keys_elsewhere.insert(place.clone(), keys);
}

/// Whether credentials are a client's: its secret, what its key signed, or none where it has none.
pub fn proves_itself(oauth: &OAuth, crypto: &dyn Crypto, claimed: &ClientAuthentication) -> bool {
    let client = claimed.client_id();
    match claimed {
        ClientAuthentication::Assertion(_, assertion) => client_assertion::proves(oauth, crypto, client, assertion),
        ClientAuthentication::Public(_) | ClientAuthentication::Basic(..) | ClientAuthentication::Post(..) => {
            get(oauth, client).is_some_and(|known| known.is_proven_by_secret(claimed))
        }
    }
}

// RFC 6749 §5.2: after an attempt with `Authorization` the answer says which scheme the server takes.
fn unauthenticated(claimed: &ClientAuthentication) -> Failure {
    let carrier = match claimed {
        ClientAuthentication::Basic(..) => FailureCarrier::BasicChallenge,
        ClientAuthentication::Public(_) | ClientAuthentication::Post(..) | ClientAuthentication::Assertion(..) => {
            FailureCarrier::Body
        }
    };
    Failure { carrier, ..Failure::body(401, ErrorCode::InvalidClient) }
}

/// The document with the algorithms of what clients may sign, where they may (RFC 8414 §2).
#[must_use]
pub fn with_algorithms(mut document: Configuration, crypto: &dyn Crypto) -> Configuration {
    let signed = AuthenticationMethod::PrivateKeyJwt.name();
    if document.token_endpoint_auth_methods.iter().any(|method| **method == *signed) {
        document.token_endpoint_auth_algorithms = crypto.algorithms().iter().copied().map(Text::from).collect();
    }
    document
}

/// The table of clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clients {
    registered: BTreeMap<ClientId, RegisteredClient>,
    /// Configured, and not yet told as a fact.
    unannounced: BTreeSet<ClientId>,
}

impl Clients {
    pub(super) fn configured(clients: &[ClientInformation]) -> Self {
        let registered: BTreeMap<_, _> = clients
            .iter()
            .map(|client| {
                let secret = client.client_secret.as_ref().map(|secret| secret.hashed());
                let known =
                    RegisteredClient { metadata: client.metadata.clone(), secret, origin: ClientOrigin::Configured };
                (client.client_id.clone(), known)
            })
            .collect();
        Self { unannounced: registered.keys().cloned().collect(), registered }
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ClientRegistered { client, metadata, secret, dynamic: false } => {
                // What an older configuration said of it may have changed, or it is no longer configured.
                let same = |known: &RegisteredClient| known.metadata == *metadata && known.secret == *secret;
                if self.registered.get(client).is_some_and(|known| known.is_configured() && same(known)) {
                    self.unannounced.remove(client);
                }
            }
            Fact::ClientRegistered { client, metadata, secret, dynamic: true } => {
                self.add(client, metadata, *secret, ClientOrigin::Registered);
            }
            Fact::ClientIntroduced(ClientIntroduced { client, metadata, secret }) => {
                self.add(client, metadata, *secret, ClientOrigin::Introduced);
            }
            Fact::ClientRemoved(ClientRemoved { client }) if !self.is_configured(client) => {
                self.registered.remove(client);
            }
            _ => {}
        }
    }

    // The configuration is right about its own clients.
    fn add(&mut self, client: &ClientId, metadata: &ClientMetadata, secret: Secret, origin: ClientOrigin) {
        if !self.is_configured(client) {
            self.registered.insert(client.clone(), RegisteredClient { metadata: metadata.clone(), secret, origin });
        }
    }

    /// True for one of the configuration, which hides what was registered under its name and may be gone one day.
    pub(super) fn is_configured(&self, client: &ClientId) -> bool {
        self.registered.get(client).is_some_and(RegisteredClient::is_configured)
    }

    pub(super) fn rest_on(&self, introduced: &ClientIntroduced) -> bool {
        let ClientIntroduced { client, metadata, secret } = introduced;
        let same = |known: &RegisteredClient| known.metadata == *metadata && known.secret == *secret;
        let introduced = |known: &RegisteredClient| known.origin == ClientOrigin::Introduced && same(known);
        self.is_configured(client) || self.registered.get(client).is_some_and(introduced)
    }

    pub(super) fn registered_itself(&self, client: &ClientId) -> bool {
        let itself = |known: &RegisteredClient| known.origin == ClientOrigin::Registered;
        self.is_configured(client) || self.registered.get(client).is_some_and(itself)
    }
}
