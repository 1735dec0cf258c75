//! A process from its beginning to its end: access attempts at the resource server (Grant §3.1, §3.5; D6 §3.1), new
//! attempts after what went wrong, and what the browser is shown. What stands between two attempts is in the files of
//! the revisions.

use crate::message::ExchangeId;
use crate::role::client::processes::{Chain, Pending, Phase, Process, RETRY};
use crate::role::client::{Client, notice};
use crate::role::link::misfit;
use crate::role::{Context, Rule, Timer};
use crate::trace::Note;
use crate::trace::fact::SessionHash;
use crate::trace::note::FetchOutcome;
use crate::wire::page::Page;
use crate::wire::{
    Answer, Call, Challenge, Credentials, DecodeError, Request, Response, Rpt, SessionCookie, Text, Uri,
};
use std::collections::BTreeSet;

impl Client {
    /// A person asks for a resource; the exchange stays open until there is something to show.
    pub(super) fn fetch_for_person(
        &mut self,
        cx: &mut Context<'_>,
        exchange: ExchangeId,
        cookie: Option<SessionCookie>,
        resource: Uri,
        method: Text,
    ) {
        let known = self.session(cx, cookie.as_ref());
        let set_cookie = if known.is_none() { Some(self.open_session(cx)) } else { None };
        let session = known.or_else(|| set_cookie.as_ref().map(SessionCookie::hashed));
        let process = Process { set_cookie, browser: Some(exchange), ..self.begin(cx, session, resource, method) };
        self.attempt(cx, process);
    }

    /// The organisation wants a resource: no person is there.
    pub(super) fn fetch_for_organisation(&mut self, cx: &mut Context<'_>, resource: Uri, method: Text) {
        let process = self.begin(cx, None, resource, method);
        self.attempt(cx, process);
    }

    fn begin(&mut self, cx: &mut Context<'_>, session: Option<SessionHash>, resource: Uri, method: Text) -> Process {
        let id = self.processes.next_id();
        cx.note(Note::FetchStarted { fetch: id, session, resource: resource.clone() });
        Process {
            id,
            session,
            set_cookie: None,
            browser: None,
            chain: Chain::new(resource.clone(), None, None),
            resource,
            method,
            attempts: 0,
            polls: 0,
            obtained: None,
            tried: BTreeSet::new(),
            refreshed: false,
            ticket_scopes_only: false,
            id_token: self.config.claim_token.clone(),
        }
    }

    /// Tries to reach the resource with the best RPT at hand, or without one.
    pub(super) fn attempt(&mut self, cx: &mut Context<'_>, process: Process) {
        let rpt = self.choose_rpt(cx, &process);
        let call = Call {
            to: process.resource.clone(),
            credentials: rpt.as_ref().map_or(Credentials::None, |rpt| Credentials::Bearer(rpt.as_kind())),
            cookie: None,
            message: Request::Access { method: process.method.clone() },
        };
        self.send(cx, process, call, Pending::Access { sent: rpt });
    }

    fn choose_rpt(&self, cx: &mut Context<'_>, process: &Process) -> Option<Rpt> {
        let held = self.tokens.best_rpt(process.session, &process.resource, &process.tried)?;
        // RFC 9700 §4.9.1: whoever gets an RPT can use it, so it goes to the server it was obtained for and no other.
        cx.require(Rule::RptToItsServer, &*held.resource_server == process.resource.origin()).ok()?;
        Some(held.rpt.clone())
    }

    /// Sends a request of a process, which waits for the answer.
    pub(super) fn send(&mut self, cx: &mut Context<'_>, process: Process, call: Call, pending: Pending) {
        let exchange = cx.send(call);
        self.processes.park(process, Phase::Awaiting(exchange, pending));
    }

    /// The answer that a process waits for.
    pub(super) fn process_answered(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        pending: Pending,
        answer: Result<Answer, DecodeError>,
    ) {
        let message = match answer {
            Ok(answer) => answer.message,
            Err(error) => {
                return match misfit(&error) {
                    Some(why) => self.give_up(cx, process, 502, why),
                    None => self.start_over_later(cx, process, "an answer that cannot be read"),
                };
            }
        };
        match pending {
            Pending::Access { sent } => self.access_answered(cx, process, sent, message),
            Pending::Code(purpose) => self.code_exchanged(cx, process, purpose, message),
            Pending::UmaToken { submitted } => self.redeemed(cx, process, submitted, message),
            Pending::RefreshedRpt { old } => self.rpt_refreshed(cx, process, old, message),
            Pending::RefreshedAat { old } => self.aat_refreshed(cx, process, old, message),
            Pending::Assertion => self.assertion_answered(cx, process, message),
            Pending::OwnAat => self.own_aat_answered(cx, process, message),
            Pending::Rpt { aat } => self.rpt_answered(cx, process, aat, message),
            Pending::RptForTicket { aat, submitted } => {
                self.rpt_for_ticket_answered(cx, process, aat, submitted, message);
            }
            Pending::AuthorizationData { aat } => self.authorization_data_answered(cx, process, aat, message),
        }
    }

