//! A resource server of the drafts (draft-05 calls it host): it names its resource sets itself, and challenges without a
//! ticket until the client has a good RPT (§3.1). Both drafts have it do the same: "at least one permission" of D5 §3.1.3
//! and data "consistent with" the access of D6 §3.1.3 are one entry of the status that covers the access.

use crate::role::Context;
use crate::role::resource_server::ResourceServerConfig;
use crate::role::resource_server::dialect::{Dialect, Refusal};
use crate::wire::text::scope_set;
use crate::wire::token::kind::BearerKind;
use crate::wire::{
    ChallengeReason, Configuration, Duration, PermissionTicket, ResourceId, Response, ScopeSet, Text, TokenHash,
};

/// The ways of a draft.
#[derive(Debug)]
pub(super) struct Draft {
    /// Whether a resource set description has a `type`.
    pub(super) types: bool,
}

impl Dialect for Draft {
    fn pat_scope(&self) -> ScopeSet {
        // D5 §1.3; D6 §1.3.
        scope_set(["http://docs.kantarainitiative.org/uma/scopes/prot.json"])
    }

    fn without_rpt(&self) -> Refusal {
        // D6 §3.1.1: 401 and where to get an RPT; nothing is registered.
        Refusal::WithoutTicket
    }

    fn inactive_rpt(&self) -> Refusal {
        // D6 §3 step 1: an invalid RPT is answered like none at all.
        Refusal::WithoutTicket
    }

    fn with_ticket(&self, _cx: &mut Context<'_>, ticket: PermissionTicket, _: bool) -> ChallengeReason {
        // D5 §3.1.2; D6 §3.1.2: 403 with the ticket in the body.
        ChallengeReason::AuthorizationDataNeeded(ticket)
    }

    fn host_id(&self, config: &ResourceServerConfig) -> Option<Text> {
        Some(config.name.clone())
    }

    fn unreachable(&self, cx: &mut Context<'_>) -> Response {
        cx.our_choice("authorization-server-unreachable");
        Response::AuthorizationServerUnreachable { status: 503, warning: false }
    }

    fn cache_period(&self, _config: &ResourceServerConfig, cache_secs: Option<u64>) -> Duration {
        // D5 §3.3.1 ("unexpired cached" answers); D6 §3.3.1: only the authorization server sets a cache period.
        cache_secs.map_or(Duration::ZERO, Duration::from_secs)
    }

    fn permission_scopes(&self, cx: &mut Context<'_>, need: &ScopeSet, registered: &ScopeSet) -> ScopeSet {
        if !need.is_empty() {
            return need.clone();
        }
        // D6 §3.2 wants at least one scope, also for an operation that needs none.
        cx.our_choice("permission-for-a-scope-less-operation");
        registered.iter().take(1).cloned().collect()
    }

    fn asks_with_array(&self, _: &Configuration) -> bool {
        false
    }

    fn has_types(&self) -> bool {
        self.types
    }

    fn has_revisions(&self) -> bool {
        // RSR draft-00 §2.3: `ETag` and `If-Match`.
        true
    }

    fn chosen_id(&self, path: &str, generation: u32) -> Option<ResourceId> {
        // RSR draft-00 §2.3: the resource server chooses the identifier. The same path at another server gets the same
        // one, and a later resource at the path gets another.
        let short = TokenHash::<BearerKind>::of(path.as_bytes()).short() >> 80;
        Some(match generation {
            0 => ResourceId::new(format!("{short:012x}")),
            later => ResourceId::new(format!("{short:012x}-{later}")),
        })
    }
}
