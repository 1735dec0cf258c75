//! From an access attempt to a decision (Grant §3.1-§3.2, §3.5; D6 §3, §3.1). Everything that is not a verified
//! permission ends in a refusal.

use crate::message::{Arrival, ExchangeId};
use crate::role::resource_server::cache::Remembered;
use crate::role::resource_server::decision::{self, Asked};
use crate::role::resource_server::dialect::Refusal;
use crate::role::resource_server::grounds::{Answered, Grounds, IntrospectedPermissions, Needed, Shortfall};
use crate::role::resource_server::pats::{self, NotReady, PatKey};
use crate::role::resource_server::protection::{Mapping, Standing};
use crate::role::resource_server::{ResourceServer, path, registration, requests};
use crate::role::{Context, Rule};
use crate::trace::note::Evidence;
use crate::wire::oauth::IntrospectionResponse;
use crate::wire::{Answer, DecodeError, ErrorCode, Response, Rpt, ScopeSet, Text, Uri};

/// An answer to an own request; none when none came.
pub(super) type Answering = Option<Result<Answer, DecodeError>>;

/// One access attempt that is not decided yet.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// The attempt as it stands in notes.
    pub asked: Asked,
    /// The scopes that the operation needs.
    pub need: ScopeSet,
    /// The RPT that came along.
    pub rpt: Option<Rpt>,
    /// Whose resource it is, and who protects it.
    pub protector: PatKey,
    /// Who is asked about the RPT: the protector, unless a node does not obey [`Rule::EvidenceOfProtector`].
    pub believed: PatKey,
    /// What it waits for.
    pub state: State,
    /// What the authorization server said of the RPT, once it fell short.
    pub evidence: Option<Evidence>,
    /// How often it waited for another PAT.
    pub renewals: u8,
    /// True when the resource was registered again on behalf of this attempt.
    pub registered_again: bool,
}

/// What an attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "a state says what it waits for")]
pub(super) enum State {
    /// The link to the authorization server.
    AwaitingLink,
    /// A PAT.
    AwaitingPat,
    /// The registration of the resource.
    AwaitingRegistration,
    /// What the authorization server says of the RPT.
    AwaitingIntrospection,
    /// A permission ticket.
    AwaitingTicket,
}

// ---- the attempt arrives

/// Takes an access attempt.
pub(super) fn on_attempt(server: &mut ResourceServer, cx: &mut Context<'_>, arrival: &Arrival, method: &Text) {
    // A request that is delivered twice is decided once.
    if server.open.attempts.contains_key(&arrival.exchange) {
        return;
    }
    let raw = arrival.uri.path();
    let served = path::canonical(raw);
    let rpt = arrival.credentials.bearer().map(|token| token.as_kind());
    let asked = Asked {
        exchange: arrival.exchange,
        path: Text::from(&*served),
        method: method.clone(),
        rpt: rpt.as_ref().map(Rpt::hashed),
    };
    let Ok(canonical) = cx.require(Rule::PathCanonical, served == raw) else {
        return decision::refuse(cx, &asked, 400);
    };
    if !server.exists(&served) {
        return decision::refuse(cx, &asked, 404);
    }
    // Protection is looked up by the path that was asked for. It is the path that is served: that is the rule.
    let Some(protected) = server.config.resources.get(raw) else {
        return decision::release_undecided(server, cx, &asked, Grounds::undecided(canonical));
    };
    let Some(need) = protected.need.get(method).cloned() else {
        return decision::refuse(cx, &asked, 405);
    };
    let protector = PatKey { owner: protected.owner.clone(), as_uri: protected.as_uri.clone() };
    begin(server, cx, asked, need, rpt, protector);
}

