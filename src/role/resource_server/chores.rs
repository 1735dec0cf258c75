//! The single steps of resource registration: what each asks, and what its answer means (FedAuthz §3.2; RSR draft-00
//! §2.3). Knows nothing of order, PATs or retries.

use crate::role::resource_server::pats::PatKey;
use crate::role::resource_server::protection::{Mapping, Standing};
use crate::role::resource_server::{ResourceServer, dialect};
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::wire::registration::RegisteredResource;
use crate::wire::{ETag, Request, ResourceDescription, ResourceId, Response, ScopeSet, Text};
use std::collections::BTreeSet;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chore {
    /// Find out what is registered there, and what has to be done about it.
    List,
    /// Register a resource.
    Create(Text),
    /// Replace the description of a resource.
    Update(Text),
    /// Find out the revision of a resource that is there, and update it.
    Adopt(Text),
    /// Find out the revision of something that is not ours any more, and delete it.
    Examine(ResourceId),
    /// Deregister.
    Delete(ResourceId, Option<ETag>),
}

impl Chore {
    /// The resource it is about, where it is about one that is here.
    pub(super) fn path(&self) -> Option<&Text> {
        match self {
            Self::Create(path) | Self::Update(path) | Self::Adopt(path) => Some(path),
            Self::List | Self::Examine(_) | Self::Delete(..) => None,
        }
    }

    /// True for a step that changes nothing there.
    pub(super) fn reads(&self) -> bool {
        match self {
            Self::List | Self::Adopt(_) | Self::Examine(_) => true,
            Self::Create(_) | Self::Update(_) | Self::Delete(..) => false,
        }
    }
}

/// A step that is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// What follows from it.
    pub next: Vec<Chore>,
}

impl Done {
    fn then(chore: Chore) -> Option<Self> {
        Some(Self { next: vec![chore] })
    }
}

/// The fact about a mapping.
pub(super) fn mapped(path: &Text, key: &PatKey, id: Option<ResourceId>, etag: Option<ETag>, scopes: ScopeSet) -> Fact {
    let PatKey { owner, as_uri } = key.clone();
    Fact::ResourceMapped { path: path.clone(), owner, as_uri, id, etag, scopes }
}

/// How a resource is deregistered, if its identifier is known.
pub(super) fn deletion(server: &ResourceServer, path: &Text) -> Option<Chore> {
    let mapping = server.protection.mapping(path)?;
    let id = mapping.id.clone()?;
    Some(Chore::Delete(id, mapping.etag.clone()))
}

/// What a step asks; `None` when there is nothing to do any more.
pub(super) fn request(server: &ResourceServer, chore: &Chore) -> Option<Request> {
    match chore {
        Chore::List => Some(Request::ListResources),
        Chore::Create(path) => {
            let mapping = unacknowledged(server, path)?;
            Some(Request::CreateResource { id: chosen_id(server, path), description: describe(server, path, mapping)? })
        }
        Chore::Update(path) => {
            let mapping = unacknowledged(server, path)?;
            let (id, if_match) = (known_id(server, path, mapping)?, mapping.etag.clone());
            Some(Request::UpdateResource { id, if_match, description: describe(server, path, mapping)? })
        }
        Chore::Adopt(path) => {
            let id = known_id(server, path, unacknowledged(server, path)?)?;
            Some(Request::ReadResource { id })
        }
        Chore::Examine(id) => Some(Request::ReadResource { id: id.clone() }),
        Chore::Delete(id, if_match) => Some(Request::DeleteResource { id: id.clone(), if_match: if_match.clone() }),
    }
}

fn unacknowledged<'a>(server: &'a ResourceServer, path: &Text) -> Option<&'a Mapping> {
    server.protection.mapping(path).filter(|mapping| mapping.id.is_none())
}

fn chosen_id(server: &ResourceServer, path: &Text) -> Option<ResourceId> {
    dialect::of(server.config.revision).chosen_id(path, server.protection.generation(path))
}

// Under which identifier a resource is there, if it is: the one before the change, or the one it always has.
fn known_id(server: &ResourceServer, path: &Text, mapping: &Mapping) -> Option<ResourceId> {
    mapping.id.clone().or(mapping.former.clone()).or_else(|| chosen_id(server, path))
}

fn describe(server: &ResourceServer, path: &Text, mapping: &Mapping) -> Option<ResourceDescription> {
    let resource = server.config.resources.get(path)?;
    Some(ResourceDescription {
        name: Some(resource.name.clone()),
        scopes: mapping.scopes.clone(),
        type_: resource.type_.clone().filter(|_| dialect::of(server.config.revision).has_types()),
        ..ResourceDescription::default()
    })
}

