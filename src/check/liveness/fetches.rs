//! LIV-1, LIV-2, LIV-6 and LIV-7: what becomes of a client's process for a resource.

use crate::check::catalogue::Id;
use crate::check::invariant::{Family, Tally};
use crate::check::ledger::Ledger;
use crate::check::ledger::exchanges::short;
use crate::check::ledger::places::Fetch;
use crate::check::liveness::calm;
use crate::check::model::{self, Target};
use crate::message::NodeId;
use crate::trace::fact::{ClaimsSource, ResourceKey, RptOrigin};
use crate::trace::note::FetchOutcome;
use crate::trace::truth::{ResourceTruth, RoleKind};
use crate::trace::{Event, Fact, Note, Record, Truth};
use crate::wire::oauth::TokenRequest;
use crate::wire::page::Form;
use crate::wire::{Claim, PolicyCondition, Request, Scope, Timestamp, Uri};
use std::collections::{BTreeMap, BTreeSet};

/// How many messages one process may take.
const MESSAGES_MAX: u32 = 200;
/// How often a client may send one ticket: a consumed one does not get better.
const SAME_TICKET_MAX: u32 = 5;
/// How many RPTs of one AAT are fine beyond a few per fetch.
const REISSUES_FREE: u32 = 8;

/// Watches fetches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetches {
    /// Who an authorization server has seen vouched for, by whom, with which claims.
    /// A claim token reaches it only through a client that pushes: then the client is named.
    vouched: BTreeSet<(NodeId, Option<NodeId>, Uri)>,
    proved: BTreeSet<(NodeId, Option<NodeId>, NodeId, Claim)>,
    /// People who refused something.
    unwilling: BTreeSet<NodeId>,
    /// Resources that a client sought while an answer to it was lost.
    lost: BTreeSet<(NodeId, Uri)>,
    /// Resource servers at which somebody got what they wanted through a client.
    got: BTreeMap<(NodeId, Option<NodeId>), BTreeSet<NodeId>>,
    started: BTreeMap<NodeId, u32>,
    /// Chains whose person was told an end.
    told: BTreeSet<u32>,
    /// Chains whose client asks for more than the ticket: what it does not get may be what it asked for in addition.
    greedy: BTreeSet<u32>,
}

impl Family for Fetches {
    fn observe(&mut self, ledger: &Ledger, truth: &Truth, record: &Record, tally: &mut Tally) {
        match &record.event {
            Event::Sent { from, call, .. } => {
                self.note_greed(record.cause.root, &call.message);
                self.sent(ledger, truth, *from, &call.message, tally);
            }
            Event::Lost { exchange, answer: true } => {
                let Some(question) = ledger.exchanges.awaited(*exchange) else { return };
                if question.ask.presented().is_some() {
                    let open = ledger.browsers.fetches.range((question.from, 0)..=(question.from, u64::MAX));
                    self.lost.extend(open.map(|((client, _), fetch)| (*client, fetch.resource.clone())));
                }
            }
            Event::Fact { node, fact } => self.fact(ledger, *node, fact, tally),
            Event::Noted { node, note } => match note {
                Note::FetchStarted { .. } => *self.started.entry(*node).or_default() += 1,
                Note::FetchEnded { fetch, outcome, .. } => {
                    let Some(fetch) = ledger.browsers.fetches.get(&(*node, *fetch)) else { return };
                    let greedy = self.greedy.contains(&record.cause.root);
                    self.ended(&Case { ledger, truth, client: *node, fetch, now: record.at, greedy }, outcome, tally);
                }
                Note::PersonSaw { status, .. } if *status != 202 && calm(ledger, truth, record.step) => {
                    self.told.insert(record.cause.root);
                }
                _ => {}
            },
            _ => {}
        }
    }

    // Every process that was begun ends, also where nobody was left to be told.
    fn finish(&mut self, ledger: &Ledger, truth: &Truth, tally: &mut Tally) {
        let Some(ended) = ledger.ended.filter(|ended| !ended.cut_off && ended.open_exchanges == 0) else { return };
        for ((client, _), fetch) in &ledger.browsers.fetches {
            let told = fetch.session.is_none() || self.told.contains(&fetch.root);
            let honest = truth.get(*client).is_some_and(|node| node.honest);
            if told && honest && calm(ledger, truth, fetch.started.step) {
                tally.check(Id::Liv1, false, || {
                    format!(
                        "a fetch of {} begun at {} never ended (now {})",
                        fetch.resource, fetch.started.at.0, ended.at.0
                    )
                });
            }
        }
    }
}

/// One fetch that has ended.
struct Case<'a> {
    ledger: &'a Ledger,
    truth: &'a Truth,
    client: NodeId,
    fetch: &'a Fetch,
    now: Timestamp,
    greedy: bool,
}

