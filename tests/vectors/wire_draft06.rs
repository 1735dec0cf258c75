//! What draft-06 exchanges and shows no example of, in both directions: the question for the configuration data, the OAuth
//! messages that lead to a PAT and an AAT, a permission registered with its PAT, what the permission request endpoint
//! answers, claims gathering, and the errors. Written after the prose; where that leaves names open they are our choices
//! (`umaverse requirements --gaps`).

use crate::support::{bearer, call, failure, request, response};
use umaverse::wire::codec::Routes;
use umaverse::wire::oauth::{
    AuthenticationMethod, AuthorizationRequest, AuthorizationReturn, ClientInformation, ClientMetadata, TokenRequest,
    TokenResponse,
};
use umaverse::wire::request::{ClaimsInteraction, ClaimsReturn, ClientAuthentication};
use umaverse::wire::text::scope_set;
use umaverse::wire::{
    Credentials, Endpoint, PermissionRequest, Request, ResourceDescription, Response, Revision, ScopeSet, Token,
};

const D6: Revision = Revision::Draft06;
const TICKET: &str = "016f84e8-f9b9-11e0-bd6f-0021cc6004de";
const RPT: &str = "sbjsbhs(/SSJHBSUSSJHVhjsgvhsgvshgsv";
const AAT: &str = "jwfLG53^sad$#f";
const PAT: &str = "vF9dft4qmT";
const PAT_SCOPE: &str = "http://docs.kantarainitiative.org/uma/scopes/prot.json";

fn routes() -> Routes {
    Routes::new([
        (Endpoint::Configuration, "/.well-known/uma-configuration"),
        (Endpoint::ClientRegistration, "/dyn_client_reg_uri"),
        (Endpoint::Authorization, "/user_uri"),
        (Endpoint::AuthorizationRedirect, "/return"),
        (Endpoint::Token, "/token_uri"),
        (Endpoint::Permission, "/rs/perm_uri"),
        (Endpoint::AuthorizationData, "/client/perm_uri"),
        (Endpoint::ClaimsInteraction, "/claims"),
        (Endpoint::ClaimsRedirect, "/claims-return"),
        (Endpoint::ScopeDescription, "/scopes/"),
    ])
}

#[test]
fn core_1_5_configuration_is_asked_for() {
    let to = "https://as.example.com/.well-known/uma-configuration";
    let example = "GET /.well-known/uma-configuration HTTP/1.1\nHost: as.example.com\n...";
    request(D6, &routes(), example, &call(to, Credentials::None, Request::GetConfiguration));
}

#[test]
fn core_2_1_and_3_4_1_authorization_request_and_return() {
    for scope in [
        PAT_SCOPE,
        "http://docs.kantarainitiative.org/uma/scopes/authz.json",
        "http://docs.kantarainitiative.org/uma/scopes/authorization",
    ] {
        let escaped = scope.replace(':', "%3A").replace('/', "%2F");
        let asked = AuthorizationRequest {
            response_type: Some("code".into()),
            client_id: Some("photoz".into()),
            redirect_uri: Some("https://photoz.example.com/return".into()),
            scope: scope_set([scope]),
            state: Some(Token::new("xyz")),
            code_challenge: None,
            nonce: None,
            acr_values: Vec::new(),
        };
        let example = format!(
            "GET /user_uri?response_type=code&client_id=photoz\
             &redirect_uri=https%3A%2F%2Fphotoz.example.com%2Freturn&scope={escaped}&state=xyz HTTP/1.1\n..."
        );
        let to = "https://as.example.com/user_uri";
        request(D6, &routes(), &example, &call(to, Credentials::None, Request::Authorize(asked)));
    }
    let came =
        AuthorizationReturn { outcome: Ok(Token::new("SplxlOBe")), state: Some(Token::new("xyz")), issuer: None };
    let example = "GET /return?code=SplxlOBe&state=xyz HTTP/1.1\nHost: photoz.example.com\n...";
    let to = "https://photoz.example.com/return";
    request(D6, &routes(), example, &call(to, Credentials::None, Request::AuthorizationReturn(came)));
}

#[test]
fn core_2_client_registration() {
    let metadata = ClientMetadata {
        name: Some("photoz".into()),
        redirect_uris: vec!["https://photoz.example.com/return".into()],
        claims_redirect_uris: Vec::new(),
        scope: ScopeSet::new(),
        grant_types: vec!["authorization_code".into()],
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    };
    let members = r#""client_name":"photoz","redirect_uris":["https://photoz.example.com/return"],
"grant_types":["authorization_code"],"token_endpoint_auth_method":"client_secret_basic""#;
    let asked = Request::RegisterClient(metadata.clone());
    let example = format!(
        "POST /dyn_client_reg_uri HTTP/1.1\nContent-Type: application/json\nHost: as.example.com\n\n{{{members}}}"
    );
    let to = "https://as.example.com/dyn_client_reg_uri";
    request(D6, &routes(), &example, &call(to, Credentials::None, asked.clone()));
    let example = format!(
        "HTTP/1.1 201 Created\nContent-Type: application/json\nCache-Control: no-store\n\n\
         {{\"client_id\":\"photoz\",\"client_secret\":\"secret\",\"client_secret_expires_at\":0,{members}}}"
    );
    let secret = Some(Token::new("secret"));
    let given = ClientInformation { client_id: "photoz".into(), client_secret: secret, metadata };
    response(D6, &asked, &example, Response::ClientRegistered(given));
}

