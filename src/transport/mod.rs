//! Hosts for roles: they perform effects and decide nothing.

#[cfg(feature = "actor")]
pub mod actor;
pub mod journal;
