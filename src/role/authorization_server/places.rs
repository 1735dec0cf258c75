//! Which paths an authorization server serves, and the addresses that its documents publish: one list for both, so that
//! what is published is served.

use super::AuthorizationServer;
use crate::wire::codec::Routes;
use crate::wire::{Endpoint, Revision, Uri};

/// What every revision has, written alike: OAuth, and the pages.
const COMMON: [(Endpoint, &str); 10] = [
    (Endpoint::Jwks, "/jwks"),
    (Endpoint::ClientRegistration, "/register"),
    (Endpoint::Authorization, "/authorize"),
    (Endpoint::AuthorizationRedirect, "/return"),
    (Endpoint::Token, "/token"),
    (Endpoint::Revocation, "/revoke"),
    (Endpoint::Form, "/form"),
    (Endpoint::Account, "/account/"),
    (Endpoint::Owner, "/owner/"),
    (Endpoint::Description, "/openapi.json"),
];

/// What every revision has in a form of its own.
const OWN_FORM: [(Endpoint, &str); 3] = [
    (Endpoint::Permission, "/permission"),
    (Endpoint::Introspection, "/introspect"),
    (Endpoint::ClaimsInteraction, "/claims"),
];

/// The paths that all revisions serve alike.
pub(super) fn common() -> Routes {
    Routes::new(COMMON)
}

/// The paths of what every revision has in a form of its own, and of what this one has besides.
pub(super) fn own(besides: &[(Endpoint, &'static str)]) -> Routes {
    Routes::new(OWN_FORM.into_iter().chain(besides.iter().copied()))
}

/// The addresses of a server as whoever speaks one revision learns them.
pub(super) struct Places<'a> {
    pub(super) server: &'a AuthorizationServer,
    pub(super) revision: Revision,
    /// True while there is an identity provider whose ID tokens are believed.
    pub(super) takes_claim_tokens: bool,
}

impl Places<'_> {
    /// The address of an endpoint, if it is served.
    pub(super) fn at(&self, endpoint: Endpoint) -> Option<Uri> {
        let path = self.server.routes.path_in(Some(self.revision), endpoint)?;
        Some(self.server.config.issuer.with_path(path))
    }

    /// The token endpoint, which every server has.
    pub(super) fn token_endpoint(&self) -> Uri {
        self.server.token_endpoint.clone()
    }

    /// The registration endpoint, where clients may register themselves.
    pub(super) fn registration_endpoint(&self) -> Option<Uri> {
        self.at(Endpoint::ClientRegistration).filter(|_| self.server.config.dynamic_registration)
    }
}
