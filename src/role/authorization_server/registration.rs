//! Resource registration, what both revisions do alike (FedAuthz §3.2; RSR draft-00 §2.3). How a revision creates,
//! updates and deletes stands in [`super::draft06`] and [`super::v2_0`].

use super::oauth_side::PatHolder;
use super::{AuthorizationServer, account};
use crate::role::rule::Broken;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::ResourceKey;
use crate::wire::registration::RegisteredResource;
use crate::wire::{ETag, ErrorCode, Failure, ResourceDescription, ResourceId, Response};

/// The key that a new resource of the PAT's holder has.
pub(super) fn new_key(pat: &PatHolder, id: ResourceId) -> ResourceKey {
    ResourceKey { owner: pat.owner.clone(), resource_server: pat.resource_server.clone(), id }
}

/// The registered resource that the PAT's holder means by an identifier. `None` when nothing has it.
///
/// # Errors
/// When it is another owner's or another resource server's (FedAuthz §1.3).
pub(super) fn locate(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    id: &ResourceId,
) -> Result<Option<ResourceKey>, Broken> {
    let own = new_key(pat, id.clone());
    let found = match server.resources.get(&own) {
        Some(_) => own,
        None => match server.resources.nearest(&pat.owner, &pat.resource_server, id) {
            Some(nearest) => nearest.clone(),
            None => return Ok(None),
        },
    };
    cx.require(Rule::ResourceOfPatOwner, found.owner == pat.owner)?;
    cx.require(Rule::ResourceOfPatServer, found.resource_server == pat.resource_server)?;
    Ok(Some(found))
}

/// The same, with the answer that the registration endpoint gives: another's resource is as unknown as none.
pub(super) fn addressed(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    id: &ResourceId,
) -> Result<ResourceKey, Failure> {
    // FedAuthz §3.2, RSR draft-00 §2.3: 404 when the referenced resource cannot be found.
    let not_found = || Failure::body(404, ErrorCode::NotFound);
    locate(server, cx, pat, id).map_err(|_| not_found())?.ok_or_else(not_found)
}

/// Registers a resource.
pub(super) fn register(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    resource: ResourceKey,
    description: ResourceDescription,
    etag: Option<ETag>,
) -> Response {
    let answer = short(server, &resource, etag.clone());
    server.record(cx, Fact::ResourceRegistered { resource, description, etag });
    Response::ResourceCreated(answer)
}

/// Replaces a description.
pub(super) fn replace(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    resource: ResourceKey,
    description: ResourceDescription,
    etag: Option<ETag>,
) -> Response {
    let answer = short(server, &resource, etag.clone());
    server.record(cx, Fact::ResourceUpdated { resource, description, etag });
    Response::ResourceUpdated(answer)
}

/// Deregisters a resource.
pub(super) fn deregister(server: &mut AuthorizationServer, cx: &mut Context<'_>, resource: ResourceKey) -> Response {
    server.record(cx, Fact::ResourceDeregistered { resource });
    Response::ResourceDeleted
}

/// Reads one resource.
pub(super) fn read(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    id: &ResourceId,
) -> Result<Response, Failure> {
    let key = addressed(server, cx, pat, id)?;
    let registered = server.resources.get(&key).ok_or_else(|| Failure::body(404, ErrorCode::NotFound))?;
    let mut answer = short(server, &key, registered.etag.clone());
    answer.description = Some(registered.description.clone());
    Ok(Response::Resource(answer))
}

/// Lists the identifiers of the PAT's owner at the PAT's resource server (FedAuthz §3.2.5).
pub(super) fn list(server: &AuthorizationServer, pat: &PatHolder) -> Response {
    let own = server.resources.of_server(&pat.owner, &pat.resource_server);
    Response::ResourceList(own.map(|(key, _)| key.id.clone()).collect())
}

fn short(server: &AuthorizationServer, resource: &ResourceKey, etag: Option<ETag>) -> RegisteredResource {
    RegisteredResource { id: resource.id.clone(), etag, description: None, policy_uri: Some(account::uri(server)) }
}