#[test]
fn core_2_1_token_request_and_pat() {
    let asked = Request::Token(TokenRequest::AuthorizationCode {
        code: Token::new("SplxlOBe"),
        redirect_uri: Some("https://photoz.example.com/return".into()),
        code_verifier: None,
    });
    let client = ClientAuthentication::Basic("photoz".into(), Token::new("secret"));
    let example = "POST /token_uri HTTP/1.1\nHost: as.example.com\nAuthorization: Basic cGhvdG96OnNlY3JldA==\n\
                   Content-Type: application/x-www-form-urlencoded\n\n\
                   grant_type=authorization_code&code=SplxlOBe\
                   &redirect_uri=https%3A%2F%2Fphotoz.example.com%2Freturn";
    let to = "https://as.example.com/token_uri";
    request(D6, &routes(), example, &call(to, Credentials::Client(client), asked.clone()));
    let tokens = TokenResponse {
        access_token: Token::new(PAT),
        expires_in_secs: Some(3600),
        refresh_token: Some(Token::new("tGzv3JOk")),
        scope: Some(scope_set([PAT_SCOPE])),
        id_token: None,
        pct: None,
        upgraded: false,
    };
    let example = format!(
        "HTTP/1.1 200 OK\nContent-Type: application/json\nCache-Control: no-store\n\n\
         {{\"access_token\":\"{PAT}\",\"token_type\":\"Bearer\",\"expires_in\":3600,\
         \"refresh_token\":\"tGzv3JOk\",\"scope\":\"{PAT_SCOPE}\"}}"
    );
    response(D6, &asked, &example, Response::Token(tokens));
}

fn permission() -> Request {
    let scopes: ScopeSet = scope_set(["http://photoz.example.com/dev/actions/view"]);
    let one = PermissionRequest { resource_id: "112210f47de98100".into(), scopes };
    Request::RequestPermissions { permissions: vec![one], array: false }
}

#[test]
fn core_3_2_permission_registration_with_its_pat() {
    let example = format!(
        "POST /rs/perm_uri HTTP/1.1\nAuthorization: Bearer {PAT}\nContent-Type: application/json\n\n\
         {{\"resource_set_id\":\"112210f47de98100\",\"scopes\":[\"http://photoz.example.com/dev/actions/view\"]}}"
    );
    request(D6, &routes(), &example, &call("https://as.example.com/rs/perm_uri", bearer(PAT), permission()));
}

fn ask() -> Request {
    Request::RequestAuthorizationData { rpt: Token::new(RPT), ticket: Token::new(TICKET) }
}

#[test]
fn core_3_4_3_permission_request_at_its_own_endpoint_and_our_success() {
    let example = format!(
        "POST /client/perm_uri HTTP/1.1\nAuthorization: Bearer {AAT}\n...\n\n{{\"rpt\":\"{RPT}\",\"ticket\":\"{TICKET}\"}}"
    );
    request(D6, &routes(), &example, &call("https://as.example.com/client/perm_uri", bearer(AAT), ask()));
    let example = "HTTP/1.1 200 OK\nCache-Control: no-store\n\n{\"status\":\"ok\"}";
    response(D6, &ask(), example, Response::AuthorizationDataAdded);
}

fn error(status: u16, code: &str) -> String {
    format!(
        "HTTP/1.1 {status} Error\nContent-Type: application/uma-status+json\nCache-Control: no-store\n\n\
         {{\"status\":\"error\",\"error\":\"{code}\"}}"
    )
}

#[test]
fn core_3_4_3_need_claims() {
    let needed = Response::NeedInfo { ticket: None, required_claims: Vec::new(), redirect_user: None };
    response(D6, &ask(), &error(403, "need_claims"), needed);
}

#[test]
fn core_3_2_3_4_3_and_4_2_error_codes() {
    let create = Request::CreateResource { id: Some("1".into()), description: ResourceDescription::default() };
    let update = Request::UpdateResource {
        id: "1".into(),
        if_match: Some("1".into()),
        description: ResourceDescription::default(),
    };
    for (asked, status, code) in [
        (ask(), 400, "invalid_requester_ticket"),
        (ask(), 400, "expired_requester_ticket"),
        (ask(), 403, "not_authorized_permission"),
        (ask(), 400, "invalid_request"),
        (permission(), 400, "invalid_resource_set_id"),
        (permission(), 400, "invalid_scope"),
        (permission(), 400, "invalid_request"),
        (create, 405, "unsupported_method_type"),
        (Request::ReadResource { id: "1".into() }, 404, "not_found"),
        (update, 412, "precondition_failed"),
    ] {
        response(D6, &asked, &error(status, code), failure(status, code));
    }
}

#[test]
fn core_3_5_1_claims_redirect_and_return() {
    let asked = ClaimsInteraction {
        client_id: None,
        ticket: Some(Token::new(TICKET)),
        redirect_uri: Some("https://printer.example.com/claims-return".into()),
        state: Some(Token::new("abc")),
    };
    let example = format!(
        "GET /claims?ticket={TICKET}&redirect_uri=https%3A%2F%2Fprinter.example.com%2Fclaims-return&state=abc HTTP/1.1\n..."
    );
    let to = "https://as.example.com/claims";
    request(D6, &routes(), &example, &call(to, Credentials::None, Request::ClaimsInteraction(asked)));
    let came = ClaimsReturn { ticket: None, state: Some(Token::new("abc")), error: None, authorization_state: None };
    let example = "GET /claims-return?state=abc HTTP/1.1\nHost: printer.example.com\n...";
    let to = "https://printer.example.com/claims-return";
    request(D6, &routes(), example, &call(to, Credentials::None, Request::ClaimsReturn(came)));
}

#[test]
fn rsr_2_1_scope_description_is_asked_for() {
    let example = "GET /scopes/view HTTP/1.1\nHost: photoz.example.com\n...";
    let to = "https://photoz.example.com/scopes/view";
    request(D6, &routes(), example, &call(to, Credentials::None, Request::GetScopeDescription));
}
