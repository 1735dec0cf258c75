//! What only draft-06 has: AATs (D6 §3.4.1), RPTs that start empty (D6 §3.4.2), and asking for authorization data with a
//! ticket (D6 §3.4.3).

use crate::role::client::Client;
use crate::role::client::authorization::token_call;
use crate::role::client::dialect::Dialect;
use crate::role::client::processes::{Chain, Goal, Pending, Process, Purpose};
use crate::role::client::tokens::AatHash;
use crate::role::link::Ready;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::RptHash;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT, TokenRequest, TokenResponse,
};
use crate::wire::request::ClaimsReturn;
use crate::wire::{
    Aat, Call, Challenge, ChallengeReason, Credentials, Duration, ErrorCode, Failure, PermissionTicket, Request,
    Response, Rpt, ScopeSet, Uri, text::scope_set,
};

/// The scope that makes an access token an AAT (D6 §3.4.1).
pub(super) const AAT_SCOPE: &str = "http://docs.kantarainitiative.org/uma/scopes/authz.json";

#[derive(Debug)]
pub(super) struct Draft06;

impl Dialect for Draft06 {
    fn grant_types(&self) -> &'static [&'static str] {
        &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT]
    }

    fn own_scopes(&self) -> ScopeSet {
        scope_set([AAT_SCOPE])
    }

    fn challenged(
        &self,
        client: &mut Client,
        cx: &mut Context<'_>,
        process: Process,
        sent: Option<Rpt>,
        challenge: Challenge,
    ) {
        client.challenged_draft06(cx, process, sent, challenge);
    }

    fn ask_again(&self, client: &mut Client, cx: &mut Context<'_>, process: Process) {
        client.proceed(cx, process);
    }

    fn claims_given(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, _: ClaimsReturn) {
        // D6 §3.5.1: the ticket stays the same.
        client.proceed(cx, process);
    }
}

impl Client {
    /// The resource server wants an RPT, or more authorization data in the one that came (D6 §3.1.1, §3.1.2).
    fn challenged_draft06(
        &mut self,
        cx: &mut Context<'_>,
        mut process: Process,
        sent: Option<Rpt>,
        challenge: Challenge,
    ) {
        let Challenge { as_uri, reason, .. } = challenge;
        match (reason, sent) {
            (ChallengeReason::RptNeeded, None) | (ChallengeReason::AuthorizationDataNeeded(_), None) => {
                process.chain = Chain::new(as_uri, None, None);
                self.proceed(cx, process);
            }
            (ChallengeReason::RptNeeded, Some(sent)) => {
                process.chain = Chain::new(as_uri, None, None);
                self.rpt_is_void(cx, process, sent.hashed());
            }
            (ChallengeReason::AuthorizationDataNeeded(ticket), Some(sent)) => {
                self.ticket_given(cx, process, as_uri, ticket, sent);
            }
            (ChallengeReason::TicketGiven(_) | ChallengeReason::MoreNeeded(_), _) => {
                self.give_up(cx, process, 502, "a challenge of another revision");
            }
        }
    }

    // D6 §3 step 1: a 401 to a request with an RPT says that the RPT is not valid.
    fn rpt_is_void(&mut self, cx: &mut Context<'_>, process: Process, rpt: RptHash) {
        if self.tokens.rpt(&rpt).is_some() {
            self.record(cx, Fact::RptDropped { rpt });
        }
        if process.obtained == Some(rpt) {
            // Somebody else's RPT for the same AAT may have ended it (D6 §3.4.2); a pause lets one of them finish.
            self.start_over_later(cx, process, "the new RPT is void");
        } else {
            self.proceed(cx, process);
        }
    }

    fn ticket_given(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        as_uri: Uri,
        ticket: PermissionTicket,
        sent: Rpt,
    ) {
        let asked_already = process.chain.rpt.as_ref() == Some(&sent);
        let process = if asked_already {
            self.count_attempt(cx, process, "the authorization data is not enough")
        } else {
            Some(process)
        };
        let Some(mut process) = process else { return };
        process.tried.remove(&sent.hashed());
        process.chain = Chain::new(as_uri, Some(ticket), Some(sent));
        self.proceed(cx, process);
    }

