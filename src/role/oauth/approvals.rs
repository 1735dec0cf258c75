//! What people approved clients for (RFC 6749 §4.1.1; D6 §3.4.1).

use crate::role::oauth::{OAuth, OAuthServer, clients, revoke};
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::RevocationCause;
use crate::wire::page::ApprovedClient;
use crate::wire::{ClientId, PersonId, ScopeSet, Timestamp};
use std::collections::BTreeMap;

/// The clients that may act for a person, for the person's own page: those that hold an approval, and those that hold a
/// good token without one, for assertions about the person.
pub fn held_by(oauth: &OAuth, person: &PersonId, at: Timestamp) -> Vec<ApprovedClient> {
    let one = |(client, scope): (&ClientId, &ScopeSet), asserted: bool| ApprovedClient {
        client_id: client.clone(),
        name: clients::get(oauth, client).and_then(|known| known.metadata.name.clone()),
        scope: scope.clone(),
        asserted,
    };
    let none = BTreeMap::new();
    let approved = oauth.approvals.given.get(person).unwrap_or(&none);
    let mut held = oauth.access_tokens.held_for(person, at);
    held.retain(|client, _| !approved.contains_key(client));
    approved.iter().map(|it| one(it, false)).chain(held.iter().map(|it| one(it, true))).collect()
}

/// Withdraws the approval of a client: the person's codes, access tokens and refresh tokens there are void at once.
pub fn withdraw<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, person: &PersonId, client: &ClientId) {
    server.record(cx, Fact::ApprovalWithdrawn { person: person.clone(), client: client.clone() });
    let codes = server.oauth().codes.unspent_of(person, client);
    let families = server.oauth().access_tokens.families_of(person, client, cx.at);
    let reached = codes.is_empty() && families.is_empty();
    if cx.require(Rule::WithdrawalReachesTokens, reached).is_ok() {
        return;
    }
    for code in codes {
        server.record(cx, Fact::CodeRedeemed { code });
    }
    for family in families {
        revoke::family(server, cx, family, RevocationCause::ApprovalWithdrawn);
    }
}

/// The table of approvals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Approvals {
    given: BTreeMap<PersonId, BTreeMap<ClientId, ScopeSet>>,
}

impl Approvals {
    pub(super) fn cover(&self, person: &PersonId, client: &ClientId, scope: &ScopeSet) -> bool {
        let approved = self.given.get(person).and_then(|clients| clients.get(client));
        approved.is_some_and(|approved| scope.is_subset(approved))
    }

    pub(super) fn of_client(&self, client: &ClientId) -> Vec<PersonId> {
        let approved = self.given.iter().filter(|(_, clients)| clients.contains_key(client));
        approved.map(|(person, _)| person.clone()).collect()
    }

    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ApprovalGiven { person, client, scope } => {
                let approved = self.given.entry(person.clone()).or_default().entry(client.clone()).or_default();
                approved.extend(scope.iter().cloned());
            }
            Fact::ApprovalWithdrawn { person, client } => {
                if let Some(clients) = self.given.get_mut(person) {
                    clients.remove(client);
                    if clients.is_empty() {
                        self.given.remove(person);
                    }
                }
            }
            _ => {}
        }
    }
}
