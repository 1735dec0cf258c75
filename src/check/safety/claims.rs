//! CLM-1 to CLM-6 and BND-4: whose claims count, how they came, and where people are sent.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::{Ask, Secret, short};
use crate::check::ledger::places::{Interaction, Process};
use crate::check::safety::{honest, name, named};
use crate::message::{ExchangeId, NodeId};
use crate::trace::fact::{ClaimsSource, GrantedPermission, InteractionStarted, ProcessId, Subject, TicketReason};
use crate::trace::truth::RoleKind;
use crate::trace::{Event, Fact, Note, Record, Truth};
use crate::wire::request::{AuthorizationState, ClaimsReturn};
use crate::wire::token::{TokenHash, kind};
use crate::wire::{Claim, ClientId, Request, Response, Revision, Timestamp, Uri};

/// Watches claims.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims;

impl Family for Claims {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Fact { node, fact } if honest(truth, *node) => {
                let see = See { ledger, truth, node: *node, now: record.node_time };
                see.fact(fact, tally);
            }
            Event::Noted { node, note: Note::ReturnAccepted { session, state } } if honest(truth, *node) => {
                let see = See { ledger, truth, node: *node, now: record.node_time };
                see.came_back(session.map(|it| it.short()), state.map(|it| it.short()), tally);
            }
            Event::Answered { from, exchange, answer, .. } if honest(truth, *from) => {
                if let Response::Redirect { to, message } = &answer.message
                    && let Request::ClaimsReturn(back) = &**message
                {
                    let see = See { ledger, truth, node: *from, now: record.node_time };
                    see.sent_back(*exchange, to, back, tally);
                    see.told_on_the_way_back(*exchange, to, back, tally);
                }
            }
            _ => {}
        }
    }
}

struct See<'a> {
    ledger: &'a Ledger,
    truth: &'a Truth,
    node: NodeId,
    now: Timestamp,
}

