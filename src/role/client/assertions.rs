//! An AAT for a SAML assertion (RFC 7522; D6 §3.4.1): the person signs in at their identity provider, the access token of
//! that sign-in is exchanged for an assertion about them (RFC 8693), and the assertion is the grant.

use crate::role::Context;
use crate::role::client::Client;
use crate::role::client::authorization::token_call;
use crate::role::client::processes::{Goal, Pending, Process, Purpose};
use crate::wire::oauth::TokenRequest;
use crate::wire::{Bearer, Response, SamlAssertion, Uri};

impl Client {
    /// Sends the person to the identity provider whose assertions are to be the grant.
    pub(super) fn sign_in_for_assertion(&mut self, cx: &mut Context<'_>, process: Process, issuer: Uri) {
        let goal = Goal::SignInForAssertion(issuer.clone());
        let Some((process, ready)) = self.linked(cx, process, &issuer, goal) else { return };
        self.authorize(cx, process, issuer, ready, Purpose::Assertion, None);
    }

    /// Has the access token of the sign-in exchanged.
    pub(super) fn exchange_for_assertion(&mut self, cx: &mut Context<'_>, process: Process, subject_token: Bearer) {
        let Some(issuer) = self.config.assertions_from.clone() else {
            return self.give_up(cx, process, 502, "no identity provider issues assertions for this client");
        };
        let goal = Goal::ExchangeForAssertion(subject_token.clone());
        let Some((process, ready)) = self.linked(cx, process, &issuer, goal) else { return };
        let audience = process.chain.as_uri.clone();
        let request = TokenRequest::ExchangeForAssertion { subject_token, audience };
        let call = token_call(cx, &ready, request);
        self.send(cx, process, call, Pending::Assertion);
    }

    /// The answer to the exchange.
    pub(super) fn assertion_answered(&mut self, cx: &mut Context<'_>, process: Process, message: Response) {
        match message {
            Response::AssertionIssued(issued) => self.redeem_assertion(cx, process, issued.assertion),
            // The access token may have been too old; the person signs in again.
            _ => self.start_over_later(cx, process, "the identity provider gave no assertion"),
        }
    }

    /// Presents the assertion at the authorization server.
    pub(super) fn redeem_assertion(&mut self, cx: &mut Context<'_>, process: Process, assertion: SamlAssertion) {
        let (as_uri, goal) = (process.chain.as_uri.clone(), Goal::RedeemAssertion(assertion.clone()));
        let Some((process, ready)) = self.linked(cx, process, &as_uri, goal) else { return };
        let request = TokenRequest::Saml2Bearer { assertion, scope: self.aat_scopes() };
        let call = token_call(cx, &ready, request);
        self.send(cx, process, call, Pending::OwnAat);
    }
}
