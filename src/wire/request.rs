//! Every request of the ecosystem, as it is sent and as it is read.

use crate::wire::oauth::{
    AuthorizationRequest, AuthorizationReturn, ClientMetadata, IntrospectionRequest, PushedClaimToken,
    RevocationRequest, TokenRequest,
};
use crate::wire::page::Form;
use crate::wire::{
    Bearer, ClientAssertion, ClientId, ClientSecret, DecodeError, ETag, OwnerCall, PermissionRequest, PermissionTicket,
    ResourceDescription, ResourceId, SessionCookie, State, Text, Uri,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A request as its sender means it: an absolute URI, credentials, a cookie, a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    /// Where to.
    pub to: Uri,
    /// `Authorization`, or a client's credentials in the body.
    pub credentials: Credentials,
    /// The browser's session cookie for that origin.
    pub cookie: Option<SessionCookie>,
    /// What is asked.
    pub message: Request,
}

/// A request as a codec reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Received {
    /// The URI that was asked for.
    pub uri: Uri,
    /// `Authorization`, or a client's credentials in the body, as far as they could be decoded.
    pub credentials: Credentials,
    /// The session cookie.
    pub cookie: Option<SessionCookie>,
    /// The message, or why it is none.
    pub message: Result<Request, DecodeError>,
}

/// Who the sender claims to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Credentials {
    /// Nobody in particular.
    #[default]
    None,
    /// `Authorization: Bearer`.
    Bearer(Bearer),
    /// A client at a token endpoint.
    Client(ClientAuthentication),
}

impl Credentials {
    /// The bearer token, if that is what came.
    pub fn bearer(&self) -> Option<&Bearer> {
        match self {
            Self::Bearer(token) => Some(token),
            Self::None | Self::Client(_) => None,
        }
    }
}

/// A client's credentials (RFC 6749 §2.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClientAuthentication {
    /// `client_id` in the body and nothing else: a public client.
    Public(ClientId),
    /// HTTP Basic.
    Basic(ClientId, ClientSecret),
    /// `client_id` and `client_secret` in the body.
    Post(ClientId, ClientSecret),
    /// `client_assertion` in the body: a statement that it signed (RFC 7523 §2.2).
    Assertion(ClientId, ClientAssertion),
}

impl ClientAuthentication {
    /// Who it claims to be.
    pub fn client_id(&self) -> &ClientId {
        match self {
            Self::Public(id) | Self::Basic(id, _) | Self::Post(id, _) | Self::Assertion(id, _) => id,
        }
    }

    /// The secret that it proves it with, if it is one.
    pub fn secret(&self) -> Option<&ClientSecret> {
        match self {
            Self::Public(_) | Self::Assertion(..) => None,
            Self::Basic(_, secret) | Self::Post(_, secret) => Some(secret),
        }
    }
}

