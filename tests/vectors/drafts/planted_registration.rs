//! What is planted in the examples of the drafts outside their section 3.

use super::planted::{Planted, configuration};
use super::{Draft, refusals, resource_sets};

pub(super) const PLANTED: &[Planted] = &[
    (
        &["D05-1.3-20", "D06-1.3-22"],
        configuration,
        r#""uma_token_profiles_supported":["bearer"]"#,
        r#""uma_token_profiles_supported":["https://example.com/x"]"#,
    ),
    (&["D05-1.5-05", "D06-1.5-05"], configuration, r#""version""#, r#""other""#),
    (&["D05-1.5-06", "D06-1.5-06"], configuration, r#""1.0""#, "1.0"),
    (&["D05-1.5-07", "D06-1.5-07"], configuration, r#""issuer":"https://example.com""#, r#""issuer":"Example Org""#),
    (
        &["D05-1.5-12", "D06-1.5-09"],
        configuration,
        r#""oauth_token_profiles_supported":["bearer"]"#,
        r#""oauth_token_profiles_supported":"bearer""#,
    ),
    (
        &["D05-1.5-14", "D06-1.5-11"],
        configuration,
        r#""oauth_token_profiles_supported":["bearer"]"#,
        r#""oauth_token_profiles_supported":[]"#,
    ),
    (&["D05-1.5-16", "D06-1.5-13"], configuration, r#""uma_token_profiles_supported""#, r#""x""#),
    (
        &["D05-1.5-19", "D06-1.5-16"],
        configuration,
        r#""uma_token_profiles_supported":["bearer"]"#,
        r#""uma_token_profiles_supported":["Bearer"]"#,
    ),
    (&["D05-1.5-21", "D06-1.5-18"], configuration, r#""oauth_grant_types_supported""#, r#""x""#),
    (&["D05-1.5-22", "D06-1.5-19"], configuration, "authorization_code", "code"),
    (&["D05-1.5-26", "D06-1.5-23"], configuration, r#""token_endpoint""#, r#""x""#),
    (&["D05-1.5-30", "D06-1.5-27"], configuration, r#""user_endpoint""#, r#""authorization_endpoint""#),
    (&["D05-1.5-32"], configuration, r#""resource_set_registration_endpoint""#, r#""x""#),
    (&["D05-1.5-34", "D06-1.5-30"], configuration, r#""permission_registration_endpoint""#, r#""x""#),
    (&["D05-1.5-36", "D06-1.5-32"], configuration, r#""rpt_endpoint""#, r#""x""#),
    (&["D05-1.5-38", "D06-1.5-34"], configuration, r#""rpt_status_endpoint""#, r#""introspection_endpoint""#),
    (&["D05-1.5-40", "D06-1.5-36"], configuration, r#""permission_request_endpoint""#, r#""x""#),
    (&["D05-2.1-04"], configuration, r#""permission_registration_endpoint""#, r#""x""#),
    (&["D05-2.3-09", "D06-2.1-11"], configuration, r#""oauth_grant_types_supported""#, r#""x""#),
    (
        &["D05-4.2-04", "D06-4.2-04"],
        resource_sets::resource_exists,
        r#""error":"invalid_request""#,
        r#""errors":["invalid_request"]"#,
    ),
    (&["D05-4.2-08", "D06-4.2-08"], resource_sets::resource_exists, "STATUS 400", "STATUS 422"),
    (&["D05-2.4.1-03", "D06-RSR-2.1-02"], scope_description, r#""name""#, r#""title""#),
    (
        &["D05-2.4.1-07", "D06-RSR-2.1-06"],
        resource_sets::create,
        r#""http://photoz.example.com/dev/scopes/view""#,
        r#"{"name":"View"}"#,
    ),
    (&["D05-2.4.2-03", "D06-RSR-2.2-02"], description, r#""name""#, r#""title""#),
    (&["D05-2.4.2-07", "D06-RSR-2.2-05"], description, r#""scopes""#, r#""scope""#),
    (&["D05-2.4.3-10", "D06-RSR-2.3-03"], resource_sets::create, "/resource_set/112210f47de98100", "/112210f47de98100"),
    (&["D05-2.4.3-15", "D06-RSR-2.3-08"], resource_sets::read, "GET", "POST"),
    (&["D05-2.4.3-16", "D06-RSR-2.3-09"], resource_sets::update, "If-Match", "X-If-Match"),
    (&["D05-2.4.3-17", "D06-RSR-2.3-10"], resource_sets::delete, "DELETE", "POST"),
    (&["D05-2.4.3-18", "D06-RSR-2.3-11"], resource_sets::list, "GET", "POST"),
    (&["D05-2.4.3-22", "D06-RSR-2.3-15"], refusals::unknown_method, "STATUS 405", "STATUS 400"),
    (&["D05-2.4.3-24", "D06-RSR-2.3-17"], refusals::unknown_resource_set, "STATUS 404", "STATUS 200"),
    (&["D05-2.4.3-25", "D06-RSR-2.3-18"], refusals::stale_entity_tag, "STATUS 412", "STATUS 409"),
    (&["D05-2.4.3.1-05", "D06-RSR-2.3.1-05"], resource_sets::create, "ETag", "X-ETag"),
    (&["D05-2.4.3.1-06", "D06-RSR-2.3.1-06"], resource_sets::create, r#""_id""#, r#""id""#),
    (&["D05-2.4.3.2-03", "D06-RSR-2.3.2-03"], resource_sets::read, "ETag", "X-ETag"),
    (&["D05-2.4.3.2-04", "D06-RSR-2.3.2-04"], resource_sets::read, r#""_rev""#, r#""rev""#),
    (&["D05-2.4.3.2-05", "D06-RSR-2.3.2-05"], refusals::unknown_resource_set, "BODY", ""),
    (&["D05-2.4.3.3-04", "D06-RSR-2.3.3-04"], resource_sets::update, r#"ETag: "2""#, r#"ETag: "1""#),
    (&["D05-2.4.3.3-05", "D06-RSR-2.3.3-05"], resource_sets::update, r#""_rev""#, r#""rev""#),
    (&["D05-2.4.3.4-04", "D06-RSR-2.3.4-04"], refusals::unknown_resource_set, "STATUS 404", "STATUS 204"),
    (&["D05-2.4.3.5-03", "D06-RSR-2.3.5-03"], resource_sets::list, "BODY", r#"{"resource_sets":["112210f47de98100"]}"#),
    (&["D06-RSR-3-02"], resource_sets::resource_exists, r#""error":"invalid_request","#, ""),
];

fn description(draft: &Draft) {
    (draft.description)();
}

fn scope_description(draft: &Draft) {
    (draft.scope_description)();
}
