//! What is written in stories of 1.0.1 in place of what.

use crate::bytes::{Written, answers, asks};
use umaverse::wire::Endpoint;

pub(crate) const WRITTEN: &[Written] = &[
    answers("V101-1.3-01", Endpoint::Rpt, "STATUS 200", "STATUS 404"),
    answers("V101-1.3-04", Endpoint::Resource, "STATUS 200", "STATUS 404"),
    asks("V101-1.3-07", Endpoint::Permission, "POST", "GET"),
    asks("V101-1.3-08", Endpoint::Rpt, "POST", "GET"),
    answers("V101-1.3.1-01", Endpoint::Permission, "STATUS 201", "STATUS 404"),
    answers("V101-1.3.1-14", Endpoint::Token, r#""token_type":"Bearer""#, r#""token_type":"mac""#),
    answers(
        "V101-1.4-08",
        Endpoint::Configuration,
        r#""issuer":"https://copmonkey.example""#,
        r#""issuer":"https://b.example""#,
    ),
    asks("V101-1.4-32", Endpoint::ClientRegistration, r#""claims_redirect_uri""#, r#""x""#),
    asks("V101-1.4-42", Endpoint::Introspection, "Authorization: Bearer", "Authorization: Basic"),
    asks("V101-1.4-44", Endpoint::ResourceRegistration, "Authorization", "X-Authorization"),
    asks("V101-1.4-46", Endpoint::Permission, "Authorization", "X-Authorization"),
    asks("V101-1.4-48", Endpoint::Rpt, "Authorization: Bearer", "Authorization: Basic"),
    asks("V101-1.4-49", Endpoint::Rpt, r#""ticket""#, r#""x""#),
    answers("V101-3.4-03", Endpoint::Introspection, "STATUS 200", "STATUS 405"),
    asks("V101-3.6.2-06", Endpoint::Rpt, r#""token":""#, r#""token":"<saml:Assertion/>"#),
    asks(
        "V101-3.6.3-07",
        Endpoint::ClaimsInteraction,
        "claims_redirect_uri=https%3A%2F%2Fprinter.example",
        "claims_redirect_uri=",
    ),
    asks("V101-3.6.3-10", Endpoint::ClaimsInteraction, "claims-return", "claims-return%23frag"),
    asks("V101-3.6.3-13", Endpoint::ClaimsInteraction, "claims-return", "claims-return%2F"),
    answers("RSR-2.1-11", Endpoint::ScopeDescription, "STATUS 200", "STATUS 404"),
    answers("RSR-2.2-02", Endpoint::ResourceRegistration, "STATUS 201", "STATUS 405"),
    asks("CSX-2.3-06", Endpoint::ClaimsRedirect, "ticket=", "t="),
    answers("CSX-2.3-10", Endpoint::Configuration, r#""security_enhanced_claims_endpoint""#, r#""other""#),
    answers(
        "MPX-2.2-01",
        Endpoint::Configuration,
        r#""https://docs.kantarainitiative.org/uma/extensions/perm-reg-1.0""#,
        r#""other""#,
    ),
];