impl Fetches {
    fn note_greed(&mut self, root: u32, message: &Request) {
        let Request::Token(TokenRequest::UmaTicket(grant)) = message else { return };
        if grant.scope.is_empty() {
            self.greedy.remove(&root);
        } else {
            self.greedy.insert(root);
        }
    }

    fn sent(&mut self, ledger: &Ledger, truth: &Truth, from: NodeId, message: &Request, tally: &mut Tally) {
        match message {
            Request::Form(Form::Consent { approve: false, .. } | Form::GiveClaims { agree: false, .. }) => {
                self.unwilling.insert(from);
            }
            Request::Form(Form::Consent { approve: true, .. } | Form::GiveClaims { agree: true, .. }) => {
                self.unwilling.remove(&from);
            }
            Request::Token(TokenRequest::UmaTicket(grant)) => {
                if !truth.get(from).is_some_and(|node| node.role == RoleKind::Client && node.honest) {
                    return;
                }
                let Some(ticket) = ledger.tokens.tickets.get(&short(&grant.ticket)) else { return };
                if ticket.sent > SAME_TICKET_MAX {
                    tally.check(Id::Liv6, false, || format!("one ticket was sent {} times", ticket.sent));
                }
                let many = ledger.process_of(short(&grant.ticket)).map_or(0, |process| process.presentations);
                if many > MESSAGES_MAX {
                    tally.check(Id::Liv2, false, || format!("one process took {many} requests"));
                }
            }
            _ => {}
        }
    }

    fn fact(&mut self, ledger: &Ledger, node: NodeId, fact: &Fact, tally: &mut Tally) {
        match fact {
            Fact::ClaimsEstablished { client, subject, claims, how, .. } => {
                let gathered = matches!(how, ClaimsSource::Gathered(_));
                let through = ledger.names.client(node, client).filter(|_| !gathered);
                let vouched = (node, through, subject.issuer.clone());
                if !self.vouched.contains(&vouched) {
                    self.vouched.insert(vouched);
                }
                let Some(person) = ledger.names.subject(subject) else { return };
                for claim in claims {
                    let proved = (node, through, person, claim.clone());
                    if !self.proved.contains(&proved) {
                        self.proved.insert(proved);
                    }
                }
            }
            Fact::RptIssued { origin: RptOrigin::Aat(aat), client, .. } => {
                let Some(aat) = ledger.tokens.access.get(&aat.short()).filter(|aat| aat.bound.len() > 1) else {
                    return;
                };
                // D6 §3.4.2 with reading A3: two servers do not evict each other for ever.
                let by = ledger.names.client(node, client).and_then(|client| self.started.get(&client)).copied();
                let bound = REISSUES_FREE + 4 * by.unwrap_or_default();
                tally.check(Id::Liv7, aat.reissued <= bound, || {
                    format!("{} RPTs under one AAT for {} fetches", aat.reissued, by.unwrap_or_default())
                });
            }
            _ => {}
        }
    }

    fn ended(&mut self, case: &Case<'_>, outcome: &FetchOutcome, tally: &mut Tally) {
        let got = matches!(outcome, FetchOutcome::Got { .. });
        if matches!(outcome, FetchOutcome::Denied | FetchOutcome::GaveUp { .. }) {
            tally.check(Id::Liv2, case.fetch.sent <= MESSAGES_MAX, || {
                format!("a fetch of {} ended only after {} attempts", case.fetch.resource, case.fetch.sent)
            });
        }
        let Some(resource) = case.ledger.resource(case.truth, &case.fetch.resource) else { return };
        let stopped = matches!(outcome, FetchOutcome::Abandoned) || (case.greedy && !got);
        let due = self.due(case, resource) && !stopped;
        if !due {
            return;
        }
        let told =
            || format!("policy permits {} to {}, and it ended with {outcome:?}", case.name(), case.fetch.resource);
        tally.check(Id::Liv1, got, told);
        let key = (case.client, case.fetch.resource.clone());
        if case.fetch.lost || self.lost.remove(&key) {
            tally.check(Id::Liv6, got, || format!("after a lost answer: {}", told()));
        }
        let servers = self.got.entry((case.client, case.ledger.browsers.person(case.fetch))).or_default();
        if servers.iter().any(|server| *server != resource.server) {
            tally.check(Id::Liv7, got, || format!("having reached another server: {}", told()));
        }
        servers.insert(resource.server);
    }

