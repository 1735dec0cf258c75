//! Messages that travel through a browser: the query of a `GET`, and of the `Location` of a redirect. At a server the
//! path tells which message a query is; in a redirect only the names of its parameters do ([`from_url`]).

use super::json::{malformed, missing};
use super::parameters::{Pairs, Parameters, with_query};
use crate::wire::error::DecodeErrorKind as Kind;
use crate::wire::oauth::{AuthorizationRequest, AuthorizationReturn};
use crate::wire::request::{AuthorizationState, ClaimsInteraction, ClaimsReturn};
use crate::wire::{Endpoint, Request, Text, Token, Uri};

/// What revisions call differently.
pub(super) struct Names {
    /// `claims_redirect_uri` (Grant §3.3.2); in draft-06, where it has no name, `redirect_uri` (our choice).
    pub(super) claims_redirect_uri: &'static str,
    /// The client metadata for it: [`CLAIMS_REDIRECT_URIS`], or [`CLAIMS_REDIRECT_URI`] in 1.0.1.
    pub(super) claims_redirect_uris: &'static str,
}

/// Client metadata (Grant §2).
pub(super) const CLAIMS_REDIRECT_URIS: &str = "claims_redirect_uris";
/// Client metadata (Core 1.0.1 §1.4, §3.6.3), one URI.
pub(super) const CLAIMS_REDIRECT_URI: &str = "claims_redirect_uri";

/// Every parameter that a message of the front channel can have. None of them may stand in the own query of a URI that
/// such a message is sent to.
const PARAMETERS: [&str; 19] = [
    "as_uri",
    "resource",
    "method",
    "response_type",
    "client_id",
    "redirect_uri",
    "claims_redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "acr_values",
    "ticket",
    "code",
    "iss",
    "error",
    "error_description",
    "authorization_state",
];

/// The URI that carries `message` to `to`. A message that is none of the front channel adds nothing.
pub(super) fn url(names: &Names, to: &Uri, message: &Request) -> Uri {
    with_query(to, &query(names, message))
}

/// A message and where it goes, told by the names of its parameters alone.
pub(super) fn from_url(uri: &Uri) -> Result<(Uri, Request), Kind> {
    let endpoint = classify(&Parameters::of_query(uri));
    Ok((address(uri), read(endpoint, uri)?))
}

/// The message that a browser brings to an endpoint of the front channel.
pub(super) fn read(endpoint: Endpoint, uri: &Uri) -> Result<Request, Kind> {
    let parameters = Parameters::of_query(uri);
    match endpoint {
        Endpoint::Authorization => read_authorization(&parameters).map(Request::Authorize),
        Endpoint::AuthorizationRedirect => read_authorization_return(&parameters).map(Request::AuthorizationReturn),
        Endpoint::ClaimsInteraction => read_claims_interaction(&parameters).map(Request::ClaimsInteraction),
        Endpoint::ClaimsRedirect => read_claims_return(&parameters).map(Request::ClaimsReturn),
        Endpoint::Connect => Ok(Request::Connect { as_uri: parameters.required("as_uri")?.into() }),
        Endpoint::Fetch => read_fetch(&parameters),
        Endpoint::Account => Ok(Request::GetAccount),
        Endpoint::Configuration
        | Endpoint::Jwks
        | Endpoint::ClientRegistration
        | Endpoint::Token
        | Endpoint::Revocation
        | Endpoint::ResourceRegistration
        | Endpoint::Permission
        | Endpoint::Introspection
        | Endpoint::Rpt
        | Endpoint::AuthorizationData
        | Endpoint::Owner
        | Endpoint::Description
        | Endpoint::Form
        | Endpoint::ScopeDescription
        | Endpoint::Resource
        | Endpoint::Unknown => Err(Kind::UnknownPath(uri.base())),
    }
}

/// A URI of the front channel without the parameters of its message.
pub(super) fn address(uri: &Uri) -> Uri {
    super::parameters::without_parameters(uri, &PARAMETERS)
}

