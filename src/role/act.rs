//! What people and operators do of their own accord.

use crate::role::operation::Operation;
use crate::wire::page::OwnedResource;
use crate::wire::{
    ClientId, Endpoint, OwnerCall, Policy, PolicyCondition, PolicyId, PolicyTarget, ResourceId, Revision, ScopeSet,
    Text, Uri,
};
use std::collections::BTreeSet;

/// An act of a person or operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    // ---- people, in their browser
    /// Asks a client to do something with a resource.
    Fetch {
        /// The client's origin.
        client: Uri,
        /// The resource.
        resource: Uri,
        /// The HTTP method.
        method: Text,
    },
    /// Connects a resource server with an authorization server, as owner.
    Connect {
        /// The resource server's origin.
        resource_server: Uri,
        /// The issuer.
        as_uri: Uri,
    },
    /// Sets a policy, as owner.
    SetPolicy {
        /// The issuer of the authorization server.
        as_uri: Uri,
        /// The policy, with resources by name.
        policy: PolicyDraft,
    },
    /// Removes a policy, as owner.
    RemovePolicy {
        /// The issuer.
        as_uri: Uri,
        /// Which.
        policy: PolicyId,
    },
    /// Decides every request that waits, as owner.
    AnswerRequests {
        /// The issuer.
        as_uri: Uri,
        /// Yes or no.
        approve: bool,
    },
    /// Withdraws the approval of a client.
    WithdrawApproval {
        /// The issuer.
        as_uri: Uri,
        /// The client, by the name it registered with.
        client_name: Text,
    },
    /// Ends the session of the browser; a program of the owner gives its token back (RFC 7009).
    SignOut {
        /// The issuer.
        as_uri: Uri,
    },
    /// Guesses the password of an account, until it is refused or tired of it.
    GuessPassword {
        /// The issuer.
        as_uri: Uri,
        /// The user name.
        username: Text,
        /// How often at most.
        times: u32,
    },
    /// From now on approves, or refuses, clients that ask for approval.
    DecideConsents {
        /// Yes or no.
        approve: bool,
    },
    /// From now on agrees, or does not, to give claims.
    DecideClaims {
        /// Yes or no.
        agree: bool,
    },
    /// Closes every tab: what comes back is not looked at.
    CloseTabs,
    // ---- owners, by a program of theirs
    /// Asks the owners' API something.
    Manage {
        /// The issuer.
        as_uri: Uri,
        /// What.
        call: OwnerCall,
    },
    // ---- operators of clients
    /// Fetches a resource for the organisation that runs the client: no person is there.
    FetchForOrganisation {
        /// The resource.
        resource: Uri,
        /// The HTTP method.
        method: Text,
    },
    /// Renews the RPT for a resource with its refresh token (Grant §3.6).
    RefreshRpt {
        /// The resource that the RPT was obtained for.
        resource: Uri,
    },
    /// Revokes the RPT for a resource (Grant §3.7).
    RevokeRpt {
        /// The resource that the RPT was obtained for.
        resource: Uri,
    },
    /// Forgets every RPT, as a client that lost control of them (D6 §3.4.2).
    ForgetRpts,
    // ---- operators of resource servers
    /// A protected resource exists from now on.
    ContentAppeared {
        /// Its canonical path.
        path: Text,
    },
    /// A resource is gone.
    ContentVanished {
        /// Its canonical path.
        path: Text,
    },
    /// The scopes of a resource are others from now on.
    ScopesChanged {
        /// Its canonical path.
        path: Text,
        /// The scopes.
        scopes: ScopeSet,
    },
    /// The owner ends protection: the resource is public from now on.
    EndProtection {
        /// Its canonical path.
        path: Text,
    },
    // ---- operators of clients and of resource servers
    /// Another version of the program speaks that revision from now on.
    MoveTo {
        /// The revision.
        revision: Revision,
    },
    // ---- operators of servers with accounts
    /// Registers or removes what the server's configuration does not say, or asks what there is.
    Operate {
        /// Numbers the order; [`Effect::Report`](crate::role::Effect::Report) answers under it.
        order: u64,
        /// What.
        operation: Operation,
    },
    // ---- the party that replays
    /// Sends something it received to somewhere.
    Replay(Replay),
}

