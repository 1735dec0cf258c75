//! The token endpoint (RFC 6749 §4.1.3, §4.4.2, §5.1, §6). The UMA grant is 2.0's own business.

use crate::wire::Uri;
use crate::wire::codec::json::{Members, Object, malformed};
use crate::wire::codec::parameters::{Pairs, Parameters};
use crate::wire::codec::shared::spaced;
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::{
    ACCESS_TOKEN_TYPE, AUTHORIZATION_CODE_GRANT, CLIENT_CREDENTIALS_GRANT, IssuedAssertion, REFRESH_TOKEN_GRANT,
    SAML2_BEARER_GRANT, SAML2_TOKEN_TYPE, TOKEN_EXCHANGE_GRANT, TokenRequest, TokenResponse, UMA_TICKET_GRANT,
};
use serde_json::Value;

/// The parameters of a token request. Of the UMA grant only its name.
pub(in crate::wire::codec) fn write_request(request: &TokenRequest) -> Pairs {
    let grant = |name: &str| Pairs::new().put("grant_type", name);
    match request {
        TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier } => grant(AUTHORIZATION_CODE_GRANT)
            .put("code", code.expose())
            .maybe("redirect_uri", redirect_uri.as_ref().map(Uri::as_str))
            .token("code_verifier", code_verifier.as_ref()),
        TokenRequest::ClientCredentials { scope } => grant(CLIENT_CREDENTIALS_GRANT).scopes(scope),
        TokenRequest::Refresh { refresh_token, scope } => {
            grant(REFRESH_TOKEN_GRANT).put("refresh_token", refresh_token.expose()).scopes(scope)
        }
        TokenRequest::Saml2Bearer { assertion, scope } => {
            grant(SAML2_BEARER_GRANT).put("assertion", assertion.expose()).scopes(scope)
        }
        TokenRequest::ExchangeForAssertion { subject_token, audience } => grant(TOKEN_EXCHANGE_GRANT)
            .put("subject_token", subject_token.expose())
            .put("subject_token_type", ACCESS_TOKEN_TYPE)
            .put("requested_token_type", SAML2_TOKEN_TYPE)
            .put("audience", audience.as_str()),
        TokenRequest::UmaTicket(_) => grant(UMA_TICKET_GRANT),
        TokenRequest::Other(name) => grant(name),
    }
}

/// A token request. The UMA grant comes out as [`TokenRequest::Other`]; a revision that has it reads on.
pub(in crate::wire::codec) fn read_request(form: &Parameters<'_>) -> Result<TokenRequest, Kind> {
    Ok(match form.required("grant_type")? {
        AUTHORIZATION_CODE_GRANT => TokenRequest::AuthorizationCode {
            code: form.required_token("code")?,
            redirect_uri: form.word("redirect_uri")?,
            code_verifier: form.token("code_verifier")?,
        },
        CLIENT_CREDENTIALS_GRANT => TokenRequest::ClientCredentials { scope: form.scopes()? },
        REFRESH_TOKEN_GRANT => {
            TokenRequest::Refresh { refresh_token: form.required_token("refresh_token")?, scope: form.scopes()? }
        }
        SAML2_BEARER_GRANT => {
            TokenRequest::Saml2Bearer { assertion: form.required_token("assertion")?, scope: form.scopes()? }
        }
        TOKEN_EXCHANGE_GRANT => read_exchange_request(form)?,
        other => TokenRequest::Other(other.into()),
    })
}

// RFC 8693 §2.1; exchanges of and for anything else are none that this build serves.
fn read_exchange_request(form: &Parameters<'_>) -> Result<TokenRequest, Kind> {
    for (name, served) in [("subject_token_type", ACCESS_TOKEN_TYPE), ("requested_token_type", SAML2_TOKEN_TYPE)] {
        if form.required(name)? != served {
            return Err(malformed(name));
        }
    }
    let audience = form.required("audience")?.into();
    Ok(TokenRequest::ExchangeForAssertion { subject_token: form.required_token("subject_token")?, audience })
}

/// RFC 8693 §2.2.1.
pub(in crate::wire::codec) fn write_assertion(issued: &IssuedAssertion) -> Value {
    Members::default()
        .put("access_token", issued.assertion.expose())
        .put("issued_token_type", SAML2_TOKEN_TYPE)
        .put("token_type", "N_A")
        .maybe("expires_in", issued.expires_in_secs)
        .into_value()
}

/// RFC 8693 §2.2.1.
pub(in crate::wire::codec) fn read_assertion(body: &Value) -> Result<IssuedAssertion, Kind> {
    let object = Object::of(body)?;
    if object.required("issued_token_type")? != SAML2_TOKEN_TYPE {
        return Err(malformed("issued_token_type"));
    }
    Ok(IssuedAssertion {
        assertion: object.required_token("access_token")?,
        expires_in_secs: object.number("expires_in")?,
    })
}

pub(in crate::wire::codec) fn write_response(tokens: &TokenResponse) -> Value {
    Members::default()
        .put("access_token", tokens.access_token.expose())
        .put("token_type", "Bearer")
        .maybe("expires_in", tokens.expires_in_secs)
        .token("refresh_token", tokens.refresh_token.as_ref())
        .maybe("scope", tokens.scope.as_ref().map(spaced))
        .token("id_token", tokens.id_token.as_ref())
        .token("pct", tokens.pct.as_ref())
        .maybe("upgraded", tokens.upgraded.then_some(true))
        .into_value()
}

pub(in crate::wire::codec) fn read_response(body: &Value) -> Result<TokenResponse, Kind> {
    let object = Object::of(body)?;
    // RFC 6749 §5.1: "REQUIRED. The type of the token issued ... Value is case insensitive."
    if !object.required("token_type")?.eq_ignore_ascii_case("Bearer") {
        return Err(malformed("token_type"));
    }
    Ok(TokenResponse {
        access_token: object.required_token("access_token")?,
        expires_in_secs: object.number("expires_in")?,
        refresh_token: object.token("refresh_token")?,
        scope: object.spaced_scopes("scope")?,
        id_token: object.token("id_token")?,
        pct: object.token("pct")?,
        upgraded: object.flag("upgraded")?.unwrap_or_default(),
    })
}
