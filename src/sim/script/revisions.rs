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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use crate::sim::script::{Source, parse, write};
    use crate::sim::world::World;

    fn told(revision: &str, step: &str) -> Result<(), String> {
        let servers =
            format!("[[authorization-server]]\nname = \"as\"\nrevision = {revision}\n[[client]]\nname = \"app\"\n");
        let text = format!("title = \"t\"\nrevision = \"2.0\"\n{servers}{step}");
        let source = Source { file: "story.toml", text: &text };
        let script = parse(&source).map_err(|error| error.to_string())?;
        assert_eq!(parse(&Source { file: "again", text: &write(&script).unwrap() }).unwrap().title, "t");
        World::build(&script, &source).map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn one_revision_or_the_two_of_a_migration_and_nothing_else() {
        for good in ["\"1.0.1\"", "[\"2.0\"]", "[\"1.0.1\", \"2.0\"]", "[\"2.0\", \"1.0.1\"]"] {
            assert_eq!(told(good, ""), Ok(()), "{good}");
        }
        for (bad, words) in [
            ("[\"draft-06\", \"2.0\"]", "`draft-06` and `2.0` together; expected one revision, or"),
            ("[\"1.0.1\", \"3\"]", "unknown revision `3`"),
            ("[]", "expected one revision, or"),
            ("3", "expected the name of a revision, or a list of names"),
        ] {
            let said = told(bad, "").unwrap_err();
            assert!(said.contains(words), "{said}\n  should have: {words}");
        }
    }

    #[test]
    fn who_moves_goes_from_one_of_the_two_to_the_other() {
        let step = |to: &str| format!("[[step]]\nwho = \"app\"\ndoes = \"move-to\"\n{to}");
        assert_eq!(told("\"2.0\"", &step("revision = \"1.0.1\"")), Ok(()));
        for (to, words) in [
            ("revision = \"2.0\"", "a move from `2.0` to `2.0`; expected one between `1.0.1` and `2.0`"),
            ("revision = \"draft-06\"", "a move from `2.0` to `draft-06`"),
            ("", "revision"),
        ] {
            let said = told("\"2.0\"", &step(to)).unwrap_err();
            assert!(said.contains(words), "{said}\n  should have: {words}");
        }
    }
}
