//! Checking people's passwords, which takes time on purpose and therefore happens beside the node.

use crate::wire::Text;
use crate::wire::token::Password;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::future::Future;
use std::pin::Pin;

/// The outcome of a check.
pub type Checking = Pin<Box<dyn Future<Output = bool>>>;

/// How passwords are checked against what an account has on file.
pub trait Passwords {
    /// True when the password is the one of the verifier.
    fn check(&self, verifier: Text, password: Password) -> Checking;
}

/// Any function of verifier and password, run where it may block.
#[derive(Clone, Copy, Debug)]
pub struct Blocking(pub fn(&str, &Password) -> bool);

impl Passwords for Blocking {
    fn check(&self, verifier: Text, password: Password) -> Checking {
        let check = self.0;
        let checking = actix_web::rt::task::spawn_blocking(move || check(&verifier, &password));
        // A check that panics or is cut off by the end of the program has not succeeded.
        Box::pin(async move { checking.await.unwrap_or(false) })
    }
}

/// True when a password is the one of an argon2 verifier in PHC form. What is no such verifier fits no password.
pub fn fits(verifier: &str, password: &Password) -> bool {
    let verifier = PasswordHash::new(verifier);
    verifier.is_ok_and(|verifier| Argon2::default().verify_password(password.expose().as_bytes(), &verifier).is_ok())
}

/// A verifier for a password: argon2id with a fresh salt, in PHC form. `None` when there is no randomness.
pub fn verifier_of(password: &Password) -> Option<String> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).ok()?;
    let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt).ok()?;
    Some(hash.to_string())
}

/// Whether a text is an argon2 verifier in PHC form.
pub fn is_verifier(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2") && hash.hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_fits_its_password_and_no_other() {
        let verifier = verifier_of(&Password::new("correct horse")).unwrap();
        assert!(is_verifier(&verifier), "{verifier}");
        assert!(fits(&verifier, &Password::new("correct horse")));
        assert!(!fits(&verifier, &Password::new("correct hors")));
        assert_ne!(verifier_of(&Password::new("correct horse")).unwrap(), verifier, "the salt is fresh");
        for odd in ["", "correct horse", "$argon2id$", "$scrypt$ln=1$c2FsdHNhbHQ$aGFzaA"] {
            assert!(!is_verifier(odd), "{odd}");
            assert!(!fits(odd, &Password::new(odd)), "{odd}");
        }
    }
}
