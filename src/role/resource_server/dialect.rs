//! What the revisions let a resource server do differently, as one list of questions. The answers stand in one file
//! per revision.

use crate::role::Context;
use crate::role::resource_server::{ResourceServerConfig, draft05, draft06, v1_0_1, v2_0};
use crate::wire::{
    ChallengeReason, Configuration, Duration, PermissionTicket, ResourceId, Response, Revision, ScopeSet, Text,
};

/// How a refusal goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Challenge at once, without a ticket.
    WithoutTicket,
    /// Ask for a ticket first.
    WithTicket,
}

/// The ways of one revision.
pub(super) trait Dialect {
    /// The scope of a PAT.
    fn pat_scope(&self) -> ScopeSet;

    /// What follows when the request came without an RPT.
    fn without_rpt(&self) -> Refusal;

    /// What follows when the authorization server calls the RPT void.
    fn inactive_rpt(&self) -> Refusal;

    /// How a ticket is handed to the client; `insufficient` is true when the RPT was good, but not enough.
    fn with_ticket(&self, cx: &mut Context<'_>, ticket: PermissionTicket, insufficient: bool) -> ChallengeReason;

    /// `host_id`, where the challenge and the introspection request have one.
    fn host_id(&self, config: &ResourceServerConfig) -> Option<Text>;

    /// The answer when the authorization server cannot be asked.
    fn unreachable(&self, cx: &mut Context<'_>) -> Response;

    /// For how long an answer of the authorization server may be used again.
    fn cache_period(&self, config: &ResourceServerConfig, cache_secs: Option<u64>) -> Duration;

    /// The scopes of the permission request for an operation that needs `need`.
    fn permission_scopes(&self, cx: &mut Context<'_>, need: &ScopeSet, registered: &ScopeSet) -> ScopeSet;

    /// True when the permission request is an array, as far as the authorization server says that it takes one.
    fn asks_with_array(&self, configuration: &Configuration) -> bool;

    /// True where a description says of which type the resource is.
    fn has_types(&self) -> bool;

    /// True where a description is changed and deleted by revision.
    fn has_revisions(&self) -> bool;

    /// The identifier that the resource server gives to a resource, where that is its business.
    fn chosen_id(&self, path: &str, generation: u32) -> Option<ResourceId>;
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
