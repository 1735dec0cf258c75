//! What the replayer signs about itself, with and without a flaw (RFC 7523 §2.2, §3).

use super::Replayer;
use crate::role::act::{Flaw, Replay};
use crate::role::{Context, SigningKey};
use crate::wire::client_assertion::{self, ClientAssertionClaims};
use crate::wire::oauth::{RevocationRequest, TokenRequest};
use crate::wire::{
    Bearer, Call, ClientAssertion, ClientAuthentication, Credentials, Duration, Endpoint, Request, Text,
};
use std::collections::BTreeSet;

const ELSEWHERE: &str = "https://elsewhere.example";

impl Replayer {
    /// The call that goes with such a statement.
    pub(super) fn signed_call(&mut self, cx: &mut Context<'_>, replay: &Replay, flaw: Flaw) -> Option<Call> {
        let client = self.client.credentials(&replay.to)?.client_id().clone();
        let assertion = match flaw {
            Flaw::Used => self.last_signed.clone()?,
            flaw => self.sign(cx, replay, flaw)?,
        };
        self.last_signed = Some(assertion.clone());
        let (path, message) = match replay.at {
            Endpoint::Token => {
                let scope = self.pockets.protection_scope();
                ("/token", Request::Token(TokenRequest::ClientCredentials { scope }))
            }
            Endpoint::Revocation => {
                ("/revoke", Request::Revoke(RevocationRequest { token: Bearer::new("nothing"), hint: None }))
            }
            _ => return None,
        };
        let credentials = Credentials::Client(ClientAuthentication::Assertion(client, assertion));
        Some(Call { to: replay.to.with_path(path), credentials, cookie: None, message })
    }

    fn sign(&self, cx: &mut Context<'_>, replay: &Replay, flaw: Flaw) -> Option<ClientAssertion> {
        let own = self.key.clone()?;
        let key = match flaw {
            // It has the name of the own one.
            Flaw::OtherKey => SigningKey { secret: [7; 32], ..own },
            _ => own,
        };
        let claims = self.claims(cx, replay, flaw)?;
        let crypto = cx.crypto();
        Some(client_assertion::write(&crypto.public(&key), &claims, |input| crypto.sign(&key, input)))
    }

    fn claims(&self, cx: &mut Context<'_>, replay: &Replay, flaw: Flaw) -> Option<ClientAssertionClaims> {
        let own = self.client.credentials(&replay.to)?.client_id().clone();
        let subject = if flaw == Flaw::OtherClient { "somebody-else".into() } else { own };
        let audience: &[&str] = match flaw {
            Flaw::OtherServer => &[ELSEWHERE],
            Flaw::TwoServers => &[ELSEWHERE, replay.to.as_str()],
            _ => &[replay.to.as_str()],
        };
        let expires_at = match flaw {
            Flaw::Late => cx.at - Duration::from_secs(1),
            Flaw::Early => cx.at + Duration::from_secs(1200),
            Flaw::Endless => cx.at + Duration::from_secs(365 * 24 * 3600),
            _ => cx.at + Duration::from_secs(60),
        };
        let begins = (flaw == Flaw::Early).then(|| (cx.at + Duration::from_secs(600)).whole_secs());
        Some(ClientAssertionClaims {
            issuer: subject.as_str().into(),
            subject,
            audience: audience.iter().copied().map(Text::from).collect::<BTreeSet<_>>(),
            expires_at: expires_at.whole_secs(),
            issued_at: Some(cx.at.whole_secs()),
            not_before: begins,
            id: Some(cx.mint_id("jti").into()),
        })
    }
}
