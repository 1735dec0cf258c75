//! What is planted in the examples of draft-05 outside its section 3.

use crate::core_draft05::draft05_1_5_configuration;
use crate::planted::Plant;
use crate::prose::{draft05_stale_entity_tag, draft05_unknown_method, draft05_unknown_resource_set};
use crate::resource_sets_draft05::{
    draft05_2_4_1_and_10_scope_descriptions, draft05_2_4_2_description, draft05_4_2_resource_exists, draft05_10_create,
    draft05_10_delete, draft05_10_list, draft05_10_read, draft05_10_update,
};

pub(crate) const PLANTS: &[Plant] = &[
    (
        "D05-1.3-20",
        draft05_1_5_configuration,
        r#""uma_token_profiles_supported":["bearer"]"#,
        r#""uma_token_profiles_supported":["https://example.com/x"]"#,
    ),
    ("D05-1.5-05", draft05_1_5_configuration, r#""version""#, r#""other""#),
    ("D05-1.5-06", draft05_1_5_configuration, r#""1.0""#, "1.0"),
    ("D05-1.5-07", draft05_1_5_configuration, r#""issuer":"https://example.com""#, r#""issuer":"Example Org""#),
    (
        "D05-1.5-12",
        draft05_1_5_configuration,
        r#""oauth_token_profiles_supported":["bearer"]"#,
        r#""oauth_token_profiles_supported":"bearer""#,
    ),
    (
        "D05-1.5-14",
        draft05_1_5_configuration,
        r#""oauth_token_profiles_supported":["bearer"]"#,
        r#""oauth_token_profiles_supported":[]"#,
    ),
    ("D05-1.5-16", draft05_1_5_configuration, r#""uma_token_profiles_supported""#, r#""x""#),
    (
        "D05-1.5-19",
        draft05_1_5_configuration,
        r#""uma_token_profiles_supported":["bearer"]"#,
        r#""uma_token_profiles_supported":["Bearer"]"#,
    ),
    ("D05-1.5-21", draft05_1_5_configuration, r#""oauth_grant_types_supported""#, r#""x""#),
    ("D05-1.5-22", draft05_1_5_configuration, "authorization_code", "code"),
    ("D05-1.5-26", draft05_1_5_configuration, r#""token_endpoint""#, r#""x""#),
    ("D05-1.5-30", draft05_1_5_configuration, r#""user_endpoint""#, r#""authorization_endpoint""#),
    ("D05-1.5-32", draft05_1_5_configuration, r#""resource_set_registration_endpoint""#, r#""x""#),
    ("D05-1.5-34", draft05_1_5_configuration, r#""permission_registration_endpoint""#, r#""x""#),
    ("D05-1.5-36", draft05_1_5_configuration, r#""rpt_endpoint""#, r#""x""#),
    ("D05-1.5-38", draft05_1_5_configuration, r#""rpt_status_endpoint""#, r#""introspection_endpoint""#),
    ("D05-1.5-40", draft05_1_5_configuration, r#""permission_request_endpoint""#, r#""x""#),
    ("D05-2.1-04", draft05_1_5_configuration, r#""permission_registration_endpoint""#, r#""x""#),
    ("D05-2.3-09", draft05_1_5_configuration, r#""oauth_grant_types_supported""#, r#""x""#),
    ("D05-4.2-04", draft05_4_2_resource_exists, r#""error":"invalid_request""#, r#""errors":["invalid_request"]"#),
    ("D05-4.2-08", draft05_4_2_resource_exists, "STATUS 400", "STATUS 422"),
    ("D05-2.4.1-03", draft05_2_4_1_and_10_scope_descriptions, r#""name""#, r#""title""#),
    ("D05-2.4.1-07", draft05_10_create, r#""http://photoz.example.com/dev/scopes/view""#, r#"{"name":"View"}"#),
    ("D05-2.4.2-03", draft05_2_4_2_description, r#""name""#, r#""title""#),
    ("D05-2.4.2-07", draft05_2_4_2_description, r#""scopes""#, r#""scope""#),
    ("D05-2.4.3-10", draft05_10_create, "/resource_set/112210f47de98100", "/112210f47de98100"),
    ("D05-2.4.3-15", draft05_10_read, "GET", "POST"),
    ("D05-2.4.3-16", draft05_10_update, "If-Match", "X-If-Match"),
    ("D05-2.4.3-17", draft05_10_delete, "DELETE", "POST"),
    ("D05-2.4.3-18", draft05_10_list, "GET", "POST"),
    ("D05-2.4.3-22", draft05_unknown_method, "STATUS 405", "STATUS 400"),
    ("D05-2.4.3-24", draft05_unknown_resource_set, "STATUS 404", "STATUS 200"),
    ("D05-2.4.3-25", draft05_stale_entity_tag, "STATUS 412", "STATUS 409"),
    ("D05-2.4.3.1-05", draft05_10_create, "ETag", "X-ETag"),
    ("D05-2.4.3.1-06", draft05_10_create, r#""_id""#, r#""id""#),
    ("D05-2.4.3.2-03", draft05_10_read, "ETag", "X-ETag"),
    ("D05-2.4.3.2-04", draft05_10_read, r#""_rev""#, r#""rev""#),
    ("D05-2.4.3.2-05", draft05_unknown_resource_set, "BODY", ""),
    ("D05-2.4.3.3-04", draft05_10_update, r#"ETag: "2""#, r#"ETag: "1""#),
    ("D05-2.4.3.3-05", draft05_10_update, r#""_rev""#, r#""rev""#),
    ("D05-2.4.3.4-04", draft05_unknown_resource_set, "STATUS 404", "STATUS 204"),
    ("D05-2.4.3.5-03", draft05_10_list, "BODY", r#"{"resource_sets":["112210f47de98100"]}"#),
];
