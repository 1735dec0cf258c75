//! Things of the account page as their templates want them: text, paths, tones.

use super::frame::Frame;
use super::words;
use crate::wire::page::{AccountPage, AccountView, ApprovedClient, HistoryEntry, OwnedResource, PendingRequest, Share};
use crate::wire::{ClientId, Policy, PolicyTarget, ResourceId, Text};

/// A link in the navigation.
pub(super) struct NavItem {
    pub(super) path: String,
    pub(super) label: &'static str,
    pub(super) current: bool,
    pub(super) count: usize,
}

/// A number that leads somewhere.
pub(super) struct Tile {
    pub(super) path: String,
    pub(super) label: &'static str,
    pub(super) count: usize,
}

pub(super) struct ResourceCard {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) server: String,
    pub(super) kind: Option<String>,
    pub(super) scopes: Vec<String>,
}

pub(super) struct PolicyCard {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) target: String,
    pub(super) scopes: Vec<String>,
    pub(super) condition: String,
}

pub(super) struct PolicyLink {
    pub(super) path: String,
    pub(super) name: String,
}

pub(super) struct RequestCard {
    pub(super) id: String,
    pub(super) who: String,
    pub(super) client: String,
    pub(super) resource: String,
    pub(super) resource_path: String,
    pub(super) scopes: Vec<String>,
}

pub(super) struct ShareCard {
    pub(super) who: String,
    pub(super) client: String,
    pub(super) resource: String,
    pub(super) resource_path: String,
    pub(super) scopes: Vec<String>,
    pub(super) since: String,
    pub(super) until: String,
    pub(super) policies: Vec<PolicyLink>,
}

pub(super) struct ClientCard {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    pub(super) asserted: bool,
}

pub(super) struct HistoryCard {
    pub(super) who: String,
    pub(super) client: String,
    pub(super) resource: String,
    pub(super) resource_path: String,
    pub(super) at: String,
    pub(super) scopes: Vec<String>,
    pub(super) outcome: &'static str,
    pub(super) tone: &'static str,
    pub(super) why: &'static str,
}

fn scopes(set: &crate::wire::ScopeSet) -> Vec<String> {
    words::scopes(set).into_iter().map(str::to_owned).collect()
}

fn resource_path(frame: &Frame, resource_server: &ClientId, id: &ResourceId) -> String {
    frame.path(&AccountView::Resource { resource_server: resource_server.clone(), id: id.clone() })
}

fn called(name: Option<&Text>, id: &ResourceId) -> String {
    name.map_or_else(|| id.as_str().to_owned(), |name| name.to_string())
}

pub(super) fn resource(frame: &Frame, one: &OwnedResource) -> ResourceCard {
    ResourceCard {
        id: one.id.as_str().to_owned(),
        path: resource_path(frame, &one.resource_server, &one.id),
        name: called(one.name.as_ref(), &one.id),
        server: words::client(one.resource_server_name.as_deref(), &one.resource_server).to_owned(),
        kind: one.type_.as_ref().map(ToString::to_string),
        scopes: scopes(&one.scopes),
    }
}

pub(super) fn policy(frame: &Frame, account: &AccountPage, one: &Policy) -> PolicyCard {
    let name_of = |id: &str| {
        let found = account.resources.iter().find(|resource| resource.id.as_str() == id);
        found.and_then(|resource| resource.name.as_deref()).unwrap_or(id).to_owned()
    };
    PolicyCard {
        path: frame.path(&AccountView::Policy { id: one.id.clone() }),
        name: one.id.as_str().to_owned(),
        target: words::target(one, name_of),
        scopes: scopes(&one.scopes),
        condition: words::condition(&one.condition),
    }
}

/// True when a policy speaks about a resource.
pub(super) fn is_about(policy: &Policy, resource: &OwnedResource) -> bool {
    match &policy.target {
        PolicyTarget::AllResources => true,
        PolicyTarget::Type(type_) => resource.type_.as_ref() == Some(type_),
        PolicyTarget::Resources(ids) => ids.contains(&resource.id),
    }
}

pub(super) fn request(frame: &Frame, account: &AccountPage, one: &PendingRequest) -> RequestCard {
    // A request names no resource server; where two have that identifier, the list of all tells them apart.
    let mut same = account.resources.iter().filter(|resource| resource.id == one.resource_id);
    let path = match (same.next(), same.next()) {
        (Some(only), None) => resource_path(frame, &only.resource_server, &only.id),
        _ => frame.path(&AccountView::Resources),
    };
    RequestCard {
        id: one.id.to_string(),
        who: words::people(one.requesting_party.as_slice()),
        client: words::client(one.client_name.as_deref(), &one.client_id).to_owned(),
        resource: called(one.resource_name.as_ref(), &one.resource_id),
        resource_path: path,
        scopes: scopes(&one.scopes),
    }
}

pub(super) fn share(frame: &Frame, one: &Share) -> ShareCard {
    let link = |id: &crate::wire::PolicyId| PolicyLink {
        path: frame.path(&AccountView::Policy { id: id.clone() }),
        name: id.as_str().to_owned(),
    };
    ShareCard {
        who: words::people(&one.requesting_parties),
        client: words::client(one.client_name.as_deref(), &one.client_id).to_owned(),
        resource: called(one.resource_name.as_ref(), &one.resource_id),
        resource_path: resource_path(frame, &one.resource_server, &one.resource_id),
        scopes: scopes(&one.scopes),
        since: words::time(one.since),
        until: words::time(one.until),
        policies: one.policies.iter().map(link).collect(),
    }
}

pub(super) fn client(one: &ApprovedClient) -> ClientCard {
    ClientCard {
        id: one.client_id.as_str().to_owned(),
        name: words::client(one.name.as_deref(), &one.client_id).to_owned(),
        scopes: scopes(&one.scope),
        asserted: one.asserted,
    }
}

pub(super) fn history(frame: &Frame, one: &HistoryEntry) -> HistoryCard {
    let (outcome, tone, why) = words::outcome(one.outcome);
    let client = one.client_id.as_ref().map(|id| words::client(one.client_name.as_deref(), id).to_owned());
    HistoryCard {
        who: words::people(&one.requesting_parties),
        client: client.unwrap_or_else(|| "a client that did not say its name".to_owned()),
        resource: called(one.resource_name.as_ref(), &one.resource_id),
        resource_path: resource_path(frame, &one.resource_server, &one.resource_id),
        at: one.at.map(words::time).unwrap_or_default(),
        scopes: scopes(&one.scopes),
        outcome,
        tone,
        why,
    }
}
