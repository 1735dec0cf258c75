//! The identity provider (OpenID Provider, OpenID Connect Core): signs ID tokens about people with accounts. All of
//! OAuth is [`crate::role::oauth`]; here is what an ID token says and who serves what. Approving a client is what a
//! login at it needs. Must not know UMA.

mod assertions;

use crate::message::Arrival;
use crate::role::oauth::accounts::Accounts;
use crate::role::oauth::token::Granted;
use crate::role::oauth::{IdTokenRequest, OAuth, OAuthServer, OAuthSettings};
use crate::role::oauth::{accounts, attempts, authorize, clients, forms, sign_in, token, undecodable};
use crate::role::operation::{Operation, Report};
use crate::role::{Act, Context, Input, Machine, SigningKey};
use crate::trace::Fact;
use crate::wire::claims::IdTokenClaims;
use crate::wire::codec::Routes;
use crate::wire::jws::write_id_token;
use crate::wire::oauth::{AUTHORIZATION_CODE_GRANT, AuthenticationMethod, TOKEN_EXCHANGE_GRANT, TokenRequest};
use crate::wire::page::Form;
use crate::wire::{
    ClaimToken, ClientId, Configuration, Duration, Endpoint, ErrorCode, Failure, Request, Response, Text, Timestamp,
    Uri,
};
use std::collections::{BTreeMap, BTreeSet};

/// How an identity provider is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProviderConfig {
    /// Its issuer URI.
    pub issuer: Uri,
    /// The people with accounts here, with what it says about them.
    pub accounts: Accounts,
    /// The key that signs ID tokens and assertions: the newest.
    pub key: SigningKey,
    /// Older keys, which sign nothing any more and stay in the key set until what they signed has expired.
    pub retiring_keys: Vec<SigningKey>,
    /// The key that it signs with from an instant on; until then nobody hears of it, and then the one before it retires.
    pub next_key: Option<(Timestamp, SigningKey)>,
    /// How long an ID token is good.
    pub id_token_lifetime: Duration,
    /// The servers that take its assertions, by the name that they are meant for, with their token endpoint.
    pub assertion_recipients: BTreeMap<Uri, Uri>,
    /// How long an assertion is good.
    pub assertion_lifetime: Duration,
    /// How long an authorization code is good.
    pub code_lifetime: Duration,
    /// How long a browser session is good.
    pub session_lifetime: Duration,
}

/// An identity provider.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    config: IdentityProviderConfig,
    oauth: OAuth,
}

const PATHS: [(Endpoint, &str); 6] = [
    (Endpoint::Configuration, "/.well-known/openid-configuration"),
    (Endpoint::Jwks, "/jwks"),
    (Endpoint::ClientRegistration, "/register"),
    (Endpoint::Authorization, "/authorize"),
    (Endpoint::Token, "/token"),
    (Endpoint::Form, "/form"),
];
// The last one only where somebody takes assertions.
const GRANT_TYPES: &[&str] = &[AUTHORIZATION_CODE_GRANT, TOKEN_EXCHANGE_GRANT];
const OPENID: &str = "openid";
const SCOPES: &[&str] = &[OPENID, "profile", "email"];

impl IdentityProvider {
    /// A provider that has not yet run.
    pub fn new(config: IdentityProviderConfig) -> Self {
        Self { config, oauth: OAuth::default() }
    }

    /// The paths it serves.
    pub fn routes(&self) -> Routes {
        Routes::new(PATHS).below_issuer(&self.config.issuer)
    }

    fn serve(&mut self, cx: &mut Context<'_>, arrival: &Arrival) {
        match &arrival.message {
            Ok(Request::GetConfiguration) => {
                let document = clients::with_algorithms(self.configuration(), cx.crypto());
                cx.reply(arrival.exchange, Response::Configuration(Box::new(document)));
            }
            Ok(Request::GetJwks) => {
                let (newest, retiring) = self.keys_at(cx.at);
                let keys = cx.crypto().key_set(newest, &retiring);
                cx.reply(arrival.exchange, Response::Jwks(keys));
            }
            Ok(Request::RegisterClient(metadata)) => clients::register(self, cx, arrival, metadata),
            Ok(Request::Authorize(request)) => authorize::start(self, cx, arrival, request),
            Ok(Request::Token(request)) => self.grant(cx, arrival, request),
            Ok(Request::Form(form)) => self.take_form(cx, arrival, form),
            Ok(_) => cx.reply(arrival.exchange, Response::Refused { status: 404 }),
            Err(error) => cx.reply(arrival.exchange, undecodable::answer(error)),
        }
    }

    fn keys_at(&self, at: Timestamp) -> (&SigningKey, Vec<SigningKey>) {
        let IdentityProviderConfig { key, retiring_keys, next_key, .. } = &self.config;
        match next_key {
            Some((from, next)) if at >= *from => (next, std::iter::once(key).chain(retiring_keys).cloned().collect()),
            Some(_) | None => (key, retiring_keys.clone()),
        }
    }

    fn operate(&mut self, cx: &mut Context<'_>, order: u64, operation: &Operation) {
        let report = match operation {
            Operation::People(wanted) => accounts::operate(self, cx, wanted),
            Operation::Issuers(_) | Operation::Clients(_) => Report::NotHere,
        };
        cx.report(order, report);
    }

