//! Safety: what must never happen, in families of invariants that watch the same things.

mod access;
mod answers;
mod authentication;
mod binding;
mod challenge;
mod claims;
mod durability;
mod errors;
mod grants;
mod introspection;
mod registration;
mod revocation;
mod tickets;
mod transport;

use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::Secret;
use crate::message::NodeId;
use crate::trace::{Event, Record, Truth};
use crate::wire::Timestamp;
use crate::wire::token::secret_reference;

/// Every safety family.
#[derive(Clone, Debug, Default)]
pub(crate) struct Safety {
    access: access::Access,
    authentication: authentication::Authentication,
    binding: binding::Binding,
    challenge: challenge::Challenges,
    claims: claims::Claims,
    durability: durability::Durability,
    errors: errors::Errors,
    grants: grants::Grants,
    introspection: introspection::Introspection,
    registration: registration::Registration,
    revocation: revocation::Revocation,
    tickets: tickets::Tickets,
    transport: transport::Transport,
}

impl Family for Safety {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        // Most records are steps of the host that no invariant of safety reads.
        if matches!(record.event, Event::Ruled { .. } | Event::TimerFired { .. } | Event::Arrived { .. }) {
            return;
        }
        self.access.observe(ledger, truth, record, tally);
        self.authentication.observe(ledger, truth, record, tally);
        self.binding.observe(ledger, truth, record, tally);
        self.challenge.observe(ledger, truth, record, tally);
        self.claims.observe(ledger, truth, record, tally);
        self.durability.observe(ledger, truth, record, tally);
        self.errors.observe(ledger, truth, record, tally);
        self.grants.observe(ledger, truth, record, tally);
        self.introspection.observe(ledger, truth, record, tally);
        self.registration.observe(ledger, truth, record, tally);
        self.revocation.observe(ledger, truth, record, tally);
        self.tickets.observe(ledger, truth, record, tally);
        self.transport.observe(ledger, truth, record, tally);
    }
}

/// The name of a node in scripts.
fn name(truth: &Truth, node: NodeId) -> &str {
    truth.get(node).map_or("nobody", |node| &node.name)
}

/// True for a party whose guarantees count.
fn honest(truth: &Truth, node: NodeId) -> bool {
    truth.get(node).is_some_and(|node| node.honest)
}

/// A secret in a message: a recorder turns it into a label.
fn named(kind: &str, secret: Secret) -> String {
    secret_reference(kind, secret)
}

/// True up to the revocation bound R = cache age + clock error + longest request.
fn within(truth: &Truth, since: Timestamp, at: Timestamp) -> bool {
    at <= since + truth.cache_max + truth.clock_error_max + truth.request_max
}
