//! Keeps what authorization servers know about resources in step with what is here (FedAuthz §3; RSR draft-00 §2.3):
//! creates, updates and deletes, and after a restart or a lost answer lists what is there and mends the difference. One
//! request at a time per owner and authorization server, each kind of step in [`chores`](super::chores).

use crate::role::resource_server::chores::{self, Chore, Done};
use crate::role::resource_server::pats::{self, NotReady, PatKey};
use crate::role::resource_server::protection::Standing;
use crate::role::resource_server::trouble::Trouble;
use crate::role::resource_server::{Pending, ResourceServer, access, connect};
use crate::role::{Context, Machine, Timer};
use crate::trace::{Fact, Note};
use crate::wire::{Answer, DecodeError, Duration, Response, ScopeSet, Text, Uri};
use std::collections::{BTreeMap, VecDeque};

/// The timer that tries again what failed.
pub(super) const RETRY: &str = "registration";
const RETRY_AFTER_SECS: u64 = 10;
const RETRIES_MAX: u32 = 24;
/// How many refusals in a row may each lead to another step: a resource can change or go between two of them.
const REFUSALS_MAX: u8 = 3;

/// What there is to do for one owner at one authorization server.
#[derive(Clone, Debug, Default)]
pub(super) struct Registrar {
    chores: VecDeque<Chore>,
    /// The scopes that the first chore has sent.
    sent: ScopeSet,
    state: State,
    /// How often a PAT was awaited since one was accepted.
    renewals: u8,
    /// How many steps in a row were refused and led to another one.
    refusals: u8,
    failures: u32,
    /// True when the owner's trouble was noted.
    noted: bool,
}

/// What a registrar waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing.
    #[default]
    Idle,
    /// The link to the authorization server.
    AwaitingLink,
    /// A PAT.
    AwaitingPat,
    /// The answer to the first chore.
    AwaitingAnswer,
}

// ---- what happens to resources

/// A resource exists from now on.
pub(super) fn on_appeared(server: &mut ResourceServer, cx: &mut Context<'_>, path: &Text) {
    let Some(key) = server.key_of(path) else { return };
    if server.exists(path) && server.protection.standing(path).is_some() {
        return;
    }
    let scopes = server.configured_scopes(path);
    map(server, cx, path, &key, scopes);
    enqueue(server, &key, Chore::Create(path.clone()));
    run(server, cx, &key);
}

/// A resource is gone.
pub(super) fn on_vanished(server: &mut ResourceServer, cx: &mut Context<'_>, path: &Text) {
    let Some(key) = server.key_of(path) else { return };
    if !server.exists(path) {
        return;
    }
    let delete = chores::deletion(server, path);
    server.record(cx, Fact::ResourceUnmapped { path: path.clone() });
    remove(server, cx, &key, path, delete);
}

/// The owner opens a resource.
pub(super) fn on_protection_ended(server: &mut ResourceServer, cx: &mut Context<'_>, path: &Text) {
    let Some(key) = server.key_of(path) else { return };
    if !server.exists(path) || server.protection.standing(path) == Some(&Standing::Open) {
        return;
    }
    let delete = chores::deletion(server, path);
    server.record(cx, Fact::ProtectionEnded { path: path.clone() });
    remove(server, cx, &key, path, delete);
}

/// The scopes of a resource are others from now on.
pub(super) fn on_scopes_changed(server: &mut ResourceServer, cx: &mut Context<'_>, path: &Text, scopes: &ScopeSet) {
    let Some(key) = server.key_of(path) else { return };
    let standing = server.protection.standing(path);
    if !server.exists(path) || standing == Some(&Standing::Open) {
        return;
    }
    let known = server.protection.mapping(path).is_some();
    map(server, cx, path, &key, scopes.clone());
    enqueue(server, &key, if known { Chore::Update(path.clone()) } else { Chore::Create(path.clone()) });
    run(server, cx, &key);
}

/// An authorization server does not know a resource any more: it is closed until it is registered again.
pub(super) fn on_unknown_there(server: &mut ResourceServer, cx: &mut Context<'_>, path: &Text) {
    let Some(mapping) = server.protection.mapping(path).cloned() else { return };
    let registering = server.open.registrars.get(&mapping.key).is_some_and(|registrar| !registrar.chores.is_empty());
    if mapping.id.is_none() && registering {
        return;
    }
    server.record(cx, chores::mapped(path, &mapping.key, None, None, mapping.scopes));
    enqueue(server, &mapping.key, Chore::Create(path.clone()));
}

// FedAuthz §3: from before the registration is sent the resource is closed to everybody without an RPT.
fn map(server: &mut ResourceServer, cx: &mut Context<'_>, path: &Text, key: &PatKey, scopes: ScopeSet) {
    let etag = server.protection.mapping(path).and_then(|mapping| mapping.etag.clone());
    server.record(cx, chores::mapped(path, key, None, etag, scopes));
}

