//! What every server with accounts does alike: clients, sessions, consent, codes, access tokens (OAuth 2.0). The
//! authorization server builds on all of it, the identity provider on most, a resource server on accounts and sessions.

pub mod accounts;

use crate::trace::Fact;

/// The durable tables of an OAuth server (clients, sessions, approvals, codes, access and refresh tokens that are no
/// RPTs) and what is open in browsers now.
#[derive(Clone, Debug, Default)]
pub struct OAuth {}

impl OAuth {
    /// Changes the durable tables by a fact.
    pub fn apply(&mut self, _fact: &Fact) {}

    /// Forgets what is open in browsers.
    pub fn forget(&mut self) {}
}
