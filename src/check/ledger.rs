//! The ledger: what a trace has shown so far, folded once per record and read by every invariant.
//!
//! It believes facts, and it believes the true senders and receivers of messages; it never believes what a message
//! says about its sender. Everything that expires is swept, so that a long run stays flat.

mod access_tokens;
pub(crate) mod exchanges;
mod facts;
pub(crate) mod grants;
pub(crate) mod names;
mod operators;
pub(crate) mod places;
mod revisions;
mod scopes;
mod sessions;
pub(crate) mod tokens;

use crate::message::{ExchangeId, NodeId};
use crate::trace::fact::ProcessId;
use crate::trace::note::{AccessDecision, Assessed};
use crate::trace::truth::{ResourceTruth, RoleKind};
use crate::trace::{Event, Note, Record, Truth};
use crate::wire::oauth::IntrospectionResponse;
use crate::wire::{
    Answer, Challenge, ChallengeReason, Duration, Request, RequiredClaim, Response, Text, Timestamp, Uri,
};
use exchanges::{Ask, Exchange, Exchanges, Moment, Secret, short};
use names::Names;
use places::{Browsers, Fetch, Mappings, Process, Registry, SentAway};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};
use tokens::{Poll, Tokens};

/// How long something that is over is remembered.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// How many records go by between two sweeps.
const SWEEP_EVERY: u64 = 16_384;

/// What a trace has shown so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) names: Names,
    pub(crate) exchanges: Exchanges,
    pub(crate) tokens: Tokens,
    pub(crate) processes: FxHashMap<(NodeId, ProcessId), Process>,
    pub(crate) questions: FxHashMap<(NodeId, Text), ProcessId>,
    pub(crate) registry: Registry,
    pub(crate) mappings: Mappings,
    pub(crate) browsers: Browsers,
    /// Where faults ended.
    pub(crate) healed: Option<u64>,
    pub(crate) ended: Option<Ended>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) open_exchanges: u32,
    pub(crate) cut_off: bool,
    pub(crate) at: Timestamp,
}

impl Ledger {
    /// Nothing seen yet.
    pub(crate) fn new(truth: &Truth) -> Self {
        Self { names: Names::new(truth), ..Self::default() }
    }