    /// Goes on with whatever is missing: a link, an AAT, an RPT, authorization data.
    pub(super) fn proceed(&mut self, cx: &mut Context<'_>, process: Process) {
        let (as_uri, session) = (process.chain.as_uri.clone(), process.session);
        let Some((process, ready)) = self.linked(cx, process, &as_uri, Goal::Proceed) else { return };
        let Some(held) = self.tokens.aat(&as_uri, session) else { return self.obtain_aat(cx, process, ready) };
        let aat = held.aat.clone();
        if held.expires_at.is_some_and(|expires_at| expires_at <= cx.at) && !process.chain.renewed {
            return self.renew_aat(cx, process, aat.hashed());
        }
        if let (Some(ticket), Some(rpt)) = (process.chain.ticket.clone(), process.chain.rpt.clone()) {
            return self.ask(cx, process, ready, &aat, ticket, rpt);
        }
        let other = self.tokens.newest_rpt(&as_uri, process.resource.origin(), session);
        if other.is_some_and(|other| !process.tried.contains(&other.rpt.hashed())) {
            return self.attempt(cx, process);
        }
        self.request_rpt(cx, process, ready, &aat);
    }

    fn obtain_aat(&mut self, cx: &mut Context<'_>, process: Process, ready: Ready) {
        if process.session.is_some() {
            if let Some(provider) = self.config.assertions_from.clone() {
                return self.sign_in_for_assertion(cx, process, provider);
            }
            let issuer = process.chain.as_uri.clone();
            return self.authorize(cx, process, issuer, ready, Purpose::Aat, None);
        }
        let request = TokenRequest::ClientCredentials { scope: scope_set([AAT_SCOPE]) };
        self.send(cx, process, token_call(&ready, request), Pending::OwnAat);
    }

    /// The answer to the client's own credentials, or to an assertion.
    pub(super) fn own_aat_answered(&mut self, cx: &mut Context<'_>, process: Process, message: Response) {
        match message {
            Response::Token(tokens) => self.aat_obtained(cx, process, tokens),
            Response::Failure(Failure { code: Some(code), status, .. }) if status < 500 => {
                self.give_up(cx, process, 502, format!("the token endpoint answers `{code}`"));
            }
            other => self.start_over_later(cx, process, other.word()),
        }
    }

    /// Keeps an AAT and goes on.
    pub(super) fn aat_obtained(&mut self, cx: &mut Context<'_>, process: Process, tokens: TokenResponse) {
        let obtained = Fact::AatObtained {
            as_uri: process.chain.as_uri.clone(),
            session: process.session,
            aat: tokens.access_token.as_kind(),
            refresh: tokens.refresh_token,
            expires_at: tokens.expires_in_secs.map(|secs| cx.at + Duration::from_secs(secs)),
        };
        self.record(cx, obtained);
        self.proceed(cx, process);
    }

