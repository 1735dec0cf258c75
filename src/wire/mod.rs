//! What travels: one Rust type per protocol interaction, and a pure codec per revision that turns it into an HTTP
//! message and back. Nothing here knows a clock, a socket, a role or a state.
//!
//! A type is shared when the idea is the same in every revision ("a permission ticket", "an introspection answer"); the
//! member names, media types and status codes in which a revision writes it down live in [`codec`].

pub mod challenge;
pub mod claims;
pub mod client_assertion;
pub mod codec;
pub mod configuration;
pub mod error;
pub mod jws;
pub mod oauth;
pub mod openapi;
pub mod owner;
pub mod page;
pub mod permission;
pub mod policy;
pub mod registration;
pub mod request;
pub mod response;
pub mod revision;
pub mod saml;
pub mod text;
pub mod time;
pub mod token;
pub mod uri;

pub use challenge::{Challenge, ChallengeReason};
pub use claims::{Claim, ClaimSet, ErrorDetails, IdTokenClaims, RequestingPartyClaims, RequiredClaim};
pub use configuration::Configuration;
pub use error::{DecodeError, ErrorCode, Failure};
pub use owner::{OwnerAnswer, OwnerCall};
pub use permission::{Permission, PermissionRequest};
pub use policy::{Policy, PolicyCondition, PolicyTarget};
pub use registration::{ResourceDescription, ScopeDescription};
pub use request::{Call, ClientAuthentication, Credentials, Endpoint, Received, Request};
pub use response::{Answer, Response};
pub use revision::{Revision, Served};
pub use text::{ClaimName, ClientId, ETag, PersonId, PolicyId, ResourceId, Scope, ScopeSet, Text};
pub use time::{Duration, Timestamp};
pub use token::{
    Aat, AuthorizationCode, Bearer, ClaimToken, ClientAssertion, ClientSecret, CodeVerifier, FormKey, PasswordVerifier,
    Pat, Pct, PermissionTicket, RefreshToken, Rpt, SamlAssertion, SessionCookie, State, Token, TokenHash, TokenKind,
};
pub use uri::Uri;
