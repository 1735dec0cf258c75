//! Under construction.
use super::{HttpRequest, HttpResponse, Routes};
use crate::wire::{Answer, Call, DecodeError, Received, Request};
/// .
pub fn encode_request(_call: &Call) -> HttpRequest {
    todo!()
}
/// .
pub fn decode_request(_routes: &Routes, _request: &HttpRequest) -> Received {
    todo!()
}
/// .
pub fn encode_response(_asked: &Request, _answer: &Answer) -> HttpResponse {
    todo!()
}
/// .
/// # Errors
/// .
pub fn decode_response(_asked: &Request, _response: &HttpResponse) -> Result<Answer, DecodeError> {
    todo!()
}
