//! Registered resources, by owner, resource server and identifier (FedAuthz §3; RSR draft-00 §2.3). Identifiers of
//! deregistered resources stay taken for good. Knows nothing of requests and tokens.

use crate::trace::Fact;
use crate::trace::fact::ResourceKey;
use crate::wire::{ClientId, ETag, PersonId, ResourceDescription, ResourceId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};

/// Registered resources. Requests look one up by its key, which costs the same however many there are; what is listed
/// in an order comes from the indexes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resources {
    registered: FxHashMap<ResourceKey, Box<Registered>>,
    by_holder: BTreeMap<Holder, BTreeSet<ResourceId>>,
    by_id: BTreeSet<(ResourceId, Holder)>,
    gone: FxHashSet<ResourceKey>,
}

/// An owner, and a resource server of theirs.
type Holder = (PersonId, ClientId);

/// One registered resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) description: ResourceDescription,
    /// `_rev`, draft-06 only.
    pub(super) etag: Option<ETag>,
}

/// How many equal identifiers of other parties are looked at when an owner and resource server have none of their own.
const OTHERS_LOOKED_AT: usize = 16;

impl Resources {
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ResourceRegistered { resource, description, etag }
            | Fact::ResourceUpdated { resource, description, etag } => self.put(resource, description, etag.as_ref()),
            Fact::ResourceDeregistered { resource } => self.take(resource),
            _ => {}
        }
    }

    fn put(&mut self, key: &ResourceKey, description: &ResourceDescription, etag: Option<&ETag>) {
        self.by_holder.entry(holder(key)).or_default().insert(key.id.clone());
        self.by_id.insert((key.id.clone(), holder(key)));
        let registered = Registered { description: description.clone(), etag: etag.cloned() };
        self.registered.insert(key.clone(), Box::new(registered));
    }

    fn take(&mut self, key: &ResourceKey) {
        if self.registered.remove(key).is_none() {
            return;
        }
        self.gone.insert(key.clone());
        self.by_id.remove(&(key.id.clone(), holder(key)));
        if let Some(ids) = self.by_holder.get_mut(&holder(key)) {
            ids.remove(&key.id);
            if ids.is_empty() {
                self.by_holder.remove(&holder(key));
            }
        }
    }

    /// The resource of that key.
    pub(super) fn get(&self, key: &ResourceKey) -> Option<&Registered> {
        self.registered.get(key).map(|registered| &**registered)
    }

    /// True when the key was deregistered: it never names anything again.
    pub(super) fn is_gone(&self, key: &ResourceKey) -> bool {
        self.gone.contains(key)
    }

    /// The resources of an owner, at all resource servers, in the order of servers and identifiers.
    pub(super) fn of_owner(&self, owner: &PersonId) -> impl Iterator<Item = (ResourceKey, &Registered)> {
        let owner = owner.clone();
        let theirs = self.by_holder.range((owner.clone(), ClientId::from(""))..);
        let theirs = theirs.take_while(move |((holder, _), _)| *holder == owner);
        theirs.flat_map(|(holder, ids)| self.held(holder, ids))
    }

    /// The resources of an owner at one resource server, in the order of identifiers.
    pub(super) fn of_server(
        &self,
        owner: &PersonId,
        server: &ClientId,
    ) -> impl Iterator<Item = (ResourceKey, &Registered)> {
        let holding = self.by_holder.get_key_value(&(owner.clone(), server.clone()));
        holding.into_iter().flat_map(|(holder, ids)| self.held(holder, ids))
    }

    fn held<'a>(
        &'a self,
        holder: &'a Holder,
        ids: &'a BTreeSet<ResourceId>,
    ) -> impl Iterator<Item = (ResourceKey, &'a Registered)> {
        ids.iter().map(|id| key_of(id, holder)).filter_map(|key| self.get(&key).map(|found| (key, found)))
    }

    /// Every resource with that identifier: owners and resource servers may have equal ones (AT-49).
    pub(super) fn find(&self, id: &ResourceId) -> impl Iterator<Item = ResourceKey> {
        self.named(id, ("".into(), "".into())).map(|(id, holder)| key_of(id, holder))
    }

    /// The resources of an owner with that identifier, at all resource servers.
    pub(super) fn find_of_owner(&self, owner: &PersonId, id: &ResourceId) -> impl Iterator<Item = ResourceKey> {
        let (owner, first) = (owner.clone(), (owner.clone(), "".into()));
        let theirs = self.named(id, first).take_while(move |(_, holder)| holder.0 == owner);
        theirs.map(|(id, holder)| key_of(id, holder))
    }

    fn named(&self, id: &ResourceId, first: Holder) -> impl Iterator<Item = &(ResourceId, Holder)> {
        let id = id.clone();
        self.by_id.range((id.clone(), first)..).take_while(move |(candidate, _)| *candidate == id)
    }

    /// What an identifier means when neither owner nor server fit: whatever is nearest. Only for saying which rule the
    /// request breaks.
    pub(super) fn nearest(&self, owner: &PersonId, server: &ClientId, id: &ResourceId) -> Option<ResourceKey> {
        let of_owner = self.find_of_owner(owner, id).next();
        let of_server = || self.find(id).take(OTHERS_LOOKED_AT).find(|key| key.resource_server == *server);
        of_owner.or_else(of_server).or_else(|| self.find(id).next())
    }
}

