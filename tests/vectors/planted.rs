//! Violations of requirements that are planted in what the codec writes or gets to read: the example of the text fails.

use crate::core_draft06::*;
use crate::support::fails_with;
use crate::{planted_1_0_1, planted_2_0, planted_draft05, planted_draft05_other, planted_draft06_other};
use std::collections::BTreeSet;
use umaverse::check::requirements::{Planted, rows};
use umaverse::wire::Revision;

/// A row, the example that it is planted in, and what stands there in place of what.
pub(crate) type Plant = (&'static str, fn(), &'static str, &'static str);

const PLANTS: &[Plant] = &[
    ("D06-3.1-02", core_3_access_without_and_with_an_rpt, "photoz.example.com", "am.example.com"),
    ("D06-3.1-05", core_3_access_without_and_with_an_rpt, "Bearer", "UMA"),
    ("D06-3.1.1-02", core_3_1_1_challenge_without_a_ticket, "as_uri", "am_uri"),
    ("D06-3.1.1-03", core_3_1_1_challenge_without_a_ticket, "UMA", "Bearer"),
    ("D06-3.1.1-04", core_3_1_1_challenge_without_a_ticket, "host_id", "host"),
    (
        "D06-3.1.2-05",
        core_3_1_2_challenge_with_the_ticket_in_the_body_missing_comma,
        "WWW-Authenticate",
        "X-Authenticate",
    ),
    (
        "D06-3.1.2-06",
        core_3_1_2_challenge_with_the_ticket_in_the_body_missing_comma,
        r#""ticket""#,
        r#""permission_ticket""#,
    ),
    (
        "D06-3.1.2-08",
        core_3_1_2_challenge_with_the_ticket_in_the_body_missing_comma,
        "insufficient_scope",
        "insufficient_permission",
    ),
    ("D06-3.1.3-02", core_3_1_3_content, "/9j/4AAQ", r#"{"content":"/9j/4AAQ"#),
    ("D06-3.2-03", core_3_2_ticket, r#""ticket""#, r#""none""#),
    ("D06-3.2-08", core_3_4_3_permission_request_at_the_path_of_another_endpoint, "016f84e8-", "016f84e8"),
    ("D06-3.2-09", core_3_2_permission_registration_without_its_pat, "POST", "PUT"),
    (
        "D06-3.2-11",
        core_3_2_permission_registration_without_its_pat,
        "application/json",
        "application/uma-requested-permission+json",
    ),
    (
        "D06-3.2-12",
        core_3_2_permission_registration_without_its_pat,
        r#""resource_set_id""#,
        r#""requested_permission""#,
    ),
    ("D06-3.2-13", core_3_2_permission_registration_without_its_pat, r#""resource_set_id""#, r#""rsid""#),
    ("D06-3.2-15", core_3_2_permission_registration_without_its_pat, r#""scopes""#, r#""scope""#),
    ("D06-3.2-17", core_3_2_ticket, "STATUS 201", "STATUS 200"),
    ("D06-3.2-18", core_3_2_ticket, "Location", "X-Location"),
    ("D06-3.2-19", core_3_2_ticket, "application/uma-permission-ticket+json", "application/json"),
    ("D06-3.2-20", core_3_2_ticket, r#""ticket""#, r#""permission_ticket""#),
    ("D06-3.3-03", core_3_4_2_rpt, r#""rpt""#, r#""proprietary""#),
    ("D06-3.3.1-01", core_3_3_1_valid_rpt, "STATUS 200", "STATUS 400"),
    ("D06-3.3.1-02", core_1_5_configuration, "uma_token_profiles_supported", "other"),
    ("D06-3.3.1-04", core_3_3_1_status_request, "POST", "GET"),
    ("D06-3.3.1-05", core_3_3_1_status_request, r#""rpt""#, r#""token""#),
    ("D06-3.3.1-07", core_3_3_1_status_request, "application/json", "application/x-www-form-urlencoded"),
    ("D06-3.3.1-08", core_3_3_1_valid_rpt, "STATUS 200", "STATUS 400"),
    ("D06-3.3.1-09", core_3_3_1_invalid_rpt, "STATUS 200", "STATUS 404"),
    ("D06-3.3.1-14", core_3_3_1_valid_rpt, "BODY", r#"{"rpt_status":"invalid"}"#),
    ("D06-3.3.1-15", core_3_3_1_valid_rpt, "BODY", r#"{"active":true,"permissions":[]}"#),
    ("D06-3.3.1-16", core_3_3_1_valid_rpt, r#""resource_set_id""#, r#""id""#),
    (
        "D06-3.3.1-18",
        core_3_3_1_valid_rpt,
        "BODY",
        r#"[{"resource_set_id":"112210f47de98100","scopes":"a_b","exp":1300819380}]"#,
    ),
    ("D06-3.3.1-20", core_3_3_1_valid_rpt, "1300819380", r#""2011-03-22T18:43:00Z""#),
    ("D06-3.3.1-24", core_3_3_1_valid_rpt, "application/json", "application/uma-rpt-status+json"),
    ("D06-3.3.1-25", core_3_3_1_valid_rpt, "no-store", "public, max-age=86400"),
    ("D06-3.3.1-26", core_3_3_1_invalid_rpt, "BODY", r#"{"active":false}"#),
    ("D06-3.4.1-07", core_3_4_3_permission_request_at_the_path_of_another_endpoint, "Authorization", "X-Aat"),
    ("D06-3.4.1-10", core_1_5_configuration, "authorization_code", "password"),
    ("D06-3.4.1-12", core_1_5_configuration, "oauth_grant_types_supported", "other"),
    ("D06-3.4.2-02", core_3_4_2_rpt, "POST", "GET"),
    ("D06-3.4.2-03", core_3_4_2_rpt, "Authorization", "X-Aat"),
    ("D06-3.4.2-04", core_3_4_2_rpt, "STATUS 201", "STATUS 400"),
    ("D06-3.4.2-05", core_3_4_2_rpt, "STATUS 201", "STATUS 200"),
    ("D06-3.4.2-06", core_3_4_2_rpt, "application/uma-rpt+json", "application/json"),
    ("D06-3.4.2-07", core_3_4_2_rpt, r#""rpt""#, r#""access_token""#),
    ("D06-3.4.2-12", core_3_4_2_expired_aat, "STATUS 401", "STATUS 400"),
    ("D06-3.4.3-01", core_3_4_3_permission_request_at_the_path_of_another_endpoint, r#""rpt""#, r#""other""#),
    ("D06-3.4.3-02", core_3_4_3_permission_request_at_the_path_of_another_endpoint, "token_status", "rpt_status"),
    ("D06-3.4.3-03", core_3_4_3_permission_request_at_the_path_of_another_endpoint, "Authorization", "X-Aat"),
    ("D06-3.4.3-04", core_3_4_3_permission_request_at_the_path_of_another_endpoint, r#""ticket""#, r#""other""#),
    ("D06-3.4.3-05", core_3_4_3_permission_request_at_the_path_of_another_endpoint, r#""rpt""#, r#""other""#),
    (
        "D06-3.4.3-06",
        core_3_4_3_permission_request_at_the_path_of_another_endpoint,
        "application/json",
        "application/x-www-form-urlencoded",
    ),
    ("D06-3.4.3-16", core_3_4_3_expired_ticket, "STATUS 400", "STATUS 200"),
    ("D06-3.4.3-19", core_3_4_3_expired_ticket, "expired_requester_ticket", "expired_ticket"),
    ("D06-3.4.3-20", core_3_4_3_expired_ticket, "STATUS 400", "STATUS 410"),
    ("D06-3.4.3-26", core_3_4_3_expired_ticket, "no-store", "public"),
    ("D06-3.5-05", core_1_5_configuration, "claim_profiles_supported", "other"),
    ("D06-3.5.1.1-01", core_1_5_configuration, "openid", "oidc"),
    (
        "D06-3.5.1.1-02",
        core_1_5_configuration,
        "openid",
        "http://docs.kantarainitiative.org/uma/profiles/uma-claim-openid-1.0",
    ),
    ("D06-3.5.1.1-03", core_3_4_3_expired_ticket, "expired_requester_ticket", "openid_failed"),
];

fn plants() -> impl Iterator<Item = &'static Plant> {
    let drafts = [PLANTS, planted_draft05::PLANTS, planted_draft05_other::PLANTS, planted_draft06_other::PLANTS];
    drafts.into_iter().chain([planted_1_0_1::PLANTS, planted_2_0::PLANTS]).flatten()
}

#[test]
fn every_planted_violation_fails_its_example() {
    let unnoticed = plants().filter(|(_, vector, from, to)| !fails_with(*vector, from, to));
    assert_eq!(unnoticed.map(|(id, ..)| *id).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn nothing_fails_where_nothing_is_changed() {
    let failing = plants().filter(|(_, vector, ..)| fails_with(*vector, "nothing of the kind", ""));
    assert_eq!(failing.map(|(id, ..)| *id).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn every_row_that_names_an_example_says_what_is_planted_there() {
    let by_vector = |text: &String| matches!(Planted::parse(text), Some(Planted::Vector { .. }));
    let rows = Revision::ALL.into_iter().flat_map(rows).filter(|row| row.planted.iter().any(by_vector));
    let named: BTreeSet<&str> = rows.map(|row| &*row.id).collect();
    assert_eq!(named, plants().map(|(id, ..)| *id).collect());
}
