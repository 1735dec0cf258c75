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
        let after_scheme = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0[after_scheme..].find(['/', '?', '#']).map_or(self.0.len(), |at| after_scheme + at);
        &self.0[..end]
    }

    /// Host and port without the scheme, as in a `Host` header.
    pub fn authority(&self) -> &str {
        let origin = self.origin();
        origin.find("://").map_or(origin, |at| &origin[at + 3..])
    }

    /// The path, at least `/`, without query and fragment.
    pub fn path(&self) -> &str {
        let rest = &self.0[self.origin().len()..];
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        if end == 0 { "/" } else { &rest[..end] }
    }

    /// The query without its question mark, if there is one.
    pub fn query(&self) -> Option<&str> {
        let without_fragment = self.0.split('#').next().unwrap_or_default();
        without_fragment.split_once('?').map(|(_, query)| query)
    }

    /// This URI with its query and fragment cut off.
    pub fn base(&self) -> Self {
        let end = self.0.find(['?', '#']).unwrap_or(self.0.len());
        if end == self.0.len() { self.clone() } else { Self::new(&self.0[..end]) }
    }

    /// A URI of the same origin with another path.
    pub fn with_path(&self, path: &str) -> Self {
        Self::new(format!("{}{path}", self.origin()))
    }

    /// `self` followed by `suffix`, with exactly one slash between them.
    pub fn join(&self, suffix: &str) -> Self {
        Self::new(format!("{}/{}", self.0.trim_end_matches('/'), suffix.trim_start_matches('/')))
    }

    /// True for `https`.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
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
        assert_eq!(Uri::from("https://as.example/r/").join("/x"), Uri::from("https://as.example/r/x"));
    }
}
