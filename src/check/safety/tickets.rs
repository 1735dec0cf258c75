//! TKT-1 to TKT-9: the life of permission tickets.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Exchange, Secret, short};
use crate::check::ledger::tokens::Ticket;
use crate::check::safety::{honest, name, named};
use crate::message::{ExchangeId, NodeId};
use crate::trace::fact::{CodeIssued, PctIssued, RptOrigin, TicketReason};
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Fact, Note, Record, Truth};
use crate::wire::oauth::TokenRequest;
use crate::wire::{
    ClientId, ErrorCode, PermissionRequest, PermissionTicket, Request, Response, Revision, ScopeSet, Timestamp,
};
use std::collections::BTreeMap;

/// Watches tickets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tickets;

impl Family for Tickets {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Fact { node, fact } if honest(truth, *node) => {
                let see = See { ledger, truth, node: *node };
                see.goes_on(fact, tally);
                see.fact(fact, tally);
            }
            Event::Answered { from, exchange, answer, .. } if honest(truth, *from) => {
                let see = See { ledger, truth, node: *from };
                see.answered(*exchange, &answer.message, tally);
                // Grant §3.3.2: the ticket that a person is sent away with is the newest, too.
                if let Response::Redirect { message, .. } = &answer.message
                    && let Request::ClaimsInteraction(asked) = &**message
                    && let Some(ticket) = &asked.ticket
                {
                    newest_sent(ledger, truth, (*from, record.step), short(ticket), tally);
                }
            }
            // G2 §5.1: a `state` is made up anew each time.
            Event::Noted { node, note: Note::PersonSentAway { state, .. } } if honest(truth, *node) => {
                let first = !ledger.browsers.sent_away.contains_key(&state.short());
                tally.check(Id::Tkt5, first, || {
                    format!("{} used {} a second time", name(truth, *node), named("state", state.short()))
                });
            }
            Event::Sent { from, call, .. } => {
                let ticket = match &call.message {
                    Request::Token(TokenRequest::UmaTicket(grant)) => &grant.ticket,
                    Request::RequestRptForTicket(presented) => &presented.ticket,
                    _ => return,
                };
                newest_sent(ledger, truth, (*from, record.step), short(ticket), tally);
            }
            _ => {}
        }
    }
}

struct See<'a> {
    ledger: &'a Ledger,
    truth: &'a Truth,
    node: NodeId,
}

// Grant §3.3.3, §3.3.6, claims-sec §2.3: a client goes on with the newest ticket of the process only.
fn newest_sent(ledger: &Ledger, truth: &Truth, (from, step): (NodeId, u64), secret: Secret, tally: &mut Tally) {
    let client = truth.get(from).is_some_and(|node| node.role == RoleKind::Client && node.honest);
    let Some(ticket) = ledger.tokens.tickets.get(&secret).filter(|_| client) else { return };
    let successor = ticket.successor.and_then(|newer| ledger.tokens.tickets.get(&newer));
    let stale = successor.is_some_and(|newer| newer.delivered.is_some_and(|(to, at)| to == from && at < step));
    let rotated = ticket.reason != TicketReason::PermissionRequest || stale;
    if rotated {
        tally.check(Id::Tkt4, !stale, || {
            format!("{} sent {} after it had got its successor", name(truth, from), named("ticket", secret))
        });
    }
}

