//! 1.0.1 and 2.0 in one realm, for a migration: one set of owners, clients, resources, policies, grants and pending
//! requests, two ways to use it. Neither text knows of the other, so all of this is our choice:
//!
//! - What both have in forms of their own stands at two paths: 1.0.1's where a server of 1.0.1 has it, so that nobody
//!   notices when 2.0 comes along, and 2.0's below [`BELOW_2_0`], where a server of 2.0 alone goes on to serve it. The OAuth
//!   endpoints and the pages are one.
//! - One challenge serves both clients: a ticket is undecided until it is first presented. From then on its process
//!   follows that revision's rules, and in the other one it is refused.
//! - A PAT is a PAT (`uma_protection` in both). AATs are 1.0.1's, PCTs are 2.0's.

use super::dialect::{Dialect, Ways};
use super::tickets::Refusal;
use super::v1_0_1::{self, V1_0_1};
use super::v2_0::{self, V2_0};
use super::{AuthorizationServer, AuthorizationServerConfig, places};
use crate::message::Arrival;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ProcessId, TicketHash};
use crate::wire::codec::Routes;
use crate::wire::configuration::BELOW_2_0;
use crate::wire::oauth::TokenRequest;
use crate::wire::{Request, Revision, Scope, ScopeSet, Text};

/// The ways of a server of 1.0.1 and 2.0.
#[derive(Debug)]
pub(super) struct SideBySide;

impl Dialect for SideBySide {
    fn routes(&self) -> Routes {
        let early = v1_0_1::own_routes().spoken_in(Revision::V1_0_1);
        let late = v2_0::document_route().and(v2_0::own_routes().below_prefix(BELOW_2_0)).spoken_in(Revision::V2_0);
        places::common().and(early).and(late)
    }

    fn ways(&'static self, of: Option<Revision>) -> &'static dyn Ways {
        match of {
            Some(Revision::V1_0_1) => &V1_0_1,
            Some(Revision::Draft05 | Revision::Draft06 | Revision::V2_0) | None => &V2_0,
        }
    }

    fn document_is_of_oauth(&self) -> bool {
        V2_0.document_is_of_oauth()
    }

    fn scopes(&self) -> &'static [&'static str] {
        V1_0_1.scopes()
    }

    fn grant_types(&self, refresh_tokens: bool) -> &'static [&'static str] {
        V2_0.grant_types(refresh_tokens)
    }

    fn pat_scope(&self) -> &'static str {
        V2_0.pat_scope()
    }

    fn is_aat(&self, scope: &ScopeSet) -> bool {
        V1_0_1.is_aat(scope)
    }

    fn grants(&self, config: &AuthorizationServerConfig, grant_type: &str, scope: &Scope) -> bool {
        V1_0_1.grants(config, grant_type, scope)
    }

    fn fetches_scope_descriptions(&self) -> bool {
        V1_0_1.fetches_scope_descriptions()
    }

    fn grant(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        arrival: &Arrival,
        asked: &TokenRequest,
    ) -> bool {
        V2_0.grant(server, cx, arrival, asked)
    }

    fn authorization(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        arrival: &Arrival,
        asked: &Request,
    ) {
        V1_0_1.authorization(server, cx, arrival, asked);
    }
}

/// Checks that a ticket which is presented in `revision` was not presented in the other one before.
///
/// # Errors
/// The revision that it goes on in.
pub(super) fn goes_on(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    process: ProcessId,
    revision: Revision,
) -> Result<(), Refusal> {
    let Some(decided) = server.tickets.revision_of(process) else { return Ok(()) };
    cx.require(Rule::TicketOfRevision, decided == revision).map(|_| ()).map_err(|_| Refusal::OtherRevision(decided))
}

/// A ticket takes effect in `revision`: its process goes on there.
pub(super) fn decide(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    ticket: TicketHash,
    process: ProcessId,
    revision: Revision,
) {
    if server.config.served.beside().is_none() || server.tickets.revision_of(process).is_some() {
        return;
    }
    cx.our_choice("ticket-decided-when-first-presented");
    server.record(cx, Fact::TicketDecided { ticket, process, revision });
}

/// What whoever presents a ticket of the other revision is told.
pub(super) fn crossed(decided: Revision, presented: Revision) -> Text {
    format!("this ticket was first presented in {decided} and goes on there; now it was presented in {presented}")
        .into()
}