/// The endpoint that a query is meant for.
fn classify(parameters: &Parameters<'_>) -> Endpoint {
    let has = |name: &str| parameters.has(name);
    let names_client = has("client_id") || has("redirect_uri") || has("claims_redirect_uri");
    if has("as_uri") {
        Endpoint::Connect
    } else if has("resource") {
        Endpoint::Fetch
    } else if has("response_type") {
        Endpoint::Authorization
    } else if has("ticket") && names_client || has("claims_redirect_uri") {
        Endpoint::ClaimsInteraction
    } else if has("code") || has("iss") {
        Endpoint::AuthorizationRedirect
    } else if names_client {
        Endpoint::Authorization
    } else if has("ticket") || has("error") || has("state") || has("authorization_state") {
        Endpoint::ClaimsRedirect
    } else {
        Endpoint::Account
    }
}

fn query(names: &Names, message: &Request) -> String {
    match message {
        Request::Authorize(request) => write_authorization(request),
        Request::AuthorizationReturn(answer) => write_authorization_return(answer),
        Request::ClaimsInteraction(interaction) => write_claims_interaction(names, interaction),
        Request::ClaimsReturn(answer) => write_claims_return(answer),
        Request::Connect { as_uri } => Pairs::new().put("as_uri", as_uri.as_str()).finish(),
        Request::Fetch { resource, method } => {
            Pairs::new().put("resource", resource.as_str()).put("method", method).finish()
        }
        Request::GetConfiguration
        | Request::GetJwks
        | Request::GetScopeDescription
        | Request::RegisterClient(_)
        | Request::Token(_)
        | Request::Revoke(_)
        | Request::CreateResource { .. }
        | Request::ReadResource { .. }
        | Request::UpdateResource { .. }
        | Request::DeleteResource { .. }
        | Request::ListResources
        | Request::RequestPermissions { .. }
        | Request::Introspect(_)
        | Request::RequestRpt
        | Request::RequestRptForTicket(_)
        | Request::RequestAuthorizationData { .. }
        | Request::Form(_)
        | Request::GetAccount
        | Request::Owner(_)
        | Request::GetDescription
        | Request::Access { .. } => String::new(),
    }
}

fn write_authorization(request: &AuthorizationRequest) -> String {
    Pairs::new()
        .maybe("response_type", request.response_type.as_deref())
        .maybe("client_id", request.client_id.as_ref().map(|id| id.as_str()))
        .maybe("redirect_uri", request.redirect_uri.as_ref().map(Uri::as_str))
        .scopes(&request.scope)
        .token("state", request.state.as_ref())
        .maybe("code_challenge", request.code_challenge.as_deref())
        .maybe("code_challenge_method", request.code_challenge.as_ref().map(|_| "S256"))
        .maybe("nonce", request.nonce.as_deref())
        .maybe("acr_values", (!request.acr_values.is_empty()).then(|| request.acr_values.join(" ")).as_deref())
        .finish()
}

fn read_authorization(parameters: &Parameters<'_>) -> Result<AuthorizationRequest, Kind> {
    let code_challenge: Option<Text> = parameters.word("code_challenge")?;
    let method = parameters.text("code_challenge_method")?;
    // RFC 7636 §4.4.1: a transformation that the server does not support is an `invalid_request`. Without a method it
    // is `plain`.
    if code_challenge.is_some() && method != Some("S256") {
        return Err(malformed("code_challenge_method"));
    }
    Ok(AuthorizationRequest {
        response_type: parameters.word("response_type")?,
        client_id: parameters.word("client_id")?,
        redirect_uri: parameters.word("redirect_uri")?,
        scope: parameters.scopes()?,
        state: parameters.token("state")?,
        code_challenge,
        nonce: parameters.word("nonce")?,
        acr_values: parameters.text("acr_values")?.map(words).unwrap_or_default(),
    })
}

fn words(spaced: &str) -> Vec<Text> {
    spaced.split(' ').filter(|word| !word.is_empty()).map(Text::from).collect()
}

fn write_authorization_return(answer: &AuthorizationReturn) -> String {
    Pairs::new()
        .token("code", answer.outcome.as_ref().ok())
        .maybe("error", answer.outcome.as_ref().err().map(|error| &**error))
        .token("state", answer.state.as_ref())
        .maybe("iss", answer.issuer.as_ref().map(Uri::as_str))
        .finish()
}

fn read_authorization_return(parameters: &Parameters<'_>) -> Result<AuthorizationReturn, Kind> {
    let outcome = match (parameters.text("code")?, parameters.text("error")?) {
        (Some(code), None) => Ok(Token::new(code)),
        (None, Some(error)) => Err(Text::from(error)),
        (Some(_), Some(_)) => return Err(malformed("code")),
        (None, None) => return Err(missing("code")),
    };
    Ok(AuthorizationReturn { outcome, state: parameters.token("state")?, issuer: parameters.word("iss")? })
}

