//! What the revisions let a client do differently inside the flows that they share, as one list of questions. The
//! answers stand in one file per revision.

use crate::role::Context;
use crate::role::client::processes::Process;
use crate::role::client::{Client, drafts, v1_0_1, v2_0};
use crate::role::link::Ready;
use crate::wire::{Aat, Challenge, Revision, Rpt, request::ClaimsReturn};

/// The ways of one revision.
pub(super) trait Dialect: Sync {
    /// The grant types that a client registers for.
    fn grant_types(&self) -> &'static [&'static str];

    /// The scope that makes an access token an AAT, where there are AATs; a client registers for it.
    fn aat_scope(&self) -> Option<&'static str>;

    /// Goes on after a challenge to a request with the RPT `sent`.
    fn challenged(
        &self,
        client: &mut Client,
        cx: &mut Context<'_>,
        process: Process,
        sent: Option<Rpt>,
        challenge: Challenge,
    );

    /// Goes on as soon as there are a link and an AAT.
    fn with_aat(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, ready: Ready, aat: &Aat);

    /// Asks the authorization server again, after a pause or with claims to push.
    fn ask_again(&self, client: &mut Client, cx: &mut Context<'_>, process: Process);

    /// Goes on after the person gave claims.
    fn claims_given(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, back: ClaimsReturn);
}

/// The ways of a revision.
pub(super) fn of(revision: Revision) -> &'static dyn Dialect {
    match revision {
        Revision::Draft05 | Revision::Draft06 => &drafts::Drafts,
        Revision::V1_0_1 => &v1_0_1::V1_0_1,
        Revision::V2_0 => &v2_0::V2_0,
    }
}
