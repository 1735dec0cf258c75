//! What every server with accounts does alike: clients, sessions, sign-in, consent, codes, access tokens (OAuth 2.0:
//! RFC 6749, 6750, 7009, 7591, 7636, 9207). The authorization server builds on all of it, the identity provider on
//! most, a resource server on accounts, sessions and sign-in.
//!
//! A server owns an [`OAuth`], hands it every fact, and implements [`OAuthServer`]; the handlers of the submodules are
//! generic over that trait, so that what they record reaches the whole server. Must not know UMA.

pub mod access_tokens;
pub mod accounts;
pub mod approvals;
pub mod attempts;
pub mod authorize;
mod client_assertion;
pub mod clients;
mod code_grant;
mod codes;
pub mod forms;
mod introduction;
pub mod pkce;
mod refresh_grant;
pub mod registration;
pub mod revoke;
pub mod saml_grant;
pub mod sessions;
pub mod sign_in;
pub mod token;
pub mod undecodable;

use crate::role::{Context, Machine, Rule};
use crate::trace::Fact;
use crate::trace::fact::{AssertionRedeemed, BearerHash, CodeIssued, RevocationCause, SignIn, TokenWhat};
use crate::wire::jws::Jwk;
use crate::wire::oauth::{ClientInformation, SAML2_BEARER_GRANT};
use crate::wire::page::ConsentPurpose;
use crate::wire::{ClaimToken, ClientId, Duration, PersonId, Scope, ScopeSet, Text, Timestamp, Uri};
use access_tokens::AccessTokens;
use accounts::{Accounts, Added};
use approvals::Approvals;
use attempts::Attempts;
use authorize::Consents;
use client_assertion::ClientAssertions;
use clients::Clients;
use codes::Codes;
use forms::Forms;
use saml_grant::{Assertions, SamlSettings};
use sessions::Sessions;
use sign_in::Checks;
use std::collections::BTreeMap;

/// A server with accounts: what the handlers of this module need from it.
pub trait OAuthServer: Machine {
    /// The tables.
    fn oauth(&self) -> &OAuth;

    /// The tables, to change what is not durable; durable changes are recorded as facts.
    fn oauth_mut(&mut self) -> &mut OAuth;

    /// How it is set up.
    fn settings(&self) -> OAuthSettings<'_>;

    /// Where it grants tokens: one of its names in what is meant for it.
    fn token_endpoint(&self) -> Uri {
        self.settings().issuer.join("/token")
    }

    /// What a scope that a person is asked to approve amounts to.
    fn consent_purpose(&self, scope: &ScopeSet) -> ConsentPurpose {
        let _ = scope;
        ConsentPurpose::Other
    }

    /// True when tokens of this scope are given for this grant type, which is one on offer.
    fn grants(&self, grant_type: &str, scope: &Scope) -> bool {
        let _ = (grant_type, scope);
        true
    }

    /// True for a scope that is given with no other beside it.
    fn stands_alone(&self, scope: &Scope) -> bool {
        let _ = scope;
        false
    }

    /// The ID token that goes with an access token about to be answered. An identity provider makes one.
    fn id_token(&mut self, cx: &mut Context<'_>, about: &IdTokenRequest) -> Option<ClaimToken> {
        let _ = (cx, about);
        None
    }

    /// The signing keys of an issuer whose assertions are believed here; `None` when they cannot be had.
    fn keys_of_issuer(&mut self, cx: &mut Context<'_>, issuer: &Uri) -> Option<Vec<Jwk>> {
        let _ = (cx, issuer);
        None
    }

