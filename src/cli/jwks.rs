//! `umaverse jwks`: what others have to know of a node's key.

use super::arguments::Jwks;
use super::config::key::read_or_make;
use super::{InputError, Outcome, Verdict, say};
use umaverse::role::Crypto;
use umaverse::transport::crypto::NodeCrypto;
use umaverse::wire::codec::write_key_set;

/// `umaverse jwks FILE`.
pub(crate) fn jwks(command: &Jwks) -> Outcome {
    let keys = read_or_make(&command.key)
        .map_err(|error| InputError::new(format!("key file `{}`: {error}", command.key.display())))?;
    say(&write_key_set(&NodeCrypto.key_set(&keys.newest, &keys.older)));
    Ok(Verdict::Fine)
}
