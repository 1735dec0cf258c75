//! What becomes of RPTs in 2.0: upgrade, refresh, revocation, signed values.
#![allow(clippy::panic, reason = "tests fail loudly")]

use super::testing::{Bench, failed};
use super::testing_uma::*;
use super::{RptFormat, Upgrade};
use crate::role::Rule;
use crate::trace::Fact;
use crate::trace::fact::RptHash;
use crate::wire::oauth::{RevocationRequest, TokenRequest, TokenResponse};
use crate::wire::text::scope_set;
use crate::wire::{
    Bearer, Duration, ErrorCode, PolicyCondition, RefreshToken, Request, Response, Revision, ScopeSet, Timestamp,
};

const V2: Revision = Revision::V2_0;

fn bench() -> Bench {
    protected(V2, PolicyCondition::Anyone)
}

fn got(bench: &mut Bench, scope: &str, rpt: Option<&TokenResponse>) -> TokenResponse {
    let mut asked = plain(&ticket(bench, &[("photo", &[scope])]));
    asked.rpt = rpt.map(|tokens| tokens.access_token.clone());
    match grant(bench, asked) {
        Response::Token(tokens) => tokens,
        other => panic!("no RPT: {other:?}"),
    }
}

fn hash(tokens: &TokenResponse) -> RptHash {
    tokens.access_token.hashed().as_kind()
}

/// The scopes that an RPT carries now; `None` when it is revoked.
fn carries(bench: &Bench, tokens: &TokenResponse) -> Option<ScopeSet> {
    let record = bench.server.rpts.get(&hash(tokens)).filter(|record| !record.revoked)?;
    Some(record.permissions.iter().flat_map(|granted| granted.permission.scopes.clone()).collect())
}

#[test]
fn an_upgrade_carries_live_permissions_and_ends_the_old_rpt() {
    let mut bench = bench();
    let old = got(&mut bench, "view", None);
    let new = got(&mut bench, "edit", Some(&old));
    assert!(new.upgraded);
    assert_eq!(carries(&bench, &new), Some(scope_set(["view", "edit"])));
    assert_eq!(carries(&bench, &old), None);
    assert_eq!(renew(&mut bench, "app", &old, &[]).err(), Some((400, Some(ErrorCode::InvalidGrant))));
}

#[test]
fn no_upgrade_for_another_client_or_another_person_or_by_configuration() {
    let mut bench = protected(V2, PolicyCondition::Any(vec![email("bob@idp"), email("eve@idp")]));
    let of_bob = view(&mut bench);
    let Response::Token(old) = push(&mut bench, &of_bob, id_token(|_| {})) else { panic!("no RPT") };
    let mut asked = pushing(
        &view(&mut bench),
        id_token(|it| {
            it.subject = "eve".into();
            it.claims.insert("email".into(), "eve@idp".into());
        }),
    );
    asked.rpt = Some(old.access_token.clone());
    let Response::Token(new) = grant(&mut bench, asked) else { panic!("no RPT") };
    assert!(!new.upgraded && bench.ruled(Rule::UpgradeOfSameParties, false));
    assert!(carries(&bench, &old).is_some());

    let mut bench = self::bench();
    let old = got(&mut bench, "view", None);
    let mut asked = plain(&ticket(&mut bench, &[("photo", &["edit"])]));
    asked.rpt = Some(old.access_token.clone());
    let Response::Token(new) = grant_to(&mut bench, "other", asked) else { panic!("no RPT") };
    assert!(!new.upgraded && bench.ruled(Rule::UpgradeOfClient, false));

    let mut bench = protected_with(V2, PolicyCondition::Anyone, |config| config.upgrade = Upgrade::Never);
    let old = got(&mut bench, "view", None);
    assert!(!got(&mut bench, "edit", Some(&old)).upgraded);
}

#[test]
fn the_dead_are_not_carried_and_nothing_lives_longer() {
    let mut bench = bench();
    let old = got(&mut bench, "view", None);
    bench.now = Timestamp::from_secs(2000);
    let new = got(&mut bench, "edit", Some(&old));
    let Some(record) = bench.server.rpts.get(&hash(&new)) else { panic!("unknown") };
    let ends: Vec<_> = record.permissions.iter().map(|granted| granted.permission.expires_at).collect();
    assert_eq!(ends, [Some(Timestamp::from_secs(5600)), Some(Timestamp::from_secs(4600))]);
    bench.now = Timestamp::from_secs(5600);
    let late = got(&mut bench, "edit", Some(&new));
    assert!(!late.upgraded && bench.ruled(Rule::UpgradeCarriesLive, false));
    assert_eq!(carries(&bench, &late), Some(scope_set(["edit"])));
    let mut mutant = bench.without(&[Rule::UpgradeCarriesLive]);
    let late = got(&mut mutant, "edit", Some(&new));
    assert!(late.upgraded);
}

