//! What 2.0 has for itself at the protection API: paths, discovery document (Grant §2, FedAuthz §2), identifiers that
//! the server chooses (FedAuthz §3.2), several permissions a ticket (FedAuthz §4.1), and RPTs of one owner and resource
//! server with times of their own (FedAuthz §5.1.1).

use super::dialect::{Brought, Dialect};
use super::gathering::Interaction;
use super::oauth_side::PatHolder;
use super::rpts::RptRecord;
use super::{
    AuthorizationServer, AuthorizationServerConfig, history, introspection, oauth_side, permission, registration,
    tickets, v2_grant,
};
use crate::message::Arrival;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::TicketReason;
use crate::wire::codec::Routes;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, CLIENT_CREDENTIALS_GRANT, IntrospectionRequest,
    IntrospectionResponse, REFRESH_TOKEN_GRANT, TokenRequest, UMA_TICKET_GRANT,
};
use crate::wire::owner::OWNER_SCOPE;
use crate::wire::page::DenialReason;
use crate::wire::{Configuration, Endpoint, ErrorCode, Failure, Request, Response, Scope, ScopeSet};

/// The scope of a PAT (FedAuthz §1.3).
pub(super) const PAT_SCOPE: &str = "uma_protection";

// The last one only where refresh tokens are issued.
const GRANT_TYPES: &[&str] =
    &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, UMA_TICKET_GRANT, REFRESH_TOKEN_GRANT];

const PATHS: [(Endpoint, &str); 15] = [
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
    (Endpoint::Account, "/account/"),
    (Endpoint::Owner, "/owner/"),
    (Endpoint::Description, "/openapi.json"),
];

#[derive(Debug)]
pub(super) struct V2_0;

impl Dialect for V2_0 {
    fn routes(&self) -> Routes {
        Routes::new(PATHS)
    }

    fn configuration(&self, config: &AuthorizationServerConfig) -> Configuration {
        configuration(config)
    }

    fn document_is_of_oauth(&self) -> bool {
        // Grant §2: it is the metadata of RFC 8414, with more in it.
        true
    }

    fn scopes(&self) -> &'static [&'static str] {
        &[PAT_SCOPE, OWNER_SCOPE]
    }

    fn grant_types(&self, refresh_tokens: bool) -> &'static [&'static str] {
        if refresh_tokens { GRANT_TYPES } else { &GRANT_TYPES[..3] }
    }

    fn pat_scope(&self) -> &'static str {
        PAT_SCOPE
    }

    fn is_aat(&self, _: &ScopeSet) -> bool {
        // 2.0 has no AAT.
        false
    }

    fn protection(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        pat: &PatHolder,
        request: Request,
    ) -> Result<Response, Failure> {
        protection(server, cx, pat, request)
    }

    fn grant(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        arrival: &Arrival,
        asked: &TokenRequest,
    ) -> bool {
        let TokenRequest::UmaTicket(asked) = asked else { return false };
        v2_grant::uma_ticket(server, cx, arrival, asked);
        true
    }

    fn grants(&self, _: &AuthorizationServerConfig, _: &str, _: &Scope) -> bool {
        true
    }

    fn authorization(&self, _: &mut AuthorizationServer, cx: &mut Context<'_>, arrival: &Arrival, _: &Request) {
        // 2.0 has no such endpoint.
        cx.reply(arrival.exchange, Response::Refused { status: 404 });
    }

    fn fetches_scope_descriptions(&self) -> bool {
        // FedAuthz §3.1.1: it may, and this one does not.
        false
    }

    fn scope_descriptions_expire(&self) -> bool {
        false
    }

    fn tls_only(&self) -> bool {
        // FedAuthz §1.3; RFC 6749 §3.1, §3.2.
        true
    }

    fn takes_claim_tokens(&self) -> bool {
        // Grant §3.3.1 `claim_token`.
        true
    }

    fn codes_and_claims_share_addresses(&self) -> bool {
        // Grant §3.3.2: they are registered apart.
        false
    }

    fn ticket_names_client(&self) -> bool {
        // Grant §3.3.2: `client_id` is REQUIRED.
        false
    }

    fn one_person_per_process(&self) -> bool {
        true
    }

    fn interaction_begins(&self, server: &mut AuthorizationServer, cx: &mut Context<'_>, interaction: &Interaction) {
        // Grant §5.5: the ticket is presented here, and spent.
        let Interaction { process, client, ticket, .. } = interaction.clone();
        let at = Endpoint::ClaimsInteraction;
        server.record(cx, Fact::TicketRedeemed { ticket, process, client, at, spent: true });
    }

    fn interaction_ends(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        interaction: &Interaction,
    ) -> Brought {
        // Grant §3.3.3: the ticket that comes back "MUST NOT" be the one that was sent.
        let record = server.tickets.get(&interaction.ticket).cloned();
        let succeed = |record| tickets::succeed(server, cx, interaction.ticket, &record, TicketReason::ClaimsReturn);
        Brought { ticket: record.map(succeed), ..Brought::default() }
    }

    fn interaction_refused(
        &self,
        server: &mut AuthorizationServer,
        cx: &mut Context<'_>,
        interaction: &Interaction,
        error: ErrorCode,
    ) -> Brought {
        // The ticket is spent, so the process ends.
        let (process, ticket) = (interaction.process, interaction.ticket);
        history::deny(server, cx, process, ticket, DenialReason::NoClaims);
        Brought::error(error)
    }
}

// Grant §2, FedAuthz §2.
fn configuration(config: &AuthorizationServerConfig) -> Configuration {
    let at = |path: &str| Some(config.issuer.join(path));
    Configuration {
        issuer: config.issuer.clone(),
        authorization_endpoint: at("/authorize"),
        token_endpoint: config.issuer.join("/token"),
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
        token_endpoint_auth_algorithms: Vec::new(),
        oauth_token_profiles: Vec::new(),
        uma_token_profiles: Vec::new(),
        claim_profiles: Vec::new(),
        uma_profiles: Vec::new(),
        per_token: crate::wire::configuration::PerToken::default(),
        security_enhanced_claims_endpoint: None,
        multi_permission: None,
    }
}

fn protection(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    pat: &PatHolder,
    request: Request,
) -> Result<Response, Failure> {
    match request {
        // FedAuthz §4.1: zero scopes are allowed.
        Request::RequestPermissions { permissions, .. } => {
            let ticket = permission::request(server, cx, pat, permissions, &ErrorCode::InvalidResourceId)?;
            Ok(Response::PermissionTicket { ticket, location: None })
        }
        Request::Introspect(asked) => Ok(Response::Introspection(introspect(server, cx, pat, &asked))),
        request => registration::serve_with_own_ids(server, cx, pat, request),
    }
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
    IntrospectionResponse::Active(introspection::described(server, cx, pat, record))
}
