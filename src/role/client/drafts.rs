//! What only the drafts have: RPTs that start empty (D5 §3.4.4; D6 §3.4.2), and asking for authorization data with a
//! ticket (D5 §3.4.5; D6 §3.4.3). Clients of both drafts do the same; how it is written is their codecs' business.

use crate::role::client::Client;
use crate::role::client::aats::guarded_call;
use crate::role::client::dialect::Dialect;
use crate::role::client::processes::{Chain, Pending, Process};
use crate::role::client::tokens::AatHash;
use crate::role::link::Ready;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::{RptHash, RptObtained};
use crate::wire::oauth::{AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT};
use crate::wire::request::ClaimsReturn;
use crate::wire::{Aat, Challenge, ChallengeReason, ErrorCode, Failure, PermissionTicket, Request, Response, Rpt, Uri};

/// The scope that makes an access token an AAT (D5 §3.4.3; D6 §3.4.1).
pub const AAT_SCOPE: &str = "http://docs.kantarainitiative.org/uma/scopes/authz.json";

#[derive(Debug)]
pub(super) struct Drafts;

impl Dialect for Drafts {
    fn grant_types(&self) -> &'static [&'static str] {
        &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT]
    }

    fn aat_scope(&self) -> Option<&'static str> {
        Some(AAT_SCOPE)
    }

    fn challenged(
        &self,
        client: &mut Client,
        cx: &mut Context<'_>,
        process: Process,
        sent: Option<Rpt>,
        challenge: Challenge,
    ) {
        client.challenged_in_a_draft(cx, process, sent, challenge);
    }

    fn ask_again(&self, client: &mut Client, cx: &mut Context<'_>, process: Process) {
        client.proceed(cx, process);
    }

    fn with_aat(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, ready: Ready, aat: &Aat) {
        client.proceed_in_a_draft(cx, process, ready, aat);
    }

    fn claims_given(&self, client: &mut Client, cx: &mut Context<'_>, process: Process, _: ClaimsReturn) {
        // D6 §3.5.1: the ticket stays the same.
        client.proceed(cx, process);
    }
}

impl Client {
    /// The resource server wants an RPT, or more authorization data in the one that came (D6 §3.1.1, §3.1.2).
    fn challenged_in_a_draft(
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

    // Authorization data, if there is a ticket for it; an RPT that is held already; or a new one.
    fn proceed_in_a_draft(&mut self, cx: &mut Context<'_>, process: Process, ready: Ready, aat: &Aat) {
        if let (Some(ticket), Some(rpt)) = (process.chain.ticket.clone(), process.chain.rpt.clone()) {
            return self.ask(cx, process, ready, aat, ticket, rpt);
        }
        let (as_uri, origin) = (&process.chain.as_uri, process.resource.origin());
        let other = self.tokens.newest_rpt(as_uri, origin, process.session);
        if other.is_some_and(|other| !process.tried.contains(&other.rpt.hashed())) {
            return self.attempt(cx, process);
        }
        self.request_rpt(cx, process, ready, aat);
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
                let replaces = replaced.map(|held| held.rpt.hashed());
                let obtained = Fact::RptObtained(RptObtained {
                    replaces,
                    carries: self.tokens.carried(replaces),
                    as_uri,
                    resource_server: origin.into(),
                    session: process.session,
                    resource: process.resource.clone(),
                    refresh: None,
                    rpt: rpt.clone(),
                });
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
