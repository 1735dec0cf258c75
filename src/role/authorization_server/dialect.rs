//! What the revisions let an authorization server do differently inside the flows that they share, as one list of
//! questions. The answers stand in one file per revision.

use super::gathering::Interaction;
use super::oauth_side::PatHolder;
use super::{AuthorizationServer, AuthorizationServerConfig, draft05, draft06, v1_0_1, v2_0};
use crate::message::Arrival;
use crate::role::Context;
use crate::wire::codec::Routes;
use crate::wire::oauth::TokenRequest;
use crate::wire::request::AuthorizationState;
use crate::wire::{Configuration, ErrorCode, Failure, PermissionTicket, Request, Response, Revision, Scope, ScopeSet};

/// The ways of one revision.
pub(super) trait Dialect: Sync {
    /// The paths that are served.
    fn routes(&self) -> Routes;

    /// The configuration document.
    fn configuration(&self, config: &AuthorizationServerConfig) -> Configuration;

    /// True when that document is one that plain OAuth clients read too (RFC 8414).
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
    fn is_aat(&self, scope: &ScopeSet) -> bool;

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

    /// Answers a grant that only this revision has at the token endpoint. False when it is not one of those.
    fn grant(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        arrival: &Arrival,
        asked: &TokenRequest,
    ) -> bool;

    /// True when tokens of this scope are given for this grant type, which is one on offer.
    fn grants(&self, config: &AuthorizationServerConfig, grant_type: &str, scope: &Scope) -> bool;

    /// Answers a request at an endpoint that is guarded by an AAT.
    fn authorization(&self, server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, asked: &Request);

    /// True where the descriptions of scopes are fetched when a resource is registered or changed.
    fn fetches_scope_descriptions(&self) -> bool;

    /// True where they end by their `Cache-Control` and are fetched again when their owner signs in.
    fn scope_descriptions_expire(&self) -> bool;

    /// True where links have to be TLS.
    fn tls_only(&self) -> bool;

    /// True where clients push claim tokens.
    fn takes_claim_tokens(&self) -> bool;

    /// True where people come back from giving claims to the address for codes as well.
    fn codes_and_claims_share_addresses(&self) -> bool;

    /// True where a person who comes to give claims brings a ticket and no `client_id`.
    fn ticket_names_client(&self) -> bool;

    /// True where the claims of one process are those of one person, whoever presents the ticket.
    fn one_person_per_process(&self) -> bool;

    /// What becomes of the ticket when a person begins to give claims.
    fn interaction_begins(&self, server: &mut AuthorizationServer, cx: &mut Context<'_>, interaction: &Interaction);

    /// What the person who gave claims brings back to the client.
    fn interaction_ends(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        interaction: &Interaction,
    ) -> Brought;

    /// What the person brings back who goes without having given claims, and what becomes of the process.
    fn interaction_refused(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        interaction: &Interaction,
        error: ErrorCode,
    ) -> Brought;
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

/// The ways of a revision.
pub(super) fn of(revision: Revision) -> &'static dyn Dialect {
    match revision {
        Revision::Draft05 => &draft05::DRAFT05,
        Revision::Draft06 => &draft06::DRAFT06,
        Revision::V1_0_1 => &v1_0_1::V1_0_1,
        Revision::V2_0 => &v2_0::V2_0,
    }
}
