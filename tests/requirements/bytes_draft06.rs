//! What is written in stories of draft-06 in place of what.

use crate::bytes::{Written, answers, asks};
use umaverse::wire::Endpoint;

pub(crate) const WRITTEN: &[Written] = &[
    answers("D06-1.3-14", Endpoint::Token, r#""token_type":"Bearer""#, r#""token_type":"mac""#),
    answers("D06-1.3-17", Endpoint::Token, "STATUS 200", "STATUS 400"),
    asks("D06-1.5-01", Endpoint::Configuration, "/.well-known/uma-configuration", "/uma-configuration"),
    answers("D06-1.5-15", Endpoint::Introspection, "STATUS 200", "STATUS 501"),
    asks("D06-1.5-31", Endpoint::Permission, "Authorization: Bearer", "Authorization: Basic"),
    asks("D06-1.5-33", Endpoint::Rpt, "Authorization", "X-Authorization"),
    asks("D06-1.5-35", Endpoint::Introspection, "Authorization", "X-Authorization"),
    asks("D06-1.5-37", Endpoint::AuthorizationData, "Authorization", "X-Authorization"),
    asks("D06-2.1-04", Endpoint::Token, "grant_type=authorization_code", "grant_type=proprietary"),
    answers("D06-2.1-09", Endpoint::Token, "STATUS 200", "STATUS 400"),
    answers("D06-RSR-2.1-10", Endpoint::ScopeDescription, "STATUS 200", "STATUS 404"),
    answers("D06-RSR-2.3-07", Endpoint::ResourceRegistration, "STATUS 201", "STATUS 405"),
];
