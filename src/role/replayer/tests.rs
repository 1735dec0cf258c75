//! What a replayer can and cannot send.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use super::loot::Pockets;
use super::{Replayer, ReplayerConfig};
use crate::message::ExchangeId;
use crate::role::act::{Loot, Replay};
use crate::role::bench::{self, NoEntropy};
use crate::role::crypto::StandInCrypto;
use crate::role::{Act, ClientConfig, Context, Effects, Input, Machine, RuleSet};
use crate::trace::Fact;
use crate::wire::oauth::{TokenRequest, TokenResponse};
use crate::wire::{
    Bearer, Challenge, ChallengeReason, ClientAuthentication, ClientSecret, Credentials, Duration, Endpoint, Pct,
    PermissionTicket, RefreshToken, Request, Response, Revision, Rpt, Timestamp,
};
use std::collections::BTreeMap;

const AS: &str = "https://as.example";

fn config(revision: Revision) -> ClientConfig {
    ClientConfig {
        origin: "https://evil.example".into(),
        name: "evil".into(),
        revision,
        key: None,
        credentials: BTreeMap::new(),
        registered_scopes: Default::default(),
        requested_scopes: Default::default(),
        aat_scopes: crate::wire::ScopeSet::new(),
        push_claims_from: None,
        claim_token: None,
        assertions_from: None,
        assertion: None,
        upgrades: false,
        public: false,
        polls_max: 1,
        attempts_max: 1,
        retry_after: Duration::from_secs(1),
    }
}

fn replay(what: Loot, at: Endpoint) -> Replay {
    Replay { what, to: AS.into(), at, speaks: Revision::V2_0, as_client: None, times: 1 }
}

fn full(revision: Revision) -> Pockets {
    let mut pockets = Pockets::of(&config(revision));
    for value in ["t0", "t1"] {
        let reason = ChallengeReason::TicketGiven(PermissionTicket::new(value));
        let challenge = Challenge { realm: None, host_id: None, as_uri: AS.into(), reason };
        pockets.take_from_answer(&Response::Challenge(challenge));
    }
    pockets.take_from_answer(&Response::Token(TokenResponse {
        access_token: Bearer::new("access"),
        expires_in_secs: None,
        refresh_token: Some(RefreshToken::new("refresh")),
        scope: None,
        id_token: None,
        pct: Some(Pct::new("pct")),
        upgraded: false,
    }));
    pockets.take_from_answer(&Response::RptIssued(Rpt::new("rpt")));
    pockets
}

#[test]
fn empty_pockets_send_nothing() {
    let pockets = Pockets::of(&config(Revision::V2_0));
    for what in [
        Loot::Ticket,
        Loot::OlderTicket,
        Loot::Rpt,
        Loot::Aat,
        Loot::Pct,
        Loot::RefreshToken,
        Loot::Code,
        Loot::Assertion,
        Loot::WrappedAssertion,
    ] {
        assert_eq!(pockets.spend(&replay(what, Endpoint::Token), None), None);
    }
}

#[test]
fn the_newest_and_the_older_ticket_are_told_apart() {
    let pockets = full(Revision::V2_0);
    for (what, value) in [(Loot::Ticket, "t1"), (Loot::OlderTicket, "t0")] {
        let call = pockets.spend(&replay(what, Endpoint::Token), None).unwrap();
        let Request::Token(TokenRequest::UmaTicket(grant)) = call.message else { panic!("{:?}", call.message) };
        assert_eq!(grant.ticket, PermissionTicket::new(value));
    }
}

#[test]
fn a_token_is_sent_as_bearer_to_guarded_endpoints() {
    let pockets = full(Revision::Draft06);
    let replay = |what, at| Replay { speaks: Revision::Draft06, ..replay(what, at) };
    for at in [Endpoint::Rpt, Endpoint::Introspection, Endpoint::Permission, Endpoint::ResourceRegistration] {
        let call = pockets.spend(&replay(Loot::Aat, at), None).unwrap();
        assert_eq!(call.credentials, Credentials::Bearer(Bearer::new("access")), "{at}");
    }
    let asked = pockets.spend(&replay(Loot::OlderTicket, Endpoint::AuthorizationData), None).unwrap();
    let rpt = Bearer::new("rpt");
    let wanted = Request::RequestAuthorizationData { rpt, ticket: PermissionTicket::new("t0") };
    assert_eq!(asked.message, wanted);
    let mut at_resource = replay(Loot::Rpt, Endpoint::Resource);
    at_resource.to = "https://rs.example/photo".into();
    assert_eq!(pockets.spend(&at_resource, None).unwrap().to, at_resource.to);
}

