//! All that the authorization server is as an OAuth server: how it is set up, whose tokens it accepts at its guarded
//! endpoints, and who is signed in. Knows nothing of tickets and policies.

use super::account::Owner;
use super::{AuthorizationServer, AuthorizationServerConfig, operator, owner_api, scope_descriptions, withdrawal};
use crate::message::Arrival;
use crate::role::link::{Key, KeysFrom, Wanted};
use crate::role::oauth::access_tokens::{self, AccessGrant};
use crate::role::oauth::saml_grant::SamlSettings;
use crate::role::oauth::{OAuth, OAuthServer, OAuthSettings, approvals, clients, forms, sessions, sign_in};
use crate::role::rule::Broken;
use crate::role::{Context, Rule};
use crate::trace::fact::{BearerHash, RevocationCause};
use crate::wire::configuration::openid_well_known;
use crate::wire::jws::Jwk;
use crate::wire::oauth::{SAML2_BEARER_GRANT, TokenRequest};
use crate::wire::owner::OWNER_SCOPE;
use crate::wire::page::{AccountView, ApprovedClient, ConsentPurpose};
use crate::wire::{
    ClientId, Credentials, Failure, FormKey, PersonId, Request, Scope, ScopeSet, SessionCookie, Text, Timestamp, Uri,
};

/// Whose PAT it is: the owner, and the resource server as a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatHolder {
    pub(super) owner: PersonId,
    pub(super) resource_server: ClientId,
}

impl OAuthServer for AuthorizationServer {
    fn oauth(&self) -> &OAuth {
        &self.oauth
    }

    fn oauth_mut(&mut self) -> &mut OAuth {
        &mut self.oauth
    }

    fn settings(&self) -> OAuthSettings<'_> {
        let config = &self.config;
        OAuthSettings {
            issuer: &config.issuer,
            accounts: &config.accounts,
            dynamic_registration: config.dynamic_registration,
            grant_types: self.dialect().grant_types(config.refresh_tokens),
            saml: takes_assertions(config)
                .then_some(SamlSettings { issuers: &config.assertion_issuers, token_endpoint: &self.token_endpoint }),
            refresh_tokens: config.refresh_tokens,
            scopes: self.dialect().scopes(),
            // What a client without a scope would get is not specified: it has to say what it wants.
            default_scope: &[],
            access_token_lifetime: config.access_token_lifetime,
            refresh_token_lifetime: config.refresh_token_lifetime,
            code_lifetime: config.code_lifetime,
            session_lifetime: config.session_lifetime,
        }
    }

    fn token_endpoint(&self) -> Uri {
        self.token_endpoint.clone()
    }

    fn keys_of_issuer(&mut self, cx: &mut Context<'_>, issuer: &Uri) -> Option<Vec<Jwk>> {
        keys_of_assertions(self, cx, issuer, Key::Any)
    }

    fn consent_purpose(&self, scope: &ScopeSet) -> ConsentPurpose {
        if scope.contains(OWNER_SCOPE) {
            ConsentPurpose::Management
        } else if scope.contains(self.dialect().pat_scope()) {
            ConsentPurpose::Protection
        } else if self.dialect().is_aat(scope) {
            ConsentPurpose::Authorization
        } else {
            ConsentPurpose::Other
        }
    }

    fn grants(&self, grant_type: &str, scope: &Scope) -> bool {
        if self.stands_alone(scope) {
            return owner_api::is_given_for(grant_type);
        }
        self.dialect().grants(&self.config, grant_type, scope)
    }

    fn stands_alone(&self, scope: &Scope) -> bool {
        scope.as_str() == OWNER_SCOPE
    }

    fn withdraw_approval(&mut self, cx: &mut Context<'_>, person: &PersonId, client: &ClientId) {
        withdrawal::of_approval(self, cx, person, client);
    }

    fn on_account_removed(&mut self, cx: &mut Context<'_>, person: &PersonId) {
        operator::account_removed(self, cx, person);
    }

    fn on_client_removed(&mut self, cx: &mut Context<'_>, client: &ClientId) {
        operator::client_removed(self, cx, client);
    }

    fn on_signed_in(&mut self, cx: &mut Context<'_>, person: &PersonId) {
        scope_descriptions::signed_in(self, cx, person);
    }

    fn on_token_revoked(&mut self, cx: &mut Context<'_>, token: BearerHash, _why: RevocationCause) {
        withdrawal::of_access_token(self, cx, token);
    }
}

fn takes_assertions(config: &AuthorizationServerConfig) -> bool {
    !config.assertion_issuers.is_empty()
}