    /// Withdraws a person's approval of a client, with everything that rests on it.
    fn withdraw_approval(&mut self, cx: &mut Context<'_>, person: &PersonId, client: &ClientId)
    where
        Self: Sized,
    {
        approvals::withdraw(self, cx, person, client);
    }

    /// Called when an account was removed, for what rests on it outside these tables.
    fn on_account_removed(&mut self, cx: &mut Context<'_>, person: &PersonId) {
        let _ = (cx, person);
    }

    /// Called when a client was removed, for what rests on it outside these tables.
    fn on_client_removed(&mut self, cx: &mut Context<'_>, client: &ClientId) {
        let _ = (cx, client);
    }

    /// Called when a session of a person has begun.
    fn on_signed_in(&mut self, cx: &mut Context<'_>, person: &PersonId) {
        let _ = (cx, person);
    }

    /// Called after an access token was revoked, for what was derived from it outside these tables.
    fn on_token_revoked(&mut self, cx: &mut Context<'_>, token: BearerHash, why: RevocationCause) {
        let _ = (cx, token, why);
    }
}

/// How an OAuth server is set up: views into its configuration.
#[derive(Clone, Copy, Debug)]
pub struct OAuthSettings<'a> {
    /// The issuer; its origin is the server's origin.
    pub issuer: &'a Uri,
    /// The people with accounts here.
    pub accounts: &'a Accounts,
    /// True when clients may register themselves (RFC 7591).
    pub dynamic_registration: bool,
    /// Every grant type that the server offers, also those that it serves itself before calling [`token::grant`].
    pub grant_types: &'a [&'a str],
    /// What SAML assertions must be like; `None` where none are taken.
    pub saml: Option<SamlSettings<'a>>,
    /// True when refresh tokens come with access tokens that a person approved.
    pub refresh_tokens: bool,
    /// The scopes that exist here; others that a client asks for are left out (RFC 6749 §3.3).
    pub scopes: &'a [&'a str],
    /// What a client gets that names no scope.
    pub default_scope: &'a [&'a str],
    /// How long an access token is good.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is good that is not used; never less than the access token that it came with.
    pub refresh_token_lifetime: Duration,
    /// How long an authorization code is good.
    pub code_lifetime: Duration,
    /// How long a browser session is good.
    pub session_lifetime: Duration,
}

impl OAuthSettings<'_> {
    // RFC 6749 §3.3: a server may ignore part of the scope asked for, and says what it gave; without any it uses its
    // default or fails.
    fn grantable(&self, requested: &ScopeSet) -> Option<ScopeSet> {
        let granted: ScopeSet = if requested.is_empty() {
            self.default_scope.iter().copied().map(Scope::from).collect()
        } else {
            self.known(requested)
        };
        (!granted.is_empty()).then_some(granted)
    }

    fn known(&self, scopes: &ScopeSet) -> ScopeSet {
        scopes.iter().filter(|scope| self.scopes.contains(&scope.as_str())).cloned().collect()
    }

    fn offers(&self, grant_type: &str) -> bool {
        self.grant_types.contains(&grant_type) || (self.saml.is_some() && grant_type == SAML2_BEARER_GRANT)
    }
}

/// What a client gets of the scope it asks for, for this grant type; nothing when nothing is left. Who asks for nothing
/// gets what it registered for.
fn grantable<S: OAuthServer>(
    server: &S,
    cx: &mut Context<'_>,
    client: &ClientId,
    grant_type: &str,
    requested: &ScopeSet,
) -> Option<ScopeSet> {
    let known = server
        .settings()
        .grantable(requested)
        .or_else(|| asks_for_nothing(requested).then(|| registered(server, cx, client)).flatten())?;
    let mut given =
        |scope: &Scope| cx.require(Rule::GrantTypeOfferedForScope, server.grants(grant_type, scope)).is_ok();
    let granted: ScopeSet = known.into_iter().filter(|scope| given(scope)).collect();
    let granted = without_loners(server, cx, granted);
    (!granted.is_empty()).then_some(granted)
}

// OpenID Connect Core §3.1.2.1: scopes that are not understood are ignored; clients put this one into every request.
fn asks_for_nothing(requested: &ScopeSet) -> bool {
    requested.iter().all(|scope| scope.as_str() == "openid")
}

// RFC 6749 §3.3: without a scope a server has a default or fails.
fn registered<S: OAuthServer>(server: &S, cx: &mut Context<'_>, client: &ClientId) -> Option<ScopeSet> {
    let registered = server.settings().known(&clients::get(server.oauth(), client)?.metadata.scope);
    if registered.is_empty() {
        return None;
    }
    cx.our_choice("registered-scope-is-the-default");
    Some(registered)
}

// RFC 6749 §3.3: the server may ignore a part of the scope; who asks for more gets less.
fn without_loners<S: OAuthServer>(server: &S, cx: &mut Context<'_>, granted: ScopeSet) -> ScopeSet {
    let alone = granted.len() == 1;
    let mut fits = |scope: &Scope| !server.stands_alone(scope) || cx.require(Rule::OwnerScopeAlone, alone).is_ok();
    granted.into_iter().filter(|scope| fits(scope)).collect()
}

/// What an ID token is to be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenRequest {
    /// The client that gets it.
    pub client: ClientId,
    /// The person.
    pub person: PersonId,
    /// The scope of the access token that it goes with.
    pub scope: ScopeSet,
    /// `nonce` of the authorization request.
    pub nonce: Option<Text>,
}

