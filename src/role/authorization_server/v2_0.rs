//! What 2.0 has for itself at the protection API: paths, discovery document (Grant §2, FedAuthz §2), identifiers that
//! the server chooses (FedAuthz §3.2), several permissions a ticket (FedAuthz §4.1), and RPTs of one owner and resource
//! server with times of their own (FedAuthz §5.1.1).

use super::dialect::{self, Brought, Dialect, Ways};
use super::gathering::Interaction;
use super::oauth_side::PatHolder;
use super::places::{self, Places};
use super::{
    AuthorizationServer, AuthorizationServerConfig, history, introspection, oauth_side, permission, registration,
    tickets, v2_grant,
};
use crate::message::Arrival;
use crate::role::{Context, Machine};
use crate::trace::Fact;
use crate::trace::fact::TicketReason;
use crate::wire::codec::Routes;
use crate::wire::configuration::BELOW_2_0;
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, AuthenticationMethod, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT, TokenRequest,
    UMA_TICKET_GRANT,
};
use crate::wire::owner::OWNER_SCOPE;
use crate::wire::page::DenialReason;
use crate::wire::{Configuration, Endpoint, ErrorCode, Failure, Request, Response, Revision, Scope, Text};

/// The scope of a PAT (FedAuthz §1.3).
pub(super) const PAT_SCOPE: &str = "uma_protection";

// The last one only where refresh tokens are issued.
const GRANT_TYPES: &[&str] =
    &[AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, UMA_TICKET_GRANT, REFRESH_TOKEN_GRANT];

const DOCUMENT: [(Endpoint, &str); 1] = [(Endpoint::Configuration, "/.well-known/uma2-configuration")];
const OWN: [(Endpoint, &str); 1] = [(Endpoint::ResourceRegistration, "/rreg/")];

/// The path of the configuration document.
pub(super) fn document_route() -> Routes {
    Routes::new(DOCUMENT)
}

/// The paths of what 2.0 has in a form of its own.
pub(super) fn own_routes() -> Routes {
    places::own(&OWN)
}

#[derive(Debug)]
pub(super) struct V2_0;

impl Dialect for V2_0 {
    fn routes(&self) -> Routes {
        // Whoever learned the paths while 1.0.1 was served beside goes on with them.
        places::common().and(document_route()).and(own_routes()).and_also(own_routes().below_prefix(BELOW_2_0))
    }

    fn ways(&'static self, _: Option<Revision>) -> &'static dyn Ways {
        self
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
}

impl Ways for V2_0 {
    fn revision(&self, _: &AuthorizationServerConfig) -> Revision {
        Revision::V2_0
    }

    // Grant §2, FedAuthz §2.
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
            // FedAuthz §4.1: zero scopes are allowed.
            Request::RequestPermissions { permissions, .. } => {
                let ticket = permission::request(server, cx, pat, permissions, &ErrorCode::InvalidResourceId)?;
                Ok(Response::PermissionTicket { ticket, location: None })
            }
            Request::Introspect(asked) => introspection::answer(server, cx, pat, &asked),
            request => registration::serve_with_own_ids(server, cx, pat, request),
        }
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

fn configuration(places: &Places<'_>) -> Configuration {
    let config = &places.server.config;
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
        claims_interaction_endpoint: places.at(Endpoint::ClaimsInteraction),
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
        owner_endpoint: places.at(Endpoint::Owner),
        openapi_uri: places.at(Endpoint::Description),
    }
}

// What leads to a PAT or to an RPT: beside 1.0.1 there are grant types for AATs alone.
fn offered(config: &AuthorizationServerConfig) -> Vec<Text> {
    let dialect = dialect::of(config.served);
    let mut offered = oauth_side::offered_grant_types(config, V2_0.grant_types(config.refresh_tokens));
    offered.retain(|grant_type| {
        let of_rpts = [UMA_TICKET_GRANT, REFRESH_TOKEN_GRANT].contains(&&**grant_type);
        of_rpts || dialect.grants(config, grant_type, &Scope::from(PAT_SCOPE))
    });
    offered
}
