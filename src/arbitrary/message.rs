//! Requests that a role of a revision may send, and exchanges: a request with an answer to it.

use super::answer::key;
use super::words::{
    client_id, description, etag, header_secret, plain_text, resource_id, scope_set, secret, text, uri,
};
use crate::wire::codec::Routes;
use crate::wire::oauth::{
    AuthenticationMethod, AuthorizationRequest, AuthorizationReturn, ClientKeys, ClientMetadata, IntrospectionRequest,
    KeySource, PushedClaimToken, RevocationRequest, TokenRequest, UmaTicketGrant,
};
use crate::wire::page::Form;
use crate::wire::request::{AuthorizationState, ClaimsInteraction, ClaimsReturn, TicketPresentation};
use crate::wire::{
    Answer, Call, ClientAuthentication, Credentials, Endpoint, PermissionRequest, Request, Revision, Text, Uri,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// A request and an answer to it, both as the revision has them.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Whose messages they are.
    pub revision: Revision,
    /// The request.
    pub call: Call,
    /// The answer.
    pub answer: Answer,
}

const PATHS: [(Endpoint, &str); 22] = [
    (Endpoint::Configuration, "/.well-known/uma"),
    (Endpoint::Jwks, "/jwks"),
    (Endpoint::ClientRegistration, "/register"),
    (Endpoint::Authorization, "/authorize"),
    (Endpoint::AuthorizationRedirect, "/return"),
    (Endpoint::Token, "/token"),
    (Endpoint::Revocation, "/revoke"),
    (Endpoint::ResourceRegistration, "/resource_set/"),
    (Endpoint::Permission, "/permission"),
    (Endpoint::Introspection, "/introspect"),
    (Endpoint::Rpt, "/rpt"),
    (Endpoint::AuthorizationData, "/permission_request"),
    (Endpoint::ClaimsInteraction, "/claims"),
    (Endpoint::ClaimsRedirect, "/claims-return"),
    (Endpoint::Form, "/form"),
    (Endpoint::Account, "/account"),
    (Endpoint::Owner, "/owner/"),
    (Endpoint::Description, "/openapi.json"),
    (Endpoint::Connect, "/connect"),
    (Endpoint::Fetch, "/fetch"),
    (Endpoint::ScopeDescription, "/scopes/"),
    (Endpoint::Resource, "/r/"),
];

/// The paths of a server that has every endpoint.
pub fn routes() -> Routes {
    Routes::new(PATHS)
}

/// A request with an answer to it.
pub fn exchange(revision: Revision) -> BoxedStrategy<Exchange> {
    call(revision)
        .prop_flat_map(move |call| {
            let answer = super::answer::answer(revision, &call.message);
            (Just(call), answer).prop_map(move |(call, answer)| Exchange { revision, call, answer })
        })
        .boxed()
}

/// A request to where it belongs, with credentials that fit.
pub fn call(revision: Revision) -> BoxedStrategy<Call> {
    request(revision)
        .prop_flat_map(|message| (address(&message), credentials(&message), option::of(header_secret()), Just(message)))
        .prop_map(|(to, credentials, cookie, message)| Call { to, credentials, cookie, message })
        .boxed()
}

fn address(message: &Request) -> BoxedStrategy<Uri> {
    let endpoint = message.endpoint();
    let path = PATHS.iter().find(|(candidate, _)| *candidate == endpoint).map_or("/", |(_, path)| *path);
    match endpoint {
        Endpoint::ResourceRegistration | Endpoint::Owner => Just(Uri::new(format!("https://as.example{path}"))).boxed(),
        Endpoint::Resource => "[a-z/]{0,8}(\\?state=[a-z]{0,3})?"
            .prop_map(move |rest| Uri::new(format!("https://rs.example{path}{rest}")))
            .boxed(),
        _ => "(\\?[a-m]=[a-z%]{0,3})?".prop_map(move |own| Uri::new(format!("https://as.example{path}{own}"))).boxed(),
    }
}

fn credentials(message: &Request) -> BoxedStrategy<Credentials> {
    let bearer = header_secret().prop_map(Credentials::Bearer);
    match message {
        Request::Token(_) | Request::Revoke(_) => prop_oneof![
            Just(Credentials::None),
            client_id().prop_map(|id| Credentials::Client(ClientAuthentication::Public(id))),
            (client_id(), secret()).prop_map(|(id, s)| Credentials::Client(ClientAuthentication::Basic(id, s))),
            (client_id(), secret()).prop_map(|(id, s)| Credentials::Client(ClientAuthentication::Post(id, s))),
            (client_id(), secret()).prop_map(|(id, s)| Credentials::Client(ClientAuthentication::Assertion(id, s))),
        ]
        .boxed(),
        _ => prop_oneof![Just(Credentials::None), bearer].boxed(),
    }
}

