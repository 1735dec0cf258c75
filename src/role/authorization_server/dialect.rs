//! What the revisions let an authorization server do differently inside the flows that they share, as two lists of
//! questions: about the server as a whole ([`Dialect`]), and about one request or one process ([`Ways`]). A server of one
//! revision answers both from the file of that revision; one that serves two asks whose request or process it is
//! ([`super::side_by_side`]).

use super::gathering::Interaction;
use super::oauth_side::PatHolder;
use super::places::Places;
use super::side_by_side::SideBySide;
use super::{AuthorizationServer, AuthorizationServerConfig, draft05, draft06, v1_0_1, v2_0};
use crate::message::Arrival;
use crate::role::Context;
use crate::wire::codec::Routes;
use crate::wire::oauth::TokenRequest;
use crate::wire::request::AuthorizationState;
use crate::wire::{
    Configuration, ErrorCode, Failure, PermissionTicket, Request, Response, Revision, Scope, ScopeSet, Served,
};

/// The ways of a server as a whole.
pub(super) trait Dialect: Sync {
    /// The paths that are served.
    fn routes(&self) -> Routes;

    /// The ways of the revision that a path or a process belongs to; none where it belongs to no one revision.
    fn ways(&'static self, of: Option<Revision>) -> &'static dyn Ways;

    /// True when the newest configuration document is one that plain OAuth clients read too (RFC 8414).
    fn document_is_of_oauth(&self) -> bool {
        false
    }

    /// The scopes of access tokens here that are no RPTs.
    fn scopes(&self) -> &'static [&'static str];

    /// The grant types on offer when refresh tokens are issued, and when they are not.
    fn grant_types(&self, refresh_tokens: bool) -> &'static [&'static str];

    /// The scope that makes an access token a PAT.
    fn pat_scope(&self) -> &'static str;

    /// True for the scope of an AAT, where there are any.
    fn is_aat(&self, _: &ScopeSet) -> bool {
        false
    }

    /// True when tokens of this scope are given for this grant type, which is one on offer.
    fn grants(&self, _: &AuthorizationServerConfig, _grant_type: &str, _: &Scope) -> bool {
        true
    }

    /// Answers a grant at the token endpoint that leads to an RPT. False when it is not one of those, as nowhere before
    /// 2.0.
    fn grant(&self, _: &mut AuthorizationServer, _: &mut Context<'_>, _: &Arrival, _: &TokenRequest) -> bool {
        false
    }

    /// Answers a request at an endpoint that is guarded by an AAT, where there are any.
    fn authorization(&self, _: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, _: &Request) {
        cx.reply(arrival.exchange, Response::Refused { status: 404 });
    }

    /// True where the descriptions of scopes are fetched when a resource is registered or changed.
    fn fetches_scope_descriptions(&self) -> bool {
        false
    }

    /// True where they end by their `Cache-Control` and are fetched again when their owner signs in.
    fn scope_descriptions_expire(&self) -> bool {
        false
    }

    /// True where links have to be TLS (Core 1.0.1 §1.3, §1.3.1, §1.3.2; FedAuthz §1.3; RFC 6749 §3.1, §3.2).
    fn tls_only(&self) -> bool {
        true
    }

    /// True where clients push claim tokens (Core 1.0.1 §3.6.2; Grant §3.3.1).
    fn takes_claim_tokens(&self) -> bool {
        true
    }

    /// True where people come back from giving claims to the address for codes as well; else they are registered apart
    /// (Core 1.0.1 §3.6.3; Grant §3.3.2).
    fn codes_and_claims_share_addresses(&self) -> bool {
        false
    }

    /// True where a person who comes to give claims brings a ticket and no `client_id`, which later is REQUIRED (Core
    /// 1.0.1 §3.6.3; Grant §3.3.2).
    fn ticket_names_client(&self) -> bool {
        false
    }
}

/// The ways of one revision with a request, or with a process.
pub(super) trait Ways: Sync {
    /// Whose ways they are.
    fn revision(&self, config: &AuthorizationServerConfig) -> Revision {
        config.served.newest()
    }

    /// The configuration document.
    fn configuration(&self, places: &Places<'_>) -> Configuration;

    /// Serves the protection API to the holder of a PAT.
    ///
    /// # Errors
    /// As the revision has them.
    fn protection(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        pat: &PatHolder,
        request: Request,
    ) -> Result<Response, Failure>;

    /// True where the claims of one process are those of one person, whoever presents the ticket.
    fn one_person_per_process(&self) -> bool {
        false
    }

    /// What becomes of the ticket when a person begins to give claims: before 2.0 it goes on (D6 §3.5.1; Core 1.0.1
    /// §3.2.2).
    fn interaction_begins(&self, _: &mut AuthorizationServer, _: &mut Context<'_>, _: &Interaction) {}

    /// What the person who gave claims brings back to the client.
    fn interaction_ends(&self, _: &mut AuthorizationServer, _: &mut Context<'_>, _: &Interaction) -> Brought {
        Brought::default()
    }

    /// What the person brings back who goes without having given claims, and what becomes of the process.
    fn interaction_refused(
        &self,
        _: &mut AuthorizationServer,
        _: &mut Context<'_>,
        _: &Interaction,
        error: ErrorCode,
    ) -> Brought {
        Brought::error(error)
    }
}

/// What a person brings back from claims gathering, beside the client's `state`.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// The ticket to go on with.
    pub(super) ticket: Option<PermissionTicket>,
    /// Why nothing was gathered.
    pub(super) error: Option<ErrorCode>,
    /// How it stands (1.0.1).
    pub(super) authorization_state: Option<AuthorizationState>,
}

impl Brought {
    /// Nothing but the reason why nothing was gathered.
    pub(super) fn error(error: ErrorCode) -> Self {
        Self { error: Some(error), ..Self::default() }
    }
}

/// The ways of what is served.
pub(super) fn of(served: Served) -> &'static dyn Dialect {
    match served {
        Served::One(Revision::Draft05) => &draft05::DRAFT05,
        Served::One(Revision::Draft06) => &draft06::DRAFT06,
        Served::One(Revision::V1_0_1) => &v1_0_1::V1_0_1,
        Served::One(Revision::V2_0) => &v2_0::V2_0,
        Served::SideBySide => &SideBySide,
    }
}
