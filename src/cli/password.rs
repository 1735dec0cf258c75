//! `umaverse password`: what an account's `password` is in a node's file.

use super::{InputError, Outcome, Verdict, complain, say};
use std::io::{self, BufRead, IsTerminal};
use umaverse::transport::passwords::hash;
use umaverse::wire::token::Password;

/// `umaverse password`: reads one line, prints its argon2 verifier.
pub(crate) fn password() -> Outcome {
    if io::stdin().is_terminal() {
        complain("Type the password; it is shown while you type.");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(InputError::new("no password on standard input; expected one line"));
    }
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|_| InputError::new("there is no randomness for a salt"))?;
    say(&hash(&Password::new(password), salt).map_err(|error| InputError::new(error.to_string()))?);
    Ok(Verdict::Fine)
}
