//! What the drafts have for themselves at the protection API: paths, configuration document (D5 §1.5; D6 §1.5), `PUT` to
//! create with identifiers that the resource server chooses and entity tags (D5 §2.4.3; RSR draft-00 §2.3), one permission
//! a ticket (§3.2), and RPTs that bind to a resource server late (D5 §3.4.5; D6 §3.4.3). How the two differ stands in
//! [`super::draft05`] and [`super::draft06`].

use super::dialect::{Dialect, Ways};
use super::oauth_side::PatHolder;
use super::places::{self, Places};
use super::{AuthorizationServer, drafts_rpt, introspection, oauth_side, permission, registration};
use crate::message::Arrival;
use crate::role::{Context, Rule};
use crate::trace::fact::ResourceKey;
use crate::wire::codec::Routes;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, ActiveToken, CLIENT_CREDENTIALS_GRANT, IntrospectionRequest, IntrospectionResponse,
    REFRESH_TOKEN_GRANT,
};
use crate::wire::owner::OWNER_SCOPE;
use crate::wire::{
    Configuration, ETag, Endpoint, ErrorCode, Failure, PermissionRequest, Request, ResourceDescription, ResourceId,
    Response, Revision, ScopeSet, Uri,
};

/// The scope of a PAT (D5 §2.3; D6 §2.1).
pub(super) const PAT_SCOPE: &str = "http://docs.kantarainitiative.org/uma/scopes/prot.json";
/// The scopes of an AAT: D5 §3.4.3 and D6 §3.4.1 have the first, §1.3 and §1.5 have the second (reading A1).
pub(super) const AAT_SCOPES: [&str; 2] = [
    "http://docs.kantarainitiative.org/uma/scopes/authz.json",
    "http://docs.kantarainitiative.org/uma/scopes/authorization",
];

// §1.5 `oauth_grant_types_supported`; the last one only where refresh tokens are issued.
const GRANT_TYPES: &[&str] = &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT];

const OWN: [(Endpoint, &str); 4] = [
    (Endpoint::Configuration, "/.well-known/uma-configuration"),
    (Endpoint::ResourceRegistration, "/rreg/"),
    (Endpoint::Rpt, "/rpt"),
    (Endpoint::AuthorizationData, "/permission_request"),
];

/// The ways of a draft.
#[derive(Debug)]
pub(super) struct Draft {
    /// Whether what is remembered of a scope ends by its `Cache-Control` and is fetched again at sign-in.
    pub(super) scope_descriptions_expire: bool,
}

impl Dialect for Draft {
    fn routes(&self) -> Routes {
        // D5 §2.4.3, RSR draft-00 §2.3: the structure is `{rsreguri}/resource_set/{rsid}`, the operations are listed and shown
        // without what is before `/resource_set`. Either is taken.
        let as_listed = Routes::new([(Endpoint::ResourceRegistration, "/resource_set/")]);
        places::common().and(places::own(&OWN)).and_also(as_listed)
    }

    fn ways(&'static self, _: Option<Revision>) -> &'static dyn Ways {
        self
    }

    fn scopes(&self) -> &'static [&'static str] {
        &[PAT_SCOPE, AAT_SCOPES[0], AAT_SCOPES[1], OWNER_SCOPE]
    }

