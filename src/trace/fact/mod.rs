//! Facts: what a role must not forget. Past tense, plain values, appended to the node's journal before anything leaves
//! that depends on them. The same facts are the audit log and what invariants read.
//!
//! Whoever verifies a token stores its hash; whoever presents it later stores the token. Variants are only ever added.
//!
//! A family that fills a file of its own has its members there as structs: on file they look no different.

mod hashes;
mod oauth;
mod obtained;
mod operator;
mod process;
mod rpt;

pub use hashes::{AssertionHash, BearerHash, RefreshHash, RptHash, SessionHash, TicketHash};
pub use oauth::{AssertionIssued, AssertionRedeemed, CodeIssued, RevocationCause, SignIn, TokenWhat};
pub use obtained::{AatObtained, RptObtained};
pub use operator::{AccountAdded, AccountRemoved, ClientIntroduced, ClientRemoved, IssuerDistrusted, IssuerTrusted};
pub use process::{ClaimsSource, InteractionStarted, ProcessId, Subject, TicketReason};
pub use rpt::{GrantedPermission, PctIssued, ResourceKey, RptOrigin};

use crate::message::ExchangeId;
use crate::trace::note::Evidence;
use crate::wire::oauth::ClientMetadata;
use crate::wire::page::DenialReason;
use crate::wire::token::{SessionCookie, kind};
use crate::wire::{
    Bearer, Claim, ClientId, ClientSecret, ETag, Endpoint, Pat, Pct, PermissionRequest, PersonId, Policy, PolicyId,
    RefreshToken, ResourceDescription, ResourceId, Revision, ScopeSet, Text, Timestamp, TokenHash, Uri,
};
use serde::{Deserialize, Serialize};

