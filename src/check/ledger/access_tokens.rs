//! The part of the ledger that follows access tokens that are no RPTs, and refresh tokens of all kinds.

use crate::check::ledger::exchanges::Secret;
use crate::check::ledger::tokens::{AccessToken, Refresh};
use crate::check::ledger::{Ledger, scopes};
use crate::message::NodeId;
use crate::trace::{Fact, Truth};
use crate::wire::{ClientId, Timestamp};

impl Ledger {
    pub(super) fn access_token_issued(&mut self, truth: &Truth, node: NodeId, fact: &Fact) {
        let Fact::AccessTokenIssued {
            token,
            client,
            person,
            scope,
            expires_at,
            refresh,
            code,
            refreshed_from,
            refresh_expires_at,
        } = fact
        else {
            return;
        };
        if let Some(code) = code.and_then(|code| self.tokens.codes.get_mut(&code.short())) {
            code.issued_tokens += 1;
        }
        let oldest = truth.get(node).and_then(|node| node.beside.or(node.revision));
        let entry = AccessToken {
            server: node,
            client: client.clone(),
            person: person.clone(),
            pat: scopes::is_pat(scope),
            aat: scopes::is_aat(oldest, scope),
            owners: scopes::is_owners(scope),
            expires_at: *expires_at,
            dead: None,
            newest_rpt: None,
            bound: Vec::new(),
            reissued: 0,
        };
        self.tokens.issued.insert(token.short());
        self.tokens.access.insert(token.short(), entry);
        let ends = refresh_expires_at.map(|ends| (ends, token.short()));
        match (refresh, refreshed_from) {
            (None, Some(used)) => self.refresh_used(used.short(), ends),
            (refresh, _) => self.refresh_issued(node, client, refresh.map(|refresh| refresh.short()), ends),
        }
    }

    pub(super) fn refresh_issued(
        &mut self,
        node: NodeId,
        client: &ClientId,
        refresh: Option<Secret>,
        ends: Option<(Timestamp, Secret)>,
    ) {
        let Some(refresh) = refresh else { return };
        self.tokens.issued.insert(refresh);
        let entry = Refresh { client: client.clone(), server: node, dead: None, ends, ended_before: None };
        self.tokens.refresh.entry(refresh).or_insert(entry);
    }

    // Who uses it and gets no other for it may go on with it.
    fn refresh_used(&mut self, used: Secret, ends: Option<(Timestamp, Secret)>) {
        if let (Some(used), Some((at, by))) = (self.tokens.refresh.get_mut(&used), ends) {
            used.ends(at, by);
        }
    }
}
