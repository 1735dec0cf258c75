//! Access attempts in both revisions.

use super::*;

const BOTH: [Revision; 4] = Revision::ALL;

fn connected(revision: Revision) -> Bench {
    Bench::connected(config(revision), &[])
}

#[test]
fn without_an_rpt_draft_06_asks_nobody() {
    let mut bench = connected(Revision::Draft06);
    let exchange = bench.access("GET", PHOTO, None);
    let Some(Response::Challenge(challenge)) = bench.answered(exchange) else { panic!("no challenge") };
    assert_eq!(challenge.reason, ChallengeReason::RptNeeded);
    assert_eq!(challenge.as_uri, Uri::from(AS));
    assert_eq!((challenge.realm.as_deref(), challenge.host_id.as_deref()), (Some("photos"), Some("photos")));
    assert!(bench.calls.is_empty() && bench.is_idle());
}

#[test]
fn without_an_rpt_2_0_gets_a_ticket_for_exactly_the_attempt() {
    let mut bench = connected(Revision::V2_0);
    let exchange = bench.access("GET", PHOTO, None);
    let call = bench.reply("permission", ticket("t1"));
    assert_eq!(call.message, asked_for("1", &["view"]));
    assert_eq!(bearer(&call), Some("pat-alice"));
    assert_eq!(bench.reason(exchange), Some(&ChallengeReason::TicketGiven(PermissionTicket::new("t1"))));
    let Some(Response::Challenge(challenge)) = bench.answered(exchange) else { panic!("no challenge") };
    assert_eq!(challenge.host_id, None);
    assert!(bench.is_idle());
}

#[test]
fn two_accesses_never_share_a_ticket() {
    let mut bench = connected(Revision::V2_0);
    let first = bench.access("GET", PHOTO, None);
    let second = bench.access("PUT", PHOTO, None);
    bench.reply("permission", ticket("t1"));
    let call = bench.reply("permission", ticket("t2"));
    assert_eq!(call.message, asked_for("1", &["edit", "view"]));
    assert_ne!(bench.reason(first), bench.reason(second));
}

#[test]
fn a_sufficient_rpt_opens_the_resource() {
    for revision in BOTH {
        let mut bench = connected(revision);
        let exchange = bench.access("GET", PHOTO, Some("rpt"));
        let call = bench.reply("introspect", active(&[permission("1", &["view"])]));
        assert_eq!(bearer(&call), Some("pat-alice"));
        assert_eq!(call.to, Uri::from("https://as.example/introspect"));
        assert!(bench.is_content(exchange));
        let Some(Fact::ResourceReleased { rpt, evidence: Some(evidence), .. }) = bench.facts.last() else {
            panic!("no release")
        };
        assert_eq!(*rpt, Some(crate::wire::Rpt::new("rpt").hashed()));
        assert_eq!((&evidence.as_uri, evidence.pat), (&Uri::from(AS), Pat::new("pat-alice").hashed()));
        assert_eq!(bench.decision(), Some(&AccessDecision::Released { resource_id: Some(ResourceId::from("1")) }));
        assert!(bench.is_idle());
    }
}

#[test]
fn an_inactive_rpt_is_like_none() {
    let mut bench = connected(Revision::Draft06);
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    bench.reply("introspect", inactive());
    assert_eq!(bench.reason(exchange), Some(&ChallengeReason::RptNeeded));

    let mut bench = connected(Revision::V2_0);
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    bench.reply("introspect", inactive());
    bench.reply("permission", ticket("t"));
    assert!(matches!(bench.reason(exchange), Some(ChallengeReason::TicketGiven(_))));
}

#[test]
fn an_array_is_asked_with_only_where_it_is_announced() {
    use crate::wire::configuration::MultiPermission;
    let mut document = configuration(&AS.into());
    for (announced, array) in [(None, false), (Some(MultiPermission::Supported), true)] {
        document.multi_permission = announced;
        for (revision, takes) in [(Revision::V1_0_1, array), (Revision::V2_0, false), (Revision::Draft06, false)] {
            assert_eq!(super::super::dialect::of(revision).asks_with_array(&document), takes);
        }
    }
}

