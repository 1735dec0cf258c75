//! Violations of the requirements of the drafts that are planted in the examples of their texts.

use super::draft05::DRAFT05;
use super::draft06::DRAFT06;
use super::{Draft, access, planted_registration};
use crate::planted::Plant;

/// Rows of either catalogue, the example that their violation is planted in, and what stands there in place of what.
pub(super) type Planted = (&'static [&'static str], fn(&Draft), &'static str, &'static str);

const PLANTED: &[Planted] = &[
    (&["D05-3.1-02", "D06-3.1-02"], access::access_without_and_with_an_rpt, "photoz.example.com", "am.example.com"),
    (&["D05-3.1-05", "D06-3.1-05"], access::access_without_and_with_an_rpt, "Bearer", "UMA"),
    (&["D05-3.1.1-02"], access::challenge_without_a_ticket, "am_uri", "as_uri"),
    (&["D05-3.1.1-03", "D06-3.1.1-03"], access::challenge_without_a_ticket, "UMA", "Bearer"),
    (&["D05-3.1.1-04", "D06-3.1.1-04"], access::challenge_without_a_ticket, "host_id", "host"),
    (
        &["D05-3.1.2-05", "D06-3.1.2-05"],
        access::challenge_with_the_ticket_in_the_body,
        "WWW-Authenticate",
        "X-Authenticate",
    ),
    (
        &["D05-3.1.2-06", "D06-3.1.2-06"],
        access::challenge_with_the_ticket_in_the_body,
        r#""ticket""#,
        r#""permission_ticket""#,
    ),
    (&["D05-3.1.3-02", "D06-3.1.3-02"], access::content, "/9j/4AAQ", r#"{"content":"/9j/4AAQ"#),
    (&["D05-3.2-03", "D06-3.2-03"], access::ticket, r#""ticket""#, r#""none""#),
    (
        &["D05-3.2-08", "D06-3.2-08"],
        access::permission_request_at_the_path_of_another_endpoint,
        "016f84e8-",
        "016f84e8",
    ),
    (&["D05-3.2-09", "D06-3.2-09"], access::permission_registration_without_its_pat, "POST", "PUT"),
    (
        &["D05-3.2-11"],
        access::permission_registration_without_its_pat,
        "application/uma-requested-permission+json",
        "application/json",
    ),
    (
        &["D05-3.2-12", "D06-3.2-12"],
        access::permission_registration_without_its_pat,
        r#""resource_set_id""#,
        r#""requested_permission""#,
    ),
    (
        &["D05-3.2-13", "D06-3.2-13"],
        access::permission_registration_without_its_pat,
        r#""resource_set_id""#,
        r#""rsid""#,
    ),
    (&["D05-3.2-15", "D06-3.2-15"], access::permission_registration_without_its_pat, r#""scopes""#, r#""scope""#),
    (&["D05-3.2-17", "D06-3.2-17"], access::ticket, "STATUS 201", "STATUS 200"),
    (&["D05-3.2-18", "D06-3.2-18"], access::ticket, "Location", "X-Location"),
    (&["D05-3.2-19", "D06-3.2-19"], access::ticket, "application/uma-permission-ticket+json", "application/json"),
    (&["D05-3.2-20", "D06-3.2-20"], access::ticket, r#""ticket""#, r#""permission_ticket""#),
    (&["D05-3.3-03", "D06-3.3-03"], access::rpt, r#""rpt""#, r#""proprietary""#),
    (&["D05-3.3.1-01", "D05-3.3.1-09", "D06-3.3.1-01", "D06-3.3.1-08"], access::valid_rpt, "STATUS 200", "STATUS 400"),
    (&["D05-3.3.1-02", "D06-3.3.1-02"], configuration, "uma_token_profiles_supported", "other"),
    (&["D05-3.3.1-05", "D05-3.3.1-10", "D06-3.3.1-04"], access::status_request, "POST", "GET"),
    (&["D05-3.3.1-06", "D06-3.3.1-05"], access::status_request, r#""rpt""#, r#""token""#),
    (
        &["D05-3.3.1-08", "D06-3.3.1-07"],
        access::status_request,
        "application/json",
        "application/x-www-form-urlencoded",
    ),
    (&["D05-3.3.1-11", "D06-3.3.1-09"], access::invalid_rpt, "STATUS 200", "STATUS 404"),
    (&["D05-3.3.1-16", "D06-3.3.1-14"], access::valid_rpt, "BODY", r#"{"rpt_status":"invalid"}"#),
    (&["D05-3.3.1-17", "D06-3.3.1-16"], access::valid_rpt, r#""resource_set_id""#, r#""id""#),
    (
        &["D05-3.3.1-19", "D06-3.3.1-18"],
        access::valid_rpt,
        "BODY",
        r#"[{"resource_set_id":"112210f47de98100","scopes":"a_b","exp":1300819380}]"#,
    ),
    (&["D05-3.3.1-21", "D06-3.3.1-20"], access::valid_rpt, "1300819380", r#""2011-03-22T18:43:00Z""#),
    (&["D05-3.3.1-25"], access::valid_rpt, "application/uma-rpt-status+json", "application/json"),
    (&["D05-3.3.1-26", "D06-3.3.1-25"], access::valid_rpt, "no-store", "public, max-age=86400"),
    (&["D05-3.3.1-27", "D06-3.3.1-26"], access::invalid_rpt, "BODY", r#"{"active":false}"#),
    (
        &["D05-3.4.3-06", "D05-3.4.5-03", "D06-3.4.1-07", "D06-3.4.3-03"],
        access::permission_request_at_the_path_of_another_endpoint,
        "Authorization",
        "X-Aat",
    ),
    (&["D05-3.4.3-09", "D06-3.4.1-10"], configuration, "authorization_code", "password"),
    (&["D05-3.4.3-11", "D06-3.4.1-12"], configuration, "oauth_grant_types_supported", "other"),
    (&["D05-3.4.4-02", "D06-3.4.2-02"], access::rpt, "POST", "GET"),
    (&["D05-3.4.4-03", "D06-3.4.2-03"], access::rpt, "Authorization", "X-Aat"),
    (&["D05-3.4.4-04", "D06-3.4.2-04"], access::rpt, "STATUS 201", "STATUS 400"),
    (&["D05-3.4.4-05", "D06-3.4.2-05"], access::rpt, "STATUS 201", "STATUS 200"),
    (&["D05-3.4.4-06", "D06-3.4.2-06"], access::rpt, "application/uma-rpt+json", "application/json"),
    (&["D05-3.4.4-07", "D06-3.4.2-07"], access::rpt, r#""rpt""#, r#""access_token""#),
    (&["D05-3.4.4-13", "D06-3.4.2-12"], access::expired_aat_at_the_rpt_endpoint, "STATUS 401", "STATUS 400"),
    (
        &["D05-3.4.5-01", "D05-3.4.5-05", "D06-3.4.3-01", "D06-3.4.3-05"],
        access::permission_request_at_the_path_of_another_endpoint,
        r#""rpt""#,
        r#""other""#,
    ),
    (
        &["D05-3.4.5-02", "D06-3.4.3-02"],
        access::permission_request_at_the_path_of_another_endpoint,
        "token_status",
        "rpt_status",
    ),
    (
        &["D05-3.4.5-04", "D06-3.4.3-04"],
        access::permission_request_at_the_path_of_another_endpoint,
        r#""ticket""#,
        r#""other""#,
    ),
    (
        &["D05-3.4.5-06", "D06-3.4.3-06"],
        access::permission_request_at_the_path_of_another_endpoint,
        "application/json",
        "application/x-www-form-urlencoded",
    ),
    (&["D05-3.4.5-14", "D06-3.4.3-16"], access::expired_ticket, "STATUS 400", "STATUS 200"),
    (&["D05-3.4.5-17", "D06-3.4.3-19"], access::expired_ticket, "expired_requester_ticket", "expired_ticket"),
    (&["D05-3.4.5-18", "D06-3.4.3-20"], access::expired_ticket, "STATUS 400", "STATUS 410"),
    (&["D05-3.4.5-24", "D06-3.4.3-26"], access::expired_ticket, "no-store", "public"),
    (&["D05-3.5-05", "D06-3.5-05"], configuration, "claim_profiles_supported", "other"),
    (&["D05-3.5.1.1-01", "D06-3.5.1.1-01"], configuration, "openid", "oidc"),
    (
        &["D05-3.1.2-08"],
        access::challenge_with_the_ticket_in_the_body,
        r#"am_uri="#,
        r#"error="insufficient_scope", am_uri="#,
    ),
    (&["D06-3.1.1-02"], access::challenge_without_a_ticket, "as_uri", "am_uri"),
    (&["D06-3.1.2-08"], access::challenge_with_the_ticket_in_the_body, "insufficient_scope", "insufficient_permission"),
    (
        &["D06-3.2-11"],
        access::permission_registration_without_its_pat,
        "application/json",
        "application/uma-requested-permission+json",
    ),
    (&["D06-3.3.1-15"], access::valid_rpt, "BODY", r#"{"active":true,"permissions":[]}"#),
    (&["D06-3.3.1-24"], access::valid_rpt, "application/json", "application/uma-rpt-status+json"),
    (
        &["D06-3.5.1.1-02"],
        configuration,
        "openid",
        "http://docs.kantarainitiative.org/uma/profiles/uma-claim-openid-1.0",
    ),
    (&["D06-3.5.1.1-03"], access::expired_ticket, "expired_requester_ticket", "openid_failed"),
];

pub(super) fn configuration(draft: &Draft) {
    (draft.configuration)();
}

pub(crate) fn plants() -> impl Iterator<Item = Plant> {
    PLANTED.iter().chain(planted_registration::PLANTED).flat_map(|(rows, example, from, to)| {
        rows.iter().map(move |row| {
            let draft = if row.starts_with("D05") { &DRAFT05 } else { &DRAFT06 };
            Plant { row, example: Box::new(move || example(draft)), from, to }
        })
    })
}
