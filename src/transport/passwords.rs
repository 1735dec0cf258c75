//! People's passwords on file: argon2id in the PHC string format, `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`. Both
//! functions take tens of milliseconds and 19 MiB on purpose; call them where that may block.

use crate::wire::token::Password;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::fmt;

/// Memory in KiB, passes, lanes: the least that OWASP's password storage cheat sheet recommends for argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// The most memory, in KiB, and passes that a hash on file may ask for: a file is no way to exhaust the machine.
const MOST: (u32, u32) = (256 * 1024, 16);

/// A password that cannot be put on file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unhashable;

impl fmt::Display for Unhashable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this password cannot be hashed")
    }
}

impl std::error::Error for Unhashable {}

/// What goes on file for a password. `salt` is 16 fresh random bytes.
///
/// # Errors
/// When argon2 refuses, as for a password of more than 4 GiB.
pub fn hash(password: &Password, salt: [u8; 16]) -> Result<String, Unhashable> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| Unhashable)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed: PasswordHash =
        argon2.hash_password_with_salt(password.expose().as_bytes(), &salt).map_err(|_| Unhashable)?;
    Ok(hashed.to_string())
}

/// True when the password is the one on file. What is no hash of argon2id, or asks for too much, is nobody's password;
/// it still costs the time of a check, so that a name without an account looks like one with.
pub fn check(on_file: &str, password: &Password) -> bool {
    match acceptable(on_file) {
        Some(hash) => Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok(),
        None => {
            let _as_long = hash(password, [0; 16]);
            false
        }
    }
}

/// True for what [`check`] can check; a node refuses others when it reads its configuration.
pub fn is_acceptable(on_file: &str) -> bool {
    acceptable(on_file).is_some()
}

fn acceptable(on_file: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(on_file).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let affordable = params.m_cost() <= MOST.0 && params.t_cost() <= MOST.1;
    let complete = hash.algorithm.as_str() == "argon2id" && hash.salt.is_some() && hash.hash.is_some();
    (affordable && complete).then_some(hash)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text)
    }

    #[test]
    fn the_right_password_is_found_and_no_other() {
        let on_file = hash(&password("correct horse"), [7; 16]).unwrap();
        assert!(on_file.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{on_file}");
        assert!(!on_file.contains("correct horse") && is_acceptable(&on_file));
        assert!(check(&on_file, &password("correct horse")));
        for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
            assert!(!check(&on_file, &password(wrong)), "{wrong}");
        }
        assert_ne!(on_file, hash(&password("correct horse"), [8; 16]).unwrap());
    }

    #[test]
    fn a_hash_of_the_reference_implementation_is_understood() {
        // phc-winner-argon2, `test.c`: version 19, 2^8 KiB, 2 passes, argon2id.
        let known = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(check(known, &password("password")) && !check(known, &password("Password")));
    }

    #[test]
    fn what_is_no_affordable_argon2id_is_nobodys_password() {
        let good = hash(&password("x"), [7; 16]).unwrap();
        let greedy = good.replace("m=19456", "m=4000000");
        let other = good.replace("argon2id", "argon2i");
        for on_file in ["", "x", "$argon2id$v=19$m=19456,t=2,p=1", greedy.as_str(), other.as_str()] {
            assert!(!is_acceptable(on_file) && !check(on_file, &password("x")), "{on_file}");
        }
    }
}