#[test]
fn an_insufficient_rpt_gets_a_ticket() {
    for revision in BOTH {
        let mut bench = connected(revision);
        let exchange = bench.access("PUT", PHOTO, Some("rpt"));
        bench.reply("introspect", active(&[permission("1", &["view"])]));
        let call = bench.reply("permission", ticket("t"));
        assert_eq!(call.message, asked_for("1", &["edit", "view"]));
        let reason = bench.reason(exchange);
        assert!(match revision {
            Revision::Draft05 | Revision::Draft06 =>
                matches!(reason, Some(ChallengeReason::AuthorizationDataNeeded(_))),
            Revision::V1_0_1 => matches!(reason, Some(ChallengeReason::MoreNeeded(_))),
            Revision::V2_0 => matches!(reason, Some(ChallengeReason::TicketGiven(_))),
        });
        assert_eq!(bench.releases(), 0);
    }
}

#[test]
fn a_scope_less_operation_needs_an_entry_that_names_the_resource() {
    for (named, opens) in [("1", true), ("2", false)] {
        let mut bench = connected(Revision::V2_0);
        let exchange = bench.access("HEAD", PHOTO, Some("rpt"));
        bench.reply("introspect", active(&[permission(named, &[])]));
        assert_eq!(bench.is_content(exchange), opens);
    }
    let mut bench = connected(Revision::Draft06);
    bench.access("HEAD", PHOTO, Some("rpt"));
    bench.reply("introspect", active(&[]));
    assert_eq!(bench.reply("permission", ticket("t")).message, asked_for("1", &["edit"]));
}

#[test]
fn nothing_is_released_without_an_answer() {
    for revision in BOTH {
        let refusals = [
            Response::Failure(Failure::body(500, ErrorCode::ServerError)),
            Response::Revoked,
            Response::Failure(Failure::body(403, ErrorCode::InsufficientScope)),
        ];
        for refusal in refusals {
            let mut bench = connected(revision);
            let exchange = bench.access("GET", PHOTO, Some("rpt"));
            bench.reply("introspect", refusal);
            assert_closed(&bench, revision, exchange);
        }
        let mut bench = connected(revision);
        let exchange = bench.access("GET", PHOTO, Some("rpt"));
        bench.lose("introspect");
        assert_closed(&bench, revision, exchange);
    }
}

#[test]
fn without_a_ticket_the_challenge_has_none() {
    for revision in BOTH {
        let mut bench = connected(revision);
        let exchange = bench.access("PUT", PHOTO, Some("rpt"));
        bench.reply("introspect", active(&[]));
        bench.lose("permission");
        assert_closed(&bench, revision, exchange);
    }
}

#[test]
fn without_discovery_nothing_is_released() {
    for revision in BOTH {
        let mut bench = connected(revision);
        let exchange = bench.access("GET", PHOTO, Some("rpt"));
        let (discovery, call) = bench.calls.remove(0);
        assert_eq!(call.message, Request::GetConfiguration);
        let document = configuration(&Uri::from("https://somebody.example"));
        bench.answer(discovery, Response::Configuration(Box::new(document)));
        assert!(bench.ruled.contains(&(Rule::IssuerMatches, false)));
        assert_closed(&bench, revision, exchange);
    }
}

fn assert_closed(bench: &Bench, revision: Revision, exchange: ExchangeId) {
    let (status, warning) = match revision {
        Revision::Draft05 | Revision::Draft06 => (503, false),
        Revision::V1_0_1 | Revision::V2_0 => (403, true),
    };
    assert_eq!(bench.answered(exchange), Some(&Response::AuthorizationServerUnreachable { status, warning }));
    assert_eq!(bench.decision(), Some(&AccessDecision::Unreachable));
    assert!(bench.is_idle() && bench.releases() == 0);
}

#[test]
fn a_node_that_does_not_fail_closed_hands_out_what_it_could_not_decide() {
    let mut bench = Bench::connected(config(Revision::V2_0), &[Rule::FailClosed]);
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    bench.lose("introspect");
    assert!(bench.is_content(exchange));
}

#[test]
fn unknown_paths_and_methods_are_refused() {
    let mut bench = connected(Revision::V2_0);
    for (method, path, status) in [
        ("GET", "/nothing", 404),
        ("GET", "/Alice/photo", 404),
        ("GET", "/alice/photo/", 404),
        ("DELETE", PHOTO, 405),
        ("get", PHOTO, 405),
        ("GET", "/alice//photo", 400),
        ("GET", "/alice/x/../photo", 400),
        ("GET", "/alice/%2e/photo", 400),
        ("GET", "/alice/photo;x", 400),
    ] {
        let exchange = bench.access(method, path, Some("rpt"));
        assert_eq!(bench.answered(exchange), Some(&Response::Refused { status }), "{path}");
        assert_eq!(bench.decision(), Some(&AccessDecision::Refused));
    }
    assert!(bench.calls.is_empty());
}

