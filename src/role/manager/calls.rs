//! What the owner has the program do: one request at the owners' API, or a list first and then what is to be done with
//! each of it.

use super::Manager;
use crate::message::ExchangeId;
use crate::role::act::PolicyDraft;
use crate::role::link::Moved;
use crate::role::{Context, Machine};
use crate::trace::note::OwnerSession;
use crate::trace::{Fact, Note};
use crate::wire::page::PendingRequest;
use crate::wire::{Call, Credentials, DecodeError, OwnerAnswer, OwnerCall, PolicyId, Request, Response, Text, Uri};
use std::collections::BTreeMap;

/// What is asked now, and what the owner was shown; a crash forgets both.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    open: BTreeMap<ExchangeId, Errand>,
    /// What waits for a link.
    unlinked: Vec<(Errand, OwnerCall)>,
    shown: BTreeMap<Uri, Vec<PendingRequest>>,
}

/// What an answer is for.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    as_uri: Uri,
    then: Then,
}

#[derive(Clone, Debug)]
enum Then {
    /// The owner looks at it.
    Look,
    /// The list of resources says what the names in a policy stand for.
    SetPolicy(PolicyDraft),
    /// Each of the list is decided.
    AnswerAll { approve: bool },
    /// The clients of that name are withdrawn.
    WithdrawNamed(Text),
}

impl Calls {
    pub(super) fn answered(&mut self, exchange: ExchangeId) -> Option<Errand> {
        self.open.remove(&exchange)
    }
}

impl Manager {
    /// One request.
    pub(super) fn manage(&mut self, cx: &mut Context<'_>, as_uri: Uri, call: OwnerCall) {
        self.ask(cx, as_uri, call, Then::Look);
    }

    pub(super) fn set_policy(&mut self, cx: &mut Context<'_>, as_uri: Uri, draft: PolicyDraft) {
        self.ask(cx, as_uri, OwnerCall::ListResources, Then::SetPolicy(draft));
    }

    pub(super) fn remove_policy(&mut self, cx: &mut Context<'_>, as_uri: Uri, id: PolicyId) {
        self.ask(cx, as_uri, OwnerCall::WithdrawPolicy { id, if_match: None }, Then::Look);
    }

    /// Decides what the owner was shown, or what waits now where nothing was shown.
    pub(super) fn answer_requests(&mut self, cx: &mut Context<'_>, as_uri: Uri, approve: bool) {
        match self.calls.shown.remove(&as_uri) {
            Some(shown) => self.answer_all(cx, &as_uri, shown, approve),
            None => self.ask(cx, as_uri, OwnerCall::ListRequests, Then::AnswerAll { approve }),
        }
    }

    pub(super) fn withdraw_approval(&mut self, cx: &mut Context<'_>, as_uri: Uri, client_name: Text) {
        self.ask(cx, as_uri, OwnerCall::ListClients, Then::WithdrawNamed(client_name));
    }

    fn answer_all(&mut self, cx: &mut Context<'_>, as_uri: &Uri, requests: Vec<PendingRequest>, approve: bool) {
        for request in requests {
            self.ask(cx, as_uri.clone(), OwnerCall::AnswerRequest { id: request.id, approve }, Then::Look);
        }
    }

    fn ask(&mut self, cx: &mut Context<'_>, as_uri: Uri, call: OwnerCall, then: Then) {
        let live = self.tokens.get(&as_uri).filter(|held| held.expires_at.is_none_or(|ends| cx.at < ends));
        let Some(token) = live.map(|held| held.token.clone()) else {
            return cx.note(Note::OwnerSession { as_uri, outcome: OwnerSession::Needed });
        };
        let Some(link) = self.link(cx, &as_uri) else {
            return self.calls.unlinked.push((Errand { as_uri, then }, call));
        };
        let Some(to) = link.configuration.owner_endpoint.clone() else {
            return no_api(cx, as_uri, "the authorization server has no owners' API");
        };
        let credentials = Credentials::Bearer(token);
        let exchange = cx.send(Call { to, credentials, cookie: None, message: Request::Owner(call) });
        self.calls.open.insert(exchange, Errand { as_uri, then });
    }

    /// A link moved: what waits for it goes on, or is told why not.
    pub(super) fn calls_linked(&mut self, cx: &mut Context<'_>, moved: &Moved) {
        if let Moved::Asking(_) = moved {
            return;
        }
        let (waiting, others) = std::mem::take(&mut self.calls.unlinked)
            .into_iter()
            .partition(|(errand, _): &(Errand, _)| errand.as_uri == *moved.issuer());
        self.calls.unlinked = others;
        for (Errand { as_uri, then }, call) in waiting {
            match moved {
                Moved::Forward(_) | Moved::Registered(..) | Moved::Asking(_) => self.ask(cx, as_uri, call, then),
                Moved::Stuck(_, why) | Moved::OtherRevision(_, why) => no_api(cx, as_uri, why),
            }
        }
    }

    /// The answer to a request.
    pub(super) fn call_answered(
        &mut self,
        cx: &mut Context<'_>,
        Errand { as_uri, then }: Errand,
        message: Result<Response, DecodeError>,
    ) {
        let answer = match message {
            Ok(Response::Owner(answer)) => answer,
            Ok(Response::Failure(failure)) if failure.status == 401 => return self.token_is_void(cx, as_uri),
            // Whoever wanted it sees the refusal and decides.
            Ok(_) | Err(_) => return,
        };
        match (then, answer) {
            (Then::SetPolicy(draft), OwnerAnswer::Resources(owned)) => {
                // A name that nothing has leaves the policy unsaid.
                if let Ok(policy) = draft.policy(&owned) {
                    self.ask(cx, as_uri, OwnerCall::SetPolicy { policy, only_if: None }, Then::Look);
                }
            }
            (Then::AnswerAll { approve }, OwnerAnswer::Requests(requests)) => {
                self.answer_all(cx, &as_uri, requests, approve);
            }
            (Then::WithdrawNamed(name), OwnerAnswer::Clients(clients)) => {
                for client in clients.into_iter().filter(|client| client.name.as_ref() == Some(&name)) {
                    let call = OwnerCall::WithdrawApproval { client_id: client.client_id };
                    self.ask(cx, as_uri.clone(), call, Then::Look);
                }
            }
            (Then::Look, OwnerAnswer::Requests(requests)) => {
                self.calls.shown.insert(as_uri, requests);
            }
            (Then::Look | Then::SetPolicy(_) | Then::AnswerAll { .. } | Then::WithdrawNamed(_), _) => {}
        }
    }

    // RFC 6750 §3.1: what is void stays void; the owner signs in again.
    fn token_is_void(&mut self, cx: &mut Context<'_>, as_uri: Uri) {
        self.record(cx, Fact::OwnerTokenDropped { as_uri: as_uri.clone() });
        cx.note(Note::OwnerSession { as_uri, outcome: OwnerSession::Needed });
    }
}

fn no_api(cx: &mut Context<'_>, as_uri: Uri, why: &str) {
    cx.note(Note::OwnerSession { as_uri, outcome: OwnerSession::NoApi { why: why.into() } });
}