    /// Takes one record in.
    pub(crate) fn fold(&mut self, truth: &Truth, record: &Record) {
        match &record.event {
            Event::Acted { node, .. } => self.acted(record.cause.root, *node),
            Event::Sent { from, to, exchange, call } => {
                self.sent(*exchange, Exchange::new(*from, *to, call, record));
            }
            Event::Arrived { from, exchange, copy_of, .. } => {
                if let Some(original) = copy_of {
                    self.exchanges.copied(*original, *exchange);
                }
                self.arrived(*from, *exchange, record);
            }
            Event::Answered { from, to, exchange, answer, .. } => {
                self.answered(truth, (*from, *to), *exchange, answer, record);
            }
            Event::Returned { to, exchange } => self.returned(*to, *exchange, record),
            Event::Failed { exchange, .. } => self.failed(*exchange),
            Event::Lost { exchange, answer } => self.lost(*exchange, *answer),
            Event::Fact { node, fact } => {
                self.fact(truth, *node, fact, record);
                self.decide(truth, *node, fact, record.step);
            }
            Event::Noted { node, note } => self.noted(*node, note, record),
            Event::Crashed { node } => self.browsers.fetches.retain(|(client, _), _| client != node),
            Event::Healed => self.healed = Some(record.step),
            Event::Ended { open_exchanges, cut_off } => {
                self.ended = Some(Ended { open_exchanges: *open_exchanges, cut_off: *cut_off, at: record.at });
            }
            Event::TimerFired { .. }
            | Event::Ruled { .. }
            | Event::Restarted { .. }
            | Event::Panicked { .. }
            | Event::WriteRefused { .. }
            | Event::Link { .. }
            | Event::ClockStepped { .. } => {}
        }
        if record.step % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sweep(record.at - REMEMBERED);
        }
    }

    /// The protected resource at a URI.
    pub(crate) fn resource<'t>(&self, truth: &'t Truth, uri: &Uri) -> Option<&'t ResourceTruth> {
        truth.resource(self.names.at(uri)?, uri.path())
    }

    /// The process of a ticket.
    pub(crate) fn process_of(&self, ticket: Secret) -> Option<&Process> {
        let ticket = self.tokens.tickets.get(&ticket)?;
        self.processes.get(&(ticket.server, ticket.process))
    }

    fn acted(&mut self, root: u32, node: NodeId) {
        let at = root as usize;
        if self.browsers.actors.len() <= at {
            self.browsers.actors.resize(at + 1, None);
        }
        self.browsers.actors[at] = Some(node);
    }

    fn sent(&mut self, id: ExchangeId, exchange: Exchange) {
        if let (Some(client), Some(to)) = (&exchange.client, exchange.to) {
            self.names.learn_client(to, client, exchange.from, false);
        }
        match &exchange.ask {
            Ask::Access { method } => self.fetch_moves(exchange.from, &exchange.uri, Some(method)),
            Ask::UmaTicket { ticket, .. }
            | Ask::AuthorizationData { ticket, .. }
            | Ask::RptForTicket { ticket, .. } => {
                if let Some(ticket) = self.tokens.tickets.get_mut(ticket) {
                    ticket.sent += 1;
                }
            }
            _ => {}
        }
        self.exchanges.open(id, exchange);
    }

    fn fetch_moves(&mut self, client: NodeId, resource: &Uri, method: Option<&Text>) {
        for (_, fetch) in self.browsers.fetches.range_mut((client, 0)..=(client, u64::MAX)) {
            if fetch.resource == *resource {
                fetch.sent += 1;
                if let (None, Some(method)) = (&fetch.method, method) {
                    fetch.method = Some(method.clone());
                }
            }
        }
    }

    fn arrived(&mut self, from: NodeId, id: ExchangeId, record: &Record) {
        let Some(exchange) = self.exchanges.get_mut(id) else { return };
        exchange.arrivals += 1;
        exchange.arrived.get_or_insert(Moment::of(record));
        let (to, cookie) = (exchange.to, exchange.cookie);
        match &exchange.ask {
            Ask::UmaTicket { ticket, scope, .. } => {
                let (ticket, scope) = (*ticket, scope.clone());
                self.presented(ticket, record, &scope);
            }
            Ask::AuthorizationData { ticket, .. }
            | Ask::RptForTicket { ticket, .. }
            | Ask::Interaction { ticket: Some(ticket), .. } => {
                let ticket = *ticket;
                self.presented(ticket, record, &Default::default());
            }
            Ask::Consent { approve: true } => {
                self.browsers.approving.extend(to.map(|server| (server, from)));
            }
            Ask::GiveClaims { agree: true } => {
                if let Some(session) = cookie {
                    self.browsers.agreed.insert(session, from);
                }
            }
            Ask::ClaimsReturn { ticket, state: Some(state) } => {
                let (ticket, state) = (*ticket, *state);
                let known = ticket.and_then(|ticket| self.tokens.tickets.get(&ticket));
                let process = known.map(|ticket| (ticket.server, ticket.process));
                if let Some(away) = self.browsers.sent_away.get_mut(&state).filter(|away| Some(away.node) == to) {
                    (away.returned, away.brought) = (process, ticket);
                }
            }
            _ => {}
        }
    }

    fn presented(&mut self, secret: Secret, record: &Record, scope: &crate::wire::ScopeSet) {
        let Some(ticket) = self.tokens.tickets.get_mut(&secret) else { return };
        // A duplicate does not make the first presentation later than it was.
        if record.cause.copy == 0 || ticket.presented.is_none() {
            ticket.presented = Some(Moment::of(record));
        }
        if let Some(process) = self.processes.get_mut(&(ticket.server, ticket.process)) {
            process.presentations += 1;
            process.requested.extend(scope.iter().cloned());
        }
    }

    fn answered(
        &mut self,
        truth: &Truth,
        (from, to): (NodeId, NodeId),
        id: ExchangeId,
        answer: &Answer,
        record: &Record,
    ) {
        if let Some(cookie) = &answer.set_cookie
            && truth.get(to).is_some_and(|node| node.role == RoleKind::Person)
        {
            self.browsers.sessions.insert(short(cookie), to);
        }
        if let Response::Challenge(challenge) = &answer.message {
            self.challenged(challenge, (from, to), id);
        }
        if let Response::Redirect { message, .. } = &answer.message {
            self.redirected(message);
        }
        let Some(exchange) = self.exchanges.get_mut(id) else { return };
        exchange.answered.get_or_insert(Moment::of(record));
        exchange.active |= matches!(answer.message, Response::Introspection(IntrospectionResponse::Active(_)));
        let (copy_of, arrived) = (exchange.copy_of, exchange.arrived);
        if let Response::RequestSubmitted { ticket: Some(next), interval_secs: Some(secs) } = &answer.message
            && let Some(next) = self.tokens.tickets.get_mut(&short(next))
        {
            let interval = Duration::from_secs(*secs);
            let earliest = arrived.map_or(record.node_time, |arrived| arrived.node_time) + interval;
            next.poll = Some(Poll { earliest, latest: record.node_time + interval });
        }
        if let Some(given) = given(&answer.message) {
            exchange.given.get_or_insert(given);
            self.given(copy_of, given);
        }
        let Some(exchange) = self.exchanges.get_mut(id) else { return };
        if let Response::Configuration(document) = &answer.message
            && document.issuer.origin() != exchange.uri.origin()
        {
            let endpoints = [Some(&document.token_endpoint), document.registration_endpoint.as_ref()];
            let client = exchange.from;
            let strange = endpoints.into_iter().flatten().map(|uri| (client, uri.clone()));
            self.browsers.strange_endpoints.extend(strange);
        }
        if let Some(ticket) = exchange.ask.presented() {
            self.ticket_answered(ticket, &answer.message, record);
        }
    }

    fn given(&mut self, original: Option<ExchangeId>, given: Secret) {
        if let Some(original) = original.and_then(|original| self.exchanges.get_mut(original)) {
            original.given.get_or_insert(given);
        }
    }

    fn ticket_answered(&mut self, secret: Secret, message: &Response, record: &Record) {
        let changed = self.registry.changed;
        let Some(ticket) = self.tokens.tickets.get_mut(&secret) else { return };
        ticket.settled = true;
        let Some(process) = self.processes.get_mut(&(ticket.server, ticket.process)) else { return };
        if let Some(required_claims) = required_claims(message) {
            process.hints.clear();
            let named = required_claims.iter().filter(|claim| claim.name.is_some());
            process.hints.extend(named.cloned());
            process.hinted = Some(Moment::of(record));
            process.hinted_at_change = changed;
        }
    }

    fn challenged(&mut self, challenge: &Challenge, (from, to): (NodeId, NodeId), id: ExchangeId) {
        let secret = match &challenge.reason {
            ChallengeReason::RptNeeded => return,
            ChallengeReason::AuthorizationDataNeeded(ticket)
            | ChallengeReason::TicketGiven(ticket)
            | ChallengeReason::MoreNeeded(ticket) => short(ticket),
        };
        let starters = self.exchanges.get(id).map(|access| self.acting_for(access)).unwrap_or_default();
        if let Some(ticket) = self.tokens.tickets.get_mut(&secret)
            && ticket.challenged.is_none()
        {
            ticket.challenged = Some((id, from, to));
            ticket.starters = starters;
        }
    }

    /// For whom a client makes an access attempt: whoever its RPT was got for, else whoever has it fetch that
    /// resource, else whoever started the chain.
    pub(crate) fn acting_for(&self, access: &Exchange) -> Vec<NodeId> {
        let by_rpt = access.bearer.and_then(|rpt| self.tokens.rpts.get(&rpt)).and_then(|rpt| rpt.session);
        if let Some(person) = by_rpt.and_then(|session| self.browsers.sessions.get(&session)) {
            return vec![*person];
        }
        let fetching: Vec<NodeId> = self.browsers.fetching(access.from, &access.uri).collect();
        if fetching.is_empty() { self.browsers.actor(access.root).into_iter().collect() } else { fetching }
    }

    fn redirected(&mut self, message: &Request) {
        let Request::ClaimsInteraction(claims) = message else { return };
        let (Some(ticket), Some(state)) = (&claims.ticket, &claims.state) else { return };
        let process = self.tokens.tickets.get(&short(ticket)).map(|ticket| (ticket.server, ticket.process));
        if let Some(away) = self.browsers.sent_away.get_mut(&short(state)) {
            away.process = process;
        }
    }

    fn returned(&mut self, to: NodeId, id: ExchangeId, record: &Record) {
        self.exchanges.close(id);
        let Some(exchange) = self.exchanges.get_mut(id) else { return };
        exchange.returned.get_or_insert(Moment::of(record));
        let answered = exchange.answered.map_or(0, |moment| moment.step);
        match (&exchange.ask, exchange.given) {
            (Ask::Introspect(token), _) => {
                let (token, server) = (*token, exchange.to);
                // What another authorization server says of it is no evaluation.
                if let Some(rpt) = self.tokens.rpts.get_mut(&token).filter(|rpt| Some(rpt.server) == server) {
                    let newest = rpt.newest_answers.entry(to).or_default();
                    if newest.0 < answered {
                        *newest = (answered, record.step);
                    }
                }
            }
            (Ask::UmaTicket { rpt: Some(old), .. }, Some(new)) => {
                let old = *old;
                self.delivered(new, to, record.step);
                self.left_behind(old, new, to, record.step);
            }
            (Ask::UmaTicket { .. } | Ask::AuthorizationData { .. } | Ask::RptForTicket { .. }, Some(new)) => {
                self.delivered(new, to, record.step);
            }
            _ => {}
        }
    }

    fn delivered(&mut self, secret: Secret, client: NodeId, step: u64) {
        if let Some(ticket) = self.tokens.tickets.get_mut(&secret) {
            ticket.delivered.get_or_insert((client, step));
        }
    }

    fn left_behind(&mut self, old: Secret, new: Secret, client: NodeId, step: u64) {
        let upgraded = self.tokens.rpts.get(&new).is_some_and(|rpt| rpt.upgraded_from() == Some(old));
        if upgraded
            && old != new
            && let Some(rpt) = self.tokens.rpts.get_mut(&old)
        {
            rpt.left_behind.get_or_insert((client, step));
        }
    }

    fn failed(&mut self, id: ExchangeId) {
        self.exchanges.close(id);
        if let Some(exchange) = self.exchanges.get_mut(id) {
            exchange.failed = true;
        }
    }

    fn lost(&mut self, id: ExchangeId, answer: bool) {
        let Some(exchange) = self.exchanges.get_mut(id) else { return };
        exchange.lost |= answer;
        // Nobody misses the answer of a copy.
        if exchange.copy_of.is_some() {
            return;
        }
        let client = exchange.from;
        if answer && exchange.ask.presented().is_some() {
            for (_, fetch) in self.browsers.fetches.range_mut((client, 0)..=(client, u64::MAX)) {
                fetch.lost = true;
            }
        }
    }

    fn noted(&mut self, node: NodeId, note: &Note, record: &Record) {
        match note {
            Note::Assessed(assessed) => self.assessed(node, assessed),
            Note::AccessDecided { exchange, decision: AccessDecision::Released { .. }, rpt: Some(_), .. } => {
                if let Some(exchange) = self.exchanges.get_mut(*exchange) {
                    exchange.released = true;
                }
            }
            Note::PersonSentAway { session, state, .. } => {
                let (session, at) = (session.short(), record.at);
                let away =
                    SentAway { node, session, at, accepted: false, process: None, returned: None, brought: None };
                self.browsers.sent_away.insert(state.short(), away);
            }
            Note::ReturnAccepted { state: Some(state), .. } => {
                let Some(away) = self.browsers.sent_away.get_mut(&state.short()) else { return };
                away.accepted = true;
                if let Some(ticket) = away.brought {
                    self.delivered(ticket, node, record.step);
                }
            }
            Note::FetchStarted { fetch, session, resource } => {
                let started = Fetch {
                    session: session.map(|session| session.short()),
                    actor: self.browsers.actor(record.cause.root),
                    resource: resource.clone(),
                    started: Moment::of(record),
                    root: record.cause.root,
                    method: None,
                    sent: 0,
                    lost: false,
                };
                self.browsers.fetches.insert((node, *fetch), started);
            }
            Note::FetchEnded { fetch, .. } => {
                self.browsers.fetches.remove(&(node, *fetch));
            }
            Note::AccessDecided { .. }
            | Note::ReturnAccepted { .. }
            | Note::PersonSaw { .. }
            | Note::RegistrationStuck { .. }
            | Note::OwnerSession { .. }
            | Note::OurChoice(_) => {}
        }
    }

    fn assessed(&mut self, node: NodeId, assessed: &Assessed) {
        let pairs = assessed.resources.iter().map(|resource| pairs_of(&resource.resource, &resource.candidate_granted));
        let sum = pairs.fold(0_u64, u64::wrapping_add);
        if let Some(process) = self.processes.get_mut(&(node, assessed.process)) {
            process.candidates = Some((assessed.ticket.short(), sum));
        }
    }

    fn sweep(&mut self, before: Timestamp) {
        self.tokens.sweep(before);
        self.processes.retain(|_, process| process.expires_at >= before);
        let processes = &self.processes;
        self.questions.retain(|(node, _), process| processes.contains_key(&(*node, *process)));
        self.browsers.sent_away.retain(|_, away| away.at >= before);
    }
}

