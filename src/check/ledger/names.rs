//! Who is where, by ground truth: nodes by origin, people by account, clients by identifier.

use crate::message::NodeId;
use crate::trace::Truth;
use crate::trace::fact::Subject;
use crate::trace::truth::RoleKind;
use crate::wire::{ClientId, PersonId, Text, Uri};
use rustc_hash::FxHashMap;

/// Tables for look-ups that [`Truth`] answers by searching.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    origins: FxHashMap<Text, NodeId>,
    accounts: FxHashMap<(NodeId, PersonId), NodeId>,
    /// By what the node is: one registration may be that of a resource server and of a client (Core 1.0.1 §1.3.1).
    clients: FxHashMap<(NodeId, ClientId, RoleKind), NodeId>,
    roles: Vec<RoleKind>,
}

impl Names {
    /// The tables of a world.
    pub(crate) fn new(truth: &Truth) -> Self {
        let mut names = Self { roles: truth.nodes.iter().map(|node| node.role).collect(), ..Self::default() };
        let numbered = || truth.nodes.iter().zip(0_u16..);
        for (node, at) in numbered() {
            if let Some(origin) = &node.origin {
                names.origins.insert(origin.origin().into(), NodeId(at));
            }
        }
        for (node, at) in numbered() {
            for (origin, person) in &node.accounts {
                if let Some(server) = names.origins.get(&**origin) {
                    names.accounts.insert((*server, person.clone()), NodeId(at));
                }
            }
        }
        names
    }

    /// The server at the origin of a URI.
    pub(crate) fn at(&self, uri: &Uri) -> Option<NodeId> {
        self.origins.get(uri.origin()).copied()
    }

    /// The person behind an account at a server.
    pub(crate) fn person(&self, server: NodeId, account: &PersonId) -> Option<NodeId> {
        self.accounts.get(&(server, account.clone())).copied()
    }

    /// The person that a subject names.
    pub(crate) fn subject(&self, subject: &Subject) -> Option<NodeId> {
        self.person(self.at(&subject.issuer)?, &subject.person)
    }

    /// The node behind a client identifier at a server; the client, where a resource server has the same registration.
    pub(crate) fn client(&self, server: NodeId, client: &ClientId) -> Option<NodeId> {
        self.registered(server, client, [RoleKind::Client, RoleKind::ResourceServer])
    }

    /// The same for whoever protects resources: the resource server, where a client has the same registration.
    pub(crate) fn resource_server(&self, server: NodeId, client: &ClientId) -> Option<NodeId> {
        self.registered(server, client, [RoleKind::ResourceServer, RoleKind::Client])
    }

    fn registered(&self, server: NodeId, client: &ClientId, order: [RoleKind; 2]) -> Option<NodeId> {
        let rest = [RoleKind::AuthorizationServer, RoleKind::IdentityProvider, RoleKind::Person];
        let mut roles = order.into_iter().chain(rest);
        roles.find_map(|role| self.clients.get(&(server, client.clone(), role)).copied())
    }

    /// Learns who a client is; what was learned first stays, unless `sure`.
    pub(crate) fn learn_client(&mut self, server: NodeId, client: &ClientId, node: NodeId, sure: bool) {
        let Some(role) = self.roles.get(usize::from(node.0)) else { return };
        let key = (server, client.clone(), *role);
        if sure {
            self.clients.insert(key, node);
        } else {
            self.clients.entry(key).or_insert(node);
        }
    }
}