/// A request that the revision has.
pub fn request(revision: Revision) -> BoxedStrategy<Request> {
    let own = match revision {
        Revision::Draft05 | Revision::Draft06 => draft(revision).boxed(),
        Revision::V1_0_1 => v1_0_1().boxed(),
        Revision::V2_0 => v2_0().boxed(),
    };
    prop_oneof![
        4 => own,
        4 => front_channel(),
        2 => token().prop_map(Request::Token),
        3 => form().prop_map(Request::Form),
        3 => common(),
    ]
    .boxed()
}

fn common() -> impl Strategy<Value = Request> {
    prop_oneof![
        Just(Request::GetConfiguration),
        Just(Request::GetJwks),
        Just(Request::ListResources),
        Just(Request::GetDescription),
        super::owner::call().prop_map(Request::Owner),
        metadata().prop_map(Request::RegisterClient),
        (secret(), option::of(text())).prop_map(|(token, hint)| Request::Revoke(RevocationRequest { token, hint })),
        resource_id().prop_map(|id| Request::ReadResource { id }),
        "[A-Z]{3,6}".prop_map(|method| Request::Access { method: method.into() }),
    ]
}

fn draft(revision: Revision) -> impl Strategy<Value = Request> {
    let described = move || (resource_id(), etag(), description(revision));
    prop_oneof![
        described().prop_map(|(id, _, description)| Request::CreateResource { id: Some(id), description }),
        described()
            .prop_map(|(id, tag, description)| { Request::UpdateResource { id, if_match: Some(tag), description } }),
        (resource_id(), option::of(etag())).prop_map(|(id, if_match)| Request::DeleteResource { id, if_match }),
        permission_request()
            .prop_map(|permission| Request::RequestPermissions { permissions: vec![permission], array: false }),
        (secret(), option::of(resource_id()), option::of(text())).prop_map(|(token, resource_id, host_id)| {
            Request::Introspect(IntrospectionRequest { token, resource_id, host_id })
        }),
        Just(Request::RequestRpt),
        Just(Request::GetScopeDescription),
        (secret(), secret()).prop_map(|(rpt, ticket)| Request::RequestAuthorizationData { rpt, ticket }),
    ]
}

fn v1_0_1() -> impl Strategy<Value = Request> {
    prop_oneof![
        4 => from_1_0_1(Revision::V1_0_1),
        1 => presentation().prop_map(Request::RequestRptForTicket),
    ]
}

fn presentation() -> impl Strategy<Value = TicketPresentation> {
    (secret(), option::of(secret()), vec(pushed(), 0..3)).prop_map(|(ticket, rpt, claim_tokens)| TicketPresentation {
        ticket,
        rpt,
        claim_tokens,
    })
}

fn v2_0() -> impl Strategy<Value = Request> {
    prop_oneof![
        5 => from_1_0_1(Revision::V2_0),
        1 => uma_grant().prop_map(|grant| Request::Token(TokenRequest::UmaTicket(grant))),
    ]
}

// What is the same since identifiers are the authorization server's choice.
fn from_1_0_1(revision: Revision) -> impl Strategy<Value = Request> {
    prop_oneof![
        description(revision).prop_map(|description| Request::CreateResource { id: None, description }),
        (resource_id(), description(revision)).prop_map(|(id, description)| Request::UpdateResource {
            id,
            if_match: None,
            description
        }),
        resource_id().prop_map(|id| Request::DeleteResource { id, if_match: None }),
        (vec(permission_request(), 1..4), any::<bool>()).prop_map(|(permissions, array)| {
            let array = array || permissions.len() > 1;
            Request::RequestPermissions { permissions, array }
        }),
        secret().prop_map(|token| {
            Request::Introspect(IntrospectionRequest { token, resource_id: None, host_id: None })
        }),
    ]
}

fn permission_request() -> impl Strategy<Value = PermissionRequest> {
    (resource_id(), scope_set()).prop_map(|(resource_id, scopes)| PermissionRequest { resource_id, scopes })
}

fn uma_grant() -> impl Strategy<Value = UmaTicketGrant> {
    (secret(), option::of(pushed()), option::of(secret()), option::of(secret()), scope_set())
        .prop_map(|(ticket, claim_token, pct, rpt, scope)| UmaTicketGrant { ticket, claim_token, pct, rpt, scope })
}

fn pushed() -> impl Strategy<Value = PushedClaimToken> {
    (secret(), text()).prop_map(|(token, format)| PushedClaimToken { token, format })
}

fn token() -> impl Strategy<Value = TokenRequest> {
    prop_oneof![
        (secret(), option::of(uri()), option::of(secret())).prop_map(|(code, redirect_uri, code_verifier)| {
            TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier }
        }),
        scope_set().prop_map(|scope| TokenRequest::ClientCredentials { scope }),
        (secret(), scope_set()).prop_map(|(refresh_token, scope)| TokenRequest::Refresh { refresh_token, scope }),
        (secret(), scope_set()).prop_map(|(assertion, scope)| TokenRequest::Saml2Bearer { assertion, scope }),
        (secret(), uri())
            .prop_map(|(subject_token, audience)| TokenRequest::ExchangeForAssertion { subject_token, audience }),
        "urn:x:[a-z]{1,5}".prop_map(|grant| TokenRequest::Other(grant.into())),
    ]
}

