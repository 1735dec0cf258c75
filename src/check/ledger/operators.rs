//! The part of the ledger that follows what operators register and remove.

use crate::check::ledger::Ledger;
use crate::message::NodeId;
use crate::trace::Fact;
use crate::trace::fact::{AccountRemoved, ClientIntroduced, Subject};

impl Ledger {
    /// Follows one fact.
    pub(super) fn operator_fact(&mut self, node: NodeId, fact: &Fact) {
        match fact {
            Fact::ClientIntroduced(ClientIntroduced { client, metadata, secret }) => {
                self.client_registered(node, client, metadata, secret.map(|secret| secret.short()));
            }
            Fact::ClientRemoved(removed) => {
                self.registry.clients.remove(&(node, removed.client.clone()));
            }
            Fact::IssuerTrusted(trusted) => {
                self.registry.trusts.insert((node, trusted.issuer.clone()));
            }
            Fact::IssuerDistrusted(distrusted) => {
                let issuer = &distrusted.issuer;
                self.registry.trusts.remove(&(node, issuer.clone()));
                self.disbelieve(node, |said| said.issuer == *issuer);
            }
            Fact::AccountRemoved(AccountRemoved { person, issuer, .. }) => {
                self.disbelieve(node, |said| said.issuer == *issuer && said.person == *person);
            }
            _ => {}
        }
    }

    fn disbelieve(&mut self, node: NodeId, about: impl Fn(&Subject) -> bool) {
        #[expect(clippy::disallowed_methods, reason = "each process is looked at by itself")]
        let here = self.processes.iter_mut().filter(|((at, _), _)| *at == node);
        for (_, process) in here {
            process.claims.retain(|established| !about(&established.subject));
        }
    }
}