/// Resource and scopes folded to one number; sums of it compare sets of pairs.
pub(crate) fn pairs_of(resource: &impl Hash, scopes: &crate::wire::ScopeSet) -> u64 {
    let pair = |scope: &crate::wire::Scope| {
        let mut hasher = FxHasher::default();
        resource.hash(&mut hasher);
        scope.hash(&mut hasher);
        hasher.finish()
    };
    scopes.iter().map(pair).fold(0, u64::wrapping_add)
}

/// The hints of `need_info`, in the form of either revision that has them; none for any other answer.
pub(crate) fn required_claims(message: &Response) -> Option<&[RequiredClaim]> {
    match message {
        Response::NeedInfo { required_claims, .. } => Some(required_claims),
        Response::InfoNeeded(details) => {
            let claims = details.requesting_party_claims.as_ref();
            Some(claims.map(|claims| claims.required_claims.as_slice()).unwrap_or_default())
        }
        _ => None,
    }
}

/// The main secret of a successful answer.
pub(crate) fn given(message: &Response) -> Option<Secret> {
    match message {
        Response::Token(tokens) => Some(short(&tokens.access_token)),
        Response::RptIssued(rpt) | Response::RptGranted(rpt) => Some(short(rpt)),
        Response::PermissionTicket { ticket, .. }
        | Response::NeedInfo { ticket: Some(ticket), .. }
        | Response::RequestSubmitted { ticket: Some(ticket), .. } => Some(short(ticket)),
        _ => None,
    }
}
