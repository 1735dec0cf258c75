//! Reads the layout of the texts' examples and compares messages.

use serde_json::Value;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use umaverse::wire::codec::{
    HttpRequest, HttpResponse, Routes, decode_request, decode_response, encode_request, encode_response,
};
use umaverse::wire::{
    Answer, Call, Credentials, DecodeError, Endpoint, Failure, Received, Request, Response, Revision, Text, Token, Uri,
};

thread_local! {
    /// A fault of the codec that is planted: what is written in place of what.
    static PLANTED: Cell<Option<(&'static str, &'static str)>> = const { Cell::new(None) };
}

/// Runs the test of an example while the codec writes `to` where it would write `from`. `from` is looked for in
/// `POST https://...` or `STATUS 201`, in lines such as `Location: ...`, and in the body; `BODY` is the whole body.
pub(crate) fn fails_with(vector: &dyn Fn(), from: &'static str, to: &'static str) -> bool {
    PLANTED.set(Some((from, to)));
    let failed = std::panic::catch_unwind(AssertUnwindSafe(vector)).is_err();
    PLANTED.set(None);
    failed
}

/// A start line, header fields, a body.
type Parts = (String, Vec<(Text, Text)>, Vec<u8>);

fn planted_in(start: &str, headers: &[(Text, Text)], body: &[u8]) -> Option<Parts> {
    let (from, to) = PLANTED.get()?;
    let text = |text: &str| text.replace(from, to);
    let line = |(name, value): &(Text, Text)| {
        let line = text(&format!("{name}: {value}"));
        line.split_once(": ").map(|(name, value)| (name.into(), value.into()))
    };
    let body = if from == "BODY" { to.to_owned() } else { text(std::str::from_utf8(body).unwrap()) };
    Some((text(start), headers.iter().filter_map(line).collect(), body.into_bytes()))
}

fn as_planted_request(written: HttpRequest) -> HttpRequest {
    let start = format!("{} {}", written.method, written.uri);
    let Some((start, headers, body)) = planted_in(&start, &written.headers, &written.body) else { return written };
    let (method, uri) = start.split_once(' ').unwrap();
    HttpRequest { method: method.into(), uri: uri.into(), headers, body }
}

fn as_planted_response(written: HttpResponse) -> HttpResponse {
    let start = format!("STATUS {}", written.status);
    let Some((start, headers, body)) = planted_in(&start, &written.headers, &written.body) else { return written };
    HttpResponse { status: start.split_once(' ').unwrap().1.parse().unwrap(), headers, body }
}

const ORIGIN: &str = "https://as.example.com";

pub(crate) fn routes() -> Routes {
    let paths = [
        (Endpoint::Token, "/token"),
        (Endpoint::Introspection, "/introspect"),
        (Endpoint::Permission, "/perm"),
        (Endpoint::ClaimsInteraction, "/rqp_claims"),
        (Endpoint::ResourceRegistration, "/rreg/"),
    ];
    Routes::new(paths).with_fallback(Endpoint::Resource)
}

pub(crate) fn bearer(token: &str) -> Credentials {
    Credentials::Bearer(Token::new(token))
}

pub(crate) fn call(to: &str, credentials: Credentials, message: Request) -> Call {
    Call { to: to.into(), credentials, cookie: None, message }
}

pub(crate) fn failure(status: u16, code: &str) -> Response {
    Response::Failure(Failure::body(status, umaverse::wire::ErrorCode::parse(code)))
}

/// An example of a request, in both directions.
pub(crate) fn request(revision: Revision, routes: &Routes, example: &str, call: &Call) {
    let example = parse_request(example);
    assert_eq!(decode_request(revision, routes, &example), received(call), "{}", example.to_text());
    let written = as_planted_request(encode_request(revision, call));
    assert_eq!(decode_request(revision, routes, &written), received(call), "what is written is read");
    assert_same_request(&written, &example);
}

fn received(call: &Call) -> Received {
    let Call { to, credentials, cookie, message } = call.clone();
    Received { uri: to, credentials, cookie, message: Ok(message) }
}

/// An example of an answer to `asked`, in both directions.
pub(crate) fn response(revision: Revision, asked: &Request, example: &str, message: Response) {
    let example = parse_response(example);
    let answer = Answer::from(message);
    assert_eq!(decode_response(revision, asked, &example).as_ref(), Ok(&answer), "{}", example.to_text());
    let written = as_planted_response(encode_response(revision, asked, &answer));
    assert_eq!(decode_response(revision, asked, &written).as_ref(), Ok(&answer), "what is written is read");
    assert_eq!(written.status, example.status);
    assert_same_fields(&written.headers, &example.headers);
    assert_same_body(&written.body, &example.body);
}

