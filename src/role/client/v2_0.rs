//! What only 2.0 has: from a challenge with a ticket to an RPT by the UMA grant (Grant §3.2.1, §3.3), and renewing an
//! RPT with its refresh token (Grant §3.6).

use crate::role::client::Client;
use crate::role::client::authorization::token_call;
use crate::role::client::dialect::Dialect;
use crate::role::client::processes::{Chain, Goal, Pending, Process};
use crate::role::link::Ready;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{RptHash, RptObtained};
use crate::wire::claims::ID_TOKEN_FORMAT;
use crate::wire::oauth::{
    PushedClaimToken, REFRESH_TOKEN_GRANT, TokenRequest, TokenResponse, UMA_TICKET_GRANT, UmaTicketGrant,
};
use crate::wire::request::ClaimsReturn;
use crate::wire::{Aat, Challenge, ChallengeReason, ErrorCode, Failure, Response, Rpt, ScopeSet};

#[derive(Debug)]
pub(super) struct V2_0;

impl Dialect for V2_0 {
    fn grant_types(&self) -> &'static [&'static str] {
        &[UMA_TICKET_GRANT, REFRESH_TOKEN_GRANT]
    }

    fn aat_scope(&self) -> Option<&'static str> {
        None
    }

    fn challenged(
        &self,
        client: &mut Client,
        cx: &mut Context<'_>,
        process: Process,
        sent: Option<Rpt>,
        challenge: Challenge,
    ) {
        client.challenged_v2(cx, process, sent, challenge);
    }

    fn with_aat(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, _: Ready, _: &Aat) {
        // The client's own credentials are all that its ticket needs (Grant §3.3).
        client.redeem(cx, process);
    }

    fn ask_again(&self, client: &mut Client, cx: &mut Context<'_>, process: Process) {
        client.redeem(cx, process);
    }

    fn claims_given(&self, client: &mut Client, cx: &mut Context<'_>, mut process: Process, back: ClaimsReturn) {
        if client.take_ticket(cx, &mut process, back.ticket) {
            client.redeem(cx, process);
        } else {
            client.start_over(cx, process, "the ticket was not rotated");
        }
    }
}

impl Client {
    /// The resource server wants another RPT, or one at all (Grant §3.2.1, §3.5).
    fn challenged_v2(&mut self, cx: &mut Context<'_>, process: Process, sent: Option<Rpt>, challenge: Challenge) {
        let ChallengeReason::TicketGiven(ticket) = challenge.reason else {
            return self.give_up(cx, process, 502, "a challenge of another revision");
        };
        let sent = sent.map(|rpt| rpt.hashed());
        let went_round = sent.is_some() && sent == process.obtained;
        let process =
            if went_round { self.count_attempt(cx, process, "the new RPT is not enough") } else { Some(process) };
        let Some(mut process) = process else { return };
        process.chain = Chain::new(challenge.as_uri, Some(ticket), None);
        match sent.filter(|sent| self.is_renewable(&process, sent)) {
            Some(sent) => self.refresh_rpt(cx, process, sent),
            None => self.redeem(cx, process),
        }
    }

    // An RPT that opened this very resource before may only have expired.
    fn is_renewable(&self, process: &Process, rpt: &RptHash) -> bool {
        let held = self.tokens.rpt(rpt).filter(|held| held.as_uri == process.chain.as_uri);
        !process.refreshed
            && process.obtained.as_ref() != Some(rpt)
            && held.is_some_and(|held| held.refresh.is_some() && held.resources.contains(&process.resource))
    }

