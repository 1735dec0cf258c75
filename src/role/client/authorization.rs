//! Sending people away and taking them back: the authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636), by which
//! a client gets AATs (D6 §3.4.1) and ID tokens, and the check of `state` that both ways back share.

use crate::message::ExchangeId;
use crate::role::client::processes::{Away, Errand, Goal, Pending, Phase, Process, Purpose, RETURN, ReturnTo};
use crate::role::client::{Client, notice};
use crate::role::link::Ready;
use crate::role::oauth::pkce;
use crate::role::{Context, Rule, Timer};
use crate::trace::Note;
use crate::trace::fact::SessionHash;
use crate::wire::oauth::{AuthorizationRequest, AuthorizationReturn, TokenRequest};
use crate::wire::token::State;
use crate::wire::{
    AuthorizationCode, Call, CodeVerifier, Duration, Request, Response, SessionCookie, Text, Uri, text::scope_set,
};

/// For how long a person who was sent away is waited for.
const RETURN_WITHIN: Duration = Duration::from_secs(600);

impl Client {
    /// Sends the person to approve at an authorization endpoint.
    pub(super) fn authorize(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        issuer: Uri,
        ready: Ready,
        purpose: Purpose,
        nonce: Option<Text>,
    ) {
        let Some(endpoint) = ready.configuration.authorization_endpoint.clone() else {
            return self.give_up(cx, process, 502, "the server has no authorization endpoint");
        };
        let verifier: CodeVerifier = cx.mint();
        let request = AuthorizationRequest {
            response_type: Some("code".into()),
            client_id: Some(ready.credentials.client_id().clone()),
            redirect_uri: Some(self.redirect_uri()),
            scope: match purpose {
                Purpose::Aat => self.aat_scopes(),
                Purpose::IdToken | Purpose::Assertion => scope_set(["openid"]),
            },
            state: None,
            code_challenge: Some(pkce::challenge(&verifier)),
            nonce,
            acr_values: match purpose {
                Purpose::Aat => process.chain.acr_values.clone(),
                Purpose::IdToken | Purpose::Assertion => Vec::new(),
            },
        };
        let errand = Errand::Authorize { issuer, purpose, verifier };
        self.send_away(cx, process, endpoint, errand, |state| {
            Request::Authorize(AuthorizationRequest { state: Some(state), ..request })
        });
    }

    /// Sends the person away with a fresh `state`; without a browser that waits there is nobody to send.
    pub(super) fn send_away(
        &mut self,
        cx: &mut Context<'_>,
        mut process: Process,
        to: Uri,
        errand: Errand,
        message: impl FnOnce(State) -> Request,
    ) {
        let (Some(session), Some(_)) = (process.session, process.browser) else {
            return self.give_up(cx, process, 403, "nobody is there to be asked");
        };
        // RFC 6749 §10.12, Grant §5.1: unguessable, one per way out, bound to this browser session.
        let state: State = cx.mint();
        cx.note(Note::PersonSentAway { session, state: state.hashed(), to: to.clone() });
        let message = Box::new(message(state.clone()));
        self.show(cx, &mut process, Response::Redirect { to, message });
        cx.set_timer(Timer { word: RETURN, id: process.id }, RETURN_WITHIN);
        self.processes.park(process, Phase::Away(Away { state, errand }));
    }

    /// A person was waited for long enough.
    pub(super) fn nobody_returned(&mut self, cx: &mut Context<'_>, id: u64) {
        if let Some(process) = self.processes.fired(Timer { word: RETURN, id }) {
            self.abandoned(cx, process);
        }
    }

    /// Takes back the process of a person who returns; otherwise the browser gets a 400 and nothing changes.
    pub(super) fn take_back(
        &mut self,
        cx: &mut Context<'_>,
        exchange: ExchangeId,
        cookie: Option<&SessionCookie>,
        state: Option<&State>,
        to: ReturnTo,
    ) -> Option<(Process, Away)> {
        let session = self.session(cx, cookie);
        let Some((mut process, away)) = self.match_state(cx, session, state, to) else {
            cx.reply(exchange, notice(400, "nothing here waits for this"));
            return None;
        };
        cx.note(Note::ReturnAccepted { session, state: state.map(State::hashed) });
        cx.cancel_timer(Timer { word: RETURN, id: process.id });
        process.browser = Some(exchange);
        Some((process, away))
    }

