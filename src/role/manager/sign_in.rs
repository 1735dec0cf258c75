//! How an owner's token is got: the owner's browser comes, is sent to the authorization server, and comes back with a
//! code that counts in that browser alone (RFC 6749 §4.1, §10.12; RFC 7636; RFC 9207).

use super::{Manager, notice};
use crate::message::{Arrival, ExchangeId};
use crate::role::link::{Moved, Ready};
use crate::role::oauth::pkce;
use crate::role::{Context, Machine, Rule};
use crate::trace::note::{OwnerSession, session_of, state_of};
use crate::trace::{Fact, Note};
use crate::wire::configuration::well_known;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, AuthorizationRequest, AuthorizationReturn, ClientMetadata,
    TokenRequest, TokenResponse,
};
use crate::wire::owner::OWNER_SCOPE;
use crate::wire::text::scope_set;
use crate::wire::{
    Answer, AuthorizationCode, Call, CodeVerifier, Credentials, Duration, Request, Response, ScopeSet, SessionCookie,
    State, Text, Uri,
};
use std::collections::BTreeMap;

/// Who is on the way; a crash forgets them.
#[derive(Clone, Debug, Default)]
pub(super) struct SignIns {
    /// Browsers that wait for a link.
    waiting: BTreeMap<ExchangeId, Uri>,
    /// Owners who were sent away, in the order of departure.
    away: Vec<Departure>,
    /// Browsers that wait for the answer to a code.
    redeeming: BTreeMap<ExchangeId, (ExchangeId, Uri)>,
}

#[derive(Clone, Debug)]
struct Departure {
    as_uri: Uri,
    session: SessionCookie,
    state: State,
    verifier: CodeVerifier,
    link: Ready,
}

/// How many owners can be away at a time; whoever left first begins again.
const AWAY_MAX: usize = 16;

impl SignIns {
    /// True while a token of that server is on its way.
    pub(super) fn awaits(&self, as_uri: &Uri) -> bool {
        self.redeeming.values().any(|(_, redeems_at)| redeems_at == as_uri)
    }
}

impl Manager {
    /// An owner's browser comes.
    pub(super) fn connect(&mut self, cx: &mut Context<'_>, exchange: ExchangeId, as_uri: Uri) {
        match self.link(cx, &as_uri) {
            Some(link) => self.send_away(cx, exchange, as_uri, link),
            None => {
                self.sign_ins.waiting.insert(exchange, as_uri);
            }
        }
    }

    /// What is needed to talk to a server; none while the link asks for it.
    pub(super) fn link(&mut self, cx: &mut Context<'_>, as_uri: &Uri) -> Option<Ready> {
        let metadata = self.metadata();
        let document = well_known(self.config.revision, as_uri);
        self.links.ready(cx, as_uri, &document, &metadata)
    }

    // RFC 8252 §8.4: a program on somebody's own machine keeps no secret.
    fn metadata(&self) -> ClientMetadata {
        ClientMetadata {
            name: Some(self.config.name.clone()),
            redirect_uris: vec![self.redirect_uri()],
            claims_redirect_uris: Vec::new(),
            scope: ScopeSet::new(),
            grant_types: vec![AUTHORIZATION_CODE_GRANT.into()],
            authentication: AuthenticationMethod::None,
            keys: None,
        }
    }

    fn redirect_uri(&self) -> Uri {
        self.config.origin.with_path("/return")
    }

    /// A link moved: whoever waits for it goes on or is told.
    pub(super) fn link_moved(&mut self, cx: &mut Context<'_>, moved: &Moved) {
        if let Some(fact) = moved.fact() {
            self.record(cx, fact);
        }
        let waits = |as_uri: &Uri| as_uri == moved.issuer();
        let waiting: Vec<ExchangeId> =
            self.sign_ins.waiting.iter().filter(|(_, uri)| waits(uri)).map(|(exchange, _)| *exchange).collect();
        for exchange in waiting {
            let Some(as_uri) = self.sign_ins.waiting.remove(&exchange) else { continue };
            match moved {
                Moved::Forward(_) | Moved::Registered(..) => self.connect(cx, exchange, as_uri),
                Moved::Asking(_) => {
                    self.sign_ins.waiting.insert(exchange, as_uri);
                }
                Moved::Stuck(_, why) | Moved::OtherRevision(_, why) => self.failed(cx, exchange, as_uri, 502, why),
            }
        }
        self.calls_linked(cx, moved);
        match moved {
            Moved::Forward(as_uri) | Moved::Registered(as_uri, _) => self.sign_out_goes_on(cx, as_uri),
            Moved::Stuck(as_uri, why) | Moved::OtherRevision(as_uri, why) if self.signs_out(as_uri) => {
                self.not_ended(cx, as_uri, why);
            }
            Moved::Asking(_) | Moved::Stuck(..) | Moved::OtherRevision(..) => {}
        }
    }

