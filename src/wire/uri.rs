//! Absolute URIs, kept as text and cut where the program needs it.

use crate::wire::text::Text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An absolute URI. Comparison is simple string comparison (RFC 3986 §6.2.1), as Grant §3.3.2 asks for redirection URIs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uri(Text);

impl Uri {
    /// Takes the text as it is.
    pub fn new(text: impl Into<Text>) -> Self {
        Self(text.into())
    }

    /// The text as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme and authority: `https://as.example` of `https://as.example/token?x=1`.
    pub fn origin(&self) -> &str {
        let after_scheme = self.after_scheme();
        let rest = &self.0[after_scheme..];
        let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        &self.0[..after_scheme + end]
    }

    /// Host and port without the scheme, as in a `Host` header.
    pub fn authority(&self) -> &str {
        &self.origin()[self.after_scheme()..]
    }

    /// The path, at least `/`, without query and fragment.
    pub fn path(&self) -> &str {
        let rest = &self.0[self.origin().len()..];
        let end = end_of_path(rest);
        if end == 0 { "/" } else { &rest[..end] }
    }

    /// The query without its question mark, if there is one.
    pub fn query(&self) -> Option<&str> {
        let without_fragment = self.0.split('#').next().unwrap_or_default();
        without_fragment.split_once('?').map(|(_, query)| query)
    }

    /// This URI with its query and fragment cut off.
    pub fn base(&self) -> Self {
        let end = end_of_path(&self.0);
        if end == self.0.len() { self.clone() } else { Self::new(&self.0[..end]) }
    }

    /// A URI of the same origin with another path.
    pub fn with_path(&self, path: &str) -> Self {
        Self::new([self.origin(), path].concat())
    }

    /// `self` followed by `suffix`, with exactly one slash between them.
    pub fn join(&self, suffix: &str) -> Self {
        Self::new([self.0.trim_end_matches('/'), "/", suffix.trim_start_matches('/')].concat())
    }

    /// The same with another scheme: `http://as.example/token`.
    #[must_use]
    pub fn with_scheme(&self, scheme: &str) -> Self {
        Self::new([scheme, "://", &self.0[self.after_scheme()..]].concat())
    }

    /// True for `https`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// True when it names an authority: not for a relative reference, whatever stands in its query.
    pub fn is_absolute(&self) -> bool {
        !self.authority().is_empty() && self.after_scheme() > 0
    }

    // Every message is routed by its origin, so this looks at each byte once; a searcher of strings costs more to set up.
    // Zero when there is none: what stands behind a path or a query is no scheme (RFC 3986 §3.1).
    fn after_scheme(&self) -> usize {
        let bytes = self.0.as_bytes();
        let of_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let end = bytes.iter().position(|byte| !of_scheme(byte)).unwrap_or(bytes.len());
        if end > 0 && bytes[end..].starts_with(b"://") { end + 3 } else { 0 }
    }
}

fn end_of_path(text: &str) -> usize {
    text.bytes().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(text.len())
}

impl From<&str> for Uri {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_cut_at_its_borders() {
        let uri = Uri::from("https://as.example:8443/a/b?x=1&y=2#z");
        assert_eq!(uri.origin(), "https://as.example:8443");
        assert_eq!(uri.authority(), "as.example:8443");
        assert_eq!(uri.path(), "/a/b");
        assert_eq!(uri.query(), Some("x=1&y=2"));
        assert_eq!(uri.base(), Uri::from("https://as.example:8443/a/b"));
        assert_eq!(Uri::from("https://as.example").path(), "/");
        assert_eq!((Uri::from("as:1/a").origin(), Uri::from("as:1/a").authority()), ("as:1", "as:1"));
        for relative in ["x?to=https://as.example", "/a#https://as.example", "://as.example", "https://", "https:///a"]
        {
            assert!(!Uri::from(relative).is_absolute(), "{relative}");
        }
        assert_eq!(Uri::from("x?to=https://as.example/y").origin(), "x");
        assert_eq!(Uri::from("https://as.example/r/").join("/x"), Uri::from("https://as.example/r/x"));
    }
}
