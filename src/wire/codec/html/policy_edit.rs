//! A policy as the fields of a form, where they can say it; as JSON where they cannot.

use super::words::{EVER, FOREVER, field_time};
use crate::wire::page::{AccountPage, AccountView, OwnedResource};
use crate::wire::{Policy, PolicyCondition, PolicyTarget};
use std::collections::BTreeSet;

/// A box to tick.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) checked: bool,
}

/// What the form shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Edit {
    /// The prefix of the names of its parts.
    pub(super) id: &'static str,
    /// True for a policy that does not exist yet.
    pub(super) new: bool,
    pub(super) name: String,
    /// Filled for a policy that the fields cannot say.
    pub(super) json: Option<String>,
    pub(super) target: &'static str,
    pub(super) resources: Vec<Choice>,
    pub(super) types: Vec<Choice>,
    pub(super) scopes: Vec<Choice>,
    pub(super) who: &'static str,
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) claim_name: String,
    pub(super) claim_value: String,
    pub(super) claim_issuer: String,
    pub(super) claim_age: String,
    pub(super) ask_me: bool,
    pub(super) client: String,
    pub(super) from: String,
    pub(super) until: String,
}

/// A form for a new policy, about one resource where the page is that resource's.
pub(super) fn new(account: &AccountPage, origin: &str) -> Edit {
    let about = account.resources.iter().find(|resource| is_shown(account, resource));
    let ticked = |resource: &OwnedResource| about.is_some_and(|one| one.id == resource.id);
    let offered = |scope: &str| about.is_none_or(|one| one.scopes.iter().any(|known| known.as_str() == scope));
    let mut edit =
        Edit { id: "new", new: true, target: "resources", who: "person", issuer: origin.to_owned(), ..blank(account) };
    for (choice, resource) in edit.resources.iter_mut().zip(&account.resources) {
        choice.checked = ticked(resource);
    }
    edit.scopes.retain(|choice| offered(&choice.value));
    edit
}

/// True for the resource whose page it is.
pub(super) fn is_shown(account: &AccountPage, resource: &OwnedResource) -> bool {
    matches!(&account.view, AccountView::Resource { resource_server, id }
        if resource.resource_server == *resource_server && resource.id == *id)
}

/// A form for a policy that exists.
pub(super) fn of(account: &AccountPage, policy: &Policy, origin: &str) -> Edit {
    let mut edit =
        Edit { id: "edit", name: policy.id.as_str().to_owned(), issuer: origin.to_owned(), ..blank(account) };
    tick_target(&mut edit, &policy.target);
    tick(&mut edit.scopes, policy.scopes.iter().map(|scope| scope.as_str()));
    if !fill(&mut edit, &policy.condition) {
        edit.json = serde_json::to_string_pretty(policy).ok();
    }
    edit
}

fn blank(account: &AccountPage) -> Edit {
    let label = |one: &OwnedResource| one.name.as_deref().unwrap_or(one.id.as_str()).to_owned();
    let resources = account.resources.iter();
    let resources =
        resources.map(|one| Choice { value: one.id.as_str().to_owned(), label: label(one), checked: false });
    let types: BTreeSet<&str> = account.resources.iter().filter_map(|one| one.type_.as_deref()).collect();
    let scopes = account.resources.iter().flat_map(|one| &one.scopes).map(|scope| scope.as_str());
    let scopes: BTreeSet<&str> = scopes.collect();
    let choice = |word: &str| Choice { value: word.to_owned(), label: word.to_owned(), checked: false };
    Edit {
        resources: resources.collect(),
        types: types.into_iter().map(choice).collect(),
        scopes: scopes.into_iter().map(choice).collect(),
        ..Edit::default()
    }
}

// What is ticked and not on offer any more, such as a resource that is gone, is offered once more.
fn tick<'a>(choices: &mut Vec<Choice>, values: impl Iterator<Item = &'a str>) {
    for value in values {
        match choices.iter_mut().find(|choice| choice.value == value) {
            Some(choice) => choice.checked = true,
            None => choices.push(Choice { value: value.to_owned(), label: value.to_owned(), checked: true }),
        }
    }
}

fn tick_target(edit: &mut Edit, target: &PolicyTarget) {
    match target {
        PolicyTarget::AllResources => edit.target = "all",
        PolicyTarget::Type(type_) => {
            edit.target = "type";
            tick(&mut edit.types, std::iter::once(&**type_));
        }
        PolicyTarget::Resources(ids) => {
            edit.target = "resources";
            tick(&mut edit.resources, ids.iter().map(|id| id.as_str()));
        }
    }
}

// False when the fields cannot say it.
fn fill(edit: &mut Edit, condition: &PolicyCondition) -> bool {
    let parts = match condition {
        PolicyCondition::All(parts) if parts.len() > 1 => parts.as_slice(),
        PolicyCondition::All(_) => return false,
        one => std::slice::from_ref(one),
    };
    let only = parts.len() == 1;
    if !parts.iter().all(|part| fill_part(edit, part, only)) {
        return false;
    }
    if edit.who.is_empty() {
        edit.who = "anyone";
    }
    true
}

// Each field can say one thing once, in whole minutes, and an empty one says nothing.
fn fill_part(edit: &mut Edit, part: &PolicyCondition, only: bool) -> bool {
    match part {
        PolicyCondition::Anyone => only,
        PolicyCondition::RequestingParty { issuer, subject } if edit.who.is_empty() => {
            edit.who = "person";
            set(&mut edit.subject, subject.as_str()) && set(&mut edit.issuer, issuer.as_str())
        }
        PolicyCondition::Claim { name, value, issuer, max_age_secs } if edit.who.is_empty() => {
            edit.who = "claim";
            edit.claim_age = max_age_secs.map(|secs| secs.to_string()).unwrap_or_default();
            let named = set(&mut edit.claim_name, name.as_str()) && set(&mut edit.claim_value, value);
            named && issuer.as_ref().is_none_or(|issuer| set(&mut edit.claim_issuer, issuer.as_str()))
        }
        PolicyCondition::Client(client) if edit.client.is_empty() => set(&mut edit.client, client.as_str()),
        PolicyCondition::Between { from, until } if edit.from.is_empty() && edit.until.is_empty() => {
            let sayable = |at: &crate::wire::Timestamp| at.0.is_multiple_of(60_000_000) && *at < FOREVER;
            if *from != EVER {
                edit.from = field_time(*from);
            }
            if *until != FOREVER {
                edit.until = field_time(*until);
            }
            sayable(from)
                && (sayable(until) || *until == FOREVER)
                && from < until
                && (*from != EVER || *until != FOREVER)
        }
        PolicyCondition::OwnerApproves if !edit.ask_me => {
            edit.ask_me = true;
            true
        }
        PolicyCondition::RequestingParty { .. }
        | PolicyCondition::Claim { .. }
        | PolicyCondition::Client(_)
        | PolicyCondition::Between { .. }
        | PolicyCondition::OwnerApproves
        | PolicyCondition::SignedInWith(_)
        | PolicyCondition::All(_)
        | PolicyCondition::Any(_) => false,
    }
}

// A text field of one line keeps neither line breaks nor emptiness.
fn set(field: &mut String, text: &str) -> bool {
    text.clone_into(field);
    !text.is_empty() && !text.contains(['\n', '\r'])
}
