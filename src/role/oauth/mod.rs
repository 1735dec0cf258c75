//! What every server with accounts does alike: clients, sessions, consent, codes, access tokens (OAuth 2.0). The
//! authorization server builds on all of it, the identity provider on most, a resource server on accounts and sessions.

pub mod accounts;