    // §1.5 declares grant types for PATs and AATs together.
    fn grant_types(&self, refresh_tokens: bool) -> &'static [&'static str] {
        if refresh_tokens { GRANT_TYPES } else { &GRANT_TYPES[..2] }
    }

    fn pat_scope(&self) -> &'static str {
        PAT_SCOPE
    }

    fn is_aat(&self, scope: &ScopeSet) -> bool {
        AAT_SCOPES.iter().any(|aat| scope.contains(*aat))
    }

    fn authorization(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        arrival: &Arrival,
        asked: &Request,
    ) {
        match asked {
            Request::RequestRpt => drafts_rpt::issue(server, cx, arrival),
            Request::RequestAuthorizationData { rpt, ticket } => drafts_rpt::ask(server, cx, arrival, rpt, ticket),
            _ => cx.reply(arrival.exchange, Response::Refused { status: 404 }),
        }
    }

    fn fetches_scope_descriptions(&self) -> bool {
        // D5 §2.4.2, RSR draft-00 §2.2: the server "MUST attempt to retrieve" them on create and update.
        true
    }

    fn scope_descriptions_expire(&self) -> bool {
        self.scope_descriptions_expire
    }

    fn tls_only(&self) -> bool {
        // D5 §1.5, §6; D6 §1.5, §6: SHOULD.
        false
    }

    fn takes_claim_tokens(&self) -> bool {
        // D6 §3.5.1 knows the person's browser alone.
        false
    }

    fn codes_and_claims_share_addresses(&self) -> bool {
        // D6 §3.5.1 knows one kind of address only.
        true
    }

    fn ticket_names_client(&self) -> bool {
        // D6 §3.5.1 has no `client_id`: the ticket names the process, and the process its client.
        true
    }
}

// The ticket alone says whose process it is; the AAT says whose claims count (D6 §3.4.1). Who goes without having given
// claims leaves the ticket as good as before.
impl Ways for Draft {
    // D5 §1.5; D6 §1.5.
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
            Request::CreateResource { id: Some(id), description } => create(server, cx, pat, id, description),
            Request::ReadResource { id } => registration::read(server, cx, pat, &id),
            Request::UpdateResource { id, if_match, description } => {
                update(server, cx, pat, &id, if_match.as_ref(), description)
            }
            Request::DeleteResource { id, if_match } => delete(server, cx, pat, &id, if_match.as_ref()),
            Request::ListResources => Ok(registration::list(server, pat)),
            Request::RequestPermissions { permissions, array } => {
                request_permission(server, cx, pat, permissions, array)
            }
            Request::Introspect(asked) => Ok(Response::Introspection(introspect(server, cx, pat, &asked))),
            _ => Err(Failure::body(400, ErrorCode::InvalidRequest)),
        }
    }
}

fn configuration(places: &Places<'_>) -> Configuration {
    let config = &places.server.config;
    let own = if config.refresh_tokens { GRANT_TYPES } else { &GRANT_TYPES[..2] };
    Configuration {
        issuer: config.issuer.clone(),
        authorization_endpoint: places.at(Endpoint::Authorization),
        token_endpoint: places.token_endpoint(),
        grant_types: oauth_side::offered_grant_types(config, own),
        registration_endpoint: places.registration_endpoint(),
        revocation_endpoint: places.at(Endpoint::Revocation),
        jwks_uri: places.at(Endpoint::Jwks),
        resource_registration_endpoint: places.at(Endpoint::ResourceRegistration),
        permission_endpoint: places.at(Endpoint::Permission),
        introspection_endpoint: places.at(Endpoint::Introspection),
        claims_interaction_endpoint: places.at(Endpoint::ClaimsInteraction),
        rpt_endpoint: places.at(Endpoint::Rpt),
        permission_request_endpoint: places.at(Endpoint::AuthorizationData),
        code_challenge_methods: Vec::new(),
        token_endpoint_auth_methods: Vec::new(),
        token_endpoint_auth_algorithms: Vec::new(),
        oauth_token_profiles: vec!["bearer".into()],
        uma_token_profiles: vec!["bearer".into()],
        claim_profiles: config.claims_from.iter().map(|_| "openid".into()).collect(),
        uma_profiles: Vec::new(),
        per_token: crate::wire::configuration::PerToken::default(),
        security_enhanced_claims_endpoint: None,
        multi_permission: None,
        owner_endpoint: places.at(Endpoint::Owner),
        openapi_uri: places.at(Endpoint::Description),
    }
}

