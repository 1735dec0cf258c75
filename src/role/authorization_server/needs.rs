//! Which facts the tables still rest on, and clearing them of what has ended, for the snapshots of a journal.

use super::claims::Established;
use super::{AuthorizationServer, tickets};
use crate::trace::Fact;
use crate::trace::fact::{InteractionStarted, PctIssued, ProcessId, TokenWhat};
use crate::wire::Timestamp;

impl AuthorizationServer {
    pub(super) fn still_needs(&self, fact: &Fact) -> bool {
        self.history.needs(fact) || self.tables_need(fact)
    }

    fn tables_need(&self, fact: &Fact) -> bool {
        match fact {
            Fact::IssuerTrusted(trusted) => self.added_issuers.rest_on(trusted),
            // What came before it does not count, and what came before it may still be needed for something else.
            Fact::AccountRemoved(_) | Fact::IssuerDistrusted(_) => true,
            Fact::AccountAdded(_)
            | Fact::ClientRegistered { .. }
            | Fact::ClientIntroduced(_)
            | Fact::ClientRemoved(_)
            | Fact::SessionOpened { .. }
            | Fact::CodeIssued(_)
            | Fact::SessionEnded { .. }
            | Fact::CodeRedeemed { .. }
            | Fact::SignedInWith { .. }
            | Fact::TokenRevoked { what: TokenWhat::AccessToken, .. } => self.oauth.needs(fact),
            Fact::AssertionRedeemed(_) | Fact::ClientAssertionUsed { .. } => self.oauth.needs(fact),
            // Whose an AAT was is remembered as long as what it brought, and as long as it can bring something.
            Fact::AccessTokenIssued { token, .. } => {
                let aat = token.as_kind();
                self.oauth.needs(fact) || self.claims.came_by(&aat) || self.rpts.has_under(&aat)
            }
            // Only the audit log has it.
            Fact::ApprovalRefused { .. } => false,
            Fact::TokenRevoked { token, what: TokenWhat::RefreshToken, .. } => {
                self.oauth.needs(fact) || self.rpts.refresh(&token.as_kind()).is_some()
            }
            Fact::TokenRevoked { token, what: TokenWhat::Rpt, .. } => self.rpts.get(&token.as_kind()).is_some(),
            Fact::TokenRevoked { token, what: TokenWhat::Pct, .. } => self.pcts.get(&token.as_kind()).is_some(),
            Fact::ResourceUpdated { resource, description, etag } => self
                .resources
                .get(resource)
                .is_some_and(|known| known.description == *description && known.etag == *etag),
            Fact::PolicySet { owner, policy, version } => {
                *version == self.policies.version() || self.policies.get(owner, &policy.id) == Some(policy)
            }
            Fact::PolicyRemoved { version, .. } => *version == self.policies.version(),
            Fact::TicketIssued { process, .. }
            | Fact::TicketDecided { process, .. }
            | Fact::TicketRedeemed { process, .. }
            | Fact::InteractionStarted(InteractionStarted { process, .. })
            | Fact::PersonAgreed { process, .. }
            | Fact::OwnerAsked { process, .. }
            | Fact::RequestDenied { process, .. } => self.needs_process(*process),
            Fact::OwnerAnswered { request, .. } => self.owner_requests.knows(request),
            // What an AAT brought is remembered beyond the process (D6 §3.4.1).
            Fact::ClaimsEstablished { process, subject, claims, how, established_at, .. } => {
                let (subject, claims) = (subject.clone(), claims.clone());
                self.needs_process(*process)
                    || self.claims.remembers(&Established { subject, claims, how: *how, at: *established_at })
            }
            Fact::RptIssued { rpt, .. }
            | Fact::AuthorizationDataAdded { rpt, .. }
            | Fact::PermissionsWithdrawn { rpt, .. } => self.rpts.get(rpt).is_some(),
            Fact::PctIssued(PctIssued { pct, .. }) => self.pcts.get(pct).is_some(),
            // Rare, or needed as long as the server lives: whatever is not known to be of no use stays.
            _ => true,
        }
    }

    // The newest process tells where numbers go on.
    fn needs_process(&self, process: ProcessId) -> bool {
        self.tickets.knows(process) || self.tickets.is_newest(process)
    }

    pub(super) fn clear_ended(&mut self, now: Timestamp) {
        self.oauth.expire(now);
        while tickets::has_ended(self, now) {
            tickets::forget_ended(self, now);
        }
        tickets::forget_claims(self);
        // A snapshot has questions without their processes, for the history.
        let Self { owner_requests, tickets, .. } = self;
        owner_requests.forget_ended(|process| tickets.knows(process));
    }
}
