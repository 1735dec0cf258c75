//! Typed messages to HTTP messages and back: pure, one module per revision, one for what the drafts share, one for the
//! OAuth messages that all revisions share. A codec never decides anything; it writes what the types say and reads what the bytes say.
//!
//! For every message that a role may send, reading what was written gives the same message. That relies on this:
//!
//! - Times are whole seconds ([`crate::wire::Timestamp::whole_secs`]); scopes are a set.
//! - A parameter without a value is none (RFC 6749 §3.1), so text and secrets in parameters are not empty; what stands in
//!   a header field has no line breaks, no white space around it, and a cookie no semicolon.
//! - The address of a front-channel message has no parameter in its own query that such a message could have, and no
//!   empty query. A redirect and the `resume` of a sign-in lead to a front-channel message, whose `error` comes with `iss`
//!   at the redirection URI and with `state` at the claims redirection URI; one without any parameter is
//!   [`Request::GetAccount`].
//! - The address of a registration request is the endpoint as published: the path of the server's [`Routes`]. The
//!   identifier of the resource stands in the message and goes below it.
//! - Members that a revision lacks are none, those that it requires are some, codes with a name are not
//!   [`crate::wire::ErrorCode::Other`], and the JSON of unnamed members of a resource description is canonical.
//! - A bare 502, 503 or 504 to an access attempt says that the authorization server is unreachable.

mod challenge;
mod claim_hints;
mod credentials;
mod description;
mod draft05;
mod draft06;
mod drafts;
mod failure;
mod forms;
mod front_channel;
mod html;
pub mod http;
mod json;
mod oauth;
mod owner;
mod pages;
mod parameters;
mod path;
mod protection;
pub mod redact;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod round_trip;
pub mod routes;
mod scope;
mod shared;
#[cfg(test)]
mod tolerance;
pub mod v1_0_1;
pub mod v2_0;

pub use html::encode_for;
pub use http::{HttpRequest, HttpResponse};
pub use routes::{Route, Routes, leads_to};

use crate::wire::error::DecodeErrorKind;
use crate::wire::jws::Jwk;
use crate::wire::oauth::{ClientInformation, ClientMetadata};
use crate::wire::{Answer, Call, DecodeError, Endpoint, Received, Request, Revision};

/// Reads a key set (RFC 7517 §5) from a file; keys that sign nothing here are left out.
///
/// # Errors
/// When it is none.
pub fn read_key_set(text: &[u8]) -> Result<Vec<Jwk>, DecodeErrorKind> {
    oauth::read_jwks(&json::parse(text)?)
}

/// Writes a key set, as [`Request::GetJwks`] is answered.
pub fn write_key_set(keys: &[Jwk]) -> String {
    oauth::write_jwks(keys).to_string()
}

/// Reads what a client is to be (RFC 7591 §2), with the names of 2.0 and of 1.0.1.
///
/// # Errors
/// Which member is not what it should be.
pub fn read_client_metadata(text: &[u8]) -> Result<ClientMetadata, DecodeErrorKind> {
    oauth::registration::read_metadata(&json::parse(text)?)
}

/// Writes a client as [`Request::RegisterClient`] is answered in 2.0, with its secret if that is known.
pub fn write_client(information: &ClientInformation) -> serde_json::Value {
    oauth::registration::write_information(&v2_0::NAMES, information)
}

/// Writes a request as the revision of the addressed server has it.
pub fn encode_request(revision: Revision, call: &Call) -> HttpRequest {
    match revision {
        Revision::Draft05 => drafts::encode_request(&draft05::NAMES, call),
        Revision::Draft06 => drafts::encode_request(&draft06::NAMES, call),
        Revision::V1_0_1 => v1_0_1::encode_request(call),
        Revision::V2_0 => v2_0::encode_request(call),
    }
}

/// Reads a request that reached a server with these routes, in the revision of its path or else in the server's.
/// Whatever is wrong with it is in the message part, so that the role can answer it by rule.
pub fn decode_request(revision: Revision, routes: &Routes, request: &HttpRequest) -> Received {
    match routes.revision(&request.uri).unwrap_or(revision) {
        Revision::Draft05 => drafts::decode_request(&draft05::NAMES, routes, request),
        Revision::Draft06 => drafts::decode_request(&draft06::NAMES, routes, request),
        Revision::V1_0_1 => v1_0_1::decode_request(routes, request),
        Revision::V2_0 => v2_0::decode_request(routes, request),
    }
}

/// Writes an answer to `asked` as the revision of the answering server has it.
pub fn encode_response(revision: Revision, asked: &Request, answer: &Answer) -> HttpResponse {
    encode_answer(revision, asked.endpoint(), answer)
}

/// Writes an answer of an endpoint, also to bytes that were no message.
pub fn encode_answer(revision: Revision, asked: Endpoint, answer: &Answer) -> HttpResponse {
    match revision {
        Revision::Draft05 => drafts::encode_response(&draft05::NAMES, asked, answer),
        Revision::Draft06 => drafts::encode_response(&draft06::NAMES, asked, answer),
        Revision::V1_0_1 => v1_0_1::encode_response(asked, answer),
        Revision::V2_0 => v2_0::encode_response(asked, answer),
    }
}

/// Reads the answer to `asked`.
///
/// # Errors
/// When the bytes are no answer that the revision allows to this request.
pub fn decode_response(revision: Revision, asked: &Request, response: &HttpResponse) -> Result<Answer, DecodeError> {
    read_response(revision, asked, response).map_err(|error| {
        let mut writers = writers(asked, response);
        match writers.next() {
            Some(came) => {
                let kind = DecodeErrorKind::OtherRevision { expected: revision, came, or: writers.next() };
                DecodeError { kind, ..error }
            }
            None => error,
        }
    })
}

// Configuration documents and challenges tell whose they are: who can read one can have written it, the newest first. Of
// documents there is one writer. A challenge with 401 and a ticket is the same in 1.0.1 (Core 1.0.1 §3.3.1) and 2.0 (Grant
// §3.2.1). The drafts part at the names `am_uri` and `as_uri` (D5 §3.1.1; D6 §3.1.1) and at the document's media type.
fn writers(asked: &Request, response: &HttpResponse) -> impl Iterator<Item = Revision> {
    let tells = matches!(asked, Request::GetConfiguration | Request::Access { .. });
    Revision::ALL.into_iter().rev().filter(move |revision| tells && read_response(*revision, asked, response).is_ok())
}

fn read_response(revision: Revision, asked: &Request, response: &HttpResponse) -> Result<Answer, DecodeError> {
    match revision {
        Revision::Draft05 => drafts::decode_response(&draft05::NAMES, asked, response),
        Revision::Draft06 => drafts::decode_response(&draft06::NAMES, asked, response),
        Revision::V1_0_1 => v1_0_1::decode_response(asked, response),
        Revision::V2_0 => v2_0::decode_response(asked, response),
    }
}
