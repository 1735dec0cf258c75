//! Reading and writing JSON members by name: what is missing and what has the wrong shape is said by the member's name.

use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{ScopeSet, Timestamp, Token, TokenKind, Uri};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

pub(super) fn missing(name: &str) -> Kind {
    Kind::Missing(name.into())
}

pub(super) fn malformed(name: &str) -> Kind {
    Kind::Malformed(name.into())
}

/// Reads a body. An object with two members of one name is none: two readers could each believe another of them
/// (RFC 8259 §4 leaves it open).
pub(super) fn parse(body: &[u8]) -> Result<Value, Kind> {
    serde_json::from_slice(body).map(|Unique(value)| value).map_err(|_| malformed("JSON body"))
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Unique(value))) = map.next_entry::<String, _>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(members.into())
    }
}

/// A view of a JSON object. A member that is `null` counts as absent.
#[derive(Clone, Copy)]
pub(super) struct Object<'a>(&'a Map<String, Value>);

impl<'a> Object<'a> {
    pub(super) fn of(value: &'a Value) -> Result<Self, Kind> {
        value.as_object().map(Self).ok_or_else(|| malformed("JSON body"))
    }

    pub(super) fn members(self) -> &'a Map<String, Value> {
        self.0
    }

    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn shaped<T>(self, name: &str, shape: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Kind> {
        self.get(name).map(|value| shape(value).ok_or_else(|| malformed(name))).transpose()
    }

    pub(super) fn text(self, name: &str) -> Result<Option<&'a str>, Kind> {
        self.shaped(name, Value::as_str)
    }

    pub(super) fn required(self, name: &str) -> Result<&'a str, Kind> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    pub(super) fn word<T: From<&'a str>>(self, name: &str) -> Result<Option<T>, Kind> {
        Ok(self.text(name)?.map(T::from))
    }

    pub(super) fn required_uri(self, name: &str) -> Result<Uri, Kind> {
        self.required(name).map(Uri::from)
    }

    pub(super) fn token<K: TokenKind>(self, name: &str) -> Result<Option<Token<K>>, Kind> {
        Ok(self.text(name)?.map(Token::new))
    }

    pub(super) fn required_token<K: TokenKind>(self, name: &str) -> Result<Token<K>, Kind> {
        self.required(name).map(Token::new)
    }

    pub(super) fn flag(self, name: &str) -> Result<Option<bool>, Kind> {
        self.shaped(name, Value::as_bool)
    }

    pub(super) fn number(self, name: &str) -> Result<Option<u64>, Kind> {
        self.shaped(name, Value::as_u64)
    }

    /// A point in time as whole seconds (`exp`, `iat`, `nbf`).
    pub(super) fn time(self, name: &str) -> Result<Option<Timestamp>, Kind> {
        Ok(self.number(name)?.map(Timestamp::from_secs))
    }

    pub(super) fn array(self, name: &str) -> Result<Option<&'a [Value]>, Kind> {
        self.shaped(name, |value| value.as_array().map(Vec::as_slice))
    }

    /// An array of strings.
    pub(super) fn words<T: From<&'a str>, C: FromIterator<T>>(self, name: &str) -> Result<Option<C>, Kind> {
        self.array(name)?.map(|values| words(name, values)).transpose()
    }

    /// An array of strings whose absence means none.
    pub(super) fn words_or_none<T: From<&'a str>>(self, name: &str) -> Result<Vec<T>, Kind> {
        Ok(self.words(name)?.unwrap_or_default())
    }

    /// An array of strings that must be there.
    pub(super) fn required_words<T: From<&'a str>, C: FromIterator<T>>(self, name: &str) -> Result<C, Kind> {
        self.words(name)?.ok_or_else(|| missing(name))
    }

    /// Scopes as one string with spaces between them (RFC 6749 §3.3).
    pub(super) fn spaced_scopes(self, name: &str) -> Result<Option<ScopeSet>, Kind> {
        Ok(self.text(name)?.map(super::shared::scopes_of))
    }
}

/// The strings of an array; `name` is what to call it when it is none.
pub(super) fn words<'a, T: From<&'a str>, C: FromIterator<T>>(name: &str, values: &'a [Value]) -> Result<C, Kind> {
    values.iter().map(|value| value.as_str().map(T::from).ok_or_else(|| malformed(name))).collect()
}

/// A JSON object under construction.
#[derive(Default)]
pub(super) struct Members(Map<String, Value>);

impl Members {
    pub(super) fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    pub(super) fn uri(self, name: &str, uri: Option<&Uri>) -> Self {
        self.maybe(name, uri.map(Uri::as_str))
    }

    pub(super) fn token<K: TokenKind>(self, name: &str, token: Option<&Token<K>>) -> Self {
        self.maybe(name, token.map(Token::expose))
    }

    pub(super) fn time(self, name: &str, at: Option<Timestamp>) -> Self {
        self.maybe(name, at.map(Timestamp::secs))
    }

    /// An array of strings, left out when it is empty.
    pub(super) fn some_texts<'a>(self, name: &str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let texts: Vec<&str> = texts.into_iter().collect();
        if texts.is_empty() { self } else { self.put(name, texts) }
    }

    /// An array of strings, written also when it is empty.
    pub(super) fn texts<'a>(self, name: &str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        self.put(name, texts.into_iter().collect::<Vec<&str>>())
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_is_missing_or_misshapen_is_named() {
        let value = parse(br#"{"a":1,"b":null,"c":["x",2]}"#).unwrap_or_default();
        let object = Object::of(&value);
        assert_eq!(object.clone().and_then(|object| object.required("a")), Err(malformed("a")));
        assert_eq!(object.clone().and_then(|object| object.required("b")), Err(missing("b")));
        assert_eq!(object.and_then(|object| object.words_or_none::<Uri>("c")), Err(malformed("c")));
        assert_eq!(parse(b"{"), Err(malformed("JSON body")));
    }
}
