//! AATs, in the revisions that have them (D6 §3.4.1; Core 1.0.1 §1.3.2): one per authorization server and browser
//! session, or for the organisation by the client's own credentials; renewed when they end.

use crate::role::client::Client;
use crate::role::client::authorization::token_call;
use crate::role::client::processes::{Goal, Pending, Process, Purpose};
use crate::role::client::tokens::AatHash;
use crate::role::link::Ready;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::AatObtained;
use crate::wire::oauth::{TokenRequest, TokenResponse};
use crate::wire::text::scope_set;
use crate::wire::{Aat, Call, Credentials, Duration, Failure, Request, Response, Rpt, ScopeSet, Uri};

impl Client {
    /// The scopes of an AAT, as configured or the revision's own; none in a revision that has no AATs.
    pub(super) fn aat_scopes(&self) -> ScopeSet {
        if self.config.aat_scopes.is_empty() {
            return scope_set(self.dialect().aat_scope());
        }
        self.config.aat_scopes.clone()
    }

    /// Goes on with whatever is missing: a link, an AAT, and then what the revision asks for.
    pub(super) fn proceed(&mut self, cx: &mut Context<'_>, process: Process) {
        let (as_uri, session) = (process.chain.as_uri.clone(), process.session);
        let Some((process, ready)) = self.linked(cx, process, &as_uri, Goal::Proceed) else { return };
        let Some(held) = self.tokens.aat(&as_uri, session) else { return self.obtain_aat(cx, process, ready) };
        let aat = held.aat.clone();
        if held.expires_at.is_some_and(|expires_at| expires_at <= cx.at) && !process.chain.renewed {
            return self.renew_aat(cx, process, aat.hashed());
        }
        self.dialect().with_aat(self, cx, process, ready, &aat);
    }

    fn obtain_aat(&mut self, cx: &mut Context<'_>, process: Process, ready: Ready) {
        if let Some(assertion) = self.config.assertion.clone() {
            return self.redeem_assertion(cx, process, assertion);
        }
        if process.session.is_some() {
            if let Some(provider) = self.config.assertions_from.clone() {
                return self.sign_in_for_assertion(cx, process, provider);
            }
            let issuer = process.chain.as_uri.clone();
            return self.authorize(cx, process, issuer, ready, Purpose::Aat, None);
        }
        let request = TokenRequest::ClientCredentials { scope: self.aat_scopes() };
        let call = token_call(cx, &ready, request);
        self.send(cx, process, call, Pending::OwnAat);
    }

    /// The answer to the client's own credentials.
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
        let obtained = Fact::AatObtained(AatObtained {
            as_uri: process.chain.as_uri.clone(),
            session: process.session,
            aat: tokens.access_token.as_kind(),
            refresh: tokens.refresh_token,
            expires_at: tokens.expires_in_secs.map(|secs| cx.at + Duration::from_secs(secs)),
        });
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
                let call = token_call(cx, &ready, request);
                self.send(cx, process, call, Pending::RefreshedAat { old: used });
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

    /// An AAT was refused (D6 §3.4.3; Core 1.0.1 §1.3.2): it is renewed once, or got anew.
    pub(super) fn aat_refused(&mut self, cx: &mut Context<'_>, process: Process, used: AatHash) {
        if !process.chain.renewed {
            return self.renew_aat(cx, process, used);
        }
        // D6 §3.4.3: the 401 is about the AAT or about the RPT. The AAT is new, so it is the RPT.
        if let Some(rpt) = process.chain.rpt.as_ref().map(Rpt::hashed).filter(|rpt| self.tokens.rpt(rpt).is_some()) {
            self.record(cx, Fact::RptDropped { rpt });
        }
        self.start_over_later(cx, process, "the AAT was refused");
    }
}

/// A request that an AAT guards.
pub(super) fn guarded_call(to: Uri, aat: &Aat, message: Request) -> Call {
    Call { to, credentials: Credentials::Bearer(aat.as_kind()), cookie: None, message }
}