#[test]
fn a_node_that_takes_any_spelling_hands_out_by_the_wrong_one() {
    let mut bench = Bench::connected(config(Revision::V2_0), &[Rule::PathCanonical]);
    let exchange = bench.access("GET", "/alice//photo", None);
    assert!(bench.is_content(exchange));
    let exchange = bench.access("GET", PHOTO, None);
    assert!(bench.answered(exchange).is_none());
}

#[test]
fn content_that_is_gone_or_not_yet_there_is_not_found() {
    let mut config = config(Revision::V2_0);
    config.resources.get_mut(ALBUM).unwrap().exists = false;
    let mut bench = Bench::with(config, &[]);
    let exchange = bench.access("GET", ALBUM, None);
    assert_eq!(bench.answered(exchange), Some(&Response::Refused { status: 404 }));
    bench.durable(Fact::ResourceUnmapped { path: PHOTO.into() });
    let exchange = bench.access("GET", PHOTO, None);
    assert_eq!(bench.answered(exchange), Some(&Response::Refused { status: 404 }));
}

#[test]
fn what_is_not_registered_yet_is_closed() {
    let mut bench = Bench::new(Revision::V2_0);
    let exchange = bench.access("GET", PHOTO, None);
    assert_closed(&bench, Revision::V2_0, exchange);
}

#[test]
fn what_its_owner_opened_needs_no_rpt() {
    let mut bench = connected(Revision::V2_0);
    bench.durable(Fact::ProtectionEnded { path: PHOTO.into() });
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    assert!(bench.is_content(exchange));
    assert_eq!(bench.decision(), Some(&AccessDecision::Released { resource_id: None }));
    let Some(Fact::ResourceReleased { rpt: None, evidence: None, .. }) = bench.facts.last() else {
        panic!("no open release")
    };
}

#[test]
fn a_rejected_pat_is_renewed_once() {
    for revision in BOTH {
        let mut bench = connected(revision);
        let exchange = bench.access("GET", PHOTO, Some("rpt"));
        bench.reply("introspect", invalid_token());
        let call = bench.reply("token", tokens("pat-2"));
        assert!(matches!(call.message, Request::Token(crate::wire::oauth::TokenRequest::Refresh { .. })));
        let call = bench.reply("introspect", active(&[permission("1", &["view"])]));
        assert_eq!(bearer(&call), Some("pat-2"));
        assert!(bench.is_content(exchange));
    }
}

#[test]
fn a_pat_that_is_rejected_again_ends_the_attempt() {
    let mut bench = connected(Revision::V2_0);
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    bench.reply("introspect", invalid_token());
    bench.reply("token", tokens("pat-2"));
    bench.reply("introspect", invalid_token());
    assert!(matches!(bench.answered(exchange), Some(Response::AuthorizationServerUnreachable { .. })));
}

#[test]
fn a_pat_that_cannot_be_renewed_is_lost() {
    let mut bench = connected(Revision::V2_0);
    let exchange = bench.access("GET", PHOTO, None);
    bench.reply("permission", invalid_token());
    bench.reply("token", Response::Failure(Failure::body(400, ErrorCode::InvalidGrant)));
    assert_closed(&bench, Revision::V2_0, exchange);
    assert_eq!(bench.facts.last(), Some(&Fact::PatLost { owner: PersonId::from("alice"), as_uri: Uri::from(AS) }));
    let exchange = bench.access("GET", PHOTO, None);
    assert_closed(&bench, Revision::V2_0, exchange);
}

#[test]
fn a_pat_is_kept_when_nobody_answers_its_renewal() {
    let mut bench = connected(Revision::V2_0);
    bench.pat("alice", AS, "pat-old", Some(NOW));
    let exchange = bench.access("GET", PHOTO, None);
    bench.lose("token");
    assert_closed(&bench, Revision::V2_0, exchange);
    let exchange = bench.access("GET", PHOTO, None);
    bench.reply("token", tokens("pat-new"));
    assert_eq!(bearer(&bench.reply("permission", ticket("t"))), Some("pat-new"));
    assert!(bench.reason(exchange).is_some());
}

