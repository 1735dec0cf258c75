//! What must not stand in a trace stands there as its hash under a key that the nodes of a deployment share and the files
//! do not hold: HMAC-SHA256, so equal secrets are equal across files, and nobody can try passwords or short codes.

use crate::trace::Note;
use crate::trace::note::FetchOutcome;
use crate::trace::told::Told;
use crate::wire::page::Page;
use crate::wire::token::{REFERENCE_CLOSE, REFERENCE_OPEN, secret_reference};
use crate::wire::{Answer, Response, Text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;

/// The key under which the nodes of a deployment hash what must not stand in a trace: 32 bytes.
#[derive(Clone)]
pub struct TraceKey([u8; 32]);

impl fmt::Debug for TraceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TraceKey([redacted])")
    }
}

impl TraceKey {
    /// A key of these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key in the text of its file: 64 hexadecimal digits.
    ///
    /// # Errors
    /// What was expected, when the text is something else. The text is not quoted.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let wrong = "a trace key is 64 hexadecimal digits";
        let digits = text.trim();
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong);
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong)?;
        }
        Ok(Self(bytes))
    }

    /// Names the key without giving it away.
    pub fn name(&self) -> Text {
        format!("{:032x}", self.half(b"umaverse: the name of this key")).into()
    }

    /// The reference to a content.
    pub fn content(&self, content: &str) -> Text {
        format!("content:{:032x}", self.half(content.as_bytes())).into()
    }

    fn half(&self, bytes: &[u8]) -> u128 {
        // Keys of any length are taken, so the other branch is never reached.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return 0 };
        mac.update(bytes);
        let mut half = [0; 16];
        half.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        u128::from_be_bytes(half)
    }

    fn secret(&self, short: u128) -> u128 {
        self.half(&short.to_be_bytes())
    }

    // JSON in which every reference to a secret is one to its keyed hash, and every PKCE challenge fits the reference to
    // its verifier (RFC 7636 §4.6: it is the hash that the reference is half of).
    pub(super) fn veiled(&self, value: &impl Serialize) -> serde_json::Result<String> {
        let json = self.references(&serde_json::to_string(value)?);
        Ok(self.challenges(&json))
    }

    fn references(&self, json: &str) -> String {
        let mut out = String::with_capacity(json.len());
        let mut rest = json;
        while let Some((before, after)) = rest.split_once(REFERENCE_OPEN) {
            out.push_str(before);
            let (reference, after) = after.split_once(REFERENCE_CLOSE).unwrap_or((after, ""));
            let parts = reference.split_once(':');
            let short = parts.and_then(|(kind, hex)| Some((kind, u128::from_str_radix(hex, 16).ok()?)));
            match short {
                Some((kind, short)) => out.push_str(&secret_reference(kind, self.secret(short))),
                None => out.push_str("[redacted]"),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn challenges(&self, json: &str) -> String {
        let mut parts = json.split(CHALLENGE);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (challenge, after) = part.split_once('"').unwrap_or((part, ""));
            out.push_str(CHALLENGE);
            out.push_str(&self.challenge(challenge));
            out.push('"');
            out.push_str(after);
        }
        out
    }

    fn challenge(&self, challenge: &str) -> String {
        let decoded = URL_SAFE_NO_PAD.decode(challenge).ok().filter(|bytes| bytes.len() == 32);
        let hash = decoded.unwrap_or_else(|| Sha256::digest(challenge.as_bytes()).to_vec());
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        let mut veiled = [0; 32];
        veiled[..16].copy_from_slice(&self.secret(u128::from_be_bytes(half)).to_be_bytes());
        URL_SAFE_NO_PAD.encode(veiled)
    }

    // Contents are no secrets to the types, but what a deployment protects must not leave it by its traces.
    pub(super) fn without_contents(&self, event: Told) -> Told {
        match event {
            Told::Answered { exchange, status, mut answer } => {
                self.veil_answer(&mut answer);
                Told::Answered { exchange, status, answer }
            }
            Told::Returned { exchange, answer: Ok(mut answer) } => {
                self.veil_answer(&mut answer);
                Told::Returned { exchange, answer: Ok(answer) }
            }
            Told::Noted(mut note) => {
                self.veil_note(&mut note);
                Told::Noted(note)
            }
            other => other,
        }
    }

    fn veil_answer(&self, answer: &mut Answer) {
        if let Response::Content { content } | Response::Page(Page::Shown { content, .. }) = &mut answer.message {
            *content = self.content(content);
        }
    }

    fn veil_note(&self, note: &mut Note) {
        match note {
            Note::FetchEnded { outcome: FetchOutcome::Got { content }, .. } => *content = self.content(content),
            Note::PersonSaw { text, .. } => *text = self.content(text),
            _ => {}
        }
    }
}

const CHALLENGE: &str = "\"code_challenge\":\"";

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail loudly")]
mod tests {
    use super::*;
    use crate::wire::Rpt;

    #[test]
    fn a_key_is_read_from_hexadecimal_digits_and_never_printed() {
        let digits = "0f".repeat(32);
        let key = TraceKey::parse(&format!("{digits}\n")).unwrap();
        assert_eq!(key.name(), TraceKey::new([15; 32]).name());
        assert_ne!(key.name(), TraceKey::new([16; 32]).name());
        assert!(!format!("{key:?}").contains("0f") && !format!("{key:?}").contains("15"));
        for wrong in ["", &digits[..62], &format!("{digits}0"), &"0g".repeat(32), &"é".repeat(32)] {
            assert!(TraceKey::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_challenge_still_fits_the_hash_of_its_verifier() {
        let verifier = Rpt::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let challenge = URL_SAFE_NO_PAD.encode(verifier.hashed().sha256());
        let written = TraceKey::new([3; 32])
            .veiled(&serde_json::json!({ "code_challenge": challenge, "verifier": verifier }))
            .unwrap();
        assert!(!written.contains(&challenge));
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        let read_back: Rpt = serde_json::from_value(read["verifier"].clone()).unwrap();
        assert_eq!(read["code_challenge"], URL_SAFE_NO_PAD.encode(read_back.hashed().sha256()));
        let odd =
            TraceKey::new([3; 32]).veiled(&serde_json::json!({ "code_challenge": "the verifier itself" })).unwrap();
        assert!(!odd.contains("the verifier itself"));
    }
}
