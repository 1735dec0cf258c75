//! Hosts for roles: they perform effects and decide nothing.

#[cfg(feature = "actor")]
pub mod actor;
#[cfg(feature = "node")]
pub mod crypto;
#[cfg(feature = "node")]
pub mod http;
pub mod journal;
#[cfg(feature = "node")]
pub mod passwords;
