//! Identifiers as segments of a path (RFC 3986 §2.1, §3.3).

use super::Routes;
use super::json::malformed;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{ResourceId, Uri};
use std::fmt::Write;

/// The URI of one thing below a base, with exactly one slash between them.
pub(super) fn below(base: &Uri, id: &str) -> Uri {
    base.base().join(&segment(id))
}

/// An identifier as one segment of a path.
pub(super) fn segment(id: &str) -> String {
    let mut text = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _infallible = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The identifier of a segment; none when the path ends before it.
pub(super) fn identifier(segment: &str, uri: &Uri) -> Result<Option<ResourceId>, Kind> {
    if segment.is_empty() {
        return Ok(None);
    }
    if segment.contains('/') {
        return Err(Kind::UnknownPath(uri.base()));
    }
    let octets = decoded(segment).ok_or_else(|| malformed("path"))?;
    String::from_utf8(octets).map(|id| Some(ResourceId::new(id))).map_err(|_| malformed("path"))
}

fn decoded(segment: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        octets.push(if byte == b'%' { hex(bytes.next()?)? << 4 | hex(bytes.next()?)? } else { byte });
    }
    Some(octets)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The endpoint as it is published: the URI of a thing below it without that thing.
pub(super) fn published(routes: &Routes, uri: &Uri) -> Uri {
    routes.route(uri).map_or_else(|| uri.base(), |path| uri.with_path(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_one_segment_whatever_it_holds() {
        let uri = Uri::from("https://as/rreg/");
        for id in ["KX3A-39WE", "a/b", "ä ?#%", "resource_set"] {
            assert_eq!(identifier(&segment(id), &uri), Ok(Some(ResourceId::from(id))));
        }
        assert_eq!(identifier("", &uri), Ok(None));
        assert!(identifier("a/b", &uri).is_err());
        assert!(identifier("%2", &uri).is_err());
        assert!(identifier("%FF", &uri).is_err());
        assert_eq!(below(&uri, "7"), Uri::from("https://as/rreg/7"));
        assert_eq!(below(&"https://as/rreg".into(), "7"), Uri::from("https://as/rreg/7"));
    }
}
