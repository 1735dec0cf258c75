//! ID tokens about requesting parties: pushed by clients (Grant §3.3.1) or received as a relying party (D6 §3.5.1.1).
//! Says whether one can be believed; what is done with it is not known here.

use super::{AuthorizationServer, trusted_issuers};
use crate::role::link::{Key, Wanted};
use crate::role::{Context, Rule};
use crate::trace::fact::Subject;
use crate::wire::claims::{ID_TOKEN_FORMAT, nonce_of_client};
use crate::wire::configuration::openid_well_known;
use crate::wire::jws::{Jwk, Unverified, candidates, read_id_token};
use crate::wire::oauth::PushedClaimToken;
use crate::wire::{Claim, ClaimToken, ClientId, IdTokenClaims, Text, TokenHash, Uri};

/// What an ID token that can be believed says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// About whom.
    pub(super) subject: Subject,
    /// Which claims.
    pub(super) claims: Vec<Claim>,
    /// In which token.
    pub(super) token: TokenHash<crate::wire::token::kind::ClaimTokenKind>,
}

/// How an ID token was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Examined {
    /// It can be believed.
    Good(Statement),
    /// The keys of its issuer have to be fetched first.
    AwaitsKeys(Uri),
    /// It cannot be believed.
    Bad,
}

/// Who an ID token has to be meant for.
#[derive(Clone, Copy, Debug)]
pub(super) enum MeantFor<'a> {
    /// This server, or the client that pushes it.
    PushingClient(&'a ClientId),
    /// This server as a client of the issuer, in answer to a request with that nonce.
    Relying { issuer: &'a Uri, client: &'a ClientId, nonce: &'a Text },
}

/// Looks at a claim token that a client pushed.
pub(super) fn examine_pushed(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    client: &ClientId,
    pushed: &PushedClaimToken,
) -> Examined {
    if &*pushed.format != ID_TOKEN_FORMAT {
        return Examined::Bad;
    }
    examine(server, cx, &pushed.token, MeantFor::PushingClient(client))
}

/// Looks at an ID token. No key is fetched for one that would not be believed anyway.
pub(super) fn examine(
    server: &mut AuthorizationServer,
    cx: &mut Context<'_>,
    token: &ClaimToken,
    meant_for: MeantFor<'_>,
) -> Examined {
    let Some(unverified) = read_id_token(token) else { return Examined::Bad };
    if !is_acceptable(server, cx, &unverified.claims, meant_for) {
        return Examined::Bad;
    }
    let issuer = &unverified.claims.issuer;
    let from = trusted_issuers::of(server, issuer).map(|trusted| trusted.keys.clone());
    let (from, document) = (from.unwrap_or_default(), openid_well_known(issuer));
    let key = Key::of(&unverified.kid);
    let Some(keys) = server.links.keys(cx, issuer, Wanted { from: &from, document: &document, key }) else {
        return Examined::AwaitsKeys(issuer.clone());
    };
    let signed = is_signed(cx, &keys, &unverified);
    match cx.require(Rule::ClaimTokenSigned, signed) {
        Ok(_) => Examined::Good(statement(token, unverified.claims)),
        Err(_) => Examined::Bad,
    }
}

fn is_acceptable(
    server: &AuthorizationServer,
    cx: &mut Context<'_>,
    claims: &IdTokenClaims,
    meant_for: MeantFor<'_>,
) -> bool {
    let trusted = match meant_for {
        MeantFor::PushingClient(_) => trusted_issuers::of(server, &claims.issuer).is_some(),
        MeantFor::Relying { issuer, .. } => *issuer == claims.issuer,
    };
    cx.require(Rule::ClaimTokenIssuerTrusted, trusted).is_ok()
        && cx.require(Rule::ClaimTokenAudience, is_meant_for(server, claims, meant_for)).is_ok()
        && cx.require(Rule::ClaimTokenFresh, cx.at < claims.expires_at).is_ok()
}

// Grant §5.7 leaves the audience of a claim token to profiles. A client's identifier at the issuer is not known here, so
// a token counts that names this server, or whose nonce only the presenting client can have asked for.
fn is_meant_for(server: &AuthorizationServer, claims: &IdTokenClaims, meant_for: MeantFor<'_>) -> bool {
    match meant_for {
        MeantFor::PushingClient(client) => {
            let trusted = trusted_issuers::of(server, &claims.issuer);
            let other_name = trusted.and_then(|trusted| trusted.audience.as_ref());
            claims.audience.contains(server.config.issuer.as_str())
                || other_name.is_some_and(|name| claims.audience.contains(name))
                || claims.nonce.as_ref() == Some(&nonce_of_client(client))
        }
        MeantFor::Relying { client, nonce, .. } => {
            claims.audience.contains(client.as_str()) && claims.nonce.as_ref() == Some(nonce)
        }
    }
}

fn is_signed(cx: &Context<'_>, keys: &[Jwk], unverified: &Unverified) -> bool {
    let input = unverified.signing_input.as_bytes();
    candidates(keys, &unverified.kid, &unverified.alg).any(|key| cx.crypto().verify(key, input, &unverified.signature))
}

fn statement(token: &ClaimToken, claims: IdTokenClaims) -> Statement {
    let IdTokenClaims { issuer, subject, claims, .. } = claims;
    let claim = |(name, value)| Claim { name, value, issuer: issuer.clone() };
    Statement {
        claims: claims.into_iter().map(claim).collect(),
        subject: Subject { issuer, person: subject },
        token: token.hashed(),
    }
}
