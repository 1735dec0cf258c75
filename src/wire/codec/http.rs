//! An HTTP message as plain data, and its layout as text in the manner of the specifications' examples.

use crate::wire::{Text, Uri};
use std::fmt::Write;

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

impl HttpRequest {
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
    /// The answer as text: status line, header fields, empty line, body.
    pub fn to_text(&self) -> String {
        let mut text = format!("HTTP/1.1 {} {}\n", self.status, reason_phrase(self.status));
        write_rest(&mut text, &self.headers, &self.body);
        text
    }
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
