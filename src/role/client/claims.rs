//! Claims: pushed in an ID token (Grant §3.3.1), or given by the person at the authorization server (Grant §3.3.2,
//! §3.3.3; D6 §3.5).

use crate::message::ExchangeId;
use crate::role::Context;
use crate::role::Rule;
use crate::role::client::Client;
use crate::role::client::processes::{Errand, Goal, Process, Purpose, ReturnTo};
use crate::wire::claims::{ID_TOKEN_FORMAT, nonce_of_client};
use crate::wire::request::{ClaimsInteraction, ClaimsReturn};
use crate::wire::{PermissionTicket, Request, RequiredClaim, SessionCookie, Uri};

/// Where `need_info` sends the person.
#[derive(Clone, Debug)]
pub(super) enum SendTo {
    /// To nobody: the person cannot help.
    Nowhere,
    /// To the claims endpoint of the configuration (Core 1.0.1 §3.5.4.2: `redirect_user` is a Boolean).
    ClaimsEndpoint,
    /// To this URI (Grant §3.3.6).
    There(Uri),
}

impl Client {
    /// The authorization server needs claims and gave a new ticket (Grant §3.3.6 `need_info`).
    pub(super) fn info_needed(
        &mut self,
        cx: &mut Context<'_>,
        mut process: Process,
        ticket: Option<PermissionTicket>,
        required_claims: &[RequiredClaim],
        redirect_user: Option<Uri>,
    ) {
        if !self.take_ticket(cx, &mut process, ticket) {
            return self.start_over(cx, process, "the ticket was not rotated");
        }
        // Grant §3.3.6: without `redirect_user` the server does not ask for the person; sending them changes nothing.
        self.help_with_claims(cx, process, required_claims, redirect_user.map_or(SendTo::Nowhere, SendTo::There));
    }

    /// Pushes a claim token where the hints allow it, or else sends the person to give claims.
    pub(super) fn help_with_claims(
        &mut self,
        cx: &mut Context<'_>,
        mut process: Process,
        required_claims: &[RequiredClaim],
        send_to: SendTo,
    ) {
        if process.chain.pushed || !self.can_push(required_claims) {
            return self.gather_where_it_helps(cx, process, send_to);
        }
        match (&process.id_token, process.browser) {
            (Some(_), _) => {
                process.chain.push = true;
                self.dialect().ask_again(self, cx, process);
            }
            (None, Some(_)) => self.sign_in_for_claims(cx, process),
            (None, None) => self.gather_where_it_helps(cx, process, send_to),
        }
    }

    fn gather_where_it_helps(&mut self, cx: &mut Context<'_>, process: Process, send_to: SendTo) {
        match send_to {
            SendTo::There(uri) => self.gather(cx, process, Some(uri)),
            SendTo::ClaimsEndpoint => self.gather(cx, process, None),
            SendTo::Nowhere => self.denied(cx, process),
        }
    }

    /// Goes on with the ticket that came; false when there is none, or the old one again.
    pub(super) fn take_ticket(
        &mut self,
        cx: &mut Context<'_>,
        process: &mut Process,
        ticket: Option<PermissionTicket>,
    ) -> bool {
        // Grant §3.3.3, §3.3.6: `ticket` is REQUIRED and must not be the one that was presented.
        let Some(ticket) = ticket else { return false };
        let rotated = process.chain.ticket.as_ref() != Some(&ticket);
        let taken = cx.require(Rule::TicketRotated, rotated).is_ok();
        process.chain.ticket = Some(ticket);
        taken
    }

    // Grant §3.3.6: every member of a hint is OPTIONAL; one that is absent excludes nothing.
    fn can_push(&self, required_claims: &[RequiredClaim]) -> bool {
        let given = self.config.claim_token.is_some();
        let from = self.config.push_claims_from.as_ref();
        // Who issued a token that was given beforehand is the authorization server's to find out.
        let fits = |issuers: &[Uri]| given || from.is_some_and(|it| issuers.is_empty() || issuers.contains(it));
        required_claims.iter().any(|claim| {
            fits(&claim.issuer)
                && (claim.claim_token_format.is_empty()
                    || claim.claim_token_format.iter().any(|format| &**format == ID_TOKEN_FORMAT))
        })
    }

    /// Sends the person to the identity provider for an ID token.
    pub(super) fn sign_in_for_claims(&mut self, cx: &mut Context<'_>, process: Process) {
        let Some(issuer) = self.config.push_claims_from.clone() else {
            return self.gather(cx, process, None);
        };
        let Some((process, ready)) = self.linked(cx, process, &issuer, Goal::SignInForClaims) else { return };
        // The nonce ties the ID token to this client at this authorization server (Grant §5.7).
        let client_id = self.links.credentials(&process.chain.as_uri).map(|own| own.client_id().clone());
        let nonce = client_id.map(|client_id| nonce_of_client(&client_id));
        self.authorize(cx, process, issuer, ready, Purpose::IdToken, nonce);
    }

    /// Sends the person to give claims at the authorization server.
    pub(super) fn gather(&mut self, cx: &mut Context<'_>, mut process: Process, redirect_user: Option<Uri>) {
        if process.chain.gathered {
            // The person gave what they have; asking once more would change nothing.
            return self.denied(cx, process);
        }
        if process.browser.is_none() {
            return self.give_up(cx, process, 403, "nobody is there to give claims");
        }
        let (as_uri, goal) = (process.chain.as_uri.clone(), Goal::Gather(redirect_user.clone()));
        let Some((taken, ready)) = self.linked(cx, process, &as_uri, goal) else { return };
        process = taken;
        // Grant §3.3.6: `redirect_user` overrides what the configuration says.
        let Some(endpoint) = redirect_user.or_else(|| ready.configuration.claims_endpoint().cloned()) else {
            return self.give_up(cx, process, 403, "claims are needed, and there is no way to give them");
        };
        process.chain.gathered = true;
        process.chain.rotates = ready.configuration.security_enhanced_claims_endpoint.is_some();
        let (ticket, redirect_uri) = (process.chain.ticket.clone(), Some(self.claims_redirect_uri()));
        let client_id = Some(ready.credentials.client_id().clone());
        self.send_away(cx, process, endpoint, Errand::GiveClaims, |state| {
            Request::ClaimsInteraction(ClaimsInteraction { client_id, ticket, redirect_uri, state: Some(state) })
        });
    }

    /// A browser comes back from giving claims.
    pub(super) fn claims_returned(
        &mut self,
        cx: &mut Context<'_>,
        exchange: ExchangeId,
        cookie: Option<SessionCookie>,
        back: ClaimsReturn,
    ) {
        let taken = self.take_back(cx, exchange, cookie.as_ref(), back.state.as_ref(), ReturnTo::Claims);
        let Some((process, _)) = taken else { return };
        match &back.error {
            Some(error) if &**error == "access_denied" => self.abandoned(cx, process),
            Some(_) => self.start_over(cx, process, "giving claims failed"),
            None => self.dialect().claims_given(self, cx, process, back),
        }
    }
}