fn remove(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, path: &Text, delete: Option<Chore>) {
    if let Some(registrar) = server.open.registrars.get_mut(key) {
        let busy = usize::from(registrar.state == State::AwaitingAnswer);
        let mut index = 0;
        registrar.chores.retain(|chore| {
            index += 1;
            index <= busy || chore.path() != Some(path)
        });
    }
    match delete {
        Some(delete) => enqueue(server, key, delete),
        // It may be registered under an identifier that never arrived here.
        None if pats::has_own_credentials_for(server, key) || server.pats.holds(key) => {
            enqueue(server, key, Chore::List);
        }
        None => {}
    }
    run(server, cx, key);
}

fn enqueue(server: &mut ResourceServer, key: &PatKey, chore: Chore) {
    server.open.registrars.entry(key.clone()).or_default().chores.push_back(chore);
}

// ---- catching up

/// Brings both sides in step, unless that is under way.
pub(super) fn reconcile(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey) {
    if server.open.registrars.get(key).is_none_or(|registrar| registrar.chores.is_empty()) {
        // Where nothing was ever sent there is nothing to compare with.
        let first = server.pats.holds(key) && server.protection.mapped(key).next().is_none();
        let chores = if first { chores::compare(server, cx, key, Vec::new()).next } else { vec![Chore::List] };
        server.open.registrars.entry(key.clone()).or_default().chores.extend(chores);
    }
    run(server, cx, key);
}

/// After a restart: everything that was under way is unknown, also what was to be deleted.
pub(super) fn on_restarted(server: &mut ResourceServer, cx: &mut Context<'_>) {
    let keys: Vec<PatKey> = server.pats.keys().cloned().collect();
    for key in keys {
        server.open.registrars.entry(key.clone()).or_default().chores.push_back(Chore::List);
        run(server, cx, &key);
    }
}

/// Goes on with the first chore, if nothing is awaited.
pub(super) fn run(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey) {
    loop {
        let Some(registrar) = server.open.registrars.get(key) else { return };
        if registrar.state == State::AwaitingAnswer {
            return;
        }
        let Some(chore) = registrar.chores.front().cloned() else {
            server.open.registrars.remove(key);
            server.stop_retrying(cx, key);
            return through(server, cx, key, None);
        };
        let access = match pats::ready(server, cx, key) {
            Ok(access) => access,
            Err(not_ready) => return wait(server, cx, key, not_ready),
        };
        let Some(to) = access.configuration.resource_registration_endpoint.clone() else {
            return fail(server, cx, key, Trouble::Unsettled);
        };
        match chores::request(server, &chore) {
            Some(message) => {
                let call = access.call(to, message);
                let pat = access.pat.hashed();
                sent(server, key, &chore);
                pats::send(server, cx, call, || Pending::AwaitingRegistration { key: key.clone(), pat });
                return set_state(server, key, State::AwaitingAnswer);
            }
            None => pop(server, key),
        }
    }
}

fn sent(server: &mut ResourceServer, key: &PatKey, chore: &Chore) {
    let mapping = chore.path().and_then(|path| server.protection.mapping(path));
    let scopes = mapping.map(|mapping| mapping.scopes.clone()).unwrap_or_default();
    if let Some(registrar) = server.open.registrars.get_mut(key) {
        registrar.sent = scopes;
    }
}

fn wait(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, not_ready: NotReady) {
    let Some(registrar) = server.open.registrars.get_mut(key) else { return };
    match not_ready {
        NotReady::AwaitingLink => registrar.state = State::AwaitingLink,
        NotReady::AwaitingPat if registrar.renewals > 0 && registrar.state != State::AwaitingPat => {
            fail(server, cx, key, Trouble::Unsettled);
        }
        NotReady::AwaitingPat => {
            registrar.state = State::AwaitingPat;
            registrar.renewals += 1;
        }
        NotReady::NoPat => {
            // The owner has to connect again; that compares both sides.
            server.open.registrars.remove(key);
            through(server, cx, key, Some(Trouble::Unsettled));
        }
    }
}

fn set_state(server: &mut ResourceServer, key: &PatKey, state: State) {
    if let Some(registrar) = server.open.registrars.get_mut(key) {
        registrar.state = state;
    }
}

fn pop(server: &mut ResourceServer, key: &PatKey) {
    if let Some(registrar) = server.open.registrars.get_mut(key) {
        registrar.chores.pop_front();
    }
}