    fn match_state(
        &mut self,
        cx: &mut Context<'_>,
        session: Option<SessionHash>,
        state: Option<&State>,
        to: ReturnTo,
    ) -> Option<(Process, Away)> {
        let sent = state.and_then(|state| self.processes.away_with(state, to));
        // Grant §5.1: it counts only in the browser session that was sent away with it, and only once.
        let matches = sent.is_some_and(|(_, sender)| sender.is_some() && sender == session);
        cx.require(Rule::StateMatches, matches).ok()?;
        let id = sent.map(|(id, _)| id).or_else(|| self.processes.away_of(session?, to))?;
        self.processes.returned(id)
    }

    /// A browser comes back from an authorization endpoint.
    pub(super) fn authorization_returned(
        &mut self,
        cx: &mut Context<'_>,
        exchange: ExchangeId,
        cookie: Option<SessionCookie>,
        back: AuthorizationReturn,
    ) {
        let taken = self.take_back(cx, exchange, cookie.as_ref(), back.state.as_ref(), ReturnTo::Authorization);
        let Some((process, Away { errand: Errand::Authorize { issuer, purpose, verifier }, .. })) = taken else {
            return;
        };
        // RFC 9207 §2.4: an answer of another server than the one that was asked is not looked at.
        let named = back.issuer.as_ref().is_none_or(|named| *named == issuer);
        if cx.require(Rule::ResponseIssuerMatches, named).is_err() {
            return self.give_up(cx, process, 400, "another server answered than the one that was asked");
        }
        match back.outcome {
            Ok(code) => self.exchange_code(cx, process, purpose, code, verifier),
            Err(error) if &*error == "access_denied" => self.abandoned(cx, process),
            Err(error) => self.give_up(cx, process, 502, format!("the authorization endpoint answers `{error}`")),
        }
    }

    /// Exchanges a code at the server that was asked for it.
    pub(super) fn exchange_code(
        &mut self,
        cx: &mut Context<'_>,
        process: Process,
        purpose: Purpose,
        code: AuthorizationCode,
        verifier: CodeVerifier,
    ) {
        let provider = match purpose {
            Purpose::Aat => None,
            Purpose::IdToken => self.config.push_claims_from.clone(),
            Purpose::Assertion => self.config.assertions_from.clone(),
        };
        let issuer = provider.unwrap_or_else(|| process.chain.as_uri.clone());
        let goal = Goal::Exchange(purpose, code.clone(), verifier.clone());
        let Some((process, ready)) = self.linked(cx, process, &issuer, goal) else { return };
        let redirect_uri = Some(self.redirect_uri());
        let request = TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier: Some(verifier) };
        let call = token_call(cx, &ready, request);
        self.send(cx, process, call, Pending::Code(purpose));
    }

    /// The answer to a code.
    pub(super) fn code_exchanged(
        &mut self,
        cx: &mut Context<'_>,
        mut process: Process,
        purpose: Purpose,
        message: Response,
    ) {
        match (message, purpose) {
            (Response::Token(tokens), Purpose::Aat) => self.aat_obtained(cx, process, tokens),
            (Response::Token(tokens), Purpose::Assertion) => {
                self.exchange_for_assertion(cx, process, tokens.access_token);
            }
            (Response::Token(tokens), Purpose::IdToken) => match tokens.id_token {
                Some(id_token) => {
                    process.id_token = Some(id_token);
                    process.chain.push = true;
                    self.dialect().ask_again(self, cx, process);
                }
                None => self.give_up(cx, process, 502, "the identity provider gave no ID token"),
            },
            // RFC 6749 §4.1.2: the code may have been too old or used; the person is asked again.
            (_, Purpose::Aat | Purpose::IdToken | Purpose::Assertion) => {
                self.start_over_later(cx, process, "the code was refused")
            }
        }
    }
}

/// A request at a token endpoint, with own credentials.
pub(super) fn token_call(cx: &mut Context<'_>, ready: &Ready, request: TokenRequest) -> Call {
    Call {
        to: ready.configuration.token_endpoint.clone(),
        credentials: ready.proven(cx),
        cookie: None,
        message: Request::Token(request),
    }
}