    fn grant_types(&self) -> &'static [&'static str] {
        if self.config.assertion_recipients.is_empty() { &GRANT_TYPES[..1] } else { GRANT_TYPES }
    }

    fn grant(&mut self, cx: &mut Context<'_>, arrival: &Arrival, request: &TokenRequest) {
        if attempts::refuse_guesser(self, cx, arrival) {
            return;
        }
        if let TokenRequest::ExchangeForAssertion { subject_token, audience } = request
            && !self.config.assertion_recipients.is_empty()
        {
            return assertions::exchange(self, cx, arrival, subject_token, audience);
        }
        match token::grant(self, cx, arrival, request) {
            Granted::Answered => {}
            Granted::NotMine(_) => cx.reply(arrival.exchange, Failure::body(400, ErrorCode::InvalidGrant)),
        }
    }

    fn take_form(&mut self, cx: &mut Context<'_>, arrival: &Arrival, form: &Form) {
        match form {
            Form::SignIn { .. } => sign_in::submit(self, cx, arrival, form),
            Form::Consent { form, approve } => {
                if !authorize::decide(self, cx, arrival, form, *approve) {
                    cx.reply(arrival.exchange, forms::stale());
                }
            }
            Form::GiveClaims { .. }
            | Form::SetPolicy { .. }
            | Form::RemovePolicy { .. }
            | Form::AnswerRequest { .. }
            | Form::WithdrawApproval { .. }
            | Form::SignOut { .. } => cx.reply(arrival.exchange, forms::stale()),
        }
    }

    // OpenID Connect Discovery §3, as far as it is OAuth.
    fn configuration(&self) -> Configuration {
        let at = |endpoint: Endpoint| {
            let path = PATHS.iter().find(|(candidate, _)| *candidate == endpoint).map(|(_, path)| *path);
            self.config.issuer.join(path.unwrap_or_default())
        };
        Configuration {
            authorization_endpoint: Some(at(Endpoint::Authorization)),
            grant_types: self.grant_types().iter().copied().map(Text::from).collect(),
            registration_endpoint: Some(at(Endpoint::ClientRegistration)),
            jwks_uri: Some(at(Endpoint::Jwks)),
            code_challenge_methods: vec!["S256".into()],
            token_endpoint_auth_methods: AuthenticationMethod::ALL.map(|method| method.name().into()).to_vec(),
            ..Configuration::of(self.config.issuer.clone(), at(Endpoint::Token))
        }
    }

    // OpenID Connect Core §2: for the client, by the client, about the person.
    fn statement(&self, cx: &mut Context<'_>, about: &IdTokenRequest) -> IdTokenClaims {
        let account = accounts::of(self, &about.person);
        IdTokenClaims {
            issuer: self.config.issuer.clone(),
            subject: about.person.clone(),
            audience: BTreeSet::from([Text::from(about.client.as_str())]),
            authorized_party: Some(ClientId::clone(&about.client)),
            expires_at: (cx.at + self.config.id_token_lifetime).whole_secs(),
            issued_at: cx.at.whole_secs(),
            nonce: about.nonce.clone(),
            acr: None,
            // Times are in seconds: without it, two logins in one second would give one and the same token.
            id: Some(cx.mint_id("jti").into()),
            claims: account.map(|account| account.claims.clone()).unwrap_or_default(),
        }
    }
}

impl OAuthServer for IdentityProvider {
    fn oauth(&self) -> &OAuth {
        &self.oauth
    }

    fn oauth_mut(&mut self) -> &mut OAuth {
        &mut self.oauth
    }

    fn settings(&self) -> OAuthSettings<'_> {
        OAuthSettings {
            issuer: &self.config.issuer,
            accounts: &self.config.accounts,
            dynamic_registration: true,
            grant_types: self.grant_types(),
            saml: None,
            refresh_tokens: false,
            scopes: SCOPES,
            default_scope: &[OPENID],
            access_token_lifetime: self.config.id_token_lifetime,
            refresh_token_lifetime: Duration::ZERO,
            code_lifetime: self.config.code_lifetime,
            session_lifetime: self.config.session_lifetime,
        }
    }

    fn id_token(&mut self, cx: &mut Context<'_>, about: &IdTokenRequest) -> Option<ClaimToken> {
        // OpenID Connect Core §3.1.2.1: without `openid` it is plain OAuth.
        if !about.scope.contains(OPENID) {
            return None;
        }
        let (crypto, (key, _)) = (cx.crypto(), self.keys_at(cx.at));
        let claims = self.statement(cx, about);
        let token = write_id_token(&crypto.public(key), &claims, |input| crypto.sign(key, input));
        let (person, client) = (about.person.clone(), about.client.clone());
        self.record(cx, Fact::IdTokenIssued { token: token.hashed(), person, client, expires_at: claims.expires_at });
        Some(token)
    }
}

impl Machine for IdentityProvider {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input) {
        match input {
            Input::Request(arrival) => self.serve(cx, &arrival),
            Input::PasswordChecked { check, correct } => sign_in::checked(self, cx, check, correct),
            Input::Act(Act::Operate { order, operation }) => self.operate(cx, order, &operation),
            // It sends nothing and waits for nothing.
            Input::Response { .. } | Input::Failed { .. } | Input::Timer(_) | Input::Act(_) | Input::Restarted => {}
        }
    }

    fn apply(&mut self, fact: &Fact) {
        self.oauth.apply(fact);
    }

    fn forget(&mut self) {
        self.oauth.forget();
    }

    fn needs(&self, fact: &Fact) -> bool {
        self.oauth.needs(fact)
    }

    fn forget_ended(&mut self, now: Timestamp) {
        self.oauth.expire(now);
    }
}

#[cfg(test)]
mod tests;