    /// Renews an RPT that stopped working, once in a process.
    pub(super) fn refresh_rpt(&mut self, cx: &mut Context<'_>, mut process: Process, old: RptHash) {
        process.refreshed = true;
        let as_uri = process.chain.as_uri.clone();
        let Some((process, ready)) = self.linked(cx, process, &as_uri, Goal::RefreshRpt(old)) else { return };
        let Some(refresh_token) = self.tokens.rpt(&old).and_then(|held| held.refresh.clone()) else {
            return self.redeem(cx, process);
        };
        let request = TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() };
        let call = token_call(cx, &ready, request);
        self.send(cx, process, call, Pending::RefreshedRpt { old });
    }

    /// The answer to a refresh token of an RPT.
    pub(super) fn rpt_refreshed(&mut self, cx: &mut Context<'_>, process: Process, old: RptHash, message: Response) {
        match message {
            Response::Token(tokens) => {
                self.renew_rpt(cx, old, tokens);
                self.attempt(cx, process);
            }
            // Another process of the same session was faster.
            _ if self.tokens.rpt(&old).is_none() => self.attempt(cx, process),
            Response::Failure(Failure { code: Some(ErrorCode::InvalidGrant), .. }) => {
                // RFC 6749 §5.2: neither the RPT nor its refresh token is good. The ticket still is.
                self.record(cx, Fact::RptDropped { rpt: old });
                self.redeem(cx, process);
            }
            _ => self.redeem(cx, process),
        }
    }

    /// Keeps a renewed RPT in place of the old one.
    pub(super) fn renew_rpt(&mut self, cx: &mut Context<'_>, old: RptHash, tokens: TokenResponse) {
        let Some(held) = self.tokens.rpt(&old) else { return };
        let Some(resource) = held.resources.first().cloned() else { return };
        let renewed = Fact::RptObtained(RptObtained {
            as_uri: held.as_uri.clone(),
            resource_server: held.resource_server.clone(),
            session: held.session,
            resource,
            rpt: tokens.access_token.as_kind(),
            // RFC 6749 §6: without a new refresh token the old one stays good.
            refresh: tokens.refresh_token.or_else(|| held.refresh.clone()),
            replaces: Some(old),
            carries: self.tokens.carried(Some(old)),
        });
        self.record(cx, renewed);
    }

    /// Presents the newest ticket (Grant §3.3.1).
    pub(super) fn redeem(&mut self, cx: &mut Context<'_>, process: Process) {
        let as_uri = process.chain.as_uri.clone();
        let Some((mut process, ready)) = self.linked(cx, process, &as_uri, Goal::Redeem) else { return };
        let Some(ticket) = process.chain.ticket.clone() else {
            return self.start_over(cx, process, "there is no ticket");
        };
        let pushed = if process.chain.push { process.id_token.clone() } else { None };
        process.chain.push = false;
        process.chain.pushed |= pushed.is_some();
        let upgraded = self.rpt_to_upgrade(&process);
        let grant = UmaTicketGrant {
            ticket,
            claim_token: pushed.map(|token| PushedClaimToken { token, format: ID_TOKEN_FORMAT.into() }),
            pct: self.tokens.pct(&as_uri, process.session).cloned(),
            rpt: upgraded.as_ref().map(Rpt::as_kind),
            scope: if process.ticket_scopes_only { ScopeSet::new() } else { self.config.requested_scopes.clone() },
        };
        let pending = Pending::UmaToken { submitted: upgraded.map(|rpt| rpt.hashed()) };
        let call = token_call(cx, &ready, TokenRequest::UmaTicket(grant));
        self.send(cx, process, call, pending);
    }

    // Grant §3.3.5.1: an RPT of the same requesting party, client, resource server and authorization server.
    fn rpt_to_upgrade(&self, process: &Process) -> Option<Rpt> {
        let (as_uri, origin) = (&process.chain.as_uri, process.resource.origin());
        let held = self.tokens.newest_rpt(as_uri, origin, process.session);
        held.filter(|_| self.config.upgrades).map(|held| held.rpt.clone())
    }

    /// The answer to a ticket (Grant §3.3.5, §3.3.6).
    pub(super) fn redeemed(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        submitted: Option<RptHash>,
        message: Response,
    ) {
        match message {
            Response::Token(tokens) => self.rpt_obtained(cx, process, submitted, tokens),
            Response::NeedInfo { ticket, required_claims, redirect_user } => {
                self.info_needed(cx, process, ticket, &required_claims, redirect_user);
            }
            Response::RequestSubmitted { ticket, interval_secs } => self.submitted(cx, process, ticket, interval_secs),
            Response::Failure(failure) => self.not_redeemed(cx, process, &failure),
            other => self.give_up(cx, process, 502, format!("the token endpoint answers with {}", other.word())),
        }
    }

    fn not_redeemed(&mut self, cx: &mut Context<'_>, mut process: Process, failure: &Failure) {
        match &failure.code {
            Some(ErrorCode::RequestDenied) if self.asked_for_more(&process) => {
                cx.our_choice("without-additional-scopes-after-denial");
                process.ticket_scopes_only = true;
                self.start_over(cx, process, "the request with additional scopes was denied");
            }
            Some(ErrorCode::RequestDenied) => self.denied(cx, process),
            // Grant §3.3.6: the ticket is of no use any more; only the resource server can give another.
            Some(ErrorCode::InvalidGrant) => self.start_over(cx, process, "the ticket was refused"),
            Some(ErrorCode::InvalidScope) => {
                cx.our_choice("without-additional-scopes-after-invalid-scope");
                process.ticket_scopes_only = true;
                self.start_over(cx, process, "the additional scopes were refused");
            }
            Some(ErrorCode::TemporarilyUnavailable | ErrorCode::ServerError) => {
                self.start_over_later(cx, process, "the authorization server failed");
            }
            _ if failure.status >= 500 => self.start_over_later(cx, process, "the authorization server failed"),
            Some(code) => self.give_up(cx, process, 502, format!("the token endpoint answers `{code}`")),
            None => self.give_up(cx, process, 502, "the token endpoint answers with an error"),
        }
    }

    // Grant §3.3.4: what the client asks for beyond the ticket can be what the denial was about.
    fn asked_for_more(&self, process: &Process) -> bool {
        !process.ticket_scopes_only && !self.config.requested_scopes.is_empty()
    }

    fn rpt_obtained(
        &mut self,
        cx: &mut Context<'_>,
        mut process: Process,
        submitted: Option<RptHash>,
        tokens: TokenResponse,
    ) {
        let as_uri = process.chain.as_uri.clone();
        let rpt: Rpt = tokens.access_token.as_kind();
        let hash = rpt.hashed();
        if let Some(pct) = tokens.pct {
            self.record(cx, Fact::PctObtained { as_uri: as_uri.clone(), session: process.session, pct });
        }
        let replaces = match submitted.filter(|_| tokens.upgraded) {
            Some(submitted) => self.upgraded_from(cx, submitted, hash),
            None => self.tokens.rpt_of_only(&as_uri, &process.resource, process.session),
        };
        let obtained = Fact::RptObtained(RptObtained {
            as_uri,
            resource_server: process.resource.origin().into(),
            session: process.session,
            resource: process.resource.clone(),
            rpt,
            refresh: tokens.refresh_token,
            replaces,
            carries: self.tokens.carried(replaces),
        });
        self.record(cx, obtained);
        // An upgrade may keep the string (Grant §3.3.5.1), so that what was tried before is new now.
        process.tried.remove(&hash);
        process.obtained = Some(hash);
        self.attempt(cx, process);
    }

    // Grant §3.3.5.1: after an upgrade the client MUST discard the old RPT, unless it is the same string.
    fn upgraded_from(&self, cx: &mut Context<'_>, submitted: RptHash, new: RptHash) -> Option<RptHash> {
        let nothing_left = submitted == new || self.tokens.rpt(&submitted).is_none();
        match cx.require(Rule::UpgradedRptDropped, nothing_left) {
            Ok(_) if submitted != new => None,
            Ok(_) | Err(_) => Some(submitted),
        }
    }
}
