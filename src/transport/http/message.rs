//! Messages of actix-web and of the codec, made into each other.

use super::limits::{Limits, Refusal};
use crate::wire::codec::{HttpRequest, HttpResponse};
use crate::wire::{Text, Uri};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use actix_web::{HttpResponse as Written, HttpResponseBuilder};

/// A request without its body as the codec reads it. The address is the server's own origin with the target as it came.
pub(super) fn read_head(
    origin: &Uri,
    limits: &Limits,
    request: &actix_web::HttpRequest,
) -> Result<HttpRequest, Refusal> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    if target.len() > limits.target_bytes {
        return Err(Refusal::Target);
    }
    Ok(HttpRequest {
        method: request.method().as_str().into(),
        uri: Uri::new(format!("{}{target}", origin.origin())),
        headers: read_headers(limits, request.headers())?,
        body: Vec::new(),
    })
}

fn read_headers(limits: &Limits, headers: &HeaderMap) -> Result<Vec<(Text, Text)>, Refusal> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > limits.header_bytes {
        return Err(Refusal::Headers);
    }
    fields(headers).ok_or(Refusal::NotText)
}

/// Header fields in an order that does not depend on a hash; those of one name stay in theirs.
pub(super) fn fields(headers: &HeaderMap) -> Option<Vec<(Text, Text)>> {
    let field = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = std::str::from_utf8(value.as_bytes()).ok()?;
        Some((Text::from(name.as_str()), Text::from(value)))
    };
    let mut fields = headers.iter().map(field).collect::<Option<Vec<_>>>()?;
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    Some(fields)
}

/// An answer of the codec as actix-web writes it. One that HTTP cannot carry is a fault of ours: 500.
pub(super) fn write(response: HttpResponse) -> Written {
    try_write(response).unwrap_or_else(|| Written::InternalServerError().finish())
}

fn try_write(response: HttpResponse) -> Option<Written> {
    let mut builder = HttpResponseBuilder::new(StatusCode::from_u16(response.status).ok()?);
    for (name, value) in &response.headers {
        builder.append_header(header(name, value)?);
    }
    Some(builder.body(response.body))
}

/// An answer with the cookies of another.
pub(super) fn take_cookies(from: Written, mut to: Written) -> Written {
    for cookie in from.headers().get_all(SET_COOKIE) {
        to.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    to
}

/// A header field as the libraries have it.
pub(super) fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
}
