//! Parameters of queries and form bodies (`application/x-www-form-urlencoded`, RFC 6749 Appendix B).

use super::json::missing;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{ScopeSet, Token, TokenKind, Uri};
use std::borrow::Cow;
use url::form_urlencoded;

/// Parameters as they came.
pub(super) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    pub(super) fn parse(text: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(text).collect())
    }

    pub(super) fn of_query(uri: &'a Uri) -> Self {
        Self::parse(uri.query().unwrap_or_default().as_bytes())
    }

    /// The field of a form, which may be empty.
    pub(super) fn field(&self, name: &str) -> Result<Option<&str>, Kind> {
        let mut values = self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| &**value);
        let first = values.next();
        // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
        if values.next().is_some() { Err(Kind::Repeated(name.into())) } else { Ok(first) }
    }

    /// RFC 6749 §3.1: "Parameters sent without a value MUST be treated as if they were omitted from the request."
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Kind> {
        Ok(self.field(name)?.filter(|value| !value.is_empty()))
    }

    /// The first value of that name, also when there are several.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, value)| field == name && !value.is_empty()).map(|(_, value)| &**value)
    }

    /// Every value of that name that is not empty, as boxes of a form send them.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(field, value)| field == name && !value.is_empty()).map(|(_, value)| &**value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Kind> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    pub(super) fn word<T: for<'t> From<&'t str>>(&self, name: &str) -> Result<Option<T>, Kind> {
        Ok(self.text(name)?.map(T::from))
    }

    pub(super) fn token<K: TokenKind>(&self, name: &str) -> Result<Option<Token<K>>, Kind> {
        Ok(self.text(name)?.map(Token::new))
    }

    pub(super) fn required_token<K: TokenKind>(&self, name: &str) -> Result<Token<K>, Kind> {
        self.required(name).map(Token::new)
    }

    pub(super) fn scopes(&self) -> Result<ScopeSet, Kind> {
        Ok(self.text("scope")?.map(super::shared::scopes_of).unwrap_or_default())
    }
}

/// Parameters under construction.
pub(super) struct Pairs(form_urlencoded::Serializer<'static, String>);

impl Pairs {
    pub(super) fn new() -> Self {
        Self(form_urlencoded::Serializer::new(String::new()))
    }

    pub(super) fn put(mut self, name: &str, value: &str) -> Self {
        self.0.append_pair(name, value);
        self
    }

    pub(super) fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    pub(super) fn token<K: TokenKind>(self, name: &str, token: Option<&Token<K>>) -> Self {
        self.maybe(name, token.map(Token::expose))
    }

    /// `scope`, left out when there is none.
    pub(super) fn scopes(self, scopes: &ScopeSet) -> Self {
        if scopes.is_empty() { self } else { self.put("scope", &super::shared::spaced(scopes)) }
    }

    pub(super) fn finish(mut self) -> String {
        self.0.finish()
    }
}

/// `uri` with more parameters behind those that it has, which stay as they are (Grant §3.3.2: "the query component
/// ... MUST be retained").
pub(super) fn with_query(uri: &Uri, query: &str) -> Uri {
    if query.is_empty() {
        return uri.clone();
    }
    let (address, fragment) = split_fragment(uri.as_str());
    // Only the first question mark begins a query; a later one belongs to a value.
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
        Some(_) => "&",
    };
    Uri::new(format!("{address}{joint}{query}{fragment}"))
}

/// `uri` without the parameters of these names; the others stay as they are.
pub(super) fn without_parameters(uri: &Uri, names: &[&str]) -> Uri {
    let (address, fragment) = split_fragment(uri.as_str());
    let Some((path, query)) = address.split_once('?') else { return uri.clone() };
    let foreign = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).all(|(name, _)| !names.contains(&&*name));
    let kept: Vec<&str> = query.split('&').filter(foreign).collect();
    let joint = if kept.is_empty() { "" } else { "?" };
    Uri::new(format!("{path}{joint}{}{fragment}", kept.join("&")))
}

fn split_fragment(uri: &str) -> (&str, &str) {
    uri.split_at(uri.find('#').unwrap_or(uri.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_is_an_error_and_an_empty_one_is_none() {
        let parameters = Parameters::parse(b"a=1&a=2&b=&c=x+y");
        assert_eq!(parameters.text("a"), Err(Kind::Repeated("a".into())));
        assert_eq!(parameters.text("b"), Ok(None));
        assert_eq!(parameters.field("b"), Ok(Some("")));
        assert_eq!(parameters.text("c"), Ok(Some("x y")));
        assert_eq!(parameters.required("d"), Err(missing("d")));
    }

    #[test]
    fn the_own_query_of_a_uri_survives_a_message() {
        let own = Uri::from("https://as/claims?id=%32#f");
        let with = with_query(&own, "ticket=t");
        assert_eq!(with, Uri::from("https://as/claims?id=%32&ticket=t#f"));
        assert_eq!(without_parameters(&with, &["ticket"]), own);
        assert_eq!(without_parameters(&"https://c/r?ticket=t".into(), &["ticket"]), Uri::from("https://c/r"));
        for (address, with) in [("r?", "r?ticket=t"), ("r?a&", "r?a&ticket=t"), ("r?a=b?", "r?a=b?&ticket=t")] {
            assert_eq!(with_query(&address.into(), "ticket=t"), Uri::from(with));
        }
    }
}
