//! What a role says while it works: observations that need not survive a crash, but that invariants and explanations
//! read.

use crate::message::ExchangeId;
use crate::trace::fact::{ProcessId, ResourceKey, Subject};
use crate::trace::word::{Word, word};
use crate::wire::token::kind;
use crate::wire::{
    ClientId, Permission, PersonId, ResourceId, ScopeSet, SessionCookie, State, Text, Timestamp, TokenHash, Uri,
};
use serde::{Deserialize, Serialize};

/// An observation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// The authorization server assessed a process (Grant §3.3.4; D6 §3.4.3).
    Assessed(Box<Assessed>),
    /// The resource server decided an access attempt.
    AccessDecided {
        /// The attempt.
        exchange: ExchangeId,
        /// The canonical path.
        path: Text,
        /// The HTTP method.
        method: Text,
        /// The RPT that came along.
        rpt: Option<TokenHash<kind::RptKind>>,
        /// What the decision rests on, when an authorization server was asked.
        evidence: Option<Box<Evidence>>,
        /// The decision.
        decision: AccessDecision,
    },
    /// A client sends a person away with a `state`.
    PersonSentAway {
        /// The browser session.
        session: TokenHash<kind::SessionKind>,
        /// What was sent.
        state: TokenHash<kind::StateKind>,
        /// Where to.
        to: Uri,
    },
    /// A client accepts a person's return.
    ReturnAccepted {
        /// The browser session.
        session: Option<TokenHash<kind::SessionKind>>,
        /// What came back.
        state: Option<TokenHash<kind::StateKind>>,
    },
    /// A client's process for one resource has begun.
    FetchStarted {
        /// The client's own number for it.
        fetch: u64,
        /// The browser session, if a person is there.
        session: Option<TokenHash<kind::SessionKind>>,
        /// The resource.
        resource: Uri,
    },
    /// A client's process for one resource has ended.
    FetchEnded {
        /// The client's own number for it.
        fetch: u64,
        /// The resource.
        resource: Uri,
        /// How.
        outcome: FetchOutcome,
    },
    /// A person has seen the end of what they asked for.
    PersonSaw {
        /// Where.
        origin: Text,
        /// The status shown.
        status: u16,
        /// What was shown: a sentence, or the label of a content.
        text: Text,
    },
    /// A resource server gives up for now what an authorization server refuses again and again.
    RegistrationStuck {
        /// The owner whose resources it is about.
        owner: PersonId,
        /// The issuer.
        as_uri: Uri,
        /// What is wrong, in words for the owner.
        why: Text,
    },
    /// How it stands with an owner's token in a program of the owner.
    OwnerSession {
        /// The issuer.
        as_uri: Uri,
        /// How.
        outcome: OwnerSession,
    },
    /// A role acts where the text is silent or contradicts itself; the choice is an entry of the list of gaps.
    OurChoice(#[serde(deserialize_with = "word")] Word),
}

/// How it stands with an owner's token.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OwnerSession {
    /// There is a good one.
    SignedIn,
    /// The owner could not get one.
    NotSignedIn {
        /// Why.
        why: Text,
    },
    /// One is needed, and there is none.
    Needed,
    /// There may be one, and the API cannot be asked with it.
    NoApi {
        /// Why.
        why: Text,
    },
    /// There is none any more: it was given back.
    Ended,
    /// It could not be given back.
    NotEnded {
        /// Why.
        why: Text,
    },
}

/// The sets of one assessment, with the names of Grant §3.3.4.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Assessed {
    /// The process.
    pub process: ProcessId,
    /// The ticket that was presented.
    pub ticket: TokenHash<kind::TicketKind>,
    /// The client.
    pub client: ClientId,
    /// Who the claims say the requesting party is.
    pub subjects: Vec<Subject>,
    /// RegisteredScopes: what the client is pre-registered for.
    pub registered_scopes: ScopeSet,
    /// RequestedScopes of the latest request.
    pub requested_scopes: ScopeSet,
    /// Per resource: what was asked and what passed.
    pub resources: Vec<AssessedResource>,
    /// The result in one word: `granted`, `need-info`, `submitted`, `denied`.
    #[serde(deserialize_with = "word")]
    pub result: Word,
}

/// One resource of an assessment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssessedResource {
    /// The resource.
    pub resource: ResourceKey,
    /// RequestedScopes(resource): TicketScopes and the client's share.
    pub requested: ScopeSet,
    /// CandidateGrantedScopes(resource).
    pub candidate_granted: ScopeSet,
    /// The policies that spoke, with the version in force.
    pub policies: Vec<(crate::wire::PolicyId, u64)>,
    /// Why the others did not pass, in words.
    pub reasons: Vec<Text>,
}

/// What an access decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// The authorization server that was asked.
    pub as_uri: Uri,
    /// The PAT it was asked with.
    pub pat: TokenHash<kind::PatKind>,
    /// The exchange with it.
    pub exchange: ExchangeId,
    /// When its answer arrived, by the resource server's clock.
    pub fetched_at: Timestamp,
    /// Whether it called the token good.
    pub active: bool,
    /// The permissions it named.
    pub permissions: Vec<Permission>,
    /// The token-level expiry it named.
    pub expires_at: Option<Timestamp>,
}

/// What a resource server decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessDecision {
    /// Release: the permission entry of this resource covers the operation.
    Released {
        /// The resource's identifier at the authorization server; `None` for what is not protected.
        resource_id: Option<ResourceId>,
    },
    /// Challenge without a ticket.
    ChallengedForRpt,
    /// Challenge with a ticket.
    ChallengedWithTicket(TokenHash<kind::TicketKind>),
    /// Nobody to ask.
    Unreachable,
    /// No such resource, or refused by own rules.
    Refused,
}

/// How a client's process ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FetchOutcome {
    /// The resource came.
    Got {
        /// The content's label.
        content: Text,
    },
    /// The authorization server said no.
    Denied,
    /// The person did not approve or stopped.
    Abandoned,
    /// Something is wrong that trying again does not mend.
    GaveUp {
        /// What.
        why: Text,
    },
}

/// Marks a browser session in notes; a role has it from its cookie.
pub fn session_of(cookie: &SessionCookie) -> TokenHash<kind::SessionKind> {
    cookie.hashed()
}

/// The hash of a `state`.
pub fn state_of(state: &State) -> TokenHash<kind::StateKind> {
    state.hashed()
}
