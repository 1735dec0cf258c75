//! Hosts for roles: they perform effects and decide nothing.

pub mod actor;
#[cfg(feature = "node")]
pub mod http;
