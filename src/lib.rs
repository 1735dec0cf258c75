//! `umaverse`: the whole User-Managed Access ecosystem as actors.
//!
//! The roles are state machines without IO ([`role`]); hosts drive them, and a record of everything that happened
//! ([`trace`]) is judged by invariants that share no code with the roles ([`check`]). See `ARCHITECTURE.md`.
//!
//! **Architecture invariant:** a module uses what is below it, never what is beside or above it:
//!
//! ```text
//!   main / cli
//!   trial
//!   sim   node        report
//!   transport (actor, http, journal)
//!   role        check       role never sees check; check and report see only wire, message and trace
//!   message, trace
//!   wire
//! ```

#[cfg(any(test, feature = "proptest"))]
pub mod arbitrary;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod check;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod message;
#[cfg(feature = "node")]
pub mod node;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod report;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod role;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod sim;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod trace;
pub mod transport;
#[cfg(feature = "node")]
pub mod trial;
#[deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]
pub mod wire;

// The Rust of the README is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
