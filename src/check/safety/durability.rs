//! DUR-1 to DUR-3: what was acknowledged survives, redemption is one step, and a duplicate has one effect.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::exchanges::{Ask, Exchange, Secret, short};
use crate::check::ledger::{Ledger, given};
use crate::check::safety::{honest, name, named};
use crate::message::NodeId;
use crate::trace::fact::{InteractionStarted, RequestDenied};
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Fact, Record, Truth};
use crate::wire::oauth::TokenResponse;
use crate::wire::{Response, Timestamp};
use rustc_hash::FxHashMap;

/// Watches crashes and acknowledgements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durability {
    /// Tickets taken for good whose outcome is not yet known.
    open: FxHashMap<Secret, (NodeId, Timestamp)>,
}

impl Family for Durability {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Fact { node, fact } if honest(truth, *node) => {
                self.fact(ledger, truth, (*node, record.at), fact, tally)
            }
            Event::Crashed { node } => self.crashed(truth, *node, tally),
            Event::Answered { from, exchange, answer, .. } => {
                let Some(question) = ledger.exchanges.get(*exchange).filter(|_| honest(truth, *from)) else { return };
                if let Some(ticket) = question.ask.presented() {
                    self.settle(ticket, tally);
                }
                duplicate(truth, *from, ledger.exchanges.original(question), &answer.message, tally);
                let server = truth.get(*from).is_some_and(|node| {
                    matches!(node.role, RoleKind::AuthorizationServer | RoleKind::IdentityProvider)
                });
                if server {
                    let who = name(truth, *from);
                    acknowledged(ledger, (*from, who), question, &answer.message, tally);
                }
            }
            _ => {}
        }
    }
}

impl Durability {
    fn fact(
        &mut self,
        ledger: &Ledger,
        truth: &Truth,
        (node, at): (NodeId, Timestamp),
        fact: &Fact,
        tally: &mut Tally,
    ) {
        match fact {
            Fact::TicketRedeemed { ticket, spent: true, .. } => {
                let secret = ticket.short();
                let settled = ledger.tokens.tickets.get(&secret).is_some_and(|ticket| ticket.settled);
                if settled {
                    tally.check(Id::Dur1, true, String::new);
                } else {
                    self.open.insert(secret, (node, at));
                }
            }
            Fact::RptIssued { origin, .. } => {
                let Some((ticket, _)) = origin.ticket() else { return };
                let secret = ticket.short();
                let entry = ledger.tokens.tickets.get(&secret);
                // One ticket has one outcome: an RPT or a successor.
                let second = entry.is_some_and(|entry| entry.granted || entry.successor.is_some());
                tally.check(Id::Dur1, !second, || {
                    format!("{} fixed a second outcome for {}", name(truth, node), named("ticket", secret))
                });
                self.open.remove(&secret);
            }
            Fact::AuthorizationDataAdded { ticket, .. } | Fact::RequestDenied(RequestDenied { ticket, .. }) => {
                self.settle(ticket.short(), tally);
            }
            Fact::InteractionStarted(InteractionStarted { ticket, .. }) => self.settle(ticket.short(), tally),
            Fact::TicketIssued { predecessor: Some(old), .. } => self.settle(old.short(), tally),
            _ => {}
        }
    }

    fn settle(&mut self, ticket: Secret, tally: &mut Tally) {
        if !self.open.is_empty() && self.open.remove(&ticket).is_some() {
            tally.check(Id::Dur1, true, String::new);
        }
    }

    // G2 §5.5 with crashes: after recovery either neither the use nor the outcome happened, or both did.
    fn crashed(&mut self, truth: &Truth, node: NodeId, tally: &mut Tally) {
        #[expect(clippy::disallowed_methods, reason = "sorted before the order can show")]
        let mut lost: Vec<Secret> =
            self.open.iter().filter(|(_, (owner, _))| *owner == node).map(|(ticket, _)| *ticket).collect();
        lost.sort_unstable();
        for ticket in lost {
            self.open.remove(&ticket);
            tally.check(Id::Dur1, false, || {
                format!(
                    "{} crashed between using {} and fixing its outcome",
                    name(truth, node),
                    named("ticket", ticket)
                )
            });
        }
    }
}

// One request delivered twice issues tokens once.
fn duplicate(truth: &Truth, node: NodeId, question: &Exchange, message: &Response, tally: &mut Tally) {
    let issues = matches!(question.ask, Ask::UmaTicket { .. } | Ask::RptForTicket { .. } | Ask::Code { .. });
    if question.arrivals < 2 || !issues {
        return;
    }
    let Some(first) = question.given else {
        return;
    };
    let again = given(message).is_some_and(|second| second != first);
    tally.check(Id::Dur3, !again, || {
        format!("{} answered one request twice with different tokens: {}", name(truth, node), named("token", first))
    });
}

// Facts appear when they are durable, so an acknowledgement without its fact would not survive a crash.
fn acknowledged(
    ledger: &Ledger,
    (node, who): (NodeId, &str),
    question: &Exchange,
    message: &Response,
    tally: &mut Tally,
) {
    let mut acked = |what: &str, durable: bool| {
        tally.check(Id::Dur2, durable, || format!("{who} acknowledged a {what} that is not durable"));
    };
    let issued = |secret: Secret| ledger.tokens.issued.contains(&secret);
    match message {
        Response::Token(tokens) => acked("token", all_issued(&issued, tokens)),
        Response::RptIssued(rpt) | Response::RptGranted(rpt) => acked("RPT", issued(short(rpt))),
        Response::PermissionTicket { ticket, .. }
        | Response::NeedInfo { ticket: Some(ticket), .. }
        | Response::RequestSubmitted { ticket: Some(ticket), .. } => acked("ticket", issued(short(ticket))),
        Response::ResourceCreated(resource) => {
            acked("resource", ledger.registry.owners.contains_key(&(node, resource.id.clone())));
        }
        Response::ClientRegistered(client) => {
            acked("client", ledger.registry.clients.contains_key(&(node, client.client_id.clone())));
        }
        Response::Revoked => {
            let Ask::Revoke(secret) = &question.ask else { return };
            let Some(rpt) = ledger.tokens.rpts.get(secret) else { return };
            let expired = question.arrived.is_none_or(|arrived| arrived.node_time >= rpt.expires_at);
            if question.client.as_ref() == Some(&rpt.client) && rpt.server == node && !expired {
                acked("revocation", rpt.dead.is_some());
            }
        }
        _ => {}
    }
}

fn all_issued(issued: &dyn Fn(Secret) -> bool, tokens: &TokenResponse) -> bool {
    issued(short(&tokens.access_token))
        && tokens.refresh_token.as_ref().is_none_or(|token| issued(short(token)))
        && tokens.pct.as_ref().is_none_or(|pct| issued(short(pct)))
}
