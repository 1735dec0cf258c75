//! What is written in stories of 2.0 in place of what.

use crate::bytes::{Written, answers, asks};
use umaverse::wire::Endpoint;

pub(crate) const WRITTEN: &[Written] = &[
    answers("G20-2-01", Endpoint::Configuration, "STATUS 200", "STATUS 404"),
    answers("G20-2-02", Endpoint::Configuration, r#""issuer""#, r#""x""#),
    asks("G20-2-03", Endpoint::Configuration, "uma2-configuration", "uma-configuration"),
    asks("G20-2-09", Endpoint::ClientRegistration, r#""claims_redirect_uris""#, r#""x""#),
    asks("G20-3.3.1-07", Endpoint::Token, "claim_token_format=", "x="),
    asks("G20-3.3.1-08", Endpoint::Token, "claim_token=", "x="),
    asks("G20-3.3.1-10", Endpoint::Token, "claim_token=", "claim_token=%3Csaml%3E"),
    asks("G20-3.3.2-08", Endpoint::ClaimsInteraction, "claims_redirect_uri", "x").where_one_asks(
        Endpoint::ClientRegistration,
        r#"["https://viewer.example/claims-return"]"#,
        r#"["https://viewer.example/claims-return","https://viewer.example/elsewhere"]"#,
    ),
    asks(
        "G20-3.3.2-11",
        Endpoint::ClaimsInteraction,
        "claims_redirect_uri=https%3A%2F%2Fviewer.example",
        "claims_redirect_uri=",
    ),
    asks("G20-3.3.2-14", Endpoint::ClaimsInteraction, "claims-return", "claims-return%23f"),
    asks("G20-3.3.2-19", Endpoint::ClaimsInteraction, "claims-return", "claims-return%2F"),
    answers("G20-3.3.5-09", Endpoint::Token, r#""token_type":"Bearer""#, r#""token_type":"Bearer","upgraded":true"#),
    asks("F20-1.3-07", Endpoint::Permission, "Authorization: Bearer", "X-Pat: "),
    answers("F20-1.5-05", Endpoint::Configuration, r#""resource_registration_endpoint""#, r#""x""#),
    answers("F20-2-02", Endpoint::Configuration, r#""permission_endpoint""#, r#""permission_registration_endpoint""#),
    answers(
        "F20-2-03",
        Endpoint::Configuration,
        r#""resource_registration_endpoint""#,
        r#""resource_set_registration_endpoint""#,
    ),
    answers("F20-2-04", Endpoint::Configuration, r#""introspection_endpoint""#, r#""x""#),
    answers("F20-5-03", Endpoint::Configuration, r#""introspection_endpoint""#, r#""x""#),
    answers("F20-5-04", Endpoint::Introspection, r#""permissions""#, r#""scope""#),
];