    /// True when the model says that this fetch had to succeed.
    fn due(&self, case: &Case<'_>, resource: &ResourceTruth) -> bool {
        let ledger = case.ledger;
        let honest = |node: NodeId| case.truth.get(node).is_some_and(|node| node.honest);
        let parties = honest(case.client) && honest(resource.server) && honest(resource.authorization_server);
        let person = ledger.browsers.person(case.fetch);
        let steady = calm(ledger, case.truth, case.fetch.started.step)
            && ledger.registry.changed < case.fetch.started.step
            && person.is_none_or(|person| !self.unwilling.contains(&person));
        let Some((key, need)) = case.asked(resource).filter(|_| parties && steady) else { return false };
        let pats = &ledger.mappings.pats;
        let of_owner = |account| ledger.names.person(resource.server, account) == Some(resource.owner);
        if !pats.iter().any(|(at, account, issuer)| {
            *at == resource.server && *issuer == resource.authorization_server && of_owner(account)
        }) {
            return false;
        }
        let Some(registered) = ledger.registry.live(resource.authorization_server, &key) else { return false };
        let target = Target { key: &key, type_: registered.type_.as_ref() };
        let permitted = |scope: &Scope| self.permitted(case, resource, (target, scope), person);
        need.is_subset(&registered.scopes) && need.iter().all(permitted)
    }

    fn permitted(
        &self,
        case: &Case<'_>,
        resource: &ResourceTruth,
        (target, scope): (Target<'_>, &Scope),
        person: Option<NodeId>,
    ) -> bool {
        let server = resource.authorization_server;
        let provable = |condition: &PolicyCondition| self.provable(case, server, person, condition);
        let slack = case.truth.clock_error_max;
        let over = (Timestamp(case.fetch.started.at.0.saturating_sub(slack.0)), case.now + slack);
        let mut policies = case.ledger.registry.in_force(server, &target.key.owner);
        policies.any(|(policy, _)| {
            model::speaks_about(policy, target, scope) && model::satisfiable(&policy.condition, over, &provable)
        })
    }

    // Only what this person could prove, by a way that this run has shown to exist.
    fn provable(&self, case: &Case<'_>, server: NodeId, person: Option<NodeId>, condition: &PolicyCondition) -> bool {
        let ledger = case.ledger;
        let through = [None, Some(case.client)];
        match condition {
            PolicyCondition::Client(client) => ledger.names.client(server, client) == Some(case.client),
            PolicyCondition::RequestingParty { issuer, subject } => {
                let known = through.iter().any(|client| self.vouched.contains(&(server, *client, issuer.clone())));
                let who = ledger.names.at(issuer).and_then(|at| ledger.names.person(at, subject));
                known && who.is_some() && who == person
            }
            PolicyCondition::Claim { name, value, issuer, max_age_secs: None } => {
                self.proved.iter().any(|(at, client, who, claim)| {
                    let here = *at == server && through.contains(client) && Some(*who) == person;
                    here && claim.name == *name
                        && claim.value == *value
                        && issuer.as_ref().is_none_or(|issuer| *issuer == claim.issuer)
                })
            }
            // A person whose sign-in is too weak may have nothing stronger.
            PolicyCondition::SignedInWith(_)
            | PolicyCondition::Claim { .. }
            | PolicyCondition::Anyone
            | PolicyCondition::All(_)
            | PolicyCondition::Any(_)
            | PolicyCondition::Between { .. }
            | PolicyCondition::OwnerApproves => false,
        }
    }
}

impl Case<'_> {
    fn name(&self) -> String {
        let person = self.ledger.browsers.person(self.fetch).unwrap_or(self.client);
        self.truth.get(person).map_or_else(String::new, |node| node.name.to_string())
    }

    /// The resource at its authorization server, and what the attempt needs.
    fn asked<'a>(&self, resource: &'a ResourceTruth) -> Option<(ResourceKey, &'a crate::wire::ScopeSet)> {
        let mapping = self.ledger.mappings.by_path.get(&(resource.server, resource.path.clone()))?;
        mapping.protected?;
        let server = resource.authorization_server;
        let id = mapping.id.clone().filter(|_| mapping.server == Some(server))?;
        let need = resource.need.get(self.fetch.method.as_ref()?)?;
        let owners = self.ledger.registry.owners.get(&(server, id.clone()))?;
        let owner = owners.iter().find(|owner| self.ledger.names.person(server, owner) == Some(resource.owner))?;
        let holdings = self.ledger.registry.holdings.range((server, owner.clone(), "".into())..);
        let mut own = holdings.take_while(|((at, of, _), _)| *at == server && of == owner);
        let (_, _, resource_server) = &own
            .find(|((_, _, client), holding)| {
                holding.ids.contains(&id) && self.ledger.names.resource_server(server, client) == Some(resource.server)
            })?
            .0;
        Some((ResourceKey { owner: owner.clone(), resource_server: resource_server.clone(), id }, need))
    }
}
