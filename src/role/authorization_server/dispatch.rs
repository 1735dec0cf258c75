//! Which input goes where. Guarded endpoints look at the token before they look at the message, also when the message
//! is none.

use super::gathering::Waiting;
use super::{
    AuthorizationServer, AuthorizationServerConfig, account, gathering, oauth_side, operator, owner_api, refresh,
    revocation, scope_descriptions, tls,
};
use crate::message::Arrival;
use crate::role::oauth::token::{self, Granted};
use crate::role::oauth::{attempts, authorize, clients, forms, sign_in, undecodable};
use crate::role::{Act, Context, Input};
use crate::wire::error::DecodeErrorKind;
use crate::wire::oauth::TokenRequest;
use crate::wire::openapi;
use crate::wire::page::Form;
use crate::wire::{Answer, DecodeError, Endpoint, ErrorCode, Failure, Request, Response};

pub(super) fn handle(server: &mut AuthorizationServer, cx: &mut Context<'_>, input: Input) {
    clients::announce(server, cx);
    match input {
        Input::Request(arrival) => request(server, cx, &arrival),
        Input::PasswordChecked { check, correct } => sign_in::checked(server, cx, check, correct),
        // Late, duplicate and unknown answers are nobody's.
        Input::Response { exchange, answer } => {
            if let Some(answer) = scope_descriptions::on_response(server, cx, exchange, answer) {
                gathering::on_response(server, cx, exchange, answer);
            }
        }
        Input::Failed { exchange, .. } => {
            if !scope_descriptions::on_failure(server, exchange) {
                gathering::on_failure(server, cx, exchange);
            }
        }
        Input::Act(Act::Operate { order, operation }) => operator::operate(server, cx, order, &operation),
        // It sets no timer, nobody else acts at it, and after a crash the durable tables are all it needs.
        Input::Timer(_) | Input::Act(_) | Input::Restarted => {}
    }
}

fn request(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival) {
    if let Some(refusal) = tls::refused(server, cx, arrival) {
        return cx.reply(arrival.exchange, refusal);
    }
    let message = match &arrival.message {
        Ok(message) => message,
        Err(error) => return misunderstood(server, cx, arrival, error),
    };
    match message {
        Request::GetConfiguration => {
            let document = configuration(server, cx, arrival);
            cx.reply(arrival.exchange, document);
        }
        Request::GetJwks => {
            let keys = cx.crypto().key_set(&server.config.key, &server.config.retiring_keys);
            cx.reply(arrival.exchange, Response::Jwks(keys));
        }
        Request::RegisterClient(metadata) => clients::register(server, cx, arrival, metadata),
        Request::Authorize(asked) => authorize::start(server, cx, arrival, asked),
        Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::DeleteResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::Introspect(_) => protect(server, cx, arrival, message.clone()),
        Request::GetAccount => account::show(server, cx, arrival),
        Request::Owner(asked) => owner_api::serve(server, cx, arrival, asked),
        Request::GetDescription => cx.reply(arrival.exchange, description(server)),
        Request::Form(form) => submit(server, cx, arrival, form),
        Request::Token(_) | Request::Revoke(_) => from_client(server, cx, arrival),
        Request::AuthorizationReturn(came) => gathering::returned(server, cx, arrival, came),
        Request::RequestRpt | Request::RequestAuthorizationData { .. } | Request::RequestRptForTicket(_) => {
            server.dialect().authorization(server, cx, arrival, message);
        }
        Request::ClaimsInteraction(asked) => gathering::start(server, cx, arrival, asked),
        Request::ClaimsReturn(_)
        | Request::GetScopeDescription
        | Request::Connect { .. }
        | Request::Fetch { .. }
        | Request::Access { .. } => not_here(cx, arrival),
    }
}

/// Answers a request that a client authenticates. One that signs waits for its keys, where they are elsewhere.
pub(super) fn from_client(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival) {
    match oauth_side::awaited_client(server, cx, &arrival.credentials) {
        Some(place) => server.gathering.wait(place, Waiting::Client(Box::new(arrival.clone()))),
        None => of_client(server, cx, arrival),
    }
}

