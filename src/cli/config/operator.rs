//! What an operator proves with who they are: a line in a file that only its owner can read, made when it is absent.

use super::key;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use umaverse::wire::{Bearer, TokenHash, token::kind::BearerKind};

/// As long as 128 bits in base64url: what is shorter can be guessed.
const SHORTEST: usize = 22;

/// The token of an operator, as whoever checks it keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OperatorToken(TokenHash<BearerKind>);

impl OperatorToken {
    /// Reads it, or makes one.
    pub(crate) fn read_or_make(path: &Path) -> io::Result<Self> {
        match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => key::drawn_into(path).map(Bearer::new),
            read => read,
        }
        .map(|token| Self(token.hashed()))
    }

    /// True for the token; takes the same time for any other.
    pub(crate) fn is(&self, presented: &Bearer) -> bool {
        self.0 == presented.hashed()
    }
}

/// Reads the token of a file, for whoever presents it as well.
pub(crate) fn read(path: &Path) -> io::Result<Bearer> {
    let mut file = fs::File::open(path)?;
    for_its_owner_alone(&file)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let token = text.trim();
    let printable = token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.len() < SHORTEST || !printable {
        let expected = format!("one line of at least {SHORTEST} printable characters");
        return Err(io::Error::other(format!("no token; expected {expected}")));
    }
    Ok(Bearer::new(token))
}

#[cfg(unix)]
fn for_its_owner_alone(file: &fs::File) -> io::Result<()> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions());
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(io::Error::other(format!("others can read it (mode {:o}); expected mode 600", mode & 0o777))),
    }
}

#[cfg(not(unix))]
fn for_its_owner_alone(_file: &fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    #[test]
    fn a_token_is_made_once_and_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operator.token");
        let made = OperatorToken::read_or_make(&path).unwrap();
        assert_eq!(OperatorToken::read_or_make(&path).unwrap(), made);
        let token = read(&path).unwrap();
        assert!(made.is(&token) && !made.is(&Bearer::new("another")));
        assert!(!format!("{made:?}").contains(token.expose()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(read(&path).unwrap_err().to_string().contains("mode 644"));
        }
    }

    #[test]
    fn what_can_be_guessed_is_no_token_and_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "short-secret", "two words that are long enough otherwise"] {
            let path = folder.path().join("token");
            let _none = fs::remove_file(&path);
            key::drawn_into(&path).unwrap();
            fs::write(&path, text).unwrap();
            let error = OperatorToken::read_or_make(&path).unwrap_err().to_string();
            assert!(error.contains("expected one line") && (text.is_empty() || !error.contains(text)), "{error}");
        }
    }
}