fn renew(
    bench: &mut Bench,
    client: &str,
    tokens: &TokenResponse,
    scope: &[&str],
) -> Result<TokenResponse, (u16, Option<ErrorCode>)> {
    let refresh_token = tokens.refresh_token.clone().unwrap_or_else(|| RefreshToken::new("none"));
    let request = TokenRequest::Refresh { refresh_token, scope: scope_set(scope.iter().copied()) };
    match bench.ask(credentials(client), None, Request::Token(request)).message {
        Response::Token(tokens) => Ok(tokens),
        other => Err(failed(&other)),
    }
}

fn both(bench: &mut Bench) -> TokenResponse {
    let asked = plain(&ticket(bench, &[("photo", &["view", "edit"])]));
    match grant(bench, asked) {
        Response::Token(tokens) => tokens,
        other => panic!("no RPT: {other:?}"),
    }
}

#[test]
fn a_refresh_narrows_rotates_and_assesses_nothing() {
    let mut bench = bench();
    let old = both(&mut bench);
    bench.now = Timestamp::from_secs(9000);
    let Ok(new) = renew(&mut bench, "app", &old, &["view", "nonsense"]) else { panic!("not renewed") };
    assert!(!bench.ruled(Rule::PolicyPermits, true) && !bench.ruled(Rule::PolicyPermits, false));
    assert_eq!(carries(&bench, &new), Some(scope_set(["view"])));
    assert_eq!(renew(&mut bench, "app", &old, &[]).err(), Some((400, Some(ErrorCode::InvalidGrant))));
    assert!(bench.ruled(Rule::RefreshUnrevoked, false));
    assert!(carries(&bench, &new).is_some(), "a replay costs nothing");
    assert_eq!(renew(&mut bench, "other", &new, &[]).err(), Some((400, Some(ErrorCode::InvalidGrant))));
    assert!(bench.ruled(Rule::RefreshBoundToClient, false));
    assert_eq!(renew(&mut bench, "app", &new, &["edit"]).err(), Some((400, Some(ErrorCode::InvalidScope))));
    assert!(renew(&mut bench, "app", &new, &[]).is_ok());
}

#[test]
fn a_refresh_token_of_an_rpt_ends_when_it_is_not_used() {
    let mut bench = bench();
    let old = both(&mut bench);
    bench.now = Timestamp::from_secs(1000 + 24 * 3600) - Duration(1);
    let Ok(new) = renew(&mut bench, "app", &old, &[]) else { panic!("not renewed") };
    assert!(bench.ruled(Rule::RefreshFresh, true));
    bench.now = bench.now + Duration::from_secs(24 * 3600);
    assert_eq!(renew(&mut bench, "app", &new, &[]).err(), Some((400, Some(ErrorCode::InvalidGrant))));
    assert!(bench.ruled(Rule::RefreshFresh, false));
    let mut mutant = bench.without(&[Rule::RefreshFresh]);
    assert!(renew(&mut mutant, "app", &new, &[]).is_ok());
}

#[test]
fn a_refresh_token_ends_after_what_it_was_good_for() {
    let mut bench = bench();
    let old = both(&mut bench);
    assert!(renew(&mut bench, "app", &old, &[]).is_ok());
    let facts = bench.last_facts();
    let issued = facts.iter().position(|fact| matches!(fact, Fact::RptIssued { .. }));
    let ended = facts.iter().position(|fact| matches!(fact, Fact::TokenRevoked { .. }));
    assert!(issued.is_some() && issued < ended, "{facts:?}");
}

#[test]
fn what_is_no_longer_registered_is_neither_carried_nor_refreshed() {
    let mut bench = bench();
    let old = both(&mut bench);
    resource(&mut bench, "photo", &["view"]);
    let upgraded = got(&mut bench, "view", Some(&old));
    assert!(upgraded.upgraded);
    assert_eq!(carries(&bench, &upgraded), Some(scope_set(["view"])));
    resource(&mut bench, "photo", &["edit"]);
    assert_eq!(renew(&mut bench, "app", &upgraded, &[]).err(), Some((400, Some(ErrorCode::InvalidScope))));
}

#[test]
fn a_permission_without_scopes_is_refreshed_too() {
    let mut bench = bench();
    let asked = plain(&ticket(&mut bench, &[("photo", &[])]));
    let Response::Token(old) = grant(&mut bench, asked) else { panic!("no RPT") };
    assert!(renew(&mut bench, "app", &old, &[]).is_ok());
}

#[test]
fn what_was_withdrawn_is_not_refreshed() {
    let mut bench = bench();
    let old = both(&mut bench);
    let scopes = scope_set(["view"]);
    bench.given(Fact::PermissionsWithdrawn { rpt: hash(&old), resource: key("photo"), scopes });
    let Ok(new) = renew(&mut bench, "app", &old, &[]) else { panic!("not renewed") };
    assert_eq!(carries(&bench, &new), Some(scope_set(["edit"])));
    let scopes = scope_set(["edit"]);
    bench.given(Fact::PermissionsWithdrawn { rpt: hash(&new), resource: key("photo"), scopes });
    assert_eq!(renew(&mut bench, "app", &new, &[]).err(), Some((400, Some(ErrorCode::InvalidGrant))));
}

