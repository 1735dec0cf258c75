//! What a front refuses alone, before anybody looks at what a message says.

use crate::wire::codec::HttpResponse;
use std::time::Duration;

/// Limits of a front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest request target, in bytes: 414 beyond.
    pub target_bytes: usize,
    /// All header fields together, names and values, in bytes: 431 beyond.
    pub header_bytes: usize,
    /// The longest body, in bytes: 413 beyond.
    pub body_bytes: usize,
    /// How long the head of a request may take to come: 408 beyond, and the connection ends.
    pub head_within: Duration,
    /// How long a body may take to come: 408 beyond. `None` where time is not the front's to measure.
    pub body_within: Option<Duration>,
    /// How many exchanges may be open: 503 beyond.
    pub open_exchanges: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            target_bytes: 8 * 1024,
            header_bytes: 32 * 1024,
            body_bytes: 1024 * 1024,
            head_within: Duration::from_secs(10),
            body_within: Some(Duration::from_secs(10)),
            open_exchanges: 10_000,
        }
    }
}

/// Why a front refuses without asking the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request target is too long.
    #[error("the request target is too long")]
    Target,
    /// The header fields are too long.
    #[error("the header fields are too long")]
    Headers,
    /// The body is too long.
    #[error("the body is too long")]
    Body,
    /// The body does not come.
    #[error("the body takes too long")]
    Slow,
    /// The connection broke while the body came.
    #[error("the body broke off")]
    BrokeOff,
    /// A header field or the target is not text.
    #[error("a header field is not text")]
    NotText,
    /// Too many exchanges are open, or the node is about to stop.
    #[error("too many exchanges are open, or the node stops")]
    Busy,
}

impl Refusal {
    /// The status code (RFC 9110 §15, RFC 6585 §5).
    pub const fn status(self) -> u16 {
        match self {
            Self::Target => 414,
            Self::Headers => 431,
            Self::Body => 413,
            Self::Slow => 408,
            Self::BrokeOff | Self::NotText => 400,
            Self::Busy => 503,
        }
    }

    /// The answer.
    pub fn answer(self) -> HttpResponse {
        let connection = ("Connection".into(), "close".into());
        HttpResponse { status: self.status(), headers: vec![connection], body: Vec::new() }
    }
}
