//! Ground truth: what the world is, known to whoever judges a run and to no role.

use crate::message::NodeId;
use crate::wire::codec::leads_to;
use crate::wire::configuration::is_below_2_0;
use crate::wire::{Duration, PersonId, Revision, ScopeSet, Text, Uri};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The world behind a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Every node, by [`NodeId`].
    pub nodes: Vec<NodeTruth>,
    /// What runs start from: words for roots of names, `bob.fetch#1`.
    pub roots: Vec<Text>,
    /// What their authors say about them, parallel to `roots`; empty where nothing is said.
    pub notes: Vec<Text>,
    /// The protected resources of every resource server.
    pub resources: Vec<ResourceTruth>,
    /// How long a decision may rest on an earlier answer of the authorization server.
    pub cache_max: Duration,
    /// By how much a clock may be wrong.
    pub clock_error_max: Duration,
    /// The longest that one request may take.
    pub request_max: Duration,
    /// True when the world can lose messages, crash nodes or cut links.
    pub faults: bool,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeTruth {
    /// Its name in scripts and diagrams.
    pub name: Text,
    /// What it is.
    pub role: RoleKind,
    /// Its origin, for servers.
    pub origin: Option<Uri>,
    /// The revision it speaks; people speak none.
    pub revision: Option<Revision>,
    /// For an authorization server: the older revision that it serves beside it. For a client or a resource server: the
    /// one that it moves to during the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Revision>,
    /// For an authorization server of two revisions: the paths at which one of them is spoken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spoken_at: BTreeMap<Text, Revision>,
    /// False for a party that misbehaves: its own guarantees are void.
    pub honest: bool,
    /// For a person: who they are at each origin where they have an account.
    pub accounts: BTreeMap<Text, PersonId>,
    /// The rules that it does not obey, by name: a mutant.
    pub rules_off: Vec<Text>,
    /// For an authorization server: whose claim tokens it is to believe.
    pub trusts: Vec<Uri>,
}

/// The kinds of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleKind {
    /// A person with a browser: resource owner, requesting party, or both.
    Person,
    /// A client.
    Client,
    /// A resource server.
    ResourceServer,
    /// An authorization server.
    AuthorizationServer,
    /// An identity provider.
    IdentityProvider,
}

/// One protected resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceTruth {
    /// The resource server.
    pub server: NodeId,
    /// The canonical path.
    pub path: Text,
    /// The person whose resource it is.
    pub owner: NodeId,
    /// The authorization server that is to protect it.
    pub authorization_server: NodeId,
    /// The label of its content.
    pub content: Text,
    /// Which scopes a method needs; a method that is not listed is not served.
    pub need: BTreeMap<Text, ScopeSet>,
}

impl NodeTruth {
    /// True for a revision that it speaks.
    pub fn speaks(&self, revision: Revision) -> bool {
        [self.revision, self.beside].contains(&Some(revision))
    }

    /// The revision that is spoken at a URI of a server of two, where only one of them is. A server that does not tell
    /// its paths has them where they usually are.
    pub fn revision_at(&self, uri: &Uri) -> Option<Revision> {
        self.beside?;
        if self.spoken_at.is_empty() {
            return is_below_2_0(uri).then_some(Revision::V2_0);
        }
        let leads = |route: &str| leads_to(route, uri.path());
        self.spoken_at.iter().filter(|(route, _)| leads(route)).max_by_key(|(route, _)| route.len()).map(|(_, of)| *of)
    }
}

impl Truth {
    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        let at = self.nodes.iter().position(|node| &*node.name == name)?;
        u16::try_from(at).ok().map(NodeId)
    }

    /// What a node is.
    pub fn get(&self, node: NodeId) -> Option<&NodeTruth> {
        self.nodes.get(usize::from(node.0))
    }

    /// The server at an origin.
    pub fn at_origin(&self, origin: &str) -> Option<NodeId> {
        let at = self.nodes.iter().position(|node| node.origin.as_ref().is_some_and(|uri| uri.origin() == origin))?;
        u16::try_from(at).ok().map(NodeId)
    }

    /// What the author says about a root; empty when nothing.
    pub fn note(&self, root: u32) -> &str {
        usize::try_from(root).ok().and_then(|at| self.notes.get(at)).map_or("", |note| &**note)
    }

    /// The revision in which `from` writes to `to` and reads its answers. Who keeps to a revision writes in that one,
    /// whatever the other speaks, unless it moves to another; browsers, and parties that misbehave, take what fits the server: none at one that speaks
    /// two, where each path has its own. Identity providers speak OpenID Connect, which is written as in 2.0.
    pub fn spoken(&self, from: NodeId, to: NodeId) -> Option<Revision> {
        let (from, to) = (self.get(from)?, self.get(to)?);
        match (from.role, to.role) {
            (_, RoleKind::IdentityProvider) => Some(Revision::V2_0),
            (RoleKind::Client | RoleKind::ResourceServer | RoleKind::AuthorizationServer, _) if from.honest => {
                from.revision.filter(|_| from.beside.is_none())
            }
            _ => to.revision.filter(|_| to.beside.is_none()),
        }
    }

    /// The resource at a path of a server.
    pub fn resource(&self, server: NodeId, path: &str) -> Option<&ResourceTruth> {
        self.resources.iter().find(|resource| resource.server == server && &*resource.path == path)
    }

    /// The person who is `account` at the server of `origin`.
    pub fn person_of(&self, origin: &str, account: &PersonId) -> Option<NodeId> {
        let at = self.nodes.iter().position(|node| node.accounts.get(origin) == Some(account))?;
        u16::try_from(at).ok().map(NodeId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_of_a_server_of_two_revisions_say_which_is_spoken() {
        let mut server = NodeTruth {
            name: "as".into(),
            role: RoleKind::AuthorizationServer,
            origin: Some("https://as.example".into()),
            revision: Some(Revision::V2_0),
            beside: Some(Revision::V1_0_1),
            spoken_at: BTreeMap::new(),
            honest: true,
            accounts: BTreeMap::new(),
            rules_off: Vec::new(),
            trusts: Vec::new(),
        };
        let at = |server: &NodeTruth, path: &str| server.revision_at(&Uri::from("https://as.example").with_path(path));
        // One that does not tell its paths.
        assert_eq!(at(&server, "/uma2/permission"), Some(Revision::V2_0));
        assert_eq!(at(&server, "/permission"), None);
        server.spoken_at.insert("/uma2/rs/".into(), Revision::V1_0_1);
        server.spoken_at.insert("/uma2/rs/now/".into(), Revision::V2_0);
        assert_eq!(at(&server, "/uma2/rs/7"), Some(Revision::V1_0_1), "by what it tells, whatever is usual");
        assert_eq!(at(&server, "/uma2/rs/now/7"), Some(Revision::V2_0), "the longest counts");
        assert_eq!(at(&server, "/uma2/permission"), None);
        server.beside = None;
        assert_eq!(at(&server, "/uma2/rs/7"), None, "one revision is spoken everywhere");
    }
}