/// What a client tells about itself.
pub fn metadata() -> impl Strategy<Value = ClientMetadata> {
    let method = (0..AuthenticationMethod::ALL.len()).prop_map(|at| AuthenticationMethod::ALL[at]);
    let uris = || vec(uri(), 0..3);
    (option::of(text()), uris(), uris(), scope_set(), vec(text(), 0..3), method, option::of(client_keys())).prop_map(
        |(name, redirect_uris, claims_redirect_uris, scope, grant_types, authentication, keys)| ClientMetadata {
            name,
            redirect_uris,
            claims_redirect_uris,
            scope,
            grant_types,
            authentication,
            keys,
        },
    )
}

fn client_keys() -> impl Strategy<Value = Box<ClientKeys>> {
    let source = prop_oneof![vec(key(), 0..2).prop_map(KeySource::Here), uri().prop_map(KeySource::At)];
    (source, option::of(text())).prop_map(|(source, algorithm)| Box::new(ClientKeys { source, algorithm }))
}

/// A message of the front channel, such as a redirect or the `resume` of a sign-in leads to.
pub fn front_channel() -> impl Strategy<Value = Request> {
    prop_oneof![
        authorization().prop_map(Request::Authorize),
        authorization_return().prop_map(Request::AuthorizationReturn),
        claims_interaction().prop_map(Request::ClaimsInteraction),
        claims_return().prop_map(Request::ClaimsReturn),
        Just(Request::GetAccount),
        uri().prop_map(|as_uri| Request::Connect { as_uri }),
        (uri(), plain_text()).prop_map(|(resource, method)| Request::Fetch { resource, method }),
    ]
}

fn authorization() -> impl Strategy<Value = AuthorizationRequest> {
    let maybe = || option::of(text());
    let acr_values = vec("[!-~]{1,6}".prop_map(Text::from), 0..3);
    (maybe(), client_id(), option::of(uri()), scope_set(), option::of(secret()), maybe(), maybe(), acr_values).prop_map(
        |(response_type, client_id, redirect_uri, scope, state, code_challenge, nonce, acr_values)| {
            AuthorizationRequest {
                response_type,
                client_id: Some(client_id),
                redirect_uri,
                scope,
                state,
                code_challenge,
                nonce,
                acr_values,
            }
        },
    )
}

fn authorization_return() -> impl Strategy<Value = AuthorizationReturn> {
    let outcome = prop_oneof![secret().prop_map(Ok), text().prop_map(Err)];
    (outcome, option::of(secret()), uri()).prop_map(|(outcome, state, issuer)| AuthorizationReturn {
        outcome,
        state,
        issuer: Some(issuer),
    })
}

fn claims_interaction() -> impl Strategy<Value = ClaimsInteraction> {
    (option::of(client_id()), secret(), uri(), option::of(secret())).prop_map(|(client_id, ticket, to, state)| {
        ClaimsInteraction { client_id, ticket: Some(ticket), redirect_uri: Some(to), state }
    })
}

fn claims_return() -> impl Strategy<Value = ClaimsReturn> {
    prop_oneof![
        (secret(), option::of(secret())).prop_map(|(ticket, state)| ClaimsReturn {
            ticket: Some(ticket),
            state,
            error: None,
            authorization_state: None,
        }),
        (option::of(secret()), text()).prop_map(|(state, error)| ClaimsReturn {
            ticket: None,
            state,
            error: Some(error),
            authorization_state: None,
        }),
        (option::of(secret()), secret(), (0..AuthorizationState::ALL.len() + 1)).prop_map(|(ticket, state, at)| {
            let authorization_state = AuthorizationState::ALL.get(at).copied();
            ClaimsReturn { ticket, state: Some(state), error: None, authorization_state }
        }),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![
        (secret(), "\\PC{0,8}", secret(), option::of(secret()), front_channel(), uri()).prop_map(
            |(form, name, password, second_factor, resume, resume_at)| Form::SignIn {
                form,
                username: name.into(),
                password,
                second_factor,
                resume: Box::new(resume),
                resume_at,
            }
        ),
        (secret(), any::<bool>()).prop_map(|(form, approve)| Form::Consent { form, approve }),
        (secret(), any::<bool>()).prop_map(|(form, agree)| Form::GiveClaims { form, agree }),
        (secret(), super::policy::policy()).prop_map(|(form, policy)| Form::SetPolicy { form, policy }),
        (secret(), text()).prop_map(|(form, id)| Form::RemovePolicy { form, policy: (&*id).into() }),
        (secret(), text(), any::<bool>()).prop_map(|(form, request, approve)| Form::AnswerRequest {
            form,
            request,
            approve
        }),
        (secret(), client_id()).prop_map(|(form, client_id)| Form::WithdrawApproval { form, client_id }),
        secret().prop_map(|form| Form::SignOut { form }),
    ]
}
