//! What the revisions let a client do differently inside the flows that they share, as one list of questions. The
//! answers stand in one file per revision.

use crate::role::Context;
use crate::role::client::processes::Process;
use crate::role::client::{Client, ClientConfig, drafts, v2_0};
use crate::wire::{Challenge, Revision, Rpt, ScopeSet, request::ClaimsReturn};

/// The ways of one revision.
pub(super) trait Dialect: Sync {
    /// The grant types that a client registers for.
    fn grant_types(&self) -> &'static [&'static str];

    /// The scopes that a client registers for besides those it is configured with.
    fn own_scopes(&self, config: &ClientConfig) -> ScopeSet;

    /// Goes on after a challenge to a request with the RPT `sent`.
    fn challenged(
        &self,
        client: &mut Client,
        cx: &mut Context<'_>,
        process: Process,
        sent: Option<Rpt>,
        challenge: Challenge,
    );

    /// Asks the authorization server again after a pause.
    fn ask_again(&self, client: &mut Client, cx: &mut Context<'_>, process: Process);

    /// Goes on after the person gave claims.
    fn claims_given(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, back: ClaimsReturn);
}

/// The ways of a revision.
pub(super) fn of(revision: Revision) -> &'static dyn Dialect {
    match revision {
        Revision::Draft05 | Revision::Draft06 => &drafts::Drafts,
        Revision::V1_0_1 | Revision::V2_0 => &v2_0::V2_0,
    }
}
