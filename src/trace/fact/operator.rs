//! What an operator registers at a node that runs.

use crate::wire::oauth::{ClientMetadata, KeySource};
use crate::wire::token::kind;
use crate::wire::{ClaimName, ClientId, PasswordVerifier, PersonId, Text, TokenHash, Uri};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A person has an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountAdded {
    /// The user name.
    pub name: Text,
    /// The person here.
    pub person: PersonId,
    /// What a password is checked against.
    pub verifier: PasswordVerifier,
    /// The same for the second factor, if the person has one.
    pub second_factor: Option<PasswordVerifier>,
    /// What the server vouches for about the person.
    pub claims: BTreeMap<ClaimName, Text>,
}

/// An identity provider is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IssuerTrusted {
    /// Its issuer.
    pub issuer: Uri,
    /// Its keys, or where they are; `None` for where its discovery document says.
    pub keys: Option<KeySource>,
    /// A name by which its ID tokens may mean this server, besides the own issuer.
    pub audience: Option<Text>,
}

/// A client is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientIntroduced {
    /// The identifier.
    pub client: ClientId,
    /// What the operator says about it.
    pub metadata: ClientMetadata,
    /// Its secret's hash; `None` for a public client and for one that signs.
    pub secret: Option<TokenHash<kind::SecretKind>>,
}

/// An account is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountRemoved {
    /// The user name.
    pub name: Text,
    /// Whose it was.
    pub person: PersonId,
    /// The server whose account it was: what it said about the person does not count any more.
    pub issuer: Uri,
}

/// An identity provider is not trusted any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IssuerDistrusted {
    /// Its issuer.
    pub issuer: Uri,
}

/// A client is unknown from now on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientRemoved {
    /// The identifier.
    pub client: ClientId,
}
