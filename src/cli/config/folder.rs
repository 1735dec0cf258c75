//! The files of a folder as resources: a path for each, and the way back from the name of a content to its file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use umaverse::transport::http::{Contents, Found};

/// Every file below a folder, by the path of the resource that it is below `at`. Links that lead out of the folder, and
/// names that start with a dot, are no resources.
pub(super) fn files(folder: &Path, at: &str) -> io::Result<BTreeMap<String, PathBuf>> {
    let root = folder.canonicalize()?;
    let mut found = BTreeMap::new();
    let mut left = vec![(root.clone(), at.trim_end_matches('/').to_owned())];
    while let Some((folder, path)) = left.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let Ok(real) = entry.path().canonicalize() else { continue };
            if name.starts_with('.') || !real.starts_with(&root) {
                continue;
            }
            let path = format!("{path}/{}", escaped(&name));
            // A link to a folder could lead round in a circle.
            if real.is_dir() && !entry.file_type()?.is_symlink() {
                left.push((real, path));
            } else if real.is_file() {
                found.insert(path, real);
            }
        }
    }
    Ok(found)
}

// RFC 3986 §3.3: what stands for itself in a segment; everything else is escaped, in capitals.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~' | b'.');
        if plain { out.push(char::from(byte)) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

/// Files by the name of the content.
#[derive(Debug)]
pub(super) struct Files(pub(super) BTreeMap<String, PathBuf>);

impl Contents for Files {
    fn find(&self, content: &str) -> Option<Found> {
        let path = self.0.get(content)?.clone();
        Some(Found { path, media_type: None, once: false })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    #[test]
    fn every_file_below_is_a_resource_and_nothing_outside_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("shared/album")).unwrap();
        for name in ["secret", "shared/a b.jpg", "shared/album/ü;1.txt", "shared/.hidden"] {
            fs::write(at(name), name).unwrap();
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("secret"), at("shared/out")).unwrap();
            std::os::unix::fs::symlink(at("shared"), at("shared/round")).unwrap();
        }
        let found = files(&at("shared"), "/photos/").unwrap();
        let paths: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(paths, ["/photos/a%20b.jpg", "/photos/album/%C3%BC%3B1.txt"]);
        assert!(files(&at("nowhere"), "/").is_err());
    }
}