/// The link to an authorization server has moved, or cannot be made.
pub(super) fn on_link(server: &mut ResourceServer, cx: &mut Context<'_>, as_uri: &Uri, good: bool) {
    let waiting = |(key, registrar): (&PatKey, &Registrar)| {
        (key.as_uri == *as_uri && registrar.state == State::AwaitingLink).then(|| key.clone())
    };
    let keys: Vec<PatKey> = server.open.registrars.iter().filter_map(waiting).collect();
    for key in keys {
        set_state(server, &key, State::Idle);
        if good { run(server, cx, &key) } else { fail(server, cx, &key, Trouble::Unsettled) }
    }
}

/// A PAT has come, or will not.
pub(super) fn on_pat(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, good: bool) {
    let Some(registrar) = server.open.registrars.get_mut(key) else { return };
    match (registrar.state, good) {
        (State::AwaitingPat | State::Idle, true) => {
            registrar.state = State::Idle;
            run(server, cx, key);
        }
        (State::AwaitingPat, false) => {
            registrar.state = State::Idle;
            fail(server, cx, key, Trouble::Unsettled);
        }
        (State::Idle | State::AwaitingLink | State::AwaitingAnswer, _) => {}
    }
}

/// Takes the answer to the first chore, or `None` when none came.
pub(super) fn on_answer(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    key: &PatKey,
    pat: pats::PatHash,
    answer: Option<Result<Answer, DecodeError>>,
) {
    set_state(server, key, State::Idle);
    let Some(registrar) = server.open.registrars.get(key) else { return };
    if pats::is_rejection(answer.as_ref()) {
        let renewed = registrar.renewals > 0;
        pats::rejected(server, key, pat);
        return if renewed { fail(server, cx, key, Trouble::PatRefused) } else { run(server, cx, key) };
    }
    let Some(chore) = registrar.chores.front().cloned() else { return };
    let sent = registrar.sent.clone();
    let response = answer.and_then(Result::ok).map(|answer| answer.message);
    let refused = response.as_ref().and_then(refused);
    match response.and_then(|response| chores::done(server, cx, key, &chore, sent, response)) {
        Some(done) => go_on(server, cx, key, &chore, refused, done),
        None => fail(server, cx, key, Trouble::Unsettled),
    }
}

fn refused(response: &Response) -> Option<u16> {
    match response {
        Response::Failure(failure) => Some(failure.status),
        _ => None,
    }
}

fn go_on(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    key: &PatKey,
    chore: &Chore,
    refused: Option<u16>,
    Done { next }: Done,
) {
    let Some(registrar) = server.open.registrars.get_mut(key) else { return };
    registrar.renewals = 0;
    match refused.filter(|_| !next.is_empty()) {
        Some(status) if registrar.refusals == REFUSALS_MAX => {
            return fail(server, cx, key, Trouble::Contradiction(status));
        }
        Some(_) => registrar.refusals += 1,
        // What was only read decides nothing yet.
        None if chore.reads() => {}
        None => registrar.refusals = 0,
    }
    registrar.chores.pop_front();
    registrar.chores.extend(next);
    run(server, cx, key);
}

// What came of a request without a good answer is unknown: everything is compared afresh, later.
fn fail(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, trouble: Trouble) {
    note(server, cx, key, trouble);
    let failures = match server.open.registrars.get_mut(key) {
        Some(registrar) => {
            registrar.chores = VecDeque::from([Chore::List]);
            registrar.state = State::Idle;
            registrar.renewals = 0;
            registrar.refusals = 0;
            registrar.failures += 1;
            registrar.failures
        }
        None => return,
    };
    if failures <= RETRIES_MAX {
        let id = server.retry_timer(key);
        cx.set_timer(Timer { word: RETRY, id }, Duration::from_secs(RETRY_AFTER_SECS << (failures - 1).min(5)));
    }
    through(server, cx, key, Some(trouble));
}

// Once, not at every try.
fn note(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, trouble: Trouble) {
    let (Some(registrar), Some(why)) = (server.open.registrars.get_mut(key), trouble.why(&key.as_uri)) else { return };
    if !std::mem::replace(&mut registrar.noted, true) {
        let PatKey { owner, as_uri } = key.clone();
        cx.note(Note::RegistrationStuck { owner, as_uri, why: why.into() });
    }
}

/// Tries again what failed.
pub(super) fn on_timer(server: &mut ResourceServer, cx: &mut Context<'_>, id: u64) {
    if let Some(key) = server.open.retries.get(&id).cloned() {
        run(server, cx, &key);
    }
}

fn through(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, trouble: Option<Trouble>) {
    access::on_registered(server, cx, key);
    connect::on_registered(server, cx, key, trouble);
}

/// Names the retry timer of an owner and an authorization server.
pub(super) fn timer_id(retries: &BTreeMap<u64, PatKey>, key: &PatKey) -> u64 {
    let known = retries.iter().find(|(_, candidate)| *candidate == key).map(|(id, _)| *id);
    known.unwrap_or_else(|| retries.last_key_value().map_or(0, |(last, _)| last + 1))
}