/// What is asked. One variant per interaction; a revision that lacks one has no route for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// The discovery document (Grant §2; D6 §1.5).
    GetConfiguration,
    /// The signing keys (RFC 7517).
    GetJwks,
    /// Dynamic client registration (RFC 7591 §3.1).
    RegisterClient(ClientMetadata),
    /// A browser asks for an authorization code (RFC 6749 §4.1.1).
    Authorize(AuthorizationRequest),
    /// A browser comes back with a code (RFC 6749 §4.1.2).
    AuthorizationReturn(AuthorizationReturn),
    /// The token endpoint.
    Token(TokenRequest),
    /// The revocation endpoint (RFC 7009).
    Revoke(RevocationRequest),
    /// Create (FedAuthz §3.2.1; RSR draft-00 §2.3.1: `PUT` without `If-Match`).
    CreateResource {
        /// The identifier, chosen by the resource server in draft-06 and by the authorization server in 2.0.
        id: Option<ResourceId>,
        /// The description.
        description: ResourceDescription,
    },
    /// Read (FedAuthz §3.2.2).
    ReadResource {
        /// Which.
        id: ResourceId,
    },
    /// Update (FedAuthz §3.2.3): the description replaces the old one.
    UpdateResource {
        /// Which.
        id: ResourceId,
        /// `If-Match`, draft-06 only.
        if_match: Option<ETag>,
        /// The new description.
        description: ResourceDescription,
    },
    /// Delete (FedAuthz §3.2.4).
    DeleteResource {
        /// Which.
        id: ResourceId,
        /// `If-Match`, draft-06 only.
        if_match: Option<ETag>,
    },
    /// List (FedAuthz §3.2.5).
    ListResources,
    /// The permission endpoint (FedAuthz §4.1; D6 §3.2).
    RequestPermissions {
        /// The permissions; one in draft-06, one or more in 2.0.
        permissions: Vec<PermissionRequest>,
        /// True when they came as an array (FedAuthz §4.1), also an array of one.
        array: bool,
    },
    /// The introspection endpoint (FedAuthz §5.1; D6 §3.3.1).
    Introspect(IntrospectionRequest),
    /// The RPT endpoint (D6 §3.4.2).
    RequestRpt,
    /// The RPT endpoint that takes the ticket itself (Core 1.0.1 §3.5.1).
    RequestRptForTicket(TicketPresentation),
    /// The permission request endpoint (D6 §3.4.3).
    RequestAuthorizationData {
        /// The RPT that is to carry the authorization data.
        rpt: Bearer,
        /// The ticket.
        ticket: PermissionTicket,
    },
    /// The description of a scope, at the scope's own URI (D5 §2.4.1; RSR draft-00 §2.1).
    GetScopeDescription,
    /// A browser comes to give claims (Grant §3.3.2; D6 §3.5.1).
    ClaimsInteraction(ClaimsInteraction),
    /// A browser comes back from it (Grant §3.3.3; D6 §3.5.1).
    ClaimsReturn(ClaimsReturn),
    /// A form that a person sends.
    Form(Form),
    /// A signed-in person's own page.
    GetAccount,
    /// The owners' API (ours).
    Owner(OwnerCall),
    /// The OpenAPI description of the server's JSON endpoints.
    GetDescription,
    /// An owner connects a resource server with an authorization server.
    Connect {
        /// The issuer.
        as_uri: Uri,
    },
    /// A requesting party asks a client to fetch a resource.
    Fetch {
        /// The resource.
        resource: Uri,
        /// `GET`, `PUT`, ...: what to do with it.
        method: Text,
    },
    /// An access attempt at a resource server (Grant §3.1; D6 §3.1): the URI names the resource, the bearer is the RPT.
    Access {
        /// The HTTP method.
        method: Text,
    },
}

/// What a client brings to the RPT endpoint of 1.0.1, beside its AAT (Core 1.0.1 §3.5.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TicketPresentation {
    /// REQUIRED. The ticket, the same one until it led to an RPT or expired.
    pub ticket: PermissionTicket,
    /// OPTIONAL. The RPT of the attempt that failed.
    pub rpt: Option<Bearer>,
    /// OPTIONAL. Pushed claims.
    pub claim_tokens: Vec<PushedClaimToken>,
}

/// The query of the claims interaction endpoint (Grant §3.3.2; Core 1.0.1 §3.6.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClaimsInteraction {
    /// REQUIRED in 2.0.
    pub client_id: Option<ClientId>,
    /// REQUIRED. The newest ticket.
    pub ticket: Option<PermissionTicket>,
    /// `claims_redirect_uri`; in draft-06 `redirect_uri`.
    pub redirect_uri: Option<Uri>,
    /// RECOMMENDED.
    pub state: Option<State>,
}

/// What the browser brings back from claims gathering (Grant §3.3.3; Core 1.0.1 §3.6.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClaimsReturn {
    /// The new ticket (2.0); draft-06 goes on with the old one.
    pub ticket: Option<PermissionTicket>,
    /// Back if and only if it was sent.
    pub state: Option<State>,
    /// Why nothing was gathered (RFC 6749 §4.1.2.1).
    pub error: Option<Text>,
    /// How it stands now, 1.0.1 only, where it is REQUIRED unless there is an error.
    pub authorization_state: Option<AuthorizationState>,
}

/// `authorization_state` (Core 1.0.1 §3.6.3): what the client finds when it asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AuthorizationState {
    /// The person gave claims; whether they suffice is not said.
    ClaimsSubmitted,
    /// The owner's policies do not allow it.
    NotAuthorized,
    /// More is needed; the ticket comes along.
    NeedInfo,
    /// The owner has been asked.
    RequestSubmitted,
}

