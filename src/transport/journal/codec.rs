//! How facts are written: CBOR, which carries the names of variants and members, so that what is added later does not
//! change how the old is read.
//!
//! **Architecture invariant:** this is the only place that writes the values of secrets. CBOR is not meant for people,
//! so tokens give it their value; a format for people gets a reference (`wire/token.rs`).

use super::Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes a value.
///
/// # Errors
/// [`Refusal::Encoding`] when the value has no encoding.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Refusal> {
    cbor4ii::serde::to_vec(Vec::new(), value).map_err(|error| Refusal::Encoding(error.to_string()))
}

/// Reads a value; `None` when the bytes are none. Why is not said: it could quote a secret.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    cbor4ii::serde::from_slice(bytes).ok()
}
