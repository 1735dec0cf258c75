//! What people see and send: pages, forms and redirects as typed messages. HTML is their codec, not their meaning.

use crate::wire::{
    ClaimName, ClientId, ETag, FormKey, Policy, PolicyId, Request, ResourceId, Scope, ScopeSet, Text, Uri,
    token::Password,
};
use serde::{Deserialize, Serialize};

/// Something shown in a browser.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Page {
    /// "Who are you?" The form goes back with the request that waits for it.
    SignIn {
        /// The anti-forgery key of the form.
        form: FormKey,
        /// What the browser wanted before it was asked.
        resume: Box<Request>,
        /// The URI at which it wanted it.
        resume_at: Uri,
        /// True after a wrong password.
        wrong_password: bool,
        /// True when the second factor is asked for as well (`acr_values`).
        second_factor: bool,
    },
    /// "May this client ... on your behalf?" (RFC 6749 §4.1.1; for an AAT: at all resource servers of this server).
    Consent {
        /// The anti-forgery key of the form.
        form: FormKey,
        /// The client that asks.
        client_id: ClientId,
        /// What it calls itself.
        client_name: Option<Text>,
        /// What it asks for.
        scope: ScopeSet,
    },
    /// "This client asks for these claims about you" (Grant §5.7: the person must know).
    GiveClaims {
        /// The anti-forgery key of the form.
        form: FormKey,
        /// The client whose process it is.
        client_id: ClientId,
        /// Which claims would be used.
        claims: Vec<ClaimName>,
    },
    /// The owner's and requesting party's own page at an authorization server.
    Account(AccountPage),
    /// A message to the person, with an HTTP status.
    Notice {
        /// The HTTP status.
        status: u16,
        /// One sentence.
        text: Text,
    },
    /// The client shows what it got from the resource server.
    Shown {
        /// The resource.
        resource: Uri,
        /// The content's label.
        content: Text,
    },
}

/// Everything a signed-in person can see and change at an authorization server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountPage {
    /// The anti-forgery key of every form on the page, good as long as the session.
    pub form: Option<FormKey>,
    /// The resources the person owns.
    pub resources: Vec<OwnedResource>,
    /// What their scopes are called, as far as that is known (drafts).
    pub scopes: Vec<ScopeLabel>,
    /// The person's policies.
    pub policies: Vec<Policy>,
    /// Requests that wait for the person's decision.
    pub requests: Vec<PendingRequest>,
    /// Clients that hold an approval of the person (AATs and PATs).
    pub clients: Vec<ApprovedClient>,
}

/// One resource on the owner's page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OwnedResource {
    /// Its identifier here.
    pub id: ResourceId,
    /// The resource server that registered it, by its client identifier here.
    pub resource_server: ClientId,
    /// Its name.
    pub name: Option<Text>,
    /// Its type.
    pub type_: Option<Text>,
    /// Its scopes.
    pub scopes: ScopeSet,
    /// Its revision, draft-06 only.
    pub etag: Option<ETag>,
}

/// What a scope is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScopeLabel {
    /// The scope.
    pub scope: Scope,
    /// Its name.
    pub name: Text,
    /// Its icon.
    pub icon_uri: Option<Uri>,
}

/// One request that waits for the owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PendingRequest {
    /// Names the request in the owner's answer.
    pub id: Text,
    /// The client.
    pub client_id: ClientId,
    /// The requesting party, as far as claims tell.
    pub requesting_party: Option<Text>,
    /// The resource.
    pub resource_id: ResourceId,
    /// The scopes.
    pub scopes: ScopeSet,
}

/// One client with an approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ApprovedClient {
    /// The client.
    pub client_id: ClientId,
    /// Its name.
    pub name: Option<Text>,
    /// What was approved.
    pub scope: ScopeSet,
}

/// A form that a person sends back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Form {
    /// Name and password, and what to do afterwards.
    SignIn {
        /// The key from the page.
        form: FormKey,
        /// The account name.
        username: Text,
        /// The password.
        password: Password,
        /// The second factor, if the page asks for it.
        second_factor: Option<Password>,
        /// What the browser wanted before it was asked.
        resume: Box<Request>,
        /// The URI at which it wanted it.
        resume_at: Uri,
    },
    /// The answer to [`Page::Consent`].
    Consent {
        /// The key from the page.
        form: FormKey,
        /// Yes or no.
        approve: bool,
    },
    /// The answer to [`Page::GiveClaims`].
    GiveClaims {
        /// The key from the page.
        form: FormKey,
        /// Yes or no.
        agree: bool,
    },
    /// Sets or replaces a policy.
    SetPolicy {
        /// The key from the account page.
        form: FormKey,
        /// The policy.
        policy: Policy,
    },
    /// Withdraws a policy.
    RemovePolicy {
        /// The key from the account page.
        form: FormKey,
        /// Which one.
        policy: PolicyId,
    },
    /// Decides a pending request.
    AnswerRequest {
        /// The key from the account page.
        form: FormKey,
        /// Which one.
        request: Text,
        /// Yes or no.
        approve: bool,
    },
    /// Withdraws the approval of a client: its PATs and AATs for this person die.
    WithdrawApproval {
        /// The key from the account page.
        form: FormKey,
        /// Which client.
        client_id: ClientId,
    },
}
