//! Answers that a role of a revision may give to a request.

use super::message::{front_channel, metadata};
use super::words::{
    client_id, description, etag, header_secret, permission, plain_text, resource_id, scope_set, secret, text, time,
    uri,
};
use crate::wire::configuration::{MultiPermission, PerToken};
use crate::wire::error::FailureCarrier;
use crate::wire::jws::{Jwk, PublicKey};
use crate::wire::oauth::{
    ActiveToken, ClientInformation, IntrospectionResponse, IssuedAssertion, TokenRequest, TokenResponse,
};
use crate::wire::page::Page;
use crate::wire::registration::RegisteredResource;
use crate::wire::{
    Answer, Challenge, ChallengeReason, ClaimName, Configuration, ErrorCode, ErrorDetails, Failure, Request,
    RequestingPartyClaims, RequiredClaim, Response, Revision, ScopeDescription, Text, Uri,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// An answer to this request: what it asks for, or an error.
pub fn answer(revision: Revision, asked: &Request) -> BoxedStrategy<Answer> {
    let message = prop_oneof![3 => wanted(revision, asked), 1 => failure().prop_map(Response::Failure), 1 => refused()];
    (option::of(header_secret()), message).prop_map(|(set_cookie, message)| Answer { set_cookie, message }).boxed()
}

fn wanted(revision: Revision, asked: &Request) -> BoxedStrategy<Response> {
    match asked {
        Request::GetConfiguration => configuration(revision),
        Request::GetJwks => vec(key(), 0..3).prop_map(Response::Jwks).boxed(),
        Request::RegisterClient(_) => (client_id(), option::of(secret()), metadata())
            .prop_map(|(client_id, client_secret, metadata)| {
                Response::ClientRegistered(ClientInformation { client_id, client_secret, metadata })
            })
            .boxed(),
        Request::Token(TokenRequest::UmaTicket(_)) => prop_oneof![tokens(), need_info(), submitted()].boxed(),
        Request::Token(TokenRequest::ExchangeForAssertion { .. }) => (secret(), option::of(any::<u64>()))
            .prop_map(|(assertion, expires_in_secs)| {
                Response::AssertionIssued(IssuedAssertion { assertion, expires_in_secs })
            })
            .boxed(),
        Request::Token(_) => tokens(),
        Request::Revoke(_) => Just(Response::Revoked).boxed(),
        Request::CreateResource { .. } => registered(revision, false).prop_map(Response::ResourceCreated).boxed(),
        Request::ReadResource { .. } => registered(revision, true).prop_map(Response::Resource).boxed(),
        Request::UpdateResource { .. } => registered(revision, false).prop_map(Response::ResourceUpdated).boxed(),
        Request::DeleteResource { .. } => Just(Response::ResourceDeleted).boxed(),
        Request::ListResources => vec(resource_id(), 0..4).prop_map(Response::ResourceList).boxed(),
        Request::RequestPermissions { .. } => ticket(revision),
        Request::Introspect(_) => introspection(revision),
        Request::GetScopeDescription => (text(), option::of(uri()), option::of(any::<u64>()))
            .prop_map(|(name, icon_uri, cache_secs)| {
                Response::ScopeDescription(ScopeDescription { name, icon_uri, cache_secs })
            })
            .boxed(),
        Request::RequestRpt => secret().prop_map(Response::RptIssued).boxed(),
        Request::RequestRptForTicket(_) => rpt_for_ticket(),
        Request::RequestAuthorizationData { .. } => authorization_data(),
        Request::Owner(asked) => super::owner::answer(asked),
        Request::GetDescription => text()
            .prop_map(|title| Response::Description(serde_json::json!({ "info": &*title }).to_string().into()))
            .boxed(),
        Request::Access { .. } => access(revision),
        Request::Authorize(_)
        | Request::AuthorizationReturn(_)
        | Request::ClaimsInteraction(_)
        | Request::ClaimsReturn(_)
        | Request::Form(_)
        | Request::GetAccount
        | Request::Connect { .. }
        | Request::Fetch { .. } => prop_oneof![page().prop_map(Response::Page), redirect()].boxed(),
    }
}

/// A public key.
pub fn key() -> impl Strategy<Value = Jwk> {
    let public = prop_oneof![
        (text(), text()).prop_map(|(crv, x)| PublicKey::Okp { crv, x }),
        (text(), text(), text()).prop_map(|(crv, x, y)| PublicKey::Ec { crv, x, y }),
        (text(), text()).prop_map(|(n, e)| PublicKey::Rsa { n, e }),
    ];
    (text(), text(), public).prop_map(|(kid, alg, public)| Jwk { kid, alg, public })
}

fn failure() -> impl Strategy<Value = Failure> {
    let code = prop_oneof![
        Just(ErrorCode::InvalidRequest),
        Just(ErrorCode::InvalidToken),
        Just(ErrorCode::RequestDenied),
        "x_[a-z]{1,8}".prop_map(|code| ErrorCode::Other(code.into())),
    ];
    let status = prop_oneof![Just(400_u16), Just(401), Just(403), Just(404), Just(405), Just(412), Just(503)];
    let carrier = prop_oneof![
        Just(FailureCarrier::Body),
        Just(FailureCarrier::BearerChallenge),
        Just(FailureCarrier::BasicChallenge)
    ];
    (status, code, any::<bool>(), option::of(plain_text()), carrier).prop_map(
        |(status, code, bare, description, carrier)| {
            let bare = bare && carrier == FailureCarrier::BearerChallenge;
            Failure { status, code: (!bare).then_some(code), description, carrier }
        },
    )
}

fn refused() -> impl Strategy<Value = Response> {
    prop_oneof![Just(400_u16), Just(404), Just(405), Just(415), Just(429), Just(500)]
        .prop_map(|status| Response::Refused { status })
}

fn configuration(revision: Revision) -> BoxedStrategy<Response> {
    let words = || vec(text(), 0..3);
    let strategy = (vec(uri(), 13), vec(any::<bool>(), 11), vec(words(), 11));
    strategy.prop_map(move |(uris, some, words)| configured(revision, &uris, &some, &words)).boxed()
}

fn configured(revision: Revision, uris: &[Uri], some: &[bool], words: &[Vec<Text>]) -> Response {
    let uri = |at: usize| uris.get(at).cloned().unwrap_or_else(|| Uri::from("https://x.example"));
    let maybe = |at: usize| some.get(at).is_some_and(|some| *some).then(|| uri(at));
    let texts = |at: usize| words.get(at).cloned().unwrap_or_default();
    let draft = |uri: Uri| revision.is_draft().then_some(uri);
    let of_draft = |texts: Vec<Text>| if revision.is_draft() { texts } else { Vec::new() };
    let api = |uri: Uri| (revision != Revision::V2_0).then_some(uri);
    let per_token_uri = |uri: Uri| (revision == Revision::V1_0_1).then_some(uri);
    let multi_permission = some.get(10).and_then(|some| {
        let only = some.then_some(MultiPermission::ExtensionOnly);
        only.or_else(|| maybe(8).map(|_| MultiPermission::Supported))
    });
    let per_token = |texts: Vec<Text>| if revision == Revision::V1_0_1 { texts } else { Vec::new() };
    let together = |texts: Vec<Text>| if revision == Revision::V1_0_1 { Vec::new() } else { texts };
    let not_2_0 = |texts: Vec<Text>| if revision == Revision::V2_0 { Vec::new() } else { texts };
    let not_draft = |texts: Vec<Text>| if revision.is_draft() { Vec::new() } else { texts };
    Response::Configuration(Box::new(Configuration {
        issuer: uri(9),
        authorization_endpoint: api(uri(0)).or_else(|| maybe(0)),
        token_endpoint: uri(10),
        grant_types: together(texts(0)),
        registration_endpoint: maybe(1),
        revocation_endpoint: maybe(2),
        jwks_uri: maybe(3),
        resource_registration_endpoint: matches!(revision, Revision::Draft05 | Revision::V1_0_1)
            .then(|| uri(4))
            .or_else(|| maybe(4)),
        permission_endpoint: api(uri(5)).or_else(|| maybe(5)),
        introspection_endpoint: api(uri(6)).or_else(|| maybe(6)),
        claims_interaction_endpoint: maybe(7),
        rpt_endpoint: api(uri(8)),
        permission_request_endpoint: draft(uri(11)),
        code_challenge_methods: texts(1),
        token_endpoint_auth_methods: texts(2),
        token_endpoint_auth_algorithms: texts(2),
        oauth_token_profiles: of_draft(texts(3)),
        uma_token_profiles: not_2_0(texts(4)),
        claim_profiles: not_2_0(texts(5)),
        uma_profiles: not_draft(texts(6)),
        per_token: PerToken {
            pat_profiles: per_token(texts(7)),
            aat_profiles: per_token(texts(8)),
            pat_grant_types: per_token(texts(9)),
            aat_grant_types: per_token(texts(10)),
        },
        security_enhanced_claims_endpoint: maybe(9).and_then(per_token_uri),
        multi_permission: if revision == Revision::V1_0_1 { multi_permission } else { None },
        owner_endpoint: maybe(11),
        openapi_uri: maybe(12),
    }))
}

fn tokens() -> BoxedStrategy<Response> {
    let (refresh, id_token, pct) = (option::of(secret()), option::of(secret()), option::of(secret()));
    (secret(), option::of(any::<u64>()), refresh, option::of(scope_set()), id_token, pct, any::<bool>())
        .prop_map(|(access_token, expires_in_secs, refresh_token, scope, id_token, pct, upgraded)| {
            Response::Token(TokenResponse {
                access_token,
                expires_in_secs,
                refresh_token,
                scope,
                id_token,
                pct,
                upgraded,
            })
        })
        .boxed()
}

fn need_info() -> impl Strategy<Value = Response> {
    (secret(), vec(required_claim(), 0..3), option::of(uri())).prop_map(|(ticket, required_claims, redirect_user)| {
        Response::NeedInfo { ticket: Some(ticket), required_claims, redirect_user }
    })
}

fn required_claim() -> impl Strategy<Value = RequiredClaim> {
    let maybe = || option::of(text());
    (maybe(), maybe(), maybe(), vec(text(), 0..3), vec(uri(), 0..3)).prop_map(
        |(name, friendly_name, claim_type, claim_token_format, issuer)| RequiredClaim {
            name: name.map(ClaimName::new),
            friendly_name,
            claim_type,
            claim_token_format,
            issuer,
        },
    )
}

fn submitted() -> impl Strategy<Value = Response> {
    (secret(), option::of(any::<u64>()))
        .prop_map(|(ticket, interval_secs)| Response::RequestSubmitted { ticket: Some(ticket), interval_secs })
}

fn authorization_data() -> BoxedStrategy<Response> {
    prop_oneof![
        Just(Response::AuthorizationDataAdded),
        Just(Response::NeedInfo { ticket: None, required_claims: Vec::new(), redirect_user: None }),
        option::of(any::<u64>()).prop_map(|interval_secs| Response::RequestSubmitted { ticket: None, interval_secs }),
    ]
    .boxed()
}

fn rpt_for_ticket() -> BoxedStrategy<Response> {
    let claims = (vec(required_claim(), 0..3), any::<bool>(), option::of(secret())).prop_map(
        |(required_claims, redirect_user, ticket)| RequestingPartyClaims { required_claims, redirect_user, ticket },
    );
    let details = (vec(text(), 0..3), option::of(claims))
        .prop_map(|(required_acr, requesting_party_claims)| ErrorDetails { required_acr, requesting_party_claims });
    prop_oneof![
        secret().prop_map(Response::RptGranted),
        details.prop_map(Response::InfoNeeded),
        Just(Response::RequestSubmitted { ticket: None, interval_secs: None }),
    ]
    .boxed()
}

fn registered(revision: Revision, full: bool) -> impl Strategy<Value = RegisteredResource> {
    (resource_id(), option::of(etag()), description(revision), option::of(uri())).prop_map(
        move |(id, etag, description, policy_uri)| RegisteredResource {
            id,
            etag: if revision.is_draft() { etag } else { None },
            description: full.then_some(description),
            policy_uri,
        },
    )
}

fn ticket(revision: Revision) -> BoxedStrategy<Response> {
    (secret(), option::of(uri()))
        .prop_map(move |(ticket, location)| {
            let location = if revision.is_draft() { location } else { None };
            Response::PermissionTicket { ticket, location }
        })
        .boxed()
}

fn introspection(revision: Revision) -> BoxedStrategy<Response> {
    let whole = match revision {
        Revision::Draft05 | Revision::Draft06 => Just((None, None, None)).boxed(),
        Revision::V1_0_1 | Revision::V2_0 => (option::of(time()), option::of(time()), option::of(time())).boxed(),
    };
    let active = (vec(permission(revision), 0..3), whole, option::of(any::<u64>())).prop_map(
        |(permissions, (expires_at, issued_at, not_before), cache_secs)| {
            IntrospectionResponse::Active(ActiveToken { permissions, expires_at, issued_at, not_before, cache_secs })
        },
    );
    prop_oneof![active, Just(IntrospectionResponse::Inactive)].prop_map(Response::Introspection).boxed()
}

fn access(revision: Revision) -> BoxedStrategy<Response> {
    let reason = match revision {
        Revision::Draft05 | Revision::Draft06 => {
            prop_oneof![Just(ChallengeReason::RptNeeded), secret().prop_map(ChallengeReason::AuthorizationDataNeeded)]
                .boxed()
        }
        Revision::V1_0_1 => prop_oneof![
            header_secret().prop_map(ChallengeReason::TicketGiven),
            header_secret().prop_map(ChallengeReason::MoreNeeded),
        ]
        .boxed(),
        Revision::V2_0 => header_secret().prop_map(ChallengeReason::TicketGiven).boxed(),
    };
    let challenge = (option::of(plain_text()), option::of(plain_text()), uri(), reason).prop_map(
        move |(realm, host_id, as_uri, reason)| {
            let host_id = if revision.is_draft() { host_id } else { None };
            Response::Challenge(Challenge { realm, host_id, as_uri, reason })
        },
    );
    prop_oneof![
        "\\PC{0,12}".prop_map(|content| Response::Content { content: content.into() }),
        challenge,
        Just(Response::AuthorizationServerUnreachable { status: 403, warning: true }),
        Just(Response::AuthorizationServerUnreachable { status: 503, warning: false }),
    ]
    .boxed()
}

fn redirect() -> impl Strategy<Value = Response> {
    (uri(), front_channel()).prop_map(|(to, message)| Response::Redirect { to, message: Box::new(message) })
}

fn page() -> impl Strategy<Value = Page> {
    prop_oneof![
        (secret(), front_channel(), uri(), any::<bool>(), any::<bool>()).prop_map(
            |(form, resume, resume_at, wrong_password, second_factor)| {
                Page::SignIn { form, resume: Box::new(resume), resume_at, wrong_password, second_factor }
            }
        ),
        (secret(), client_id(), option::of(text()), scope_set(), super::account::purpose()).prop_map(
            |(form, client_id, client_name, scope, purpose)| {
                Page::Consent { form, client_id, client_name, scope, purpose }
            }
        ),
        (secret(), client_id(), option::of(text()), vec(text().prop_map(ClaimName::new), 0..3)).prop_map(
            |(form, client_id, client_name, claims)| { Page::GiveClaims { form, client_id, client_name, claims } }
        ),
        super::account::account().prop_map(Page::Account),
        (prop_oneof![Just(200_u16), Just(202), Just(400), Just(502)], text())
            .prop_map(|(status, text)| Page::Notice { status, text }),
        (uri(), uri(), text()).prop_map(|(again_at, resource, text)| {
            Page::Waiting { text, again: Box::new(Request::Fetch { resource, method: "GET".into() }), again_at }
        }),
        (uri(), text()).prop_map(|(resource, content)| Page::Shown { resource, content }),
        Just(Page::SignedOut),
    ]
}