fn begin(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    asked: Asked,
    need: ScopeSet,
    rpt: Option<Rpt>,
    protector: PatKey,
) {
    if let Some(grounds) = Grounds::opened(server.protection.standing(&asked.path)) {
        return decision::release(server, cx, &asked, &grounds);
    }
    let exchange = asked.exchange;
    let believed = protector.clone();
    let state = State::AwaitingLink;
    let mut attempt =
        Attempt { asked, need, rpt, protector, believed, state, evidence: None, renewals: 0, registered_again: false };
    let refusal = server.dialect().without_rpt();
    if attempt.rpt.is_none() && refusal == Refusal::WithoutTicket {
        return decision::challenge_for_rpt(server, cx, &attempt);
    }
    if let Some(grounds) = remembered(server, cx, &mut attempt) {
        return decision::release(server, cx, &attempt.asked, &grounds);
    }
    server.open.attempts.insert(exchange, attempt);
    pursue(server, cx, exchange);
}

// An answer that was given before serves only to release: a refusal is always asked for afresh.
fn remembered(server: &ResourceServer, cx: &mut Context<'_>, attempt: &mut Attempt) -> Option<Grounds> {
    let known = server.open.cache.get(&attempt.asked.rpt?)?.clone();
    // FedAuthz §1.3: that another authorization server, or the same one for another owner, has called this RPT good
    // says nothing here.
    cx.require(Rule::EvidenceOfProtector, known.key == attempt.protector).ok()?;
    attempt.believed = known.key.clone();
    let evidence = known.evidence?;
    let mapping = server.protection.mapping(&attempt.asked.path)?;
    let needed = needed(server, attempt, mapping)?;
    cx.require(Rule::EvidenceRecent, cx.at < known.good_until).ok()?;
    let answered = Answered { key: known.key, evidence };
    IntrospectedPermissions::verify(cx, needed, answered).ok().map(Grounds::from)
}

fn needed<'a>(server: &ResourceServer, attempt: &'a Attempt, mapping: &'a Mapping) -> Option<Needed<'a>> {
    Some(Needed {
        protector: &mapping.key,
        resource_id: mapping.id.as_ref()?,
        scopes: &attempt.need,
        leeway: server.config.leeway,
    })
}

// ---- the authorization server is asked

/// Takes the next step of an attempt: asks about its RPT, or for a ticket.
pub(super) fn pursue(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId) {
    let Some(attempt) = server.open.attempts.get(&exchange).cloned() else { return };
    let mapping = match server.protection.standing(&attempt.asked.path) {
        Some(Standing::Mapped(mapping)) => Some(mapping.clone()),
        Some(Standing::Open) => return opened_meanwhile(server, cx, &attempt),
        Some(Standing::Gone) => return give_up(server, cx, &attempt, 404),
        None => None,
    };
    let Some(mapping) = mapping.filter(|mapping| mapping.id.is_some()) else {
        return await_registration(server, cx, exchange, &attempt);
    };
    let about_rpt = attempt.rpt.is_some() && attempt.evidence.is_none();
    let key = if about_rpt { &attempt.believed } else { &attempt.protector };
    match pats::ready(server, cx, key) {
        Ok(access) if about_rpt => requests::introspect(server, cx, &attempt, &mapping, &access),
        Ok(access) => requests::ask_for_ticket(server, cx, &attempt, &mapping, &access),
        Err(NotReady::AwaitingLink) => wait(server, exchange, State::AwaitingLink),
        Err(NotReady::AwaitingPat) => await_pat(server, cx, exchange, &attempt),
        Err(NotReady::NoPat) => decision::fail_closed(server, cx, &attempt),
    }
}

/// Says what an attempt waits for.
pub(super) fn wait(server: &mut ResourceServer, exchange: ExchangeId, state: State) {
    if let Some(attempt) = server.open.attempts.get_mut(&exchange) {
        attempt.state = state;
    }
}

fn await_registration(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId, attempt: &Attempt) {
    wait(server, exchange, State::AwaitingRegistration);
    registration::reconcile(server, cx, &attempt.protector);
}

// An authorization server whose PATs never work must not keep an attempt going round.
fn await_pat(server: &mut ResourceServer, cx: &mut Context<'_>, exchange: ExchangeId, attempt: &Attempt) {
    if attempt.renewals > 0 {
        return decision::fail_closed(server, cx, attempt);
    }
    if let Some(attempt) = server.open.attempts.get_mut(&exchange) {
        attempt.state = State::AwaitingPat;
        attempt.renewals += 1;
    }
}

