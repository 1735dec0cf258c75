//! What is written is read again, and nothing that comes makes a codec panic.

use super::{HttpRequest, HttpResponse, decode_request, decode_response, encode_request, encode_response};
use crate::arbitrary::message::{Exchange, exchange, request, routes};
use crate::wire::{Call, Received, Request, Revision, Text, Uri};
use proptest::collection::vec;
use proptest::prelude::*;

fn received(call: Call) -> Received {
    let Call { to, credentials, cookie, message } = call;
    Received { uri: to, credentials, cookie, message: Ok(message) }
}

fn is_identity(exchange: Exchange) -> Result<(), TestCaseError> {
    let Exchange { revision, call, answer } = exchange;
    let asked = call.message.clone();
    let http = encode_request(revision, &call);
    prop_assert_eq!(decode_request(revision, &routes(), &http), received(call), "{}", http.to_text());
    let http = encode_response(revision, &asked, &answer);
    prop_assert_eq!(decode_response(revision, &asked, &http), Ok(answer), "{}", http.to_text());
    Ok(())
}

fn header_field() -> impl Strategy<Value = (Text, Text)> {
    let name = prop_oneof![
        Just("Authorization"),
        Just("Cookie"),
        Just("Set-Cookie"),
        Just("Content-Type"),
        Just("WWW-Authenticate"),
        Just("If-Match"),
        Just("Location"),
        Just("Cache-Control"),
        Just("Warning"),
    ];
    let value = prop_oneof![
        "\\PC{0,20}",
        "(Basic|Bearer|UMA) [a-zA-Z0-9=\"\\\\, ]{0,20}",
        Just("application/json".to_owned()),
        Just("application/vnd.umaverse.page+json".to_owned()),
        Just("application/x-www-form-urlencoded".to_owned()),
        Just("https://c.example/return?code=x&state=%".to_owned()),
    ];
    (name.prop_map(Text::from), value.prop_map(Text::from))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..40),
        "[{\\[](\"(rpt|scopes|_id|error|ticket|page|keys|active|permissions)\":[\\[{\"a1,:}\\]]{0,5},?){0,4}[}\\]]"
            .prop_map(String::into_bytes),
        "((grant_type|ticket|token|form_kind|form_key|client_id|resume)=[a-z%+]{0,5}&){0,5}"
            .prop_map(String::into_bytes),
    ]
}

fn target() -> impl Strategy<Value = Uri> {
    prop_oneof![
        "\\PC{0,20}",
        "https://a(/(token|authorize|return|resource_set|permission|introspect|rpt|form|claims|r|jwks|register|connect)){0,2}/?[a-z%/]{0,5}(\\?(code|state|iss|ticket|resource)=[%a-z]{0,4}&?){0,2}(#\\?)?"
    ]
    .prop_map(Uri::new)
}

fn revision() -> impl Strategy<Value = Revision> {
    prop_oneof![Just(Revision::Draft05), Just(Revision::Draft06), Just(Revision::V1_0_1), Just(Revision::V2_0)]
}

fn any_request() -> impl Strategy<Value = Request> {
    revision().prop_flat_map(request)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn draft05_reads_what_it_writes(exchange in exchange(Revision::Draft05)) {
        is_identity(exchange)?;
    }

    #[test]
    fn draft06_reads_what_it_writes(exchange in exchange(Revision::Draft06)) {
        is_identity(exchange)?;
    }

    #[test]
    fn v1_0_1_reads_what_it_writes(exchange in exchange(Revision::V1_0_1)) {
        is_identity(exchange)?;
    }

    #[test]
    fn v2_0_reads_what_it_writes(exchange in exchange(Revision::V2_0)) {
        is_identity(exchange)?;
    }

    #[test]
    fn no_request_makes_it_panic(
        revision in revision(),
        method in prop_oneof![Just("GET"), Just("POST"), Just("PUT"), Just("DELETE"), Just("x")],
        uri in target(),
        headers in vec(header_field(), 0..4),
        body in body(),
    ) {
        let http = HttpRequest { method: method.into(), uri, headers, body };
        let _text = http.to_text();
        let read = decode_request(revision, &routes(), &http);
        if let Ok(message) = read.message {
            let call = Call { to: read.uri, credentials: read.credentials, cookie: read.cookie, message };
            let _written = encode_request(revision, &call);
        }
    }

    #[test]
    fn no_answer_makes_it_panic(
        revision in revision(),
        asked in any_request(),
        status in 0_u16..700,
        headers in vec(header_field(), 0..4),
        body in body(),
    ) {
        let http = HttpResponse { status, headers, body };
        let _text = http.to_text();
        if let Ok(answer) = decode_response(revision, &asked, &http) {
            let _written = encode_response(revision, &asked, &answer);
        }
    }

    #[test]
    fn what_one_revision_writes_does_not_make_another_panic(
        other in revision().prop_flat_map(exchange),
        revision in revision(),
    ) {
        let Exchange { call, answer, .. } = other;
        let _read = decode_request(revision, &routes(), &encode_request(revision, &call));
        let asked = &call.message;
        let _read = decode_response(revision, asked, &encode_response(revision, asked, &answer));
    }
}