/// The same with the keys that are at hand.
pub(super) fn of_client(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival) {
    match &arrival.message {
        Ok(Request::Token(asked)) => token(server, cx, arrival, asked),
        Ok(Request::Revoke(asked)) => revocation::revoke(server, cx, arrival, asked),
        // No other request waits for that.
        Ok(_) | Err(_) => {}
    }
}

/// Answers a token request. An assertion waits for the keys of its issuer, before anything is found out about who
/// presents it.
pub(super) fn token(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, asked: &TokenRequest) {
    match oauth_side::awaited_issuer(server, cx, asked) {
        Some(issuer) => server.gathering.wait(issuer, Waiting::Assertion(Box::new(arrival.clone()), asked.clone())),
        None => grant(server, cx, arrival, asked),
    }
}

/// Answers a token request. The grants of RPTs come first; what is left is OAuth alone.
pub(super) fn grant(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, asked: &TokenRequest) {
    if attempts::refuse_guesser(server, cx, arrival) {
        return;
    }
    if server.dialect().grant(server, cx, arrival, asked) {
        return;
    }
    match (token::grant(server, cx, arrival, asked), asked) {
        (Granted::Answered, _) => {}
        (Granted::NotMine(client), TokenRequest::Refresh { refresh_token, scope })
            if refresh::refresh_rpt(server, cx, arrival, client.id(), refresh_token.hashed(), scope) => {}
        (Granted::NotMine(_), _) => cx.reply(arrival.exchange, Failure::body(400, ErrorCode::InvalidGrant)),
    }
}

fn submit(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, form: &Form) {
    match form {
        Form::SignIn { .. } => sign_in::submit(server, cx, arrival, form),
        Form::Consent { form, approve } => {
            if !authorize::decide(server, cx, arrival, form, *approve) {
                cx.reply(arrival.exchange, forms::stale());
            }
        }
        Form::GiveClaims { form, agree } => gathering::give(server, cx, arrival, form, *agree),
        Form::SetPolicy { .. }
        | Form::RemovePolicy { .. }
        | Form::AnswerRequest { .. }
        | Form::WithdrawApproval { .. }
        | Form::SignOut { .. } => account::submit(server, cx, arrival, form.clone()),
    }
}

fn configuration(server: &AuthorizationServer, cx: &Context<'_>, arrival: &Arrival) -> Response {
    let ways = server.ways_at(&arrival.uri);
    let places = server.places(ways.revision(&server.config));
    Response::Configuration(Box::new(clients::with_algorithms(ways.configuration(&places), cx.crypto())))
}

fn description(server: &AuthorizationServer) -> Response {
    let AuthorizationServerConfig { issuer, served, .. } = &server.config;
    Response::Description(openapi::describe(*served, issuer, &server.routes))
}

fn protect(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, message: Request) {
    let answer = protection(server, cx, arrival, message).map_or_else(Answer::from, Answer::from);
    cx.reply(arrival.exchange, answer);
}

fn protection(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    message: Request,
) -> Result<Response, Failure> {
    let pat = oauth_side::check_pat(server, cx, &arrival.credentials)?;
    server.ways_at(&arrival.uri).protection(server, cx, &pat, message)
}

fn misunderstood(server: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, error: &DecodeError) {
    let answer = match guard(server, cx, arrival, error.endpoint) {
        Ok(()) => complaint(error),
        Err(failure) => failure.into(),
    };
    cx.reply(arrival.exchange, answer);
}

// FedAuthz §6, D6 §4.1: who is not authorized gets the OAuth error and learns nothing else.
fn guard(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    endpoint: Endpoint,
) -> Result<(), Failure> {
    match endpoint {
        Endpoint::ResourceRegistration | Endpoint::Permission | Endpoint::Introspection => {
            oauth_side::check_pat(server, cx, &arrival.credentials).map(|_| ())
        }
        Endpoint::Rpt | Endpoint::AuthorizationData => {
            oauth_side::check_aat(server, cx, &arrival.credentials).map(|_| ())
        }
        Endpoint::Owner => owner_api::check_owner(server, cx, &arrival.credentials).map(|_| ()),
        _ => Ok(()),
    }
}

