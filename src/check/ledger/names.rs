//! Who is where, by ground truth: nodes by origin, people by account, clients by identifier.

use crate::message::NodeId;
use crate::trace::Truth;
use crate::trace::fact::Subject;
use crate::wire::{ClientId, PersonId, Text, Uri};
use rustc_hash::FxHashMap;

/// Tables for look-ups that [`Truth`] answers by searching.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    origins: FxHashMap<Text, NodeId>,
    accounts: FxHashMap<(NodeId, PersonId), NodeId>,
    clients: FxHashMap<(NodeId, ClientId), NodeId>,
}

impl Names {
    /// The tables of a world.
    pub(crate) fn new(truth: &Truth) -> Self {
        let mut names = Self::default();
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

    /// The node behind a client identifier at a server.
    pub(crate) fn client(&self, server: NodeId, client: &ClientId) -> Option<NodeId> {
        self.clients.get(&(server, client.clone())).copied()
    }

    /// Learns who a client is; what was learned first stays, unless `sure`.
    pub(crate) fn learn_client(&mut self, server: NodeId, client: &ClientId, node: NodeId, sure: bool) {
        let key = (server, client.clone());
        if sure {
            self.clients.insert(key, node);
        } else {
            self.clients.entry(key).or_insert(node);
        }
    }
}
