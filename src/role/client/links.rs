//! How processes wait for links to authorization servers and identity providers, and what the client says about itself
//! when it registers (RFC 7591 §2).

use crate::role::client::Client;
use crate::role::client::processes::{Goal, Phase, Process};
use crate::role::link::{Moved, Ready};
use crate::role::{Context, Machine};
use crate::wire::configuration::{openid_well_known, well_known};
use crate::wire::oauth::{AUTHORIZATION_CODE_GRANT, AuthenticationMethod, ClientMetadata, TOKEN_EXCHANGE_GRANT};
use crate::wire::{Uri, text::scope_set};

impl Client {
    /// What is needed to talk to a server; without it the process waits for the link and then pursues the goal.
    pub(super) fn linked(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        issuer: &Uri,
        goal: Goal,
    ) -> Option<(Process, Ready)> {
        match self.link(cx, issuer) {
            Some(ready) => Some((process, ready)),
            None => {
                self.processes.park(process, Phase::Link(issuer.clone(), goal));
                None
            }
        }
    }

    /// What is needed to talk to a server, as far as it is there.
    pub(super) fn link(&mut self, cx: &mut Context<'_>, issuer: &Uri) -> Option<Ready> {
        if let Some(ready) = self.links.at_hand(issuer) {
            return Some(ready);
        }
        let providers = [&self.config.push_claims_from, &self.config.assertions_from];
        let identity_provider = providers.into_iter().any(|provider| provider.as_ref() == Some(issuer));
        let document =
            if identity_provider { openid_well_known(issuer) } else { well_known(self.config.revision, issuer) };
        let metadata = self.metadata(identity_provider);
        self.links.ready(cx, issuer, &document, &metadata)
    }

    /// Goes on with whatever waited for the link.
    pub(super) fn link_moved(&mut self, cx: &mut Context<'_>, moved: Moved) {
        if let Some(fact) = moved.fact() {
            self.record(cx, fact);
        }
        if matches!(moved, Moved::Asking(_)) {
            return;
        }
        let waiting = self.processes.linked(moved.issuer());
        for (process, goal) in waiting {
            match &moved {
                Moved::Forward(_) | Moved::Registered(..) | Moved::Asking(_) => self.pursue(cx, process, goal),
                Moved::OtherRevision(_, why) => self.give_up(cx, process, 502, why.clone()),
                Moved::Stuck(_, why) => self.start_over_later(cx, process, why),
            }
        }
        self.operations_linked(cx, &moved);
    }

    fn pursue(&mut self, cx: &mut Context<'_>, process: Process, goal: Goal) {
        match goal {
            Goal::Redeem => self.redeem(cx, process),
            Goal::RefreshRpt(rpt) => self.refresh_rpt(cx, process, rpt),
            Goal::SignInForClaims => self.sign_in_for_claims(cx, process),
            Goal::SignInAgain => self.sign_in_again(cx, process),
            Goal::Gather(redirect_user) => self.gather(cx, process, redirect_user),
            Goal::Proceed => self.proceed(cx, process),
            Goal::SignInForAssertion(issuer) => self.sign_in_for_assertion(cx, process, issuer),
            Goal::ExchangeForAssertion(token) => self.exchange_for_assertion(cx, process, token),
            Goal::RedeemAssertion(assertion) => self.redeem_assertion(cx, process, assertion),
            Goal::Exchange(purpose, code, verifier) => self.exchange_code(cx, process, purpose, code, verifier),
        }
    }

    fn metadata(&self, identity_provider: bool) -> ClientMetadata {
        let dialect = self.dialect();
        let (grant_types, scope): (&[&str], _) = if identity_provider {
            (&[AUTHORIZATION_CODE_GRANT, TOKEN_EXCHANGE_GRANT], scope_set(["openid"]))
        } else {
            (dialect.grant_types(), &self.config.registered_scopes | &self.aat_scopes())
        };
        ClientMetadata {
            name: Some(self.config.name.clone()),
            redirect_uris: vec![self.redirect_uri()],
            claims_redirect_uris: vec![self.claims_redirect_uri()],
            scope,
            grant_types: grant_types.iter().copied().map(Into::into).collect(),
            authentication: if self.config.public {
                AuthenticationMethod::None
            } else {
                AuthenticationMethod::SecretBasic
            },
            keys: None,
        }
    }

    /// Where people come back with codes.
    pub(super) fn redirect_uri(&self) -> Uri {
        self.config.origin.with_path("/return")
    }

    /// Where people come back from giving claims; never mixed with the other (Grant §3.3.2).
    pub(super) fn claims_redirect_uri(&self) -> Uri {
        self.config.origin.with_path("/claims-return")
    }
}