/// The grant types on offer, as configuration documents name them: those of a revision, and assertions where any are
/// taken.
pub(super) fn offered_grant_types(config: &AuthorizationServerConfig, own: &[&'static str]) -> Vec<Text> {
    let saml = takes_assertions(config).then_some(SAML2_BEARER_GRANT);
    own.iter().copied().chain(saml).map(Text::from).collect()
}

/// The issuer of an assertion that would be believed if its keys were here; they have been asked for.
pub(super) fn awaited_issuer(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    asked: &TokenRequest,
) -> Option<Uri> {
    let TokenRequest::Saml2Bearer { assertion, .. } = asked else { return None };
    let issuer = cx.crypto().issuer_of_assertion(assertion)?;
    if !server.config.assertion_issuers.contains(&issuer) {
        return None;
    }
    let Some(keys) = server.keys_of_issuer(cx, &issuer) else { return Some(issuer) };
    // A signature in XML need not name its key.
    let by_another = cx.crypto().read_assertion(&keys, assertion).is_some_and(|read| !read.signed);
    (by_another && keys_of_assertions(server, cx, &issuer, Key::Another).is_none()).then_some(issuer)
}

fn keys_of_assertions(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    issuer: &Uri,
    key: Key<'_>,
) -> Option<Vec<Jwk>> {
    let document = openid_well_known(issuer);
    server.links.keys(cx, issuer, Wanted { from: &KeysFrom::Discovery, document: &document, key })
}

/// The place of a client's keys, when those at hand do not verify what it signed; they have been asked for. Only whoever
/// runs the server names such a place.
pub(super) fn awaited_client(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    credentials: &Credentials,
) -> Option<Uri> {
    let Credentials::Client(claimed) = credentials else { return None };
    let (place, kid) = clients::place_of_keys(&server.oauth, claimed)?;
    let from = KeysFrom::At(place.clone());
    let mut have = |server: &mut AuthorizationServer, key| {
        let keys = server.links.keys(cx, &place, Wanted { from: &from, document: &place, key })?;
        clients::learn_keys(&mut server.oauth, &place, keys);
        Some(clients::proves_itself(&server.oauth, cx.crypto(), claimed))
    };
    let proven = match have(server, Key::of(&kid)) {
        Some(false) if kid.is_empty() => have(server, Key::Another),
        other => other,
    };
    proven.is_none().then_some(place)
}

/// Checks a PAT (FedAuthz §1.3; D6 §2.1).
///
/// # Errors
/// The bearer challenge of RFC 6750 §3.
pub(super) fn check_pat(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    credentials: &Credentials,
) -> Result<PatHolder, Failure> {
    let pat_scope = server.dialect().pat_scope();
    let is_pat = |scope: &ScopeSet| scope.contains(pat_scope);
    let AccessGrant { client, person, .. } =
        access_tokens::check(&server.oauth, cx, credentials.bearer(), is_pat, Rule::PatScope)?;
    // A PAT for the resource server's own credentials: the resource server owns what it registers.
    let owner = person.unwrap_or_else(|| {
        cx.our_choice("pat-without-person-is-the-servers-own");
        PersonId::new(client.as_str())
    });
    Ok(PatHolder { owner, resource_server: client })
}

/// Checks an AAT (D6 §3.4.1).
///
/// # Errors
/// The bearer challenge of RFC 6750 §3.
pub(super) fn check_aat(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    credentials: &Credentials,
) -> Result<AccessGrant, Failure> {
    let dialect = server.dialect();
    let is_aat = |scope: &ScopeSet| dialect.is_aat(scope);
    access_tokens::check(&server.oauth, cx, credentials.bearer(), is_aat, Rule::AatScope)
}

/// Who is signed in in a browser session.
pub(super) fn signed_in(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    cookie: Option<&SessionCookie>,
) -> Option<Owner> {
    let session = sessions::current(server, cx, cookie)?;
    Some(Owner { person: session.person?, session: session.hash })
}

/// Asks who is there, and shows that part of the account page afterwards.
pub(super) fn ask_sign_in(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    view: &AccountView,
) {
    let account = super::account::uri(server, view);
    sign_in::ask(server, cx, arrival.exchange, arrival.cookie.as_ref(), Request::GetAccount, account);
}

/// Ends the session that somebody is signed in to.
pub(super) fn sign_out(server: &mut AuthorizationServer, cx: &mut Context<'_>, owner: &Owner) {
    sessions::end(server, cx, owner.session);
}

/// Makes the anti-forgery key of an account page, good as long as the session.
pub(super) fn account_key(server: &mut AuthorizationServer, cx: &mut Context<'_>, owner: &Owner) -> FormKey {
    forms::issue(server, cx, owner.session)
}

/// Checks the anti-forgery key of a form of the account page.
pub(super) fn require_account_key(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    owner: &Owner,
    key: &FormKey,
) -> Result<(), Broken> {
    forms::redeem(server, cx, owner.session, key, true).map(|_| ())
}

/// The clients that may act for a person.
pub(super) fn approved_clients(server: &AuthorizationServer, person: &PersonId, at: Timestamp) -> Vec<ApprovedClient> {
    approvals::held_by(&server.oauth, person, at)
}

/// Withdraws the approval of a client; [`OAuthServer::on_token_revoked`] hears of every access token that dies.
pub(super) fn withdraw_approval(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    person: &PersonId,
    client: &ClientId,
) {
    approvals::withdraw(server, cx, person, client);
}