#[test]
fn a_pat_is_not_used_at_its_expiry() {
    for (expires_at, word) in [(NOW - 1, "token"), (NOW, "token"), (NOW + 1, "permission")] {
        let mut bench = connected(Revision::V2_0);
        bench.pat("alice", AS, "pat", Some(expires_at));
        bench.access("GET", PHOTO, None);
        assert_eq!(bench.next().1.message.word(), word);
    }
}

#[test]
fn attempts_that_need_the_same_pat_share_its_renewal() {
    let mut bench = connected(Revision::V2_0);
    bench.pat("alice", AS, "pat", Some(NOW));
    let exchanges = [bench.access("GET", PHOTO, None), bench.access("GET", ALBUM, None)];
    bench.reply("token", tokens("pat-new"));
    bench.reply("permission", ticket("t1"));
    bench.reply("permission", ticket("t2"));
    assert!(exchanges.iter().all(|exchange| bench.reason(*exchange).is_some()));
    assert!(bench.calls.is_empty());
}

#[test]
fn late_and_unknown_answers_are_nobodys() {
    let mut bench = connected(Revision::V2_0);
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    let (question, _) = bench.next();
    bench.fail(question);
    bench.answer(question, active(&[permission("1", &["view"])]));
    bench.answer(ExchangeId(777), active(&[permission("1", &["view"])]));
    bench.input(Input::Timer(Timer { word: "unknown", id: 3 }));
    assert!(!bench.is_content(exchange));
}

#[test]
fn every_owner_has_their_own_pat_and_authorization_server() {
    let mut bench = connected(Revision::V2_0);
    let exchange = bench.access("GET", LETTER, None);
    let call = bench.reply("permission", ticket("t"));
    assert_eq!((bearer(&call), call.to.origin()), (Some("pat-bob"), OTHER_AS));
    let Some(Response::Challenge(challenge)) = bench.answered(exchange) else { panic!("no challenge") };
    assert_eq!(challenge.as_uri, Uri::from(OTHER_AS));
}

#[test]
fn what_the_authorization_server_does_not_know_is_registered_again() {
    for (revision, code) in
        [(Revision::V2_0, ErrorCode::InvalidResourceId), (Revision::Draft06, ErrorCode::InvalidResourceSetId)]
    {
        let mut bench = connected(revision);
        let exchange = bench.access("GET", PHOTO, Some("rpt"));
        bench.reply("introspect", active(&[]));
        bench.reply("permission", Response::Failure(Failure::body(400, code.clone())));
        let (question, call) = bench.next();
        let Request::CreateResource { id, .. } = call.message else { panic!("not created") };
        let id = id.unwrap_or(ResourceId::from("9"));
        bench.answer(question, Response::ResourceCreated(registered(id.as_str(), None)));
        assert_eq!(bench.reply("permission", ticket("t")).message, asked_for(id.as_str(), &["view"]));
        assert!(bench.reason(exchange).is_some());

        let exchange = bench.access("GET", PHOTO, Some("rpt"));
        bench.reply("introspect", active(&[]));
        bench.reply("permission", Response::Failure(Failure::body(400, code)));
        bench.lose("create");
        assert_closed(&bench, revision, exchange);
    }
}

#[test]
fn an_undecodable_request_is_answered_by_its_fault() {
    let mut bench = connected(Revision::V2_0);
    for (endpoint, kind, status) in [
        (Endpoint::Resource, DecodeErrorKind::MethodNotAllowed("X".into()), 405),
        (Endpoint::Resource, DecodeErrorKind::Malformed("credentials".into()), 400),
        (Endpoint::Unknown, DecodeErrorKind::UnknownPath(Uri::from("https://rs.example/x")), 404),
    ] {
        let exchange = ExchangeId(5000 + u64::from(status));
        bench.input(Input::Request(Arrival {
            exchange,
            uri: Uri::from("https://rs.example/alice/photo"),
            credentials: Credentials::None,
            cookie: None,
            peer: None,
            tls: true,
            message: Err(DecodeError { endpoint, kind }),
        }));
        assert_eq!(bench.answered(exchange), Some(&Response::Refused { status }));
    }
}
