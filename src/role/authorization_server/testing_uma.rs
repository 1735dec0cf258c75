//! What tests of the UMA side need beyond [`super::testing`]: a client, resources, policies, tickets, and an identity
//! provider that answers.

use super::testing::{Bench, config};
use super::{AuthorizationServerConfig, tickets};
use crate::message::ExchangeId;
use crate::role::oauth::accounts::Account;
use crate::role::{Input, Machine, bench};
use crate::trace::Fact;
use crate::trace::fact::{ResourceKey, TicketReason};
use crate::wire::claims::{ID_TOKEN_FORMAT, nonce_of_client};
use crate::wire::jws::{Jwk, write_id_token};
use crate::wire::oauth::{
    AuthenticationMethod, ClientInformation, ClientMetadata, PushedClaimToken, TokenRequest, TokenResponse,
    UmaTicketGrant,
};
use crate::wire::text::scope_set;
use crate::wire::{
    Answer, Bearer, Call, ClaimToken, ClientAuthentication, ClientSecret, Configuration, Credentials, IdTokenClaims,
    PermissionRequest, PermissionTicket, Policy, PolicyCondition, PolicyTarget, Request, ResourceDescription, Response,
    Revision, ScopeSet, Text, Timestamp, Uri,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const IDP: &str = "https://idp.example";
pub(super) const BACK: &str = "https://app.example/claims-return";

fn client(name: &str, scopes: &[&str]) -> ClientInformation {
    let metadata = ClientMetadata {
        name: Some(name.into()),
        redirect_uris: vec![Uri::from("https://app.example/return")],
        claims_redirect_uris: vec![Uri::from(BACK)],
        scope: scope_set(scopes.iter().copied()),
        grant_types: Vec::new(),
        authentication: AuthenticationMethod::SecretBasic,
        keys: None,
    };
    ClientInformation { client_id: name.into(), client_secret: Some(ClientSecret::new("s")), metadata }
}

fn account(name: &str) -> (Text, Account) {
    let claims = BTreeMap::from([("email".into(), Text::from(format!("{name}@as")))]);
    (
        Text::from(name),
        Account { person: name.into(), verifier: name.into(), second_factor: Some(format!("{name} 2").into()), claims },
    )
}

/// A server that knows `app` (pre-registered for `download`) and `other`, people, and an identity provider.
pub(super) fn bench_with(revision: Revision, change: impl FnOnce(&mut AuthorizationServerConfig)) -> Bench {
    let mut config = AuthorizationServerConfig {
        clients: vec![client("app", &["download"]), client("other", &[])],
        accounts: [account("alice"), account("bob"), account("eve")].into_iter().collect(),
        trusted_issuers: vec![Uri::from(IDP).into()],
        ..config(revision)
    };
    change(&mut config);
    let mut bench = Bench::with(config);
    // The first input makes the configured clients known as facts.
    bench.browse("", Request::GetConfiguration);
    bench
}

pub(super) fn key(id: &str) -> ResourceKey {
    ResourceKey { owner: "alice".into(), resource_server: "rs1".into(), id: id.into() }
}

pub(super) fn resource(bench: &mut Bench, id: &str, scopes: &[&str]) {
    let description = ResourceDescription {
        type_: Some("photo".into()),
        scopes: scope_set(scopes.iter().copied()),
        ..ResourceDescription::default()
    };
    bench.given(Fact::ResourceRegistered { resource: key(id), description, etag: None });
}

pub(super) fn policy(bench: &mut Bench, target: PolicyTarget, scopes: &[&str], condition: PolicyCondition) {
    let policy = Policy { id: "p".into(), target, scopes: scope_set(scopes.iter().copied()), condition };
    bench.given(Fact::PolicySet { owner: "alice".into(), policy, version: 1 });
}

/// A server with one resource `photo` of `view` and `edit`, and one policy for both.
pub(super) fn protected(revision: Revision, condition: PolicyCondition) -> Bench {
    protected_with(revision, condition, |_| {})
}

pub(super) fn protected_with(
    revision: Revision,
    condition: PolicyCondition,
    change: impl FnOnce(&mut AuthorizationServerConfig),
) -> Bench {
    let mut bench = bench_with(revision, change);
    resource(&mut bench, "photo", &["view", "edit"]);
    policy(&mut bench, PolicyTarget::AllResources, &["view", "edit"], condition);
    bench
}

pub(super) fn email(value: &str) -> PolicyCondition {
    PolicyCondition::Claim { name: "email".into(), value: value.into(), issuer: None, max_age_secs: None }
}

pub(super) fn ticket(bench: &mut Bench, asked: &[(&str, &[&str])]) -> PermissionTicket {
    ticket_at(bench, "rs1", asked)
}

pub(super) fn ticket_at(bench: &mut Bench, server: &str, asked: &[(&str, &[&str])]) -> PermissionTicket {
    let permission = |(id, scopes): &(&str, &[&str])| PermissionRequest {
        resource_id: (*id).into(),
        scopes: scope_set(scopes.iter().copied()),
    };
    let permissions = asked.iter().map(permission).collect();
    let reason = TicketReason::PermissionRequest;
    bench.run(|it, cx| tickets::issue(it, cx, permissions, "alice".into(), server.into(), None, reason))
}

pub(super) fn view(bench: &mut Bench) -> PermissionTicket {
    ticket(bench, &[("photo", &["view"])])
}

pub(super) fn credentials(client: &str) -> Credentials {
    Credentials::Client(ClientAuthentication::Basic(client.into(), ClientSecret::new("s")))
}

pub(super) fn plain(ticket: &PermissionTicket) -> UmaTicketGrant {
    UmaTicketGrant { ticket: ticket.clone(), claim_token: None, pct: None, rpt: None, scope: ScopeSet::new() }
}

pub(super) fn grant(bench: &mut Bench, grant: UmaTicketGrant) -> Response {
    grant_to(bench, "app", grant)
}

pub(super) fn grant_to(bench: &mut Bench, client: &str, grant: UmaTicketGrant) -> Response {
    bench.ask(credentials(client), None, Request::Token(TokenRequest::UmaTicket(grant))).message
}

pub(super) fn tokens(response: Response) -> Result<TokenResponse, Box<Response>> {
    match response {
        Response::Token(tokens) => Ok(tokens),
        other => Err(Box::new(other)),
    }
}

/// An ID token about bob for the client `app`, changed as the test likes.
pub(super) fn id_token(change: impl FnOnce(&mut IdTokenClaims)) -> ClaimToken {
    signed_id_token(b"signed", change)
}

pub(super) fn signed_id_token(signature: &[u8], change: impl FnOnce(&mut IdTokenClaims)) -> ClaimToken {
    let mut claims = IdTokenClaims {
        issuer: Uri::from(IDP),
        subject: "bob".into(),
        audience: BTreeSet::from(["app-at-idp".into()]),
        authorized_party: None,
        expires_at: Timestamp::from_secs(5000),
        issued_at: Timestamp::from_secs(900),
        nonce: Some(nonce_of_client(&"app".into())),
        acr: None,
        id: None,
        claims: BTreeMap::from([("email".into(), "bob@idp".into())]),
    };
    change(&mut claims);
    write_id_token(&idp_key(), &claims, |_| signature.to_vec())
}

fn idp_key() -> Jwk {
    Jwk::ed25519("k", "none", "")
}

pub(super) fn pushing(ticket: &PermissionTicket, token: ClaimToken) -> UmaTicketGrant {
    let claim_token = Some(PushedClaimToken { token, format: ID_TOKEN_FORMAT.into() });
    UmaTicketGrant { claim_token, ..plain(ticket) }
}

/// Presents a ticket with an ID token; the identity provider answers all it is asked.
pub(super) fn push(bench: &mut Bench, ticket: &PermissionTicket, token: ClaimToken) -> Response {
    let request = Request::Token(TokenRequest::UmaTicket(pushing(ticket, token)));
    bench.begin(credentials("app"), None, Ok(request));
    serve_idp(bench, None);
    answer(bench)
}

/// The answer to what was begun.
pub(super) fn answer(bench: &Bench) -> Response {
    bench.reply_to(ExchangeId(1)).map_or(Response::Refused { status: 599 }, |answer| answer.message)
}

/// What the server sent last, to the identity provider.
pub(super) fn sent(bench: &Bench) -> Option<(ExchangeId, Call)> {
    bench::sent(&bench.last).into_iter().next()
}

/// The identity provider answers until it is asked nothing more.
pub(super) fn serve_idp(bench: &mut Bench, id_token: Option<ClaimToken>) {
    while let Some((exchange, call)) = sent(bench) {
        let answer: Answer = idp_answer(&call.message, id_token.clone()).into();
        bench.run(|server, cx| server.handle(cx, Input::Response { exchange, answer: Ok(answer) }));
    }
}

pub(super) fn idp_answer(request: &Request, id_token: Option<ClaimToken>) -> Response {
    match request {
        Request::GetConfiguration => Response::Configuration(Box::new(idp_configuration())),
        Request::GetJwks => Response::Jwks(vec![idp_key()]),
        Request::RegisterClient(metadata) => Response::ClientRegistered(ClientInformation {
            client_id: "as-at-idp".into(),
            client_secret: Some(ClientSecret::new("t")),
            metadata: metadata.clone(),
        }),
        Request::Token(_) => Response::Token(TokenResponse {
            access_token: Bearer::new("unused"),
            expires_in_secs: None,
            refresh_token: None,
            scope: None,
            id_token,
            pct: None,
            upgraded: false,
        }),
        _ => Response::Refused { status: 404 },
    }
}

fn idp_configuration() -> Configuration {
    let at = |path: &str| Uri::from(IDP).join(path);
    Configuration {
        authorization_endpoint: Some(at("/authorize")),
        registration_endpoint: Some(at("/register")),
        jwks_uri: Some(at("/jwks")),
        ..Configuration::of(Uri::from(IDP), at("/token"))
    }
}

/// An AAT of that name.
pub(super) fn aat(bench: &mut Bench, token: &str, person: Option<&str>, client: &str) {
    bench.access_token(token, person, client, scope_set([super::drafts::AAT_SCOPES[0]]));
}