impl See<'_> {
    fn name(&self) -> &str {
        name(self.truth, self.node)
    }

    fn process(&self, process: ProcessId) -> Option<&Process> {
        self.ledger.processes.get(&(self.node, process))
    }

    fn fact(&self, fact: &Fact, tally: &mut Tally) {
        match fact {
            Fact::ClaimsEstablished { process, client, subject, claims, how, .. } => {
                self.established(*process, client, (subject, claims), *how, tally);
            }
            Fact::PersonAgreed { session, subject, .. } => self.agreed(session.short(), subject, tally),
            Fact::InteractionStarted(InteractionStarted { client, redirect_uri, .. }) => {
                self.redirect(client, redirect_uri, tally)
            }
            Fact::RptIssued { permissions, .. } | Fact::AuthorizationDataAdded { permissions, .. } => {
                for given in permissions {
                    self.session_integrity(given, tally);
                }
            }
            _ => {}
        }
    }

    // G2 §5.1, §5.2, §5.5: the person whose claims count is the person who started the process.
    fn session_integrity(&self, given: &GrantedPermission, tally: &mut Tally) {
        let Some(process) = self.process(given.process) else { return };
        let Some(root) = self.ledger.tokens.tickets.get(&process.root) else { return };
        let Some((_, _, client)) = root.challenged else { return };
        if root.starters.is_empty() || !honest(self.truth, client) {
            return;
        }
        for person in given.subjects.iter().filter_map(|subject| self.ledger.names.subject(subject)) {
            tally.check(Id::Clm1, root.starters.contains(&person), || {
                format!(
                    "{} granted with the claims of {} a process that {} started",
                    self.name(),
                    name(self.truth, person),
                    root.starters.first().map_or("nobody", |first| name(self.truth, *first))
                )
            });
        }
    }

    fn established(
        &self,
        process: ProcessId,
        client: &ClientId,
        (subject, claims): (&Subject, &[Claim]),
        how: ClaimsSource,
        tally: &mut Tally,
    ) {
        match how {
            ClaimsSource::Pushed(token) => self.pushed(token, client, subject, tally),
            ClaimsSource::Gathered(session) => self.gathered(process, session.short(), (client, subject), tally),
            ClaimsSource::Pct(pct) => self.persisted(process, pct, client, claims, tally),
            ClaimsSource::Aat(aat) => {
                let aat = self.ledger.tokens.access.get(&aat.short());
                let holds = aat.is_some_and(|aat| aat.person.as_ref().is_none_or(|it| *it == subject.person));
                tally
                    .check(Id::Clm6, holds, || format!("{} took claims of another person than the AAT's", self.name()));
            }
        }
    }

    // G2 §3.3.1, §5.7.
    fn pushed(&self, secret: TokenHash<kind::ClaimTokenKind>, client: &ClientId, subject: &Subject, tally: &mut Tally) {
        let token = self.ledger.tokens.id_tokens.get(&secret.short());
        let holds = token.is_some_and(|token| {
            let to = self.ledger.names.client(token.server, &token.client);
            let by = self.ledger.names.client(self.node, client);
            let about = self.ledger.names.at(&subject.issuer) == Some(token.server) && token.person == subject.person;
            // The token was checked no later than the longest request ago.
            let earliest = Timestamp(self.now.0.saturating_sub(self.truth.request_max.0));
            let by_operator = self.ledger.registry.trusts.contains(&(self.node, subject.issuer.clone()));
            let configured = self.truth.get(self.node).is_some_and(|node| node.trusts.contains(&subject.issuer));
            let trusted = configured || by_operator;
            honest(self.truth, token.server)
                && trusted
                && about
                && (to.is_none() || by.is_none() || to == by || to == Some(self.node))
                && earliest < token.expires_at + self.truth.clock_error_max
        });
        tally.check(Id::Clm2, holds, || {
            format!(
                "{} believed {} pushed by {client}, which it must not",
                self.name(),
                named("claim-token", secret.short())
            )
        });
    }

    // G2 §5.1, §5.7: the person agreed, for this client and process, in this session.
    fn gathered(&self, id: ProcessId, session: Secret, (client, subject): (&ClientId, &Subject), tally: &mut Tally) {
        let process = self.process(id);
        let agreed = process.is_some_and(|process| {
            process
                .agreed
                .iter()
                .any(|(in_session, for_client, who)| *in_session == session && for_client == client && who == subject)
        });
        tally.check(Id::Clm5, agreed, || {
            format!("{} took claims about {} without the person's agreement", self.name(), subject.person)
        });
        let visited = process.is_some_and(|process| {
            process.interactions.is_empty() || process.interactions.iter().any(|visit| visit.client == *client)
        });
        tally.check(Id::Clm6, visited, || format!("{} attached claims to a process nobody visited for", self.name()));
    }

    // By ground truth: that very person's browser sent the agreement.
    fn agreed(&self, session: Secret, subject: &Subject, tally: &mut Tally) {
        let Some(person) = self.ledger.names.subject(subject) else { return };
        let sender = self.ledger.browsers.agreed.get(&session).copied();
        tally.check(Id::Clm5, sender == Some(person), || {
            format!(
                "{} took an agreement of {} that {} did not give",
                self.name(),
                subject.person,
                name(self.truth, person)
            )
        });
    }

    // G2 §3.3.1 (pct), §5.2.
    fn persisted(
        &self,
        id: ProcessId,
        secret: TokenHash<kind::PctKind>,
        client: &ClientId,
        claims: &[Claim],
        tally: &mut Tally,
    ) {
        let Some(pct) = self.ledger.tokens.pcts.get(&secret.short()) else {
            tally.check(Id::Bnd4, false, || format!("{} took a PCT that it never issued", self.name()));
            return;
        };
        let of_client = pct.client == *client && pct.server == self.node && pct.dead.is_none();
        let root = self.process(id).and_then(|process| self.ledger.tokens.tickets.get(&process.root));
        let starters = root.filter(|root| root.challenged.is_some_and(|(_, _, by)| honest(self.truth, by)));
        let starters = starters.map(|root| root.starters.as_slice()).unwrap_or_default();
        let mut people = pct.subjects.iter().filter_map(|subject| self.ledger.names.subject(subject));
        let of_person = starters.is_empty() || people.all(|person| starters.contains(&person));
        tally.check(Id::Bnd4, of_client && of_person, || {
            format!(
                "{} took {} from {client} (its client: {of_client}, its person: {of_person})",
                self.name(),
                named("pct", secret.short())
            )
        });
        let carried = claims.iter().all(|claim| pct.claims.contains(claim));
        let fresh = Timestamp(self.now.0.saturating_sub(self.truth.request_max.0)) < pct.expires_at;
        tally.check(Id::Clm6, carried && fresh, || {
            format!("{} took claims from {} that it does not carry any more", self.name(), named("pct", secret.short()))
        });
    }

    // G2 §3.3.2: simple string comparison with what the client registered.
    fn redirect(&self, client: &ClientId, uri: &Uri, tally: &mut Tally) {
        let holds = self.registered(client, uri);
        tally.check(Id::Clm3, holds, || {
            format!("{} would send people to {uri}, not registered for {client}", self.name())
        });
    }

    fn registered(&self, client: &ClientId, uri: &Uri) -> bool {
        self.ledger.registry.clients.get(&(self.node, client.clone())).is_some_and(|it| {
            it.claims_redirect_uris.contains(uri)
                || (it.claims_redirect_uris.is_empty() && it.redirect_uris.contains(uri))
                || (Ledger::revision(self.truth, self.node).is_some_and(crate::wire::Revision::is_draft)
                    && it.redirect_uris.contains(uri))
        })
    }

    // G2 §3.3.3: back to the registered place, with the state that was sent.
    fn sent_back(&self, id: ExchangeId, to: &Uri, back: &ClaimsReturn, tally: &mut Tally) {
        let process = back.ticket.as_ref().and_then(|ticket| self.ledger.process_of(short(ticket)));
        let question = self.ledger.exchanges.get(id);
        let state = back.state.as_ref().map(short);
        let (visit, holds) = if let Some(visit) = process.and_then(|process| process.interactions.last()) {
            (visit, state == visit.state)
        } else if let Some(Ask::Interaction { client: Some(client), .. }) = question.map(|question| &question.ask) {
            // A request that names a wrong client or URI is not answered with a redirect at all.
            return tally.check(Id::Clm3, self.registered(client, to), || {
                format!("{} sent a person to {to}, not registered for {client}", self.name())
            });
        } else {
            // V1 §3.6.3: most returns have no ticket, and one session may have several visits under way.
            let session = question.and_then(|question| question.cookie);
            let visits = session.and_then(|session| self.ledger.browsers.visits.get(&session));
            let Some((last, others)) = visits.and_then(|visits| visits.split_last()) else { return };
            let same = |visit: &&Interaction| visit.redirect_uri == *to && visit.state == state;
            let known = std::iter::once(last).chain(others).find(same);
            (known.unwrap_or(last), known.is_some())
        };
        tally.check(Id::Clm3, *to == visit.redirect_uri && self.registered(&visit.client, to), || {
            format!("{} sent a person to {to}, not registered for {}", self.name(), visit.client)
        });
        tally.check(Id::Clm4, holds, || format!("{} did not return the state as it was sent", self.name()));
    }

    // V1 §3.6.3: what became of it, and the ticket if and only if more is needed; claims-sec §2.3: always a new ticket.
    // G2 §3.3.3: a new ticket.
    fn told_on_the_way_back(&self, id: ExchangeId, to: &Uri, back: &ClaimsReturn, tally: &mut Tally) {
        let Some(revision) = self.revision_of_return(id, to, back).filter(|revision| !revision.is_draft()) else {
            return;
        };
        let ticket = back.ticket.as_ref().and_then(|ticket| self.ledger.tokens.tickets.get(&short(ticket)));
        let new = ticket.is_some_and(|ticket| ticket.reason == TicketReason::ClaimsReturn && ticket.sent == 0);
        let done = back.error.is_none();
        let needed = back.authorization_state == Some(AuthorizationState::NeedInfo);
        let told = match revision {
            Revision::V1_0_1 => {
                !done || (back.authorization_state.is_some() && (new || needed == back.ticket.is_some()))
            }
            Revision::V2_0 | Revision::Draft05 | Revision::Draft06 => {
                done == back.ticket.is_some() && back.authorization_state.is_none()
            }
        };
        tally.check(Id::Grt7, told, || {
            format!(
                "{} sent a person back with {:?} and {} ticket",
                self.name(),
                back.authorization_state,
                if back.ticket.is_some() { "a" } else { "no" }
            )
        });
        if revision == Revision::V2_0 && back.ticket.is_some() {
            tally.check(Id::Tkt4, new, || format!("{} sent a person back with a ticket that is not new", self.name()));
        }
    }

    // Where a server speaks two, that of the client whose visit it was.
    fn revision_of_return(&self, id: ExchangeId, to: &Uri, back: &ClaimsReturn) -> Option<Revision> {
        if !Ledger::is_of_two(self.truth, self.node) {
            return Ledger::revision(self.truth, self.node);
        }
        let state = back.state.as_ref().map(short);
        let session = self.ledger.exchanges.get(id)?.cookie?;
        let visits = self.ledger.browsers.visits.get(&session)?;
        let visit = visits.iter().rev().find(|visit| visit.redirect_uri == *to && visit.state == state)?;
        self.ledger.revision_of_client(self.truth, self.node, &visit.client)
    }

    // G2 §5.1; RFC 6749 §10.12.
    fn came_back(&self, session: Option<Secret>, state: Option<Secret>, tally: &mut Tally) {
        let away = state.and_then(|state| self.ledger.browsers.sent_away.get(&state));
        // Other servers that send people away do not have to say so.
        let client = self.truth.get(self.node).is_some_and(|node| node.role == RoleKind::Client);
        if away.is_none() && !client {
            return;
        }
        let holds = away.is_some_and(|away| away.node == self.node && Some(away.session) == session && !away.accepted);
        tally.check(Id::Clm4, holds, || {
            format!("{} went on with a return that this browser session was not sent away for", self.name())
        });
        if let Some((out, back)) = away.and_then(|away| Some((away.process?, away.returned?))) {
            tally.check(Id::Clm4Outcome, out == back, || {
                format!("{} got back the ticket of another process than it had sent the person away with", self.name())
            });
        }
    }
}