fn complaint(error: &DecodeError) -> Answer {
    let is_media_type = matches!(error.kind, DecodeErrorKind::UnsupportedMediaType { .. });
    match error.endpoint {
        // D6 §3.4.2, §3.4.3: an unknown content type is an HTTP error.
        Endpoint::Rpt | Endpoint::AuthorizationData if is_media_type => {
            Failure::body(415, ErrorCode::InvalidRequest).into()
        }
        Endpoint::Owner => owner_api::complaint(error).into(),
        _ => undecodable::answer(error),
    }
}

fn not_here(cx: &mut Context<'_>, arrival: &Arrival) {
    cx.reply(arrival.exchange, Response::Refused { status: 404 });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests fail loudly")]

    use super::super::testing::{Bench, config, failed};
    use super::*;
    use crate::role::authorization_server::drafts;
    use crate::role::{AuthorizationServerConfig, Rule};
    use crate::trace::Fact;
    use crate::trace::fact::{RevocationCause, TokenWhat};
    use crate::wire::owner::OWNER_SCOPE;
    use crate::wire::page::Page;
    use crate::wire::text::scope_set;
    use crate::wire::{Bearer, Configuration, Credentials, Revision, Timestamp, Uri};

    fn served(config: AuthorizationServerConfig) -> Configuration {
        match Bench::with(config).browse("", Request::GetConfiguration) {
            Response::Configuration(configuration) => *configuration,
            other => panic!("no configuration: {other:?}"),
        }
    }

    fn broken(bench: &mut Bench, token: Option<&str>, endpoint: Endpoint, kind: DecodeErrorKind) -> Response {
        let credentials = token.map_or(Credentials::None, |token| Credentials::Bearer(Bearer::new(token)));
        bench.arrive(credentials, None, Err(DecodeError { endpoint, kind })).message
    }

    fn all_endpoints(configuration: &Configuration) -> Vec<(Endpoint, Option<Uri>)> {
        vec![
            (Endpoint::Authorization, configuration.authorization_endpoint.clone()),
            (Endpoint::Token, Some(configuration.token_endpoint.clone())),
            (Endpoint::ClientRegistration, configuration.registration_endpoint.clone()),
            (Endpoint::Revocation, configuration.revocation_endpoint.clone()),
            (Endpoint::Jwks, configuration.jwks_uri.clone()),
            (Endpoint::ResourceRegistration, configuration.resource_registration_endpoint.clone()),
            (Endpoint::Permission, configuration.permission_endpoint.clone()),
            (Endpoint::Introspection, configuration.introspection_endpoint.clone()),
            (Endpoint::ClaimsInteraction, configuration.claims_interaction_endpoint.clone()),
            (Endpoint::Rpt, configuration.rpt_endpoint.clone()),
            (Endpoint::AuthorizationData, configuration.permission_request_endpoint.clone()),
            (Endpoint::Owner, configuration.owner_endpoint.clone()),
            (Endpoint::Description, configuration.openapi_uri.clone()),
        ]
    }

    #[test]
    fn every_published_endpoint_is_served_and_every_served_one_published() {
        for revision in Revision::ALL {
            let config = config(revision);
            let routes = super::super::AuthorizationServer::new(config.clone()).routes();
            let well_known = crate::wire::configuration::well_known(revision, &config.issuer);
            assert_eq!(routes.endpoint(&well_known), Endpoint::Configuration);
            for (endpoint, uri) in all_endpoints(&served(config)) {
                assert_eq!(routes.path(endpoint).is_some(), uri.is_some(), "{endpoint} in {revision}");
                assert_eq!(uri.map_or(endpoint, |uri| routes.endpoint(&uri)), endpoint);
            }
        }
    }

    #[test]
    fn plain_oauth_clients_find_the_document() {
        for issuer in ["https://as.example", "https://as.example/realms/family"] {
            let config = AuthorizationServerConfig { issuer: issuer.into(), ..config(Revision::V2_0) };
            let routes = super::super::AuthorizationServer::new(config).routes();
            let right = crate::wire::configuration::oauth_well_known(&issuer.into());
            let behind = Uri::from(issuer).join("/.well-known/oauth-authorization-server");
            for place in [right, behind] {
                assert_eq!(routes.endpoint(&place), Endpoint::Configuration, "{place}");
            }
            assert!(routes.path(Endpoint::Configuration).is_some_and(|path| path.ends_with("uma2-configuration")));
        }
        // The documents of the drafts are none of RFC 8414.
        let routes = super::super::AuthorizationServer::new(config(Revision::Draft06)).routes();
        let place = Uri::from("https://as.example/.well-known/oauth-authorization-server");
        assert_ne!(routes.endpoint(&place), Endpoint::Configuration);
    }

    #[test]
    fn the_document_says_what_clients_may_sign_with() {
        let document = served(config(Revision::V2_0));
        assert!(document.token_endpoint_auth_methods.contains(&"private_key_jwt".into()));
        assert_eq!(document.token_endpoint_auth_algorithms, ["none".into()], "what the crypto at hand verifies");
        assert!(served(config(Revision::Draft06)).token_endpoint_auth_algorithms.is_empty());
    }

    #[test]
    fn the_document_says_only_what_exists() {
        let document = served(config(Revision::V2_0));
        assert!(document.grant_types.iter().any(|grant| &**grant == crate::wire::oauth::UMA_TICKET_GRANT));
        assert!(document.registration_endpoint.is_some() && document.oauth_token_profiles.is_empty());
        let closed =
            AuthorizationServerConfig { dynamic_registration: false, refresh_tokens: false, ..config(Revision::V2_0) };
        let document = served(closed);
        assert!(document.registration_endpoint.is_none());
        assert!(!document.grant_types.iter().any(|grant| &**grant == crate::wire::oauth::REFRESH_TOKEN_GRANT));
        let document = served(config(Revision::Draft06));
        assert_eq!((document.oauth_token_profiles.len(), document.uma_token_profiles.len()), (1, 1));
        assert!(document.claim_profiles.is_empty() && document.uma_profiles.is_empty());
        let claims_from = Some(Uri::from("https://idp.example"));
        let document = served(AuthorizationServerConfig { claims_from, ..config(Revision::Draft06) });
        assert_eq!(document.claim_profiles, ["openid".into()]);
    }

    #[test]
    fn the_key_set_has_the_public_key() {
        let answer = Bench::new(Revision::V2_0).browse("", Request::GetJwks);
        assert!(matches!(answer, Response::Jwks(keys) if keys.len() == 1 && &*keys[0].kid == "k"));
    }

    #[test]
    fn the_protection_api_wants_a_good_pat() {
        for revision in Revision::ALL {
            let mut bench = Bench::new(revision);
            bench.pat("pat", "alice", "rs1");
            bench.access_token("other", Some("alice"), "rs1", scope_set(["openid"]));
            let ask = |bench: &mut Bench, token: &str| failed(&bench.with_bearer(token, Request::ListResources));
            assert_eq!(ask(&mut bench, "pat"), (0, None));
            assert_eq!(ask(&mut bench, "unknown"), (401, Some(ErrorCode::InvalidToken)));
            assert_eq!(ask(&mut bench, "other"), (403, Some(ErrorCode::InsufficientScope)));
            assert!(bench.ruled(Rule::PatScope, false));
            assert_eq!(failed(&bench.browse("", Request::ListResources)), (401, None));
            let (token, what) = (Bearer::new("pat").hashed(), TokenWhat::AccessToken);
            bench.given(Fact::TokenRevoked { token, what, why: RevocationCause::Asked });
            assert_eq!(ask(&mut bench, "pat"), (401, Some(ErrorCode::InvalidToken)));
            assert!(bench.ruled(Rule::AccessTokenUnrevoked, false));
            bench.pat("late", "alice", "rs1");
            bench.now = Timestamp::from_secs(1000 + 3600);
            assert_eq!(ask(&mut bench, "late"), (401, Some(ErrorCode::InvalidToken)));
            assert!(bench.ruled(Rule::AccessTokenFresh, false));
            let off = [Rule::PatScope, Rule::AccessTokenFresh, Rule::AccessTokenUnrevoked];
            let mut mutant = bench.without(&off);
            assert_eq!([ask(&mut mutant, "other"), ask(&mut mutant, "pat")], [(0, None), (0, None)]);
        }
    }

    #[test]
    fn guarded_endpoints_look_at_the_token_before_the_bytes() {
        let mut bench = Bench::new(Revision::Draft06);
        bench.access_token("owner", Some("alice"), "terminal", scope_set([OWNER_SCOPE]));
        bench.pat("pat", "alice", "rs1");
        bench.access_token("aat", Some("bob"), "app", scope_set([drafts::AAT_SCOPES[1]]));
        let malformed = || DecodeErrorKind::Malformed("body".into());
        for (endpoint, good, bad) in [
            (Endpoint::ResourceRegistration, "pat", "aat"),
            (Endpoint::Permission, "pat", "aat"),
            (Endpoint::Introspection, "pat", "aat"),
            (Endpoint::Rpt, "aat", "pat"),
            (Endpoint::AuthorizationData, "aat", "pat"),
            (Endpoint::Permission, "pat", "owner"),
            (Endpoint::Rpt, "aat", "owner"),
            (Endpoint::Owner, "owner", "pat"),
            (Endpoint::Owner, "owner", "aat"),
        ] {
            assert_eq!(failed(&broken(&mut bench, None, endpoint, malformed())), (401, None));
            let weak = failed(&broken(&mut bench, Some(bad), endpoint, malformed()));
            assert_eq!(weak, (403, Some(ErrorCode::InsufficientScope)));
            let answer = failed(&broken(&mut bench, Some(good), endpoint, malformed()));
            assert_eq!(answer, (400, Some(ErrorCode::InvalidRequest)));
        }
    }

    #[test]
    fn bytes_that_are_no_message_are_answered_as_the_endpoint_does() {
        let mut bench = Bench::new(Revision::V2_0);
        bench.pat("pat", "alice", "rs1");
        let mut say = |endpoint, kind| broken(&mut bench, Some("pat"), endpoint, kind);
        let method = || DecodeErrorKind::MethodNotAllowed("PATCH".into());
        let answer = say(Endpoint::ResourceRegistration, method());
        assert_eq!(failed(&answer), (405, Some(ErrorCode::UnsupportedMethodType)));
        assert_eq!(say(Endpoint::Token, method()), Response::Refused { status: 405 });
        let unknown = DecodeErrorKind::UnknownPath("https://as.example/nowhere".into());
        assert_eq!(say(Endpoint::Unknown, unknown), Response::Refused { status: 404 });
        let missing = || DecodeErrorKind::Missing("token".into());
        assert_eq!(failed(&say(Endpoint::Token, missing())), (400, Some(ErrorCode::InvalidRequest)));
        assert_eq!(
            failed(&say(Endpoint::ClientRegistration, missing())),
            (400, Some(ErrorCode::InvalidClientMetadata))
        );
        let page = say(Endpoint::ClaimsInteraction, missing());
        assert!(matches!(page, Response::Page(Page::Notice { status: 400, .. })));
    }

    #[test]
    fn what_belongs_to_others_is_not_here() {
        for revision in Revision::ALL {
            let mut bench = Bench::new(revision);
            let fetch = Request::Fetch { resource: "https://rs.example/x".into(), method: "GET".into() };
            for request in [Request::Access { method: "GET".into() }, fetch] {
                assert_eq!(bench.browse("", request), Response::Refused { status: 404 });
            }
        }
    }
}
