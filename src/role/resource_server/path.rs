//! The one canonical form of a path. A request is served only when its path already has it, so that what is protected
//! and what is served can never be two different readings of the same bytes. Knows no resource.

use std::borrow::Cow;

/// The canonical reading of a path: no empty, `.` or `..` segments, no path parameters, no escapes of characters that
/// mean something or need none (RFC 3986 §6.2.2), hexadecimal digits in capitals. Capital and small letters differ.
pub(super) fn canonical(path: &str) -> Cow<'_, str> {
    let plain = path.starts_with('/') && !path.contains(['%', ';', '\\']);
    if plain && !path.contains("//") && !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let unescaped = unescape(path);
    let mut segments: Vec<&str> = Vec::new();
    for segment in unescaped.split('/') {
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    let slash = if unescaped.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    Cow::Owned(format!("/{}{slash}", segments.join("/")))
}

fn unescape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let escaped = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) if stays_escaped(byte) => out.push_str(&format!("%{byte:02X}")),
            Some(byte) => out.push(char::from(byte)),
            None => {}
        }
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    out.push_str(rest);
    out.replace('\\', "/")
}

// Anything that a file system or a router may read as structure is read as what it stands for, which is never the
// canonical form; what is left needs its escape.
fn stays_escaped(byte: u8) -> bool {
    let structure = matches!(byte, b'/' | b'\\' | b';' | b'%' | b'.');
    let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
    !(structure || unreserved || byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_canonical_form_stays_as_it_is() {
        for path in ["/", "/album", "/album/", "/album/photo-1.jpg", "/a%20b", "/%C3%A9", "/Album"] {
            assert_eq!(canonical(path), path);
        }
    }

    #[test]
    fn every_other_spelling_is_read_as_the_canonical_one() {
        let spellings = [
            "//album/photo",
            "/album//photo",
            "/album/./photo",
            "/album/x/../photo",
            "/album/x/%2e%2E/photo",
            "/album%2fphoto",
            "/%61lbum/photo",
            "/album\\photo",
            "/album/photo;v=1",
            "/album;x/photo",
            "/../album/photo",
            "/album/photo%",
            "/album/photo%zz".trim_end_matches("zz"),
            "album/photo",
        ];
        for spelling in spellings {
            assert_eq!(canonical(spelling), "/album/photo", "{spelling}");
            assert_ne!(canonical(spelling), spelling);
        }
        assert_ne!(canonical("/a%c3"), "/a%c3");
        assert_ne!(canonical("/a%25c3"), "/a%25c3");
        assert_ne!(canonical("/album/photo%00"), "/album/photo%00");
    }
}
