//! What 1.0.1 has for itself at the authorization server: paths, configuration document (Core 1.0.1 §1.4), what is
//! declared per token, one permission a ticket or several with the extension (Core 1.0.1 §3.2), RPTs of one resource
//! server and any owner (Core 1.0.1 §3.4.2), and the way back from claims gathering (Core 1.0.1 §3.6.3).

use super::dialect::{Brought, Dialect, Ways};
use super::gathering::Interaction;
use super::oauth_side::PatHolder;
use super::places::{self, Places};
use super::{
    AuthorizationServer, AuthorizationServerConfig, introspection, oauth_side, permission, registration, v1_0_1_claims,
    v1_0_1_rpt,
};
use crate::message::Arrival;
use crate::role::Context;
use crate::wire::claims::ID_TOKEN_FORMAT;
use crate::wire::codec::Routes;
use crate::wire::configuration::{CLAIMS_SECURITY, MultiPermission, PerToken, UMA_BEARER_PROFILE};
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT,
};
use crate::wire::owner::OWNER_SCOPE;
use crate::wire::{
    Configuration, Endpoint, ErrorCode, Failure, PermissionRequest, Request, Response, Revision, Scope, ScopeSet, Text,
};

/// The scope of a PAT (Core 1.0.1 §1.3.1).
pub(super) const PAT_SCOPE: &str = "uma_protection";
/// The scope of an AAT (Core 1.0.1 §1.3.2).
pub(super) const AAT_SCOPE: &str = "uma_authorization";

// The last one only where refresh tokens are issued.
const GRANT_TYPES: &[&str] = &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT];

const OWN: [(Endpoint, &str); 3] = [
    (Endpoint::Configuration, "/.well-known/uma-configuration"),
    (Endpoint::ResourceRegistration, "/rreg/"),
    (Endpoint::Rpt, "/rpt"),
];

/// The paths of what 1.0.1 has in a form of its own.
pub(super) fn own_routes() -> Routes {
    places::own(&OWN)
}

#[derive(Debug)]
pub(super) struct V1_0_1;

impl Dialect for V1_0_1 {
    fn routes(&self) -> Routes {
        places::common().and(own_routes())
    }

    fn ways(&'static self, _: Option<Revision>) -> &'static dyn Ways {
        self
    }

    fn scopes(&self) -> &'static [&'static str] {
        &[PAT_SCOPE, AAT_SCOPE, OWNER_SCOPE]
    }

    fn grant_types(&self, refresh_tokens: bool) -> &'static [&'static str] {
        if refresh_tokens { GRANT_TYPES } else { &GRANT_TYPES[..2] }
    }

    fn pat_scope(&self) -> &'static str {
        PAT_SCOPE
    }

    fn is_aat(&self, scope: &ScopeSet) -> bool {
        scope.contains(AAT_SCOPE)
    }

    fn grants(&self, config: &AuthorizationServerConfig, grant_type: &str, scope: &Scope) -> bool {
        let declared = match scope.as_str() {
            PAT_SCOPE => &config.v1_0_1.pat_grant_types,
            AAT_SCOPE => &config.v1_0_1.aat_grant_types,
            _ => return true,
        };
        declared.iter().any(|declared| &**declared == grant_type)
    }

    // Core 1.0.1 §3.5: RPTs come from the RPT endpoint alone.
    fn authorization(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        arrival: &Arrival,
        asked: &Request,
    ) {
        match asked {
            Request::RequestRptForTicket(asked) => v1_0_1_rpt::ask(server, cx, arrival, asked),
            _ => cx.reply(arrival.exchange, Response::Refused { status: 404 }),
        }
    }

    fn fetches_scope_descriptions(&self) -> bool {
        // RSR 1.0.1 §2.1, §2.1.2: a scope that is a URI resolves to a description, for what the owner is shown.
        true
    }
}

impl Ways for V1_0_1 {
    fn revision(&self, _: &AuthorizationServerConfig) -> Revision {
        Revision::V1_0_1
    }

    // Core 1.0.1 §1.4; claims-security extension §1.2; multi-permission extension §2.
    fn configuration(&self, places: &Places<'_>) -> Configuration {
        configuration(places)
    }