pub(crate) fn read_response(revision: Revision, asked: &Request, example: &str) -> Result<Response, DecodeError> {
    decode_response(revision, asked, &as_planted_response(parse_response(example))).map(|answer| answer.message)
}

pub(crate) fn parse_request(example: &str) -> HttpRequest {
    // Grant §3.3.2: the example folds its query; FedAuthz §3.2.1: the first header field stands in the request line.
    let joined = example.trim_start().replace("\n&", "&").replace("HTTP/1.1 Content-Type", "HTTP/1.1\nContent-Type");
    let (start, rest) = joined.split_once('\n').unwrap_or((&joined, ""));
    let mut words = start.split_whitespace();
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (headers, body) = fields_and_body(rest);
    let origin = headers.iter().find(|(name, _)| &**name == "Host").map(|(_, host)| format!("https://{host}"));
    let uri = Uri::new(format!("{}{target}", origin.unwrap_or_else(|| ORIGIN.to_owned())));
    let headers = headers.into_iter().filter(|(name, _)| &**name != "Host").collect();
    HttpRequest { method: method.into(), uri, headers, body }
}

pub(crate) fn parse_response(example: &str) -> HttpResponse {
    let (start, rest) = example.trim_start().split_once('\n').unwrap();
    let status = start.split_whitespace().nth(1).unwrap().parse().unwrap();
    let (headers, body) = fields_and_body(rest);
    HttpResponse { status, headers, body }
}

/// Header fields end at an empty line or at `...`.
fn fields_and_body(text: &str) -> (Vec<(Text, Text)>, Vec<u8>) {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        let content = line.trim();
        match (content.split_once(": "), fields.last_mut()) {
            _ if content.is_empty() || content == "..." => break,
            (Some((name, value)), _) if !name.contains('"') => fields.push((name.to_owned(), value.to_owned())),
            // A folded field: a parameter of a challenge, or the rest of a `Location`.
            (_, Some((name, value))) if name == "Location" => value.push_str(content),
            (_, Some((_, value))) => value.push_str(&format!(" {content}")),
            (_, None) => panic!("`{line}` is no header field"),
        }
    }
    let body = lines.collect::<Vec<_>>().join("\n").trim().to_owned().into_bytes();
    (fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect(), body)
}

fn assert_same_request(written: &HttpRequest, example: &HttpRequest) {
    assert_eq!(written.method, example.method);
    assert_eq!(written.uri.base(), example.uri.base());
    assert_eq!(pairs(written.uri.query().unwrap_or_default()), pairs(example.uri.query().unwrap_or_default()));
    assert_same_fields(&written.headers, &example.headers);
    assert_same_body(&written.body, &example.body);
}

/// By name: the order of parameters carries no meaning.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    pairs.sort();
    pairs
}

/// Every field of the example is in what is written.
fn assert_same_fields(written: &[(Text, Text)], example: &[(Text, Text)]) {
    for (name, value) in example {
        let found = written.iter().find(|(field, _)| field == name).map(|(_, value)| normal(name, value));
        assert_eq!(found, Some(normal(name, value)), "{name}");
    }
}

fn normal(name: &str, value: &str) -> String {
    match name {
        "Location" if value.starts_with("resource_set/") => format!("/rs/{value}"),
        "Location" => value.replace("./", "/rreg/"),
        "WWW-Authenticate" => {
            let parameters = value.replace(',', " ").replace("realm=\"uma\"", "realm=\"example\"");
            parameters.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        _ => value.to_owned(),
    }
}

fn assert_same_body(written: &[u8], example: &[u8]) {
    match serde_json::from_slice::<Value>(example) {
        Ok(mut example) => {
            if let Some(members) = example.as_object_mut() {
                members.remove("error_uri");
            }
            assert_eq!(sorted(serde_json::from_slice(written).unwrap()), sorted(example));
        }
        Err(_) => {
            let text = |body: &[u8]| String::from_utf8(body.to_vec()).unwrap();
            assert_eq!(pairs(&text(written)), pairs(&text(example)));
        }
    }
}

// Scopes are a set: their order in an array carries no meaning.
fn sorted(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        for (name, member) in members.iter_mut() {
            *member = sorted(member.take());
            if let (true, Some(scopes)) = (name.ends_with("scopes"), member.as_array_mut()) {
                scopes.sort_by_key(Value::to_string);
            }
        }
    }
    if let Some(elements) = value.as_array_mut() {
        elements.iter_mut().for_each(|element| *element = sorted(element.take()));
    }
    value
}