// Grant §3.3.2: the parameters in the order of the example.
fn write_claims_interaction(names: &Names, interaction: &ClaimsInteraction) -> String {
    Pairs::new()
        .maybe("client_id", interaction.client_id.as_ref().map(|id| id.as_str()))
        .token("ticket", interaction.ticket.as_ref())
        .maybe(names.claims_redirect_uri, interaction.redirect_uri.as_ref().map(Uri::as_str))
        .token("state", interaction.state.as_ref())
        .finish()
}

fn read_claims_interaction(parameters: &Parameters<'_>) -> Result<ClaimsInteraction, Kind> {
    let redirect_uri = match parameters.word("claims_redirect_uri")? {
        Some(uri) => Some(uri),
        None => parameters.word("redirect_uri")?,
    };
    Ok(ClaimsInteraction {
        client_id: parameters.word("client_id")?,
        ticket: parameters.token("ticket")?,
        redirect_uri,
        state: parameters.token("state")?,
    })
}

fn write_claims_return(answer: &ClaimsReturn) -> String {
    Pairs::new()
        .maybe("authorization_state", answer.authorization_state.map(AuthorizationState::name))
        .token("ticket", answer.ticket.as_ref())
        .maybe("error", answer.error.as_deref())
        .token("state", answer.state.as_ref())
        .finish()
}

fn read_claims_return(parameters: &Parameters<'_>) -> Result<ClaimsReturn, Kind> {
    Ok(ClaimsReturn {
        ticket: parameters.token("ticket")?,
        state: parameters.token("state")?,
        error: parameters.word("error")?,
        // Core 1.0.1 §3.6.3: "The client MUST ignore unrecognized response parameters."
        authorization_state: parameters.text("authorization_state")?.and_then(AuthorizationState::parse),
    })
}

fn read_fetch(parameters: &Parameters<'_>) -> Result<Request, Kind> {
    Ok(Request::Fetch {
        resource: parameters.required("resource")?.into(),
        method: parameters.text("method")?.unwrap_or("GET").into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint_of(query: &str) -> Endpoint {
        classify(&Parameters::parse(query.as_bytes()))
    }

    #[test]
    fn the_names_of_the_parameters_tell_the_message() {
        assert_eq!(endpoint_of("as_uri=x"), Endpoint::Connect);
        assert_eq!(endpoint_of("resource=x&method=GET"), Endpoint::Fetch);
        assert_eq!(endpoint_of("response_type=code&client_id=c"), Endpoint::Authorization);
        assert_eq!(endpoint_of("client_id=c&redirect_uri=r"), Endpoint::Authorization);
        assert_eq!(endpoint_of("ticket=t&redirect_uri=r&state=s"), Endpoint::ClaimsInteraction);
        assert_eq!(endpoint_of("client_id=c&ticket=t"), Endpoint::ClaimsInteraction);
        assert_eq!(endpoint_of("code=c&state=s"), Endpoint::AuthorizationRedirect);
        assert_eq!(endpoint_of("error=access_denied&state=s&iss=i"), Endpoint::AuthorizationRedirect);
        assert_eq!(endpoint_of("error=access_denied&state=s"), Endpoint::ClaimsRedirect);
        assert_eq!(endpoint_of("ticket=t&state=s"), Endpoint::ClaimsRedirect);
        assert_eq!(endpoint_of("state=s"), Endpoint::ClaimsRedirect);
        assert_eq!(endpoint_of("tab=policies"), Endpoint::Account);
    }

    #[test]
    fn a_plain_code_challenge_is_refused() {
        for query in ["code_challenge=x", "code_challenge=x&code_challenge_method=plain"] {
            let uri = Uri::new(format!("https://as/authorize?{query}"));
            assert_eq!(read(Endpoint::Authorization, &uri), Err(malformed("code_challenge_method")));
        }
    }

    #[test]
    fn a_return_has_either_a_code_or_an_error() {
        let at = |query: &str| read(Endpoint::AuthorizationRedirect, &Uri::new(format!("https://c/return?{query}")));
        assert_eq!(at("state=s"), Err(missing("code")));
        assert_eq!(at("code=c&error=e"), Err(malformed("code")));
        assert_eq!(at("code=c&code=d"), Err(Kind::Repeated("code".into())));
    }
}
