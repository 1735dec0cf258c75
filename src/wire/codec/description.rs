//! Resource descriptions (FedAuthz §3.1; D5 §2.4.2; RSR draft-00 §2.2): the same members but for the name of the scopes.

use super::json::{Members, Object};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{ResourceDescription, Scope, Text, Uri};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a revision calls things in a description.
pub(super) struct Vocabulary {
    /// `resource_scopes` or `scopes`.
    pub(super) scopes: &'static str,
    /// Whether `name` is REQUIRED.
    pub(super) name_required: bool,
    /// Every member that is not part of [`ResourceDescription::extra`].
    pub(super) named: &'static [&'static str],
}

pub(super) fn write(vocabulary: &Vocabulary, description: &ResourceDescription, members: Members) -> Members {
    let members = description.extra.iter().fold(members, |members, (name, value)| members.put(name, extra(value)));
    members
        .maybe("name", description.name.as_deref())
        .texts(vocabulary.scopes, description.scopes.iter().map(Scope::as_str))
        .maybe("type", description.type_.as_deref())
        .maybe("description", description.description.as_deref())
        .uri("icon_uri", description.icon_uri.as_ref())
}

fn extra(json: &Text) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::from(&**json))
}

pub(super) fn read(vocabulary: &Vocabulary, object: Object<'_>) -> Result<ResourceDescription, Kind> {
    let named = |name: &str| vocabulary.named.contains(&name);
    let name = object.word("name")?;
    if vocabulary.name_required && name.is_none() {
        return Err(super::json::missing("name"));
    }
    let unnamed = object.members().iter().filter(|(name, _)| !named(name));
    let extra: BTreeMap<Text, Text> =
        unnamed.map(|(name, value)| (Text::from(name.as_str()), Text::from(value.to_string()))).collect();
    Ok(ResourceDescription {
        name,
        scopes: object.required_words(vocabulary.scopes)?,
        type_: if named("type") { object.word("type")? } else { None },
        description: if named("description") { object.word("description")? } else { None },
        icon_uri: object.word::<Uri>("icon_uri")?,
        extra,
    })
}

/// The description in an answer, if it has one: the answers to create and update may be short.
pub(super) fn read_if_any(vocabulary: &Vocabulary, object: Object<'_>) -> Result<Option<ResourceDescription>, Kind> {
    object.get(vocabulary.scopes).map(|_| read(vocabulary, object)).transpose()
}
