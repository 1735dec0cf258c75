//! What an answer of an authorization server is worth: every rule of a release, with and without it, and answers that
//! are used again.

use super::*;

fn release_with(rules_off: &[Rule], method: &str, response: Response) -> bool {
    let mut bench = Bench::connected(config(Revision::V2_0), rules_off);
    let exchange = bench.access(method, PHOTO, Some("rpt"));
    bench.reply("introspect", response);
    bench.is_content(exchange)
}

#[test]
fn each_rule_alone_keeps_the_resource_closed() {
    let late = Permission { expires_at: Some(Timestamp::from_secs(NOW)), ..permission("1", &["view", "edit"]) };
    let early = Permission { not_before: Some(Timestamp::from_secs(NOW + 1)), ..permission("1", &["view", "edit"]) };
    let cases = [
        (Rule::PermissionNamesResource, active(&[permission("2", &["view", "edit"])])),
        (Rule::PermissionHasScopes, active(&[permission("1", &["view"])])),
        (Rule::PermissionHasScopes, active(&[permission("1", &["view"]), permission("1", &["edit"])])),
        (Rule::PermissionHasScopes, active(&[permission("1", &["view"]), permission("2", &["view", "edit"])])),
        (Rule::EvidenceUnexpired, active(&[late])),
        (Rule::EvidenceUnexpired, active(&[early])),
    ];
    for (rule, response) in cases {
        assert!(!release_with(&[], "PUT", response.clone()), "{rule}");
        assert!(release_with(&[rule], "PUT", response), "{rule}");
    }
}

#[test]
fn an_entry_that_covers_counts_whatever_stands_beside_it() {
    let entries = [permission("2", &[]), permission("1", &["edit"]), permission("1", &["edit", "view", "print"])];
    assert!(release_with(&[], "PUT", active(&entries)));
}

#[test]
fn without_the_rule_an_inactive_rpt_of_draft_06_gets_a_ticket() {
    let mut bench = Bench::connected(config(Revision::Draft06), &[Rule::RptActive]);
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    bench.reply("introspect", inactive());
    bench.reply("permission", ticket("t"));
    assert!(matches!(bench.reason(exchange), Some(ChallengeReason::AuthorizationDataNeeded(_))));
}

#[test]
fn the_earlier_expiry_counts_and_is_exclusive() {
    for (leeway, permission_exp, token_exp, opens) in [
        (0, Some(NOW - 1), None, false),
        (0, Some(NOW), None, false),
        (0, Some(NOW + 1), None, true),
        (0, None, Some(NOW), false),
        (0, None, Some(NOW + 1), true),
        (0, Some(NOW + 9), Some(NOW), false),
        (0, Some(NOW), Some(NOW + 9), false),
        (0, None, None, true),
        (2, Some(NOW - 1), None, true),
        (2, Some(NOW - 2), None, false),
    ] {
        let mut config = config(Revision::V2_0);
        config.leeway = Duration::from_secs(leeway);
        let mut bench = Bench::connected(config, &[]);
        let exchange = bench.access("GET", PHOTO, Some("rpt"));
        let entry = Permission { expires_at: permission_exp.map(Timestamp::from_secs), ..permission("1", &["view"]) };
        let token = ActiveToken {
            permissions: vec![entry],
            expires_at: token_exp.map(Timestamp::from_secs),
            ..ActiveToken::default()
        };
        bench.reply("introspect", Response::Introspection(IntrospectionResponse::Active(token)));
        assert_eq!(bench.is_content(exchange), opens, "{leeway} {permission_exp:?} {token_exp:?}");
    }
}

fn cached(revision: Revision, cache_secs: Option<u64>, cache_lifetime: u64, rules_off: &[Rule]) -> Bench {
    let mut config = config(revision);
    config.cache_lifetime = Duration::from_secs(cache_lifetime);
    let mut bench = Bench::connected(config, rules_off);
    bench.access("GET", PHOTO, Some("rpt"));
    bench.reply("introspect", active_for(cache_secs, &[permission("1", &["view"])]));
    assert_eq!(bench.releases(), 1);
    bench
}

fn active_for(cache_secs: Option<u64>, permissions: &[Permission]) -> Response {
    let token = ActiveToken { permissions: permissions.to_vec(), cache_secs, ..ActiveToken::default() };
    Response::Introspection(IntrospectionResponse::Active(token))
}

fn opens_from_memory(bench: &mut Bench, path: &str) -> bool {
    let exchange = bench.access("GET", path, Some("rpt"));
    bench.is_content(exchange)
}

