//! Dynamic client registration (RFC 7591 §3).

use crate::message::Arrival;
use crate::role::Context;
use crate::role::oauth::{OAuthServer, OAuthSettings};
use crate::trace::Fact;
use crate::wire::jws::is_algorithm;
use crate::wire::oauth::{AuthenticationMethod, ClientInformation, ClientMetadata, KeySource};
use crate::wire::{ClientId, ClientSecret, ErrorCode, Failure, Response, Uri};

/// Who says what a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SaidBy {
    /// The client, which may be anybody.
    Itself,
    /// Whoever runs the server.
    Operator,
}

pub(super) fn register<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    arrival: &Arrival,
    metadata: &ClientMetadata,
) {
    match acceptable(cx, &server.settings(), metadata) {
        Ok(metadata) => {
            let information = admit(server, cx, metadata);
            cx.reply(arrival.exchange, Response::ClientRegistered(information));
        }
        Err(failure) => cx.reply(arrival.exchange, failure),
    }
}

fn acceptable(
    cx: &mut Context<'_>,
    settings: &OAuthSettings<'_>,
    metadata: &ClientMetadata,
) -> Result<ClientMetadata, Failure> {
    if !settings.dynamic_registration {
        cx.our_choice("closed-registration-answer");
        return Err(Failure::body(403, ErrorCode::AccessDenied));
    }
    served(cx, settings, metadata, SaidBy::Itself)
}

/// What is kept of what a client says about itself, or is said about it.
pub(super) fn served(
    cx: &mut Context<'_>,
    settings: &OAuthSettings<'_>,
    metadata: &ClientMetadata,
    said_by: SaidBy,
) -> Result<ClientMetadata, Failure> {
    if !metadata.redirect_uris.iter().chain(&metadata.claims_redirect_uris).all(is_redirect_uri) {
        return Err(Failure::body(400, ErrorCode::InvalidRedirectUri));
    }
    // RFC 7591 §2: the server may replace what it does not serve, and says so in the answer.
    let mut registered = metadata.clone();
    registered.grant_types.retain(|name| settings.offers(name));
    if registered.grant_types.is_empty() && !metadata.grant_types.is_empty() {
        return Err(Failure::body(400, ErrorCode::InvalidClientMetadata));
    }
    registered.keys = registered.keys.filter(|_| metadata.authentication == AuthenticationMethod::PrivateKeyJwt);
    if metadata.authentication == AuthenticationMethod::PrivateKeyJwt {
        signs(cx, metadata, said_by).map_err(unusable)?;
    }
    Ok(registered)
}

fn unusable(why: &str) -> Failure {
    Failure { description: Some(why.into()), ..Failure::body(400, ErrorCode::InvalidClientMetadata) }
}

// RFC 7591 §2: keys by value or by reference.
fn signs(cx: &mut Context<'_>, metadata: &ClientMetadata, said_by: SaidBy) -> Result<(), &'static str> {
    let keys = metadata.keys.as_ref().ok_or("private_key_jwt needs jwks")?;
    let only = keys.algorithm.as_deref();
    match (&keys.source, said_by) {
        (KeySource::Here(here), SaidBy::Itself | SaidBy::Operator) => {
            let fits = |alg: &str| only.is_none_or(|only| is_algorithm(only, alg));
            let usable = here.iter().any(|key| serves(cx, &key.alg) && fits(&key.alg));
            if usable { Ok(()) } else { Err("no key in jwks is for an algorithm that is served here") }
        }
        (KeySource::At(_), SaidBy::Operator) => {
            let usable = only.is_none_or(|only| serves(cx, only));
            if usable { Ok(()) } else { Err("token_endpoint_auth_signing_alg is not served here") }
        }
        // A server that fetches what anybody names reaches for them what only it can reach.
        (KeySource::At(_), SaidBy::Itself) => {
            cx.our_choice("client-keys-by-value");
            Err("jwks_uri is not fetched here; jwks is taken")
        }
    }
}

fn serves(cx: &Context<'_>, alg: &str) -> bool {
    cx.crypto().algorithms().iter().any(|served| is_algorithm(served, alg))
}

// RFC 6749 §3.1.2: absolute, without a fragment. RFC 8252 §7.1: a scheme of an app's own has a domain in it, so none that
// browsers understand (RFC 7591 §5).
fn is_redirect_uri(uri: &Uri) -> bool {
    let scheme = uri.as_str().split(':').next().unwrap_or_default();
    let known = matches!(scheme, "http" | "https") || scheme.contains('.');
    known && uri.is_absolute() && !uri.as_str().contains('#')
}

fn admit<S: OAuthServer>(server: &mut S, cx: &mut Context<'_>, metadata: ClientMetadata) -> ClientInformation {
    let information = with_credentials(cx, None, metadata);
    let ClientInformation { client_id, client_secret, metadata } = information.clone();
    let secret = client_secret.map(|secret| secret.hashed());
    server.record(cx, Fact::ClientRegistered { client: client_id, metadata, secret, dynamic: true });
    information
}

/// A client with a secret, where it proves itself by one, and with an identifier if it has none yet.
pub(super) fn with_credentials(
    cx: &mut Context<'_>,
    client: Option<ClientId>,
    metadata: ClientMetadata,
) -> ClientInformation {
    let client_id = client.unwrap_or_else(|| ClientId::new(cx.mint_id("client")));
    let client_secret: Option<ClientSecret> = match metadata.authentication {
        AuthenticationMethod::None | AuthenticationMethod::PrivateKeyJwt => None,
        AuthenticationMethod::SecretBasic | AuthenticationMethod::SecretPost => Some(cx.mint()),
    };
    ClientInformation { client_id, client_secret, metadata }
}
