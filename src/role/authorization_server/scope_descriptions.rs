//! What scopes are called (D5 §2.4.1, §2.4.2; RSR draft-00 §2.1, §2.2): fetched from the scopes' own URIs when a resource
//! set that names them is created or changed, and shown to whoever sets policies. An attempt: nothing waits for it, and
//! nothing depends on it. A crash forgets them; draft-05 fetches what is missing at the next sign-in.

use super::AuthorizationServer;
use crate::message::ExchangeId;
use crate::role::Context;
use crate::wire::page::ScopeLabel;
use crate::wire::{
    Answer, Call, Credentials, DecodeError, Duration, PersonId, Request, Response, Scope, ScopeDescription, ScopeSet,
    Timestamp, Uri,
};
use std::collections::BTreeMap;

/// How many scopes of one description are looked up.
const FETCHED_MAX: usize = 16;

/// What is known of scopes, and what is being asked.
#[derive(Clone, Debug, Default)]
pub(super) struct ScopeDescriptions {
    known: BTreeMap<Scope, Known>,
    asked: BTreeMap<ExchangeId, Scope>,
}

#[derive(Clone, Debug)]
struct Known {
    description: ScopeDescription,
    /// The first instant at which it may no longer be used; `None` for as long as no newer one comes.
    good_until: Option<Timestamp>,
}

/// A resource set with these scopes was created or changed.
pub(super) fn fetch(server: &mut AuthorizationServer, cx: &mut Context<'_>, scopes: &ScopeSet) {
    if !server.dialect().fetches_scope_descriptions() {
        return;
    }
    for scope in scopes.iter().take(FETCHED_MAX) {
        // D5 §2.4.2: what was remembered does not outlive the change of a description that names it.
        if server.dialect().scope_descriptions_expire() {
            server.scope_descriptions.known.remove(scope);
        }
        ask(server, cx, scope);
    }
}

/// Somebody has signed in: what has run out is fetched again (D5 §2.4.2).
pub(super) fn signed_in(server: &mut AuthorizationServer, cx: &mut Context<'_>, person: &PersonId) {
    if !server.dialect().scope_descriptions_expire() {
        return;
    }
    let at = cx.at;
    let good = |scope: &Scope| server.scope_descriptions.good(scope, at).is_some();
    let own = server.resources.of_owner(person).flat_map(|(_, registered)| &registered.description.scopes);
    let missing: ScopeSet = own.filter(|scope| !good(scope)).take(FETCHED_MAX).cloned().collect();
    for scope in &missing {
        ask(server, cx, scope);
    }
}

fn ask(server: &mut AuthorizationServer, cx: &mut Context<'_>, scope: &Scope) {
    let asked_already = server.scope_descriptions.asked.values().any(|asked| asked == scope);
    // A scope that is no URI of a server describes itself.
    if asked_already || !scope.as_str().starts_with("https://") {
        return;
    }
    // A fragment is no part of what is asked for (D5 §2.4.1: it "MAY include a fragment identifier").
    let to = Uri::from(scope.as_str().split('#').next().unwrap_or_default());
    let call = Call { to, credentials: Credentials::None, cookie: None, message: Request::GetScopeDescription };
    let exchange = cx.send(call);
    server.scope_descriptions.asked.insert(exchange, scope.clone());
}

/// An answer to an own request. Back when it was none of these.
pub(super) fn on_response(
    server: &mut AuthorizationServer,
    cx: &Context<'_>,
    exchange: ExchangeId,
    answer: Result<Answer, DecodeError>,
) -> Option<Result<Answer, DecodeError>> {
    let Some(scope) = server.scope_descriptions.asked.remove(&exchange) else { return Some(answer) };
    if let Ok(Answer { message: Response::ScopeDescription(description), .. }) = answer {
        let expires = server.dialect().scope_descriptions_expire();
        let kept = description.cache_secs.map_or(Duration::ZERO, Duration::from_secs);
        let good_until = expires.then(|| cx.at + kept);
        server.scope_descriptions.known.insert(scope, Known { description, good_until });
    }
    None
}

/// No answer will come. False when it was none of these.
pub(super) fn on_failure(server: &mut AuthorizationServer, exchange: ExchangeId) -> bool {
    server.scope_descriptions.asked.remove(&exchange).is_some()
}

/// What is known of these scopes now.
pub(super) fn labels<'a>(
    server: &AuthorizationServer,
    at: Timestamp,
    scopes: impl IntoIterator<Item = &'a Scope>,
) -> Vec<ScopeLabel> {
    let distinct: ScopeSet = scopes.into_iter().cloned().collect();
    let label = |scope: Scope| {
        let ScopeDescription { name, icon_uri, .. } = server.scope_descriptions.good(&scope, at)?.clone();
        Some(ScopeLabel { scope, name, icon_uri })
    };
    distinct.into_iter().filter_map(label).collect()
}

impl ScopeDescriptions {
    fn good(&self, scope: &Scope, at: Timestamp) -> Option<&ScopeDescription> {
        let known = self.known.get(scope)?;
        known.good_until.is_none_or(|until| at < until).then_some(&known.description)
    }
}
