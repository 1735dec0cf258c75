//! A resource server of 1.0.1: it registers a permission for a missing, an invalid and an insufficient RPT alike, and
//! every refusal carries the ticket (Core 1.0.1 §3.2, §3.3.1); the authorization server names the resource sets.

use crate::role::Context;
use crate::role::resource_server::ResourceServerConfig;
use crate::role::resource_server::dialect::{Dialect, Refusal};
use crate::wire::text::scope_set;
use crate::wire::{ChallengeReason, Configuration, Duration, PermissionTicket, ResourceId, Response, ScopeSet, Text};

#[derive(Debug)]
pub(super) struct V1_0_1;

impl Dialect for V1_0_1 {
    fn pat_scope(&self) -> ScopeSet {
        // Core 1.0.1 §1.3.1.
        scope_set(["uma_protection"])
    }

    fn without_rpt(&self) -> Refusal {
        // Core 1.0.1 §3.2: a permission is registered for every attempt without an RPT that suffices.
        Refusal::WithTicket
    }

    fn inactive_rpt(&self) -> Refusal {
        // Core 1.0.1 §3.3.1: an invalid RPT is answered like none at all.
        Refusal::WithTicket
    }

    fn with_ticket(&self, cx: &mut Context<'_>, ticket: PermissionTicket, insufficient: bool) -> ChallengeReason {
        // Core 1.0.1 §3.3.1 has an example with 401 and one with 403, and does not say which is when.
        cx.our_choice("1.0.1-challenge-status");
        if insufficient { ChallengeReason::MoreNeeded(ticket) } else { ChallengeReason::TicketGiven(ticket) }
    }

    fn host_id(&self, _config: &ResourceServerConfig) -> Option<Text> {
        None
    }

    fn unreachable(&self, _cx: &mut Context<'_>) -> Response {
        // Core 1.0.1 §3.3.2: the header is a MUST; 403 is the status of the example.
        Response::AuthorizationServerUnreachable { status: 403, warning: true }
    }

    fn cache_period(&self, config: &ResourceServerConfig, cache_secs: Option<u64>) -> Duration {
        // RFC 7662 §4: how long is the resource server's decision, within what the answer says.
        cache_secs.map_or(config.cache_lifetime, Duration::from_secs)
    }

    fn permission_scopes(&self, cx: &mut Context<'_>, need: &ScopeSet, registered: &ScopeSet) -> ScopeSet {
        if !need.is_empty() {
            return need.clone();
        }
        // Core 1.0.1 §3.2.1 wants one or more scopes, also for an operation that needs none.
        cx.our_choice("1.0.1-permission-for-a-scope-less-operation");
        registered.iter().take(1).cloned().collect()
    }

    fn asks_with_array(&self, configuration: &Configuration) -> bool {
        // Multi-permission §2.2: arrays only where the member stands, and there also for one permission.
        configuration.multi_permission.is_some()
    }

    fn has_types(&self) -> bool {
        // RSR 1.0.1 §2.1: `type`.
        true
    }

    fn has_revisions(&self) -> bool {
        false
    }

    fn chosen_id(&self, _path: &str, _generation: u32) -> Option<ResourceId> {
        None
    }
}
