//! The keys of a node: a file that only its owner can read, made when it is absent. A line is a key, the newest first; to
//! rotate, a new line is put before the others, which stay until what they signed has expired.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use umaverse::role::SigningKey;

const EXPECTED: &str = "lines of 32 bytes in base64url";

/// The keys of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) newest: SigningKey,
    pub(crate) older: Vec<SigningKey>,
}

/// Reads a key, or makes one.
pub(crate) fn read_or_make(path: &Path) -> io::Result<Keys> {
    match fs::read_to_string(path) {
        Ok(text) => {
            read_all(&text).ok_or_else(|| io::Error::other(format!("not all of it are keys; expected {EXPECTED}")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        Err(error) => Err(error),
    }
}

fn read(text: &str) -> Option<SigningKey> {
    let secret: [u8; 32] = URL_SAFE_NO_PAD.decode(text.trim()).ok()?.try_into().ok()?;
    // A name that tells keys apart and nothing about them.
    let kid = URL_SAFE_NO_PAD.encode(&Sha256::new().chain_update("kid").chain_update(secret).finalize()[..9]);
    Some(SigningKey { kid: kid.into(), secret })
}

fn read_all(text: &str) -> Option<Keys> {
    let mut keys =
        text.lines().filter(|line| !line.trim().is_empty()).map(read).collect::<Option<Vec<_>>>()?.into_iter();
    Some(Keys { newest: keys.next()?, older: keys.collect() })
}

fn make(path: &Path) -> io::Result<Keys> {
    read_all(&drawn_into(path)?).ok_or_else(|| io::Error::other(EXPECTED))
}

/// Draws 32 random bytes into a new file that only its owner can read, and gives their text.
pub(super) fn drawn_into(path: &Path) -> io::Result<String> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let text = URL_SAFE_NO_PAD.encode(secret);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    Ok(text)
}
