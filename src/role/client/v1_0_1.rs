//! What only 1.0.1 has: every challenge carries a ticket (Core 1.0.1 §3.3.1), which the RPT endpoint takes together with
//! the AAT and the RPT of the failed attempt (Core 1.0.1 §3.5), and which stays the same until it led to an RPT, but for
//! the claims-security extension.

use crate::role::client::Client;
use crate::role::client::aats::guarded_call;
use crate::role::client::claims::SendTo;
use crate::role::client::dialect::Dialect;
use crate::role::client::processes::{Chain, Goal, Pending, Process, Purpose};
use crate::role::client::tokens::AatHash;
use crate::role::link::Ready;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{RptHash, RptObtained};
use crate::wire::claims::ID_TOKEN_FORMAT;
use crate::wire::oauth::{AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, PushedClaimToken, REFRESH_TOKEN_GRANT};
use crate::wire::request::{AuthorizationState, ClaimsReturn, TicketPresentation};
use crate::wire::{
    Aat, Challenge, ChallengeReason, ErrorCode, ErrorDetails, Failure, PermissionTicket, Request, Response, Rpt,
};

#[derive(Debug)]
pub(super) struct V1_0_1;

impl Dialect for V1_0_1 {
    fn grant_types(&self) -> &'static [&'static str] {
        &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT]
    }

    fn aat_scope(&self) -> Option<&'static str> {
        // Core 1.0.1 §1.3.2.
        Some("uma_authorization")
    }

    fn challenged(
        &self,
        client: &mut Client,
        cx: &mut Context<'_>,
        process: Process,
        sent: Option<Rpt>,
        challenge: Challenge,
    ) {
        client.challenged_v1(cx, process, sent, challenge);
    }

    fn with_aat(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, ready: Ready, aat: &Aat) {
        client.present_ticket(cx, process, &ready, aat);
    }

    fn ask_again(&self, client: &mut Client, cx: &mut Context<'_>, process: Process) {
        client.proceed(cx, process);
    }

    fn claims_given(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, back: ClaimsReturn) {
        client.returned_with_state(cx, process, back);
    }
}

impl Client {
    fn challenged_v1(&mut self, cx: &mut Context<'_>, process: Process, sent: Option<Rpt>, challenge: Challenge) {
        let (ChallengeReason::TicketGiven(ticket) | ChallengeReason::MoreNeeded(ticket)) = challenge.reason else {
            return self.give_up(cx, process, 502, "a challenge of another revision");
        };
        let went_round = sent.is_some() && sent.as_ref().map(Rpt::hashed) == process.obtained;
        let process =
            if went_round { self.count_attempt(cx, process, "the new RPT is not enough") } else { Some(process) };
        let Some(mut process) = process else { return };
        process.chain = Chain::new(challenge.as_uri, Some(ticket), sent);
        self.proceed(cx, process);
    }

    // Core 1.0.1 §3.5.1.
    fn present_ticket(&mut self, cx: &mut Context<'_>, mut process: Process, ready: &Ready, aat: &Aat) {
        let Some(ticket) = process.chain.ticket.clone() else {
            return self.start_over(cx, process, "there is no ticket");
        };
        let Some(endpoint) = ready.configuration.rpt_endpoint.clone() else {
            return self.give_up(cx, process, 502, "the authorization server has no RPT endpoint");
        };
        let submitted = process.chain.rpt.clone().filter(|_| self.config.upgrades);
        let pending = Pending::RptForTicket { aat: aat.hashed(), submitted: submitted.as_ref().map(Rpt::hashed) };
        let rpt = submitted.as_ref().map(Rpt::as_kind);
        let claim_tokens = pushed(&mut process);
        let message = Request::RequestRptForTicket(TicketPresentation { ticket, rpt, claim_tokens });
        self.send(cx, process, guarded_call(endpoint, aat, message), pending);
    }

    /// The answer of the RPT endpoint (Core 1.0.1 §3.5.3, §3.5.4).
    pub(super) fn rpt_for_ticket_answered(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        aat: AatHash,
        submitted: Option<RptHash>,
        message: Response,
    ) {
        match message {
            Response::RptGranted(rpt) => self.rpt_granted(cx, process, submitted, rpt),
            Response::InfoNeeded(details) => self.more_needed(cx, process, details),
            Response::RequestSubmitted { .. } => {
                cx.our_choice("1.0.1-request-submitted");
                self.wait_for_owner(cx, process, None);
            }
            Response::Failure(failure) => self.not_granted(cx, process, aat, &failure),
            other => self.give_up(cx, process, 502, format!("the RPT endpoint answers with {}", other.word())),
        }
    }

