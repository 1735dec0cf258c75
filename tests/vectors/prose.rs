//! What the texts ask of messages that they show no example of: 1.0.1 with its extensions, and 2.0.

use crate::core_1_0_1::configuration;
use crate::support::{bearer, call, failure, request, response};
use umaverse::wire::codec::Routes;
use umaverse::wire::configuration::{CLAIMS_SECURITY, MultiPermission};
use umaverse::wire::request::{AuthorizationState, ClaimsReturn};
use umaverse::wire::{Configuration, Credentials, Endpoint, Request, Response, Revision, Token, Uri};

const V1: Revision = Revision::V1_0_1;

#[test]
pub(crate) fn core_1_4_where_the_configuration_is() {
    let routes = Routes::new([(Endpoint::Configuration, "/.well-known/uma-configuration")]);
    let to = "https://as.example.com/.well-known/uma-configuration";
    let example = "GET /.well-known/uma-configuration HTTP/1.1\nHost: as.example.com\n...";
    request(V1, &routes, example, &call(to, Credentials::None, Request::GetConfiguration));
}

#[test]
pub(crate) fn extensions_in_the_configuration() {
    let plain = configuration();
    let document = Configuration {
        uma_profiles: vec![CLAIMS_SECURITY.into()],
        claims_interaction_endpoint: None,
        security_enhanced_claims_endpoint: plain.claims_interaction_endpoint.clone(),
        multi_permission: Some(MultiPermission::Supported),
        ..plain
    };
    let example = format!(
        "HTTP/1.1 200 OK\nContent-Type: application/json\n\n{}",
        r#"{
"version":"1.0",
"issuer":"https://example.com",
"pat_profiles_supported":["bearer"],
"aat_profiles_supported":["bearer"],
"rpt_profiles_supported":["https://docs.kantarainitiative.org/uma/profiles/uma-token-bearer-1.0"],
"pat_grant_types_supported":["authorization_code"],
"aat_grant_types_supported":["authorization_code"],
"claim_token_profiles_supported":["https://example.com/claims/formats/token1"],
"uma_profiles_supported":["https://docs.kantarainitiative.org/uma/extensions/claims-sec-1.0"],
"https://docs.kantarainitiative.org/uma/extensions/perm-reg-1.0":"supported",
"dynamic_client_endpoint":"https://as.example.com/dyn_client_reg_uri",
"token_endpoint":"https://as.example.com/token_uri",
"authorization_endpoint":"https://as.example.com/authz_uri",
"security_enhanced_claims_endpoint":"https://as.example.com/rqp_claims_uri",
"resource_set_registration_endpoint":"https://as.example.com/rs/rsrc_uri",
"introspection_endpoint":"https://as.example.com/rs/status_uri",
"permission_registration_endpoint":"https://as.example.com/rs/perm_uri",
"rpt_endpoint":"https://as.example.com/client/rpt_uri"
}"#
    );
    response(V1, &Request::GetConfiguration, &example, Response::Configuration(Box::new(document)));
}

fn back(revision: Revision, place: &str, location: &str, back: ClaimsReturn) {
    let redirect = Response::Redirect { to: Uri::from(place), message: Box::new(Request::ClaimsReturn(back)) };
    let example = format!("HTTP/1.1 302 Found\nLocation: {location}\n...");
    response(revision, &Request::GetAccount, &example, redirect);
}

#[test]
pub(crate) fn core_3_6_3_the_query_of_the_place_is_kept() {
    let submitted = ClaimsReturn {
        ticket: None,
        state: Some(Token::new("abc")),
        error: None,
        authorization_state: Some(AuthorizationState::ClaimsSubmitted),
    };
    let location = "https://client.example.com/cb?x=1&authorization_state=claims_submitted&state=abc";
    back(V1, "https://client.example.com/cb?x=1", location, submitted);
}

#[test]
pub(crate) fn core_3_6_3_back_with_need_info() {
    let needed = ClaimsReturn {
        ticket: Some(Token::new("016f84e8")),
        state: None,
        error: None,
        authorization_state: Some(AuthorizationState::NeedInfo),
    };
    let location = "https://client.example.com/cb?authorization_state=need_info&ticket=016f84e8";
    back(V1, "https://client.example.com/cb", location, needed);
}

#[test]
pub(crate) fn grant_3_3_3_the_query_of_the_place_is_kept() {
    let answer = ClaimsReturn {
        ticket: Some(Token::new("cHJpdmFjeQ")),
        state: Some(Token::new("abc")),
        error: None,
        authorization_state: None,
    };
    let location = "https://client.example.com/cb?x=1&ticket=cHJpdmFjeQ&state=abc";
    back(Revision::V2_0, "https://client.example.com/cb?x=1", location, answer);
}

fn refused(revision: Revision, status: u16, code: &str) {
    let read = Request::ReadResource { id: "KX3A-39WE".into() };
    let example = format!("HTTP/1.1 {status} No\nContent-Type: application/json\n...\n\n{{\"error\": \"{code}\"}}");
    response(revision, &read, &example, failure(status, code));
}

#[test]
pub(crate) fn rsr_2_2_unknown_resource_set() {
    refused(V1, 404, "not_found");
}

#[test]
pub(crate) fn rsr_2_2_unknown_method() {
    refused(V1, 405, "unsupported_method_type");
}

#[test]
pub(crate) fn fedauthz_3_2_unknown_resource() {
    refused(Revision::V2_0, 404, "not_found");
}

#[test]
pub(crate) fn fedauthz_3_2_unknown_method() {
    refused(Revision::V2_0, 405, "unsupported_method_type");
}

#[test]
pub(crate) fn core_3_4_2_introspection_is_asked_for() {
    let token = Token::new("sbjsbhs");
    let asked = umaverse::wire::oauth::IntrospectionRequest { token, resource_id: None, host_id: None };
    let routes = Routes::new([(Endpoint::Introspection, "/introspect")]);
    let example = r#"POST /introspect HTTP/1.1
Host: as.example.com
Authorization: Bearer 204c69636b6c69
Content-Type: application/x-www-form-urlencoded
...
token=sbjsbhs"#;
    let to = "https://as.example.com/introspect";
    request(V1, &routes, example, &call(to, bearer("204c69636b6c69"), Request::Introspect(asked)));
}