    // An AAT that ended does not end what it was used for: ticket and RPT stay as they are.
    fn renew_aat(&mut self, cx: &mut Context<'_>, mut process: Process, used: AatHash) {
        let as_uri = process.chain.as_uri.clone();
        let held = self.tokens.aat(&as_uri, process.session);
        let still_held = held.filter(|held| held.aat.hashed() == used);
        let Some(refresh) = still_held.map(|held| held.refresh.clone()) else { return self.proceed(cx, process) };
        process.chain.renewed = true;
        let Some((process, ready)) = self.linked(cx, process, &as_uri, Goal::Proceed) else { return };
        match refresh {
            Some(refresh_token) => {
                let request = TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() };
                self.send(cx, process, token_call(&ready, request), Pending::RefreshedAat { old: used });
            }
            None => self.replace_aat(cx, process),
        }
    }

    fn replace_aat(&mut self, cx: &mut Context<'_>, process: Process) {
        let (as_uri, session) = (process.chain.as_uri.clone(), process.session);
        self.record(cx, Fact::AatDropped { as_uri, session });
        self.proceed(cx, process);
    }

    /// The answer to a refresh token of an AAT.
    pub(super) fn aat_refreshed(&mut self, cx: &mut Context<'_>, process: Process, old: AatHash, message: Response) {
        let held = self.tokens.aat(&process.chain.as_uri, process.session);
        let old_refresh = held.and_then(|held| held.refresh.clone());
        let renewed_elsewhere = held.is_some_and(|held| held.aat.hashed() != old);
        match message {
            Response::Token(mut tokens) => {
                // RFC 6749 §6: without a new refresh token the old one stays good.
                tokens.refresh_token = tokens.refresh_token.or(old_refresh);
                self.aat_obtained(cx, process, tokens);
            }
            _ if renewed_elsewhere => self.proceed(cx, process),
            _ => self.replace_aat(cx, process),
        }
    }

    fn aat_refused(&mut self, cx: &mut Context<'_>, process: Process, used: AatHash) {
        if !process.chain.renewed {
            return self.renew_aat(cx, process, used);
        }
        // D6 §3.4.3: the 401 is about the AAT or about the RPT. The AAT is new, so it is the RPT.
        if let Some(rpt) = process.chain.rpt.as_ref().map(Rpt::hashed).filter(|rpt| self.tokens.rpt(rpt).is_some()) {
            self.record(cx, Fact::RptDropped { rpt });
        }
        self.start_over_later(cx, process, "the AAT was refused");
    }

    fn request_rpt(&mut self, cx: &mut Context<'_>, process: Process, ready: Ready, aat: &Aat) {
        let Some(endpoint) = ready.configuration.rpt_endpoint.clone() else {
            return self.give_up(cx, process, 502, "the authorization server has no RPT endpoint");
        };
        let call = guarded_call(endpoint, aat, Request::RequestRpt);
        self.send(cx, process, call, Pending::Rpt { aat: aat.hashed() });
    }

    /// The answer of the RPT endpoint.
    pub(super) fn rpt_answered(&mut self, cx: &mut Context<'_>, mut process: Process, aat: AatHash, message: Response) {
        match message {
            Response::RptIssued(rpt) => {
                let (as_uri, origin) = (process.chain.as_uri.clone(), process.resource.origin());
                let replaced = self.tokens.newest_rpt(&as_uri, origin, process.session);
                let obtained = Fact::RptObtained {
                    replaces: replaced.map(|held| held.rpt.hashed()),
                    as_uri,
                    resource_server: origin.into(),
                    session: process.session,
                    resource: process.resource.clone(),
                    refresh: None,
                    rpt: rpt.clone(),
                };
                self.record(cx, obtained);
                process.obtained = Some(rpt.hashed());
                self.attempt(cx, process);
            }
            Response::Failure(Failure { status: 401, .. }) => self.aat_refused(cx, process, aat),
            other => self.start_over_later(cx, process, other.word()),
        }
    }

    fn ask(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        ready: Ready,
        aat: &Aat,
        ticket: PermissionTicket,
        rpt: Rpt,
    ) {
        let Some(endpoint) = ready.configuration.permission_request_endpoint.clone() else {
            return self.give_up(cx, process, 502, "the authorization server has no permission request endpoint");
        };
        let request = Request::RequestAuthorizationData { rpt: rpt.as_kind(), ticket };
        let call = guarded_call(endpoint, aat, request);
        self.send(cx, process, call, Pending::AuthorizationData { aat: aat.hashed() });
    }

    /// The answer of the permission request endpoint (D6 §3.4.3).
    pub(super) fn authorization_data_answered(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        aat: AatHash,
        message: Response,
    ) {
        match message {
            Response::AuthorizationDataAdded => self.attempt(cx, process),
            // D6 §3.5: the person goes to the authorization server with the same ticket.
            Response::NeedInfo { redirect_user, .. } => self.gather(cx, process, redirect_user),
            Response::RequestSubmitted { interval_secs, .. } => {
                cx.our_choice("request-submitted-in-a-draft");
                self.wait_for_owner(cx, process, interval_secs);
            }
            Response::Failure(failure) => self.not_added(cx, process, aat, &failure),
            other => self.give_up(cx, process, 502, format!("the authorization server answers with {}", other.word())),
        }
    }

    fn not_added(&mut self, cx: &mut Context<'_>, process: Process, aat: AatHash, failure: &Failure) {
        match (&failure.code, failure.status) {
            (Some(ErrorCode::NotAuthorizedPermission), _) => self.denied(cx, process),
            (Some(ErrorCode::InvalidRequesterTicket | ErrorCode::ExpiredRequesterTicket), _) => {
                self.start_over(cx, process, "the ticket was refused");
            }
            (_, 401) => self.aat_refused(cx, process, aat),
            (_, 500..) => self.start_over_later(cx, process, "the authorization server failed"),
            (Some(code), _) => self.give_up(cx, process, 502, format!("the authorization server answers `{code}`")),
            (None, _) => self.give_up(cx, process, 502, "the authorization server answers with an error"),
        }
    }
}

fn guarded_call(to: Uri, aat: &Aat, message: Request) -> Call {
    Call { to, credentials: Credentials::Bearer(aat.as_kind()), cookie: None, message }
}
