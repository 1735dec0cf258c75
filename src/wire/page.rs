//! What people see and send: pages, forms and redirects as typed messages. HTML is their codec, not their meaning.

mod account;
mod view;

pub use account::{
    AccountChange, AccountPage, ApprovedClient, DenialReason, HistoryEntry, HistoryOutcome, OwnedResource,
    PendingRequest, ScopeLabel, Share,
};
pub use view::AccountView;

use crate::wire::{ClaimName, ClientId, FormKey, Policy, PolicyId, Request, ScopeSet, Text, Uri, token::Password};
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
        /// What that amounts to.
        purpose: ConsentPurpose,
    },
    /// "This client asks for these claims about you" (Grant §5.7: the person must know).
    GiveClaims {
        /// The anti-forgery key of the form.
        form: FormKey,
        /// The client whose process it is.
        client_id: ClientId,
        /// What it calls itself.
        client_name: Option<Text>,
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
    /// The client waits for somebody's decision. The person may look again; the page does not do so by itself.
    Waiting {
        /// One sentence.
        text: Text,
        /// What to ask for.
        again: Box<Request>,
        /// Where, at the client.
        again_at: Uri,
    },
    /// The client shows what it got from the resource server.
    Shown {
        /// The resource.
        resource: Uri,
        /// The content's label.
        content: Text,
    },
    /// The session of this browser has ended.
    SignedOut,
}

impl Page {
    /// The HTTP status that it is shown with.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Notice { status, .. } => *status,
            Self::Waiting { .. } => 202,
            Self::SignIn { .. }
            | Self::Consent { .. }
            | Self::GiveClaims { .. }
            | Self::Account(_)
            | Self::Shown { .. }
            | Self::SignedOut => 200,
        }
    }
}

/// What a person is asked to approve a client for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentPurpose {
    /// A PAT: a resource server has this server protect the person's resources (FedAuthz §1.3; D6 §2.1).
    Protection,
    /// An AAT: a client asks for access for the person at all resource servers of this server (D6 §3.4.1).
    Authorization,
    /// An owner's token: a program manages policies and answers requests for the person.
    Management,
    /// Anything else that has a scope, such as signing in elsewhere.
    #[default]
    Other,
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
    /// Ends the session of this browser.
    SignOut {
        /// The key from the account page.
        form: FormKey,
    },
}
