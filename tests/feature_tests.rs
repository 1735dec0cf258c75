//! The 33 feature tests of the UMA1 interoperability events, by their identifiers. Each runs a small world with every
//! message as the bytes that it has on a wire, says what has to be seen, and is shown to fail where a node ignores a
//! rule, a script says something else, or somebody writes another message. `requirements/feature-tests.csv` says which
//! test stands for which revision, and why one does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "feature_tests/as_authorization.rs"]
mod as_authorization;
#[path = "feature_tests/as_protection.rs"]
mod as_protection;
#[path = "feature_tests/as_scopes.rs"]
mod as_scopes;
#[path = "feature_tests/as_tokens.rs"]
mod as_tokens;
#[path = "feature_tests/c.rs"]
mod c;
#[path = "support/carried.rs"]
mod carried;
#[path = "feature_tests/catalogue.rs"]
mod catalogue;
#[path = "feature_tests/messages.rs"]
mod messages;
#[path = "feature_tests/rs.rs"]
mod rs;
#[path = "feature_tests/support.rs"]
mod support;
#[path = "feature_tests/worlds.rs"]
mod worlds;
