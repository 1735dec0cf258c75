//! Every answer of the ecosystem.

use crate::wire::jws::Jwk;
use crate::wire::oauth::{ClientInformation, IntrospectionResponse, IssuedAssertion, TokenResponse};
use crate::wire::page::Page;
use crate::wire::registration::RegisteredResource;
use crate::wire::{
    Challenge, ChallengeReason, Configuration, ErrorDetails, Failure, OwnerAnswer, PermissionTicket, Request,
    RequiredClaim, ResourceId, Rpt, ScopeDescription, SessionCookie, Text, Uri,
};
use serde::{Deserialize, Serialize};

/// An answer with the cookie that comes along.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// `Set-Cookie` of the session, for browsers.
    pub set_cookie: Option<SessionCookie>,
    /// What is answered.
    pub message: Response,
}

impl From<Response> for Answer {
    fn from(message: Response) -> Self {
        Self { set_cookie: None, message }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        Response::Failure(failure).into()
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Response {
    /// A discovery document.
    Configuration(Box<Configuration>),
    /// Signing keys.
    Jwks(Vec<Jwk>),
    /// A client was registered (RFC 7591 §3.2.1).
    ClientRegistered(ClientInformation),
    /// Go there in the browser, with this message (302).
    Redirect {
        /// The URI without the message's own parameters.
        to: Uri,
        /// What to ask there.
        message: Box<Request>,
    },
    /// A page.
    Page(Page),
    /// Tokens (RFC 6749 §5.1; Grant §3.3.5).
    Token(TokenResponse),
    /// A SAML assertion (RFC 8693 §2.2.1).
    AssertionIssued(IssuedAssertion),
    /// Revoked, or never valid (RFC 7009 §2.2).
    Revoked,
    /// A resource was created.
    ResourceCreated(RegisteredResource),
    /// A resource was read.
    Resource(RegisteredResource),
    /// A resource was updated.
    ResourceUpdated(RegisteredResource),
    /// A resource was deleted.
    ResourceDeleted,
    /// The identifiers of the resources of one owner at one resource server.
    ResourceList(Vec<ResourceId>),
    /// A ticket for the permissions asked for (FedAuthz §4.2; D6 §3.2).
    PermissionTicket {
        /// The ticket.
        ticket: PermissionTicket,
        /// `Location`, draft-06 only.
        location: Option<Uri>,
    },
    /// What a scope is called (D5 §2.4.1; RSR draft-00 §2.1).
    ScopeDescription(ScopeDescription),
    /// What is known of a token.
    Introspection(IntrospectionResponse),
    /// A fresh RPT without authorization data (D6 §3.4.2).
    RptIssued(Rpt),
    /// The RPT now carries the authorization data (D6 §3.4.3, whose success answer is not specified).
    AuthorizationDataAdded,
    /// An RPT that carries the authorization data asked for, or a part of it (Core 1.0.1 §3.5.3): 200.
    RptGranted(Rpt),
    /// More is needed (Core 1.0.1 §3.5.4 `need_info`): claims, a stronger sign-in, or both. The ticket stays good.
    InfoNeeded(ErrorDetails),
    /// More claims are needed (Grant §3.3.6 `need_info`; D6 §3.4.3 `need_claims`).
    NeedInfo {
        /// The next ticket of the process (2.0).
        ticket: Option<PermissionTicket>,
        /// Hints at what to push (2.0).
        required_claims: Vec<RequiredClaim>,
        /// Where to send the person (2.0).
        redirect_user: Option<Uri>,
    },
    /// The owner has to decide (Grant §3.3.6 `request_submitted`).
    RequestSubmitted {
        /// The next ticket of the process (2.0); in draft-06, where the answer is our choice, the old one stays good.
        ticket: Option<PermissionTicket>,
        /// `interval`: seconds before the next poll.
        interval_secs: Option<u64>,
    },
    /// The owners' API (ours).
    Owner(OwnerAnswer),
    /// The OpenAPI description of the server's JSON endpoints, as JSON.
    Description(Text),
    /// An error of OAuth or UMA.
    Failure(Failure),
    /// The resource itself: bytes are the host's business, the role names them (DESIGN "Content").
    Content {
        /// Which content.
        content: Text,
    },
    /// "Not without an RPT" (Grant §3.2.1; D6 §3.1.1, §3.1.2).
    Challenge(Challenge),
    /// No ticket could be had (Grant §3.2.2: 403 with `Warning: 199`; in draft-06 503, our choice).
    AuthorizationServerUnreachable {
        /// 403 or 503.
        status: u16,
        /// True for the `Warning: 199` header.
        warning: bool,
    },
    /// No such thing, or not for you, by the server's own rules.
    Refused {
        /// The HTTP status.
        status: u16,
    },
}

impl Response {
    /// A short word for it, used in diagrams.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Configuration(_) => "configuration",
            Self::Jwks(_) => "keys",
            Self::ClientRegistered(_) => "registered",
            Self::Redirect { .. } => "redirect",
            Self::Page(_) => "page",
            Self::Token(_) => "tokens",
            Self::AssertionIssued(_) => "assertion",
            Self::Revoked => "revoked",
            Self::ResourceCreated(_) => "created",
            Self::Resource(_) => "resource",
            Self::ResourceUpdated(_) => "updated",
            Self::ResourceDeleted => "deleted",
            Self::ResourceList(_) => "list",
            Self::PermissionTicket { .. } => "ticket",
            Self::ScopeDescription(_) => "scope",
            Self::Introspection(_) => "status",
            Self::RptIssued(_) => "rpt",
            Self::AuthorizationDataAdded => "added",
            Self::RptGranted(_) => "rpt",
            Self::NeedInfo { .. } | Self::InfoNeeded(_) => "need-info",
            Self::RequestSubmitted { .. } => "submitted",
            Self::Owner(_) => "owner",
            Self::Description(_) => "description",
            Self::Failure(_) => "error",
            Self::Content { .. } => "content",
            Self::Challenge(_) => "challenge",
            Self::AuthorizationServerUnreachable { .. } => "unreachable",
            Self::Refused { .. } => "refused",
        }
    }
}

/// The HTTP status of an answer. Where a revision leaves a choice (D6: update may answer 204 or 201) this is ours.
pub const fn status_of(response: &Response) -> u16 {
    match response {
        Response::Configuration(_)
        | Response::Jwks(_)
        | Response::ScopeDescription(_)
        | Response::Token(_)
        | Response::AssertionIssued(_)
        | Response::Revoked
        | Response::Resource(_)
        | Response::ResourceUpdated(_)
        | Response::ResourceList(_)
        | Response::Introspection(_)
        | Response::Description(_)
        | Response::AuthorizationDataAdded
        | Response::RptGranted(_)
        | Response::Content { .. } => 200,
        Response::ClientRegistered(_)
        | Response::ResourceCreated(_)
        | Response::PermissionTicket { .. }
        | Response::RptIssued(_) => 201,
        Response::ResourceDeleted => 204,
        Response::Owner(answer) => answer.status(),
        Response::Redirect { .. } => 302,
        Response::NeedInfo { .. } | Response::InfoNeeded(_) | Response::RequestSubmitted { .. } => 403,
        Response::Page(page) => page.status(),
        Response::AuthorizationServerUnreachable { status, .. } | Response::Refused { status } => *status,
        Response::Failure(failure) => failure.status,
        Response::Challenge(challenge) => match challenge.reason {
            ChallengeReason::RptNeeded | ChallengeReason::TicketGiven(_) => 401,
            ChallengeReason::AuthorizationDataNeeded(_) | ChallengeReason::MoreNeeded(_) => 403,
        },
    }
}
