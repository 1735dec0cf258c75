//! Clients that sign what they authenticate with: `private_key_jwt` (RFC 7523 §2.2, §3; OpenID Connect Core §9). Only the
//! signature needs [`Crypto`]; everything that an assertion says is judged here.

use crate::role::oauth::clients::{self, RegisteredClient};
use crate::role::oauth::{OAuth, OAuthServer};
use crate::role::rule::Broken;
use crate::role::{Context, Crypto, Rule};
use crate::trace::Fact;
use crate::wire::client_assertion::{ClientAssertionClaims, read};
use crate::wire::jws::{Jwk, Unverified, is_algorithm};
use crate::wire::oauth::{AuthenticationMethod, ClientMetadata, KeySource};
use crate::wire::{ClientAssertion, ClientId, Duration, Text, Timestamp};
use std::collections::BTreeMap;

/// By how much the clock of a client may be ahead; the end of an assertion is never stretched.
const SKEW: Duration = Duration::from_secs(30);
/// How long an assertion may be good. Libraries that people use make them for an hour.
const LONGEST: Duration = Duration::from_secs(3600);

/// Checks an assertion, and remembers it as used.
pub(super) fn redeem<S: OAuthServer>(
    server: &mut S,
    cx: &mut Context<'_>,
    client: &ClientId,
    assertion: &ClientAssertion,
) -> Option<()> {
    let read = read(assertion)?;
    cx.require(Rule::ClientAuthenticated, is_signed(server.oauth(), cx.crypto(), client, &read)).ok()?;
    let claims = &read.claims;
    // RFC 7523 §3 items 1 and 2 B; OpenID Connect Core §9: both are the client.
    let names_client = claims.subject == *client && *claims.issuer == *client.as_str();
    cx.require(Rule::ClientAssertionNamesClient, names_client).ok()?;
    is_meant_for(server, cx, claims).ok()?;
    is_in_time(cx, claims).ok()?;
    let id = unused(server, cx, client, claims)?;
    let (client, expires_at) = (client.clone(), claims.expires_at);
    server.record(cx, Fact::ClientAssertionUsed { client, id, expires_at, assertion: assertion.hashed() });
    Some(())
}

/// Whether a key of the client signed it.
pub(super) fn proves(oauth: &OAuth, crypto: &dyn Crypto, client: &ClientId, assertion: &ClientAssertion) -> bool {
    read(assertion).is_some_and(|read| is_signed(oauth, crypto, client, &read))
}

fn is_signed(
    oauth: &OAuth,
    crypto: &dyn Crypto,
    client: &ClientId,
    assertion: &Unverified<ClientAssertionClaims>,
) -> bool {
    let Some((keys, algorithm)) = clients::get(oauth, client).and_then(|client| keys_of(oauth, client)) else {
        return false;
    };
    let Unverified { kid, alg, signing_input, signature, .. } = assertion;
    // RFC 7515 §4.1.4: `kid` is a hint; a client with one key may leave it out on either side.
    let fits = |key: &&Jwk| {
        (kid.is_empty() || key.kid.is_empty() || key.kid == *kid)
            && is_algorithm(&key.alg, alg)
            && algorithm.is_none_or(|only| is_algorithm(only, alg))
    };
    keys.iter().filter(fits).any(|key| crypto.verify(key, signing_input.as_bytes(), signature))
}

/// The name of the key that an assertion is signed with; empty where it names none.
pub(super) fn kid(assertion: &ClientAssertion) -> Option<Text> {
    read(assertion).map(|read| read.kid)
}

fn keys_of<'a>(oauth: &'a OAuth, client: &'a RegisteredClient) -> Option<(&'a [Jwk], Option<&'a Text>)> {
    let ClientMetadata { authentication: AuthenticationMethod::PrivateKeyJwt, keys: Some(keys), .. } = &client.metadata
    else {
        return None;
    };
    let at_hand = match &keys.source {
        KeySource::Here(here) => here,
        KeySource::At(place) => oauth.open.keys_elsewhere.get(place)?,
    };
    Some((at_hand, keys.algorithm.as_ref()))
}

// RFC 7523 §3 item 3: the issuer, as the newer text has it (rfc7523bis), or the token endpoint, as libraries of the older
// one say. Nothing else may stand beside them: what is good at a second server as well can be passed on by the first.
fn is_meant_for<S: OAuthServer>(
    server: &S,
    cx: &mut Context<'_>,
    claims: &ClientAssertionClaims,
) -> Result<(), Broken> {
    cx.our_choice("client-assertion-audience");
    let (settings, endpoint) = (server.settings(), server.token_endpoint());
    let own = |party: &Text| **party == *settings.issuer.as_str() || **party == *endpoint.as_str();
    let named = !claims.audience.is_empty() && claims.audience.iter().all(own);
    cx.require(Rule::ClientAssertionAudience, named).map(|_| ())
}

// RFC 7523 §3 items 4 and 5.
fn is_in_time(cx: &mut Context<'_>, claims: &ClientAssertionClaims) -> Result<(), Broken> {
    cx.require(Rule::ClientAssertionFresh, cx.at < claims.expires_at)?;
    cx.require(Rule::ClientAssertionBounded, claims.expires_at <= cx.at + LONGEST + SKEW)?;
    let begun = claims.not_before.is_none_or(|from| from <= cx.at + SKEW);
    cx.require(Rule::ClientAssertionBegun, begun).map(|_| ())
}

// RFC 7523 §3 item 7 has `jti` as an option, OpenID Connect Core §9 wants it, and wants it used once.
fn unused<S: OAuthServer>(
    server: &S,
    cx: &mut Context<'_>,
    client: &ClientId,
    claims: &ClientAssertionClaims,
) -> Option<Text> {
    cx.our_choice("client-assertion-needs-jti");
    let id = claims.id.clone()?;
    let known = server.oauth().client_assertions.remembers(client, &id);
    cx.require(Rule::ClientAssertionUnused, !known).ok()?;
    Some(id)
}

/// Assertions that were used: tombstones until they are void anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ClientAssertions {
    used: BTreeMap<(ClientId, Text), Timestamp>,
}

impl ClientAssertions {
    pub(super) fn apply(&mut self, fact: &Fact) {
        if let Fact::ClientAssertionUsed { client, id, expires_at, .. } = fact {
            self.used.insert((client.clone(), id.clone()), *expires_at);
        }
    }

    pub(super) fn remembers(&self, client: &ClientId, id: &Text) -> bool {
        self.used.contains_key(&(client.clone(), id.clone()))
    }

    pub(super) fn expire(&mut self, before: Timestamp) {
        self.used.retain(|_, end| *end > before);
    }
}
