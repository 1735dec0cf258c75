//! What scopes are called (D5 §2.4.1, §2.4.2; RSR draft-00 §2.1, §2.2; RSR 1.0.1 §2.1.1): fetched from the scopes' own
//! URIs when a resource set that names them is created or changed, and shown to whoever sets policies. An attempt: nothing
//! waits for it, and nothing depends on it. A crash forgets them; draft-05 fetches what is missing at the next sign-in.

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
        if !server.scope_descriptions.asked.values().any(|asked| asked == scope) {
            ask(server, cx, scope);
        }
    }
}

fn ask(server: &mut AuthorizationServer, cx: &mut Context<'_>, scope: &Scope) {
    // A scope that is no URI of a server describes itself.
    if !scope.as_str().starts_with("https://") {
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

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, described};
    use super::*;
    use crate::role::{Effect, Input, Machine};
    use crate::wire::{ETag, Revision};

    const VIEW: &str = "https://rs.example/scopes/view";

    /// The questions that the last input led to.
    fn asked(bench: &Bench) -> Vec<ExchangeId> {
        let asked = |effect: &Effect| match effect {
            Effect::Send { exchange, call, .. } if call.message == Request::GetScopeDescription => Some(*exchange),
            _ => None,
        };
        bench.last.out.iter().filter_map(asked).collect()
    }

    fn answer(bench: &mut Bench, exchange: ExchangeId, cache_secs: Option<u64>) {
        let description = ScopeDescription { name: "View".into(), icon_uri: None, cache_secs };
        let answer = Ok(Response::ScopeDescription(description).into());
        bench.run(|server, cx| server.handle(cx, Input::Response { exchange, answer }));
    }

    fn names(bench: &mut Bench) -> Vec<String> {
        let scope = Scope::from(VIEW);
        let labels = bench.run(|server, cx| labels(server, cx.at, [&scope]));
        labels.iter().map(|label| label.name.to_string()).collect()
    }

    fn registered(revision: Revision) -> (Bench, Vec<ExchangeId>) {
        let mut bench = Bench::new(revision);
        bench.pat("pat", "alice", "rs");
        let _id = bench.register("pat", "photo", &[VIEW, "a word"]);
        let asked = asked(&bench);
        (bench, asked)
    }

    fn update(bench: &mut Bench) {
        let (id, if_match) = ("photo".into(), Some(ETag::from("1")));
        bench.with_bearer("pat", Request::UpdateResource { id, if_match, description: described(&[VIEW]) });
    }

    #[test]
    fn a_registration_asks_at_the_uri_and_the_name_is_shown() {
        let asking = [(Revision::Draft05, 1), (Revision::Draft06, 1), (Revision::V1_0_1, 1), (Revision::V2_0, 0)];
        for (revision, questions) in asking {
            let (mut bench, asked) = registered(revision);
            assert_eq!(asked.len(), questions, "{revision}");
            assert!(names(&mut bench).is_empty());
            for exchange in asked {
                answer(&mut bench, exchange, Some(600));
                assert_eq!(names(&mut bench), ["View"]);
            }
        }
    }

    #[test]
    fn without_an_answer_nothing_is_shown_and_the_resource_is_there() {
        let (mut bench, asked) = registered(Revision::Draft05);
        let failed = Input::Failed { exchange: asked[0], reason: crate::message::FailureReason::Unreachable };
        bench.run(|server, cx| server.handle(cx, failed));
        assert!(names(&mut bench).is_empty());
        answer(&mut bench, asked[0], Some(600));
        assert!(names(&mut bench).is_empty(), "what comes after the failure is nobody's");
        assert!(
            matches!(bench.with_bearer("pat", Request::ListResources), Response::ResourceList(ids) if ids.len() == 1)
        );
    }

    #[test]
    fn an_update_ends_what_is_remembered_of_scopes() {
        for (revision, meanwhile) in [(Revision::Draft05, 0), (Revision::Draft06, 1)] {
            let (mut bench, first) = registered(revision);
            answer(&mut bench, first[0], Some(600));
            update(&mut bench);
            let second = asked(&bench);
            assert_eq!((second.len(), names(&mut bench).len()), (1, meanwhile), "{revision}");
            answer(&mut bench, second[0], Some(600));
            assert_eq!(names(&mut bench), ["View"]);
        }
    }

    #[test]
    fn a_sign_in_fetches_expired_scope_descriptions_again() {
        for (revision, later) in [(Revision::Draft05, 1), (Revision::Draft06, 0)] {
            let (mut bench, first) = registered(revision);
            answer(&mut bench, first[0], Some(600));
            let sign_in = |bench: &mut Bench| {
                bench.run(|server, cx| signed_in(server, cx, &"alice".into()));
                asked(bench).len()
            };
            bench.now = bench.now + Duration::from_secs(599);
            assert_eq!((sign_in(&mut bench), names(&mut bench).len()), (0, 1), "{revision}");
            bench.now = bench.now + Duration::from_secs(1);
            assert_eq!(names(&mut bench).len(), 1 - later, "{revision}");
            assert_eq!(sign_in(&mut bench), later, "{revision}");
        }
    }
}