#[test]
fn an_answer_is_used_again_within_its_period_only() {
    for (after, again) in [(9, true), (10, false), (11, false)] {
        for (revision, cache_secs, lifetime) in
            [(Revision::Draft06, Some(10), 0), (Revision::V2_0, Some(10), 99), (Revision::V2_0, None, 10)]
        {
            let mut bench = cached(revision, cache_secs, lifetime, &[]);
            bench.at = Timestamp::from_secs(NOW + after);
            assert_eq!(opens_from_memory(&mut bench, PHOTO), again, "{revision} {after}");
        }
    }
    let mut bench = cached(Revision::V2_0, None, 10, &[Rule::EvidenceRecent]);
    bench.at = Timestamp::from_secs(NOW + 50);
    assert!(opens_from_memory(&mut bench, PHOTO));
}

#[test]
fn without_a_period_nothing_is_used_again() {
    assert!(!opens_from_memory(&mut cached(Revision::Draft06, None, 99, &[]), PHOTO));
    assert!(!opens_from_memory(&mut cached(Revision::V2_0, Some(0), 99, &[]), PHOTO));
    assert!(!opens_from_memory(&mut cached(Revision::V2_0, None, 0, &[]), PHOTO));
}

#[test]
fn a_remembered_permission_expires_all_the_same() {
    for (after, again) in [(99, true), (100, false), (101, false)] {
        let mut bench = cached(Revision::V2_0, Some(1000), 0, &[]);
        bench.at = Timestamp::from_secs(NOW + after);
        assert_eq!(opens_from_memory(&mut bench, PHOTO), again);
    }
}

#[test]
fn a_refusal_is_always_asked_for_afresh() {
    let mut bench = cached(Revision::V2_0, Some(1000), 0, &[]);
    let exchange = bench.access("PUT", PHOTO, Some("rpt"));
    bench.reply("introspect", active_for(Some(1000), &[permission("1", &["view", "edit"])]));
    assert!(bench.is_content(exchange));
    bench.access("GET", ALBUM, Some("other-rpt"));
    bench.reply("introspect", inactive());
    bench.reply("permission", ticket("t"));
    let exchange = bench.access("GET", ALBUM, Some("other-rpt"));
    bench.reply("introspect", active(&[permission("2", &["view"])]));
    assert!(bench.is_content(exchange));
}

#[test]
fn a_late_older_answer_does_not_undo_a_newer_one() {
    let mut bench = Bench::connected(config(Revision::V2_0), &[]);
    bench.access("GET", PHOTO, Some("rpt"));
    let (older, _) = bench.next();
    bench.access("GET", PHOTO, Some("rpt"));
    bench.reply("introspect", inactive());
    bench.reply("permission", ticket("t"));
    bench.answer(older, active_for(Some(1000), &[permission("1", &["view"])]));
    assert!(!opens_from_memory(&mut bench, PHOTO));
}

#[test]
fn a_restart_forgets_remembered_answers() {
    let mut bench = cached(Revision::V2_0, Some(1000), 0, &[]);
    assert!(opens_from_memory(&mut bench, PHOTO));
    bench.restart();
    assert!(!opens_from_memory(&mut bench, PHOTO));
}

#[test]
fn memory_is_bounded() {
    let mut config = config(Revision::V2_0);
    config.cache_entries_max = 0;
    let mut bench = Bench::connected(config, &[]);
    bench.access("GET", PHOTO, Some("rpt"));
    bench.reply("introspect", active_for(Some(1000), &[permission("1", &["view"])]));
    assert!(!opens_from_memory(&mut bench, PHOTO));
}

#[test]
fn another_authorization_server_is_not_believed_about_an_equal_identifier() {
    let mut bench = cached(Revision::V2_0, Some(1000), 0, &[]);
    let exchange = bench.access("GET", LETTER, Some("rpt"));
    assert_eq!(bench.reply("introspect", inactive()).to.origin(), OTHER_AS);
    bench.reply("permission", ticket("t"));
    assert!(!bench.is_content(exchange));
    let mut bench = cached(Revision::V2_0, Some(1000), 0, &[Rule::EvidenceOfProtector]);
    assert!(opens_from_memory(&mut bench, LETTER));
    let mut bench = cached(Revision::V2_0, None, 0, &[Rule::EvidenceOfProtector]);
    let exchange = bench.access("GET", LETTER, Some("rpt"));
    assert_eq!(bench.reply("introspect", active(&[permission("1", &["view"])])).to.origin(), AS);
    assert!(bench.is_content(exchange));
}

#[test]
fn a_decision_is_about_the_resource_as_it_stands_then() {
    let mut bench = Bench::connected(config(Revision::V2_0), &[]);
    let exchange = bench.access("GET", PHOTO, Some("rpt"));
    let (question, _) = bench.next();
    bench.input(Input::Act(Act::ContentVanished { path: PHOTO.into() }));
    bench.answer(question, active(&[permission("1", &["view"])]));
    assert_eq!(bench.answered(exchange), Some(&Response::Refused { status: 404 }));
    assert_eq!(bench.releases(), 0);
}