    fn send_away(&mut self, cx: &mut Context<'_>, exchange: ExchangeId, as_uri: Uri, link: Ready) {
        let Some(to) = link.configuration.authorization_endpoint.clone() else {
            return self.failed(cx, exchange, as_uri, 502, "the server has no place for people");
        };
        let (session, state, verifier): (SessionCookie, State, CodeVerifier) = (cx.mint(), cx.mint(), cx.mint());
        let request = AuthorizationRequest {
            response_type: Some("code".into()),
            client_id: Some(link.credentials.client_id().clone()),
            redirect_uri: Some(self.redirect_uri()),
            scope: scope_set([OWNER_SCOPE]),
            state: Some(state.clone()),
            code_challenge: Some(pkce::challenge(&verifier)),
            nonce: None,
            acr_values: Vec::new(),
        };
        cx.note(Note::PersonSentAway { session: session_of(&session), state: state_of(&state), to: to.clone() });
        if self.sign_ins.away.len() >= AWAY_MAX {
            self.sign_ins.away.remove(0);
        }
        let message = Response::Redirect { to, message: Box::new(Request::Authorize(request)) };
        cx.reply(exchange, Answer { set_cookie: Some(session.clone()), message });
        self.sign_ins.away.push(Departure { as_uri, session, state, verifier, link });
    }

    /// A browser comes back.
    pub(super) fn returned(&mut self, cx: &mut Context<'_>, arrival: &Arrival, back: &AuthorizationReturn) {
        let Some(departure) = self.accept(cx, arrival.cookie.as_ref(), back) else {
            return cx.reply(arrival.exchange, notice(400, "nothing here waits for this"));
        };
        cx.note(Note::ReturnAccepted {
            session: arrival.cookie.as_ref().map(session_of),
            state: back.state.as_ref().map(state_of),
        });
        match &back.outcome {
            Ok(code) => self.redeem(cx, arrival.exchange, departure, code),
            Err(why) => self.failed(cx, arrival.exchange, departure.as_uri, 403, &format!("not approved: {why}")),
        }
    }

    // RFC 6749 §10.12: in the browser that was sent away with this `state`, once. RFC 9207 §2.4: from the server that was
    // asked.
    fn accept(
        &mut self,
        cx: &mut Context<'_>,
        cookie: Option<&SessionCookie>,
        back: &AuthorizationReturn,
    ) -> Option<Departure> {
        let away = &self.sign_ins.away;
        let with_state = away.iter().rposition(|departure| Some(&departure.state) == back.state.as_ref());
        // A node that does not obey the rule takes any return for the latest departure.
        let at = with_state.or(away.len().checked_sub(1))?;
        let departure = away.get(at)?;
        let matches = with_state.is_some() && Some(&departure.session) == cookie;
        let answers = back.issuer.as_ref().is_none_or(|issuer| *issuer == departure.as_uri);
        cx.require(Rule::StateMatches, matches).ok()?;
        cx.require(Rule::ResponseIssuerMatches, answers).ok()?;
        Some(self.sign_ins.away.remove(at))
    }

    fn redeem(&mut self, cx: &mut Context<'_>, browser: ExchangeId, departure: Departure, code: &AuthorizationCode) {
        let Departure { as_uri, verifier, link, .. } = departure;
        let grant = TokenRequest::AuthorizationCode {
            code: code.clone(),
            redirect_uri: Some(self.redirect_uri()),
            code_verifier: Some(verifier),
        };
        let exchange = cx.send(Call {
            to: link.configuration.token_endpoint.clone(),
            credentials: Credentials::Client(link.credentials),
            cookie: None,
            message: Request::Token(grant),
        });
        self.sign_ins.redeeming.insert(exchange, (browser, as_uri));
    }

    /// The answer to a code, or none.
    pub(super) fn code_exchanged(&mut self, cx: &mut Context<'_>, exchange: ExchangeId, message: Option<Response>) {
        let Some((browser, as_uri)) = self.sign_ins.redeeming.remove(&exchange) else { return };
        let named = as_uri.clone();
        match message {
            Some(Response::Token(tokens)) if is_owners(&tokens) => self.signed_in(cx, browser, as_uri, tokens),
            _ => self.failed(cx, browser, as_uri, 502, "the authorization server gave no owner's token"),
        }
        self.sign_out_goes_on(cx, &named);
    }

    fn signed_in(&mut self, cx: &mut Context<'_>, browser: ExchangeId, as_uri: Uri, tokens: TokenResponse) {
        let expires_at = tokens.expires_in_secs.map(|secs| cx.at + Duration::from_secs(secs));
        let (token, named) = (tokens.access_token, as_uri.clone());
        self.record(cx, Fact::OwnerTokenObtained { as_uri: named, token, expires_at });
        cx.note(Note::OwnerSession { as_uri, outcome: OwnerSession::SignedIn });
        cx.reply(browser, notice(200, "Signed in. You can close this page."));
    }

    fn failed(&mut self, cx: &mut Context<'_>, browser: ExchangeId, as_uri: Uri, status: u16, why: &str) {
        let outcome = OwnerSession::NotSignedIn { why: Text::from(why) };
        cx.note(Note::OwnerSession { as_uri, outcome });
        cx.reply(browser, notice(status, format!("Not signed in: {why}.")));
    }
}

// RFC 6749 §5.1: where the answer names no scope, it is the one that was asked for.
fn is_owners(tokens: &TokenResponse) -> bool {
    tokens.scope.as_ref().is_none_or(|scope| *scope == scope_set([OWNER_SCOPE]))
}
