//! Errors on the wire, by whose fault they are: [`Failure`] is what a server answers, [`DecodeError`] is what a codec
//! says about bytes that are no message.

use crate::wire::{Endpoint, Revision, Text, Uri};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal)*) => {
        /// An error code of OAuth or UMA. Codes that nobody specified survive as [`ErrorCode::Other`].
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
            /// Any other code, as it came.
            Other(Text),
        }

        impl ErrorCode {
            /// The code as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(code) => code,
                }
            }

            /// The code for a word of the wire.
            pub fn parse(code: &str) -> Self {
                match code {
                    $($code => Self::$name,)*
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

error_codes! {
    /// RFC 6749 §5.2.
    InvalidRequest = "invalid_request"
    /// RFC 6749 §5.2.
    InvalidClient = "invalid_client"
    /// RFC 6749 §5.2; Grant §3.3.6 for a ticket that is unknown, expired, used, or another client's.
    InvalidGrant = "invalid_grant"
    /// RFC 6749 §5.2.
    UnauthorizedClient = "unauthorized_client"
    /// RFC 6749 §5.2.
    UnsupportedGrantType = "unsupported_grant_type"
    /// RFC 6749 §5.2; Grant §3.3.6; FedAuthz §4.3; D6 §3.2.
    InvalidScope = "invalid_scope"
    /// RFC 6749 §4.1.2.1.
    AccessDenied = "access_denied"
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type"
    /// RFC 6750 §3.1.
    InvalidToken = "invalid_token"
    /// RFC 6750 §3.1; D6 §3.1.2.
    InsufficientScope = "insufficient_scope"
    /// RFC 7009 §2.2.1.
    UnsupportedTokenType = "unsupported_token_type"
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata = "invalid_client_metadata"
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri = "invalid_redirect_uri"
    /// Grant §3.3.6.
    RequestDenied = "request_denied"
    /// FedAuthz §4.3.
    InvalidResourceId = "invalid_resource_id"
    /// D6 §3.2.
    InvalidResourceSetId = "invalid_resource_set_id"
    /// FedAuthz §6; RSR draft-00 §3.
    NotFound = "not_found"
    /// FedAuthz §6; RSR draft-00 §3.
    UnsupportedMethodType = "unsupported_method_type"
    /// RSR draft-00 §3.
    PreconditionFailed = "precondition_failed"
    /// Our owners' API: what is asked for contradicts what was decided.
    Conflict = "conflict"
    /// D6 §3.4.3.
    InvalidRequesterTicket = "invalid_requester_ticket"
    /// D6 §3.4.3.
    ExpiredRequesterTicket = "expired_requester_ticket"
    /// D6 §3.4.3.
    NotAuthorizedPermission = "not_authorized_permission"
    /// Core 1.0.1 §3.5.4.
    InvalidTicket = "invalid_ticket"
    /// Core 1.0.1 §3.5.4.
    ExpiredTicket = "expired_ticket"
    /// Core 1.0.1 §3.5.4.
    NotAuthorized = "not_authorized"
    /// The server cannot answer now; RFC 6749 §4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable"
    /// The server failed; RFC 6749 §4.1.2.1.
    ServerError = "server_error"
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(|code| Self::parse(&code))
    }
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The code; absent in a bearer challenge to a request without a token (RFC 6750 §3.1).
    pub code: Option<ErrorCode>,
    /// `error_description`.
    pub description: Option<Text>,
    /// Where the error stands in the answer.
    pub carrier: FailureCarrier,
}

/// Where an error answer carries its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FailureCarrier {
    /// A JSON body with `error`.
    Body,
    /// `WWW-Authenticate: Bearer` (RFC 6750 §3).
    BearerChallenge,
    /// `WWW-Authenticate: Basic` and a JSON body: `invalid_client` after Basic credentials (RFC 6749 §5.2).
    BasicChallenge,
}

impl Failure {
    /// A JSON error body.
    pub fn body(status: u16, code: ErrorCode) -> Self {
        Self { status, code: Some(code), description: None, carrier: FailureCarrier::Body }
    }

    /// A bearer challenge; without a code when the request had no token at all.
    pub fn bearer(status: u16, code: Option<ErrorCode>) -> Self {
        Self { status, code, description: None, carrier: FailureCarrier::BearerChallenge }
    }

    /// The same with a sentence for developers. Must not contain secrets.
    #[must_use]
    pub fn because(mut self, description: impl Into<Text>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// Bytes that are no message of the revision: whose endpoint they reached, what was expected, what came.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[error("{kind} at the {endpoint} endpoint")]
pub struct DecodeError {
    /// The endpoint that was addressed, as far as the path tells.
    pub endpoint: Endpoint,
    /// What is wrong.
    pub kind: DecodeErrorKind,
}

/// What is wrong with undecodable bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum DecodeErrorKind {
    /// No endpoint has this path: 404.
    #[error("unknown path `{0}`")]
    UnknownPath(Uri),
    /// The endpoint does not take this method: 405.
    #[error("method `{0}` is not served")]
    MethodNotAllowed(Text),
    /// The body's media type is not the one expected: 415 or 400.
    #[error("media type `{came}` came where `{expected}` was expected")]
    UnsupportedMediaType {
        /// What the endpoint takes.
        expected: Text,
        /// What the request said.
        came: Text,
    },
    /// A parameter or member that the text requires is missing.
    #[error("`{0}` is missing")]
    Missing(Text),
    /// A parameter came twice (RFC 6749 §3.1).
    #[error("`{0}` came more than once")]
    Repeated(Text),
    /// A message of another revision than the reader speaks.
    #[error("a message of {}{came} came where one of {expected} was expected", or_before(*or))]
    OtherRevision {
        /// What the reader speaks.
        expected: Revision,
        /// Which revision's message it is.
        came: Revision,
        /// An older one whose message it can be as well.
        or: Option<Revision>,
    },
    /// Anything else, with the part that does not parse.
    #[error("malformed {0}")]
    Malformed(Text),
}

/// The older of two revisions that cannot be told apart, as it stands before the newer one.
fn or_before(older: Option<Revision>) -> String {
    older.map(|older| format!("{older} or ")).unwrap_or_default()
}
