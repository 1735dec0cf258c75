//! A signed-in person's own page: resources, policies, pending requests, approved clients, and the forms on it (Grant
//! §1.2, the resource owner; the texts leave all of it open). Every change needs a session and the page's form key.

use super::{AuthorizationServer, oauth_side, policies, withdrawal};
use crate::message::Arrival;
use crate::role::rule::Broken;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{ResourceKey, SessionHash};
use crate::wire::page::{AccountPage, Form, OwnedResource, Page};
use crate::wire::{Answer, FormKey, PersonId, Request, Response, Text, Uri};

use super::resources::Registered;

/// A person who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) person: PersonId,
    pub(super) session: SessionHash,
}

/// Why a form changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It speaks of something that does not exist.
    Unknown,
    /// It is not for this person, or not from this person's page.
    Broken(Broken),
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// Where the page is: also the place to set policies for a resource (`policy_uri`, `user_access_policy_uri`).
pub(super) fn uri(server: &AuthorizationServer) -> Uri {
    server.config.issuer.with_path("/account")
}

/// Shows the page, after signing in.
pub(super) fn show(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival) -> Answer {
    match oauth_side::signed_in(server, cx, arrival.cookie.as_ref()) {
        Some(owner) => page(server, cx, &owner),
        None => ask_sign_in(server, cx, arrival),
    }
}

/// Takes a form of the page.
pub(super) fn submit(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, form: Form) -> Answer {
    let Some(owner) = oauth_side::signed_in(server, cx, arrival.cookie.as_ref()) else {
        return ask_sign_in(server, cx, arrival);
    };
    match change(server, cx, &owner, form) {
        Ok(()) => page(server, cx, &owner),
        Err(refusal) => notice(&refusal),
    }
}

// What a form without a session asked for is dropped: it may not be this person's wish.
fn ask_sign_in(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival) -> Answer {
    let resume_at = uri(server);
    oauth_side::ask_sign_in(server, cx, arrival, Request::GetAccount, resume_at)
}

fn change(server: &mut AuthorizationServer, cx: &mut Context<'_>, owner: &Owner, form: Form) -> Result<(), Refusal> {
    match form {
        Form::SetPolicy { form, policy } => {
            require_form_key(server, cx, owner, &form)?;
            policies::set(server, cx, owner, policy)
        }
        Form::RemovePolicy { form, policy } => {
            require_form_key(server, cx, owner, &form)?;
            policies::remove(server, cx, owner, policy)
        }
        Form::AnswerRequest { form, request, approve } => {
            require_form_key(server, cx, owner, &form)?;
            answer_request(server, cx, owner, request, approve)
        }
        Form::WithdrawApproval { form, client_id } => {
            require_form_key(server, cx, owner, &form)?;
            withdrawal::of_approval(server, cx, &owner.person, &client_id);
            Ok(())
        }
        Form::SignIn { .. } | Form::Consent { .. } | Form::GiveClaims { .. } => Err(Refusal::Unknown),
    }
}

fn require_form_key(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &Owner,
    form: &FormKey,
) -> Result<(), Broken> {
    let holds = oauth_side::is_account_key(server, &owner.session, form);
    cx.require(Rule::FormKeyMatches, holds).map(|_| ())
}

fn answer_request(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &Owner,
    request: Text,
    approved: bool,
) -> Result<(), Refusal> {
    let asked = server.owner_requests.owner(&request).ok_or(Refusal::Unknown)?;
    cx.require(Rule::AnswerOfOwner, *asked == owner.person)?;
    server.record(cx, Fact::OwnerAnswered { request, owner: owner.person.clone(), approved });
    Ok(())
}

fn page(server: &mut AuthorizationServer, cx: &mut Context<'_>, owner: &Owner) -> Answer {
    let form = oauth_side::account_key(server, cx, &owner.session);
    let page = AccountPage {
        form: Some(form),
        resources: server.resources.of_owner(&owner.person).map(owned).collect(),
        policies: server.policies.of_owner(&owner.person).map(|(policy, _)| policy.clone()).collect(),
        requests: server.owner_requests.pending(&owner.person),
        clients: oauth_side::approved_clients(server, &owner.person),
    };
    Response::Page(Page::Account(page)).into()
}

fn owned((key, registered): (&ResourceKey, &Registered)) -> OwnedResource {
    let description = &registered.description;
    OwnedResource {
        id: key.id.clone(),
        resource_server: key.resource_server.clone(),
        name: description.name.clone(),
        type_: description.type_.clone(),
        scopes: description.scopes.clone(),
        etag: registered.etag.clone(),
    }
}

fn notice(refusal: &Refusal) -> Answer {
    let (status, text) = match refusal {
        Refusal::Unknown => (404, "there is no such thing".into()),
        Refusal::Broken(broken) => (403, format!("not allowed: {}", broken.0)),
    };
    Response::Page(Page::Notice { status, text: text.into() }).into()
}
