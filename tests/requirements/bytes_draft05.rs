//! What is written in stories of draft-05 in place of what.

use crate::bytes::{Written, answers, asks};
use umaverse::wire::Endpoint;

pub(crate) const WRITTEN: &[Written] = &[
    answers("D05-1.3-12", Endpoint::Token, r#""token_type":"Bearer""#, r#""token_type":"mac""#),
    answers("D05-1.3-15", Endpoint::Token, "STATUS 200", "STATUS 400"),
    asks("D05-1.5-01", Endpoint::Configuration, "/.well-known/uma-configuration", "/uma-configuration"),
    answers("D05-1.5-18", Endpoint::Introspection, "STATUS 200", "STATUS 501"),
    asks("D05-1.5-33", Endpoint::ResourceRegistration, "Authorization", "X-Authorization"),
    asks("D05-1.5-35", Endpoint::Permission, "Authorization: Bearer", "Authorization: Basic"),
    asks("D05-1.5-37", Endpoint::Rpt, "Authorization", "X-Authorization"),
    asks("D05-1.5-39", Endpoint::Introspection, "Authorization", "X-Authorization"),
    asks("D05-1.5-41", Endpoint::AuthorizationData, "Authorization", "X-Authorization"),
    asks("D05-2.1-02", Endpoint::Configuration, "/.well-known", "/known"),
    answers("D05-2.2-01", Endpoint::ClientRegistration, r#""client_id""#, r#""id""#),
    asks("D05-2.3-02", Endpoint::Token, "grant_type=authorization_code", "grant_type=proprietary"),
    answers("D05-2.3-07", Endpoint::Token, "STATUS 200", "STATUS 400"),
    asks("D05-2.4.3-06", Endpoint::ResourceRegistration, "Authorization: Bearer", "Authorization: Basic"),
    answers("D05-2.4.1-11", Endpoint::ScopeDescription, "STATUS 200", "STATUS 404"),
    answers("D05-2.4.3-14", Endpoint::ResourceRegistration, "STATUS 201", "STATUS 405"),
    answers("D05-8-01", Endpoint::Token, "STATUS 200", "STATUS 400"),
    asks("D05-8-02", Endpoint::ResourceRegistration, "Authorization", "X-Authorization"),
    asks("D05-8-03", Endpoint::Rpt, "Authorization", "X-Authorization"),
    answers("D05-8-04", Endpoint::Token, "STATUS 200", "STATUS 400"),
    asks("D05-8-05", Endpoint::Token, "client_credentials", "unknown"),
    answers("D05-8-06", Endpoint::Configuration, "STATUS 200", "STATUS 404"),
    asks("D05-8-07", Endpoint::Configuration, "/.well-known", "/known"),
    asks("D05-8-08", Endpoint::Configuration, "/.well-known", "/known"),
];
