//! Authorization servers that refuse again and again: a resource server comes to rest, and says what is wrong.

use super::*;

/// How many calls nobody has to wait for: enough for an honest server's surprises.
const CALLS_MAX: usize = 24;

/// Answers everything that is out until nothing is, and counts the calls other than discovery.
pub(super) fn settle(bench: &mut Bench, mut with: impl FnMut(&Call) -> Response) -> Vec<&'static str> {
    let mut words = Vec::new();
    while !bench.calls.is_empty() && words.len() < CALLS_MAX {
        let (question, call) = bench.next();
        words.push(call.message.word());
        let response = with(&call);
        bench.answer(question, response);
    }
    words
}

/// Lets time pass until nothing is tried any more; counts all calls.
fn settle_for_good(bench: &mut Bench, mut with: impl FnMut(&Call) -> Response) -> usize {
    let mut calls = settle(bench, &mut with).len();
    while let Some((timer, _)) = bench.timers.pop() {
        bench.input(Input::Timer(timer));
        let more = settle(bench, &mut with);
        assert!(more.len() < CALLS_MAX, "{more:?}");
        calls += more.len();
        assert!(calls < 40 * CALLS_MAX, "it goes on for ever");
    }
    calls
}

fn stuck(bench: &Bench) -> Vec<(&str, &str)> {
    let stuck = bench.notes.iter().filter_map(|note| match note {
        Note::RegistrationStuck { as_uri, why, .. } => Some((as_uri.as_str(), &**why)),
        _ => None,
    });
    stuck.collect()
}

/// Issues PATs, and takes none of them.
pub(super) fn takes_no_pat() -> impl FnMut(&Call) -> Response {
    let mut issued = 0;
    move |call| match &call.message {
        Request::Token(_) => {
            issued += 1;
            tokens(&format!("pat-{issued}"))
        }
        _ => invalid_token(),
    }
}

#[test]
fn pats_that_are_never_taken_are_not_renewed_for_ever() {
    for revision in Revision::ALL {
        let mut bench = Bench::with(config(revision), &[]);
        bench.pat("alice", AS, "pat", None);
        bench.input(Input::Act(Act::ContentAppeared { path: PHOTO.into() }));
        let mut with = takes_no_pat();
        assert_eq!(settle(&mut bench, &mut with), ["create", "token", "create"], "{revision}");
        settle_for_good(&mut bench, with);
        let [(as_uri, why)] = stuck(&bench)[..] else { panic!("{revision}: {:?}", bench.notes) };
        assert_eq!(as_uri, AS);
        assert!(why.contains(AS) && why.contains("401"), "{why}");
    }
}

/// A server of a draft that has one resource of ours, and finds every `If-Match` lacking.
fn finds_no_if_match(id: &str) -> impl FnMut(&Call) -> Response {
    move |call| match &call.message {
        Request::ListResources => Response::ResourceList(vec![ResourceId::from(id)]),
        Request::ReadResource { id } => Response::Resource(registered(id.as_str(), Some("5"))),
        Request::CreateResource { id: Some(id), .. } => Response::ResourceCreated(registered(id.as_str(), Some("1"))),
        _ => Response::Failure(Failure::body(412, ErrorCode::PreconditionFailed)),
    }
}

fn registered_photo(revision: Revision) -> (Bench, String) {
    let mut bench = Bench::with(config(revision), &[]);
    bench.pat("alice", AS, "pat", None);
    bench.input(Input::Act(Act::ContentAppeared { path: PHOTO.into() }));
    settle(&mut bench, finds_no_if_match(""));
    let id = bench.server.protection.mapping(PHOTO).and_then(|mapping| mapping.id.clone()).unwrap();
    (bench, id.as_str().to_owned())
}

#[test]
fn a_revision_that_is_never_the_right_one_is_not_read_for_ever() {
    let scopes = scope_set(["view"]);
    for revision in [Revision::Draft05, Revision::Draft06] {
        for act in [
            Act::ContentVanished { path: PHOTO.into() },
            Act::EndProtection { path: PHOTO.into() },
            Act::ScopesChanged { path: PHOTO.into(), scopes: scopes.clone() },
        ] {
            let (mut bench, id) = registered_photo(revision);
            bench.input(Input::Act(act));
            let words = settle(&mut bench, finds_no_if_match(&id));
            assert!(words.len() < CALLS_MAX, "{revision}: {words:?}");
            settle_for_good(&mut bench, finds_no_if_match(&id));
            let [(as_uri, why)] = stuck(&bench)[..] else { panic!("{revision}: {:?}", bench.notes) };
            assert_eq!(as_uri, AS);
            assert!(why.contains(AS) && why.contains("412"), "{why}");
        }
    }
}

#[test]
fn a_resource_that_is_there_and_is_not_is_not_created_for_ever() {
    let mut bench = Bench::with(config(Revision::Draft06), &[]);
    bench.pat("alice", AS, "pat", None);
    bench.input(Input::Act(Act::ContentAppeared { path: PHOTO.into() }));
    let words = settle(&mut bench, |call| {
        let (status, code) = match &call.message {
            Request::CreateResource { .. } => (400, ErrorCode::InvalidRequest),
            _ => (404, ErrorCode::NotFound),
        };
        Response::Failure(Failure::body(status, code))
    });
    assert!(words.len() < CALLS_MAX, "{words:?}");
    assert_eq!(stuck(&bench).len(), 1);
}

#[test]
fn one_wrong_revision_after_another_is_nothing_to_speak_of() {
    let (mut bench, id) = registered_photo(Revision::Draft06);
    bench.input(Input::Act(Act::ContentVanished { path: PHOTO.into() }));
    let mut refusals = 0;
    let words = settle(&mut bench, |call| match &call.message {
        Request::DeleteResource { .. } if refusals == 2 => Response::ResourceDeleted,
        Request::DeleteResource { .. } => {
            refusals += 1;
            Response::Failure(Failure::body(412, ErrorCode::PreconditionFailed))
        }
        _ => finds_no_if_match(&id)(call),
    });
    assert_eq!(words, ["delete", "read", "delete", "read", "delete"]);
    assert!(stuck(&bench).is_empty() && bench.timers.is_empty());
}