/// Takes the answer to a step. `None` when it is none that helps.
pub(super) fn done(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    key: &PatKey,
    chore: &Chore,
    sent: ScopeSet,
    response: Response,
) -> Option<Done> {
    match (chore, response) {
        (Chore::List, Response::ResourceList(ids)) => Some(compare(server, cx, key, ids)),
        (Chore::Create(path), Response::ResourceCreated(resource))
        | (Chore::Update(path), Response::ResourceUpdated(resource)) => acknowledged(server, cx, path, sent, resource),
        (Chore::Adopt(path), Response::Resource(resource)) => {
            remember_revision(server, cx, path, resource.etag);
            Done::then(Chore::Update(path.clone()))
        }
        (Chore::Examine(id), Response::Resource(resource)) => Done::then(Chore::Delete(id.clone(), resource.etag)),
        (Chore::Delete(..), Response::ResourceDeleted) => Some(Done::default()),
        (chore, Response::Failure(failure)) => refused(server, chore, failure.status),
        _ => None,
    }
}

// RSR draft-00 §3; FedAuthz §6.
fn refused(server: &ResourceServer, chore: &Chore, status: u16) -> Option<Done> {
    match (chore, status) {
        (Chore::Examine(_) | Chore::Delete(..), 404) => Some(Done::default()),
        (Chore::Update(path) | Chore::Adopt(path), 404) => Done::then(Chore::Create(path.clone())),
        (Chore::Update(path), 412) => Done::then(Chore::Adopt(path.clone())),
        (Chore::Delete(id, _), 412) => Done::then(Chore::Examine(id.clone())),
        // RSR draft-00 §2.3.1: creating does not overwrite, so an earlier attempt had come through.
        (Chore::Create(path), 400) if chosen_id(server, path).is_some() => Done::then(Chore::Adopt(path.clone())),
        _ => None,
    }
}

fn acknowledged(
    server: &mut ResourceServer,
    cx: &mut Context<'_>,
    path: &Text,
    sent: ScopeSet,
    resource: RegisteredResource,
) -> Option<Done> {
    if chosen_id(server, path).is_some_and(|chosen| chosen != resource.id) {
        return None;
    }
    match server.protection.mapping(path).cloned() {
        Some(mapping) if mapping.id.is_none() => {
            let etag = resource.etag;
            let changed = sent != mapping.scopes;
            server.record(cx, mapped(path, &mapping.key, Some(resource.id), etag.clone(), sent));
            if !changed {
                return Some(Done::default());
            }
            // The scopes changed while the request was on its way.
            server.record(cx, mapped(path, &mapping.key, None, etag, mapping.scopes));
            Done::then(Chore::Update(path.clone()))
        }
        // Already acknowledged, or gone while the answer was on its way.
        Some(mapping) if mapping.id.as_ref() == Some(&resource.id) => Some(Done::default()),
        Some(_) | None => Done::then(Chore::Delete(resource.id, resource.etag)),
    }
}

fn remember_revision(server: &mut ResourceServer, cx: &mut Context<'_>, path: &Text, etag: Option<ETag>) {
    if let Some(mapping) = server.protection.mapping(path).cloned() {
        server.record(cx, mapped(path, &mapping.key, None, etag, mapping.scopes));
    }
}

/// What has to be done when these are all the resources that this owner has there from here (FedAuthz §3.2.5).
pub(super) fn compare(server: &mut ResourceServer, cx: &mut Context<'_>, key: &PatKey, ids: Vec<ResourceId>) -> Done {
    let mut there: BTreeSet<ResourceId> = ids.into_iter().collect();
    let mut next = Vec::new();
    for path in protectable(server, key) {
        match server.protection.mapping(&path).cloned() {
            Some(mapping) if mapping.id.as_ref().is_some_and(|id| there.remove(id)) => {}
            Some(mapping) if mapping.id.is_some() => {
                server.record(cx, mapped(&path, key, None, None, mapping.scopes));
                next.push(Chore::Create(path));
            }
            Some(mapping) => next.push(complete(server, path, &mapping, &mut there)),
            None => {
                let scopes = server.configured_scopes(&path);
                server.record(cx, mapped(&path, key, None, None, scopes));
                let mapping = server.protection.mapping(&path).cloned();
                next.extend(mapping.map(|mapping| complete(server, path, &mapping, &mut there)));
            }
        }
    }
    let revisions = dialect::of(server.config.revision).has_revisions();
    next.extend(there.into_iter().map(|id| if revisions { Chore::Examine(id) } else { Chore::Delete(id, None) }));
    Done { next }
}

// What was never acknowledged may be there all the same.
fn complete(server: &ResourceServer, path: Text, mapping: &Mapping, there: &mut BTreeSet<ResourceId>) -> Chore {
    match known_id(server, &path, mapping) {
        Some(id) if there.remove(&id) => match dialect::of(server.config.revision).has_revisions() {
            true => Chore::Adopt(path),
            false => Chore::Update(path),
        },
        Some(_) | None => Chore::Create(path),
    }
}

// The resources that this authorization server is to protect for this owner.
fn protectable(server: &ResourceServer, key: &PatKey) -> Vec<Text> {
    let all = server.config.resources.iter();
    let here = all.filter(|(path, resource)| {
        resource.owner == key.owner
            && resource.as_uri == key.as_uri
            && server.exists(path)
            && server.protection.standing(path) != Some(&Standing::Open)
    });
    here.map(|(path, _)| path.clone()).collect()
}