fn create(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    id: ResourceId,
    description: ResourceDescription,
) -> Result<Response, Failure> {
    registration::require_name(&description)?;
    let key = registration::new_key(pat, id);
    let (registered, gone) = (server.resources.get(&key), server.resources.is_gone(&key));
    // D6 §4.2 shows `invalid_request` for a `PUT` without `If-Match` on an identifier that exists (reading A2); one that
    // is gone is as taken (REG-3).
    if gone {
        cx.our_choice("deregistered-id-stays-taken");
    }
    let etag = next_etag(registered.and_then(|registered| registered.etag.as_ref()));
    cx.require(Rule::CreateDoesNotOverwrite, registered.is_none() && !gone)
        .map_err(|_| Failure::body(400, ErrorCode::InvalidRequest))?;
    Ok(registration::register(server, cx, key, description, Some(etag)))
}

fn update(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    id: &ResourceId,
    if_match: Option<&ETag>,
    description: ResourceDescription,
) -> Result<Response, Failure> {
    registration::require_name(&description)?;
    let key = registration::addressed(server, cx, pat, id)?;
    let current = require_current(server, cx, &key, if_match)?;
    Ok(registration::replace(server, cx, key, description, Some(next_etag(current.as_ref()))))
}

fn delete(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    id: &ResourceId,
    if_match: Option<&ETag>,
) -> Result<Response, Failure> {
    let key = registration::addressed(server, cx, pat, id)?;
    require_current(server, cx, &key, if_match)?;
    Ok(registration::deregister(server, cx, key))
}

// RSR draft-00 §2.3: 412 and no effect when the entity tag does not match. §2.3 leaves `If-Match` out of its summary of
// deletion, §2.3.4 has it: without one, nothing matches.
fn require_current(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    key: &ResourceKey,
    if_match: Option<&ETag>,
) -> Result<Option<ETag>, Failure> {
    let current = server.resources.get(key).and_then(|registered| registered.etag.clone());
    if if_match.is_none() {
        cx.our_choice("change-without-if-match-fails");
    }
    cx.require(Rule::IfMatchCurrent, if_match.is_some() && if_match == current.as_ref())
        .map_err(|_| Failure::body(412, ErrorCode::PreconditionFailed))?;
    Ok(current)
}

fn next_etag(current: Option<&ETag>) -> ETag {
    let count: u64 = current.and_then(|etag| etag.as_str().parse().ok()).unwrap_or(0);
    ETag::new(count.saturating_add(1).to_string())
}

fn request_permission(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    permissions: Vec<PermissionRequest>,
    array: bool,
) -> Result<Response, Failure> {
    // D6 §3.2: one resource set, and one or more scopes.
    let one = permissions.len() == 1 && permissions.iter().all(|permission| !permission.scopes.is_empty());
    if array || !one {
        return Err(Failure::body(400, ErrorCode::InvalidRequest));
    }
    let ticket = permission::request(server, cx, pat, permissions, &ErrorCode::InvalidResourceSetId)?;
    Ok(Response::PermissionTicket { ticket, location: Some(location(server, cx)) })
}

// D6 §3.2 has a `Location` and does not say of what. The ticket is a secret and stays out of it.
fn location(server: &AuthorizationServer, cx: &mut Context<'_>) -> Uri {
    cx.our_choice("location-of-permission");
    let path = server.routes.path(Endpoint::Permission).unwrap_or_default();
    server.config.issuer.with_path(path).join(&cx.mint_id("permission"))
}

fn introspect(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    asked: &IntrospectionRequest,
) -> IntrospectionResponse {
    // D6 §3.4.2 does not name a resource server when it issues an RPT: until it is bound it is valid everywhere, and
    // carries nothing.
    let of_server = |bound: Option<&_>| bound.is_none_or(|bound| *bound == pat.resource_server);
    let good = introspection::good(server, cx, &asked.token, |record| of_server(record.resource_server.as_ref()));
    let Some(record) = good else { return IntrospectionResponse::Inactive };
    let mut permissions = introspection::live(server, cx, pat, record);
    // D6 §3.3.1: each permission has one or more scopes.
    permissions.retain(|permission| !permission.scopes.is_empty());
    let cache_secs = server.config.introspection_cache_secs;
    IntrospectionResponse::Active(ActiveToken { permissions, cache_secs, ..ActiveToken::default() })
}
