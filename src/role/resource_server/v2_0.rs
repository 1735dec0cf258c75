//! A resource server of UMA 2.0: every refusal carries a ticket if one can be had (Grant §3.2), and the authorization
//! server names the resources (FedAuthz §3.2.1).

use crate::role::Context;
use crate::role::resource_server::ResourceServerConfig;
use crate::role::resource_server::dialect::{Dialect, Refusal};
use crate::wire::text::scope_set;
use crate::wire::{ChallengeReason, Configuration, Duration, PermissionTicket, ResourceId, Response, ScopeSet, Text};

#[derive(Debug)]
pub(super) struct V2_0;

impl Dialect for V2_0 {
    fn pat_scope(&self) -> ScopeSet {
        // FedAuthz §1.3.
        scope_set(["uma_protection"])
    }

    fn without_rpt(&self) -> Refusal {
        // Grant §3.2: without an RPT the resource server asks for a ticket.
        Refusal::WithTicket
    }

    fn inactive_rpt(&self) -> Refusal {
        // Grant §3.2: an invalid or insufficient RPT is answered like none at all.
        Refusal::WithTicket
    }

    fn with_ticket(&self, _cx: &mut Context<'_>, ticket: PermissionTicket, _: bool) -> ChallengeReason {
        ChallengeReason::TicketGiven(ticket)
    }

    fn host_id(&self, _config: &ResourceServerConfig) -> Option<Text> {
        None
    }

    fn unreachable(&self, _cx: &mut Context<'_>) -> Response {
        // Grant §3.2.2.
        Response::AuthorizationServerUnreachable { status: 403, warning: true }
    }

    fn cache_period(&self, config: &ResourceServerConfig, cache_secs: Option<u64>) -> Duration {
        // FedAuthz §5; RFC 7662 §4: how long is the resource server's decision, within what the answer says.
        cache_secs.map_or(config.cache_lifetime, Duration::from_secs)
    }

    fn permission_scopes(&self, _cx: &mut Context<'_>, need: &ScopeSet, _registered: &ScopeSet) -> ScopeSet {
        need.clone()
    }

    fn asks_with_array(&self, _: &Configuration) -> bool {
        false
    }

    fn has_types(&self) -> bool {
        // FedAuthz §3.1: `type`.
        true
    }

    fn has_revisions(&self) -> bool {
        false
    }

    fn chosen_id(&self, _path: &str, _generation: u32) -> Option<ResourceId> {
        None
    }
}
