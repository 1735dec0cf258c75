//! Typed messages to HTTP messages and back: pure, one module per revision, one for the OAuth messages that all
//! revisions share. A codec never decides anything; it writes what the types say and reads what the bytes say.

pub mod draft06;
pub mod front_channel;
pub mod http;
pub mod json;
pub mod oauth;
pub mod pages;
pub mod routes;
pub mod shared;
pub mod v2_0;

pub use http::{HttpRequest, HttpResponse};
pub use routes::Routes;

use crate::wire::{Answer, Call, DecodeError, Received, Request, Revision};

/// Writes a request as the revision of the addressed server has it.
pub fn encode_request(revision: Revision, call: &Call) -> HttpRequest {
    match revision {
        Revision::Draft06 => draft06::encode_request(call),
        Revision::V2_0 => v2_0::encode_request(call),
    }
}

/// Reads a request that reached a server with these routes. Whatever is wrong with it is in the message part, so that
/// the role can answer it by rule.
pub fn decode_request(revision: Revision, routes: &Routes, request: &HttpRequest) -> Received {
    match revision {
        Revision::Draft06 => draft06::decode_request(routes, request),
        Revision::V2_0 => v2_0::decode_request(routes, request),
    }
}

/// Writes an answer to `asked` as the revision of the answering server has it.
pub fn encode_response(revision: Revision, asked: &Request, answer: &Answer) -> HttpResponse {
    match revision {
        Revision::Draft06 => draft06::encode_response(asked, answer),
        Revision::V2_0 => v2_0::encode_response(asked, answer),
    }
}

/// Reads the answer to `asked`.
///
/// # Errors
/// When the bytes are no answer that the revision allows to this request.
pub fn decode_response(revision: Revision, asked: &Request, response: &HttpResponse) -> Result<Answer, DecodeError> {
    match revision {
        Revision::Draft06 => draft06::decode_response(asked, response),
        Revision::V2_0 => v2_0::decode_response(asked, response),
    }
}
