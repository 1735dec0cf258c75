//! What the resource server must not forget about its resources: which are registered where, under which identifier,
//! and which their owners have opened. Changed by facts only.

use crate::role::resource_server::pats::PatKey;
use crate::trace::Fact;
use crate::wire::{ETag, ResourceId, ScopeSet, Text};
use std::collections::BTreeMap;

/// The durable table of resources, by canonical path. A path without an entry stands as it was configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Protection {
    entries: BTreeMap<Text, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    standing: Standing,
    /// How often a resource at this path has gone: a later one there is another resource.
    generation: u32,
}

/// How a resource stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is to be protected; with an identifier it is registered.
    Mapped(Mapping),
    /// It does not exist.
    Gone,
    /// Its owner ended protection.
    Open,
}

/// A resource that an authorization server protects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mapping {
    /// Whose it is, and which server protects it.
    pub key: PatKey,
    /// The identifier there; `None` while the newest registration is not acknowledged.
    pub id: Option<ResourceId>,
    /// The identifier before that, which an update names.
    pub former: Option<ResourceId>,
    /// Its revision, draft-06 only.
    pub etag: Option<ETag>,
    /// The scopes that are registered, or are to be.
    pub scopes: ScopeSet,
}

impl Protection {
    /// Changes the table by a fact.
    pub(super) fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ResourceMapped { path, owner, as_uri, id, etag, scopes } => {
                let key = PatKey { owner: owner.clone(), as_uri: as_uri.clone() };
                let former = self.mapping(path).and_then(|mapping| mapping.id.clone().or(mapping.former.clone()));
                let former = former.filter(|_| id.is_none());
                let mapping = Mapping { key, id: id.clone(), former, etag: etag.clone(), scopes: scopes.clone() };
                self.entry(path).standing = Standing::Mapped(mapping);
            }
            Fact::ResourceUnmapped { path } => {
                let entry = self.entry(path);
                entry.standing = Standing::Gone;
                entry.generation += 1;
            }
            Fact::ProtectionEnded { path } => self.entry(path).standing = Standing::Open,
            _ => {}
        }
    }

    fn entry(&mut self, path: &Text) -> &mut Entry {
        self.entries.entry(path.clone()).or_insert(Entry { standing: Standing::Gone, generation: 0 })
    }

    /// How the resource stands; `None` when nothing has happened to it yet.
    pub(super) fn standing(&self, path: &str) -> Option<&Standing> {
        self.entries.get(path).map(|entry| &entry.standing)
    }

    /// The mapping of a protected resource.
    pub(super) fn mapping(&self, path: &str) -> Option<&Mapping> {
        match self.standing(path)? {
            Standing::Mapped(mapping) => Some(mapping),
            Standing::Gone | Standing::Open => None,
        }
    }

    /// The how-manieth resource at this path it is, from 0.
    pub(super) fn generation(&self, path: &str) -> u32 {
        self.entries.get(path).map_or(0, |entry| entry.generation)
    }

    /// The mapped resources of one owner at one authorization server, in order of their paths.
    pub(super) fn mapped<'a>(&'a self, key: &'a PatKey) -> impl Iterator<Item = (&'a Text, &'a Mapping)> {
        self.entries.iter().filter_map(move |(path, entry)| match &entry.standing {
            Standing::Mapped(mapping) if mapping.key == *key => Some((path, mapping)),
            Standing::Mapped(_) | Standing::Gone | Standing::Open => None,
        })
    }
}
