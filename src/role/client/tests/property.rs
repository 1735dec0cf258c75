//! Whatever the servers answer, late, twice or not at all: nothing panics, and every process ends exactly once.

use super::harness::*;
use crate::role::Input;
use crate::trace::Note;
use crate::wire::oauth::{AuthorizationReturn, TokenResponse};
use crate::wire::request::ClaimsReturn;
use crate::wire::{
    AuthorizationCode, ChallengeReason, ClaimToken, ErrorCode, Pct, RefreshToken, Request, RequiredClaim, Response,
    Revision, Rpt, Uri,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn response(which: u8, value: u8) -> Response {
    let name = format!("v{value}");
    let tokens = TokenResponse {
        refresh_token: value.is_multiple_of(2).then(|| RefreshToken::new(name.clone())),
        id_token: value.is_multiple_of(3).then(|| ClaimToken::new(name.clone())),
        pct: value.is_multiple_of(5).then(|| Pct::new(name.clone())),
        upgraded: value.is_multiple_of(4),
        expires_in_secs: Some(u64::from(value)),
        ..tokens(&name)
    };
    match which % 14 {
        0 => content(),
        1 => ticket_given(&name),
        2 => challenge(ChallengeReason::RptNeeded),
        3 => challenge(ChallengeReason::AuthorizationDataNeeded(ticket(&name))),
        4 | 5 => Response::Token(tokens),
        6 => Response::RptIssued(Rpt::new(name)),
        7 => Response::NeedInfo {
            ticket: (!value.is_multiple_of(7)).then(|| ticket(&name)),
            required_claims: vec![RequiredClaim::default()],
            redirect_user: value.is_multiple_of(2).then(|| Uri::from(AS)),
        },
        8 => Response::RequestSubmitted { ticket: Some(ticket(&name)), interval_secs: None },
        9 => failure(401, ErrorCode::InvalidToken),
        10 => failure(400, ErrorCode::InvalidGrant),
        11 => Response::AuthorizationServerUnreachable { status: 403, warning: true },
        12 => Response::AuthorizationDataAdded,
        _ => failure(503, ErrorCode::TemporarilyUnavailable),
    }
}

fn step(world: &mut World, (what, which, value): (u8, u8, u8)) {
    match what % 10 {
        0 => {
            let cookie = world.replies.iter().find_map(|(_, answer)| answer.set_cookie.clone());
            world.fetch(cookie.as_ref().filter(|_| which.is_multiple_of(2)), PHOTO);
        }
        1 => world.fetch_for_organisation(PHOTO),
        2 if !world.calls.is_empty() => world.lose(),
        3 if !world.timers.is_empty() => fire_any(world, usize::from(which)),
        4 => come_back(world, value),
        5 => {
            let (exchange, answer) = (crate::message::ExchangeId(1000 + u64::from(value)), response(which, value));
            world.input(Input::Response { exchange, answer: Ok(answer.into()) });
        }
        _ if !world.calls.is_empty() => world.answer(response(which, value)),
        _ => {}
    }
}

fn fire_any(world: &mut World, which: usize) {
    let timer = *world.timers.keys().nth(which % world.timers.len()).unwrap();
    world.timers.remove(&timer);
    world.input(Input::Timer(timer));
}

fn come_back(world: &mut World, value: u8) {
    let cookie = world.replies.iter().find_map(|(_, answer)| answer.set_cookie.clone());
    let sent = world.replies.iter().rev().find_map(|(_, answer)| match &answer.message {
        Response::Redirect { message, .. } => Some((**message).clone()),
        _ => None,
    });
    let back = match sent {
        Some(Request::Authorize(request)) => Request::AuthorizationReturn(AuthorizationReturn {
            outcome: Ok(AuthorizationCode::new("c")),
            state: request.state,
            issuer: None,
        }),
        Some(Request::ClaimsInteraction(visit)) => Request::ClaimsReturn(ClaimsReturn {
            ticket: Some(ticket(&format!("v{value}"))),
            state: visit.state,
            error: None,
            authorization_state: None,
        }),
        _ => return,
    };
    world.browse(cookie.as_ref(), back);
}

fn ends(world: &World) -> BTreeMap<u64, usize> {
    let mut ends = BTreeMap::new();
    for note in &world.notes {
        if let Note::FetchEnded { fetch, .. } = note {
            *ends.entry(*fetch).or_default() += 1;
        }
    }
    ends
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_process_ends_exactly_once(
        draft in any::<bool>(),
        steps in proptest::collection::vec(any::<(u8, u8, u8)>(), 0..80),
    ) {
        let revision = if draft { Revision::Draft06 } else { Revision::V2_0 };
        let mut world = World::with(
            crate::role::ClientConfig { push_claims_from: Some(IDP.into()), ..config(revision) },
            [],
        );
        for one in steps {
            step(&mut world, one);
        }
        for _ in 0..1000 {
            if !world.calls.is_empty() {
                world.lose();
            } else if !world.timers.is_empty() {
                fire_any(&mut world, 0);
            } else {
                break;
            }
        }
        let ends = ends(&world);
        prop_assert_eq!(ends.len(), world.started());
        prop_assert!(ends.values().all(|ended| *ended == 1));
    }
}