impl AuthorizationState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::ClaimsSubmitted, Self::NotAuthorized, Self::NeedInfo, Self::RequestSubmitted];

    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaimsSubmitted => "claims_submitted",
            Self::NotAuthorized => "not_authorized",
            Self::NeedInfo => "need_info",
            Self::RequestSubmitted => "request_submitted",
        }
    }

    /// The state of that word.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// The places at which requests arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// The discovery document.
    Configuration,
    /// The signing keys.
    Jwks,
    /// Client registration.
    ClientRegistration,
    /// The authorization (user) endpoint.
    Authorization,
    /// A client's redirection URI for codes.
    AuthorizationRedirect,
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revocation,
    /// Resource (set) registration.
    ResourceRegistration,
    /// The permission (registration) endpoint.
    Permission,
    /// The introspection (RPT status) endpoint.
    Introspection,
    /// The RPT endpoint.
    Rpt,
    /// The permission request endpoint.
    AuthorizationData,
    /// The claims interaction endpoint.
    ClaimsInteraction,
    /// A client's claims redirection URI.
    ClaimsRedirect,
    /// Where forms of pages go.
    Form,
    /// A person's own page.
    Account,
    /// The owners' API.
    Owner,
    /// The OpenAPI description.
    Description,
    /// Where an owner connects a resource server with an authorization server.
    Connect,
    /// Where a requesting party asks a client for a resource.
    Fetch,
    /// Where a resource server describes its scopes (drafts).
    ScopeDescription,
    /// Protected resources.
    Resource,
    /// No endpoint at all.
    Unknown,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configuration => "configuration",
            Self::Jwks => "key set",
            Self::ClientRegistration => "client registration",
            Self::Authorization => "authorization",
            Self::AuthorizationRedirect => "redirection",
            Self::Token => "token",
            Self::Revocation => "revocation",
            Self::ResourceRegistration => "resource registration",
            Self::Permission => "permission",
            Self::Introspection => "introspection",
            Self::Rpt => "RPT",
            Self::AuthorizationData => "permission request",
            Self::ClaimsInteraction => "claims interaction",
            Self::ClaimsRedirect => "claims redirection",
            Self::Form => "form",
            Self::Account => "account",
            Self::Owner => "owner",
            Self::Description => "description",
            Self::Connect => "connect",
            Self::Fetch => "fetch",
            Self::ScopeDescription => "scope description",
            Self::Resource => "resource",
            Self::Unknown => "unknown",
        })
    }
}

impl Request {
    /// The endpoint this request belongs to.
    pub const fn endpoint(&self) -> Endpoint {
        match self {
            Self::GetConfiguration => Endpoint::Configuration,
            Self::GetJwks => Endpoint::Jwks,
            Self::RegisterClient(_) => Endpoint::ClientRegistration,
            Self::Authorize(_) => Endpoint::Authorization,
            Self::AuthorizationReturn(_) => Endpoint::AuthorizationRedirect,
            Self::Token(_) => Endpoint::Token,
            Self::Revoke(_) => Endpoint::Revocation,
            Self::CreateResource { .. }
            | Self::ReadResource { .. }
            | Self::UpdateResource { .. }
            | Self::DeleteResource { .. }
            | Self::ListResources => Endpoint::ResourceRegistration,
            Self::RequestPermissions { .. } => Endpoint::Permission,
            Self::Introspect(_) => Endpoint::Introspection,
            Self::RequestRpt | Self::RequestRptForTicket(_) => Endpoint::Rpt,
            Self::RequestAuthorizationData { .. } => Endpoint::AuthorizationData,
            Self::ClaimsInteraction(_) => Endpoint::ClaimsInteraction,
            Self::ClaimsReturn(_) => Endpoint::ClaimsRedirect,
            Self::Form(_) => Endpoint::Form,
            Self::GetAccount => Endpoint::Account,
            Self::Owner(_) => Endpoint::Owner,
            Self::GetDescription => Endpoint::Description,
            Self::Connect { .. } => Endpoint::Connect,
            Self::Fetch { .. } => Endpoint::Fetch,
            Self::GetScopeDescription => Endpoint::ScopeDescription,
            Self::Access { .. } => Endpoint::Resource,
        }
    }

    /// A short word for it, used in causal names (`bob.fetch#1/token#2`) and diagrams.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::GetConfiguration => "configuration",
            Self::GetJwks => "jwks",
            Self::RegisterClient(_) => "register",
            Self::Authorize(_) => "authorize",
            Self::AuthorizationReturn(_) => "return",
            Self::Token(_) => "token",
            Self::Revoke(_) => "revoke",
            Self::CreateResource { .. } => "create",
            Self::ReadResource { .. } => "read",
            Self::UpdateResource { .. } => "update",
            Self::DeleteResource { .. } => "delete",
            Self::ListResources => "list",
            Self::RequestPermissions { .. } => "permission",
            Self::Introspect(_) => "introspect",
            Self::RequestRpt | Self::RequestRptForTicket(_) => "rpt",
            Self::RequestAuthorizationData { .. } => "ask",
            Self::ClaimsInteraction(_) => "claims",
            Self::ClaimsReturn(_) => "claims-return",
            Self::Form(_) => "form",
            Self::GetAccount => "account",
            Self::Owner(call) => call.word(),
            Self::GetDescription => "description",
            Self::Connect { .. } => "connect",
            Self::Fetch { .. } => "fetch",
            Self::GetScopeDescription => "scope",
            Self::Access { .. } => "access",
        }
    }
}