fn opened_meanwhile(server: &mut ResourceServer, cx: &mut Context<'_>, attempt: &Attempt) {
    server.open.attempts.remove(&attempt.asked.exchange);
    if let Some(grounds) = Grounds::opened(server.protection.standing(&attempt.asked.path)) {
        decision::release(server, cx, &attempt.asked, &grounds);
    }
}

fn give_up(server: &mut ResourceServer, cx: &mut Context<'_>, attempt: &Attempt, status: u16) {
    server.open.attempts.remove(&attempt.asked.exchange);
    decision::refuse(cx, &attempt.asked, status);
}

// ---- what was waited for has come, or will not

fn waiting(server: &ResourceServer, state: State, of: impl Fn(&Attempt) -> bool) -> Vec<ExchangeId> {
    let attempts = server.open.attempts.iter();
    attempts.filter(|(_, attempt)| attempt.state == state && of(attempt)).map(|(exchange, _)| *exchange).collect()
}

fn resume(server: &mut ResourceServer, cx: &mut Context<'_>, exchanges: Vec<ExchangeId>, good: bool) {
    for exchange in exchanges {
        if good {
            pursue(server, cx, exchange);
        } else if let Some(attempt) = server.open.attempts.get(&exchange).cloned() {
            decision::fail_closed(server, cx, &attempt);
        }
    }
}

/// The link to an authorization server has moved, or cannot be made.
pub(super) fn on_link(server: &mut ResourceServer, cx: &mut Context<'_>, as_uri: &Uri, good: bool) {
    let exchanges = waiting(server, State::AwaitingLink, |attempt| {
        attempt.protector.as_uri == *as_uri || attempt.believed.as_uri == *as_uri
    });
    resume(server, cx, exchanges, good);
}

/// A PAT has come, or will not.
pub(super) fn on_pat(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, good: bool) {
    let exchanges =
        waiting(server, State::AwaitingPat, |attempt| attempt.protector == *key || attempt.believed == *key);
    resume(server, cx, exchanges, good);
}

/// The registrations for an owner at an authorization server are through, as far as they go now.
pub(super) fn on_registered(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey) {
    for exchange in waiting(server, State::AwaitingRegistration, |attempt| attempt.protector == *key) {
        let Some(attempt) = server.open.attempts.get(&exchange).cloned() else { continue };
        let unregistered = match server.protection.standing(&attempt.asked.path) {
            Some(Standing::Mapped(mapping)) => mapping.id.is_none(),
            Some(Standing::Gone | Standing::Open) => false,
            None => true,
        };
        if unregistered { decision::fail_closed(server, cx, &attempt) } else { pursue(server, cx, exchange) }
    }
}

/// Takes the answer to a question about an RPT.
pub(super) fn on_introspection(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    asked_as: &requests::AskedAs,
    question: ExchangeId,
    answer: Answering,
) {
    if retried_with_another_pat(server, cx, asked_as, &answer) {
        return;
    }
    let Some(attempt) = server.open.attempts.get(&asked_as.attempt).cloned() else { return };
    let Some(Ok(Answer { message: Response::Introspection(response), .. })) = answer else {
        // Grant §3.5: without a positive answer nothing is released.
        return decision::fail_closed(server, cx, &attempt);
    };
    let answered = answered(cx, asked_as, question, &response);
    remember(server, asked_as, &attempt, question, &answered, &response);
    judge(server, cx, attempt, answered);
}

fn answered(
    cx: &Context<'_>,
    asked_as: &requests::AskedAs,
    question: ExchangeId,
    response: &IntrospectionResponse,
) -> Answered {
    let (active, permissions, expires_at) = match response {
        IntrospectionResponse::Active(token) => (true, token.permissions.clone(), token.expires_at),
        IntrospectionResponse::Inactive => (false, Vec::new(), None),
    };
    let as_uri = asked_as.key.as_uri.clone();
    let (pat, fetched_at) = (asked_as.pat, cx.at);
    let evidence = Evidence { as_uri, pat, exchange: question, fetched_at, active, permissions, expires_at };
    Answered { key: asked_as.key.clone(), evidence }
}