#[test]
fn what_it_asks_at_the_permission_endpoint_is_a_request_of_the_servers_revision() {
    for (revision, wanted) in [(Revision::Draft06, false), (Revision::V2_0, true)] {
        // Whatever it speaks itself, it writes what fits the server.
        let asked = Replay { speaks: revision, ..replay(Loot::Ticket, Endpoint::Permission) };
        let call = full(Revision::Draft06).spend(&asked, None).unwrap();
        let Request::RequestPermissions { permissions, array } = call.message else { panic!("{:?}", call.message) };
        assert_eq!((permissions.len(), array), (1, wanted));
    }
}

#[test]
fn it_asks_without_a_token_and_with_one_for_another_api() {
    let mut pockets = full(Revision::Draft05);
    let replay = |what, at| Replay { speaks: Revision::Draft05, ..replay(what, at) };
    for at in [Endpoint::Rpt, Endpoint::AuthorizationData] {
        assert_eq!(pockets.spend(&replay(Loot::Nothing, at), None).unwrap().credentials, Credentials::None);
        assert_eq!(pockets.spend(&replay(Loot::WeakToken, at), None), None, "it has none yet");
    }
    let asked = pockets.spend(&replay(Loot::WeakToken, Endpoint::Token), None).unwrap();
    let Request::Token(TokenRequest::ClientCredentials { scope }) = asked.message else { panic!("{asked:?}") };
    let tokens = TokenResponse {
        access_token: Bearer::new("weak"),
        expires_in_secs: None,
        refresh_token: None,
        scope: Some(scope),
        id_token: None,
        pct: None,
        upgraded: false,
    };
    pockets.take_from_answer(&Response::Token(tokens));
    let spent = pockets.spend(&replay(Loot::WeakToken, Endpoint::Rpt), None).unwrap();
    assert_eq!(spent.credentials, Credentials::Bearer(Bearer::new("weak")));
}

#[test]
fn it_claims_to_be_whom_the_act_names() {
    let accomplice = ClientAuthentication::Basic("second".into(), ClientSecret::new("s"));
    let known = BTreeMap::from([(AS.into(), accomplice.clone())]);
    let mut replayer = Replayer::new(ReplayerConfig { client: config(Revision::V2_0), accomplice: known });
    replayer.apply(&Fact::CredentialsStored { as_uri: AS.into(), client: "evil-id".into(), secret: None });
    let as_client =
        |id: Option<&str>| Replay { as_client: id.map(Into::into), ..replay(Loot::Ticket, Endpoint::Token) };
    let evil = ClientAuthentication::Public("evil-id".into());
    assert_eq!(replayer.identity(&as_client(None)), Some(evil));
    assert_eq!(replayer.identity(&as_client(Some("second"))), Some(accomplice));
    let stranger = ClientAuthentication::Public("stranger".into());
    assert_eq!(replayer.identity(&as_client(Some("stranger"))), Some(stranger));
}

fn sent(replayer: &mut Replayer, next_exchange: &mut u64, input: Input) -> Vec<ExchangeId> {
    let (mut effects, rules_off, mut entropy) = (Effects::default(), RuleSet::default(), NoEntropy);
    let at = Timestamp::from_secs(1);
    let mut cx = Context::new(at, &mut entropy, &StandInCrypto, &rules_off, &mut effects, next_exchange);
    replayer.handle(&mut cx, input);
    bench::sent(&effects).into_iter().map(|(exchange, _)| exchange).collect()
}

#[test]
fn it_takes_what_its_client_gets_and_ignores_answers_to_replays() {
    let mut replayer = Replayer::new(ReplayerConfig { client: config(Revision::V2_0), accomplice: BTreeMap::new() });
    let mut next = 0;
    let (resource, method) = ("https://rs.example/photo".into(), "GET".into());
    let fetch = Input::Act(Act::FetchForOrganisation { resource, method });
    let access = sent(&mut replayer, &mut next, fetch)[0];
    let reason = ChallengeReason::TicketGiven(PermissionTicket::new("t0"));
    let challenge = Response::Challenge(Challenge { realm: None, host_id: None, as_uri: AS.into(), reason });
    let answer = |exchange, message: &Response| Input::Response { exchange, answer: Ok(message.clone().into()) };
    assert_eq!(sent(&mut replayer, &mut next, answer(access, &challenge)).len(), 1, "it goes on as a client");
    let twice = Replay { times: 2, ..replay(Loot::Ticket, Endpoint::Token) };
    let replays = sent(&mut replayer, &mut next, Input::Act(Act::Replay(twice)));
    assert_eq!(replays.len(), 2);
    let loot = Response::RptIssued(Rpt::new("new"));
    assert!(sent(&mut replayer, &mut next, answer(replays[0], &loot)).is_empty());
    let rpt = Input::Act(Act::Replay(replay(Loot::Rpt, Endpoint::Resource)));
    assert!(sent(&mut replayer, &mut next, rpt).is_empty(), "answers to replays are not loot");
    replayer.forget();
    let after = Input::Act(Act::Replay(replay(Loot::Ticket, Endpoint::Token)));
    assert!(sent(&mut replayer, &mut next, after).is_empty());
}
