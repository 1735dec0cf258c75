//! Real nodes as processes: the binary is started as authorization server, resource server and client, and a file comes
//! out byte for byte; what is wrong with a configuration; how a node ends.

#![cfg(all(feature = "node", feature = "cli", unix))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

mod assertions;
mod audits;
mod bad_input;
mod browser;
mod ecosystem;
mod endings;
mod kills;
mod openapi;
mod operating;
mod operations;
mod owners;
mod places;
mod redaction;
#[path = "../support/secrets.rs"]
mod secrets;
mod slowness;
mod tls;
mod whole_flow;
