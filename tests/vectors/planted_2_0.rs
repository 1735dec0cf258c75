//! What is planted in the examples of 2.0: the row, the example, and what stands there in place of what.

use crate::fedauthz::{
    fedauthz_3_1_resource_description, fedauthz_3_2_1_create_repaired_request_line, fedauthz_3_2_1_created,
    fedauthz_3_2_2_read, fedauthz_3_2_3_update, fedauthz_3_2_4_delete, fedauthz_3_2_5_list,
    fedauthz_4_1_one_permission, fedauthz_5_1_1_active_token, fedauthz_6_error,
};
use crate::grant::{grant_3_3_1_token_request_repaired_basic_credentials, grant_3_3_2_claims_interaction};
use crate::planted::Planted;
use crate::prose::{
    fedauthz_3_2_unknown_method, fedauthz_3_2_unknown_resource, grant_3_3_3_the_query_of_the_place_is_kept,
};

pub(crate) const PLANTS: &[Planted] = &[
    (
        "G20-3.3.1-01",
        grant_3_3_1_token_request_repaired_basic_credentials,
        "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Auma-ticket",
        "uma-ticket",
    ),
    ("G20-3.3.1-04", grant_3_3_1_token_request_repaired_basic_credentials, "&ticket=", "&t="),
    ("G20-3.3.2-05", grant_3_3_2_claims_interaction, "client_id=", "id="),
    ("G20-3.3.2-06", grant_3_3_2_claims_interaction, "ticket=", "t="),
    ("G20-3.3.2-13", grant_3_3_3_the_query_of_the_place_is_kept, "x=1&", ""),
    ("F20-3.1-01", fedauthz_3_1_resource_description, r#""resource_scopes""#, r#""scopes""#),
    ("F20-3.2-02", fedauthz_3_2_1_create_repaired_request_line, "/rreg/", "/rreg/resource_set"),
    ("F20-3.2-03", fedauthz_3_2_2_read, "GET", "POST"),
    ("F20-3.2-04", fedauthz_3_2_3_update, "PUT", "PATCH"),
    ("F20-3.2-05", fedauthz_3_2_4_delete, "DELETE", "POST"),
    ("F20-3.2-06", fedauthz_3_2_5_list, "GET", "POST"),
    ("F20-3.2-08", fedauthz_3_2_3_update, r#""_id""#, r#""id""#),
    ("F20-3.2-11", fedauthz_3_2_unknown_resource, "STATUS 404", "STATUS 400"),
    ("F20-3.2-13", fedauthz_3_2_unknown_method, "STATUS 405", "STATUS 400"),
    ("F20-3.2.1-03", fedauthz_3_2_1_created, "STATUS 201", "STATUS 200"),
    ("F20-3.2.1-04", fedauthz_3_2_1_created, "Location", "X-Location"),
    ("F20-3.2.1-05", fedauthz_3_2_1_created, r#""_id""#, r#""id""#),
    ("F20-3.2.2-01", fedauthz_3_2_2_read, "STATUS 200", "STATUS 203"),
    ("F20-3.2.2-02", fedauthz_3_2_2_read, r#""resource_scopes""#, r#""x""#),
    ("F20-3.2.2-03", fedauthz_3_2_2_read, r#""_id""#, r#""id""#),
    ("F20-3.2.3-03", fedauthz_3_2_3_update, "STATUS 200", "STATUS 204"),
    ("F20-3.2.3-04", fedauthz_3_2_3_update, r#""_id""#, r#""id""#),
    ("F20-3.2.4-01", fedauthz_3_2_4_delete, "STATUS 204", "STATUS 202"),
    ("F20-3.2.5-02", fedauthz_3_2_5_list, r#""KX3A-39WE""#, r#"{"_id":"KX3A-39WE"}"#),
    ("F20-4.1-04", fedauthz_4_1_one_permission, r#""resource_id""#, r#""resource_set_id""#),
    ("F20-4.1-06", fedauthz_4_1_one_permission, r#""resource_scopes""#, r#""scopes""#),
    ("F20-5.1.1-01", fedauthz_5_1_1_active_token, "BODY", "[]"),
    ("F20-5.1.1-03", fedauthz_5_1_1_active_token, r#""permissions":"#, r#""scope":"view","permissions":"#),
    ("F20-5.1.1-04", fedauthz_5_1_1_active_token, r#""permissions""#, r#""x""#),
    ("F20-5.1.1-05", fedauthz_5_1_1_active_token, r#""resource_id""#, r#""resource_set_id""#),
    ("F20-5.1.1-07", fedauthz_5_1_1_active_token, r#""resource_scopes""#, r#""scopes""#),
    ("F20-6-02", fedauthz_6_error, r#""error""#, r#""errors""#),
];