/// The durable tables of an OAuth server (clients, sessions, approvals, codes, access and refresh tokens that are no
/// RPTs) and what is open in browsers now.
#[derive(Clone, Debug, Default)]
pub struct OAuth {
    accounts: Added,
    clients: Clients,
    sessions: Sessions,
    approvals: Approvals,
    codes: Codes,
    access_tokens: AccessTokens,
    assertions: Assertions,
    client_assertions: ClientAssertions,
    open: Open,
}

/// What a crash forgets.
#[derive(Clone, Debug, Default)]
struct Open {
    forms: Forms,
    consents: Consents,
    checks: Checks,
    attempts: Attempts,
    /// Keys of clients, by the place that the configuration names for them.
    keys_elsewhere: BTreeMap<Uri, Vec<Jwk>>,
    swept_at: Timestamp,
}

/// How long what has expired is remembered, so that "expired" and "used before" stay answers by rule.
const TOMBSTONE: Duration = Duration::from_secs(24 * 3600);
/// The least time between two sweeps.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

impl OAuth {
    /// The tables of a server that has not yet run, with the clients that it is configured with.
    pub fn with_clients(configured: &[ClientInformation]) -> Self {
        Self { clients: Clients::configured(configured), ..Self::default() }
    }

    /// Changes the durable tables by a fact.
    pub fn apply(&mut self, fact: &Fact) {
        self.accounts.apply(fact);
        self.clients.apply(fact);
        self.sessions.apply(fact);
        self.approvals.apply(fact);
        self.codes.apply(fact);
        self.access_tokens.apply(fact);
        self.assertions.apply(fact);
        self.client_assertions.apply(fact);
    }

    /// Whether the tables rest on a fact. What they know nothing of, they leave alone.
    pub fn needs(&self, fact: &Fact) -> bool {
        match fact {
            Fact::SessionOpened { session, .. } | Fact::SessionEnded { session } => self.sessions.contains(session),
            Fact::SignedInWith { of: SignIn::Session(session), .. } => self.sessions.contains(session),
            Fact::CodeIssued(CodeIssued { code, .. })
            | Fact::CodeRedeemed { code }
            | Fact::SignedInWith { of: SignIn::Code(code), .. } => self.codes.get(code).is_some(),
            Fact::AccessTokenIssued { token, refresh, refreshed_from, .. } => {
                self.access_tokens.get(token).is_some()
                    || refresh.is_some_and(|refresh| self.access_tokens.refresh_token(&refresh).is_some())
                    || refreshed_from.is_some_and(|from| self.access_tokens.lives_by(&from, token))
            }
            Fact::TokenRevoked { token, what: TokenWhat::AccessToken, .. } => self.access_tokens.get(token).is_some(),
            Fact::TokenRevoked { token, what: TokenWhat::RefreshToken, .. } => {
                self.access_tokens.refresh_token(&token.as_kind()).is_some()
            }
            Fact::AssertionRedeemed(AssertionRedeemed { issuer, id, .. }) => self.assertions.remembers(issuer, id),
            Fact::ClientAssertionUsed { client, id, .. } => self.client_assertions.remembers(client, id),
            Fact::AccountAdded(added) => self.accounts.rests_on(added),
            Fact::ClientIntroduced(introduced) => self.clients.rest_on(introduced),
            Fact::ClientRegistered { client, dynamic: true, .. } => self.clients.registered_itself(client),
            // Whatever they took away is not applied either.
            Fact::ClientRemoved(removed) => self.clients.is_configured(&removed.client),
            Fact::AccountRemoved(_) => false,
            Fact::IdTokenIssued { .. } | Fact::AssertionIssued(_) => false,
            _ => true,
        }
    }

    /// Forgets what is open in browsers.
    pub fn forget(&mut self) {
        self.open = Open::default();
    }

    /// Drops what has been over for a day, at most once an hour. Sessions and tokens are added only by handlers that
    /// call this, so the tables do not grow for ever. Nothing that could still be accepted goes.
    pub fn expire(&mut self, at: Timestamp) {
        if at.since(self.open.swept_at) < SWEEP_INTERVAL {
            return;
        }
        self.open.swept_at = at;
        let before = at - TOMBSTONE;
        self.sessions.expire(before);
        self.codes.expire(before);
        self.access_tokens.expire(before);
        self.assertions.expire(before);
        self.client_assertions.expire(before);
        self.open.expire(&self.sessions);
    }
}

impl Open {
    fn expire(&mut self, sessions: &Sessions) {
        self.forms.retain(|session| sessions.contains(session));
        let forms = &self.forms;
        self.consents.retain(|form| forms.contains(form));
    }
}

#[cfg(test)]
mod tests;
