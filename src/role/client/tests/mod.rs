//! The client on its own: inputs are fed by hand and its calls answered by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

mod drafts;
mod harness;
mod property;
mod returns;
mod tokens;
mod v1_0_1;
mod v2_0;
