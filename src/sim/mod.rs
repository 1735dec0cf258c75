//! The deterministic world: scripts become worlds, a scheduler without IO owns time and every pending message, an
//! oracle decides what is left open, hosts drive the roles, and the explorer looks for runs that break something.

#[cfg(feature = "actor")]
pub mod actor;
pub mod entropy;
pub mod explore;
pub mod generate;
pub mod kernel;
pub mod oracle;
pub mod plan;
pub mod run;
pub mod scheduler;
pub mod script;
#[cfg(feature = "node")]
pub mod service;
pub mod shrink;
pub mod world;
