//! `umaverse password`: what an account's `password` is in a node's file.

use super::{InputError, Outcome, Verdict, complain, say};
use std::io::{self, BufRead, IsTerminal};
use umaverse::transport::passwords::hash;
use umaverse::wire::PasswordVerifier;
use umaverse::wire::token::Password;

/// `umaverse password`: reads one line, prints its argon2 verifier.
pub(crate) fn password() -> Outcome {
    say(read_verifier("password")?.expose());
    Ok(Verdict::Fine)
}

/// Reads one line, and gives the argon2 verifier of it. `what` it is called to whoever types it.
pub(crate) fn read_verifier(what: &str) -> Result<PasswordVerifier, InputError> {
    if io::stdin().is_terminal() {
        complain(&format!("Type the {what}; it is shown while you type."));
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let typed = line.trim_end_matches(['\r', '\n']);
    if typed.is_empty() {
        return Err(InputError::new(format!("no {what} on standard input; expected one line")));
    }
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|_| InputError::new("there is no randomness for a salt"))?;
    let hashed = hash(&Password::new(typed), salt).map_err(|error| InputError::new(error.to_string()))?;
    Ok(PasswordVerifier::new(hashed))
}