fn remember(
    server: &mut ResourceServer,
    asked_as: &requests::AskedAs,
    attempt: &Attempt,
    question: ExchangeId,
    answered: &Answered,
    response: &IntrospectionResponse,
) {
    let (Some(rpt), true) = (attempt.asked.rpt, server.config.cache_entries_max > 0) else { return };
    let (cache_secs, evidence) = match response {
        IntrospectionResponse::Active(token) => (token.cache_secs, Some(answered.evidence.clone())),
        IntrospectionResponse::Inactive => (None, None),
    };
    let period = server.dialect().cache_period(&server.config, cache_secs);
    // The authorization server looked between question and answer: the period counts from the question.
    let good_until = asked_as.sent_at + period;
    let remembered = Remembered { key: asked_as.key.clone(), exchange: question, evidence, good_until };
    server.open.cache.insert(server.config.cache_entries_max, rpt, remembered);
}

fn judge(server: &mut ResourceServer, cx: &mut Context<'_>, mut attempt: Attempt, answered: Answered) {
    let Some(mapping) = server.protection.mapping(&attempt.asked.path).cloned() else {
        return pursue(server, cx, attempt.asked.exchange);
    };
    let evidence = answered.evidence.clone();
    let verified = match needed(server, &attempt, &mapping) {
        Some(needed) => IntrospectedPermissions::verify(cx, needed, answered),
        None => Err(Shortfall::Insufficient),
    };
    match verified {
        Ok(permissions) => {
            server.open.attempts.remove(&attempt.asked.exchange);
            decision::release(server, cx, &attempt.asked, &permissions.into());
        }
        Err(shortfall) => {
            attempt.evidence = Some(evidence);
            fall_short(server, cx, attempt, shortfall);
        }
    }
}

fn fall_short(server: &mut ResourceServer, cx: &mut Context<'_>, attempt: Attempt, shortfall: Shortfall) {
    let refusal = match shortfall {
        Shortfall::Inactive => server.dialect().inactive_rpt(),
        Shortfall::Insufficient => Refusal::WithTicket,
    };
    match refusal {
        Refusal::WithoutTicket => decision::challenge_for_rpt(server, cx, &attempt),
        Refusal::WithTicket => {
            let exchange = attempt.asked.exchange;
            server.open.attempts.insert(exchange, attempt);
            pursue(server, cx, exchange);
        }
    }
}

/// Takes the answer to a permission request.
pub(super) fn on_ticket(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    asked_as: &requests::AskedAs,
    answer: Answering,
) {
    if retried_with_another_pat(server, cx, asked_as, &answer) {
        return;
    }
    let Some(attempt) = server.open.attempts.get(&asked_as.attempt).cloned() else { return };
    match answer {
        Some(Ok(Answer { message: Response::PermissionTicket { ticket, .. }, .. })) => {
            decision::challenge_with_ticket(server, cx, &attempt, ticket);
        }
        // FedAuthz §4.3; D6 §3.2: not known there any more. It stays closed and is registered again.
        Some(Ok(Answer { message: Response::Failure(failure), .. }))
            if matches!(failure.code, Some(ErrorCode::InvalidResourceId | ErrorCode::InvalidResourceSetId)) =>
        {
            register_again(server, cx, &attempt);
        }
        Some(Ok(_) | Err(_)) | None => decision::fail_closed(server, cx, &attempt),
    }
}

fn register_again(server: &mut ResourceServer, cx: &mut Context<'_>, attempt: &Attempt) {
    registration::on_unknown_there(server, cx, &attempt.asked.path);
    if attempt.registered_again {
        return decision::fail_closed(server, cx, attempt);
    }
    if let Some(attempt) = server.open.attempts.get_mut(&attempt.asked.exchange) {
        attempt.registered_again = true;
    }
    await_registration(server, cx, attempt.asked.exchange, attempt);
}

// RFC 6750 §3.1: a PAT that is not accepted is replaced once.
fn retried_with_another_pat(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    asked_as: &requests::AskedAs,
    answer: &Answering,
) -> bool {
    if !pats::is_rejection(answer.as_ref()) {
        return false;
    }
    pats::rejected(server, &asked_as.key, asked_as.pat);
    pursue(server, cx, asked_as.attempt);
    true
}
