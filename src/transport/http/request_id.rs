//! The number of a request in logs. Whoever asks may bring one, so that one wish can be followed through several nodes;
//! otherwise it is drawn here.

use crate::wire::{Endpoint, Text};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The header field, in requests and answers.
pub const REQUEST_ID: &str = "x-request-id";
const LONGEST: usize = 64;

/// The number of one request, and how far the request came.
#[derive(Debug)]
pub(super) struct RequestId {
    text: Text,
    endpoint: Cell<Endpoint>,
}

impl Default for RequestId {
    fn default() -> Self {
        Self { text: Text::default(), endpoint: Cell::new(Endpoint::Unknown) }
    }
}

impl RequestId {
    /// What the request says, as far as a log can bear it, or a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let came = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|text| is_plain(text));
        Self { text: came.map_or_else(drawn, Text::from), ..Self::default() }
    }

    pub(super) fn text(&self) -> Text {
        self.text.clone()
    }

    /// It is at this endpoint.
    pub(super) fn reached(&self, endpoint: Endpoint) {
        self.endpoint.set(endpoint);
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        self.endpoint.get()
    }
}

pub(super) fn write(id: &RequestId, headers: &mut HeaderMap) {
    if let Ok(value) = HeaderValue::from_str(&id.text) {
        headers.insert(HeaderName::from_static(REQUEST_ID), value);
    }
}

fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(plain)
}

// Drawn once for a process, counted up from there: unlike those of other nodes, and not to be guessed is not their job.
fn drawn() -> Text {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        let mut bytes = [0_u8; 8];
        // Without randomness nodes begin with the same number; nothing rests on it.
        let _at_zero = getrandom::fill(&mut bytes);
        AtomicU64::new(u64::from_ne_bytes(bytes))
    });
    format!("{:016x}", NEXT.fetch_add(1, Ordering::Relaxed)).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    #[test]
    fn a_number_is_taken_over_only_when_a_log_can_bear_it() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(REQUEST_ID), HeaderValue::from_str(value).unwrap());
            RequestId::of(&headers).text()
        };
        assert_eq!(&*of("a-1_b.C"), "a-1_b.C");
        for odd in ["", "a b", "a\"b", &"x".repeat(65)] {
            assert_eq!(of(odd).len(), 16, "{odd}");
        }
        assert_ne!(RequestId::of(&HeaderMap::new()).text(), RequestId::of(&HeaderMap::new()).text());
    }
}