impl See<'_> {
    fn rotates(&self) -> bool {
        matches!(Ledger::revision(self.truth, self.node), Some(Revision::V1_0_1 | Revision::V2_0))
    }

    // A ticket that is redeemed has its revision from then on, if not before.
    fn v2(&self, ticket: Secret) -> bool {
        self.ledger.revision_of_ticket(self.truth, self.node, ticket) == Some(Revision::V2_0)
    }

    // A process of a server of two goes on in the revision in which its ticket was first presented, with that revision's
    // tokens: claims of an AAT are 1.0.1's, those of a PCT 2.0's.
    fn goes_on(&self, fact: &Fact, tally: &mut Tally) {
        let Some((process, taken)) = self.ledger.taken_in(self.truth, self.node, fact) else { return };
        let Some((decided, _)) = self.ledger.processes.get(&(self.node, process)).and_then(|known| known.decided)
        else {
            return;
        };
        tally.check(Id::Tkt9, taken == decided, || {
            format!("{} took process {} of {decided} on in {taken}", self.name(), process.0)
        });
    }

    fn fact(&self, fact: &Fact, tally: &mut Tally) {
        match fact {
            Fact::TicketIssued { ticket, permissions, predecessor, process, owner, resource_server, .. } => {
                self.fresh("ticket", ticket.short(), tally);
                if let Some(old) = predecessor.and_then(|old| self.ledger.tokens.tickets.get(&old.short())) {
                    let key = old.process == *process && old.owner == *owner && old.resource_server == *resource_server;
                    self.rotated(ticket.short(), old, key && same(&old.permissions, permissions), tally);
                }
            }
            Fact::TicketRedeemed { ticket, client, spent, .. } => {
                let taken = self.ledger.taken_in(self.truth, self.node, fact);
                let v2 = taken.map_or_else(|| self.v2(ticket.short()), |(_, revision)| revision == Revision::V2_0);
                self.redeemed(ticket.short(), client, (*spent, v2), tally);
            }
            Fact::RptIssued { rpt, origin, permissions, client, refresh, .. } => {
                self.fresh("rpt", rpt.short(), tally);
                let kept = matches!(origin, RptOrigin::Refresh { refresh: old, .. } if Some(old) == refresh.as_ref());
                if let Some(refresh) = refresh.filter(|_| !kept) {
                    self.fresh("refresh", refresh.short(), tally);
                }
                if let Some((ticket, process)) = origin.ticket() {
                    let new = permissions.iter().filter(|given| given.process == process);
                    self.granted(ticket.short(), new.map(|given| given.granted_at).max(), tally);
                    self.one_client(ticket.short(), client, tally);
                    self.once(ticket.short(), tally);
                }
            }
            Fact::AuthorizationDataAdded { ticket, permissions, .. } => {
                self.granted(ticket.short(), permissions.iter().map(|given| given.granted_at).max(), tally);
                self.once(ticket.short(), tally);
            }
            Fact::AccessTokenIssued { token, refresh, refreshed_from, .. } => {
                self.fresh("token", token.short(), tally);
                if let Some(refresh) = refresh.filter(|refresh| Some(*refresh) != *refreshed_from) {
                    self.fresh("refresh", refresh.short(), tally);
                }
            }
            Fact::PctIssued(PctIssued { pct, .. }) => self.fresh("pct", pct.short(), tally),
            Fact::CodeIssued(CodeIssued { code, .. }) => self.fresh("code", code.short(), tally),
            _ => {}
        }
    }

    fn name(&self) -> &str {
        name(self.truth, self.node)
    }

    // G2 §5.4; RFC 6749 §10.10.
    fn fresh(&self, kind: &str, secret: Secret, tally: &mut Tally) {
        tally.check(Id::Tkt5, !self.ledger.tokens.issued.contains(&secret), || {
            format!("{} issued {} a second time", self.name(), named(kind, secret))
        });
    }

    fn rotated(&self, new: Secret, old: &Ticket, same: bool, tally: &mut Tally) {
        // In 1.0.1 only the claims-security extension gives a successor.
        if self.rotates() {
            tally.check(Id::Tkt4, !self.ledger.tokens.issued.contains(&new), || {
                format!("{} rotated to {}, which was issued before", self.name(), named("ticket", new))
            });
            // The chain is a line (Grant §5.5).
            tally.check(Id::Tkt1, old.successor.is_none(), || {
                format!("{} gave a second successor to one ticket: {}", self.name(), named("ticket", new))
            });
        }
        // G2 §1.3: a ticket stands for what was asked, through every rotation.
        tally.check(Id::Tkt7, same, || {
            format!("{} changed what a ticket stands for at {}", self.name(), named("ticket", new))
        });
    }

    fn redeemed(&self, secret: Secret, client: &ClientId, (spent, v2): (bool, bool), tally: &mut Tally) {
        self.left_behind(secret, v2, tally);
        let ticket = self.ledger.tokens.tickets.get(&secret);
        let who = || format!("{} took {} from {client}", self.name(), named("ticket", secret));
        if v2 {
            let first = ticket.is_some_and(|ticket| ticket.redeemed.is_none());
            tally.check(Id::Tkt1, first, || format!("{} although it is unknown or was used before", who()));
        } else if let Some(ticket) = ticket
            && (spent || ticket.spent.is_some())
        {
            tally.check(Id::Tkt2, ticket.spent.is_none(), || format!("{} although it was spent", who()));
        }
        if let Some((ticket, presented)) = ticket.and_then(|ticket| Some((ticket, ticket.presented?))) {
            tally.check(Id::Tkt6, presented.node_time < ticket.expires_at, || {
                format!("{} at {}; it expired at {}", who(), presented.node_time.0, ticket.expires_at.0)
            });
        }
        self.one_client(secret, client, tally);
    }

    // G2 §5.5: one client in one process.
    fn one_client(&self, secret: Secret, client: &ClientId, tally: &mut Tally) {
        let Some(first) = self.ledger.process_of(secret).and_then(|process| process.client.as_ref()) else { return };
        tally.check(Id::Tkt8, first == client, || {
            format!("{}: {client} went on with the process of {first} ({})", self.name(), named("ticket", secret))
        });
    }

    // V1 §3.2.2: "MUST invalidate a permission ticket when an RPT is successfully granted".
    fn once(&self, secret: Secret, tally: &mut Tally) {
        let Some(before) = self.ledger.tokens.tickets.get(&secret) else { return };
        tally.check(Id::Tkt2, !before.granted, || {
            format!("{} granted twice on {}", self.name(), named("ticket", secret))
        });
    }

    // claims-sec §2.3: the ticket that came with the person is dead once they were sent back with another.
    fn left_behind(&self, secret: Secret, v2: bool, tally: &mut Tally) {
        let Some(ticket) = self.ledger.tokens.tickets.get(&secret) else { return };
        let chained = ticket.successor.is_some() || ticket.reason == TicketReason::ClaimsReturn;
        if chained && !v2 {
            tally.check(Id::Tkt3, ticket.successor.is_none(), || {
                format!("{} took {}, which claims gathering had replaced", self.name(), named("ticket", secret))
            });
        }
    }

    // Judged when the outcome is committed.
    fn granted(&self, secret: Secret, at: Option<Timestamp>, tally: &mut Tally) {
        let (Some(ticket), Some(at)) = (self.ledger.tokens.tickets.get(&secret), at) else { return };
        tally.check(Id::Tkt6, at < ticket.expires_at, || {
            format!(
                "{} granted on {} at {}; it expired at {}",
                self.name(),
                named("ticket", secret),
                at.0,
                ticket.expires_at.0
            )
        });
    }

    fn answered(&self, exchange: ExchangeId, message: &Response, tally: &mut Tally) {
        let Some(question) = self.ledger.exchanges.get(exchange) else { return };
        match (&question.ask, message) {
            // claims-sec §5: "handle only one style of claims gathering".
            (_, Response::Configuration(document)) => {
                let endpoints = [&document.claims_interaction_endpoint, &document.security_enhanced_claims_endpoint];
                tally.check(Id::Tkt3, endpoints.iter().any(|endpoint| endpoint.is_none()), || {
                    format!("{} offers two claims endpoints", self.name())
                });
            }
            (Ask::Permissions(asked), Response::PermissionTicket { ticket, .. }) => {
                let Some(issued) = self.ledger.tokens.tickets.get(&short(ticket)) else { return };
                tally.check(Id::Tkt7, same(asked, &issued.permissions), || {
                    format!("{}: {} is not what was asked for", self.name(), named("ticket", short(ticket)))
                });
            }
            (
                Ask::UmaTicket { ticket: old, .. },
                Response::NeedInfo { ticket, .. } | Response::RequestSubmitted { ticket, .. },
            ) => self.next(*old, ticket.as_ref(), tally),
            (Ask::RptForTicket { ticket, .. }, Response::Failure(failure))
                if failure.code == Some(ErrorCode::InvalidTicket) =>
            {
                self.seen_from_two_clients(question, *ticket, tally);
            }
            _ => {}
        }
    }

    // V1 §3.2.2: "used by multiple different clients, it SHOULD attempt to revoke any RPT already granted". What has
    // expired by then is of no use to anybody.
    fn seen_from_two_clients(&self, question: &Exchange, secret: Secret, tally: &mut Tally) {
        let tokens = &self.ledger.tokens;
        let aat = question.bearer.and_then(|bearer| tokens.access.get(&bearer)).filter(|aat| aat.server == self.node);
        let (Some(aat), Some(ticket), Some(arrived)) = (aat, tokens.tickets.get(&secret), question.arrived) else {
            return;
        };
        let first = self.ledger.process_of(secret).and_then(|process| process.client.as_ref());
        let second = aat.aat && first.is_some_and(|first| *first != aat.client);
        if !second || ticket.server != self.node || arrived.node_time >= ticket.expires_at {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "whether one is left does not depend on the order")]
        let left = tokens.rpts.values().any(|rpt| {
            rpt.ticket() == Some(secret)
                && rpt.dead.is_none()
                && rpt.issued < arrived.step
                && arrived.node_time < rpt.expires_at
        });
        tally.check(Id::Tkt8, !left, || {
            format!("{} left an RPT alive of {}, which a second client showed", self.name(), named("ticket", secret))
        });
    }

    // G2 §3.3.6: `need_info` and `request_submitted` come with a new ticket, also never after an expired one.
    fn next(&self, old: Secret, new: Option<&PermissionTicket>, tally: &mut Tally) {
        let fresh = new.is_some_and(|new| {
            short(new) != old && self.ledger.tokens.tickets.get(&short(new)).is_some_and(|new| new.sent == 0)
        });
        tally.check(Id::Tkt4, fresh, || {
            format!("{} answered {} without a ticket never seen before", self.name(), named("ticket", old))
        });
        if let Some((ticket, presented)) =
            self.ledger.tokens.tickets.get(&old).and_then(|ticket| Some((ticket, ticket.presented?)))
        {
            tally.check(Id::Tkt6, presented.node_time < ticket.expires_at, || {
                format!("{} gave a successor to {}, which had expired", self.name(), named("ticket", old))
            });
        }
    }
}

/// Equal as sets of pairs of resource and scopes; entries for one resource count as one.
fn same(left: &[PermissionRequest], right: &[PermissionRequest]) -> bool {
    if left == right {
        return true;
    }
    let merged = |permissions: &[PermissionRequest]| {
        let mut merged: BTreeMap<_, ScopeSet> = BTreeMap::new();
        for one in permissions {
            merged.entry(one.resource_id.clone()).or_default().extend(one.scopes.iter().cloned());
        }
        merged
    };
    merged(left) == merged(right)
}