/// Something that happened for good. New kinds go to the end: digests of recorded runs know the others by their place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    // ---- accounts and OAuth, at every server with accounts
    /// A client was registered (RFC 7591) or configured.
    ClientRegistered {
        /// The identifier.
        client: ClientId,
        /// What it said about itself.
        metadata: ClientMetadata,
        /// Its secret's hash; `None` for a public client.
        secret: Option<TokenHash<kind::SecretKind>>,
        /// True for dynamic registration.
        dynamic: bool,
    },
    /// A client proved who it is with something that it signed (RFC 7523 §2.2), which counts once.
    ClientAssertionUsed {
        /// The client.
        client: ClientId,
        /// `jti`.
        id: Text,
        /// When it is void anyway.
        expires_at: Timestamp,
        /// The assertion.
        assertion: TokenHash<kind::ClientAssertionKind>,
    },
    /// A browser session exists; `person` is `None` until somebody signs in.
    SessionOpened {
        /// The session.
        session: SessionHash,
        /// Who.
        person: Option<PersonId>,
        /// The first instant at which it is over.
        expires_at: Timestamp,
    },
    /// Somebody signed out: the session is over before its time.
    SessionEnded {
        /// The session.
        session: SessionHash,
    },
    /// A session, and what came of it, rests on more than a password.
    SignedInWith {
        /// What rests on it.
        of: SignIn,
        /// The authentication context class.
        acr: Text,
    },
    /// A person approved a client (RFC 6749 §4.1.1; D6 §3.4.1).
    ApprovalGiven {
        /// The person.
        person: PersonId,
        /// The client.
        client: ClientId,
        /// What for.
        scope: ScopeSet,
    },
    /// A person refused a client.
    ApprovalRefused {
        /// The person.
        person: PersonId,
        /// The client.
        client: ClientId,
    },
    /// A person withdrew the approval of a client.
    ApprovalWithdrawn {
        /// The person.
        person: PersonId,
        /// The client.
        client: ClientId,
    },
    /// An authorization code was issued.
    CodeIssued(CodeIssued),
    /// A code was exchanged, or presented in a way that voids it.
    CodeRedeemed {
        /// The code.
        code: TokenHash<kind::CodeKind>,
    },
    /// A PAT, an AAT or another access token that is no RPT was issued.
    AccessTokenIssued {
        /// The token.
        token: BearerHash,
        /// To whom.
        client: ClientId,
        /// On whose behalf: the owner of a PAT, the requesting party of an AAT; `None` for the client itself.
        person: Option<PersonId>,
        /// Its scope, which says what it is.
        scope: ScopeSet,
        /// The first instant at which it is void.
        expires_at: Timestamp,
        /// The refresh token issued with it.
        refresh: Option<RefreshHash>,
        /// The code it came from, if any.
        code: Option<TokenHash<kind::CodeKind>>,
        /// The refresh token it came from, if any.
        refreshed_from: Option<RefreshHash>,
        /// The first instant at which the refresh token is void that was issued with it, or, where none was, the one
        /// that it came from; `None` without either, and in journals from before refresh tokens had an end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refresh_expires_at: Option<Timestamp>,
    },
    /// A token of any kind is void from now on.
    TokenRevoked {
        /// The token.
        token: BearerHash,
        /// What it was.
        what: TokenWhat,
        /// Why.
        why: RevocationCause,
    },
    /// An identity provider issued an ID token.
    IdTokenIssued {
        /// The token.
        token: TokenHash<kind::ClaimTokenKind>,
        /// About whom.
        person: PersonId,
        /// To which client.
        client: ClientId,
        /// The first instant at which it is void.
        expires_at: Timestamp,
    },
    /// An identity provider issued a SAML assertion (RFC 7522 §3).
    AssertionIssued(AssertionIssued),
    /// A SAML assertion was taken for an access token, and is good for nothing more (RFC 7522 §3).
    AssertionRedeemed(AssertionRedeemed),
    // ---- protection API
    /// A resource was registered.
    ResourceRegistered {
        /// Which.
        resource: ResourceKey,
        /// The description.
        description: ResourceDescription,
        /// `_rev`, draft-06 only.
        etag: Option<ETag>,
    },
    /// A resource's description was replaced.
    ResourceUpdated {
        /// Which.
        resource: ResourceKey,
        /// The new description.
        description: ResourceDescription,
        /// The new `_rev`, draft-06 only.
        etag: Option<ETag>,
    },
    /// A resource was deregistered.
    ResourceDeregistered {
        /// Which.
        resource: ResourceKey,
    },
    // ---- policies
    /// An owner set a policy.
    PolicySet {
        /// The owner.
        owner: PersonId,
        /// The policy.
        policy: Policy,
        /// Counts the policy writes at this server.
        version: u64,
    },
    /// An owner removed a policy.
    PolicyRemoved {
        /// The owner.
        owner: PersonId,
        /// Which.
        policy: PolicyId,
        /// Counts the policy writes at this server.
        version: u64,
    },
    // ---- tickets and processes
    /// A ticket was issued.
    TicketIssued {
        /// The ticket.
        ticket: TicketHash,
        /// Its process.
        process: ProcessId,
        /// What it stands for.
        permissions: Vec<PermissionRequest>,
        /// The owner of all of it.
        owner: PersonId,
        /// The resource server that asked.
        resource_server: ClientId,
        /// The first instant at which it is void.
        expires_at: Timestamp,
        /// The ticket it takes over from.
        predecessor: Option<TicketHash>,
        /// Why it was issued.
        reason: TicketReason,
    },
    /// A client or resource server speaks that revision from now on.
    RevisionChanged {
        /// The revision.
        revision: Revision,
    },
    /// A ticket was presented for the first time at a server of two revisions: its process goes on in that one.
    TicketDecided {
        /// The ticket.
        ticket: TicketHash,
        /// Its process.
        process: ProcessId,
        /// In which revision it was presented.
        revision: Revision,
    },
    /// A ticket took effect: it reached assessment or started claims interaction.
    TicketRedeemed {
        /// The ticket.
        ticket: TicketHash,
        /// Its process.
        process: ProcessId,
        /// By whom.
        client: ClientId,
        /// Where.
        at: Endpoint,
        /// True when the ticket is of no further use (2.0: always; draft-06: once authorization data was added).
        spent: bool,
    },
    /// A person began to give claims.
    InteractionStarted(InteractionStarted),
    /// The person agreed that claims are used for this client's process.
    PersonAgreed {
        /// The process.
        process: ProcessId,
        /// The browser session.
        session: SessionHash,
        /// The client.
        client: ClientId,
        /// The person.
        subject: Subject,
    },
    /// Claims were established in a process.
    ClaimsEstablished {
        /// The process.
        process: ProcessId,
        /// The client.
        client: ClientId,
        /// About whom.
        subject: Subject,
        /// Which.
        claims: Vec<Claim>,
        /// How.
        how: ClaimsSource,
        /// When they were established at first: earlier than now for what a PCT or an AAT brings.
        established_at: Timestamp,
    },
    /// The owner was asked to decide.
    OwnerAsked {
        /// Names the question.
        request: Text,
        /// The process.
        process: ProcessId,
        /// The owner.
        owner: PersonId,
        /// The client.
        client: ClientId,
        /// Who the claims say it is.
        subjects: Vec<Subject>,
        /// The resource.
        resource: ResourceKey,
        /// The scopes.
        scopes: ScopeSet,
    },
    /// The owner decided.
    OwnerAnswered {
        /// Names the question.
        request: Text,
        /// Who answered.
        owner: PersonId,
        /// Yes or no.
        approved: bool,
        /// When, by the server's clock; `None` in journals from before there were times.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// A process ended without a grant.
    RequestDenied {
        /// The process.
        process: ProcessId,
        /// The ticket that was presented.
        ticket: TicketHash,
        /// When, by the server's clock; `None` in journals from before there were times.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<DenialReason>,
        /// The client; `None` when nobody knows it, and in journals from before it was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<ClientId>,
        /// Who the claims say it was.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        subjects: Vec<Subject>,
    },
    // ---- RPTs
    /// An RPT was issued.
    RptIssued {
        /// The RPT.
        rpt: RptHash,
        /// To whom.
        client: ClientId,
        /// The requesting party, when known: the AAT's person, or the claims' subjects.
        subjects: Vec<Subject>,
        /// The owner (2.0); draft-06 RPTs span owners.
        owner: Option<PersonId>,
        /// The resource server it is good at; `None` while a draft-06 RPT is unbound.
        resource_server: Option<ClientId>,
        /// What it carries, nothing at first in draft-06.
        permissions: Vec<GrantedPermission>,
        /// The first instant at which it is void.
        expires_at: Timestamp,
        /// Where it comes from.
        origin: RptOrigin,
        /// The refresh token issued with it.
        refresh: Option<RefreshHash>,
        /// The first instant at which that is void; `None` without one, and in journals from before it had an end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refresh_expires_at: Option<Timestamp>,
    },
    /// Authorization data was added to an RPT (D6 §3.4.3), which binds it to the resource server.
    AuthorizationDataAdded {
        /// The RPT.
        rpt: RptHash,
        /// The ticket it was given for.
        ticket: TicketHash,
        /// The resource server.
        resource_server: ClientId,
        /// What was added.
        permissions: Vec<GrantedPermission>,
    },
    /// Permissions were taken from an RPT because the owner withdrew them.
    PermissionsWithdrawn {
        /// The RPT.
        rpt: RptHash,
        /// The resource.
        resource: ResourceKey,
        /// The scopes.
        scopes: ScopeSet,
    },
    /// A persisted claims token was issued (Grant §3.3.5).
    PctIssued(PctIssued),
    // ---- at clients and resource servers
    /// Own credentials at an authorization server.
    CredentialsStored {
        /// The issuer.
        as_uri: Uri,
        /// The identifier there.
        client: ClientId,
        /// The secret.
        secret: Option<ClientSecret>,
    },
    /// A resource server got a PAT.
    PatObtained {
        /// The owner, as the resource server knows them.
        owner: PersonId,
        /// The issuer.
        as_uri: Uri,
        /// The PAT.
        pat: Pat,
        /// To renew it.
        refresh: Option<RefreshToken>,
        /// The first instant at which it is void, by its own clock.
        expires_at: Option<Timestamp>,
    },
    /// A resource server found a PAT void and cannot renew it.
    PatLost {
        /// The owner.
        owner: PersonId,
        /// The issuer.
        as_uri: Uri,
    },
    /// A resource of a resource server is protected by an authorization server.
    ResourceMapped {
        /// The canonical path.
        path: Text,
        /// The owner.
        owner: PersonId,
        /// The issuer.
        as_uri: Uri,
        /// The identifier there; `None` from before the registration is sent until its answer is stored.
        id: Option<ResourceId>,
        /// Its revision, draft-06 only.
        etag: Option<ETag>,
        /// The scopes that were registered.
        scopes: ScopeSet,
    },
    /// A resource is no longer registered, and stays closed until its owner opens it.
    ResourceUnmapped {
        /// The canonical path.
        path: Text,
    },
    /// The owner ended protection at the resource server.
    ProtectionEnded {
        /// The canonical path.
        path: Text,
    },
    /// A resource was released.
    ResourceReleased {
        /// The attempt.
        exchange: ExchangeId,
        /// The canonical path.
        path: Text,
        /// The HTTP method.
        method: Text,
        /// The RPT; `None` for what is not protected.
        rpt: Option<RptHash>,
        /// What the decision rests on.
        evidence: Option<Evidence>,
    },
    /// A client got an AAT (D6 §3.4.1).
    AatObtained(AatObtained),
    /// A program of an owner got an owner's token.
    OwnerTokenObtained {
        /// The issuer.
        as_uri: Uri,
        /// The token.
        token: Bearer,
        /// The first instant at which it is void, by its own clock.
        expires_at: Option<Timestamp>,
    },
    /// A program of an owner dropped a token that no longer works.
    OwnerTokenDropped {
        /// The issuer.
        as_uri: Uri,
    },
    /// A client dropped an AAT that no longer works.
    AatDropped {
        /// The issuer.
        as_uri: Uri,
        /// The browser session.
        session: Option<SessionHash>,
    },
    /// A client got an RPT.
    RptObtained(RptObtained),
    /// A client dropped an RPT.
    RptDropped {
        /// The RPT.
        rpt: RptHash,
    },
    /// A client got a PCT.
    PctObtained {
        /// The issuer.
        as_uri: Uri,
        /// The browser session.
        session: Option<SessionHash>,
        /// The PCT.
        pct: Pct,
    },
    /// A browser got a cookie.
    CookieStored {
        /// From which origin.
        origin: Text,
        /// The cookie.
        cookie: SessionCookie,
    },
    // ---- what an operator registers at run time
    /// A person has an account from now on, or another one in the place of the one of that name.
    AccountAdded(AccountAdded),
    /// The account of that name is gone.
    AccountRemoved(AccountRemoved),
    /// The ID tokens of an identity provider are believed from now on.
    IssuerTrusted(IssuerTrusted),
    /// They are not, and what they said before does not count any more.
    IssuerDistrusted(IssuerDistrusted),
    /// A client is known without having registered itself.
    ClientIntroduced(ClientIntroduced),
    /// A client is unknown from now on.
    ClientRemoved(ClientRemoved),
}
