//! What the operator of a server with accounts registers and removes while it runs, and what comes of it. What stands in
//! the configuration of the server is the configuration's: nothing of it is changed here.

use crate::trace::fact::IssuerTrusted;
use crate::wire::oauth::{ClientInformation, ClientMetadata};
use crate::wire::{ClaimName, ClientId, PasswordVerifier, Text, Uri};
use std::collections::BTreeMap;

/// One order of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// About people's accounts.
    People(OnPeople),
    /// About identity providers.
    Issuers(OnIssuers),
    /// About clients.
    Clients(OnClients),
}

/// What can be done about accounts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OnPeople {
    /// Who has one?
    List,
    /// Somebody gets one, or another password, second factor and claims.
    Put(NewAccount),
    /// The one of that user name goes.
    Remove(Text),
}

/// What can be done about identity providers whose ID tokens are believed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OnIssuers {
    /// Which are there?
    List,
    /// One is believed, or other keys and another audience of it.
    Put(IssuerTrusted),
    /// One is not.
    Remove(Uri),
}

/// What can be done about clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OnClients {
    /// Which are there?
    List,
    /// One is introduced; without an identifier it gets one.
    Put(Option<ClientId>, ClientMetadata),
    /// One goes, however it came.
    Remove(ClientId),
}

/// An account as an operator gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewAccount {
    /// The user name, by which the person is known here.
    pub name: Text,
    /// What a password is checked against.
    pub verifier: PasswordVerifier,
    /// The same for the second factor.
    pub second_factor: Option<PasswordVerifier>,
    /// What the server vouches for about the person.
    pub claims: BTreeMap<ClaimName, Text>,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The accounts.
    People(Vec<KnownPerson>),
    /// The identity providers.
    Issuers(Vec<KnownIssuer>),
    /// The clients.
    Clients(Vec<KnownClient>),
    /// It is done.
    Done {
        /// True when there is something that was not there before.
        created: bool,
    },
    /// A client is introduced. Its secret is told here and never again.
    Introduced {
        /// The client.
        information: Box<ClientInformation>,
        /// True when it is one more.
        created: bool,
    },
    /// Nothing has that name.
    Unknown,
    /// The configuration says it, and has to be changed there.
    Configured,
    /// The client registered itself; it can be removed and not be changed.
    RegisteredItself,
    /// It is not served; why, for whoever gave the order.
    Unacceptable(Text),
    /// A server of this kind has none.
    NotHere,
}

/// An account without what proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPerson {
    /// The user name.
    pub name: Text,
    /// True for somebody with a second factor.
    pub second_factor: bool,
    /// What the server vouches for.
    pub claims: BTreeMap<ClaimName, Text>,
    /// True for one of the configuration.
    pub configured: bool,
}

/// An identity provider that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIssuer {
    /// As it was registered.
    pub trusted: IssuerTrusted,
    /// True for one of the configuration.
    pub configured: bool,
}

/// A client without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownClient {
    /// The identifier.
    pub client: ClientId,
    /// What is known about it.
    pub metadata: ClientMetadata,
    /// How it came.
    pub origin: ClientOrigin,
}

/// How a client came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientOrigin {
    /// By the configuration.
    Configured,
    /// By an operator.
    Introduced,
    /// By itself (RFC 7591).
    Registered,
}
