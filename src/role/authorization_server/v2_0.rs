//! What 2.0 has for itself at the protection API: paths, discovery document (Grant §2, FedAuthz §2), identifiers that
//! the server chooses (FedAuthz §3.2), several permissions a ticket (FedAuthz §4.1), and RPTs of one owner and resource
//! server with times of their own (FedAuthz §5.1.1).

use super::oauth_side::PatHolder;
use super::rpts::RptRecord;
use super::{AuthorizationServer, AuthorizationServerConfig, introspection, oauth_side, permission, registration};
use crate::role::Context;
use crate::wire::codec::Routes;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, ActiveToken, AuthenticationMethod, CLIENT_CREDENTIALS_GRANT, IntrospectionRequest,
    IntrospectionResponse, REFRESH_TOKEN_GRANT, UMA_TICKET_GRANT,
};
use crate::wire::{
    Configuration, Endpoint, ErrorCode, Failure, Request, ResourceDescription, ResourceId, Response, Timestamp,
};

/// The scope of a PAT (FedAuthz §1.3).
pub(super) const PAT_SCOPE: &str = "uma_protection";

/// The scopes of access tokens here that are no RPTs.
pub(super) const SCOPES: &[&str] = &[PAT_SCOPE];
/// The grant types on offer.
pub(super) const GRANT_TYPES: &[&str] =
    &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, UMA_TICKET_GRANT, REFRESH_TOKEN_GRANT];
/// The same without refresh tokens.
pub(super) const GRANT_TYPES_WITHOUT_REFRESH: &[&str] =
    &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, UMA_TICKET_GRANT];

const PATHS: [(Endpoint, &str); 13] = [
    (Endpoint::Configuration, "/.well-known/uma2-configuration"),
    (Endpoint::Jwks, "/jwks"),
    (Endpoint::ClientRegistration, "/register"),
    (Endpoint::Authorization, "/authorize"),
    (Endpoint::AuthorizationRedirect, "/return"),
    (Endpoint::Token, "/token"),
    (Endpoint::Revocation, "/revoke"),
    (Endpoint::ResourceRegistration, "/rreg/"),
    (Endpoint::Permission, "/permission"),
    (Endpoint::Introspection, "/introspect"),
    (Endpoint::ClaimsInteraction, "/claims"),
    (Endpoint::Form, "/form"),
    (Endpoint::Account, "/account"),
];

pub(super) fn routes() -> Routes {
    Routes::new(PATHS)
}

/// The discovery document (Grant §2, FedAuthz §2).
pub(super) fn configuration(config: &AuthorizationServerConfig) -> Configuration {
    let at = |path: &str| Some(config.issuer.with_path(path));
    Configuration {
        issuer: config.issuer.clone(),
        authorization_endpoint: at("/authorize"),
        token_endpoint: config.issuer.with_path("/token"),
        grant_types: oauth_side::offered_grant_types(config),
        registration_endpoint: at("/register").filter(|_| config.dynamic_registration),
        revocation_endpoint: at("/revoke"),
        jwks_uri: at("/jwks"),
        resource_registration_endpoint: at("/rreg/"),
        permission_endpoint: at("/permission"),
        introspection_endpoint: at("/introspect"),
        claims_interaction_endpoint: at("/claims"),
        rpt_endpoint: None,
        permission_request_endpoint: None,
        code_challenge_methods: vec!["S256".into()],
        token_endpoint_auth_methods: AuthenticationMethod::ALL.iter().map(|method| method.name().into()).collect(),
        oauth_token_profiles: Vec::new(),
        uma_token_profiles: Vec::new(),
        claim_profiles: Vec::new(),
        uma_profiles: Vec::new(),
        per_token: crate::wire::configuration::PerToken::default(),
        security_enhanced_claims_endpoint: None,
        multi_permission: None,
    }
}

/// Serves the protection API to the holder of a PAT.
pub(super) fn protection(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    request: Request,
) -> Result<Response, Failure> {
    match request {
        Request::CreateResource { id: None, description } => Ok(create(server, cx, pat, description)),
        Request::ReadResource { id } => registration::read(server, cx, pat, &id),
        Request::UpdateResource { id, description, .. } => {
            let key = registration::addressed(server, cx, pat, &id)?;
            Ok(registration::replace(server, cx, key, description, None))
        }
        Request::DeleteResource { id, .. } => {
            let key = registration::addressed(server, cx, pat, &id)?;
            Ok(registration::deregister(server, cx, key))
        }
        Request::ListResources => Ok(registration::list(server, pat)),
        // FedAuthz §4.1: zero scopes are allowed.
        Request::RequestPermissions { permissions, .. } => {
            let ticket = permission::request(server, cx, pat, permissions, &ErrorCode::InvalidResourceId)?;
            Ok(Response::PermissionTicket { ticket, location: None })
        }
        Request::Introspect(asked) => Ok(Response::Introspection(introspect(server, cx, pat, &asked))),
        _ => Err(Failure::body(400, ErrorCode::InvalidRequest)),
    }
}

// FedAuthz §3.2: the server defines the identifier. A fresh one never repeats one that is gone.
fn create(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    description: ResourceDescription,
) -> Response {
    let id = ResourceId::new(cx.mint_id("resource"));
    registration::register(server, cx, registration::new_key(pat, id), description, None)
}

fn introspect(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    asked: &IntrospectionRequest,
) -> IntrospectionResponse {
    // Grant §1.3: an RPT is unique to one owner and resource server, and so is the PAT.
    let parties = (Some(&pat.owner), Some(&pat.resource_server));
    let of_server = |record: &RptRecord| (record.owner.as_ref(), record.resource_server.as_ref()) == parties;
    let Some(record) = introspection::good(server, cx, &asked.token, of_server) else {
        return IntrospectionResponse::Inactive;
    };
    IntrospectionResponse::Active(ActiveToken {
        permissions: introspection::live(server, cx, pat, record),
        expires_at: Some(record.expires_at.whole_secs()),
        issued_at: record.permissions.iter().map(|granted| granted.granted_at).max().map(Timestamp::whole_secs),
        not_before: None,
        cache_secs: server.config.introspection_cache_secs,
    })
}