/// A policy as its owner thinks of it: resources by name instead of identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyDraft {
    /// Its identifier.
    pub id: PolicyId,
    /// Which resources.
    pub target: DraftTarget,
    /// Which scopes.
    pub scopes: ScopeSet,
    /// When.
    pub condition: PolicyCondition,
}

/// The resources of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DraftTarget {
    /// The resources with these names, as registered.
    Named(Vec<Text>),
    /// All resources of this type.
    Type(Text),
    /// All resources.
    AllResources,
}

/// A name that none of the owner's resources has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no resource is called `{0}`")]
pub struct UnknownName(pub Text);

impl PolicyDraft {
    /// The policy, with the identifiers that the names stand for. Two resource servers may give the same name: the owner
    /// means all of that name.
    ///
    /// # Errors
    /// When nothing has one of the names.
    pub fn policy(&self, owned: &[OwnedResource]) -> Result<Policy, UnknownName> {
        let target = match &self.target {
            DraftTarget::AllResources => PolicyTarget::AllResources,
            DraftTarget::Type(type_) => PolicyTarget::Type(type_.clone()),
            DraftTarget::Named(names) => PolicyTarget::Resources(identifiers(names, owned)?),
        };
        let Self { id, scopes, condition, .. } = self.clone();
        Ok(Policy { id, target, scopes, condition })
    }
}

fn identifiers(names: &[Text], owned: &[OwnedResource]) -> Result<Vec<ResourceId>, UnknownName> {
    let mut found = BTreeSet::new();
    for name in names {
        let named = |resource: &&OwnedResource| resource.name.as_ref() == Some(name);
        if !owned.iter().any(|resource| named(&resource)) {
            return Err(UnknownName(name.clone()));
        }
        found.extend(owned.iter().filter(named).map(|resource| resource.id.clone()));
    }
    Ok(found.into_iter().collect())
}

/// One replay.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replay {
    /// What is sent.
    pub what: Loot,
    /// Where to: the origin of a server.
    pub to: Uri,
    /// Which of its endpoints.
    pub at: Endpoint,
    /// What that server speaks: who misbehaves writes what fits it.
    pub speaks: Revision,
    /// As which of its clients: the replayer may hold several registrations.
    pub as_client: Option<ClientId>,
    /// How often.
    pub times: u32,
}

/// Something the replayer received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loot {
    /// The newest ticket.
    Ticket,
    /// The ticket before the newest.
    OlderTicket,
    /// The newest RPT.
    Rpt,
    /// The newest AAT.
    Aat,
    /// The newest PCT.
    Pct,
    /// The newest refresh token.
    RefreshToken,
    /// The newest authorization code.
    Code,
    /// The newest SAML assertion.
    Assertion,
    /// The same, with an assertion that nobody signed wrapped around it.
    WrappedAssertion,
    /// An access token for another API than that of clients; at the token endpoint: the request for one.
    WeakToken,
    /// An access token for the API of clients that it asked for as itself; at the token endpoint: the request for one.
    OwnToken,
    /// What it signs to prove who it is, with a flaw.
    ClientAssertion(Flaw),
    /// Nothing at all: the request without a token.
    Nothing,
}

/// What is wrong with what a client signs about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flaw {
    /// Nothing.
    None,
    /// It is the one that was sent before.
    Used,
    /// It ended a second ago.
    Late,
    /// It begins in ten minutes.
    Early,
    /// It ends in a year.
    Endless,
    /// It is for another server.
    OtherServer,
    /// It is for another server as well.
    TwoServers,
    /// Another key signed it.
    OtherKey,
    /// It speaks of another client.
    OtherClient,
}