fn revoke(bench: &mut Bench, client: &str, token: Bearer) -> Response {
    bench.ask(credentials(client), None, Request::Revoke(RevocationRequest { token, hint: None })).message
}

#[test]
fn a_revoked_rpt_takes_along_what_came_from_it() {
    let mut bench = bench();
    let old = got(&mut bench, "view", None);
    let Ok(renewed) = renew(&mut bench, "app", &old, &[]) else { panic!("not renewed") };
    let upgraded = got(&mut bench, "edit", Some(&renewed));
    let mut mutant_facts = bench.facts.clone();
    assert_eq!(failed(&revoke(&mut bench, "other", old.access_token.clone())).0, 400);
    assert!(bench.ruled(Rule::RevocationByHolder, false) && carries(&bench, &old).is_some());
    assert_eq!(revoke(&mut bench, "app", old.access_token.clone()), Response::Revoked);
    assert_eq!([carries(&bench, &old), carries(&bench, &upgraded)], [None, None]);
    assert_eq!(renew(&mut bench, "app", &upgraded, &[]).err(), Some((400, Some(ErrorCode::InvalidGrant))));
    let mut mutant = self::bench().without(&[Rule::RevocationReachesDerived]);
    for fact in mutant_facts.drain(..) {
        mutant.given(fact);
    }
    revoke(&mut mutant, "app", old.access_token);
    assert!(carries(&mutant, &upgraded).is_some());
}

#[test]
fn a_revoked_refresh_token_takes_along_its_whole_line() {
    let mut bench = bench();
    let old = got(&mut bench, "view", None);
    let Ok(renewed) = renew(&mut bench, "app", &old, &[]) else { panic!("not renewed") };
    let refresh = renewed.refresh_token.clone().unwrap_or_else(|| RefreshToken::new(""));
    assert_eq!(revoke(&mut bench, "app", refresh.as_kind()), Response::Revoked);
    assert_eq!([carries(&bench, &old), carries(&bench, &renewed)], [None, None]);
    assert_eq!(revoke(&mut bench, "app", Bearer::new("unknown")), Response::Revoked);
}

#[test]
fn a_revoked_pct_is_ignored() {
    let mut bench = protected(V2, email("bob@idp"));
    let first = view(&mut bench);
    let Response::Token(tokens) = push(&mut bench, &first, id_token(|_| {})) else { panic!("no RPT") };
    let Some(pct) = tokens.pct else { panic!("no PCT") };
    assert_eq!(revoke(&mut bench, "app", pct.as_kind()), Response::Revoked);
    let mut asked = plain(&view(&mut bench));
    asked.pct = Some(pct);
    assert!(matches!(grant(&mut bench, asked), Response::NeedInfo { .. }));
    assert!(bench.ruled(Rule::PctFresh, false));
}

#[test]
fn a_signed_rpt_names_its_permissions_and_nobody() {
    let mut bench = protected_with(V2, PolicyCondition::Anyone, |config| config.rpt_format = RptFormat::Jwt);
    let (one, two) = (got(&mut bench, "view", None), got(&mut bench, "view", None));
    assert_ne!(one.access_token, two.access_token);
    assert_eq!(one.access_token.expose().split('.').count(), 3);
}

#[test]
fn what_rests_on_a_policy_is_found() {
    let mut bench = bench();
    let tokens = got(&mut bench, "view", None);
    let found = bench.server.rpts.resting_on(&"alice".into(), &"p".into());
    assert_eq!(found, [(hash(&tokens), key("photo"), scope_set(["view"]))]);
    assert!(bench.server.rpts.resting_on(&"bob".into(), &"p".into()).is_empty());
    let rebuilt = bench.rebuilt();
    assert_eq!(rebuilt.rpts.resting_on(&"alice".into(), &"p".into()), found);
    assert_eq!(rebuilt.rpts.get(&hash(&tokens)), bench.server.rpts.get(&hash(&tokens)));
}

#[test]
fn ended_rpts_are_forgotten_once_nothing_hangs_on_them() {
    let mut bench = protected_with(V2, PolicyCondition::Anyone, |config| config.refresh_tokens = false);
    let tokens = got(&mut bench, "view", None);
    bench.now = Timestamp::from_secs(4600);
    got(&mut bench, "view", None);
    assert!(bench.server.rpts.get(&hash(&tokens)).is_none());
    let mut bench = self::bench();
    let tokens = got(&mut bench, "view", None);
    bench.now = Timestamp::from_secs(4600);
    got(&mut bench, "view", None);
    assert!(bench.server.rpts.get(&hash(&tokens)).is_some(), "it can still be refreshed");
    // The RPT was good for an hour, its refresh token for 23 more, and as long again it is known.
    bench.now = Timestamp::from_secs(1000) + Duration::from_secs((24 + 23) * 3600) - Duration(1);
    got(&mut bench, "view", None);
    assert!(bench.server.rpts.get(&hash(&tokens)).is_some(), "that it came too late is still an answer by rule");
    bench.now = bench.now + Duration(1);
    got(&mut bench, "view", None);
    assert!(bench.server.rpts.get(&hash(&tokens)).is_none());
}