    fn access_answered(&mut self, cx: &mut Context<'_>, process: Process, sent: Option<Rpt>, message: Response) {
        match message {
            Response::Content { content } => self.got(cx, process, content),
            Response::Challenge(challenge) => self.challenged(cx, process, sent, challenge),
            // Grant §3.2.2: the resource server has no ticket to give now.
            Response::AuthorizationServerUnreachable { .. } => {
                self.start_over_later(cx, process, "the authorization server is unreachable");
            }
            Response::Refused { status: 503 } => self.start_over_later(cx, process, "the server is not available"),
            Response::Refused { status } => {
                self.give_up(cx, process, status, format!("the resource server refuses with {status}"));
            }
            Response::Failure(failure) if failure.status >= 500 => {
                self.start_over_later(cx, process, "the resource server failed");
            }
            other => self.give_up(cx, process, 502, format!("the resource server answers with {}", other.word())),
        }
    }

    fn challenged(&mut self, cx: &mut Context<'_>, mut process: Process, sent: Option<Rpt>, challenge: Challenge) {
        if let Some(sent) = &sent {
            process.tried.insert(sent.hashed());
        }
        self.dialect().challenged(self, cx, process, sent, challenge);
    }

    /// Counts one more attempt; without any left the process ends here.
    pub(super) fn count_attempt(&mut self, cx: &mut Context<'_>, mut process: Process, why: &str) -> Option<Process> {
        if process.attempts >= self.config.attempts_max {
            self.give_up(cx, process, 502, format!("no attempts left: {why}"));
            return None;
        }
        process.attempts += 1;
        Some(process)
    }

    /// Starts again at the resource server, as far as attempts are left.
    pub(super) fn start_over(&mut self, cx: &mut Context<'_>, process: Process, why: &str) {
        if let Some(process) = self.count_attempt(cx, process, why) {
            self.attempt(cx, process);
        }
    }

    /// The same after a pause, where nothing will have changed yet.
    pub(super) fn start_over_later(&mut self, cx: &mut Context<'_>, process: Process, why: &str) {
        if let Some(process) = self.count_attempt(cx, process, why) {
            cx.set_timer(Timer { word: RETRY, id: process.id }, self.config.retry_after);
            self.processes.park(process, Phase::Retry);
        }
    }

    /// The pause is over.
    pub(super) fn retry(&mut self, cx: &mut Context<'_>, id: u64) {
        if let Some(process) = self.processes.fired(Timer { word: RETRY, id }) {
            self.attempt(cx, process);
        }
    }

    fn got(&mut self, cx: &mut Context<'_>, process: Process, content: Text) {
        // Grant §5.2: the browser gets the content, never the RPT or the PCT.
        let shown = Response::Page(Page::Shown { resource: process.resource.clone(), content: content.clone() });
        self.end(cx, process, FetchOutcome::Got { content }, shown);
    }

    /// The authorization server said no.
    pub(super) fn denied(&mut self, cx: &mut Context<'_>, process: Process) {
        self.end(cx, process, FetchOutcome::Denied, notice(403, "the authorization server denied the request"));
    }

    /// The person did not approve, or did not come back.
    pub(super) fn abandoned(&mut self, cx: &mut Context<'_>, process: Process) {
        self.end(cx, process, FetchOutcome::Abandoned, notice(403, "not without your approval"));
    }

    /// Nothing more can be done.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_>, process: Process, status: u16, why: impl Into<Text>) {
        let why = why.into();
        self.end(cx, process, FetchOutcome::GaveUp { why: why.clone() }, notice(status, why));
    }

    fn end(&mut self, cx: &mut Context<'_>, mut process: Process, outcome: FetchOutcome, page: Response) {
        self.show(cx, &mut process, page);
        cx.note(Note::FetchEnded { fetch: process.id, resource: process.resource, outcome });
    }

    /// Answers the browser, if it waits. A new session's cookie goes along.
    pub(super) fn show(&mut self, cx: &mut Context<'_>, process: &mut Process, message: Response) {
        if let Some(exchange) = process.browser.take() {
            cx.reply(exchange, Answer { set_cookie: process.set_cookie.take(), message });
        }
    }
}