fn holder(key: &ResourceKey) -> Holder {
    (key.owner.clone(), key.resource_server.clone())
}

fn key_of(id: &ResourceId, (owner, resource_server): &Holder) -> ResourceKey {
    ResourceKey { owner: owner.clone(), resource_server: resource_server.clone(), id: id.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(owner: &str, server: &str, id: &str) -> ResourceKey {
        ResourceKey { owner: owner.into(), resource_server: server.into(), id: id.into() }
    }

    fn registered(resource: ResourceKey) -> Fact {
        Fact::ResourceRegistered { resource, description: ResourceDescription::default(), etag: None }
    }

    fn table() -> Resources {
        let mut table = Resources::default();
        for (owner, server, id) in [
            ("alice", "rs1", "1"),
            ("alice", "rs2", "1"),
            ("alice", "rs1", "2"),
            ("bob", "rs1", "1"),
            ("al", "rs1", "1"),
        ] {
            table.apply(&registered(key(owner, server, id)));
        }
        table
    }

    #[test]
    fn equal_identifiers_are_different_resources() {
        let table = table();
        let of = |owner: &str| table.of_owner(&owner.into()).map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(of("alice"), [key("alice", "rs1", "1"), key("alice", "rs1", "2"), key("alice", "rs2", "1")]);
        assert_eq!(of("al"), [key("al", "rs1", "1")]);
        let at_rs1 = table.of_server(&"alice".into(), &"rs1".into()).map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(at_rs1, [key("alice", "rs1", "1"), key("alice", "rs1", "2")]);
        assert_eq!(table.find(&"1".into()).count(), 4);
        assert_eq!(table.find_of_owner(&"alice".into(), &"1".into()).count(), 2);
    }

    #[test]
    fn the_nearest_is_the_owners_then_the_servers_then_any() {
        let table = table();
        let nearest = |owner: &str, server: &str, id: &str| table.nearest(&owner.into(), &server.into(), &id.into());
        assert_eq!(nearest("alice", "rs3", "2"), Some(key("alice", "rs1", "2")));
        assert_eq!(nearest("carol", "rs2", "1"), Some(key("alice", "rs2", "1")));
        assert_eq!(nearest("carol", "rs3", "2"), Some(key("alice", "rs1", "2")));
        assert_eq!(nearest("carol", "rs3", "3"), None);
    }

    #[test]
    fn a_deregistered_identifier_stays_taken() {
        let mut table = table();
        table.apply(&Fact::ResourceDeregistered { resource: key("alice", "rs1", "1") });
        assert!(table.get(&key("alice", "rs1", "1")).is_none());
        assert!(table.is_gone(&key("alice", "rs1", "1")));
        assert!(!table.is_gone(&key("bob", "rs1", "1")) && table.get(&key("bob", "rs1", "1")).is_some());
    }
}
