//! What is planted in the examples of draft-06 outside its section 3.

use crate::core_draft06::core_1_5_configuration;
use crate::planted::Plant;
use crate::prose::{draft06_stale_entity_tag, draft06_unknown_method, draft06_unknown_resource_set};
use crate::rsr_draft00::{
    core_4_2_resource_exists, rsr_2_1_scope_description,
    rsr_2_2_description_with_the_member_of_the_example_for_its_type, rsr_4_create, rsr_4_delete, rsr_4_list,
    rsr_4_read, rsr_4_update,
};

pub(crate) const PLANTS: &[Plant] = &[
    (
        "D06-1.3-22",
        core_1_5_configuration,
        r#""uma_token_profiles_supported":["bearer"]"#,
        r#""uma_token_profiles_supported":["https://example.com/x"]"#,
    ),
    ("D06-1.5-05", core_1_5_configuration, r#""version""#, r#""other""#),
    ("D06-1.5-06", core_1_5_configuration, r#""1.0""#, "1.0"),
    ("D06-1.5-07", core_1_5_configuration, r#""issuer":"https://example.com""#, r#""issuer":"Example Org""#),
    (
        "D06-1.5-09",
        core_1_5_configuration,
        r#""oauth_token_profiles_supported":["bearer"]"#,
        r#""oauth_token_profiles_supported":"bearer""#,
    ),
    (
        "D06-1.5-11",
        core_1_5_configuration,
        r#""oauth_token_profiles_supported":["bearer"]"#,
        r#""oauth_token_profiles_supported":[]"#,
    ),
    ("D06-1.5-13", core_1_5_configuration, r#""uma_token_profiles_supported""#, r#""x""#),
    (
        "D06-1.5-16",
        core_1_5_configuration,
        r#""uma_token_profiles_supported":["bearer"]"#,
        r#""uma_token_profiles_supported":["Bearer"]"#,
    ),
    ("D06-1.5-18", core_1_5_configuration, r#""oauth_grant_types_supported""#, r#""x""#),
    ("D06-1.5-19", core_1_5_configuration, "authorization_code", "code"),
    ("D06-1.5-23", core_1_5_configuration, r#""token_endpoint""#, r#""x""#),
    ("D06-1.5-27", core_1_5_configuration, r#""user_endpoint""#, r#""authorization_endpoint""#),
    ("D06-1.5-30", core_1_5_configuration, r#""permission_registration_endpoint""#, r#""x""#),
    ("D06-1.5-32", core_1_5_configuration, r#""rpt_endpoint""#, r#""x""#),
    ("D06-1.5-34", core_1_5_configuration, r#""rpt_status_endpoint""#, r#""introspection_endpoint""#),
    ("D06-1.5-36", core_1_5_configuration, r#""permission_request_endpoint""#, r#""x""#),
    ("D06-2.1-11", core_1_5_configuration, r#""oauth_grant_types_supported""#, r#""x""#),
    ("D06-4.2-04", core_4_2_resource_exists, r#""error":"invalid_request""#, r#""errors":["invalid_request"]"#),
    ("D06-4.2-08", core_4_2_resource_exists, "STATUS 400", "STATUS 422"),
    ("D06-RSR-2.1-02", rsr_2_1_scope_description, r#""name""#, r#""title""#),
    ("D06-RSR-2.1-06", rsr_4_create, r#""http://photoz.example.com/dev/scopes/view""#, r#"{"name":"View"}"#),
    ("D06-RSR-2.2-02", rsr_2_2_description_with_the_member_of_the_example_for_its_type, r#""name""#, r#""title""#),
    ("D06-RSR-2.2-05", rsr_2_2_description_with_the_member_of_the_example_for_its_type, r#""scopes""#, r#""scope""#),
    ("D06-RSR-2.3-03", rsr_4_create, "/resource_set/112210f47de98100", "/112210f47de98100"),
    ("D06-RSR-2.3-08", rsr_4_read, "GET", "POST"),
    ("D06-RSR-2.3-09", rsr_4_update, "If-Match", "X-If-Match"),
    ("D06-RSR-2.3-10", rsr_4_delete, "DELETE", "POST"),
    ("D06-RSR-2.3-11", rsr_4_list, "GET", "POST"),
    ("D06-RSR-2.3-15", draft06_unknown_method, "STATUS 405", "STATUS 400"),
    ("D06-RSR-2.3-17", draft06_unknown_resource_set, "STATUS 404", "STATUS 200"),
    ("D06-RSR-2.3-18", draft06_stale_entity_tag, "STATUS 412", "STATUS 409"),
    ("D06-RSR-2.3.1-05", rsr_4_create, "ETag", "X-ETag"),
    ("D06-RSR-2.3.1-06", rsr_4_create, r#""_id""#, r#""id""#),
    ("D06-RSR-2.3.2-03", rsr_4_read, "ETag", "X-ETag"),
    ("D06-RSR-2.3.2-04", rsr_4_read, r#""_rev""#, r#""rev""#),
    ("D06-RSR-2.3.2-05", draft06_unknown_resource_set, "BODY", ""),
    ("D06-RSR-2.3.3-04", rsr_4_update, r#"ETag: "2""#, r#"ETag: "1""#),
    ("D06-RSR-2.3.3-05", rsr_4_update, r#""_rev""#, r#""rev""#),
    ("D06-RSR-2.3.4-04", draft06_unknown_resource_set, "STATUS 404", "STATUS 204"),
    ("D06-RSR-2.3.5-03", rsr_4_list, "BODY", r#"{"resource_sets":["112210f47de98100"]}"#),
    ("D06-RSR-3-02", core_4_2_resource_exists, r#""error":"invalid_request","#, ""),
];
