//! Resource registration, what both revisions do alike (FedAuthz §3.2; RSR draft-00 §2.3). How a revision creates,
//! updates and deletes stands in [`super::drafts`] and [`super::v2_0`].

use super::oauth_side::PatHolder;
use super::{AuthorizationServer, account, scope_descriptions};
use crate::role::rule::Broken;
use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::ResourceKey;
use crate::wire::page::AccountView;
use crate::wire::registration::RegisteredResource;
use crate::wire::{ETag, ErrorCode, Failure, Request, ResourceDescription, ResourceId, Response};

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
            Some(nearest) => nearest,
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

/// `name` is REQUIRED (RSR draft-00 §2.2; RSR 1.0.1 §2.1.2).
pub(super) fn require_name(description: &ResourceDescription) -> Result<(), Failure> {
    description.name.as_ref().map(|_| ()).ok_or_else(|| Failure::body(400, ErrorCode::InvalidRequest))
}

/// Serves registration where the server chooses the identifiers (FedAuthz §3.2; RSR 1.0.1 §2.2): a fresh one never
/// repeats one that is gone.
///
/// # Errors
/// `not_found`; `invalid_request` for what is no such request.
pub(super) fn serve_with_own_ids(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    request: Request,
) -> Result<Response, Failure> {
    match request {
        Request::CreateResource { id: None, description } => {
            let id = ResourceId::new(cx.mint_id("resource"));
            Ok(register(server, cx, new_key(pat, id), description, None))
        }
        Request::ReadResource { id } => read(server, cx, pat, &id),
        Request::UpdateResource { id, description, .. } => {
            let key = addressed(server, cx, pat, &id)?;
            Ok(replace(server, cx, key, description, None))
        }
        Request::DeleteResource { id, .. } => {
            let key = addressed(server, cx, pat, &id)?;
            Ok(deregister(server, cx, key))
        }
        Request::ListResources => Ok(list(server, pat)),
        _ => Err(Failure::body(400, ErrorCode::InvalidRequest)),
    }
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
    let scopes = description.scopes.clone();
    server.record(cx, Fact::ResourceRegistered { resource, description, etag });
    scope_descriptions::fetch(server, cx, &scopes);
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
    let scopes = description.scopes.clone();
    server.record(cx, Fact::ResourceUpdated { resource, description, etag });
    scope_descriptions::fetch(server, cx, &scopes);
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
    Response::ResourceList(own.map(|(key, _)| key.id).collect())
}

