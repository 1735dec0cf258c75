//! An HTTP message as plain data, and its layout as text in the manner of the specifications' examples.

use super::credentials;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::{Call, Text, Uri};
use serde_json::Value;
use std::fmt::Write;

/// The media type of form bodies.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
/// The media type of JSON bodies.
pub(super) const JSON: &str = "application/json";

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, ...
    pub method: Text,
    /// The absolute URI, with its query.
    pub uri: Uri,
    /// Header fields in order; names are compared without case.
    pub headers: Vec<(Text, Text)>,
    /// The body.
    pub body: Vec<u8>,
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Header fields in order; names are compared without case.
    pub headers: Vec<(Text, Text)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The first header field of that name, whatever its case.
pub fn header<'a>(headers: &'a [(Text, Text)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

/// Checks the media type of a body. A message that names none is taken at its word.
pub(super) fn check_media_type(headers: &[(Text, Text)], expected: &[&str]) -> Result<(), Kind> {
    let Some(came) = header(headers, "Content-Type").map(essence) else { return Ok(()) };
    if expected.iter().any(|media_type| came.eq_ignore_ascii_case(media_type)) {
        return Ok(());
    }
    Err(Kind::UnsupportedMediaType {
        expected: expected.first().copied().unwrap_or_default().into(),
        came: came.into(),
    })
}

/// A media type without its parameters.
pub(super) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// For how long an answer may be used again (RFC 9111 §5.2.2.1).
pub(super) fn cache_control(secs: Option<u64>) -> String {
    secs.map_or_else(|| "no-store".to_owned(), |secs| format!("max-age={secs}"))
}

/// For how long it may be used again, by its header fields.
pub(super) fn cache_secs(headers: &[(Text, Text)]) -> Option<u64> {
    let mut directives = header(headers, "Cache-Control")?.split(',').map(str::trim);
    if directives.clone().any(|directive| directive.eq_ignore_ascii_case("no-store")) {
        return None;
    }
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())
}

impl HttpRequest {
    /// A request for a call: its credentials and cookie, no body yet.
    pub(super) fn open(call: &Call, method: &str, uri: Uri) -> Self {
        let mut request = Self { method: method.into(), uri, headers: Vec::new(), body: Vec::new() };
        if let Some(value) = credentials::authorization(&call.credentials) {
            request.headers.push(("Authorization".into(), value.into()));
        }
        if let Some(session) = &call.cookie {
            request.headers.push(("Cookie".into(), credentials::cookie(&call.to, session).into()));
        }
        request
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Text>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn json(mut self, media_type: &str, body: &Value) -> Self {
        self.body = bytes_of(body);
        self.with("Content-Type", media_type)
    }

    pub(super) fn form(mut self, body: String) -> Self {
        self.body = body.into_bytes();
        self.with("Content-Type", FORM)
    }

    /// The request as text: request line, `Host`, header fields, empty line, body.
    pub fn to_text(&self) -> String {
        let target = &self.uri.as_str()[self.uri.origin().len()..];
        let target = if target.is_empty() { "/" } else { target };
        let mut text = format!("{} {target} HTTP/1.1\nHost: {}\n", self.method, self.uri.authority());
        write_rest(&mut text, &self.headers, &self.body);
        text
    }
}

impl HttpResponse {
    pub(super) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Text>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn json(mut self, media_type: &str, body: &Value) -> Self {
        self.body = bytes_of(body);
        self.with("Content-Type", media_type)
    }

    /// A JSON answer that nobody may store.
    pub(super) fn secret_json(self, media_type: &str, body: &Value) -> Self {
        self.json(media_type, body).with("Cache-Control", "no-store")
    }

    /// The answer as text: status line, header fields, empty line, body.
    pub fn to_text(&self) -> String {
        let mut text = format!("HTTP/1.1 {} {}\n", self.status, reason_phrase(self.status));
        write_rest(&mut text, &self.headers, &self.body);
        text
    }
}

// Writing to bytes is several times as fast as by way of `Display`. A value always can be.
fn bytes_of(body: &Value) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

fn write_rest(text: &mut String, headers: &[(Text, Text)], body: &[u8]) {
    for (name, value) in headers {
        let _infallible = writeln!(text, "{name}: {value}");
    }
    if !body.is_empty() {
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(body));
        text.push('\n');
    }
}

/// The usual words for a status code (RFC 9110 §15).
pub const fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        302 => "Found",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        412 => "Precondition Failed",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
