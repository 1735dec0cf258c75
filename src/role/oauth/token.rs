//! The token endpoint (RFC 6749 §3.2, §5). A server dispatches grants of its own before it comes here.

use crate::message::Arrival;
use crate::role::oauth::clients::AuthenticatedClient;
use crate::role::oauth::codes::CodeHash;
use crate::role::oauth::{OAuthServer, clients, code_grant, grantable, refresh_grant, saml_grant};
use crate::role::{Context, Rule};
use crate::trace::Fact;
use crate::trace::fact::{RefreshHash, SignIn};
use crate::wire::oauth::{
    AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, REFRESH_TOKEN_GRANT, SAML2_BEARER_GRANT, TOKEN_EXCHANGE_GRANT,
    TokenRequest, TokenResponse, UMA_TICKET_GRANT,
};
use crate::wire::{Bearer, ClientId, ErrorCode, Failure, PersonId, RefreshToken, Response, ScopeSet, Text};

/// What became of a token request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refresh token that is not known here is not answered"]
pub enum Granted {
    /// It was answered, well or badly.
    Answered,
    /// It was not: the refresh token is none of these tables. This client presented it.
    NotMine(AuthenticatedClient),
}

/// Answers a token request: `authorization_code`, `client_credentials`, `refresh_token`, `saml2-bearer`; no other grant
/// type.
pub fn grant<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    request: &TokenRequest,
) -> Granted {
    server.oauth_mut().expire(cx.at);
    match grant_to_client(server, cx, arrival, request) {
        Ok(response) => cx.reply(arrival.exchange, Response::Token(response)),
        Err(Refused::Failure(failure)) => cx.reply(arrival.exchange, failure),
        Err(Refused::NotMine(client)) => return Granted::NotMine(client),
    }
    Granted::Answered
}

/// Why there are no tokens.
pub(super) enum Refused {
    Failure(Failure),
    NotMine(AuthenticatedClient),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<ErrorCode> for Refused {
    fn from(code: ErrorCode) -> Self {
        Self::Failure(Failure::body(400, code))
    }
}

fn grant_to_client<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    request: &TokenRequest,
) -> Result<TokenResponse, Refused> {
    let client = clients::authenticate(server, cx, &arrival.credentials)?;
    let grant_type = grant_type(request);
    cx.require(Rule::GrantTypeOffered, server.settings().offers(grant_type))
        .map_err(|_| ErrorCode::UnsupportedGrantType)?;
    match request {
        TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => {
            let presented =
                code_grant::Presented { redirect_uri: redirect_uri.as_ref(), verifier: code_verifier.as_ref() };
            Ok(code_grant::exchange(server, cx, &client, code, &presented)?)
        }
        TokenRequest::ClientCredentials { scope } => client_credentials(server, cx, &client, scope),
        TokenRequest::Refresh { refresh_token, scope } => {
            refresh_grant::refresh(server, cx, client, refresh_token, scope)
        }
        TokenRequest::Saml2Bearer { assertion, scope } => saml_grant::redeem(server, cx, &client, assertion, scope),
        TokenRequest::UmaTicket(_) | TokenRequest::ExchangeForAssertion { .. } | TokenRequest::Other(_) => {
            Err(ErrorCode::UnsupportedGrantType.into())
        }
    }
}

fn grant_type(request: &TokenRequest) -> &str {
    match request {
        TokenRequest::AuthorizationCode { .. } => AUTHORIZATION_CODE_GRANT,
        TokenRequest::ClientCredentials { .. } => CLIENT_CREDENTIALS_GRANT,
        TokenRequest::Refresh { .. } => REFRESH_TOKEN_GRANT,
        TokenRequest::Saml2Bearer { .. } => SAML2_BEARER_GRANT,
        TokenRequest::ExchangeForAssertion { .. } => TOKEN_EXCHANGE_GRANT,
        TokenRequest::UmaTicket(_) => UMA_TICKET_GRANT,
        TokenRequest::Other(name) => name,
    }
}

fn client_credentials<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    client: &AuthenticatedClient,
    scope: &ScopeSet,
) -> Result<TokenResponse, Refused> {
    // RFC 6749 §4.4: confidential clients only.
    let may_use =
        clients::get(server.oauth(), client.id()).is_some_and(|known| known.may_use(CLIENT_CREDENTIALS_GRANT));
    if client.is_public() || !may_use {
        return Err(ErrorCode::UnauthorizedClient.into());
    }
    let scope = grantable(server, cx, client.id(), CLIENT_CREDENTIALS_GRANT, scope).ok_or(ErrorCode::InvalidScope)?;
    Ok(issue(
        server,
        cx,
        Issue { client: client.id(), person: None, acr: None, scope, from: Origin::Nothing, renewable: false },
    ))
}

/// An access token to be issued.
pub(super) struct Issue<'a> {
    pub(super) client: &'a ClientId,
    pub(super) person: Option<PersonId>,
    /// How the person signed in, if it was more than a password.
    pub(super) acr: Option<Text>,
    pub(super) scope: ScopeSet,
    pub(super) from: Origin,
    /// Whether a refresh token comes with it.
    pub(super) renewable: bool,
}

/// What an access token comes from.
pub(super) enum Origin {
    Nothing,
    Code(CodeHash),
    Refresh(RefreshHash),
}

pub(super) fn issue<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, issue: Issue<'_>) -> TokenResponse {
    let Issue { client, person, acr, scope, from, renewable } = issue;
    let access_token: Bearer = cx.mint();
    let refresh_token: Option<RefreshToken> = renewable.then(|| cx.mint());
    let expires_at = (cx.at + server.settings().access_token_lifetime).whole_secs();
    let (code, refreshed_from) = match from {
        Origin::Nothing => (None, None),
        Origin::Code(code) => (Some(code), None),
        Origin::Refresh(refresh) => (None, Some(refresh)),
    };
    let refresh_expires_at = (renewable || refreshed_from.is_some()).then(|| {
        // RFC 6749 §1.5, RFC 9700 §4.14.2.
        cx.our_choice("refresh-token-ends-unused");
        expires_at.max((cx.at + server.settings().refresh_token_lifetime).whole_secs())
    });
    let issued = Fact::AccessTokenIssued {
        token: access_token.hashed(),
        client: client.clone(),
        person,
        scope: scope.clone(),
        expires_at,
        refresh: refresh_token.as_ref().map(|token| token.hashed()),
        code,
        refreshed_from,
        refresh_expires_at,
    };
    server.record(cx, issued);
    if let Some(acr) = acr {
        server.record(cx, Fact::SignedInWith { of: SignIn::Token(access_token.hashed()), acr });
    }
    TokenResponse {
        access_token,
        expires_in_secs: Some(expires_at.since(cx.at).secs()),
        refresh_token,
        scope: Some(scope),
        id_token: None,
        pct: None,
        upgraded: false,
    }
}
