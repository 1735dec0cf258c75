//! Where an authorization server is to have its endpoints: `[authorization-server.paths]`, and at a server of two
//! revisions a table in it for each of them.

use super::checked::{Checker, Result};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use toml::Spanned;
use umaverse::role::authorization_server::{ChosenPlaces, Misplaced, Wish};
use umaverse::wire::{Revision, Served, Text, Uri};

/// Endpoints with their paths, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathsTable(Vec<Row>);

#[derive(Clone, Debug)]
struct Row {
    revision: Option<Revision>,
    endpoint: Spanned<String>,
    path: Spanned<String>,
}

impl<'de> Deserialize<'de> for PathsTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Rows { revision: None }).map(Self)
    }
}

/// A table with paths; in the outer one those of a revision are tables with its name.
struct Rows {
    revision: Option<Revision>,
}

impl<'de> Visitor<'de> for Rows {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of endpoints with their paths")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(endpoint) = map.next_key::<Spanned<String>>()? {
            if let Some(revision) = Revision::parse(endpoint.get_ref()).filter(|_| self.revision.is_none()) {
                rows.extend(map.next_value_seed(Rows { revision: Some(revision) })?);
            } else {
                rows.push(Row { revision: self.revision, endpoint, path: map.next_value()? });
            }
        }
        Ok(rows)
    }
}

impl<'de> serde::de::DeserializeSeed<'de> for Rows {
    type Value = Vec<Row>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl Checker<'_> {
    pub(super) fn places(&self, table: &PathsTable, issuer: &Uri, served: Served) -> Result<ChosenPlaces> {
        let wish = |row: &Row| Wish {
            revision: row.revision,
            endpoint: row.endpoint.get_ref().as_str().into(),
            path: row.path.get_ref().as_str().into(),
        };
        let wishes: Vec<Wish> = table.0.iter().map(wish).collect();
        ChosenPlaces::new(served, issuer, &wishes).map_err(|Misplaced { wish, why }| {
            // Whatever is misplaced is one of them.
            let Some(row) = table.0.get(wish) else { return self.source.error(0..0, why.to_string(), why.expected()) };
            let at = if why.is_of_path() { &row.path } else { &row.endpoint };
            let name = named(row);
            let found =
                if why.is_of_path() { format!("{name} is `{}`: {why}", at.get_ref()) } else { format!("{name} {why}") };
            self.error(at, found, why.expected())
        })
    }
}

fn named(row: &Row) -> Text {
    let endpoint = row.endpoint.get_ref();
    row.revision.map_or_else(|| format!("`{endpoint}`"), |revision| format!("`{endpoint}` of {revision}")).into()
}
