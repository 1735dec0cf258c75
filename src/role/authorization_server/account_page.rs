//! What a person's own page shows: theirs and nothing else. Nothing is changed here.

use super::account::{Owner, Refusal};
use super::owner_requests::OwnerRequest;
use super::resources::Registered;
use super::rpts::RptRecord;
use super::{AuthorizationServer, history, oauth_calls, oauth_side, scope_descriptions};
use crate::role::Context;
use crate::trace::fact::{GrantedPermission, ResourceKey, Subject};
use crate::wire::page::{AccountChange, AccountPage, AccountView, HistoryEntry, OwnedResource, PendingRequest, Share};
use crate::wire::{PersonId, Text, Timestamp};

/// How many shares one page shows.
const SHARES_SHOWN: usize = 500;

/// Makes a part of the page, with what a form has changed before.
///
/// # Errors
/// When the part is about something that the person does not have.
pub(super) fn make(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &Owner,
    view: AccountView,
    changed: Option<AccountChange>,
) -> Result<AccountPage, Refusal> {
    if !exists(server, &owner.person, &view) {
        return Err(Refusal::Unknown);
    }
    let form = oauth_side::account_key(server, cx, owner);
    let owned = owned(server, &owner.person);
    // D5 §2.4.2: "SHOULD use the scope names and any icons".
    let scopes = scope_descriptions::labels(server, cx.at, owned.iter().flat_map(|resource| &resource.scopes));
    let (server, person) = (&*server, &owner.person);
    Ok(AccountPage {
        form: Some(form),
        person: Some(person.clone()),
        changed,
        resources: owned,
        scopes,
        policies: server.policies.of_owner(person).map(|(policy, _)| policy.clone()).collect(),
        requests: waiting(server, person),
        clients: oauth_side::approved_clients(server, person, cx.at),
        shares: shares(server, person, &view, cx.at),
        history: happened(server, person, &view),
        view,
    })
}

fn exists(server: &AuthorizationServer, person: &PersonId, view: &AccountView) -> bool {
    match view {
        AccountView::Resource { resource_server, id } => {
            let (owner, resource_server) = (person.clone(), resource_server.clone());
            server.resources.get(&ResourceKey { owner, resource_server, id: id.clone() }).is_some()
        }
        AccountView::Policy { id } => server.policies.get(person, id).is_some(),
        AccountView::Overview
        | AccountView::Resources
        | AccountView::Policies
        | AccountView::Shares
        | AccountView::Requests
        | AccountView::Clients
        | AccountView::History => true,
    }
}

/// What a person owns.
pub(super) fn owned(server: &AuthorizationServer, person: &PersonId) -> Vec<OwnedResource> {
    server.resources.of_owner(person).map(|found| shown(server, found)).collect()
}

/// What waits for a person.
pub(super) fn waiting(server: &AuthorizationServer, person: &PersonId) -> Vec<PendingRequest> {
    server.owner_requests.pending(person).map(|asked| pending(server, asked)).collect()
}

fn shown(server: &AuthorizationServer, (key, registered): (ResourceKey, &Registered)) -> OwnedResource {
    let description = &registered.description;
    OwnedResource {
        resource_server_name: oauth_calls::client_name(server, &key.resource_server),
        id: key.id,
        resource_server: key.resource_server,
        name: description.name.clone(),
        type_: description.type_.clone(),
        scopes: description.scopes.clone(),
        etag: registered.etag.clone(),
    }
}

fn resource_name(server: &AuthorizationServer, key: &ResourceKey) -> Option<Text> {
    server.resources.get(key)?.description.name.clone()
}

fn pending(server: &AuthorizationServer, (request, asked): (&Text, &OwnerRequest)) -> PendingRequest {
    PendingRequest {
        id: request.clone(),
        client_id: asked.client.clone(),
        client_name: oauth_calls::client_name(server, &asked.client),
        requesting_party: asked.subjects.first().map(|subject| Text::from(subject.person.as_str())),
        resource_id: asked.resource.id.clone(),
        resource_name: resource_name(server, &asked.resource),
        scopes: asked.scopes.clone(),
    }
}

// A list of all resources shows all; the page of one resource only what is about it; the others nothing.
fn is_about(view: &AccountView, all: &AccountView, key: &ResourceKey) -> bool {
    match view {
        AccountView::Resource { resource_server, id } => key.resource_server == *resource_server && key.id == *id,
        other => other == all,
    }
}

/// Who has access now, where the view shows it. Times as they travel, in whole seconds.
pub(super) fn shares(
    server: &AuthorizationServer,
    person: &PersonId,
    view: &AccountView,
    now: Timestamp,
) -> Vec<Share> {
    if !matches!(view, AccountView::Shares | AccountView::Resource { .. }) {
        return Vec::new();
    }
    let live =
        server.rpts.of_owner(person, now).flat_map(|record| record.permissions.iter().map(move |one| (record, one)));
    let theirs = live.filter(|(_, granted)| granted.resource.owner == *person);
    let about = theirs.filter(|(_, granted)| is_about(view, &AccountView::Shares, &granted.resource));
    let mut shares: Vec<Share> = about.filter_map(|(record, granted)| share(server, record, granted, now)).collect();
    shares.sort_by(|one, other| other.since.cmp(&one.since).then_with(|| one.client_id.cmp(&other.client_id)));
    shares.truncate(SHARES_SHOWN);
    shares
}

fn share(
    server: &AuthorizationServer,
    record: &RptRecord,
    granted: &GrantedPermission,
    now: Timestamp,
) -> Option<Share> {
    let until = granted.permission.expires_at.map_or(record.expires_at, |ends| ends.min(record.expires_at));
    (now < until).then(|| Share {
        client_id: record.client.clone(),
        client_name: oauth_calls::client_name(server, &record.client),
        requesting_parties: people(&granted.subjects),
        resource_server: granted.resource.resource_server.clone(),
        resource_id: granted.resource.id.clone(),
        resource_name: resource_name(server, &granted.resource),
        scopes: granted.permission.scopes.clone(),
        since: granted.granted_at,
        until,
        policies: granted.policies.iter().map(|(policy, _)| policy.clone()).collect(),
    })
}

/// Persons as a page names them.
fn people(subjects: &[Subject]) -> Vec<Text> {
    subjects.iter().map(|subject| subject.person.as_str().into()).collect()
}

/// What happened, where the view shows it.
pub(super) fn happened(server: &AuthorizationServer, person: &PersonId, view: &AccountView) -> Vec<HistoryEntry> {
    if !matches!(view, AccountView::History | AccountView::Resource { .. }) {
        return Vec::new();
    }
    let newest_first = server.history.of_owner(person).filter(|entry| !entry.is_open(&server.owner_requests));
    let about = newest_first.filter(|entry| is_about(view, &AccountView::History, &entry.resource));
    about.map(|entry| told(server, entry)).collect()
}

fn told(server: &AuthorizationServer, entry: &history::Entry) -> HistoryEntry {
    HistoryEntry {
        at: entry.at,
        client_id: entry.client.clone(),
        client_name: entry.client.as_ref().and_then(|client| oauth_calls::client_name(server, client)),
        requesting_parties: people(&entry.subjects),
        resource_server: entry.resource.resource_server.clone(),
        resource_id: entry.resource.id.clone(),
        resource_name: resource_name(server, &entry.resource),
        scopes: entry.scopes.clone(),
        outcome: entry.outcome,
    }
}
