//! What an owner does on the account page of an authorization server: policies, pending requests, approvals.

use crate::role::Context;
use crate::role::act::PolicyDraft;
use crate::role::person::Person;
use crate::role::person::browser::{Tab, saw};
use crate::wire::page::{AccountPage, Form};
use crate::wire::{FormKey, PolicyId, Text, Uri};
use std::collections::VecDeque;

/// What a tab was opened for.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    /// To see what comes.
    Look,
    /// To set a policy.
    SetPolicy(PolicyDraft),
    /// To remove a policy.
    RemovePolicy(PolicyId),
    /// To decide every request that waits.
    AnswerRequests {
        /// Yes or no.
        approve: bool,
    },
    /// To withdraw the approval of the clients of that name.
    WithdrawApproval {
        /// The name they registered with.
        client_name: Text,
    },
    /// To end the session.
    SignOut,
    /// To sign in to an account without knowing its password.
    Guess {
        /// Whose.
        username: Text,
        /// How many guesses are left.
        left: u32,
    },
}

/// Why an errand cannot be done with this page.
struct NotHere(&'static str);

impl Person {
    /// The account page: fills in the forms of the errand, or sends the next one, or is done.
    pub(super) fn at_account(&mut self, cx: &mut Context<'_>, mut tab: Tab, at: &Uri, page: &AccountPage) {
        let mut left = match (tab.forms.take(), &page.form) {
            (Some(left), _) => left,
            (None, Some(key)) => match forms(&tab.errand, page, key) {
                Ok(forms) => forms,
                Err(NotHere(what)) => return saw(cx, at, 404, what),
            },
            (None, None) => return saw(cx, at, 403, "nothing can be changed here"),
        };
        let next = left.pop_front();
        tab.forms = Some(left);
        match next {
            Some(form) => self.submit(cx, tab, at, form),
            None => saw(cx, at, 200, shown(page)),
        }
    }
}

// The page, and what scopes are called on it.
fn shown(page: &AccountPage) -> String {
    let names: Vec<&str> = page.scopes.iter().map(|label| &*label.name).collect();
    if names.is_empty() { "account".to_owned() } else { format!("account: {}", names.join(", ")) }
}

fn forms(errand: &Errand, page: &AccountPage, key: &FormKey) -> Result<VecDeque<Form>, NotHere> {
    match errand {
        Errand::Look | Errand::Guess { .. } => Ok(VecDeque::new()),
        Errand::SignOut => Ok(VecDeque::from([Form::SignOut { form: key.clone() }])),
        Errand::SetPolicy(draft) => {
            let policy = draft.policy(&page.resources).map_err(|_| NotHere("no such resource"))?;
            Ok(VecDeque::from([Form::SetPolicy { form: key.clone(), policy }]))
        }
        Errand::RemovePolicy(policy) if page.policies.iter().any(|known| known.id == *policy) => {
            Ok(VecDeque::from([Form::RemovePolicy { form: key.clone(), policy: policy.clone() }]))
        }
        Errand::RemovePolicy(_) => Err(NotHere("no such policy")),
        Errand::AnswerRequests { approve } => Ok(answers(*approve, page, key)),
        Errand::WithdrawApproval { client_name } => withdrawals(client_name, page, key),
    }
}

fn answers(approve: bool, page: &AccountPage, key: &FormKey) -> VecDeque<Form> {
    let answer = |request: Text| Form::AnswerRequest { form: key.clone(), request, approve };
    page.requests.iter().map(|pending| answer(pending.id.clone())).collect()
}

fn withdrawals(client_name: &Text, page: &AccountPage, key: &FormKey) -> Result<VecDeque<Form>, NotHere> {
    let named = page.clients.iter().filter(|client| client.name.as_ref() == Some(client_name));
    let forms: VecDeque<Form> =
        named.map(|client| Form::WithdrawApproval { form: key.clone(), client_id: client.client_id.clone() }).collect();
    if forms.is_empty() { Err(NotHere("no such client")) } else { Ok(forms) }
}