    fn protection(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        pat: &PatHolder,
        request: Request,
    ) -> Result<Response, Failure> {
        match request {
            Request::RequestPermissions { permissions, array } => {
                request_permissions(server, cx, pat, permissions, array)
            }
            Request::Introspect(asked) => introspection::answer(server, cx, pat, &asked),
            request => {
                if let Request::CreateResource { description, .. } | Request::UpdateResource { description, .. } =
                    &request
                {
                    registration::require_name(description)?;
                }
                registration::serve_with_own_ids(server, cx, pat, request)
            }
        }
    }

    // Core 1.0.1 §3.6.3 looks at nobody but the ticket; the claims-security extension stops whom that lets in. With it
    // a ticket ends with the return.
    fn interaction_ends(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        interaction: &Interaction,
    ) -> Brought {
        v1_0_1_claims::given(server, cx, interaction)
    }

    fn interaction_refused(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        interaction: &Interaction,
        error: ErrorCode,
    ) -> Brought {
        v1_0_1_claims::refused(server, cx, interaction, error)
    }
}

fn configuration(places: &Places<'_>) -> Configuration {
    let config = &places.server.config;
    let enhanced = config.v1_0_1.security_enhanced_claims;
    let claims = places.at(Endpoint::ClaimsInteraction);
    Configuration {
        issuer: config.issuer.clone(),
        authorization_endpoint: places.at(Endpoint::Authorization),
        token_endpoint: places.token_endpoint(),
        grant_types: offered(config),
        registration_endpoint: places.registration_endpoint(),
        revocation_endpoint: places.at(Endpoint::Revocation),
        jwks_uri: places.at(Endpoint::Jwks),
        resource_registration_endpoint: places.at(Endpoint::ResourceRegistration),
        permission_endpoint: places.at(Endpoint::Permission),
        introspection_endpoint: places.at(Endpoint::Introspection),
        claims_interaction_endpoint: claims.clone().filter(|_| !enhanced),
        rpt_endpoint: places.at(Endpoint::Rpt),
        permission_request_endpoint: None,
        code_challenge_methods: vec!["S256".into()],
        token_endpoint_auth_methods: AuthenticationMethod::ALL.iter().map(|method| method.name().into()).collect(),
        token_endpoint_auth_algorithms: Vec::new(),
        oauth_token_profiles: Vec::new(),
        uma_token_profiles: vec![UMA_BEARER_PROFILE.into()],
        claim_profiles: places.takes_claim_tokens.then(|| ID_TOKEN_FORMAT.into()).into_iter().collect(),
        uma_profiles: enhanced.then(|| CLAIMS_SECURITY.into()).into_iter().collect(),
        per_token: per_token(config),
        security_enhanced_claims_endpoint: claims.filter(|_| enhanced),
        multi_permission: config.v1_0_1.multi_permission,
        owner_endpoint: places.at(Endpoint::Owner),
        openapi_uri: places.at(Endpoint::Description),
    }
}

fn offered(config: &AuthorizationServerConfig) -> Vec<Text> {
    oauth_side::offered_grant_types(config, V1_0_1.grant_types(config.refresh_tokens))
}

fn per_token(config: &AuthorizationServerConfig) -> PerToken {
    let offered = offered(config);
    let of = |scope: &str| -> Vec<Text> {
        let granted = |grant_type: &&Text| V1_0_1.grants(config, grant_type, &Scope::from(scope));
        offered.iter().filter(granted).cloned().collect()
    };
    PerToken {
        pat_profiles: vec!["bearer".into()],
        aat_profiles: vec!["bearer".into()],
        pat_grant_types: of(PAT_SCOPE),
        aat_grant_types: of(AAT_SCOPE),
    }
}

fn request_permissions(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    permissions: Vec<PermissionRequest>,
    array: bool,
) -> Result<Response, Failure> {
    // Multi-permission extension §2: a lone object and an array are two forms, and which are spoken is declared.
    let spoken = match server.config.v1_0_1.multi_permission {
        None => !array,
        Some(MultiPermission::Supported) => true,
        Some(MultiPermission::ExtensionOnly) => array,
    };
    // Core 1.0.1 §3.2: one or more scopes each.
    if !spoken || permissions.iter().any(|permission| permission.scopes.is_empty()) {
        return Err(Failure::body(400, ErrorCode::InvalidRequest));
    }
    if permissions.len() > 1 {
        // The extension does not say what becomes of the others when one of them is bad.
        cx.our_choice("one-bad-permission-spoils-all");
    }
    let ticket = permission::request(server, cx, pat, permissions, &ErrorCode::InvalidResourceSetId)?;
    Ok(Response::PermissionTicket { ticket, location: None })
}