    fn rpt_granted(&mut self, cx: &mut Context<'_>, mut process: Process, submitted: Option<RptHash>, rpt: Rpt) {
        let as_uri = process.chain.as_uri.clone();
        let hash = rpt.hashed();
        // The authorization server may return another RPT than the one that was sent, and end that one (§3.5.3).
        let replaces = submitted.or_else(|| self.tokens.rpt_of_only(&as_uri, &process.resource, process.session));
        let obtained = Fact::RptObtained(RptObtained {
            resource_server: process.resource.origin().into(),
            session: process.session,
            resource: process.resource.clone(),
            refresh: None,
            as_uri,
            rpt,
            replaces,
            carries: self.tokens.carried(replaces),
        });
        self.record(cx, obtained);
        // The string may be the one that was tried before, with more behind it now.
        process.tried.remove(&hash);
        process.obtained = Some(hash);
        self.attempt(cx, process);
    }

    fn not_granted(&mut self, cx: &mut Context<'_>, process: Process, aat: AatHash, failure: &Failure) {
        match (&failure.code, failure.status) {
            (Some(ErrorCode::NotAuthorized), _) => self.denied(cx, process),
            (Some(ErrorCode::InvalidTicket | ErrorCode::ExpiredTicket), _) => {
                self.start_over(cx, process, "the ticket was refused");
            }
            (_, 401) => self.aat_refused(cx, process, aat),
            (_, 500..) => self.start_over_later(cx, process, "the authorization server failed"),
            (Some(code), _) => self.give_up(cx, process, 502, format!("the RPT endpoint answers `{code}`")),
            (None, _) => self.give_up(cx, process, 502, "the RPT endpoint answers with an error"),
        }
    }

    // Core 1.0.1 §3.6: a stronger sign-in first, then claims, always with the same ticket.
    fn more_needed(&mut self, cx: &mut Context<'_>, process: Process, details: ErrorDetails) {
        if !details.required_acr.is_empty() && process.chain.acr_values.is_empty() {
            return self.sign_in_more_strongly(cx, process, details);
        }
        match details.requesting_party_claims {
            Some(claims) => {
                let send_to = if claims.redirect_user { SendTo::ClaimsEndpoint } else { SendTo::Nowhere };
                self.help_with_claims(cx, process, &claims.required_claims, send_to);
            }
            // The person signed in as strongly as they can.
            None if !details.required_acr.is_empty() => self.denied(cx, process),
            None => {
                // Core 1.0.1 §3.5.4: the hints are optional. A claims endpoint, if there is one, is all that is left.
                cx.our_choice("1.0.1-need-info-without-details");
                self.gather(cx, process, None);
            }
        }
    }

    // Core 1.0.1 §3.6.1: "as if for an AAT".
    fn sign_in_more_strongly(&mut self, cx: &mut Context<'_>, mut process: Process, details: ErrorDetails) {
        if process.browser.is_none() {
            return self.give_up(cx, process, 403, "nobody is there to sign in again");
        }
        process.chain.acr_values = details.required_acr;
        let as_uri = process.chain.as_uri.clone();
        let Some((process, ready)) = self.linked(cx, process, &as_uri, Goal::SignInAgain) else { return };
        self.authorize(cx, process, as_uri, ready, Purpose::Aat, None);
    }

    /// Sends the person to sign in again, now that there is a link.
    pub(super) fn sign_in_again(&mut self, cx: &mut Context<'_>, process: Process) {
        let required_acr = process.chain.acr_values.clone();
        self.sign_in_more_strongly(cx, process, ErrorDetails { required_acr, requesting_party_claims: None });
    }

    // Core 1.0.1 §3.6.3: `authorization_state` says how it stands.
    fn returned_with_state(&mut self, cx: &mut Context<'_>, mut process: Process, back: ClaimsReturn) {
        if !self.ticket_after_claims(cx, &mut process, back.ticket) {
            return self.start_over(cx, process, "the ticket was not rotated");
        }
        match back.authorization_state {
            Some(AuthorizationState::NotAuthorized) => self.denied(cx, process),
            Some(AuthorizationState::RequestSubmitted) => {
                cx.our_choice("1.0.1-request-submitted");
                self.wait_for_owner(cx, process, None);
            }
            Some(AuthorizationState::ClaimsSubmitted | AuthorizationState::NeedInfo) | None => {
                self.proceed(cx, process);
            }
        }
    }

    // claims-sec §2.3: the client MUST go on with the new ticket. Without the extension the ticket stays, whatever the
    // browser brings (§7.1).
    fn ticket_after_claims(
        &mut self,
        cx: &mut Context<'_>,
        process: &mut Process,
        ticket: Option<PermissionTicket>,
    ) -> bool {
        !process.chain.rotates || self.take_ticket(cx, process, ticket)
    }
}

/// The claim token that goes along with the next request, if one is to.
fn pushed(process: &mut Process) -> Vec<PushedClaimToken> {
    let token = if process.chain.push { process.id_token.clone() } else { None };
    process.chain.push = false;
    process.chain.pushed |= token.is_some();
    token.map(|token| PushedClaimToken { token, format: ID_TOKEN_FORMAT.into() }).into_iter().collect()
}
