//! How an owner's token is given back before its time (RFC 7009), so that nobody can use it who comes by it later.

use super::Manager;
use crate::message::ExchangeId;
use crate::role::link::Ready;
use crate::role::{Context, Machine};
use crate::trace::note::OwnerSession;
use crate::trace::{Fact, Note};
use crate::wire::oauth::RevocationRequest;
use crate::wire::{Call, Request, Response, Text, Uri};
use std::collections::{BTreeMap, BTreeSet};

/// What is being given back; a crash forgets it.
#[derive(Clone, Debug, Default)]
pub(super) struct SignOuts {
    /// Servers whose token is to be given back, once there is one or the server can be asked.
    waiting: BTreeSet<Uri>,
    open: BTreeMap<ExchangeId, Uri>,
}

impl SignOuts {
    pub(super) fn answered(&mut self, exchange: ExchangeId) -> Option<Uri> {
        self.open.remove(&exchange)
    }
}

impl Manager {
    /// Gives the token of a server back, also one that is on its way.
    pub(super) fn sign_out(&mut self, cx: &mut Context<'_>, as_uri: Uri) {
        if !self.tokens.contains_key(&as_uri) && !self.sign_ins.awaits(&as_uri) {
            return self.ended(cx, as_uri);
        }
        self.sign_outs.waiting.insert(as_uri.clone());
        self.sign_out_goes_on(cx, &as_uri);
    }

    /// A token came or did not, or a link moved: what waits for it goes on.
    pub(super) fn sign_out_goes_on(&mut self, cx: &mut Context<'_>, as_uri: &Uri) {
        if !self.sign_outs.waiting.contains(as_uri) || self.sign_ins.awaits(as_uri) {
            return;
        }
        if !self.tokens.contains_key(as_uri) {
            return self.ended(cx, as_uri.clone());
        }
        if let Some(link) = self.link(cx, as_uri) {
            self.revoke(cx, as_uri, &link);
        }
    }

    fn revoke(&mut self, cx: &mut Context<'_>, as_uri: &Uri, link: &Ready) {
        let Some(held) = self.tokens.get(as_uri) else { return };
        let Some(to) = link.configuration.revocation_endpoint.clone() else {
            return self.not_ended(cx, as_uri, "the authorization server takes no token back");
        };
        let request = RevocationRequest { token: held.token.clone(), hint: Some("access_token".into()) };
        let credentials = link.proven(cx);
        let exchange = cx.send(Call { to, credentials, cookie: None, message: Request::Revoke(request) });
        self.sign_outs.waiting.remove(as_uri);
        self.sign_outs.open.insert(exchange, as_uri.clone());
    }

    /// The answer of the server, or none.
    pub(super) fn revocation_answered(&mut self, cx: &mut Context<'_>, as_uri: Uri, message: Option<Response>) {
        match message {
            Some(Response::Revoked) => {
                self.record(cx, Fact::OwnerTokenDropped { as_uri: as_uri.clone() });
                self.ended(cx, as_uri);
            }
            Some(other) => self.not_ended(cx, &as_uri, &format!("the authorization server answered {}", other.word())),
            None => self.not_ended(cx, &as_uri, "no answer from the authorization server"),
        }
    }

    fn ended(&mut self, cx: &mut Context<'_>, as_uri: Uri) {
        self.sign_outs.waiting.remove(&as_uri);
        cx.note(Note::OwnerSession { as_uri, outcome: OwnerSession::Ended });
    }

    /// The token stays good, and why.
    pub(super) fn not_ended(&mut self, cx: &mut Context<'_>, as_uri: &Uri, why: &str) {
        self.sign_outs.waiting.remove(as_uri);
        let outcome = OwnerSession::NotEnded { why: Text::from(why) };
        cx.note(Note::OwnerSession { as_uri: as_uri.clone(), outcome });
    }

    /// True while a token of that server is to be given back.
    pub(super) fn signs_out(&self, as_uri: &Uri) -> bool {
        self.sign_outs.waiting.contains(as_uri)
    }
}
