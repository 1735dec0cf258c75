//! What the operator of a client does with the RPTs it holds: renew them (Grant §3.6), revoke them (Grant §3.7), forget
//! them.

use crate::message::ExchangeId;
use crate::role::client::Client;
use crate::role::client::authorization::token_call;
use crate::role::link::{Moved, Ready};
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::RptHash;
use crate::wire::oauth::{RevocationRequest, TokenRequest};
use crate::wire::{Answer, Call, DecodeError, Request, Response, ScopeSet, Uri};
use std::collections::BTreeMap;

/// Something to be done with one RPT.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    /// Renew it.
    Refresh(RptHash),
    /// Revoke it.
    Revoke(RptHash),
}

/// What is being done, by the answer it waits for, and what waits for a link.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations {
    open: BTreeMap<ExchangeId, Operation>,
    unlinked: Vec<(Uri, Operation)>,
}

impl Operations {
    pub(super) fn answered(&mut self, exchange: ExchangeId) -> Option<Operation> {
        self.open.remove(&exchange)
    }
}

impl Client {
    pub(super) fn refresh_rpts(&mut self, cx: &mut Context<'_>, resource: &Uri) {
        self.operate(cx, resource, Operation::Refresh);
    }

    pub(super) fn revoke_rpts(&mut self, cx: &mut Context<'_>, resource: &Uri) {
        self.operate(cx, resource, Operation::Revoke);
    }

    pub(super) fn forget_rpts(&mut self, cx: &mut Context<'_>) {
        let held: Vec<RptHash> = self.tokens.rpts().map(|held| held.rpt.hashed()).collect();
        for rpt in held {
            self.record(cx, Fact::RptDropped { rpt });
        }
    }

    fn operate(&mut self, cx: &mut Context<'_>, resource: &Uri, operation: fn(RptHash) -> Operation) {
        let for_it = self.tokens.rpts().filter(|held| held.resources.contains(resource));
        let held: Vec<(Uri, RptHash)> = for_it.map(|held| (held.as_uri.clone(), held.rpt.hashed())).collect();
        for (as_uri, rpt) in held {
            self.begin_operation(cx, as_uri, operation(rpt));
        }
    }

    fn begin_operation(&mut self, cx: &mut Context<'_>, as_uri: Uri, operation: Operation) {
        let Some(ready) = self.link(cx, &as_uri) else {
            return self.operations.unlinked.push((as_uri, operation));
        };
        match operation {
            Operation::Refresh(rpt) => self.send_refresh(cx, &ready, rpt),
            Operation::Revoke(rpt) => self.send_revocation(cx, &ready, rpt),
        }
    }

    fn send_refresh(&mut self, cx: &mut Context<'_>, ready: &Ready, rpt: RptHash) {
        let Some(refresh_token) = self.tokens.rpt(&rpt).and_then(|held| held.refresh.clone()) else { return };
        let request = TokenRequest::Refresh { refresh_token, scope: ScopeSet::new() };
        let call = token_call(cx, ready, request);
        let exchange = cx.send(call);
        self.operations.open.insert(exchange, Operation::Refresh(rpt));
    }

    fn send_revocation(&mut self, cx: &mut Context<'_>, ready: &Ready, rpt: RptHash) {
        let Some(token) = self.tokens.rpt(&rpt).map(|held| held.rpt.as_kind()) else { return };
        let Some(to) = ready.configuration.revocation_endpoint.clone() else {
            // Nobody to tell: all that is left is not to use it any more.
            return self.record(cx, Fact::RptDropped { rpt });
        };
        let message = Request::Revoke(RevocationRequest { token, hint: Some("access_token".into()) });
        let credentials = ready.proven(cx);
        let exchange = cx.send(Call { to, credentials, cookie: None, message });
        self.operations.open.insert(exchange, Operation::Revoke(rpt));
    }

    /// A link moved: what waited for it goes on, or is left to the operator.
    /// Not for a link that goes on asking.
    pub(super) fn operations_linked(&mut self, cx: &mut Context<'_>, moved: &Moved) {
        let (waiting, others) =
            std::mem::take(&mut self.operations.unlinked).into_iter().partition(|(as_uri, _)| as_uri == moved.issuer());
        self.operations.unlinked = others;
        let waiting: Vec<(Uri, Operation)> = waiting;
        for (as_uri, operation) in waiting {
            match moved {
                Moved::Forward(_) | Moved::Registered(..) => self.begin_operation(cx, as_uri, operation),
                Moved::OtherRevision(..) | Moved::Asking(_) | Moved::Stuck(..) => {}
            }
        }
    }

    /// The answer to an operation.
    pub(super) fn operation_answered(
        &mut self,
        cx: &mut Context<'_>,
        operation: Operation,
        answer: Result<Answer, DecodeError>,
    ) {
        match (operation, answer.map(|answer| answer.message)) {
            (Operation::Refresh(rpt), Ok(Response::Token(tokens))) => self.renew_rpt(cx, rpt, tokens),
            (Operation::Revoke(rpt), Ok(Response::Revoked)) => self.record(cx, Fact::RptDropped { rpt }),
            // The operator can ask again.
            (Operation::Refresh(_) | Operation::Revoke(_), _) => {}
        }
    }
}
