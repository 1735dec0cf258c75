//! Reading and writing the bytes of messages, apart from the codec that the roles use.

use serde_json::Value;
use std::collections::BTreeMap;
use umaverse::wire::codec::http::header;
use umaverse::wire::codec::{HttpRequest, HttpResponse};
use umaverse::wire::{Endpoint, Revision};

/// What a revision calls things.
pub(crate) struct Words {
    /// The parameter of a challenge that leads to the authorization server.
    pub(crate) as_uri: &'static str,
    pub(crate) configuration_type: &'static str,
    pub(crate) pat_scope: &'static str,
    pub(crate) aat_scope: &'static str,
    pub(crate) user_endpoint: &'static str,
    pub(crate) status_endpoint: &'static str,
    pub(crate) resource_set_type: &'static str,
    pub(crate) registration_status_type: &'static str,
    /// `invalid_ticket` and `expired_ticket` of the feature tests.
    pub(crate) invalid_ticket: &'static str,
    pub(crate) expired_ticket: &'static str,
    pub(crate) not_authorized: &'static str,
}

const DRAFT_06: Words = Words {
    as_uri: "as_uri",
    configuration_type: "application/json",
    pat_scope: "http://docs.kantarainitiative.org/uma/scopes/prot.json",
    aat_scope: "http://docs.kantarainitiative.org/uma/scopes/authz.json",
    user_endpoint: "user_endpoint",
    status_endpoint: "rpt_status_endpoint",
    resource_set_type: "application/intro-resource-set+json",
    registration_status_type: "application/intro-status+json",
    invalid_ticket: "invalid_requester_ticket",
    expired_ticket: "expired_requester_ticket",
    not_authorized: "not_authorized_permission",
};
const DRAFT_05: Words = Words {
    as_uri: "am_uri",
    configuration_type: "application/uma-configuration+json",
    resource_set_type: "application/uma-resource-set+json",
    registration_status_type: "application/uma-status+json",
    ..DRAFT_06
};
const V1_0_1: Words = Words {
    pat_scope: "uma_protection",
    aat_scope: "uma_authorization",
    user_endpoint: "authorization_endpoint",
    status_endpoint: "introspection_endpoint",
    resource_set_type: "application/json",
    registration_status_type: "application/json",
    invalid_ticket: "invalid_ticket",
    expired_ticket: "expired_ticket",
    not_authorized: "not_authorized",
    ..DRAFT_06
};

/// What a revision calls things.
pub(crate) const fn words(revision: Revision) -> &'static Words {
    match revision {
        Revision::Draft05 => &DRAFT_05,
        Revision::Draft06 => &DRAFT_06,
        Revision::V1_0_1 | Revision::V2_0 => &V1_0_1,
    }
}

/// One request and its answer, as they were on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) request: HttpRequest,
    pub(crate) response: Option<HttpResponse>,
}

impl Exchange {
    pub(crate) fn status(&self) -> u16 {
        self.response.as_ref().map_or(0, |response| response.status)
    }

    /// The answer, or nothing at all.
    pub(crate) fn answer(&self) -> HttpResponse {
        self.response.clone().unwrap_or(HttpResponse { status: 0, headers: Vec::new(), body: Vec::new() })
    }
}

/// A header field of a request; empty when it is not there.
pub(crate) fn asked<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    header(&request.headers, name).unwrap_or_default()
}

/// A header field of an answer; empty when it is not there.
pub(crate) fn field<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
    header(&response.headers, name).unwrap_or_default()
}

/// A body as JSON; null when it is none.
pub(crate) fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

/// A member of a JSON body as text; empty when it is not there.
pub(crate) fn member(body: &[u8], name: &str) -> String {
    json(body)[name].as_str().unwrap_or_default().to_owned()
}

/// A form, or the query of a URI.
pub(crate) fn parameters(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// The parameters of a form body.
pub(crate) fn form(request: &HttpRequest) -> BTreeMap<String, String> {
    parameters(std::str::from_utf8(&request.body).unwrap_or_default())
}

/// The parameters of a `UMA` challenge; none when there is no such challenge.
pub(crate) fn challenge(response: &HttpResponse) -> Option<BTreeMap<String, String>> {
    let rest = field(response, "WWW-Authenticate").strip_prefix("UMA ")?;
    let pair = |text: &str| {
        let (name, value) = text.trim().split_once('=')?;
        Some((name.to_owned(), value.trim_matches('"').to_owned()))
    };
    rest.split(',').map(pair).collect()
}

/// A request by hand.
pub(crate) fn request(method: &str, uri: &str) -> HttpRequest {
    HttpRequest { method: method.into(), uri: uri.into(), headers: Vec::new(), body: Vec::new() }
}

/// The same with a header field; one with the same name is replaced.
pub(crate) fn with(mut request: HttpRequest, name: &str, value: &str) -> HttpRequest {
    request.headers.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
    request.headers.push((name.into(), value.into()));
    request
}

/// The same with a token.
pub(crate) fn bearer(request: HttpRequest, token: &str) -> HttpRequest {
    with(request, "Authorization", &format!("Bearer {token}"))
}

/// The same without a header field.
pub(crate) fn without(mut request: HttpRequest, name: &str) -> HttpRequest {
    request.headers.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
    request
}

/// The same with a body.
pub(crate) fn body(request: HttpRequest, media_type: &str, body: &str) -> HttpRequest {
    let mut request = with(request, "Content-Type", media_type);
    request.body = body.as_bytes().to_vec();
    request
}