fn short(server: &AuthorizationServer, resource: &ResourceKey, etag: Option<ETag>) -> RegisteredResource {
    let view = AccountView::Resource { resource_server: resource.resource_server.clone(), id: resource.id.clone() };
    RegisteredResource {
        id: resource.id.clone(),
        etag,
        description: None,
        policy_uri: Some(account::uri(server, &view)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::super::testing::{Bench, described, failed};
    use super::*;
    use crate::wire::{Request, Revision, Uri};

    const REVISIONS: [Revision; 4] = Revision::ALL;

    fn bench(revision: Revision) -> Bench {
        let mut bench = Bench::new(revision);
        for (pat, owner, server) in
            [("alice@1", "alice", "rs1"), ("alice@2", "alice", "rs2"), ("bob@1", "bob", "rs1"), ("bob@2", "bob", "rs2")]
        {
            bench.pat(pat, owner, server);
        }
        bench
    }

    fn create(bench: &mut Bench, id: &str, scopes: &[&str]) -> Response {
        bench.with_bearer("alice@1", Request::CreateResource { id: Some(id.into()), description: described(scopes) })
    }

    fn read(bench: &mut Bench, pat: &str, id: &ResourceId) -> Response {
        bench.with_bearer(pat, Request::ReadResource { id: id.clone() })
    }

    fn update(bench: &mut Bench, pat: &str, id: &ResourceId, if_match: Option<&str>) -> Response {
        let if_match = if_match.map(ETag::from);
        bench.with_bearer(pat, Request::UpdateResource { id: id.clone(), if_match, description: described(&["edit"]) })
    }

    fn delete(bench: &mut Bench, pat: &str, id: &ResourceId, if_match: Option<&str>) -> Response {
        bench.with_bearer(pat, Request::DeleteResource { id: id.clone(), if_match: if_match.map(ETag::from) })
    }

    fn list(bench: &mut Bench, pat: &str) -> Vec<ResourceId> {
        match bench.with_bearer(pat, Request::ListResources) {
            Response::ResourceList(ids) => ids,
            other => vec![format!("no list: {other:?}").as_str().into()],
        }
    }

    fn etag(response: &Response) -> Option<&str> {
        match response {
            Response::ResourceCreated(resource)
            | Response::Resource(resource)
            | Response::ResourceUpdated(resource) => resource.etag.as_ref().map(ETag::as_str),
            _ => None,
        }
    }

    #[test]
    fn a_resource_lives_from_creation_to_deletion() {
        for revision in REVISIONS {
            let mut bench = bench(revision);
            let tag = |tag: &'static str| revision.is_draft().then_some(tag);
            let id = bench.register("alice@1", "photo", &["view"]);
            let Response::Resource(found) = read(&mut bench, "alice@1", &id) else { panic!("not read") };
            assert_eq!(found.description, Some(described(&["view"])));
            assert_eq!(
                found.policy_uri,
                Some(Uri::new(format!("https://as.example/account/resources/rs1/{}", found.id)))
            );
            assert_eq!(found.etag.as_ref().map(ETag::as_str), tag("1"));
            assert_eq!(etag(&update(&mut bench, "alice@1", &id, tag("1"))), tag("2"));
            let Response::Resource(found) = read(&mut bench, "alice@1", &id) else { panic!("not read") };
            assert_eq!(found.description, Some(described(&["edit"])));
            assert_eq!(delete(&mut bench, "alice@1", &id, tag("2")), Response::ResourceDeleted);
            let not_found = (404, Some(ErrorCode::NotFound));
            assert_eq!(failed(&read(&mut bench, "alice@1", &id)), not_found);
            assert_eq!(failed(&update(&mut bench, "alice@1", &id, tag("2"))), not_found);
            assert_eq!(failed(&delete(&mut bench, "alice@1", &id, tag("2"))), not_found);
            assert!(list(&mut bench, "alice@1").is_empty());
            let rebuilt = bench.rebuilt();
            assert_eq!(rebuilt.resources, bench.server.resources);
        }
    }

    #[test]
    fn equal_identifiers_of_owners_and_servers_do_not_meet() {
        let mut bench = bench(Revision::Draft06);
        for (pat, scope) in [("alice@1", "a1"), ("alice@2", "a2"), ("bob@1", "b1")] {
            assert_eq!(bench.register(pat, "photo", &[scope]), ResourceId::from("photo"));
        }
        for (pat, scope) in [("alice@1", "a1"), ("alice@2", "a2"), ("bob@1", "b1")] {
            let Response::Resource(found) = read(&mut bench, pat, &"photo".into()) else { panic!("not read") };
            assert_eq!(found.description, Some(described(&[scope])));
            assert_eq!(list(&mut bench, pat), ["photo".into()]);
        }
        assert_eq!(delete(&mut bench, "alice@1", &"photo".into(), Some("1")), Response::ResourceDeleted);
        assert!(matches!(read(&mut bench, "bob@1", &"photo".into()), Response::Resource(_)));
    }

    #[test]
    fn another_owners_and_another_servers_resource_is_as_unknown_as_none() {
        for revision in REVISIONS {
            let not_found = (404, Some(ErrorCode::NotFound));
            for (pat, rule) in [("bob@1", Rule::ResourceOfPatOwner), ("alice@2", Rule::ResourceOfPatServer)] {
                let mut bench = bench(revision);
                let id = bench.register("alice@1", "photo", &["view"]);
                assert_eq!(failed(&read(&mut bench, pat, &id)), not_found);
                assert!(bench.ruled(rule, false));
                assert_eq!(failed(&update(&mut bench, pat, &id, Some("1"))), not_found);
                assert_eq!(failed(&delete(&mut bench, pat, &id, Some("1"))), not_found);
                assert!(bench.last_facts().is_empty() && list(&mut bench, pat).is_empty());
                let mut mutant = self::bench(revision).without(&[rule]);
                let id = mutant.register("alice@1", "photo", &["view"]);
                assert!(matches!(read(&mut mutant, pat, &id), Response::Resource(_)));
            }
        }
    }

    #[test]
    fn creating_does_not_overwrite() {
        let mut bench = bench(Revision::Draft06);
        assert_eq!(etag(&create(&mut bench, "photo", &["view"])), Some("1"));
        assert_eq!(failed(&create(&mut bench, "photo", &["all"])), (400, Some(ErrorCode::InvalidRequest)));
        assert!(bench.ruled(Rule::CreateDoesNotOverwrite, false) && bench.last_facts().is_empty());
        let mut mutant = self::bench(Revision::Draft06).without(&[Rule::CreateDoesNotOverwrite]);
        create(&mut mutant, "photo", &["view"]);
        assert_eq!(etag(&create(&mut mutant, "photo", &["all"])), Some("2"));
    }

    #[test]
    fn an_identifier_is_never_given_twice() {
        let mut bench = bench(Revision::Draft06);
        create(&mut bench, "photo", &["view"]);
        delete(&mut bench, "alice@1", &"photo".into(), Some("1"));
        assert_eq!(failed(&create(&mut bench, "photo", &["view"])), (400, Some(ErrorCode::InvalidRequest)));
        let mut bench = self::bench(Revision::V2_0);
        let first = bench.register("alice@1", "", &["view"]);
        delete(&mut bench, "alice@1", &first, None);
        assert_ne!(bench.register("alice@1", "", &["view"]), first);
    }

    #[test]
    fn a_change_needs_the_current_entity_tag() {
        let stale = (412, Some(ErrorCode::PreconditionFailed));
        for wrong in [None, Some("0"), Some("2")] {
            let mut bench = bench(Revision::Draft06);
            let id = bench.register("alice@1", "photo", &["view"]);
            assert_eq!(failed(&update(&mut bench, "alice@1", &id, wrong)), stale);
            assert_eq!(failed(&delete(&mut bench, "alice@1", &id, wrong)), stale);
            assert!(bench.ruled(Rule::IfMatchCurrent, false) && bench.last_facts().is_empty());
            assert_eq!(etag(&read(&mut bench, "alice@1", &id)), Some("1"));
        }
        let mut mutant = bench(Revision::Draft06).without(&[Rule::IfMatchCurrent]);
        let id = mutant.register("alice@1", "photo", &["view"]);
        assert_eq!(etag(&update(&mut mutant, "alice@1", &id, Some("7"))), Some("2"));
    }

    // RSR draft-00 §2.3, D5 §2.4.3: "MUST NOT" act on it.
    #[test]
    fn an_unsupported_method_changes_nothing() {
        use crate::wire::error::{DecodeError, DecodeErrorKind};
        use crate::wire::{Bearer, Credentials, Endpoint};
        for revision in [Revision::Draft05, Revision::Draft06] {
            let mut bench = bench(revision);
            let id = bench.register("alice@1", "photo", &["view"]);
            let before = read(&mut bench, "alice@1", &id);
            let (endpoint, kind) = (Endpoint::ResourceRegistration, DecodeErrorKind::MethodNotAllowed("POST".into()));
            let pat = Credentials::Bearer(Bearer::new("alice@1"));
            let answer = bench.arrive(pat, None, Err(DecodeError { endpoint, kind })).message;
            assert_eq!(failed(&answer), (405, Some(ErrorCode::UnsupportedMethodType)));
            assert!(bench.last_facts().is_empty() && read(&mut bench, "alice@1", &id) == before);
            // Planted: it is taken for an update.
            update(&mut bench, "alice@1", &id, Some("1"));
            assert!(!bench.last_facts().is_empty() && read(&mut bench, "alice@1", &id) != before);
        }
    }

    #[test]
    fn a_description_of_the_early_revision_needs_a_name() {
        let mut bench = bench(Revision::Draft06);
        let description = ResourceDescription { name: None, ..described(&["view"]) };
        let unnamed = Request::CreateResource { id: Some("photo".into()), description: description.clone() };
        assert_eq!(failed(&bench.with_bearer("alice@1", unnamed)), (400, Some(ErrorCode::InvalidRequest)));
        let nameless = Request::CreateResource { id: None, description };
        let mut newer = self::bench(Revision::V2_0);
        assert!(matches!(newer.with_bearer("alice@1", nameless), Response::ResourceCreated(_)));
    }

    #[test]
    fn a_pat_without_a_person_registers_for_the_server_itself() {
        let mut bench = bench(Revision::V2_0);
        let scope = crate::wire::text::scope_set([super::super::v2_0::PAT_SCOPE]);
        bench.access_token("rs1's own", None, "rs1", scope);
        let id = bench.register("rs1's own", "", &["view"]);
        let key = ResourceKey { owner: "rs1".into(), resource_server: "rs1".into(), id };
        assert!(bench.server.resources.get(&key).is_some());
    }
}
