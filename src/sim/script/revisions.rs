//! `revision` of an authorization server: one name, or the list of what it serves side by side.

use crate::wire::{Revision, Served};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The names, as they stand in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revisions(pub Vec<String>);

/// What else than one revision can be served.
pub const SERVED_TOGETHER: &str = "one revision, or `[\"1.0.1\", \"2.0\"]` for a migration";

impl Revisions {
    /// One revision.
    pub fn one(name: impl Into<String>) -> Self {
        Self(vec![name.into()])
    }

    /// What is served; none for names that nobody knows, and for revisions that cannot be served together.
    pub fn served(&self) -> Option<Served> {
        let parsed: Option<Vec<Revision>> = self.0.iter().map(|name| Revision::parse(name)).collect();
        Served::of(&parsed?)
    }

    /// The first name that nobody knows.
    pub fn unknown(&self) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|name| Revision::parse(name).is_none())
    }
}

impl fmt::Display for Revisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("` and `"))
    }
}

impl Serialize for Revisions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Revisions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

struct OneOrSeveral;

impl<'de> Visitor<'de> for OneOrSeveral {
    type Value = Revisions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a revision, or a list of names")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Revisions, E> {
        Ok(Revisions::one(name))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Revisions, A::Error> {
        let mut several = Vec::new();
        while let Some(name) = names.next_element()? {
            several.push(name);
        }
        Ok(Revisions(several))
    }
}
